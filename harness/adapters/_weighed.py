"""The weights of n-grams that a fit has learnt, in a file."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import Unavailable

if TYPE_CHECKING:
    from harness.models.ngrams import NgramRows

WEIGHTS = "ngrams.npz"


def write(rows: NgramRows, folder: Path) -> None:
    """Write the weights into `folder`; nothing of it is code."""
    import numpy as np

    with (folder / WEIGHTS).open("wb") as file:
        np.savez(file, allow_pickle=False, **rows.learnt())


def read(folder: Path, name: str) -> NgramRows:
    """Return what `write` wrote for the backend `name`.

    Raises:
        Unavailable: what is in `folder` is damaged.
    """
    import numpy as np

    from harness.models.ngrams import NgramRows

    try:
        with (folder / WEIGHTS).open("rb") as file, np.load(file, allow_pickle=False) as saved:
            return NgramRows.restored({key: saved[key] for key in saved})
    except (zipfile.BadZipFile, EOFError, KeyError, ValueError) as error:
        raise Unavailable(f"{name}: the fit in {folder} is damaged: {error}") from error
