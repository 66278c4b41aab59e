"""The pages of a report: leaderboard, a page a task, a page a run with its examples, two runs compared."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from harness.errors import HarnessError
from harness.paths import shipped
from harness.records import run_file
from harness.reports.columns import Column
from harness.reports.comparison.settings import kept
from harness.reports.leaderboard import group_scores as group_tables
from harness.reports.leaderboard import robustness
from harness.reports.leaderboard.board import Board, board
from harness.reports.pictures.kinds import swatch
from harness.reports.run import Run, Warn
from harness.reports.site import examples, item_page, run_charts, system_page, talks, task_charts, vendored
from harness.reports.site import redaction as withheld
from harness.reports.site import run_facts as facts
from harness.reports.site.atomic_folder import staged
from harness.reports.site.examples import Shown
from harness.reports.site.headline import headline, newest
from harness.reports.site.heat_map import heat_map
from harness.reports.site.pages import WORDS, Pages, slug
from harness.reports.site.table import leaderboard, places
from harness.reports.writers.blocks import Block, TableBlock
from harness.reports.writers.numbers import between, figure
from harness.reports.writers.translations import translated

DATA, RUNS, TASKS, SYSTEMS, ASSETS = "data", "runs", "tasks", "systems", "assets"


@dataclass
class RunPage:
    """A run and where its page is. `index` names its examples, None where it kept none."""

    entry: Run
    name: str
    index: str | None = None
    states: dict[str, int] = field(default_factory=dict)
    whole: int = 0  # examples in its journal, of which some may be shown
    groups: dict[str, str] = field(default_factory=dict)  # what its first example is counted under

    @property
    def system(self) -> str:
        """Return the system's label."""
        return self.entry.system

    @property
    def task(self) -> str:
        """Return the task's name."""
        return self.entry.task

    @property
    def kind(self) -> str:
        """Return the kind of the system, empty where nobody said."""
        return self.entry.document.backend.kind or ""

    @property
    def href(self) -> str:
        """Return the page's address from the site's root."""
        return f"{RUNS}/{self.name}.html"

    @property
    def directory(self) -> Path:
        """Return the run's directory."""
        return self.entry.directory

    @property
    def status(self) -> str:
        """Return `complete`, `partial`, `failed` or `running`."""
        return self.entry.status

    @property
    def sample(self) -> bool:
        """Return whether it ran on the project's own small sample."""
        return self.entry.sample

    @property
    def count(self) -> int | None:
        """Return how many examples were asked about, None where a run has not come to its end."""
        document = self.entry.document
        return document.counts.examples if "counts" in document.model_fields_set else None

    @property
    def figure(self) -> str:
        """Return the main figure with its interval, empty where there is none."""
        return figure(self.entry.main) if self.entry.metric else ""

    @property
    def between(self) -> str:
        """Return the ends of the main figure's interval in words, empty where it has none."""
        return between(self.entry.main)

    @property
    def examples(self) -> str:
        """Return what two runs must share to be compared example by example."""
        split, data = self.entry.document.task.split, self.entry.document.data
        return f"{split} {data.sha256.get(split, '')[:16]} {data.sample}"


@dataclass
class TaskPage:
    """A task and where its page is, with the columns of the board that are of it."""

    task: str
    name: str
    columns: list[Column]

    @property
    def href(self) -> str:
        """Return the page's address from the site's root."""
        return f"{TASKS}/{self.name}.html"


class Site:
    """A site in the making: what its pages have in common, and the folder they go into."""

    def __init__(
        self, entries: Sequence[Run], found: Board, folder: Path, warn: Warn, shown: Shown, title: str
    ) -> None:
        self.found, self.folder, self.warn, self.shown, self.title = found, folder, warn, shown, title
        self.places = places(found, warn)
        self.pages = Pages()
        ordered = sorted(entries, key=_order)
        names = _unique(slug(e.task, e.system, e.id[-8:]) for e in ordered)
        self.runs = [
            RunPage(entry, name, groups=examples.groups_of(entry))
            for entry, name in zip(ordered, names, strict=True)
        ]
        self.page_of = {run.entry.directory: run for run in self.runs}
        tasks = list(dict.fromkeys(run.task for run in self.runs))
        self.tasks = {
            task: TaskPage(task, name, [column for column in found.columns if column.task == task])
            for task, name in zip(tasks, _unique(map(slug, tasks)), strict=True)
        }
        systems = list(dict.fromkeys(run.system for run in self.runs))
        self.systems = dict(zip(systems, _unique(map(slug, systems)), strict=True))
        self.rows = {row.system: row for row in found.rows}
        self.talks = talks.talks(self.runs)

    def write(self) -> None:
        """Write everything."""
        for name in (DATA, RUNS, TASKS, SYSTEMS, ASSETS):
            (self.folder / name).mkdir()
        vendored.write(self.folder / ASSETS)
        for asset in sorted((shipped("reports") / "templates" / "site" / ASSETS).iterdir()):
            shutil.copyfile(asset, self.folder / ASSETS / asset.name)
        (self.folder / ASSETS / WORDS).write_text(self.pages.words(), encoding="utf-8", newline="")
        for run in self.runs:
            self._run(run)
        for task in self.tasks.values():
            self._task(task)
        for talk in self.talks.values():
            self._talk(talk)
        for system in self.systems:
            self._system(system)
        self._index()
        self._compare()

    def _page(self, href: str, template: str, **values: Any) -> None:
        depth = href.count("/")
        common = {
            **{"root": "../" * depth, "site_title": self.title, "shown": self.shown},
            **{"home_of": self.home_of, "swatch": swatch},
        }
        text = self.pages.render(template, {**common, **values})
        (self.folder / href).write_text(text, encoding="utf-8", newline="")

    def home_of(self, system: str) -> str:
        """Return the address of a system's page from the site's root."""
        return f"{SYSTEMS}/{self.systems[system]}.html"

    def talk_of(self, run: RunPage) -> str | None:
        """Return the address of the page of a run's replies or of those it judges, if there is one."""
        return self._talk_of(talks.judges(run) or run.task)

    def _talk_of(self, task: str) -> str | None:
        return f"{talks.FOLDER}/{self.tasks[task].name}.html" if task in self.talks else None

    def _talk(self, talk: talks.Talk) -> None:
        (self.folder / talks.FOLDER).mkdir(exist_ok=True)
        address = self._talk_of(talk.task)
        assert address is not None
        self._page(
            address,
            "talks.html.j2",
            talk=talk,
            task=self.tasks[talk.task],
            task_language=_language(self.page_of[talk.runs[-1].directory].entry),
            boards=talk.boards(),
            data=talk.data(),
        )

    def _run(self, run: RunPage) -> None:
        entry = run.entry
        measured = self._examples(run)
        options = kept(entry, run_file.TASK, ("options",)).get("options")
        labels = options if isinstance(options, dict) else {}
        rivals = [one for one in self.runs if one is not run and one.examples == run.examples]
        document = entry.document.to_dict()
        told = withheld.hostless(document if self.shown.texts else withheld.document(document))
        self._page(
            run.href,
            "run.html.j2",
            run=run,
            task=self.tasks[run.task],
            task_language=_language(entry),
            talk=self.talk_of(run),
            judged=talks.judges(run) is not None,
            command=str(told.get("command") or ""),
            groups=facts.groups(entry.document, told),
            charts=run_charts.charts(entry, measured, {str(k): str(v) for k, v in labels.items()}),
            document=orjson.dumps(told, option=orjson.OPT_INDENT_2).decode(),
            rivals=rivals,
            advice=entry.advice,
        )

    def _examples(self, run: RunPage) -> examples.Measured:
        """Write the run's examples; a journal that somebody else has changed costs its page the examples."""
        odd: list[str] = []
        journal = run.entry.directory / run_file.SAMPLES
        try:
            run.index, measured = examples.write(run.entry, self.folder / DATA, self.shown, odd.append)
        except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
            self.warn(f"{journal}: not as the harness writes it, left out: {type(error).__name__}: {error}")
            return examples.Measured()
        if odd:
            lines = f"{len(odd):,} line{'s' if len(odd) > 1 else ''}"
            self.warn(f"{journal}: not as the harness writes it, left out: {lines}, the first {odd[0]}")
        run.states, run.whole = measured.states, measured.count
        return measured

    def _task(self, task: TaskPage) -> None:
        own = [run for run in self.runs if run.task == task.task]
        items, too_many = self._items(task)
        sections = [
            {
                "title": self.found.titles[column],
                "charts": task_charts.charts(self.found, column),
                "perturbed": self._perturbed(column),
                "runs": [
                    (self.places[column].get(entry.system, ""), self._of(entry))
                    for entry in sorted(
                        (row.entries[column] for row in self.found.rows if column in row.entries),
                        key=lambda entry: -entry.height,
                    )
                ],
                "published": [
                    one
                    for one in self.found.published
                    if (one.task, one.metric) == (column.task, column.metric)
                ],
            }
            for column in task.columns
        ]
        known = kept(own[-1].entry, run_file.TASK, ("description", "source"))
        source = known.get("source") or {}
        self._page(
            task.href,
            "task.html.j2",
            task=task,
            description=str(known.get("description") or ""),
            source=" · ".join(str(source[key]) for key in ("citation", "url", "licence") if source.get(key)),
            task_language=_language(own[-1].entry),
            talk=self.talk_of(own[-1]),
            judged=talks.judges(own[-1]) is not None,
            items=items,
            too_many_items=too_many,
            sections=sections,
            runs=own,
        )

    def _perturbed(self, column: Column) -> list[Block]:
        """Return the tables of what perturbed inputs cost; none where somebody else has changed a journal."""
        entries = [row.entries[column] for row in self.found.rows if column in row.entries]
        try:
            return [_without_bars(block) for block in robustness.blocks(entries, self.warn)]
        except (HarnessError, KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
            self.warn(f"{column.task}: {error}")
            return []

    def _items(self, task: TaskPage) -> tuple[str | None, bool]:
        """Write the page of a task's items; return its address, and whether there are too many for one."""
        runs = item_page.chosen(
            [row.entries[column] for row in self.found.rows if column in row.entries]
            for column in task.columns
        )
        if not runs or item_page.too_many(runs):
            return None, bool(runs)
        found = item_page.item_page(runs, self.warn, texts=self.shown.texts)
        if found is None:
            return None, False
        (self.folder / item_page.FOLDER).mkdir(exist_ok=True)
        address = f"{item_page.FOLDER}/{task.name}.html"
        able = self._of(found.able)
        linked = able if able.index and self.shown.most is None else None
        self._page(address, "items.html.j2", items=found, task=task, run=linked)
        return address, False

    def _system(self, system: str) -> None:
        own = [run for run in self.runs if run.system == system]
        row = self.rows.get(system)
        standing = system_page.standings(self.found, row, self.places) if row else []
        self._page(
            self.home_of(system),
            "system.html.j2",
            system=system,
            kind=own[-1].kind,
            facts=system_page.facts(own[-1].entry.document),
            row=row,
            systems_count=len(self.rows),
            overall=self.found.overall.scores.get(system) if self.found.overall else None,
            standings=[(one, self._of(one.entry), self.tasks[one.column.task]) for one in standing],
            titles=self.found.titles,
            charts=system_page.charts(self.found, row, standing) if row else [],
            runs=own,
        )

    def _index(self) -> None:
        found = self.found
        ranked = found.ranked_by or next(iter(found.columns), None)
        ranked_by = found.titles[found.ranked_by] if found.ranked_by else None
        self._page(
            "index.html",
            "index.html.j2",
            board=leaderboard(found, self.places, lambda entry: self._of(entry).href, self.home_of),
            headline=headline(found),
            newest=newest([run.entry for run in self.runs]),
            heat=heat_map(found),
            ranked_by=translated("mean win rate") if found.overall else ranked_by,
            charted=found.titles[ranked] if ranked else None,
            ranked_task=self.tasks[ranked.task] if ranked else None,
            charts=task_charts.front_page(found, ranked) if ranked else [],
            published=found.published,
            groups=[(score.title, list(group_tables.blocks(score))) for score in found.groups],
            tasks=list(self.tasks.values()),
            runs=self.runs,
            sample=any(column.sample for column in found.columns),
        )

    def _compare(self) -> None:
        runs = [
            {
                "name": run.name,
                "system": run.system,
                "task": run.task,
                "template": run.entry.document.task.template,
                "examples": run.examples,
                "index": run.index,
            }
            for run in self.runs
            if run.index
        ]
        self._page("compare.html", "compare.html.j2", runs=runs)

    def _of(self, entry: Run) -> RunPage:
        return self.page_of[entry.directory]


def write_site(
    entries: Sequence[Run],
    out: Path,
    warn: Warn,
    *,
    group: str | None = None,
    sort: str | None = None,
    shown: Shown = Shown(),
    title: str = "",
) -> None:
    """Write a report of `entries` to the folder `out`, which is replaced if it is a report.

    The same runs make the same files, whatever their order. `group` and `sort` are as a leaderboard
    takes them; `shown` says how much of the examples can be read; `title` stands in place of `Leaderboard`.

    Raises:
        BadInput: `out` is not ours to replace, or cannot be written; or as `board` raises it.
        Unavailable: the packages that carry the pages' scripts are not installed.
    """
    told: dict[str, None] = {}

    def once(message: str) -> None:
        if message not in told:
            warn(message)
        told[message] = None

    found = board(entries, once, group=group, sort=sort)
    with staged(out) as folder:
        Site(entries, found, folder, once, shown, title).write()


def _without_bars(block: Block) -> Block:
    """Return a table without its column of bars made of letters: a page has a picture of them."""
    if not isinstance(block, TableBlock) or block.header[-1]:
        return block
    return block._replace(header=block.header[:-1], rows=[row[:-1] for row in block.rows])


def _order(entry: Run) -> tuple[str, ...]:
    return entry.task, entry.system, entry.document.started, entry.id, str(entry.directory)


def _unique(wanted: Iterable[str]) -> list[str]:
    """Return the names, those that are taken already with a number."""
    found: dict[str, None] = {}
    for name in wanted:
        free, number = name, 2
        while free in found:
            free, number = f"{name}-{number}", number + 1
        found[free] = None
    return list(found)


def _language(entry: Run) -> str:
    return str(kept(entry, run_file.TASK, ("language",)).get("language") or "")
