"""A GPU's memory, given back when a model is let go."""

from __future__ import annotations

import gc
import sys
from typing import Any


def free_gpu() -> None:
    """Give back what nobody holds any longer and torch keeps for later; without torch or a GPU a no-op."""
    gc.collect()
    torch: Any = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()
