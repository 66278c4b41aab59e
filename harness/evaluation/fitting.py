"""Fit a plan's learner, or load the fit kept of the same data and code, while the progress is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from harness.adapters.base import Adapter
from harness.evaluation import fit_cache as fits
from harness.evaluation.adapter_lifecycle import adapter_errors
from harness.evaluation.plan import Plan
from harness.evaluation.progress import Display, watching
from harness.schema import Example, Fit, FitTask


def fit_or_load(
    adapter: Adapter,
    plan: Plan,
    prompts: FitTask,
    rows: Callable[[], Iterable[Example]],
    display: Display,
    *,
    fresh: bool = False,
) -> Fit:
    """Return what the fit took. `rows` is called only if there is something to learn; see `fit_cache.fitted`.

    Raises:
        Unavailable: the adapter cannot be fitted; the message names the backend.
    """
    task, backend = plan.task, plan.backend
    key = fits.key(task, backend, plan.material.sha256[task.file.shots.from_], plan.taught)
    try:
        with adapter_errors(backend.name):
            return fits.fitted(adapter, prompts, rows, key, watching(display, plan.label), fresh=fresh)
    finally:
        display.stop()
