"""What a task's YAML may say: one model for each mapping in it."""

from __future__ import annotations

import codecs
import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from harness.config.documents import shown
from harness.config.fields import Column, Columns, DecodingFile, Finite, Named, Strict, Text, Texts
from harness.schema import IMAGE, Ask

# Under `extends`, these are joined key by key; any other key replaces the parent's.
MERGED = ("data", "templates", "shots", "decoding", "source")

Format = Literal[
    "tsv",
    "csv",
    "xlsx",
    "jsonl",
    "json",
    "parquet",
    "lines",
    "squad",
    "korquad2",
    "characters",
    "pictures",
    "pixels",
]
AnswerIs = Literal["index", "number", "letter", "text"]
Say = Literal["text", "letter", "number", "circled", "hangul"]

OTHER = "(other)"

Files = Annotated[Texts, Field(min_length=1)]


def _header(value: Any) -> bool | list[str]:
    if isinstance(value, bool):
        return value
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        twice = next((name for number, name in enumerate(value) if name in value[:number]), None)
        if twice is not None:
            raise ValueError(f"names the column {shown(twice)} twice")
        return value
    raise ValueError("should be true, false or a list of names, which are text")


def _encoding(value: str) -> str:
    try:
        return codecs.lookup(value).name
    except LookupError:
        raise ValueError(f"is no encoding: {value!r}; Korean Excel writes cp949") from None


class Citation(Strict):
    """Where the data comes from. `terms` are what a licence forbids, which a person is asked about once."""

    citation: str | None = None
    url: str | None = None
    licence: str | None = None
    terms: str | None = None


Address = Annotated[str, Field(pattern=r"^https?://")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Pinned(Strict):
    """A file on the web, and what its bytes hash to."""

    url: Address
    sha256: Sha256


class Join(Strict):
    """The rows of a tab-separated file that another file lists, or those that it does not.

    `on` names the columns; the lists of GLUE's MRPC have no header, their cells stand in this order.
    """

    ids: Pinned
    on: Annotated[Texts, Field(min_length=1)]
    keep: Literal["listed", "unlisted"] = "listed"


class Url(Strict):
    """A file on the web and what its bytes hash to; or a folder there, and the manifest of its files.

    `path` is where the file, or the folder, lies below a data folder, as `files` has it: the last part of
    the address unless it is given. `member` is a name or a pattern inside an archive (zip, tar): every member
    that fits is a file. A `manifest` lies beside the task and has a line for each file, as `sha256sum` writes
    them; paths are below `url`. A commit of a git repository also pins a file by its `git_blob` (the sha1 of
    a header and the bytes), where nobody has published its sha256. `bytes` is the size of what comes.
    """

    url: Address
    sha256: Sha256 | None = None
    git_blob: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    manifest: str | None = None
    bytes: Annotated[int, Field(gt=0)] | None = None
    path: str | None = None
    member: str | None = None
    join: Join | None = None

    @model_validator(mode="after")
    def _pinned(self) -> Url:
        if sum(pin is not None for pin in (self.sha256, self.git_blob, self.manifest)) != 1:
            raise ValueError("give one of sha256, git_blob and manifest")
        if self.manifest is not None and (self.member or self.join):
            raise ValueError("the files of a manifest are whole: no member, no join")
        if self.join is not None and self.path is None:
            raise ValueError("what is joined needs a path of its own")
        for name, path in (("path", self.path), ("member", self.member)):
            if path is not None and (path.startswith("/") or ".." in path.split("/")):
                raise ValueError(f"the {name} should stay below the data folder")
        return self


def _urls(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


Urls = Annotated[list[Url], BeforeValidator(_urls), Field(min_length=1)]


class Hub(Strict):
    """Files of a dataset repository on a hub."""

    id: str
    revision: str = "main"
    files: dict[str, Files]


def _one_group(value: str) -> str:
    try:
        groups = re.compile(value).groups
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"should have one (group), which is the value; it has {groups}")
    return value


class Divided(Strict):
    """A split whose files are divided into others, by what some columns say.

    Rows that share a value of any column of `by` are in one part, so that no part leaks into another; which
    part that is, the values alone decide, each with the probability that is its `share`.
    """

    of: str
    by: Texts
    shares: Annotated[dict[str, Annotated[Finite, Field(gt=0, lt=1)]], Field(min_length=2)]

    @model_validator(mode="after")
    def _whole(self) -> Divided:
        if abs(sum(self.shares.values()) - 1) > 1e-9:
            raise ValueError(f"the shares should sum to 1, not {sum(self.shares.values()):g}")
        if self.of in self.shares:
            raise ValueError(f"the split {self.of!r} is divided and cannot be a part of itself")
        return self


class Data(Strict):
    """Where the splits are, and how their files are read.

    A name in `files` or `package` may be a pattern: `*` and `?` within a folder, `{a,b}` for either. In
    `from_path` a regular expression takes a column's value out of the file's path. `ragged: skip` leaves
    out rows that are not as wide as the header, where the dataset's own readers do: GLUE's QQP has some.
    A file that ends in .parquet or .xlsx is read as that whatever the `format`. Without an `encoding` a text
    is UTF-8, or what its first bytes say (CP949, UTF-16).
    """

    format: Format
    files: dict[str, Files] = {}
    package: dict[str, Files] = {}
    from_path: dict[str, Annotated[str, AfterValidator(_one_group)]] = {}
    url: dict[str, Urls] = {}
    hub: Hub | None = None
    divided: Divided | None = None
    sample: str | None = None
    header: Annotated[Any, BeforeValidator(_header)] = True
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    ragged: Literal["error", "skip"] = "error"
    records: str | None = None
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    white: Annotated[Finite, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Data:
        if not (self.files or self.package or self.url or self.hub or self.sample):
            raise ValueError("name at least one of files, package, url, hub and sample")
        if self.format == "pixels" and not (isinstance(self.header, list) and IMAGE in self.header):
            raise ValueError("pixels need a 'header' of names, in which 'image' stands for the numbers")
        if self.divided and self.divided.of not in self._with_files:
            raise ValueError(f"no split is called {self.divided.of!r}, which should be divided")
        return self

    @property
    def reading(self) -> dict[str, Any]:
        """Return how the files are read: the same bytes read in another way are other data."""
        how = self.model_dump(
            include={"format", "header", "delimiter", "records", "from_path", "ragged", "white"}
        )
        beside = {
            **({"divided": self.divided.model_dump()} if self.divided else {}),
            **({"encoding": self.encoding} if self.encoding else {}),
        }
        return {**how, **beside}

    @property
    def splits(self) -> list[str]:
        """Return the names of all splits, in the order they are written."""
        return list(self._with_files | dict.fromkeys(self.divided.shares if self.divided else ()))

    @property
    def downloaded(self) -> dict[str, Any]:
        """Return what is known of each split that can be downloaded, by its name."""
        return {**(self.hub.files if self.hub else {}), **self.url}

    def held_by(self, split: str) -> str:
        """Return the split whose files hold `split`: itself, or the one that it is a part of."""
        return self.divided.of if self.divided and split in self.divided.shares else split

    @property
    def _with_files(self) -> dict[str, Any]:
        return {**self.files, **self.package, **self.downloaded}


class Template(Strict):
    """How a query is written; a shot is a query, the delimiter, its answer and `shot_end`.

    `captions` are texts of an option for systems that compare it with a picture; `{{ option }}` is its
    name, and several make an ensemble.
    """

    query: str = ""
    captions: Texts = []
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
    """Worked examples before the question: how many, from where, and which rows qualify.

    `draw` says whether each example draws its own, all share one draw, or all have the first rows of the
    file. With `same`, only rows that share the evaluated example's value of that field: MMLU's subject.
    `answer` is the field that a shot answers with, where that is more than the target: the worked solution
    of which the target is the last number.
    """

    k: Annotated[int, Field(ge=0, le=1000)] = 0
    from_: Annotated[str, Field(alias="from")] = "train"
    draw: Literal["per_example", "fixed", "first"] = "per_example"
    same: str | None = None
    answer: str | None = None
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


class Breakdown(Strict):
    """By what the figures are broken down: a field's values, or groups of them."""

    field: str
    groups: dict[str, Texts] = {}

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"field": value} if isinstance(value, str) else value

    def of(self, value: str) -> str:
        """Return the group in which `value` is; `(other)` is that of a value in none."""
        if not self.groups:
            return value
        return next((name for name, members in self.groups.items() if value in members), OTHER)


class Window(Strict):
    """The part of a long field that a prompt shows: the `chars` that look most like the field `by`."""

    field: str
    by: str
    chars: Annotated[int, Field(gt=0)]


class TaskFile(Strict):
    """Everything a task's YAML may say."""

    inherits: ClassVar[bool] = True

    version: Annotated[int, Field(ge=1)]
    description: str
    language: str | None = None
    tags: list[str] = []
    source: Citation = Citation()
    data: Data
    fields: dict[str, Columns]
    meta: dict[str, Column] = {}
    split: str = "test"
    cluster: Column | None = None
    ask: Ask
    options: dict[str, Text] = {}
    aliases: dict[str, Text] = {}
    options_from: Texts = []
    answer_is: AnswerIs = "index"
    say: Say = "text"
    range: Annotated[list[Finite], Field(min_length=2, max_length=2)] | None = None
    breakdown: dict[str, Breakdown] = {}
    clean: Texts = []
    window: Window | None = None
    templates: Templates = Templates.model_validate({"plain": {}})
    shots: Shots = Shots()
    decoding: DecodingFile = DecodingFile()
    extract: list[Named] = []
    official: dict[str, Annotated[list[Named], Field(min_length=1)]] = {}
    metrics: Annotated[list[Named], Field(min_length=1)]
    reference: list[Reference] = []

    @property
    def inputs(self) -> dict[str, Any]:
        """Return the fields that are asked about, with their columns."""
        return {name: column for name, column in self.fields.items() if name not in ("id", "target")}

    @property
    def labelling(self) -> dict[str, Any]:
        """Return how a row becomes an example and its target a label; runs and fits depend on it alike."""
        return self.model_dump(include={"fields", "aliases", "options_from", "answer_is"})

    @property
    def insertable(self) -> list[str]:
        """Return what a prompt may insert: fields, what is known beside them, and an example's own options.

        `options` are the lines of a list of them.
        """
        return [*self.inputs, *self.meta, *(["options"] if self.options_from else [])]


def _weight(value: Any) -> float | Literal["n"]:
    if value == "n":
        return "n"
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf"):
        return float(value)
    raise ValueError(f"should be a number above 0, or n: the number of examples; not {shown(value)}")


Weight = Annotated[Any, AfterValidator(_weight)]


class Member(Strict):
    """A task of a group, and how it counts in the group's score.

    Its figure is the mean of its `metrics`, the task's main one unless some are named. Members of one
    `part` share a number that is their weight: MNLI's two dev sets count as one task.
    """

    task: str
    metrics: Texts = []
    part: str | None = None
    weight: Weight | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if isinstance(value, (str, dict)):
            return {"task": value} if isinstance(value, str) else value
        raise ValueError(f"should be a task's name, or what counts of it, not {shown(value)}")

    def short(self) -> str | dict[str, Any]:
        """Return it as YAML writes it."""
        written = self.model_dump(exclude_defaults=True)
        return self.task if len(written) == 1 else written


class Score(Strict):
    """How a group's one figure is made: the weighted mean of its members' figures, times `scale`.

    `weight` is that of a member who names none; `n` everywhere makes the score one over all examples.
    """

    scale: Annotated[Finite, Field(gt=0)] = 1.0
    weight: Weight = 1.0


class GroupReference(Strict):
    """A published row of a group: a system, its score and its members' figures, on the group's scale."""

    system: str
    source: str
    score: Finite | None = None
    figures: dict[str, Finite] = {}
    note: str | None = None


class Group(Strict):
    """Several tasks under one name, and how one score is made of them, if one is."""

    members: Annotated[list[Member], Field(min_length=1)]
    description: str = ""
    tags: list[str] = []
    source: Citation = Citation()
    score: Score | None = None
    reference: list[GroupReference] = []
