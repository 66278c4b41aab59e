"""What the steps are called that make a prediction of a reply."""

from __future__ import annotations

from harness.hookspecs import ExtractorEntry

EXTRACTORS = (
    ExtractorEntry("strip", "harness.extraction:strip"),
    ExtractorEntry("first_line", "harness.extraction:first_line"),
    ExtractorEntry("last_line", "harness.extraction:last_line"),
    ExtractorEntry("after_think", "harness.extraction:after_think"),
    ExtractorEntry("first_option", "harness.extraction:first_option"),
    ExtractorEntry("stated_option", "harness.extraction:stated_option"),
    ExtractorEntry("letter", "harness.extraction:letter"),
    ExtractorEntry("boxed", "harness.extraction:boxed"),
    ExtractorEntry("answer_phrase", "harness.extraction:answer_phrase"),
    ExtractorEntry("no_answer", "harness.extraction:no_answer"),
    ExtractorEntry("number", "harness.extraction:number"),
    ExtractorEntry("rating", "harness.extraction:rating"),
    ExtractorEntry("regex", "harness.extraction:regex", settings={"pattern": "str", "group": "int"}),
    ExtractorEntry("json_field", "harness.extraction:json_field", settings={"field": "str"}),
)
