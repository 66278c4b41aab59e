"""The options of a run, and of what is like one: `estimate`, `try`, `export`, `show`, `tokenizers`, `doctor`.

A new option is a field of `RunOptions`, and `plan.options.NAME` where it is used; nothing else.
"""

# Annotations are values here: each is made once, when the module is loaded.

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from harness.options import values
from harness.options.flags import Flag, Words, checked
from harness.options.shared import (
    AUTO,
    DATA_DIR,
    RUNS_DIR,
    AllowCode,
    AllowEndpoint,
    Offline,
    Sandbox,
    Slo,
    Trust,
)

if TYPE_CHECKING:
    from harness.costs.money import Budget
    from harness.datasets.sources import Where
    from harness.execution.permission import Permission

Names = str | Path | Sequence[str | Path]
Values = Mapping[str, Any]
Part = int | float | str | None  # of a split: a count, a share, or all of it ("all" or None)

ONE_TASK = Words("TASK", "the task", "과제")
ONE_BACKEND = Words("BACKEND", "the system under test", "평가할 시스템")


@dataclass(frozen=True)
class RunOptions:
    """What a user says about runs: of which tasks on which backends, and how.

    Where an option holds several values, the runs are their product (`evaluation.grid`). `latency` None asks
    for the time to the first token where that is cheap: in short runs. `cache` keeps what servers answer.
    `said` is what was given as it was given, without what is the default.

    Raises:
        BadInput: a value is wrong.
    """

    task: Annotated[
        Names,
        Flag(
            "--task -t",
            metavar="TASK[,TASK…]",
            help="tasks, groups, or all",
            ko="과제, 묶음, 또는 all",
            on="run race gate estimate try export",
            raw=list[str],
            usual=(),
            read=values.names,
            check=values.names_given,
            told={"try": ONE_TASK, "export": ONE_TASK},
        ),
    ]
    backend: Annotated[
        Names,
        Flag(
            "--backend -b",
            metavar="BACKEND[,…]",
            help="systems under test",
            ko="평가할 시스템",
            on="run race gate estimate try export show tokenizers doctor",
            raw=list[str],
            usual=(),
            read=values.names,
            check=values.names_given,
            told={
                "try": ONE_BACKEND,
                "export": ONE_BACKEND,
                "show": Words(
                    "BACKEND",
                    "render and count tokens for this one",
                    "이 시스템에 맞춰 프롬프트를 만들고 토큰을 셈",
                ),
                "doctor": Words("BACKEND", "with --numerics: which one", "--numerics로 잴 시스템"),
            },
        ),
    ]
    _: KW_ONLY
    limit: Annotated[
        int | float | None,
        Flag(
            "--limit",
            metavar="N|FRACTION",
            help="the first N, or a seeded share",
            ko="앞에서부터 N개, 또는 시드로 뽑은 비율",
            on="run race gate estimate",
            raw=str,
            read=values.limit,
            check=partial(values.amount, least=1),
        ),
    ] = None
    shots: Annotated[
        int | Sequence[int] | None,
        Flag(
            "--shots",
            metavar="K[,…]",
            help="worked examples in the prompt, such as 0,1,3,10",
            ko="프롬프트에 넣는 풀이 예시의 수, 예: 0,1,3,10",
            on="run race gate estimate try show",
            raw=str,
            read=values.shots,
            check=values.shots_given,
        ),
    ] = None
    template: Annotated[
        str | Sequence[str] | None,
        Flag(
            "--template",
            metavar="NAME|all",
            help="how the query is written",
            ko="질문을 쓰는 방식",
            on="run race gate estimate try export show judge",
            raw=str,
            read=values.names_or_none,
        ),
    ] = None
    ask: Annotated[
        str | Sequence[str] | None,
        Flag(
            "--ask",
            metavar="choose|generate",
            help="where the task's metrics can judge both",
            ko="과제의 지표가 둘 다 채점할 수 있을 때 묻는 방식",
            on="run estimate try export show",
            raw=str,
            read=values.names_or_none,
        ),
    ] = None
    split: Annotated[
        str | None,
        Flag(
            "--split",
            metavar="NAME",
            help="the split to evaluate",
            ko="평가할 분할",
            on="run race gate estimate",
        ),
    ] = None
    repeat: Annotated[
        int,
        Flag(
            "--repeat",
            least=1,
            metavar="N",
            help="ask every example N times",
            ko="예제마다 N번 물음",
            on="run estimate judge",
        ),
    ] = 1
    name: Annotated[
        str | None,
        Flag(
            "--name",
            metavar="TEXT",
            help="what the row is called on boards, of one system",
            ko="순위표에서 한 시스템의 행에 붙일 이름",
            on="run",
        ),
    ] = None
    seed: Annotated[
        int | None,
        Flag(
            "--seed",
            metavar="N",
            help="of shots, shares and sampling (default 1234)",
            ko="예시, 비율, 표본 추출의 시드(기본값 1234)",
            on="run race gate estimate try export",
        ),
    ] = None
    train_limit: Annotated[
        Part | Sequence[Part],
        Flag(
            "--train-limit",
            metavar="N|SHARE[,…]",
            help="what learners learn from, such as 100,1000,all",
            ko="학습하는 시스템이 쓸 학습 데이터의 양, 예: 100,1000,all",
            on="run",
            raw=str,
            read=values.train_limits,
            check=values.parts,
        ),
    ] = None
    dedupe_train: Annotated[
        bool,
        Flag(
            "--dedupe-train",
            help="learn from no row whose input is evaluated",
            ko="평가할 입력과 같은 행은 학습에서 뺌",
            on="run",
        ),
    ] = False
    perturb: Annotated[
        str | Sequence[str] | None,
        Flag(
            "--perturb",
            metavar="KIND[,…]",
            help="also ask as people write: spacing, typo, jamo, honorific, romanise, dialect, order, "
            "paraphrase-template",
            ko="사람들이 쓰는 대로 변형한 입력도 물음: spacing, typo, jamo, honorific, romanise, dialect, "
            "order, paraphrase-template",
            on="run",
            raw=str,
            read=values.names_or_none,
        ),
    ] = None
    context: Annotated[
        str | Sequence[str] | None,
        Flag(
            "--context",
            metavar="WAY[,…]",
            help="passages that a question is asked with: closed (none), gold (its own), retrieved (bm25@3), "
            "or any retriever and k, such as tfidf@5",
            ko="질문과 함께 보일 지문: closed(없음), gold(제 지문), retrieved(bm25@3), 또는 tfidf@5처럼 "
            "검색기와 개수",
            on="run",
            raw=str,
            read=values.names_or_none,
        ),
    ] = None
    sample: Annotated[
        bool,
        Flag(
            "--sample",
            help="use the small sample shipped with the task",
            ko="과제에 딸린 작은 견본을 씀",
            on="run race gate estimate try export show tokenizers",
        ),
    ] = False
    decoding: Annotated[
        Values | Sequence[Values] | None,
        Flag(
            "--decoding -d",
            metavar="KEY=VALUE[,…]",
            help="decoding, such as temperature=0,0.7",
            ko="디코딩 설정, 예: temperature=0,0.7",
            on="run race gate estimate try judge",
            raw=list[str],
            read=values.decodings,
            check=values.decodings_given,
        ),
    ] = None
    settings: Annotated[
        Values | Sequence[Values] | None,
        Flag(
            "--set -m",
            metavar="KEY=VALUE[,…]",
            help="a backend's setting, such as model=DIR",
            ko="시스템의 설정, 예: model=DIR",
            on="run resume work race gate estimate try export show tokenizers doctor judge",
            raw=list[str],
            read=partial(values.grid, option="-m"),
        ),
    ] = None
    data_dir: Annotated[str | Path | None, DATA_DIR] = None
    runs_dir: Annotated[str | Path, RUNS_DIR] = Path("runs")
    offline: Offline = False
    fresh: Annotated[
        bool,
        Flag(
            "--fresh",
            help="don't resume and don't reuse a fit",
            ko="이어 하지 않고, 학습해 둔 모델도 다시 쓰지 않음",
            on="run",
        ),
    ] = False
    max_failures: Annotated[
        int | float,
        Flag(
            "--max-failures",
            metavar="N|FRACTION",
            help="stop after more failed requests than this",
            ko="실패한 요청이 이보다 많으면 멈춤",
            on="run resume work race explain",
            raw=str,
            read=partial(values.limit, option="--max-failures"),
            check=partial(values.amount, least=0),
        ),
    ] = 0.01
    allow_code_execution: AllowCode = False
    sandbox: Sandbox = AUTO
    energy: Annotated[
        bool,
        Flag(
            "--energy",
            help="measure joules and CO2 of answering, by codecarbon",
            ko="답하는 데 쓴 에너지(J)와 CO2를 codecarbon으로 잼",
            on="run",
        ),
    ] = False
    trust_remote_code: Trust = False
    allow_endpoint: AllowEndpoint = ()
    concurrency: Annotated[
        int | None,
        Flag(
            "--concurrency",
            least=1,
            metavar="N",
            help="most calls in flight to a server",
            ko="서버에 한꺼번에 보내는 요청의 최대 수",
            on="run resume work race gate explain estimate judge",
        ),
    ] = None
    replicas: Annotated[
        int | None,
        Flag(
            "--replicas",
            least=0,
            metavar="N",
            help="make each run by N processes here (0: by those of harness work)",
            ko="실행마다 이 기계의 프로세스 N개로 나누어 함(0이면 harness work로 나누어 함)",
            on="run resume",
        ),
    ] = None
    latency: Annotated[
        bool | None,
        Flag(
            "--latency/--no-latency",
            help="stream, for the time to the first token (on up to 200 requests)",
            ko="스트리밍으로 첫 토큰까지의 시간을 잼(요청이 200개 이하면 기본으로 켜짐)",
            on="run",
        ),
    ] = None
    cache: Annotated[
        bool,
        Flag(
            "--no-cache",
            off=True,
            help="ask again what a server was asked before, and keep nothing",
            ko="서버에 물었던 것도 다시 묻고, 답을 보관하지 않음",
            on="run resume work race gate explain estimate judge",
        ),
    ] = True
    max_cost: Annotated[
        str | None,
        Flag(
            "--max-cost",
            metavar="5USD|7000KRW",
            help="stop before more than this is spent",
            ko="이 금액을 넘기 전에 멈춤",
            on="run resume race gate explain judge",
        ),
    ] = None
    usd_krw: Annotated[
        str | None,
        Flag(
            "--usd-krw",
            env="HARNESS_USD_KRW",
            metavar="WON@DAY",
            help="won a dollar, such as 1390@2026-11-01",
            ko="기준일과 함께 적은 달러당 원화, 예: 1390@2026-11-01",
            on="run resume race gate explain judge",
        ),
    ] = None
    slo: Slo = None
    quiet: Annotated[
        bool,
        Flag(
            "--quiet -q",
            help="no progress",
            ko="진행 상황을 보이지 않음",
            on="run resume work race gate explain estimate try export tokenizers judge",
            usual=False,
        ),
    ] = True

    said: Mapping[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check each value, and what may be spent."""
        object.__setattr__(self, "said", checked(self))
        if self.max_cost is not None or self.usd_krw:
            _ = self.budget

    @property
    def where(self) -> "Where":
        """Return where data may come from."""
        from harness.datasets.sources import Where

        folder = None if self.data_dir is None else Path(self.data_dir)
        return Where(data_dir=folder, sample=self.sample, offline=self.offline)

    @property
    def permission(self) -> "Permission":
        """Return whether what models write may be run, and in what."""
        from harness.execution.permission import Permission

        return Permission(allowed=self.allow_code_execution, sandbox=self.sandbox)

    @cached_property
    def budget(self) -> "Budget | None":
        """Return what all runs of these options may spend together, None where that is not bounded."""
        from harness.costs import money

        return money.budget(self.max_cost, self.usd_krw)

    def spend_from(self, budget: "Budget | None") -> None:
        """Let these runs and others spend from one budget."""
        vars(self)["budget"] = budget
