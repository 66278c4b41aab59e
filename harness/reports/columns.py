"""The columns of a leaderboard: what must be equal for two figures to stand in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.reports.writers.translations import translated


class Column(NamedTuple):
    """What must be equal for two figures to be comparable."""

    task: str
    version: int
    split: str
    limit: str | None
    sha256: str
    metric: str
    signature: str
    sample: bool
    higher_is_better: bool

    @property
    def order(self) -> tuple[object, ...]:
        """Return the key by which columns are sorted: the shipped samples stand last."""
        return (self.sample, self.task, self.version, self.split, self.limit or "", *self[4:])

    @property
    def name(self) -> str:
        """Return task, metric and direction."""
        return f"{self.task} {self.metric}" + ("" if self.higher_is_better else " ↓")

    @property
    def title(self) -> str:
        """Return the column's heading, its restrictions named."""
        return self.name + restricted(self.split, sample=self.sample, limit=self.limit)


def restricted(split: str = "test", *, sample: bool, limit: str | None) -> str:
    """Return ` (split dev, sample, limit 5)`: what of the dataset a run saw; nothing if all of its test."""
    extra = [translated("split {name}", name=split)] if split != "test" else []
    extra += [translated("sample")] if sample else []
    extra += [translated("limit {limit}", limit=limit)] if limit else []
    return f" ({', '.join(extra)})" if extra else ""


def titles(columns: Sequence[Column]) -> dict[Column, str]:
    """Return the columns' headings; those that read alike say in what they differ."""
    by_title: dict[str, list[Column]] = {}
    for column in columns:
        by_title.setdefault(column.title, []).append(column)
    found = {}
    for column in columns:
        alike = by_title[column.title]
        extra = [f"v{column.version}"] if len({other.version for other in alike}) > 1 else []
        extra += (
            [translated("data {sha256}", sha256=column.sha256[:8])]
            if len({other.sha256 for other in alike}) > 1
            else []
        )
        extra += [column.signature] if len({other.signature for other in alike}) > 1 else []
        found[column] = " ".join([column.title, *extra])
    return found
