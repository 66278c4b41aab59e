"""Which of several numbers a reply states, and where it states none."""

from __future__ import annotations

import pytest

from harness.extraction.steps import number

read = number()


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("When the shop closes, he will have $45 left after 9 years.", "45"),
        ("If her aunt sends 4 more, she will have 19 stamps when she is 30.", "19"),
        ("The plumber was paid $320 for 8 hours.", "320"),
        ("Sara walked 21 miles in 7 days.", "21"),
        ("The share is 64%, with 60% in May, 62% in June and 70% in July.", "64"),
        ("A heart would beat 2.5 billion times in a 70-year life.", "2500000000"),
        ("According to a 2015 survey, over 3 million cups are sold here.", "3000000"),
        (
            "A dog barks about 40 times an hour, or about 960 times per day and 350,400 times per year.",
            "350400",
        ),
        ("The tower was finished on May 3, 1931.", "1931"),
        ("The first lamps came in the 1930s, and 12 firms made them by May 3.", "12"),
        ("So the concentration of the base is 0.25 M. The", "0.25"),
        ("There are 9 ways to fill a 2x5 board.", "9"),
        ("Two rows of 6 and one of 4, resulting in a total of 16 chairs.", "16"),
        ("So the pressure is 90 N divided by 3 square metres, or 30 N per square metre.", "30"),
        ("Thus the mean cost when the yield is 800 boxes is $1.25 a box.", "1.25"),
        ("The score is 96.4%, which is very close to 100%.", "96.4"),
        ("He blinks 9,000 times. This is equivalent to about 30 minutes.", "9000"),
        ("Nina spent a total of $90. She paid $50 for shoes, $25 for socks and $15 for laces.", "90"),
        ("The whole trip would take 26 hours. This includes 9 hours of flight and 3 hours of waiting.", "26"),
        (
            "The total share is 71.5%, as 3 of 4 are higher. The shares are 70% in May and 73% in June.",
            "71.5",
        ),
        ("The price for 30 lessons is $600. Each lasts an hour, so he pays $20 a lesson.", "20"),
        ("The total is $133. If he bought more, you would need to add $8 for each.", "133"),
        ("Therefore, 지호 (Ji-ho) has 8 marbles after giving 5 to 유나 (Yu-na).", "8"),
    ],
)
def test_of_an_english_sentence_the_number_of_its_main_clause_is_stated(reply, said):
    assert read(reply, ()) == said


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("연필 4자루를 사고 두 자루를 나눠 준 뒤에도 지민이는 여전히 공책 여섯 권을 가지고 있습니다.", "6"),
        ("점수는 0.82로 높은 편입니다. 0.7 이상의 값은 좋은 것으로 봅니다.", "0.82"),
        ("f(x) = 0을 만족시키는 값 중 하나는 3입니다. 0이 되는 다른 값은 도구로 구하면 됩니다.", "3"),
        (
            "지민이는 노란 공 4개를 가지고 있습니다. 따라서 파란 공 1개와 노란 공 4개를 가지고 있습니다.",
            "4",
        ),
        ("7 (two carried over)\n\n(Note: If you meant the square, the answer is 49.)", "7"),
        ("**Therefore, the length is:**\n\n**12 m**", "12"),
        ("Therefore h = 1.2 m. To convert this to centimetres, we multiply by 100, giving 120 cm.", "120"),
        ("The drag is 5.81 W/m^2 K.", "5.81"),
        ("The mass is 13,000 g mol^{-1}.", "13000"),
        ("The speed change is 36.3 ft/sec^2.", "36.3"),
        ("총 12개입니다. 빨간 것이 7개, 파란 것이 5개입니다.", "12"),
        ("V = 200 + 15\nV = 215[V]\n\n**B**", "215"),
        ("We find that 2 generates Z_11.", "2"),
        ("합계를 구합니다.\n= 8 cm\n\nThe answer is", "8"),
    ],
)
def test_thresholds_other_meanings_and_exponents_of_units_are_not_the_answer(reply, said):
    assert read(reply, ()) == said


@pytest.mark.parametrize(
    "reply",
    [
        "20-30",
        "It takes 20 to 30 minutes.",
        "In total it can take around 5 to 8 days for the paint to dry.",
        "걸리는 시간은 15~20분입니다.",
        "The total is **9.5 hours + Waiting Time**",
        "따라서 지민이는 배 3개 + 감 1개를 가지고 있습니다.",
        "따라서 감 1개가 있습니다. 배는 여전히 5개가 있습니다.\n결론적으로 배 5개와 감 1개가 있습니다.",
        "따라서 넓이는 7π입니다.",
        "The area is 7pi.",
        r"There are $\binom{9}{4}$ ways.",
        "x^2 - 5x + 6 = 0",
        "x = 5,2",
        "Jazz began in New Orleans in the 1910s.",
        "재즈는 1910년대에 시작되었습니다.",
        "Please tell me the date. The feast is on December 25th each year.",
        "So it has happened around 2.1 to 2.6 billion times, with a midpoint of 2.3 billion.",
        "정확한 답변을 제공하기 어렵습니다. 그러나 예를 들어 1부터 4까지 더하겠습니다. 따라서 합은 10입니다.",
        "The solutions are x = 2, x = 3, and x = -4.",
        "The number of songs is in the millions, if not tens of millions.\n\nIt grows every day.",
        "**6. Real Limits:**\n- Tens of thousands of balloons would be needed.\n\nIt is impossible.",
        "숫자 목록이 제공되지 않았습니다. 예를 들어 1부터 4까지라고 하겠습니다. 따라서 합은 10입니다.",
        "합을 구하는 것은 쉽습니다. 예를 들어 수가 12와 3이라면 합은 15가 되겠죠. 계산기를 쓰셔도 좋습니다.",
        "두 개의 갈래를 합치는 두 가지 방법입니다.",
    ],
)
def test_ranges_sums_with_words_two_amounts_and_examples_state_no_number(reply):
    assert read(reply, ()) is None


@pytest.mark.parametrize(
    "reply",
    [
        "The volume is 0.05 × 3 = 0.15. The mass",
        "We have 12 rows. We can seat 11 of them, but we",
        "따라서 경우의 수는 21입니다. 이제 이것을",
        "합은 2.1 × 3 = 6.3입니다. 이는 불가능합니다. 다시 계산하려면 두 값의 차",
        "값은 2.1 × 2 = 4.2입니다. 이 결과는 잘못되었으므로 처음부터 다시 계산해야 하고, 그러려면 앞에서 "
        "구한 두 확률을 곱하지 않고 더해야 하며, 그 다음에 전체 경우의 수로 나누어야 합니다. " * 5,
        "The rate is k[A]. With k = 2 it is 2[A",
        "We subtract 1 from 95. So we get 95 - 1 = 94. Let us look again: 30 + 60 + 5 = 95, and 95 - 1 =",
    ],
)
def test_a_reply_that_stops_in_the_middle_of_a_sentence_or_a_sum_states_only_what_it_marked(reply):
    assert read(reply, ()) is None
    assert read(f"정답: 42\n{reply}", ()) == "42"
