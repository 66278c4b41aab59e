"""The networks that write a text of another: what they learn by heart, and how they write."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
pytest.importorskip("tokenizers")

from harness.adapters.networks import seq2seq as translators
from harness.adapters.networks.seq2seq import Seq2SeqAdapter, TransformerSeq2SeqAdapter
from harness.errors import BadInput, Unavailable
from harness.models.tokenizers import EOS
from harness.schema import Decoding, Example, Profile, TrainingContext
from tests.support.lessons import Task, replies, translations

SMALL = {
    **{"width": 48, "vocabulary": 120, "batch_rows": 8, "dropout": 0.0, "learning_rate": 1e-2},
    **{"epochs": 70, "patience": 99},
}
KINDS = {"seq2seq": Seq2SeqAdapter, "transformer_seq2seq": TransformerSeq2SeqAdapter}
OF_KIND = {"seq2seq": {"words": 0.0}, "transformer_seq2seq": {"layers": 1, "heads": 2, "smoothing": 0.0}}
ANSWERS = [example.target for example in translations()]


def made(kind, **settings):
    return KINDS[kind](Profile(kind, kind, settings={**SMALL, **OF_KIND[kind], **settings}, ask="generate"))


@pytest.fixture(scope="module", params=KINDS)
def fitted(request):
    adapter = made(request.param)
    adapter.fit(translations(), Task())
    return adapter


def asked(**decoding):
    return Task(decoding=Decoding(max_tokens=16, **decoding))


def test_it_learns_twenty_sentences_by_heart(fitted):
    assert replies(fitted, asked(temperature=0), translations()) == ANSWERS


def test_beams_write_what_it_knows(fitted):
    assert replies(fitted, asked(beams=3), translations()) == ANSWERS


def test_a_draw_depends_on_its_seed_alone(fitted):
    hot, examples = asked(temperature=3.0), translations()
    together = replies(fitted, hot, examples, seed=5)
    assert [replies(fitted, hot, [example], seed=5)[0] for example in examples[:4]] == together[:4]
    assert replies(fitted, hot, examples, seed=6) != together


def test_a_stop_string_ends_a_reply_before_it(fitted):
    cut = replies(fitted, asked(stop=(" ",)), translations())
    assert cut == [answer.split(" ")[0] for answer in ANSWERS]


def test_a_reply_is_no_longer_than_asked(fitted):
    (response,) = fitted.answer([Task(decoding=Decoding(max_tokens=2)).request(translations()[0])])
    assert (response.finish, response.usage.completion_tokens) == ("length", 2)


def test_a_reply_that_finds_no_end_stops_fifty_tokens_after_its_source_s_length(fitted, monkeypatch):
    begin = fitted.network.begin

    def endless(sources, start):
        writing, logits = begin(sources, start)
        step = writing.step
        monkeypatch.setattr(writing, "step", lambda tokens: without_end(step(tokens)))
        return writing, without_end(logits)

    monkeypatch.setattr(fitted.network, "begin", endless)
    (response,) = fitted.answer([Task(decoding=Decoding(max_tokens=256)).request(translations()[0])])
    assert response.finish == "length"
    assert response.usage.completion_tokens == response.usage.prompt_tokens + 50


def without_end(logits):
    logits = logits.copy()
    logits[:, EOS] = -1e9
    return logits


def test_a_text_of_just_what_is_read_is_not_cut(monkeypatch):
    monkeypatch.setattr(translators, "LONGEST", 5)
    adapter = made("seq2seq", tokeniser="syllable", epochs=1)
    adapter.fit(translations(), Task())
    texts = ("가나다라마", "가나다라마바")
    asked = [Task().request(Example(text, {"input": text})) for text in texts]
    assert [len(adapter.tokeniser.encode([text])[0]) for text in texts] == [5, 6]
    assert [(r.truncated, r.usage.prompt_tokens) for r in adapter.answer(asked)] == [(False, 5), (True, 5)]


def test_beams_and_a_temperature_are_refused_together(fitted):
    with pytest.raises(BadInput, match="give one"):
        replies(fitted, asked(beams=3, temperature=0.7), translations())


def test_what_was_saved_writes_the_same(fitted, tmp_path):
    fitted.save(tmp_path)
    again = made(fitted.name)
    again.load(tmp_path)
    hot = asked(temperature=1.0)
    assert replies(again, hot, translations()) == replies(fitted, hot, translations())


def test_a_damaged_fit_is_said(fitted, tmp_path):
    fitted.save(tmp_path)
    (tmp_path / "weights.pt").write_bytes(b"half")
    with pytest.raises(Unavailable, match="is damaged"):
        made(fitted.name).load(tmp_path)


class Killed(Exception):
    pass


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_training_goes_on_to_the_same_weights(kind, tmp_path, monkeypatch):
    from harness.models import training

    monkeypatch.setattr(training, "CHECKPOINT_S", 0.0)  # at every step

    def trained(folder, kill_at=None):
        steps = iter(range(10_000))

        def watch(*_shown):
            if next(steps) == kill_at:
                raise Killed

        adapter = made(kind, epochs=2, dropout=0.2, batch_rows=4)
        adapter.equip(TrainingContext(folder, watch))
        adapter.fit(translations(), Task())
        return adapter.network.state_dict()

    whole = trained(tmp_path / "whole")
    with pytest.raises(Killed):
        trained(tmp_path / "killed", kill_at=4)
    resumed = trained(tmp_path / "killed")
    assert all((resumed[name] == value).all() for name, value in whole.items())


def test_a_loss_that_is_no_number_is_said_with_what_to_do(tmp_path):
    adapter = made("seq2seq", learning_rate=1e38)
    adapter.equip(TrainingContext(tmp_path, lambda *_shown: None))
    with pytest.raises(Unavailable, match=r"no number at step .*; set a lower one: -m learning_rate="):
        adapter.fit(translations(), Task())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"heads": 5}, "heads 5: should divide the width, 48"),
        ({"dropout": 1.0}, "dropout 1.0: should be from 0 to below 1"),
        ({"layers": 0}, "layers 0: must be at least 1"),
    ],
)
def test_a_setting_out_of_range_is_said(settings, said):
    with pytest.raises(BadInput, match=said):
        made("transformer_seq2seq", **settings).fit(translations(), Task())


@pytest.mark.parametrize("share", ["dropout", "words", "smoothing"])
def test_no_share_of_the_lstms_is_the_whole(share):
    with pytest.raises(BadInput, match=f"{share} 1: should be from 0 to below 1"):
        made("seq2seq", **{share: 1}).fit(translations(), Task())
