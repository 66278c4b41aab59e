"""`python -m benchmarks.retrieval board DATA [RUNS]`, or `speed`: a task's board, and what searching costs.

`board` runs systems through `harness run`, MiniLM and e5 with real weights among them, and the hybrids of
`PAIRS`, whose weight is chosen on other articles (`benchmarks.fused`). It holds each query's figures against
pytrec-eval-terrier and prints the table of `retrieval.md`, each difference to the first row paired by
article. What is complete in the folder RUNS is not run again. `speed` searches 100,000
passages, by vectors and by terms, and prints CPU seconds and the largest memory.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import fused, weights
from harness import api, runs
from harness.models.bm25 import Bm25Weights
from harness.models.fusion import Fuse
from harness.models.ranked import searched

BOTH = "retrievers=[bm25_morphemes, tfidf]"
SYSTEMS: tuple[tuple[str, Sequence[str]], ...] = (
    *(("bm25", [f"analyser={name}"]) for name in ("word", "bigram", "morpheme", "mecab")),
    *(("tfidf", []), ("random", [])),
    *(("hybrid", [BOTH, f"fuse={fuse}"]) for fuse in ("rrf", "zscore")),
)
EMBEDDED = {  # by what it is called here: how it was trained to be asked
    weights.MINILM: (),
    weights.E5: ('query_prefix="query: "', 'passage_prefix="passage: "'),
}
MORPHEMES = "bm25_morphemes"
PAIRS: tuple[tuple[str, str, Fuse], ...] = (
    (MORPHEMES, weights.E5, "zscore"),
    (MORPHEMES, weights.E5, "rrf"),
    (MORPHEMES, weights.MINILM, "zscore"),
    (MORPHEMES, "tfidf", "zscore"),
)
MEASURES = {"ndcg@10": "ndcg_cut_10", "recall@1": "recall_1", "recip_rank": "recip_rank", "map": "map"}


def board(data: Path, folder: Path) -> None:
    """Print the board: figures with intervals, differences to the first row, the distance to trec_eval."""
    for backend, settings in SYSTEMS:
        _run(data, folder, backend, settings)
    _run(data, folder, MORPHEMES, ())
    for model, settings in EMBEDDED.items():
        _run(data, folder, "huggingface", [f"model={weights.path(model)}", *settings], model)
    for first, second, fuse in PAIRS:
        out = folder / f"{first}_{second}_{fuse}.jsonl"
        chosen = fused.write(_made(folder, first), _made(folder, second), out, fuse)
        name = f"{first} + {second}, {fuse}, cross-fitted"
        print(f"{name}: the second one's weights", *chosen, flush=True)
        _run(data, folder, "recorded", [f"file={out}", "ranking=ranking"], name)
    rows = sorted(runs.load(folder), key=_first, reverse=True)
    print("| system | nDCG@10 | recall@1 | recall@10 | MRR | nDCG@10 less the first's |")
    print("|---|---|---|---|---|---|")
    for run in rows:
        print(f"| {run.label} | {' | '.join(_figures(run, rows[0]))} |")
    print("largest distance to trec_eval of any query's figure:", max(map(_distance, rows)))


def _made(folder: Path, label: str) -> Path:
    (found,) = (run.directory for run in runs.load(folder) if run.label == label)
    return found


def _run(data: Path, folder: Path, backend: str, settings: Sequence[str], name: str = "") -> None:
    given = [word for one in settings for word in ("-m", one)] + (["--name", name] if name else [])
    command = [sys.executable, "-m", "harness", "run", "-t", "korquad_retrieval", "-b", backend, *given]
    where = ["--data-dir", str(data), "--runs-dir", str(folder), "--no-latency", "--quiet", "--json"]
    subprocess.run([*command, *where], check=True, stdout=subprocess.DEVNULL)


def _first(run: runs.Run) -> float:
    return run.document.metrics["ndcg@10"].value or 0.0


def _figures(run: runs.Run, first: runs.Run) -> list[str]:
    known = run.document.metrics
    main = known["ndcg@10"]
    told = [f"{main.value:.4f} [{main.ci_low:.4f}, {main.ci_high:.4f}]"]
    told += [f"{known[name].value:.4f}" for name in ("recall@1", "recall@10", "recip_rank")]
    if run is first:
        return [*told, ""]
    (pair,) = api.compare(first, run, metric="ndcg@10").differences
    return [*told, f"{pair.value:+.4f} [{pair.ci_low:+.4f}, {pair.ci_high:+.4f}]"]


def _distance(run: runs.Run) -> float:
    """Return the largest distance of a query's figure to that of trec_eval's own code."""
    import pytrec_eval  # type: ignore[import-not-found,unused-ignore]

    lines = [json.loads(line) for line in (run.directory / "samples.jsonl").open(encoding="utf-8")]
    qrels = {line["id"]: dict.fromkeys(line["target"], 1) for line in lines}
    found = {line["id"]: dict(line["response"]["ranking"]) for line in lines}
    theirs = pytrec_eval.RelevanceEvaluator(qrels, set(MEASURES.values())).evaluate(found)
    return float(
        max(
            abs(line["scores"][ours][0] - theirs[line["id"]].get(name, 0.0))
            for line in lines
            for ours, name in MEASURES.items()
            if line["id"] in theirs
        )
    )


def speed() -> None:
    """Print what 10,000 queries over 100,000 passages cost, by 384 dimensions and by terms."""
    draw = np.random.default_rng(0)
    ids = [f"p{number}" for number in range(100_000)]
    vectors = draw.standard_normal((110_000, 384), dtype=np.float32)
    _timed("vectors, 384 dimensions", lambda: searched(vectors[100_000:], vectors[:100_000].T, ids, 100))
    words = np.array([f"w{number}" for number in range(200_000)], object)
    passages = words[np.minimum(draw.zipf(1.2, (100_000, 80)), 200_000) - 1].tolist()
    queries = words[np.minimum(draw.zipf(1.2, (10_000, 10)) + 20, 200_000) - 1].tolist()
    began = time.process_time()
    model = Bm25Weights(passages)
    print(f"BM25, weighing 100,000 passages of 80 terms: {time.process_time() - began:.1f} CPU s")
    rows = model.rows(queries)
    _timed("BM25, scores and best 100", lambda: searched(rows, model.weights, ids, 100))


def _timed(what: str, search: Any) -> None:
    began = time.process_time()
    count = sum(1 for _ in search())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{what}: {count:,} queries, {time.process_time() - began:.1f} CPU s, {memory:.2f} GiB at most")


if __name__ == "__main__":
    if sys.argv[1] == "speed":
        speed()
    elif len(sys.argv) > 3:
        board(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            board(Path(sys.argv[2]), Path(scratch))
