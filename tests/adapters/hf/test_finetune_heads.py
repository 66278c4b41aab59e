"""BERT's other patterns, fine-tuned: a number of a pair, an answer's place, tags; tiny random models here."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("accelerate")

from harness.adapters.hf.finetune import finetune
from harness.errors import BadInput, Unavailable
from harness.schema import Example, Option, Profile
from tests.support.lessons import Task
from tests.support.tiny_models import tiny_encoder

QUICK = {"epochs": 12, "learning_rate": 3e-3, "batch_rows": 10, "device": "cpu"}
PAIRS = [
    Example(
        f"p{n}",
        {"sentence1": "비가 온다", "sentence2": ("비가 온다", "해가 떴다")[n % 2]},
        ("5.0", "1.0")[n % 2],
    )
    for n in range(20)
]
PEOPLE = [
    Example(f"n{n}", {"context": f"{name} 왔다"}, ((0, 2, "PS"),) if n % 2 else ())
    for n, name in enumerate(["비가", "민수"] * 10)
]
PASSAGES = [
    Example(
        f"q{n}",
        {"context": "서울은 춥고 부산은 덥다", "question": ("추운 곳", "더운 곳")[n % 2]},
        (("서울", "부산")[n % 2],),
    )
    for n in range(20)
]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return tiny_encoder(tmp_path_factory.mktemp("bert"), head=True)


def made(model, ask, **settings):
    profile = Profile(
        "tuned", "finetune", model=str(model), settings={**QUICK, **settings}, offline=True, ask=ask
    )
    return finetune(profile)


def asked(adapter, task, examples):
    found = {r.key[0]: r for r in adapter.answer(map(task.request, examples))}
    return [found[example.id] for example in examples]


@pytest.mark.parametrize("ask", ["rate", "embed"])
def test_a_number_of_two_sentences_is_learnt(encoder, ask, tmp_path):
    task, adapter = Task(ask), made(encoder, ask)
    adapter.fit(PAIRS, task)
    alike, unlike = (r.value for r in asked(adapter, task, PAIRS[:2]))
    assert alike - unlike > 2
    adapter.save(tmp_path)
    again = made(encoder, ask)
    again.load(tmp_path)
    assert [r.value for r in asked(again, task, PAIRS[:2])] == pytest.approx([alike, unlike], abs=1e-5)


def test_tags_of_tokens_are_learnt(encoder):
    task, adapter = Task("tag", (Option("PS", "사람"), Option("LC", "곳"))), made(encoder, "tag")
    adapter.fit(PEOPLE, task)
    assert [list(map(tuple, r.spans)) for r in asked(adapter, task, PEOPLE[:2])] == [[], [(0, 2, "PS")]]


def test_the_place_of_an_answer_is_learnt(encoder):
    task, adapter = Task("extract"), made(encoder, "extract", epochs=20)
    adapter.fit(PASSAGES, task)
    # This tokenizer has pieces over two syllables: the answer may end one later.
    assert [r.text[:2] for r in asked(adapter, task, PASSAGES[:2])] == ["서울", "부산"]


def test_a_window_without_the_answer_points_at_its_first_token(encoder):
    adapter = made(encoder, "extract", epochs=0.1, max_tokens=24)
    long = Example("long", {"context": "가 나 다 라 마 " * 20 + "서울", "question": "어디"}, ("서울",))
    from transformers import AutoTokenizer

    rows = list(adapter._rows(AutoTokenizer.from_pretrained(encoder), long, ()))
    assert len(rows) > 2
    assert [row["start_positions"] > 0 for row in rows][-1]
    assert not any(row["start_positions"] for row in rows[:-2])


def test_what_is_not_fitted_does_not_answer(encoder):
    with pytest.raises(Unavailable, match="must be fitted"):
        made(encoder, "rate").answer([])


def test_a_target_that_is_no_number_is_the_users_error(encoder):
    with pytest.raises(BadInput, match=r"'p9'.*no number"):
        made(encoder, "rate", epochs=0.1).fit([Example("p9", PAIRS[0].fields, "much")], Task("rate"))
