"""The committed example: a board, letters, the site that is made of them; none holds a data set's text."""

from __future__ import annotations

import base64
import gzip
import re
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import orjson
import pytest

from benchmarks import example
from harness.cli.report import report
from harness.reports.run import load
from tests.support.browsing import no_site
from tests.support.paths import ROOT

REPORTS = ROOT / "reports"
SYSTEMS = ("GPT-5.1", "Phi-4")  # with calls that failed, filtered replies, replies that could not be read
pytestmark = pytest.mark.skipif(no_site() is not None, reason=str(no_site()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Iterator[Path]:
    """The runs of two systems and of a guess, made from the letters, and their site."""
    home = tmp_path_factory.mktemp("example")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)  # and back at the end
        example.replay(home / "runs", SYSTEMS)
        report(home / "site", [home / "runs"], examples=example.EXAMPLES, no_texts=True, lang="en")
        yield home


def files(site: Path) -> list[Path]:
    """Return the site's files."""
    return sorted(path for path in site.rglob("*") if path.is_file())


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


def without_interval(figure: str) -> str:
    return re.sub(r" \[.*?\]", "", figure)


def test_the_letters_give_the_committed_figures_failures_and_unread_replies(folder):
    runs = load([folder / "runs"], pytest.fail)
    remade = {run.label: without_interval(example.shown(run)) for run in runs if run.label in SYSTEMS}
    assert remade == {system: without_interval(cell) for system, cell in click().items() if system in SYSTEMS}


def test_the_letters_are_letters():
    rows = [orjson.loads(line) for line in gzip.decompress(example.LETTERS.read_bytes()).splitlines()]
    states = (example.FAILED, example.FILTERED_OUT, example.UNREAD)
    assert len(rows) == 1995
    for row in rows:
        assert set(row) - set(example.MODELS.values()) == {
            *("id", "answer", "options", "cluster", "area", "category")
        }
        assert row["answer"] in row["options"]
        assert {row[name] for name in example.MODELS.values()} <= {*row["options"], *states}
    assert not HANGUL.search(" ".join(row["id"] + row["area"] + row["category"] for row in rows))


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


def test_all_hangul_of_the_board_is_out_of_our_own_tasks_and_backends():
    paths = [path for place in ("tasks", "backends") for path in (ROOT / place).rglob("*.yaml")]
    paths.append(ROOT / "harness/reports/writers/translations.py")
    ours = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    said = set(HANGUL.findall((REPORTS / "leaderboard.md").read_text(encoding="utf-8")))
    assert {phrase for phrase in said if phrase not in ours} == set()


def test_no_example_has_a_text(folder):
    rows = [
        row
        for path in (folder / "site" / "data").iterdir()
        if isinstance(chunk := orjson.loads(contents(path)), list)
        for row in chunk
    ]
    asked = [row for row in rows if isinstance(row, list)]
    said = [row for row in rows if isinstance(row, dict)]
    assert min(len(asked), len(said)) >= example.EXAMPLES
    assert {key for request, _ in asked for key in request} == {"options"}
    assert not any("text" in row for row in said)
    assert {row["error"]["message"] for row in said if row.get("error")} == {"(left out)"}


def test_no_file_names_a_folder_of_the_machine_that_made_it(folder):
    pattern = re.compile(r"(?<![\w./…])/(work|home|root|tmp|Users|mnt|var)/")
    pages = [path for path in files(folder / "site") if path.parent.name != "assets"]
    assert [path for path in pages if pattern.search(contents(path))] == []


def test_it_is_small(folder):
    assert sum(path.stat().st_size for path in files(folder / "site")) < 1e6
    assert example.LETTERS.stat().st_size < 50_000
    assert (REPORTS / "leaderboard.png").stat().st_size < 300_000
