"""What the metrics are called that ship with the harness, and what each judges."""

from __future__ import annotations

from harness.hookspecs import MetricEntry

# Asks whose predictions are labels, come with scores of options, or are numbers.
LABELLED = ("choose", "generate", "rank")
SCORED = ("choose", "rank")
NUMERIC = ("rate", "embed")

NORMALISED = {"normalise": "none|nfc|ko.v1"}
ROUGE = {
    "tokenizer": "words|char|ko-mecab|kiwi",
    "stem": "bool",
    "measure": "fmeasure|precision|recall",
    **NORMALISED,
}

METRICS = (
    MetricEntry("accuracy", "harness.metrics.classification:accuracy", asks=LABELLED, several_labels=True),
    MetricEntry(
        "accuracy_with_guess",
        "harness.metrics.classification:accuracy_with_guess",
        asks=("choose", "generate"),
    ),
    MetricEntry("balanced_accuracy", "harness.metrics.classification:balanced_accuracy", asks=LABELLED),
    MetricEntry("macro_f1", "harness.metrics.classification:macro_f1", asks=LABELLED),
    MetricEntry(
        "micro_f1", "harness.metrics.classification:micro_f1", asks=LABELLED, settings={"without": "str"}
    ),
    MetricEntry("weighted_f1", "harness.metrics.classification:weighted_f1", asks=LABELLED),
    MetricEntry("f1", "harness.metrics.classification:f1", asks=LABELLED, settings={"positive": "str"}),
    MetricEntry("mcc", "harness.metrics.classification:mcc", asks=LABELLED),
    MetricEntry(
        "top_k_accuracy", "harness.metrics.ranking:top_k_accuracy", asks=SCORED, settings={"k": "int"}
    ),
    MetricEntry("mrr", "harness.metrics.ranking:mrr", asks=SCORED),
    MetricEntry("mean_rank", "harness.metrics.ranking:mean_rank", asks=SCORED),
    *(
        MetricEntry(name, f"harness.metrics.retrieval:{factory}", asks=("retrieve",))
        for name, factory in (
            *(("recall@K", "recall"), ("precision@K", "precision"), ("ndcg@K", "ndcg")),
            *(("hit@K", "hit"), ("recip_rank", "recip_rank"), ("map", "average_precision")),
        )
    ),
    MetricEntry("target_probability", "harness.metrics.ranking:target_probability", asks=SCORED),
    MetricEntry("answer_log_probability", "harness.metrics.ranking:answer_log_probability", asks=("choose",)),
    MetricEntry("ece", "harness.metrics.calibration:ece", asks=SCORED, settings={"bins": "int"}),
    MetricEntry("brier", "harness.metrics.calibration:brier", asks=SCORED),
    MetricEntry("pearson", "harness.metrics.correlation:pearson", asks=NUMERIC),
    MetricEntry("spearman", "harness.metrics.correlation:spearman", asks=NUMERIC),
    MetricEntry(
        "threshold_f1",
        "harness.metrics.thresholds:threshold_f1",
        asks=("rate",),
        settings={"threshold": "float"},
    ),
    MetricEntry(
        "unanswered",
        "harness.metrics.classification:unanswered",
        asks=("choose", "generate", "extract", "tag", "rate", "embed", "rank", "retrieve", "call"),
    ),
    MetricEntry(
        "exact_match", "harness.metrics.exact_match:exact_match", asks=("choose", "generate", "extract")
    ),
    *(
        MetricEntry(name, f"harness.metrics.abstention:{name}", asks=("generate", "extract"))
        for name in ("abstention_f1", "abstention_precision", "abstention_recall")
    ),
    MetricEntry("named_numbers", "harness.metrics.named_numbers:named_numbers", asks=("generate",)),
    MetricEntry("numeric_match", "harness.metrics.exact_match:numeric_match", asks=("generate", "extract")),
    MetricEntry("math_equal", "harness.metrics.math_equal:math_equal", asks=("generate",), extra="math"),
    *(
        MetricEntry(name, f"harness.metrics.instruction_following:{name}", asks=("generate",), extra="ifeval")
        for name in ("prompt_strict", "instruction_strict", "prompt_loose", "instruction_loose")
    ),
    MetricEntry("pass@1", "harness.metrics.execution:pass_at_1", asks=("generate",), executed=True),
    *(
        MetricEntry(name, f"harness.metrics.execution:{name}", asks=("generate",), executed=True)
        for name in ("execution_accuracy", "ran")
    ),
    *(
        MetricEntry(name, f"harness.metrics.structured_output:{name}", asks=("generate",))
        for name in ("table_f1", "table_exact", "json_keys", "json_values", "json_exact")
    ),
    MetricEntry(
        "json_valid", "harness.metrics.structured_output:json_valid", asks=("generate",), extra="json"
    ),
    MetricEntry("bfcl_accuracy", "harness.metrics.function_calling:bfcl_accuracy", asks=("generate", "call")),
    *(
        MetricEntry(name, f"harness.metrics.tool_calls:{name}", asks=("generate", "call"))
        for name in ("call_exact", "call_decision")
    ),
    *(
        MetricEntry(name, f"harness.metrics.worlds:{name}", asks=("call",), in_world=True)
        for name in ("world_state", "world_steps", "world_calls", "world_invalid_calls")
    ),
    MetricEntry("truthful_mass", "harness.metrics.truthfulness:truthful_mass", asks=("choose",)),
    MetricEntry(
        "judged_score",
        "harness.metrics.judged:judged_score",
        asks=("generate",),
        settings={"off_language": "root|zero"},
    ),
    MetricEntry("first_wins", "harness.metrics.judged:first_wins", asks=("generate",)),
    MetricEntry("truthful", "harness.metrics.truthfulness:truthful", asks=("generate",)),
    MetricEntry("informative", "harness.metrics.truthfulness:informative", asks=("generate",)),
    *(
        MetricEntry(name, f"harness.metrics.social_bias:{name}", asks=("choose",), several_labels=True)
        for name in ("kobbq_accuracy", "diff_bias_ambiguous", "diff_bias_disambiguated")
    ),
    *(
        MetricEntry(name, f"harness.metrics.extractive_qa:{name}", asks=("choose", "generate", "extract"))
        for official in ("squad", "korquad", "korquad2", "klue_mrc")
        for name in (f"{official}_em", f"{official}_f1")
    ),
    MetricEntry(
        "entity_f1", "harness.metrics.entity_f1:entity_f1", asks=("tag",), settings={"average": "micro|macro"}
    ),
    MetricEntry("hangul_share", "harness.metrics.korean_script:hangul_share", asks=("generate", "extract")),
    *(
        MetricEntry(name, f"harness.metrics.korean_script:{name}", ("generate", "extract"), {"most": "float"})
        for name in ("stray_hanja", "stray_kana", "stray_latin")
    ),
    MetricEntry(
        "bleu",
        "harness.metrics.translation:bleu",
        asks=("generate", "extract"),
        settings={
            "tokenizer": "13a|intl|zh|char|none|ko-mecab|kiwi",
            "lowercase": "bool",
            "smooth": "exp|floor|add-k|none",
            "smooth_value": "float",
            **NORMALISED,
        },
    ),
    MetricEntry(
        "chrf",
        "harness.metrics.translation:chrf",
        asks=("generate", "extract"),
        settings={
            **{"word_order": "int", "char_order": "int", "beta": "int"},
            **{"lowercase": "bool", "whitespace": "bool"},
            **NORMALISED,
        },
    ),
    MetricEntry(
        "ter",
        "harness.metrics.translation:ter",
        asks=("generate", "extract"),
        settings={
            "tokenizer": "tercom|char|ko-mecab|kiwi",
            **{"normalized": "bool", "no_punct": "bool", "asian_support": "bool", "case_sensitive": "bool"},
            **NORMALISED,
        },
    ),
    *(
        MetricEntry(name, f"harness.metrics.summarisation:{factory}", ("generate", "extract"), ROUGE)
        for name, factory in (
            ("rouge1", "rouge1"),
            ("rouge2", "rouge2"),
            ("rougeL", "rouge_l"),
            ("rougeLsum", "rouge_lsum"),
        )
    ),
    MetricEntry(
        "imported:SCORE",
        "harness.metrics.imported:imported",
        asks=("choose", "generate"),
        settings={"lower": "bool"},
    ),
    MetricEntry(
        "evaluate:NAME_OR_PATH",
        "harness.metrics.hf_evaluate:evaluate",
        asks=("choose", "generate", "extract", "rate", "embed"),
        settings={
            **{"key": "str", "config": "str", "revision": "str", "arguments": "list"},
            **{"higher_is_better": "bool", "unit": "str"},
            **NORMALISED,
        },
        extra="hub",
    ),
    MetricEntry("perplexity", "harness.metrics.likelihood:perplexity", asks=("score",)),
    MetricEntry("word_perplexity", "harness.metrics.likelihood:word_perplexity", asks=("score",)),
    MetricEntry("bits_per_byte", "harness.metrics.likelihood:bits_per_byte", asks=("score",)),
    MetricEntry("bits_per_character", "harness.metrics.likelihood:bits_per_character", asks=("score",)),
)
