"""What the gate writes: nothing that a stranger named may break a page, a log or an XML file."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from scipy.stats import binom

from harness.reports.gate import junit
from harness.reports.gate import render as gate_render
from harness.reports.gate.gate import INCONCLUSIVE, INFRASTRUCTURE, PASS, REGRESSION, Gate, Limits, gate
from harness.reports.gate.measurements import latest, measured
from harness.reports.run import load
from tests.support.fake_runs import fake_run

ANSWERS = {PASS: "1" * 200, INCONCLUSIVE: "1" * 194 + "0" * 6, REGRESSION: "1" * 150 + "0" * 50}


@pytest.fixture
def judge(tmp_path: Path) -> Any:
    """Return the gate of systems that are to end with these verdicts."""

    def judged(systems: dict[str, str], task: str = "reviews", **limits: Any) -> Gate:
        sides = tmp_path / "before", tmp_path / "now"
        for system, verdict in systems.items():
            about = {"task": {"name": task}, "label": system}
            fake_run(sides[0], "system", "1" * 200, run=about)
            if verdict != INFRASTRUCTURE:
                fake_run(sides[1], "system", ANSWERS[verdict], run=about)
        before, now = (
            latest(map(measured, load([side], pytest.fail))) if side.is_dir() else {} for side in sides
        )
        return gate(before, now, Limits(**limits))

    return judged


ALL = {"a": PASS, "b": INCONCLUSIVE, "c": INFRASTRUCTURE, "d": REGRESSION}


def test_the_gravest_verdict_is_the_heading_and_the_first_row(judge):
    lines = gate_render.markdown(judge(ALL)).split("\n")
    assert lines[0] == "### ❌ Gate: regression"
    rows = [line.split("|")[1].split()[1] for line in lines if re.match(r"\| [❌❔⚠✅]", line)]
    assert rows == [REGRESSION, INFRASTRUCTURE, INCONCLUSIVE, PASS]


def test_the_heading_counts_what_was_judged(judge):
    said = gate_render.markdown(judge(ALL, margin=0.001))
    assert (
        "4 runs: 1 regression, 1 infrastructure, 1 inconclusive, 4 pass; alpha 0.01, by Holm over 3 tests"
        in said
    )
    assert "margin 0.001" in said


def test_each_row_says_what_it_could_have_detected(judge):
    said = gate_render.markdown(judge({"a": PASS}))
    assert "| detectable |" in said
    assert "|     0.0450 |" in said
    assert binom.sf(6, 200, 0.0450) == pytest.approx(0.8, abs=0.004)  # seven losses are p = 1/128


def test_a_page_that_passes_says_nothing_of_limits_that_nothing_came_near(judge):
    assert "failures" not in gate_render.markdown(judge({"a": PASS}))


@pytest.mark.parametrize(
    ("strict", "kinds"), [(False, ["warning", "error", "error"]), (True, ["error", "error", "error"])]
)
def test_annotations_are_errors_where_they_fail_the_job(judge, strict, kinds):
    said = list(gate_render.commands(judge(ALL), strict=strict))
    assert [line.removeprefix("::").partition(" ")[0] for line in said] == kinds


def test_an_annotation_says_whose_from_where_to_where_and_how_sure(judge):
    (said,) = gate_render.commands(judge({"d": REGRESSION}))
    assert said == (
        "::error title=harness gate%3A regression::"
        "reviews, d: regression, accuracy 1.0000 → 0.7500 (p <0.0001, n 200)"
    )


HOSTILE = [
    "a|b",
    "two\nlines",
    "::error::\n::add-mask::0",
    "##[add-mask]0",
    "##[stop-commands]x",
    "100%0A::error::",
    "carriage\rreturn",
    "\x1b[31mred\x1b[0m",
    "nul\x00byte",
    "\ufffe\uffff\u0085",
    "exa\u202eenoaxe",
    "<script>alert(1)</script>",
    "]]><failure/>",
    "\"'><testcase/>",
    "&amp;&x;",
    "[click](https://example.com)",
    "![](https://example.com/x.png)",
    "`code` *bold* ~~gone~~",
    "back\\slash|pipe",
    "=cmd|' /C calc'!A0",
    "",
    "이름 | 이름",
    "가" * 100_000,
]


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:40])
def test_a_hostile_name_stays_in_its_cell(judge, name):
    said = gate_render.markdown(judge({name: REGRESSION}, task=name))
    rows = [line for line in said.split("\n") if line.startswith("|")]
    bars = {len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) for row in rows}
    assert (len(rows), bars, len(said) < 10_000) == (3, {11}, True)
    assert all(line.isprintable() for line in said.split("\n"))
    assert not re.search(r"(?<!\\)(?:\\\\)*(<[a-z/!]|`|\*|~|\]\()", "".join(rows))


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:40])
def test_a_hostile_name_gives_the_runner_no_command(judge, name):
    """It obeys lines that begin with `::`, and `##[` anywhere in a line."""
    found = judge({name: REGRESSION, "other": INFRASTRUCTURE, "new": PASS}, task=name)
    said = gate_render.markdown(found)
    assert "##[" not in said
    assert not [line for line in said.split("\n") if line.lstrip().startswith("::")]
    for command in gate_render.commands(found):
        assert re.fullmatch(r"::error title=harness gate%3A [a-z]+::[^\r\n]*", command)
        assert not re.search(r"%(?!25|3A)", command)


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name)[:40])
def test_a_hostile_name_is_text_to_junit(judge, name):
    root = ElementTree.fromstring(junit.document(judge({name: REGRESSION}, task=name)).encode())
    assert [element.tag for element in root.iter()] == [
        *("testsuites", "testsuite", "testcase", "failure", "testcase")
    ]


# JUnit's schema, as CIs read it: the elements that may stand in each, and the attributes each must have.
CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "error", "skipped"},
    **{outcome: set() for outcome in ("failure", "error", "skipped")},
}
NEEDED = {
    "testsuite": {"name", "tests", "failures", "errors", "skipped"},
    "testcase": {"name", "classname", "time"},
    **{outcome: {"message", "type"} for outcome in ("failure", "error")},
}


@pytest.mark.parametrize("strict", [False, True])
def test_the_xml_is_as_junit_has_it(judge, strict):
    root = ElementTree.fromstring(junit.document(judge(ALL), strict=strict).encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        assert {child.tag for child in element} <= CHILDREN[element.tag]
        assert NEEDED.get(element.tag, set()) <= element.attrib.keys()


@pytest.mark.parametrize(("strict", "counts"), [(False, (7, 1, 1, 1)), (True, (7, 2, 1, 0))])
def test_every_verdict_is_a_case_and_is_counted(judge, strict, counts):
    root = ElementTree.fromstring(junit.document(judge(ALL), strict=strict).encode())
    tags = ("testcase", "failure", "error", "skipped")
    assert tuple(len(list(root.iter(tag))) for tag in tags) == counts
    names = ("tests", "failures", "errors", "skipped")
    told = [[suite.get(name) for name in names] for suite in root]
    assert tuple(sum(map(int, column)) for column in zip(*told, strict=True)) == counts
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == tuple(map(str, counts[:3]))


def test_a_failure_says_what_an_annotation_says(judge):
    found = judge({"d": REGRESSION})
    root = ElementTree.fromstring(junit.document(found))
    (command,) = gate_render.commands(found)
    assert root.find(".//failure").get("message") == command.rpartition("::")[2]


def test_the_json_keeps_names_as_they_are_and_every_figure(judge):
    values = gate_render.as_json(judge({"a|b\n": REGRESSION}), strict=True)
    line = values["lines"][0]
    assert (values["verdict"], values["exit_code"], values["tests"]) == (REGRESSION, 1, 1)
    assert (line["system"], line["before"], line["now"]) == ("a|b\n", 1.0, 0.75)
    assert list(line["paired"]) == [
        *("n", "change", "ci_low", "ci_high", "fall", "test", "p_value", "p_of_any", "adjusted", "margin"),
        *("detectable", "needed", "units", "clusters", "on_these", "shared", "possible", "flipped"),
    ]


def test_what_a_run_is_restricted_to_stands_beside_its_system():
    slots = [
        gate_render.RunKey("t", "s", split, limit, sample)
        for split, limit, sample in itertools.product(("test", "dev"), ("", "5"), (False, True))
    ]
    assert [gate_render.title(slot) for slot in slots] == [
        *("s", "s (sample)", "s (limit 5)", "s (sample, limit 5)"),
        *("s (split dev)", "s (split dev, sample)", "s (split dev, limit 5)"),
        "s (split dev, sample, limit 5)",
    ]
