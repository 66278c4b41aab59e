"""vLLM's offline engine: loaded without noise, given rows of tokens, stepped until they have ended.

vLLM is imported when an engine is really needed. It runs in this process: a first Ctrl-C, which lets what
was asked be answered, would end a process of its own.
"""

from __future__ import annotations

import gc
import logging
import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from itertools import count
from typing import Any

from harness import DISTRIBUTION
from harness.adapters.lm.errors import one_line
from harness.adapters.lm.model_files import explained, source
from harness.errors import Unavailable
from harness.schema import Profile

# What vLLM reads when it is imported; what the user has set stays.
ENVIRONMENT = {
    "VLLM_NO_USAGE_STATS": "1",  # nothing is sent that nobody named
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",  # stdout is for results
    "TORCH_CPP_LOG_LEVEL": "ERROR",
}
# Our name → vLLM's; what is not set is left to vLLM.
SETTINGS = {
    "dtype": "dtype",
    "quantisation": "quantization",
    "max_model_len": "max_model_len",
    "tensor_parallel": "tensor_parallel_size",
    "gpu_memory_utilization": "gpu_memory_utilization",
    "enforce_eager": "enforce_eager",
    "batch_size": "max_num_seqs",
}


def library() -> Any:
    """Return vLLM, silenced unless the user asked it to speak. To be called before torch is imported.

    Raises:
        Unavailable: it is missing or broken; names the install command.
    """
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        with _silence():
            return import_module("vllm")
    except ImportError as error:
        raise Unavailable(
            f"the vllm adapter needs vllm ({one_line(error)}): pip install '{DISTRIBUTION}[vllm]'"
        ) from error


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what vLLM's own parts warn one another of from the user."""
    with warnings.catch_warnings():
        if os.environ["VLLM_LOGGING_LEVEL"] == ENVIRONMENT["VLLM_LOGGING_LEVEL"]:
            warnings.simplefilter("ignore")
            logging.getLogger("torch").setLevel(logging.ERROR)
        yield


@dataclass(slots=True, eq=False)
class EngineRequest:
    """Tokens to read, what is asked of them, and who waits for it."""

    ids: list[int]
    params: Any
    owner: Any
    part: Any = None


class VllmEngine:
    """A loaded engine, and the rows that are in it.

    `context` is the longest row in tokens: one place of vLLM's `max_model_len` is for what comes next.
    `facts` are what vLLM has settled itself.
    """

    pair = False  # an encoder with a decoder is nothing that vLLM runs

    def __init__(self, vllm: Any, llm: Any) -> None:
        """`llm` is a `vllm.LLM`."""
        self.vllm, self._llm, self._engine = vllm, llm, llm.llm_engine
        self.context: int = llm.model_config.max_model_len - 1
        self.most: int = self._engine.vllm_config.scheduler_config.max_num_seqs
        listed = llm.model_config.try_get_generation_config().get("eos_token_id")
        self._listed = listed if isinstance(listed, list) else [listed]
        self.rows: dict[str, EngineRequest] = {}
        self.facts = {
            "device": str(self._engine.vllm_config.device_config.device_type),
            "dtype": str(llm.model_config.dtype).removeprefix("torch."),
            "max_model_len": int(llm.model_config.max_model_len),
        }
        self._names = count()

    @property
    def full(self) -> bool:
        """Return whether a row more would only wait."""
        return len(self.rows) >= self.most

    def ends(self, eos: int | None) -> frozenset[int]:
        """Return the tokens that end a text: the tokenizer's, and those the model's directory lists."""
        return frozenset(int(i) for i in (eos, *self._listed) if i is not None)

    def add(self, row: EngineRequest) -> None:
        """Take a row in. Raises what vLLM raises where it refuses it."""
        name = str(next(self._names))
        self._engine.add_request(name, self.vllm.inputs.tokens_input(list(row.ids)), row.params)
        self.rows[name] = row

    def step(self) -> list[tuple[EngineRequest, Any]]:
        """Let the engine go one step, and return each row of which it says something, with what it says."""
        said = []
        for output in self._engine.step():
            row = self.rows.get(output.request_id)
            if row is not None:
                said.append((row, output))
                if output.finished:
                    del self.rows[output.request_id]
        return said

    def drop(self, rows: Iterable[EngineRequest]) -> None:
        """Let rows go that nobody waits for any more."""
        gone = {id(row) for row in rows}
        names = [name for name, row in self.rows.items() if id(row) in gone]
        for name in names:
            del self.rows[name]
        self._engine.abort_request(names)

    def forget(self) -> None:
        """Let all rows go, and wipe the cache: a NaN in it would spoil the rows that get its place next."""
        self.drop(list(self.rows.values()))
        self._engine.reset_prefix_cache()
        self._llm.collective_rpc(_wiped)

    def close(self) -> None:
        """Give back the memory of the weights and the cache."""
        self.rows.clear()
        self._engine.engine_core.shutdown()
        del self._llm, self._engine
        gc.collect()
        import_module("vllm.distributed.parallel_state").cleanup_dist_env_and_memory()


def _wiped(worker: Any) -> None:
    """Put zeros into a worker's cache of keys and values."""
    for cache in worker.model_runner.kv_caches:
        cache.zero_()


def load(profile: Profile, commit: str | None) -> VllmEngine:
    """Return the engine with the profile's model.

    Raises:
        Unavailable: vLLM is missing, cannot run the model, would run code that was not allowed, or finds no
            room for it; or the model is a GGUF file.
    """
    vllm = library()
    where, options = source(profile, commit)
    if "gguf_file" in options:
        raise Unavailable(f"{profile.model} is a GGUF file: -b huggingface reads it, vllm does not")
    settings = {SETTINGS[name]: value for name, value in profile.settings.items() if name in SETTINGS}
    with explained(profile), _silence():
        if "revision" in options and profile.offline:
            where = _snapshot(where, options.pop("revision"))
        revision = options.get("revision")
        llm = vllm.LLM(
            where,
            revision=revision,
            tokenizer_revision=revision,
            trust_remote_code=profile.trust_remote_code,
            use_tqdm_on_load=False,
            **settings,
            **_runner(vllm, profile),
        )
    return VllmEngine(vllm, llm)


def loading(profile: Profile) -> tuple[object, ...]:
    """Return what of a profile decides which engine is loaded, beside the model."""
    pools = profile.ask == "embed"
    named = [repr(profile.settings.get(name)) for name in SETTINGS]
    return (pools, repr(profile.settings.get("pooling")) if pools else "", *named)


def _runner(vllm: Any, profile: Profile) -> dict[str, Any]:
    """Return what makes vLLM's model one that writes and reads, or one whose states are pooled."""
    if profile.ask != "embed":
        return {"runner": "generate", "enable_prefix_caching": True}
    # What comes from the cache has no states to pool.
    pooling = str(profile.settings.get("pooling") or "mean").upper()
    config = vllm.config.PoolerConfig(seq_pooling_type=pooling, use_activation=True)
    return {"runner": "pooling", "convert": "embed", "pooler_config": config, "enable_prefix_caching": False}


def _snapshot(model: str, revision: str) -> str:
    """Return where the local cache keeps a model of the hub; vLLM itself has no word for `--offline`."""
    hub = import_module("huggingface_hub")
    return str(hub.snapshot_download(model, revision=revision, local_files_only=True))
