"""The classical adapters: what they learn from, what they say to each option, and in which windows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from harness.adapters.base import Adapter, Capability
from harness.adapters.batching import windows
from harness.adapters.classical.classifiers import Fasttext, NaiveBayesAdapter, Tfidf
from harness.adapters.fields import bare_text, known_target
from harness.adapters.fitted_classifier import WINDOWS, Classical
from harness.errors import BadInput, Unavailable
from harness.models import LEAST
from harness.schema import Example, Option, Parts, Profile, Request

OPTIONS = (Option("0", "부정"), Option("1", "긍정"))
PRAISE, BLAME = ["정말 재밌다", "정말 좋다", "최고 영화"], ["너무 지루하다", "너무 아깝다", "최악 영화"]
TRAIN = [
    Example(f"t{i}", {"document": text}, str(int(text in PRAISE))) for i, text in enumerate(PRAISE + BLAME)
]

both = pytest.mark.parametrize("kind", [Tfidf, NaiveBayesAdapter])


class Task:
    name = "reviews"

    def __init__(self, *labels: str) -> None:
        self.labels = labels

    def text(self, example: Example) -> str:
        return bare_text(example)

    def request(self, example: Example) -> Request:
        raise AssertionError("a classical model asks nothing while it learns")


def made(kind: type[Classical], **settings) -> Classical:
    return kind(Profile("mine", "classical", settings=settings))


def fitted(kind: type[Classical], train: list[Example] = TRAIN, *labels: str, **settings) -> Classical:
    adapter = made(kind, **settings)
    adapter.fit(iter(train), Task(*(labels or ("0", "1"))))
    return adapter


def asked(text: str | None, key: str = "x", options: tuple[Option, ...] = OPTIONS) -> Request:
    def render() -> Parts:
        raise AssertionError("a classical model pays for no prompt")

    return Request(Example(key, {"document": text}), render, ask="choose", options=options)


def scores(adapter: Classical, *requests: Request) -> list[list[float]]:
    return [list(response.option_scores or ()) for response in adapter.answer(requests)]


# what they share


@both
def test_they_are_adapters_that_learn(kind):
    assert isinstance(made(kind), Adapter)
    assert made(kind).can(Capability.LEARN)


@both
def test_each_text_they_learnt_from_gets_its_own_label(kind):
    for example, found in zip(
        TRAIN, scores(fitted(kind), *(asked(e.fields["document"]) for e in TRAIN)), strict=True
    ):
        assert found.index(max(found)) == int(example.target)


@both
def test_scores_are_log_probabilities(kind):
    (found,) = scores(fitted(kind), asked("정말 좋다"))
    assert np.exp(found).sum() == pytest.approx(1)


@both
def test_options_are_matched_by_label_in_their_own_order(kind):
    adapter = fitted(kind)
    (found,), (turned,) = (scores(adapter, asked("정말 좋다", options=o)) for o in (OPTIONS, OPTIONS[::-1]))
    assert found == turned[::-1]


@both
def test_an_option_unseen_in_train_is_all_but_impossible(kind):
    (found,) = scores(fitted(kind), asked("정말 좋다", options=(Option("2", "중립"), *OPTIONS)))
    assert found[0] <= LEAST
    assert found[0] == min(found)


@both
def test_options_of_an_examples_own_are_an_error(kind):
    with pytest.raises(BadInput, match="fixed options; 'x' has its own"):
        scores(fitted(kind), asked("좋다", options=(Option("서울", "서울"),)))


@both
def test_a_task_without_fixed_options_cannot_be_learnt(kind):
    with pytest.raises(BadInput, match="mine needs a task with fixed options; reviews has none"):
        made(kind).fit(TRAIN, Task())


@both
def test_a_target_that_is_no_option_is_named(kind):
    with pytest.raises(BadInput, match=r"'t9'.*no option '5'"):
        fitted(kind, [*TRAIN, Example("t9", {"document": "영화"}, "5")])


@both
def test_an_example_without_a_target_is_named(kind):
    with pytest.raises(BadInput, match="'t9' has no single target"):
        fitted(kind, [*TRAIN, Example("t9", {"document": "영화"})])


@both
def test_a_train_split_without_examples_is_an_error(kind):
    with pytest.raises(BadInput, match="at least one example"):
        fitted(kind, [])


@both
def test_they_do_not_answer_before_they_learn(kind):
    with pytest.raises(Unavailable, match="mine must be fitted"):
        made(kind).answer([asked("좋다")])


@both
def test_a_loaded_fit_answers_bit_for_bit_as_the_saved_one(kind, tmp_path):
    before, after = fitted(kind), made(kind)
    before.save(tmp_path)
    after.load(tmp_path)
    requests = [asked(text) for text in [*PRAISE, *BLAME, "처음 보는 말", ""]]
    assert scores(after, *requests) == scores(before, *requests)


@both
def test_a_damaged_fit_is_unavailable(kind, tmp_path):
    fitted(kind).save(tmp_path)
    saved = (tmp_path / "model.npz").read_bytes()
    (tmp_path / "model.npz").write_bytes(saved[: len(saved) // 2])
    with pytest.raises(Unavailable, match="damaged"):
        made(kind).load(tmp_path)


@both
@pytest.mark.parametrize("text", ["", None])
def test_an_empty_text_gets_the_class_prior(kind, text):
    (found,) = scores(fitted(kind), asked(text))
    assert np.exp(found) == pytest.approx([0.5, 0.5])


@both
def test_three_labels_are_told_apart(kind):
    said = {"스포츠": "축구 이겼다", "경제": "주가 올랐다", "정치": "선거 끝났다"}
    train = [Example(label, {"title": text}, label) for label, text in said.items()]
    options = tuple(Option(label, label) for label in said)
    adapter = fitted(kind, train, *said)
    for place, found in enumerate(scores(adapter, *(asked(text, options=options) for text in said.values()))):
        assert found.index(max(found)) == place


@both
def test_every_request_is_answered_once_under_its_key(kind):
    requests = [asked("좋다", str(n)) for n in range(40)]
    responses = list(fitted(kind).answer(requests))
    assert [response.key for response in responses] == [request.key for request in requests]
    assert all(response.finish == "stop" for response in responses)


@both
def test_none_in_the_source_changes_no_answer(kind):
    requests = [asked(text, text) for text in PRAISE + BLAME]
    broken = [part for request in requests for part in (None, request, None, None)]
    assert scores(fitted(kind), *broken) == scores(fitted(kind), *requests)


@both
def test_the_time_of_an_answer_is_that_of_its_window(kind):
    _, *window = fitted(kind).answer(asked("좋다", str(n)) for n in range(33))
    assert len({response.timing.e2e for response in window}) == 1


@both
def test_nothing_is_rendered(kind):
    request = asked("좋다")
    scores(fitted(kind), request)
    assert "fields" in request.sent()


@pytest.mark.parametrize(
    ("kind", "settings"),
    [(Tfidf, {"ngram_min": 3, "ngram_max": 2}), (Tfidf, {"c": 0}), (NaiveBayesAdapter, {"alpha": 0})],
)
def test_a_setting_out_of_range_is_an_error_before_any_work(kind, settings):
    with pytest.raises(BadInput):
        made(kind, **settings)


def test_settings_and_seed_reach_the_model():
    model = Tfidf(
        Profile("t", "tfidf", settings={"ngram_min": 2, "ngram_max": 3, "min_df": 2, "c": 1.5}, seed=9)
    ).model
    assert (model.rows.ngrams, model.rows.min_df, model.c, model.seed) == ((2, 3), 2, 1.5, 9)


def test_settings_and_seed_reach_the_embeddings():
    given = {"analyser": "word", "min_df": 3, "dim": 4, "epochs": 5, "learning_rate": 0.5}
    model = Fasttext(Profile("t", "fasttext", settings=given, seed=9)).model
    assert (model.rows.analyser.name, model.rows.ngrams, model.rows.min_df) == ("word", (1, 2), 3)
    assert (model.dim, model.epochs, model.learning_rate, model.seed) == (4, 5, 0.5, 9)


def test_importing_the_adapters_imports_no_numpy():
    code = "import sys, harness.adapters.classical.classifiers; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# windows


def sizes(source: list[Request | None]) -> list[int]:
    return [len(window) for window in windows(source, *WINDOWS)]


def test_windows_start_small_and_grow():
    assert sizes([asked("")] * 3000) == [1, 32, 1024, 1024, 919]


def test_none_hands_over_what_is_in_hand():
    request = asked("")
    assert sizes([request, request, request, None, request, None]) == [1, 2, 1]


def test_nothing_in_hand_goes_on_asking():
    assert sizes([None, None, asked(""), None, None]) == [1]


def test_what_is_in_hand_is_answered_before_the_source_is_asked_again():
    answered = []

    def source() -> Iterator[Request | None]:
        yield asked("좋다", "first")
        yield asked("좋다", "second")
        yield None
        assert answered == ["first", "second"]
        yield asked("좋다", "third")

    answered.extend(response.key[0] for response in fitted(Tfidf).answer(source()))
    assert answered == ["first", "second", "third"]


# the bare text


def test_the_bare_text_is_the_fields_a_line_each():
    assert (
        bare_text(Example("1", {"sentence1": "가", "missing": None, "sentence2": "나", "n": 3}))
        == "가\n나\n3"
    )


def test_without_labels_any_target_will_do():
    assert known_target(Example("1", {}, "서울"), ()) == "서울"


def test_several_targets_are_not_one_to_learn_from():
    with pytest.raises(BadInput, match="'1' has no single target"):
        known_target(Example("1", {}, ("서울", "서울시")), ())
