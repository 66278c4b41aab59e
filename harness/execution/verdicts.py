"""Verdicts once more: one that is known of the same program stays, others are made if the user lets them."""

from __future__ import annotations

from dataclasses import fields
from functools import cached_property
from types import TracebackType

from harness.datasets.databases import located
from harness.datasets.sources import Where
from harness.errors import Unavailable
from harness.execution.executor import SANDBOX, Executor, marked
from harness.execution.permission import Permission
from harness.records.sample_schema import Record
from harness.schema import Execution, Prediction
from harness.tasks.task import Task


class Verdicts:
    """The verdicts of a journal's records under a task; nothing is started where all are known."""

    def __init__(self, task: Task, permission: Permission, where: Where) -> None:
        """`where` says where the databases may be that queries are run on."""
        self._task, self._permission, self._where = task, permission, where

    def __enter__(self) -> Verdicts:
        """Return itself; the sandboxes end with the block."""
        return self

    def __exit__(
        self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End the sandboxes, if any was started."""
        if "_executor" in self.__dict__:
            self._executor.close()

    @cached_property
    def _executor(self) -> Executor:
        self._permission.require(self._task.name)
        return Executor(self._task, self._permission, located(self._task, self._where))

    def of(self, prediction: Prediction, record: Record) -> Execution | None:
        """Return the verdict of a record's prediction, None where nothing is to be run.

        Raises:
            BadInput: it has to be run, and the user did not allow that.
            Unavailable: no sandbox works here, or the one that it ran in died.
        """
        if self._task.file.execute is None or prediction is None:
            return None
        known, target = record.execution, str(record.target)
        language = self._task.file.execute.language
        if known is not None and known.program == marked(language, str(prediction), target):
            return Execution(**{one.name: getattr(known, one.name) for one in fields(Execution)})
        found = self._executor.submit(str(prediction), target).result()
        if found.outcome == SANDBOX:
            raise Unavailable(
                f"{record.named}: {found.error}; nothing was changed, the same command tries again"
            )
        return found
