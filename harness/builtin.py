"""The names of what is built in, given through the same hooks as a stranger's."""

from __future__ import annotations

from collections.abc import Callable

from harness.hookspecs import AdapterEntry, ExtractorEntry, MetricEntry, hookimpl

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

ADAPTERS = (
    AdapterEntry(
        "dummy",
        "harness.adapters.dummy:Dummy",
        asks=("choose", "generate"),
        decoding=(*SAMPLING, "presence_penalty", "frequency_penalty"),
        settings={"reply": "str", "failure_rate": "float", "unanswered_rate": "float"},
        knobs={"latency_ms": "float"},
    ),
    AdapterEntry("majority", "harness.adapters.baseline:Majority", asks=("choose",), learns=True),
    AdapterEntry("random", "harness.adapters.baseline:Random", asks=("choose",)),
    AdapterEntry(
        "tfidf",
        "harness.adapters.classical:Tfidf",
        asks=("choose",),
        settings={"ngram_min": "int", "ngram_max": "int", "min_df": "int", "c": "float"},
        libraries=("numpy", "scipy"),
        learns=True,
    ),
    AdapterEntry(
        "nb",
        "harness.adapters.classical:NaiveBayesAdapter",
        asks=("choose",),
        settings={"alpha": "float"},
        libraries=("numpy",),
        learns=True,
    ),
    AdapterEntry(
        "huggingface",
        "harness.adapters.huggingface:HuggingFace",
        asks=("choose", "generate"),
        decoding=SAMPLING,
        settings={"dtype": "auto|float32|bfloat16|float16"},
        knobs={"device": "str", "batch_size": "int", "attention": "str"},
        extra="hf",
        modules=("torch", "transformers"),
        libraries=("torch", "transformers", "tokenizers"),
        needs_model=True,
    ),
)

METRICS = (
    MetricEntry("accuracy", "harness.metrics.classification:accuracy", asks=("choose", "generate")),
    MetricEntry("macro_f1", "harness.metrics.classification:macro_f1", asks=("choose", "generate")),
    MetricEntry(
        "unanswered", "harness.metrics.classification:unanswered", asks=("choose", "generate", "extract")
    ),
    MetricEntry(
        "exact_match", "harness.metrics.generation:exact_match", asks=("choose", "generate", "extract")
    ),
)

EXTRACTORS = (
    ExtractorEntry("strip", "harness.extraction:strip"),
    ExtractorEntry("first_line", "harness.extraction:first_line"),
    ExtractorEntry("last_line", "harness.extraction:last_line"),
    ExtractorEntry("after_think", "harness.extraction:after_think"),
    ExtractorEntry("first_option", "harness.extraction:first_option"),
    ExtractorEntry("number", "harness.extraction:number"),
    ExtractorEntry("regex", "harness.extraction:regex", settings={"pattern": "str", "group": "int"}),
    ExtractorEntry("json_field", "harness.extraction:json_field", settings={"field": "str"}),
)


@hookimpl
def register_adapters(register: Callable[[AdapterEntry], None]) -> None:
    """Name the adapters that ship with the harness."""
    for entry in ADAPTERS:
        register(entry)


@hookimpl
def register_metrics(register: Callable[[MetricEntry], None]) -> None:
    """Name the metrics that ship with the harness."""
    for entry in METRICS:
        register(entry)


@hookimpl
def register_extractors(register: Callable[[ExtractorEntry], None]) -> None:
    """Name the extraction steps that ship with the harness."""
    for entry in EXTRACTORS:
        register(entry)
