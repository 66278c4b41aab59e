"""The verdicts of a gate as JUnit XML, which every CI can show: a suite a run, a case a verdict."""

from __future__ import annotations

from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from harness.reports.gate.gate import INCONCLUSIVE, INFRASTRUCTURE, REGRESSION, Gate, Verdict
from harness.reports.gate.render import sentence, task, title

# A failure is the tested thing's fault, an error the test's own; what is skipped decides nothing.
_OUTCOME = {REGRESSION: "failure", INFRASTRUCTURE: "error", INCONCLUSIVE: "skipped"}


def document(found: Gate, *, strict: bool = False) -> str:
    """Return the XML; what is inconclusive is skipped, or a failure if `strict`.

    Characters that XML cannot hold are written out in names, as everywhere.
    """
    outcome = {**_OUTCOME, INCONCLUSIVE: "failure"} if strict else _OUTCOME
    root = Element("testsuites", {"name": "harness gate"})
    for slot, lines in groupby(found.lines, key=lambda line: line.slot):
        suite = SubElement(root, "testsuite", {"name": f"{task(slot)}, {title(slot)}"})
        for line in lines:
            _case(suite, line, outcome.get(line.verdict))
        _count(suite, list(suite))
    _count(root, list(root.iter("testcase")))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _case(suite: Element, line: Verdict, outcome: str | None) -> None:
    about = {"classname": f"{task(line.slot)}.{title(line.slot)}", "name": line.what, "time": "0"}
    case = SubElement(suite, "testcase", about)
    if outcome:
        detail = {"message": sentence(line)} | ({} if outcome == "skipped" else {"type": line.verdict})
        SubElement(case, outcome, detail)


def _count(element: Element, cases: list[Element]) -> None:
    element.set("tests", str(len(cases)))
    for outcome, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        count = sum(case.find(outcome) is not None for case in cases)
        if name != "skipped" or element.tag == "testsuite":  # testsuites has no such attribute
            element.set(name, str(count))
