"""`harness try`: a text of one's own goes the whole road."""

from __future__ import annotations

import io
import re
import sys

import pytest

from tests.support.paths import DATA
from tests.support.running import Project

NB = ("try", "-t", "nsmc_fewshot", "-b", "nb", "--sample")
DUMMY = ("try", "-t", "nsmc_zeroshot", "-b", "dummy", "--sample")


def test_an_answer_comes_with_its_probability_the_others_and_the_time(shell):
    said = shell(*NB, "정말 최고의 영화")
    assert said.code == 0
    assert re.fullmatch(r"정말 최고의 영화 → 긍정 [\d.]+ %   \(부정 [\d.]+ %\)   [\d.]+ ms\n", said.out)


def test_several_texts_are_answered_in_their_order(shell):
    said = shell(*NB, "정말 최고의 영화", "지루하고 재미없다")
    answers = [line.partition("   ")[0].split() for line in said.out.splitlines()]
    assert [(words[0], words[-3]) for words in answers] == [("정말", "긍정"), ("지루하고", "부정")]


def test_texts_come_from_stdin_too_a_line_each(shell, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("첫 줄\n\n둘째 줄\n"))
    assert [line.partition(" → ")[0] for line in shell(*NB).out.splitlines()] == ["첫 줄", "둘째 줄"]


@pytest.mark.parametrize("stdin", ["", "\n \n"])
def test_no_text_at_all_is_a_mistake(shell, monkeypatch, stdin):
    monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
    said = shell(*NB)
    assert (said.code, said.complaint) == (2, "harness: give a TEXT, or lines on standard input")


def test_a_system_that_reads_a_prompt_shows_it(shell):
    said = shell(*DUMMY, "재미있다")
    assert said.out.startswith("문장: 재미있다\n감정:\n재미있다 → ")


def test_shots_are_part_of_the_prompt(shell):
    assert shell(*DUMMY, "--shots", "3", "재미있다").out.count("감정: ") == 3


def test_a_generated_answer_is_shown_beside_what_was_said(shell):
    said = shell(*DUMMY, "--ask", "generate", "-m", "reply=아마 긍정", "재미있다")
    assert "재미있다 → 긍정   said '아마 긍정'" in said.out


def test_no_answer_is_said_plainly(shell):
    assert "재미있다 → no answer   said '?'" in shell(*DUMMY, "-m", "unanswered_rate=1", "재미있다").out


def test_no_probability_is_rounded_to_a_certainty(shell):
    texts = [str(n) for n in range(60)]
    shares = re.findall(r"(\S+) %", shell(*DUMMY, *texts).out)
    assert len(shares) == 120
    assert not {"0", "0.0", "100", "100.0"} & set(shares)


def test_json_is_one_document_with_the_road_of_each_text(shell):
    (one, _) = shell(*DUMMY, "--json", "재미있다", "지루하다").json["answers"]
    assert one["request"]["prompt"] == "문장: 재미있다\n감정:"
    assert sum(one["probabilities"].values()) == pytest.approx(1)
    assert one["answer"] == max(one["probabilities"], key=one["probabilities"].get)
    assert one["response"]["timing_s"]["e2e"] > 0


def test_a_request_that_failed_ends_in_3_and_is_told_on_both_streams(shell):
    said = shell(*DUMMY, "--quiet", "-m", "failure_rate=1", "재미있다")
    assert said.code == 3
    assert "재미있다 → failed: rehearsed" in said.out
    assert "1 of 1 requests failed" in said.complaint


def test_json_of_a_failure_is_a_document_all_the_same(shell):
    said = shell(*DUMMY, "--quiet", "--json", "-m", "failure_rate=1", "재미있다")
    assert said.code == 3
    assert said.json["answers"][0]["response"]["error"]["kind"] == "rehearsed"


def test_a_fit_is_made_once(shell):
    assert "nb: fitted on 400 examples" in shell(*NB, "재미있다").err
    assert "nb: fit reused" in shell(*NB, "재미있다").err


def test_quiet_says_nothing_beside_the_answers(shell):
    assert shell(*NB, "--quiet", "재미있다").err == ""


def test_no_data_are_looked_for_where_nothing_reads_them(shell):
    said = shell("try", "-t", "nsmc_zeroshot", "-b", "dummy", "--offline", "재미있다")
    assert (said.code, said.err) == (0, "")
    assert "재미있다 → " in said.out


def test_only_the_split_that_is_read_is_looked_for(shell):
    rows = "".join(f"t{n}\t{('정말 재미있다', '지루하다')[n % 2]} {n}\t{1 - n % 2}\n" for n in range(20))
    shell.write("data/nsmc/ratings_train.txt", "id\tdocument\tlabel\n" + rows)
    said = shell("try", "-t", "nsmc_fewshot", "-b", "nb", "--data-dir", "data", "--offline", "정말 재미있다")
    assert "정말 재미있다 → 긍정" in said.out


def test_nothing_is_kept_of_what_was_tried(shell):
    shell(*NB, "재미있다")
    assert list(shell.home.iterdir()) == []


SIMILAR = ("try", "-t", "korsts", "-b", "ngrams", "--sample", "--quiet")


def test_several_inputs_are_given_by_name(shell):
    said = shell(*SIMILAR, "sentence1=비가 온다", "sentence2=비가 온다", "sentence2=가", "sentence1=나=다")
    assert [line.rpartition("   ")[0] for line in said.out.splitlines()] == [
        "sentence1=비가 온다, sentence2=비가 온다 → 1",
        "sentence2=가, sentence1=나=다 → 0",
    ]


def test_several_inputs_are_a_json_object_too(shell, monkeypatch):
    text = '{"sentence1": "비가 온다", "sentence2": "비가 온다"}'
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{text}\n"))
    assert shell(*SIMILAR).out.startswith(f"{text} → 1 ")


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (
            ["비가 온다"],
            "'비가 온다': the task has the inputs sentence1, sentence2; give them as field=value",
        ),
        (["sentence1=가"], "sentence2 is missing"),
        (["sentence1=가", "sentence1=나"], "'sentence1' is given twice before sentence2 is"),
        (["sentnce1=가"], "Did you mean 'sentence1'?"),
        (['{"sentence1": "가"}'], "sentence2 is missing"),
        (['{"sentence1": "가", "other": 1, "sentence2": 2}'], "the task has no input 'other'"),
        (['{"sentence1'], "is no JSON"),
    ],
)
def test_inputs_that_are_wrong_are_a_mistake_in_one_line(shell, texts, message):
    said = shell(*SIMILAR, *texts)
    assert said.code == 2
    assert message in said.complaint


def test_what_is_known_beside_an_input_may_be_left_out(shell):
    command = ("try", "-t", "mmlu_zeroshot", "-b", "dummy", "--sample")
    choices = ("A=3", "B=4", "C=5", "D=6")
    assert "about .\n" in shell(*command, "question=2 + 2?", *choices).out
    assert "about arithmetic.\n" in shell(*command, "subject=arithmetic", "question=2 + 2?", *choices).out


def test_spans_are_shown_in_words(shell):
    command = ("try", "-t", "klue_ner", "-b", "dummy", "--sample", "-m", "reply='사람: 이순신, 원균'")
    assert "→ 사람: 이순신   said" in shell(*command, "이순신은 거북선을 탔다.").out


def test_a_likelihood_has_its_unit(shell):
    said = shell("try", "-t", "korean_news_lm", "-b", "random", "--sample", "가")
    assert said.out.startswith("가 → -16.64 nats   ")  # 3 bytes of 8 bits


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.skipif(not (DATA / "nsmc").is_dir(), reason="the real data is not here")
def test_a_classifier_of_all_reviews_is_sure_of_a_plain_complaint(shell):
    said = shell("try", "-t", "nsmc_fewshot", "-b", "tfidf", "--data-dir", DATA, "--json", "영화 노잼이네")
    assert "fitted on 150,000 examples" in said.err
    (answer,) = said.json["answers"]
    assert answer["answer"] == "부정"
    assert answer["probabilities"]["부정"] >= 0.95


def test_what_an_engine_loads_is_loaded_before_anything_is_asked(tmp_path):
    project = Project(tmp_path)
    project.reviews()
    project.install_rehearsal()
    done = project.harness("try", "-t", "reviews", "-b", "prepared", "-m", "log=log", "좋다")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "log").read_text().splitlines()[0] == "prepared"
