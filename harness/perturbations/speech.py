"""Speech levels and dialect, by rules on Kiwi's analysis: only sentence endings change, no word of content.

A sentence that ends politely (해요체, 합니다체) is said plainly (반말), a plain one politely. The dialect has
Gyeongsang's endings for the same moods. Endings that no rule knows stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.text.morphemes import kiwi

# Ending (EF) as Kiwi writes it → the ending of the other level. Moods are kept: statement to statement,
# question to question, request to request.
_LEVELS: Mapping[str, str] = {
    "어요": "어", "아요": "아", "에요": "야", "예요": "야", "여요": "여", "네요": "네", "군요": "군",
    "지요": "지", "죠": "지", "거든요": "거든", "는데요": "는데", "ᆫ데요": "ᆫ데", "은데요": "은데",
    "ᆯ게요": "ᆯ게", "을게요": "을게", "ᆯ까요": "ᆯ까", "을까요": "을까", "나요": "나",
    "ᆸ니다": "다", "습니다": "다", "ᆸ니까": "니", "습니까": "니", "어": "어요", "아": "아요",
    "네": "네요", "군": "군요", "지": "지요", "거든": "거든요", "는데": "는데요", "ᆫ데": "ᆫ데요",
    "은데": "은데요", "ᆯ게": "ᆯ게요", "을까": "을까요", "ᆯ까": "ᆯ까요", "다": "습니다",
    "ᆫ다": "ᆸ니다", "는다": "습니다",
}  # fmt: skip
_DIALECT: Mapping[str, str] = {
    "어요": "어예", "아요": "아예", "네요": "네예", "지요": "지예", "죠": "지예", "는데요": "는데예",
    "ᆫ데요": "ᆫ데예", "은데요": "은데예", "거든요": "거든예", "습니다": "심더", "ᆸ니다": "ᆸ니더",
    "습니까": "심니꺼", "ᆸ니까": "ᆸ니꺼", "다": "데이", "ᆫ다": "ᆫ데이", "는다": "는데이",
    "어": "어예", "아": "아예", "네": "네예", "지": "제", "는데": "는데예", "ᆫ데": "ᆫ데예",
    "은데": "은데예", "거든": "거든예",
}  # fmt: skip


def honorific(text: str, key: tuple[object, ...]) -> str:
    """Return the text in another speech level: polite endings plain, plain endings polite."""
    return _with_endings(text, _LEVELS)


def dialect(text: str, key: tuple[object, ...]) -> str:
    """Return the text with Gyeongsang's sentence endings."""
    return _with_endings(text, _DIALECT)


def _with_endings(text: str, rules: Mapping[str, str]) -> str:
    """Return the text with each final ending that a rule knows replaced; all else stays to the letter."""
    tokens = kiwi().tokenize(text)
    pieces, at = [], 0
    for before, token in zip([None, *tokens], tokens, strict=False):
        new = rules.get(token.form) if token.tag == "EF" else None
        # An ending with Hangul right behind it is most often no ending: 죠으다, or words run together.
        if new is None or before is None or _is_hangul(text[token.end : token.end + 1]):
            continue
        start = _stem_start(tokens, before)
        said = _joined(tokens, start, token, new)
        if said is None:
            continue
        first = tokens[start].start
        pieces += [text[at:first], said]
        at = token.end
    return "".join([*pieces, text[at:]])


def _is_hangul(sign: str) -> bool:
    return "가" <= sign <= "힣"


def _stem_start(tokens: list[Any], last: Any) -> int:
    """Return the index of the first morpheme of the word in which `last` stands."""
    index = next(i for i, token in enumerate(tokens) if token is last)
    while index and tokens[index - 1].word_position == last.word_position and tokens[index].tag[0] not in "V":
        index -= 1
    return index


def _joined(tokens: list[Any], start: int, ending: Any, new: str) -> str | None:
    """Return the word from its stem on with another ending, as Kiwi writes it together."""
    stem = []
    for token in tokens[start:]:
        if token is ending:
            break
        stem.append((token.form, token.tag))
    stem_form, stem_tag = stem[-1]
    if new == "다" and stem_tag in ("VV", "VX"):  # 먹습니다, 갑니다: a verb's plain statement has ㄴ다
        new = "ᆫ다" if not _has_tail(stem_form) else "는다"
    if new == "습니다" and not _has_tail(stem_form):
        new = "ᆸ니다"
    return str(kiwi().join([*stem, (new, "EF")]))


def _has_tail(form: str) -> bool:
    """Return whether a stem ends in a consonant other than ㄹ, after which endings keep their vowel."""
    code = ord(form[-1]) - 0xAC00
    return 0 <= code <= 11171 and code % 28 not in (0, 8)
