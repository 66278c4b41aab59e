"""Building blocks of what users write in YAML, for pydantic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from harness.config.documents import shown
from harness.schema import Decoding


class Strict(BaseModel):
    """A mapping in YAML: unknown keys are errors, and nothing is guessed from a wrong type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _plain_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"should be text, not {shown(value)}; put it in quotes")


def _not_empty(text: str) -> str:
    if not text:
        raise ValueError("should not be empty")
    return text


def _column(value: Any) -> str | int:
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    raise ValueError(f"should be a column's name, or its number counted from 0, not {shown(value)}")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, (str, int, float)) and not isinstance(value, bool) else value


def _columns(value: Any) -> str | int | list[str | int]:
    return [_column(one) for one in value] if isinstance(value, list) and value else _column(value)


Text = Annotated[Any, AfterValidator(_plain_text)]
Column = Annotated[Any, AfterValidator(_column)]
Columns = Annotated[Any, AfterValidator(_columns)]
Texts = Annotated[list[Annotated[Text, AfterValidator(_not_empty)]], BeforeValidator(_listed)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


# A setting that is null is one that was not given.
Settings = Annotated[dict[str, Any], AfterValidator(_given)]


class Named(Strict):
    """`accuracy`, or `{regex: {pattern: …}}`: a name, and settings for it."""

    name: str = Field(description="what it is called")
    settings: Settings = Field(default={}, description="setting → value")

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        if isinstance(value, dict) and "name" in value and set(value) <= {"name", "settings"}:
            return value
        if isinstance(value, dict) and len(value) == 1:
            ((name, given),) = value.items()
            if given is None or isinstance(given, dict):
                return {"name": name, "settings": given or {}}
        raise ValueError(f"should be a name or {{name: {{setting: value}}}}, not {shown(value)}")

    def short(self) -> str | dict[str, Any]:
        """Return it as YAML writes it."""
        return {self.name: self.settings} if self.settings else self.name


class DecodingFile(Strict):
    """Decoding in the one vocabulary; what is absent is not asked."""

    max_tokens: Annotated[int, Field(gt=0)] | None = Field(
        default=None, description="how many new tokens at most"
    )
    temperature: Annotated[Finite, Field(ge=0)] | None = Field(default=None, description="0 is greedy")
    top_p: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None, description="draw from the most probable tokens that together have this probability"
    )
    top_k: Annotated[int, Field(gt=0)] | None = Field(
        default=None, description="draw from this many most probable tokens"
    )
    min_p: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, description="drop tokens below this share of the most probable one's probability"
    )
    beams: Annotated[int, Field(gt=0)] | None = Field(
        default=None, description="beam search with this many beams"
    )
    repetition_penalty: Annotated[Finite, Field(gt=0)] | None = Field(
        default=None, description="divides the scores of tokens that have occurred (1: none)"
    )
    presence_penalty: Annotated[float, Field(ge=-2, le=2)] | None = Field(
        default=None, description="taken off the scores of tokens that have occurred"
    )
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] | None = Field(
        default=None, description="taken off the scores of tokens, as often as they have occurred"
    )
    stop: Texts | None = Field(
        default=None, description="texts at which a reply ends; they are no part of it"
    )
    seed: int | None = Field(default=None, description="the seed of what is drawn")
    n: Annotated[int, Field(gt=0)] | None = Field(default=None, description="how many replies to each prompt")
    min_tokens: Annotated[int, Field(gt=0)] | None = Field(
        default=None, description="the fewest tokens of a reply"
    )
    no_repeat_ngram_size: Annotated[int, Field(gt=0)] | None = Field(
        default=None, description="no run of so many tokens stands twice"
    )
    length_penalty: Finite | None = Field(
        default=None, description="with beams: the power of the length that log-probabilities are divided by"
    )

    def asked(self) -> dict[str, Any]:
        """Return the keys that were written."""
        return self.model_dump(exclude_none=True)


def decoding(*layers: Mapping[str, Any]) -> Decoding:
    """Return the decoding of `layers`, the later over the earlier."""
    joined: dict[str, Any] = {}
    for layer in layers:
        joined |= {key: value for key, value in layer.items() if value is not None}
    if joined.get("stop") is not None:
        joined["stop"] = tuple(joined["stop"])
    return Decoding(**joined)
