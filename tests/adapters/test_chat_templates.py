"""What chat templates do: open a thought, refuse a system turn or drop it, read arguments of their own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the huggingface adapter needs torch")
pytest.importorskip("transformers", reason="the huggingface adapter needs transformers")

from harness import seeding  # noqa: E402
from harness.adapters.hf.adapter import HuggingFace  # noqa: E402
from harness.errors import BadInput  # noqa: E402
from harness.schema import Decoding, Example, Option, Parts, Profile, Request, WithTools  # noqa: E402
from tests.support.division import shared_model  # noqa: E402
from tests.support.model_server import ModelServer, refuse, say  # noqa: E402
from tests.support.remote import asked as asked_of_server  # noqa: E402
from tests.support.running import Project, records_of, rows  # noqa: E402
from tests.support.tiny_models import CHAT_TEMPLATE, tiny_llama  # noqa: E402

TURNS = "{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}\n{% endfor %}"
# As Qwen3's, R1's and EXAONE Deep's begin an answer.
QWEN3 = TURNS + (
    "<|assistant|>\n{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n"
    "{% else %}<think>\n{% endif %}"
)
R1 = TURNS + "<|assistant|>\n<think>\n"
EXAONE_DEEP = TURNS + "<|assistant|>\n<thought>\n"
# As Gemma 2's, which refuses a system turn, and as those that have no place for one.
GEMMA = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    + TURNS
) + "<|assistant|>\n"
DROPS = TURNS.replace("messages", "messages if m.role != 'system'") + "<|assistant|>\n"
OPTIONS = (Option("0", "부정"), Option("1", "긍정"))
SYSTEM = Parts("나는 좋다", system="짧게.", turns=(("나는 싫다", "부정"),), shots=("나는 싫다 부정\n",))


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    return shared_model(tmp_path_factory, tiny_llama)


@pytest.fixture
def with_template(plain, tmp_path) -> Callable[[str], Path]:
    """The tiny model under another chat template."""

    def made(template: str) -> Path:
        folder = Path(shutil.copytree(plain, tmp_path / str(len(list(tmp_path.iterdir())))))
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
        return folder

    return made


def loaded(folder: Path, *, chat: bool = True, choose_by: Any = "logprobs", **settings: Any) -> HuggingFace:
    profile = Profile("tiny", "huggingface", str(folder), chat=chat, choose_by=choose_by, settings=settings)
    return HuggingFace(profile)


def request(parts: Parts = Parts("좋다"), **keys: Any) -> Request:
    return Request(Example("1", {}), lambda: parts, **{"ask": "choose", "options": OPTIONS, **keys})


@pytest.mark.parametrize(
    ("template", "mark"), [(QWEN3, "<think>"), (R1, "<think>"), (EXAONE_DEEP, "<thought>")]
)
def test_options_are_never_compared_inside_a_thought(with_template, template, mark):
    with pytest.raises(BadInput, match=f"ends with {mark}.*choose_by: extract"):
        loaded(with_template(template)).prepare()


def test_the_refusal_names_the_argument_only_where_the_template_reads_it(with_template):
    with pytest.raises(BadInput, match="enable_thinking: false"):
        loaded(with_template(QWEN3)).prepare()
    with pytest.raises(BadInput) as caught:
        loaded(with_template(R1)).prepare()
    assert "enable_thinking" not in str(caught.value)


def test_an_argument_of_the_template_s_own_reaches_it(with_template):
    adapter = loaded(with_template(QWEN3), chat_template_kwargs={"enable_thinking": False})
    (prompt, *_) = adapter.tokens.prompts(request())
    assert prompt.endswith("<think>\n\n</think>\n\n")
    (response,) = adapter.answer([request()])
    assert len(response.option_scores) == 2


def test_an_argument_that_the_template_never_reads_is_said(with_template, capsys):
    _ = loaded(with_template(R1), choose_by="extract", chat_template_kwargs={"enable_thinking": False}).tokens
    assert "does not read 'enable_thinking'" in capsys.readouterr().err


def test_an_argument_of_the_harness_s_own_is_refused(with_template):
    with pytest.raises(BadInput, match="'tokenize' cannot be given"):
        _ = loaded(with_template(QWEN3), choose_by="extract", chat_template_kwargs={"tokenize": True}).tokens


def test_what_it_writes_after_the_thought_is_its_answer(with_template):
    adapter = loaded(with_template(EXAONE_DEEP), choose_by="extract")
    (response,) = adapter.answer([request(decoding=Decoding(max_tokens=6, stop=("\n",)))])
    assert response.text.startswith("<thought>")
    assert response.usage.reasoning_tokens == 6


@pytest.mark.parametrize("template", [GEMMA, DROPS])
@pytest.mark.parametrize("shots_as", ["text", "turns"])
def test_a_system_text_without_a_role_goes_before_the_first_user_turn(
    with_template, template, shots_as, capsys
):
    folder = with_template(template)
    profile = Profile("tiny", "huggingface", str(folder), chat=True, shots_as=shots_as)
    adapter = HuggingFace(profile)
    one = request(SYSTEM)
    (prompt, *_) = adapter.tokens.prompts(one)
    assert prompt.startswith("<|user|>\n짧게.\n\n나는 싫다")
    assert one.sent()["messages"][0]["content"].startswith("짧게.\n\n")
    list(adapter.answer([request(SYSTEM), request(SYSTEM)]))
    assert capsys.readouterr().err.count("(system_as: user)") == 1
    assert adapter.loaded()["system_as"] == "user"


def test_a_system_text_that_has_its_place_keeps_it(plain):
    adapter = loaded(plain)
    (prompt, *_) = adapter.tokens.prompts(request(SYSTEM))
    assert prompt.startswith("<|system|>\n짧게.")
    assert adapter.loaded()["system_as"] == "system"


def test_the_setting_decides_where_the_template_would_not(plain, capsys):
    (prompt, *_) = loaded(plain, system_as="user").tokens.prompts(request(SYSTEM))
    assert prompt.startswith("<|user|>\n짧게.\n\n")
    assert not capsys.readouterr().err


def test_a_template_that_is_not_used_is_said(plain, capsys):
    adapter = loaded(plain, chat=False)
    _ = adapter.tokens
    assert "chat template that is not used; -m chat=true uses it" in capsys.readouterr().err
    assert adapter.loaded()["chat_template"] == "not used"


def test_chat_is_a_setting_on_the_command_line(tmp_path, plain):
    """With and without the template the prompts differ, and so do the runs' names."""
    assert CHAT_TEMPLATE
    project = Project(tmp_path)
    project.reviews(test=rows(2))
    project.write("backends/mine.yaml", f"adapter: huggingface\nmodel: {plain}\nkind: instruct\n")
    given = ("run", "-t", "reviews", "-b", "mine", "--data-dir", "data", "-m", "chat=true,false")
    done = project.harness(*given)
    assert done.returncode == 0, done.stderr
    sent = [records_of(folder)[0]["request"] for folder in project.runs()]
    assert sorted("messages" in one for one in sent) == [False, True]
    assert "mine [chat=True]" in done.stdout


def test_a_run_says_how_each_example_s_seed_is_derived(tmp_path):
    project = Project(tmp_path)
    project.reviews(test=rows(3))
    with ModelServer() as server:
        done = project.harness(
            *(
                "run",
                "-t",
                "reviews",
                "-b",
                "local_server",
                "--data-dir",
                "data",
                "--no-cache",
                "-m",
                "model=m",
            ),
            *("-m", f"base_url={server.url}", "-d", "temperature=1", "-d", "seed=42", "-d", "max_tokens=5"),
        )
    assert done.returncode == 0, done.stderr
    run = json.loads((project.only() / "run.json").read_text("utf-8"))
    assert run["decoding"]["asked"]["seed"] == 42
    said = run["decoding"]["sent"]["seed"]
    assert (said["from"], said["one_for"]) == (42, "each example and repeat")
    sent = {one.body["seed"] for one in server.seen}
    assert sent == {seeding.number(42, "request", f"r{n:04}", 0) % 2**31 for n in range(3)}


class TestServers:
    def test_template_arguments_are_sent_as_servers_call_them(self):
        with ModelServer() as server:
            asked_of_server(server.url, settings={"chat_template_kwargs": {"enable_thinking": False}})
        assert server.seen[0].body["chat_template_kwargs"] == {"enable_thinking": False}

    def test_they_are_refused_where_there_is_no_template(self):
        settings = {"chat_template_kwargs": {"enable_thinking": False}, "api": "completions"}
        with pytest.raises(BadInput, match="api: chat"):
            asked_of_server("http://127.0.0.1:9/v1", settings=settings)

    @pytest.mark.parametrize("shots_as", ["text", "turns"])
    def test_a_system_text_may_go_before_the_first_user_turn(self, shots_as):
        one = Request(Example("a", {}), lambda: SYSTEM)
        with ModelServer() as server:
            asked_of_server(server.url, one, settings={"system_as": "user"}, shots_as=shots_as)
        messages = server.seen[0].body["messages"]
        assert [message["role"] for message in messages] == (
            ["user"] if shots_as == "text" else ["user", "assistant", "user"]
        )
        assert messages[0]["content"].startswith("짧게.\n\n나는 싫다")
        assert one.sent()["messages"] == messages

    def test_a_server_that_knows_no_system_role_names_the_setting(self):
        said = "System role not supported"
        with ModelServer(script=lambda one: refuse(400, message=said)) as server:
            found = asked_of_server(server.url, Request(Example("a", {}), lambda: SYSTEM))["a"]
        assert "-m system_as=user" in found.error.message

    def test_other_refusals_do_not(self):
        with ModelServer(
            script=lambda one: refuse(400, message="no") if one.prompt == "a" else say("")
        ) as server:
            assert "system_as" not in asked_of_server(server.url)["a"].error.message


WITH_TOOLS = (
    "{% if tools %}{% for t in tools %}{{ t | tojson }}{% endfor %}{% endif %}" + TURNS + "<|assistant|>\n"
)
OFFERED = WithTools("방?", system="짧게.\n함수: 글", tools=({"name": "f.g", "parameters": {"type": "dict"}},))


def test_tools_go_where_the_chat_template_has_them_and_else_into_the_text(with_template):
    request_ = Request(Example("1", {}), lambda: OFFERED, ask="call")
    prompt = next(loaded(with_template(WITH_TOOLS), choose_by="extract").tokens.prompts(request_))
    assert '"name": "f.g"' in prompt
    assert '"type": "object"' in prompt
    assert "함수: 글" not in prompt
    for settings in ({}, {"tools_as": "text"}):
        template = TURNS + "<|assistant|>\n" if not settings else WITH_TOOLS
        adapter = loaded(with_template(template), choose_by="extract", **settings)
        prompt = next(adapter.tokens.prompts(Request(Example("1", {}), lambda: OFFERED, ask="call")))
        assert "함수: 글" in prompt
    with pytest.raises(BadInput, match="no place for tools"):
        next(loaded(with_template(TURNS), choose_by="extract", tools_as="template").tokens.prompts(request_))
