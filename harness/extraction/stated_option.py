r"""Which of the known options a free-form answer states, in Korean, English or by a label.

Looked at in this order, each with what it finds before the next:

| where | what |
|---|---|
| the whole reply | it is an option, or an object of JSON that names or rates them |
| marks, the last first | `\boxed{D}`, `#### D`, 정답:, the answer is, 따라서, bold, last line |
| the first line | it begins with a label: `C: 25 60` |
| all that it says | mentions, weighed by the words around them |
| a yes or a no | 그렇지 않습니다, where the options are such a pair |
| its beginning | a reply that was cut short |
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.extraction.assertions import decided, judged
from harness.extraction.choices import Choices, choices
from harness.extraction.labels import labels_apart, listed
from harness.extraction.marked_option import UNDECIDED, first_line, foreign, last_sentence, marked, revolving
from harness.extraction.marks import Kind, Mark, marks
from harness.extraction.mentions import Forms, by_place, by_word, forms
from harness.extraction.own_words import own_lines, own_text, without_code
from harness.extraction.polarity import denied, pole
from harness.extraction.rated_options import rated
from harness.text.normalize import bare, ko_v1

_BOLD_ENDS = re.compile(r"\s*(?:입니다|이다|이에요|예요|번|[.!]|\n|$)")
# A longer reply works something out: a bare letter in it is a variable as often as a choice.
_WORKED_OUT = 200


def stated(
    text: str, options: Sequence[str], meanings: Sequence[str] = (), *, places: bool = True
) -> int | None:
    """Return the index of the option that `text` states, None if it states none or leaves it open.

    `options` are the texts as the task writes them, `meanings` what they stand for where they are marks
    such as B. Places count from 1 (3번 and 셋째 are the third), unless `places` is off.
    """
    own = without_code(own_text(text))
    known = choices(tuple(options), tuple(meanings), places=places)
    whole = _whole(own, known, options)
    if whole is not None:
        return whole
    found = _by_marks(_telling(marks(own), own, known), known)
    if found is not None:
        return None if found == UNDECIDED else found
    return _by_running_text(own, known, options)


def _whole(text: str, known: Choices, options: Sequence[str]) -> int | None:
    """Return the option that the whole reply is, by its words before its mark: 4 of 2, 4, 8, 16."""
    said = ko_v1(text)
    for names in (known.texts, options):
        index = next((index for index, name in enumerate(names) if said and ko_v1(name) == said), None)
        if index is not None:
            return index
    if (
        len(said) < 3
        and said.isdecimal()
        and known.marked
        and known.texts
        and known.places
        and 0 < int(said) <= known.count
    ):
        return int(said) - 1
    return rated(text, [*options], known.texts)


def _telling(found: Sequence[Mark], own: str, known: Choices) -> list[Mark]:
    """Return the marks without a last line of a list of options, and without bold words amid a sentence."""
    lines = own.rstrip().split("\n")
    silent = {Kind.LAST_LINE} if len(lines) > 1 and listed(lines[-12:], known) else set()
    return [
        m for m in found if m.kind not in silent and (m.kind != Kind.BOLD or _BOLD_ENDS.match(own, m.stop))
    ]


def _by_marks(found: Sequence[Mark], known: Choices) -> int | None:
    """Return the option of the strongest and last mark that names one, UNDECIDED if it names several."""
    read = [(mark, index) for mark in found if (index := marked(mark, known)) is not None]
    own = [(mark, index) for mark, index in read if not foreign(mark.said, index, known)]
    for mark, index in own or read:
        same = [other for one, other in own or read if one.kind == mark.kind]
        if mark.kind == Kind.BOLD and len(set(same)) > 1:
            continue
        return UNDECIDED if mark.kind == Kind.DECLARED and revolving(same) else index
    return None


def _by_running_text(own: str, known: Choices, options: Sequence[str]) -> int | None:
    said = own_lines(own)
    led = first_line(said, known)
    if led is not None:
        return led
    if known.marked and len(said) > _WORKED_OUT:
        found = last_sentence(said, known)
        return judged(said, labels_apart(said, known)) if found is None else found
    found = _mentioned(said, known, options)
    if found is None:
        found = pole(said, known.texts or options)
    if found is None:
        found = denied(said, known.texts or options)
    return _begun(said, known.forms) if found is None else found


def _mentioned(said: str, known: Choices, options: Sequence[str]) -> int | None:
    """Return the option that mentions decide for: by its words, its mark, its place, its words closed up."""
    found, names = None, forms(tuple(options))
    if known.marked and known.texts and all(text.strip().isdecimal() for text in known.texts):
        found = decided(
            said, by_place(said, known.count, bare_numbers=False)
        )  # 3번 is the third, whatever is 3
    if found is None and known.texts:
        found = decided(said, by_word(said, known.forms.words))
    if found is None and known.marked:
        found = decided(said, by_word(said, names.words))
    if found is None and known.places and names.places:
        found = decided(said, by_place(said, known.count, bare_numbers=not known.texts or not known.marked))
    if found is None and known.forms.phrases:
        close = said.replace(" ", "")
        found = decided(close, by_word(close, known.forms.phrases))
    return found


def _begun(said: str, known: Forms) -> int | None:
    """Return the option that the reply is but for blanks, or, cut short, the beginning of (four signs)."""
    start = bare(said).lower().replace(" ", "")
    words = [(word.replace(" ", ""), option) for word, option in known.words if len(word) > 1]
    found = {option for word, option in words if word == start}
    if not found and len(start) > 3 and "\n" not in said:
        found = {option for word, option in words if word.startswith(start)}
    return found.pop() if len(found) == 1 else None
