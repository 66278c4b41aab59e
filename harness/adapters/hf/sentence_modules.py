"""How an embedding model was trained to be asked, as sentence-transformers writes it beside its weights.

`modules.json` lists what a sentence goes through; the module Pooling has a folder with its `config.json`, and
`sentence_bert_config.json` the longest sentence. A model without these files says nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from harness.adapters.lm import model_files
from harness.errors import Unavailable
from harness.schema import Profile

# What a module may be called after which a vector is what it was, but for its length, which is made 1.
NEUTRAL = ("Transformer", "Pooling", "Normalize")
# Pooling's keys, as older and newer versions write them, and what they are called here.
MODES = {
    **{"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean", "pooling_mode_lasttoken": "last"},
    **{"cls": "cls", "mean": "mean", "lasttoken": "last"},
}


class SentenceModules(NamedTuple):
    """How token vectors become one, and the longest sentence in tokens; None where nobody says."""

    pooling: str | None = None
    length: int | None = None


def read(profile: Profile, commit: str | None) -> SentenceModules:
    """Return what the files say of a model in a directory, or on the hub at `commit`.

    Raises:
        Unavailable: they name a pooling or a layer that nothing here applies, and the setting `pooling` does
            not say that another is meant.
    """
    if model_files.gguf_file(profile) is not None:  # one file, and nothing beside it is the model's
        return SentenceModules()
    modules = _content(profile, commit, "modules.json")
    if not isinstance(modules, list):
        return SentenceModules()
    said = profile.settings.get("pooling")
    kinds = {str(one.get("type", "")).rpartition(".")[2]: str(one.get("path", "")) for one in modules}
    if said is None and (other := sorted(kinds.keys() - set(NEUTRAL))):
        raise Unavailable(
            f"{profile.model}: its modules.json has {', '.join(other)}, which is not applied here: "
            "-m pooling=mean, cls or last goes on without"
        )
    pooling = _pooling(profile, _content(profile, commit, f"{kinds.get('Pooling', '')}/config.json"))
    length = (_content(profile, commit, "sentence_bert_config.json") or {}).get("max_seq_length")
    return SentenceModules(pooling, length if isinstance(length, int) and length > 0 else None)


def _pooling(profile: Profile, config: Mapping[str, Any] | None) -> str | None:
    if not config:
        return None
    modes = [key for key, value in config.items() if key.startswith("pooling_mode_") and value is True]
    modes = modes or [str(config["pooling_mode"])] if modes or "pooling_mode" in config else []
    if not modes:
        return None
    if len(modes) == 1 and modes[0] in MODES:
        return MODES[modes[0]]
    if profile.settings.get("pooling"):
        return None
    raise Unavailable(
        f"{profile.model} pools by {', '.join(modes)}, which is not known here: -m pooling=mean, cls or last"
    )


def _content(profile: Profile, commit: str | None, name: str) -> Any:
    """Return what a JSON file of the model says, None where there is none."""
    path = _path(profile, commit, name)
    if path is None or not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Unavailable(f"{path} is not JSON: {error}") from error


def _path(profile: Profile, commit: str | None, name: str) -> Path | None:
    folder = model_files.local_folder(profile)
    if folder is not None:
        return folder / name
    from transformers.utils.hub import cached_file

    where, options = model_files.source(profile, commit)
    reached = {key: options[key] for key in ("revision", "local_files_only") if key in options}
    found = cached_file(
        where,
        name,
        **reached,
        _raise_exceptions_for_gated_repo=False,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
    )
    return None if found is None else Path(found)
