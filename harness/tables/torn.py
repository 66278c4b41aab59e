"""What Python raises of a zip archive that is torn, forged, or packed as nothing that is written here is."""

from __future__ import annotations

import struct
import zipfile
import zlib

try:
    from lzma import LZMAError
except ImportError:  # a Python without it meets none
    LZMAError = zlib.error  # type: ignore[misc, assignment]

# RuntimeError: encrypted; and NotImplementedError, which is one: packed in a way that Python does not know.
TORN_ZIP = (zipfile.BadZipFile, zlib.error, LZMAError, struct.error, EOFError, RuntimeError)
