"""What is on the wire is paid: it is waited for at any end, and stands in the account whatever happens."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp")
if sys.platform == "win32":
    pytest.skip("POSIX signals", allow_module_level=True)

from tests.support.disks import mounted
from tests.support.model_server import Asked, ModelServer, Reply, answer, refuse, say, usage
from tests.support.running import PATIENCE, Project, one_line, records_of, rows, said

AT_ONCE, ROWS = 16, 120

# A prompt of these is some 60 bytes: at most 0.2 USD a request, of which the server bills 0.018.
READ, WRITTEN, MOST = Decimal("0.001"), Decimal("0.004"), 10
PAID = f"""\
adapter: openai
model: tiny
kind: api
chat: true
choose_by: extract
decoding: {{max_tokens: {MOST}, temperature: 0}}
price: {{usd_per_mtok: {{input: 1000, output: 4000}}, source: a test, date: 2026-11-01}}
"""
EACH = 10 * READ + 2 * WRITTEN  # as `usage` counts a reply


@pytest.fixture
def project(tmp_path) -> Project:
    made = Project(tmp_path)
    made.reviews(test=rows(ROWS))
    made.write("backends/paid.yaml", PAID)
    return made


def run_of(server: ModelServer, *more: object) -> Sequence[object]:
    return [
        *("run", "-t", "reviews", "-b", "paid", "--data-dir", "data", "-q", "--no-latency", "--no-cache"),
        *("-m", f"base_url={server.url}", "--concurrency", AT_ONCE, *more),
    ]


def slowly(asked: Asked) -> Reply:
    return [0.05, *answer(asked)]


def number_of(asked: Asked) -> int:
    return int(asked.prompt.split("\n")[0].split()[-1])


def assert_accounted(cost: dict[str, Any], billed: float) -> None:
    """Check that the account is the server's, within what it says that it does not know."""
    assert cost["paid"] <= billed + 1e-9
    assert billed <= cost["paid"] + cost["unaccounted"] + 1e-9


def failures_of(run: Path) -> list[str]:
    return [r["response"]["error"]["kind"] for r in records_of(run) if r["response"]["error"]]


class TestTheAccount:
    LIMIT = 2.5

    @pytest.mark.parametrize("end", ["SIGKILL", "a second Ctrl-C"])
    def test_what_never_came_back_is_charged_at_its_most_and_shown(self, project, end):
        # Ten replies come; the later ones do not, however slow the machine is to end.
        with ModelServer(
            script=lambda asked: [0.1 if len(server.seen) <= 10 else 60, *answer(asked)]
        ) as server:
            with project.started(*run_of(server, "--max-cost", f"{self.LIMIT}USD")) as process:
                project.wait_for(process, lambda: project.journal_lines() == 10)
                project.wait_for(process, lambda: len(server.seen) > 10 + 4)
                if end == "SIGKILL":
                    process.kill()
                else:
                    process.send_signal(signal.SIGINT)
                    project.wait_for(process, lambda: process.stderr.readline() != "")
                    process.send_signal(signal.SIGINT)
                process.wait(PATIENCE)
            lost = len(server.seen) - project.journal_lines()
            server.script = answer
            done = project.harness(*run_of(server, "--max-cost", f"{self.LIMIT}USD"))
            cost = said(project.only())["cost"]
            billed = float(len(server.seen) * EACH)
        assert lost > 0
        assert done.returncode == 4
        assert f"--max-cost {self.LIMIT} USD: " in one_line(done)
        assert ": nobody knows what " in done.stderr
        assert cost["unaccounted_requests"] >= lost
        assert cost["unaccounted"] > 0
        assert billed <= self.LIMIT
        assert cost["paid"] + cost["unaccounted"] <= self.LIMIT
        assert_accounted(cost, billed)

    def test_nothing_is_unaccounted_where_all_came_back(self, project):
        with ModelServer() as server:
            project.harness(*run_of(server))
        cost = said(project.only())["cost"]
        assert (cost["unaccounted"], cost["unaccounted_requests"], cost["retried"]) == (0, 0, 0)
        assert cost["paid"] == cost["total"] == pytest.approx(float(ROWS * EACH))

    def test_a_run_of_a_version_that_kept_no_account_goes_on_with_its_journal(self, project):
        with ModelServer(script=slowly) as server:
            project.killed_at(30, *run_of(server))
            (project.only() / "account.jsonl").unlink()
            kept = project.journal_lines()
            assert project.harness(*run_of(server)).returncode == 0
        assert kept < ROWS
        assert said(project.only())["cost"]["paid"] == pytest.approx(float(ROWS * EACH))

    @pytest.mark.slow
    def test_a_try_that_may_have_been_billed_needs_money_to_be_made_again(self, project):
        def script(asked: Asked) -> Reply:
            return [60.0] if asked.number == 1 and number_of(asked) < 6 else answer(asked)

        with ModelServer(script=script) as server:
            limits = ("--max-cost", "8USD", "--limit", 8, "-m", "timeout=4")
            done = project.harness(*run_of(server, *limits))
            run, asked = said(project.only()), len(server.seen)
        assert done.returncode == 0, done.stderr
        assert run["counts"]["answered"] == 8
        assert run["cost"]["unaccounted_requests"] >= asked - 8 >= 6
        assert_accounted(run["cost"], float(asked * EACH))
        with ModelServer(script=lambda asked: [60.0]) as server:
            done = project.harness(*run_of(server, "--max-cost", "1USD", "-m", "timeout=0.5"))
            run = said(project.runs()[-1])
        assert done.returncode == 3  # it never answered
        assert len(server.seen) <= run["cost"]["unaccounted_requests"] <= 5
        assert run["cost"]["unaccounted"] <= 1  # each try at its most

    def test_a_count_that_cannot_be_true_is_none_and_the_limit_holds_by_its_own_bound(self, project):
        counts = [usage(0, 0), usage(10**9, 2), usage(10, 10**9)]

        def script(asked: Asked) -> Reply:
            return say("긍정", usage=counts[number_of(asked) % 3])

        with ModelServer(script=script) as server:
            done = project.harness(*run_of(server, "--max-cost", "2USD"))
        run = said(project.only())
        assert done.returncode == 4
        assert 5 < run["counts"]["answered"] == run["cost"]["estimated"] < 40
        assert run["cost"]["unaccounted"] > run["cost"]["paid"] > 0
        assert 1.5 < run["cost"]["paid"] + run["cost"]["unaccounted"] <= 2


class TestAnyEnd:
    def test_a_key_that_is_revoked_loses_nothing_that_is_on_the_wire(self, project):
        def script(asked: Asked) -> Reply:
            return refuse(401, message="revoked") if len(server.seen) == 40 else [0.3, *answer(asked)]

        with ModelServer(script=script) as server:
            done = project.harness(*run_of(server))
            asked = len(server.seen)
        assert done.returncode == 3
        assert "refuses us: HTTP 401: revoked" in one_line(done)
        kept = records_of(project.only())
        assert len(kept) == asked - 1
        assert not failures_of(project.only())
        assert said(project.only())["cost"]["unaccounted"] == 0

    def test_a_disk_that_fills_loses_nothing_that_is_on_the_wire(self, project):
        with mounted(project.home / "runs", "192k"), ModelServer(script=slowly) as server:
            project.reviews(test=rows(600))
            done = project.harness(*run_of(server))
            asked = len(server.seen)
            kept = records_of(project.only())
        assert done.returncode == 4
        assert "No space left on device" in one_line(done)
        assert AT_ONCE < len(kept) == asked < 600

    def test_too_many_failures_wait_for_it_too(self, project):
        def script(asked: Asked) -> Reply:
            return refuse(400, message="no") if number_of(asked) in (3, 4) else [0.3, *answer(asked)]

        with ModelServer(script=script) as server:
            done = project.harness(*run_of(server, "--max-failures", 1))
            asked = len(server.seen)
        assert done.returncode == 4
        assert len(records_of(project.only())) == asked

    def test_one_prompt_that_is_refused_after_others_were_answered_is_its_own_failure(self, project):
        odd = {30: refuse(403, message="not this"), 90: refuse(404, message="nor this")}

        def script(asked: Asked) -> Reply:
            return odd.get(number_of(asked)) or answer(asked)

        with ModelServer(script=script) as server:
            done = project.harness(*run_of(server, "--max-failures", 2))
        assert done.returncode == 0, done.stderr
        assert len(failures_of(project.only())) == 2
        assert said(project.only())["status"] == "complete"

    def test_three_in_a_row_end_the_run(self, project):
        def script(asked: Asked) -> Reply:
            return refuse(404, message="gone") if number_of(asked) >= 30 else answer(asked)

        with ModelServer(script=script) as server:
            done = project.harness(*run_of(server, "--max-failures", 100))
        assert done.returncode == 3
        assert "HTTP 404: gone" in one_line(done)
        assert len(failures_of(project.only())) == 2


class TestWaits:
    """They end with the first signal, whatever they wait for."""

    def ended(self, project: Project, server: ModelServer, number: int, ready: Any) -> tuple[str, float, int]:
        """Return what was said, how long it took from the signal, and the exit code."""
        with project.started(*run_of(server)) as process:
            project.wait_for(process, ready)
            time.sleep(0.2)
            began = time.monotonic()
            process.send_signal(number)
            _, told = process.communicate(timeout=PATIENCE)
        return told, time.monotonic() - began, process.returncode

    def test_a_quota_that_is_whole_again_in_a_minute(self, project):
        def script(asked: Asked) -> Reply:
            reply = answer(asked)
            head = {"x-ratelimit-remaining-requests": b"0", "x-ratelimit-reset-requests": b"80s"}
            lines = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in head.items())
            return [s.replace(b"\r\n", b"\r\n" + lines, 1) if isinstance(s, bytes) else s for s in reply]

        with ModelServer(script=script) as server:
            ready = lambda: project.journal_lines() >= 1  # noqa: E731
            told, seconds, code = self.ended(project, server, signal.SIGHUP, ready)
            asked = len(server.seen)
        assert code == 130
        assert seconds < 60
        assert "paid: waiting 80 s, as the server says that our quota is used up" in told
        assert len(records_of(project.only())) == asked < ROWS

    def test_one_of_hours_ends_the_run_and_says_so(self, project):
        def script(asked: Asked) -> Reply:
            reply = answer(asked)
            lines = b"x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 6h\r\n"
            return [s.replace(b"\r\n", b"\r\n" + lines, 1) if isinstance(s, bytes) else s for s in reply]

        with ModelServer(script=script) as server:
            done = project.harness(*run_of(server))
        assert done.returncode == 3
        assert "our quota is used up for another 6 h 00 min; the same command goes on then" in one_line(done)
        assert len(records_of(project.only())) == len(server.seen)

    def test_a_wait_that_the_server_asked_for(self, project):
        with ModelServer(script=lambda asked: refuse(429, Retry_After=100)) as server:
            told, seconds, code = self.ended(project, server, signal.SIGTERM, lambda: bool(server.seen))
        assert (code, said(project.only())["counts"]["failed"]) == (130, 0)
        assert seconds < 60
        assert told.count("waiting") == 1

    def test_tries_of_a_server_that_fails(self, project):
        def script(asked: Asked) -> Reply:
            return answer(asked) if number_of(asked) < 3 else refuse(500)

        with ModelServer(script=script) as server:
            ready = lambda: len(server.seen) > AT_ONCE + 8  # noqa: E731  some are tried again
            _, seconds, code = self.ended(project, server, signal.SIGINT, ready)
        assert code == 130
        assert seconds < 60
        assert said(project.only())["counts"]["failed"] < AT_ONCE  # what was not on the wire is asked again

    def test_a_terminal_that_is_closed_ends_a_run_as_ctrl_c_does(self, project):
        with ModelServer(script=slowly) as server:
            ours, its = pty.openpty()
            command = [sys.executable, "-m", "harness", *map(str, run_of(server)), "--concurrency", "4"]
            command.remove("-q")
            process = subprocess.Popen(
                [sys.executable, "-c", TERMINAL, *command],
                **{"cwd": project.home, "env": project.env, "stdin": its, "stdout": its, "stderr": its},
                start_new_session=True,
            )
            os.close(its)
            project.wait_for(process, lambda: project.journal_lines() >= 5)
            os.close(ours)
            assert process.wait(PATIENCE) == 130
            asked = len(server.seen)
        assert said(project.only())["status"] == "partial"
        assert len(records_of(project.only())) == asked < ROWS

    def test_a_run_under_nohup_does_not_hear_it(self, project):
        with ModelServer(script=slowly) as server:
            command = ["nohup", sys.executable, "-m", "harness", *map(str, run_of(server))]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            with subprocess.Popen(command, cwd=project.home, env=project.env, **quiet) as process:
                project.wait_for(process, lambda: project.journal_lines() >= 5)
                process.send_signal(signal.SIGHUP)
                assert process.wait(PATIENCE) == 0


# Takes the terminal as its own, as a shell's job has it, and becomes the command.
TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class TestPauses:
    @pytest.mark.slow
    def test_a_process_that_was_stopped_reads_what_came_meanwhile(self, project):
        with ModelServer(script=lambda asked: [0.5, *answer(asked)]) as server:
            with project.started(*run_of(server, "--limit", 40, "-m", "timeout=4")) as process:
                project.wait_for(process, lambda: len(server.seen) >= AT_ONCE)
                process.send_signal(signal.SIGSTOP)
                time.sleep(5.5)
                process.send_signal(signal.SIGCONT)
                assert process.wait(PATIENCE) == 0
            asked = len(server.seen)
        kept = records_of(project.only())
        assert asked == len(kept) == 40
        assert {record["response"]["attempts"] for record in kept} == {1}
        times = [record["response"]["timing_s"]["e2e"] for record in kept]
        assert 0 < times.count(None) <= AT_ONCE  # nobody saw when these came
