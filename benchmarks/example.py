"""The committed example: sixteen models on CLIcK by what they once answered, beside our own baselines.

python -m benchmarks.example SITE                      runs from reports/click, and their site at SITE
python -m benchmarks.example SITE --replies DIR --data-dir DIR [--systems nb,tfidf]
    the same from the replies themselves (files `korean/click/MODEL.csv.gz`): writes reports/click anew,
    reports/leaderboard.md, its picture (playwright and Chromium) and the table that both READMEs lead with

`reports/click` holds ids, options' letters and what was read of each reply, no text of a data set or of a
reply; the site shows the first examples of each run. What is complete in `--runs-dir` is not made again.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import harness
from benchmarks.published import CLICK_KEY, FILTERED
from harness.cli.leaderboard import leaderboard
from harness.cli.report import report
from harness.records.sample_schema import Record
from harness.reports.leaderboard.board import board
from harness.reports.run import Run, load
from harness.reports.writers.markdown import table
from harness.reports.writers.numbers import figure
from harness.reports.writers.translations import language

ROOT = Path(__file__).parents[1]
REPORTS = ROOT / "reports"
BOARD, PICTURE = REPORTS / "leaderboard.md", REPORTS / "leaderboard.png"
LETTERS = REPORTS / "click" / "letters.jsonl.gz"
READMES = {"en": ROOT / "README.md", "ko": ROOT / "README.ko.md"}
OPEN, SHUT = "<!-- board -->", "<!-- /board -->"  # around the table in a README
RANKED_BY, TITLE = "click", "Korean, side by side"
FAILED, FILTERED_OUT, UNREAD = "FAILED", "FILTERED", "?"  # in place of a letter
EXAMPLES = 120  # of each run
WIDTH = 1180  # pixels: what GitHub shows of a README, and the same for a sharper screen

# File of replies → the model's name; how hard it thought stands behind it where that was said.
MODELS = {
    "gpt-5.2_medium-2025-12-11": "GPT-5.2 (medium)",
    "gpt-5.2-2025-12-11": "GPT-5.2",
    "gpt-5.1-2025-11-13": "GPT-5.1",
    "gpt-5-mini-2025-08-08": "GPT-5-mini",
    "gpt-4.1-2025-04-14": "GPT-4.1",
    "gpt-4.1-mini-2025-04-14": "GPT-4.1-mini",
    "gpt-4o-mini-240718": "GPT-4o-mini",
    "gpt-35-turbo-230613": "GPT-3.5-turbo",
    "gpt-oss-120b-2025-08-05": "gpt-oss-120b",
    "claude-sonnet-4-2025-12-10": "Claude Sonnet 4",
    "nova-2-lite-medium-2025-12-13": "Nova 2 Lite (medium)",
    "qwen3-next-2025-12-10": "Qwen3-Next",
    "llama-3-1-8b-instruct": "Llama-3.1-8B-Instruct",
    "phi-4": "Phi-4",
    "phi-3-5-mini-instruct": "Phi-3.5-mini-instruct",
    "phi-3-mini-128k-june": "Phi-3-mini-128k-instruct",
}
OURS = ("majority", "nb", "tfidf")
TASKS = ("kobest_boolq", "kobest_sentineg", "kobest_wic", "nsmc_fewshot")


def make(replies: Path, data: Path, runs: Path, systems: list[str]) -> None:
    """Make the runs, all that are not there."""
    data, runs = data.absolute(), runs.absolute()
    os.chdir(replies)  # a run keeps its command, which is to name no folder of this machine
    for file, name in MODELS.items():
        print(name, flush=True)
        path = f"korean/click/{file}.csv.gz"
        settings = {"file": path, "reply": "response", "failed": "BAD_REQUEST_ERROR", "filtered": FILTERED}
        harness.run(
            "click",
            "recorded",
            name=name,
            settings={**settings, **CLICK_KEY},
            data_dir=data,
            runs_dir=runs,
            max_failures=1.0,
        )
    harness.run("click", "random", data_dir=data, runs_dir=runs)
    for system in systems:
        print(system, flush=True)
        harness.run(TASKS, system, data_dir=data, runs_dir=runs)


def replay(runs: Path, names: Iterable[str] = tuple(MODELS.values())) -> None:
    """Make the runs from the letters in reports/click, all that are not there."""
    runs = runs.absolute()
    os.chdir(LETTERS.parent)
    for name in names:
        settings = {"file": LETTERS.name, "reply": name, "failed": FAILED, "filtered": FILTERED_OUT}
        harness.run(
            "./click.yaml",
            "recorded",
            name=name,
            settings=settings,
            data_dir=LETTERS.parent,
            runs_dir=runs,
            max_failures=1.0,
        )
    harness.run("./click.yaml", "random", data_dir=LETTERS.parent, runs_dir=runs)


def write_letters(runs: Path) -> None:
    """Write what was read of each reply, a row an example and a column a system."""
    rows: dict[str, dict[str, Any]] = {}
    clusters: dict[str, int] = {}
    for run in load([runs / RANKED_BY / "recorded"], print):
        for record in run.samples():
            assert record.request is not None
            letters = record.request["options"]
            row = rows.setdefault(
                record.id,
                {
                    "id": record.id,
                    "answer": letters[int(record.target)],
                    "options": letters,
                    "cluster": clusters.setdefault(record.cluster or record.id, len(clusters)),
                    **(record.groups or {}),
                },
            )
            row[run.label] = letter(record, letters)
    text = "".join(json.dumps(rows[name], ensure_ascii=False) + "\n" for name in sorted(rows))
    LETTERS.write_bytes(gzip.compress(text.encode(), mtime=0))


def letter(record: Record, letters: list[str]) -> str:
    """Return what a reply was read as, or why it was not."""
    if record.failed:
        return FAILED
    if record.prediction is not None:
        return letters[int(record.prediction)]
    return FILTERED_OUT if record.response.finish == "filtered" else UNREAD


def write(runs: Path) -> None:
    """Write the leaderboard, and the READMEs' table of the runs."""
    leaderboard([runs], format="md", out=BOARD, sort=RANKED_BY, lang="en")
    entries = [entry for entry in load([runs], print) if entry.task == RANKED_BY]
    for lang, path in READMES.items():
        text = path.read_text(encoding="utf-8")
        before, _, rest = text.partition(OPEN)
        after = rest.partition(SHUT)[2]
        path.write_text(f"{before}{OPEN}\n{lead_table(entries, lang)}\n{SHUT}{after}", encoding="utf-8")


def lead_table(entries: list[Run], lang: str) -> str:
    """Return the ranks on the one task as a table: rank, system, figure with its marks, examples."""
    with language(lang):
        found = board(entries, print, sort=RANKED_BY)
        column = found.columns[0]
        head = (
            ["순위", "시스템", "CLIcK 정확도", "n"]
            if lang == "ko"
            else ["rank", "system", "CLIcK accuracy", "n"]
        )
        rows = [
            [
                str(row.rank or ""),
                row.system,
                shown(row.entries[column]),
                f"{row.entries[column].main.n:,}",
            ]
            for row in found.rows
        ]
        return table(head, rows, names=2)


def shown(entry: Run) -> str:
    """Return a figure with its interval and marks."""
    return figure(entry.main, entry.marks)


def draw(site: Path) -> None:
    """Write the picture: the top of the site, down to the end of the board."""
    from tests.support.browsing import browser  # playwright, which the letters alone do without

    with browser() as chromium:
        page = chromium.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
        page.goto((site / "index.html").as_uri())
        box = page.locator("#board").bounding_box()
        high = box["y"] + box["height"] + 16
        page.screenshot(path=PICTURE, full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": high})


def main() -> None:
    """Make and write what the arguments ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("site", metavar="SITE", type=Path)
    parser.add_argument("--replies", type=Path)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/example"))
    parser.add_argument("--systems", default=",".join(OURS))
    chosen = parser.parse_args()
    runs, site = chosen.runs_dir.absolute(), chosen.site.absolute()
    if chosen.replies is None:
        replay(runs)
    elif chosen.data_dir is None:
        parser.error("--replies needs --data-dir: CLIcK's own questions")
    else:
        make(chosen.replies, chosen.data_dir, runs, chosen.systems.split(","))
        write_letters(runs)
        write(runs)
    report(site, [runs], sort=RANKED_BY, title=TITLE, examples=EXAMPLES, no_texts=True, lang="en")
    if chosen.replies is not None:
        draw(site)


if __name__ == "__main__":
    main()
