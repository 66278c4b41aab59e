"""`python docs/_site/reference.py [--check]`: the reference pages, made of what the code declares.

Each key, setting and name is described once, where it is declared; Korean lines about keys stand in `ko.yaml`
beside this file. `--check` writes nothing and ends with 1 where a page is not what it would write.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import harness
from harness import hookspecs, plugins, runs
from harness.backends.schema import BackendFile
from harness.builtin.descriptions import SETTINGS, in_language
from harness.hookspecs import AdapterEntry
from harness.records.run_schema import RunDocument
from harness.records.sample_schema import Record
from harness.tasks.schema import Group, TaskFile

DOCS = Path(__file__).resolve().parent.parent
LANGUAGES = ("en", "ko")


def _written(name: str) -> Any:
    return yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8"))


KOREAN: dict[str, str] = _written("ko.yaml")
LEADS: dict[str, dict[str, list[str]]] = _written("pages.yaml")

WORDS = {
    "key": ("key", "키"),
    "what": ("what it is", "뜻"),
    "kind": ("kind", "종류"),
    "default": ("usual", "기본값"),
    "required": ("required", "필수"),
    "name": ("name", "이름"),
    "asks": ("judges", "평가하는 것"),
    "answers": ("answers", "답하는 것"),
    "settings": ("settings", "설정"),
    "setting": ("setting", "설정"),
    "signature": ("signature", "서명"),
}
KINDS = {
    "string": ("text", "글"),
    "integer": ("whole number", "정수"),
    "number": ("number", "수"),
    "boolean": ("`true` `false`", "`true` `false`"),
    "object": ("map", "맵"),
    "value": ("value", "값"),
    "list": ("list of %s", "%s의 목록"),
    "map to": ("map to %s", "%s의 맵"),
    "or": ("or", "또는"),
}
ROOTS = (TaskFile, Group, BackendFile, RunDocument, Record)
MADE = (
    "This page is made from the code: `python docs/_site/reference.py`.",
    "이 문서는 코드에서 만듭니다: `python docs/_site/reference.py`.",
)


def word(name: str, language: str) -> str:
    return WORDS[name][LANGUAGES.index(language)]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


# YAML


def models(model: type[BaseModel], seen: list[type[BaseModel]] | None = None) -> list[type[BaseModel]]:
    """Return `model` and every model that stands in its fields, in the order of their first mention."""
    seen = [] if seen is None else seen
    if model not in seen:
        seen.append(model)
        inside = [getattr(model, "item", None)]
        for field in model.model_fields.values():
            inside += mentioned(field.annotation)
        for one in inside:
            if isinstance(one, type) and issubclass(one, BaseModel):
                models(one, seen)
    return seen


@cache
def titled() -> frozenset[str]:
    """Return the names of all models that have a table on some page."""
    return frozenset(model.__name__ for root in ROOTS for model in models(root))


def mentioned(annotation: object) -> list[object]:
    return [annotation, *(one for part in get_args(annotation) for one in mentioned(part))]


def described(model: type[BaseModel], name: str, language: str) -> str:
    """Return what a key is, in a language."""
    if language == "ko":
        key = f"{model.__name__}.{name}"
        if key not in KOREAN:
            raise SystemExit(f"docs/_site/ko.yaml has no line for {key}")
        return KOREAN[key]
    return model.model_fields[name].description or ""


def kind(schema: Mapping[str, Any], language: str) -> str:
    """Return in short what JSON schema lets a value be."""
    number = LANGUAGES.index(language)
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if name in titled() else KINDS["object"][number]
    if "anyOf" in schema:
        return f" {KINDS['or'][number]} ".join(
            dict.fromkeys(kind(one, language) for one in schema["anyOf"] if one.get("type") != "null")
        )
    if "enum" in schema or "const" in schema:
        return " ".join(f"`{one}`" for one in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return KINDS["list"][number] % f"{kind(schema.get('items', {}), language)}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return KINDS["map to"][number] % f"{kind(schema['additionalProperties'], language)}"
    return KINDS.get(schema.get("type", ""), KINDS["value"])[number]


def usual(model: type[BaseModel], name: str, language: str) -> str:
    field = model.model_fields[name]
    if field.default is PydanticUndefined:
        return f"**{word('required', language)}**"
    if field.default in (None, {}, []) or isinstance(field.default, BaseModel):
        return ""
    return f"`{field.default!r}`".replace("\\n", "\\n")


def keys(model: type[BaseModel], language: str) -> str:
    """Return a model's table of keys."""
    schema = model.model_json_schema(by_alias=True)["properties"]
    rows = []
    for name in model.model_fields:
        written = name if name in schema else name.removesuffix("_")  # `from` is a word of Python
        rows.append(
            [
                f"`{written}`",
                described(model, name, language),
                kind(schema[written], language),
                usual(model, name, language),
            ]
        )
    header = [word(one, language) for one in ("key", "what", "kind", "default")]
    return table(header, rows)


def yaml_page(root: type[BaseModel]) -> Callable[[str], list[str]]:
    def page(language: str) -> list[str]:
        parts = []
        for model in models(root):
            parts += [f"## {model.__name__}\n" if model is not root else "", keys(model, language)]
        return parts

    return page


# Names


def settings_of(settings: Mapping[str, str], language: str) -> str:
    if not settings:
        return ""
    header = [word(one, language) for one in ("setting", "what", "kind")]
    rows = [
        [f"`{name}`", in_language(SETTINGS[name], language), f"`{kinds}`"] for name, kinds in settings.items()
    ]
    return "\n" + table(header, rows)


def metrics_page(language: str) -> list[str]:
    header = [word(one, language) for one in ("name", "what", "asks", "signature")]
    rows, told = [], []
    for entry in plugins.metrics().values():
        if not entry.target.startswith("harness."):
            continue
        rows.append(
            [
                f"`{entry.name}`",
                in_language(entry.description, language),
                ", ".join(entry.asks),
                signature(entry),
            ]
        )
        if entry.settings:
            told.append(f"## {entry.name}\n{settings_of(entry.settings, language)}")
    return [table(header, rows), *told]


def signature(entry: hookspecs.MetricEntry) -> str:
    """Return the signature of a metric with its usual settings; "" of one that needs a setting."""
    try:
        metric = plugins.load(entry.target)(("a", "b"))
    except Exception:  # a needed setting, a library that is not here: nothing can be signed
        return ""
    return f"`{metric.signature}`"


def steps_page(language: str) -> list[str]:
    header = [word(one, language) for one in ("name", "what", "settings")]
    rows = [
        [
            f"`{entry.name}`",
            in_language(entry.description, language),
            ", ".join(f"`{name}`: {in_language(SETTINGS[name], language)}" for name in entry.settings),
        ]
        for entry in plugins.extractors().values()
        if entry.target.startswith("harness.")
    ]
    return [table(header, rows)]


def adapters_page(language: str) -> list[str]:
    knobs = ("Changes no answer:", "답을 바꾸지 않는 설정:")[LANGUAGES.index(language)]
    honours = ("Decoding:", "디코딩:")[LANGUAGES.index(language)]
    parts = []
    for entry in plugins.adapters().values():
        if not entry.target.startswith("harness."):
            continue
        parts.append(
            f"## {entry.name}\n\n{in_language(entry.description, language)}. {_asks(entry, language)}\n"
        )
        if entry.decoding:
            parts.append(f"{honours} {', '.join(f'`{one}`' for one in entry.decoding)}.\n")
        parts.append(settings_of(entry.settings, language))
        if entry.knobs:
            parts.append(f"\n{knobs}\n{settings_of(entry.knobs, language)}")
    return parts


def _asks(entry: AdapterEntry, language: str) -> str:
    extra = f" `pip install 'harness-ko[{entry.extra}]'`." if entry.extra else ""
    return f"{word('answers', language)}: {', '.join(f'`{one}`' for one in entry.asks)}.{extra}"


def documented(thing: Any) -> str:
    return inspect.cleandoc(thing.__doc__ or "")


def python_page(language: str) -> list[str]:
    parts = []
    for name, thing in public():
        parts.append(
            f"## {name}\n\n```python\n{signed(name, thing)}\n```\n\n```text\n{documented(thing)}\n```\n"
        )
        if inspect.isclass(thing):
            parts += list(_members(thing))
    return parts


def public() -> Iterator[tuple[str, Any]]:
    """Yield the names that users may rely on, with what they stand for."""
    for name in ("run", "load_runs", "leaderboard", "compare"):
        yield f"harness.{name}", getattr(harness, name)
    for name in ("Run", "Leaderboard", "Comparison"):
        yield f"harness.{name}", getattr(harness, name)
    for name in ("frame", "samples"):
        yield f"harness.runs.{name}", getattr(runs, name)


def signed(name: str, thing: Any) -> str:
    try:
        return f"{name}{inspect.signature(thing)}"
    except (TypeError, ValueError):
        return name


def _members(thing: type) -> Iterator[str]:
    for name, member in vars(thing).items():
        if name.startswith("_") or not getattr(member, "__doc__", None):
            continue
        if callable(member) or isinstance(member, property):
            first = documented(member).splitlines()[0]
            yield f"* `.{name}{'' if isinstance(member, property) else '()'}`: {first}"
    yield ""


def hooks_page(language: str) -> list[str]:
    names = [name for name in vars(hookspecs) if name.startswith("register_")]
    entries = [name for name in vars(hookspecs) if name.endswith("Entry")]
    parts = []
    for name in (*names, *entries):
        thing = getattr(hookspecs, name)
        parts.append(
            f"## {name}\n\n```python\n{signed(name, thing)}\n```\n\n```text\n{documented(thing)}\n```\n"
        )
    return parts


PAGES: dict[str, Callable[[str], list[str]]] = {
    "task": yaml_page(TaskFile),
    "group": yaml_page(Group),
    "backend": yaml_page(BackendFile),
    "run": yaml_page(RunDocument),
    "samples": yaml_page(Record),
    "metrics": metrics_page,
    "steps": steps_page,
    "adapters": adapters_page,
    "python": python_page,
    "hooks": hooks_page,
}


def pages() -> Iterator[tuple[Path, str]]:
    """Yield each page's path and what stands in it."""
    for language in LANGUAGES:
        for name, page in PAGES.items():
            title, lead = LEADS[name][language]
            body = "\n".join(part for part in page(language) if part).strip()
            made = MADE[LANGUAGES.index(language)]
            yield DOCS / language / "reference" / f"{name}.md", f"# {title}\n\n{lead}\n\n{body}\n\n*{made}*\n"


def stale() -> list[Path]:
    """Return the pages that are not what the code says now."""
    return [path for path, text in pages() if not path.exists() or path.read_text(encoding="utf-8") != text]


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(f"{path}: python docs/_site/reference.py" for path in stale()) or 0)
    for path, text in pages():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
