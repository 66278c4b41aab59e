"""`python docs/_site/build.py [FOLDER]`: the documents as a site that opens from the disk, in both languages.

Nothing is downloaded. A page without its pair in the other language, a broken link and a warning each end it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent
LANGUAGES = ("en", "ko")

FRONT = """<!doctype html><meta charset="utf-8"><title>harness</title>
<script>
  location.replace((navigator.language || "en").startsWith("ko") ? "ko/index.html" : "en/index.html")
</script>
<p><a href="en/index.html">English</a> · <a href="ko/index.html" lang="ko">한국어</a></p>
"""


def unpaired() -> list[str]:
    """Return the pages that the other language lacks."""
    pages = [{str(path.relative_to(DOCS / one)) for path in (DOCS / one).rglob("*.md")} for one in LANGUAGES]
    return sorted(pages[0] ^ pages[1])


def build(folder: Path) -> None:
    """Write the site into `folder`.

    Raises:
        SystemExit: pages do not pair up, or Sphinx warns of something.
    """
    if missing := unpaired():
        raise SystemExit(f"in one language only: {', '.join(missing)}")
    shutil.rmtree(folder, ignore_errors=True)
    for language in LANGUAGES:
        words = [
            "-m",
            "sphinx",
            "-q",
            "-W",
            "--keep-going",
            "-b",
            "html",
            "-c",
            HERE,
            "-d",
            folder / ".doctrees",
        ]
        env = os.environ | {"DOCS_LANGUAGE": language}
        done = subprocess.run(
            [sys.executable, *map(str, words), DOCS / language, folder / language], env=env, check=False
        )
        if done.returncode:
            raise SystemExit(done.returncode)
        shutil.rmtree(folder / ".doctrees")
    (folder / "index.html").write_text(FRONT, encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "site"))
