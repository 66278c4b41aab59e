"""Official readers: how a benchmark's authors read the replies behind their figures, named and versioned.

They stand beside the task's own reading and never in its place. Each is as its authors wrote it, faults
included: a first match that a later sentence takes back is still the answer. All are bounded in time: each
pattern looks at a place of the text once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from harness import plugins
from harness.extraction.predictions import REFUSED
from harness.extraction.steps import Step, boxed, chosen
from harness.schema import Option, Prediction, Response
from harness.tasks.task import Task

OFFICIAL = "official:"

_ANSWER_IS = re.compile(r"answer is \(?([A-J])\)?")
_ANSWER_COLON = re.compile(r"[aA]nswer:\s*([A-J])")
_ALONE = re.compile(r"\b[A-J]\b")
_PHRASE = "the answer is "
_GSM8K_LINE = re.compile(r"(?:^|\n)(?:A:|####) *([^\n]*)")
_OUTPUT = "```output\n"
_ZEROS = re.compile(r"\.0+$")


def mmlu_pro_v1() -> Step:
    """Return the letter of the first `answer is (X)`, as MMLU-Pro's first evaluation read it.

    Wang et al. 2024, `evaluate_from_local.py`: the six models of the first leaderboard.
    """

    def step(text: str, _options: Sequence[Option]) -> str | None:
        found = _ANSWER_IS.search(text)
        return found[1] if found else None

    return step


def mmlu_pro_v2() -> Step:
    """Return what `mmlu_pro_v1` finds, else the first `Answer: X`, else the last capital that stands alone.

    As MMLU-Pro's `extract_answer`, `extract_again` and `extract_final` read the models that came later. The
    last takes an English `I` for the ninth option; so did they.
    """
    first = mmlu_pro_v1()

    def step(text: str, options: Sequence[Option]) -> str | None:
        found = first(text, options)
        if found is None and (match := _ANSWER_COLON.search(text)):
            found = match[1]
        return found or next(reversed(_ALONE.findall(text)), None)

    return step


def bbh_v1() -> Step:
    """Return what follows the last `the answer is `, or the whole reply, without one final full stop.

    Suzgun et al. 2022: the answers of code-davinci-002 are compared with the target to the letter.
    """
    return lambda text, _options: text.split(_PHRASE)[-1].strip().removesuffix(".")


def gsm8k_v1() -> Step:
    """Return the last line that begins with `A:` or `####`, without the mark and thousands' commas.

    Cobbe et al. 2021: `####` in their data, `A:` in their systems' solutions.
    """

    def step(text: str, _options: Sequence[Option]) -> str | None:
        lines = _GSM8K_LINE.findall(text)
        return lines[-1].strip().replace(",", "") or None if lines else None

    return step


def tora_v1() -> Step:
    r"""Return what the last `\boxed{…}` holds, else what the last program printed, as a plain number.

    Gou et al. 2023: per cent and dollar signs, thousands' commas and a decimal part of zeros go.
    """
    inside = boxed()

    def step(text: str, options: Sequence[Option]) -> str | None:
        found = inside(text, options)
        if found is None and _OUTPUT in text:
            found = text.rpartition(_OUTPUT)[2].partition("```")[0].strip()
        return None if found is None else _ZEROS.sub("", re.sub(r"\\?[%$]|,|\\!", "", found)).strip() or None

    return step


Readings = Callable[[Response, Sequence[Option]], Mapping[str, Prediction]]


def readings(task: Task) -> Readings:
    """Return the function from a response to what each of the task's official readers makes of it, by name.

    A letter that is none of the example's options is what was read, and wrong; None is what was not read.
    They read words: a response without any is unread.
    """
    steps: dict[str, Step] = {
        name: plugins.load(plugins.extractors()[OFFICIAL + name].target)() for name in task.file.official
    }

    def read(response: Response, options: Sequence[Option]) -> Mapping[str, Prediction]:
        heard = response.text if response.finish not in REFUSED else None
        return {name: _named(heard, step, options) for name, step in steps.items()}

    return read


def _named(text: str | None, step: Step, options: Sequence[Option]) -> Prediction:
    found = None if text is None else step(text, options)
    if found is None or not options:
        return found
    return chosen(found, options) or found
