"""What a backend's YAML may say."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from harness.config.fields import DecodingFile, Finite, Settings, Strict
from harness.schema import ChooseBy

Kind = Literal[
    "baseline", "classical", "scratch", "base", "instruct", "fine-tuned", "merged", "api", "recorded"
]
Rate = Annotated[Finite, Field(ge=0)]


class Rates(Strict):
    """What a million tokens cost: those read, those the provider had read before, those written.

    A kind without a price of its own costs what its whole costs: `cached_input` as `input`, `reasoning` as
    `output`. Without `output` nothing is written, as by embeddings.
    """

    input: Rate
    cached_input: Rate | None = None
    output: Rate | None = None
    reasoning: Rate | None = None


class Price(Strict):
    """What an hour of the hardware or a million tokens cost, who says so, and when that was true."""

    usd_per_hour: Rate | None = None
    usd_per_mtok: Rates | None = None
    krw_per_mtok: Rates | None = None
    source: str | None = None
    date: str | None = None

    @model_validator(mode="after")
    def _only_one(self) -> Self:
        given = [name for name in _BILLED if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"says both {' and '.join(given)}; one is the price")
        return self


_BILLED = ("usd_per_hour", "usd_per_mtok", "krw_per_mtok")


class BackendFile(Strict):
    """Everything a backend's YAML may say."""

    inherits: ClassVar[bool] = True

    adapter: str
    description: str = ""
    model: str | None = None
    revision: str | None = None
    needs: list[Literal["trust_remote_code"]] = []
    kind: Kind | None = None
    family: str | None = None
    parameters: Annotated[Finite, Field(gt=0)] | None = None
    licence: str | None = None
    released: str | None = None
    source: str | None = None
    tags: list[str] = []
    chat: bool = False
    shots_as: Literal["text", "turns"] = "text"
    normalise: Literal["none", "tokens", "bytes"] = "none"
    choose_by: ChooseBy = "logprobs"
    settings: Settings = {}
    decoding: DecodingFile = DecodingFile()
    price: Price = Price()
