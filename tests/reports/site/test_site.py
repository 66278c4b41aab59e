"""`harness report`: what lies in the folder, and what happens to the folder that was there before."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import zlib
from pathlib import Path

import pytest

from harness.errors import BadInput, Unavailable
from harness.records.run_schema import BackendInfo
from harness.reports.pictures.dots import Dot, Dots
from harness.reports.pictures.scatter import Point, Scatter
from harness.reports.run import Run, load
from harness.reports.site import atomic_folder as staging
from harness.reports.site import chunks, run_charts, task_charts, vendored
from harness.reports.site import run_facts as facts
from harness.reports.site.examples import Measured
from harness.reports.site.picture_files import write_pictures
from harness.reports.site.table import provider, size_class
from harness.reports.site.writing import write_site
from tests.support.browsing import no_site
from tests.support.fake_runs import fake_run
from tests.support.running import Project
from tests.support.site_runs import questions, reply, review, reviews

pytestmark = pytest.mark.skipif(no_site() is not None, reason=str(no_site()))


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def written(runs: Path, out: Path, **options) -> Path:
    write_site(load([runs], print), out, print, **options)
    return out


def content(site: Path, name: str):
    """Return what a chunk holds, as a page reads it."""
    call = re.fullmatch(r'harnessData\("(\w+)","(.*)"\);\n', (site / f"data/{name}.js").read_text())
    assert call
    assert call[1] == name
    return json.loads(zlib.decompress(base64.b64decode(call[2])))


def index_of(site: Path, name: str):
    (page,) = [path for path in (site / "runs").iterdir() if name in path.name]
    return content(site, re.search(r'data-index="(\w+)"', page.read_text(encoding="utf-8"))[1])


@pytest.fixture
def runs(tmp_path) -> Path:
    """Runs of a small task, and of a few reviews."""
    questions(tmp_path / "runs")
    reviews(tmp_path / "runs", 60)
    return tmp_path / "runs"


@pytest.fixture(scope="module")
def entries(tmp_path_factory) -> list[Run]:
    folder = tmp_path_factory.mktemp("entries")
    questions(folder)
    return load([folder], print)


# The folder


def test_the_same_runs_make_the_same_files_whatever_their_order(runs, tmp_path):
    found = load([runs], print)
    write_site(found, tmp_path / "a", print)
    write_site(found[::-1], tmp_path / "b", print)
    assert files(tmp_path / "a") == files(tmp_path / "b")


def test_a_report_takes_the_place_of_a_report(runs, tmp_path):
    out = written(runs, tmp_path / "out")
    (out / "runs/stale.html").write_text("old")
    with (out / staging.MARKER).open("a") as listed:
        listed.write("runs/stale.html\n")
    written(runs, out)
    assert not (out / "runs/stale.html").exists()
    assert [path.name for path in tmp_path.iterdir() if "out" in path.name] == ["out"]


def test_a_folder_of_something_else_is_left_alone(runs, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/chapter.txt").write_text("years of work")
    with pytest.raises(BadInput, match="holds something else than a report; name another one"):
        written(runs, tmp_path / "thesis")
    assert files(tmp_path / "thesis") == {"chapter.txt": b"years of work"}


def test_an_empty_folder_will_do(runs, tmp_path):
    (tmp_path / "out").mkdir()
    assert (written(runs, tmp_path / "out") / "index.html").is_file()


def test_a_file_is_no_folder(runs, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(BadInput, match="this is a file; name a folder"):
        written(runs, tmp_path / "out")


def test_an_error_leaves_the_report_before_it(runs, tmp_path):
    out = written(runs, tmp_path / "out")
    before = files(out)

    def broken() -> None:
        with staging.staged(out) as folder:
            (folder / "index.html").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert files(out) == before
    assert not (tmp_path / ".out.new").exists()


def test_a_killed_report_leaves_the_one_before_it_and_the_next_one_clears_up(runs, tmp_path):
    out = written(runs, tmp_path / "out")
    before = files(out)
    child = os.fork()
    if child == 0:
        with staging.staged(out) as folder:
            (folder / "index.html").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert files(out) == before
    assert (tmp_path / ".out.new").is_dir()
    written(runs, out)
    assert files(out) == before
    assert not (tmp_path / ".out.new").exists()


def test_a_strangers_folder_in_the_way_is_not_removed(runs, tmp_path):
    (tmp_path / ".out.new").mkdir()
    (tmp_path / ".out.new/mine.txt").write_text("mine")
    with pytest.raises(BadInput, match="in its way"):
        written(runs, tmp_path / "out")
    assert (tmp_path / ".out.new/mine.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_the_users_mistake(runs, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="in its way"):
        written(runs, tmp_path / "file/out")


# The command


@pytest.fixture
def project(tmp_path) -> Project:
    project = Project(tmp_path)
    project.reviews()
    return project


def test_real_runs_become_a_site(project):
    done = project.harness("run", "-t", "reviews", "-b", "nb,majority", "--data-dir", "data", "-q")
    assert done.returncode == 0
    done = project.harness("report", "--out", "site")
    assert done.returncode == 0
    assert re.fullmatch(r"written: site \(2 runs, [\d.]+ MB\); open site/index.html\n", done.stderr)
    assert done.stdout == ""
    page = next((project.home / "site/runs").glob("reviews-nb-*")).read_text(encoding="utf-8")
    assert "harness run -t reviews -b nb,majority --data-dir data -q" in page


def test_without_runs_there_is_no_site(project):
    done = project.harness("report", "--out", "site")
    assert done.returncode == 2
    assert "no runs in runs; `harness run` makes them" in done.stderr
    assert not (project.home / "site").exists()


def test_a_missing_extra_is_named_with_its_command(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(vendored.util, "find_spec", lambda name: None)
    with pytest.raises(Unavailable) as caught:
        written(runs, tmp_path / "out")
    assert "pip install 'harness-ko[report]'" in str(caught.value)
    assert caught.value.exit_code == 3
    assert not (tmp_path / "out").exists()


def test_a_bundle_that_is_laid_out_otherwise_is_said(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(vendored, "_script", lambda library: "var x = 1;")
    with pytest.raises(Unavailable, match=r"itables .* is not laid out as this harness knows it"):
        written(runs, tmp_path / "out")


def test_the_licences_of_the_scripts_come_with_them(runs, tmp_path):
    text = (written(runs, tmp_path / "out") / "assets/LICENCES.txt").read_text(encoding="utf-8")
    assert "datatables.js is from itables" in text
    assert text.count("MIT License") == 1


# Examples in chunks


def test_an_example_is_kept_as_it_was(runs, tmp_path):
    site = written(runs, tmp_path / "out")
    index = index_of(site, "questions-large-")
    assert content(site, index["ids"])["ids"][7] == "e7"
    (questions_, answers) = (content(site, index[kind]["names"][0]) for kind in ("questions", "answers"))
    assert questions_[7] == [reply(7)["request"], "1"]
    assert answers[7]["text"] == "The answer is 7."
    assert answers[7]["prediction"] == "0"
    assert index["states"] == "w" * 8 + "r" * 32


def test_states_are_those_of_the_run(runs, tmp_path):
    index = index_of(written(runs, tmp_path / "out"), "questions-huge-seed-2")
    assert index["states"] == "r" * 20 + "u" * 10 + "f" * 10


def test_systems_share_what_was_asked(runs, tmp_path):
    site = written(runs, tmp_path / "out")
    first, second = (index_of(site, f"reviews-{name}-") for name in ("tfidf", "nb"))
    assert first["questions"] == second["questions"]
    assert first["answers"] != second["answers"]
    assert first["ids"] == second["ids"]


def test_a_metric_that_is_not_right_or_wrong_gives_each_example_its_figure(tmp_path):
    changes = {"ask": "generate", "metrics": ["chrf"], "options": {}}
    record = {"request": {"prompt": "x"}, "prediction": "ab", "target": "abc", "response": {"text": "ab"}}
    from harness.metrics.translation import chrf

    scores = {"scores": {"chrf": chrf([]).statistics("ab", "abc")}}
    fake_run(tmp_path / "runs", "m", "11", changes=changes, journal=lambda row: record | scores)
    site = written(tmp_path / "runs", tmp_path / "out")
    index = index_of(site, "reviews-m-")
    figures = content(site, index["figures"])
    assert index["states"] == "aa"
    assert 0 < figures[0] == figures[1] < 100


def test_chunks_are_cut_by_rows_and_by_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "ROWS", 3)
    monkeypatch.setattr(chunks, "BYTES", 60)
    pages = chunks.Chunks(tmp_path)
    for row in ["a", "b", "c", "d", "e" * 100, "f" * 30, "g" * 30]:
        pages.add(row)
    assert pages.finish()["starts"] == [0, 3, 4, 5, 6]


def test_a_run_without_a_journal_has_a_page_without_examples(tmp_path):
    fake_run(tmp_path / "runs", "bare", "1100")
    site = written(tmp_path / "runs", tmp_path / "out")
    assert "data-index" not in next((site / "runs").iterdir()).read_text(encoding="utf-8")


def test_a_journal_that_somebody_changed_costs_its_page_the_examples_and_no_other(tmp_path):
    broken = fake_run(tmp_path / "runs", "broken", "1100", journal=review)
    fake_run(tmp_path / "runs", "good", "1100", journal=review)
    lines = (
        (broken / "samples.jsonl").read_text(encoding="utf-8").replace('"response":{', '"response":[],"x":{')
    )
    (broken / "samples.jsonl").write_text(lines, encoding="utf-8")
    told: list[str] = []
    write_site(load([tmp_path / "runs"], print), tmp_path / "out", told.append)
    assert len(told) == 1
    assert "samples.jsonl: not as the harness writes it, left out" in told[0]
    assert index_of(tmp_path / "out", "reviews-good-")["states"] == "rrww"
    (page,) = (tmp_path / "out/runs").glob("reviews-broken-*")
    assert "data-index" not in page.read_text(encoding="utf-8")


def test_a_run_that_has_not_come_to_its_end_is_shown_as_such(tmp_path):
    going = {"status": "running", "metrics": {}, "counts": None, "latency_s": None}
    fake_run(tmp_path / "runs", "good", "1100", journal=review)
    fake_run(tmp_path / "runs", "going", "11", journal=review, run=going)
    site = written(tmp_path / "runs", tmp_path / "out")
    assert '<span class="mark">running</span>' in (site / "index.html").read_text(encoding="utf-8")


# Pictures


def test_every_picture_is_drawn_for_a_desk_and_for_a_phone(entries):
    from xml.etree import ElementTree

    from harness.reports.leaderboard.board import board

    found = board(entries, print)
    measured = Measured(
        lengths={"input": [1, 5, 9]},
        seconds=[0.1, 0.2],
        scored={2: ([-1.0, -2.0, -0.5, -3.0], [0, 1])},
        compared=[run_charts.Compared("e0", [0.2, 0.8], [0.1, 0.3], 1)],
    )
    import array

    measured.scored = {2: (array.array("d", [-1.0, -2.0, -0.5, -3.0]), array.array("q", [0, 1]))}
    made = task_charts.charts(found, found.columns[0])
    made += run_charts.charts(entries[0], measured, {"0": "a", "1": "b"})
    assert {chart.title for chart in made} == {
        *("Systems", "accuracy against cost", "accuracy against time", "accuracy against latency"),
        *("Template sensitivity", "Decoding: temperature", "Learning curves"),
        *("Confusion", "Calibration", "Pictures against texts", "Rank and probability of the right text"),
        *("Lengths: input", "Latency"),
    }
    for chart in made:
        for width in (322.0, 548.0):
            drawn = ElementTree.fromstring(str(chart.form.draw(width).document()))
            assert {one.tag for one in drawn} & {"circle", "polygon", "rect"}, chart.title


def test_nothing_measured_draws_nothing(tmp_path):
    fake_run(tmp_path, "bare", "11")
    (entry,) = load([tmp_path], print)
    bare = Run(entry.directory, entry.document.model_copy(update={"confusion": None}))
    assert run_charts.charts(bare, Measured(), {}) == []


@pytest.mark.parametrize(
    ("points", "best"),
    [
        ([], []),
        ([(1, 1)], [0]),
        ([(1, 1), (2, 2), (3, 1.5)], [0, 1]),
        ([(2, 2), (1, 2)], [1]),
        ([(1, 2), (1, 3), (1, 3)], [1]),
        ([(3, 9), (2, 5), (1, 7)], [2, 0]),
    ],
)
def test_the_front_is_what_nothing_beats(points, best):
    assert task_charts.front(points) == best


def test_published_templates_stand_beside_ours(entries):
    from harness.reports.leaderboard.board import board

    found = board(entries, print)
    chart = next(c for c in task_charts.charts(found, found.columns[0]) if c.title == "Template sensitivity")
    ours, published = chart.form.series
    assert (ours.name, [place[:2] for place in ours.places]) == ("small", [("other", 0.75), ("plain", 1.0)])
    assert [place[:2] for place in published.places] == [("other", 0.768), ("plain", 0.694)]
    assert published.published


def test_a_learning_curve_is_of_fits_on_more_and_more(entries):
    from harness.reports.leaderboard.board import board

    found = board(entries, print)
    chart = next(c for c in task_charts.charts(found, found.columns[0]) if c.title == "Learning curves")
    (line,) = chart.form.series
    assert (line.name, [place[:2] for place in line.places]) == ("tfidf", [(100, 0.55), (1000, 0.725)])


def test_calibration_is_of_the_option_taken():
    import array

    measured = Measured(scored={2: (array.array("d", [0.0, -9.0, -9.0, 0.0]), array.array("q", [0, 0]))})
    shares, hits = measured.confidences()
    assert shares.tolist() == pytest.approx([0.99988, 0.99988], abs=1e-5)
    assert hits.tolist() == [True, False]


def test_names_in_a_picture_are_no_markup():
    drawn = str(Dots([Dot("<b>x</b> & y", 0.5), Dot("a\nb\u202ec", 0.6)], "").draw(548.0).document())
    assert "&lt;b&gt;x&lt;/b&gt; &amp; y" in drawn
    assert "a b\\u202ec" in drawn
    assert "<b>" not in drawn


def test_a_baseline_far_below_does_not_flatten_the_others():
    rows = [Dot("a", 0.81), Dot("b", 0.84), Dot("guess", 0.02, kind="baseline")]
    canvas = Dots(rows, "").draw(548.0)
    ticks = [float(one) for one in re.findall(r">(0\.\d+)</text>", str(canvas.document()))]
    assert min(ticks) > 0.7
    assert canvas.document().count("0.02") == 0  # only what is `shown` is written


def test_names_of_a_crowd_do_not_meet():
    points = [Point(f"system {n}", 1.0 + n / 100, 0.5 + n / 1000, front=n == 7) for n in range(40)]
    drawn = str(Scatter(points, "ms", "accuracy").draw(548.0).document())
    named = re.findall(r'class="halo[^"]*"[^>]*>([^<]+)<', drawn)
    assert "system 7" in named  # the front first
    assert 0 < len(named) < 40


def test_the_last_bin_holds_the_longest():
    edges = run_charts.edges([1] * 99 + [10_000], whole=True)
    assert edges[-1] > 10_000
    assert sum(run_charts.binned([1] * 99 + [10_000], edges)) == 100


def test_pictures_are_files_that_stand_alone(runs, tmp_path):
    from xml.etree import ElementTree

    written_files = write_pictures(load([runs], print), tmp_path / "pictures", print)
    assert len(written_files) > 6
    for path in written_files:
        root = ElementTree.parse(path).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert "prefers-color-scheme: dark" in path.read_text(encoding="utf-8")


# What a page says of a run


def test_everything_that_run_json_says_is_on_the_page(entries):
    document = entries[0].document
    more = {"energy": {"joules": 12.5, "method": "estimate"}, "novelty": {"deep": {"er": 7}}}
    found = facts.groups(document, document.to_dict() | more)
    said = {(group.title, fact.name): fact.value for group in found for fact in group.facts}
    assert said["Cost", "energy joules"] == "12.5 J"
    assert said["Other", "novelty deep er"] == "7"
    assert [group.title for group in found if group.rows][:2] == ["Metrics", "Latency, seconds"]


@pytest.mark.parametrize(
    ("parameters", "name"),
    [(None, "unknown"), (3e9, "≤ 3B"), (3.1e9, "3-7B"), (7e9, "3-7B"), (65e9, "7-65B"), (66e9, "> 65B")],
)
def test_sizes_fall_into_classes(parameters, name):
    assert size_class(parameters) == name


@pytest.mark.parametrize(
    ("model", "owner"),
    [("acme/m", "acme"), ("m", ""), (None, ""), ("./m", ""), ("/models/m", ""), ("a/b/c", ""), ("../m", "")],
)
def test_a_provider_owns_a_repository(model, owner):
    assert provider(BackendInfo(name="x", kind=None, model=model)) == owner
