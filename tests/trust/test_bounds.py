"""What a task, a name or a reply could make endless: templates, patterns, names on a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import harness
from harness.config import template_bounds, templates
from harness.errors import BadInput
from harness.metrics import math_equal
from harness.text import bounded_regex
from tests.support.shell import Shell

SEND = """\
version: 1
description: theirs
data: {{format: jsonl, files: {{test: test.jsonl}}}}
fields: {{input: text, target: label}}
options: {{a: 가, b: 나}}
ask: choose
templates: {{plain: {{query: {query}}}}}
metrics: [accuracy]
"""
AGAIN = "{%% set ns = namespace(x=%s) %%}{%% for i in range(60) %%}{%% set ns.x = %s %%}{%% endfor %%}"
BOMBS = {
    "product": "{{ 'a' * 3000000000 }}",
    "product_of_a_field": "{{ 3000000000 * input }}",
    "list": "{{ [1] * 3000000000 }}",
    "padding": "{{ 'a'|center(3000000000) }}",
    "method": "{{ 'a'.ljust(3000000000) }}",
    "percent": "{{ '%3000000000d' % 1 }}",
    "format": "{{ '{:3000000000}'.format(1) }}",
    "format_given": "{{ '{:{}}'.format(1, 3000000000) }}",
    "replace": "{% set x = 'a' * 60000000 %}{{ x.replace('a', x) }}",
    "join": "{% set x = 'a' * 60000000 %}{{ ([x] * 1000)|join(x) }}",
    "join_method": "{% set x = 'a' * 60000000 %}{{ x.join([x] * 1000) }}",
    "batch": "{{ [1]|batch(3000000000, 'x')|list }}",
    "bytes": "{{ (1).to_bytes(3000000000, 'big') }}",
    "number": AGAIN % ("10", "ns.x * ns.x"),
    "doubled": AGAIN % ("'a'", "ns.x ~ ns.x"),
    "nested": AGAIN % ("[1]", "[ns.x, ns.x]"),
    "loops": "{% for i in range(99999) %}{% for j in range(99999) %}{{ i }}{% endfor %}{% endfor %}",
    "filters": "{% for i in range(99999) %}{{ range(99999)|sum }}{% endfor %}",
}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds as they are, but smaller: a busy machine builds 64 MB slowly."""
    for name, least in (("LARGEST", 1 << 20), ("MOST", 20_000), ("STEPS", 300_000)):
        monkeypatch.setattr(template_bounds, name, least)


@pytest.mark.parametrize("name", BOMBS)
def test_check_works_nothing_out_and_a_run_ends_in_one_line(shell: Shell, name):
    query = BOMBS[name].replace("60000000", "1000000")
    shell.write("tasks/theirs.yaml", SEND.format(query=f'"{query}"'))
    shell.write("data/test.jsonl", '{"text": "가나다", "label": "a"}\n')
    assert shell("check", "tasks").code == 0
    told = shell("show", "theirs", "-n", "1", "--data-dir", "data")
    assert told.code == 2, told
    assert "the template" in told.complaint
    assert len(told.complaint) < 400


def test_the_bounds_let_every_honest_template_through():
    loop = "{% for w in input.split() %}{{ loop.index }}. {{ w|upper ~ '!' }}\n{% endfor %}"
    honest = loop + "{{ [input, 'x']|join(', ') }}"
    said = templates.template(honest)({"input": "a b"})
    assert said == "1. A!\n2. B!\na b, x"
    assert templates.template("{{ '%05.1f' % x }}{{ 'ab' * 3 }}{{ 1 + 2 }}")({"x": 2.5}) == "002.5ababab3"


def test_the_steps_of_a_rendering_are_the_same_on_every_machine():
    """A rendering that is refused is refused by its steps, whatever the clock says."""
    for _ in range(3):
        with pytest.raises(BadInput, match="it takes more than 300,000 steps"):
            templates.template(BOMBS["loops"])({})


@pytest.mark.parametrize(
    "name", ["\x1b]52;c;aGk=\x07", "::error file=x::pwned", "\n::error::pwned", "##[error]pwned", "\x1b[2J"]
)
def test_a_file_s_name_is_text_on_every_line(shell: Shell, name):
    shell.write(f"tasks/{name}.yaml", "ask: choose\nnonsense: 1\n")
    told = shell("check", "tasks")
    assert told.code == 2
    for line in (told.out + told.err).splitlines():
        assert line.isprintable()
        assert not line.lstrip().startswith("::")
        assert "##[" not in line


STEP = "extract: [{{regex: {{pattern: '(가+)+$'}}}}]\nask: generate\ntemplates:"
SLOW = SEND.replace("templates:", STEP).replace("ask: choose\n", "", 1)


def test_a_pattern_that_finds_no_end_costs_an_answer_and_then_ends_the_run(shell: Shell, monkeypatch):
    monkeypatch.setattr(bounded_regex, "SECONDS", 0.2)
    shell.write("tasks/theirs.yaml", SLOW.format(query='"{{ input }}"'))
    for count, code in ((2, 0), (3, 2)):
        rows = [f'{{"text": "{number}", "label": "a"}}\n' for number in range(count)]
        shell.write("data/test.jsonl", "".join(rows))
        reply = "가" * 60 + "!"
        asked = ("run", "-t", "theirs", "-b", "dummy", "-m", f"reply={reply}", "--data-dir", "data", "--json")
        told = shell(*asked, "--runs-dir", f"runs{count}")
        assert told.err.count("found no end in 0.2 s") == count
        assert told.code == code, told
        assert "Traceback" not in told.err


def in_a_thread(call: Callable[[], Any]) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result(60)


PATTERNS = ["가(나)?", "((?:가|가)+)$", "(?i)A(b)|(c)", "(?<!x)\\d+", "\\s²?"]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("text", ["가나다", "xab c", "x12 3", "\ud800 가", "m²", ""])
def test_a_pattern_finds_the_same_in_any_thread(pattern, text):
    compiled = re.compile(pattern)
    here = bounded_regex.search(compiled, text)
    assert in_a_thread(lambda: bounded_regex.search(compiled, text)) == here
    match = compiled.search(text)
    assert here == (match and (match[0], *match.groups()))


def test_one_that_finds_no_end_ends_in_any_thread_and_the_next_is_answered(monkeypatch):
    monkeypatch.setattr(bounded_regex, "SECONDS", 0.3)
    endless = re.compile("((?:가|가)+)$")
    for _ in range(2):
        with pytest.raises(bounded_regex.TooSlow):
            in_a_thread(lambda: bounded_regex.search(endless, "가" * 60 + "!"))
    monkeypatch.setattr(bounded_regex, "SECONDS", 60)
    assert in_a_thread(lambda: bounded_regex.search(endless, "가가")) == ("가가", "가가")


def test_a_run_in_a_thread_is_bounded_as_one_in_the_main_thread_is(shell: Shell, monkeypatch):
    shell.write("tasks/theirs.yaml", SLOW.format(query='"{{ input }}"'))
    shell.write("data/test.jsonl", '{"text": "1", "label": "a"}\n')
    monkeypatch.chdir(shell.home)
    monkeypatch.setattr(bounded_regex, "SECONDS", 0.3)
    asked = {"data_dir": "data", "settings": {"reply": "가" * 60 + "!"}, "limit": 1}
    (found,) = in_a_thread(lambda: harness.run("theirs", "dummy", **asked))
    assert found.metrics["accuracy"].value == 0


def test_an_expression_that_is_endless_to_work_out_is_wrong_in_any_thread(monkeypatch):
    pytest.importorskip("math_verify")
    assert in_a_thread(lambda: math_equal.same("1/2", "0.5"))
    assert not in_a_thread(lambda: math_equal.same("1/3", "0.5"))
    monkeypatch.setattr(math_equal, "_SECONDS", 0.1)
    assert not in_a_thread(lambda: math_equal.same("9^{9^{9^{9}}}", "9^{9^{9^{8}}}+1"))


def test_the_bounds_of_a_template_hold_in_any_thread():
    with pytest.raises(BadInput, match="it takes more than 300,000 steps"):
        in_a_thread(lambda: templates.template(BOMBS["loops"])({}))


def test_so_does_one_over_the_path_of_a_file(shell: Shell, monkeypatch):
    monkeypatch.setattr(bounded_regex, "SECONDS", 0.2)
    text = SEND.format(query='"{{ input }}"').replace(
        "{format: jsonl,", "{format: jsonl, from_path: {x: '((?:가|가)+)$'},"
    )
    name = "가" * 40
    shell.write(
        "tasks/theirs.yaml", text.replace("test.jsonl", f"{name}!.jsonl").replace("text,", "text, x: x,")
    )
    shell.write(f"data/{name}!.jsonl", '{"text": "a", "label": "a"}\n')
    told = shell("run", "-t", "theirs", "-b", "dummy", "--data-dir", "data")
    assert told.code == 2
    assert "finds no end in the path" in told.err
