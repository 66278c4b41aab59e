"""The journals of workers folded into the run's own, by rule and not by time.

An answer beats a failure; of two answers the run's own comes first, then the first worker's by name. Folding
again what a kill interrupted changes nothing.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from harness.files import open_own
from harness.records.atomic import replace
from harness.records.journal import read_records

PIECE = 2**20  # bytes that are copied at a time


def fold(path: Path, others: Sequence[Path], order: Mapping[str, int], repeats: int) -> None:
    """Leave one line for each (id, repeat) of all journals in `path`, in data order. Atomic.

    `order` maps an id to its place in the data; lines of other examples are left out.
    """
    sources = [path, *others]
    places = len(order) * repeats
    source_of = array("i", [-1]) * places
    starts, ends = array("q", [-1]) * places, array("q", [-1]) * places
    failed = bytearray(places)
    for number, source in enumerate(sources):
        for line in read_records(source, judged=False):
            place = order.get(line.record.id)
            if place is None or line.record.repeat >= repeats:
                continue
            rank = place * repeats + line.record.repeat
            first = source_of[rank] in (-1, number)  # of one journal the last line counts
            if first or (failed[rank] and not line.record.failed):
                source_of[rank], failed[rank] = number, line.record.failed
                starts[rank], ends[rank] = line.offset, line.offset + len(line.raw)
    replace(path, _pieces(sources, zip(source_of, starts, ends, strict=True)))


def _pieces(sources: Sequence[Path], lines: Iterable[tuple[int, int, int]]) -> Iterator[bytes]:
    """Yield the lines, each (source, start, end); those that follow one another in a source together."""
    with ExitStack() as stack:
        streams = [stack.enter_context(open_own(one)) if one.exists() else None for one in sources]
        for number, start, end in _joined(line for line in lines if line[0] >= 0):
            if (stream := streams[number]) is not None:
                stream.seek(start)
                piece = stream.read(end - start)
                yield piece if piece.endswith(b"\n") else piece + b"\n"


def _joined(lines: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield the same bytes in fewer pieces, each of PIECE bytes or little more."""
    source, start, end = -1, 0, 0
    for number, first, last in lines:
        if number == source and first == end and end - start < PIECE:
            end = last
            continue
        if source >= 0:
            yield source, start, end
        source, start, end = number, first, last
    if source >= 0:
        yield source, start, end
