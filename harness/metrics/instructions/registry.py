"""The instructions by the names that IFEval gives them, Korean ones of our own under `ko:`."""

from __future__ import annotations

from collections.abc import Callable

from harness.metrics.instructions import (
    combination,
    content,
    ends,
    formats,
    keywords,
    language,
    length,
    letter_case,
    punctuation,
)

Check = Callable[..., bool]  # of a reply, and what the instruction says by name

ENGLISH: dict[str, Check] = {
    "keywords:existence": keywords.existence,
    "keywords:frequency": keywords.frequency,
    "keywords:forbidden_words": keywords.forbidden_words,
    "keywords:letter_frequency": keywords.letter_frequency,
    "language:response_language": language.response_language,
    "length_constraints:number_sentences": length.number_sentences,
    "length_constraints:number_paragraphs": length.number_paragraphs,
    "length_constraints:number_words": length.number_words,
    "length_constraints:nth_paragraph_first_word": length.nth_paragraph_first_word,
    "detectable_content:number_placeholders": content.number_placeholders,
    "detectable_content:postscript": content.postscript,
    "detectable_format:number_bullet_lists": formats.number_bullet_lists,
    "detectable_format:constrained_response": formats.constrained_response,
    "detectable_format:number_highlighted_sections": formats.number_highlighted_sections,
    "detectable_format:multiple_sections": formats.multiple_sections,
    "detectable_format:json_format": formats.json_format,
    "detectable_format:title": formats.title,
    "combination:two_responses": combination.two_responses,
    "combination:repeat_prompt": combination.repeat_prompt,
    "startend:end_checker": ends.end_checker,
    "startend:quotation": ends.quotation,
    "change_case:capital_word_frequency": letter_case.capital_word_frequency,
    "change_case:english_capital": letter_case.english_capital,
    "change_case:english_lowercase": letter_case.english_lowercase,
    "punctuation:no_comma": punctuation.no_comma,
}
# What means something else in Korean: words carry particles, counts are of eojeol, syllables, characters.
KOREAN: dict[str, Check] = {
    "ko:existence": keywords.existence,
    "ko:frequency": keywords.frequency,
    "ko:forbidden_words": keywords.korean_forbidden_words,
    "ko:syllable_frequency": keywords.syllable_frequency,
    "ko:number_sentences": length.korean_number_sentences,
    "ko:number_eojeol": length.number_eojeol,
    "ko:number_characters": length.number_characters,
    "ko:postscript": content.korean_postscript,
    "ko:constrained_response": formats.korean_constrained_response,
    "ko:multiple_sections": formats.korean_sections,
    "ko:quotation": ends.korean_quotation,
    "ko:no_comma": punctuation.korean_no_comma,
    "ko:polite": language.polite_korean,
    "ko:no_latin": language.no_latin,
}
CHECKS = {**ENGLISH, **KOREAN}
