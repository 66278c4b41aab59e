"""What a file's bytes have to hash to: a sha256, or the blob id by which git names them in a commit."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_DIGITS = {"sha256": 64, "git_blob": 40}


@dataclass(frozen=True, slots=True)
class Checksum:
    """A hash in lower case hexadecimal digits, and how it is computed."""

    value: str
    kind: Literal["sha256", "git_blob"] = "sha256"

    @property
    def well_formed(self) -> bool:
        """Return whether it is as many hexadecimal digits as its kind has."""
        return bool(re.fullmatch(rf"[0-9a-f]{{{_DIGITS[self.kind]}}}", self.value or ""))

    def of(self, path: Path) -> str | None:
        """Return the hash of the file at `path` in this kind, None where there is none.

        A git blob's is the sha1 of `blob <size>`, a zero byte and the content (git-hash-object).

        Raises:
            OSError: it cannot be read.
        """
        try:
            with path.open("rb") as file:
                if self.kind == "sha256":
                    return hashlib.file_digest(file, "sha256").hexdigest()
                header = f"blob {path.stat().st_size}\0".encode()
                digest = hashlib.sha1(header, usedforsecurity=False)
                while block := file.read(1 << 20):
                    digest.update(block)
                return digest.hexdigest()
        except FileNotFoundError:
            return None
