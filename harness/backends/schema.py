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

    input: Rate = Field(description="what is read")
    cached_input: Rate | None = Field(
        default=None, description="what the provider had read before; without it, as `input`"
    )
    output: Rate | None = Field(
        default=None, description="what is written; without it nothing is, as by embeddings"
    )
    reasoning: Rate | None = Field(
        default=None, description="what is thought before the answer; without it, as `output`"
    )


class Price(Strict):
    """What an hour of the hardware or a million tokens cost, who says so, and when that was true."""

    usd_per_hour: Rate | None = Field(default=None, description="what an hour of the hardware costs, in USD")
    usd_per_mtok: Rates | None = Field(default=None, description="what a million tokens cost, in USD")
    krw_per_mtok: Rates | None = Field(default=None, description="what a million tokens cost, in won")
    source: str | None = Field(default=None, description="who says so")
    date: str | None = Field(default=None, description="when that was true")

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

    adapter: str = Field(description="the adapter that answers (`harness list adapters`)")
    description: str = Field(default="", description="one line, in Korean / in English")
    model: str | None = Field(default=None, description="a hub id, a directory, or a served model's name")
    revision: str | None = Field(
        default=None, description="a commit, tag or branch of the model's repository; a commit pins it"
    )
    needs: list[Literal["trust_remote_code"]] = Field(
        default=[],
        description="what the user has to allow: `trust_remote_code` runs code from the model's repository",
    )
    native_since: str | None = Field(
        default=None,
        description="the version of transformers that has the model's code itself: from it on nothing of the "
        "repository is run, and `needs` asks for nothing",
    )
    kind: Kind | None = Field(default=None, description="the kind of system, shown on boards")
    family: str | None = Field(default=None, description="the model family, shown on boards")
    parameters: Annotated[Finite, Field(gt=0)] | None = Field(
        default=None, description="how many parameters the model has"
    )
    licence: str | None = Field(default=None, description="the model's licence")
    released: str | None = Field(default=None, description="when it was published: a year, or year-month")
    source: str | None = Field(default=None, description="the page where it is described")
    tags: list[str] = Field(default=[], description="words by which `harness list backends --tag` finds it")
    chat: bool = Field(
        default=False, description="whether prompts are messages, put into the model's chat template"
    )
    shots_as: Literal["text", "turns"] = Field(
        default="text", description="in a chat: all shots in one user turn, or turns of their own"
    )
    normalise: Literal["none", "tokens", "bytes"] = Field(
        default="none", description="whether an option's log-probability is divided by its tokens or bytes"
    )
    choose_by: ChooseBy = Field(
        default="logprobs", description="by log-probability, structured output, or read from a written reply"
    )
    settings: Settings = Field(default={}, description="the adapter's own settings (`harness show ADAPTER`)")
    decoding: DecodingFile = Field(default=DecodingFile(), description="how text is drawn, over the task's")
    price: Price = Field(default=Price(), description="what it costs")
