"""Any metric of Hugging Face's `evaluate`, named `evaluate:NAME_OR_PATH`.

Such a metric sees all predictions and references at once and says nothing of single examples. So it has no
statistics, no interval and no part in comparisons; its `corpus` gives the one figure.

It is code, and a task or a run may come from a stranger: only `--trust-remote-code` lets a script run that a
task names, or what the hub sends for a name. A script that the user's own argument names (`harness score
--metric evaluate:./mine`) runs as named. A path is written as one (`./mine`, `mine.py`); any other name is
the hub's, whatever folder of that name lies here. Nothing is imported before the first example is judged.
"""

from __future__ import annotations

import hashlib
import importlib.util
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from numbers import Real
from pathlib import Path
from typing import Any, NoReturn

from harness import DISTRIBUTION
from harness.errors import BadInput, HarnessError, Unavailable, did_you_mean
from harness.files import read_bounded
from harness.metrics import references as texts
from harness.metrics.permissions import NAMED, OFFLINE, REMOTE_CODE
from harness.schema import Metric

LARGEST_SCRIPT = 2**20  # bytes of a metric's script
UNKNOWN = -1  # the class of an answer that is missing or no label
# What a metric may take, by the name of its type without the bits.
KINDS: dict[str, type[Any]] = {"string": str, "large_string": str, "int": int, "uint": int, "float": float}


def evaluate(
    where: str,
    labels: Sequence[str],
    *,
    key: str | None = None,
    config: str | None = None,
    revision: str | None = None,
    arguments: Sequence[Any] = (),
    higher_is_better: bool = True,
    unit: str = "",
    normalise: str = "none",
) -> Metric:
    """Return the metric that the script at `where`, or of that name on the hub, computes.

    `key` names the figure among those it returns, where there are several; `arguments` are its own,
    each written `name=value` with a value as in YAML. What it takes decides what it is given: texts, where
    a missing prediction is an empty one; labels by their number among `labels`, where a missing one is
    -1; else numbers, where examples without one are left out. `unit` and direction are as declared.

    Raises:
        BadInput: there is no such script, or a setting means nothing.
        Unavailable: `evaluate` is not installed, or the metric's code is not allowed to run.
    """
    name = f"evaluate:{where}"
    script = _script(where)
    if importlib.util.find_spec("evaluate") is None:
        raise Unavailable(f"{name} needs evaluate: pip install '{DISTRIBUTION}[hub]'")
    if REMOTE_CODE.get() is not None:  # what will judge says so now, not after the answers are paid for
        _require_consent(name, script)
    given = tuple(_argument(text) for text in arguments)
    said = [f"key:{key}" if key else "", f"config:{config}" if config else "", *map(str, arguments)]
    code = f"code:{_digest(script)}" if script else f"revision:{revision or 'default'}"
    foreign = _Foreign(
        name,
        str(script or where),
        config,
        revision,
        tuple(labels),
        texts.normaliser(normalise),
        local=script is not None,
    )
    return Metric(
        name,
        foreign.statistics,
        lambda stats, weights: _not_by_example(name),
        "|".join([name, "v:1", f"norm:{normalise}", code, *filter(None, said), f"evaluate:{_version()}"]),
        unit=unit,
        higher_is_better=higher_is_better,
        interval="none",
        corpus=lambda predictions, targets: foreign.figure(predictions, targets, key, dict(given)),
    )


def _script(where: str) -> Path | None:
    """Return the script that `where` is or is a folder of; None for a name to be looked up on the hub.

    Raises:
        BadInput: it is a path, and no script is there.
    """
    path = Path(where).expanduser()
    written_as_path = where.startswith((".", "~")) or path.is_absolute() or len(path.parts) > 2
    if path.suffix != ".py" and not written_as_path:
        return None
    script = path if path.suffix == ".py" else path / f"{path.resolve().name}.py"
    if not script.is_file():
        raise BadInput(f"no metric's script at {script}")
    return script


def _require_consent(name: str, script: Path | None) -> None:
    """Check that the metric's code may run.

    Raises:
        Unavailable: nobody allowed it.
        BadInput: a script lies where `evaluate` would take it for the hub's.
    """
    if not REMOTE_CODE.get() and (script is None or name not in NAMED.get()):
        whence = "the hub" if script is None else f"{script}, which the task names"
        raise Unavailable(f"{name} runs code from {whence}: --trust-remote-code allows it")
    where = Path(name.partition(":")[2])
    stray = where / f"{where.name}.py"
    if script is None and stray.exists():
        raise BadInput(
            f"{name} is the hub's, and {stray} would be run in its place; name it evaluate:./{where}, "
            "or work in another folder"
        )


def _digest(script: Path) -> str:
    try:
        return hashlib.sha256(read_bounded(script, LARGEST_SCRIPT)).hexdigest()[:12]
    except OSError as error:
        raise BadInput(f"{script} cannot be read: {error.strerror}") from None


def _version() -> str:
    from importlib.metadata import version

    return version("evaluate")


def _argument(text: Any) -> tuple[str, Any]:
    """Return one of the metric's own arguments from `name=value`.

    Raises:
        BadInput: it is not written so.
    """
    import yaml

    word, equals, value = str(text).partition("=")
    if not equals or not word.isidentifier():
        raise BadInput(f"an argument of a metric is written name=value, not {text!r}")
    try:
        return word, yaml.safe_load(value)
    except yaml.YAMLError:
        raise BadInput(f"the value in {text!r} is not YAML") from None


def _not_by_example(name: str) -> NoReturn:
    raise HarnessError(f"{name} has a figure of all examples only, none that weighs them")


@dataclass(frozen=True)
class _Shape:
    """What a metric takes: values of a kind, and one reference an example or a list of them."""

    kind: type[Any]
    listed: bool


@dataclass(frozen=True)
class _Foreign:
    """A metric of `evaluate`, loaded when the first example is judged."""

    name: str
    path: str
    config: str | None
    revision: str | None
    labels: tuple[str, ...]
    normalise: Callable[[str], str]
    local: bool = False

    @property
    def module(self) -> Any:
        """Return the loaded metric.

        Raises:
            Unavailable: it may not be run, or cannot be loaded.
        """
        _require_consent(self.name, Path(self.path) if self.local else None)
        return _loaded(self.name, self.path, self.config, self.revision)

    def statistics(self, prediction: Any, target: Any) -> tuple[()]:
        """Return nothing of one example, once it is sure that the metric can take it.

        Raises:
            BadInput: it cannot.
            Unavailable: the metric cannot be loaded.
        """
        self._pair(prediction, target, self._shape([target]))
        return ()

    def figure(
        self,
        predictions: Sequence[Any],
        targets: Sequence[Any],
        key: str | None,
        arguments: Mapping[str, Any],
    ) -> float:
        """Return the metric's figure over all examples; NaN if none is left to judge.

        Raises:
            BadInput: it cannot take them, or its figure is none.
            Unavailable: it cannot be loaded, or breaks.
        """
        shape = self._shape(targets)
        pairs = [self._pair(one, target, shape) for one, target in zip(predictions, targets, strict=True)]
        judged = [(said, wanted) for said, wanted in pairs if said is not None]
        if not judged:
            return math.nan
        said, wanted = map(list, zip(*judged, strict=True))
        try:
            found = self.module.compute(predictions=said, references=wanted, **arguments)
        except (Exception, SystemExit) as error:
            raise Unavailable(f"{self.name} broke: {type(error).__name__}: {error}") from error
        return self._only(found, key)

    def _pair(self, prediction: Any, target: Any, shape: _Shape) -> tuple[Any, Any]:
        """Return what the metric is given for an example; the first is None where it is to be left out."""
        wanted = [self._value(text, shape) for text in texts.references(self.name, target)]
        if len(wanted) > 1 and not shape.listed:
            raise BadInput(f"{self.name} takes one reference an example, not {len(wanted)}")
        return self._value(prediction, shape, missing=True), wanted if shape.listed else wanted[0]

    def _value(self, value: Any, shape: _Shape, *, missing: bool = False) -> Any:
        """Return a text, a label's number or a number; of a prediction, what stands for a missing one."""
        if shape.kind is str:
            return self.normalise("" if value is None else str(value))
        if shape.kind is int and self.labels:
            return self.labels.index(value) if value in self.labels else UNKNOWN
        number = _number(value, shape.kind)
        if number is None and not missing:
            raise BadInput(f"{self.name} takes numbers; the target {value!r} is none")
        return number

    def _shape(self, targets: Sequence[Any]) -> _Shape:
        """Return what the metric takes; of several layouts the plainest that fits.

        Raises:
            BadInput: it wants something else than one prediction and its references.
        """
        several = any(isinstance(target, (list, tuple)) and len(target) > 1 for target in targets)
        found = self.module.features
        layouts = [found] if isinstance(found, Mapping) else list(found)
        shapes = [shape for layout in layouts for shape in _shapes(layout)]
        if not shapes:
            raise BadInput(
                f"{self.name} takes {found}; a prediction and references, each one value, would fit"
            )
        fitting = [shape for shape in shapes if shape.listed or not several]
        return min(fitting or shapes, key=lambda shape: shape.listed)

    def _only(self, found: Any, key: str | None) -> float:
        """Return the figure called `key`, or the only one."""
        figures = {name: number for name, value in (found or {}).items() for number in _numbers(value)}
        if key is None and len(figures) == 1:
            return next(iter(figures.values()))
        if key is None:
            raise BadInput(f"{self.name} returns {', '.join(figures) or 'no number'}; set 'key' to one")
        if key not in figures:
            raise BadInput(f"{self.name} returns no number called {key!r}.{did_you_mean(key, figures)}")
        return figures[key]


def _shapes(layout: Mapping[str, Any]) -> Iterator[_Shape]:
    """Yield the shape of a layout of `predictions` and `references`, if it is one that an example has."""
    if set(layout) == {"predictions", "references"}:
        said, wanted = layout["predictions"], layout["references"]
        inner = getattr(wanted, "feature", wanted)
        kinds = {str(getattr(one, "dtype", None)).rstrip("0123456789") for one in (said, inner)}
        if len(kinds) == 1 and kinds <= KINDS.keys():
            yield _Shape(KINDS[kinds.pop()], listed=inner is not wanted)


def _number(value: Any, kind: type[Any]) -> float | int | None:
    """Return a number of the kind, None for what is no finite or, where it is to be, no whole number."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(number) or (kind is int and not number.is_integer()):
        return None
    return int(number) if kind is int else number


def _numbers(value: Any) -> Iterator[float]:
    """Yield the value if it is a number; a scalar of numpy or torch is one, a truth is none."""
    scalar = value.item() if getattr(value, "ndim", None) == 0 else value
    if isinstance(scalar, Real) and not isinstance(scalar, bool):
        yield float(scalar)


@cache
def _loaded(name: str, path: str, config: str | None, revision: str | None) -> Any:
    """Return the metric of `evaluate`.

    Raises:
        Unavailable: it is not to be had, or its script breaks.
    """
    from importlib import import_module

    library = import_module("evaluate")
    if OFFLINE.get() or os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        library.config.HF_EVALUATE_OFFLINE = True
    try:
        return library.load(path, config_name=config, revision=revision, keep_in_memory=True)
    except (FileNotFoundError, ConnectionError):
        raise Unavailable(
            f"{name}: neither a script here nor to be had from the hub; a folder works offline: "
            "evaluate:./NAME with NAME.py in it"
        ) from None
    except (Exception, SystemExit) as error:
        raise Unavailable(f"{name} cannot be loaded: {type(error).__name__}: {error}") from error
