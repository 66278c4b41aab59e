from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import BadInput
from harness.evaluation.grid import plans
from harness.evaluation.plan import Plan
from harness.options.running import RunOptions
from harness.prompts import fewshot
from harness.prompts.renderer import Prompts
from harness.schema import Decoding, Example, Option
from harness.text.normalize import hangul_only, nfc, one_space
from tests.support.small_tasks import question_task, reviews, small_task, with_shots

POOL = reviews(*(f"영화 {word} 재미있다" for word in "가나다라마바사아자차카타파하"))
ASKED = Example("asked", {"input": "이 영화 어때요"}, "1")

# Few letters and short texts, so that pools hold empty rows, copies and copies in disguise.
texts = st.text(alphabet="가나ab !.\u1100\u1161", max_size=4)
draws = pytest.mark.parametrize("draw", ["per_example", "fixed", "first"])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Example], Example, list[str]]:
    """Return a pool, an example that may be one of it, and how prompts are cleaned."""
    pool = reviews(*draw(st.lists(texts, min_size=1, max_size=25)))
    example = draw(st.one_of(st.sampled_from(pool), texts.map(lambda t: Example("asked", {"input": t}, "1"))))
    return pool, example, draw(st.sampled_from([[], ["hangul_only"], ["one_space"]]))


def allowed(pool: list[Example], example: Example, clean: list[str]) -> set[str]:
    """Return the ids that may be shots, said in another way than the code does."""

    def key(row: Example) -> str:
        text = row.fields["input"]
        return one_space(nfc(hangul_only(text) if clean == ["hangul_only"] else text))

    return {row.id for row in pool if key(row) and key(row) != key(example)}


def sample_plan(task: str = "nsmc_fewshot", backend: str = "dummy", **choices: Any) -> Plan:
    (plan,), _ = plans(RunOptions(task, backend, sample=True, **choices), lambda _line: None)
    return plan


# Which rows are shots


@draws
@given(world=worlds())
def test_every_row_that_qualifies_can_be_a_shot_and_no_other(draw, world):
    pool, example, clean = world
    fit = allowed(pool, example, clean)
    shots = with_shots(len(fit), pool, clean=clean, draw=draw).shot_ids(example)
    assert sorted(shots) == sorted(fit)


@draws
@given(world=worlds())
def test_the_shots_are_the_first_of_one_more_for_every_k(draw, world):
    pool, example, clean = world
    count = len(allowed(pool, example, clean))
    every = with_shots(count, pool, clean=clean, draw=draw).shot_ids(example)
    for k in range(count):
        assert with_shots(k, pool, clean=clean, draw=draw).shot_ids(example) == every[:k]


@draws
@settings(max_examples=30)
@given(order=st.permutations(range(8)))
def test_shots_do_not_depend_on_the_order_of_asking_nor_on_the_other_examples(draw, order):
    together = with_shots(3, POOL, draw=draw)
    asked = {row: together.shot_ids(POOL[row]) for row in [*order, *order]}
    alone = {row: with_shots(3, POOL, draw=draw).shot_ids(POOL[row]) for row in order}
    assert asked == alone


def test_shots_do_not_depend_on_the_limit_or_the_share():
    whole = sample_plan(shots=4).prompts()
    for limit in (3, 0.05):
        plan = sample_plan(shots=4, limit=limit)
        few = plan.prompts()
        assert all(few.shot_ids(row) == whole.shot_ids(row) for row in plan.material.evaluated())


def test_every_backend_sees_the_same_shots():
    plan, other = sample_plan(shots=5, limit=5), sample_plan(backend="random", shots=5, limit=5)
    for row in plan.material.evaluated():
        shots = plan.prompts().shot_ids(row)
        assert len(shots) == 5
        assert shots == other.prompts().shot_ids(row)


@pytest.mark.parametrize("backend", ["nb", "majority"])
def test_a_system_that_was_fitted_reads_the_query_alone(backend):
    plan = sample_plan(backend=backend, shots=5, limit=5)
    assert [plan.prompts().shot_ids(row) for row in plan.material.evaluated()] == [[]] * 5


IN_A_PROCESS = """
import json
from tests.support.small_tasks import reviews, with_shots
pool = reviews(*(f"영화 {word} 재미있다" for word in "가나다라마바사아자차카타파하"))
print(json.dumps([with_shots(5, pool).shot_ids(row) for row in pool]))
"""


def test_shots_are_the_same_in_a_process_with_other_hashes(request):
    here = [with_shots(5, POOL).shot_ids(row) for row in POOL]
    for seed in ("1", "2"):
        found = subprocess.run(
            [sys.executable, "-c", IN_A_PROCESS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=request.config.rootpath,
            capture_output=True,
            check=True,
        )
        assert json.loads(found.stdout) == here


def test_shots_are_the_ones_they_have_always_been():
    assert with_shots(3, POOL).shot_ids(ASKED) == ["train-3", "train-2", "train-13"]
    assert with_shots(3, POOL, draw="fixed").shot_ids(ASKED) == ["train-9", "train-8", "train-11"]


def test_the_first_shots_are_those_of_the_file_whatever_the_seed():
    for seed in (1, 2):
        shots = with_shots(2, POOL, draw="first", seed=seed)
        assert shots.shot_ids(ASKED) == ["train-0", "train-1"]
    assert with_shots(3, POOL, draw="first").shot_ids(POOL[1]) == ["train-0", "train-2", "train-3"]


def test_the_first_shots_are_those_of_the_examples_own_subject():
    pool = [Example(f"{row}", {"input": f"글 {row}"}, "1", meta={"topic": "ab"[row % 2]}) for row in range(6)]
    task = small_task(meta={"topic": "topic"}, shots={"k": 2, "draw": "first", "same": "topic"})
    asked = Example("x", {"input": "다른 글"}, "0", meta={"topic": "b"})
    assert Prompts(task, lambda: pool).shot_ids(asked) == ["1", "3"]


def test_another_seed_draws_other_shots():
    drawn = {tuple(with_shots(3, POOL, seed=seed).shot_ids(ASKED)) for seed in range(20)}
    assert len(drawn) > 15


def test_another_example_draws_other_shots():
    shots = with_shots(3, POOL)
    drawn = {tuple(shots.shot_ids(Example(str(number), ASKED.fields))) for number in range(20)}
    assert len(drawn) > 15


def test_fixed_shots_are_the_same_for_every_example_that_is_none_of_them():
    shots = with_shots(3, POOL, draw="fixed")
    assert len({tuple(shots.shot_ids(Example(str(number), ASKED.fields))) for number in range(20)}) == 1


@draws
def test_an_example_is_never_among_its_own_shots_when_the_pool_is_what_is_evaluated(draw):
    shots = with_shots(len(POOL) - 1, POOL, draw=draw)
    assert all(row.id not in shots.shot_ids(row) for row in POOL)


@pytest.mark.parametrize(
    ("copy", "clean"),
    [
        ("정말 좋다", []),
        (unicodedata.normalize("NFD", "정말 좋다"), []),
        ("정말  좋다 ", []),
        ("정말\n좋다", []),
        ("10! 정말 좋다!!", ["hangul_only"]),
        (unicodedata.normalize("NFD", "정말 좋다."), ["hangul_only"]),
    ],
)
def test_a_row_with_the_examples_own_input_is_no_shot(copy, clean):
    pool = reviews("나쁘다", copy, "그저 그렇다")
    asked = Example("asked", {"input": "정말 좋다"}, "1")
    assert sorted(with_shots(2, pool, clean=clean).shot_ids(asked)) == ["train-0", "train-2"]


def test_another_row_under_the_examples_id_may_be_a_shot():
    pool = [Example("7", {"input": "좋다"}, "1")]
    assert with_shots(1, pool).shot_ids(Example("7", {"input": "나쁘다"}, "0")) == ["7"]


def test_a_copy_of_one_field_is_no_copy_of_the_input():
    fields = {"id": "id", "target": "label", "first": "first", "second": "second"}
    template = {"pair": {"query": "{{ first }} / {{ second }}"}}
    task = small_task(fields=fields, templates=template, shots={"k": 1})
    pool = [Example("1", {"first": "비가 온다", "second": "맑다"}, "0")]
    asked = Example("asked", {"first": "비가 온다", "second": "흐리다"}, "1")
    assert Prompts(task, lambda: pool).shot_ids(asked) == ["1"]


@pytest.mark.parametrize("empty", ["", "  \n", None, "!!! 10/10", "\u3000"])
def test_an_empty_input_is_never_a_shot(empty):
    pool = reviews("좋다", empty, "나쁘다")
    assert "train-1" not in with_shots(2, pool, clean=["hangul_only"]).shot_ids(ASKED)


@pytest.mark.parametrize("empty", ["", "  \n", None, "!!! 10/10"])
def test_an_empty_input_is_evaluated(empty):
    prompts = with_shots(1, reviews("좋다"), clean=["hangul_only"])
    assert (
        prompts.request(Example("asked", {"input": empty})).prompt == "문장: 좋다\n감정: 부정\n문장: \n감정:"
    )


@pytest.mark.parametrize("target", [None, "", ()])
def test_a_row_without_an_answer_is_no_shot(target):
    pool = [Example("bare", {"input": "왜?"}, target), Example("told", {"input": "누가?"}, ("나", "저"))]
    prompts = Prompts(question_task(shots={"k": 1}), lambda: pool)
    assert {prompts.shot_ids(Example(str(n), {"input": "무엇?"}))[0] for n in range(20)} == {"told"}


def test_shots_are_no_longer_than_max_chars_after_cleaning():
    pool = reviews("가나다라", "가나다라마", "가나다라!!!", "가나다라마바")
    shots = with_shots(2, pool, clean=["hangul_only"], max_chars=4)
    assert sorted(shots.shot_ids(ASKED)) == ["train-0", "train-2"]


def test_shots_are_no_longer_than_max_tokens_by_the_backends_counter():
    pool = reviews("하나 둘", "하나 둘 셋", "하나")
    shots = with_shots(2, pool, max_tokens=2, count_tokens=lambda text: len(text.split()))
    assert sorted(shots.shot_ids(ASKED)) == ["train-0", "train-2"]


def test_shots_bounded_in_tokens_need_a_tokenizer():
    with pytest.raises(BadInput, match="small bounds its shots in tokens, and this backend has no tokenizer"):
        with_shots(2, POOL, max_tokens=2)


def test_without_shots_nothing_needs_a_tokenizer():
    assert with_shots(0, POOL, max_tokens=2).shot_ids(ASKED) == []


def test_a_pool_that_is_too_small_is_one_clear_error():
    wanted = "small asks for 4 shots, and only 2 rows of 'train' qualify for example asked; lower --shots"
    with pytest.raises(BadInput) as error:
        with_shots(4, reviews("좋다", "", "나쁘다")).shots(ASKED)
    assert str(error.value) == wanted


def test_an_empty_pool_is_the_same_error():
    with pytest.raises(BadInput, match="only 0 rows"):
        with_shots(1, []).shots(ASKED)


@draws
@pytest.mark.parametrize("size", [1, 2, 5])
def test_a_pool_of_k_rows_gives_them_all(draw, size):
    assert set(with_shots(size, POOL[:size], draw=draw).shot_ids(ASKED)) == {row.id for row in POOL[:size]}


def test_the_walk_ends_in_keyed_order_when_random_draws_run_out(monkeypatch):
    monkeypatch.setattr(fewshot, "MAX_DRAWS", 4)
    every = with_shots(len(POOL), POOL).shot_ids(ASKED)
    assert sorted(every) == sorted(row.id for row in POOL)
    assert all(with_shots(k, POOL).shot_ids(ASKED) == every[:k] for k in range(len(POOL)))


def test_the_pool_is_read_once_and_only_for_shots():
    reads: list[int] = []

    def pool() -> list[Example]:
        reads.append(1)
        return POOL

    Prompts(small_task(), pool).request(ASKED).prompt  # noqa: B018
    assert not reads
    prompts = Prompts(small_task(shots={"k": 2}), pool)
    assert [prompts.request(row).prompt for row in POOL]
    assert len(reads) == 1


@pytest.mark.parametrize("k", [1, 5])
def test_each_row_of_a_pool_is_drawn_about_equally_often(k):
    pool = reviews(*(f"문장 {row}" for row in range(50)))
    prompts = with_shots(k, pool)
    counts: Counter[int] = Counter()
    for number in range(4000):
        counts.update(prompts.shots(Example(str(number), ASKED.fields)))
    expected = 4000 * k / 50
    chi_square = sum((counts[row] - expected) ** 2 / expected for row in range(50))
    assert chi_square < 94.6  # the 0.9999 quantile, 49 degrees of freedom; k > 1 varies less


# What a prompt says


def second_example(plan: Plan) -> Example:
    return list(plan.material.evaluated())[1]


def test_the_review_prompt_of_nsmc_is_this_one():
    plan = sample_plan(shots=2, limit=2)
    assert second_example(plan).fields == {"input": "2편이 1편보다 나은 드문 경우"}
    assert plan.prompts().request(second_example(plan)).prompt == (
        "문장: 남편은 코골고 저는 울었네요 남편이 손해죠\n"
        "감정: 긍정\n"
        "문장: 때리고 맞고 또 때리고 무의미한 폭력의 연속 보고나서 찝찝함만 남네요\n"
        "감정: 부정\n"
        "문장: 편이 편보다 나은 드문 경우\n"
        "감정:"
    )


def test_the_question_prompt_of_nsmc_is_this_one():
    plan = sample_plan(shots=2, limit=2, template="question")
    assert plan.prompts().request(second_example(plan)).prompt == (
        "다음 문장은 긍정일까요 부정일까요?\n"
        "남편은 코골고 저는 울었네요 남편이 손해죠\n"
        "정답: 긍정\n"
        "다음 문장은 긍정일까요 부정일까요?\n"
        "때리고 맞고 또 때리고 무의미한 폭력의 연속 보고나서 찝찝함만 남네요\n"
        "정답: 부정\n"
        "다음 문장은 긍정일까요 부정일까요?\n"
        "편이 편보다 나은 드문 경우\n"
        "정답:"
    )


def test_the_zero_shot_prompt_of_nsmc_is_this_one():
    plan = sample_plan("nsmc_zeroshot", limit=2)
    wanted = "문장: 편이 편보다 나은 드문 경우\n감정:"
    assert plan.prompts().request(second_example(plan)).prompt == wanted


def test_the_instruction_stands_once_before_everything_when_options_are_not_compared():
    plan = sample_plan(backend="dummy", shots=1, limit=2, ask="generate")
    assert plan.prompts().request(second_example(plan)).prompt == (
        "문장의 감정을 ‘긍정’ 또는 ‘부정’ 중 하나로만 답하세요.\n"
        "문장: 남편은 코골고 저는 울었네요 남편이 손해죠\n"
        "감정: 긍정\n"
        "문장: 편이 편보다 나은 드문 경우\n"
        "감정:"
    )


def test_the_instruction_is_left_out_when_options_are_compared_by_log_probability():
    plan = sample_plan(backend="dummy", shots=1, limit=2)
    assert plan.backend.file.choose_by == "logprobs"
    assert plan.prompts().request(second_example(plan)).parts.instruction == ""


def test_cleaning_is_of_prompts_and_the_bare_text_stays_raw():
    plan = sample_plan("nsmc_zeroshot", limit=2)
    assert plan.prompts().text(second_example(plan)) == "2편이 1편보다 나은 드문 경우"


def test_the_bare_text_is_a_line_a_field():
    example = Example("1", {"first": " 비가  온다! ", "second": None, "third": 3})
    assert with_shots(0, []).text(example) == " 비가  온다! \n3"


def test_a_field_without_a_value_is_empty_in_a_prompt():
    assert with_shots(0, []).request(Example("1", {"input": None})).prompt == "문장: \n감정:"


CHAT = {
    "query": "문장: {{ input }}",
    "delimiter": " -> ",
    "shot_end": "\n---\n",
    "instruction": "한 낱말로.",
    "system": "너는 평론가다.",
}


def chat_parts(**changes: str) -> Any:
    task = small_task(templates={"chat": CHAT | changes}, shots={"k": 2})
    pool = [Example("0", {"input": "나쁘다"}, "0"), Example("1", {"input": "좋다"}, "1")]
    parts = Prompts(task, lambda: pool, instruct=True).request(Example("9", {"input": "글쎄"})).parts
    assert [query for query, _answer in parts.turns] == ["문장: 나쁘다", "문장: 좋다"]
    return parts


def test_a_text_prompt_has_system_instruction_shots_and_query_in_that_order():
    assert chat_parts().prompt == (
        "너는 평론가다.\n\n한 낱말로.\n문장: 나쁘다 -> 부정\n---\n문장: 좋다 -> 긍정\n---\n문장: 글쎄"
    )


def test_chat_puts_all_shots_into_one_user_turn():
    assert chat_parts().messages() == [
        {"role": "system", "content": "너는 평론가다."},
        {
            "role": "user",
            "content": "한 낱말로.\n문장: 나쁘다 -> 부정\n---\n문장: 좋다 -> 긍정\n---\n문장: 글쎄",
        },
    ]


def test_chat_by_turns_says_the_instruction_once_and_no_delimiter():
    assert chat_parts(system="").messages("turns") == [
        {"role": "user", "content": "한 낱말로.\n문장: 나쁘다"},
        {"role": "assistant", "content": "부정"},
        {"role": "user", "content": "문장: 좋다"},
        {"role": "assistant", "content": "긍정"},
        {"role": "user", "content": "문장: 글쎄"},
    ]


def test_by_turns_without_shots_the_instruction_is_in_the_one_turn():
    task = small_task(templates={"chat": CHAT})
    messages = Prompts(task, instruct=True).request(ASKED).messages("turns")
    assert messages[1:] == [{"role": "user", "content": "한 낱말로.\n문장: 이 영화 어때요"}]


def test_options_may_be_templates_over_the_cleaned_fields():
    fields = {"id": "id", "target": "label", "input": "s", "left": "left", "right": "right"}
    options = {"1": "{{ left }}", "2": "{{ right }}"}
    task = small_task(fields=fields, options=options, clean="hangul_only", shots={"k": 1})
    shot = Example("s", {"input": "누가 졌나", "left": "철수", "right": "영희"}, "2")
    asked = Example("9", {"input": "누가 이겼나", "left": "민수!", "right": "지수"}, "1")
    request = Prompts(task, lambda: [shot]).request(asked)
    assert request.options == (Option("1", "민수"), Option("2", "지수"))
    assert request.prompt.startswith("문장: 누가 졌나\n감정: 영희\n")


def listed(choices: Any, target: str | None = "1") -> Example:
    return Example("9", {"input": "수도는?", "choices": choices}, target)


def listing(**changes: Any) -> Any:
    fields = {"id": "id", "target": "label", "input": "q", "choices": "choices"}
    query = {"q": {"query": "{{ input }} {{ choices | join(', ') }}\n답:"}}
    return small_task(fields=fields, options=None, options_from="choices", templates=query, **changes)


def test_options_from_a_field_are_labelled_by_their_place():
    request = Prompts(listing()).request(listed(["부산", "서울", 3]))
    assert request.options == (Option("0", "부산"), Option("1", "서울"), Option("2", "3"))
    assert request.prompt == "수도는? 부산, 서울, 3\n답:"


@pytest.mark.parametrize("choices", ["부산", None, [], {"a": "부산"}])
def test_options_from_a_field_that_is_no_list_of_texts_are_an_error(choices):
    with pytest.raises(BadInput, match="small: the options of example 9 are no list of texts"):
        Prompts(listing()).options(listed(choices))


def test_a_shot_says_its_own_options_text():
    prompts = Prompts(listing(shots={"k": 1}), lambda: [listed(["부산", "서울"])])
    assert prompts.request(Example("x", {"input": "강은?", "choices": ["한강"]})).parts.turns == (
        ("수도는? 부산, 서울\n답:", "서울"),
    )


def test_a_shot_whose_target_is_none_of_its_options_is_an_error():
    with pytest.raises(BadInput, match="the target of example 9 is '서울', not one of 0, 1"):
        Prompts(listing()).answer(listed(["부산", "서울"], target="서울"))


@pytest.mark.parametrize(("target", "said"), [("서울", "서울"), (("서울", "서울특별시"), "서울")])
def test_a_shot_says_the_first_reference(target, said):
    assert Prompts(question_task()).answer(Example("1", {"input": "수도는?"}, target)) == said


def test_a_template_that_fails_names_the_task_and_the_example():
    task = small_task(templates={"half": {"query": "{{ 1 / (input | length) }}"}})
    with pytest.raises(BadInput, match=r"small, example 9: the template .* fails: division by zero"):
        Prompts(task).request(Example("9", {"input": ""})).prompt  # noqa: B018


def worked(k: int = 1, **pool: str) -> Prompts:
    """Return the prompts of a task whose shots say a solution, over a pool of question and solution."""
    rows = [Example(name, {"input": name}, "7", meta={"solution": text}) for name, text in pool.items()]
    shots = {"k": k, "answer": "solution", "draw": "first"}
    return Prompts(question_task(meta={"solution": "worked"}, shots=shots), lambda: rows)


def test_a_shot_says_the_field_that_the_task_names_for_it():
    assert worked(a="3 + 4 = 7").parts(ASKED).shots == ("a\n답: 3 + 4 = 7\n\n",)
    assert worked(a="3 + 4 = 7").parts(ASKED).turns == (("a\n답:", "3 + 4 = 7"),)


def test_a_row_without_what_a_shot_says_is_none():
    assert worked(a=" ", b="7, as 3 + 4 is").shot_ids(ASKED) == ["b"]


def test_what_a_shot_says_is_a_field_of_the_task():
    with pytest.raises(BadInput, match="no field is called 'solutoin'"):
        question_task(meta={"solution": "worked"}, shots={"k": 1, "answer": "solutoin"})


# Requests


def test_a_request_renders_when_it_is_first_read_and_only_once(monkeypatch):
    rendered: list[str] = []
    prompts = with_shots(2, POOL)
    parts = prompts.parts
    monkeypatch.setattr(prompts, "parts", lambda example: rendered.append(example.id) or parts(example))
    request = prompts.request(ASKED)
    assert request.options
    assert request.key == ("asked", 0)
    assert request.sent()["fields"] == ASKED.fields
    assert not rendered
    assert request.prompt == request.prompt
    assert request.messages()
    assert request.sent()
    assert rendered == ["asked"]


def test_a_request_has_the_tasks_ask_and_decoding():
    request = Prompts(question_task(), decoding=Decoding(max_tokens=4)).request(ASKED, repeat=2)
    assert (request.ask, request.decoding.max_tokens, request.repeat) == ("generate", 4, 2)


def test_a_requests_seed_depends_on_seed_example_and_repeat_alone():
    def seed(example: str, repeat: int, **choices: Any) -> int:
        prompts = with_shots(choices.get("k", 0), POOL, seed=choices.get("run", 1234))
        return prompts.request(Example(example, ASKED.fields), repeat).seed

    assert seed("a", 0) == seed("a", 0, k=3)
    assert len({seed("a", 0), seed("b", 0), seed("a", 1), seed("a", 0, run=7)}) == 4


def test_a_seed_in_the_decoding_moves_sampling_and_not_the_shots():
    task = small_task(shots={"k": 3})
    own, given_one = (Prompts(task, lambda: POOL, decoding=Decoding(seed=seed)) for seed in (None, 7))
    assert own.shot_ids(ASKED) == given_one.shot_ids(ASKED)
    assert own.request(ASKED).seed != given_one.request(ASKED).seed
