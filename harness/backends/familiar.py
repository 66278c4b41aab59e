"""Names that people type for a backend and that are none here: services, servers, makers of models."""

from __future__ import annotations

from harness.errors import did_you_mean

# What is typed instead. An address is the usual one of a server on this machine.
_SERVER = "-b local_server -m base_url=http://127.0.0.1:{port}/v1 -m model=NAME"
_ROUTER = "-b openrouter -m model={maker}/NAME"
FAMILIAR = {
    **{
        name: _ROUTER.format(maker="anthropic") for name in ("claude", "anthropic", "sonnet", "opus", "haiku")
    },
    **dict.fromkeys(("openai", "chatgpt", "gpt-4", "gpt4", "gpt-5", "gpt5"), "-b gpt -m model=NAME"),
    **dict.fromkeys(("gemini", "google", "bard"), "-b gemini_2_5_flash"),
    **{name: _ROUTER.format(maker="x-ai") for name in ("grok", "xai")},
    **{name: _ROUTER.format(maker="deepseek") for name in ("deepseek", "r1")},
    **{name: _ROUTER.format(maker="mistralai") for name in ("mistral", "mixtral")},
    "cohere": _ROUTER.format(maker="cohere"),
    "ollama": _SERVER.format(port=11434),
    **{name: _SERVER.format(port=1234) for name in ("lmstudio", "lm-studio", "lm_studio")},
    **{name: _SERVER.format(port=8080) for name in ("llamacpp", "llama.cpp", "llama_cpp", "llama-server")},
    **{name: _SERVER.format(port=30000) for name in ("sglang",)},
    **{name: _SERVER.format(port=8080) for name in ("tgi",)},
    **dict.fromkeys(
        ("hf", "transformers", "local", "llama", "qwen"), "-b huggingface -m model=DIRECTORY_OR_ID"
    ),
    **dict.fromkeys(("clova", "hyperclova", "naver"), "-b hyperclova_x"),
    **dict.fromkeys(("upstage",), "-b solar"),
}


def meant(name: str) -> str:
    """Return ` Type …`, what somebody means who asks for such a backend; nothing of an unfamiliar name."""
    lowered = name.lower()
    if "/" in name and not name.endswith((".yaml", ".yml")):
        return f" Is it a model? Type -b huggingface -m model={name}."
    typed = FAMILIAR.get(lowered) or FAMILIAR.get(lowered.split("-")[0].split(":")[0])
    return f" Type {typed}." if typed else ""


def hint(name: str, known: list[str]) -> str:
    """Return what to type instead of a backend's name that is none: a familiar one's, else the nearest."""
    return meant(name) or did_you_mean(name, known)
