"""`harness init`: a project of the user's own that runs as it stands."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

from harness import DISTRIBUTION
from harness.cli.output import emit
from harness.errors import BadInput
from harness.options.flags import Positional

FILES = {
    "tasks/my_task.yaml": "project/my_task.yaml",
    "tasks/my_task.jsonl": "project/my_task.jsonl",
    "backends/my_tfidf.yaml": "project/my_tfidf.yaml",
    ".github/workflows/nightly.yml": "project/nightly.yml",
    ".gitignore": "project/gitignore",
}
NEXT = ("harness check", "harness run -t my_task -b my_tfidf,majority --sample", "harness leaderboard")


def init(
    directory: Annotated[
        Path, Positional("DIR", help="the folder; else this one", ko="폴더; 없으면 지금 폴더")
    ] = Path(),
) -> int:
    """Start a project of your own, with a nightly workflow."""
    from harness.paths import shipped

    templates = shipped("reports") / "templates"
    try:
        (directory / "reports").mkdir(parents=True, exist_ok=True)
        for name, template in FILES.items():
            _write(directory / name, (templates / template).read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{error.filename or directory}: {error.strerror or error}") from None
    emit("next:")
    if directory.resolve() != Path.cwd():
        emit(f"  cd {shlex.quote(str(directory))}")
    emit("\n".join(f"  {command}" for command in NEXT))
    return 0


def _write(path: Path, text: str) -> None:
    if path.exists():
        emit(f"kept    {path}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("{{ distribution }}", DISTRIBUTION), encoding="utf-8")
    emit(f"written {path}")
