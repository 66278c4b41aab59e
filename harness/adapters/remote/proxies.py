"""Which proxy a request goes through: HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY of the environment."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from harness.errors import BadInput


def proxy_for(address: str) -> str | None:
    """Return the proxy's address for `address`, None where it is asked directly.

    A name in NO_PROXY stands for its subdomains too, `*` for all. A proxy without a scheme speaks HTTP.

    Raises:
        BadInput: it is no HTTP proxy (`socks5://…`).
    """
    parts = urlsplit(address)
    known = getproxies()
    found = known.get(parts.scheme) or known.get("all")
    if not found or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    proxy = found if "://" in found else f"http://{found}"
    scheme = urlsplit(proxy).scheme
    if scheme not in ("http", "https"):
        raise BadInput(
            f"the proxy of the environment is a {scheme} one, and only http and https are spoken; "
            f"set {parts.scheme.upper()}_PROXY, or NO_PROXY={parts.hostname}"
        )
    return proxy
