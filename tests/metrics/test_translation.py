"""BLEU, chrF and TER are sacrebleu's own, to the last digit that its command line prints."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import unicodedata
from importlib.util import find_spec

import numpy as np
import pytest
from sacrebleu.metrics import BLEU, CHRF, TER

from harness import builtin, plugins
from harness.config import settings
from harness.errors import BadInput, HarnessError, Unavailable
from harness.metrics import tokenizers
from harness.metrics.translation import bleu, chrf, ter
from harness.stats.bootstrap import figure_of
from harness.stats.intervals import estimates
from harness.text import morphemes
from tests.support.paths import DATA

needs_mecab = pytest.mark.skipif(find_spec("mecab_ko") is None, reason="needs mecab-ko")
needs_kiwi = pytest.mark.skipif(find_spec("kiwipiepy") is None, reason="needs kiwipiepy")
KOREAN_TOKENIZERS = [
    "13a",
    "intl",
    "char",
    "none",
    pytest.param("ko-mecab", marks=needs_mecab),
    pytest.param("kiwi", marks=needs_kiwi),
]

KOREAN = [
    "어제 저녁에 강변을 따라 오래 걸었다.",
    "회의는 2024년 3월 5일 오후 2시에 시작합니다.",
    "할머니께서 감을 따서 이웃들과 나누셨어요.",
    "새 기차는 서울에서 부산까지 두 시간 걸린다고 합니다.",
    "“비가 올 것 같아요.” 하고 동생이 말했다.",
]
ENGLISH = [
    "We walked along the river for a long time last night.",
    "The meeting starts at 2 p.m. on 5 March, 2024.",
    'Grandmother picked persimmons & shared them with the "neighbours".',
    "The new train is said to take two hours from Seoul to Busan.",
    "It looks like rain, said my brother; he was right.",
]


def statistics(metric, predictions, targets):
    return np.array([metric.statistics(*pair) for pair in zip(predictions, targets, strict=True)])


def figure(metric, predictions, targets):
    return figure_of(metric, statistics(metric, predictions, targets))


def official(folder, predictions, references, *options):
    """Return what sacrebleu's command line prints of line-aligned files."""
    for name, lines in (("hypotheses", predictions), *((f"ref{i}", r) for i, r in enumerate(references))):
        (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    command = ["sacrebleu", *(f"ref{i}" for i in range(len(references)))]
    command += ["-i", "hypotheses", "-q", "-f", "json", "-w", "12", *options]
    # Importing it lets a broken pipe end the process, the tests' own: a reset socket would be enough.
    broken_pipe = signal.getsignal(signal.SIGPIPE)
    from sacrebleu.sacrebleu import main

    signal.signal(signal.SIGPIPE, broken_pipe)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("NO_COLOR", "1")  # or it would wrap the streams of this process
        patch.setattr(sys, "argv", command)
        # It opens the files of its streams anew, and leaves them open.
        for stream, path, mode in (("stdin", os.devnull, "r"), ("stdout", "said", "w")):
            number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            patch.setattr(sys, stream, os.fdopen(number, mode, closefd=False, encoding="utf-8"))
        main()
        sys.stdin.close()
        sys.stdout.close()
    return json.loads((folder / "said").read_text(encoding="utf-8"))["score"]


def test_a_broken_pipe_stays_an_error_of_these_tests(tmp_path):
    official(tmp_path, ["a"], [["a"]])
    assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN


def spoilt(sentences, seed=20):
    """Return sentences as a bad translator leaves them: words lost, moved, doubled, lines empty or alien."""
    chance = random.Random(seed)
    said = []
    for sentence in sentences:
        words = [word for word in sentence.split() if chance.random() > 0.15]
        if len(words) > 2 and chance.random() < 0.4:
            place = chance.randrange(len(words) - 1)
            words[place : place + 2] = reversed(words[place : place + 2])
        if words and chance.random() < 0.2:
            words.insert(0, chance.choice(words))
        kind = chance.random()
        said.append("" if kind < 0.03 else chance.choice(sentences) if kind < 0.1 else " ".join(words))
    return said


OPTIONS = [
    (bleu, {}, ["-m", "bleu"]),
    (bleu, {"tokenizer": "intl", "lowercase": True}, ["-m", "bleu", "-tok", "intl", "-lc"]),
    (bleu, {"tokenizer": "char"}, ["-m", "bleu", "-tok", "char"]),
    (bleu, {"tokenizer": "none"}, ["-m", "bleu", "-tok", "none"]),
    (bleu, {"tokenizer": "zh"}, ["-m", "bleu", "-tok", "zh"]),
    (bleu, {"smooth": "none"}, ["-m", "bleu", "-s", "none"]),
    (bleu, {"smooth": "floor"}, ["-m", "bleu", "-s", "floor"]),
    (bleu, {"smooth": "floor", "smooth_value": 0.5}, ["-m", "bleu", "-s", "floor", "-sv", "0.5"]),
    (bleu, {"smooth": "add-k"}, ["-m", "bleu", "-s", "add-k"]),
    (bleu, {"smooth": "add-k", "smooth_value": 0.25}, ["-m", "bleu", "-s", "add-k", "-sv", "0.25"]),
    (chrf, {}, ["-m", "chrf"]),
    (chrf, {"word_order": 2}, ["-m", "chrf", "--chrf-word-order", "2"]),
    (chrf, {"beta": 1, "char_order": 3}, ["-m", "chrf", "--chrf-beta", "1", "--chrf-char-order", "3"]),
    (chrf, {"lowercase": True, "whitespace": True}, ["-m", "chrf", "--chrf-lowercase", "--chrf-whitespace"]),
    (ter, {}, ["-m", "ter"]),
    (ter, {"case_sensitive": True}, ["-m", "ter", "--ter-case-sensitive"]),
    (ter, {"normalized": True}, ["-m", "ter", "--ter-normalized"]),
    (ter, {"no_punct": True, "asian_support": True}, ["-m", "ter", "--ter-no-punct", "--ter-asian-support"]),
    pytest.param(bleu, {"tokenizer": "ko-mecab"}, ["-m", "bleu", "-tok", "ko-mecab"], marks=needs_mecab),
]  # fmt: skip


def named(value):
    return (
        value.__name__
        if callable(value)
        else "-".join(map(str, value.values()))
        if isinstance(value, dict)
        else ""
    )


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # it ends with its files open, as a process may
class TestAgainstTheCommandLine:
    @pytest.mark.parametrize(("factory", "given", "options"), OPTIONS, ids=named)
    def test_a_small_corpus_with_two_references_scores_the_same(self, tmp_path, factory, given, options):
        first, second = KOREAN + ENGLISH, spoilt(KOREAN + ENGLISH, seed=3)
        second = [line or "?" for line in second]
        said = [*spoilt(first)[:-1], ""]
        wanted = official(tmp_path, said, [first, second], *options)
        ours = figure(factory((), **given), said, list(zip(first, second, strict=True)))
        assert ours == pytest.approx(wanted, abs=1e-9)

    @pytest.mark.parametrize("smooth", ["exp", "floor", "add-k", "none"])
    @pytest.mark.parametrize(
        "said",
        [["가 나 다 라"], ["서울 은 한국"], ["서울"], [""], ["서울 나 도시 다 큰"]],
        ids=["no match", "short", "one word", "empty", "no bigram"],
    )
    def test_orders_without_a_match_are_smoothed_the_same(self, tmp_path, said, smooth):
        target = ["서울 은 한국 의 큰 도시"]
        wanted = official(tmp_path, said, [target], "-m", "bleu", "-s", smooth)
        assert figure(bleu((), smooth=smooth), said, target) == pytest.approx(wanted, abs=1e-9)

    @pytest.mark.parametrize("said", ["서울", "서울은 큰", "", "다른 말"])
    @pytest.mark.parametrize("word_order", [0, 2])
    def test_orders_that_one_side_has_none_of_are_left_out_the_same(self, tmp_path, said, word_order):
        target = ["서울은 큰 도시"]
        wanted = official(tmp_path, [said], [target], "-m", "chrf", "--chrf-word-order", str(word_order))
        assert figure(chrf((), word_order=word_order), [said], target) == pytest.approx(wanted, abs=1e-9)

    @pytest.mark.data
    @pytest.mark.skipif(not DATA.exists(), reason="needs the real datasets")
    @pytest.mark.parametrize(
        ("file", "factory", "given", "options"),
        [
            ("koen_news/korean-english-park.test.en", bleu, {}, ["-m", "bleu"]),
            ("koen_news/korean-english-park.test.en", chrf, {}, ["-m", "chrf"]),
            ("koen_news/korean-english-park.test.en", chrf, {"word_order": 2},
             ["-m", "chrf", "--chrf-word-order", "2"]),
            ("koen_news/korean-english-park.test.ko", bleu, {}, ["-m", "bleu"]),
            ("koen_news/korean-english-park.test.ko", bleu, {"tokenizer": "char"},
             ["-m", "bleu", "-tok", "char"]),
            ("koen_news/korean-english-park.test.ko", chrf, {}, ["-m", "chrf"]),
            ("koen_jhe/jhe-koen-eval.en", ter, {}, ["-m", "ter"]),
            ("koen_jhe/jhe-koen-eval.ko", ter, {}, ["-m", "ter"]),
            ("koen_jhe/jhe-koen-eval.ko", chrf, {"word_order": 2}, ["-m", "chrf", "--chrf-word-order", "2"]),
            pytest.param("koen_news/korean-english-park.test.ko", bleu, {"tokenizer": "ko-mecab"},
                         ["-m", "bleu", "-tok", "ko-mecab"], marks=needs_mecab),
            pytest.param("koen_jhe/jhe-koen-eval.ko", bleu, {"tokenizer": "ko-mecab"},
                         ["-m", "bleu", "-tok", "ko-mecab"], marks=needs_mecab),
        ],
    )  # fmt: skip
    def test_real_translations_score_the_same(self, tmp_path, file, factory, given, options):
        sentences = (DATA / file).read_text(encoding="utf-8").splitlines()
        assert len(sentences) in (720, 2000)
        sentences = sentences[::4]
        said = spoilt(sentences)
        wanted = official(tmp_path, said, [sentences], *options)
        assert figure(factory((), **given), said, sentences) == pytest.approx(wanted, abs=1e-9)

    @pytest.mark.data
    @pytest.mark.skipif(not DATA.exists(), reason="needs the real datasets")
    @pytest.mark.parametrize("factory", [bleu, chrf, ter])
    def test_real_pairs_with_their_several_translations_score_the_same(self, tmp_path, factory):
        known: dict[str, list[str]] = {}
        for line in (DATA / "tatoeba_kor_eng" / "kor.txt").read_text(encoding="utf-8").splitlines():
            english, korean, *_ = line.split("\t")
            known.setdefault(english, []).append(korean)
        several = [texts for texts in known.values() if len(texts) > 1]
        assert len(several) > 100
        said = spoilt([texts[-1] for texts in several])
        columns = [[texts[0] for texts in several], [texts[1] for texts in several]]
        wanted = official(tmp_path, said, columns, "-m", factory.__name__)
        targets = [tuple(texts[:2]) for texts in several]
        assert figure(factory(()), said, targets) == pytest.approx(wanted, abs=1e-9)


class TestDraws:
    @pytest.mark.parametrize(
        ("factory", "given", "theirs"),
        [
            (bleu, {}, BLEU()),
            (bleu, {"smooth": "floor"}, BLEU(smooth_method="floor")),
            (chrf, {"word_order": 2}, CHRF(word_order=2)),
            (ter, {}, TER()),
        ],
        ids=["bleu", "bleu floor", "chrf++", "ter"],
    )
    def test_each_draw_is_the_corpus_score_of_what_it_drew(self, factory, given, theirs):
        wanted = KOREAN + ENGLISH
        said = spoilt(wanted)
        metric = factory((), **given)
        weights = np.random.default_rng(5).multinomial(len(said), [1 / len(said)] * len(said), size=12)
        ours = metric.aggregate(statistics(metric, said, wanted), weights.astype(float))
        drawn = [np.repeat(np.arange(len(said)), row) for row in weights]
        official_scores = [
            theirs.corpus_score([said[i] for i in row], [[wanted[i] for i in row]]).score for row in drawn
        ]
        assert ours == pytest.approx(official_scores, abs=1e-9)

    @pytest.mark.parametrize("factory", [bleu, chrf, ter])
    def test_the_interval_holds_the_figure(self, factory):
        metric = factory(())
        stats = statistics(metric, spoilt(KOREAN * 20), KOREAN * 20)
        found = estimates({metric.name: (metric, stats)}, draws=200)[metric.name]
        assert found.ci_low < found.value < found.ci_high

    @pytest.mark.parametrize("factory", [bleu, chrf, ter])
    def test_nothing_has_no_figure(self, factory):
        metric = factory(())
        width = len(metric.statistics("가", "가"))
        with pytest.raises(HarnessError, match="at least one example"):
            metric.aggregate(np.empty((0, width)), np.ones((1, 0)))


class TestKorean:
    @pytest.mark.parametrize("tokenizer", KOREAN_TOKENIZERS)
    @pytest.mark.parametrize("text", [*KOREAN, "가 나 다 라"])
    def test_the_same_text_has_bleu_100_from_four_tokens_on(self, text, tokenizer):
        assert figure(bleu((), tokenizer=tokenizer), [text], [text]) == 100

    @pytest.mark.parametrize("tokenizer", KOREAN_TOKENIZERS)
    def test_another_city_is_another_text(self, tokenizer):
        said, wanted = ["2024년 서울"], ["2024년 부산"]
        assert figure(bleu((), tokenizer=tokenizer), said, wanted) < 100

    @pytest.mark.parametrize("factory", [chrf, ter])
    def test_the_other_two_tell_the_same_text_from_another(self, factory):
        best = figure(factory(()), KOREAN, KOREAN)
        assert best == (100 if factory is chrf else 0)
        assert figure(factory(()), ["2024년 서울"], ["2024년 부산"]) != best

    @pytest.mark.parametrize("tokenizer", ["tercom", "char", *KOREAN_TOKENIZERS[-2:]])
    def test_ter_can_count_other_tokens_than_words(self, tokenizer):
        metric = ter((), tokenizer=tokenizer)
        assert figure(metric, KOREAN, KOREAN) == 0
        assert 0 < figure(metric, ["나는 서울에 갔다"], ["나는 서울에 간다"]) < 100

    @needs_mecab
    def test_ter_over_morphemes_divides_by_their_number(self):
        # 나 는 서울 에 갔 다: one of six morphemes is another one
        metric = ter((), tokenizer="ko-mecab")
        assert metric.statistics("나는 부산에 갔다", "나는 서울에 갔다") == (1, 6)

    @pytest.mark.parametrize(
        "metric",
        [
            lambda: bleu(()),
            lambda: bleu((), tokenizer="char"),
            pytest.param(lambda: bleu((), tokenizer="ko-mecab"), marks=needs_mecab),
            pytest.param(lambda: bleu((), tokenizer="kiwi"), marks=needs_kiwi),
            lambda: chrf((), word_order=2),
            lambda: ter(()),
            lambda: ter((), tokenizer="char"),
        ],
        ids=["13a", "char", "ko-mecab", "kiwi", "chrf++", "ter", "ter char"],
    )
    def test_syllables_in_pieces_are_the_same_text(self, metric):
        said, judge = spoilt(KOREAN), metric()
        pieces = [unicodedata.normalize("NFD", text) for text in said]
        assert pieces != said
        assert (statistics(judge, pieces, KOREAN) == statistics(judge, said, KOREAN)).all()
        assert (statistics(judge, KOREAN, pieces) == statistics(judge, KOREAN, said)).all()

    def test_without_normalisation_the_pieces_count_as_sacrebleu_counts_them(self, tmp_path):
        said = [unicodedata.normalize("NFD", text) for text in spoilt(KOREAN)]
        wanted = official(tmp_path, said, [KOREAN], "-m", "chrf")
        assert figure(chrf((), normalise="none"), said, KOREAN) == pytest.approx(wanted, abs=1e-9)
        assert figure(chrf(()), said, KOREAN) > wanted

    def test_ko_v1_forgives_width_and_the_last_full_stop(self):
        assert figure(chrf((), normalise="ko.v1"), ["２０２４년 서울。"], ["2024년 서울"]) == 100

    @needs_kiwi
    def test_kiwi_counts_morphemes_in_their_dictionary_form(self):
        # 했다 and 하였다 are one verb, one tense, one ending
        counts = bleu((), tokenizer="kiwi").statistics("일을 했다", "일을 하였다")
        assert counts[:3] == (5, 5, 5)


class TestExamples:
    @pytest.mark.parametrize("factory", [bleu, chrf, ter])
    def test_an_unanswered_example_is_an_empty_text(self, factory):
        metric = factory(())
        assert metric.statistics(None, KOREAN[0]) == metric.statistics("", KOREAN[0])

    @pytest.mark.parametrize("factory", [bleu, chrf, ter])
    @pytest.mark.parametrize("target", [None, (), [], (3,)])
    def test_there_is_nothing_to_compare_with_without_a_reference(self, factory, target):
        with pytest.raises(BadInput, match=rf"{factory.__name__} needs a target"):
            factory(()).statistics("서울", target)

    @pytest.mark.parametrize(
        ("said", "wanted", "score"),
        [("", "", 0), ("가 나", "", 100), ("", "가 나", 100), ("a b c", "d", 300)],
    )
    def test_ter_of_next_to_nothing(self, said, wanted, score):
        assert figure(ter(()), [said], [wanted]) == score

    @pytest.mark.parametrize("factory", [bleu, chrf])
    def test_two_empty_texts_have_nothing_in_common(self, factory):
        assert figure(factory(()), [""], [""]) == 0

    def test_statistics_are_the_counts_that_add_up(self):
        said = "the cat the cat on the mat"
        counts = bleu(()).statistics(said, ["the cat is on the mat", "there is a cat on the mat"])
        assert counts == (7, 7, 5, 4, 2, 1, 7, 6, 5, 4)


class TestSettings:
    @pytest.mark.parametrize(
        ("factory", "given", "said"),
        [
            (bleu, {"smooth": "exp", "smooth_value": 0.1}, "smooth_value is a number from 0"),
            (bleu, {"smooth": "floor", "smooth_value": -1}, "smooth_value is a number from 0"),
            (bleu, {"smooth": "lots"}, "no smoothing is called 'lots'"),
            (bleu, {"tokenizer": "kiwii"}, "no tokenizer is called 'kiwii'. Did you mean 'kiwi'?"),
            (chrf, {"char_order": 0}, "one order must be above it"),
            (chrf, {"beta": -1}, "cannot be below 0"),
            (ter, {"tokenizer": "13a"}, "no tokenizer is called '13a'"),
            (chrf, {"normalise": "nfd"}, "no normalisation is called 'nfd'. Did you mean 'nfc'?"),
        ],
    )
    def test_a_setting_that_means_nothing_is_told(self, factory, given, said):
        with pytest.raises(BadInput) as caught:
            factory((), **given)
        assert said in str(caught.value)

    @pytest.mark.parametrize("name", ["bleu", "ter"])
    @pytest.mark.parametrize("tokenizer", ["ko-mecab", "kiwi"])
    def test_every_tokenizer_that_is_missing_names_its_extra(self, monkeypatch, name, tokenizer):
        monkeypatch.setattr(morphemes, "find_spec", lambda module: None)
        monkeypatch.setattr("sacrebleu.tokenizers.tokenizer_ko_mecab.MeCab", None)
        tokenizers.mecab_ko.cache_clear()
        with pytest.raises(Unavailable, match=r"pip install 'harness-ko\[ko\]'"):
            plugins.load(plugins.metric(name).target)((), tokenizer=tokenizer)

    @pytest.mark.parametrize("name", ["bleu", "chrf", "ter"])
    def test_every_registered_setting_is_one_of_the_factory(self, name):
        entry = plugins.metric(name)
        assert entry in builtin.METRICS
        given = dict.fromkeys(entry.settings)
        assert list(settings.problems(given, entry.settings)) == []
        factory = plugins.load(entry.target)
        assert set(factory.__kwdefaults__) == set(entry.settings)

    def test_signatures_are_sacrebleus_but_for_the_references(self):
        theirs = BLEU(lowercase=True)
        theirs.corpus_score(["a b"], [["a b"]])
        signature = bleu((), lowercase=True).signature
        assert signature == f"bleu|v:1|norm:nfc|sacrebleu|{theirs.get_signature()}".replace("nrefs:1|", "")
        assert "tok:13a" in signature

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (lambda: bleu(()), lambda: bleu((), tokenizer="char")),
            (lambda: bleu(()), lambda: bleu((), smooth="floor")),
            (lambda: bleu((), smooth="floor"), lambda: bleu((), smooth="floor", smooth_value=0.2)),
            (
                lambda: bleu((), smooth="floor", smooth_value=0.2),
                lambda: bleu((), smooth="floor", smooth_value=0.201),
            ),
            (lambda: bleu(()), lambda: bleu((), normalise="none")),
            (lambda: chrf(()), lambda: chrf((), word_order=2)),
            (lambda: chrf(()), lambda: chrf((), beta=3)),
            (lambda: ter(()), lambda: ter((), case_sensitive=True)),
            (lambda: ter(()), lambda: ter((), tokenizer="char")),
        ],
    )
    def test_whatever_changes_the_figure_changes_the_signature(self, one, other):
        assert one().signature != other().signature

    @needs_kiwi
    def test_a_signature_names_the_version_of_the_morphemes(self):
        assert "|tok:kiwi-" in bleu((), tokenizer="kiwi").signature

    def test_units_and_directions(self):
        metrics = [bleu(()), chrf(()), ter(())]
        assert [(m.unit, m.higher_is_better) for m in metrics] == [
            ("0-100", True),
            ("0-100", True),
            ("0-100", False),
        ]
