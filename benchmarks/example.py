"""The committed example out of a folder of runs: leaderboard.md, leaderboard.png and site in reports/.

python -m benchmarks.example RUNS    write all three; the picture needs playwright and Chromium
python -m benchmarks.example         put Plotly into the site, which is committed without it

The site holds no text of a data set, and of each run the first examples alone. Plotly, which draws its
pictures, would be three quarters of it: git is told to leave it out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.cli.leaderboard import leaderboard
from harness.cli.report import report
from harness.reports.site import vendored
from harness.reports.site.writing import ASSETS
from tests.support.browsing import browser

REPORTS = Path(__file__).parents[1] / "reports"
BOARD, SITE, PICTURE = REPORTS / "leaderboard.md", REPORTS / "site", REPORTS / "leaderboard.png"
RANKED_BY = "nsmc_fewshot"  # the task with most examples
EXAMPLES = 200  # of each run
WIDTH = 1180  # pixels: what GitHub shows of a README, and the same for a sharper screen


def write(runs: Path) -> None:
    """Write the leaderboard and the site of the runs."""
    leaderboard([runs], format="md", out=BOARD, sort=RANKED_BY, lang="en")
    report(SITE, [runs], sort=RANKED_BY, examples=EXAMPLES, no_texts=True, lang="en")


def draw() -> None:
    """Write the picture: the top of the site, down to the first pictures of what a better figure costs."""
    with browser() as chromium:
        page = chromium.new_page(viewport={"width": WIDTH, "height": 900}, color_scheme="light")
        page.goto((SITE / "index.html").as_uri())
        pictures = page.locator("section[aria-label='Trade-offs'] figure.chart")
        for figure in pictures.all()[:2]:
            figure.scroll_into_view_if_needed()
            figure.locator("svg.main-svg").first.wait_for()
        page.evaluate("window.scrollTo(0, 0)")
        box = pictures.nth(1).bounding_box()
        high = box["y"] + box["height"] + 16
        page.screenshot(path=PICTURE, full_page=True, clip={"x": 0, "y": 0, "width": WIDTH, "height": high})


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("runs", metavar="RUNS", nargs="?", type=Path)
    chosen = parser.parse_args()
    if chosen.runs is None:
        vendored.write(SITE / ASSETS)
        return
    write(chosen.runs)
    draw()
    for path in (BOARD, PICTURE):
        print(f"written: {path}, {path.stat().st_size / 1e3:,.0f} kB")


if __name__ == "__main__":
    main()
