"""What goes wrong with one request, as the Failure that its Response names."""

from __future__ import annotations

from harness.schema import Failure, Response

TimeSpan = tuple[float, float]  # a batch's beginning and end, by the client's clock

BROKEN = Failure("nan", "the model's logits are not numbers (NaN)")
_SHORT = ("out of memory", "not enough memory", "can't allocate memory")


class RequestError(Exception):
    """A request that cannot be put to the model; `kind` names the failure."""

    def __init__(self, kind: str, message: str) -> None:
        """`kind` is one word, for the Failure; `message` is for people."""
        self.kind = kind
        super().__init__(message)


def one_line(error: BaseException) -> str:
    """Return what `error` says on one line of at most 300 characters, or its name if it is silent."""
    said = " ".join(str(error).split())
    return f"{said[:299]}…" if len(said) > 300 else said or type(error).__name__


def failure(error: Exception) -> Failure:
    """Return the failure of a request: its kind is `out_of_memory`, one of ours, or `error`."""
    if isinstance(error, RequestError):
        return Failure(error.kind, str(error))
    short = any(words in str(error).lower() for words in _SHORT)
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and short):
        return Failure("out_of_memory", one_line(error))
    return Failure("error", f"{type(error).__name__}: {one_line(error)}")


def refusal(key: tuple[str, int], error: Exception) -> Response:
    """Return the Response of a request that never came to the model: too long is no failure."""
    found = failure(error)
    return Response(key, finish="too_long") if found.kind == "too_long" else Response(key, error=found)
