"""Run directories in which something is cut, zeroed, doubled, linked, gone or odd, under their readers."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.fuzzing.verdict import Broken, Executed, Said, environment, harness
from tests.support.running import Project, rows

FILES = ("run.json", "samples.jsonl", "statistics.npz", "task.yaml", "backend.yaml", ".lock")
COUNTED = "mutations of files"
ROWS = 12
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 10**30, 1e308, "", "x", "\0", "\x1b]0;t\x07", "긍" * 5000, [], [[]],
    {}, {"": {}}, ["a", 1, None], {"a": "b"}, "{{ 7 * 7 }}", "../../x", "=1+1",
)  # fmt: skip
RUN = ("run", "-t", "reviews", "-b", "dummy", "--data-dir", "data", "--seed", "1")
EXECUTES = "!!python/object/apply:os.system ['touch executed']"


def prepared(home: Path) -> Project:
    """Return a project with runs of two seeds and one that was stopped half-way, none of them mutated."""
    project = Project(home)
    project.reviews(test=rows(ROWS))
    with environment(project.env):
        for seed in ("1", "2"):
            harness(home, *RUN[:-1], seed)
        harness(home, "gate", "--update", "baseline.json")
        (home / "stranger").write_text("what belongs to nobody's run\n")
    return project


@dataclass
class Case:
    """One mutated directory: everything in it follows from its seed."""

    seed: int
    home: Path
    executed: Executed
    mutations: list[str] = field(default_factory=list)

    def run(self, template: Path) -> None:
        """Mutate a copy of the project and run three commands on it.

        Raises:
            Broken: a promise did not hold.
        """
        draw = random.Random(self.seed)
        shutil.copytree(template, self.home, symlinks=True)
        with environment(
            {"HARNESS_CACHE": str(self.home / "cache"), "HF_HUB_OFFLINE": "1"}, ["HARNESS_DATA"]
        ):
            runs = sorted(path.parent for path in self.home.glob("runs/*/*/*/run.json"))
            target = draw.choice(runs)
            figures = {path: metrics_of(path) for path in runs}
            forged = False
            for _ in range(draw.choice((1, 1, 1, 2))):
                name = draw.choice(FILES[:5] * 4 + FILES)
                mutation = draw.choice(MUTATIONS)
                if (target / name).is_symlink() or not (target / name).is_file() or _is_shared(target / name):
                    continue  # what it leads to is not ours to mutate
                forged |= mutation(draw, target / name, self.home) is FORGED
                self.mutations.append(f"{mutation.__name__} {name}")
            whole = answers(template / target.relative_to(self.home) / "samples.jsonl")
            told = ""
            for command in draw.sample(COMMANDS, 3):
                kept = {
                    key for key, line in answers(target / "samples.jsonl").items() if line == whole.get(key)
                }
                said = command(self.home, target, next(path for path in runs if path != target))
                self.executed.check()
                told += said.err + said.out
                self._check(target, {key: whole[key] for key in kept}, figures, forged, told)

    @property
    def count(self) -> int:
        """Return how many mutations there were."""
        return len(self.mutations)

    def _check(
        self,
        target: Path,
        kept: dict[tuple[str, int], dict[str, Any]],
        figures: dict[Path, dict[str, Any]],
        forged: bool,
        told: str,
    ) -> None:
        if (self.home / "executed").exists():
            raise Broken("a file was executed")
        if (self.home / "stranger").read_text() != "what belongs to nobody's run\n":
            raise Broken("a file outside was written")
        now = answers(target / "samples.jsonl")
        if lost := [
            key for key, line in kept.items() if now.get(key, {}).get("response") != line["response"]
        ]:
            raise Broken(f"lost from the journal: {lost[:3]}: {kept[lost[0]]} {now.get(lost[0])}")
        for path, before in figures.items():
            after = metrics_of(path)
            if after in (None, before) or forged:
                continue
            marked = status_of(path) != "complete" or path.name in told
            if not marked:
                raise Broken(f"figures changed without a word: {before} {after}")


def _is_shared(path: Path) -> bool:
    return path.stat().st_nlink > 1


def metrics_of(directory: Path) -> Any:
    """Return metric → value of a run, None where nobody can read it."""
    values = _json(directory / "run.json")
    try:
        return {name: main["value"] for name, main in values["metrics"].items()}
    except (AttributeError, KeyError, TypeError):
        return None


def status_of(directory: Path) -> Any:
    """Return the status of a run, None where nobody can read it."""
    values = _json(directory / "run.json")
    return values.get("status") if isinstance(values, dict) else None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes()) if path.is_file() and not path.is_symlink() else None
    except (OSError, ValueError, RecursionError):
        return None


def answers(journal: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Return (id, repeat) → record of each answer to the task's examples, the last whole line of each."""
    found = {}
    try:
        lines = journal.read_bytes().split(b"\n") if journal.is_file() and not journal.is_symlink() else []
    except OSError:
        return {}
    for line in lines:
        try:
            record = json.loads(line)
            if record["id"].startswith("r") and record["repeat"] == 0 and record["response"]["error"] is None:
                found[record["id"], 0] = record
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            continue
    return found


# What is done to a file

FORGED = object()  # a figure was replaced by another: nobody can know
Mutation = Callable[[random.Random, Path, Path], object]


def cut(draw: random.Random, path: Path, home: Path) -> None:
    """Lose the end."""
    content = path.read_bytes()
    path.write_bytes(content[: draw.randrange(len(content) + 1)])


def zero(draw: random.Random, path: Path, home: Path) -> None:
    """Find zeros where there was content, as after a power cut."""
    content = bytearray(path.read_bytes())
    start = draw.randrange(len(content) + 1)
    end = draw.randint(start, len(content))
    content[start:end] = bytes(end - start)
    path.write_bytes(bytes(content))


def double(draw: random.Random, path: Path, home: Path) -> None:
    """Have the content twice."""
    path.write_bytes(path.read_bytes() * 2)


def flip(draw: random.Random, path: Path, home: Path) -> object:
    """Have a few bytes that are others; one may make another figure."""
    content = bytearray(path.read_bytes())
    for _ in range(draw.randint(1, 8)):
        if content:
            content[draw.randrange(len(content))] = draw.randrange(256)
    path.write_bytes(bytes(content))
    return FORGED


def shuffle(draw: random.Random, path: Path, home: Path) -> None:
    """Have the lines of a journal in another order, some of them twice; of other files, nothing."""
    if path.name == "samples.jsonl":
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(draw.choices(lines, k=3) + draw.sample(lines, len(lines))))


def link(draw: random.Random, path: Path, home: Path) -> None:
    """Lead elsewhere: to a file of the user's, to nothing, to itself, to a device."""
    path.unlink(missing_ok=True)
    path.symlink_to(draw.choice([home / "stranger", home / "nothing", path, Path("/dev/zero"), home]))


def hard_link(draw: random.Random, path: Path, home: Path) -> None:
    """Be another file of the user's."""
    path.unlink(missing_ok=True)
    path.hardlink_to(home / "stranger")


def replace(draw: random.Random, path: Path, home: Path) -> None:
    """Be something else: gone, empty, a folder, a pipe, a file of the wrong kind."""
    path.unlink(missing_ok=True)
    match draw.randrange(6):
        case 0:
            path.mkdir()
        case 1:
            import os

            os.mkfifo(path)
        case 2:
            path.write_bytes(b"")
        case 3:
            path.write_bytes(draw.randbytes(500))
        case 4:
            path.write_text(f"a: {EXECUTES}\n")


def odd(draw: random.Random, path: Path, home: Path) -> object:
    """Have an odd value somewhere in the JSON of a file, or in one line of it."""
    if path.suffix not in (".json", ".jsonl") or path.is_symlink() or not path.is_file():
        return None
    lines = [path.read_bytes()] if path.suffix == ".json" else path.read_bytes().splitlines(keepends=True)
    place = draw.randrange(len(lines)) if lines else 0
    try:
        values = json.loads(lines[place])
    except (ValueError, IndexError):
        return None
    forged = _set(draw, values)
    text = json.dumps(values).encode() + b"\n"
    if draw.random() < 0.05:
        text = b"[" * draw.choice((200, 1000, 100_000)) + text
    lines[place] = text
    path.write_bytes(b"".join(lines))
    return FORGED if forged else None


def _set(draw: random.Random, values: Any) -> bool:
    """Put an odd value, or none, at a random place; return whether it could have been measured."""
    places = list(_places(values))
    if not places:
        return False
    holder, key = draw.choice(places)
    before = holder[key]
    if draw.random() < 0.2 and isinstance(holder, dict):
        del holder[key]
        return True  # a metric or a mark that is gone is nobody's loss to see
    holder[key] = draw.choice(ODD)
    return type(holder[key]) is type(before) or isinstance(before, (int, float)) or before is None


def _places(values: Any) -> Iterator[tuple[Any, Any]]:
    keys = values if isinstance(values, dict) else range(len(values)) if isinstance(values, list) else ()
    for key in keys:
        yield values, key
        yield from _places(values[key])


def yaml_key(draw: random.Random, path: Path, home: Path) -> object:
    """Have a line of YAML more, less, or another; in other files, a line of text."""
    if path.suffix == ".npz" or not path.is_file() or path.is_symlink():
        return None
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    place = draw.randrange(len(lines) + 1)
    added = draw.choice(
        [
            f"x: {EXECUTES}",
            "metrics: [accuracy]",
            "<<: *a",
            "  - - -",
            "&a [*a]",
            "extends: ../../x",
            "\tx: 1",
            "? [a]: b",
        ]
    )
    lines[place : place + draw.randrange(2)] = [added]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return FORGED if path.suffix == ".jsonl" else None


MUTATIONS: tuple[Mutation, ...] = (
    cut, cut, zero, double, flip, shuffle, link, hard_link, replace, odd, odd, odd, odd, yaml_key,
)  # fmt: skip


# What is run on it

Command = Callable[[Path, Path, Path], Said]


def _plain(*words: str) -> Command:
    return lambda home, target, other: harness(home, *words)


def _on(*words: str) -> Command:
    """Return a command in which TARGET and OTHER stand for the mutated run and one that is not."""

    def run(home: Path, target: Path, other: Path) -> Said:
        return harness(home, *({"TARGET": target, "OTHER": other}.get(word, word) for word in words))

    return run


COMMANDS: tuple[Command, ...] = (
    _plain("leaderboard"),
    _plain("leaderboard", "--format", "json"),
    _plain("leaderboard", "--format", "html", "--out", "board.html"),
    _plain("list", "runs"),
    _plain("report", "--out", "site"),
    _plain("gate", "--baseline", "baseline.json", "--junit", "junit.xml"),
    _plain("gate", "--update", "tonight.json"),
    _plain("push", "--to", "csv"),
    _plain(*RUN),
    _plain(*RUN[:-1], "2"),
    _on("rescore", "TARGET"),
    _on("rescore", "TARGET", "-t", "reviews"),
    _on("run", "--resume", "TARGET", "--data-dir", "data"),
    _on("compare", "TARGET", "OTHER"),
    _on("compare", "OTHER", "TARGET", "--out", "compared.html"),
    _on("show", "TARGET"),
    _on("leaderboard", "TARGET"),
    lambda home, target, other: harness(home, "score", target / "samples.jsonl", "--metric", "accuracy"),
)
