"""`harness arena`: who is stronger, from verdicts between two replies at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from harness.cli.output import format_named, hand_over
from harness.errors import BadInput
from harness.options.flags import Flag, Positional
from harness.options.shared import DataDir, Lang, Out, ReportFormat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judging.votes import Vote
    from harness.reports.writers.blocks import Block

FORMATS = ("md", "html", "json")
RULES = ("bradley_terry", "arena_hard", "alpaca_eval")


def arena(
    files: Annotated[
        list[Path],
        Positional(
            "VOTES…",
            help="files of verdicts (first, second, verdict, question), or runs of `harness judge`",
            ko="판정 파일(first, second, verdict, question 열)이나 `harness judge`의 실행",
        ),
    ],
    rule: Annotated[
        str,
        Flag(
            "--rule",
            metavar="NAME",
            help="bradley_terry, arena_hard (>> counts three, wins over the baseline) or alpaca_eval",
            ko="bradley_terry, arena_hard(>>는 세 번, 기준 시스템을 이기는 비율), alpaca_eval",
        ),
    ] = "bradley_terry",
    baseline: Annotated[
        str | None,
        Flag(
            "--baseline",
            metavar="SYSTEM",
            help="whom the others are measured against",
            ko="다른 시스템을 견줄 기준",
        ),
    ] = None,
    style: Annotated[
        bool,
        Flag(
            "--style-control",
            help="strengths at equal length, headers, lists and bold",
            ko="길이, 제목, 목록, 굵은 글씨가 같을 때의 실력",
        ),
    ] = False,
    place: Annotated[
        bool,
        Flag(
            "--place/--no-place",
            help="allow for what standing first is worth",
            ko="먼저 보인 답이 얻는 이득을 감안",
        ),
    ] = True,
    draws: Annotated[
        int,
        Flag(
            "--draws",
            least=100,
            metavar="N",
            help="of questions, for intervals",
            ko="구간을 위해 문항을 다시 뽑는 횟수",
        ),
    ] = 1000,
    format: ReportFormat = None,
    out: Out = None,
    lang: Lang = None,
    data_dir: DataDir = None,
) -> int:
    """Rank systems by verdicts between two replies at a time.

    Votes of people or judgements of models: strengths by Bradley and Terry's model on the Elo scale, with
    intervals by question, expected wins, what standing first is worth. Strengths that don't exist are said.
    """
    from harness.judging.votes import read_votes
    from harness.reports.writers.translations import language

    kind = format_named(format, out, FORMATS)
    if rule not in RULES:
        raise BadInput(f"--rule {rule}: it should be one of {', '.join(RULES)}")
    if rule != "bradley_terry" and baseline is None:
        raise BadInput(f"--rule {rule} needs --baseline SYSTEM")
    votes = read_votes(files)
    with language("en" if kind == "json" else lang):
        if rule == "alpaca_eval":
            assert baseline is not None
            made: str | Sequence[Block] = _alpaca_eval(votes, baseline, data_dir, kind)
        else:
            options = {"style": style, "place": place, "draws": draws}
            made = _bradley_terry(
                votes, kind, baseline=baseline, strong=3.0 if rule == "arena_hard" else 1.0, **options
            )
    hand_over(made, out)
    return 0


def _bradley_terry(votes: Sequence[Vote], kind: str, **rules: Any) -> str | Sequence[Block]:
    from harness.judging.arena import Rules, arena
    from harness.reports.arena import render

    found = arena(votes, Rules(**rules))
    if kind == "json":
        return _json(render.as_json(found))
    return render.html(found) if kind == "html" else render.blocks(found)


def _alpaca_eval(
    votes: Sequence[Vote], baseline: str, data_dir: Path | None, kind: str
) -> str | Sequence[Block]:
    from harness.judging.alpaca_eval import rates, read_known
    from harness.reports.arena import alpaca_eval
    from harness.reports.writers import html
    from harness.reports.writers.translations import translated

    found = rates(votes, baseline, read_known(data_dir))
    if kind == "json":
        return _json(alpaca_eval.as_json(found, baseline))
    blocks = alpaca_eval.blocks(found, baseline)
    return html.page(translated("Arena"), blocks) if kind == "html" else blocks


def _json(values: dict[str, Any]) -> str:
    import orjson

    return orjson.dumps(values, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY).decode() + "\n"
