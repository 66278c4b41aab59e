"""Few-shot selection: which rows of the pool are an example's shots.

They are the first K that qualify on a walk through the pool which only (seed, example id, pool) decide, or
in the order of the file. So they do not change with order, limit, batch, machine or backend, and the K shots
are the first K of the K + 1.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from harness import seeding as keyed
from harness.errors import BadInput
from harness.schema import Example
from harness.tasks.task import Task
from harness.text.normalize import nfc, one_space

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


class FewShot:
    """Draws the shots of one task's examples.

    `pool` is called once, when a shot is first drawn; `cleaned` are an example's fields as a prompt has them,
    `worked` its worked-out answer where the task names a field for it.
    """

    def __init__(
        self,
        task: Task,
        pool: Callable[[], Sequence[Example]],
        cleaned: Callable[[Mapping[str, Any]], dict[str, Any]],
        worked: Callable[[Example], str | None],
        count_tokens: Callable[[str], int] | None = None,
    ) -> None:
        """Remember what decides a draw.

        Raises:
            BadInput: the task bounds its shots in tokens and the backend cannot count them.
        """
        self.task = task
        self._load_pool, self._cleaned, self._worked = pool, cleaned, worked
        self._count_tokens = count_tokens
        self._fixed: dict[str | None, _Walk] = {}
        self._keys: dict[int, tuple[str, ...] | None] = {}
        if task.shots and task.file.shots.max_tokens and count_tokens is None:
            raise BadInput(f"{task.name} bounds its shots in tokens, and this backend has no tokenizer")

    def rows(self, example: Example) -> list[int]:
        """Return the pool's rows that are this example's shots.

        The example itself and rows whose input equals its input are never among them.

        Raises:
            BadInput: the pool has fewer rows that qualify than the task asks for.
        """
        count = self.task.shots
        if not count:
            return []
        own = self._key(self._cleaned(example.fields))
        walk = self._walk(example)
        drawn = (index for index in walk if self._differs(index, own))
        found = list(itertools.islice(drawn, count))
        if len(found) < count:
            raise BadInput(
                f"{self.task.name} asks for {count} shots, and only {len(found)} rows of "
                f"{self.task.file.shots.from_!r} qualify for example {example.id}; lower --shots"
            )
        return found

    @cached_property
    def pool(self) -> Sequence[Example]:
        """The rows that shots are drawn from, loaded when the first is."""
        return self._load_pool()

    def _walk(self, example: Example) -> Iterator[int] | _Walk:
        group = self._group(example)
        if self.task.file.shots.draw == "per_example":
            return self._rows(example.id, group)
        if group not in self._fixed:
            self._fixed[group] = _Walk(self._rows("", group))
        return self._fixed[group]

    def _group(self, example: Example) -> str | None:
        """Return the value that an example's shots must share, None where any row will do."""
        name = self.task.file.shots.same
        return None if name is None else str(example.known[name])

    @cached_property
    def _places(self) -> dict[str | None, Sequence[int]]:
        """The pool's rows by the value that shots must share."""
        if self.task.file.shots.same is None:
            return {None: range(len(self.pool))}
        places: dict[str | None, list[int]] = {}
        for index, example in enumerate(self.pool):
            places.setdefault(self._group(example), []).append(index)
        return dict(places)

    def _rows(self, key: str, group: str | None) -> Iterator[int]:
        """Yield every row that qualifies once, as in the file or as (seed, key, pool) decide."""
        rows = self._places.get(group, ())
        if self.task.file.shots.draw == "first":
            yield from (row for row in rows if self._shot(row))
            return
        size = len(rows)
        seen: set[int] = set()
        draws = keyed.indices(size, self.task.seed, "shots", key) if size else iter(())
        for place in itertools.islice(draws, MAX_DRAWS):
            if place not in seen:
                seen.add(place)
                if self._shot(rows[place]):
                    yield rows[place]
                if len(seen) == size:
                    return
        rest = [place for place in range(size) if place not in seen and self._shot(rows[place])]
        for place in sorted(rest, key=lambda place: keyed.number(self.task.seed, "rest", key, place)):
            yield rows[place]

    def _shot(self, index: int) -> tuple[str, ...] | None:
        """Return the key of a row that may be a shot, None if it may not be one; looked at once."""
        if index not in self._keys:
            example = self.pool[index]
            fields = self._cleaned(example.fields)
            # A null is an input that this row does not have; an empty text is one that says nothing.
            texts = [str(fields[name]) for name, value in example.fields.items() if value is not None]
            answer = self._worked(example)
            said = bool(example.target) and (answer is None or bool(answer.strip()))
            self._keys[index] = self._key(fields) if said and self._fits(texts) else None
        return self._keys[index]

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
        return self._shot(index) not in (None, key)

    @staticmethod
    def _key(fields: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what makes two inputs the same: the cleaned texts, composed, single blanks."""
        return tuple(one_space(nfc(str(value))) for value in fields.values())
