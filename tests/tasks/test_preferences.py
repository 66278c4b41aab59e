"""HH-RLHF: the pair mixed once, or asked as A or B in both orders, which are one question."""

from __future__ import annotations

from harness import run
from harness.evaluation.grid import plans
from harness.options.running import RunOptions
from harness.schema import Request
from tests.support.running import records_of


def requests(task: str) -> list[Request]:
    ((plan,), _) = plans(RunOptions(task, "dummy", sample=True), lambda _message: None)
    prompts = plan.prompts()
    return [prompts.request(example) for example in plan.evaluated()]


def test_each_pair_is_asked_in_both_orders_with_the_responses_exchanged():
    asked = requests("hh_rlhf_letters")
    pairs = [asked[at : at + 2] for at in range(0, len(asked), 2)]
    for first, second in pairs:
        assert first.example.cluster == second.example.cluster
        assert {first.example.target, second.example.target} == {"0", "1"}
        assert [option.text for option in first.options] == ["A", "B"]
        meanings = [option.meaning for option in first.options]
        assert [option.meaning for option in second.options] == meanings[::-1]
        assert f"A. {meanings[0]}\nB. {meanings[1]}" in first.prompt
    assert len({first.example.cluster for first, _ in pairs}) == len(pairs) > 3


def test_who_always_says_a_is_right_on_half_and_both_orders_are_one_unit(tmp_path):
    (done,) = run(
        *("hh_rlhf_letters", "dummy"),
        **{"sample": True, "ask": "generate", "settings": {"reply": "A"}, "runs_dir": tmp_path},
    )
    accuracy = done.document.metrics["accuracy"]
    assert accuracy.value == 0.5
    assert accuracy.units == accuracy.n / 2
    assert {record["prediction"] for record in records_of(done.directory)} == {"0"}


def test_mixed_once_the_preferred_response_stands_in_either_place():
    places = [request.example.target for request in requests("hh_rlhf")]
    assert set(places) == {"0", "1"}
    assert places == [request.example.target for request in requests("hh_rlhf")]
