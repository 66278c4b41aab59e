"""One load serves the runs of a grid that ask the same model."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

torch = pytest.importorskip("torch", reason="local models need torch")
transformers = pytest.importorskip("transformers", reason="local models need transformers")

import harness  # noqa: E402
from harness.adapters.base import Adapter  # noqa: E402
from harness.adapters.lm import weight_hashes  # noqa: E402
from harness.backends import backend as backends  # noqa: E402
from harness.errors import Unavailable  # noqa: E402
from harness.evaluation.adapter_pool import AdapterPool  # noqa: E402
from harness.options.running import RunOptions  # noqa: E402
from harness.schema import Profile, Response  # noqa: E402
from tests.support.division import shared_model  # noqa: E402
from tests.support.tiny_models import tiny_llama  # noqa: E402

# Options compared, a reply written, sentences as vectors between two that write.
TASKS = ["nsmc_fewshot", "klue_sts", "gsm8k", "kobest_copa"]
CLASSES = ("AutoModelForCausalLM", "AutoModel", "AutoTokenizer")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shared_model(tmp_path_factory, tiny_llama)


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count how often transformers loads what."""
    loads: Counter[str] = Counter()
    with pytest.MonkeyPatch.context() as patch:
        for name in CLASSES:
            kind = getattr(transformers, name)

            def counting(
                *given: Any, _name: str = name, _load: Any = kind.from_pretrained, **how: Any
            ) -> Any:
                loads[_name] += 1
                return _load(*given, **how)

            patch.setattr(kind, "from_pretrained", counting)
        yield loads


def asked(tasks: list[str], model: Path, runs: Path) -> list[harness.Run]:
    settings = {"model": str(model)}
    return harness.run(tasks, "exaone", settings=settings, sample=True, limit=3, runs_dir=runs)


class Grid(NamedTuple):
    """The runs of a grid, and what they loaded."""

    runs: list[harness.Run]
    loads: Counter[str]


@pytest.fixture(scope="module")
def grid(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Grid:
    with counted() as loads:
        return Grid(asked(TASKS, tiny, tmp_path_factory.mktemp("together")), loads)


def answers(run: harness.Run) -> list[dict[str, Any]]:
    """The lines of a run's samples without what a clock said."""
    lines = (run.directory / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    records = list(map(json.loads, lines))
    for record in records:
        del record["response"]["timing_s"]
    return records


def test_a_grid_loads_one_model_a_kind_of_head(grid):
    assert grid.loads == {"AutoModelForCausalLM": 1, "AutoModel": 1, "AutoTokenizer": 1}


def test_what_was_lent_answers_as_what_was_loaded_for_a_task_alone(grid, tiny, tmp_path):
    alone = [run for task in TASKS for run in asked([task], tiny, tmp_path)]
    assert list(map(answers, grid.runs)) == list(map(answers, alone))


def test_runs_are_told_in_the_order_in_which_the_user_named_them(grid):
    assert [run.task for run in grid.runs] == TASKS


def test_a_run_that_ended_early_lends_nothing(tiny, tmp_path, monkeypatch):
    from harness.adapters.hf.adapter import HuggingFace

    first = HuggingFace.answer

    def breaking(self: Any, requests: Any) -> Any:
        if self.profile.task == TASKS[0]:
            raise RuntimeError("out of luck")
        return first(self, requests)

    monkeypatch.setattr(HuggingFace, "answer", breaking)
    with counted() as loads, pytest.warns(RuntimeWarning, match="out of luck"):
        asked([TASKS[0], "kobest_copa"], tiny, tmp_path)
    assert loads["AutoModelForCausalLM"] == 2


class Lender(Adapter):
    """An adapter that writes down what becomes of it."""

    told: list[str] = []

    def __init__(self, profile: Profile) -> None:
        self.told.append(f"made for {profile.task}")

    def answer(self, requests: Any) -> Any:
        return (Response(request.key) for request in requests)

    def close(self) -> None:
        self.told.append("closed")

    def another(self, profile: Profile) -> Adapter | None:
        self.told.append(f"asked for {profile.task}")
        return self if profile.task == "alike" else None


class TestThePool:
    @pytest.fixture
    def told(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        monkeypatch.setattr("harness.plugins.load", lambda target: Lender)
        monkeypatch.setattr(Lender, "told", [])
        return Lender.told

    def run(self, pool: AdapterPool, task: str, *, sound: bool = True, name: str = "dummy") -> None:
        with pool.lent(backends.load(name), Profile(name, "x", task=task)) as lent:
            lent.sound = sound

    def test_an_adapter_is_handed_on_and_closed_once(self, told):
        with AdapterPool() as pool:
            self.run(pool, "first")
            self.run(pool, "alike")
        assert told == ["made for first", "asked for alike", "closed"]

    def test_what_cannot_be_handed_on_is_closed_before_the_next_is_made(self, told):
        with AdapterPool() as pool:
            self.run(pool, "first")
            self.run(pool, "other")
        assert told == ["made for first", "asked for other", "closed", "made for other", "closed"]

    def test_what_another_kind_of_adapter_left_is_closed_unasked(self, told):
        with AdapterPool() as pool:
            self.run(pool, "first")
            self.run(pool, "alike", name="random")
        assert told == ["made for first", "closed", "made for alike", "closed"]

    def test_what_a_run_broke_is_closed_at_once(self, told):
        with AdapterPool() as pool:
            self.run(pool, "first", sound=False)
            self.run(pool, "alike")
        assert told == ["made for first", "closed", "made for alike", "closed"]

    def test_an_exception_closes_it_too(self, told):
        with AdapterPool() as pool:
            with pytest.raises(ZeroDivisionError), pool.lent(backends.load("dummy"), Profile("d", "x")):
                raise ZeroDivisionError
            assert told[-1] == "closed"

    def test_one_that_breaks_when_it_is_handed_on_is_the_backends_fault(self, told, monkeypatch):
        monkeypatch.setattr(Lender, "another", lambda self, profile: 1 / 0)
        with AdapterPool() as pool:
            self.run(pool, "first")
            with pytest.raises(Unavailable, match="dummy broke"):
                self.run(pool, "alike")
        assert told == ["made for first", "closed"]


class TestTheHashOfWeights:
    @pytest.fixture(autouse=True)
    def cache(self, tmp_path, monkeypatch):
        monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr(weight_hashes, "_known", {})
        monkeypatch.setattr(weight_hashes, "SETTLED", 0.0)

    @pytest.fixture
    def weights(self, tmp_path) -> Path:
        file = tmp_path / "model.safetensors"
        file.write_bytes(b"w" * weight_hashes.LARGE)
        return file

    @pytest.fixture
    def reads(self, monkeypatch) -> list[Path]:
        read: list[Path] = []
        real = weight_hashes._read
        monkeypatch.setattr(weight_hashes, "_read", lambda path: read.append(path) or real(path))
        return read

    def test_it_is_read_once_also_by_the_next_process(self, weights, reads, monkeypatch):
        first = weight_hashes.sha256_of(weights)
        again = weight_hashes.sha256_of(weights)
        monkeypatch.setattr(weight_hashes, "_known", {})
        assert first == again == weight_hashes.sha256_of(weights)
        assert first == hashlib.sha256(weights.read_bytes()).hexdigest()
        assert len(reads) == 1

    def test_a_file_that_was_written_again_is_read_again(self, weights, reads):
        weight_hashes.sha256_of(weights)
        weights.write_bytes(b"x" * weight_hashes.LARGE)
        assert weight_hashes.sha256_of(weights) == hashlib.sha256(weights.read_bytes()).hexdigest()
        assert len(reads) == 2

    def test_a_file_of_the_same_size_and_time_in_its_place_is_read_again(self, weights, reads, tmp_path):
        import os

        weight_hashes.sha256_of(weights)
        was, other = weights.stat(), tmp_path / "other"
        other.write_bytes(b"x" * weight_hashes.LARGE)
        os.utime(other, ns=(was.st_atime_ns, was.st_mtime_ns))
        other.replace(weights)
        assert weight_hashes.sha256_of(weights) == hashlib.sha256(weights.read_bytes()).hexdigest()

    def test_what_was_just_written_is_not_remembered(self, weights, reads, monkeypatch):
        monkeypatch.setattr(weight_hashes, "SETTLED", 60.0)
        weight_hashes.sha256_of(weights)
        weight_hashes.sha256_of(weights)
        assert len(reads) == 2

    def test_a_link_in_the_caches_place_is_not_read(self, weights, reads, tmp_path):
        stranger, place = tmp_path / "theirs", tmp_path / "cache" / weight_hashes.NAME
        found = weights.stat()
        key = [str(weights), found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]
        stranger.write_text(json.dumps({"file": key, "sha256": "0" * 64}))
        place.parent.mkdir()
        place.symlink_to(stranger)
        assert weight_hashes.sha256_of(weights) == hashlib.sha256(weights.read_bytes()).hexdigest()

    def test_a_torn_line_costs_one_reading(self, weights, reads, tmp_path, monkeypatch):
        weight_hashes.sha256_of(weights)
        place = tmp_path / "cache" / weight_hashes.NAME
        place.write_bytes(place.read_bytes()[:-5])
        monkeypatch.setattr(weight_hashes, "_known", {})
        weight_hashes.sha256_of(weights)
        assert len(reads) == 2


def test_two_plans_of_a_model_stand_together_and_vectors_come_last(tmp_path, tiny):
    from harness.evaluation.grid import plans
    from harness.evaluation.grid_loop import by_model

    options = RunOptions(
        ["klue_sts", "nsmc_zeroshot"],
        ["exaone", "random"],
        sample=True,
        settings={"exaone.model": str(tiny)},
        runs_dir=tmp_path,
    )
    ready, _ = plans(options, lambda _: None)
    order = [(plan.task.name, plan.backend.name) for plan in (ready[at] for at in by_model(ready))]
    assert order == [
        ("nsmc_zeroshot", "exaone"),
        ("klue_sts", "exaone"),
        *[pair for pair in order if pair[1] == "random"],
    ]
