"""Replies in a running batch: the rule of who joins, and texts that are those of one row alone."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")

from benchmarks.running_batch import closed, first_come, scheduled  # noqa: E402
from harness.adapters.hf import running_writer, slots  # noqa: E402
from harness.adapters.hf.adapter import HuggingFace  # noqa: E402
from harness.adapters.hf.running_writer import RunningWriter  # noqa: E402
from harness.schema import Decoding, Example, Parts, Profile, Request  # noqa: E402
from tests.support.tiny_models import tiny_llama  # noqa: E402

LENGTHS = [3, 40, 1, 7, 90, 2, 15, 5, 60, 4, 1, 30, 8, 2, 110, 6]


# ---- who joins -------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 200), min_size=1, max_size=300), st.integers(1, 64))
@settings(max_examples=60, deadline=None)
def test_slots_are_refilled_almost_as_soon_as_they_are_free(wanted, slots):
    few = 4 * (1 + max(wanted))  # what the last rows, and waiting for four free ones, may cost at most
    assert scheduled(wanted, slots) <= first_come(wanted, slots) + few


@pytest.mark.parametrize("slots", [128, 512])
@pytest.mark.parametrize("long", [False, True], ids=["lognormal", "some 50 times as long"])
def test_steps_are_those_of_first_come_first_served(slots, long):
    draw = random.Random(slots)
    wanted = [
        max(1, round(draw.lognormvariate(3.2, 0.8))) * (50 if long and n % 20 == 0 else 1)
        for n in range(8 * slots)
    ]
    mine = scheduled(wanted, slots)
    assert mine <= 1.05 * first_come(wanted, slots)
    assert 4 * mine <= closed(wanted, 131_072, 16_384)


# ---- what is written -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_llama(tmp_path_factory.mktemp("running"), context=512)


def loaded(folder: Any, **settings: Any) -> HuggingFace:
    return HuggingFace(
        Profile("tiny", "huggingface", model=str(folder), settings={"dtype": "float32", **settings})
    )


def asked(n: int, tokens: int, *, head: str = "", **decoding: Any) -> Request:
    text = f"{head}{n} " + "영화 " * (n % 5) + "평점은"
    return Request(
        Example(str(n), {}),
        lambda: Parts(query=text),
        decoding=Decoding(**{"max_tokens": tokens, "temperature": 0, **decoding}),
        seed=n,
    )


def requests(**more: Any) -> list[Request]:
    return [asked(n, tokens, **more) for n, tokens in enumerate(LENGTHS)]


def texts(folder: Any, made: list[Request], **settings: Any) -> dict[str, Any]:
    adapter = loaded(folder, **settings)
    return {one.key[0]: (one.text, one.error) for one in adapter.answer(made)}


def alone(folder: Any, made: list[Request]) -> dict[str, Any]:
    adapter = loaded(folder)
    return {
        key: found
        for one in made
        for key, found in [next((r.key[0], (r.text, r.error)) for r in adapter.answer([one]))]
    }


@pytest.mark.parametrize(
    "how",
    [{}, {"temperature": 0.9, "top_p": 0.9}, {"repetition_penalty": 1.3}, {"stop": ["가", "\n"]}],
    ids=["greedy", "sampled", "penalised", "with stop strings"],
)
def test_texts_are_those_of_one_row_alone(folder, how):
    made = requests(**how)
    assert texts(folder, made, batch_size=3) == alone(folder, made)


def test_prompts_behind_one_head_share_what_was_read_of_it(folder):
    made = requests(head="좋은 영화 나쁜 영화 그저 그런 영화 " * 6)
    assert texts(folder, made, batch_size=4) == alone(folder, made)


def test_a_prompt_that_begins_another_is_written_too(folder):
    made = [
        asked(0, 9, head="가나다라 " * 20),
        *(asked(n, 9, head="가나다라 " * 20 + "0 평점은 ") for n in range(1, 5)),
    ]
    assert texts(folder, made) == alone(folder, made)


def test_rows_of_very_different_lengths_move_to_a_wider_store(folder, monkeypatch):
    monkeypatch.setattr(slots, "NARROW", 16)
    made = requests()
    assert texts(folder, made) == alone(folder, made)


def test_the_next_window_joins_while_the_last_is_written(folder, monkeypatch):
    monkeypatch.setattr("harness.adapters.hf.adapter.FIRST", 2)
    monkeypatch.setattr("harness.adapters.hf.adapter.WINDOW", 4)
    adapter, rows = loaded(folder), []
    adapter.prepare()
    step = running_writer.Queue.step
    monkeypatch.setattr(
        running_writer.Queue, "step", lambda self, some: (rows.append(len(some)), step(self, some))[1]
    )
    list(adapter.answer(requests()))
    assert max(rows) > 4  # more than any window holds


def test_none_in_the_source_is_not_waited_for(folder):
    """A conversation's next turn comes only once its last was answered."""
    adapter, said = loaded(folder), []

    def source() -> Any:
        yield asked(0, 5)
        while len(said) < 1:
            yield None
        yield asked(1, 5)

    for one in adapter.answer(source()):
        said.append(one.key[0])
    assert said == ["0", "1"]


def test_rows_give_way_where_a_step_has_no_memory(folder, monkeypatch):
    adapter = loaded(folder)
    adapter.prepare()
    assert adapter._writer.runs
    step, broken = slots.Store.step, []

    def spoilt(store: Any, ids: Any) -> Any:
        if len(ids) > 5:
            broken.append(len(ids))
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return step(store, ids)

    monkeypatch.setattr(slots.Store, "step", spoilt)
    made = requests(temperature=0.8)
    found = {one.key[0]: (one.text, one.error) for one in adapter.answer(made)}
    assert broken
    assert found == alone_of(folder, made, monkeypatch, step)


def alone_of(folder: Any, made: list[Request], monkeypatch: Any, step: Any) -> dict[str, Any]:
    monkeypatch.setattr(slots.Store, "step", step)
    return alone(folder, made)


def test_rows_that_break_a_step_are_written_by_the_other_road(folder, monkeypatch):
    adapter = loaded(folder)
    adapter.prepare()
    assert adapter._writer.runs
    monkeypatch.setattr(slots.Store, "step", lambda *_: 1 / 0)
    made = requests()
    found = {one.key[0]: (one.text, one.error) for one in adapter.answer(made)}
    assert {key for key, (_, error) in found.items() if error} == set()
    monkeypatch.undo()
    assert found == alone(folder, made)


def test_a_model_whose_slots_come_to_other_logits_is_written_as_before(folder, monkeypatch):
    step = slots.Store.step
    monkeypatch.setattr(slots.Store, "step", lambda store, ids: step(store, ids).flip(-1))
    made = requests()
    adapter = loaded(folder)
    found = {one.key[0]: (one.text, one.error) for one in adapter.answer(made)}
    assert isinstance(adapter._writer, RunningWriter)
    assert not adapter._writer.runs
    monkeypatch.undo()
    assert found == alone(folder, made)


def test_windows_on_long_texts_are_not_read_ahead(folder, monkeypatch):
    """What was read of each would stand in memory until the last of them was read."""
    monkeypatch.setattr("harness.adapters.hf.token_by_token.LONG", 40)
    monkeypatch.setattr("harness.adapters.hf.adapter.FIRST", 3)
    monkeypatch.setattr("harness.adapters.hf.adapter.WINDOW", 3)
    adapter, read = loaded(folder), []
    adapter.prepare()
    go_below = running_writer.Queue._go_below
    monkeypatch.setattr(
        running_writer.Queue, "_go_below", lambda self, head: (read.append(head), go_below(self, head))[1]
    )
    made = [asked(n, 5, head=f"{'가나다'[n // 3]} 긴 글 " * 30) for n in range(9)]
    answers = adapter.answer(made)
    found = {one.key[0]: (one.text, one.error) for one in itertools.islice(answers, 3)}
    assert len(read) == 1
    found |= {one.key[0]: (one.text, one.error) for one in answers}
    assert found == alone(folder, made)
