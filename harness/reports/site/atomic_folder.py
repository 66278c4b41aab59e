"""A report's folder, replaced whole: a kill half-way leaves the report before it.

The marker in it lists the files that a report wrote. They alone are removed by the next; a `.git`, a `CNAME`,
a page of the user's own is carried over.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import BadInput
from harness.records import atomic

MARKER = ".harness-report"  # says that a folder was written by us, and which files of it
_HEAD = "This folder was written by 'harness report', which replaces the files that are listed here.\n"
# What a report had at its top when its marker listed nothing yet.
_BEFORE_LISTS = {"index.html", "compare.html", "data", "runs", "tasks", "assets"}


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give an empty folder to write into; at the end of the block it stands at `out`.

    It lies beside `out` until then, under a hidden name. Of what lay at `out`, the files of an earlier report
    are removed, and no other.

    Raises:
        BadInput: `out` is a file or a folder that no report was written to, holds a file of the user's own
            where the report has one, or nothing can be written there.
        Stopped: the disk is full.
    """
    place = out.resolve()
    _check(place, out)
    new, old = (place.with_name(f".{place.name}.{age}") for age in ("new", "old"))
    try:
        with atomic.disk_errors(out):
            _go_on(place, old)
            _clear(new)
            new.mkdir(parents=True)
            (new / MARKER).write_text(_HEAD, encoding="utf-8")
            yield new
            _list(new)
            _check_own(place, new, out)
            _swap(place, new, old)
    except OSError as error:
        raise BadInput(f"--out {out}: {error.strerror or error}") from None
    finally:
        _clear(new)


def written(folder: Path) -> set[str]:
    """Return the files that a report wrote into a folder, as its marker lists them, and the marker."""
    lines = (folder / MARKER).read_text(encoding="utf-8").splitlines()[1:]
    found = set(lines) if lines else {one for one in _files(folder) if one.split("/")[0] in _BEFORE_LISTS}
    return found | {MARKER}


def _check(place: Path, out: Path) -> None:
    if not place.name:
        raise BadInput(f"--out {out}: name a folder")
    if place.exists() and not place.is_dir():
        raise BadInput(f"--out {out}: this is a file; name a folder")
    if place.is_dir() and any(place.iterdir()) and not _is_ours(place):
        raise BadInput(f"--out {out}: this folder holds something else than a report; name another one")


def _check_own(place: Path, new: Path, out: Path) -> None:
    """Check that the report has no file where the user has one of his own."""
    if place.is_dir() and _is_ours(place):
        own = set(_files(place)) - written(place)
        if both := sorted(own & written(new)):
            raise BadInput(f"--out {out}: {both[0]} there is no report's, and would be overwritten; move it")


def _is_ours(folder: Path) -> bool:
    """Return whether a report was written to a folder that is a folder, and no link to one."""
    marker = folder / MARKER
    return not folder.is_symlink() and not marker.is_symlink() and marker.is_file()


def _files(folder: Path) -> Iterator[str]:
    """Yield the files below a folder, and links as they stand; none is followed."""
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in (*names, *links):
            yield Path(place, name).relative_to(folder).as_posix()


def _list(folder: Path) -> None:
    names = sorted(set(_files(folder)) - {MARKER})
    (folder / MARKER).write_text(_HEAD + "".join(f"{name}\n" for name in names), encoding="utf-8")


def _swap(place: Path, new: Path, old: Path) -> None:
    if place.exists():
        place.rename(old) if _is_ours(place) else place.rmdir()  # it is empty then
    try:
        new.rename(place)
    except OSError:
        if old.exists():
            old.rename(place)
        raise
    _carry_over(old, place)


def _go_on(place: Path, old: Path) -> None:
    """Finish what a kill left half done: the earlier report comes back, or the user's files come over."""
    if not _is_ours(old):
        return
    if not place.exists():
        old.rename(place)
    else:
        _carry_over(old, place)


def _carry_over(old: Path, place: Path) -> None:
    """Remove the files of the report in `old`, and move all else to `place`; the marker goes last."""
    if not old.exists():
        return
    _remove(old, written(old) - {MARKER})
    _move(old, place)
    (old / MARKER).unlink(missing_ok=True)
    old.rmdir()


def _remove(folder: Path, names: set[str]) -> None:
    """Remove those files below a folder, and folders that are empty then; a link is removed, not followed."""
    for name in [one for one in _files(folder) if one in names]:
        (folder / name).unlink()
    for place, _, _ in os.walk(folder, topdown=False):
        if Path(place) != folder and not os.listdir(place):
            os.rmdir(place)


def _move(source: Path, target: Path) -> None:
    """Move what is in one folder to another, where folders of one name become one."""
    for path in sorted(source.iterdir()):
        there = target / path.name
        if path.name == MARKER and there.exists():
            continue
        if path.is_dir() and not path.is_symlink() and there.is_dir() and not there.is_symlink():
            _move(path, there)
            path.rmdir()
        else:
            path.rename(there)


def _clear(new: Path) -> None:
    """Remove what a report left half written; a stranger's folder of that name stays, and stands in the way.

    The marker goes last, so that what is half removed is still known as ours.
    """
    if new.is_symlink():
        return
    if not _is_ours(new):
        if new.is_dir() and not any(new.iterdir()):
            new.rmdir()
        return
    for path in new.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != MARKER:
            path.unlink()
    (new / MARKER).unlink()
    new.rmdir()
