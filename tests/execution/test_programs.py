"""A reply's code, and the program that is made of it and its tests."""

from __future__ import annotations

import pytest

from harness.execution import python_tests
from harness.extraction.code_blocks import blocks, code

PYTHON = ("python", "py")
PROMPT = 'import math\n\n\ndef area(r: float) -> float:\n    """Return the area of a circle."""\n'
TEST = "def check(candidate):\n    assert round(candidate(1), 2) == 3.14\n"
TARGET = {"prompt": PROMPT, "entry_point": "area", "test": TEST}
BODY = "    return math.pi * r ** 2\n"
WHOLE = "def area(r):\n    return math.pi * r ** 2\n"


def runs(program: str) -> bool:
    """Return whether a program of these tests, which are ours, gets to its end."""
    try:
        exec(compile(program, "<ours>", "exec"), {})
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize(
    "given",
    [
        BODY,
        BODY.strip(),
        "r2 = r ** 2\nreturn math.pi * r2",
        "r2 = r ** 2\n    return math.pi * r2",
        WHOLE,
        "from __future__ import annotations\n" + WHOLE,
        "area = lambda r: math.pi * r ** 2",
    ],
)
def test_a_body_continues_the_prompt_and_a_whole_program_has_its_imports(given: str):
    assert runs(python_tests.program(given, TARGET))


def test_a_wrong_body_does_not_get_to_the_end():
    assert not runs(python_tests.program("    return 3.0", TARGET))


def test_tests_that_assert_by_themselves_need_no_check():
    assert python_tests.program("x = 1", {"test": "assert x == 1"}).endswith("assert x == 1\n")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (f"Here it is:\n```python\n{WHOLE}```\nIt uses pi.", WHOLE.rstrip()),
        (f"```py\nprint(1)\n```\nthen\n```python\n{WHOLE}```", WHOLE.rstrip()),
        (f"A draft:\n```python\ndef area(r): return 3\n```\nBetter:\n```python\n{WHOLE}```", WHOLE.rstrip()),
        (f"```python\n{WHOLE}```\nUse it so:\n```python\nprint(area(2))\n```", WHOLE.rstrip()),
        (f"```bash\npip install x\n```\n~~~python\n{WHOLE}~~~", WHOLE.rstrip()),
        (f"```python\n{WHOLE}", WHOLE.rstrip()),
        (f"1. First:\n   ```python\n   {WHOLE.replace(chr(10), chr(10) + '   ')}\n   ```", WHOLE.rstrip()),
        (f"````python\n{WHOLE}s = '```'\n````", f"{WHOLE}s = '```'"),
        (f"물론이죠! 함수는 다음과 같습니다.\n\n{WHOLE}", WHOLE.rstrip()),
        (BODY + "\n\ndef other():\n    pass\n", BODY.rstrip()),
        (BODY + "\nprint(area(3))\n", BODY.rstrip()),
        (BODY + "# next\n", BODY.rstrip()),
        ("```\n    return math.pi * r ** 2\n```", BODY.rstrip()),
        ("```sql\nSELECT 1\n```", None),
        ("", None),
    ],
)
def test_the_right_code_is_taken_out_of_a_reply(reply: str, expected: str | None):
    assert code(reply, "area", PYTHON) == expected


def test_a_block_says_its_language_whatever_else_stands_beside_it():
    assert [(one.language, one.text) for one in blocks("```python title=x\na\n```\n```{.py}\nb\n```")] == [
        ("python", "a"),
        ("py", "b"),
    ]
