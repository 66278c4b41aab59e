"""Splits as Examples, streamed from the dataset's own files.

Rows come from a file as lists or mappings; one compiled `reader` turns them into Examples, so that
each column is looked up once and not once a row.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path

from harness.config.documents import shown
from harness.datasets import corpus, databases, targets
from harness.datasets.columns import Columns
from harness.datasets.formats import Row, Table, plain
from harness.datasets.option_order import exchanged, shuffled
from harness.datasets.readers import tables
from harness.datasets.sources import NotHere, Source
from harness.datasets.splits import part_of_each_row
from harness.errors import BadInput, Place
from harness.schema import IMAGE, Example
from harness.tasks.task import Task


def _reader(task: Task, split: str, columns: Columns) -> Callable[[int, Row], Example]:
    """Return a function from (the row's number in the split, row) to an Example."""
    file = task.file
    inputs = [(name, columns.get(column)) for name, column in file.inputs.items()]
    beside = [(name, columns.get(column)) for name, column in file.meta.items()]
    id_of = columns.get(file.fields["id"]) if "id" in file.fields else None
    target_of = columns.get(file.fields["target"]) if "target" in file.fields else None
    cluster_of = columns.get(file.cluster) if file.cluster is not None else None
    labelled = targets.labelled(task) if file.aliases or file.options_from else None
    mixed = shuffled(task) if file.shuffle_options else None
    is_retrieved = task.ask == "retrieve"
    is_scored = task.ask == "score"  # a text is judged against itself: how many words, bytes, characters

    def read(index: int, row: Row) -> Example:
        fields = {name: get(row) for name, get in inputs}
        target = targets.read(target_of(row)) if target_of else None
        name = plain(id_of(row)) if id_of else f"{split}-{index}"
        if labelled:
            target = labelled(target, task.choices(fields) or [])
        if is_retrieved:
            target = corpus.relevant(task, target)
        if mixed:
            fields, target = mixed(name, fields, target)
        if target is None and is_scored:
            target = plain(fields["text"])
        return Example(
            name,
            fields,
            target,
            plain(cluster_of(row)) if cluster_of else None,
            {name: plain(get(row)) for name, get in beside} if beside else {},
        )

    return read


def _table_examples(
    task: Task, source: Source, table: Table, split: str, start: int
) -> Iterator[tuple[Table, int, Example]]:
    """Yield (table, line, Example) for each row of a table; `start` counts rows of the tables before it."""
    head = next(table.rows, None)
    if head is None:
        return
    read = _reader(task, split, Columns(task, table, head, databases.found(task, source)))
    width = table.width
    for index, (number, row) in enumerate(itertools.chain([head], table.rows), start):
        if width is not None and len(row) != width:
            raise table.error(f"the header has {width} columns, this row {len(row)}", number)
        try:
            example = read(index, row)
        except (IndexError, KeyError) as error:
            wanted = f"no {error}" if isinstance(error, KeyError) else f"too few columns ({len(row)})"
            raise table.error(f"{wanted} in this row, which task {task.name} reads", number) from None
        except BadInput as error:  # a template over the row
            raise table.error(error.message, number) from None
        yield table, number, example


def placed(task: Task, source: Source, split: str) -> Iterator[tuple[Table, int, Example]]:
    """Yield each Example of a split with where it stands.

    Raises:
        BadInput: as `examples`.
    """
    check = targets.checker(task)
    pictured = IMAGE in task.file.inputs and task.file.data.format not in ("pictures", "pixels")
    parts = part_of_each_row(task, source, split)
    judged = corpus.qrels(task, source) if task.ask == "retrieve" else {}
    count = kept = 0
    for read in tables(task, source, split):
        for table, number, example in _table_examples(
            task, source, read, task.file.data.held_by(split), count
        ):
            if check and (wrong := check(example)):
                raise table.error(wrong, number)
            if pictured and (wrong := _led_astray(example.fields[IMAGE], source)):
                raise table.error(wrong, number)
            count += 1
            told = example
            if judged:
                if (relevant := judged.get(example.id)) is None:
                    continue  # a query that nobody looked for passages of
                told = example._replace(target=relevant)
            if parts is None or parts[count - 1] == split:
                kept += 1
                if not task.file.both_orders:
                    yield table, number, told
                    continue
                yield table, number, example._replace(cluster=example.cluster or example.id)
                yield table, number, exchanged(task, example)
    if not kept and source.sample:
        raise NotHere(f"the sample of {task.name} has no rows of the split {split!r}")
    if not kept:
        raise BadInput(f"the split {split!r} holds no rows", place=Place(source.files[split][0]))


def _led_astray(image: object, source: Source) -> str | None:
    """Return why a picture that a row names is not read: a row may be a stranger's, and it would be sent."""
    if source.within is None or not isinstance(image, str) or image.startswith("data:") or "://" in image:
        return None  # a picture in itself, or none, which whoever looks at it will say
    if Path(image) in source.within:
        return None
    return f"the picture {shown(image)} lies outside of the data folder and the task's own"


def examples(task: Task, source: Source, split: str) -> Iterator[Example]:
    """Yield the split's Examples in file order.

    Raises:
        BadInput: a missing column, a ragged row, an unknown label, a file that is not what it says.
    """
    return map(itemgetter(2), placed(task, source, split))
