"""In which language a reply has to be, as its task says, and whether it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from harness.text.normalize import nfc

ANY = "any"
SCRIPTS = {"ko": "HANGUL", "en": "LATIN"}  # how Unicode's names of a language's letters begin
LEAST = 0.5  # of the letters

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)


def wanted(rules: Mapping[str, str], turn: str, conversation: str | None) -> str:
    """Return the language that a reply has to be in, `any`, or "" where its task says nothing.

    What is said of a turn (`1/2`) goes before what is said of its conversation (`1`), that before `default`.
    """
    found = (rules[key] for key in (turn, conversation, "default") if key is not None and key in rules)
    return next(found, "")


def is_off(reply: str, language: str) -> bool:
    """Return whether less than half of a reply's letters are of the language's script; code is left out.

    A reply without letters, and one whose language is anybody's, is not off.
    """
    script = SCRIPTS.get(language)
    letters = [sign for sign in nfc(_CODE.sub(" ", reply)) if sign.isalpha()]
    if script is None or not letters:
        return False
    mine = sum(unicodedata.name(sign, "").startswith(script) for sign in letters)
    return mine < LEAST * len(letters)
