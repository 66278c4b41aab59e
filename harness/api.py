"""The commands as Python functions: `from harness import run, load_runs, leaderboard, compare`.

The words are the command line's. What is wrong with the input is raised (`errors.BadInput` and its kin);
what the command line would say on stderr while it goes on is a warning.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from harness.backends import allowed_endpoints
from harness.config import loader as definitions
from harness.config.documents import Document
from harness.config.fields import DecodingFile
from harness.costs import money
from harness.datasets.sources import Where
from harness.errors import BadInput, HarnessError, Interrupted
from harness.evaluation import energy as metering
from harness.evaluation.grid import Grid, plans
from harness.evaluation.plan import Options, Plan
from harness.evaluation.progress import display
from harness.evaluation.runner import Outcome, execute
from harness.metrics import permissions as consent
from harness.reports import entries
from harness.reports.comparison import compare as comparing
from harness.reports.comparison import pairs
from harness.reports.comparison import render as compare_render
from harness.reports.leaderboard import board as boards
from harness.reports.leaderboard import render
from harness.reports.writers import html
from harness.reports.writers.translations import language
from harness.runs import Run, pandas, warn
from harness.scoring import service_levels as goodput
from harness.terminal import say

Names = str | Path | Sequence[str | Path]
Values = Mapping[str, Any]
Part = int | float | str | None  # of a split: a count, a share, or all of it ("all" or None)


@dataclass(frozen=True, repr=False)
class Leaderboard(boards.Board):
    """A leaderboard: what it shows, in order, and itself as a document, plain values or a DataFrame.

    `lang` is the language of its own words, `en` or `ko`; None is that of `$HARNESS_LANG`.
    """

    lang: str | None = None

    def markdown(self) -> str:
        """Return what `harness leaderboard` prints."""
        with language(self.lang):
            return render.markdown(self)

    def html(self) -> str:
        """Return a page of its own, as `harness leaderboard --format html` writes it."""
        with language(self.lang):
            return render.written(render.blocks(self), "html")

    def latex(self) -> str:
        """Return tables for a paper, as `harness leaderboard --format latex` writes them."""
        with language(self.lang):
            return render.written(render.blocks(self), "latex")

    def csv(self) -> str:
        """Return one line a figure, as `harness leaderboard --format csv` writes it."""
        with language("en"):
            return render.as_csv(self)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as `harness leaderboard --format json` writes them."""
        with language("en"):
            return render.as_json(self)

    def frame(self) -> Any:
        """Return a pandas DataFrame with a row a figure.

        Raises:
            Unavailable: pandas is not installed.
        """
        kept = ("column", "task", "metric", "value", "ci_low", "ci_high", "n", "unit", "status", "run")
        rows = [
            {"rank": row["rank"], "system": row["system"], **{key: cell[key] for key in kept}}
            for row in self.to_dict()["rows"]
            for cell in row["cells"]
        ]
        return pandas().DataFrame(rows)

    def __repr__(self) -> str:
        return self.markdown()

    def _repr_html_(self) -> str:
        with language(self.lang):
            return html.fragment(render.blocks(self))


@dataclass(frozen=True, repr=False)
class Comparison(comparing.PairedComparison):
    """How run b differs from run a: `differences`, `flips`, `settings`, `costs`, `notes`, and all as text.

    `lang` is the language of its own words, as in `Leaderboard`.
    """

    lang: str | None = None

    def markdown(self) -> str:
        """Return what `harness compare` prints."""
        with language(self.lang):
            return compare_render.markdown(self)

    def html(self) -> str:
        """Return a page of its own, as `harness compare --format html` writes it."""
        with language(self.lang):
            return compare_render.html(self)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as `harness compare --format json` writes them."""
        return compare_render.as_json(self)

    def frame(self) -> Any:
        """Return a pandas DataFrame with a row a metric.

        Raises:
            Unavailable: pandas is not installed.
        """
        rows = [
            {
                **vars(one),
                "effect": one.effect and one.effect.value,
                "effect_name": one.effect and one.effect.name,
            }
            for one in self.differences
        ]
        return pandas().DataFrame(rows).rename(columns={"value": "difference"})

    def __repr__(self) -> str:
        return self.markdown()

    def _repr_html_(self) -> str:
        with language(self.lang):
            return html.fragment(compare_render.blocks(self))


def run(
    task: Names,
    backend: Names,
    *,
    limit: int | float | None = None,
    shots: int | None = None,
    template: str | Sequence[str] | None = None,
    ask: str | Sequence[str] | None = None,
    split: str | None = None,
    repeat: int = 1,
    name: str | None = None,
    seed: int | None = None,
    train_limit: Part | Sequence[Part] = None,
    dedupe_train: bool = False,
    sample: bool = False,
    decoding: Values | Sequence[Values] | None = None,
    settings: Values | Sequence[Values] | None = None,
    data_dir: str | Path | None = None,
    runs_dir: str | Path = "runs",
    offline: bool = False,
    fresh: bool = False,
    max_failures: int | float = 0.01,
    energy: bool = False,
    trust_remote_code: bool = False,
    allow_endpoint: str | Sequence[str] = (),
    concurrency: int | None = None,
    latency: bool | None = None,
    cache: bool = True,
    max_cost: str | None = None,
    usd_krw: str | None = None,
    slo: Mapping[str, float] | None = None,
    quiet: bool = True,
) -> list[Run]:
    """Return the runs of tasks on backends, as `harness run` makes them; a complete one is not made again.

    Several tasks, backends, templates, asks, decodings or settings make a grid. `limit` is a count or a
    share of the examples, `template="all"` every one the task has, `settings={"model": "DIR"}` the backend's.
    Of the train split, systems that learn learn from `train_limit` rows or that share, drawn by the seed
    (`[100, 1000, "all"]` is a grid), and with `dedupe_train` from no row whose input is evaluated.
    `data_dir` is else `$HARNESS_DATA`. One dead backend of several stops no other: it is a warning, and so is
    a run that ended early, whose `error` says why. `quiet=False` shows on stderr how far they are;
    `energy=True` measures joules.

    Of a server, `concurrency` is the most calls in flight, and `latency` asks for the time to the first token
    (None: in runs of up to 200 requests). What it answered before is not asked again, unless `cache=False`,
    and no more is spent than `max_cost="5USD"`; where the price is in another currency,
    `usd_krw="1390@2026-11-01"` states the rate. `slo={"ttft": 0.5}` are the seconds within which a request
    was served well. `name` is what one system's row is called on boards. A key goes to an address that only a
    file names where `allow_endpoint` names it too.

    Raises:
        BadInput: the input is wrong; nothing was run.
        Unavailable: nothing at all could be run.
        KeyboardInterrupt: Ctrl-C; the same call goes on.
    """
    command = _said(locals())  # first, while there is nothing else
    allowed = [allow_endpoint] if isinstance(allow_endpoint, str) else list(allow_endpoint)
    grid = Grid(
        tasks=_names(task, "task"),
        backends=_names(backend, "backend"),
        templates=_choices(template),
        asks=_choices(ask),
        shots=None if shots is None else _count("shots", shots, 0),
        split=split,
        seed=seed,
        train_limits=_parts(train_limit),
        decodings=[_decoding(one) for one in _each(decoding)],
        settings=_each(settings),
    )
    data = data_dir if data_dir is not None else os.environ.get("HARNESS_DATA")
    options = Options(
        where=Where(data_dir=Path(data) if data else None, sample=sample, offline=offline),
        runs_dir=Path(runs_dir),
        limit=None if limit is None else _amount("limit", limit, 1),
        repeat=_count("repeat", repeat, 1),
        max_failures=_amount("max_failures", max_failures, 0),
        fresh=fresh,
        trust_remote_code=trust_remote_code,
        concurrency=None if concurrency is None else _count("concurrency", concurrency, 1),
        latency=latency,
        cache=cache,
        budget=money.budget(max_cost, usd_krw),
        slo=None if slo is None else goodput.bounds(slo),
        dedupe_train=dedupe_train,
        energy=energy,
        name=name,
    )
    if energy:
        metering.require()
    with _allowed(options, allowed):
        ready, dead = plans(grid, options, (lambda _message: None) if quiet else say, command)
        outcomes, failed = _executed(ready, quiet=quiet)
    problems = [*dead, *failed]
    if problems and not outcomes:
        raise problems[0]
    for problem in problems:
        warn(str(problem))
    return [_run_of(outcome) for outcome in outcomes]


def leaderboard(
    runs: Run | str | Path | Iterable[Run | str | Path] = "runs",
    *,
    group: str | None = None,
    sort: str | None = None,
    baseline: str | None = None,
    lang: str | None = None,
) -> Leaderboard:
    """Return the leaderboard of runs, or of the places where they lie, as `harness leaderboard` makes it.

    Raises:
        BadInput: a place is not there; `group`, `sort` or `baseline` names nothing in the runs.
    """
    several = [runs] if isinstance(runs, (Run, str, Path)) else list(runs)
    found = [
        entry
        for one in several
        for entry in ([one.entry] if isinstance(one, Run) else entries.load([Path(one)], warn))
    ]
    with language(lang):
        made = boards.board(found, warn, group=group, sort=sort, baseline=baseline)
    return Leaderboard(**{part.name: getattr(made, part.name) for part in fields(made)}, lang=lang)


def compare(
    a: Run | str | Path,
    b: Run | str | Path,
    *,
    metric: str | Sequence[str] = (),
    examples: int = comparing.EXAMPLES,
    lang: str | None = None,
) -> Comparison:
    """Return how run `b` differs from run `a` on the examples that both answered, as `harness compare` says.

    A path is a run directory or a folder of just one. At most `examples` are kept of the flips each way.

    Raises:
        BadInput: the runs do not compare (other data, no common example or metric), or there is no such run.
    """
    ours, theirs = (one.entry if isinstance(one, Run) else pairs.only_run(Path(one)) for one in (a, b))
    metrics = [metric] if isinstance(metric, str) else list(metric)
    with language(lang):
        made = comparing.compare(ours, theirs, metrics=metrics, examples=_count("examples", examples, 0))
    return Comparison(**{part.name: getattr(made, part.name) for part in fields(made)}, lang=lang)


@contextmanager
def _allowed(options: Options, addresses: Sequence[str]) -> Iterator[None]:
    """Let metrics of others run remote code, or forbid them the network, as long as this call lasts.

    So long, keys may go to `addresses`.
    """
    before = allowed_endpoints.ALLOWED.get()
    allowed_endpoints.allow(addresses)
    remote_code = consent.REMOTE_CODE.set(options.trust_remote_code)
    offline = consent.OFFLINE.set(options.where.offline)
    try:
        yield
    finally:
        consent.REMOTE_CODE.reset(remote_code)
        consent.OFFLINE.reset(offline)
        allowed_endpoints.ALLOWED.set(before)


def _executed(ready: Iterable[Plan], *, quiet: bool) -> tuple[list[Outcome], list[HarnessError]]:
    """Return how each run ended, and the errors of those that could not begin."""
    outcomes: list[Outcome] = []
    failed: list[HarnessError] = []
    for plan in ready:
        try:
            outcome = execute(plan, display(quiet=quiet))
        except HarnessError as error:
            failed.append(error)
            continue
        outcomes.append(outcome)
        if isinstance(outcome.error, Interrupted):
            raise KeyboardInterrupt(str(outcome.error))
        if outcome.error is not None:
            warn(f"{plan.label}: {outcome.error} ({outcome.directory})")
    return outcomes, failed


def _run_of(outcome: Outcome) -> Run:
    return Run(outcome.directory, outcome.run, outcome.error)


def _said(arguments: Mapping[str, Any]) -> str:
    """Return the call as `run.json` keeps it, with what is not the default."""
    usual = run.__kwdefaults__ or {}
    given = [f"{key}={value!r}" for key, value in arguments.items() if value != usual.get(key)]
    return f"harness.run({', '.join(given)})"


def _names(given: Names, what: str) -> list[str]:
    several = [given] if isinstance(given, (str, Path)) else list(given)
    if not several or not all(map(str, several)):
        raise BadInput(f"{what} is missing; `harness list {what}s` shows what there is")
    return list(dict.fromkeys(map(str, several)))


def _choices(given: str | Sequence[str] | None) -> list[str | None]:
    return [given] if given is None or isinstance(given, str) else list(given)


def _parts(given: Part | Sequence[Part]) -> list[int | float | None]:
    """Return each part of the train split, None for all of it."""
    several = [given] if given is None or isinstance(given, (int, float, str)) else list(given)
    return [None if one in (None, "all") else _amount("train_limit", one, 1) for one in several]


def _each(given: Values | Sequence[Values] | None) -> list[Values]:
    """Return one mapping or several as a list; none given is one that says nothing."""
    if given is None:
        return [{}]
    return [given] if isinstance(given, Mapping) else list(given)


def _decoding(given: Values) -> Values:
    """Return the decoding, checked against the vocabulary."""
    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in given.items()}
    return definitions.validate(DecodingFile, Document(Path("decoding"), plain)).asked()


def _count(name: str, given: Any, least: int) -> int:
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= sys.maxsize:
        raise BadInput(f"{name}={given!r}: should be a whole number from {least}")
    return given


def _amount(name: str, given: Any, least: int) -> int | float:
    """Return a count, or a share above 0 and up to 1."""
    if isinstance(given, float) and (0 < given <= 1 or given == least):
        return given
    if isinstance(given, float):
        raise BadInput(f"{name}={given!r}: a share should be above 0 and at most 1, a count a whole number")
    return _count(name, given, least)
