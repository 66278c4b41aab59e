"""A reply's own words: without the tokens a template ends it with, and without what it asks itself next."""

from __future__ import annotations

import re

from harness.text.normalize import folded, nfc

# What a chat template puts after a turn, written out where a server did not stop at it.
_TURN_ENDS = re.compile(
    r"<\|(?:eot_id|im_end|im_start|endoftext|end|end_of_text|user|eom_id)\|>|</s>|<end_of_turn>|<eos>|\[/?INST\]"
    r"|#{2,4} ?(?:User|Human|Instruction|Input|사용자)\b ?:?"
)
_NEXT_EXAMPLE = re.compile(
    r"\n(?:다음 )?(?:문장|질문|문제|지문|리뷰|입력|예시|question|review|input|text|q|user|human|problem)\b"
    r"\s{0,3}\d{0,4}\s{0,3}[:：.]",
    re.I,
)
# Enclosed labels become bracketed ones before NFKC makes bare ones of them: ①② is not 12.
BRACKETED = {
    **{ord(sign): f"({number})" for number, sign in enumerate("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳", 1)},
    **{ord(sign): f"({number})" for number, sign in enumerate("❶❷❸❹❺❻❼❽❾❿", 1)},
    **{0x326E + number: f"({label})" for number, label in enumerate("가나다라마바사아자차카타파하")},
    **{0x3260 + number: f"({label})" for number, label in enumerate("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ")},
    **{0x24B6 + number: f"({chr(65 + number)})" for number in range(26)},
    **{0x24D0 + number: f"({chr(97 + number)})" for number in range(26)},
}
# A line end written out as backslash and n, and no \\nu or \\neq.
_ESCAPED = re.compile(r"\\n(?=\\n|[\s가-힣(#*]|$)")
_CODE = re.compile(
    r"```(?:python|py|bash|sh|c|cpp|java|javascript|js|sql|r|rust"
    r"|go)\b[^`]{0,20000}(?:```|$)",
    re.I,
)
_MARKUP = re.compile(r"\*\*|__|[`$]|^\s*(?:#+|>|[-*•] )\s*|(?<![ㄱ-ㅣ])[ㅋㅎㅠㅜㅡ]{2,}")


def own_text(text: str) -> str:
    """Return the reply as it is, up to the end of its turn or the next question of a base model."""
    text = _ESCAPED.sub("\n", nfc(text)).lstrip()
    ends = _TURN_ENDS.search(text, 1)
    text = text[: ends.start()] if ends else text
    follows = _NEXT_EXAMPLE.search(text)
    return text[: follows.start()] if follows else text


def without_code(text: str) -> str:
    """Return the text without its fenced programs: their numbers and names are nobody's answer."""
    return _CODE.sub("\n", text) if "```" in text else text


def own_lines(text: str) -> str:
    """Return the reply's own lines, folded, without markup and without empty ones."""
    lines = (folded(_MARKUP.sub("", line)) for line in own_text(text).translate(BRACKETED).split("\n"))
    said = "\n".join(line for line in lines if line)
    follows = _NEXT_EXAMPLE.search(said)
    return said[: follows.start()] if follows else said
