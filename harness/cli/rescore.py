"""`harness rescore`: the metrics once more, from stored responses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from harness.cli.leaderboard import print_board
from harness.cli.output import fail, print_json
from harness.errors import BadInput, HarnessError
from harness.options.flags import Flag, Positional
from harness.options.shared import AUTO, AllowCode, Json, Offline, Sandbox, Slo, Trust


def rescore(
    runs: Annotated[
        list[Path],
        Positional(
            "RUN", help="run directories, or folders of them", ko="실행 폴더, 또는 실행 폴더들이 든 폴더"
        ),
    ],
    task: Annotated[
        str | None,
        Flag(
            "--task -t",
            metavar="TASK",
            help="take metrics and extraction from this task",
            ko="지표와 답 추출을 이 과제에서 가져옴",
        ),
    ] = None,
    slo: Slo = None,
    offline: Offline = False,
    trust_remote_code: Trust = False,
    allow_code_execution: AllowCode = False,
    sandbox: Sandbox = AUTO,
    json: Json = False,
) -> int:
    """Compute the metrics again from stored responses."""
    from harness.execution.permission import Permission
    from harness.metrics import permissions as consent
    from harness.records import run_file
    from harness.reports.run import Run
    from harness.scoring import rescore as scoring

    consent.REMOTE_CODE.set(trust_remote_code)
    consent.OFFLINE.set(offline)
    permission = Permission(allowed=allow_code_execution, sandbox=sandbox)
    done: list[Run] = []
    codes = []
    for directory in run_file.runs(runs):
        try:
            done.append(Run(directory, scoring.rescore(directory, task, slo, permission)))
        except HarnessError as error:
            fail(str(error))  # one that cannot be scored stops no other
            codes.append(error.exit_code)
    if not done and not codes:
        raise BadInput(f"no runs in {', '.join(map(str, runs))}")
    if json:
        print_json(
            {"runs": [{**entry.document.to_dict(), "directory": str(entry.directory)} for entry in done]}
        )
    elif done:
        print_board(done)
    return max(codes, default=0)
