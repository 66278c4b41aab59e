"""`from harness import run, load_runs, leaderboard, compare`: the commands as functions."""

from __future__ import annotations

import doctest
import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import harness
from harness import Arena, Comparison, Leaderboard, Run, arena, compare, judge, leaderboard, load_runs, run
from harness.errors import BadInput, Unavailable
from tests.support.fake_runs import fake_run
from tests.support.paths import ROOT
from tests.support.running import Project


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty folder with a cache of its own, without data."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    return folder


@pytest.fixture
def both(home):
    """Two runs of the shipped sample."""
    return run("nsmc_fewshot", ["nb", "tfidf"], sample=True)


# Loading


def test_the_package_is_light_until_somebody_asks():
    code = "import harness, sys; print(*sys.modules); harness.run; print('harness.api' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    before, after = done.stdout.splitlines()
    assert {name for name in before.split() if name.startswith("harness")} == {"harness"}
    assert after == "True"


def test_the_functions_and_what_they_return_are_listed():
    functions = {"run", "load_runs", "leaderboard", "compare", "judge", "arena"}
    assert functions | {"Run", "Leaderboard", "Comparison", "Arena"} <= set(dir(harness))


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'rum'"):
        harness.rum  # noqa: B018


# run


def test_a_run_is_returned_as_it_is_written(both):
    nb, tfidf = both
    assert isinstance(nb, Run)
    assert (nb.task, nb.system, nb.status, nb.error) == ("nsmc_fewshot", "nb", "complete", None)
    written = json.loads((tfidf.directory / "run.json").read_text(encoding="utf-8"))
    assert tfidf.document.to_dict() == written
    main = written["metrics"]["accuracy"]
    assert (tfidf.metric, tfidf.value, tfidf.interval) == (
        *("accuracy", main["value"]),
        (main["ci_low"], main["ci_high"]),
    )


def test_the_same_call_again_asks_nothing(both):
    again = run("nsmc_fewshot", ["nb", "tfidf"], sample=True)
    assert [one.directory for one in again] == [one.directory for one in both]
    fresh = run("nsmc_fewshot", "nb", sample=True, fresh=True)
    assert fresh[0].directory != both[0].directory


def test_the_command_line_goes_on_with_what_python_ran(both, home):
    project = Project(home)
    done = project.harness("run", "-t", "nsmc_fewshot", "-b", "nb", "--sample")
    assert "is complete already" in done.stderr


def test_a_run_keeps_the_call_that_made_it(home):
    (one,) = run("nsmc_fewshot", "nb", sample=True, limit=20)
    assert one.document.command == "harness.run(task='nsmc_fewshot', backend='nb', limit=20, sample=True)"


def test_values_make_a_grid(home):
    runs = run(
        "nsmc_fewshot",
        "dummy",
        sample=True,
        limit=10,
        template=["review", "question"],
        settings=[{"failure_rate": 0}, {"unanswered_rate": 0.5}],
    )
    assert len({one.directory for one in runs}) == 4


def test_decoding_and_shots_are_passed_on(home):
    decoding = {"temperature": 0.5, "stop": ("\n", "끝")}
    (one,) = run(
        "nsmc_fewshot", "dummy", sample=True, limit=5, shots=2, ask="generate", decoding=decoding, seed=7
    )
    asked = one.document.decoding.asked
    assert (asked["temperature"], asked["stop"]) == (0.5, ["\n", "끝"])
    assert (one.document.task.shots.k, one.document.seed) == (2, 7)


def test_a_share_of_the_examples_is_a_limit(home):
    (one,) = run("nsmc_fewshot", "nb", sample=True, limit=0.1)
    assert one.document.counts.examples == 20


@pytest.mark.parametrize(
    ("how", "complaint"),
    [
        ({"task": "nsmc_fewshoot"}, "no task is called 'nsmc_fewshoot'. Did you mean 'nsmc_fewshot'"),
        ({"backend": "tfidff"}, "Did you mean 'tfidf'"),
        ({"task": []}, "task is missing"),
        ({"backend": ""}, "backend is missing"),
        ({"limit": 0}, "limit=0: should be a whole number from 1"),
        ({"limit": 2.0}, "a share should be above 0 and at most 1"),
        ({"limit": "10"}, "limit='10'"),
        ({"limit": True}, "limit=True"),
        ({"repeat": 0}, "repeat=0"),
        ({"shots": -1}, "shots=-1"),
        ({"max_failures": -1}, "max_failures=-1"),
        ({"decoding": {"temprature": 1}}, "Did you mean 'temperature'"),
        ({"settings": {"beta": 1}}, "no such setting. Known: alpha"),
        ({"template": "reviw"}, "Did you mean 'review'"),
        ({"sample": False, "offline": True}, "nsmc"),
    ],
)
def test_wrong_input_is_raised_and_nothing_is_run(home, how, complaint):
    with pytest.raises((BadInput, Unavailable), match=complaint.replace("(", r"\(")):
        run(**{"task": "nsmc_fewshot", "backend": "nb", "sample": True, **how})
    assert not (home / "runs").exists()


def test_one_dead_backend_of_several_is_a_warning(home):
    with pytest.warns(RuntimeWarning, match="names no model") as told:
        (one,) = run("nsmc_fewshot", ["nb", "huggingface"], sample=True)
    assert one.system == "nb"
    assert told[0].filename == __file__


def test_a_dead_backend_alone_is_raised(home):
    with pytest.raises(Unavailable):
        run("nsmc_fewshot", "huggingface", sample=True)


def test_a_run_that_ended_early_says_why(home):
    with pytest.warns(RuntimeWarning, match="requests failed"):
        (one,) = run("nsmc_fewshot", "dummy", sample=True, settings={"failure_rate": 0.5})
    assert one.status == "partial"
    assert "requests failed" in str(one.error)
    assert "partial" in repr(one)


def test_it_is_quiet_unless_asked_otherwise(home, capfd):
    run("nsmc_fewshot", "nb", sample=True)
    assert capfd.readouterr() == ("", "")
    run("nsmc_fewshot", "majority", sample=True, quiet=False)
    assert "majority" in capfd.readouterr().err


def test_the_folder_of_the_data_may_come_from_the_environment(home, monkeypatch):
    project = Project(home)
    project.reviews()
    monkeypatch.setenv("HARNESS_DATA", str(home / "data"))
    (one,) = run("reviews", "nb")
    assert one.value == 1.0
    assert run("reviews", "nb", data_dir="data")[0].directory == one.directory


# Run


def test_samples_are_the_journals_records(both):
    nb, _ = both
    lines = (nb.directory / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    assert [one.to_dict() for one in nb.samples()] == [json.loads(line) for line in lines]


def test_a_run_without_a_journal_says_so(both):
    (both[0].directory / "samples.jsonl").unlink()
    with pytest.raises(BadInput, match=r"has no samples\.jsonl"):
        both[0].samples()


def test_a_frame_has_a_row_an_example_and_gives_the_figure_again(both):
    pytest.importorskip("pandas")
    nb, _ = both
    frame = nb.frame()
    assert len(frame) == 200
    assert frame["accuracy"].mean() == nb.value
    assert (frame["prediction"] == frame["target"]).mean() == nb.value


def test_without_pandas_a_frame_says_what_to_install(both, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    for one in (both[0], leaderboard(both), compare(*both)):
        with pytest.raises(Unavailable, match="pip install pandas"):
            one.frame()


def test_a_run_shows_itself(both):
    assert repr(both[1]).startswith("Run(nsmc_fewshot · tfidf: accuracy 0.7500 [0.6857, 0.8049]")
    assert "<td" in both[1]._repr_html_()


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a\x1b[31mb"]
)
def test_nothing_that_a_run_says_is_html(tmp_path, hostile):
    runs = load_runs(fake_run(tmp_path, hostile, "1100"), fake_run(tmp_path, "b", "1110"))
    for one in (runs[0], leaderboard(runs), compare(*runs)):
        shown = one._repr_html_()
        assert "<script" not in shown
        assert "<img" not in shown
        assert all(line.isprintable() for line in shown.splitlines())
        assert all(line.isprintable() for line in repr(one).splitlines())


# load_runs and leaderboard


def test_runs_are_loaded_from_where_they_lie(both, home):
    assert [one.directory.resolve() for one in load_runs()] == [one.directory.resolve() for one in both]
    assert [one.system for one in load_runs(home / "runs/nsmc_fewshot/nb")] == ["nb"]
    with pytest.raises(BadInput, match="no such directory"):
        load_runs("elsewhere")


def test_a_torn_run_among_others_is_a_warning(both, home):
    (both[0].directory / "run.json").write_text("{", encoding="utf-8")
    with pytest.warns(RuntimeWarning, match="left out") as told:
        assert [one.system for one in load_runs("runs")] == ["tfidf"]
    assert told[0].filename == __file__


def test_a_leaderboard_says_what_the_command_says(both, home):
    project = Project(home)
    made = leaderboard(both)
    assert isinstance(made, Leaderboard)
    assert made.markdown() + "\n" == project.harness("leaderboard").stdout
    assert made.to_dict() == json.loads(project.harness("leaderboard", "-f", "json").stdout)
    assert [row.system for row in made.rows] == ["tfidf", "nb"]
    assert leaderboard().to_dict() == made.to_dict() == leaderboard("runs").to_dict()
    assert str(made) == made.markdown()


def test_a_leaderboards_frame_has_a_row_a_figure(both):
    pytest.importorskip("pandas")
    frame = leaderboard(both).frame()
    assert frame[["rank", "system", "value"]].values.tolist() == [
        [1, "tfidf", both[1].value],
        [2, "nb", both[0].value],
    ]


def test_a_leaderboard_of_nothing_says_so(home):
    assert leaderboard([]).markdown() == "No runs with answers."
    assert leaderboard([])._repr_html_().endswith("</style><p>No runs with answers.</p></div>")


# compare


def test_a_comparison_says_what_the_command_says(both, home):
    project = Project(home)
    places = [f"runs/nsmc_fewshot/{name}" for name in ("nb", "tfidf")]
    made = compare(*both)
    assert isinstance(made, Comparison)
    assert made.markdown() + "\n" == project.harness("compare", *places).stdout
    assert made.to_dict() == json.loads(project.harness("compare", *places, "-f", "json").stdout)
    assert compare(*places).to_dict() == made.to_dict()
    assert made.differences[0].value == pytest.approx(both[1].value - both[0].value)


def test_a_comparison_by_one_metric_without_examples(both):
    made = compare(*both, metric="macro_f1", examples=0)
    assert [one.metric for one in made.differences] == ["macro_f1"]
    assert made.flips is None


def test_a_comparisons_frame_has_a_row_a_metric(both):
    pytest.importorskip("pandas")
    frame = compare(*both).frame()
    assert frame["metric"].tolist() == ["accuracy", "macro_f1", "unanswered"]
    assert frame["difference"][0] == pytest.approx(frame["b"][0] - frame["a"][0])


def test_nothing_warns_where_nothing_is_wrong(both):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        leaderboard(both)
        compare(*both)


# The documents


@pytest.mark.parametrize("name", ["docs/en/guides/python.md", "docs/ko/guides/python.md"])
def test_the_guides_session_says_what_it_shows(home, name):
    text = (ROOT / name).read_text(encoding="utf-8")
    (session,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    example = doctest.DocTestParser().get_doctest(session, {}, name, name, 0)
    assert len(example.examples) == 6
    assert doctest.DocTestRunner().run(example).failed == 0


# Judging


@pytest.fixture
def replies(home, monkeypatch, capsys):
    """Two systems' replies to six questions, and a server that is their judges."""
    pytest.importorskip("aiohttp")
    from tests.cli.test_judge import TASK, Bench, parts
    from tests.support.model_server import ModelServer
    from tests.support.shell import Shell

    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    bench = Bench(Shell(home, monkeypatch, capsys))

    def verdict(prompt: str) -> str:
        shown = parts(prompt)
        if "reply" in shown:
            return "[[9]]" if "좋은" in shown["reply"] else "[[5]]"
        return "[[A>B]]" if "좋은" in shown["reply_a"] else "[[B>A]]"

    bench.verdict = verdict
    (home / "tasks").mkdir(exist_ok=True)
    (home / "tasks" / "questions.yaml").write_text(TASK, "utf-8")
    with ModelServer(script=bench.script) as server:
        told = {"base_url": server.url}
        made = [
            one
            for name in ("strong", "weak")
            for one in run(
                "questions", "local_server", settings={"model": name, **told}, name=name, data_dir="data"
            )
        ]
        yield made, {"model": "judge", **told}


def test_judge_returns_a_run_a_judge_and_the_same_call_asks_nobody_again(replies):
    runs, server = replies
    (judged,) = judge(runs, "local_server", settings=server)
    by_system = judged.document.breakdown["system"]
    assert {name: found["judged_score"].value for name, found in by_system.items()} == {
        "strong": 9,
        "weak": 5,
    }
    (again,) = judge([one.directory for one in runs], "local_server", settings=server)
    assert again.id == judged.id


def test_arena_reads_what_judge_returns(replies):
    runs, server = replies
    board = arena(judge(runs, "local_server", rubric="judge_pair", settings=server))
    assert isinstance(board, Arena)
    assert {one.system: one.share for one in board.standings} == {"strong": 1, "weak": 0}
    assert "never" in board.markdown()  # who lost all has no strength, and that is said
    assert board.frame().shape[0] == 2
    assert board.to_dict()["questions"] == 6


def test_a_jury_is_the_last_of_its_judges(replies):
    runs, server = replies
    judges = [f"{name}.yaml" for name in ("kind", "strict")]
    for path in judges:
        profile = "adapter: openai\nchat: true\nchoose_by: extract\nmodel: judge\n"
        Path(path).write_text(f"{profile}settings: {{base_url: {server['base_url']}}}\n", "utf-8")
    found = judge(runs, judges, jury="mean", allow_endpoint=server["base_url"])
    assert [one.label.partition(":")[0] for one in found] == ["kind", "strict", "jury (mean)"]
    assert found[-1].document.metrics["judged_score"].value == 7
    with pytest.raises(BadInput, match="needs two judges"):
        judge(runs, "local_server", jury="mean", settings=server)
    with pytest.raises(BadInput, match="one of mean, median, majority"):
        judge(runs, judges, jury="middle")


def test_what_is_wrong_with_an_arena_is_bad_input(replies):
    runs, _ = replies
    with pytest.raises(BadInput, match="no judging of pairs"):
        arena(runs)
    with pytest.raises(BadInput, match="should be one of bradley_terry, arena_hard"):
        arena(runs, rule="elo")
