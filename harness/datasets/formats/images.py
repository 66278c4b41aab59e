"""Pictures: a file each, in a folder that may be their class, or rows of the numbers they are made of."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Iterator, Sequence
from os.path import abspath
from pathlib import Path
from typing import Any

from harness.datasets.formats import Table, opened
from harness.datasets.formats import csv_tsv as delimited
from harness.errors import BadInput, Place, Unavailable
from harness.schema import IMAGE
from harness.tasks.schema import Data
from harness.text.normalize import nfc

WHITE = 255.0  # the number that is white, unless the task says another

# How files of PNG, JPEG, GIF, BMP, TIFF (either byte order) and PPM begin.
_BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"P5", b"P6")


def pictures(path: Path, _data: Data) -> Table:
    """Return a table of one row: the picture that the file is.

    Columns: `path` (absolute), `folder` and `file` (the names of the folder it is in and of itself,
    which are the same on every machine) and `name` (the file's, without its ending).

    Raises:
        BadInput: the file does not begin as a picture does: a text, a web page that was saved in its
            place. Whether it is whole is for those to say who look at it.
    """
    with opened(path) as stream:
        head = stream.read(12)
    begins_so = head.startswith(_BEGINNINGS) or head[8:] == b"WEBP"
    if path.suffix == ".gz" or not begins_so:
        raise BadInput("is no picture: neither PNG, JPEG, GIF, BMP, TIFF, PPM nor WebP", place=Place(path))
    row = {
        "path": abspath(path),
        "folder": nfc(path.absolute().parent.name),
        "file": nfc(path.name),
        "name": nfc(path.stem),
    }
    return Table(path, None, iter([(0, row)]))  # no line: the file is the place


def pixels(path: Path, data: Data) -> Table:
    """Return a table of comma-separated rows, in each the numbers of one square grey picture.

    `header` names the columns, and in it `image` stands for all the numbers that the others leave, the
    picture's rows one after another; 0 is black, `white` white. It comes out as a `data:` URI of a PNG.

    Raises:
        BadInput: the numbers are no square, or one is none or is not from 0 to `white`.
        Unavailable: Pillow is not installed.
    """
    names: list[str] = data.header
    before = names.index(IMAGE)
    after = len(names) - before - 1
    return Table(path, {name: name for name in names}, _drawn(path, data, before, after))


def _drawn(path: Path, data: Data, before: int, after: int) -> Iterator[tuple[int, dict[str, Any]]]:
    white, names = data.white or WHITE, data.header
    for number, cells in delimited.csv_(path, data).rows:
        end = len(cells) - after
        try:
            uri = grey_png(cells[before:end], white)
        except ValueError as error:
            raise BadInput(str(error), place=Place(path, number)) from None
        yield number, dict(zip(names, [*cells[:before], uri, *cells[end:]], strict=True))


def grey_png(numbers: Sequence[str], white: float) -> str:
    """Return the square picture of `numbers`, from 0 (black) to `white`, as a `data:` URI.

    Raises:
        ValueError: they are no square, or one is none or out of bounds.
        Unavailable: Pillow is not installed.
    """
    from harness import DISTRIBUTION

    try:
        from PIL import Image
    except ImportError:
        raise Unavailable(f"drawing pictures needs pillow: pip install '{DISTRIBUTION}[clip]'") from None
    side = math.isqrt(len(numbers))
    if not side or side * side != len(numbers):
        raise ValueError(f"{len(numbers)} numbers are no square picture")
    picture = Image.frombytes("L", (side, side), bytes(_level(number, white) for number in numbers))
    packed = io.BytesIO()
    picture.save(packed, "PNG")
    return f"data:image/png;base64,{base64.b64encode(packed.getvalue()).decode()}"


def _level(said: str, white: float) -> int:
    """Return a number as a byte: 0 black, 255 white."""
    try:
        number = float(said)
    except ValueError:
        raise ValueError(f"{said[:20]!r} is no number of a picture") from None
    if not 0 <= number <= white:
        raise ValueError(f"{said[:20]} is not from 0 (black) to {white:g} (white)")
    return round(255 * number / white)
