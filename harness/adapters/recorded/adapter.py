"""The adapter that answers from a file, and asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.adapters.base import Adapter
from harness.adapters.recorded.recording import ANSWERS, ROLES, Recording, Rules
from harness.adapters.recorded.table import Recorded, RowKey, example_key, load, names
from harness.errors import BadInput, Place
from harness.schema import Decoding, Example, Failure, Option, Profile, Request, Response
from harness.tables import sha256
from harness.terminal import say

MISSING, AMBIGUOUS = "missing", "ambiguous"


class RecordedAdapter(Adapter):
    """Answers each example with the row of a file that is about it.

    A row is about an example where its columns `id` equal the example's `example`: by default its own id.
    No such row is a failure of the kind `missing`, several that say different things one of the kind
    `ambiguous`; so are the rows of two examples that have one key. Usage, seconds and price are those of the
    file, and what is not in it is not known.
    """

    def __init__(self, profile: Profile) -> None:
        """Read the settings; the file is read when its identity is asked for.

        Raises:
            BadInput: a setting that makes no sense.
        """
        settings = self.settings = profile.settings
        self.name = profile.name
        self.path = Path(settings["file"])
        self.roles = {role: str(settings[role]) for role in ROLES if settings.get(role) is not None}
        if not any(role in self.roles for role in ANSWERS):
            self.roles["reply"] = "reply"
        self.columns = names(settings.get("id"), "id") or ["id"]
        fields = names(settings.get("example"), "example") or ["id"]
        if len(fields) != len(self.columns):
            raise BadInput(
                f"{self.name}: {len(self.columns)} columns in 'id' and {len(fields)} fields in 'example'; "
                "each column is compared with the field in its place"
            )
        self.key_of = example_key(fields)
        self.rules = Rules(
            failed=names(settings.get("failed"), "failed"),
            filtered=names(settings.get("filtered"), "filtered"),
            scores_as=settings.get("scores_as") or "logprobs",
            at_stops=bool(settings.get("at_stops")),
        )

    @cached_property
    def recorded(self) -> Recorded:
        """The file's rows."""
        return load(self.path, self.columns, self.roles, self.settings.get("repeat"))

    def identity(self) -> Mapping[str, Any]:
        """Return the hash of the file's content; all of it is read, so that what is wrong is found now.

        Raises:
            BadInput: the file is not what the settings say.
        """
        content = sha256(self.path)
        _ = self.recorded
        return {"sha256": content}

    def prepare(self) -> None:
        """Read the file, if that has not been done."""
        _ = self.recorded

    def loaded(self) -> Mapping[str, Any]:
        """Return how many rows and runs the file holds."""
        return {"rows": self.recorded.rows, "runs": len(self.recorded.runs)}

    def sent(self, decoding: Decoding) -> Mapping[str, Any]:
        """Return nothing: how the answers were drawn is not known here."""
        return {}

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield one Response a request.

        All requests are seen before the first is answered: only then is it known that no two have one key.

        Raises:
            BadInput: a row's scores or spans are not the example's; with file and line.
        """
        used: set[int] = set()
        counted = {MISSING: 0, AMBIGUOUS: 0}
        waiting: list[Request] = []
        for request in requests:
            if request is not None:
                waiting.append(request)
                continue
            yield from self._answered(waiting, used, counted)  # whoever says None waits for an answer
            waiting = []
        yield from self._answered(waiting, used, counted)
        self._report(counted, len(used))

    def close(self) -> None:
        """Do nothing: there is no engine to let go of."""

    def _answered(
        self, requests: list[Request], used: set[int], counted: dict[str, int]
    ) -> Iterator[Response]:
        keys = [self.key_of(_known(request.example, request.options)) for request in requests]
        owners: dict[RowKey, str] = {}
        shared = set[RowKey]()
        for request, key in zip(requests, keys, strict=True):
            if owners.setdefault(key, request.example.id) != request.example.id:
                shared.add(key)
        for request, key in zip(requests, keys, strict=True):
            rows = self.recorded.of(key, request.repeat)
            used |= {row.line for row in rows}
            response = self._response(request, key, rows, shared=key in shared)
            if response.error is not None and response.error.kind in counted:
                counted[response.error.kind] += 1
            yield response

    def _response(self, request: Request, key: RowKey, rows: list[Recording], *, shared: bool) -> Response:
        """Return the answer that `rows` give; `shared` says that another example has the key as well."""
        about = ", ".join(f"{name}={part[:60]!r}" for name, part in zip(self.columns, key, strict=True))
        if not rows:
            return Response(request.key, error=Failure(MISSING, f"no row of {self.path.name} has {about}"))
        # Rows that say the same leave nothing to choose; of a shared key, each example needs one of its own.
        alike = all(row.said == rows[0].said for row in rows)
        if not alike or (shared and len(rows) < 2):
            where = ", ".join(str(row.line) for row in rows[:5])
            what = "is of two examples" if shared else "stands several times"
            message = f"{about} {what}: {self.path.name}, {'rows' if len(rows) > 1 else 'row'} {where}"
            return Response(request.key, error=Failure(AMBIGUOUS, message))
        try:
            return rows[0].response(request, self.rules)
        except BadInput as error:
            raise BadInput(error.message, place=Place(self.path, rows[0].line)) from None

    def _report(self, counted: Mapping[str, int], used: int) -> None:
        """Say what did not match, if anything: nothing is guessed."""
        rows, runs = self.recorded.rows, len(self.recorded.runs)
        told = [f"{counted[MISSING]:,} examples have no row"] if counted[MISSING] else []
        told += [f"{counted[AMBIGUOUS]:,} match rows that differ"] if counted[AMBIGUOUS] else []
        told += [f"{rows - used:,} of {rows:,} rows are of no example asked this time"] if used < rows else []
        told += [f"{runs} runs of an example are recorded (--repeat {runs})"] if runs > 1 else []
        if told:
            say(f"{self.name}: {self.path.name}: {'; '.join(told)}")


def _known(example: Example, options: tuple[Option, ...]) -> dict[str, Any]:
    """Return what `example` may name: fields, what stands beside them, `id`, `target`, and the `answer`.

    The answer is the target as a model should say it: an option's text, the first reference.
    """
    target = example.target
    first = target[0] if isinstance(target, tuple) and target else target
    answer = next((option.text for option in options if option.label == target), first)
    return {"target": target, "answer": answer, **example.known, "id": example.id}
