"""Combination: two different responses, and the prompt repeated before the answer."""

from __future__ import annotations


def two_responses(reply: str) -> bool:
    """Return whether six stars part two responses that differ; only the first and the last may be empty."""
    parts = reply.split("******")
    said = [part.strip() for part in parts if part.strip()]
    return all(map(str.strip, parts[1:-1])) and len(said) == 2 and said[0] != said[1]


def repeat_prompt(reply: str, prompt_to_repeat: str) -> bool:
    """Return whether the reply begins with the prompt, whatever the case."""
    return reply.strip().lower().startswith(prompt_to_repeat.strip().lower())
