"""`--shots 0,1,3`: the figure over worked examples in the prompt; sweeps that can change nothing."""

from __future__ import annotations

import pytest

ZERO = ("run", "-t", "nsmc_zeroshot", "--sample", "--limit", "4", "--quiet")
SMALL = """
adapter: dummy
kind: base
parameters: {parameters}
settings: {{reply: {reply}}}
"""


def labels(said) -> list[str]:
    return [run["label"] for run in said.json["runs"]]


def test_each_number_of_shots_is_a_row(shell):
    said = shell(*ZERO, "-b", "dummy", "--shots", "0,1,3,1", "--json")
    assert labels(said) == ["dummy", "dummy [shots=1]", "dummy [shots=3]"]
    assert [run["task"]["shots"]["k"] for run in said.json["runs"]] == [0, 1, 3]


def test_a_learner_reads_no_shots_and_stands_beside_the_sweep_once(shell):
    assert labels(shell(*ZERO, "-b", "nb,dummy", "--shots", "0,2", "--json")) == [
        *("nb", "dummy", "dummy [shots=2]")
    ]


def test_the_pictures_are_of_figures_by_shots_and_by_size(shell):
    for name, parameters, reply in (("small", "1.0e6", "긍정"), ("large", "1.0e9", "부정")):
        shell.write(f"backends/{name}.yaml", SMALL.format(parameters=parameters, reply=reply))
    assert shell(*ZERO, "-b", "small,large", "--shots", "0,1,3").code == 0
    assert shell("report", "-o", "site", "--pictures", "drawn", "--lang", "en").code == 0
    drawn = [path.read_text(encoding="utf-8") for path in (shell.home / "drawn").glob("*.svg")]
    (by_shots,) = (one for one in drawn if ">shots<" in one)
    assert by_shots.count('class="run ') == 2  # a line a model
    (by_size,) = (one for one in drawn if ">parameters<" in one)
    assert by_size.count('class="run ') == 3  # a line a number of shots


@pytest.mark.parametrize(
    ("options", "because"),
    [
        (("-b", "dummy", "-d", "temperature=0,0.7"), "compared by log-probability and no text is drawn"),
        (("-b", "nb", "-d", "temperature=0,0.7"), "chooses an option and writes no text"),
        (
            ("-b", "dummy", "--ask", "generate", "-d", "temperature=0", "-d", "top_p=0.5,0.9"),
            "temperature 0 takes the likeliest token",
        ),
        (("-b", "nb", "--shots", "0,5"), "learns from the whole train split and reads no shots"),
    ],
)
def test_a_sweep_that_can_change_nothing_is_refused_with_the_reason(shell, options, because):
    said = shell(*ZERO, *options)
    assert said.code == 2
    assert "changes nothing" in said.complaint
    assert because in said.complaint
    assert not (shell.home / "runs").exists()


def test_a_sweep_that_draws_is_run(shell):
    said = shell(*ZERO, "-b", "dummy", "--ask", "generate", "-d", "temperature=0,0.7", "-d", "top_p=0.5,0.9")
    assert said.code == 0


@pytest.mark.parametrize("given", ["0,x", "-1", "", "1.5"])
def test_what_is_no_count_of_shots_is_told_in_a_line(shell, given):
    said = shell(*ZERO, "-b", "dummy", "--shots", given)
    assert (said.code, "--shots" in said.complaint) == (2, True)
