"""Pictures as an example names them: the path of a file, or a `data:` URI."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from pathlib import Path
from typing import Any

from harness.files import read_bounded

LARGEST = 64 << 20  # bytes of a picture's file; services take 20 MB


class PictureError(Exception):
    """A picture that cannot be looked at; the message says which and why."""


def opened(image: Any) -> Any:
    """Return the picture, whole, as a PIL image in RGB.

    What is transparent keeps the colour it has underneath, and nothing is turned by its EXIF: so CLIP's
    own preprocessing does.

    Raises:
        PictureError: there is no such file, it is no picture or not a whole one.
    """
    from PIL import Image, UnidentifiedImageError

    found, name = content(image)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(found)) as picture:
                return picture.convert("RGB")
    except Exception as error:  # a decoder fails as it likes: OSError, SyntaxError, struct.error, …
        why = "not a picture" if isinstance(error, UnidentifiedImageError) else str(error)
        raise PictureError(f"{name}: {why}") from error


def content(image: Any) -> tuple[bytes, str]:
    """Return the bytes of a picture, and what to call it."""
    if not isinstance(image, str) or not image:
        raise PictureError("the example has no picture")
    if image.startswith("data:"):
        head, _, body = image.partition(",")
        try:
            return base64.b64decode(body, validate=True), head
        except binascii.Error as error:
            raise PictureError(f"{head[:40]}: not base64: {error}") from error
    if "://" in image:
        raise PictureError(f"{image}: an address; pictures are read from files, nothing is fetched")
    try:
        return read_bounded(Path(image), LARGEST), image
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise PictureError(f"{image}: cannot be read: {why}") from error
