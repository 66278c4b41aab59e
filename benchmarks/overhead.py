"""What the harness itself costs an example, beside lm-evaluation-harness, in one sitting.

    python -m benchmarks.overhead [--peer BIN]     BIN: the bin folder of an environment with lm_eval

Both sides answer 20,000 five-shot reviews with an engine that answers at once; ours writes and scores
every record. The peer is run as its recipe says, which writes no samples; CPU seconds are compared,
and what 20 rows take is taken off as start-up.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.measure import harness, machine, run, write_reviews

ROWS, FEW = 20_000, 20

OURS = """
version: 1
description: synthetic reviews
data: {{format: tsv, files: {{train: train.tsv, test: {test}}}}}
fields: {{id: id, input: document, target: label}}
options: {{0: 부정, 1: 긍정}}
ask: {ask}
templates: {{plain: {{query: "리뷰: {{{{ input }}}}\\n감정:"}}}}
shots: {{k: 5}}
metrics: [accuracy, macro_f1, unanswered]
"""

THEIRS = """
task: {name}
dataset_path: csv
dataset_kwargs: {{data_files: {{train: {folder}/train.tsv, test: {folder}/{test}}}, delimiter: "\\t"}}
training_split: train
fewshot_split: train
test_split: test
num_fewshot: 5
doc_to_text: "리뷰: {{{{document}}}}\\n감정:"
"""
CHOOSE = 'output_type: multiple_choice\ndoc_to_choice: ["부정", "긍정"]\ndoc_to_target: label\n'
CHOOSE += "metric_list: [{metric: acc, aggregation: mean, higher_is_better: true}]\n"
GENERATE = "output_type: generate_until\ndoc_to_target: \"{{['부정','긍정'][label]}}\"\n"
GENERATE += 'generation_kwargs: {until: ["\\n"], max_gen_toks: 8, do_sample: false}\n'
GENERATE += "metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]\n"


def ours(folder: Path, ask: str, test: str) -> float:
    """Return our CPU seconds."""
    task = folder / f"ours_{ask}_{test.removesuffix('.tsv')}.yaml"
    task.write_text(OURS.format(ask=ask, test=test), encoding="utf-8")
    command = [*harness(), "run", "-t", str(task), "-b", "dummy", "--data-dir", str(folder), "-q", "--fresh"]
    return run([*command, "--runs-dir", str(folder / "runs")]).cpu


def theirs(folder: Path, peer: Path, ask: str, test: str) -> float:
    """Return the peer's CPU seconds."""
    name = f"theirs_{ask}_{test.removesuffix('.tsv')}"
    text = THEIRS.format(name=name, folder=folder, test=test) + (CHOOSE if ask == "choose" else GENERATE)
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    command = [
        str(peer / "lm_eval"),
        "run",
        "--model",
        "dummy",
        "--tasks",
        name,
        "--include_path",
        str(folder),
    ]
    env = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder / "hf")}
    return run([*command, "--device", "cpu"], env=env, cwd=folder).cpu


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--peer", help="bin folder of an environment that holds lm_eval")
    given = arguments.parse_args()
    found = shutil.which("lm_eval", path=given.peer)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        write_reviews(folder / "train.tsv", 100, 1)
        write_reviews(folder / "test.tsv", ROWS, 2)
        write_reviews(folder / "few.tsv", FEW, 3)
        print(machine())
        print(f"{ROWS:,} five-shot rows; milliseconds of CPU an example, start-up taken off")
        for ask in ("choose", "generate"):
            sides: dict[str, Callable[[str], float]] = {"ours": partial(ours, folder, ask)}
            if found:
                sides["lm_eval"] = partial(theirs, folder, Path(found).parent, ask)
            cost = {name: (side("test.tsv"), side("few.tsv")) for name, side in sides.items()}
            each = {name: 1000 * (many - few) / (ROWS - FEW) for name, (many, few) in cost.items()}
            words = [f"{name} {value:.3f} ms (all {cost[name][0]:.1f} s)" for name, value in each.items()]
            ratio = f"   {each['lm_eval'] / each['ours']:.1f}x" if found else "   (no peer: --peer BIN)"
            print(f"{ask:9} " + "   ".join(words) + ratio)


if __name__ == "__main__":
    main()
