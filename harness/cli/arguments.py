"""What options mean: lists, grids, limits."""

from __future__ import annotations

import itertools
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import documents
from harness.config import loader as definitions
from harness.config.documents import shown
from harness.errors import BadInput, HarnessError
from harness.text.normalize import nfc

if TYPE_CHECKING:
    from harness.evaluation.grid import Grid


def names(given: Iterable[str] | None) -> list[str]:
    """Return the names in `a,b` and in repeated options, each once, in order."""
    return list(
        dict.fromkeys(name.strip() for text in given or () for name in text.split(",") if name.strip())
    )


def limit(text: str | None, option: str = "--limit") -> int | float | None:
    """Return `100` as a count and `0.1` or `10%` as a share; nothing at all is no `--limit`.

    Raises:
        BadInput: neither.
    """
    if text is None:
        return None
    least = 1 if option in ("--limit", "--train-limit") else 0
    try:
        if text.removeprefix("+").isdecimal():
            count = int(text)
            if least <= count <= sys.maxsize:
                return count
        else:
            share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
            if 0 < share <= 1 or share == least:
                return share
    except ValueError:
        pass
    raise BadInput(f"{option} {shown(text)}: should be a count such as 100, or a share such as 0.1")


def slo(text: str | None) -> dict[str, float] | None:
    """Return `ttft=0.5,e2e=5` as time → most seconds; None where nothing is said.

    Raises:
        BadInput: no such time, or no number of seconds above 0.
    """
    if text is None:
        return None
    from harness.scoring.service_levels import bounds

    pieces = (piece.partition("=") for piece in text.split(","))
    return bounds({name.strip(): value for name, _, value in pieces})


def train_limits(text: str | None) -> list[int | float | None]:
    """Return each part of the train split in `100,0.5,all`, None for all of it.

    Raises:
        BadInput: a part is neither a count, a share nor `all`.
    """
    given = names([text]) if text is not None else ["all"]
    if not given:
        raise BadInput("--train-limit: should be counts, shares or all, such as 100,1000,all")
    return [None if one == "all" else limit(one, "--train-limit") for one in given]


_TOKEN = re.compile(
    r"""
    (?: ^ | (?<=[\[{,:]) | (?<=[\[{,:][ ]) )          # where YAML lets a quoted text begin
    (?: "(?:\\.|[^"\\])*" | '(?:''|[^'])*' )
    | [\[{,}\]]
    """,
    re.VERBOSE | re.DOTALL,
)


def _pieces(text: str) -> Iterator[str]:
    """Yield what stands between commas outside brackets and quotes."""
    depth, start = 0, 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] in "[{") - (token[0] in "]}")
        if token[0] == "," and depth <= 0:
            yield text[start : token.start()]
            start = token.end()
    yield text[start:]


def grid(given: Iterable[str] | None, option: str) -> list[dict[str, Any]]:
    """Return the product of `key=value[,value…]` options; a YAML list in brackets is one value.

    Raises:
        BadInput: no `=`, a key twice, or a value that is not YAML.
    """
    axes: dict[str, list[Any]] = {}
    for text in given or ():
        key, sign, values = text.partition("=")
        key = key.strip()
        if not sign or not key:
            raise BadInput(f"{option} {text}: should be key=value")
        if key in axes:
            raise BadInput(f"{option} {key} is given twice; write {option} {key}=a,b for a grid")
        axes[key] = [_value(option, key, piece) for piece in _pieces(values)]
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def one(given: Iterable[str] | None, option: str) -> dict[str, Any]:
    """Return the values of `key=value` options where each may have but one.

    Raises:
        BadInput: as `grid`, or a grid of several.
    """
    found = grid(given, option)
    if len(found) > 1:
        raise BadInput(f"{option}: one value of each setting, please")
    return found[0]


def _value(option: str, key: str, text: str) -> Any:
    if text.lstrip().startswith("{{"):  # a template, which YAML would take for a mapping in a mapping
        return text
    try:
        return documents.scalar(text)
    except HarnessError as error:
        raise BadInput(f"{option} {key}={text}: {error.message}") from None


def decodings(given: Iterable[str] | None) -> list[Mapping[str, Any]]:
    """Return the grid of -d options, each checked against the vocabulary.

    Raises:
        BadInput: an unknown key or a value out of range.
    """
    from harness.config.fields import DecodingFile

    found: list[Mapping[str, Any]] = []
    for values in grid(given, "-d"):
        document = documents.Document(Path("-d"), values)
        found.append(definitions.validate(DecodingFile, document).asked())
    return found


def run_grid(
    task: Iterable[str],
    backend: Iterable[str],
    template: str | None,
    ask: str | None,
    shots: int | None,
    split: str | None,
    seed: int | None,
    decoding: Iterable[str] | None,
    set_: Iterable[str] | None,
    train_limits: Sequence[int | float | None] = (None,),
) -> Grid:
    """Return the grid of runs that a command's options make."""
    from harness.evaluation.grid import Grid

    return Grid(
        tasks=names(task),
        backends=names(backend),
        templates=names([template]) if template else [None],
        asks=names([ask]) if ask else [None],
        shots=shots,
        split=split,
        seed=seed,
        train_limits=train_limits,
        decodings=decodings(decoding),
        settings=grid(set_, "-m"),
    )


def require_named(grid: Grid) -> None:
    """Check that a task and a backend are named.

    Raises:
        BadInput: one is not.
    """
    for option, given, kind in (("-t TASK", grid.tasks, "tasks"), ("-b BACKEND", grid.backends, "backends")):
        if not given:
            raise BadInput(f"{option} is missing; `harness list {kind}` shows what there is")


def alpha(value: float) -> float:
    """Return --alpha.

    Raises:
        BadInput: it is no probability of a false alarm.
    """
    if not 0 < value <= 0.5:
        raise BadInput(f"--alpha {value:g}: the chance of a false alarm, such as 0.01")
    return value


def margins(given: Iterable[str]) -> tuple[float, dict[str, float]]:
    """Return the margin of all metrics, and those of the tasks and metrics that are named.

    Raises:
        BadInput: not a number of 0 or more, or one name twice.
    """
    found: dict[str, float] = {}
    for text in (part.strip() for option in given for part in option.split(",")):
        name, _, value = nfc(text).rpartition("=")
        if name in found:
            raise BadInput(f"--margin {shown(text)}: given twice")
        found[name] = _number("--margin", value, "0.01, or bleu=0.5 for one task or metric")
    return found.pop("", 0.0), found


def increase(option: str, text: str | None) -> float | None:
    """Return `0.1` and `10%` as a share, which may exceed 1.

    Raises:
        BadInput: not a number of 0 or more.
    """
    if text is None:
        return None
    percent = text.endswith("%")
    return _number(option, text.removesuffix("%"), "a share such as 0.1 or 10%") / (100 if percent else 1)


def _number(option: str, text: str, such_as: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise BadInput(f"{option} {shown(text)}: should be {such_as}")
    return value
