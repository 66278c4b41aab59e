"""`harness agree`: how far judges agree with people and with each other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from harness.cli.output import format_named, hand_over
from harness.errors import BadInput
from harness.options.flags import Flag, Positional
from harness.options.shared import Lang

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.reports.writers.blocks import Block

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
    own: Annotated[
        list[str],
        Flag(
            "--own",
            metavar="JUDGE=SYSTEM",
            help="which system a judge is itself, where its name does not say it",
            ko="이름으로 알 수 없을 때, 심판 자신인 시스템",
        ),
    ] = [],
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
    """Say how far raters agree and what judges lean to.

    Judges beside people and beside each other: shares, kappa, Krippendorff's alpha, Spearman, with intervals
    by question; what a judge gives to a place, to length and to its own replies; and the mean that people
    would give to everything, from few labels and a judge's many.
    """
    import orjson

    from harness.judging.agreement import agree as agreed
    from harness.judging.leanings import leanings, read_judges
    from harness.judging.ratings import read_ratings
    from harness.reports.arena import agreement
    from harness.reports.arena import leanings as leaning
    from harness.reports.writers import html
    from harness.reports.writers.translations import language, translated

    kind = format_named(format, out, FORMATS)
    with language("en" if kind == "json" else lang):
        judges = leanings(read_judges([place for place in places if place.is_dir()]), _pairs(own))
        ratings = read_ratings(places)
        alone = bool(judges) and len({one.rater for one in ratings}) < 2
        found = None if alone else agreed(ratings, people)
        if kind == "json":
            values = {**({} if found is None else agreement.as_json(found)), **leaning.as_json(judges)}
            made: str | Sequence[Block] = orjson.dumps(values, option=orjson.OPT_INDENT_2).decode() + "\n"
        else:
            blocks = [*([] if found is None else agreement.blocks(found)), *leaning.blocks(judges)]
            made = html.page(translated("Agreement"), blocks) if kind == "html" else blocks
    hand_over(made, out)
    return 0


def _pairs(own: Sequence[str]) -> dict[str, str]:
    """Return judge → system.

    Raises:
        BadInput: one is no JUDGE=SYSTEM.
    """
    found = {}
    for one in own:
        judge, sign, system = one.partition("=")
        if not (judge and sign and system):
            raise BadInput(f"--own {one}: it should be JUDGE=SYSTEM")
        found[judge] = system
    return found
