"""The replies of runs as the examples of a judging: one reply a row, or two in both orders.

A judging is an ordinary run, so what is judged lies in a file: the same runs make the same bytes, and the
same command goes on. What was said to the system and what it replied go in between marks that they cannot
close.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

from harness.config import documents
from harness.errors import BadInput
from harness.extraction.verdicts import quoted
from harness.judging.controls import SWAPPED, swapped
from harness.judging.languages import is_off, wanted
from harness.records import atomic, run_file
from harness.records import journal as records
from harness.records.sample_schema import Record
from harness.tasks import task as tasks
from harness.text.thoughts import spoken

FILE = "replies.jsonl"


@dataclass(frozen=True)
class Replies:
    """The last reply of each (id, repeat) of a run that can be judged, and how many cannot.

    Of these, `empty` were asked and answered with nothing.
    """

    system: str
    task: str
    records: dict[tuple[str, int], Record]
    silent: int
    languages: Mapping[str, str] = field(default_factory=dict)  # by turn or question, as the task says
    empty: dict[tuple[str, int], Record] = field(default_factory=dict)


def read_replies(places: Sequence[Path]) -> list[Replies]:
    """Return the replies of the runs in `places`; thoughts are not judged.

    Raises:
        BadInput: no runs, two systems of one name, or runs of several tasks.
    """
    found = []
    for directory in run_file.runs(list(places)):
        run = run_file.read_run(directory)
        last = {line.record.key: line.record for line in records.read_records(directory / run_file.SAMPLES)}
        came = {key: one for key, one in last.items() if not one.failed}
        kept = {key: one for key, one in came.items() if said(one)}
        empty = {key: one for key, one in came.items() if key not in kept}
        languages = _languages(directory, run.task.name)
        found.append(Replies(run.label, run.task.name, kept, len(last) - len(kept), languages, empty))
    if not found:
        raise BadInput("no runs to judge")
    names = [one.system for one in found]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise BadInput(f"two runs are of {twice!r}; judge one of them, or name them apart (--name)")
    if len(tasks := {one.task for one in found}) > 1:
        raise BadInput(f"the runs are of several tasks ({', '.join(sorted(tasks))}); judge one at a time")
    return found


def _languages(directory: Path, name: str) -> Mapping[str, str]:
    """Return what the run's task says of its replies' language; of an older run, what it says today."""
    with suppress(BadInput):
        if said := tasks.parse(documents.read(directory / run_file.TASK), name).file.reply_language:
            return said
    with suppress(BadInput):
        return tasks.load(name).file.reply_language
    return {}


def single_rows(found: Sequence[Replies]) -> Iterator[dict[str, Any]]:
    """Yield a row a reply."""
    for run in found:
        for (name, repeat), record in run.records.items():
            row = row_of(record, run, f"{run.system}|{name}|{repeat}")
            yield {**row, "system": run.system, "reply": _quoted(record, "reply", row["mark"])}


def checklist_rows(found: Sequence[Replies], criteria: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield a row a reply and criterion: those of its question, which are a list as its target, else these.

    Raises:
        BadInput: a reply has no criterion.
    """
    for run in found:
        for (name, repeat), record in run.records.items():
            own = record.target if isinstance(record.target, (list, tuple)) else ()
            asked = {str(number): str(text) for number, text in enumerate(own, 1)} or criteria
            if not asked:
                raise BadInput(
                    f"{name}: no criteria: neither a list as its target nor 'criteria' in the rubric"
                )
            for criterion, text in asked.items():
                row = row_of(record, run, f"{run.system}|{name}|{repeat}|{criterion}")
                about = {"criterion": criterion, "criterion_text": text, "system": run.system}
                yield {**row, **about, "reply": _quoted(record, "reply", row["mark"])}


def pair_rows(found: Sequence[Replies], baseline: str | None = None) -> Iterator[dict[str, Any]]:
    """Yield two rows a pair of replies to one question: each stands first once.

    Raises:
        BadInput: fewer than two systems, or none is called as the baseline is.
    """
    names = [run.system for run in found]
    if len(found) < 2:
        raise BadInput("a comparison needs the runs of two systems")
    if baseline is not None and baseline not in names:
        raise BadInput(f"--baseline {baseline}: not among {', '.join(names)}")
    for one, other in combinations(found, 2):
        if baseline is not None and baseline not in (one.system, other.system):
            continue
        for name, repeat in (key for key in one.records if key in other.records):
            for first, second in ((one, other), (other, one)):
                key = f"{first.system}|{second.system}|{name}|{repeat}"
                a, b = first.records[name, repeat], second.records[name, repeat]
                row = row_of(a, one, key)
                yield {
                    **{**row, "first": first.system, "second": second.system},
                    "first_reply": _quoted(a, "reply_a", row["mark"]),
                    "second_reply": _quoted(b, "reply_b", row["mark"]),
                }


def control_rows(found: Sequence[Replies], *, pairs: bool) -> Iterator[dict[str, Any]]:
    """Yield rows of replies and of the same replies with their words swapped, for one who should tell them.

    Of pairs the two meet in both orders. A reply of too few words is left out.
    """
    for run in found:
        mixed = {
            key: _with_text(record, text)
            for key, record in run.records.items()
            if (text := swapped(spoken(record.response.text) or "", "|".join([run.system, *map(str, key)])))
        }
        right = replace(run, records={key: run.records[key] for key in mixed})
        wrong = replace(run, system=run.system + SWAPPED, records=mixed)
        yield from pair_rows([right, wrong]) if pairs else single_rows([right, wrong])


def _with_text(record: Record, text: str) -> Record:
    return record.model_copy(update={"response": record.response.model_copy(update={"text": text})})


def row_of(record: Record, run: Replies, name: str, above: str = "") -> dict[str, Any]:
    """Return what every row has: its id, the question between marks, the reference where there is one.

    `above` stands before the question, between the same marks.
    """
    question = above + _question(record)
    # Of all that is shown, so that no reply can hold the mark which closes it.
    reply = f"{record.response.text}{record.response.calls or ''}"
    mark = hashlib.sha256(f"{name}\0{question}\0{reply}".encode()).hexdigest()[:12]
    target = record.target if isinstance(record.target, str) else ""
    language = wanted(run.languages, record.id, record.cluster)
    off = is_off(spoken(record.response.text) or "", language)
    return {
        **{"id": name, "task": run.task, "question_id": record.cluster or record.id, "mark": mark},
        **{"question": quoted(question, "question", mark), "reference": target},
        **{"turn": (record.groups or {}).get("turn", "1")},
        **{"language": language, "off_language": "yes" if off else "no"},
    }


def _quoted(record: Record, what: str, mark: str) -> str:
    return quoted(said(record), what, mark)


def said(record: Record) -> str:
    """Return a reply as a judge reads it: its words without thoughts, and a line for each call."""
    names = record.response.renamed or {}
    calls = [
        _line({"name": names.get(one["name"], one["name"]), "arguments": one["arguments"]})
        for one in record.response.calls or ()
    ]
    return "\n".join(filter(None, (spoken(record.response.text), *calls)))


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _content(message: Mapping[str, Any]) -> str:
    """Return what a message says, a line for each call that it makes."""
    calls = [_line(one.get("function", one)) for one in message.get("tool_calls") or ()]
    return "\n".join(filter(None, (message["content"], *calls)))


def _question(record: Record) -> str:
    """Return what the system was asked: its prompt, or the messages with who said what; no system message."""
    asked = record.request or {}
    if "messages" in asked:
        talk = [one for one in asked["messages"] if one["role"] != "system"]
        if len(talk) == 1:
            return _content(talk[0])
        return "\n\n".join(f"[{one['role']}]\n{_content(one)}" for one in talk)
    if "prompt" in asked:
        return asked["prompt"]
    return "\n".join(str(value) for value in (asked.get("fields") or {}).values())


def write_rows(rows: Sequence[dict[str, Any]], runs_dir: Path) -> Path:
    """Write the rows into a folder that their content names, and return it.

    Raises:
        BadInput: there are none.
    """
    if not rows:
        raise BadInput("no reply to judge: nothing was answered")
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    folder = runs_dir / ".judged" / hashlib.sha256(data).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    atomic.write_atomically(folder / FILE, data)
    return folder
