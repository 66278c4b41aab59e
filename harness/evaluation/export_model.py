"""What a run's system learnt, as a directory that other programs load."""

from __future__ import annotations

from pathlib import Path

from harness.adapters.base import Capability
from harness.errors import BadInput, Place
from harness.evaluation import adapter_lifecycle as engines
from harness.evaluation.fitting import fit_or_load
from harness.evaluation.plan import Plan
from harness.evaluation.progress import Display
from harness.records.user_files import whole_folder
from harness.schema import Fit


def export(plan: Plan, out: Path, display: Display) -> Fit:
    """Write what the plan's backend learns of its task to the folder `out`, and return what that took.

    A fit that is kept is used; else the backend is fitted first.

    Raises:
        BadInput: the backend has nothing to export, or `out` holds something already.
        Unavailable: it cannot be fitted, or a package is missing.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadInput("is not empty; name a new folder", place=Place(out))
    name = plan.backend.name
    adapter = engines.create_adapter(plan.backend, plan.profile)
    try:
        if not (adapter.can(Capability.EXPORT) and adapter.can(Capability.LEARN)):
            raise BadInput(f"{name} ({plan.backend.entry.name}) learns nothing that others load; gpt does")
        fit = fit_or_load(adapter, plan, plan.prompts(), lambda: plan.lessons.rows, display)
        try:
            with engines.adapter_errors(name), whole_folder(out) as folder:
                adapter.export(folder)
        except OSError as error:
            raise BadInput(f"cannot be written: {error.strerror or error}", place=Place(out)) from None
    finally:
        engines.close_adapter(name, adapter)
    return fit
