from __future__ import annotations

import gzip
import json
import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadInput
from harness.extraction import steps as extraction
from harness.extraction.korean_endings import ends_closed
from harness.extraction.steps import chosen
from harness.schema import Option
from tests.support.gold_answers import gold, measured
from tests.support.paths import DATA

KORQUAD = DATA / "korquad_v1" / "KorQuAD_v1.0_dev.json.gz"

SENTIMENT = ("부정", "긍정")
STRENGTH = ("매우 부정", "부정", "긍정", "매우 긍정")
LETTERS = ("A", "B", "C", "D")


def options(*texts: str) -> tuple[Option, ...]:
    return tuple(Option(str(index), text) for index, text in enumerate(texts))


def nfd(text: str) -> str:
    return unicodedata.normalize("NFD", text)


@pytest.mark.parametrize(
    ("text", "found"),
    [(" 긍정\n", "긍정"), ("긍정", "긍정"), ("", None), (" \n\t", None), ("두\n줄", "두\n줄")],
)
def test_strip_takes_blanks_and_line_ends_off(text, found):
    assert extraction.strip()(text, ()) == found


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("긍정", "긍정", "긍정"),
        ("\n 첫째 \r\n둘째\n\n", "첫째", "둘째"),
        ("", None, None),
        ("\n \n", None, None),
        ("첫째\u0085줄\n둘째", "첫째\u0085줄", "둘째"),
        ("정답:\n서울", "서울", "서울"),
        ("## Answer\n---\nSeoul\nIt is.", "Seoul", "It is."),
        ("정답:", "정답:", "정답:"),
    ],
)
def test_first_and_last_line_pass_over_empty_ones(text, first, last):
    assert extraction.first_line()(text, ()) == first
    assert extraction.last_line()(text, ()) == last


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<think>긍정일까</think> 부정", "부정"),
        ("생각하고</think>\n\n부정\n", "부정"),
        ("부정", "부정"),
        ("<think>긍정일까", None),
        ("긍정 <think>아니", None),
        ("<think>하나</think>긍정<think>둘", None),
        ("<think>하나</think><think>둘</think>긍정", "긍정"),
        ("<think>긍정</think>", None),
        ("<think></think>  ", None),
        ("", None),
    ],
)
def test_after_think_waits_for_the_thought_to_end(text, found):
    assert extraction.after_think()(text, ()) == found


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("긍정", SENTIMENT, "긍정"),
        ("이 문장은 긍정입니다.", SENTIMENT, "긍정"),
        ("긍정/부정 중에서는 부정", SENTIMENT, "긍정"),
        ("부정. 긍정은 아님", SENTIMENT, "부정"),
        ("중립", SENTIMENT, None),
        ("", SENTIMENT, None),
        ("긍 정", SENTIMENT, None),
        (nfd("감정: 부정"), SENTIMENT, "부정"),
        ("매우 긍정", STRENGTH, "매우 긍정"),
        ("매우긍정입니다", STRENGTH, "매우 긍정"),
        ("매우  긍정", STRENGTH, "매우 긍정"),
        ("매우\n긍정", STRENGTH, "매우 긍정"),
        ("긍정, 매우 긍정은 아님", STRENGTH, "긍정"),
        ("대체로 긍정", STRENGTH, "긍정"),
        ("긍정적입니다", ("긍정", "긍정적"), "긍정적"),
        ("긍정입니다", ("긍정적", "긍정"), "긍정"),
        ("The answer is B.", LETTERS, "B"),
        ("정답은 B입니다", LETTERS, "B"),
        ("정답: (Ｃ)", LETTERS, "C"),
        ("b", LETTERS, "B"),
        ("b)", LETTERS, "B"),
        ("This is a hard one: D", LETTERS, "D"),
        ("I cannot say", LETTERS, None),
        ("ABCD", LETTERS, None),
        ("I do not know", ("yes", "no"), None),
        ("Nothing. Yes!", ("yes", "no"), "yes"),
        ("NO", ("yes", "no"), "no"),
        ("notably: no", ("yes", "no"), "no"),
        ("10점", ("0", "1", "2"), None),
        ("1.5점", ("1", "5"), None),
        ("1,5", ("1", "5"), None),
        ("2점", ("0", "1", "2"), "2"),
        ("답은 2.", ("0", "1", "2"), "2"),
        ("정답: ②", ("1", "2"), "2"),
        ("①②", ("1", "2"), None),
        ("3", ("1", "2"), None),
        ("서울。", ("서울", "부산"), "서울"),
        ("(가)", ("(가)", "(나)"), "(가)"),
        ("정답: 나", ("(가)", "(나)"), "나"),
        ("a.c", ("abc", "a.c"), "a.c"),
        ("abc", ("a.c", "x"), None),
        ("new york city", ("New York", "York"), "New York"),
    ],
)
def test_first_option_finds_the_word_that_comes_first_and_guesses_nothing(text, words, found):
    assert extraction.first_option()(text, options(*words)) == found


@pytest.mark.parametrize("words", [(), ("",), ("?", "...")])
@pytest.mark.parametrize("text", ["", "긍정", "?", "."])
def test_without_words_to_find_there_is_no_first_option(text, words):
    assert extraction.first_option()(text, options(*words)) is None


@given(st.lists(st.text(max_size=5), max_size=5), st.text(max_size=30))
def test_what_first_option_finds_is_always_one_of_the_options(words, text):
    found = extraction.first_option()(text, options(*words))
    assert found is None or chosen(found, options(*words)) is not None


@given(st.text(alphabet="가나다 AbC12.", min_size=1, max_size=6).filter(lambda word: word.strip(" .")))
def test_a_reply_that_is_the_option_is_found(word):
    assert chosen(extraction.first_option()(f" {word}.\n", options(word)) or "", options(word)) == "0"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("42", "42"),
        ("답은 42.", "42"),
        ("3개와 4개를 더하면 7개", "7"),
        ("총 1,234,567원입니다", "1234567"),
        ("-1,234.50", "-1234.50"),
        ("1, 2, 3", "3"),
        ("1,2,3", None),
        ("1,2345", "2345"),
        ("0.5점", "0.5"),
        (".5", ".5"),
        ("-.5", "-.5"),
        ("+7", "7"),
        ("기온은 -5도", "-5"),
        ("기온은 −5도", "-5"),
        ("x=-2", "-2"),
        ("10-20", None),
        ("2024-05-01", "01"),
        ("GPT-4", "4"),
        ("6.02e23", "6.02e23"),
        ("1e-3", "1e-3"),
        ("１，２３４．５", "1234.5"),
        ("100%", "100"),
        ("x²", None),
        ("없음", None),
        ("", None),
        ("-", None),
        (nfd("삼 3"), "3"),
        ("18개입니다", "18"),
        ("1,800원", "1800"),
        ("3.5%", "3.5"),
        ("3만 5천 원", "35000"),
        (nfd("3만 5천 원"), "35000"),
        ("1만 2,345원", "12345"),
        ("1억 2천만 원", "120000000"),
        ("1억5천만원", "150000000"),
        ("3.5만 명", "35000"),
        ("총 3백 5개", "305"),
        ("남은 것은 5만", "5"),
        ("5만 남았다", "5"),
        ("3/4", "0.75"),
        ("삼만 오천", None),
        ("6 * 7 = 42\n#### 42", "42"),
        ("#### 42\n(검산: 21 × 2)", "42"),
        ("#### 모름", None),
    ],
)
def test_number_is_the_last_one_without_commas(text, found):
    assert extraction.number()(text, ()) == found


@given(st.text())
def test_number_finds_what_float_can_read(text):
    found = extraction.number()(text, ())
    assert found is None or isinstance(float(found), float)


@pytest.mark.parametrize(
    ("pattern", "group", "text", "found"),
    [
        (r"정답[:은]\s*(\S+)", 1, "풀이… 정답: 서울 (끝)", "서울"),
        (r"정답[:은]\s*(\S+)", 0, "정답: 서울", "정답: 서울"),
        (r"정답: (\S+)", 1, nfd("정답: 서울"), "서울"),
        (nfd(r"정답: (\S+)"), 1, "정답: 서울", "서울"),
        (r"(긍정)|(부정)", 1, "부정", None),
        (r"x*", 0, "abc", None),
        (r"정답: (\S+)", 1, "모르겠다", None),
        (r"(?s)<a>(.*)</a>", 1, "<a>두\n줄</a>", "두\n줄"),
    ],
)
def test_regex_finds_its_group(pattern, group, text, found):
    assert extraction.regex(pattern, group)(text, ()) == found


@pytest.mark.parametrize(
    ("pattern", "group", "reason"),
    [
        ("(", 0, "is not a regular expression: missing"),
        ("*", 0, "is not a regular expression: nothing to repeat"),
        ("a{99999999999}", 0, "is not a regular expression"),
        ("(a)(b)", 3, "has 2 groups, not 3"),
        ("a", 1, "has 0 groups, not 1"),
        ("a", -1, "has 0 groups, not -1"),
    ],
)
def test_a_bad_pattern_is_the_users_error(pattern, group, reason):
    with pytest.raises(BadInput, match=reason):
        extraction.regex(pattern, group)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"answer": "긍정"}', "긍정"),
        ('```json\n{"reason": "좋다니까", "answer": "긍정"}\n```\n끝', "긍정"),
        ('{감정} 은 다음과 같다: {"answer": "부정"}', "부정"),
        ('{ \n "answer" : "긍정" } {"answer": "부정"}', "긍정"),
        ('{"other": {"answer": "부정"}, "answer": "긍정"}', "긍정"),
        ('{"answer": 3}', "3"),
        ('{"answer": 0}', "0"),
        ('{"answer": 1.50}', "1.5"),
        ('{"answer": true}', "true"),
        ('{"answer": ["가", 1]}', '["가", 1]'),
        ('{"answer": null}', None),
        ('{"answer": ""}', None),
        ('{"other": "긍정"}', None),
        ('{"deep": {"answer": "부정"}}', None),
        ('{"deep": {"answer": "부정"}, "answer": "긍', None),
        ("{}", None),
        ("긍정", None),
        ('["answer"]', None),
        ("{'answer': '긍정'}", None),
        ("", None),
        ('{"answer": "\\ud800긍정"}', "?긍정"),
        ('{"answer": ' * 100_000, None),
        ('{"answer": ' + "1" * 5000 + "}", None),
    ],
    ids=lambda text: text[:40] if isinstance(text, str) else None,
)
def test_json_field_reads_the_first_object(text, found):
    assert extraction.json_field("answer")(text, ()) == found


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("긍정", "1"),
        (" 긍정. ", "1"),
        ("긍정。", "1"),
        ("‘긍정’", "1"),
        (nfd("긍정"), "1"),
        ("긍정적", None),
        ("긍정 부정", None),
        ("", None),
        ("...", None),
    ],
)
def test_a_label_is_chosen_only_by_its_own_text(text, label):
    assert chosen(text, options(*SENTIMENT)) == label


def test_punctuation_does_not_choose_an_option_made_of_it():
    assert chosen("!!", options("?", "x")) is None


def test_of_two_options_that_read_the_same_the_first_is_chosen():
    assert chosen("Ａ", options("A", "a")) == "0"


CIRCLED = ("①", "②", "③", "④", "⑤")
CITIES = ("서울", "부산", "인천", "제주")
NOUNS = ("국가", "제주도", "회의", "고양이", "사과", "인도", "나이")


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("정답은 ②번입니다", CIRCLED, "②"),
        ("긍정적인 리뷰예요", SENTIMENT, "긍정"),
        ("부정은 아니고 긍정", SENTIMENT, "긍정"),
        ("긍정이 아니라 부정", SENTIMENT, "부정"),
        ("답: 서울이다.", CITIES, "서울"),
        (nfd("답: 서울이다."), CITIES, "서울"),
        ("(B)", LETTERS, "B"),
        ("B) 광합성", LETTERS, "B"),
        ("**정답: B**", LETTERS, "B"),
        ("보기 3번", CITIES, "인천"),
        ("셋째", CITIES, "인천"),
        ("A와 C 중 고민했지만 C", LETTERS, "C"),
        ("I think the answer is (C).", LETTERS, "C"),
        ("정답: 나", ("가", "나", "다", "라"), "나"),
        ("ㄴ입니다", ("ㄱ", "ㄴ", "ㄷ"), "ㄴ"),
        ("ㄱ, ㄴ", ("ㄱ", "ㄴ", "ㄱ, ㄴ"), "ㄱ, ㄴ"),
        ("아니오", ("예", "아니요"), "아니요"),
        ("사과예요", NOUNS, "사과"),
        *((noun, NOUNS, noun) for noun in NOUNS),
        *((f"{noun}입니다.", NOUNS, noun) for noun in NOUNS),
        *((f"{noun}{'이다' if ends_closed(noun) else '다'}.", NOUNS, noun) for noun in NOUNS),
    ],
)
def test_stated_option_reads_what_the_answer_decides_for(text, words, found):
    assert extraction.stated_option()(text, options(*words)) == found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("답은 없습니다", CITIES),
        ("죄송하지만 답할 수 없습니다.", SENTIMENT),
        ("긍정과 부정", SENTIMENT),
        ("긍정/부정", SENTIMENT),
        ("긍정도 부정도 아니다", SENTIMENT),
        ("국가입니다", ("국", "가")),
        ("회의입니다", ("회", "의")),
        ("인도입니다", ("인", "도")),
        ("국가가 먼저다", ("가", "나", "다")),
        ("나는 모르겠다.", ("가", "나", "다")),
        ("A cell divides.", LETTERS),
        ("2024년 10월", ("1", "2", "10")),
        ("사과예요", ("예", "아니요")),
        ("인도적 지원이다", ("인도", "중국")),
        ("", SENTIMENT),
        ("긍정", ()),
        ("긍정", ("",)),
    ],
)
def test_stated_option_states_nothing_that_the_answer_does_not(text, words):
    assert extraction.stated_option()(text, options(*words)) is None


@given(st.lists(st.text(max_size=5), max_size=5), st.text(max_size=30))
def test_what_stated_option_finds_is_always_one_of_the_options(words, text):
    found = extraction.stated_option()(text, options(*words))
    assert found is None or found in words


def test_an_answer_in_pieces_is_read_like_a_composed_one():
    step = extraction.stated_option()
    answers = gold()
    assert [step(nfd(a.said), a.options) for a in answers] == [step(a.said, a.options) for a in answers]


# Just under what is measured: benchmarks/README.md has the figures.
@pytest.mark.parametrize(
    ("group", "precision", "recall"),
    [
        (lambda answer: True, 0.99, 0.99),
        (lambda answer: answer.hard, 0.98, 0.99),
        (lambda answer: answer.held_out, 0.985, 0.99),
        (lambda answer: answer.later, 0.98, 0.97),
    ],
    ids=["all", "hard", "held out", "later"],
)
def test_stated_option_reads_the_gold_set(group, precision, recall):
    found = measured(extraction.stated_option(), filter(group, gold()))
    assert found.precision >= precision
    assert found.recall >= recall


def test_first_option_reads_no_less_than_it_did():
    found = measured(extraction.first_option(), gold())
    assert (found.right, found.extracted) == (335, 574)


def test_the_gold_set_is_large_hard_and_has_answers_that_are_none():
    answers = gold()
    assert len({(answer.options, answer.said) for answer in answers}) == len(answers) >= 400
    assert sum(answer.hard for answer in answers) >= len(answers) // 2
    assert sum(answer.answer is None for answer in answers) >= 60
    assert all(answer.answer in {None, *(option.text for option in answer.options)} for answer in answers)


def joined(noun: str, closed: str, open_: str) -> str:
    return noun + (open_ if ends_closed(noun.rstrip(".")) is False else closed)


SENTENCES = {
    "named": lambda noun, other: f"정답은 {noun}입니다.",
    "plain": lambda noun, other: f"{joined(noun, '이다', '다')}.",
    "polite": lambda noun, other: f"제 생각에는 {joined(noun, '이에요', '예요')}.",
    "denied": lambda noun, other: f"{joined(other, '이', '가')} 아니라 {noun}입니다.",
    "chosen": lambda noun, other: f"{joined(other, '과', '와')} {noun} 중 {noun}",
}


@pytest.mark.data
@pytest.mark.skipif(not KORQUAD.exists(), reason="KorQuAD is not at hand")
@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES)
def test_korquads_answers_are_found_in_sentences_around_them(sentence):
    articles = json.loads(gzip.decompress(KORQUAD.read_bytes()))["data"]
    questions = [question for a in articles for p in a["paragraphs"] for question in p["qas"]]
    answers = [question["answers"][0]["text"] for question in questions]
    draw, step = random.Random(3), extraction.stated_option()
    sets = [(noun, draw.sample(answers, 3)) for noun in answers]
    apart = [(n, others) for n, others in sets if not any(n in other or other in n for other in others)]
    missed = [
        sentence(noun, others[0])
        for noun, others in apart
        if step(sentence(noun, others[0]), options(*sorted([noun, *others]))) != noun
    ]
    assert len(apart) > 3900
    assert missed == []


@pytest.mark.parametrize(
    ("text", "label", "option"),
    [
        ("정답은 ②번입니다", "2", "부산"),
        ("(B)", "B", "부산"),
        ("A는 물이지만 정답은 3번", "3", "인천"),
        ("정답: 나", "나", "부산"),
        ("ㄷ입니다", "ㄷ", "인천"),
        ("㉠", "ㄱ", "서울"),
        ("⑩", "10", None),
        ("나는 모른다", None, None),
        ("A good day", None, None),
        ("2024년", None, None),
        ("A 또는 B", None, None),
        ("ㅋㅋ", None, None),
        ("", None, None),
    ],
)
def test_letter_is_the_label_or_the_option_at_its_place(text, label, option):
    assert extraction.letter()(text, ()) == label
    assert extraction.letter()(text, options(*CITIES)) == option


def test_letter_keeps_a_label_that_is_an_option():
    assert extraction.letter()("정답은 (B)", options("B", "A")) == "B"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"$\boxed{42}$", "42"),
        (r"\boxed{1} … \boxed{2}", "2"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{\text{B}}", "B"),
        (r"\boxed {서울}", "서울"),
        (r"\boxed{ }", None),
        (r"\boxed{1", None),
        (r"\boxed", None),
        ("{42}", None),
        ("", None),
    ],
)
def test_boxed_is_the_last_one_with_its_own_braces(text, found):
    assert extraction.boxed()(text, ()) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("답: 서울이다.", "서울"),
        (nfd("답: 서울이다."), "서울"),
        ("정답은 서울입니다.", "서울"),
        ("The answer is Seoul.", "Seoul"),
        ("Answer: Seoul", "Seoul"),
        ("The answer is Mr. Kim.", "Mr. Kim"),
        ("They do not meet. So the answer is No.", "No"),
        ("No.", "No"),
        ("**No**", "No"),
        ("The answer is: no answer.", None),
        ("서울", "서울"),
        ("고양이다.", "고양이"),
        ("고양이입니다", "고양이"),
        ("사과예요", "사과"),
        ("김치이다", "김치"),
        ("아이다", "아이"),
        ("아이입니다", "아이"),
        ("하노이예요", "하노이"),
        ("세종대왕이었다", "세종대왕"),
        ("국가입니다.", "국가"),
        ("국가", "국가"),
        ("제주도", "제주도"),
        ("인도입니다", "인도"),
        ("가을을", "가을을"),
        ("캐나다", "캐나다"),
        ("제주다", "제주다"),
        ("정답은 ‘훈민정음’이다.", "훈민정음"),
        ("**정답**: 이순신입니다. 임진왜란 때 싸웠습니다.", "이순신"),
        ("지문을 보면 고려이다.\n정답: 조선", "조선"),
        ("정답은 세종대왕이라고 생각합니다.", "세종대왕"),
        ("제 생각에는 부산이에요.", "부산"),
        ("정답은 3.5%입니다.", "3.5%"),
        ("조선\n\n질문: 다음은?\n답: 고려", "조선"),
        ("우리에게 내일은 없다", "우리에게 내일은 없다"),
        ("답은 없습니다.", None),
        ("잘 모르겠습니다.", None),
        ("지문에서 알 수 없다", None),
        ("입니다", "입니다"),
        ("정답:", None),
        ("", None),
    ],
)
def test_answer_phrase_takes_the_answer_out_and_cuts_no_particle(text, found):
    assert extraction.answer_phrase()(text, ()) == found


@pytest.mark.parametrize(
    "reply",
    [
        "답 없음",
        "없음.",
        "정답이 없습니다.",
        "지문에 답이 없다",
        "글에는 답이 없어요",
        "No answer.",
        "none",
        "정답: 답 없음",
        "‘답 없음’",
        "알 수 없음",
        "주어진 지문에서는 답을 찾을 수 없습니다.",
        "지문에는 그 내용이 없습니다.",
    ],
)
def test_saying_that_there_is_no_answer_is_an_empty_answer(reply):
    assert extraction.no_answer()(reply, ()) == ""


@pytest.mark.parametrize(
    "reply", ["서울", "답 없는 날", "없음표", "nobody", "정답은 없음이 아니다", "우리에게 내일은 없다"]
)
def test_any_other_reply_stays_as_it_is(reply):
    assert extraction.no_answer()(reply, ()) == reply


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4", "4"),
        ("**4.5**점", "4.5"),
        ("5점 만점에 4점", "4"),
        ("4/5", "4"),
        ("3.5 out of 5", "3.5"),
        ("0에서 5 사이에서 3.5", "3.5"),
        ("On a scale of 0 to 5, I would rate this 4.", "4"),
        ("문장 1과 문장 2의 유사도는 3입니다.", "3"),
        ("유사도: 4점. 낱말 2개가 다릅니다.", "4"),
        ("４", "4"),
        ("-1", "-1"),
        ("3~4", None),
        ("4,5", None),
        ("낱말 2개는 같고 3개는 다릅니다.", None),
        ("네 점", None),
        ("", None),
    ],
)
def test_a_rating_is_read_without_the_scale_it_names(text, found):
    assert extraction.rating()(text, ()) == found


@pytest.mark.parametrize(
    "text", ["A. 왕건 B. 정도전 C. 이성계", "다음 중 A. 왕건 B. 정도전 C. 이성계 입니다."]
)
def test_who_only_lists_the_options_again_states_none(text):
    assert (
        extraction.stated_option()(text, [Option(str(i), letter) for i, letter in enumerate("ABC")]) is None
    )


def test_yes_or_no_states_neither():
    assert extraction.stated_option()("yes/no", [Option("0", "no"), Option("1", "yes")]) is None
