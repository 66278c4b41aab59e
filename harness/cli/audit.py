"""`harness audit`: what is wrong with a task's data before anybody is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from harness.cli.output import print_json, show
from harness.errors import BadInput
from harness.options.flags import Flag, Positional
from harness.options.shared import DataDir, Json, Lang, Offline
from harness.terminal import say


def audit(
    task: Annotated[
        str, Positional("TASK", help="the task whose data is looked at", ko="데이터를 살펴볼 과제")
    ],
    corpus: Annotated[
        Path | None,
        Flag(
            "--corpus",
            metavar="FILE",
            help="a text that a model may have learnt from, a line a document",
            ko="모델이 배웠을 수 있는 글(한 줄에 문서 하나)",
        ),
    ] = None,
    sample: Annotated[
        bool,
        Flag("--sample", help="use the small sample shipped with the task", ko="과제에 딸린 작은 견본을 씀"),
    ] = False,
    data_dir: DataDir = None,
    offline: Offline = False,
    lang: Lang = None,
    json: Json = False,
) -> int:
    """Say what is wrong with a task's data.

    Copies within the evaluated split, in the train split and in a corpus; how the labels are spread; and what
    a bag of words is right on that sees a part of each example only, or its length. No model is asked.
    """
    from harness.datasets.sources import Where
    from harness.datasets.task_data import supply
    from harness.evaluation.data_health import health
    from harness.reports import audit as report
    from harness.reports.writers.translations import language
    from harness.tasks import task as tasks

    chosen = tasks.load(task)
    known = chosen.file.data.splits
    train = not known or chosen.file.shots.from_ in known
    material = supply(chosen, Where(data_dir=data_dir, sample=sample, offline=offline), say, train=train)
    try:
        lines = None if corpus is None else corpus.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"--corpus {corpus}: {getattr(error, 'strerror', None) or error}") from None
    found = health(material, lines)
    with language("en" if json else lang):
        if json:
            print_json(report.as_json(found))
        else:
            show(list(report.blocks(found)))
    return 0
