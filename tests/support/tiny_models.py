"""Tiny causal language models for tests, written as the directories that `from_pretrained` reads.

A two-layer Llama of 64 dimensions and a byte-level BPE of its own: built in a second, loaded by the
same code as a real model. `tiny_llama` has random weights, large enough that its answers differ;
`taught_llama` has learnt to say 긍정 or 부정 after a review.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

CHAT_TEMPLATE = (
    "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)
GOOD = ("재미있다", "최고의 영화", "감동적이다", "정말 좋았다", "또 보고 싶다")
BAD = ("지루하다", "최악의 영화", "시간이 아깝다", "정말 별로였다", "보다가 잤다")
START = ("이 영화는", "배우가", "나는", "친구와 봤는데", "솔직히", "감독님")


def review(rng: random.Random) -> tuple[str, str]:
    """Return a made-up film review and what it is: 긍정 or 부정."""
    label = rng.choice(("긍정", "부정"))
    said = rng.choice(GOOD if label == "긍정" else BAD)
    return f"{rng.choice(START)} {said}", label


def query(text: str) -> str:
    """Return the prompt that `taught_llama` learnt to continue with ` 긍정` or ` 부정`."""
    return f"문장: {text}\n감정:"


def chat_query(text: str) -> str:
    """Return the same as the tiny tokenizer's chat template makes it."""
    return f"<|user|>\n{query(text)}\n<|assistant|>\n"


def byte_bpe(texts: Iterable[str], *, size: int, special: Sequence[str], prefix_space: bool = False) -> Any:
    """Return a byte-level BPE of at most `size` tokens, learnt from the texts, after the `special` ones."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def fast_tokenizer(texts: Iterable[str], *, size: int, bos: bool = False, pad: bool = True) -> Any:
    """Return a byte-level BPE as transformers has them; with `bos`, it begins every text with `<s>`."""
    from tokenizers import processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = byte_bpe(texts, size=size, special=["<s>", "</s>", "<pad>"])
    if bos:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 0)]
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>" if pad else None
    )


def tiny_tokenizer(*, bos: bool = False, pad: bool = True, vocabulary: int = 420) -> Any:
    """Return a byte-level BPE that knows the reviews, and a chat template."""
    rng = random.Random(0)
    texts = [query(text) + " " + label for text, label in (review(rng) for _ in range(200))]
    tokenizer = fast_tokenizer(texts, size=vocabulary, bos=bos, pad=pad)
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def random_llama(tokenizer: Any, *, heads: int, key_heads: int, seed: int = 0, **sizes: Any) -> Any:
    """Return a Llama with random weights; `sizes` are those of its config."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        num_attention_heads=heads,
        num_key_value_heads=key_heads,
        tie_word_embeddings=False,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **sizes,
    )
    return LlamaForCausalLM(config).eval()


def tiny_model(tokenizer: Any, *, context: int = 256, layers: int = 2, heads: int = 4, seed: int = 0) -> Any:
    """Return a Llama with random weights, large enough that its logits are spread."""
    return random_llama(
        tokenizer,
        heads=heads,
        key_heads=heads // 2,
        seed=seed,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=layers,
        max_position_embeddings=context,
        initializer_range=0.15,
    )


def tiny_llama(
    folder: Path, *, bos: bool = False, pad: bool = True, context: int = 256, shards: bool = False
) -> Path:
    """Write a random model and its tokenizer to `folder`, and return it."""
    tokenizer = tiny_tokenizer(bos=bos, pad=pad)
    model = tiny_model(tokenizer, context=context)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder, max_shard_size="150KB" if shards else "1GB")
    return folder


def taught_llama(
    folder: Path,
    *,
    render: Callable[[str], str] = query,
    delimiter: str = " ",
    bos: bool = False,
    steps: int = 120,
) -> Path:
    """Write a model that says 긍정 or 부정 after `render(review)`, then ends; return `folder`."""
    tokenizer = tiny_tokenizer(bos=bos)
    model = tiny_model(tokenizer, layers=1)
    rng = random.Random(0)
    reviews = [review(rng) for _ in range(16 * steps)]
    lessons = [(render(text), delimiter + label + "</s>") for text, label in reviews]
    teach(model, tokenizer, lessons)
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)
    return folder


def teach(model: Any, tokenizer: Any, lessons: Sequence[tuple[str, str]], batch: int = 16) -> None:
    """Train `model` in place to continue each prompt with its answer, one pass over `lessons`."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a model only waits for a second thread
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    model.train()
    for first in range(0, len(lessons), batch):
        texts = [prompt + answer for prompt, answer in lessons[first : first + batch]]
        rows = tokenizer(texts)["input_ids"]
        width = max(map(len, rows))
        ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])  # (B, T)
        labels = torch.tensor([row + [-100] * (width - len(row)) for row in rows])
        mask = labels != -100
        loss = model(input_ids=ids, attention_mask=mask.long(), labels=labels).loss
        loss.backward()
        optimiser.step()
        optimiser.zero_grad()
    torch.set_num_threads(threads)
    model.eval()


def tiny_encoder(folder: Path, *, head: bool = False, context: int = 64) -> Path:
    """Write a random BERT of two layers to `folder`, without a pooler; with `head`, one that fills masks."""
    from transformers import BertForMaskedLM, BertModel

    make = BertForMaskedLM if head else partial(BertModel, add_pooling_layer=False)
    return _tiny_bert(folder, make, context=context)


def tiny_reranker(folder: Path) -> Path:
    """Write a random BERT of two layers with a head of one number to `folder`, and return it."""
    from transformers import BertForSequenceClassification

    return _tiny_bert(folder, BertForSequenceClassification, num_labels=1)


def _tiny_bert(folder: Path, make: Callable[[Any], Any], *, context: int = 64, **more: Any) -> Path:
    import torch
    from transformers import BertConfig

    tokenizer = tiny_tokenizer(bos=True)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=context,
        initializer_range=0.15,
        pad_token_id=tokenizer.pad_token_id,
        **more,
    )
    tokenizer.save_pretrained(folder)
    make(config).eval().save_pretrained(folder)
    return folder


def tiny_t5(folder: Path) -> Path:
    """Write a random encoder-decoder of two layers each to `folder`."""
    import torch
    from transformers import T5Config, T5ForConditionalGeneration

    tokenizer = tiny_tokenizer(bos=True)
    torch.manual_seed(0)
    config = T5Config(
        **{"vocab_size": len(tokenizer), "d_model": 64, "d_kv": 16, "d_ff": 128},
        **{"num_layers": 2, "num_heads": 4, "initializer_factor": 1.4, "decoder_start_token_id": 2},
        **{"pad_token_id": 2, "eos_token_id": 1},
    )
    tokenizer.save_pretrained(folder)
    T5ForConditionalGeneration(config).eval().save_pretrained(folder)
    return folder
