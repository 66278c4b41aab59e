"""Is the reply written in Korean? The share of Hangul, and Hanja, kana or Latin letters that strayed in.

Judged is the whole text of a reply, not what was extracted from it; targets are not looked at. Only letters
count, after NFC: digits, punctuation and white space belong to no language. Models trained mostly on English
or Chinese fall into those in the middle of a Korean sentence, which an exact match would hardly show.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, partial

from harness.errors import BadInput
from harness.metrics.aggregates import OfSums, ratio, weighted_mean
from harness.schema import Metric
from harness.text.normalize import nfc

# How Unicode's names of a script's letters begin; every Hanja is a "CJK … IDEOGRAPH".
_NAMES = {
    "hangul": ("HANGUL",),
    "hanja": ("CJK", "IDEOGRAPHIC"),
    "kana": ("HIRAGANA", "KATAKANA"),
    "latin": ("LATIN",),
}


def hangul_share(labels: Sequence[str]) -> Metric:
    """Return the metric of the mean share of a reply's letters that are Hangul, 0 to 1.

    Every reply with a letter in it counts alike, long or short; one without (42, or nothing at all) has no
    language and is left out. No letter anywhere: NaN. Syllables and Jamo count one each.
    """
    return Metric("hangul_share", _hangul, OfSums(ratio), "hangul_share|v:1|norm:nfc", reads="text")


def stray_hanja(labels: Sequence[str], most: float = 0.0) -> Metric:
    """Return the metric of the share of replies with stray Hanja, 0 to 1: lower is better.

    A reply is hit when more than `most` of its letters, 0 to 1, are Hanja; by default one will do.

    Raises:
        BadInput: `most` is no share.
    """
    return _stray("hanja", most)


def stray_kana(labels: Sequence[str], most: float = 0.0) -> Metric:
    """Return the metric of the share of replies with stray Hiragana or Katakana, as `stray_hanja`."""
    return _stray("kana", most)


def stray_latin(labels: Sequence[str], most: float = 0.0) -> Metric:
    """Return the metric of the share of replies with stray Latin letters, as `stray_hanja`.

    Good Korean holds some (AI, km): a `most` of 0.3 lets these pass and not a sentence in English.
    """
    return _stray("latin", most)


def _stray(script: str, most: float) -> Metric:
    name = f"stray_{script}"
    if not 0 <= most < 1:
        raise BadInput(f"{name}: 'most' should be a share from 0 to below 1, not {most:g}")
    return Metric(
        name,
        partial(_strayed, script, most),
        weighted_mean,
        f"{name}|v:1|norm:nfc|most:{most:g}",
        higher_is_better=False,
        interval="wilson",
        reads="text",
    )


def _hangul(text: str | None, target: object) -> tuple[float, float]:
    """Return (share of Hangul among the letters, 1), or (0, 0) where there is no letter."""
    scripts = list(_scripts(text))
    return (scripts.count("hangul") / len(scripts), 1.0) if scripts else (0.0, 0.0)


def _strayed(script: str, most: float, text: str | None, target: object) -> tuple[float]:
    """Return 1 when more than `most` of the letters are of the script, else 0."""
    scripts = list(_scripts(text))
    return (float(scripts.count(script) > most * len(scripts)),)


def _scripts(text: str | None) -> Iterator[str]:
    """Yield the script of each letter, "" for scripts that are not named here."""
    return (_script(letter) for letter in nfc(text or "") if letter.isalpha())


@cache
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").removeprefix("HALFWIDTH ").removeprefix("FULLWIDTH ")
    return next((script for script, words in _NAMES.items() if name.startswith(words)), "")
