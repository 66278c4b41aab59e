"""How the pages look: screenshots of each kind of page, and what a script can see of them.

    python -m benchmarks.looks OUT                       the made runs: 3 and 60 systems, odd ones
    python -m benchmarks.looks OUT --runs RUNS           these too: the sixteen of the committed example
    python -m benchmarks.looks OUT --axe axe.min.js      with axe-core, where npm has brought it

Every page is opened at 1280, 768 and 390 pixels, by day and by night, in English and Korean. Checked on each:
the page does not scroll sideways, no two labels of a picture meet, no picture is empty, nothing is cut off,
contrasts hold, the console stays silent, and axe finds nothing serious. What is wrong is printed; the exit
code is 1 then.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.cli.report import report
from tests.support.browsing import CONTRASTS, Reader, browser
from tests.support.looks import PAGES_OF, asked, odd, sixty, three, wrong_with

WIDTHS, LANGUAGES = (1280, 768, 390), ("en", "ko")


def cases(folder: Path, runs: Path | None, only: str | None) -> Iterator[tuple[str, Path, str]]:
    """Yield a name, runs, and the task that they are ranked by; `only` that one where it is given."""
    for name, make in (("three", three), ("sixty", sixty), ("odd", odd), ("asked", asked)):
        if only in (None, name):
            make(folder / name)
            yield name, folder / name, ""
    if runs is not None and only in (None, "given"):
        yield "given", runs, "click"


def main() -> None:
    """Take the pictures and print what is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--runs", type=Path)
    parser.add_argument("--axe", type=Path)
    parser.add_argument("--only", help="a case")
    chosen = parser.parse_args()
    axe = chosen.axe.read_text(encoding="utf-8") if chosen.axe else ""
    chosen.out.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    count = 0
    with tempfile.TemporaryDirectory() as made, browser() as chromium:
        for name, runs, sort in cases(Path(made), chosen.runs, chosen.only):
            for language in LANGUAGES:
                site = Path(made) / f"{name}-{language}"
                title = "한국어 이해 평가" if language == "ko" else "Korean understanding"
                report(out=site, runs=[runs], lang=language, sort=sort or None, title=title, examples=200)
                reader = Reader(chromium, site)
                for page, address in PAGES_OF[name](site):
                    for width in WIDTHS:
                        for dark in (False, True):
                            shot = f"{name}-{page}-{width}-{'dark' if dark else 'light'}-{language}"
                            found = photograph(reader, address, width, dark, axe, chosen.out / f"{shot}.png")
                            wrong += [f"{shot}: {one}" for one in found]
                            count += 1
                wrong += [f"{name}-{language}: {said}" for said in reader.said]
                reader.close()
    print(f"{count} screenshots in {chosen.out}; axe-core {'asked' if axe else 'not asked'}")
    print("\n".join(wrong) or "nothing wrong")
    sys.exit(bool(wrong))


def photograph(reader: Reader, address: str, width: int, dark: bool, axe: str, file: Path) -> list[str]:
    """Take a picture of a page, return what is wrong with it."""
    page: Any = reader.open(address, width=width, dark=dark)
    if page.locator("#list").count():
        page.wait_for_selector('#list[aria-busy="false"]')
        row = page.locator("#list details > summary")
        if row.count():
            row.first.click()
    page.screenshot(path=file, full_page=True)
    found = [*wrong_with(page, width), *page.evaluate(CONTRASTS)]
    if axe:
        found += serious(page, axe)
    page.close()
    return found


def serious(page: Any, axe: str) -> list[str]:
    """Return what axe-core finds serious or critical."""
    page.evaluate(axe)
    told: list[dict[str, Any]] = page.evaluate(
        "axe.run(document, {resultTypes: ['violations'], preload: false}).then(found => found.violations"
        ".filter(one => ['serious', 'critical'].includes(one.impact))"
        ".map(one => ({id: one.id, target: one.nodes[0].target.join(' ')})))"
    )
    return [f"axe {one['id']}: {one['target']}" for one in told]


if __name__ == "__main__":
    main()
