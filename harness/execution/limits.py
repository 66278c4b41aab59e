"""What a program may use: seconds, memory, processes, files, output."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one program; CPU seconds decide, and `wall` is wide, since a machine may be busy.

    `memory` (bytes) is that of each process and of all together, `file` that of one file, `tmp` of all files,
    `output` of what it prints. `allowance` is the machine's own limit of processes of the user that programs
    are, whom all sandboxes share.
    """

    cpu: int = 4
    wall: float = 30.0
    memory: int = 1 << 30
    processes: int = 16
    file: int = 4 << 20
    output: int = 64 << 10
    tmp: int = 32 << 20
    allowance: int = 256

    def plain(self) -> dict[str, float]:
        """Return the bounds by name."""
        return asdict(self)
