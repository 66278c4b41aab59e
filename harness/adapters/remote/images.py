"""Pictures as services take them: in the message itself, nothing fetched and nothing uploaded."""

from __future__ import annotations

import base64
from typing import Any

from harness.adapters.images import PictureError, content
from harness.adapters.remote.errors import Fault

# How files of the kinds that services read begin.
_KINDS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}


def picture(image: Any) -> tuple[bytes, str]:
    """Return a picture's bytes and media type; `image` is the path of a file or a `data:` URI.

    Raises:
        Fault: it cannot be read, or is of a kind that services do not take.
    """
    try:
        found, name = content(image)
    except PictureError as error:
        raise Fault("bad_picture", str(error)) from None
    for start, kind in _KINDS.items():
        if found.startswith(start):
            return found, kind
    raise Fault("bad_picture", f"{name}: should be PNG, JPEG, GIF or WebP")


def data_uri(image: Any) -> str:
    """Return a picture as a `data:` URI.

    Raises:
        Fault: as `picture`.
    """
    found, kind = picture(image)
    return f"data:{kind};base64,{base64.b64encode(found).decode()}"
