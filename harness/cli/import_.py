"""`harness import`: runs of other harnesses, beside our own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from harness.cli.leaderboard import print_board
from harness.cli.output import fail, print_json
from harness.errors import BadInput, HarnessError
from harness.options.flags import Flag, Positional
from harness.options.shared import DataDir, Json, Offline, RunsDir


def import_(
    paths: Annotated[
        list[Path],
        Positional(
            "PATH",
            help="a results file, a log, or a folder of them",
            ko="결과 파일, 로그, 또는 그것들이 든 폴더",
        ),
    ],
    task: Annotated[
        str | None,
        Flag(
            "--task -t",
            metavar="TASK",
            help="the task here that they are of: judged as ours are",
            ko="이쪽의 어느 과제인지: 이쪽 방식으로 채점함",
        ),
    ] = None,
    only: Annotated[
        str | None,
        Flag(
            "--only",
            metavar="NAME",
            help="of several tasks in PATH, theirs of this name",
            ko="경로에 여러 과제가 있을 때 그쪽 이름이 이것인 것만",
        ),
    ] = None,
    name: Annotated[
        str | None,
        Flag("--name", metavar="TEXT", help="what the row is called on boards", ko="순위표의 행 이름"),
    ] = None,
    split: Annotated[
        str | None, Flag("--split", metavar="NAME", help="the split they are of", ko="어느 분할인지")
    ] = None,
    sample: Annotated[
        bool,
        Flag("--sample", help="they are of the task's small sample", ko="과제에 딸린 작은 견본의 결과임"),
    ] = False,
    data_dir: DataDir = None,
    offline: Offline = False,
    runs_dir: RunsDir = Path("runs"),
    json: Json = False,
) -> int:
    """Bring in runs of other harnesses.

    Of lm-evaluation-harness, Inspect, HELM, or in the format Every Eval Ever.

    With --task, their replies are matched with the task's own examples, read and scored as ours, and stand in
    the same column of boards. Without it, their scores are taken as they are. Either way a run says whose it
    is, and what the other harness made of it.
    """
    from harness.datasets.sources import Where
    from harness.interchange.finding import foreign_runs
    from harness.interchange.importing import import_run
    from harness.records import run_file
    from harness.reports.run import Run
    from harness.tasks import task as tasks
    from harness.terminal import say

    ours = tasks.load(task).choose(split=split) if task is not None else None
    where = Where(data_dir=data_dir, sample=sample, offline=offline)
    done: list[Run] = []
    codes = []
    for path in paths:
        for run in foreign_runs(path, lambda message: say(f"warning: {message}")):
            if only is not None and run.task != only:
                continue
            try:
                directory = import_run(run, runs_dir, task=ours, where=where, name=name, tell=say)
                done.append(Run(directory, run_file.read_run(directory)))
            except HarnessError as error:
                fail(str(error))  # one that cannot be brought in stops no other
                codes.append(error.exit_code)
    if not done and not codes:
        raise BadInput(f"--only {only}: no such task in {', '.join(map(str, paths))}")
    if json:
        print_json(
            {"runs": [{**entry.document.to_dict(), "directory": str(entry.directory)} for entry in done]}
        )
    elif done:
        print_board(done)
    return max(codes, default=0)
