"""Options of several commands, each as the type of a parameter: `offline: Offline = False`."""

# Annotations are values here: each is made once, when the module is loaded.

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

from harness.options import values
from harness.options.flags import Flag, Positional, Words

TRUST_METRICS = Words(
    None, "let evaluate:NAME_OR_PATH run code of others", "evaluate:NAME_OR_PATH가 남의 코드를 실행하게 허용"
)

DATA_DIR = Flag(
    "--data-dir",
    env="HARNESS_DATA",
    metavar="DIR",
    help="the datasets' own original files",
    ko="데이터셋 원본 파일이 있는 폴더",
    on="run resume work race gate explain estimate try export show tokenizers list data audit import arena",
    raw=Path,
    check=values.path,
)
DataDir = Annotated[Path | None, DATA_DIR]
RUNS_DIR = Flag(
    "--runs-dir",
    metavar="DIR",
    help="where runs are kept",
    ko="실행 결과를 두는 폴더",
    on="run resume status pause race list leaderboard report items gate push import judge",
    raw=Path,
    check=values.path,
)
RunsDir = Annotated[Path, RUNS_DIR]
Offline = Annotated[
    bool,
    Flag(
        "--offline",
        help="download nothing",
        ko="아무것도 내려받지 않음",
        on="run resume work race gate explain estimate try export show tokenizers doctor rescore score audit"
        " import judge",
    ),
]
Trust = Annotated[
    bool,
    Flag(
        "--trust-remote-code",
        help="let a model, or a metric of the task, run code of its own",
        ko="모델이나 과제의 지표가 자체 코드를 실행하게 허용",
        on="run resume work race gate explain estimate try show tokenizers doctor rescore score judge",
        told={"rescore": TRUST_METRICS, "score": TRUST_METRICS},
    ),
]
AllowCode = Annotated[
    bool,
    Flag(
        "--allow-code-execution",
        help="run what models write, in a sandbox, where the task has that done",
        ko="과제가 요구하면 모델이 쓴 코드를 샌드박스에서 실행하게 허용",
        on="run resume work race gate explain rescore",
    ),
]
AUTO = "auto"
Sandbox = Annotated[
    str,
    Flag(
        "--sandbox",
        metavar="KIND",
        help="auto, bubblewrap, unshare, or none: with your own rights, files and network",
        ko="auto, bubblewrap, unshare 가운데 하나. none이면 사용자의 권한, 파일, 네트워크를 그대로 씀",
        on="run resume work race gate explain rescore",
    ),
]
AllowEndpoint = Annotated[
    str | Sequence[str],
    Flag(
        "--allow-endpoint",
        metavar="URL",
        help="let a key go to this address; remembered for this user",
        ko="이 주소로 API 키를 보내도록 허용(이 사용자에 대해 기억함)",
        on="run resume work race gate explain estimate try doctor judge",
        raw=list[str],
        usual=None,
        check=values.texts,
    ),
]
Slo = Annotated[
    Mapping[str, float] | None,
    Flag(
        "--slo",
        metavar="TIME=S[,…]",
        help="seconds that count as served well, such as ttft=0.5,e2e=5",
        ko="제때 응답한 것으로 치는 시간(초), 예: ttft=0.5,e2e=5",
        on="run rescore",
        raw=str,
        read=values.slo,
        check=values.bounds,
    ),
]
Json = Annotated[
    bool,
    Flag(
        "--json",
        help="one JSON document on stdout, and nothing else",
        ko="표준 출력에 JSON 문서 하나만 출력",
    ),
]
Runs = Annotated[
    list[Path] | None,
    Positional("RUN", help="run directories, or folders of them", ko="실행 폴더, 또는 실행 폴더들이 든 폴더"),
]
RunA = Annotated[
    Path,
    Positional(
        "RUN_A",
        help="a run directory, or a system as the board calls it",
        ko="실행 폴더, 또는 순위표에 나오는 시스템 이름",
    ),
]
RunB = Annotated[Path, Positional("RUN_B", help="the run beside it", ko="견줄 다른 실행")]
Out = Annotated[
    Path | None,
    Flag("--out -o", metavar="FILE", help="write here, not to stdout", ko="표준 출력 대신 이 파일에 씀"),
]
ReportFormat = Annotated[
    str | None,
    Flag(
        "--format -f",
        metavar="md|html|json",
        help="md unless FILE says another",
        ko="파일 이름이 달리 말하지 않으면 md",
    ),
]
GroupOf = Annotated[
    str | None,
    Flag(
        "--group",
        metavar="TAG|GROUP",
        help="tasks with this tag or in this group",
        ko="이 태그가 붙었거나 이 묶음에 든 과제만",
    ),
]
SortBy = Annotated[
    str | None,
    Flag(
        "--sort",
        metavar="TASK|METRIC",
        help="rank by this task or this metric",
        ko="이 과제나 지표로 순위를 매김",
    ),
]
Lang = Annotated[
    str | None,
    Flag(
        "--lang",
        env="HARNESS_LANG",
        metavar="en|ko",
        help="the language of help, errors, progress and reports",
        ko="도움말, 오류, 진행 상황, 보고서에 쓰는 말",
    ),
]
