"""Whether `harness explain` names what differs and says what each setting is worth: planted, and a real log.

    python -m benchmarks.explain [--pairs 20] [--seed 0] [--n 300] [--peer BIN] --out benchmarks/explain.md

A system answers right with a chance that each of eleven settings moves by a known amount: it reads what it
is sent (template, prefix, delimiter, shots), how (chat, precision, decoding), and is read and judged
(extraction, normalisation) on one of two versions of the data and two splits. The script draws pairs of
settings and how much each moves; the two runs differ in those alone, and what a setting is worth is known by
a formula. With BIN, the folder of an environment that holds `lm_eval[hf]`, its log on KoBEST's BoolQ is
explained against our run of the same weights.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.sections import write_section
from harness import cli, plugins, seeding
from harness.adapters.base import Adapter
from harness.config.documents import dump
from harness.hookspecs import AdapterEntry, MetricEntry, hookimpl
from harness.metrics.aggregates import weighted_mean
from harness.reports.writers.markdown import table
from harness.schema import Metric, Profile, Request, Response
from harness.text.normalize import ko_v1

OUT = Path(__file__).with_name("explain.md")
SETTINGS = (
    *("template", "prefix", "delimiter", "shots", "chat", "decoding", "precision"),
    *("extraction", "normalisation", "data version", "split"),
)
EXAMPLES = 1200
BASE = 0.55
EFFECTS: dict[str, float] = {}  # setting → by how much it moves the chance; set for each pair


class Planted(Adapter):
    """Answers right where a draw of the example's id is below the chance that its settings make."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def answer(self, requests: Iterable[Request | None]) -> Iterator[Response]:
        """Yield a reply each."""
        for request in requests:
            if request is not None:
                yield Response(request.key, text=self._said(request), finish="stop")

    def close(self) -> None:
        """Hold nothing."""

    def _said(self, request: Request) -> str:
        parts, name = request.parts, request.example.id
        found = {
            "template": parts.query.startswith("Q:"),
            "prefix": bool(parts.system),
            "delimiter": parts.delimiter == "",
            "shots": len(parts.shots) == 2,
            "chat": self.profile.chat,
            "decoding": request.decoding.temperature == 1.0,
            "precision": self.profile.settings.get("dtype") == "bfloat16",
            "split": name.startswith("dev"),
        }
        chance = BASE + sum(EFFECTS.get(setting, 0.0) for setting, on in found.items() if on)
        answer = str(request.example.fields["answer"])
        said = answer if _draw(name, "right") < chance else f"not {answer}"
        if _draw(name, "marked") < abs(EFFECTS.get("normalisation", 0.0)):
            said += "。"
        return f"It is: {said}" if _draw(name, "wordy") < abs(EFFECTS.get("extraction", 0.0)) else said


def _draw(name: str, what: str) -> float:
    return seeding.number(7, *EFFECTS, name, what) % 2**32 / 2**32  # other draws for each pair


def planted_match(labels: Sequence[str], normalise: str = "none") -> Metric:
    """Return the share of equal texts, as they are or under ko.v1."""
    clean = ko_v1 if normalise == "ko.v1" else str

    def statistics(seen: Any, target: Any) -> tuple[float, ...]:
        return (float(seen is not None and clean(seen) == clean(target)),)

    signature = f"planted_match|v:1|norm:{normalise}"
    return Metric("planted_match", statistics, weighted_mean, signature, interval="wilson")


def chance(on: frozenset[str]) -> float:
    """Return the share that is right where the settings in `on` are B's, by the formula."""
    moved = sum(
        EFFECTS.get(name, 0.0) for name in on if name not in ("extraction", "normalisation", "data version")
    )
    share = BASE + moved
    for name in ("extraction", "normalisation"):  # B reads and judges what A does not
        share *= 1.0 if name in on else 1 - abs(EFFECTS.get(name, 0.0))
    return share * (1 - abs(EFFECTS.get("data version", 0.0)) if "data version" in on else 1.0)


@dataclass(frozen=True)
class Said:
    """What a walk said of one planted setting."""

    pair: tuple[str, str]
    setting: str
    planted: float
    found: float | None
    low: float | None
    high: float | None

    @property
    def covered(self) -> bool:
        """Return whether it is named, with an interval that holds what was planted."""
        return self.low is not None and self.high is not None and self.low <= self.planted <= self.high


def main() -> None:
    """Run the pairs, and the log where a peer is named; write the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n", type=int, default=300)
    parser.add_argument("--peer")
    parser.add_argument("--home", type=Path, help="where the peer's log is kept; one that is there is taken")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()
    os.environ["HARNESS_LANG"] = "en"
    if asked.peer:
        with tempfile.TemporaryDirectory() as home:
            text = "\n".join(against_lm_eval(asked.home or Path(home), Path(asked.peer), asked.n))
        command = f"python -m benchmarks.explain --peer BIN --n {asked.n}"
        write_section(asked.out, "lm-eval", f"`{command}`\n\n{text}", __doc__)
        return
    _register()
    draw = random.Random(asked.seed)
    every = list(itertools.combinations(SETTINGS, 2))
    pairs = draw.sample(every, min(asked.pairs, len(every)))
    found: list[Said] = []
    named = 0
    for pair in pairs:
        EFFECTS.clear()
        EFFECTS.update({name: draw.choice((-1, 1)) * draw.uniform(0.04, 0.16) for name in pair})
        with tempfile.TemporaryDirectory() as home:
            steps = _walked(Path(home), pair, asked.n)
        named += sorted(step["setting"] for step in steps) == sorted(pair)
        found += _judged(pair, steps)
    command = f"python -m benchmarks.explain --pairs {asked.pairs} --seed {asked.seed} --n {asked.n}"
    write_section(asked.out, "planted", "\n".join([f"`{command}`\n", *_report(pairs, named, found)]), __doc__)


def _register() -> None:
    adapter = AdapterEntry(
        "planted",
        "benchmarks.explain:Planted",
        asks=("generate",),
        decoding=("temperature", "max_tokens"),
        settings={"dtype": "str"},
        needs_model=True,
    )
    metric = MetricEntry(
        "planted_match",
        "benchmarks.explain:planted_match",
        asks=("generate",),
        settings={"normalise": "none|ko.v1"},
    )
    hooks = {"register_adapters": hookimpl(lambda register: register(adapter))}
    hooks["register_metrics"] = hookimpl(lambda register: register(metric))
    plugins.register(SimpleNamespace(**hooks), "planted")


def _walked(home: Path, pair: tuple[str, str], n: int) -> list[dict[str, Any]]:
    """Run A and B, which differ in the pair alone, and return the steps of the walk."""
    for version in ("v1", "v2"):
        for split in ("train", "test", "dev"):
            path = home / "data" / version / f"{split}.jsonl"
            path.parent.mkdir(parents=True, exist_ok=True)
            rows = (json.dumps(row) + "\n" for row in _rows(split, version))
            path.write_text("".join(rows), encoding="utf-8")
    for side, on in (("a", frozenset[str]()), ("b", frozenset(pair))):
        for folder, name, values in (("tasks", "sums", _task(on)), ("backends", "planted", _backend(on))):
            path = home / side / folder / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dump(values), encoding="utf-8")
        with contextlib.chdir(home / side):
            _harness(
                "run", "-t", "sums", "-b", "planted", "--data-dir", home / "data", "--runs-dir", "../" + side
            )
    runs = [next((home / side / "sums").rglob("run.json")).parent for side in "ab"]
    with contextlib.chdir(home):
        said = _harness("explain", *runs, "-n", n, "--json", "-q", "--data-dir", home / "data")
    steps: list[dict[str, Any]] = json.loads(said)["settings"]
    return steps


def _rows(split: str, version: str) -> Iterator[dict[str, str]]:
    for number in range(EXAMPLES if split != "train" else 20):
        name = f"{split}-{number}"
        answer, target = f"answer {number}", f"answer {number}"
        if version == "v2" and _draw(name, "key") < abs(EFFECTS.get("data version", 0.0)):
            target = "another key"
        yield {"id": name, "question": f"question {number}", "answer": answer, "target": target}


def _task(on: frozenset[str]) -> dict[str, Any]:
    version = "v2" if "data version" in on else "v1"
    template = {
        "query": "Q: {{ question }}" if "template" in on else "{{ question }} =",
        "delimiter": "" if "delimiter" in on else " ",
        **({"system": "Think of nothing else."} if "prefix" in on else {}),
    }
    normalise = {"planted_match": {"normalise": "ko.v1"}} if "normalisation" in on else "planted_match"
    return {
        "version": 1,
        "description": "sums",
        "data": {
            "format": "jsonl",
            "files": {split: f"{version}/{split}.jsonl" for split in ("train", "test", "dev")},
        },
        "fields": {"id": "id", "question": "question", "answer": "answer", "target": "target"},
        "split": "dev" if "split" in on else "test",
        "ask": "generate",
        "templates": {"plain": template},
        "shots": {"k": 2 if "shots" in on else 0},
        "decoding": {"temperature": 1.0 if "decoding" in on else 0.0},
        "extract": [{"regex": {"pattern": "(?:not )?answer .*"}}] if "extraction" in on else ["strip"],
        "metrics": [normalise],
    }


def _backend(on: frozenset[str]) -> dict[str, Any]:
    settings = {"dtype": "bfloat16" if "precision" in on else "float32"}
    return {"adapter": "planted", "model": "planted-1", "chat": "chat" in on, "settings": settings}


def _harness(*arguments: object) -> str:
    """Return what a command prints.

    Raises:
        RuntimeError: it failed.
    """
    words, out, err = [str(argument) for argument in arguments], io.StringIO(), io.StringIO()
    was, sys.argv = sys.argv, ["harness", *words]
    code: Any = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            cli.main()
    except SystemExit as end:
        code = end.code
    finally:
        sys.argv = was
    if code:
        raise RuntimeError(f"harness {' '.join(words)}: {code}: {err.getvalue()}")
    return out.getvalue()


def _judged(pair: tuple[str, str], steps: Sequence[dict[str, Any]]) -> Iterator[Said]:
    """Yield what was said of each planted setting, where it was taken in the walk."""
    on: frozenset[str] = frozenset()
    told = {step["setting"]: step["worth"] for step in steps}
    order = [step["setting"] for step in steps if step["setting"] in pair]
    for setting in [*order, *(name for name in pair if name not in order)]:
        before, on = on, on | {setting}
        worth = told.get(setting, {})
        ends = (worth.get("ci_low"), worth.get("ci_high"))
        yield Said(pair, setting, chance(on) - chance(before), worth.get("value"), *ends)


def _report(pairs: Sequence[tuple[str, str]], named: int, found: Sequence[Said]) -> Iterator[str]:
    rows = [
        [
            *(f"{one.pair[0]}, {one.pair[1]}", one.setting, f"{one.planted:+.4f}"),
            "" if one.found is None else f"{one.found:+.4f}",
            "" if one.low is None else f"[{one.low:+.4f}, {one.high:+.4f}]",
            "yes" if one.covered else "no",
        ]
        for one in found
    ]
    covered = sum(one.covered for one in found)
    yield f"Both settings are named, and no other, in {named} of {len(pairs)} pairs."
    yield f"The intervals hold what was planted in {covered} of {len(found)} ({covered / len(found):.1%}).\n"
    yield table(["pair", "setting", "planted", "found", "95 % interval", "covered"], rows, names=2)


# A real log


def against_lm_eval(home: Path, peer: Path, n: int) -> Iterator[str]:
    """Yield what explains lm-evaluation-harness's log on BoolQ against our run of the same weights."""
    from benchmarks.recorded_systems import SHARED

    if not (home / "log").is_dir():
        _log(home, peer, n)
    data = ("--data-dir", SHARED / "data")
    with contextlib.chdir(home):
        ours = ("-t", "kobest_boolq", "-b", "huggingface", "-m", f"model={home / 'model'}", "--limit", n)
        _harness("run", *ours, *data, "-q")
        _harness("import", home / "log", "-t", "kobest_boolq", *data)
        runs = sorted(Path("runs").rglob("run.json"), key=lambda path: "lm_eval" in str(path))
        said = _harness("explain", *(path.parent for path in runs), "-n", n, "-q", *data)
    yield said.replace(str(home), "…")


def _log(home: Path, peer: Path, n: int) -> None:
    """Have the peer write its log on `n` questions.

    Raises:
        RuntimeError: it failed.
    """
    from benchmarks.recorded_systems import SHARED
    from tests.support.tiny_models import tiny_llama

    home.mkdir(parents=True, exist_ok=True)
    tiny_llama(home / "model", context=4096)
    _for_peer(home, SHARED / "data/kobest/BoolQ", n)
    model = f"pretrained={home / 'model'},dtype=float32"
    arguments = (
        "--model",
        "hf",
        "--model_args",
        model,
        "--tasks",
        "kobest_boolq_local",
        "--num_fewshot",
        "2",
    )
    flags = ("--include_path", home, "--batch_size", "4", "--device", "cpu", "--log_samples")
    command = [str(peer / "lm_eval"), *arguments, *map(str, flags), "--output_path", str(home / "log")]
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(home / "hf")}
    done = subprocess.run(
        command, check=False, cwd=home, env={**os.environ, **offline}, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")


def _for_peer(home: Path, folder: Path, n: int) -> None:
    """Write the first `n` questions, and ten to draw shots from, as their task of BoolQ reads them."""
    import csv

    for split, name, most in (("train", "train", 10), ("test", "test", n)):
        with (folder / f"{name}.tsv").open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[:most]
        with (home / f"{split}.jsonl").open("w", encoding="utf-8") as out:
            for row in rows:
                known = {"paragraph": row["Text"], "question": row["Question"]}
                known["label"] = int(row["Answer"].lower() == "true")
                out.write(json.dumps(known, ensure_ascii=False) + "\n")
    task = {
        "task": "kobest_boolq_local",
        "dataset_path": "json",
        "dataset_kwargs": {
            "data_files": {"train": str(home / "train.jsonl"), "test": str(home / "test.jsonl")}
        },
        **{"output_type": "multiple_choice", "training_split": "train", "test_split": "test"},
        "doc_to_text": "{{paragraph}} 질문: {{question}} 답변: ",
        **{"doc_to_target": "{{label}}", "doc_to_choice": ["아니오", "예"]},
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
        "metadata": {"version": 1.0},
    }
    (home / "kobest_boolq_local.yaml").write_text(dump(task), encoding="utf-8")


if __name__ == "__main__":
    from benchmarks import explain  # the module that the adapter is loaded from, not a second one

    explain.main()
