"""`harness report`: runs as pages that people click through."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from harness.cli.output import format_named, warn
from harness.errors import BadInput
from harness.options.flags import Flag
from harness.options.shared import GroupOf, Lang, Runs, RunsDir, SortBy
from harness.terminal import say


def report(
    out: Annotated[
        Path,
        Flag(
            "--out -o",
            metavar="DIR",
            help="the folder; a report there is replaced",
            ko="폴더; 거기 있던 보고서는 새것으로 바뀜",
        ),
    ],
    runs: Runs = None,
    group: GroupOf = None,
    sort: SortBy = None,
    examples: Annotated[
        int | None,
        Flag(
            "--examples",
            least=0,
            metavar="N",
            help="show the first N of each run (default: all)",
            ko="실행마다 앞에서부터 N개 예제를 보임(기본값: 전부)",
        ),
    ] = None,
    no_texts: Annotated[
        bool,
        Flag(
            "--no-texts",
            help="leave out inputs, targets' texts, prompts and replies",
            ko="입력, 정답 글, 프롬프트, 답을 싣지 않음",
        ),
    ] = False,
    title: Annotated[
        str,
        Flag(
            "--title",
            metavar="TEXT",
            help="the site's name, in place of Leaderboard",
            ko="'순위표' 대신 쓸 사이트 이름",
        ),
    ] = "",
    pictures: Annotated[
        Path | None,
        Flag(
            "--pictures",
            metavar="DIR",
            help="write the pictures there too, to be pasted",
            ko="그림을 문서에 붙여 쓸 파일로도 저장할 폴더",
        ),
    ] = None,
    format: Annotated[
        str | None,
        Flag(
            "--format -f",
            metavar="NAME",
            help="of the pictures: svg, or png for slides (default: svg)",
            ko="그림 형식: svg, 슬라이드용 png (기본값: svg)",
        ),
    ] = None,
    lang: Lang = None,
    runs_dir: RunsDir = Path("runs"),
) -> int:
    """Write runs as a site: leaderboard, pictures, every example.

    The pages need no server and no network: open index.html. The same runs make the same files. With
    --no-texts a site holds nothing that a data set's licence may forbid to copy; ids, labels, verdicts,
    scores and pictures stay.
    """
    from harness.reports.run import load
    from harness.reports.site.atomic_folder import written
    from harness.reports.site.examples import Shown
    from harness.reports.site.picture_files import KINDS, write_pictures
    from harness.reports.site.writing import write_site
    from harness.reports.writers.translations import language

    kind = format_named(format, None, KINDS) if format else KINDS[0]
    if format and pictures is None:
        raise BadInput(f"--format {kind} is of the pictures: name their folder by --pictures DIR")
    shown = Shown(texts=not no_texts, most=examples)
    if not runs and not runs_dir.is_dir():
        raise BadInput(f"no runs in {runs_dir}; `harness run` makes them, --runs-dir names another place")
    with language(lang):
        entries = load(runs or [runs_dir], warn)
        if not entries:
            raise BadInput(f"no runs in {', '.join(map(str, runs or [runs_dir]))}; `harness run` makes them")
        # the pictures first: what they lack is said before a large site is written
        drawn = write_pictures(entries, pictures, warn, group=group, sort=sort, kind=kind) if pictures else []
        write_site(entries, out, warn, group=group, sort=sort, shown=shown, title=title)
    size = sum((out / name).stat().st_size for name in written(out)) / 1e6
    count = f"{len(entries)} {'run' if len(entries) == 1 else 'runs'}, {size:,.1f} MB"
    say(f"written: {out} ({count}); open {out / 'index.html'}")
    if pictures:
        say(f"written: {pictures} ({len(drawn)} {'picture' if len(drawn) == 1 else 'pictures'})")
    return 0
