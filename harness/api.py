"""The commands as Python functions: `from harness import run, load_runs, leaderboard, compare, judge, arena`.

The words are the command line's. What is wrong with the input is raised (`errors.BadInput` and its kin);
what the command line would say on stderr while it goes on is a warning.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from harness.backends import allowed_endpoints
from harness.errors import BadInput, HarnessError, Interrupted
from harness.evaluation import energy as metering
from harness.evaluation import judgings as judging
from harness.evaluation.grid import plans
from harness.evaluation.grid_loop import execute_all
from harness.evaluation.plan import Plan
from harness.evaluation.progress import display
from harness.evaluation.runner import Outcome
from harness.judging import arena as arenas
from harness.judging.votes import read_votes
from harness.metrics import permissions as consent
from harness.options.flags import from_environment
from harness.options.keywords import taking
from harness.options.running import RunOptions
from harness.options.values import count
from harness.reports import run as reading
from harness.reports.arena import render as arena_render
from harness.reports.comparison import compare as comparing
from harness.reports.comparison import render as compare_render
from harness.reports.frames import pandas
from harness.reports.leaderboard import board as boards
from harness.reports.leaderboard import render
from harness.reports.named_runs import only_run
from harness.reports.writers import html
from harness.reports.writers.markdown import document
from harness.reports.writers.translations import language
from harness.runs import Run, warn
from harness.terminal import say


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
            return html.notebook(render.blocks(self))


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
            return html.notebook(compare_render.blocks(self))


@dataclass(frozen=True, repr=False)
class Arena(arenas.Arena):
    """A board of verdicts between two: `standings`, `expected`, `place`, `style`, and all as text.

    `lang` is the language of its own words, as in `Leaderboard`.
    """

    lang: str | None = None

    def markdown(self) -> str:
        """Return what `harness arena` prints."""
        with language(self.lang):
            return document(arena_render.blocks(self))

    def html(self) -> str:
        """Return a page of its own, as `harness arena --format html` writes it."""
        with language(self.lang):
            return arena_render.html(self)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as `harness arena --format json` writes them."""
        return arena_render.as_json(self)

    def frame(self) -> Any:
        """Return a pandas DataFrame with a row a system: rank, Elo and its interval, wins, games.

        Raises:
            Unavailable: pandas is not installed.
        """
        rows = [
            {
                **{"rank": one.rank, "system": one.system, "elo": one.elo and one.elo.value},
                **{"elo_low": one.elo and one.elo.low, "elo_high": one.elo and one.elo.high},
                **{"won": one.won, "games": one.games, "share": one.share},
            }
            for one in self.standings
        ]
        return pandas().DataFrame(rows)

    def __repr__(self) -> str:
        return self.markdown()

    def _repr_html_(self) -> str:
        with language(self.lang):
            return html.notebook(arena_render.blocks(self))


@taking(RunOptions)
def run(options: RunOptions) -> list[Run]:
    """Return the runs of tasks on backends, as `harness run` makes them; a complete one is not made again.

    Several tasks, backends, templates, asks, shots, decodings or settings make a grid. `limit` is a count or
    a share of the examples, `template="all"` every one the task has, `settings={"model": "DIR"}` is the
    backend's.
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
    command = f"harness.run({', '.join(f'{name}={value!r}' for name, value in options.said.items())})"
    for what in ("task", "backend"):
        if not all(getattr(options, what) or [""]):
            raise BadInput(f"{what} is missing; `harness list {what}s` shows what there is")
    options = from_environment(options, os.environ)
    if options.energy:
        metering.require()
    with _allowed(options):
        ready, dead = plans(options, (lambda _message: None) if options.quiet else say, command)
        grid = execute_all(ready, lambda: display(quiet=options.quiet), _warn_of)
    if grid.interrupted:
        raise KeyboardInterrupt(str(grid.interrupted))
    problems = [*dead, *grid.errors]
    if problems and not grid.outcomes:
        raise problems[0]
    for problem in problems:
        warn(str(problem))
    return [Run(outcome.directory, outcome.run, outcome.error) for outcome in grid.outcomes]


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
        for entry in ([one] if isinstance(one, Run) else reading.load([Path(one)], warn))
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

    A path is a run directory, a folder of one, or a system's name on the board of `runs`. At most `examples`
    are kept of the flips each way.

    Raises:
        BadInput: the runs do not compare (other data, no common example or metric), or there is no such run.
    """
    ours, theirs = (one if isinstance(one, Run) else only_run(Path(one)) for one in (a, b))
    metrics = [metric] if isinstance(metric, str) else list(metric)
    with language(lang):
        made = comparing.compare(ours, theirs, metrics=metrics, examples=count("examples", examples, 0))
    return Comparison(**{part.name: getattr(made, part.name) for part in fields(made)}, lang=lang)


def judge(
    runs: Run | str | Path | Iterable[Run | str | Path],
    by: str | Sequence[str],
    *,
    rubric: str = "judge_single",
    jury: str | None = None,
    baseline: str | None = None,
    control: bool = False,
    **options: Any,
) -> list[Run]:
    """Return the judgings of the replies of runs of one task, as `harness judge` makes them: a run a judge.

    `by` are backends, and `rubric` is a task such as `judge_single` (a score a reply) or `judge_pair` (who is
    better, in both orders; with `baseline` against that system alone). With `jury`, one of `mean`, `median`
    and `majority`, the last is that of all judges together. `control` judges each reply beside itself with
    its words swapped. `options` are those of `run` that `harness judge` has: `settings`, `decoding`,
    `template`, `repeat`, `runs_dir`, `max_cost`, `concurrency`, `cache`, `quiet` and the like.

    A judging that lacks verdicts is a warning, and its `error` says how many; the same call asks them again.

    Raises:
        BadInput: the input is wrong, or there is nothing to judge; nobody was asked.
        Unavailable: no judge can work.
        KeyboardInterrupt: Ctrl-C; the same call goes on.
    """
    judges = [by] if isinstance(by, str) else list(by)
    sat = judging.jury_of(rubric, judging.named_jury(jury, judges))
    several = [runs] if isinstance(runs, (Run, str, Path)) else list(runs)
    places = [one.directory if isinstance(one, Run) else Path(one) for one in several]
    named = {"task": rubric, "backend": judges, **options}
    chosen = from_environment(RunOptions(**named), os.environ)
    command = f"harness.judge({', '.join(f'{name}={value!r}' for name, value in named.items())})"
    with _allowed(chosen):
        report = (lambda _message: None) if chosen.quiet else say
        ready, dead = judging.judging_plans(
            chosen, places, judges, rubric, baseline, report, command, control=control
        )
        outcomes, errors = judging.all_judged(ready, sat, _warn_of, quiet=chosen.quiet)
    for outcome in outcomes:
        if isinstance(outcome.error, Interrupted):
            raise KeyboardInterrupt(str(outcome.error))
    problems = [*dead, *errors]
    if problems and not outcomes:
        raise problems[0]
    for problem in problems:
        warn(str(problem))
    return [Run(outcome.directory, outcome.run, outcome.error) for outcome in outcomes]


def arena(
    votes: Run | str | Path | Iterable[Run | str | Path],
    *,
    rule: str = "bradley_terry",
    baseline: str | None = None,
    style_control: bool = False,
    place: bool = True,
    draws: int = 1000,
    lang: str | None = None,
) -> Arena:
    """Return who is stronger by verdicts between two replies, as `harness arena` says.

    `votes` are judgings of pairs (as `judge(…, rubric="judge_pair")` returns them) and files of verdicts.
    `rule` is `bradley_terry` or `arena_hard`, where `>>` counts three and wins over the baseline are scored.

    Raises:
        BadInput: no verdict, no judging of pairs, another rule, or a baseline that is nobody.
    """
    if rule not in ARENA_RULES:
        raise BadInput(f"rule {rule!r} should be one of {', '.join(ARENA_RULES)}")
    if rule == "arena_hard" and baseline is None:
        raise BadInput("rule 'arena_hard' needs a baseline")
    several = [votes] if isinstance(votes, (Run, str, Path)) else list(votes)
    read = read_votes([one.directory if isinstance(one, Run) else Path(one) for one in several])
    drawn = count("draws", draws, 100)
    rules = arenas.Rules(baseline, ARENA_RULES[rule], place=place, style=style_control, draws=drawn)
    made = arenas.arena(read, rules)
    return Arena(**{part.name: getattr(made, part.name) for part in fields(made)}, lang=lang)


ARENA_RULES = {"bradley_terry": 1.0, "arena_hard": 3.0}


@contextmanager
def _allowed(options: RunOptions) -> Iterator[None]:
    """Let metrics of others run remote code, or forbid them the network, as long as this call lasts.

    So long, keys may go to the addresses that it allows.
    """
    before = allowed_endpoints.ALLOWED.get()
    allowed_endpoints.allow(options.allow_endpoint)
    remote_code = consent.REMOTE_CODE.set(options.trust_remote_code)
    offline = consent.OFFLINE.set(options.offline)
    try:
        yield
    finally:
        consent.REMOTE_CODE.reset(remote_code)
        consent.OFFLINE.reset(offline)
        allowed_endpoints.ALLOWED.set(before)


def _warn_of(plan: Plan, ended: Outcome | HarnessError) -> None:
    """Warn of a run that ended early; what could not begin is told once all have ended."""
    if isinstance(ended, Outcome) and ended.error is not None and not isinstance(ended.error, Interrupted):
        warn(f"{plan.label}: {ended.error} ({ended.directory})")
