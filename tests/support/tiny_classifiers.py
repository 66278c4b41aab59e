"""Tiny image classifiers, written as the directories that `from_pretrained` reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

SIDE = 16  # pixels of a picture as the model reads it


def tiny_vit(folder: Path, classes: Sequence[str], **keys: Any) -> Path:
    """Write a random ViT of one layer and 16 channels with a head of the classes; return `folder`."""
    import torch
    import transformers
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    torch.manual_seed(0)
    config = transformers.ViTConfig(
        **{"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2},
        **{"image_size": SIDE, "patch_size": 8, "initializer_range": 0.5},
        **{"id2label": dict(enumerate(classes)), **keys},
    )
    transformers.ViTForImageClassification(config).eval().save_pretrained(folder)
    ViTImageProcessorPil(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    return folder
