"""Fetch one file from the network, whole and hash-checked or not at all.

Two roads: `fetch_url` for a url with its sha256, `fetch_hub` for a file of a hub repository, whose files
`list_hub` lists. A download goes to a name of its own beside its place and is renamed when its hash
fits, so that a kill, a full disk or a second process never leaves half a file under the final name.
"""

from harness.datasets.downloads.common import STALE_AFTER, mask_url
from harness.datasets.downloads.hub import Listing, fetch_hub, list_hub
from harness.datasets.downloads.transfer import Patience
from harness.datasets.downloads.web import fetch_url

__all__ = ["STALE_AFTER", "Listing", "Patience", "fetch_hub", "fetch_url", "list_hub", "mask_url"]
