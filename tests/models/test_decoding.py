"""Decoding against transformers' logits processors, enumeration, and itself in other batches."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from harness.models.decoding import OpenText, beam, penalised, warped, write  # noqa: E402
from harness.models.gpt import GPT  # noqa: E402
from harness.schema import Decoding  # noqa: E402

END = 0


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = GPT(6, context=32, layers=1, heads=2, d=16)
    with torch.no_grad():
        model.tokens.weight.mul_(30)  # logits that differ
    return model.eval()


def never(ids):
    return False


def written(model, prompts, decoding, *, limit=8, seeds=None, enough=never):
    with torch.inference_mode():
        going, logits = model.begin(prompts)
        seeds = seeds or range(len(prompts))
        texts = [OpenText(seed, limit, prompt) for seed, prompt in zip(seeds, prompts, strict=True)]
        return write(going, logits, texts, decoding, END, enough)


SHAPES = [
    Decoding(temperature=0.7),
    Decoding(temperature=1.3, top_k=5),
    Decoding(temperature=1.3, top_p=0.6),
    Decoding(temperature=0.5, min_p=0.2),
    Decoding(temperature=1.6, top_k=12, top_p=0.8, min_p=0.1),
]


@pytest.mark.parametrize("decoding", SHAPES, ids=str)
def test_what_may_be_drawn_is_what_transformers_lets_be_drawn(decoding):
    theirs = transformers.GenerationMixin()
    theirs.config = transformers.LlamaConfig()
    config = transformers.GenerationConfig(
        do_sample=True,
        temperature=decoding.temperature,
        top_k=decoding.top_k or 0,
        top_p=1.0 if decoding.top_p is None else decoding.top_p,
        min_p=decoding.min_p,
    )
    logits = torch.randn(50, 40, generator=torch.Generator().manual_seed(0)) * 3
    steps = theirs._get_logits_processor(config)  # in the order in which `generate` takes them
    expected = steps(torch.zeros(50, 1, dtype=torch.long), logits.clone())
    torch.testing.assert_close(torch.as_tensor(warped(logits.numpy(), decoding)), expected)


@pytest.mark.parametrize("penalty", [0.7, 1.3])
def test_a_repetition_penalty_is_transformers(penalty):
    logits, seen = torch.randn(4, 30), torch.randint(30, (4, 9))
    expected = transformers.RepetitionPenaltyLogitsProcessor(penalty)(seen, logits.clone())
    found = penalised(logits.numpy(), seen.tolist(), penalty)
    torch.testing.assert_close(torch.as_tensor(found), expected)


def test_draws_follow_the_probabilities():
    p = np.array([0.1, 0.6, 0.3])
    texts = [OpenText(seed, 1) for seed in range(4000)]
    logits = np.log(np.tile(p, (4000, 1)))
    replies = write(object(), logits, texts, Decoding(temperature=1.0), 9, never)
    shares = np.bincount([reply.ids[0] for reply in replies], minlength=3) / 4000
    assert np.abs(shares - p).max() < 0.03


def test_a_draw_does_not_depend_on_what_is_written_beside_it(model):
    prompts, seeds, sampled = [[1, 2], [3, 4], [5, 1]], [7, 8, 9], Decoding(temperature=1.5)
    together = written(model, prompts, sampled, seeds=seeds)
    for prompt, seed, reply in zip(prompts, seeds, together, strict=True):
        assert written(model, [prompt], sampled, seeds=[seed]) == [reply]


def test_greedy_is_the_likeliest_token_again_and_again(model):
    (reply,) = written(model, [[1, 2]], Decoding(temperature=0), limit=6)
    ids = [1, 2]
    for token in reply.ids:
        assert token == model.logits(model(torch.tensor([ids]))[0])[0, -1].argmax()
        ids.append(token)


def test_enough_ends_a_text_and_the_limit_ends_the_others(model):
    replies = written(model, [[1, 2], [3, 4]], Decoding(), limit=3, enough=lambda ids: ids[-1] == 99)
    assert all(len(reply.ids) <= 3 for reply in replies)
    (first,) = written(model, [[1, 2]], Decoding(), enough=lambda ids: len(ids) == 2)
    assert (len(first.ids), first.finish) == (2, "stop")


def total(model, prompt, ids):
    with torch.inference_mode():
        logp = model.logits(model(torch.tensor([[*prompt, *ids]]))[0])[0].log_softmax(-1)
    return sum(float(logp[len(prompt) - 1 + n, token]) for n, token in enumerate(ids))


@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
def test_wide_beams_find_what_enumeration_finds(model, length_penalty):
    prompt, limit = [1, 2], 3
    every = [
        ids
        for n in range(1, limit + 1)
        for ids in itertools.product(range(6), repeat=n)
        if END not in ids[:-1] and (ids[-1] == END or n == limit)
    ]
    best = max(every, key=lambda ids: total(model, prompt, ids) / len(ids) ** length_penalty)
    with torch.inference_mode():
        going, logits = model.begin([prompt])
        reply = beam(
            going, logits, OpenText(0, limit, prompt), Decoding(beams=216), END, never,
            length_penalty=length_penalty,
        )  # fmt: skip
    assert reply.ids == [token for token in best if token != END]


def test_one_beam_is_greedy(model):
    greedy = written(model, [[2, 3]], Decoding(), limit=6)
    with torch.inference_mode():
        going, logits = model.begin([[2, 3]])
        assert beam(going, logits, OpenText(0, 6, [2, 3]), Decoding(beams=1), END, never) == greedy[0]
