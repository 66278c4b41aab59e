"""A file of a hub repository, by huggingface_hub; its cached blobs are hashed again."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import quote

import orjson

from harness import DISTRIBUTION, __version__
from harness.datasets.downloads.common import (
    ELSEWHERE,
    FORBIDDEN,
    DownloadError,
    Report,
    disk_trouble,
    muted,
    scrubbed,
    silent,
    size_in_words,
    sweep,
)
from harness.datasets.downloads.mirror import mirrored
from harness.errors import BadInput, HarnessError, Unavailable
from harness.records.atomic import write_atomically

HUB = "https://huggingface.co/"
LISTED_WITHIN = 30.0  # seconds


class Listing(NamedTuple):
    """The files of a repository by name, sorted, at a commit."""

    commit: str
    files: list[str]


def fetch_hub(
    repo: str,
    filename: str,
    *,
    revision: str,
    repo_type: str = "dataset",
    cache: Path,
    offline: bool = False,
    report: Report = silent,
) -> tuple[Path, str]:
    """Return the local path of a hub repository's file, and the commit it was taken from.

    `revision` is a branch, tag or commit; a branch that is in `cache/hub` already stands in when
    the hub does not answer, and the commit says which state it is. What the hub names by its hash
    is hashed again, and downloaded again when damaged. The token, if any, is the hub library's own
    affair (HF_TOKEN).

    Raises:
        BadInput: no such name of a repository or file can exist.
        Unavailable: the extra is missing, or the file cannot be had.
    """
    library = _hub_library()
    name = f"{repo_type} {repo}, file {filename} at {revision}"
    folder = cache / "hub"
    sweep(folder / f"{repo_type}s--{repo.replace('/', '--')}" / "blobs", "*.incomplete")
    where = {"revision": revision, "repo_type": repo_type, "cache_dir": folder}
    elsewhere = _elsewhere()

    def get(**again: bool) -> tuple[Path, bool]:
        with _hub_errors(name, folder, offline), muted("huggingface_hub"):
            path = library.hf_hub_download(
                repo,
                filename,
                **where,
                **again,
                **elsewhere,
                local_files_only=offline,
                library_name=DISTRIBUTION,
                library_version=__version__,
                tqdm_class=functools.partial(_no_bar, functools.cache(report), f"{repo}/{filename}"),
            )
            return Path(path), _fits_its_name(Path(path))

    if not offline and not _hub_has(library, repo, filename, where):
        # Said beforehand: without a network the library tries for half a minute.
        report(f"asking the hub for {name}")
    path, whole = get()
    if not whole:
        if offline:
            raise Unavailable(f"{path} is damaged and --offline forbids downloading it again; {ELSEWHERE}")
        report(f"{path} is damaged; it is downloaded again")
        path, whole = get(force_download=True)
        if not whole:
            path.resolve().unlink()
            raise Unavailable(f"cannot download {name}: what came does not fit its hash; {ELSEWHERE}")
    return path, path.parents[filename.count("/")].name


def list_hub(
    repo: str, *, revision: str, cache: Path, offline: bool = False, report: Report = silent
) -> Listing:
    """Return what files a dataset repository of the hub has, and the commit of which that is true.

    A listing is kept in the cache. That of a commit is not asked for again, and that of a branch stands in
    when the hub does not answer, so that a pattern means the same files as before.

    Raises:
        BadInput: no such name of a repository can exist.
        Unavailable: the extra is missing, or the listing cannot be had.
    """
    library = _hub_library()
    name, folder = f"dataset {repo}, its list of files at {revision}", cache / "hub"
    kept = folder / f"datasets--{repo.replace('/', '--')}" / "listings" / f"{quote(revision, safe='')}.json"
    before = _kept_listing(kept)
    if before is not None and (offline or before.commit == revision):
        return before
    if offline:
        raise Unavailable(f"{name} is not in {folder} and --offline forbids asking for it; {ELSEWHERE}")
    report(f"asking the hub for {name}")
    try:
        with _hub_errors(name, folder, offline), muted("huggingface_hub"):
            asked = library.HfApi(**_elsewhere(), library_name=DISTRIBUTION, library_version=__version__)
            told = asked.repo_info(repo, revision=revision, repo_type="dataset", timeout=LISTED_WITHIN)
    except Unavailable:
        if before is None:
            raise
        return before
    found = Listing(told.sha or revision, sorted(one.rfilename for one in told.siblings or ()))
    with contextlib.suppress(OSError, HarnessError):  # a cache that can only be read is still of use
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(kept, orjson.dumps(found._asdict()))
    return found


def _kept_listing(path: Path) -> Listing | None:
    """Return the listing that a cache holds; None where it holds none that can be read."""
    try:
        kept = orjson.loads(path.read_bytes())
        return Listing(str(kept["commit"]), [str(file) for file in kept["files"]])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _elsewhere() -> dict[str, str]:
    """Return where the hub is asked for, if a mirror stands in; without one the library reads HF_ENDPOINT."""
    mirror = mirrored(HUB)
    return {"endpoint": mirror.rstrip("/")} if mirror != HUB else {}


def _hub_library() -> Any:
    """Return huggingface_hub with its telemetry off.

    Raises:
        Unavailable: it is not installed.
    """
    try:
        import huggingface_hub
        from huggingface_hub import constants
    except ImportError:
        raise Unavailable(
            f"data from a hub needs huggingface_hub: pip install '{DISTRIBUTION}[hub]'; or {ELSEWHERE}"
        ) from None
    # The library reads its environment when imported, which others may have done before us. Left
    # on, this one constant makes even a cached look-up ask the hub which program is calling.
    constants.HF_HUB_DISABLE_TELEMETRY = True
    return huggingface_hub


def _hub_has(library: Any, repo: str, filename: str, where: Mapping[str, Any]) -> bool:
    """Return whether the file is in the cache; a name that cannot exist is the download's to refuse."""
    try:
        return isinstance(library.try_to_load_from_cache(repo, filename, **where), str)
    except ValueError:
        return False


def _no_bar(report: Report, name: str, **kwargs: Any) -> Any:
    """Return a progress bar that shows nothing; the size it was told is reported instead."""
    from huggingface_hub.utils import tqdm

    size = kwargs.get("total")
    report(f"downloading {name}{f' ({size_in_words(size)})' if size else ''}")
    return tqdm(**{**kwargs, "disable": True})


@contextlib.contextmanager
def _hub_errors(name: str, folder: Path, offline: bool) -> Iterator[None]:
    """Turn what the hub library raises into one line."""
    try:
        yield
    except Exception as error:
        # `from None`: a redirect's signed url is in the messages underneath.
        raise _hub_problem(error, name, folder, offline) from None


def _hub_problem(error: Exception, name: str, folder: Path, offline: bool) -> HarnessError:
    """Return the one line for an error of the hub library."""
    from huggingface_hub import errors as hub

    if offline and isinstance(error, hub.LocalEntryNotFoundError):
        return Unavailable(f"{name} is not in {folder} and --offline forbids downloading it; {ELSEWHERE}")
    if isinstance(error, ValueError) and not isinstance(error, hub.HfHubHTTPError):
        return BadInput(f"{name}: {scrubbed(error)}")
    trouble = _hub_trouble(error, folder)
    return Unavailable(f"cannot download {name}: {trouble.what}; {trouble.advice}")


# By the names of the classes: those of the transport are httpx's or httpx2's, as the hub library
# has it. The first that fits counts, as a gated repository is also one that was not found.
_HUB_WORDS = {
    "GatedRepoError": "it is gated: accept its terms on the hub and set HF_TOKEN",
    "RepositoryNotFoundError": "no such repository, or a private one: check the id, or set HF_TOKEN",
    "RevisionNotFoundError": "the repository has no such revision",
    "EntryNotFoundError": "the repository has no such file",
    "DisabledRepoError": "the hub has disabled the repository",
    "OfflineModeIsEnabled": "HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set and forbids it: unset it",
    "FileMetadataError": "what answers is not a hub: check HF_ENDPOINT and the proxy",
    "TimeoutException": "the hub does not answer (timeout)",
    "ConnectError": "no connection to the hub",
    "ProxyError": "no connection to the proxy",
    "TransportError": "the connection broke on the way",
}


def _hub_trouble(error: BaseException, folder: Path) -> DownloadError:
    """Return what keeps the hub from giving the file."""
    from huggingface_hub import errors as hub

    if isinstance(error, hub.LocalEntryNotFoundError) and error.__cause__:
        # "Not on the hub, nor in the cache" wraps the reason.
        return _hub_trouble(error.__cause__, folder)
    names = {kind.__name__ for kind in type(error).__mro__}
    for name, words in _HUB_WORDS.items():
        if name in names:
            return DownloadError(words)
    if isinstance(error, hub.HfHubHTTPError):
        return _hub_status_trouble(error.response.status_code)
    if isinstance(error, OSError) and error.errno:
        return disk_trouble(error, folder)
    return DownloadError(f"the transfer failed ({scrubbed(error)})")


def _hub_status_trouble(status: int) -> DownloadError:
    """Return what an HTTP status means that the hub gave no reason for."""
    if status in FORBIDDEN:
        return DownloadError(f"the hub does not allow it (HTTP {status}): check the id and HF_TOKEN")
    return DownloadError(f"the hub answers HTTP {status}")


def _fits_its_name(path: Path) -> bool:
    """Return whether a hub file still has the hash it is stored under; True where there is none.

    The cache keeps a link to a blob named after the ETag: a sha256 for large files, git's sha1 for
    small ones. Mirrors put a plain sha1 there, or something that is no hash of the content.
    """
    if not path.is_symlink():
        return True
    # One step only: a blob may itself be a link into a store with other names.
    name = path.readlink().name
    with path.open("rb") as file:
        if re.fullmatch(r"[0-9a-f]{64}", name):
            return hashlib.file_digest(file, "sha256").hexdigest() == name
        if re.fullmatch(r"[0-9a-f]{40}", name):
            return name in _sha1s(file, path.stat().st_size)
    return True


def _sha1s(file: BinaryIO, size: int) -> set[str]:
    """Return the sha1 of the content, and that of the content as a git blob of `size` bytes."""
    plain = hashlib.sha1(usedforsecurity=False)
    blob = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    while chunk := file.read(1 << 20):
        plain.update(chunk)
        blob.update(chunk)
    return {plain.hexdigest(), blob.hexdigest()}
