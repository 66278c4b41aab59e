"""What a task's YAML may say: one model for each mapping in it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from harness.forms import Column, DecodingFile, Finite, Named, Strict, Text, Texts
from harness.schema import Ask

# Under `extends`, these are joined key by key; any other key replaces the parent's.
MERGED = ("data", "templates", "shots", "decoding", "source")

Files = Annotated[Texts, Field(min_length=1)]


def _header(value: Any) -> bool | list[str]:
    if isinstance(value, bool) or (isinstance(value, list) and all(isinstance(name, str) for name in value)):
        return value
    raise ValueError("should be true, false or a list of names, which are text")


class Citation(Strict):
    """Where the data comes from."""

    citation: str | None = None
    url: str | None = None
    licence: str | None = None


class Url(Strict):
    """A file on the web, and what its bytes hash to."""

    url: Annotated[str, Field(pattern=r"^https?://")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Hub(Strict):
    """Files of a dataset repository on a hub."""

    id: str
    revision: str = "main"
    files: dict[str, Files]


class Data(Strict):
    """Where the splits are, and how their files are read."""

    format: Literal["tsv", "csv", "jsonl", "json", "parquet"]
    files: dict[str, Files] = {}
    url: dict[str, Url] = {}
    hub: Hub | None = None
    sample: str | None = None
    header: Annotated[Any, BeforeValidator(_header)] = True
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    records: str | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Data:
        if not (self.files or self.url or self.hub or self.sample):
            raise ValueError("name at least one of files, url, hub and sample")
        return self

    @property
    def reading(self) -> dict[str, Any]:
        """Return how the files are read: the same bytes read in another way are other data."""
        return self.model_dump(include={"format", "header", "delimiter", "records"})

    @property
    def splits(self) -> list[str]:
        """Return the names of all splits, in the order they are written."""
        hub = self.hub.files if self.hub else {}
        return list({**self.files, **self.url, **hub})


class Template(Strict):
    """How a query is written; a shot is a query, the delimiter, its answer and `shot_end`."""

    query: str
    delimiter: str = " "
    shot_end: str = "\n\n"
    instruction: str = ""
    system: str = ""


class Templates(BaseModel):
    """Templates by name, and which one is used unless another is asked for."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, Template]
    item: ClassVar[type[BaseModel]] = Template  # what an unknown key holds

    default: str | None = None

    @property
    def all(self) -> dict[str, Template]:
        """Return the templates by name."""
        return self.__pydantic_extra__ or {}

    @model_validator(mode="after")
    def _not_empty(self) -> Templates:
        if not self.all:
            raise ValueError("name at least one template")
        return self


class Shots(Strict):
    """Worked examples before the question: how many, from where, and which rows qualify."""

    k: Annotated[int, Field(ge=0, le=1000)] = 0
    from_: Annotated[str, Field(alias="from")] = "train"
    draw: Literal["per_example", "fixed"] = "per_example"
    max_chars: Annotated[int, Field(gt=0)] | None = None
    max_tokens: Annotated[int, Field(gt=0)] | None = None


class Reference(BaseModel):
    """A published row: a system, its figures under the task's metric names, and the source."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, Finite | None]

    system: str
    source: str
    template: str | None = None
    split: str | None = None
    n: int | None = None
    note: str | None = None

    @property
    def figures(self) -> dict[str, float | None]:
        """Return metric → published value."""
        return self.__pydantic_extra__ or {}


class TaskFile(Strict):
    """Everything a task's YAML may say."""

    inherits: ClassVar[bool] = True

    version: Annotated[int, Field(ge=1)]
    description: str
    language: str | None = None
    tags: list[str] = []
    source: Citation = Citation()
    data: Data
    fields: dict[str, Column]
    split: str = "test"
    cluster: Column | None = None
    ask: Ask
    options: dict[str, Text] = {}
    options_from: str | None = None
    clean: Texts = []
    templates: Templates
    shots: Shots = Shots()
    decoding: DecodingFile = DecodingFile()
    extract: list[Named] = []
    metrics: Annotated[list[Named], Field(min_length=1)]
    reference: list[Reference] = []

    @property
    def inputs(self) -> dict[str, str | int]:
        """Return the fields that a prompt may use, with their columns."""
        return {name: column for name, column in self.fields.items() if name not in ("id", "target")}


class Group(Strict):
    """Several tasks under one name."""

    members: Annotated[list[str], Field(min_length=1)]
    description: str = ""
    tags: list[str] = []
