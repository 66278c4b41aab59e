"""YAML as this project reads it: YAML 1.2's scalars, a line for everything, nothing that hides a mistake."""

from __future__ import annotations

import math
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.config import documents
from harness.errors import BadInput

TRAPS = ["no", "yes", "on", "off", "y", "N", "12:30", "1:2:3", "2024-12-09", "1_000", "0b11", "<<", "="]
LOOKALIKES = ["2.4e9", "1e5", "010", "0o17", "0x1F", "~", "null", "true", "1.", ".5", "+1", "-.inf", ".nan"]
AWKWARD = [
    "",
    " ",
    "\n",
    "\t",
    "\r",
    "\x85",
    "\u2028",
    "\ufeff",
    "- a",
    "a: b",
    "# x",
    "x ",
    "'",
    '"',
    "!a",
    "&a",
]

texts = st.one_of(st.text(), st.sampled_from([*TRAPS, *LOOKALIKES, *AWKWARD]))
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False), texts
)
keys = texts.map(lambda text: unicodedata.normalize("NFC", text))
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.yaml"


def read(file: Path, text: str | bytes) -> dict[str, Any]:
    """Return what a file with this text says."""
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return documents.read(file).values


def complaint(file: Path, text: str | bytes) -> str:
    """Return what is wrong with a file with this text, as `LINE: message`."""
    with pytest.raises(BadInput) as caught:
        read(file, text)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix(str(file)).removeprefix(":")


@pytest.mark.parametrize(
    "text", [*TRAPS, "부정", "a b", "1.2.3", "1e", "0x", "0o8", "-x", "+.inf.", "nil", "NaN"]
)
def test_what_looks_like_text_is_text(file, text):
    assert read(file, f"key: {text}\n") == {"key": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2.4e9", 2.4e9),
        ("1e3", 1000.0),
        ("12", 12),
        ("+12", 12),
        ("-0", 0),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        (".5", 0.5),
        ("1.", 1.0),
        ("-.INF", -math.inf),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("'12'", "12"),
        ('"true"', "true"),
        ("18446744073709551615", 2**64 - 1),
        ("!!str 12", "12"),
        ("[1, [a, {b: c}]]", [1, ["a", {"b": "c"}]]),
    ],
)
def test_numbers_and_words_are_yaml_1_2s(file, text, value):
    found = read(file, f"key: {text}\n")["key"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("key", ["0", "no", "true", "null", "1.0", "12:30", "''", "부정"])
def test_keys_are_text_as_written(file, key):
    assert list(read(file, f"{key}: x\n")) == [key.strip("'")]


def test_keys_are_composed(file):
    assert list(read(file, unicodedata.normalize("NFD", "부정: 1\n"))) == ["부정"]


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["plain", "BOM"])
def test_a_bom_and_crlf_are_fine(file, start, end):
    text = 'a: 1\nb: |\n  two\n  lines\nc: "긍정"\n'.replace("\n", end)
    assert read(file, start + text.encode()) == {"a": 1, "b": "two\nlines\n", "c": "긍정"}


def test_anchors_may_be_used(file):
    assert read(file, "a: &x {k: [1]}\nb: *x\n") == {"a": {"k": [1]}, "b": {"k": [1]}}


def test_a_merge_key_is_only_a_key(file):
    assert read(file, "a: &x {k: 1}\nb: {<<: *x}\n")["b"] == {"<<": {"k": 1}}


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
TOO_MUCH = "too large or too deep for a definition; are anchors repeated?"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # what hides a mistake
        ("a: 1\nb: 2\na: 3\n", "3: 'a' stands twice; the second would hide the first"),
        ("a:\n  b: 1\n  b: 2\n", "3: 'b' stands twice; the second would hide the first"),
        ("0: 부정\n'0': 긍정\n", "2: '0' stands twice; the second would hide the first"),
        ("a: 1\n? [b]\n: 2\n", "2: a key must be a plain word"),
        ("a: 1\n---\nb: 2\n", "2: not YAML: expected a single document in the stream"),
        # tags
        (
            "a: !!python/object/apply:os.system [id]\n",
            "1: the tag '!!python/object/apply:os.system' is not used",
        ),
        ("x: 1\na: !!python/name:os.system\n", "2: the tag '!!python/name:os.system' is not used"),
        ("a: !!python/object:x.Y {b: 1}\n", "1: the tag '!!python/object:x.Y' is not used"),
        ("a: !!set {b, c}\n", "1: the tag '!!set' is not used"),
        ("a: !!binary aGk=\n", "1: the tag '!!binary' is not used"),
        ("a: !function x.y\n", "1: the tag '!function' is not used"),
        ("a: !!bool yes\n", "1: the tag means true or false, and 'yes' is none"),
        ("a: !!int 1_0\n", "1: the tag means a whole number, and '1_0' is none"),
        ("a: !!null x\n", "1: the tag means empty, and 'x' is none"),
        # numbers nobody can keep
        ("a:\n- " + "1" * 5000, "2: '" + "1" * 56 + "…' is too large a number; put it in quotes"),
        ("a: 18446744073709551616", "1: '18446744073709551616' is too large a number"),
        ("a: 0x" + "f" * 5000, "1: '0x" + "f" * 54 + "…' is too large a number"),
        ("a: -1e999", "1: '-1e999' is too large a number"),
        # bombs
        (BOMB, f"1: {TOO_MUCH}"),
        ("a: &a [*a]\n", f"1: {TOO_MUCH}"),
        ("a: &a {b: *a}\n", f"1: {TOO_MUCH}"),
        ("a: " + "[" * 41 + "]" * 41, f"1: {TOO_MUCH}"),
        ("".join(" " * n + "a:\n" for n in range(100)), f"41: {TOO_MUCH}"),
        ("a: [" + "x," * 100_000 + "]", f"1: {TOO_MUCH}"),
        ("a: " + "x" * 1_000_001, " more than 1,000,000 bytes; no definition is so large"),
        # not a mapping
        ("", " an empty file defines nothing"),
        ("# only a comment\n", " an empty file defines nothing"),
        ("--- {}\n", " an empty file defines nothing"),
        ("\n# list\n- a\n- b\n", "3: a definition is a mapping of keys to values"),
        ("just text\n", "1: a definition is a mapping of keys to values"),
        # not YAML
        ("a: 1\n\tb: 2\n", "2: YAML is indented with spaces; there is a tab here"),
        ("a:\n \tb: 2\n", "2: YAML is indented with spaces; there is a tab here"),
        ('a: 1\nb: "open\nc: 2\nd: 3\n', "2: not YAML: while scanning a quoted scalar"),
        ("a: 1\nb: [open\n", "2: not YAML: while parsing a flow sequence did not find expected ',' or ']'"),
        ("a: 1\nb: [open\nc: 2\n", "3: not YAML: while parsing a flow sequence"),
        ("a: 1\nword\nc: 2\n", "2: not YAML: while scanning a simple key could not find expected ':'"),
        ("a: 1\nb: c: d\n", "2: not YAML: mapping values are not allowed in this context"),
        ("a: 1\nb: *nowhere\n", "2: not YAML: found undefined alias"),
        ("a: {{ input }}\n", "1: a key must be a plain word"),
        ("a: 1\n b: 2\n", "2: not YAML: mapping values are not allowed"),
        ("a: 1\nb: @x\n", "2: not YAML: while scanning for the next token found character"),
        ('a: "\\ud800"\n', "1: not YAML: while parsing a quoted scalar found invalid Unicode"),
        # not text
        ("a: 1\nb: x\0y\n", "2: not YAML: there is a character U+0000 here"),
        ("가: 나\nb: \x1b[31m\n", "2: not YAML: there is a character U+001B here"),
        (b"a: 1\nb: \xff\n", "2: not UTF-8 text"),
        ("a: 한글\n".encode("cp949"), "1: not UTF-8 text"),
        ("a: 1\n".encode("utf-16"), "1: not UTF-8 text"),
    ],
)
def test_what_is_wrong_is_said_at_its_line(file, text, said):
    assert complaint(file, text).startswith(said)


@pytest.mark.parametrize("piece", ["[", "{a: ", "- ", "? ", "[]"], ids=repr)
def test_400_000_brackets_do_not_overflow_the_process(file, piece):
    file.write_text("a:\n" + piece * 400_000 if piece != "{a: " else "a: " + piece * 200_000)
    code = "from harness.config import documents; from pathlib import Path; "
    code += f"documents.read(Path({str(file)!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "BadInput" in done.stderr


@pytest.mark.parametrize("name", ["missing.yaml", ".", "a\0b", "n" * 300])
def test_what_cannot_be_read_is_named(tmp_path, name):
    with pytest.raises(BadInput, match="cannot be read: "):
        documents.read(tmp_path / name)


def test_everything_knows_its_line(file):
    file.write_text("# first\na: 1\nb:\n  c: [x,\n    y]\n  d: {e: 1,\n      f: 2}\ng: |\n  t\n")
    document = documents.read(file)
    lines = {(): 2, ("a",): 2, ("b",): 3, ("b", "c"): 4, ("b", "c", 1): 5, ("b", "d", "f"): 7, ("g",): 8}
    assert {loc: document.place(loc).line for loc in lines} == lines


def test_what_is_not_there_has_the_line_around_it(file):
    file.write_text("a: 1\nb:\n  c: 1\n")
    assert documents.read(file).place(("b", "absent", 3)).line == 2


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(keys, values, min_size=1, max_size=4))
@example(dict.fromkeys([*TRAPS, *LOOKALIKES, *AWKWARD], 1))
@example({"texts": [*TRAPS, *LOOKALIKES, *AWKWARD]})
@example({"long": "가나다 " * 100, "lines": "a\n\n b\n", "same": [["x"], ["x"]]})
def test_what_is_dumped_is_read_back(tmp_path_factory, given_values):
    file = tmp_path_factory.getbasetemp() / "dumped.yaml"
    file.write_text(documents.dump(given_values), encoding="utf-8")
    assert documents.read(file).values == given_values


def test_other_readers_of_yaml_read_a_dump_the_same():
    words = {"words": [*TRAPS, *LOOKALIKES]}
    assert yaml.safe_load(documents.dump(words)) == words


def test_a_dump_shows_hangul_and_keeps_the_order():
    assert documents.dump({"b": "긍정", "a": ["x", "x"]}) == "b: 긍정\na:\n- x\n- x\n"


def test_a_dump_repeats_what_occurs_twice_instead_of_pointing_at_it():
    same = ["x"]
    assert documents.dump({"a": same, "b": same}) == "a:\n- x\nb:\n- x\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ask: choose\ntags: [a, b]\ndata: {ask: no}\nx:\n- {ask: no}\n- y\nend: 1\n",
         {"ask": "choose", "tags": ["a", "b"], "data": None, "x": ["y"], "end": "1"}),
        ("a: &x text\nb: *x\nask: choose\n", {"a": "text", "b": None, "ask": "choose"}),
        ("- ask\n- extends\n", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_an_outline_is_the_top_level(file, text, found):
    file.write_text(text)
    assert documents.outline(file) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# a comment\nask: choose\ntags:\n  - a\n  - b\n", {"ask": "choose", "tags": ["a", "b"]}),
        ("data:\n  ask: no\n\nask: choose # really\n", {"ask": "choose"}),
        ("{ask: choose, data: {ask: no}}", {"ask": "choose"}),
        ("---\nask: choose\n", {"ask": "choose"}),
        ("tags: [a,\nb]\nask: choose\n", {"tags": ["a", "b"], "ask": "choose"}),
        ("\"ask\": choose\n", {"ask": "choose"}),
        ("tags:\n- a\n- b\nask: choose\n", {"tags": ["a", "b"], "ask": "choose"}),
        ("query: |\n  ask: no\n  tags: no\nask: choose\n", {"ask": "choose"}),
        ("ask: [\n", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_a_headline_is_of_the_keys_asked_for_however_they_are_laid_out(file, text, found):
    file.write_text(text)
    assert documents.headline(file, ("ask", "tags")) == found


@pytest.mark.parametrize(
    "text", ["a: [", "a: \0", "a: " + "[" * 100_000, "\tb: 1"], ids=["open", "NUL", "deep", "tab"]
)
def test_an_outline_of_a_broken_file_is_an_error(file, text):
    file.write_text(text)
    with pytest.raises(BadInput):
        documents.outline(file)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", ""),
        (" ", ""),
        ("0.7", 0.7),
        ("no", "no"),
        ("null", None),
        ('["\\n", ","]', ["\n", ","]),
        ("a b", "a b"),
    ],
)
def test_a_value_on_the_command_line_is_read_as_in_a_file(text, value):
    assert documents.scalar(text) == value


@pytest.mark.parametrize(
    "text", ["[a", '"a', "\tx", "@x", "# x", "!!python/name:os.system", "&a [*a]", "1" * 5000]
)
def test_what_is_no_value_is_refused(text):
    with pytest.raises(BadInput):
        documents.scalar(text)


@pytest.mark.parametrize("value", ["x" * 10_000, ["x"] * 10_000, {"x" * 100: 1}, "\n\x1b", 1.5])
def test_a_value_in_a_message_is_short_and_on_one_line(value):
    assert len(documents.shown(value)) <= 60
    assert documents.shown(value).isprintable()
