"""How the documents become a site; `docs/_site/build.py` calls Sphinx once for each language."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import hangul_search  # noqa: F401 - Korean is searched by pairs of syllables

project = "harness"
author = "The harness contributors"
copyright = "The harness contributors. Apache-2.0"
language = os.environ.get("DOCS_LANGUAGE", "en")

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "attrs_inline"]
myst_heading_anchors = 3
suppress_warnings = ["myst.header", "misc.highlighting_failure"]
highlight_language = "text"
templates_path = ["templates"]

html_theme = "furo"
html_title = "harness"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_search_summary = False  # it is fetched, which a page from the disk may not
html_show_sphinx = False
html_sidebars = {
    "**": [
        *("sidebar/brand.html", "sidebar/search.html", "sidebar/language.html"),
        *("sidebar/scroll-start.html", "sidebar/navigation.html", "sidebar/scroll-end.html"),
    ]
}
