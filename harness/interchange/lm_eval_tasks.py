"""A task of lm-evaluation-harness as a task here, or line by line what of it cannot be carried over.

What is written asks the same: queries, options, delimiters, stops and the splits that shots come from. What
Python of theirs does (`!function`) is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import jinja2.meta

from harness.config.documents import Document
from harness.errors import BadInput, Place
from harness.interchange.lm_eval_yaml import Function, TheirFile, read
from harness.tasks import task as tasks

# What says nothing of what is asked or how it is judged.
_SILENT = {
    *("task", "task_alias", "tag", "group", "metadata", "include", "dataset_path", "dataset_name", "repeats"),
    *("dataset_kwargs", "training_split", "validation_split", "test_split", "fewshot_split", "output_type"),
    *(
        "doc_to_text",
        "doc_to_target",
        "doc_to_choice",
        "description",
        "target_delimiter",
        "fewshot_delimiter",
    ),
    *("num_fewshot", "metric_list", "generation_kwargs", "filter_list", "fewshot_config", "unsafe_code"),
    *("should_decontaminate", "doc_to_decontamination_query", "custom_dataset", "process_docs"),
    *("process_results", "gen_prefix", "group_alias", "test_split_name", "multimodal"),
}
_ASKS = {"multiple_choice": "choose", "generate_until": "generate", "loglikelihood_rolling": "score"}
_CHOICE = {
    "acc": "accuracy",
    "acc_norm": "accuracy",
    "mcc": "mcc",
    "brier_score": "brier",
    "acc_bytes": "accuracy",
}
_WRITTEN = {"exact_match": "exact_match", "bleu": "bleu", "chrf": "chrf", "ter": "ter", "em": "exact_match"}
_SCORED = {
    "word_perplexity": "word_perplexity",
    "byte_perplexity": "byte_perplexity",
    "bits_per_byte": "bits_per_byte",
    "perplexity": "perplexity",
}
_GENERATION = {"max_gen_toks": "max_tokens", "temperature": "temperature", "top_p": "top_p", "top_k": "top_k"}
_PARQUET = "refs/convert/parquet"  # where the hub keeps every data set as Parquet, whatever its own files are
_RESERVED = {"id", "target", "options", "row"}


@dataclass(frozen=True)
class Problem:
    """What cannot be carried over: where it stands, what it is in a word, and why."""

    place: Place
    kind: str
    why: str

    def __str__(self) -> str:
        return f"{self.place}: {self.why}"


@dataclass
class Converted:
    """A task of ours, `values`, or the `problems` that stand in its way; `notes` say what differs slightly.

    A file that only lists other tasks has `members`.
    """

    name: str
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    members: list[str] = field(default_factory=list)


def convert(path: Path) -> Converted:
    """Return the task, the group or the problems of a task file.

    Raises:
        BadInput: it is no task file, or it includes what is not there.
    """
    file = read(path)
    if isinstance(listed := file.values.get("task"), list) or "group" in file.values:
        return _group(file, listed)
    return _Conversion(file).converted()


def query_over(text: str, columns: Mapping[str, str]) -> str | None:
    """Return their `doc_to_text` as a query here, None where it is none.

    `columns` maps a column of theirs to the field here that says the same; it has to hold all that are read.
    """
    made = _Conversion(TheirFile(Path("doc_to_text"), {"doc_to_text": text}, {}))
    read = made.columns_read()
    if made.found.problems or not read <= columns.keys():
        return None
    named = "".join(f"{{% set {name} = {columns[name]} %}}" for name in sorted(read) if columns[name] != name)
    return named + made.text()


def _group(file: TheirFile, listed: Any) -> Converted:
    name = str(file.values.get("group") or file.path.stem)
    found = Converted(name)
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, str):
            found.members.append(one)
        else:
            place = file.place("task")
            found.problems.append(
                Problem(place, "a group with settings", "task: a member with settings of its own")
            )
    if isinstance(listed, str):
        found.members.append(listed)
    if not found.problems:
        found.values = {"description": f"{name}, a group of lm-evaluation-harness", "members": found.members}
    return found


class _Conversion:
    """One file on its way."""

    def __init__(self, file: TheirFile) -> None:
        self.file, self.said = file, file.values
        self.found = Converted(str(self.said.get("task") or file.path.stem))

    def text(self) -> str:
        """Return the query as it is written."""
        return self._text("doc_to_text")

    def columns_read(self) -> set[str]:
        """Return the columns that the query inserts."""
        return self._named(self._text("doc_to_text"))

    def converted(self) -> Converted:
        self._python()
        ask = self._ask()
        if ask is not None:
            self.found.values = self._values(ask)
        if not self.found.problems:
            self._checked()
        return self.found

    def _no(self, key: str, kind: str, why: str) -> None:
        self.found.problems.append(Problem(self.file.place(key), kind, f"{key}: {why}"))

    def _python(self) -> None:
        """Tell of every key that is Python, and of those that nothing here stands for."""
        for key, value in self.said.items():
            if isinstance(value, Function):
                self._no(
                    key, f"Python: {key}", f"!function {value.name} is Python, which is not carried over"
                )
            elif key == "class":
                self._no(key, "Python: class", "the task is a class in Python")
            elif key in ("gen_prefix", "use_prompt", "doc_to_image", "doc_to_audio") and value:
                self._no(key, key, "there is nothing like it here")
            elif key not in _SILENT and value:
                self._no(key, "an unknown key", "no key that is known here")
        if isinstance(self.said.get("process_results"), str):
            self._no("process_results", "Python: process_results", "is Python, which is not carried over")

    def _ask(self) -> str | None:
        kind = self.said.get("output_type", "generate_until")
        if kind not in _ASKS:
            self._no("output_type", f"output_type: {kind}", f"{kind} is asked in no task here")
            return None
        return _ASKS[kind]

    def _values(self, ask: str) -> dict[str, Any]:
        split = self.said.get("test_split") or self.said.get("validation_split")
        if not isinstance(split, str):
            self._no("test_split", "no split", "neither a test_split nor a validation_split")
            split = "test"
        k = self._shots()
        options = self._options() if ask == "choose" else {}
        shots_from = (
            self.said.get("fewshot_split")
            or self.said.get("training_split")
            or self.said.get("validation_split")
        )
        target = self._target(ask)
        worked = k and "[-1]" in str(target.get("target"))  # a shot shows all of the answer
        values = {
            "version": max(1, int(self._version())),
            "description": f"{self.found.name}, converted from lm-evaluation-harness",
            "data": self._data({split, *([shots_from] if k and isinstance(shots_from, str) else [])}),
            "split": split,
            "fields": {
                **self._fields(ask),
                **({"worked": self._column("doc_to_target")} if worked else {}),
                **target,
            },
            "ask": ask,
            **options,
            "templates": {"lm_eval": self._template(k)} if ask != "score" else {"lm_eval": {"query": ""}},
            **({"shots": self._drawn(k, shots_from) | ({"answer": "worked"} if worked else {})} if k else {}),
            **self._decoding(ask),
            **self._extract(ask),
            "metrics": self._metrics(ask),
        }
        return values

    def _version(self) -> float:
        told = self.said.get("metadata")
        version = told.get("version", 1) if isinstance(told, dict) else 1
        return float(version) if isinstance(version, (int, float)) else 1.0

    # --- where the rows are

    def _data(self, splits: set[Any]) -> dict[str, Any]:
        path, name = self.said.get("dataset_path"), self.said.get("dataset_name")
        kwargs = self.said.get("dataset_kwargs") or {}
        if not isinstance(path, str):
            self._no("dataset_path", "no dataset", "names no data set")
            return {}
        if path in ("json", "csv", "parquet", "text"):
            return self._local(path, kwargs)
        if self.said.get("custom_dataset"):
            self._no("custom_dataset", "Python: custom_dataset", "is Python, which is not carried over")
        named = sorted(str(split) for split in splits)
        if odd := [split for split in named if not re.fullmatch(r"[\w.-]+", split)]:
            self._no(
                "test_split",
                "a slice of a split",
                f"{odd[0]}: a part of a split, which has no name of its own",
            )
        config = name if isinstance(name, str) else "default"
        files = {split: f"{config}/{split}/*.parquet" for split in named}
        self.found.notes.append(
            f"the rows come from {path} at {_PARQUET}, where the hub keeps them; nobody tried"
        )
        return {"format": "parquet", "hub": {"id": path, "revision": _PARQUET, "files": files}}

    def _local(self, path: str, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        files = kwargs.get("data_files") if isinstance(kwargs, dict) else None
        files = {"test": files} if isinstance(files, (str, list)) else files
        if not isinstance(files, dict):
            self._no("dataset_kwargs", "no files", "names no data_files")
            return {}
        form = {"json": "jsonl", "text": "lines"}.get(path, path)
        extra = {"delimiter": kwargs["delimiter"]} if form == "csv" and "delimiter" in kwargs else {}
        return {"format": form, "files": files, **extra}

    # --- what is asked

    def _text(self, key: str) -> str:
        """Return a text of theirs as a template; the name of a column alone is that column."""
        value = self.said.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            if not isinstance(value, Function):
                self._no(key, f"no {key}", "is no text")
            return ""
        if key in ("doc_to_text", "doc_to_target") and re.fullmatch(r"[A-Za-z_]\w*", value):
            return f"{{{{{value}}}}}"
        return value

    @cached_property
    def _query(self) -> str:
        text = self._text("doc_to_text") or "{{ '' }}"  # BLiMP compares sentences that nothing stands before
        if "regex_replace" in text:
            self._no(
                "doc_to_text", "a filter of theirs", "regex_replace is a filter that templates here lack"
            )
        renamed = sorted(self._named(text) & _RESERVED)
        return "".join(f"{{% set {name} = {name}_ %}}" for name in renamed) + text

    def _named(self, text: str) -> set[str]:
        """Return the columns that a template reads."""
        try:
            return set(jinja2.meta.find_undeclared_variables(jinja2.Environment().parse(text)))
        except jinja2.TemplateError as error:
            self._no("doc_to_text", "a template of theirs", f"no template here: {error}")
            return set()

    def _fields(self, ask: str) -> dict[str, Any]:
        if ask == "score":
            return {"text": self._column("doc_to_target")}
        return {
            f"{name}_" if name in _RESERVED else name: name for name in sorted(self.columns_read())
        } | self._choices_field

    @cached_property
    def _choices_field(self) -> dict[str, str]:
        """Return the field that holds an example's own options, if a column does."""
        choice = self.said.get("doc_to_choice")
        if not isinstance(choice, str):
            return {}
        inner = re.fullmatch(r"\{\{\s*([A-Za-z_][\w.]*)\s*\}\}|([A-Za-z_]\w*)", choice)
        return {"choices_": inner[1] or inner[2]} if inner else {}

    def _options(self) -> dict[str, Any]:
        choice = self.said.get("doc_to_choice")
        if isinstance(choice, list) and choice and all(isinstance(one, (str, int, float)) for one in choice):
            return {"options": {str(index): str(one) for index, one in enumerate(choice)}}
        if isinstance(choice, dict):
            return {"options": {str(index): str(one) for index, one in enumerate(choice.values())}}
        if self._choices_field:
            return {"options_from": "choices_", "target_format": "index"}
        if each := self._each(choice):
            return each
        if not isinstance(choice, Function):
            self._no("doc_to_choice", "options by an expression", "options that an expression makes of a row")
        return {}

    def _each(self, choice: Any) -> dict[str, Any]:
        """Return options of `{{[a, b]}}`: a column or a text each, which fixed options may insert."""
        inner = (
            re.fullmatch(r"\s*\{\{\s*\[(.*)\]\s*\}\}\s*", choice, re.S) if isinstance(choice, str) else None
        )
        parts = [part.strip() for part in inner[1].split(",") if part.strip()] if inner else []
        options = {}
        for index, part in enumerate(parts):
            if quoted := re.fullmatch(r"'([^'{}]*)'|\"([^\"{}]*)\"", part):
                options[str(index)] = quoted[1] if quoted[1] is not None else quoted[2]
            elif re.fullmatch(r"[A-Za-z_]\w*", part) and part not in _RESERVED:
                options[str(index)] = f"{{{{{part}}}}}"
                self._choices_field[part] = part
            else:
                return {}
        return {"options": options} if options else {}

    def _column(self, key: str) -> str:
        """Return a column's name, or a template over the row."""
        text = self._text(key)
        inner = re.fullmatch(r"\{\{\s*([A-Za-z_][\w.]*)\s*\}\}", text)
        return inner[1] if inner else text

    def _target(self, ask: str) -> dict[str, Any]:
        if ask == "score" or isinstance(self.said.get("doc_to_target"), Function):
            return {}
        raw, column = self.said.get("doc_to_target"), self._column("doc_to_target")
        if isinstance(raw, int):  # the same option is always right, as in BLiMP
            return {"target": f"{{{{ {raw} }}}}"}
        return {"target": self._after_mark(column)}

    def _after_mark(self, column: str) -> str:
        """Return a target without what exact_match of theirs ignores before a mark: all before `#### `."""
        for ignored in self._ignored:
            if mark := re.fullmatch(r"\(\?s\)\.\*([^\\\[\](){}|?*+.^$'\"]+)", ignored):
                inner = column if "{" not in column else None
                if inner is None:
                    self._no(
                        "metric_list", "regexes_to_ignore", f"{ignored} of a target that a template makes"
                    )
                    continue
                return f"{{{{ {inner}.split('{mark[1]}')[-1] }}}}"
        return column

    @cached_property
    def _ignored(self) -> list[str]:
        """Return the patterns that exact_match of theirs takes out of reply and target."""
        given = self.said.get("metric_list")
        metrics = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
        return [str(p) for one in metrics for p in one.get("regexes_to_ignore") or []]

    def _template(self, k: int) -> dict[str, str]:
        said, delimiter = self.said.get("description") or "", self.said.get("target_delimiter", " ")
        found = {
            "query": self._query,
            "delimiter": str(delimiter),
            "shot_end": str(self.said.get("fewshot_delimiter", "\n\n")),
        }
        if not isinstance(said, str) or not said:
            return found
        if "{{" in said:
            self._no(
                "description", "a description with fields", "a description that fields are inserted into"
            )
        elif said.endswith("\n\n"):
            return {**found, "system": said[:-2]}
        elif not k:
            return {**found, "query": said + self._query}
        else:
            self._no(
                "description",
                "a description before shots",
                "stands before shots without an empty line, as nothing here does",
            )
        return found

    def _shots(self) -> int:
        k = self.said.get("num_fewshot") or 0
        config = self.said.get("fewshot_config") or {}
        if isinstance(config, dict) and (
            config.get("samples") or isinstance(config.get("doc_to_text"), (str, Function))
        ):
            self._no("fewshot_config", "shots of their own", "shots that the task itself brings along")
        return int(k) if isinstance(k, int) else 0

    def _drawn(self, k: int, source: Any) -> dict[str, Any]:
        if not isinstance(source, str):
            self._no("num_fewshot", "no split for shots", "no split that shots could come from")
        config = self.said.get("fewshot_config") or {}
        first = isinstance(config, dict) and config.get("sampler") == "first_n"
        if not first:
            self.found.notes.append(f"its {k} shots are drawn by a rule of ours: other rows than theirs")
        return {"k": k, "from": source, "draw": "first" if first else "per_example"}

    # --- how it is judged

    def _decoding(self, ask: str) -> dict[str, Any]:
        if ask != "generate":
            return {}
        given = self.said.get("generation_kwargs") or {}
        if not isinstance(given, dict):
            return {}
        stops = given.get("until", [self.said.get("fewshot_delimiter", "\n\n")])
        found: dict[str, Any] = {"max_tokens": 256}
        found |= {ours: given[theirs] for theirs, ours in _GENERATION.items() if theirs in given}
        if not given.get("do_sample"):
            found["temperature"] = 0
        found["stop"] = [str(stop) for stop in (stops if isinstance(stops, list) else [stops]) if stop]
        return {"decoding": {key: value for key, value in found.items() if value not in ([], None)}}

    def _extract(self, ask: str) -> dict[str, Any]:
        filters = self.said.get("filter_list")
        if ask != "generate" or not filters:
            return {}
        if not isinstance(filters, list):
            self._no("filter_list", "filters", "is no list of filters")
            return {}
        steps = list(self._steps(filters[0] if isinstance(filters[0], dict) else {}))
        if len(filters) > 1:
            names = ", ".join(str(one.get("name")) for one in filters[1:] if isinstance(one, dict))
            self.found.notes.append(f"of its filters, the first is the extraction; left out: {names}")
        return {"extract": steps} if steps else {}

    def _steps(self, chain: Mapping[str, Any]) -> Iterator[Any]:
        for one in chain.get("filter") or []:
            name = one.get("function") if isinstance(one, dict) else None
            if name == "regex" and one.get("group_select", 0) in (0, None):
                yield {"regex": {"pattern": str(one.get("regex_pattern", r"#### (\-?[0-9\.\,]+)"))}}
            elif name == "remove_whitespace":
                yield "strip"
            elif name not in ("take_first", "take_first_k"):
                which = f"regex with group_select {one.get('group_select')}" if name == "regex" else str(name)
                self._no("filter_list", f"the filter {which}", f"the filter {which} has no step here")

    def _metrics(self, ask: str) -> list[Any]:
        known = {"choose": _CHOICE, "generate": _WRITTEN, "score": _SCORED}[ask]
        given = self.said.get("metric_list")
        usual = {"choose": ["accuracy"], "generate": ["exact_match"], "score": ["word_perplexity"]}[ask]
        if not given:
            return usual
        found: dict[str, None] = {}
        for one in given if isinstance(given, list) else []:
            metric = one.get("metric") if isinstance(one, dict) else None
            ours = self._f1(one) if metric == "f1" and ask == "choose" else known.get(str(metric))
            if isinstance(metric, Function) or ours is None:
                name = metric.name if isinstance(metric, Function) else metric
                kind = "Python: metric" if isinstance(metric, Function) else f"the metric {name}"
                self._no("metric_list", kind, f"the metric {name} is none for this here")
                continue
            found[self._of_numbers(ours)] = None
            self._judged(str(metric), one)
        return list(found) or usual

    def _f1(self, one: Mapping[str, Any]) -> str:
        aggregation = one.get("aggregation")
        name = aggregation.name if isinstance(aggregation, Function) else str(aggregation)
        if one.get("average") == "macro" or "macro" in name:
            return "macro_f1"
        return "weighted_f1" if one.get("average") == "weighted" or "weighted" in name else "f1"

    def _of_numbers(self, ours: str) -> str:
        """Return the metric that compares numbers, where theirs ignores only how numbers are written."""
        marks = {pattern for pattern in self._ignored if not pattern.startswith("(?s).*")}
        if not marks or ours != "exact_match":
            return ours
        if marks <= {",", r"\$", r"\.$"}:
            return "numeric_match"  # how numbers are written is what these patterns are for
        self._no("metric_list", "regexes_to_ignore", f"regexes_to_ignore {sorted(marks)} is nothing here")
        return ours

    def _judged(self, metric: str, one: Mapping[str, Any]) -> None:
        """Note where a metric of ours judges a little otherwise."""
        if metric == "acc_norm":
            self.found.notes.append("acc_norm divides by bytes: `normalise: bytes` in the backend's profile")
        if metric == "exact_match" and not self._ignored:
            self.found.notes.append("exact_match compares under this project's normalisation, ko.v1")

    def _checked(self) -> None:
        """Take back what this project's own rules do not allow, and say so."""
        values = self.found.values
        try:
            tasks.parse(Document(self.file.path, values, {}), self.found.name)
        except BadInput as error:
            self.found.problems.append(
                Problem(Place(self.file.path), "not valid here", f"no task here: {error.message}")
            )
