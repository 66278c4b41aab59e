"""Reports as HTML and LaTeX, and the forty hostile strings in every format that a report has."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest

from harness import compare
from harness.records import run_file
from harness.reports.gate import junit
from harness.reports.gate import render as gate_render
from harness.reports.gate.gate import Gate, Limits, gate
from harness.reports.gate.measurements import latest, measured
from harness.reports.leaderboard import render
from harness.reports.leaderboard.board import Board, board
from harness.reports.run import load
from harness.reports.writers import html, latex, markdown
from harness.reports.writers.blocks import MOST, Lines, Note, TableBlock, cell
from harness.text.width import width
from tests.support.fake_runs import fake_run
from tests.support.hostile import HOSTILE

csv.field_size_limit(10_000_000)
NAMES = pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())


class Page(HTMLParser):
    """A page as a browser reads it: the tags with their attributes, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def shown(folder: Path) -> Board:
    return board(load([folder], pytest.fail), lambda message: None)


# HTML -------------------------------------------------------------------------------------------------


@pytest.fixture
def page(tmp_path: Path) -> str:
    fake_run(tmp_path, "good", "1" * 180 + "0" * 20)
    fake_run(tmp_path, "poor", "1" * 100 + "0" * 100)
    return render.written(render.blocks(shown(tmp_path)), "html")


def test_a_page_needs_nothing_beside_it(page):
    tags = {tag for tag, _ in Page(page).tags}
    assert not tags & {"script", "link", "img", "iframe", "object"}
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=|url\(|@import", page)


def test_a_page_is_for_phones_and_the_dark_and_says_its_language(page):
    assert '<html lang="en">' in page
    assert 'name="viewport"' in page
    assert "prefers-color-scheme: dark" in page


def test_rows_and_columns_have_heads(page):
    scopes = [about["scope"] for tag, about in Page(page).tags if tag == "th"]
    assert (scopes.count("row"), scopes.count("col")) == (2, 6)


def test_a_wide_table_scrolls_by_keyboard_and_has_a_name(page):
    (region,) = [about for tag, about in Page(page).tags if about.get("role") == "region"]
    assert (region["tabindex"], region["aria-label"]) == ("0", "system")


def test_numbers_stand_at_the_right_and_names_at_the_left(page):
    cells = re.findall(r'<t[dh][^>]*style="text-align: (\w+)[^>]*>(?:<b>)?(good|0\.9000)', page)
    assert cells == [("left", "good"), ("right", "0.9000")]


def test_a_share_has_a_bar_and_its_interval_stands_back(page):
    assert 'class="figure" style="text-align: right; --at: 90.0%"><b>0.9000</b> <span class="reach">[' in page


# LaTeX ------------------------------------------------------------------------------------------------


def read_latex(text: str) -> str:
    """Return what LaTeX sets, by a parser that is not ours."""
    nodes = pytest.importorskip("pylatexenc.latex2text")
    return str(nodes.LatexNodes2Text(math_mode="text", keep_comments=False).latex_to_text(text))


@pytest.mark.parametrize(
    "text",
    [
        *("50% of $x_1^2$ & #1 ~ {a}", "a_b", "x|y<z>", "[not an option]", "*not a star", "back\\slash"),
        *("KoAlpaca (polyglot-ko-5.8b)", "em--dash---", "한글 이름", "\\input{/etc/passwd}"),
    ],
)
def test_latex_sets_a_name_as_it_is_written(text):
    accent, caret = "\u02c6^"  # the parser's word for \\textasciicircum is the accent alone
    assert read_latex(latex.escaped(text)).strip().replace(accent, caret) == text


@NAMES
def test_no_name_is_a_command_to_latex(name):
    escaped = latex.escaped(cell(name))
    commands = set(re.findall(r"\\([A-Za-z]+|.)", escaped))
    assert commands <= {
        *("textbackslash", "textasciicircum", "textasciitilde"),
        *("textasciigrave", "textquotesingle", "ldots", "textperiodcentered", *"&%$#_{}"),
    }
    assert escaped.count("{") - escaped.count(r"\{") == escaped.count("}") - escaped.count(r"\}")
    assert "\n" not in escaped


def test_a_table_is_of_booktabs_and_its_notes_stand_under_it():
    made = latex.document([TableBlock(["rank", "system"], [["1", "a_b"]]), Note("95 % intervals")])
    assert made.startswith("% needs \\usepackage{booktabs}\n\n\\begin{table}")
    assert made.split("\n")[5:8] == ["\\begin{tabular}{rl}", "\\toprule", "rank & system \\\\"]
    assert "\\midrule\n1 & a\\_b \\\\\n\\bottomrule" in made
    assert made.endswith("\\footnotesize 95 \\% intervals\n\\end{table}\n")


def test_a_falling_figure_has_a_minus():
    assert latex.escaped("-0.5 [-0.6, -0.4] gpt-4") == "$-$0.5 {[}$-$0.6, $-$0.4{]} gpt-4"


@pytest.mark.parametrize(("text", "told"), [("한글", "kotex"), ("é", "lualatex"), ("plain ↓", None)])
def test_what_pdflatex_cannot_set_is_said(text, told):
    (*_, last) = latex.document([Note(text)]).split("\n\n")[0].split("\n")
    assert told in last if told else last == "% needs \\usepackage{booktabs}"


# Forty hostile strings --------------------------------------------------------------------------------


@pytest.fixture
def named(tmp_path: Path) -> Any:
    """Return the folder of two runs whose task, system, source and licence are all called so."""

    def made(name: str) -> Path:
        about = {"label": name, "task": {"name": name}, "backend": {"kind": name, "licence": name}}
        source = name if len(name) < 1000 else name[:1000]  # YAML takes seconds to read a megabyte
        changes = {"reference": [{"system": source, "accuracy": 0.9, "source": source, "note": source}]}
        for side, answers in (("before", "1" * 20), ("now", "1" * 18 + "00")):
            fake_run(tmp_path / side, "system", answers, run=about, changes=changes)
        return tmp_path

    return made


def gated(folder: Path) -> Gate:
    return gate(
        *(latest(map(measured, load([folder / side], pytest.fail))) for side in ("before", "now")), Limits()
    )


@NAMES
def test_a_hostile_string_is_text_in_every_board(named, name):
    found = shown(named(name) / "now")
    page = Page(render.written(render.blocks(found), "html"))
    assert {tag for tag, _ in page.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "h1", "div", "table", "thead", "tbody"),
        *("tr", "th", "td", "p", "b", "span"),
    }
    assert {key for _, about in page.tags for key in about} <= {
        *("lang", "charset", "name", "content", "http-equiv", "role", "tabindex", "aria-label"),
        *("scope", "style", "class"),
    }
    assert any(cell(name) in text for text in page.text)
    said = render.markdown(found)
    assert all(line.isprintable() for line in said.split("\n"))
    assert not re.search(r"(?<!\\)(?:\\\\)*(<[a-z/!]|`|\]\()", said)
    assert max(map(width, said.split("\n"))) < 12 * MOST
    for table in (part.split("\n") for part in said.split("\n\n") if part.startswith("|")):
        assert len({len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in table}) == 1


@NAMES
def test_a_hostile_string_is_a_spreadsheets_text(named, name):
    rows = list(csv.reader(io.StringIO(render.as_csv(shown(named(name) / "now")).removeprefix("\ufeff"))))
    assert len({len(row) for row in rows}) == 1
    for text in (text for row in rows[1:] for text in row):
        assert not re.match(r"[=+@\t\r＝＋＠－]", text)
        assert not text.startswith("-") or float(text) < 0
    assert orjson.loads(orjson.dumps(render.as_json(shown(named(name) / "now"))))["rows"][0]["system"] == name


@NAMES
def test_a_hostile_string_is_text_to_a_gate(named, name):
    found = gated(named(name))
    said = gate_render.markdown(found)
    assert all(line.isprintable() for line in said.split("\n"))
    assert len(said) < 20_000
    assert not [line for line in said.split("\n") if line.lstrip().startswith("::")]
    assert all(line.count("\n") == 0 and line.isprintable() for line in gate_render.commands(found))
    ElementTree.fromstring(junit.document(found).encode())


@NAMES
def test_a_hostile_answer_is_text_in_a_comparison(named, name):
    folder = named("reviews")
    sides = [next((folder / side).glob("*/*")) for side in ("before", "now")]
    for side in sides:
        right = side.parent.parent.name == "before"
        lines = [
            {
                **{"id": f"e{row}", "repeat": 0, "target": name, "prediction": name if right else None},
                "request": {"prompt": name},
                "response": {"text": name, "error": None},
            }
            for row in range(18, 20)
        ]
        (side / run_file.SAMPLES).write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    found = compare(*sides)
    page = Page(found.html())
    assert {tag for tag, _ in page.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "h1", "div", "table", "thead", "tbody"),
        *("tr", "th", "td", "p", "ul", "li", "b", "span"),
    }
    assert all(line.isprintable() for line in found.markdown().split("\n"))
    assert not re.search(r"(?<!\\)(?:\\\\)*<[a-z/!]", found.markdown())


@NAMES
def test_a_hostile_string_is_text_in_lists_and_paragraphs(name):
    blocks = [Lines([name]), Note(name)]
    assert all(line.isprintable() for line in markdown.document(blocks).split("\n"))
    assert Page(html.fragment(blocks)).tags == [("ul", {}), ("li", {}), ("p", {})]
