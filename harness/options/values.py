"""What options mean: what a command line's text stands for, and which of Python's values are right."""

from __future__ import annotations

import itertools
import math
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import BadInput, HarnessError

# The command line's.


def names(given: Iterable[str] | None) -> list[str]:
    """Return the names in `a,b` and in repeated options, each once, in order."""
    return list(
        dict.fromkeys(name.strip() for text in given or () for name in text.split(",") if name.strip())
    )


def names_or_none(text: str) -> list[str] | None:
    """Return the names in `a,b`; None where nothing is said."""
    return names([text]) if text else None


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
    raise BadInput(f"{option} {_shown(text)}: should be a count such as 100, or a share such as 0.1")


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


def shots(text: str | None) -> list[int] | None:
    """Return the counts in `0,1,3,10`, each once; None where nothing is said.

    Raises:
        BadInput: one is no count.
    """
    if text is None:
        return None
    given = names([text])
    if not given or not all(one.isdecimal() for one in given):
        raise BadInput(f"--shots {_shown(text)}: should be counts, such as 5, or 0,1,3,10")
    return list(dict.fromkeys(map(int, given)))


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
    from harness.config import documents

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
    from harness.config import documents
    from harness.config import loader as definitions
    from harness.config.fields import DecodingFile

    found: list[Mapping[str, Any]] = []
    for values in grid(given, "-d"):
        document = documents.Document(Path("-d"), values)
        found.append(definitions.validate(DecodingFile, document).asked())
    return found


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
    from harness.text.normalize import nfc

    found: dict[str, float] = {}
    for text in (part.strip() for option in given for part in option.split(",")):
        name, _, value = nfc(text).rpartition("=")
        if name in found:
            raise BadInput(f"--margin {_shown(text)}: given twice")
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
        raise BadInput(f"{option} {_shown(text)}: should be {such_as}")
    return value


def _shown(text: str) -> str:
    from harness.config.documents import shown

    return shown(text)


# Python's.


def count(name: str, given: Any, least: int) -> int:
    """Return a whole number.

    Raises:
        BadInput: it is none, or below `least`.
    """
    if not isinstance(given, int) or isinstance(given, bool) or not least <= given <= sys.maxsize:
        raise BadInput(f"{name}={given!r}: should be a whole number from {least}")
    return given


def amount(name: str, given: Any, least: int) -> int | float:
    """Return a count, or a share above 0 and up to 1.

    Raises:
        BadInput: it is neither.
    """
    if isinstance(given, float) and (0 < given <= 1 or given == least):
        return given
    if isinstance(given, float):
        raise BadInput(f"{name}={given!r}: a share should be above 0 and at most 1, a count a whole number")
    return count(name, given, least)


def names_given(_name: str, given: str | Path | Sequence[str | Path]) -> list[str]:
    """Return one name or several as a list of texts, each once."""
    several = [given] if isinstance(given, (str, Path)) else list(given)
    return list(dict.fromkeys(map(str, several)))


def path(_name: str, given: str | Path) -> Path:
    """Return a path."""
    return Path(given)


def texts(_name: str, given: str | Sequence[str]) -> tuple[str, ...]:
    """Return one text or several as a tuple."""
    return (given,) if isinstance(given, str) else tuple(given)


def shots_given(name: str, given: int | Sequence[int]) -> list[int]:
    """Return one count of worked examples or several as a list, each once.

    Raises:
        BadInput: one is no count.
    """
    several = given if isinstance(given, (list, tuple)) else [given]
    return list(dict.fromkeys(count(name, one, 0) for one in several))


def parts(name: str, given: Any) -> list[int | float | None]:
    """Return each part of the train split, None for all of it.

    Raises:
        BadInput: one is neither a count, a share nor `all`.
    """
    several = [given] if isinstance(given, (int, float, str)) else list(given)
    return [None if one in (None, "all") else amount(name, one, 1) for one in several]


def decodings_given(_name: str, given: Any) -> list[Mapping[str, Any]]:
    """Return one decoding or several as a list, each checked against the vocabulary.

    Raises:
        BadInput: an unknown key or a value out of range.
    """
    from harness.config import documents
    from harness.config import loader as definitions
    from harness.config.fields import DecodingFile

    def asked(values: Mapping[str, Any]) -> Mapping[str, Any]:
        plain = {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}
        return definitions.validate(DecodingFile, documents.Document(Path("decoding"), plain)).asked()

    return [asked(one) for one in ([given] if isinstance(given, Mapping) else list(given))]


def bounds(_name: str, given: Mapping[str, Any]) -> dict[str, float]:
    """Return time → most seconds.

    Raises:
        BadInput: no such time, or no number of seconds above 0.
    """
    from harness.scoring import service_levels

    return service_levels.bounds(given)
