"""What a learner learnt is fitted once, and loaded only when it is whole, ours, and of the same data."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.evaluation import fit_cache as fits
from harness.evaluation.runner import Outcome
from harness.records.fingerprint import source
from harness.records.import_closure import import_closure
from tests.support.paths import ROOT
from tests.support.running import REVIEWS, Project, here, rehearsing, rows, said


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.reviews()
    project.rehearsal_backends()
    return project


def folders(project: Project) -> list[Path]:
    """Return the fits in the project's cache."""
    return sorted((project.home / "cache" / "fits").iterdir())


def fitted(project: Project, backend: str = "nb", settings: dict[str, Any] | None = None) -> Outcome:
    """Run the task anew, reusing a fit if there is one: another limit is another run."""
    return here(project, backend, settings, limit=40 - len(project.runs()))


def test_a_fit_is_reused_with_the_seconds_it_took(project):
    command = ("run", "-t", "reviews", "-b", "nb", "--data-dir", "data")
    assert project.harness(*command).returncode == 0
    assert project.harness(*command, "--limit", 20).returncode == 0
    first, second = (said(run)["fit"] for run in project.runs())
    took = {"seconds": first["seconds"], "cpu_seconds": first["cpu_seconds"]}
    assert first == {**took, "examples": 40, "steps": None, "device": None, "reused": False}
    assert second == first | {"reused": True}
    assert len(folders(project)) == 1


def test_a_reused_fit_answers_as_the_first(project):
    first = here(project, "nb").run.to_dict()["metrics"]
    runs = project.home / "runs"
    runs.rename(project.home / "earlier")
    again = here(project, "nb").run.to_dict()
    assert again["fit"]["reused"]
    assert again["metrics"] == first


def test_fresh_fits_again(project):
    here(project, "nb")
    assert here(project, "nb", fresh=True).run.fit.reused is False


def test_other_data_is_fitted_anew(project):
    fitted(project)
    project.reviews(train=rows(44, "t"))
    fit = fitted(project).run.fit
    assert (fit.examples, fit.reused) == (44, False)
    assert len(folders(project)) == 2


@pytest.mark.parametrize(
    ("settings", "reused"), [({"alpha": 0.5}, False), ({"model": "other"}, False), ({}, True)]
)
def test_a_fit_is_of_its_settings_and_its_model(project, settings, reused):
    project.write("backends/nb.yaml", "adapter: nb\nmodel: first\n")
    fitted(project)
    assert fitted(project, settings=settings).run.fit.reused is reused


def test_a_fit_is_of_the_code_that_learnt_it(project, monkeypatch):
    fitted(project)
    monkeypatch.setattr(fits, "source", lambda target: "mended")
    assert fitted(project).run.fit.reused is False


def test_a_module_that_a_learner_imports_is_code_that_learnt_it(tmp_path):
    """The package is copied and edited: a fit of other code is never handed out."""
    checkout = tmp_path / "checkout"
    for folder in ("harness", "tasks", "backends", "reports"):
        shutil.copytree(ROOT / folder, checkout / folder)
    (helper,) = [
        file for file in checkout.rglob("*.py") if "def bare_text(" in file.read_text(encoding="utf-8")
    ]
    written = helper.read_text(encoding="utf-8")
    edited = re.sub(
        r"(def bare_text\(.*?\) -> str:\n)", r'\1    return "one text for all"\n', written, flags=re.S
    )
    assert edited != written
    ours = {"PYTHONPATH": str(checkout), "HARNESS_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-m", "harness", "run", "-t", "nsmc_fewshot", "-b", "nb", "--sample", "--json"]
    reused = []
    for limit, text in ((40, written), (41, edited), (42, written)):
        helper.write_text(text, encoding="utf-8")
        asked = [*command, "--limit", str(limit), "--runs-dir", str(tmp_path / str(limit))]
        subprocess.run(asked, cwd=tmp_path, env=os.environ | ours, check=True, capture_output=True)
        (run,) = (tmp_path / str(limit)).rglob("run.json")
        reused.append(orjson.loads(run.read_bytes())["fit"]["reused"])
    assert reused == [False, False, True]


def test_code_is_the_closure_of_what_a_module_imports_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    package = tmp_path / "somebodys"
    package.mkdir()
    texts = {
        "__init__": "",
        "adapter": "from typing import TYPE_CHECKING\nfrom . import words\nif TYPE_CHECKING:\n"
        "    from somebodys.types import Row\ndef fit():\n    import somebodys.late\n",
        "words": "from harness.models.ngrams import Vocabulary\nimport json\n",
        "late": "from .late_too import one\n",
        "late_too": "one = 1\n",
        "types": "Row = dict\n",
        "unrelated": "",
    }
    for name, text in texts.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    closure = set(import_closure("somebodys.adapter"))
    assert {
        "somebodys",
        "somebodys.adapter",
        "somebodys.words",
        "somebodys.late",
        "somebodys.late_too",
    } <= closure
    assert "harness.models.ngrams" in closure
    assert not {"somebodys.types", "somebodys.unrelated", "json"} & closure
    assert "somebodys" not in sys.modules


def test_code_without_a_source_file_has_no_hash():
    assert source("math:sqrt") == source("nowhere.at_all:One") == ""


def test_the_same_file_read_in_another_way_is_fitted_anew(project):
    for split in ("train", "test"):
        project.write(f"data/reviews/{split}.tsv", "".join("\t".join(row) + "\n" for row in rows(40)))
    for header in ("id, document, label", "document, id, label"):
        text = REVIEWS.replace("format: tsv", f"format: tsv\n  header: [{header}]")
        project.write("tasks/reviews.yaml", text)
        assert fitted(project).run.fit.reused is False


# Damage


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("fit.json", b""),
        ("fit.json", b"{}"),
        ("fit.json", b"[]"),
        ("fit.json", b'{"seconds": "long", "examples": 40}'),
        ("fit.json", b'{"seconds": null, "examples": null}'),
        ("model.npz", b""),
        ("model.npz", b"PK\x03\x04 half of a model"),
        ("labels.json", b"[0"),
        ("model.npz", None),
        ("labels.json", None),
        ("fit.json", None),
    ],
)
@pytest.mark.parametrize("backend", ["nb", "tfidf"])
def test_a_damaged_fit_is_fitted_again_and_mended(project, backend, name, content):
    first = fitted(project, backend).run.to_dict()
    (folder,) = folders(project)
    (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    second, third = fitted(project, backend).run.to_dict(), fitted(project, backend).run.to_dict()
    assert [run["fit"]["reused"] for run in (first, second, third)] == [False, False, True]
    assert folders(project) == [folder]


def test_a_half_written_fit_is_not_taken_for_one(project):
    fitted(project)
    (folder,) = folders(project)
    folder.rename(folder.with_name(f".{folder.name}.12345"))  # as a killed process leaves it
    assert fitted(project).run.fit.reused is False
    assert folder in folders(project)


@pytest.mark.parametrize("how", ["unloadable", "unsaveable"])
def test_a_learner_that_keeps_its_fit_badly_costs_a_fit_and_not_a_run(project, how):
    with rehearsing():
        for _ in range(2):
            run = fitted(project, "learner", {"how": how}).run.to_dict()
            assert (run["status"], run["fit"]["reused"]) == ("complete", False)
    assert [path for path in folders(project) if path.name.startswith(".")] == []


def test_a_cache_that_cannot_be_written_costs_a_fit_and_not_a_run(project):
    project.write("cache/fits", "a file in the way")
    for _ in range(2):
        run = fitted(project).run.to_dict()
        assert (run["status"], run["fit"]["reused"]) == ("complete", False)


# Only what the user wrote is loaded


needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away"
)


@needs_root
@pytest.mark.parametrize("name", [".", "fit.json", "model.npz"])
def test_what_another_user_could_have_planted_is_not_loaded(project, name):
    fitted(project)
    (folder,) = folders(project)
    os.chown(folder / name, 65534, 65534)
    assert fitted(project).run.fit.reused is False


@needs_root
def test_a_link_that_another_user_planted_is_not_followed(project):
    fitted(project)
    (folder,) = folders(project)
    real = folder.rename(project.home / "real")
    folder.symlink_to(real)
    os.chown(folder, 65534, 65534, follow_symlinks=False)
    assert fitted(project).run.fit.reused is False


def test_a_fit_lies_under_its_key_in_the_users_cache(project, monkeypatch):
    monkeypatch.setenv("HARNESS_CACHE", project.env["HARNESS_CACHE"])
    fitted(project)
    assert [path.parent for path in folders(project)] == [fits.cache_dir() / "fits"]
    assert len(folders(project)[0].name) == 64
