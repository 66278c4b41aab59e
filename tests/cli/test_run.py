"""`harness run`: grids, labels, what is printed where."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.support.fake_runs import fake_run

# A task of 200 shipped reviews that no pool has to be read for.
ZERO = ("run", "-t", "nsmc_zeroshot", "--sample")
DUMMY = (*ZERO, "-b", "dummy", "--limit", "20")


def systems(out: str) -> list[str]:
    """Return the systems of a leaderboard, from the top."""
    return [line.split("|")[2].strip() for line in out.splitlines() if re.match(r"\| +\d* \|", line)]


def columns(out: str) -> list[str]:
    """Return the headings of a leaderboard's figures."""
    names = [name.strip() for name in out.splitlines()[0].split("|")]
    return [name for name in names if "nsmc" in name]


def labels(said) -> list[str]:
    return [run["label"] for run in said.json["runs"]]


def test_a_run_prints_the_leaderboard_of_what_was_run(shell):
    said = shell(*ZERO, "-b", "nb,majority")
    assert said.code == 0
    assert systems(said.out) == ["nb", "majority"]
    assert columns(said.out) == ["nsmc_zeroshot accuracy (sample)"]


def test_only_what_was_run_now_is_printed(shell):
    shell(*ZERO, "-b", "majority")
    assert systems(shell(*DUMMY).out) == ["dummy"]


def test_several_tasks_and_backends_make_a_grid(shell):
    said = shell("run", "-t", "nsmc_zeroshot,nsmc_fewshot", "-b", "majority,random", "--sample")
    assert len(systems(said.out)) == 2
    assert len(columns(said.out)) == 2


def test_names_may_also_be_repeated_options(shell):
    said = shell(*ZERO, "-b", "majority", "-b", "random", "--json")
    assert labels(said) == ["majority", "random"]


def test_every_template_is_a_row_of_its_own(shell):
    said = shell(*DUMMY, "--template", "all")
    assert sorted(systems(said.out)) == ["dummy", "dummy [template=question]"]


def test_several_values_of_a_setting_are_rows_that_name_them(shell):
    said = shell(*ZERO, "-b", "nb", "-m", "alpha=0.5,2", "--json")
    assert labels(said) == ["nb [alpha=0.5]", "nb [alpha=2]"]


def test_several_values_of_a_decoding_key_are_rows_that_name_them(shell):
    said = shell(*DUMMY, "--ask", "generate", "-d", "temperature=0.2,0.7", "--json")
    assert labels(said) == [f"dummy [ask=generate, temperature={t}]" for t in (0.2, 0.7)]


def test_a_list_in_brackets_is_one_value(shell):
    said = shell(*DUMMY, "--ask", "generate", "-d", 'stop=["\\n", "."]', "--json")
    assert len(labels(said)) == 1


def test_settings_and_decoding_multiply(shell):
    said = shell(*DUMMY, "--ask", "generate", "-m", "reply=긍정,부정", "-d", "temperature=0.2,0.7", "--json")
    assert len(labels(said)) == 4


@pytest.mark.parametrize(
    ("option", "label"),
    [
        (("--shots", "1"), "dummy [shots=1]"),
        (("--seed", "7"), "dummy [seed=7]"),
        (("--template", "question"), "dummy [template=question]"),
        (("--template", "review"), "dummy"),
        (("-m", "unanswered_rate=0.5"), "dummy [unanswered_rate=0.5]"),
    ],
)
def test_a_label_says_what_differs_from_the_profile_and_the_task(shell, option, label):
    assert labels(shell(*DUMMY, *option, "--json")) == [label]


@pytest.mark.parametrize(("limit", "n"), [("5", 5), ("0.5", 100), ("10%", 20), ("1000", 200)])
def test_a_limit_is_a_count_or_a_share(shell, limit, n):
    said = shell(*ZERO, "-b", "majority", "--limit", limit)
    assert re.search(rf"\| +{n} \|", said.out)
    assert f"(sample, limit {limit.replace('10%', '0.1')})" in said.out


def test_results_go_to_stdout_and_progress_to_stderr(shell):
    said = shell(*ZERO, "-b", "majority")
    assert all(line.startswith(("|", "95 %")) or not line for line in said.out.splitlines())
    assert len(said.err.splitlines()) <= 4
    assert "200/200" in said.err
    assert "runs/nsmc_zeroshot/majority/" in said.err


def test_quiet_says_nothing_beside_the_results(shell):
    said = shell(*DUMMY, "--quiet")
    assert said.out
    assert said.err == ""


def test_json_is_one_document_with_every_run_and_where_it_lies(shell):
    said = shell(*ZERO, "-b", "majority,random", "--json")
    for run in said.json["runs"]:
        assert run["status"] == "complete"
        assert (shell.home / run["directory"] / "run.json").is_file()


def test_json_after_a_failure_holds_the_runs_so_far(shell):
    said = shell(*ZERO, "-b", "majority,huggingface", "--json", "--quiet")
    assert said.code == 3
    assert labels(said) == ["majority"]
    assert said.complaint


def test_json_of_a_run_that_was_stopped_says_so(shell):
    said = shell(*DUMMY, "-m", "failure_rate=0.3", "--max-failures", "3", "--json", "--quiet")
    assert said.code == 4
    assert said.json["runs"][0]["status"] == "partial"


def test_json_after_a_mistake_is_nothing(shell):
    assert shell("run", "-t", "nowhere", "-b", "dummy", "--json").out == ""


def test_the_same_command_again_asks_nothing_and_says_so(shell):
    first = shell(*DUMMY)
    again = shell(*DUMMY)
    assert systems(again.out) == systems(first.out)
    assert "is complete already (--fresh runs it again)" in again.err


def test_fresh_runs_it_again(shell):
    shell(*DUMMY)
    shell(*DUMMY, "--fresh")
    assert len(list(shell.home.glob("runs/*/*/*/run.json"))) == 2


def test_a_run_that_failed_throughout_is_named(shell):
    said = shell(*DUMMY, "-m", "failure_rate=1", "--quiet")
    assert said.code == 4
    assert said.out.startswith("No answers: dummy [failure_rate=1] on nsmc_zeroshot (failed")


def test_failures_below_the_bound_are_marked(shell):
    said = shell(*DUMMY, "-m", "failure_rate=0.2", "--max-failures", "0.9", "--quiet")
    assert said.code == 0
    assert re.search(r"\(\d+ failed\)", said.out)


def test_runs_are_kept_where_the_user_says(shell):
    shell(*DUMMY, "--runs-dir", "elsewhere/deep")
    assert list(shell.home.glob("elsewhere/deep/*/*/*/run.json"))


def test_a_made_up_run_is_shaped_as_a_real_one(shell):
    """What the tests of the leaderboard are made of stays true to what a run writes."""
    said = shell(*DUMMY, "--json")
    (real,) = said.json["runs"]
    fake = fake_run(shell.home / "made")
    from harness.records.run_file import read_run

    for key, value in read_run(fake).to_dict().items():
        assert key in real
        if key in ("task", "backend", "data"):
            assert set(value) <= set(real[key])


def test_no_command_at_all_imports_what_it_does_not_use(tmp_path):
    """A run of a baseline costs no torch."""
    code = (
        "import sys; from harness import cli\n"
        "try: cli.main()\n"
        "except SystemExit: print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *DUMMY, "--quiet"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert not {"torch", "pandas", "transformers", "sklearn", "scipy", "rich"} & set(done.stderr.split())


def test_a_limit_that_takes_few_articles_says_so_and_a_share_does_not(shell):
    korquad = ("run", "-t", "korquad_v1", "--sample", "-b", "dummy", "--limit")
    assert "warning: korquad_v1 · dummy: the first 6 examples are of" in shell(*korquad, "6").err
    assert "clusters, too few" not in shell(*korquad, "0.5").err
