"""Keys: where they are found, where they are sent, and that nothing that is written or shown holds one."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from harness import api_keys as secrets
from harness.backends import backend as backends
from harness.errors import BadInput
from tests.support.model_server import (
    CLOSE,
    RESET,
    Asked,
    ModelServer,
    Reply,
    piece,
    refuse,
    say,
    stream,
    whole,
)
from tests.support.running import REVIEWS, Project, records_of, rows, said

KEY = "sk-planted-7b1f9c55aa0e4d2f"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "GEMINI_API_KEY", "UPSTAGE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(secrets, "_handed_out", set())


class TestWhereTheyAreFound:
    def test_in_the_environment_before_dotenv(self, tmp_path, monkeypatch):
        (tmp_path / ".env").write_text("\ufeffMY_KEY='from a file'\nOTHER=$HOME\n", encoding="utf-8")
        assert secrets.key("MY_KEY") == "from a file"
        assert secrets.key("OTHER") == "$HOME"
        monkeypatch.setenv("MY_KEY", "from outside")
        assert secrets.key("MY_KEY") == "from outside"
        assert secrets.key("NOBODY") is None

    def test_and_are_given_to_no_child_process(self, tmp_path):
        (tmp_path / ".env").write_text(f"MY_KEY={KEY}\n")
        secrets.key("MY_KEY")
        assert "MY_KEY" not in os.environ
        assert KEY not in subprocess.run(["env"], capture_output=True, text=True).stdout


class TestWhereTheyAreSent:
    def test_the_usual_key_is_for_the_usual_service_alone(self):
        assert secrets.key_name({}, "OPENAI_API_KEY") == "OPENAI_API_KEY"
        assert secrets.key_name({"base_url": "http://h"}, "OPENAI_API_KEY") is None
        assert (
            secrets.key_name({"base_url": "http://h", "api_key_env": "MY_KEY"}, "OPENAI_API_KEY") == "MY_KEY"
        )

    def test_a_local_server_gets_none(self):
        assert backends.load("local_server").choose({"model": "tiny"}).key_name is None

    def test_a_profile_s_key_does_not_follow_to_another_host(self):
        assert backends.load("solar").key_name == "UPSTAGE_API_KEY"
        elsewhere = {"base_url": "http://127.0.0.1:1/v1"}
        assert backends.load("solar").choose(elsewhere).key_name is None
        assert backends.load("gpt_4o").choose(elsewhere).key_name is None
        named = {**elsewhere, "api_key_env": "MY_KEY"}
        assert backends.load("solar").choose(named).key_name == "MY_KEY"

    def test_a_missing_one_is_told_with_what_to_do(self):
        pytest.importorskip("aiohttp")
        (said,) = backends.load("gpt_4o").obstacles()
        assert said == "gpt_4o needs OPENAI_API_KEY: set it in the environment or in .env"

    def test_a_key_in_the_place_of_its_name_is_refused_and_not_shown(self):
        said = str(backends.load("gpt_4o").choose({"api_key_env": KEY}).obstacles())
        assert "should name an environment variable" in said
        assert KEY not in said

    def test_no_setting_takes_one(self):
        with pytest.raises(BadInput) as caught:
            backends.load("gpt_4o").choose({"api_key": KEY})
        assert KEY not in str(caught.value)


class TestWhatIsShown:
    @pytest.mark.parametrize(
        "text",
        [
            f"Incorrect API key provided: {KEY}.",
            f"Authorization: Bearer {KEY}",
            f"https://h/v1?key={quote('a/b+' + KEY, safe='')}",
            f'{{"key": "{KEY[:-6]}…"}}',
        ],
    )
    def test_a_key_is_cut_out_whole_or_cut_short_or_quoted(self, text, monkeypatch):
        for value in (KEY, "a/b+" + KEY):
            monkeypatch.setenv("MY_KEY", value)
            secrets.key("MY_KEY")
        assert KEY[:8] not in secrets.redacted(text)
        assert secrets.HIDDEN in secrets.redacted(text)

    def test_other_words_stay(self, monkeypatch):
        monkeypatch.setenv("MY_KEY", KEY)
        secrets.key("MY_KEY")
        assert secrets.redacted("sk-other, 긍정") == "sk-other, 긍정"


class TestAnswers:
    """What is judged is what came, whatever the key is; what is written and shown holds no secret."""

    @pytest.fixture
    def project(self, tmp_path) -> Project:
        pytest.importorskip("aiohttp")
        project = Project(tmp_path)
        project.reviews(test=rows(12), text=REVIEWS.replace("{0: 부정, 1: 긍정}", "{0: none, 1: x}"))
        return project

    def run(self, project: Project, key: str, script: Callable[[Asked], Reply], *more: str) -> dict:
        project.env["MY_KEY"] = key
        with ModelServer(script=script) as server:
            done = project.harness(
                *("run", "-t", "reviews", "-b", "local_server", "--data-dir", "data", "-m", "model=tiny"),
                *("-m", f"base_url={server.url}", "-m", "api_key_env=MY_KEY", "-q", *more),
            )
        assert done.returncode == 0, done.stderr
        return said(project.only())

    @pytest.mark.parametrize("key", ["x", "none", "1", "no"])
    def test_a_key_that_is_a_word_is_cut_out_of_nothing(self, project, key):
        def script(asked: Asked) -> Reply:
            return say("x" if "재미있다" in asked.prompt else "none")

        run = self.run(project, key, script, "--no-latency")
        assert run["metrics"]["accuracy"]["value"] == 1.0
        assert {record["response"]["text"] for record in records_of(project.only())} == {"x", "none"}

    @pytest.mark.parametrize("how", ["--latency", "--no-latency"])
    def test_an_answer_that_holds_a_secret_is_judged_whole_and_written_without_it(self, project, how):
        task = project.home / "tasks" / "reviews.yaml"
        text = task.read_text(encoding="utf-8").replace("ask: choose", "ask: generate")
        text = text.replace("options: {0: none, 1: x}\n", "").replace("macro_f1", "chrf")
        task.write_text(text.replace("accuracy", "exact_match"), encoding="utf-8")
        table = "".join(f"{n}\t문장 {n}\t{KEY}\n" for n in range(4))
        project.write("data/reviews/test.tsv", f"id\tdocument\tlabel\n{table}")
        run = self.run(project, KEY, lambda asked: say(KEY, model=KEY), how)
        assert run["metrics"]["exact_match"]["value"] == 1.0
        assert run["served"] == {secrets.HIDDEN: 4}
        files = [path for path in project.home.rglob("*") if path.is_file()]
        assert not [path for path in files if KEY.encode() in path.read_bytes() and path.suffix != ".tsv"]

    @pytest.mark.parametrize(
        ("key", "secret"),
        [
            *[("1", False), ("EMPTY", False), ("sk-1234", False), ("positive", False), ("12345678", False)],
            *[(KEY, True), ("token-abc123", True), ("abcdefghijklmnop", True), ("hunter22", True)],
        ],
    )
    def test_what_is_short_or_a_word_is_no_secret(self, key, secret):
        assert secrets.is_secret(key) is secret


def echoing(asked: Asked) -> list[Reply]:
    """Return twenty ways to fail that give back what was sent in the header."""
    key = asked.headers["authorization"].removeprefix("Bearer ")
    text, page = f"your key {key} is odd", f"<html>{key}</html>".encode()
    refused = [
        refuse(status, message=text, Retry_After="0.01")
        for status in (400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 529)
    ]
    return [
        *refused,
        refuse(429, "insufficient_quota", text),
        refuse(307, message=text, Location=f"http://127.0.0.1:9/?key={key}"),
        whole(page, kind="text/html"),
        whole(page[:20], status=500, kind="text/plain"),
        say(text),
        say(None, choices=[], note=text),
        say(None, error={"message": text}),
        say(text, model=key),
        stream(piece(text), b"{" + page),
        [b"HTTP/1.1 200 " + key.encode() + b"\r\nContent-Length: x\r\n\r\n", CLOSE],
        [b"X-Key: " + page, RESET],
    ]


KINDS = 23


@pytest.fixture(scope="module")
def told(tmp_path_factory) -> tuple[Path, list[str], list[str]]:
    """Return the project, all that was said, and how each run ended, after a run for each way to fail."""
    pytest.importorskip("aiohttp")
    project = Project(tmp_path_factory.mktemp("planted"))
    project.reviews(test=rows(1))
    project.write(".env", f"MY_KEY={KEY}\n")
    output, ends = [], []
    for number in range(KINDS):
        with ModelServer(script=lambda asked, number=number: echoing(asked)[number]) as server:
            done = in_process(project, server.url, number)
        output.append(done[0])
        ends += done[1]
    return project.home, output, ends


def in_process(project: Project, url: str, number: int) -> tuple[str, list[str]]:
    """Return what a run under --debug writes to either stream, and the statuses of its `run.json`."""
    import contextlib
    import io
    import sys

    from harness import cli
    from harness.adapters.remote import base as concurrent

    out = io.StringIO()
    arguments = ["--debug", "run", "-t", "reviews", "-b", "local_server", "-m", "model=tiny"]
    arguments += ["-m", f"base_url={url}", "-m", "api_key_env=MY_KEY", "--data-dir", "data"]
    arguments += ["--runs-dir", f"runs{number}"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project.home)
        patch.setattr(sys, "argv", ["harness", *arguments])
        patch.setattr(concurrent, "PAUSE", 0.01)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), pytest.raises(SystemExit):
            cli.main()
    return out.getvalue(), [said(directory)["status"] for directory in project.runs(f"runs{number}")]


def test_a_planted_key_is_in_no_file_and_in_nothing_that_is_shown(told):
    home, output, _ = told
    files = [path for path in home.rglob("*") if path.is_file() and path.name != ".env"]
    texts = [path.read_bytes().decode("utf-8", "replace") for path in files] + output
    assert len(files) > 3 * KINDS
    assert not [text for text in texts if KEY[:10] in text]


def test_though_each_of_them_failed_or_was_echoed(told):
    _, output, ends = told
    assert len(output) == len(ends) == KINDS
    assert sum(secrets.HIDDEN in text for text in output) >= 12
