"""What adapters share that learn how telling each n-gram is: a fit, and its file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import BadInput, Unavailable
from harness.schema import FitTask
from harness.tables.torn import TORN_ZIP

if TYPE_CHECKING:
    from harness.models.ngrams import NgramRows

WEIGHTS = "ngrams.npz"


class Weighed:
    """A learner of weights of n-grams; a subclass sets `name` and `rows`, and says what it learns from."""

    name: str
    rows: NgramRows
    fitted = False

    def know(self, texts: Sequence[str], task: FitTask) -> None:
        """Count in how many of `texts` each n-gram is.

        Raises:
            BadInput: there are none.
        """
        from harness.models.ngrams import pieces

        if not texts:
            raise BadInput(f"{self.name}: {task.name} has no examples to learn from")
        self.rows.know(self.rows.count(piece) for piece in pieces(texts))
        self.fitted = True

    def ready(self) -> None:
        """Say so if there are no weights yet.

        Raises:
            Unavailable: nothing was fitted or loaded.
        """
        if not self.fitted:
            raise Unavailable(f"{self.name} must be fitted before it answers")

    def save(self, folder: Path) -> None:
        """Write the weights; nothing of it is code."""
        import numpy as np

        with (folder / WEIGHTS).open("wb") as file:
            np.savez(file, allow_pickle=False, **self.rows.learnt())

    def load(self, folder: Path) -> None:
        """Read the weights.

        Raises:
            Unavailable: what is in `folder` is damaged.
        """
        import numpy as np

        from harness.models.ngrams import NgramRows

        try:
            with (folder / WEIGHTS).open("rb") as file, np.load(file, allow_pickle=False) as saved:
                self.rows = NgramRows.restored({key: saved[key] for key in saved})
        except (KeyError, ValueError, *TORN_ZIP) as error:
            raise Unavailable(f"{self.name}: the fit in {folder} is damaged: {error}") from error
        self.fitted = True
