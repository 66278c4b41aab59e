"""`harness convert`: another harness' task file as one of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from harness.cli.output import emit, print_json
from harness.errors import BadInput
from harness.options.flags import Flag, Positional
from harness.options.shared import Json

FROM = ("lm_eval",)


def convert(
    source: Annotated[
        str, Positional("lm_eval", help="whose task file it is", ko="어느 하네스의 과제 파일인지")
    ],
    path: Annotated[
        Path,
        Positional(
            "TASK.yaml", help="the file; nothing in it is run", ko="파일; 그 안의 코드는 실행하지 않음"
        ),
    ],
    out: Annotated[
        Path | None,
        Flag(
            "--out",
            metavar="FILE",
            help="write the task there; else it is printed",
            ko="과제를 쓸 파일; 없으면 화면에 출력",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Turn a task of lm-evaluation-harness into one of ours.

    Or say line by line what cannot be carried over.
    """
    from harness.config import documents
    from harness.errors import did_you_mean
    from harness.interchange.lm_eval_tasks import convert as converted
    from harness.records.atomic import write_atomically
    from harness.terminal import say

    if source not in FROM:
        raise BadInput(f"{source}: only tasks of lm_eval are read.{did_you_mean(source, FROM)}")
    found = converted(path)
    if json:
        problems = [{"place": str(one.place), "kind": one.kind, "why": one.why} for one in found.problems]
        told = {"name": found.name, "task": found.values or None, "problems": problems, "notes": found.notes}
        print_json(told | ({"task": None} if found.problems else {}))
        return 2 if found.problems else 0
    for problem in found.problems:
        say(str(problem))
    if found.problems:
        say(f"{found.name} is not converted: {len(found.problems)} of its lines cannot be carried over")
        return 2
    text = "".join(f"# {note}\n" for note in found.notes) + documents.dump(found.values)
    if out is None:
        emit(text.rstrip("\n"))
    else:
        if out.exists():
            raise BadInput(f"{out} is there already; name another with --out")
        out.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(out, text.encode())
        say(f"{out}: `harness check {out}`, then `harness show {out} -n 2`")
    return 0
