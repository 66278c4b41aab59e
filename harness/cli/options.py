"""Options that several commands share, as typer reads them from a signature."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Tasks = Annotated[
    list[str], typer.Option("--task", "-t", metavar="TASK[,TASK…]", help="tasks, groups, or all")
]
Backends = Annotated[
    list[str], typer.Option("--backend", "-b", metavar="BACKEND[,…]", help="systems under test")
]
Task = Annotated[str, typer.Option("--task", "-t", metavar="TASK", help="the task")]
Backend = Annotated[str, typer.Option("--backend", "-b", metavar="BACKEND", help="the system under test")]
Limit = Annotated[
    str | None, typer.Option("--limit", metavar="N|FRACTION", help="the first N, or a seeded share")
]
Shots = Annotated[
    int | None, typer.Option("--shots", min=0, metavar="K", help="worked examples in the prompt")
]
Template = Annotated[
    str | None, typer.Option("--template", metavar="NAME|all", help="how the query is written")
]
Ask = Annotated[
    str | None,
    typer.Option("--ask", metavar="choose|generate", help="where the task's metrics can judge both"),
]
TrainLimit = Annotated[
    str | None,
    typer.Option(
        "--train-limit",
        metavar="N|SHARE[,…]",
        help="what learners learn from, such as 100,1000,all",
    ),
]
DedupeTrain = Annotated[
    bool, typer.Option("--dedupe-train", help="learn from no row whose input is evaluated")
]
Split = Annotated[str | None, typer.Option("--split", metavar="NAME", help="the split to evaluate")]
Seed = Annotated[
    int | None, typer.Option("--seed", metavar="N", help="of shots, shares and sampling (default 1234)")
]
Name = Annotated[
    str | None, typer.Option("--name", metavar="TEXT", help="what the row is called on boards, of one system")
]
Repeat = Annotated[int, typer.Option("--repeat", min=1, metavar="N", help="ask every example N times")]
Fresh = Annotated[bool, typer.Option("--fresh", help="don't resume and don't reuse a fit")]
Resume = Annotated[Path | None, typer.Option("--resume", metavar="RUN", help="go on with this directory")]
MaxFailures = Annotated[
    str,
    typer.Option("--max-failures", metavar="N|FRACTION", help="stop after more failed requests than this"),
]
NoCache = Annotated[
    bool, typer.Option("--no-cache", help="ask again what a server was asked before, and keep nothing")
]
MaxCost = Annotated[
    str | None, typer.Option("--max-cost", metavar="5USD|7000KRW", help="stop before more than this is spent")
]
UsdKrw = Annotated[
    str | None,
    typer.Option(
        "--usd-krw", envvar="HARNESS_USD_KRW", metavar="WON@DAY", help="won a dollar, such as 1390@2026-11-01"
    ),
]
Slo = Annotated[
    str | None,
    typer.Option(
        "--slo", metavar="TIME=S[,…]", help="seconds that count as served well, such as ttft=0.5,e2e=5"
    ),
]
Concurrency = Annotated[
    int | None, typer.Option("--concurrency", min=1, metavar="N", help="most calls in flight to a server")
]
Latency = Annotated[
    bool | None,
    typer.Option(
        "--latency/--no-latency", help="stream, for the time to the first token (on up to 200 requests)"
    ),
]
Sample = Annotated[bool, typer.Option("--sample", help="use the small sample shipped with the task")]
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", envvar="HARNESS_DATA", metavar="DIR", help="the datasets' own original files"),
]
Offline = Annotated[bool, typer.Option("--offline", help="download nothing")]
Decodings = Annotated[
    list[str] | None,
    typer.Option("-d", "--decoding", metavar="KEY=VALUE[,…]", help="decoding, such as temperature=0,0.7"),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("-m", "--set", metavar="KEY=VALUE[,…]", help="a backend's setting, such as model=DIR"),
]
Energy = Annotated[bool, typer.Option("--energy", help="measure joules and CO2 of answering, by codecarbon")]
Trust = Annotated[
    bool,
    typer.Option("--trust-remote-code", help="let a model, or a metric of the task, run code of its own"),
]
AllowEndpoint = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-endpoint", metavar="URL", help="let a key go to this address; remembered for this user"
    ),
]
CodeOfMetrics = Annotated[
    bool, typer.Option("--trust-remote-code", help="let evaluate:NAME_OR_PATH run code of others")
]
RunsDir = Annotated[Path, typer.Option("--runs-dir", metavar="DIR", help="where runs are kept")]
Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout, and nothing else")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="no progress")]
Runs = Annotated[list[Path] | None, typer.Argument(metavar="RUN", help="run directories, or folders of them")]
GroupOf = Annotated[
    str | None, typer.Option("--group", metavar="TAG|GROUP", help="tasks with this tag or in this group")
]
SortBy = Annotated[
    str | None, typer.Option("--sort", metavar="TASK|METRIC", help="rank by this task or this metric")
]
Lang = Annotated[
    str | None,
    typer.Option(
        "--lang", envvar="HARNESS_LANG", metavar="en|ko", help="the language of the report's own words"
    ),
]
