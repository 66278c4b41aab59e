"""`harness agree`: how far judges agree with people and with each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from harness.cli.output import format_named, hand_over
from harness.options.flags import Flag, Positional
from harness.options.shared import Lang

FORMATS = ("md", "html", "json")


def agree(
    places: Annotated[
        list[Path],
        Positional(
            "RATINGS…",
            help="files of ratings (id, score, rater), and runs of `harness judge`",
            ko="평점 파일(id, score, rater 열)과 `harness judge`의 실행",
        ),
    ],
    people: Annotated[
        str,
        Flag(
            "--people",
            metavar="NAME",
            help="the rater that stands for people",
            ko="사람을 대표하는 평가자",
        ),
    ] = "people",
    format: Annotated[
        str | None,
        Flag(
            "--format -f",
            metavar="md|html|json",
            help="md unless FILE says another",
            ko="파일 이름이 달리 말하지 않으면 md",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        Flag("--out -o", metavar="FILE", help="write here, not to stdout", ko="표준 출력 대신 이 파일에 씀"),
    ] = None,
    lang: Lang = None,
) -> int:
    """Say how far raters agree, and what people would say.

    Judges beside people and beside each other: shares, kappa, Krippendorff's alpha, Spearman, with intervals
    by question; and the mean that people would give to everything, from few labels and a judge's many.
    """
    import orjson

    from harness.judging.agreement import agree as agreed
    from harness.judging.ratings import read_ratings
    from harness.reports.arena import agreement
    from harness.reports.writers import html, markdown
    from harness.reports.writers.translations import language, translated

    kind = format_named(format, out, FORMATS)
    with language("en" if kind == "json" else lang):
        found = agreed(read_ratings(places), people)
        if kind == "json":
            text = orjson.dumps(agreement.as_json(found), option=orjson.OPT_INDENT_2).decode() + "\n"
        elif kind == "html":
            text = html.page(translated("Agreement"), agreement.blocks(found))
        else:
            text = markdown.document(agreement.blocks(found)) + "\n"
    hand_over(text, out)
    return 0
