"""Files of answers made elsewhere: JSONL with predictions and targets, or texts that go line by line.

A line of JSONL has `prediction` (null: unanswered) and `target` (one, or a list of references), and what
else the metrics read: `option_scores`, `options` (a list, or how many), or `value` and `tokens` (a text's
log-likelihood in nats, and of how many tokens). `id` and `cluster` say what belongs together. Other keys are
anybody's. In a run's own `samples.jsonl` the scores are in `response`, with the `text` of the whole reply.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.config.documents import shown
from harness.datasets.formats import text
from harness.errors import BadInput, Place
from harness.schema import Response
from harness.tables import rows


@dataclass(frozen=True, slots=True)
class Answer:
    """A line as it was read: what was said, what was wanted, and where it stands.

    A prediction is a text, None, or a tuple, which may be of spans; a target too, or a tuple of references.
    `text` is the whole reply, `options` how many there were to choose among.
    `said` is where the line keeps scores, and `keys` all the keys it has.
    `failed` marks a request of a run that got no answer.
    """

    place: Place
    keys: tuple[str, ...]
    prediction: str | tuple[Any, ...] | None
    target: str | tuple[Any, ...] | None
    text: str | None
    said: Mapping[str, Any]
    id: str | None = None
    cluster: str | None = None
    failed: bool = False
    options: int = 0

    def response(self, reads: str) -> Response:
        """Return what a metric reads of the answer, besides the prediction.

        Raises:
            BadInput: scores, a likelihood or a count that is none.
        """
        response = Response(("", 0), text=self.text)
        if reads == "scores":
            response.option_scores = _scores(self.said.get("option_scores"))
        elif reads == "likelihood":
            response.value = _number("value", self.said.get("value"))
            response.tokens = _count("tokens", self.said.get("tokens"))
        return response


def read(files: Sequence[Path]) -> list[Answer]:
    """Return the answers of one JSONL file, or of texts: predictions, then references, one file or more.

    Raises:
        BadInput: a file or a line is not what it should be, texts differ in length, or nothing is there.
    """
    answers = list(_from_jsonl(files[0]) if len(files) == 1 else _from_texts(files))
    if not answers:
        raise BadInput("holds no answers", place=Place(files[0]))
    clustered = [answer.cluster is not None for answer in answers]
    if any(clustered) and not all(clustered):
        place = answers[clustered.index(False)].place
        raise BadInput("no 'cluster' here, though other lines have one", place=place)
    return answers


def _from_jsonl(path: Path) -> Iterator[Answer]:
    try:
        for number, row in rows.jsonl(path).rows:
            yield _answer(Place(path, number), row)
    except BadInput as error:
        if error.place == Place(path, 1) and error.message.startswith("not JSON"):
            hint = "a text of predictions needs a text of references beside it"
            raise BadInput(f"{error.message}; {hint}", place=error.place) from None
        raise


def _answer(place: Place, row: Mapping[str, Any]) -> Answer:
    """Return a line of JSONL as an answer.

    Raises:
        BadInput: an object where a text, a number or a list should be.
    """
    of_run = isinstance(row.get("response"), dict)
    said: Mapping[str, Any] = row["response"] if of_run else row
    asked = row.get("request")
    try:
        given = row.get("prediction")
        prediction = tuple(given) if isinstance(given, list) else _text("prediction", given)
        reply = _text("text", said.get("text")) if of_run else prediction
        return Answer(
            place,
            keys=(*row, *said, *(asked if isinstance(asked, dict) else ())) if of_run else tuple(row),
            prediction=prediction,
            target=_target(row.get("target")),
            text=reply if isinstance(reply, str) else None,
            said={key: said[key] for key in ("option_scores", "value", "tokens") if key in said},
            id=_text("id", row.get("id")),
            cluster=_text("cluster", row.get("cluster")),
            failed=of_run and bool(said.get("error")),
            options=_option_count(row),
        )
    except BadInput as error:
        raise BadInput(error.message, place=place) from None


def _option_count(row: Mapping[str, Any]) -> int:
    """Return how many options a line names, in a list or as a number; 0 where it says nothing of them."""
    asked = row.get("request")
    given = asked.get("options") if isinstance(asked, dict) else row.get("options")
    return len(given) if isinstance(given, list) else _count("options", given) or 0


def _from_texts(files: Sequence[Path]) -> Iterator[Answer]:
    columns = [_lines(path) for path in files]
    for path, lines in zip(files, columns, strict=True):
        if path.name.removesuffix(".gz").endswith((".jsonl", ".json")):
            raise BadInput("JSONL holds predictions and targets; give it alone", place=Place(path))
        if len(lines) != len(columns[0]):
            counts = f"lines: {len(lines):,} here, {len(columns[0]):,} in {files[0]}"
            raise BadInput(f"{counts}; predictions and references go line by line", place=Place(path))
    for number, (said, *wanted) in enumerate(zip(*columns, strict=True), 1):
        place, keys = Place(files[0], number), ("prediction", "target")
        yield Answer(place, keys, prediction=said, target=_target(wanted), text=said, said={})


def _lines(path: Path) -> list[str]:
    """Return the lines of a text without their ends; an empty line is an empty answer."""
    with text(path) as stream:
        return [line.removesuffix("\n").removesuffix("\r") for line in stream]


def _text(key: str, value: Any) -> str | None:
    """Return a scalar as text, None for null. 1.0 is 1: JSON has one kind of number.

    Raises:
        BadInput: it is anything else; `key` is where it stands.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(int(value) if float(value).is_integer() else value)
    raise BadInput(f"{key!r} should be text or a number, not {shown(value)}")


def _target(value: Any) -> str | tuple[Any, ...] | None:
    """Return a target: a text, references or spans. A list of one reference is that one.

    Raises:
        BadInput: it is none of these.
    """
    if not isinstance(value, list):
        return _text("target", value)
    several = tuple(one if isinstance(one, list) else _text("target", one) for one in value)
    return several[0] if len(several) == 1 and isinstance(several[0], str) else several


def _scores(given: Any) -> list[float] | None:
    if given is None:
        return None
    if not isinstance(given, list):
        raise BadInput(f"'option_scores' should be a list of numbers, not {shown(given)}")
    return [math.nan if one is None else one for one in (_number("option_scores", one) for one in given)]


def _number(key: str, given: Any) -> float | None:
    if given is None or (isinstance(given, (int, float)) and not isinstance(given, bool)):
        return given
    raise BadInput(f"{key!r} should be a number, not {shown(given)}")


def _count(key: str, given: Any) -> int | None:
    if given is None or (isinstance(given, int) and not isinstance(given, bool) and given >= 0):
        return given
    raise BadInput(f"{key!r} should be a count, not {shown(given)}")
