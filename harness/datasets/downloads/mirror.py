"""Another place to download from: HARNESS_MIRROR replaces the host of an address, never its path."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit, urlunsplit

from harness.errors import BadInput

VARIABLE = "HARNESS_MIRROR"
_WEB = re.compile("https?://.")


def mirrored(url: str) -> str:
    """Return where `url` is asked for: there, or at the mirror that the user named for its host.

    `HARNESS_MIRROR=https://mirror.example` stands in for every host; `HOST=ADDRESS` pairs, divided by
    commas, for those alone. What comes is held against the same hash, whoever sent it.

    Raises:
        BadInput: the variable holds something else.
    """
    bases = _bases(os.environ.get(VARIABLE, ""))
    base = bases.get(urlsplit(url).netloc, bases.get(""))
    if base is None:
        return url
    there, here = urlsplit(base), urlsplit(url)
    return urlunsplit((there.scheme, there.netloc, there.path.rstrip("/") + here.path, here.query, ""))


def _bases(said: str) -> dict[str, str]:
    """Return the mirror of each host; of all others under the empty name."""
    bases = {}
    for pair in filter(None, map(str.strip, said.split(","))):
        host, base = ("", pair) if _WEB.match(pair) else pair.split("=", 1) if "=" in pair else ("", pair)
        if not _WEB.match(base):
            raise BadInput(f"{VARIABLE}: give http(s)://HOST, or HOST=http(s)://OTHER,…; not {pair!r}")
        bases[host] = base
    return bases
