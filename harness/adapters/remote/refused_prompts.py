"""Why a service will not answer a prompt, from an error's code or its words: nothing failed there."""

from __future__ import annotations

import re

READ = 4000  # characters of what a service said that are looked at


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


# Each pattern beside whose words it was written from; others say the same.
_TOO_LONG = _any_of(
    r"context_length_exceeded|exceed_context_size|string_above_max_length",  # codes: OpenAI, llama.cpp
    # OpenAI, Azure, vLLM, DeepSeek, OpenRouter, Upstage; xAI's prompt length; llama.cpp's available size
    r"\b(?:maximum|max|available|supported|allowed) (?:context|prompt|input|sequence|model|total) ?"
    r"(?:length|size|window|tokens)\b",
    r"\bexceed\w* (?:the |its )?(?:\w+ ){0,2}context\b",  # OpenAI's Responses, Ollama
    r"\bcontext (?:window|length|size) (?:exceeded|is too small)",
    r"\blonger than the (?:model|maximum)|\bmodel'?s (?:maximum )?context (?:length|window)",  # SGLang, vLLM
    r"\binputs?`? (?:tokens )?(?:must have less than|\+ `?max_new_tokens)",  # TGI, Together
    r"\bexceeds? the (?:maximum|limit of) .{0,40}(?:tokens|length)|\binput token count",  # Gemini, SGLang
    # Friendli, Bedrock, HCX
    r"\b(?:prompt|input|text|message)s? (?:is|are) too (?:long|large)|\btext too long\b",
    r"\bprompt (?:length|tokens) .{0,20}\bexceeds\b|\bprompt contains \d+ tokens",  # TensorRT-LLM, Mistral
    # Groq, Cohere
    r"\breduce the length of the (?:messages|prompt|input)|\btoo many (?:input |prompt )?tokens: ",
)
_FILTERED = _any_of(
    # Azure, Gemini
    r"content[ _]?filter|content[ _](?:policy|management)|responsible ?ai|prohibited[ _]content",
    r"\binvalid_prompt\b|moderation_blocked|\bcyber_policy|safety[ _](?:system|check)",  # OpenAI
    r"\busage (?:policy|policies|guidelines)",  # OpenAI, xAI
    r"(?:input|prompt|content|request|message)s? (?:was|were|has been|is) (?:flagged|blocked)",  # OpenRouter
    # Moonshot, Anthropic
    r"\bwas (?:rejected|filtered|blocked) .{0,60}(?:risk|safety|policy|filter|moderation)",
    r"content exists risk|data_?inspection_?failed|\binappropriate content",  # DeepSeek, DashScope
    r"\b1301: |guardrail|\bblocked by .{0,40}(?:safety|moderation|policy)",  # Zhipu, Bedrock
)
# A limit of a minute and not of the context.
_RATE = _any_of(r"tokens per (?:minute|day)|\bTPM\b|rate[ _]limit")


def unanswerable(said: str) -> str | None:
    """Return why a service will not answer a prompt, `too_long` or `filtered`; None where it says neither."""
    said = said[:READ]
    if _RATE.search(said):
        return None
    reasons = {"filtered": _FILTERED, "too_long": _TOO_LONG}
    return next((reason for reason, words in reasons.items() if words.search(said)), None)
