"""The reader: it points at answers, never beyond the passage, and knows by heart what it was shown."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")

from harness.adapters.networks.span_reader import ReaderAdapter  # noqa: E402
from harness.errors import BadInput  # noqa: E402
from harness.models.span_reader import SpanReader  # noqa: E402
from harness.schema import Example, Profile  # noqa: E402
from tests.support.lessons import Task, passages, replies  # noqa: E402

SMALL = {
    "width": 32,
    "vocabulary": 300,
    "batch_rows": 10,
    "dropout": 0.0,
    "learning_rate": 1e-2,
    "epochs": 25,
}


def made(**settings):
    return ReaderAdapter(Profile("reader", "reader", settings={**SMALL, **settings}, ask="extract"))


@pytest.fixture(scope="module")
def reader():
    adapter = made()
    adapter.fit(passages(), Task("extract"))
    return adapter


def test_it_learns_twenty_questions_by_heart(reader):
    answers = [example.target[0] for example in passages()]
    assert replies(reader, Task("extract"), passages()) == answers


def test_what_it_says_stands_in_the_passage(reader):
    asked = [Example(f"x{n}", {"context": f"{n} 아무 말이나 한다.", "question": "무엇?"}) for n in range(5)]
    for example, text in zip(asked, replies(reader, Task("extract"), asked), strict=True):
        assert text in example.fields["context"]


def test_an_empty_passage_is_answered_with_nothing(reader):
    asked = Example("x", {"context": "", "question": "무엇?"})
    assert replies(reader, Task("extract"), [asked]) == [""]


def test_what_was_saved_answers_the_same(reader, tmp_path):
    reader.save(tmp_path)
    again = made()
    again.load(tmp_path)
    assert replies(again, Task("extract"), passages()) == replies(reader, Task("extract"), passages())


def test_answers_that_stand_in_no_passage_teach_nothing():
    train = [Example("x", {"context": "가나다", "question": "무엇?"}, ("라",))]
    with pytest.raises(BadInput, match="no answer of small stands in its passage"):
        made().fit(train, Task("extract"))


def test_the_best_span_is_the_one_that_enumeration_finds():
    torch.manual_seed(0)
    model = SpanReader(20, d=8).eval()
    passage, question = torch.randint(1, 20, (3, 9)), torch.randint(1, 20, (3, 4))
    start, end = model(passage, question).detach().unbind(1)
    for row, found in enumerate(model.best(passage, question, longest=4)):
        spans = [(a, b) for a in range(9) for b in range(a, min(a + 4, 9))]
        assert found == max(spans, key=lambda span: float(start[row, span[0]] + end[row, span[1]]))


def test_padding_changes_nothing():
    torch.manual_seed(0)
    model = SpanReader(20, d=8).eval()
    passage, question = torch.randint(1, 20, (1, 6)), torch.randint(1, 20, (1, 3))
    padded = [torch.nn.functional.pad(x, (0, 4)) for x in (passage, question)]
    torch.testing.assert_close(model(*padded)[..., :6], model(passage, question))
