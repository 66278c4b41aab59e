"""In which encoding a text file is: UTF-8 unless its bytes say otherwise, as Korean Excel's do."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from harness.terminal import say

HEAD = 1 << 16  # bytes that are looked at: Hangul stands in the first lines of a Korean file
_BOMS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_HANGUL = re.compile("[가-힣]")
_told: set[Path] = set()


def encoding_of(path: Path, head: bytes) -> str:
    """Return the encoding of a file that begins with `head`, saying so once where it is not UTF-8.

    CP949 is what Excel writes as CSV on Korean Windows. It is taken only where the bytes are no UTF-8, are
    CP949 throughout, and say something in Hangul; everything else is left to fail as UTF-8.
    """
    found = next((name for mark, name in _BOMS.items() if head.startswith(mark)), None)
    if found is None and not _decoded(head, "utf-8-sig") and _HANGUL.search(_decoded(head, "cp949") or ""):
        found = "cp949"
    if found is not None and path not in _told:
        _told.add(path)
        say(f"note: {path} is not UTF-8; read as {found} (a task may say so: `encoding: {found}` under data)")
    return found or "utf-8-sig"


def _decoded(head: bytes, encoding: str) -> str | None:
    """Return `head` as text, None if it is not in that encoding; its last sign may be cut in two."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head) or " "
    except UnicodeDecodeError:
        return None
