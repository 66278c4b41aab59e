"""Examples into Requests: cleaning, shots, templates.

The shots of an example are the first K that qualify on a walk through the pool which only (seed,
example id, pool) decide. So they do not change with order, limit, batch, machine or backend, and the
K shots are the first K of the K + 1.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from harness import keyed, templating
from harness.adapters.bare import bare_text
from harness.errors import BadInput
from harness.schema import Decoding, Example, Option, Parts, Request
from harness.tasks import Task
from harness.text import CLEANERS, nfc, one_space

# Random draws before the walk turns to what is left in keyed order. It must not depend on K.
MAX_DRAWS = 20_000


class _Walk:
    """An iterator's values, kept so that it can be walked again from the start."""

    def __init__(self, values: Iterator[int]) -> None:
        self._values, self._kept = values, list[int]()

    def __iter__(self) -> Iterator[int]:
        for position in itertools.count():
            if position == len(self._kept):
                value = next(self._values, None)
                if value is None:
                    return
                self._kept.append(value)
            yield self._kept[position]


@dataclass(slots=True)
class _Shot:
    """A row of the pool that may be a shot, its fields cleaned; `turn` once it was rendered."""

    key: tuple[str, ...]
    fields: Mapping[str, Any]
    turn: tuple[str, str] | None = None


class Prompts:
    """Renders the requests of one task. `pool` is called once, when a shot is first drawn.

    `instruct` adds the template's instruction: it tells a model how to answer, which it must not
    be told where options are compared by log-probability.
    """

    def __init__(
        self,
        task: Task,
        pool: Callable[[], Sequence[Example]] = tuple,
        *,
        decoding: Decoding = Decoding(),
        instruct: bool = False,
        count_tokens: Callable[[str], int] | None = None,
    ) -> None:
        """Compile the chosen template's texts.

        Raises:
            BadInput: the task bounds its shots in tokens and the backend cannot count them.
        """
        self.task, self.decoding = task, decoding
        self._load_pool = pool
        self._count_tokens = count_tokens
        template = task.template
        self._query = templating.template(template.query)
        self._instruction = templating.template(template.instruction if instruct else "")
        self._system = templating.template(template.system)
        self._options = [(option.label, templating.template(option.text)) for option in task.options]
        varies = any(templating.has_markup(option.text) for option in task.options)
        self._same_options = None if varies else task.options
        self._cleaners = [CLEANERS[name] for name in task.file.clean]
        self._fixed: _Walk | None = None
        self._shots: dict[int, _Shot | None] = {}
        if task.shots and task.file.shots.max_tokens and count_tokens is None:
            raise BadInput(f"{task.name} bounds its shots in tokens, and this backend has no tokenizer")

    @property
    def name(self) -> str:
        """Return the task's name."""
        return self.task.name

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the options' labels in order; empty where each example has its own."""
        return self.task.labels

    def text(self, example: Example) -> str:
        """Return the bare inputs as one text, a line each, uncleaned."""
        return bare_text(example)

    def request(self, example: Example, repeat: int = 0) -> Request:
        """Return what the example asks; nothing is rendered yet but options that need it."""
        seed = self.task.seed if self.decoding.seed is None else self.decoding.seed
        return Request(
            example,
            partial(self.parts, example),
            ask=self.task.ask,
            options=self.options(example),
            decoding=self.decoding,
            repeat=repeat,
            seed=keyed.number(seed, "request", example.id, repeat),
        )

    def parts(self, example: Example) -> Parts:
        """Return the prompt of an example, not yet joined."""
        fields = self._cleaned(example.fields)
        template = self.task.template
        turns = tuple(map(self._turn, self.shots(example)))
        return Parts(
            query=self._rendered(self._query, fields, example.id),
            delimiter=template.delimiter,
            shots=tuple(f"{query}{template.delimiter}{answer}{template.shot_end}" for query, answer in turns),
            turns=turns,
            instruction=self._rendered(self._instruction, fields, example.id),
            system=self._rendered(self._system, fields, example.id),
        )

    def options(self, example: Example) -> tuple[Option, ...]:
        """Return the options of an example, their texts rendered.

        Raises:
            BadInput: `options_from` names a field that is no list or an empty one.
        """
        if self.task.file.options_from:
            texts = example.fields[self.task.file.options_from]
            if not isinstance(texts, list) or not texts:
                raise BadInput(f"{self.name}: the options of example {example.id} are no list of texts")
            return tuple(Option(str(index), str(text)) for index, text in enumerate(texts))
        if self._same_options is not None:
            return self._same_options
        fields = self._cleaned(example.fields)
        return tuple(
            Option(label, self._rendered(render, fields, example.id)) for label, render in self._options
        )

    def answer(self, example: Example) -> str:
        """Return the right answer as a shot says it: the option's text, or the first reference.

        Raises:
            BadInput: the target is none of the example's options.
        """
        target, options = example.target, self.options(example)
        if options:
            for option in options:
                if option.label == target:
                    return option.text
            known = ", ".join(option.label for option in options)
            raise BadInput(
                f"{self.name}: the target of example {example.id} is {target!r}, not one of {known}"
            )
        return target if isinstance(target, str) else (target or ("",))[0]

    def shots(self, example: Example) -> list[int]:
        """Return the pool's rows that are this example's shots.

        The example itself and rows whose input equals its input are never among them.

        Raises:
            BadInput: the pool has fewer rows that qualify than the task asks for.
        """
        count = self.task.shots
        if not count:
            return []
        own = self._key(self._cleaned(example.fields))
        drawn = (index for index in self._walk(example.id) if self._differs(index, own))
        found = list(itertools.islice(drawn, count))
        if len(found) < count:
            raise BadInput(
                f"{self.name} asks for {count} shots, and only {len(found)} rows of "
                f"{self.task.file.shots.from_!r} qualify for example {example.id}; lower --shots"
            )
        return found

    def shot_ids(self, example: Example) -> list[str]:
        """Return the ids of the example's shots, in prompt order."""
        return [self._pool[index].id for index in self.shots(example)]

    @cached_property
    def _pool(self) -> Sequence[Example]:
        return self._load_pool()

    def _walk(self, example_id: str) -> Iterator[int] | _Walk:
        if self.task.file.shots.draw == "per_example":
            return self._rows(example_id)
        if self._fixed is None:
            self._fixed = _Walk(self._rows(""))
        return self._fixed

    def _rows(self, key: str) -> Iterator[int]:
        """Yield every row that qualifies once, in an order that (seed, key, pool) decide."""
        size = len(self._pool)
        seen: set[int] = set()
        draws = keyed.indices(size, self.task.seed, "shots", key) if size else iter(())
        for index in itertools.islice(draws, MAX_DRAWS):
            if index not in seen:
                seen.add(index)
                if self._shot(index):
                    yield index
                if len(seen) == size:
                    return
        rest = [index for index in range(size) if index not in seen and self._shot(index)]
        yield from sorted(rest, key=lambda index: keyed.number(self.task.seed, "rest", key, index))

    def _shot(self, index: int) -> _Shot | None:
        """Return a row as a shot, None if it may not be one; looked at once."""
        if index not in self._shots:
            example = self._pool[index]
            fields = self._cleaned(example.fields)
            # A null is an input that this row does not have; an empty text is one that says nothing.
            texts = [str(fields[name]) for name, value in example.fields.items() if value is not None]
            fit = bool(example.target) and self._fits(texts)
            self._shots[index] = _Shot(self._key(fields), fields) if fit else None
        return self._shots[index]

    def _fits(self, texts: Sequence[str]) -> bool:
        """Return whether nothing is empty and all is no longer than the task allows."""
        rule = self.task.file.shots
        if not texts or not all(text.strip() for text in texts):
            return False
        if rule.max_chars is not None and sum(map(len, texts)) > rule.max_chars:
            return False
        if rule.max_tokens is None or self._count_tokens is None:
            return True
        return sum(map(self._count_tokens, texts)) <= rule.max_tokens

    def _differs(self, index: int, key: tuple[str, ...]) -> bool:
        """Return whether a row has another input than the evaluated example, so is not itself either."""
        shot = self._shot(index)
        return shot is not None and shot.key != key

    def _turn(self, index: int) -> tuple[str, str]:
        """Return a shot's query and answer, rendered once."""
        shot = self._shots[index]
        assert shot is not None
        if shot.turn is None:
            example = self._pool[index]
            shot.turn = self._rendered(self._query, shot.fields, example.id), self.answer(example)
        return shot.turn

    def _rendered(
        self, render: Callable[[Mapping[str, Any]], str], fields: Mapping[str, Any], example_id: str
    ) -> str:
        """Return the rendered text; where the template fails, the error names the example."""
        try:
            return render(fields)
        except BadInput as error:
            raise BadInput(f"{self.name}, example {example_id}: {error.message}") from None

    def _cleaned(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        cleaned = {name: "" if value is None else value for name, value in fields.items()}
        for clean in self._cleaners:
            for name, value in cleaned.items():
                if isinstance(value, str):
                    cleaned[name] = clean(value)
        return cleaned

    @staticmethod
    def _key(fields: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what makes two inputs the same: the cleaned texts, composed, single blanks."""
        return tuple(one_space(nfc(str(value))) for value in fields.values())
