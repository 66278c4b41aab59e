"""Tiny models of pictures and texts, written as the directories that `from_pretrained` reads.

One layer of 48 dimensions a tower and a byte-level BPE of its own. `tiny_clip` and `tiny_siglip` have
random weights; `taught_clip` has learnt from scratch what written digits are called.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.tiny_models import byte_bpe

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CAPTIONS = ('a photo of the number: "{}".', "the digit {}.", "숫자 {}")
SIDE = 16  # pixels of a picture as the towers read it
PLACES = 24  # tokens of a caption

TOWER = {
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 1,
    "num_attention_heads": 4,
}
EYE = {**TOWER, "image_size": SIDE, "patch_size": 8}
WIDER: dict[str, float] = {"initializer_factor": 2.0}  # texts that differ in a word differ from the start


def tiny_tokenizer() -> Any:
    """Return a byte-level BPE that begins and ends every text as CLIP's does."""
    from tokenizers import processors
    from transformers import PreTrainedTokenizerFast

    texts = [text.format(word) for text in CAPTIONS for word in DIGITS]
    tokenizer = byte_bpe(texts, size=400, special=["<pad>", "<s>", "</s>"], prefix_space=True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        model_max_length=PLACES,
    )


def tiny_model(kind: str, tokenizer: Any, *, seed: int = 0) -> Any:
    """Return a `clip` or a `siglip` with random weights."""
    import torch
    import transformers

    torch.manual_seed(seed)
    ids = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
    text = {**TOWER, **ids, "vocab_size": len(tokenizer), "max_position_embeddings": PLACES}
    if kind == "siglip":
        config = transformers.SiglipConfig(text_config={**text, "projection_size": 48}, vision_config=EYE)
        model = transformers.SiglipModel(config)
        with torch.no_grad():  # as they are after training; drawn at random they would be anything
            model.logit_scale.fill_(2.0)
            model.logit_bias.fill_(-3.0)
        return model.eval()
    config = transformers.CLIPConfig(
        text_config={**text, **WIDER}, vision_config={**EYE, **WIDER}, projection_dim=32, **WIDER
    )
    return transformers.CLIPModel(config).eval()


def written(folder: Path, model: Any, tokenizer: Any) -> Path:
    """Write the model, its tokenizer and what it does to a picture first; return `folder`."""
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    size = {"size": {"shortest_edge": SIDE}, "crop_size": {"height": SIDE, "width": SIDE}}
    # Not every directory says that a picture is to be turned into RGB first.
    CLIPImageProcessorPil(**size, do_convert_rgb=False).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def tiny_clip(folder: Path) -> Path:
    """Write a random CLIP to `folder`, and return it."""
    tokenizer = tiny_tokenizer()
    return written(folder, tiny_model("clip", tokenizer), tokenizer)


def tiny_siglip(folder: Path) -> Path:
    """Write a random SigLIP to `folder`, and return it."""
    tokenizer = tiny_tokenizer()
    return written(folder, tiny_model("siglip", tokenizer), tokenizer)


def taught_clip(folder: Path, pictures: Sequence[Any], labels: Sequence[int], *, epochs: int = 12) -> Path:
    """Write a CLIP that learnt which caption goes with which of the `pictures`; return `folder`.

    Each batch is told apart from the ten captions of one template, drawn anew: the contrast that CLIP
    is trained by, with every text once.
    """
    import torch
    from transformers import AutoImageProcessor

    tokenizer = tiny_tokenizer()
    model = tiny_model("clip", tokenizer)
    written(folder, model, tokenizer)
    process = AutoImageProcessor.from_pretrained(folder, backend="pil")
    pixels = process(images=[one.convert("RGB") for one in pictures], return_tensors="pt")["pixel_values"]
    targets = torch.tensor(labels)
    texts = [
        tokenizer([caption.format(word) for word in DIGITS], padding=True, return_tensors="pt")
        for caption in CAPTIONS
    ]
    draw = torch.Generator().manual_seed(0)
    batches = range(0, len(pixels), 32)
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=epochs * len(batches))
    model.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(pixels), generator=draw).split(batches.step):
            chosen = texts[int(torch.randint(len(texts), (1,), generator=draw))]
            logits = model(
                input_ids=chosen["input_ids"],
                attention_mask=chosen["attention_mask"],
                pixel_values=pixels[batch],
            ).logits_per_image
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(logits, targets[batch]).backward()
            optimiser.step()
            schedule.step()
    return written(folder, model.eval(), tokenizer)
