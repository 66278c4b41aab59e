"""Which task files of lm-evaluation-harness convert, by reason: `python -m benchmarks.conversion FOLDER`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from harness.errors import HarnessError
from harness.interchange.lm_eval_tasks import convert


def outcome(path: Path) -> str:
    """Return what becomes of a file: it converts, it is a group, or the kind of its first problem."""
    try:
        found = convert(path)
    except HarnessError as error:
        return f"unreadable: {str(error)[-60:]}"
    if found.problems:
        return found.problems[0].kind
    return "a group" if found.members else "converts"


def main() -> None:
    files = sorted(path for path in Path(sys.argv[1]).rglob("*") if path.suffix in (".yaml", ".yml"))
    counts = Counter(map(outcome, files))
    print(f"{len(files):,} files")
    for kind, count in counts.most_common():
        print(f"{count:6,}  {kind}")


if __name__ == "__main__":
    main()
