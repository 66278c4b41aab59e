"""Numbers as replies write them, and which of them a reply states."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.extraction.steps import number
from harness.schema import Response
from tests.support.small_tasks import question_task

read = number()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1,234.5", 1234.5),
        ("70{,}000", 70000),
        ("$1{,}234{,}567$", 1234567),
        (r"12\,500", 12500),
        ("1\u202f234\u202f567", 1234567),
        ("$400 000", 400000),
        ("１，２３４．５", 1234.5),
        ("2천5백만", 25_000_000),
        ("2천 5백만 원", 25_000_000),
        ("1천2백만 명", 12_000_000),
        ("3조", 3 * 10**12),
        ("1조 2,345억 원", 1_234_500_000_000),
        ("1억 2천만", 120_000_000),
        ("3만 5천 원", 35000),
        ("2백 5십", 250),
        ("3.5만 명", 35000),
        ("7/15", 7 / 15),
        ("7 / 15", 7 / 15),
        (r"\frac{7}{15}", 7 / 15),
        (r"$\dfrac{3}{4}$", 0.75),
        (r"-\frac{1}{2}", -0.5),
        ("9 3/5", 9.6),
        ("3½", 3.5),
        ("6.02e23", 6.02e23),
        ("1.3 × 10^28", 1.3e28),
        (r"4 \times 10^{-3}", 4e-3),
        ("10^195", 1e195),
        ("46.7%", 46.7),
        (r"60\%", 60),
        (r"\frac12", 0.5),
        ("2.5 million", 2_500_000),
        ("1,200 thousand", 1_200_000),
        ("$3k", 3000),
        ("2 hours and 30 minutes", 2.5),
        ("3시간 20분", 10 / 3),
        ("5시간 반", 5.5),
        ("3년 6개월", 3.5),
        ("5 feet 6 inches", 5.5),
        ("24 cm^2", 24),
        ("24cm²", 24),
        (r"24\text{ cm}^2", 24),
        (r"90^\circ", 90),
        ("5 ± 0.2", 5),
        ("-5", -5),
        ("마이너스 5도", -5),
        ("minus 12", -12),
        ("-$780", -780),
        ("$-780", -780),
        *((f"{dash}7", -7) for dash in "-−–—‒‑‐－"),
    ],
)
def test_a_number_is_read_however_it_is_written(written, value):
    for reply in (written, f"정답: {written}", rf"\boxed{{{written}}}", f"The answer is {written}."):
        assert float(read(reply, ())) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "reply",
    [
        "4 × 5",
        "3^98",
        "따라서 유사도는 23/√630입니다.",
        r"$\frac{23}{3\sqrt{70}}$",
        "10!",
        "x²",
        "없음",
        "",
        "삼만 오천",
        "따라서 A에서 B를 뺀 것은 (3, 2, 0) 벡터입니다.",
        "The answer is (3, 4].",
        "구간은 [1,4)이다",
        "사과와 배의 비율은 3:2입니다.",
    ],
)
def test_what_is_still_to_be_worked_out_is_no_number(reply):
    assert read(reply, ()) is None


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("The total is $\\boxed{12}$. 3 more would be 15.", "12"),
        (r"\boxed{1} … \boxed{2} and then 9", "2"),
        ("9*8=72\n#### 72 (i.e., 6 dozen)", "72"),
        ("#### 7 eggs (and 3 left)", "7"),
        ("#### - 5", "-5"),
        ("#### 1. 첫 단계\n답은 5\n#### 2. 둘째 단계\n끝", "5"),
        ("정답: 5\n검산: 2 + 3", "5"),
        ("답은 5입니다. 아니, 답은 6입니다.", "6"),
        ("답: 5만", "50000"),
        ("The answer is 5 × 3 = 15.", "15"),
        ("So she pays $12 for 3 apples.", "12"),
        ("Therefore 3 bags cost $12.", "12"),
        ("따라서 3의 98제곱은 50자리 숫자입니다.", "50"),
        ("따라서 유사도는 0.919입니다. 1에 가까울수록 유사하고, -1에 가까울수록 다릅니다.", "0.919"),
        ("따라서 23/√630입니다. 계산하면 약 0.916입니다.", "0.916"),
        ("결과는 3,500원 (부가세 350원 포함)입니다.", "3500"),
        ("넓이는 **18**입니다.\n\n1. 가로\n2. 세로\n끝", "18"),
        ("6 + 2 = 8\nA: 8", "8"),
        ("x = 3\ny = 4", "4"),
        ("```python\nn = 500\nprint(n)\n```\n답은 7", "7"),
        ("답은 9입니다.<|eot_id|>\n2", "9"),
        ("답은 9\n\n질문: 다음은?\n답은 4", "9"),
        ("3의 98제곱은 9604이므로 일의 자리는 4입니다.", "4"),
        (
            "따라서 5의 30제곱은 21자리입니다.\n\n따라서 5의 30제곱의 자릿수를 구할 필요는 없습니다.",
            "21",
        ),
        ("결국 7의 12제곱은 3으로 끝납니다. 즉, 7의 12제곱을 다 구할 필요는 없습니다.", "3"),
        ("답은 5인 것으로 보입니다.", "5"),
        ("There is no difference between 1/4 and 2/8.", "0"),
        ("Tom ate all 12. So there were none left.", "0"),
        ("두 값은 3/6과 1/2이므로 차이가 없습니다.", "0"),
        (
            "값을 구하면 8/480이 됩니다. " + "따라서 확률은 1/60이라는 것을 알 수 있습니다. " * 40,
            "0.016666666666666667",
        ),
        ("점 (1, 3)과 (4, 7) 사이의 거리는 5입니다.", "5"),
        ("총액은 (1,234)원입니다.", "1234"),
    ],
)
def test_what_is_marked_as_the_answer_goes_before_running_text(reply, said):
    assert read(reply, ()) == said


@pytest.mark.parametrize(
    "reply",
    [
        "따라서 일의 자리 숫자는 0이 아닙니다.",
        "따라서 49자리 숫자 이상 50자리 숫자 미만입니다.",
        "1.27 = " + "0" * 300,
        "합은 " + "000," * 100,
        "크기가 1인 벡터로 보고 내적을 구합니다.",
        "3D 공간인지 2차원 공간인지 알아야 합니다.",
        "따라서 경우의 수는 21이다. 이제 이를 " + "나누어서 나누어서 " * 40,
        "7(세 번 나오므로 21의 자리 숫자(" + "21의 자리 숫자 " * 40,
    ],
)
def test_a_denied_number_a_range_and_noughts_without_end_state_none(reply):
    assert read(reply, ()) is None


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("12 + 30 = 4", None),
        ("정답은 4", None),
        ("따라서 경우의 수는 21입니다. 이제 이것을", None),
        ("정답은 42입니다. 검산하면 12 + 3", "42"),
        (r"\boxed{42} 검산 12", "42"),
        ("#### 42\n검산", "42"),
    ],
)
def test_a_reply_cut_by_length_states_only_what_it_had_marked(reply, said):
    task = question_task(extract=["number"])
    from harness.extraction.predictions import reader

    assert reader(task)(Response(("1", 0), text=reply, finish="length"), ()) == said


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("따라서 남은 사과는 세 개입니다.", "3"),
        ("그래서 지우는 여전히 **여덟 권**의 책을 가지고 있어.", "8"),
        ("학생은 모두 스물다섯 명이에요.", "25"),
        ("정답: 셋", "3"),
        ("따라서 가격은 삼만 오천 원입니다.", "35000"),
        ("답은 이십삼입니다.", "23"),
        ("공책 4권을 팔았지만 연필은 그대로 열두 자루입니다.", "12"),
        ("따라서 두 개의 공이 같은 색일 확률은 2/9입니다.", "0.22222222222222222"),
        ("There are three dogs in the yard.", "3"),
        ("So she has twenty-one left.", "21"),
        ("He bought two dozen.", None),
        ("The total is one hundred and five.", "105"),
        ("The answer is one.", "1"),
        ("It is one of the questions that nobody has answered.", None),
        ("네, 맞습니다. 한 번 더 생각해 보세요.", None),
        ("두 사람이 세 가지를 골랐다.", None),
        ("Yes, there are two: One Two and Two Two.", "2"),
    ],
)
def test_numbers_in_words_are_read_where_they_state_an_amount(reply, said):
    assert read(reply, ()) == said


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("9입니다. 3은 홀수이고 7을 더하면 10, 1을 빼면 8이 되기도 합니다.", "9"),
        ("4개\n\n상자 12개에서 8개를 뺐기 때문에 상자 8개는 셈에 없습니다.", "4"),
        ("남은 사탕은 6개입니다. 왜냐하면 처음에 10개가 있었고 4개를 먹었기 때문입니다.", "6"),
        ("She has 7 left. Because 3 of the 10 were sold.", "7"),
        ("5(처음 9개 - 2(동생에게 준 것) - 2(먹은 것))", "5"),
        ("12 - 3 = ∴ 9", "9"),
        ("따라서 몫은 15입니다. 이 결과를 2로 나누면 7.5입니다.", "7.5"),
        ("따라서 8자리 수입니다.\n하지만 이는 log(10) = 1이라는 가정에서 나온 값입니다.", "8"),
        ("따라서 37을 10으로 나눈 나머지를 구하면 됩니다.\n위 코드는 7을 출력합니다.", "7"),
        ("따라서 남은 연필은 0자루입니다. 즉, 지우개 1개와 풀 0개입니다.", "0"),
        ("따라서 민지는 사탕을 하나도 가지고 있지 않습니다.", "0"),
        (
            "따라서 배는 2개입니다. 그러나 배의 수는 묻지 않았습니다. 사과는 여전히 7개를 가지고 있습니다.",
            "7",
        ),
        ("지수는 공책을 6권 가지고 있습니다. 볼펜을 3자루 팔았습니다. 공책 수는 그대로입니다.", "6"),
        ("About 40 buses are here each day. Some carry 90 visitors. They are busy.", "40"),
        ("**Answer:** 1/8\n따라서 두 공책이 남는 두 가지 길이 있습니다.", "0.125"),
        ("3 x 4 x 5", None),
        ("We get this by taking it apart, multiplied by 100.", None),
        ("So the speed is 60 m divided by 4 s, or 15 m/s.", "15"),
        ("Thus there are 6 ways that are open to 14 people.", "6"),
        ("The gate moved 1 degree. After 30 turns, it has moved 30 degrees.", "30"),
        ("따라서 한 칸은 512비트 = 64바이트\n\n필요한 칸의 수 = 2048바이트 ÷ 64바이트 = 32개", "32"),
        ("**3단계: 값**\n\n오차는 ≈ 0.7\n\n**답: C**\n\nC", "0.7"),
        ("The moon has circled the earth 12 times since then.", "12"),
        ("So Ben has $31 left when he is 12 years old.", "31"),
        ("So 6 trains leave each hour, which adds up to 144 trains a day.", "144"),
        ("The lake is 80 metres deep. This is calculated by multiplying 40 by 2.", "80"),
        ("따라서 넓이는 12입니다. 이를 4로 나누어 볼 수도 있습니다.", "12"),
    ],
)
def test_what_is_said_at_once_or_before_the_reason_is_stated_and_a_plan_or_a_step_is_not(reply, said):
    assert read(reply, ()) == said


@pytest.mark.parametrize(
    "reply",
    [
        "예를 들어 3개를 샀다면 12 - 3 = 9가 됩니다. 하지만 정확한 개수를 알 수 없습니다.",
        "값을 넣으면 -2가 됩니다. 따라서 이 문제는 정답을 찾을 수 없습니다.",
        "1부터 n까지 더하면 됩니다. n의 범위를 명확히 해 주세요.",
        "숫자 목록을 알려주시면 1부터 차례로 더해 드릴 수 있습니다.",
        "With 3 of them it would be 12, but there is not enough information to say.",
        "따라서 빨간 구슬 3개와 파란 구슬 5개를 가지고 있습니다.",
        "따라서 사과는 6개이고, 배는 1개입니다.",
        "따라서 사과 6개의 상자를 가지고 있으며, 배 1개의 상자를 가지고 있습니다.",
        "따라서 확률은 1/5입니다. 그러나 공의 수를 모르므로 확률은 구할 수 없습니다.",
        "We add them up: 30 + 60 + 5 = 95, and from this we take 95 -",
        "The shares are 10%, 20%, and 70%, respectively.",
        "Overall, it takes anywhere from 20 to 30 minutes.",
        "따라서 유사도는 0.8, 각도는 약 37도입니다.",
        r"It takes $\boxed{3}$ hours and $\boxed{15}$ minutes.",
        "It is not possible to determine it. We can only say that it is less than 15%.",
        "\n".join(
            f"{number} x {number} 을 구합니다.\n이를 계산하면 다음과 같습니다." for number in range(14)
        ),
        "" + ", ".join(f"{number} × 3" for number in range(40, 70)),
        "".join(f"{number}단계: {number * 7}을 더한다. 그리고 다음으로 넘어간다. " for number in range(20)),
    ],
)
def test_what_cannot_be_known_two_amounts_and_counting_without_end_state_none(reply):
    assert read(reply, ()) is None


@given(st.integers(-(10**12), 10**12))
def test_a_whole_number_is_read_back_with_and_without_commas(value):
    for written in (str(value), f"{value:,}", unicodedata.normalize("NFD", f"정답: {value:,}원")):
        assert int(read(written, ())) == value


@given(st.integers(1, 9999), st.sampled_from([("만 원", 10**4), ("억", 10**8), ("조", 10**12), ("천", 1000)]))
def test_korean_units_multiply(digits, unit):
    assert float(read(f"{digits}{unit[0]}", ())) == digits * unit[1]


@given(st.text(max_size=200))
def test_what_is_read_is_always_a_number(text):
    said = read(text, ())
    assert said is None or isinstance(float(said), float)
