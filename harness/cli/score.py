"""`harness score`: metrics for people who have a file of answers, and no run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import emit, print_json, show_columns, tell
from harness.errors import BadInput, did_you_mean
from harness.options.flags import Flag, Positional
from harness.options.shared import Json, Offline, Trust
from harness.terminal import spoken

if TYPE_CHECKING:
    from harness.records.run_schema import MetricResult
    from harness.scoring.answer_files import Answer
    from harness.scoring.summary import Tally

SEED = 1234  # of a run that names none
HEADER = ("metric", "value", "95 % interval", "n", "unit", "signature")


def score(
    files: Annotated[
        list[Path],
        Positional(
            "FILE",
            help="JSONL; or line-aligned texts: predictions, then references",
            ko="JSONL; 또는 줄이 맞는 글 파일: 예측, 그다음 정답",
        ),
    ],
    metric: Annotated[
        list[str],
        Flag(
            "--metric -M",
            metavar="NAME[,NAME]",
            help="as `harness list metrics` has them",
            ko="`harness list metrics`에 나오는 이름",
        ),
    ] = [],
    set_: Annotated[
        list[str] | None,
        Flag(
            "--set -m",
            metavar="METRIC.KEY=VALUE",
            help="a metric's setting, such as bleu.tokenizer=char",
            ko="지표의 설정, 예: bleu.tokenizer=char",
        ),
    ] = None,
    labels: Annotated[
        list[str] | None,
        Flag(
            "--labels",
            metavar="A,B[,…]",
            help="the labels in their order; else those that occur",
            ko="레이블을 순서대로; 없으면 나온 것들",
        ),
    ] = None,
    explain: Annotated[
        int,
        Flag(
            "--explain",
            least=0,
            metavar="N",
            help="work BLEU out on the first N pairs",
            ko="앞에서부터 N쌍의 BLEU를 풀어 보임",
        ),
    ] = 0,
    offline: Offline = False,
    trust_remote_code: Trust = False,
    json: Json = False,
) -> int:
    """Score answers made elsewhere: value, interval, signature.

    A line of JSONL has `prediction` (null: unanswered) and `target` (one, or a list of references); spans are
    lists of [start, end, type]. Where a metric reads them: `option_scores`, or `value` and `tokens` (a text's
    log-likelihood in nats). Lines of one `cluster` or `id` rise and fall together. A run's samples.jsonl will
    do, and so will .gz.
    """
    from harness.metrics import permissions as consent
    from harness.options import values
    from harness.scoring.answer_files import read
    from harness.scoring.external_answers import judge

    consent.REMOTE_CODE.set(trust_remote_code)
    consent.OFFLINE.set(offline)
    metrics = values.names(metric)
    consent.NAMED.set(frozenset(metrics))
    if not metrics:
        raise BadInput("--metric NAME is missing; `harness list metrics` shows what there is")
    chosen = _settings(metrics, set_ or [])
    answers = read(files)
    if explain and "bleu" not in metrics:
        raise BadInput("--explain works BLEU out; add --metric bleu")
    found = judge(answers, chosen, values.names(labels))
    figures = found.estimates(SEED)
    if json:
        print_json(
            {
                "files": [str(path) for path in files],
                "counts": _counts(found),
                "metrics": {name: one.to_dict() for name, one in figures.items()},
            }
        )
    else:
        right = [title in ("value", "n") for title in HEADER]
        show_columns(HEADER, [_row(name, figure) for name, figure in figures.items()], right)
        tell(f"\n{_note(found)}")
        for text in _worked(answers[:explain], chosen.get("bleu", {})):
            emit(f"\n{text}")
    return 0


def _worked(answers: Iterable[Answer], settings: Mapping[str, str]) -> Iterator[str]:
    """Yield BLEU worked out for each answer: what was counted, clipped and averaged."""
    from harness.reports.worked_bleu import worked

    for answer in answers:
        target = answer.target if isinstance(answer.target, tuple) else (answer.target or "",)
        said = answer.prediction if isinstance(answer.prediction, str) else ""
        yield f"{answer.id or answer.place}\n{worked(said, list(target), **settings)}"


def _settings(metrics: Sequence[str], given: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return the settings of each metric, of `[METRIC.]KEY=VALUE`.

    Raises:
        BadInput: no `=`, no such metric here, a key twice, or a key that could be any metric's.
    """
    found: dict[str, dict[str, str]] = {name: {} for name in metrics}
    for text in given:
        path, sign, value = text.partition("=")
        name, dot, key = path.strip().rpartition(".")
        if not sign or not key:
            raise BadInput(f"-m {text}: should be METRIC.KEY=VALUE")
        if not dot and len(found) > 1:
            raise BadInput(f"-m {text}: of which metric? Write {metrics[0]}.{key}=…")
        name = name if dot else metrics[0]
        if name not in found:
            raise BadInput(f"-m {text}: {name!r} is not asked for.{did_you_mean(name, found)}")
        if key in found[name]:
            raise BadInput(f"-m {path} is given twice")
        found[name][key] = value
    return found


def _counts(found: Tally) -> dict[str, int | None]:
    """Return how many answers there are, and how many clusters are drawn where lines belong together."""
    codes = found.cluster_codes()
    counts = {key: found.counts[key] for key in ("examples", "answered", "unanswered", "failed")}
    return {**counts, "clusters": None if codes is None else int(codes.max()) + 1}


def _row(name: str, figure: MetricResult) -> list[str]:
    from harness.reports.writers.numbers import number

    low, high = (number(end, figure.unit, like=figure.value) for end in (figure.ci_low, figure.ci_high))
    unit = figure.unit + ("" if figure.higher_is_better else ", lower is better")
    return [
        name,
        number(figure.value, figure.unit),
        "" if figure.ci_low is None else f"[{low}, {high}]",
        f"{figure.n:,}",
        unit,
        figure.signature,
    ]


def _note(found: Tally) -> str:
    """Return the line that says what was counted."""
    counts = _counts(found)
    parts = [f"{counts['examples']:,} {'answer' if counts['examples'] == 1 else 'answers'}"]
    parts += [f"{counts[key]:,} {key}" for key in ("unanswered", "failed") if counts[key]]
    if counts["clusters"] is not None:
        parts.append(f"intervals over {counts['clusters']:,} clusters")
    return ", ".join(map(spoken, parts))
