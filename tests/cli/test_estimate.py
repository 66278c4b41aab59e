"""`harness estimate`: what it prints, and what it refuses."""

from __future__ import annotations

import pytest

from tests.support.running import METERED, REVIEWS, rehearsing, rows

ESTIMATE = ("estimate", "-t", "reviews", "-b", "metered", "--data-dir", "data")


@pytest.fixture
def project(shell):
    """Forty reviews, and a server that is not there and bills words."""
    shell.write("tasks/reviews.yaml", REVIEWS)
    shell.write("backends/metered.yaml", METERED)
    for split in ("train", "test"):
        lines = [("id", "document", "label"), *rows(40)]
        shell.write(f"data/reviews/{split}.tsv", "".join("\t".join(line) + "\n" for line in lines))
    with rehearsing():
        yield shell


def test_without_a_pilot_nothing_is_asked_and_the_output_is_bounded(project):
    (found,) = project(*ESTIMATE, "--json").json["estimates"]
    assert (found["requests"], found["kept"], found["counted"]) == (40, 0, "characters")
    assert found["output_tokens"] == {"low": 0, "value": None, "high": 400}
    assert (found["currency"], found["price_source"], found["price_date"]) == ("USD", "a test", "2026-11-01")
    assert found["cost"]["low"] < found["cost"]["high"]
    assert (found["cost"]["value"], found["seconds"]) == (None, None)
    assert "GUESSED" in project(*ESTIMATE).out


def test_a_pilot_tells_more_and_its_answers_are_kept(project):
    first = project(*ESTIMATE, "--pilot", 10, "--concurrency", 4, "--json").json["estimates"][0]
    assert (first["requests"], first["kept"], first["counted"]) == (30, 10, "observed")
    assert first["pilot"]["requests"] == 10
    assert first["prompt_tokens"]["value"] == 150  # five words each
    assert first["seconds"]["value"] == pytest.approx(30 * 0.3 / 4)
    low, value, high = (first["cost"][end] for end in ("low", "value", "high"))
    assert low < value < high
    again = project(*ESTIMATE, "--pilot", 10, "--json").json["estimates"][0]
    assert again["pilot"] == {"requests": 0, "cost": 0}


def test_a_grid_is_summed_and_a_price_that_nobody_knows_is_said(project):
    project.write("backends/other.yaml", METERED + 'settings: {base_url: "http://127.0.0.1:9/v1"}\n')
    project.write("backends/unpriced.yaml", METERED.partition("price")[0])
    said = project("estimate", "-t", "reviews", "-b", "metered,other,unpriced,tfidf", "--data-dir", "data")
    assert "no price is known of unpriced" in said.out
    assert said.out.count("unknown") == 1
    found = project(
        "estimate", "-t", "reviews", "-b", "metered,other,unpriced,tfidf", "--data-dir", "data", "--json"
    ).json
    one, other, unpriced, local = found["estimates"]
    assert found["total"]["requests"] == 160
    assert found["total"]["cost"]["USD"]["high"] == one["cost"]["high"] + other["cost"]["high"]
    assert found["total"]["unpriced"] == ["unpriced"]
    assert (unpriced["cost"], local["cost"], local["prompt_tokens"]) == (None, None, None)


def test_output_without_a_bound_has_no_upper_end(project):
    project.write("backends/metered.yaml", METERED.replace("max_tokens: 10, ", ""))
    said = project(*ESTIMATE)
    assert "nothing bounds the output; add -d max_tokens=N" in said.out
    assert "no bound" in said.out


def test_no_key_is_needed_to_estimate_and_one_is_for_a_pilot(project, monkeypatch):
    pytest.importorskip("aiohttp")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    asked = ("estimate", "-t", "reviews", "-b", "gpt_4o_mini", "--data-dir", "data")
    said = project(*asked)
    assert said.code == 0
    assert "genai-prices" in said.out
    assert project(*asked, "--pilot", 3).code == 3


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--pilot", 2), "--pilot 2: fewer than 3 answers tell no interval"),
        (("--tokenizer", "nowhere"), "--tokenizer nowhere: "),
    ],
)
def test_what_cannot_be_meant_is_said(project, arguments, complaint):
    if "--tokenizer" in arguments:
        pytest.importorskip("tokenizers")
    said = project(*ESTIMATE, *arguments)
    assert said.code == 2
    assert said.complaint.startswith(f"harness: {complaint}")


def test_try_tells_what_it_cost(project):
    asked = ("try", "-t", "reviews", "-b", "metered", "-q", "정말 재미있다")
    (answer,) = project(*asked, "--json").json["answers"]
    assert answer["currency"] == "USD"
    assert f"{answer['cost']:.4g} USD" in project(*asked).out
