"""Files of a split fetched from the web: side by side, members unpacked, lists joined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from harness.datasets import downloads
from harness.datasets.addresses import Address
from harness.datasets.downloads.archives import members
from harness.datasets.downloads.checksum import Checksum
from harness.datasets.downloads.web import place
from harness.errors import BadInput, Unavailable
from harness.paths import cache_dir
from harness.tasks.schema import Join

AT_ONCE = 8  # downloads side by side: what a browser does to one host, and no server has to mind

Report = Callable[[str], None]


def fetch(wanted: Sequence[Address], *, offline: bool, report: Report) -> list[Path]:
    """Return the local files of `wanted`, in order; of an archive all the members that fit.

    Raises:
        Unavailable: one cannot be had; what came before it is kept.
    """
    cache = cache_dir()
    distinct = list(dict.fromkeys(address.download for address in wanted))
    many = len(distinct) > 1
    if many and not offline and not all(is_there(one, cache) for one in wanted):
        hosts = ", ".join(sorted({urlsplit(one.url).netloc for one in wanted}))
        report(f"downloading {len(distinct)} files from {hosts}")

    def one(download: tuple[str, Checksum, str | None]) -> Path:
        url, checksum, path = download
        return downloads.fetch_url(
            url,
            checksum,
            cache=cache,
            path=path,
            offline=offline,
            report=_only_trouble(report) if many else report,
        )

    with ThreadPoolExecutor(AT_ONCE) as pool:
        running = {download: pool.submit(one, download) for download in distinct}
        try:
            fetched = {download: future.result() for download, future in running.items()}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C does not wait for what is queued
            raise
    files: list[Path] = []
    for address in wanted:
        path = fetched[address.download]
        if address.join is not None:
            files.append(_joined(path, address, address.join, offline=offline, report=report))
        elif address.member is not None:
            files += members(path, address.member)
        else:
            files.append(path)
    return files


def is_there(address: Address, cache: Path) -> bool:
    """Return whether a file lies in the cache, not whether it is whole: that is seen when it is read."""
    url, checksum, path = address.download
    return place(url, checksum, cache=cache, path=path).is_file()


def _only_trouble(report: Report) -> Report:
    """Return `report` for one of many files: their beginnings are one line already."""
    return lambda line: None if line.startswith("downloading ") else report(line)


def _joined(rows: Path, address: Address, join: Join, *, offline: bool, report: Report) -> Path:
    """Return the file of those rows that the join keeps, header first; laid beside the downloaded one.

    Raises:
        Unavailable: the list cannot be had.
        BadInput: the file has no such columns.
    """
    listed = downloads.fetch_url(
        join.ids.url, join.ids.sha256, cache=cache_dir(), offline=offline, report=report
    )
    ids = {tuple(line.split("\t")) for line in _lines(listed)}
    header, *lines = _lines(rows)
    names = header.removeprefix("\ufeff").split("\t")
    absent = [name for name in join.on if name not in names]
    if absent:
        raise BadInput(f"{address.url} has no column {', '.join(absent)}, which the task joins on")
    columns = [names.index(name) for name in join.on]

    def is_listed(line: str) -> bool:
        cells = line.split("\t")
        return len(cells) > max(columns) and tuple(cells[column] for column in columns) in ids

    kept = [line for line in lines if is_listed(line) == (join.keep == "listed")]
    inner = [part for part in address.path.split("/") if part not in ("", ".", "..")]
    # Two splits may be the listed and the unlisted rows of one file.
    path = rows.parent.joinpath(f"{join.keep}-{join.ids.sha256[:16]}", *inner)
    content = "".join(f"{line}\n" for line in (header, *kept)).encode()
    try:
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{path.name}.part")
            part.write_bytes(content)
            part.replace(path)
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from None
    return path


def _lines(path: Path) -> list[str]:
    """Return the lines of a text, only a line feed ending one."""
    return [line.rstrip("\r") for line in path.read_bytes().decode("utf-8").split("\n") if line.strip("\r")]
