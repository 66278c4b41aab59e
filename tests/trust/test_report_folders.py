"""`report --out` over a folder that is more than a report: what a report wrote goes, and nothing else."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from harness.errors import BadInput
from harness.reports.site import atomic_folder
from tests.support.fake_runs import fake_run
from tests.support.shell import Shell

pytest.importorskip("itables")
OWN = {
    ".git/HEAD": "ref: refs/heads/gh-pages\n",
    "CNAME": "bench.example.org\n",
    "notes/why.md": "mine\n",
    "runs/mine.html": "mine\n",
    "assets/logo.svg": "mine\n",
}


@pytest.fixture
def site(shell: Shell) -> Path:
    """A report that is published: a repository, a name, pages of the user's own among its files."""
    fake_run(shell.home / "runs", "tfidf", "1100")
    assert shell("report", "--out", "site").code == 0
    for name, text in OWN.items():
        shell.write(f"site/{name}", text)
    return shell.home / "site"


def own(site: Path) -> dict[str, str]:
    return {name: (site / name).read_text() for name in OWN if (site / name).exists()}


def test_what_the_user_put_there_stays(shell, site):
    before = atomic_folder.written(site)
    fake_run(shell.home / "runs", "nb", "1111", task="other")
    said = shell("report", "--out", "site")
    assert said.code == 0, said.err
    assert own(site) == OWN
    assert atomic_folder.written(site) != before
    assert not [path for path in shell.home.iterdir() if path.name.startswith(".site")]


def test_what_a_report_wrote_and_no_longer_has_goes(shell, site):
    (run,) = (shell.home / "runs/reviews").iterdir()
    pages = set((site / "runs").glob("*.html"))
    for path in sorted(run.iterdir()):
        path.unlink()
    run.rmdir()
    fake_run(shell.home / "runs", "nb", "1111", task="other")
    assert shell("report", "--out", "site").code == 0
    assert set((site / "runs").glob("*.html")) & pages == {site / "runs/mine.html"}
    assert own(site) == OWN


def test_so_it_does_over_a_report_whose_marker_lists_nothing(shell, site):
    old = "This folder was written by 'harness report', which may replace it.\n"
    (site / atomic_folder.MARKER).write_text(old)
    for name in ("runs/mine.html", "assets/logo.svg"):
        (site / name).unlink()
    shutil.rmtree(site / "systems")  # no report had it then
    assert shell("report", "--out", "site").code == 0
    assert own(site).keys() == {".git/HEAD", "CNAME", "notes/why.md"}


def test_a_page_of_the_user_s_where_a_report_writes_one_is_not_overwritten(shell, site):
    marker = site / atomic_folder.MARKER
    marker.write_text(marker.read_text().replace("index.html\n", ""))
    (site / "index.html").write_text("mine")
    said = shell("report", "--out", "site")
    assert said.code == 2
    assert "index.html there is no report's, and would be overwritten" in said.complaint
    assert (site / "index.html").read_text() == "mine"
    assert own(site) == OWN


@pytest.mark.parametrize("listed", ["../elsewhere/thesis.txt", "/etc/hosts", "linked/thesis.txt"])
def test_a_marker_that_somebody_wrote_removes_nothing_outside(shell, site, listed):
    shell.write("elsewhere/thesis.txt", "the only copy")
    (site / "linked").symlink_to(shell.home / "elsewhere")
    marker = site / atomic_folder.MARKER
    marker.write_text(f"{marker.read_text()}{listed}\n")
    assert shell("report", "--out", "site").code == 0
    assert (shell.home / "elsewhere/thesis.txt").read_text() == "the only copy"


@pytest.mark.parametrize("name", [".site.new", ".site.old"])
def test_a_link_beside_it_leads_to_nothing_that_is_removed(shell, site, name):
    away = shell.home / "away"
    away.mkdir()
    for file in ("index.html", atomic_folder.MARKER):
        (away / file).write_text("mine\nindex.html\n")
    (shell.home / name).symlink_to(away)
    shell("report", "--out", "site")
    assert (away / "index.html").read_text() == "mine\nindex.html\n"
    assert own(site) == OWN


@pytest.mark.parametrize("step", ["rename", "_carry_over"])
def test_a_kill_at_any_step_loses_nothing(shell, site, step):
    child = os.fork()
    if child == 0:
        kill = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # noqa: E731
        if step == "rename":  # the report before it is aside, the new one is not there yet
            first = Path.rename
            Path.rename = lambda path, to: kill() if path.name.endswith(".new") else first(path, to)
        else:
            atomic_folder._carry_over = kill
        with atomic_folder.staged(site) as folder:
            (folder / "index.html").write_text("new")
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert shell("report", "--out", "site").code == 0
    assert own(site) == OWN


def test_a_folder_that_is_no_report_is_left_alone(shell, site):
    shell.write("home/.bashrc", "mine")
    home = shell.home / "home"
    with pytest.raises(BadInput, match="holds something else than a report"), atomic_folder.staged(home):
        pass
    assert (shell.home / "home/.bashrc").read_text() == "mine"
