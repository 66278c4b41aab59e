"""The libraries that the pages run, out of the Python packages that carry them; nothing is downloaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path
from typing import NamedTuple

from harness import DISTRIBUTION
from harness.errors import Unavailable

TABLES, LICENCES = "datatables.js", "LICENCES.txt"


class Library(NamedTuple):
    """A script inside an installed package, and the name it goes by in a site."""

    package: str
    script: str
    name: str


LIBRARIES = (Library("itables", "html/dt_bundle.js", TABLES),)
_EXPORTS = re.compile(r"export\{([^}]*)\}(?!.*export\{)", re.DOTALL)


def write(folder: Path) -> None:
    """Write the scripts and their licences into `folder`.

    Raises:
        Unavailable: a package is not installed, or is not laid out as we know it.
    """
    for library in LIBRARIES:
        text = _script(library)
        (folder / library.name).write_text(
            _classic(text) if library.name == TABLES else text, encoding="utf-8", newline=""
        )
    (folder / LICENCES).write_text("\n".join(_licences()), encoding="utf-8", newline="")


def _script(library: Library) -> str:
    spec = util.find_spec(library.package)  # finds it and imports nothing
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(
            f"the site needs {library.package}, which carries the scripts of its pages: "
            f"pip install '{DISTRIBUTION}[report]'"
        )
    path = Path(spec.submodule_search_locations[0]) / library.script
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        raise _unknown(library.package) from None


def _classic(module: str) -> str:
    """Return the bundle as a script that sets `window.DataTable`: browsers load no module from `file://`.

    Raises:
        Unavailable: it does not end in the exports that we know.
    """
    found = _EXPORTS.search(module)
    names = dict(pair.split(" as ")[::-1] for pair in found[1].split(",")) if found else {}
    if found is None or "jQuery" not in names:
        raise _unknown("itables")
    body, notices = module[: found.start()], module[found.end() :].lstrip("; \n")
    return f'(()=>{{"use strict";{body};window.DataTable={names["jQuery"]}.fn.dataTable;}})();\n{notices}'


def _unknown(package: str) -> Unavailable:
    version = metadata.version(package)
    return Unavailable(f"{package} {version} is not laid out as this harness knows it; update one of the two")


def _licences() -> Iterator[str]:
    """Yield each package's name, version and licence text."""
    for library in LIBRARIES:
        found = metadata.distribution(library.package)
        yield f"{library.name} is from {found.name} {found.version}, whose licence is:\n"
        for file in sorted(map(str, found.files or ())):
            if re.fullmatch(r"(LICEN[CS]E|NOTICE)[\w.-]*", Path(file).name, re.IGNORECASE):
                yield Path(str(found.locate_file(file))).read_text(encoding="utf-8").strip() + "\n"
    yield "The notices of the libraries inside a script stand in the script itself."
