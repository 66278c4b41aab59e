"""Where keys go: to an address that a shipped profile names, or that the user typed or allowed."""

from __future__ import annotations

import os
import pty
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import api_keys
from harness.backends import allowed_endpoints, endpoints
from harness.config import loader
from harness.config.remembered import remembered_in
from harness.paths import shipped
from tests.support.model_server import ModelServer, say
from tests.support.running import REVIEWS, rows, said
from tests.support.shell import Shell

pytest.importorskip("aiohttp")

KEY = "sk-planted-7b1f9c55aa0e4d2f"
NAME = "PLANTED_API_KEY"
RUN = ("run", "-t", "reviews", "--data-dir", "data")
PROFILE = """\
adapter: openai
model: tiny
choose_by: extract
settings:
  base_url: {url}
  api_key_env: {variable}
"""


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A server that answers, and that may be anybody's."""
    with ModelServer(script=lambda asked: say("긍정")) as started:
        yield started


@pytest.fixture(autouse=True)
def _project(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (NAME, "AWS_SECRET_ACCESS_KEY", "OPENAI_API_KEY", "UPSTAGE_API_KEY"):
        monkeypatch.setenv(name, KEY)
    for module, name in ((endpoints, "_told"), (loader, "_shadowed"), (api_keys, "_handed_out")):
        monkeypatch.setattr(module, name, set())
    shell.write("tasks/reviews.yaml", REVIEWS)
    for split in ("train", "test"):
        lines = [("id", "document", "label"), *rows(2)]
        shell.write(f"data/reviews/{split}.tsv", "".join("\t".join(line) + "\n" for line in lines))


def profile(shell: Shell, url: str, variable: str = NAME, name: str = "theirs") -> None:
    """Write a profile as somebody sends it."""
    shell.write(f"backends/{name}.yaml", PROFILE.format(url=url, variable=variable))


def keys(server: ModelServer) -> set[str]:
    """Return the keys that the server was sent."""
    sent = {asked.headers.get("authorization", "").removeprefix("Bearer ") for asked in server.seen}
    return sent & {KEY}


class TestAProfileThatSomebodySent:
    def test_sends_no_key_before_the_user_allowed_the_address(self, shell, server):
        profile(shell, server.url)
        told = shell(*RUN, "-b", "theirs")
        host = server.url.removesuffix("/v1")
        assert told.code == 2
        assert told.complaint == (
            f"harness: {NAME} goes to {host} (backends/theirs.yaml:5), which no shipped profile names; "
            f"to allow it: --allow-endpoint {host}"
        ).replace("(backends", f"({shell.home}/backends")
        assert not server.seen
        assert not (shell.home / "runs").exists()

    @pytest.mark.parametrize("command", ["try", "estimate"])
    def test_nor_does_another_command_that_asks(self, shell, server, command):
        profile(shell, server.url)
        asked = {
            "try": ("try", "-t", "reviews", "-b", "theirs", "좋다"),
            "estimate": ("estimate", "-t", "reviews", "-b", "theirs", "--data-dir", "data", "--pilot", "3"),
        }[command]
        told = shell(*asked)
        assert (told.code, server.seen) == (2, [])
        assert "--allow-endpoint" in told.err

    def test_is_allowed_once_and_announced_every_time(self, shell, server):
        profile(shell, server.url)
        host = server.url.removesuffix("/v1")
        told = shell(*RUN, "-b", "theirs", "--allow-endpoint", server.url)
        assert told.code == 0, told.err
        assert keys(server) == {KEY}
        assert f"note: {NAME} goes to {host}" in told.err
        assert f"{NAME} may go to {host}" in told.err
        endpoints._told.clear()
        again = shell(*RUN, "-b", "theirs", "--fresh", "--no-cache")
        assert again.code == 0, again.err
        assert f"note: {NAME} goes to {host}" in again.err
        kept = remembered_in(allowed_endpoints.REMEMBERED)
        assert kept.read_text() == f"{NAME} {host}\n"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    def test_what_is_remembered_is_of_that_variable_and_that_address(self, shell, server):
        profile(shell, server.url)
        assert shell(*RUN, "-b", "theirs", "--allow-endpoint", server.url).code == 0
        before = len(server.seen)
        profile(shell, server.url, "OPENAI_API_KEY")
        assert shell(*RUN, "-b", "theirs").code == 2
        profile(shell, server.url.replace("127.0.0.1", "localhost"))
        assert shell(*RUN, "-b", "theirs").code == 2
        assert len(server.seen) == before

    def test_another_address_that_is_allowed_allows_nothing_here(self, shell, server):
        profile(shell, server.url)
        told = shell(*RUN, "-b", "theirs", "--allow-endpoint", "http://127.0.0.1:1")
        assert (told.code, server.seen) == (2, [])

    def test_a_file_of_leave_that_others_may_write_gives_none(self, shell, server):
        profile(shell, server.url)
        kept = remembered_in(allowed_endpoints.REMEMBERED)
        kept.parent.mkdir(parents=True)
        kept.write_text(f"{NAME} {server.url.removesuffix('/v1')}\n")
        kept.chmod(0o666)
        assert shell(*RUN, "-b", "theirs").code == 2
        kept.chmod(0o600)
        assert shell(*RUN, "-b", "theirs").code == 0

    @pytest.mark.parametrize(
        "variable", ["AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "DATABASE_PASSWORD", "HOME"]
    )
    def test_names_no_variable_but_keys_of_services(self, shell, server, variable):
        profile(shell, server.url, variable)
        told = shell(*RUN, "-b", "theirs", "--allow-endpoint", server.url)
        assert (told.code, server.seen) == (2, [])
        assert f"{variable} is not called as keys of services are" in told.complaint
        assert f"-m api_key_env={variable}" in told.complaint

    def test_a_variable_that_the_user_types_may_have_any_name(self, shell, server):
        profile(shell, server.url)
        typed = ("-m", "api_key_env=AWS_SECRET_ACCESS_KEY", "--allow-endpoint", server.url)
        assert shell(*RUN, "-b", "theirs", *typed).code == 0
        assert keys(server) == {KEY}

    def test_is_asked_about_on_a_terminal(self, shell, server):
        profile(shell, server.url)
        for word, code in (("n", 2), ("y", 0)):
            end, terminal = pty.openpty()
            command = [sys.executable, "-m", "harness", *RUN, "-b", "theirs", "--quiet"]
            with subprocess.Popen(
                command, cwd=shell.home, stdin=terminal, stderr=terminal, stdout=subprocess.DEVNULL
            ) as process:
                os.close(terminal)
                os.write(end, f"{word}\n".encode())
                shown = b""
                while chunk := _read(end):
                    shown += chunk
                assert process.wait(60) == code, shown.decode()
            os.close(end)
            assert f"{NAME} goes to {server.url.removesuffix('/v1')}" in shown.decode()
            assert bool(server.seen) == (code == 0)

    def test_that_hides_a_shipped_one_is_said_to(self, shell, server):
        profile(shell, server.url, "OPENAI_API_KEY", "gpt_4o_mini")
        told = shell(*RUN, "-b", "gpt_4o_mini")
        assert (told.code, server.seen) == (2, [])
        assert "note: backends/gpt_4o_mini.yaml stands in for the backend 'gpt_4o_mini'" in told.err
        loader._shadowed.clear()
        assert "note: backends/gpt_4o_mini.yaml stands in for" in shell("list", "backends").err

    def test_a_copy_of_a_shipped_one_is_nothing_to_say(self, shell):
        shipped_one = (shipped("backends") / "nb.yaml").read_text(encoding="utf-8")
        shell.write("backends/nb.yaml", shipped_one)
        loader._shadowed.clear()
        assert "stands in" not in shell("list", "backends").err
        shell.write("backends/nb.yaml", shipped_one + "# mine\n")
        loader._shadowed.clear()
        assert "stands in for the backend 'nb'" in shell("list", "backends").err

    def test_without_a_key_says_where_prompts_go(self, shell):
        shell.write("backends/theirs.yaml", PROFILE.format(url="https://127.1", variable="null"))
        told = shell(*RUN, "-b", "theirs", "--max-failures", "0")
        assert f"note: prompts go to https://127.1 ({shell.home}/backends/theirs.yaml:5)" in told.err


def _read(end: int) -> bytes:
    try:
        return os.read(end, 4096)
    except OSError:  # the other end is closed
        return b""


class TestPlainHttp:
    """0.0.0.0 reaches this machine, and is no loopback address to anybody who looks at it."""

    def test_takes_no_key_beyond_this_machine(self, shell, server):
        away = server.url.replace("127.0.0.1", "0.0.0.0")
        typed = (
            "-b",
            "local_server",
            "-m",
            "model=tiny",
            "-m",
            f"base_url={away}",
            "-m",
            f"api_key_env={NAME}",
        )
        told = shell(*RUN, *typed)
        assert (told.code, server.seen) == (2, [])
        assert "without encryption: use https" in told.complaint
        assert f"--allow-endpoint {away.removesuffix('/v1')}" in told.complaint

    def test_takes_one_where_the_user_allows_that_address(self, shell, server):
        away = server.url.replace("127.0.0.1", "0.0.0.0")
        typed = (
            "-b",
            "local_server",
            "-m",
            "model=tiny",
            "-m",
            f"base_url={away}",
            "-m",
            f"api_key_env={NAME}",
        )
        told = shell(*RUN, *typed, "--allow-endpoint", away)
        assert told.code == 0, told.err
        assert keys(server) == {KEY}

    def test_takes_none_over_the_internet_whatever_is_allowed(self, shell):
        profile(shell, "http://93.184.216.34/v1")
        told = shell(*RUN, "-b", "theirs", "--allow-endpoint", "http://93.184.216.34")
        assert told.code == 2
        assert "over the internet: use https" in told.complaint

    def test_takes_one_on_this_machine_that_the_user_typed(self, shell, server):
        typed = ("-m", "model=tiny", "-m", f"base_url={server.url}", "-m", f"api_key_env={NAME}")
        assert shell(*RUN, "-b", "local_server", *typed).code == 0
        assert keys(server) == {KEY}


class TestARunDirectoryThatSomebodySent:
    @pytest.fixture
    def sent(self, shell: Shell, server: ModelServer) -> Path:
        """A run, stopped half-way, of a server that only the user's command named."""
        typed = ("-m", "model=tiny", "-m", f"base_url={server.url}", "-m", f"api_key_env={NAME}")
        assert shell(*RUN, "-b", "local_server", *typed).code == 0
        (directory,) = (shell.home / "runs").glob("*/*/*")
        about = directory / "run.json"
        about.write_text(about.read_text().replace('"complete"', '"partial"', 1))
        journal = directory / "samples.jsonl"
        journal.write_bytes(journal.read_bytes().splitlines(keepends=True)[0])
        shutil.rmtree(shell.home.parent / "cache")
        server.seen.clear()
        return directory

    def test_asks_nobody_that_it_alone_names(self, shell, server, sent):
        told = shell("run", "--data-dir", "data", "--resume", sent)
        assert (told.code, server.seen) == (2, [])
        assert f"uses {server.url} and {NAME}, which no profile 'local_server' here does" in told.complaint
        assert f"repeat it: -m base_url={server.url} -m api_key_env={NAME}" in told.complaint

    def test_asks_where_the_user_repeats_both(self, shell, server, sent):
        again = ("-m", f"base_url={server.url}", "-m", f"api_key_env={NAME}")
        told = shell("run", "--data-dir", "data", "--resume", sent, *again)
        assert told.code == 0, told.err
        assert keys(server) == {KEY}
        assert said(sent)["status"] == "complete"

    def test_half_of_it_repeated_is_not_enough(self, shell, server, sent):
        for one in (f"base_url={server.url}", f"api_key_env={NAME}"):
            told = shell("run", "--data-dir", "data", "--resume", sent, "-m", one)
            assert (told.code, server.seen) == (2, [])

    def test_asks_where_the_profile_here_has_both(self, shell, server, sent):
        profile(shell, server.url, name="local_server")
        told = shell("run", "--data-dir", "data", "--resume", sent)
        assert (told.code, server.seen) == (2, [])  # a file's word alone: the user has still to allow it
        assert "--allow-endpoint" in told.err
        told = shell("run", "--data-dir", "data", "--resume", sent, "--allow-endpoint", server.url)
        assert told.code == 0, told.err
        assert keys(server) == {KEY}

    def test_a_profile_in_the_directory_itself_is_not_here(self, shell, server, sent):
        about = sent / "run.json"
        evil = sent / "evil.yaml"
        shutil.copyfile(sent / "backend.yaml", evil)
        about.write_text(about.read_text().replace('"name": "local_server"', f'"name": "{evil}"', 1))
        told = shell("run", "--data-dir", "data", "--resume", sent)
        assert (told.code, server.seen) == (2, [])

    def test_no_other_setting_is_changed_on_the_way(self, shell, server, sent):
        told = shell("run", "--data-dir", "data", "--resume", sent, "-m", "model=other")
        assert told.code == 2
        assert "a run goes on as it began" in told.complaint


class TestAnAddress:
    @pytest.mark.parametrize(
        "url", ["https://user:hunter2@h/v1", "https://h/v1?key=hunter2", "https://h:hunter2/"]
    )
    def test_with_a_password_is_refused_and_not_shown(self, shell, url):
        typed = shell(*RUN, "-b", "local_server", "-m", "model=tiny", "-m", f"base_url={url}")
        profile(shell, url)
        written = shell(*RUN, "-b", "theirs")
        checked = shell("check", "backends/theirs.yaml")
        for told in (typed, written, checked):
            assert told.code == 2
            assert "base_url" in told.out + told.err
            assert "hunter2" not in told.out + told.err
        assert "theirs.yaml:5" in written.err

    def test_that_is_none_cannot_be_allowed(self, shell):
        told = shell(*RUN, "-b", "majority", "--allow-endpoint", "api.example.org")
        assert told.code == 2
        assert "--allow-endpoint: should be an address" in told.complaint
