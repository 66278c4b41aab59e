"""Replies that may call tools as the examples of a judging: a rule's verdict first, a judge where it fails.

So FunctionChat-Bench judges (Lee et al. 2024): a call that its rule takes for right is right; one that fails,
and every reply in words, is read by a model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from harness.errors import BadInput
from harness.extraction.verdicts import quoted
from harness.judging.replies import Replies, row_of, said
from harness.metrics.tool_calls import due_of
from harness.records.sample_schema import Record

RULE = "call_exact"  # the metric that says what the rule makes of a reply
PASSED, FAILED = "[[1]]", "[[0]]"


def call_rows(found: Sequence[Replies]) -> Iterator[dict[str, Any]]:
    """Yield a row a reply: what was due, and in `settled` the verdict where nobody has to be asked.

    That is where the rule is content, and where the reply is empty.

    Raises:
        BadInput: the runs were not judged by the rule.
    """
    for run in found:
        for (name, repeat), record in (*run.records.items(), *run.empty.items()):
            rule = (record.scores or {}).get(RULE)
            if record.scores is not None and rule is None:
                raise BadInput(
                    f"{run.task} has no {RULE}, the rule that judges calls before a judge does; "
                    "add it to the task's metrics, and `harness rescore`"
                )
            row = row_of(record, run, f"{run.system}|{name}|{repeat}", _offered(record))
            settled = PASSED if rule and rule[0] else "" if said(record) else FAILED
            yield {
                **row,
                "system": run.system,
                "reply": quoted(said(record), "reply", row["mark"]),
                "reference": _reference(str(record.target)),
                "due": _due(record),
                "settled": settled,
            }


def _due(record: Record) -> str:
    """Return what the turn asks for: its group `due`, else a call or words."""
    called = due_of(str(record.target)).name is not None
    return (record.groups or {}).get("due") or ("call" if called else "words")


def _offered(record: Record) -> str:
    """Return the tools that were offered, as the system read them: beside the messages, or as text."""
    asked = record.request or {}
    if tools := asked.get("tools"):
        lines = [json.dumps(one, ensure_ascii=False) for one in tools]
    else:
        system = [one["content"] for one in asked.get("messages", ()) if one["role"] == "system"]
        lines = [text for text in system if text]
    return "[tools]\n" + "\n".join(lines) + "\n\n" if lines else ""


def _reference(target: str) -> str:
    """Return the due call with what else its arguments may be, or the words that are due."""
    due = due_of(target)
    if due.name is None:
        return str(json.loads(target).get("content") or "")
    call = json.dumps({"name": due.name, "arguments": due.arguments}, ensure_ascii=False)
    others = {name: values for name, values in due.acceptable.items() if values is not None}
    return f"{call}\n{json.dumps(others, ensure_ascii=False)}" if others else call
