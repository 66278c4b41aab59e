"""Definitions broken in every way we could think of, and in a thousand ways that nobody thought of.

Each either loads, because the change was harmless, or is refused in one line with the file and the
line: never a traceback, never a silence.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.backends import backend as backends
from harness.config import documents
from harness.errors import BadInput, Place
from harness.paths import shipped
from harness.tasks import task as tasks
from harness.tasks.checking import problems as problems_of

TASK = """\
# A task that uses every key.
version: 2
description: 댓글의 주제 / topics of comments
language: ko
tags: [korean, topic]
source: {citation: nobody, url: "https://example.org", licence: CC0-1.0}
data:
  format: csv
  files:
    train: [set/train1.csv, set/train2.csv]
    test: set/test.csv
  url:
    test: {url: "https://example.org/test.csv", sha256: "%s"}
  hub: {id: some/set, revision: main, files: {train: train.csv, test: test.csv}}
  sample: rows.jsonl
  header: [id, text, topic, page]
  delimiter: ";"
fields: {id: id, input: text, target: topic}
split: test
cluster: page
ask: choose
options:
  a: 정치
  b: "{{ input }}"
  no: 기타
clean: [nfc, hangul_only]
templates:
  plain:
    query: "글: {{ input }}\\n주제:"
    delimiter: " "
    shot_end: "\\n"
    instruction: 하나만 쓰세요.
    system: 당신은 기자입니다.
  long:
    query: |
      {%% for word in input.split() %%}{{ word }} {%% endfor %%}
      주제:
  default: plain
shots: {k: 2, from: train, draw: fixed, max_chars: 100}
decoding: {max_tokens: 4, temperature: 0.7, stop: ["\\n", 끝], seed: 1}
extract:
- {regex: {pattern: "주제: (.*)", group: 1}}
- first_option
metrics: [accuracy, macro_f1, {unanswered: {}}]
reference:
- {system: a paper, source: b, template: long, split: test, n: 10, accuracy: 0.5, macro_f1: null}
""" % ("0" * 64)

QUIZ = """\
# A task that uses the keys of options that each example brings along, and of pictures.
version: 1
description: 보기 고르기 / choosing among choices
data:
  format: jsonl
  files: {dev: "quiz/*_dev.jsonl", test: ["quiz/{law,art}_test.jsonl"]}
  package: {test: numpy/rows.jsonl}
  from_path: {subject: "([^/]+)_(?:dev|test)"}
  records: a.b
fields: {id: "{{ row['the id'] }}", image: path, question: text.inner, A: a, B: b, C: c, target: answer}
meta: {subject: subject}
ask: choose
options_from: [A, B, C]
target_format: letter
option_marks: circled
window: {field: question, by: A, chars: 100}
templates:
  plain:
    query: "{{ subject }} {{ question }}\n{{ options }}"
    captions: ["{{ option }}의 사진", "{{ option }}"]
shots: {k: 1, from: dev, draw: fixed, same: subject}
breakdown:
  subject: subject
  area: {field: subject, groups: {law: [law], rest: [art, music]}}
metrics: [accuracy, unanswered]
"""

CHILD = """\
extends: ./whole.yaml
description: a child
shots: {k: 0, max_chars: null}
templates:
  long: null
  own: {query: "{{ input }}"}
metrics: [accuracy]
reference: []
"""

GROUP = """\
description: two
tags: [a]
members:
- nsmc_fewshot
- ./whole.yaml
"""

PROFILE = """\
adapter: huggingface
description: a model
model: some/model
revision: abc1234
needs: [trust_remote_code]
kind: instruct
family: some
parameters: 2.4e9
licence: MIT
released: 2024-12-09
source: https://example.org
tags: [small]
chat: true
shots_as: turns
normalise: bytes
choose_by: structured
settings: {dtype: bfloat16, batch_size: 4, device: cpu}
decoding: {max_tokens: 256, top_p: 0.9}
price: {usd_per_hour: 1.5, source: x, date: 2026-01-01}
"""

Load = Callable[[str], Any]
BASES: dict[str, tuple[Load, bytes]] = {
    "tasks/whole.yaml": (tasks.load, TASK.encode()),
    "tasks/quiz.yaml": (tasks.load, QUIZ.encode()),
    "tasks/child.yaml": (tasks.load, CHILD.encode()),
    "tasks/group.yaml": (lambda name: tasks.load_group(Path(name)), GROUP.encode()),
    "backends/profile.yaml": (backends.load, PROFILE.encode()),
}
# Shipped tasks that have between them every key; all of them would take minutes.
TASKS = (
    *("nsmc/nsmc_fewshot", "nsmc/nsmc_zeroshot", "mmlu/mmlu", "klue/klue_ner", "korquad/korquad_v2"),
    *("translation/koen_news_en_ko", "summarisation/sci_news_sum", "cifar10/cifar10", "kornlu/korsts_rate"),
    *("kobest/kobest_boolq", "gsm8k/gsm8k"),
)
for _name in TASKS:
    BASES[f"tasks/{Path(_name).name}.yaml"] = (tasks.load, (shipped("tasks") / f"{_name}.yaml").read_bytes())
for _path in sorted(shipped("backends").rglob("*.yaml")):
    BASES[f"backends/{_path.name}"] = (backends.load, _path.read_bytes())

# What a value is replaced with; each is wrong nearly everywhere, and harmless somewhere.
VALUES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        3.5,
        2**63,
        float("nan"),
        float("inf"),
        1e308,
        "",
        " ",
        "x",
        "no",
        "12:30",
        "-",
    ),
    *(
        "a\0b",
        "a\nb",
        "\x1b[31m",
        "\x85\u2028",
        "각\ufeff",
        "가" * 3000,
        "n" * 300 + ".yaml",
        "../..",
        "/",
        "~",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        [{}],
        ["x", "x"],
        [1, 2],
        {"a": 1},
        {"": ""},
        {"a": {"b": [1]}},
        {"k": -1},
        {"k": 10},
    ),
    *("{{ inptu }}", "{{ input", "{{ input | uper }}", "{{ ''.__class__ }}", "{{ 9 ** 9 ** 9 }}", "{% if %}"),
    *(
        "{% for i in range(10000000000) %}{% endfor %}",
        "{% include 'x' %}",
        "shipped:../../x",
        "nsmc_fewshot",
    ),
    *(
        [{"regex": {}}],
        [{"regex": {"pattern": "("}}],
        ["accuracy", "accuracy"],
        [{"accuracy": None}],
        ["regex"],
    ),
    *({"name": "accuracy", "settings": []}, {"extends": "x"}, "./whole.yaml", "group", "tfidf", "all"),
]

Mutate = Callable[[random.Random, bytes], bytes]


def paths(value: Any, loc: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where each key and item of a document stands."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield (*loc, key)
        yield from paths(child, (*loc, key))


def values_of(raw: bytes) -> dict[str, Any]:
    """Return what a definition says."""
    path = Path("values.yaml")
    path.write_bytes(raw)
    return documents.read(path).values


def rewritten(raw: bytes, draw: random.Random, change: Callable[[Any, Any], None]) -> bytes:
    """Return a document with `change` made to the container and key of a drawn place."""
    values = values_of(raw)
    *around, key = draw.choice(list(paths(values)))
    container: Any = values
    for step in around:
        container = container[step]
    change(container, key)
    return documents.dump(values).encode()


def mistyped_key(draw: random.Random, raw: bytes) -> bytes:
    def change(container: Any, key: Any) -> None:
        if isinstance(container, dict):
            at = draw.randrange(len(key))
            typo = draw.choice(
                [key[:at] + key[at + 1 :], key[:at] + key[at:][:1] + key[at:], f"{key}s", key.upper()]
            )
            renamed = {typo if name == key else name: value for name, value in container.items()}
            container.clear()
            container.update(renamed)

    return rewritten(raw, draw, change)


def wrong_value(draw: random.Random, raw: bytes) -> bytes:
    def change(container: Any, key: Any) -> None:
        container[key] = copy.deepcopy(draw.choice(VALUES))

    return rewritten(raw, draw, change)


def missing_key(draw: random.Random, raw: bytes) -> bytes:
    return rewritten(raw, draw, lambda container, key: container.pop(key))


def flipped_bytes(draw: random.Random, raw: bytes) -> bytes:
    changed = bytearray(raw)
    for _ in range(draw.randint(1, 4)):
        changed[draw.randrange(len(raw))] = draw.randrange(256)
    return bytes(changed)


def cut_off(draw: random.Random, raw: bytes) -> bytes:
    return raw[: draw.randrange(len(raw) + 1)]


def inserted_sign(draw: random.Random, raw: bytes) -> bytes:
    at = draw.randrange(len(raw) + 1)
    return raw[:at] + bytes([draw.choice(b"\t\0\xff\x80\x1b{}[]:,#&*!|>'\"%@`-?\r\n ")]) + raw[at:]


def left_out(draw: random.Random, raw: bytes) -> bytes:
    at = draw.randrange(len(raw))
    return raw[:at] + raw[at + draw.randint(1, 20) :]


def moved_line(draw: random.Random, raw: bytes) -> bytes:
    lines = raw.split(b"\n")
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    move = draw.choice(["twice", "away", "swap", "tab", "blank"])
    if move == "twice":
        lines.insert(one, lines[one])
    elif move == "away":
        lines.pop(one)
    elif move == "swap":
        lines[one], lines[other] = lines[other], lines[one]
    else:
        lines[one] = (b"\t" if move == "tab" else b" ") + lines[one]
    return b"\n".join(lines)


MUTATIONS: list[Mutate] = [
    mistyped_key, wrong_value, missing_key, flipped_bytes, cut_off, inserted_sign, left_out, moved_line,
]  # fmt: skip
EACH, EACH_PROFILE = 12, 4  # of every mutation of a file; profiles are much alike, and there are many


def count(path: str) -> int:
    """Return how many drawn files of a mutation are tried."""
    return EACH_PROFILE if path.startswith("backends/") and path != "backends/profile.yaml" else EACH


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data that the definitions above refer to."""
    folder = tmp_path_factory.mktemp("project")
    for inner in ("tasks/sample", "backends"):
        (folder / inner).mkdir(parents=True)
    (folder / "tasks/rows.jsonl").write_text("{}\n")
    for sample in shipped("tasks").rglob("sample/*.jsonl"):
        (folder / "tasks/sample" / sample.name).write_text("{}\n")
    for manifest in shipped("tasks").rglob("*.sha256"):
        (folder / "tasks" / manifest.name).write_bytes(manifest.read_bytes())
    return folder


@pytest.fixture
def project(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's project with what the definitions above refer to, and no definition of another test."""
    monkeypatch.chdir(place)
    for left in place.rglob("*.yaml"):
        left.unlink()
    Path("tasks/whole.yaml").write_bytes(TASK.encode())
    return place


def refusal(load: Load, path: str) -> BadInput | None:
    """Return how a definition is refused, None if it loads; anything else is a fault of ours."""
    try:
        load(f"./{path}")
    except BadInput as error:
        return error
    return None


def assert_well_said(error: BadInput, path: str) -> None:
    """Check that a refusal is one line that points into a file."""
    assert "\n" not in str(error)
    place = error.place
    assert isinstance(place, Place)
    if place.line is None:
        assert error.message == "an empty file defines nothing"
    else:
        assert 1 <= place.line <= place.path.read_bytes().count(b"\n") + 1
    assert place.path.name == Path(path).name or place.path.name == "whole.yaml"


def test_there_are_more_than_3000_mutations():
    assert sum(map(count, BASES)) * len(MUTATIONS) > 3000


@pytest.mark.parametrize("path", BASES)
def test_unchanged_it_loads(project, path):
    load, raw = BASES[path]
    Path(path).write_bytes(raw)
    assert refusal(load, path) is None
    assert problems_of(Path(path)) == []


HARMLESS: dict[str, Callable[[bytes], bytes]] = {
    "BOM": lambda raw: b"\xef\xbb\xbf" + raw,
    "CRLF": lambda raw: raw.replace(b"\n", b"\r\n"),
    "unended": lambda raw: raw.rstrip(b"\n"),
    "document marks": lambda raw: b"\n# \n---\n" + raw + b"...\n",
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
@pytest.mark.parametrize("path", BASES)
def test_what_is_harmless_is_harmless(project, path, change):
    load, raw = BASES[path]
    Path(path).write_bytes(change(raw))
    assert refusal(load, path) is None


@pytest.mark.parametrize("mutate", MUTATIONS, ids=lambda mutate: mutate.__name__)
@pytest.mark.parametrize("path", BASES)
def test_mutated_it_loads_or_is_refused_in_one_line(project, path, mutate):
    load, raw = BASES[path]
    for seed in range(count(path)):
        mutated = mutate(random.Random(f"{path} {mutate.__name__} {seed}"), raw)
        Path(path).write_bytes(mutated)
        error = refusal(load, path)
        if error is not None:
            assert_well_said(error, path)
        problems = problems_of(Path(path))
        assert bool(problems) == (error is not None), mutated.decode(errors="replace")
        for problem in problems:
            assert_well_said(problem, path)


@pytest.mark.parametrize(
    ("path", "parse"), [("tasks/whole.yaml", tasks.parse), ("backends/profile.yaml", backends.parse)]
)
def test_no_value_at_any_key_is_more_than_wrong(project, path, parse):
    Path(path).write_bytes(BASES[path][1])
    whole = documents.read(Path(path))
    for *around, key in paths(whole.values):
        for value in VALUES:
            values = copy.deepcopy(whole.values)
            container: Any = values
            for step in around:
                container = container[step]
            container[key] = value
            try:
                parse(replace(whole, values=values), "mutated")
            except BadInput as error:
                assert_well_said(error, path)
