"""What texts cost in tokens, and how many times more the same thing costs in Korean than in English.

Engines charge, and bound their prompts, by the token. A tokenizer that was learnt mostly on English cuts
Korean into more of them, so that the same sentence costs more: the "Korean tax". It is counted on sentences
and their translations: a task's own, if it is one of translation, else PAIRS, which were written for this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from harness.adapters.fields import bare_text
from harness.schema import Example

Pair = tuple[str, str]  # a sentence in Korean, and the same in English

PAIRS: tuple[Pair, ...] = (
    ("오늘은 아침부터 비가 와서 우산을 챙겼다.", "It has rained since morning, so I took an umbrella."),
    (
        "처음에는 지루했지만 끝은 감동적이었다.",
        "It was dull at first, but the end was moving.",
    ),
    (
        "회의는 내일 오후 세 시로 미뤄졌습니다.",
        "The meeting is put off until three tomorrow afternoon.",
    ),
    ("어머니는 시장에서 사과와 배를 사 오셨다.", "My mother bought apples and pears at the market."),
    ("누구나 배우고 쉴 권리가 있다.", "Everybody has the right to learn and to rest."),
    ("기차가 늦어져서 약속 시간에 도착하지 못했어요.", "The train was late, so I did not arrive in time."),
    ("정부는 다음 달부터 버스 요금을 올리기로 했다.", "The government will raise bus fares from next month."),
    ("이 약은 하루에 두 번, 식사 뒤에 드세요.", "Take this medicine twice a day after meals."),
    ("도서관에서는 휴대 전화를 꺼 주시기 바랍니다.", "Please switch off your phone in the library."),
    (
        "연구자들은 새로운 물질의 구조를 밝혀냈다.",
        "Researchers found the structure of a new material.",
    ),
    ("길을 잃으면 가까운 경찰서에 물어보세요.", "If you get lost, ask at the nearest police station."),
    ("그는 열 살 때부터 피아노를 배우기 시작했다.", "He began to learn the piano when he was ten."),
    (
        "비밀번호를 잊으셨다면 아래 단추를 누르세요.",
        "If you forgot your password, press the button below.",
    ),
    ("지난해 수출은 재작년보다 칠 퍼센트 늘었다.", "Exports grew by seven per cent last year."),
    ("아이들은 운동장에서 공을 차며 놀고 있다.", "The children are playing with a ball in the playground."),
    ("싸고 맛있는 집이지만 주말에는 자리가 없다.", "It is cheap and good, but there is no seat at weekends."),
)


@dataclass(frozen=True, slots=True)
class TokenCosts:
    """What a tokenizer makes of texts, and of pairs of sentences.

    `characters` and `words` (between blanks) are of the texts, `tokens` too; `korean` and `english` are the
    tokens of the pairs' two sides, `pairs` how many there are.
    """

    characters: int
    words: int
    tokens: int
    korean: int
    english: int
    pairs: int

    @property
    def per_character(self) -> float | None:
        """Return tokens a character, None without characters."""
        return self.tokens / self.characters if self.characters else None

    @property
    def per_word(self) -> float | None:
        """Return tokens a word, None without words."""
        return self.tokens / self.words if self.words else None

    @property
    def multiple(self) -> float | None:
        """Return how many times the tokens of English the same costs in Korean."""
        return self.korean / self.english if self.english else None


def token_costs(count: Callable[[str], int], texts: Sequence[str], pairs: Sequence[Pair]) -> TokenCosts:
    """Return what `count`, which returns the tokens of a text, says of texts and pairs."""
    return TokenCosts(
        characters=sum(map(len, texts)),
        words=sum(len(text.split()) for text in texts),
        tokens=sum(map(count, texts)),
        korean=sum(count(korean) for korean, _ in pairs),
        english=sum(count(english) for _, english in pairs),
        pairs=len(pairs),
    )


def translations(examples: Iterable[Example]) -> list[Pair]:
    """Return the input and the first reference of those examples of which just one is Korean.

    The other must say something in letters: a label or a number translates nothing.
    """
    found = []
    for example in examples:
        target = example.target[0] if isinstance(example.target, tuple) and example.target else example.target
        sides = (bare_text(example), str(target or ""))
        korean = [_is_korean(side) for side in sides]
        if sum(korean) == 1 and all(any(map(str.isalpha, side)) for side in sides):
            found.append(sides if korean[0] else sides[::-1])
    return found


def _is_korean(text: str) -> bool:
    """Return whether most of the letters are Hangul."""
    letters = [sign for sign in text if sign.isalpha()]
    return 2 * sum("가" <= sign <= "힣" for sign in letters) > len(letters)
