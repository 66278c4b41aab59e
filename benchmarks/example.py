"""The committed example: leaderboard.md, leaderboard.png and site in reports/, and README's first table.

python -m benchmarks.example --replies DIR --data-dir DIR    make the runs and write all of it
python -m benchmarks.example RUNS                            write it of runs that are there

Sixteen models on CLIcK by what they once answered (`--replies`, files `korean/click/MODEL.csv.gz`),
beside the baselines of our own ladder. What is complete in `--runs-dir` is not made again, so that
`--systems` may name more of them, or less.

The site holds no text of a data set or of a reply, and of each run the first examples alone. The picture
needs playwright and Chromium.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import harness
from benchmarks.published import CLICK_KEY, FILTERED
from harness.cli.leaderboard import leaderboard
from harness.cli.report import report
from harness.reports.leaderboard.board import board
from harness.reports.run import Run, load
from harness.reports.writers.markdown import table
from harness.reports.writers.numbers import figure
from harness.reports.writers.translations import language
from tests.support.browsing import browser

ROOT = Path(__file__).parents[1]
REPORTS = ROOT / "reports"
BOARD, SITE, PICTURE = REPORTS / "leaderboard.md", REPORTS / "site", REPORTS / "leaderboard.png"
READMES = {"en": ROOT / "README.md", "ko": ROOT / "README.ko.md"}
OPEN, SHUT = "<!-- board -->", "<!-- /board -->"  # around the table in a README
RANKED_BY, TITLE = "click", "Korean, side by side"
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


def write(runs: Path) -> None:
    """Write the leaderboard, the site, and the READMEs' table of the runs."""
    leaderboard([runs], format="md", out=BOARD, sort=RANKED_BY, lang="en")
    report(SITE, [runs], sort=RANKED_BY, title=TITLE, examples=EXAMPLES, no_texts=True, lang="en")
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


def draw() -> None:
    """Write the picture: the top of the site, down to the end of the board."""
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
        page.goto((SITE / "index.html").as_uri())
        box = page.locator("#board").bounding_box()
        high = box["y"] + box["height"] + 16
        page.screenshot(path=PICTURE, full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": high})


def main() -> None:
    """Make and write what the arguments ask for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", metavar="RUNS", nargs="?", type=Path)
    parser.add_argument("--replies", type=Path)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs/example"))
    parser.add_argument("--systems", default=",".join(OURS))
    chosen = parser.parse_args()
    runs = chosen.runs
    if chosen.replies is not None:
        if chosen.data_dir is None:
            parser.error("--replies needs --data-dir: CLIcK's own questions")
        runs = chosen.runs_dir
        runs = runs.absolute()
        make(chosen.replies, chosen.data_dir, runs, chosen.systems.split(","))
    if runs is None:
        parser.error("RUNS, or --replies with --data-dir")
    write(runs)
    draw()
    for path in (BOARD, PICTURE):
        print(f"written: {path}, {path.stat().st_size / 1e3:,.0f} kB")


if __name__ == "__main__":
    main()
