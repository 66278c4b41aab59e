"""Load a model of transformers and its tokenizer, whole or not at all.

torch and transformers are imported by `engine_libraries`, when a model is really needed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import Any

from harness import DISTRIBUTION
from harness.adapters.hf.engine import Engine
from harness.adapters.hf.memory import keep_freed
from harness.adapters.lm.errors import one_line
from harness.adapters.lm.loaded_parts import LoadedParts
from harness.adapters.lm.model_files import explained, lora_folder, source
from harness.adapters.lm.tokenizer import Tokens
from harness.errors import Unavailable
from harness.schema import CHOOSING, WRITTEN, Profile
from harness.terminal import say


def engine_libraries() -> tuple[Any, Any]:
    """Return torch and transformers, silenced unless the user asked transformers to speak.

    Raises:
        Unavailable: one of them is missing or broken; names the install command.
    """
    try:
        torch, transformers = import_module("torch"), import_module("transformers")
    except ImportError as error:
        raise Unavailable(
            f"a local model needs torch and transformers ({one_line(error)}): "
            f"pip install '{DISTRIBUTION}[hf]'"
        ) from error
    if "TRANSFORMERS_VERBOSITY" not in os.environ:
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
    return torch, transformers


def load_tokens(profile: Profile, parts: LoadedParts) -> Tokens:
    """Return the model's tokenizer, ready for what the profile asks.

    Raises:
        Unavailable: it cannot be loaded, or a chat profile's tokenizer has no chat template.
        BadInput: options would be compared inside a thought that the chat template opens.
    """
    tokenizer = parts.once("tokenizer", lambda: load_tokenizer(profile, parts.commit))
    if profile.chat and not tokenizer.chat_template:
        raise Unavailable(
            f"{profile.model} has no chat template: set `chat: false` in backend {profile.name!r}, or "
            "-m chat=false"
        )
    tokens = Tokens(tokenizer, profile)
    _look_at_template(tokens)
    return tokens


def load_tokenizer(profile: Profile, commit: str | None) -> Any:
    """Return the tokenizer that lies in the model's directory."""
    where, options = source(profile, commit)
    _, transformers = engine_libraries()
    with explained(profile):
        return transformers.AutoTokenizer.from_pretrained(where, **options)


def _look_at_template(tokens: Tokens) -> None:
    """Refuse what the chat template cannot be asked, and say what of it is not used.

    Raises:
        BadInput: options would be compared inside a thought, or an argument is none of a template.
    """
    profile = tokens.profile
    if not profile.chat:
        if tokens.tokenizer.chat_template and profile.ask in (*WRITTEN, *CHOOSING):
            say(f"{profile.name}: the tokenizer has a chat template that is not used; -m chat=true uses it")
        return
    if profile.ask in CHOOSING and profile.choose_by == "logprobs":
        tokens.chat.require_answer_first()
    for name in tokens.chat.unread():
        say(f"warning: {profile.name}: the chat template does not read {name!r}")


def load_engine(profile: Profile, tokens: Tokens, parts: LoadedParts) -> Engine:
    """Return the model that writes text, a decoder or an encoder with one, whole and on its device.

    Raises:
        Unavailable: it writes no text, some of its weights are missing, it would run code that was not
            allowed, the device is not there, or what a setting needs is not installed.
    """
    found: Engine = parts.once("engine", lambda: _load_engine(profile, tokens, parts.commit))
    return found


def _load_engine(profile: Profile, tokens: Tokens, commit: str | None) -> Engine:
    torch, transformers = engine_libraries()
    if getattr(config(profile, commit), "is_encoder_decoder", False):
        kind, name = transformers.AutoModelForSeq2SeqLM, "an encoder-decoder"
    else:
        kind, name = transformers.AutoModelForCausalLM, "a causal language model"
    model = load_model(profile, kind, name, commit)
    _refuse_masked(profile, model.config)
    ends, structure = _ends(model, tokens), _structure(model)
    # What is asked is what is done: the directory's own sampling defaults would fill every gap.
    model.generation_config = transformers.GenerationConfig(**structure)
    context = context_size(model.config)
    return Engine(torch, transformers, model, model.device, context, ends, structure)


def config(profile: Profile, commit: str | None) -> Any:
    """Return the model's configuration, without the model."""
    where, options = source(profile, commit)
    _, transformers = engine_libraries()
    with explained(profile):
        return transformers.AutoConfig.from_pretrained(where, **options)


def load_model(
    profile: Profile, kind: Any, name: str, commit: str | None, unused: tuple[str, ...] = ()
) -> Any:
    """Return the model that `kind`, an Auto class, makes of the profile; `name` says what that is.

    It is whole, in evaluation mode, and on its device or, with `device_map`, on several. What is never used
    may be missing: weights whose names begin as `unused` says.

    Raises:
        Unavailable: as `load_engine`.
    """
    where, options = source(profile, commit)
    torch, transformers = engine_libraries()
    settings = profile.settings
    if settings.get("attention"):
        options["attn_implementation"] = settings["attention"]
    if settings.get("device_map"):
        options["device_map"] = settings["device_map"]
    if settings.get("quantisation"):
        options["quantization_config"] = _quantised(settings["quantisation"], torch, transformers)
        options.setdefault("device_map", str(device(profile, torch)))
    if "gguf_file" in options:
        _silence_gguf()
    with explained(profile):
        model, loaded = kind.from_pretrained(
            where, dtype=settings.get("dtype") or "auto", output_loading_info=True, **options
        )
        _refuse_missing(profile, loaded, name, unused)
        if settings.get("lora"):
            model = _adapted(model, profile)
        placed = model if "device_map" in options else model.to(device(profile, torch))
        if placed.device.type == "cpu":
            keep_freed()
        return placed.eval()


def _silence_gguf() -> None:
    """Keep transformers from drawing a bar for the weights of a GGUF file, unless it was asked to speak."""
    if "TRANSFORMERS_VERBOSITY" not in os.environ:
        reading = import_module("transformers.modeling_gguf_pytorch_utils")
        reading.tqdm = partial(import_module("tqdm").tqdm, disable=True)  # type: ignore[attr-defined]


def _quantised(bits: str, torch: Any, transformers: Any) -> Any:
    """Return how weights are quantised: `8bit` (LLM.int8) or `4bit` (NF4, computed in bfloat16)."""
    _require("bitsandbytes", "quantisation", "quantised")
    if bits == "8bit":
        return transformers.BitsAndBytesConfig(load_in_8bit=True)
    return transformers.BitsAndBytesConfig(
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
    )


def _adapted(model: Any, profile: Profile) -> Any:
    """Return the model with the LoRA adapter of the setting `lora` merged into its weights."""
    peft = _require("peft", "lora", "lora")
    adapter = lora_folder(profile)
    return peft.PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()


def _require(module: str, setting: str, extra: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise Unavailable(
            f"the setting {setting!r} needs {module} ({one_line(error)}): "
            f"pip install '{DISTRIBUTION}[{extra}]'"
        ) from error


def device(profile: Profile, torch: Any) -> Any:
    """Return the device that the profile names, the first GPU if it names none and there is one."""
    name = profile.settings.get("device") or "auto"
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


def context_size(config: Any) -> int | None:
    """Return the longest input in tokens, or None where the configuration names no limit."""
    text_config = config.get_text_config() if hasattr(config, "get_text_config") else config
    for part in (config, text_config):
        size = getattr(part, "max_position_embeddings", None)
        if isinstance(size, int) and size > 0:
            return size
    return None


def _refuse_missing(profile: Profile, loaded: Mapping[str, Any], name: str, unused: tuple[str, ...]) -> None:
    """Refuse a model of which some weights would be random. Tied weights are not missing."""
    mismatched = {key[0] if isinstance(key, tuple) else key for key in loaded.get("mismatched_keys", ())}
    missing = sorted(key for key in {*loaded["missing_keys"], *mismatched} if not key.startswith(unused))
    if missing:
        names = f"{', '.join(missing[:3])}{', …' if len(missing) > 3 else ''}"
        raise Unavailable(
            f"{profile.model} lacks {len(missing)} of the weights of {name}, which would be random: {names}"
        )


def _refuse_masked(profile: Profile, config: Any) -> None:
    """Refuse a model that learnt to fill in masks: it sees the words whose likelihood is asked for."""
    masked = [name for name in config.architectures or () if name.endswith("ForMaskedLM")]
    if masked and not getattr(config, "is_decoder", False):
        raise Unavailable(
            f"{profile.model} is a {masked[0]}, which fills in masks and predicts no next word; "
            "it can only 'embed', and 'choose' by filling them in"
        )


def _ends(model: Any, tokens: Tokens) -> frozenset[int]:
    """Return the tokens that end a text: the tokenizer's, and those the model's directory lists."""
    config = getattr(model, "generation_config", None)
    listed = getattr(config, "eos_token_id", None)
    ids = listed if isinstance(listed, list) else [listed]
    return frozenset(int(i) for i in [tokens.eos, *ids] if i is not None)


def _structure(model: Any) -> dict[str, Any]:
    """Return the tokens that a decoder must begin and end with: a translator's language, BART's BOS."""
    names = ("decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id")
    places = (getattr(model, "generation_config", None), model.config)
    said = {
        name: next((v for p in places if (v := getattr(p, name, None)) is not None), None) for name in names
    }
    return {name: value for name, value in said.items() if value is not None}
