"""`harness init`: a project of the user's own that runs as it stands."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

from harness import DISTRIBUTION
from harness.cli.output import tell
from harness.errors import BadInput
from harness.options.flags import Flag, Positional

FILES = {
    "tasks/my_task.yaml": "project/my_task.yaml",
    "tasks/my_task.jsonl": "project/my_task.jsonl",
    "backends/my_tfidf.yaml": "project/my_tfidf.yaml",
    ".github/workflows/nightly.yml": "project/nightly.yml",
    ".gitignore": "project/gitignore",
}
SLURM = {"cluster/slurm.sh": "project/slurm.sh"}
KUBERNETES = {"cluster/kubernetes.yaml": "project/kubernetes.yaml"}
WORKFLOW = ".github/workflows/nightly.yml"
UNFILLED = "write here what installs the harness"
NEXT = ("harness check", "harness run -t my_task -b my_tfidf,majority --sample", "harness leaderboard")


def init(
    directory: Annotated[
        Path, Positional("DIR", help="the folder; else this one", ko="폴더; 없으면 지금 폴더")
    ] = Path(),
    slurm: Annotated[
        bool,
        Flag(
            "--slurm",
            help="also a script that runs an evaluation by an array of Slurm workers",
            ko="Slurm 배열 작업으로 평가를 나눠 돌리는 스크립트도 만듦",
        ),
    ] = False,
    k8s: Annotated[
        bool,
        Flag(
            "--k8s",
            help="also a Kubernetes Job that runs an evaluation by several pods",
            ko="여러 파드로 평가를 나눠 돌리는 Kubernetes Job도 만듦",
        ),
    ] = False,
) -> int:
    """Start a project of your own, with a nightly workflow."""
    from harness.paths import shipped

    templates = shipped("reports") / "templates"
    files = {**FILES, **(SLURM if slurm else {}), **(KUBERNETES if k8s else {})}
    try:
        (directory / "reports").mkdir(parents=True, exist_ok=True)
        for name, template in files.items():
            _write(directory / name, (templates / template).read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{error.filename or directory}: {error.strerror or error}") from None
    workflow = directory / WORKFLOW
    if requirement() is None and (line := _unfilled(workflow)):
        tell(f"fill in {workflow}:{line}: what to install")
    tell("next:")
    if directory.resolve() != Path.cwd():
        tell(f"  cd {shlex.quote(str(directory))}")
    commands = [*NEXT, *(["bash cluster/slurm.sh"] if slurm else [])]
    commands += ["kubectl create -f cluster/kubernetes.yaml"] if k8s else []
    tell("\n".join(f"  {command}" for command in commands))
    return 0


def _write(path: Path, text: str) -> None:
    if path.exists():
        tell(f"kept    {path}")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("{{ install }}", _install()), encoding="utf-8")
    tell(f"written {path}")


def requirement() -> str | None:
    """Return what pip installs elsewhere to have this very harness; None of a folder of this machine.

    Where it came from stands in the installed distribution's `direct_url.json` (PEP 610): an address and a
    commit, or an archive's address. A name alone would be whatever an index has under it.
    """
    from urllib.parse import urlsplit

    found = _direct_url()
    url = urlsplit(str(found.get("url") or ""))
    if url.scheme not in ("https", "ssh") or "@" in url.netloc.removeprefix("git@"):
        return None
    commit = (found.get("vcs_info") or {}).get("commit_id")
    if commit:
        return f"{DISTRIBUTION} @ git+{url.geturl()}@{commit}"
    return f"{DISTRIBUTION} @ {url.geturl()}" if "archive_info" in found else None


def _direct_url() -> dict[str, Any]:
    import json
    from importlib import metadata

    try:
        found = json.loads(metadata.distribution(DISTRIBUTION).read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _install() -> str:
    """Return the line of the workflow that installs the harness, or that says what is to stand there."""
    found = requirement()
    if found is not None:
        return f"pip install {shlex.quote(found)}"
    example = f"pip install '{DISTRIBUTION} @ git+https://HOST/OWNER/REPOSITORY@COMMIT'"
    return f'echo "::error::{UNFILLED}, such as: {example}"; exit 1'


def _unfilled(path: Path) -> int | None:
    """Return the number of the line that is to be filled in, None where there is none."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((number for number, line in enumerate(lines, 1) if UNFILLED in line), None)
