"""The committed example: the leaderboard is what the site shows, and neither holds a text of a data set."""

from __future__ import annotations

import base64
import re
import zlib
from functools import cache
from pathlib import Path

import orjson
import pytest

from tests.support.browsing import no_site
from tests.support.paths import ROOT

REPORTS = ROOT / "reports"
SITE = REPORTS / "site"
pytestmark = pytest.mark.skipif(no_site() is not None, reason=str(no_site()))


def committed() -> list[Path]:
    """Return the site's files."""
    return sorted(path for path in SITE.rglob("*") if path.is_file())


@cache
def contents(path: Path) -> str:
    """Return a file as text; of data, the JSON that a page makes of it."""
    text = path.read_text(encoding="utf-8")
    found = re.fullmatch(r'harnessData\("\w+","([^"]*)"\);\n', text)
    packed = found and zlib.decompress(base64.b64decode(found[1]))
    return orjson.dumps(orjson.loads(packed)).decode() if packed else text


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def board() -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of leaderboard.md's first table."""
    table = (REPORTS / "leaderboard.md").read_text(encoding="utf-8").partition("\n\n")[0].splitlines()
    heads = [head.removesuffix(" (ranks)") for head in cells(table[0])]
    return heads, [cells(line) for line in table[2:]]


def test_the_leaderboard_is_what_the_site_shows():
    from bs4 import BeautifulSoup

    page = BeautifulSoup(contents(SITE / "index.html"), "html.parser").select_one("#board")
    shown = [head.get_text(" ", strip=True) for head in page.select("thead th")]
    scores = [head.get_text(" ", strip=True) for head in page.select("thead th.score")]
    heads, rows = board()
    assert len(scores) >= 4
    assert set(scores) < set(heads)
    lines = [
        [cell.get_text("|", strip=True) for cell in row.select("td, th")] for row in page.select("tbody tr")
    ]
    assert [line[1] for line in lines] == [row[1] for row in rows]
    for line, row in zip(lines, rows, strict=True):
        assert line[0].strip("=") == row[0]
        for head in scores:
            assert row[heads.index(head)] == as_markdown(line[shown.index(head)])


def as_markdown(cell: str) -> str:
    """Return a cell of the site (value, rank, interval, marks) as leaderboard.md has it; some are empty."""
    value, *rest = cell.split("|")
    if not rest:
        return value
    place = next(n for n, part in enumerate(rest) if " to " in part)
    interval, marks = rest[place].replace(" to ", ", "), rest[place + 1 :]
    return " ".join([value, f"[{interval}]", *([f"({', '.join(marks)})"] if marks else [])])


# As their authors published them, in per cent, by the same rule: failed calls apart, a filtered reply wrong.
# Without Phi-4, of whom they read `A, D` as A, four times: that is no answer here.
PUBLISHED = {
    **{"GPT-3.5-turbo": 50.98, "GPT-4o-mini": 68.50, "GPT-5-mini": 82.17, "GPT-5.1": 81.00},
    **{"Llama-3.1-8B-Instruct": 47.82, "Phi-3.5-mini-instruct": 42.99},
    "Phi-3-mini-128k-instruct": 29.12,
}


def click() -> dict[str, str]:
    """Return the cells of CLIcK by system, of those that have one."""
    heads, rows = board()
    place = next(n for n, head in enumerate(heads) if head.startswith("click accuracy"))
    return {row[1]: row[place] for row in rows if row[place]}


def test_sixteen_models_stand_above_a_guess_with_what_failed_apart():
    found = click()
    assert len(found) == 17
    assert list(found)[-1] == "random"
    assert all(re.match(r"0\.\d{4} \[0\.\d{4}, 0\.\d{4}\]", cell) for cell in found.values())
    assert "170 failed" in found["GPT-5.1"]


@pytest.mark.parametrize(("system", "published"), PUBLISHED.items())
def test_a_published_model_has_its_published_figure(system, published):
    # Of two examples with one id and answer the reply is nobody's: 0.1 % of them, up to 0.06 points.
    assert abs(100 * float(click()[system].split()[0]) - published) <= 0.06


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_the_readme_leads_with_the_board(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    lead, rest = text.split("<!-- board -->")[1].split("<!-- /board -->")
    rows = [cells(line) for line in lead.strip().splitlines()[2:]]
    assert {row[1]: row[2] for row in rows} == click() or name == "README.ko.md"
    assert [row[1] for row in rows] == list(click())
    assert "```console" in rest


HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]+(?:[ ,.!?~]+[가-힣ㄱ-ㅎㅏ-ㅣ]+)*")


def test_all_hangul_is_out_of_our_own_tasks_and_backends():
    files = [path for folder in ("tasks", "backends") for path in (ROOT / folder).rglob("*.yaml")]
    files.append(ROOT / "harness/reports/writers/translations.py")
    ours = "\n".join(path.read_text(encoding="utf-8") for path in files)
    ours += "찾기"  # the placeholder of a search
    told = [*committed(), REPORTS / "leaderboard.md"]
    scripts = {path for path in told if path.parent.name == "assets"}
    said = {phrase for path in told if path not in scripts for phrase in HANGUL.findall(contents(path))}
    assert {phrase for phrase in said if phrase not in ours} == set()
    assert "긍정" in said


def test_no_example_has_a_text():
    rows = [
        row
        for path in (SITE / "data").iterdir()
        if isinstance(chunk := orjson.loads(contents(path)), list)
        for row in chunk
    ]
    asked = [row for row in rows if isinstance(row, list)]
    said = [row for row in rows if isinstance(row, dict)]
    assert min(len(asked), len(said)) > 500
    assert {key for request, _ in asked for key in request} == {"options"}
    assert not {key for row in said for key in row} & {"text", "error"}


def test_no_file_names_a_folder_of_the_machine_that_made_it():
    pattern = re.compile(r"(?<![\w./…])/(work|home|root|tmp|Users|mnt|var)/")
    assert [
        path for path in committed() if path.parent.name != "assets" and pattern.search(contents(path))
    ] == []


def test_it_is_small():
    sizes = [path.stat().st_size for path in committed()]
    assert sum(sizes) < 3e6
    assert len(sizes) < 220
    assert (REPORTS / "leaderboard.png").stat().st_size < 300_000
