"""Strengths as choix has them, length-controlled win rates as alpaca_eval has them."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from harness.stats import bradley_terry, win_rates
from harness.stats.bradley_terry import Games
from tests.support.paths import SHARED


@pytest.mark.parametrize("seed", range(20))
def test_strengths_are_those_of_choix(seed):
    choix = pytest.importorskip("choix", reason="choix is not installed; run `tox -e arena`")
    draw = np.random.default_rng(seed)
    systems, count = int(draw.integers(3, 12)), 400
    first = draw.integers(0, systems, count)
    second = (first + draw.integers(1, systems, count)) % systems
    strength = draw.normal(0, 1, systems)
    ties, won = (
        draw.random(count) < 0.2,
        draw.random(count) < 1 / (1 + np.exp(strength[second] - strength[first])),
    )
    share = np.where(ties, 0.5, won)
    games = Games(first, second, share, np.ones(count), np.arange(count), systems, np.zeros((count, 0)))
    ours = bradley_terry.fit(games)
    wins = np.zeros((systems, systems))  # choix knows no ties: half a win for each
    np.add.at(wins, (first, second), share)
    np.add.at(wins, (second, first), 1 - share)
    theirs = choix.ilsr_pairwise_dense(wins, tol=1e-13, max_iter=10_000)
    assert ours.strength == pytest.approx(theirs - theirs.mean(), abs=1e-8)


ALPACA = SHARED / "replies/alpaca_eval"


def made_up_gamed(questions: int, difficulty, path):
    """Write rows of a brief and a wordy baseline, and return them as we take them."""
    import pandas as pd

    draw = np.random.default_rng(1)
    length = np.concatenate([draw.normal(1.5, 0.6, questions), draw.normal(-1.5, 0.6, questions)])
    preference = np.clip(0.5 - 0.15 * np.tanh(length) + draw.normal(0, 0.2, len(length)), 0, 1)
    index = np.tile(np.arange(questions), 2)
    frame = pd.DataFrame(
        {
            **{"model": ["brief"] * questions + ["wordy"] * questions, "preference": preference},
            **{"index": index, "std_delta_len": length, "instruction_difficulty": difficulty[index]},
            "not_gamed_baseline": False,
        }
    )
    frame.to_csv(path, index=False)
    return win_rates.Gamed(preference, length, difficulty[index])


@pytest.mark.parametrize(
    "name",
    [
        *("FuseChat-Llama-3.2-3B-Instruct", "OpenHermes-2.5-Mistral-7B", "Qwen-14B-Chat"),
        *("alpaca-7b", "alpaca-7b_concise", "alpaca-7b_verbose"),
    ],
)
def test_length_controlled_win_rates_are_those_of_alpaca_eval(name, tmp_path, monkeypatch):
    glm = pytest.importorskip(
        "alpaca_eval.metrics.glm_winrate", reason="alpaca_eval is not installed; run `tox -e arena`"
    )
    import pandas as pd

    if not ALPACA.is_dir():
        pytest.skip("no recorded verdicts at hand")
    lines = gzip.decompress((ALPACA / f"{name}.jsonl.gz").read_bytes()).decode("utf-8-sig").split("\n")
    rows = pd.DataFrame([json.loads(line) for line in lines if line.strip()])
    difficulty = np.random.default_rng(0).normal(0, 1, len(rows))
    gamed = made_up_gamed(len(rows), difficulty, tmp_path / "df_gamed.csv")
    monkeypatch.setattr(glm, "hf_hub_download", lambda **_asked: str(tmp_path / "df_gamed.csv"))
    rows["index"] = np.arange(len(rows))
    theirs = glm.get_length_controlled_winrate(rows.copy(), save_weights_dir=None)
    lengths = rows["output_1"].str.len() - rows["output_2"].str.len()
    preference = rows["preference"].astype(float).replace({0.0: 1.5}).to_numpy() - 1
    ours = win_rates.length_controlled(preference, lengths.to_numpy(np.float64), difficulty, gamed)
    assert ours.value == pytest.approx(theirs["length_controlled_winrate"], abs=0.05)
    assert ours.stderr == pytest.approx(theirs["lc_standard_error"], abs=0.01)
