"""What the steps are called that make a prediction of a reply."""

from __future__ import annotations

from harness.hookspecs import ExtractorEntry

EXTRACTORS = (
    ExtractorEntry("strip", "harness.extraction.steps:strip"),
    ExtractorEntry("first_line", "harness.extraction.steps:first_line"),
    ExtractorEntry("last_line", "harness.extraction.steps:last_line"),
    ExtractorEntry("after_think", "harness.extraction.steps:after_think"),
    ExtractorEntry("first_option", "harness.extraction.steps:first_option"),
    ExtractorEntry("stated_option", "harness.extraction.steps:stated_option"),
    ExtractorEntry("letter", "harness.extraction.steps:letter"),
    ExtractorEntry(
        "score_verdict",
        "harness.extraction.verdicts:score_verdict",
        settings={"lowest": "float", "highest": "float"},
    ),
    ExtractorEntry("pair_verdict", "harness.extraction.verdicts:pair_verdict"),
    ExtractorEntry("boxed", "harness.extraction.steps:boxed"),
    ExtractorEntry("math_answer", "harness.extraction.steps:math_answer"),
    ExtractorEntry("refusal", "harness.extraction.refusals:refusal"),
    ExtractorEntry("answer_phrase", "harness.extraction.steps:answer_phrase"),
    ExtractorEntry("no_answer", "harness.extraction.steps:no_answer"),
    ExtractorEntry("number", "harness.extraction.steps:number", settings={"cut": "bool"}),
    ExtractorEntry("numbers", "harness.extraction.steps:numbers", settings={"digits": "int"}),
    ExtractorEntry("rating", "harness.extraction.steps:rating"),
    ExtractorEntry("regex", "harness.extraction.steps:regex", settings={"pattern": "str", "group": "int"}),
    *(
        ExtractorEntry(f"official:{name}.v{version}", f"harness.extraction.official:{name}_v{version}")
        for name, version in (("mmlu_pro", 1), ("mmlu_pro", 2), ("bbh", 1), ("gsm8k", 1), ("tora", 1))
    ),
    ExtractorEntry("code", "harness.extraction.steps:code", settings={"language": "str"}),
    ExtractorEntry("sql", "harness.extraction.steps:sql"),
    ExtractorEntry("json", "harness.extraction.steps:json_value"),
    ExtractorEntry("table", "harness.extraction.steps:table"),
    ExtractorEntry("calls", "harness.extraction.steps:calls"),
    ExtractorEntry("json_field", "harness.extraction.steps:json_field", settings={"field": "str"}),
)
