"""Class-verbaliser mapping: which of a task's options each class of a classification head is.

Classes are matched by the label or the text of an option; the setting `labels` says what is called
otherwise (`labels: [LABEL_0=부정, LABEL_1=긍정]`). Several classes may be one option: its probability is
the sum of theirs, as for ImageNet's breeds under `dog`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import BadInput
from harness.schema import Option, Profile

QUOTED = 30  # characters of an option that an error shows
SHOWN = 20  # classes that an error shows; ImageNet has a thousand


def class_options(profile: Profile, options: Sequence[Option], names: Mapping[int, str]) -> dict[int, Option]:
    """Return the option that each class is, by its number; classes that are none of them are left out.

    `names` are the model's classes by number (`id2label`). Case does not count.

    Raises:
        BadInput: an option is no class of the model, or a line of `labels` is not CLASS=OPTION.
    """
    called = dict(map(_said, profile.settings.get("labels") or ()))
    by_name = {said.casefold(): option for option in options for said in (option.text, option.label)}
    meant = {number: called.get(name, name).casefold() for number, name in names.items()}
    found = {number: by_name[name] for number, name in meant.items() if name in by_name}
    lost = [option.text for option in options if option not in found.values()]
    if lost:
        # An option may be a whole response, and not one that anybody wants to read in an error.
        short = lost[0] if len(lost[0]) <= QUOTED else f"{lost[0][:QUOTED]}…"
        known = ", ".join([*list(names.values())[:SHOWN], *(["…"] if len(names) > SHOWN else [])])
        raise BadInput(
            f"{profile.model} has the classes {known}, and none is {short!r}; "
            "say which is which: -m 'labels=[CLASS=OPTION, …]'"
        )
    return found


def _said(line: object) -> tuple[str, str]:
    """Return the class and the option that a line of `labels` names."""
    name, equals, option = str(line).partition("=")
    if not equals:
        raise BadInput(f"labels: {name!r} should be CLASS=OPTION")
    return name, option


def option_log_probabilities(
    logits: Any, options: Sequence[Option], found: Mapping[int, Option]
) -> list[float]:
    """Return the log-probability (nats) of each option among all classes.

    `logits` is a tensor (C,), `found` as `class_options` says: each option is a class or several.
    """
    logp = logits.log_softmax(-1)
    own = [[number for number, option in found.items() if option == one] for one in options]
    return [float(logp[numbers].logsumexp(-1)) for numbers in own]
