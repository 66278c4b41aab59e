"""The journals of workers folded into the run's own, by rule and not by time.

An answer beats a failure; of two answers the run's own comes first, then the first worker's by name. Folding
again what a kill interrupted changes nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from harness.files import open_own
from harness.records.atomic import replace
from harness.records.journal import read_records


def fold(path: Path, others: Sequence[Path], order: Mapping[str, int], repeats: int) -> None:
    """Leave one line for each (id, repeat) of all journals in `path`, in data order. Atomic.

    `order` maps an id to its place in the data; lines of other examples are left out.
    """
    sources = [path, *others]
    places = len(order) * repeats
    source_of, offsets = array("i", [-1]) * places, array("q", [-1]) * places
    failed = bytearray(places)
    for number, source in enumerate(sources):
        for line in read_records(source, judged=False):
            place = order.get(line.record.id)
            if place is None or line.record.repeat >= repeats:
                continue
            rank = place * repeats + line.record.repeat
            first = source_of[rank] in (-1, number)  # of one journal the last line counts
            if first or (failed[rank] and not line.record.failed):
                source_of[rank], offsets[rank], failed[rank] = number, line.offset, line.record.failed
    replace(path, _lines(sources, source_of, offsets))


def _lines(sources: Sequence[Path], source_of: Sequence[int], offsets: Sequence[int]) -> Iterator[bytes]:
    with ExitStack() as stack:
        streams = [stack.enter_context(open_own(one)) if one.exists() else None for one in sources]
        for number, offset in zip(source_of, offsets, strict=True):
            stream = streams[number] if number >= 0 else None
            if stream is not None:
                stream.seek(offset)
                line = stream.readline()
                yield line if line.endswith(b"\n") else line + b"\n"
