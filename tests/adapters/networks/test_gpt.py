"""The small GPT as a system under test: what it learns, what it says, and the same said by transformers."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("tokenizers")

from harness.adapters.base import Adapter, Capability
from harness.adapters.fields import bare_text
from harness.adapters.networks.gpt import Gpt
from harness.errors import BadInput, Unavailable
from harness.schema import Decoding, Example, Option, Parts, Profile, Request
from tests.support.running import Project, outcome, said
from tests.support.tiny_models import review

OPTIONS = (Option("0", "부정"), Option("1", "긍정"))
SMALL = {
    "layers": 2,
    "heads": 2,
    "width": 32,
    "vocabulary": 400,
    "context": 64,
    "batch_rows": 8,
    "dropout": 0.0,
}


class Task:
    """Reviews as prompts; `Prompts` in small."""

    name, labels = "reviews", ("0", "1")

    def __init__(self, ask="choose", decoding=Decoding()):
        self.ask, self.decoding = ask, decoding

    def text(self, example):
        return bare_text(example)

    def request(self, example, seed=0):
        return Request(
            example,
            lambda: Parts(f"문장: {example.fields.get('document')}\n감정:"),
            ask=self.ask,
            options=OPTIONS if self.ask == "choose" else (),
            decoding=self.decoding,
            seed=seed,
        )

    def answer(self, example):
        return dict(OPTIONS_OF)[example.target]


OPTIONS_OF = [(option.label, option.text) for option in OPTIONS]


def reviews(count=20):
    import random

    rng, found = random.Random(0), {}
    while len(found) < count:
        text, label = review(rng)
        found.setdefault(text, label)
    return [
        Example(f"r{n}", {"document": text}, str(int(label == "긍정")))
        for n, (text, label) in enumerate(found.items())
    ]


def fitted(ask="choose", train=None, **settings):
    adapter = Gpt(
        Profile("gpt", "gpt", settings={**SMALL, "epochs": 45, "learning_rate": 1e-2} | settings, ask=ask)
    )
    adapter.fit(reviews() if train is None else train, Task(ask))
    return adapter


@pytest.fixture(scope="module")
def gpt():
    return fitted()


def labels(adapter, task=None):
    task = task or Task()
    found = {r.key[0]: r.option_scores for r in adapter.answer(task.request(e) for e in reviews())}
    return [str(int(found[e.id][1] > found[e.id][0])) for e in reviews()]


def test_it_is_an_adapter_that_learns_in_steps(gpt):
    assert isinstance(gpt, Adapter)
    assert all(gpt.can(what) for what in (Capability.LEARN, Capability.TRAIN_IN_STEPS))
    assert gpt.took().steps > 0


def test_it_learns_twenty_reviews_by_heart(gpt):
    assert labels(gpt) == [example.target for example in reviews()]


def test_it_writes_what_it_learnt_to_say(gpt):
    task = Task("generate", Decoding(max_tokens=8, stop=("\n",)))
    gpt.profile = Profile("gpt", "gpt", ask="generate")
    replies = {r.key[0]: r for r in gpt.answer(task.request(e) for e in reviews())}
    gpt.profile = Profile("gpt", "gpt", ask="choose")
    assert [replies[e.id].text.strip() for e in reviews()] == [Task().answer(e) for e in reviews()]
    assert {reply.finish for reply in replies.values()} == {"stop"}


def test_the_same_seed_learns_the_same(gpt):
    short = {"epochs": 2}
    one, other = fitted(**short), fitted(**short)
    asked = [Task().request(example) for example in reviews()]
    assert [r.option_scores for r in one.answer(asked)] == [r.option_scores for r in other.answer(asked)]


def test_what_was_saved_says_the_same(gpt, tmp_path):
    gpt.save(tmp_path)
    again = Gpt(Profile("gpt", "gpt", settings=SMALL))
    again.load(tmp_path)
    asked = [Task().request(example) for example in reviews()]
    assert [r.option_scores for r in again.answer(asked)] == [r.option_scores for r in gpt.answer(asked)]


def test_a_batch_changes_nothing_but_noise(gpt):
    asked = [Task().request(example) for example in reviews()]
    together = {r.key: r.option_scores for r in gpt.answer(asked)}
    for request in asked[:5]:
        (alone,) = gpt.answer([request])
        assert alone.option_scores == pytest.approx(together[request.key], abs=1e-4)


def test_a_text_longer_than_the_context_is_learnt_and_scored_window_by_window():
    texts = [Example(f"t{n}", {"text": f"{n} 이 영화는 정말 " * 20}) for n in range(4)]
    adapter = fitted("score", texts, epochs=1, context=16)
    for response, example in zip(adapter.answer(map(Task("score").request, texts)), texts, strict=True):
        assert response.tokens == adapter.count_tokens(example.fields["text"]) > 16
        assert response.value < 0


def test_nothing_fitted_is_said():
    with pytest.raises(Unavailable, match="must be fitted"):
        list(Gpt(Profile("gpt", "gpt")).answer([]))


def test_nothing_to_learn_from_is_said():
    with pytest.raises(BadInput, match="no examples"):
        fitted(train=[])


# exported


@pytest.fixture(scope="module")
def exported(gpt, tmp_path_factory):
    pytest.importorskip("transformers")
    from harness.adapters.hf.adapter import HuggingFace

    folder = tmp_path_factory.mktemp("exported")
    gpt.export(folder)
    return lambda ask: HuggingFace(Profile("hf", "huggingface", model=str(folder), ask=ask, offline=True))


def test_transformers_gives_each_option_the_same_score(gpt, exported):
    asked = [Task().request(example) for example in reviews()]
    ours = {r.key: r.option_scores for r in gpt.answer(asked)}
    for response in exported("choose").answer(asked):
        assert response.option_scores == pytest.approx(ours[response.key], abs=1e-4)


@pytest.mark.parametrize("penalty", [None, 1.3])
def test_transformers_writes_the_same_greedily(gpt, exported, penalty):
    task = Task("generate", Decoding(max_tokens=12, temperature=0, repetition_penalty=penalty))
    asked = [task.request(example) for example in reviews()]
    gpt.profile = Profile("gpt", "gpt", ask="generate")
    ours = {r.key: (r.text, r.finish) for r in gpt.answer(asked)}
    gpt.profile = Profile("gpt", "gpt", ask="choose")
    assert {r.key: (r.text, r.finish) for r in exported("generate").answer(asked)} == ours


def test_transformers_scores_a_text_the_same(gpt, exported):
    texts = [
        Example(f"t{n}", {"text": text})
        for n, text in enumerate(["정말 재미있다", "<s> 영화\n\n별로", "abc 한"])
    ]
    asked = [Task("score").request(example) for example in texts]
    gpt.profile = Profile("gpt", "gpt", ask="score")
    ours = {r.key: (r.value, r.tokens) for r in gpt.answer(asked)}
    gpt.profile = Profile("gpt", "gpt", ask="choose")
    for response in exported("score").answer([asked[0], asked[2]]):
        assert response.value == pytest.approx(ours[response.key][0], abs=1e-4)
        assert response.tokens == ours[response.key][1]


# as a user runs it

RUN = ("run", "-t", "reviews", "-b", "gpt", "--data-dir", "data", "--quiet")
QUICK = tuple(f"-m{key}={value}" for key, value in {**SMALL, "epochs": 15, "learning_rate": 1e-2}.items())


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = Project(tmp_path_factory.mktemp("project"))
    project.env["OMP_NUM_THREADS"] = "1"
    project.reviews()
    done = project.harness(*RUN, *QUICK)
    assert done.returncode == 0, done.stderr
    return project


def test_a_run_is_fitted_and_says_what_that_took(project):
    run = said(project.only())
    assert run["fit"]["examples"] == 40
    assert run["fit"]["steps"] > 0
    assert run["metrics"]["accuracy"]["value"] > 0.9


def test_export_writes_what_huggingface_runs_with_the_same_answers(project):
    pytest.importorskip("transformers")
    first = project.only()
    done = project.harness("export", first, "--out", "model", "--data-dir", "data", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "huggingface -m model=model" in done.stdout
    again = project.harness(
        *("run", "-t", "reviews", "-b", "huggingface", "-m", "model=model", "--data-dir", "data", "--quiet")
    )
    assert again.returncode == 0, again.stderr
    ours, theirs = (outcome(directory)["records"] for directory in (first, project.runs()[-1]))
    assert [r["prediction"] for r in theirs] == [r["prediction"] for r in ours]


def test_export_overwrites_nothing(project):
    done = project.harness("export", "-t", "reviews", "-b", "gpt", "--out", "data", "--data-dir", "data")
    assert done.returncode == 2
    assert "is not empty" in done.stderr


def test_export_of_what_others_cannot_load_is_refused(project):
    done = project.harness("export", "-t", "reviews", "-b", "tfidf", "--out", "new", "--data-dir", "data")
    assert done.returncode == 2
    assert "gpt does" in done.stderr
