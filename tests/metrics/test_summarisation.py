"""ROUGE is rouge_score's on English, and right on Korean, of which rouge_score alone sees nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rouge_score.rouge_scorer import RougeScorer

from harness import plugins
from harness.config import settings
from harness.errors import BadInput, Unavailable
from harness.metrics.summarisation import rouge, rouge1, rouge2, rouge_l, rouge_lsum
from harness.stats.bootstrap import figure_of
from harness.text import morphemes
from tests.support.paths import DATA

needs_mecab = pytest.mark.skipif(find_spec("mecab_ko") is None, reason="needs mecab-ko")
needs_kiwi = pytest.mark.skipif(find_spec("kiwipiepy") is None, reason="needs kiwipiepy")
TOKENIZERS = [
    "words",
    "char",
    pytest.param("ko-mecab", marks=needs_mecab),
    pytest.param("kiwi", marks=needs_kiwi),
]
KINDS = {"rouge1": rouge1, "rouge2": rouge2, "rougeL": rouge_l, "rougeLsum": rouge_lsum}

KOREAN = "시는 내년부터 강변 공원을 넓힌다.\n주민 설명회는 2024년 5월 서울에서 열린다."


def score(metric, said, wanted):
    return metric.statistics(said, wanted)[0]


@pytest.mark.parametrize("kind", KINDS)
class TestEnglish:
    TEXTS = (
        "The council will widen the park by the river.\nResidents were told in May.",
        "In May, residents heard that the riverside park is being widened",
        "A council meeting\n\nwas held; nobody came!",
        "park park park residents",
        "3.5 percent of 1,200 trees' roots",
        "hi, his park parks; hi",
        "his his park",
        "",
    )

    @pytest.mark.parametrize("stem", [False, True])
    def test_every_pair_scores_as_by_rouge_score(self, kind, stem):
        official, ours = RougeScorer([kind], use_stemmer=stem), KINDS[kind]((), stem=stem)
        for said in self.TEXTS:
            for wanted in self.TEXTS:
                assert score(ours, said, wanted) == official.score(wanted, said)[kind].fmeasure

    @pytest.mark.parametrize("measure", ["fmeasure", "precision", "recall"])
    def test_of_several_references_the_one_with_the_best_f_counts(self, kind, measure):
        official, ours = RougeScorer([kind]), KINDS[kind]((), measure=measure)
        for said in self.TEXTS:
            best = official.score_multi(list(self.TEXTS[1:4]), said)[kind]
            assert score(ours, said, self.TEXTS[1:4]) == getattr(best, measure)

    @pytest.mark.data
    @pytest.mark.skipif(not DATA.exists(), reason="needs the real datasets")
    @pytest.mark.parametrize("stem", [False, True])
    def test_dialogues_with_three_summaries_score_as_by_rouge_score(self, kind, stem):
        lines = (DATA / "dialogsum" / "dialogsum.test.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line) for line in lines]
        assert len(rows) == 500
        rows = rows[::4]
        said = ["\n".join(row["dialogue"].split("\n")[:3]) for row in rows]
        wanted = [[row[f"summary{number}"] for number in (1, 2, 3)] for row in rows]
        metric, official = KINDS[kind]((), stem=stem), RougeScorer([kind], use_stemmer=stem)
        ours = figure_of(
            metric, np.array([metric.statistics(*pair) for pair in zip(said, wanted, strict=True)])
        )
        theirs = [official.score_multi(w, s)[kind].fmeasure for s, w in zip(said, wanted, strict=True)]
        assert ours == pytest.approx(np.mean(theirs), abs=1e-12)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("kind", KINDS)
class TestKorean:
    def test_the_same_text_scores_1(self, kind, tokenizer):
        assert score(KINDS[kind]((), tokenizer=tokenizer), KOREAN, KOREAN) == 1

    def test_another_city_does_not(self, kind, tokenizer):
        assert score(KINDS[kind]((), tokenizer=tokenizer), "2024년 서울", "2024년 부산") < 1

    def test_syllables_in_pieces_are_the_same_text(self, kind, tokenizer):
        pieces = unicodedata.normalize("NFD", KOREAN)
        assert pieces != KOREAN
        metric = KINDS[kind]((), tokenizer=tokenizer)
        assert score(metric, pieces, KOREAN) == score(metric, KOREAN, pieces) == 1

    def test_punctuation_and_case_do_not_count(self, kind, tokenizer):
        metric = KINDS[kind]((), tokenizer=tokenizer)
        assert score(metric, "새 공원 LG!", "“새 공원, lg.”") == 1


class TestByHand:
    @pytest.mark.parametrize(
        ("kind", "tokenizer", "said", "wanted", "f"),
        [
            # 2 of 3 words said, 2 of 4 wanted: 2·2/(3 + 4)
            ("rouge1", "words", "시는 공원을 닫는다", "시는 내년부터 공원을 넓힌다", 4 / 7),
            ("rouge2", "words", "시는 공원을 넓힌다", "시는 내년부터 공원을 넓힌다", 2 / 5),
            ("rougeL", "words", "공원을 시는 넓힌다", "시는 내년부터 공원을 넓힌다", 4 / 7),
            # 서울, 시 of 서울시청: 3 characters of 3 and of 4
            ("rouge1", "char", "서울시", "서울시청", 6 / 7),
            ("rouge2", "char", "서울시", "서울시청", 4 / 5),
            # the order of the sentences does not count, unless they are one
            ("rougeLsum", "words", "다 라\n가 나", "가 나\n다 라", 1.0),
            ("rougeLsum", "words", "다 라 가 나", "가 나 다 라", 1 / 2),
            ("rouge1", "words", "공원 공원 공원", "공원", 1 / 2),
            ("rouge1", "words", "가", "나", 0.0),
            # 공원 을 넓힌다, and 공원 이 넓 다
            pytest.param("rouge1", "ko-mecab", "공원을 넓힌다", "공원이 넓다", 2 / 7, marks=needs_mecab),
        ],
    )
    def test_the_f_measure_is_twice_the_hits_over_all_tokens(self, kind, tokenizer, said, wanted, f):
        assert score(rouge(kind, tokenizer=tokenizer), said, wanted) == pytest.approx(f, abs=1e-12)

    @pytest.mark.parametrize("kind", KINDS)
    def test_an_unanswered_example_is_an_empty_text_which_scores_0(self, kind):
        metric = KINDS[kind](())
        assert [score(metric, None, KOREAN), score(metric, "", ""), score(metric, KOREAN, "")] == [0, 0, 0]

    def test_a_text_of_one_token_has_no_pair_even_with_itself(self):
        assert score(rouge2(()), "서울", "서울") == 0

    @pytest.mark.parametrize("kind", KINDS)
    def test_the_figure_is_the_weighted_mean_of_the_examples(self, kind):
        stats = np.array([[1.0], [0.5], [0.0]])
        weights = np.array([[1.0, 1, 1], [0, 2, 2]])
        assert KINDS[kind](()).aggregate(stats, weights) == pytest.approx([0.5, 0.25])


# Few words, so that they come again and subsequences tie; lines of their own, empty ones too.
LINES = st.lists(st.lists(st.sampled_from(["a", "b", "c", "a1", "d"]), max_size=9).map(" ".join), max_size=4)
SUMMARIES = LINES.map("\n".join)


class TestEveryBit:
    OFFICIAL = RougeScorer([*KINDS])
    OURS = {
        (kind, measure): KINDS[kind]((), measure=measure)
        for kind in KINDS
        for measure in ("fmeasure", "precision", "recall")
    }

    @given(SUMMARIES, SUMMARIES)
    def test_f_precision_and_recall_are_rouge_scores(self, wanted, said):
        official = self.OFFICIAL.score(wanted, said)
        for (kind, measure), ours in self.OURS.items():
            assert score(ours, said, wanted) == getattr(official[kind], measure), (kind, measure)

    def test_a_text_of_many_thousand_characters_is_one_row_a_character(self):
        wanted, said = "가나다라마" * 2000, "나다라마가" * 2000
        assert score(rouge_l((), tokenizer="char", measure="recall"), said, wanted) == 9999 / 10_000

    def test_neither_rouge_score_nor_nltk_is_imported(self):
        code = (
            "import sys; from harness.metrics.summarisation import rouge_l, rouge_lsum;"
            "rouge_l(()).prepare(), rouge_lsum(()).statistics('a', 'a');"
            "print([name for name in ('rouge_score', 'nltk', 'absl') if name in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout == "[]\n"


class TestSettings:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("target", [None, (), (1.5,)])
    def test_there_is_nothing_to_compare_with_without_a_reference(self, kind, target):
        with pytest.raises(BadInput, match=f"{kind} needs a target"):
            KINDS[kind](()).statistics(KOREAN, target)

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"tokenizer": "13a"}, "no tokenizer is called '13a'"),
            ({"measure": "f1"}, "no measure is called 'f1'; one of fmeasure, precision, recall"),
            ({"normalise": "nfk"}, "no normalisation is called 'nfk'. Did you mean 'nfc'?"),
        ],
    )
    def test_a_setting_that_means_nothing_is_told(self, given, said):
        with pytest.raises(BadInput) as caught:
            rouge1((), **given)
        assert said in str(caught.value)

    def test_a_missing_tokenizer_is_told_before_anything_is_judged(self, monkeypatch):
        monkeypatch.setattr(morphemes, "find_spec", lambda module: None)
        with pytest.raises(Unavailable, match=r"pip install 'harness-ko\[ko\]'"):
            rouge1((), tokenizer="kiwi")

    @pytest.mark.parametrize("kind", KINDS)
    def test_every_registered_setting_is_one_of_the_factory(self, kind):
        entry = plugins.metric(kind)
        assert list(settings.problems(dict.fromkeys(entry.settings), entry.settings)) == []
        assert set(rouge.__kwdefaults__) == set(entry.settings)
        assert plugins.load(entry.target)(()).name == kind

    @pytest.mark.parametrize(
        "given", [{"tokenizer": "char"}, {"stem": True}, {"measure": "recall"}, {"normalise": "none"}]
    )
    def test_whatever_changes_the_figure_changes_the_signature(self, given):
        assert rouge1((), **given).signature != rouge1(()).signature

    def test_the_signature_says_what_was_done_to_the_texts(self):
        assert rouge_l(()).signature.startswith(
            "rougeL|v:1|tok:words|stem:no|case:lower|punct:no|norm:nfc|measure:fmeasure|rouge_score:"
        )
