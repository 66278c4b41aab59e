"""Which option a reply states: marks, letters in every form, verbatim texts, verdicts, denials."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.extraction.steps import stated_option
from harness.schema import Option

CITIES = ("Paris", "London", "Rome", "Bonn")
SENTIMENT = ("부정", "긍정")
YES_NO = ("아니오", "예")
SOLUTION = "We weigh A against B. " * 20  # a long one: bare letters in it are variables as often as choices


def read(reply, texts, meanings=()):
    options = [Option(str(i), text, dict(enumerate(meanings)).get(i, "")) for i, text in enumerate(texts)]
    return stated_option()(reply, options)


def letter(reply, meanings=CITIES):
    return read(reply, "ABCDEFGHIJ"[: len(meanings)], meanings)


@pytest.mark.parametrize("reason", ["", SOLUTION + "\n\n"], ids=["short", "long"])
@pytest.mark.parametrize(
    "reply",
    [
        r"$\boxed{D}$",
        r"\boxed{\text{D}}",
        r"\boxed{(D)}",
        "#### D",
        "**D**",
        "D",
        "(D)",
        "D.",
        "D)",
        "[D]",
        "Ⓓ",
        "Answer: D",
        "ANSWER: d",
        "Answer: (d)",
        "**Answer: D**",
        "### ANSWER\nD",
        "Final Answer:\nD. Bonn",
        "The answer is (D).",
        "The answer is:\nD. Bonn",
        "the answer is **D. Bonn**.",
        "So the correct option is D.",
        "The closest option is (D).",
        "closest is (D)",
        "which corresponds to option (D).",
        "making option (D) correct.",
        "The most likely city is (D) Bonn.",
        "정답: D",
        "정답은 D입니다.",
        "답: (D)",
        "정답은 ④번입니다",
        "4번",
        "D를 선택하겠습니다.",
        "가장 가까운 선택지는 D: Bonn입니다.",
        "정답은 다음과 같습니다.\nD",
        '{"answer": "D"}',
        "Answer: Bonn",
        "The answer is Bonn.",
    ],
)
def test_a_label_is_read_in_every_form(reply, reason):
    assert letter(reason + reply) == "D"


@pytest.mark.parametrize(
    "steps",
    [
        "1) 무게를 잰다.\n2) 더한다.\n3) 비교한다: 4.65",
        "1. Weigh it.\n2. Add it up: 4.65",
        "① 식을 세운다.\n② 푼다.",
        "(1) 3 kg\n(2) 5 kg\n",
    ],
)
@pytest.mark.parametrize("last", ["D", "(D)", "**D**"])
def test_a_letter_alone_under_numbered_steps_is_the_answer(steps, last):
    assert letter(f"{steps}\n\n{last}") == "D"
    assert letter(f"{SOLUTION}\n{steps}\n\n{last}") == "D"


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("London", "B"),
        ("B. London", "B"),
        ("A city on the Thames: the answer is London", "B"),
        ("C: Rome\n\nReason: it is the oldest.", "C"),
        ("The answer is not A but B.", "B"),
        ("A is wrong. B is wrong. C is correct.", "C"),
        ("The answer is (A). Wait, that is wrong. The answer is (C).", "C"),
        ("The answer is (A) is incorrect. The correct answer is (C).", "C"),
        ("The answer is not listed, but the closest option is (C).", "C"),
        ("The answer is (B) or (C). As one is asked for, the answer is (C).", "C"),
        ("D\\n\\n설명: 본은", "D"),
        ("The answer is (B).\n\nQuestion: next one\nAnswer: C", "B"),
    ],
)
def test_the_last_of_what_is_marked_decides(reply, label):
    assert letter(reply) == label


@pytest.mark.parametrize(
    "reply",
    [
        "A B C D",
        "Choices: A B C D.",
        "The answer is (A), (B), and (C).",
        "The answer is (A, C, and D).",
        "The answer is (B) or (C).",
        "The answer is not among the options.",
        "The closest option is (C). No: the answer is not in the options.",
        "The answer is (N/A).",
        "None of these.",
        SOLUTION + "Therefore A = 5 and",
        SOLUTION + "$$E[X] = A",
        SOLUTION + "\n(A) means this.\n(B) means that.\n(C)",
        SOLUTION + "선택지 A 맞음. 선택지 B 맞음. 선택지 C",
        SOLUTION + "".join(f"The answer is ({x}). " for x in "ACBACBACB"),
        "I. All. II. None",
    ],
)
def test_a_list_a_denial_and_a_formula_state_none(reply):
    assert letter(reply) is None


@pytest.mark.parametrize(
    ("reply", "choices", "label"),
    [
        ("4", ("2", "4", "8", "16"), "B"),
        ("2", ("1", "4", "2", "3"), "C"),
        ("3번", ("3", "1", "2", "4"), "C"),
        ("1", ("10", "20", "30", "40"), "A"),
        ("The answer is 4.", ("2", "4", "8", "16"), "B"),
        ("The answer is a cat.", ("A dog", "A cat", "I do", "Cats"), "B"),
        ("A cat", ("A dog", "A cat", "I do", "Cats"), "B"),
        ("A dog barks.", ("It purrs", "It sings", "A dog barks", "It flies"), "C"),
        ("It purrs", ("A dog", "It purrs", "I", "B"), "B"),
    ],
)
def test_the_text_of_a_choice_outranks_letters_and_places(reply, choices, label):
    assert letter(reply, choices) == label


@given(
    st.permutations([f"the {word} of it" for word in ("cause", "end", "price", "place", "sound")]), st.data()
)
def test_a_choice_said_word_for_word_is_that_choice(choices, data):
    index = data.draw(st.integers(0, 4))
    for reply in (choices[index], f"The answer is {choices[index]}.", f"{'ABCDE'[index]}. {choices[index]}"):
        assert letter(reply, choices) == "ABCDE"[index]


@pytest.mark.parametrize(
    ("said", "replies"),
    [
        (
            "예",
            [
                "맞습니다.",
                "넵",
                "네, 맞습니다.",
                "그렇습니다.",
                "참입니다.",
                "사실입니다.",
                "같은 뜻입니다.",
                "의미가 같습니다.",
                "동일한 의미입니다.",
                "이 진술은 참입니다.",
                "틀리지 않습니다.",
                "거짓이 아닙니다.",
                "O",
                "True",
                "응, 맞아.",
            ],
        ),
        (
            "아니오",
            [
                "그렇지 않습니다.",
                "틀렸습니다.",
                "아뇨.",
                "거짓입니다.",
                "사실이 아닙니다.",
                "다른 의미로 쓰였습니다.",
                "틀린 설명입니다.",
                "두 문장의 '배'는 서로 다른 의미입니다.",
                "같은 의미로 사용되지 않았습니다.",
                "의미가 다릅니다.",
                "X",
                "False",
            ],
        ),
        (
            None,
            [
                "잘 모르겠습니다.",
                "지문만으로는 알 수 없습니다.",
                "그렇지 않다고 볼 수 없습니다.",
                "예를 들면 이렇습니다.",
                "참..어이가 없다.",
                "소재는 새롭지 않다.",
                "아마추어 같은 것들아.",
            ],
        ),
    ],
)
def test_a_yes_and_a_no_are_known_in_many_words(said, replies):
    assert {reply: read(reply, YES_NO) for reply in replies} == dict.fromkeys(replies, said)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("긍정 (부정적인 표현이 없음)", "긍정"),
        ("긍정(부정이 아님)", "긍정"),
        ("긍정적이지 않습니다.", "부정"),
        ("이 리뷰는 부정적이지 않습니다.", "긍정"),
        ("긍정적이지도 부정적이지도 않습니다.", None),
        ("긍정이 아니에요.", None),
        ("배우: 긍정\n이야기: 부정\n종합: 부정", "부정"),
        ("연기: 긍정\n음악: 긍정\n총평: 부정", "부정"),
        ("긍정 (O)\n부정 (X)", "긍정"),
        ("긍정: X, 부정: O", "부정"),
        ("긍정 (O)\n부정 (O)", None),
        ('{"긍정": 0.91, "부정": 0.09}', "긍정"),
        ('{"label": "부정", "confidence": 0.8}', "부정"),
        ("긍정: 10%\n부정: 90%", "부정"),
        ("긍정: 50%\n부정: 50%", None),
        ("처음에는 긍정으로 보였습니다. **정답: 부정**", "부정"),
    ],
)
def test_verdicts_denials_and_confidences(reply, said):
    assert read(reply, SENTIMENT) == said
