"""The base class of every adapter, and what an adapter can do beside answering."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.schema import (
    Corpus,
    Decoding,
    Example,
    FitTask,
    Profile,
    Request,
    Response,
    TrainingContext,
    TrainingStats,
)

if TYPE_CHECKING:
    from harness.models.ngrams import NgramWeight


class Capability(Enum):
    """Something that an adapter can do, by the methods it overrides for that: all of them, or it can't."""

    LEARN = ("fit", "save", "load")
    EXPORT = ("export",)
    COUNT_TOKENS = ("count_tokens",)
    FIND_NEIGHBOURS = ("nearest",)
    WEIGH_NGRAMS = ("ngram_weights",)
    SHOW_PIECES = ("pieces",)
    PREPARE = ("prepare",)
    DRAIN = ("drain",)
    TRAIN_IN_STEPS = ("equip", "took")
    IDENTIFY = ("identity",)
    TRANSLATE_DECODING = ("sent",)
    DESCRIBE_ENGINE = ("loaded",)
    LEND = ("another",)
    INDEX = ("index",)
    SHARE_LIMITS = ("share_limits",)


class Adapter(ABC):
    """The code that drives one kind of engine. Constructed as `adapter(profile)`.

    Only `answer` has to be written. The other methods may be: `can` says which are. Those that an adapter
    lacks and that have a neutral meaning (nothing to load, no hash of weights) may be called all the same;
    the others raise NotImplementedError, and are called only where `can` says so.
    """

    @abstractmethod
    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request, in any order, as they finish.

        The source never blocks; None means "nothing now, ask again after a completion". Pull as
        many requests as the engine likes. Raise `Unavailable` when nothing can be answered.
        """

    def close(self) -> None:  # noqa: B027  (not every engine holds something)
        """Let go of the engine at once. Called once, also after an error."""

    def can(self, what: Capability) -> bool:
        """Return whether the adapter can do this: whether it has methods of its own for it."""
        return all(self._has(name) for name in what.value)

    def _has(self, name: str) -> bool:
        method = getattr(self, name, None)
        return callable(method) and getattr(method, "__func__", None) is not getattr(Adapter, name)

    # LEARN: fitted on the train split before it answers.

    def fit(self, train: Iterable[Example], task: FitTask) -> None:
        """Learn from the whole train split."""
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        """Write what was learnt into the empty `folder`."""
        raise NotImplementedError

    def load(self, folder: Path) -> None:
        """Read what `save` wrote."""
        raise NotImplementedError

    # TRAIN_IN_STEPS: learns long enough to be watched and to be killed.

    def equip(self, training_context: TrainingContext) -> None:  # noqa: B027
        """Take what to work with. Called once, before `fit`."""

    def took(self) -> TrainingStats | None:
        """Return what the fit took, None where it has no steps. Called after `fit`."""
        return None

    # EXPORT: what it learnt is of use to other programs.

    def export(self, folder: Path) -> None:
        """Write what was learnt into the empty `folder`, in a layout that others read."""
        raise NotImplementedError

    # COUNT_TOKENS: knows its tokenizer.

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of `text`, special tokens left out."""
        raise NotImplementedError

    # FIND_NEIGHBOURS: has learnt which words are alike.

    def nearest(self, text: str, count: int) -> list[tuple[str, float]]:
        """Return the `count` words nearest to `text`, none of its own, each with its cosine."""
        raise NotImplementedError

    # WEIGH_NGRAMS: has learnt how telling each n-gram is.

    def ngram_weights(self, text: str) -> list[NgramWeight]:
        """Return the n-grams of `text` with their weights, the largest first."""
        raise NotImplementedError

    # SHOW_PIECES: its tokenizer says what each token is.

    def pieces(self, text: str) -> list[tuple[int, str]]:
        """Return each token of `text` in order: its id, and the part of the text that it stands for."""
        raise NotImplementedError

    # PREPARE: has something to load, which is no part of answering.

    def prepare(self) -> None:  # noqa: B027
        """Load what answering needs. Called before the clock of the answers starts, if any are asked."""

    # DRAIN: others work for it, and what is on the wire is paid and waited for when a run ends.

    def drain(self) -> None:
        """Send nothing more. `answer` yields what is on the wire, within a bound, and ends.

        What was pulled and not sent comes back as a failure of the kind DROPPED. Called at most a few times,
        by a signal's handler too.
        """
        raise NotImplementedError

    # IDENTIFY: can say which weights it would run.

    def identity(self) -> Mapping[str, Any]:
        """Return the resolved revision or the weights' hash, without loading them; empty where unknown."""
        return {}

    # TRANSLATE_DECODING: the engine has names of its own for decoding, or decides some of it itself.

    def sent(self, decoding: Decoding) -> Mapping[str, Any]:
        """Return what the engine is sent of a decoding, under the engine's names."""
        return decoding.asked()

    # DESCRIBE_ENGINE: can say more of the engine once that is loaded.

    def loaded(self) -> Mapping[str, Any]:
        """Return facts that bear on the answers, as plain values for `run.json`; called after `prepare`."""
        return {}

    # LEND: what is loaded can answer another task, too.

    def another(self, profile: Profile) -> Adapter | None:
        """Return an adapter for `profile` that has what this one loaded, or None where it would load another.

        Where one is returned this one is spent: it is neither asked nor closed any more. Whatever depends on
        what is asked (heads, budgets, readers) is the new one's own.
        """
        return None

    # INDEX: `retrieve` finds passages of a corpus.

    def index(self, corpus: Corpus) -> None:  # noqa: B027
        """Take the passages that `answer` will find; what is to be learnt of them is learnt here.

        Called after `prepare` and before the first request, and again where another corpus is asked about.
        """

    # SHARE_LIMITS: several processes that ask one server keep to one rate.

    def share_limits(self, folder: Path, part: Callable[[], float]) -> None:  # noqa: B027
        """Keep to one rate with all workers of a run, who share the folder, which may not be there yet.

        `part` returns which part of them is on this machine, from above 0 to 1.
        """


METHODS = tuple(name for what in Capability for name in what.value)


class Wrapper(Adapter):
    """An adapter around an adapter: it can do what that can, in the same words.

    A wrapper overrides `answer`; what else it does not override is the adapter's within.
    """

    def __init__(self, inner: Adapter) -> None:
        """Keep the adapter within."""
        self.inner = inner

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield what the adapter within answers."""
        return self.inner.answer(requests)

    def close(self) -> None:
        """Let go of the adapter within."""
        self.inner.close()

    def can(self, what: Capability) -> bool:
        """Return whether the adapter within can do this."""
        return self.inner.can(what)


def _delegating(name: str) -> Any:
    def delegated(self: Wrapper, *arguments: Any) -> Any:
        return getattr(self.inner, name)(*arguments)

    delegated.__name__, delegated.__doc__ = name, f"Ask the adapter within: see `Adapter.{name}`."
    return delegated


for _name in METHODS:
    setattr(Wrapper, _name, _delegating(_name))


class DuckTyped(Adapter):
    """An object with an adapter's methods that does not inherit from `Adapter`, as one.

    Wheels written before there was a base class have such. It can do what it has all methods for.
    """

    def __init__(self, found: Any) -> None:
        """Take `found`'s methods over as they are; calling one costs nothing more."""
        self.found = found
        self.answer = found.answer  # type: ignore[method-assign]
        for names in (("close",), *(what.value for what in Capability)):
            methods = {name: getattr(found, name, None) for name in names}
            if all(map(callable, methods.values())):
                vars(self).update(methods)

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield what the object answers; replaced by its own method."""
        raise NotImplementedError


def as_adapter(found: Any) -> Adapter:
    """Return an adapter as it is, and any other object with the methods of one as an adapter."""
    return found if isinstance(found, Adapter) else DuckTyped(found)
