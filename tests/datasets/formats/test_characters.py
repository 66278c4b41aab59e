"""KLUE-NER's layout: a character and its tag a line, blanks among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.datasets.formats.klue_ner import characters, spans
from harness.errors import BadInput
from harness.tasks.schema import Data
from tests.support.paths import DATA, needs_data

LAYOUT = Data(format="characters", sample="x")


def rows(path: Path) -> list[dict[str, object]]:
    return [row for _, row in characters(path, LAYOUT).rows]


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "ner.tsv").write_text(text, encoding="utf-8")
    return tmp_path / "ner.tsv"


def test_a_sentence_has_its_comments_id_and_its_blanks(tmp_path):
    head = "## about the file\n## columns: CHAR NE_TAG\n"
    text = head + "## s1\t<김:PS> 씨\n김\tB-PS\n \tO\n씨\tO\n\n## s2\t수\n수\tO"
    assert rows(written(tmp_path, text)) == [
        {"id": "s1", "text": "김 씨", "spans": [(0, 1, "PS")]},
        {"id": "s2", "text": "수", "spans": []},
    ]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        ("O O O", []),
        ("B-PS I-PS O", [(0, 2, "PS")]),
        ("B-PS B-PS I-PS", [(0, 1, "PS"), (1, 3, "PS")]),
        ("I-PS I-PS O", [(0, 2, "PS")]),
        ("B-PS I-LC I-LC", [(0, 1, "PS"), (1, 3, "LC")]),
        ("O O B-QT", [(2, 3, "QT")]),
    ],
)
def test_bio_tags_are_read_as_conlleval_does(tags, found):
    assert spans("가나다", tags.split()) == found


@pytest.mark.parametrize("line", ["김 B-PS", "김\tX-PS", "김\tB-", "김"])
def test_a_line_that_is_no_token_is_named(tmp_path, line):
    with pytest.raises(BadInput, match=r"ner\.tsv:2: neither"):
        rows(written(tmp_path, f"## s\n{line}\n"))


@needs_data
def test_klue_ner_has_its_5000_sentences_and_every_span_is_what_the_comment_marks():
    path = DATA / "klue/klue-ner-v1.1/klue-ner-v1.1_dev.tsv"
    marked = [line for line in path.read_text(encoding="utf-8").split("\n") if line.startswith("## klue")]
    found = rows(path)
    assert len(found) == len(marked) == 5000
    differ = 0
    for line, row in zip(marked, found, strict=True):
        name, _, text = line.removeprefix("## ").partition("\t")
        assert row["id"] == name
        differ += rebuilt(str(row["text"]), row["spans"]) != text  # type: ignore[arg-type]
    assert differ == 0


def rebuilt(text: str, found: list[tuple[int, int, str]]) -> str:
    """Return the text with its spans marked as the data's comments mark them."""
    for start, end, kind in sorted(found, reverse=True):
        text = f"{text[:start]}<{text[start:end]}:{kind}>{text[end:]}"
    return text
