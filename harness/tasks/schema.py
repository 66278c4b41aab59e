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
    "worked",
    "pictures",
    "pixels",
]
TargetFormat = Literal["index", "number", "letter", "text"]
OptionMarks = Literal["text", "letter", "number", "circled", "hangul"]

OTHER = "(other)"
ACROSS = " × "  # between the two values of a pair that is a group
SAID = "input"  # the field that holds a turn's text, where the task says the turns itself
BESIDE_TURNS = ("turn", "conversation")  # what is known beside each turn's fields

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

    citation: str | None = Field(default=None, description="how the data's authors wish to be cited")
    url: str | None = Field(default=None, description="the page where the data is published")
    licence: str | None = Field(default=None, description="the licence's name, as its authors write it")
    terms: str | None = Field(
        default=None, description="what the licence forbids; asked about once before a download"
    )
    copies: bool = Field(
        default=True,
        description="whether sites and exports may hold texts of it; without, ids, scores and labels",
    )


Address = Annotated[str, Field(pattern=r"^https?://")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Pinned(Strict):
    """A file on the web, and what its bytes hash to."""

    url: Address = Field(description="where the file is")
    sha256: Sha256 = Field(description="what its bytes hash to")


class Join(Strict):
    """The rows of a tab-separated file that another file lists, or those that it does not.

    `on` names the columns; the lists of GLUE's MRPC have no header, their cells stand in this order.
    """

    ids: Pinned = Field(description="the file that lists rows, and its hash")
    on: Annotated[Texts, Field(min_length=1)] = Field(
        description="the columns that a listed row and a row of the data share"
    )
    keep: Literal["listed", "unlisted"] = Field(
        default="listed", description="whether the rows that are listed stay, or those that are not"
    )


class Url(Strict):
    """A file on the web and what its bytes hash to; or a folder there, and the manifest of its files.

    `path` is where the file, or the folder, lies below a data folder, as `files` has it: the last part of
    the address unless it is given. `member` is a name or a pattern inside an archive (zip, tar): every member
    that fits is a file. A `manifest` lies beside the task and has a line for each file, as `sha256sum` writes
    them; paths are below `url`. A commit of a git repository also pins a file by its `git_blob` (the sha1 of
    a header and the bytes), where nobody has published its sha256. `bytes` is the size of what comes.
    """

    url: Address = Field(description="the address of a file, or of a folder whose files a `manifest` names")
    sha256: Sha256 | None = Field(default=None, description="what the file's bytes hash to")
    git_blob: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")] | None = Field(
        default=None, description="the file's git object id, where nobody has published its sha256"
    )
    manifest: str | None = Field(
        default=None,
        description="a file beside the task with a line `sha256  path` for each file below `url`",
    )
    bytes: Annotated[int, Field(gt=0)] | None = Field(
        default=None, description="the size of what is downloaded, in bytes"
    )
    path: str | None = Field(
        default=None,
        description="where the file lies below a data folder; without it, the address' last part",
    )
    member: str | None = Field(
        default=None,
        description="a name or pattern inside an archive (zip, tar): every member that fits is a file",
    )
    join: Join | None = Field(
        default=None, description="keep only the rows that another file lists, or those that it does not"
    )

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

    id: str = Field(description="the dataset's repository, `owner/name`")
    revision: str = Field(default="main", description="a commit, tag or branch of it; a commit pins the data")
    files: dict[str, Files] = Field(
        description="split → files of the repository, by name or pattern (`*` within a folder)"
    )


def _one_group(value: str) -> str:
    try:
        groups = re.compile(value).groups
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"should have one (group), which is the value; it has {groups}")
    return value


class HashSplit(Strict):
    """A split whose files are divided into others, by what some columns say.

    Rows that share a value of any column of `by` are in one part, so that no part leaks into another; which
    part that is, the values alone decide, each with the probability that is its `share`.
    """

    of: str = Field(description="the split whose files are divided")
    by: Texts = Field(description="columns: rows that share a value of any of them stay in one part")
    shares: Annotated[dict[str, Annotated[Finite, Field(gt=0, lt=1)]], Field(min_length=2)] = Field(
        description="part → its share; the shares sum to 1"
    )

    @model_validator(mode="after")
    def _whole(self) -> HashSplit:
        if abs(sum(self.shares.values()) - 1) > 1e-9:
            raise ValueError(f"the shares should sum to 1, not {sum(self.shares.values()):g}")
        if self.of in self.shares:
            raise ValueError(f"the split {self.of!r} is divided and cannot be a part of itself")
        return self


class ColumnsFrom(Strict):
    """JSON lines that add columns to the rows: a translation beside the task, answers kept apart."""

    file: str | None = Field(default=None, description="a file beside the task")
    split: str | None = Field(default=None, description="a split of the data whose files are meant")
    on: str = Field(description="the column that a row of it and a row of the data share")
    others: bool = Field(
        default=False,
        description="whether rows that it lacks stay, without its columns; else they are left out",
    )

    @model_validator(mode="after")
    def _one(self) -> ColumnsFrom:
        if (self.file is None) == (self.split is None):
            raise ValueError("give one of file and split")
        return self


Kind = Literal["one", "several", "order", "sum"]


class LongTexts(Strict):
    """Long texts with needles, made of the rows' passages where they are asked: RULER's kinds of questions.

    A text of each length and seed holds a needle at every depth. `one` asks for one number, `several` for
    four, `order` for four as the text has them, `sum` for what four add up to; of the last three, `draws`
    questions a text. The rows are then these questions: `id`, `kind`, `length`, `seed`, `depth`, `place` (the
    depth of a single needle, else the kind), `text_id`, `text`, `question`, `answer`.
    """

    of: str = Field(default="context", description="the column of passages, each of which is used once")
    lengths: Annotated[list[Annotated[int, Field(ge=200)]], Field(min_length=1)] = Field(
        description="how long the texts are, in characters without the needles"
    )
    sample_lengths: Annotated[list[Annotated[int, Field(ge=200)]], Field(min_length=1)] = Field(
        default=[400], description="the lengths with `--sample`, which has fewer passages"
    )
    seeds: Annotated[list[int], Field(min_length=1)] = Field(
        default=[1], description="a text of each length a seed"
    )
    depths: Annotated[list[Annotated[int, Field(ge=0, le=100)]], Field(min_length=4, max_length=40)] = Field(
        default=[0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
        description="where needles stand, in per cent of the text",
    )
    kinds: Annotated[list[Kind], Field(min_length=1)] = Field(
        default=["one", "several", "order", "sum"], description="what is asked"
    )
    draws: Annotated[int, Field(ge=1, le=100)] = Field(
        default=4, description="questions a text about several needles, of each kind"
    )

    @model_validator(mode="after")
    def _apart(self) -> LongTexts:
        for name in ("lengths", "sample_lengths", "seeds", "depths", "kinds"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"{name} names one value twice")
        return self


class JuryFile(Strict):
    """How the verdicts of several judges on one reply become one; the rule's name alone says it too."""

    rule: Literal["mean", "median", "majority"] = Field(
        description="the mean, the median, or what most said: see docs/en/guides/judging.md"
    )
    least: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="how many have to have a verdict; without it, more than half of them"
    )


def _jury(value: Any) -> Any:
    return {"rule": value} if isinstance(value, str) else value


Jury = Annotated[JuryFile, BeforeValidator(_jury)]


class JudgeFile(Strict):
    """Who judges the replies of a task's runs: `harness run` has it done, as `harness judge` does by hand."""

    by: str | Annotated[list[str], Field(min_length=1)] = Field(description="a backend, or several")
    rubric: str = Field(
        default="judge_single", description="the rubric: judge_single, judge_pair, or one's own"
    )
    template: str | None = Field(default=None, description="the rubric's template, such as en")
    baseline: str | None = Field(default=None, description="of pairs: only those with this system")
    jury: Jury | None = Field(
        default=None, description="how the verdicts of several become one; without it, as the rubric says"
    )

    @property
    def judges(self) -> list[str]:
        """Return the backends."""
        return [self.by] if isinstance(self.by, str) else list(self.by)


class Unanswerable(Strict):
    """Questions that are shown another article's passage, which does not answer them.

    They then have the one reference ""; the column `answerable` says yes or no. The row's id decides.
    """

    share: Annotated[Finite, Field(gt=0, le=1)] = Field(
        default=0.5, description="the share of the questions that are shown a passage without an answer"
    )
    id: str = Field(default="id", description="the column that names a row")
    passage: str = Field(default="context", description="the column of passages")
    apart: str = Field(default="title", description="the column of articles: the passage is of another one")
    answers: str = Field(default="answers", description="the column of the list of answers")


class Data(Strict):
    """Where the splits are, and how their files are read.

    A name in `files` or `package` may be a pattern: `*` and `?` within a folder, `{a,b}` for either. In
    `from_path` a regular expression takes a column's value out of the file's path. `on_bad_row: skip` leaves
    out rows that are not as wide as the header, where the dataset's own readers do: GLUE's QQP has some.
    A file that ends in .parquet or .xlsx is read as that whatever the `format`. Without an `encoding` a text
    is UTF-8, or what its first bytes say (CP949, UTF-16). A split whose files are of another layout has its
    own in `formats`. `each` names the list in a record whose objects are the rows, the record's own keys
    beside theirs: the questions of a story. `lists` names columns whose cells are lists, and what parts them.
    """

    format: Format = Field(description="how the files are written")
    formats: dict[str, Format] = Field(
        default={}, description="split → how its files are written, where not as the others"
    )
    files: dict[str, Files] = Field(
        default={}, description="split → files below `--data-dir` or beside the task; may be patterns"
    )
    package: dict[str, Files] = Field(
        default={}, description="split → files that an installed Python package carries: `package/path`"
    )
    from_path: dict[str, Annotated[str, AfterValidator(_one_group)]] = Field(
        default={},
        description="column → a regular expression whose one group takes its value out of the file's path",
    )
    url: dict[str, Urls] = Field(
        default={}, description="split → addresses of its files, each pinned by a hash"
    )
    hub: Hub | None = Field(default=None, description="files of a dataset repository on a hub")
    hash_split: HashSplit | None = Field(
        default=None, description="one split divided into others by a hash of some columns"
    )
    sample: str | None = Field(default=None, description="a small file of the task's own, for `--sample`")
    header: Annotated[Any, BeforeValidator(_header)] = Field(
        default=True, description="whether the first line names the columns, or the names where it does not"
    )
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        default=None, description="the one character between cells; without it, what the format says"
    )
    on_bad_row: Literal["error", "skip"] = Field(
        default="error", description="what a row is that is not as wide as the header: an error, or left out"
    )
    columns_from: ColumnsFrom | None = Field(
        default=None,
        description="a file or split that adds columns to the rows; rows it lacks are left out",
    )
    loose_quotes: bool = Field(
        default=False,
        description="of CSV: whether a quotation mark that is not doubled inside a quoted cell is text",
    )
    records: str | None = Field(
        default=None, description="the key under which a JSON file holds its rows (`a.b` for nested ones)"
    )
    each: str | Texts | None = Field(
        default=None,
        description="the key of a list in a record whose objects are the rows, its own keys beside; of "
        "several keys, a row for each choice of one object a list, under the lists' keys, `places` beside",
    )
    lists: dict[str, Annotated[str, Field(min_length=1)]] = Field(
        default={}, description="column whose cells are lists → what parts them, such as `;`"
    )
    unanswerable: Unanswerable | None = Field(
        default=None,
        description="a part of the questions is shown another article's passage, without an answer",
    )
    long_texts: LongTexts | None = Field(
        default=None,
        description="long texts with needles, made of the rows' passages: the rows are questions on them",
    )
    encoding: Annotated[str, AfterValidator(_encoding)] | None = Field(
        default=None,
        description="the text's encoding; without it UTF-8, or what the first bytes say (CP949, UTF-16)",
    )
    white: Annotated[Finite, Field(gt=0)] | None = Field(
        default=None, description="for `pixels`: the number that stands for white"
    )

    @model_validator(mode="after")
    def _somewhere(self) -> Data:
        if not (self.files or self.package or self.url or self.hub or self.sample):
            raise ValueError("name at least one of files, package, url, hub and sample")
        if self.format == "pixels" and not (isinstance(self.header, list) and IMAGE in self.header):
            raise ValueError("pixels need a 'header' of names, in which 'image' stands for the numbers")
        unknown = next((split for split in self.formats if split not in self._with_files), None)
        if unknown is not None:
            raise ValueError(f"no split is called {unknown!r}, which 'formats' names")
        if self.hash_split and self.hash_split.of not in self._with_files:
            raise ValueError(f"no split is called {self.hash_split.of!r}, which should be divided")
        return self

    @property
    def reading(self) -> dict[str, Any]:
        """Return how the files are read: the same bytes read in another way are other data."""
        how = self.model_dump(include={"format", "header", "delimiter", "records", "from_path", "white"})
        beside = {  # under the names that these keys had first: hashes are made of them
            "ragged": self.on_bad_row,
            **({"divided": self.hash_split.model_dump()} if self.hash_split else {}),
            **({"encoding": self.encoding} if self.encoding else {}),
            **({"unanswerable": self.unanswerable.model_dump()} if self.unanswerable else {}),
            **({"long_texts": self.long_texts.model_dump()} if self.long_texts else {}),
            **{
                key: value
                for key in ("formats", "each", "lists", "loose_quotes")
                if (value := getattr(self, key))
            },
        }
        return {**how, **beside}

    @property
    def splits(self) -> list[str]:
        """Return the names of all splits, in the order they are written."""
        return list(self._with_files | dict.fromkeys(self.hash_split.shares if self.hash_split else ()))

    @property
    def downloaded(self) -> dict[str, Any]:
        """Return what is known of each split that can be downloaded, by its name."""
        return {**(self.hub.files if self.hub else {}), **self.url}

    def held_by(self, split: str) -> str:
        """Return the split whose files hold `split`: itself, or the one that it is a part of."""
        return self.hash_split.of if self.hash_split and split in self.hash_split.shares else split

    @property
    def _with_files(self) -> dict[str, Any]:
        return {**self.files, **self.package, **self.downloaded}


class Template(Strict):
    """How a query is written; a shot is a query, the delimiter, its answer and `shot_end`.

    `captions` are texts of an option for systems that compare it with a picture; `{{ option }}` is its
    name, and several make an ensemble.
    """

    query: str = Field(default="", description="the question, with fields as `{{ input }}`")
    captions: Texts = Field(default=[], description="texts of an option, to compare with a picture")
    delimiter: str = Field(default=" ", description="what stands between a query and its answer")
    shot_end: str = Field(default="\n\n", description="what stands after a worked example")
    instruction: str = Field(
        default="",
        description="how to answer; used where the answer is written, not where options are compared",
    )
    system: str = Field(default="", description="the system message of a chat; a base model reads it first")


class Templates(BaseModel):
    """Templates by name, and which one is used unless another is asked for."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, Template]
    item: ClassVar[type[BaseModel]] = Template  # what an unknown key holds

    default: str | None = Field(
        default=None, description="the template that is used unless `--template` names others"
    )

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

    k: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0, description="how many worked examples stand before the question"
    )
    from_: Annotated[str, Field(alias="from")] = Field(
        default="train", description="the split that they are drawn from"
    )
    draw: Literal["per_example", "fixed", "first"] = Field(
        default="per_example",
        description="each example draws its own, all share one draw, or all have the file's first rows",
    )
    same: str | None = Field(
        default=None, description="only rows that share the evaluated example's value of this field"
    )
    answer: str | None = Field(
        default=None, description="the field that a shot answers with, where that is more than the target"
    )
    max_chars: Annotated[int, Field(gt=0)] | None = Field(
        default=None, description="a row whose fields have more characters than this together is no shot"
    )
    max_tokens: Annotated[int, Field(gt=0)] | None = Field(
        default=None, description="a row whose fields have more tokens than this together is no shot"
    )


class Reference(BaseModel):
    """A published row: a system, its figures under the task's metric names, and the source."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)
    __pydantic_extra__: dict[str, Finite | None]

    system: str = Field(description="the published system's name")
    source: str = Field(description="where the figures were published")
    template: str | None = Field(default=None, description="the prompt that was used, where it is known")
    split: str | None = Field(
        default=None, description="the split that was evaluated, where it is another than the task's"
    )
    n: int | None = Field(default=None, description="how many examples were evaluated")
    note: str | None = Field(default=None, description="what else has to be known to compare")

    @property
    def figures(self) -> dict[str, float | None]:
        """Return metric → published value."""
        return self.__pydantic_extra__ or {}


class Breakdown(Strict):
    """By what the figures are broken down: a field's values, or groups of them."""

    field: str = Field(description="the field by whose values figures are broken down")
    across: str | None = Field(
        default=None,
        description="a second field: groups are then pairs of values, and a run's page draws a heat map",
    )
    groups: dict[str, Texts] = Field(
        default={}, description="group → its values; a value in none is in `(other)`"
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"field": value} if isinstance(value, str) else value

    def of(self, value: str) -> str:
        """Return the group in which `value` is; `(other)` is that of a value in none."""
        if not self.groups:
            return value
        return next((name for name, members in self.groups.items() if value in members), OTHER)


class Execute(Strict):
    """How what a model writes is run: its language, and the bounds of one program.

    A target is JSON. Of `python` it holds `test`, which defines `check(candidate)` or asserts by itself,
    `entry_point`, the name of the function, and `prompt`, which a completion continues. Of `sql` it holds
    `database`, a name, and `queries`, the accepted ones: results are compared, on SQLite in memory. Databases
    are files of SQL, called by their names without the ending; their tables are in the column `schema` of
    each row, whose column `database` names one.
    """

    language: Literal["python", "sql"] = Field(description="the language that is run")
    databases: str | None = Field(
        default=None, description="of `sql`: the split of the data whose files are the databases"
    )
    beside: Texts = Field(default=[], description="of `sql`: databases that lie beside the task")
    dialect: Literal["sqlite", "postgres"] = Field(
        default="sqlite", description="of `sql`: in whose words the files of `databases` are written"
    )
    database: str = Field(default="database", description="of `sql`: the column that names a row's database")
    seconds: Annotated[int, Field(gt=0, le=600)] = Field(
        default=4, description="CPU seconds of one program; the wall clock allows several times as many"
    )
    memory_mib: Annotated[int, Field(ge=64)] = Field(
        default=1024, description="memory of one program and all that it starts, MiB"
    )

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        return {"language": value} if isinstance(value, str) else value


class Window(Strict):
    """The part of a long field that a prompt shows: the `chars` that look most like the field `by`."""

    field: str = Field(description="the long field of which a prompt shows a part")
    by: str = Field(description="the field that this part should look like")
    chars: Annotated[int, Field(gt=0)] = Field(description="how many characters are shown")


class CorpusFile(Strict):
    """The passages that `ask: retrieve` looks through: rows of a split, each passage once.

    Without an `id` a passage is called by a hash of its text, equal texts are one passage, and a query's
    target is the text of its passage. Of rows that share an `id` the first counts. `each` names lists within
    lists whose objects are the rows: tools of the records of dialogues.
    """

    split: str | None = Field(
        default=None, description="the split whose rows hold the passages; without it, the evaluated one"
    )
    id: Column | None = Field(
        default=None, description="the column that names a passage; without it, a hash of its text does"
    )
    text: Column = Field(description="the column of a passage's text, or a template over the row")
    each: Texts = Field(default=[], description="keys of lists, the outer first, whose objects are the rows")
    depth: Annotated[int, Field(gt=0, le=10_000)] = Field(
        default=100, description="how many passages an answer lists at most"
    )


class Qrels(Strict):
    """Rows that say which passages are relevant to which query; queries without a row are left out."""

    split: str = Field(description="the split whose rows say it")
    query: Column = Field(default="query-id", description="the column with a query's id")
    passage: Column = Field(default="corpus-id", description="the column with a passage's id")
    grade: Column | None = Field(
        default=None,
        description="the column with a whole number, from 1 on relevant; without it, all rows are",
    )


class WorldFile(Strict):
    """A simulated world in which a system acts by calls, until it answers in words."""

    name: str = Field(description="the world's name, as a plugin registers it")
    state: str = Field(default="state", description="the field that holds the state an example begins in")
    max_steps: Annotated[int, Field(ge=2, le=100)] = Field(
        default=8, description="how often a system is asked at most in an example, its last answer included"
    )


def _world(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


def _languages(value: Any) -> Any:
    if isinstance(value, str):
        return {"default": value}
    return {str(key): one for key, one in value.items()} if isinstance(value, dict) else value


ReplyLanguage = Annotated[dict[str, Literal["ko", "en", "any"]], BeforeValidator(_languages)]


class TaskFile(Strict):
    """Everything a task's YAML may say."""

    inherits: ClassVar[bool] = True

    version: Annotated[int, Field(ge=1)] = Field(
        description="the task's version, part of the fingerprint: raise it when figures can change"
    )
    description: str = Field(description="one line: what is asked, in Korean / in English")
    language: str | None = Field(default=None, description="the data's language: ko, en")
    tags: list[str] = Field(default=[], description="words by which `harness list tasks --tag` finds it")
    source: Citation = Field(
        default=Citation(), description="where the data comes from, and under which licence"
    )
    data: Data = Field(description="where the splits are, and how their files are read")
    fields: dict[str, Columns] = Field(
        description="field → column, columns or a template; `target` is the answer, `id` the row's name"
    )
    meta: dict[str, Column] = Field(
        default={}, description="what is known beside the input and is no part of it: a subject, a topic"
    )
    split: str = Field(default="test", description="the split that is evaluated")
    turns: str | Texts | None = Field(
        default=None,
        description="conversations: the field that holds a list, one text a turn; or the texts themselves",
    )
    tools: str | list[dict[str, Any]] | None = Field(
        default=None,
        description="of `call`: the field that holds an example's tools, or the tools themselves: "
        "name, description, parameters",
    )
    messages: str | None = Field(
        default=None,
        description="of `call`: the field that holds the conversation so far, as OpenAI writes messages",
    )
    world: Annotated[WorldFile, BeforeValidator(_world)] | None = Field(
        default=None,
        description="of `call`: the simulated world whose methods are the tools; calls are answered by it, "
        "and its final state is judged",
    )
    cluster: Column | None = Field(
        default=None,
        description="the column whose equal values belong together (an article): intervals count these",
    )
    ask: Ask = Field(description="what a system is asked for")
    corpus: CorpusFile | None = Field(
        default=None, description="the passages that `ask: retrieve` looks through"
    )
    qrels: Qrels | None = Field(
        default=None, description="rows that say which passages are relevant, in place of a `target`"
    )
    options: dict[str, Text] = Field(
        default={}, description="label in the data → the text that a model reads and says"
    )
    aliases: dict[str, Text] = Field(
        default={}, description="another spelling of a label in the data → the label"
    )
    options_from: Texts = Field(default=[], description="columns that hold an example's own options")
    shuffle_options: bool = Field(
        default=False, description="whether an example's own options are mixed, the same for every system"
    )
    both_orders: bool = Field(
        default=False, description="whether each example is asked twice, its options in the other order then"
    )
    target_format: TargetFormat = Field(
        default="index",
        description="what the target says of `options_from`: index (from 0), number, letter, text",
    )
    option_marks: OptionMarks = Field(
        default="text",
        description="what a model says for an option of its own: the text, or a mark of its place",
    )
    range: Annotated[list[Finite], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="the lowest and the highest number of `ask: rate`"
    )
    breakdown: dict[str, Breakdown] = Field(
        default={}, description="name → the field or groups by which figures are broken down"
    )
    clean: Texts = Field(default=[], description="cleaning steps for every text, in this order")
    window: Window | None = Field(default=None, description="the part of a long field that a prompt shows")
    templates: Templates = Field(
        default=Templates.model_validate({"plain": {}}), description="the prompts by name"
    )
    shots: Shots = Field(default=Shots(), description="worked examples before the question")
    decoding: DecodingFile = Field(
        default=DecodingFile(),
        description="how text is drawn from a model, over which a backend and `-d` may say otherwise",
    )
    extract: list[Named] = Field(
        default=[], description="the steps that read a reply, in this order; without them, what `ask` needs"
    )
    json_schema: dict[str, Any] | None = Field(
        default=None,
        description="JSON schema of a reply; asked for as structured output with `choose_by: structured`",
    )
    execute: Execute | None = Field(
        default=None, description="what is run of a reply, with `--allow-code-execution`; metrics judge that"
    )
    on_unread: Literal["unanswered", "failed"] = Field(
        default="unanswered",
        description="what a reply without an answer is: unanswered, or failed, so that it is asked again",
    )
    settled: str | None = Field(
        default=None,
        description="the field that holds a reply which is known already: where it says one, nobody is asked",
    )
    official: dict[str, Annotated[list[Named], Field(min_length=1)]] = Field(
        default={}, description="an official reader → the metrics that judge what it reads"
    )
    metrics: Annotated[list[Named], Field(min_length=1)] = Field(
        description="what is computed; the first is the task's main metric"
    )
    reply_language: ReplyLanguage = Field(
        default={},
        description="the language that a judged reply should be in: ko, en or any; or by the name of a turn "
        "or a question, and `default`",
    )
    jury: Jury | None = Field(
        default=None, description="of a rubric: how the verdicts of several judges become one"
    )
    criteria: dict[str, Text] = Field(
        default={},
        description="of a rubric that is a checklist: name → what a reply should meet, where a question has "
        "no list of its own as its target",
    )
    judge: JudgeFile | None = Field(
        default=None, description="who judges the replies, by which rubric, once a run is whole"
    )
    reference: list[Reference] = Field(default=[], description="published rows, shown beside one's own")

    @property
    def inputs(self) -> dict[str, Any]:
        """Return the fields that are asked about, with their columns."""
        return {name: column for name, column in self.fields.items() if name not in ("id", "target")}

    @property
    def steps(self) -> bool:
        """Return whether what is asked next depends on what was answered: conversations, and worlds."""
        return self.turns is not None or self.world is not None

    @property
    def labelling(self) -> dict[str, Any]:
        """Return how a row becomes an example and its target a label; runs and fits depend on it alike."""
        kept = self.model_dump(include={"fields", "aliases", "options_from"})
        new: dict[str, Any] = {key: True for key in ("shuffle_options", "both_orders") if getattr(self, key)}
        if self.turns is not None:
            new["turns"] = self.turns
        if self.settled is not None:
            new["settled"] = self.settled
        for key in ("corpus", "qrels", "world"):
            if (found := getattr(self, key)) is not None:
                new[key] = found.model_dump()
        return {**kept, "answer_is": self.target_format, **new}  # its first name: hashes are made of it

    @property
    def insertable(self) -> list[str]:
        """Return what a prompt may insert: fields, what is known beside them, and an example's own options.

        `options` are the lines of a list of them.
        """
        own = [*self.inputs, *self.meta, *(["options"] if self.options_from else [])]
        return own if self.turns is None or self.world is not None else [*own, SAID, *BESIDE_TURNS]


def _weight(value: Any) -> float | Literal["n"]:
    if value == "n":
        return "n"
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < float("inf"):
        return float(value)
    raise ValueError(f"should be a number above 0, or n: the number of examples; not {shown(value)}")


Weight = Annotated[Any, AfterValidator(_weight)]


def _chance(value: Any) -> float:
    """Return a share that guessing gets: a number, or a fraction such as 1/3."""
    above, bar, below = str(value).partition("/")
    try:
        share = float(above) / (float(below) if bar else 1.0)
    except (ValueError, ZeroDivisionError):
        share = -1.0
    if isinstance(value, bool) or not 0 <= share < 1:
        raise ValueError(f"should be from 0 to below 1, such as 0.25 or 1/3; not {shown(value)}")
    return share


Chance = Annotated[Any, AfterValidator(_chance)]


class Member(Strict):
    """A task of a group, and how it counts in the group's score.

    Its figure is the mean of its `metrics`, the task's main one unless some are named. Members of one
    `part` share a number that is their weight: MNLI's two dev sets count as one task. With `chance`, what
    guessing gets, the figure is (x - chance) / (1 - chance), 0 below it; where chance is that of groups of a
    breakdown, the mean over those groups.
    """

    task: str = Field(description="the member's name")
    metrics: Texts = Field(
        default=[], description="the metrics whose mean is its figure; without them, the task's main one"
    )
    chance: Chance | dict[str, dict[str, Chance]] | None = Field(
        default=None,
        description="what guessing gets, whole or by the groups of a breakdown: what is above counts",
    )
    part: str | None = Field(default=None, description="members of one part count as one")
    weight: Weight | None = Field(
        default=None, description="how much it counts, or `n`: as many as its examples"
    )

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

    scale: Annotated[Finite, Field(gt=0)] = Field(
        default=1.0, description="what the weighted mean is multiplied by"
    )
    weight: Weight = Field(default=1.0, description="the weight of a member who names none")


class GroupReference(Strict):
    """A published row of a group: a system, its score and its members' figures, on the group's scale."""

    system: str = Field(description="the published system's name")
    source: str = Field(description="where the figures were published")
    score: Finite | None = Field(default=None, description="the group's score")
    figures: dict[str, Finite] = Field(default={}, description="member → its figure, on the group's scale")
    note: str | None = Field(default=None, description="what else has to be known to compare")


class Group(Strict):
    """Several tasks under one name, and how one score is made of them, if one is."""

    members: Annotated[list[Member], Field(min_length=1)] = Field(
        description="the tasks, in the order of their columns"
    )
    description: str = Field(default="", description="one line: what the group is, in Korean / in English")
    tags: list[str] = Field(default=[], description="words by which `harness list tasks --tag` finds it")
    source: Citation = Field(default=Citation(), description="where the group comes from")
    score: Score | None = Field(default=None, description="how one score is made of the members, if one is")
    reference: list[GroupReference] = Field(default=[], description="published rows of the group")
