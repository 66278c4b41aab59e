"""A folder that is replaced whole: a report that is killed half-way leaves the one before it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import BadInput
from harness.records import atomic

MARKER = ".harness-report"  # says that a folder was written by us and may be replaced


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """Give an empty folder to write into; at the end of the block it stands at `out`.

    It lies beside `out` until then, under a hidden name. What an earlier report left there is removed.

    Raises:
        BadInput: `out` is a file or a folder that no report was written to, or nothing can be written there.
        Stopped: the disk is full.
    """
    place = out.resolve()
    _check(place, out)
    new, old = (place.with_name(f".{place.name}.{age}") for age in ("new", "old"))
    try:
        with atomic.disk_errors(out):
            _clear(new, old)
            new.mkdir(parents=True)
            (new / MARKER).write_text("This folder was written by 'harness report', which may replace it.\n")
            yield new
            _swap(place, new, old)
    except OSError as error:
        raise BadInput(f"--out {out}: {error.strerror or error}") from None
    finally:
        _clear(new, old)


def _check(place: Path, out: Path) -> None:
    if not place.name:
        raise BadInput(f"--out {out}: name a folder")
    if place.exists() and not place.is_dir():
        raise BadInput(f"--out {out}: this is a file; name a folder")
    if place.is_dir() and any(place.iterdir()) and not (place / MARKER).is_file():
        raise BadInput(f"--out {out}: this folder holds something else than a report; name another one")


def _swap(place: Path, new: Path, old: Path) -> None:
    if place.exists():
        place.rename(old)
    new.rename(place)


def _clear(*places: Path) -> None:
    """Remove what a report left behind; a stranger's folder of that name stays, and stands in the way.

    The marker goes last, so that what is half removed is still known as ours.
    """
    for place in places:
        if not (place / MARKER).is_file():
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()
            continue
        for path in place.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != MARKER:
                path.unlink()
        (place / MARKER).unlink()
        place.rmdir()
