from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import importlib.util
import os
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.datasets import downloads
from harness.datasets.downloads import Patience, common, fetch_hub, fetch_url, mask_url, web
from harness.errors import BadInput, Unavailable
from harness.paths import cache_dir
from tests.support.certificates import certified
from tests.support.servers import (
    Answer,
    Server,
    chunked,
    drip,
    drip_headers,
    raw,
    redirect,
    reset,
    silence,
    stall,
    status,
    truncated,
    whole,
)

BODY = "id\tdocument\tlabel\n1\t정말 좋은 영화\t1\n".encode() * 200
SHA = hashlib.sha256(BODY).hexdigest()
QUICK = Patience(connect=5, read=5, backoff=0.01)
SHORT = Patience(connect=5, read=5, backoff=0.01, min_rate=1000, window=0.5)

needs_hub = pytest.mark.skipif(
    importlib.util.find_spec("huggingface_hub") is None, reason="huggingface_hub is not installed"
)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


def fetch(url: str, cache: Path, sha256: str = SHA, **more: Any) -> Path:
    return fetch_url(url, sha256, cache=cache, **{"patience": QUICK, **more})


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def refusal(call: Callable[..., Any], *args: Any, **more: Any) -> str:
    """Return the words of the Unavailable that `call` raises: one line, as a user sees it."""
    with pytest.raises(Unavailable) as caught:
        call(*args, **more)
    words = str(caught.value)
    assert "\n" not in words
    assert caught.value.exit_code == 3
    return words


# ---- where -----------------------------------------------------------------------------------------


def test_the_cache_is_where_harness_cache_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    assert cache_dir() == tmp_path


def test_a_tilde_in_harness_cache_is_the_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_CACHE", "~/data")
    assert cache_dir() == Path.home() / "data"


def test_an_empty_harness_cache_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir().is_absolute()
    assert "harness" in cache_dir().parts


def test_a_file_lies_under_its_hash_and_its_name(server: Server, tmp_path: Path) -> None:
    path = fetch(server.answer("/nsmc/ratings.txt", whole(BODY)), tmp_path)
    assert path == tmp_path / "downloads" / SHA[:16] / "ratings.txt"
    assert path.read_bytes() == BODY


@pytest.mark.parametrize(
    ("last", "name"),
    [
        ("ratings_test.txt", "ratings_test.txt"),
        ("%ED%8F%89%EC%A0%90.tsv", "평점.tsv"),
        ("%E1%84%91%E1%85%A7%E1%86%BC.tsv", "평.tsv"),
        ("a%2F..%2F..%2Fb.csv", "a_.._.._b.csv"),
        ("..", "download"),
        (".hidden.csv", "hidden.csv"),
        ("", "download"),
        ("a%00b%5Cc%3Ad.json", "a_b_c_d.json"),
        ("x" * 300 + ".csv.gz", "x" * 43 + ".csv.gz"),
    ],
)
def test_a_name_is_safe_on_every_system(last: str, name: str, server: Server, tmp_path: Path) -> None:
    words = refusal(fetch_url, f"{server.url}/d/{last}", SHA, cache=tmp_path, offline=True)
    assert f"{tmp_path / 'downloads' / SHA[:16] / name} is not there" in words


def test_a_long_korean_name_fits_the_file_system(server: Server, tmp_path: Path) -> None:
    name = "%EA%B0%80" * 200 + ".tsv"
    assert fetch(server.answer(f"/{name}", whole(BODY)), tmp_path).suffix == ".tsv"


@settings(max_examples=50)
@given(st.text())
def test_any_name_is_safe(last: str) -> None:
    name = web._safe_name("http://host/" + quote(last))
    assert Path(name).name == name
    assert not name.startswith(".")
    assert 0 < len(name.encode()) < 230


@pytest.mark.skipif(os.name != "posix", reason="umask")
def test_a_file_gets_the_permissions_of_the_umask(server: Server, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    path = fetch(server.answer("/a.tsv", whole(BODY)), tmp_path)
    assert path.stat().st_mode == plain.stat().st_mode


# ---- once ------------------------------------------------------------------------------------------


def test_a_cached_file_is_not_asked_for_again(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", whole(BODY))
    assert fetch(url, tmp_path) == fetch(url, tmp_path)
    assert len(server.seen) == 1


def test_a_damaged_cached_file_is_healed(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", whole(BODY))
    said: list[str] = []
    fetch(url, tmp_path).write_bytes(BODY[:-1])
    assert fetch(url, tmp_path, report=said.append).read_bytes() == BODY
    assert "is damaged" in said[0]


def test_offline_a_cached_file_is_there(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", whole(BODY))
    fetch(url, tmp_path)
    assert fetch(url, tmp_path, offline=True).read_bytes() == BODY
    assert len(server.seen) == 1


def test_offline_a_missing_file_says_where_it_was_looked_for(server: Server, tmp_path: Path) -> None:
    words = refusal(fetch, f"{server.url}/a.tsv", tmp_path, offline=True)
    assert str(tmp_path / "downloads" / SHA[:16] / "a.tsv") in words
    assert "--offline forbids" in words
    assert not server.seen


def test_offline_a_damaged_file_is_called_damaged(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", whole(BODY))
    fetch(url, tmp_path).write_bytes(b"half")
    words = refusal(fetch, url, tmp_path, offline=True)
    assert "is damaged" in words
    assert hashlib.sha256(b"half").hexdigest() in words


def test_a_hash_in_capitals_is_the_same_hash(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", whole(BODY))
    assert fetch(url, tmp_path, SHA.upper()) == fetch(url, tmp_path, SHA)


def test_a_folder_in_the_way_is_told(server: Server, tmp_path: Path) -> None:
    (tmp_path / "downloads" / SHA[:16] / "a.tsv").mkdir(parents=True)
    assert "cannot be read" in refusal(fetch, f"{server.url}/a.tsv", tmp_path)


# ---- whole -----------------------------------------------------------------------------------------


def test_a_wrong_file_is_refused_at_once_with_both_hashes(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", whole(b"<html>please log in</html>"))
    words = refusal(fetch, url, tmp_path)
    assert SHA in words
    assert hashlib.sha256(b"<html>please log in</html>").hexdigest() in words
    assert len(server.seen) == 1
    assert files(tmp_path) == []


def test_a_wrong_file_leaves_a_damaged_one_alone(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", whole(BODY), whole(b"wrong"))
    path = fetch(url, tmp_path)
    path.write_bytes(b"old")
    refusal(fetch, url, tmp_path)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(
    "broken",
    [
        truncated(BODY[:5000]),
        chunked(BODY[:5000], end=False),
        reset(),
        reset(BODY[:5000]),
        status(500),
        status(503),
        status(429),
        raw(b""),
    ],
    ids=["truncated", "unfinished", "reset", "reset_midway", "500", "503", "429", "hung_up"],
)
def test_what_may_pass_is_tried_again(broken: Answer, server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", broken, broken, whole(BODY))
    assert fetch(url, tmp_path).read_bytes() == BODY
    assert files(tmp_path) == ["a.tsv"]
    assert len(server.seen) == 3


def test_a_silent_server_is_tried_again(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", silence(), stall(b"x"), whole(BODY))
    patience = Patience(read=0.5, backoff=0.01)
    assert fetch(url, tmp_path, patience=patience).read_bytes() == BODY


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (truncated(bytes(16384), missing=6000), "the connection broke after 16.4 kB of 22.4 kB"),
        (chunked(bytes(5000), end=False), "the connection broke after 5.0 kB"),
        (reset(), "no connection (Connection reset by peer)"),
        (status(500), "the server answers HTTP 500"),
    ],
)
def test_three_attempts_are_enough(broken: Answer, words: str, server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", broken)
    said = refusal(fetch, url, tmp_path)
    assert f"cannot download {url}: {words}" in said
    assert "--data-dir" in said
    assert "--sample" in said
    assert len(server.seen) == 3
    assert all(name.endswith(".part") for name in files(tmp_path))


@pytest.mark.parametrize(
    ("code", "words"),
    [(404, "is not there"), (410, "is not there"), (401, "not allow"), (403, "not allow"), (400, "HTTP 400")],
)
def test_what_will_not_pass_is_asked_once(code: int, words: str, server: Server, tmp_path: Path) -> None:
    said = refusal(fetch, server.answer("/a.tsv", status(code)), tmp_path)
    assert words in said
    assert str(code) in said
    assert len(server.seen) == 1


def test_a_refused_connection_is_told(tmp_path: Path) -> None:
    with Server() as gone:
        url = gone.url
    words = refusal(fetch, f"{url}/a.tsv", tmp_path)
    assert "no connection (Connection refused)" in words


def test_a_host_that_cannot_be_found_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    words = refusal(fetch, "http://data.example/a.tsv", tmp_path)
    assert "http://data.example/a.tsv: no connection (Name or service not known); give --data-dir" in words


def test_a_length_that_is_no_number_is_no_traceback(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx"))
    assert "cannot download" in refusal(fetch, url, tmp_path)


def test_an_answer_that_is_not_http_is_no_traceback(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", raw(b"SSH-2.0-OpenSSH\r\n\r\n"))
    assert "cannot download" in refusal(fetch, url, tmp_path)


def test_a_body_without_a_length_is_whole_when_its_hash_fits(server: Server, tmp_path: Path) -> None:
    assert fetch(server.answer("/a.tsv", chunked(BODY)), tmp_path).read_bytes() == BODY


def test_a_gz_is_stored_as_it_is(server: Server, tmp_path: Path) -> None:
    packed = gzip.compress(BODY)
    sha = hashlib.sha256(packed).hexdigest()
    assert fetch(server.answer("/a.tsv.gz", whole(packed)), tmp_path, sha).read_bytes() == packed


def test_a_gz_that_the_server_calls_an_encoding_is_stored_as_it_is(server: Server, tmp_path: Path) -> None:
    packed = gzip.compress(BODY)
    sha = hashlib.sha256(packed).hexdigest()
    url = server.answer("/a.tsv.gz", whole(packed, Content_Encoding="gzip"))
    assert fetch(url, tmp_path, sha).read_bytes() == packed


def test_the_file_is_asked_for_as_it_is(server: Server, tmp_path: Path) -> None:
    fetch(server.answer("/a.tsv", whole(BODY)), tmp_path)
    assert server.seen[0].headers["accept-encoding"] == "identity"
    assert server.seen[0].headers["user-agent"].startswith("harness-ko/")


def test_an_empty_file_is_a_file(server: Server, tmp_path: Path) -> None:
    sha = hashlib.sha256(b"").hexdigest()
    assert fetch(server.answer("/a.tsv", whole(b"")), tmp_path, sha).read_bytes() == b""


# ---- slow ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slow", "words"),
    [(drip(), "too slow: "), (drip_headers(), "no answer within 0.5 s"), (stall(BODY), "too slow: 0 bytes")],
    ids=["drip", "drip_headers", "stall"],
)
def test_a_drip_does_not_last_for_ever(slow: Answer, words: str, server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", slow)
    begun = time.monotonic()
    assert words in refusal(fetch, url, tmp_path, patience=SHORT)
    assert time.monotonic() - begun < 10
    assert len(server.seen) == 1
    assert files(tmp_path) == []


def test_slow_is_not_too_slow(server: Server, tmp_path: Path) -> None:
    def steady(handler: Any) -> None:
        handler.start(200, Content_Length=len(BODY))
        for start in range(0, len(BODY), 500):
            handler.send(BODY[start : start + 500])
            handler.pause(0.06)

    url = server.answer("/a.tsv", steady)
    assert fetch(url, tmp_path, patience=SHORT).read_bytes() == BODY


# ---- said ------------------------------------------------------------------------------------------


def test_a_download_is_told_in_one_line_with_its_size(server: Server, tmp_path: Path) -> None:
    body = bytes(1_460_000)
    url = server.answer("/a.bin", whole(body))
    said: list[str] = []
    fetch(url, tmp_path, hashlib.sha256(body).hexdigest(), report=said.append)
    assert said == [f"downloading {url} (1.5 MB)"]


def test_a_second_attempt_is_told(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", status(503), whole(BODY))
    said: list[str] = []
    fetch(url, tmp_path, report=said.append)
    assert said[0] == f"{url}: the server answers HTTP 503; attempt 2 of 3"


def test_nothing_is_said_of_a_cached_file(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", whole(BODY))
    fetch(url, tmp_path)
    said: list[str] = []
    fetch(url, tmp_path, report=said.append)
    assert said == []


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 bytes"), (812, "812 bytes"), (14_628_807, "14.6 MB"), (3_250, "3.2 kB"), (2 * 10**9, "2.0 GB")],
)
def test_sizes_read_well(count: int, words: str) -> None:
    assert common.size_in_words(count) == words


# ---- refused ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("sha256", ["", "abc", "g" * 64, "sha256:" + SHA, SHA + "\n", None])
def test_a_hash_is_64_hexadecimal_digits(sha256: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="sha256 must be 64 hexadecimal digits"):
        fetch_url("http://127.0.0.1:9/a.tsv", sha256, cache=tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/a",
        "a.tsv",
        "",
        "http:///a",
        "https://u:p/w@127.0.0.1/a",
        "http://[::1/a",
    ],
)
def test_only_the_web_is_downloaded_from(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="http:// or https://") as caught:
        fetch(url, tmp_path)
    assert "p/w" not in str(caught.value)


def test_a_redirect_is_followed(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", redirect("/b.tsv"))
    server.answer("/b.tsv", whole(BODY))
    assert fetch(url, tmp_path).name == "a.tsv"


def test_a_redirect_to_a_file_is_refused(server: Server, tmp_path: Path) -> None:
    words = refusal(fetch, server.answer("/a.tsv", redirect("file:///etc/passwd")), tmp_path)
    assert "file:///etc/passwd, which is not on the web" in words
    assert len(server.seen) == 1


def test_a_redirect_in_a_circle_ends(server: Server, tmp_path: Path) -> None:
    assert "redirect" in refusal(fetch, server.answer("/a.tsv", redirect("/a.tsv")), tmp_path)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certified(tmp_path_factory.mktemp("tls"))


def test_https_is_not_left_for_http(
    certificate: tuple[Path, Path], server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    plain = server.answer("/b.tsv", whole(BODY))
    with Server(tls=certificate) as secure:
        words = refusal(fetch, secure.answer("/a.tsv", redirect(f"{plain}?token=s3cret")), tmp_path)
        assert fetch(secure.answer("/c.tsv", whole(BODY)), tmp_path).read_bytes() == BODY
    assert "from https to unprotected http" in words
    assert "s3cret" not in words
    assert not server.seen


def test_a_certificate_that_nobody_vouches_for_is_refused_once(
    certificate: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    said: list[str] = []
    with Server(tls=certificate) as secure:
        url = secure.answer("/a.tsv", whole(BODY))
        assert "certificate is not trusted" in refusal(fetch, url, tmp_path, report=said.append)
    assert said == []


# ---- secrets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://host/a.tsv", "https://host/a.tsv"),
        ("https://me:pw@host:8443/a.tsv", "https://***@host:8443/a.tsv"),
        ("https://token@host/a.tsv", "https://***@host/a.tsv"),
        ("https://me:p@w@host/a.tsv", "https://***@host/a.tsv"),
        ("https://me:p/w@host/a.tsv", "https://***"),
        ("https://me:p?w@host/a.tsv", "https://***"),
        ("https://host/a.tsv?token=pw&x=1#pw", "https://host/a.tsv?***"),
        ("https://host/npm/pkg@1.2/a.tsv", "https://host/npm/pkg@1.2/a.tsv"),
        ("https://[::1/pw", "https://***"),
    ],
)
def test_a_masked_url_shows_no_secret(url: str, shown: str) -> None:
    assert mask_url(url) == shown


@given(st.text(min_size=8), st.text(min_size=8))
def test_no_password_and_no_query_is_shown(password: str, query: str) -> None:
    shown = mask_url(f"https://me:{quote(password, safe='')}@host/a?{quote(query)}#{quote(query)}")
    assert shown == "https://***@host/a?***"


@pytest.mark.parametrize(
    "answer",
    [status(403), status(500), truncated(b"x"), reset(), whole(b"wrong"), raw(b"nonsense\r\n\r\n"), drip()],
)
def test_no_secret_of_the_url_is_ever_said(answer: Answer, server: Server, tmp_path: Path) -> None:
    server.answer("/a.tsv", answer)
    url = f"http://me:hunter2@127.0.0.1:{server.port}/a.tsv?token=s3cret"
    said: list[str] = []
    with pytest.raises(Unavailable) as caught:
        fetch(url, tmp_path, report=said.append, patience=SHORT)
    shown = "".join(traceback.format_exception(caught.value))
    for words in (str(caught.value), shown, *said, *files(tmp_path)):
        assert "hunter2" not in words
        assert "s3cret" not in words


def test_no_library_logs_the_secret(server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nno colon\r\n\r\n" % len(BODY)
    url = server.answer("/a.tsv", raw(head + BODY)) + "?token=s3cret"
    with contextlib.suppress(Unavailable):
        fetch(url, tmp_path)
    assert "s3cret" not in caplog.text


def test_the_secret_of_the_url_reaches_its_host(server: Server, tmp_path: Path) -> None:
    server.answer("/a.tsv", whole(BODY))
    fetch(f"http://me:hunter2@127.0.0.1:{server.port}/a.tsv?token=s3cret", tmp_path)
    assert server.seen[0].headers["authorization"].startswith("Basic ")
    assert server.seen[0].path == "/a.tsv?token=s3cret"


# ---- disk ------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize("body", [BODY, BODY * 100], ids=["at_the_end", "midway"])
def test_a_full_disk_is_told_and_leaves_nothing(
    body: bytes, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(part: Path) -> BinaryIO:
        part.touch()
        return Path("/dev/full").open("wb")

    monkeypatch.setattr(web, "_create", full)
    sha = hashlib.sha256(body).hexdigest()
    words = refusal(fetch, server.answer("/a.tsv", whole(body)), tmp_path, sha)
    assert "is full" in words
    assert "free some space" in words
    assert files(tmp_path) == []
    assert len(server.seen) == 1


def test_a_cache_that_cannot_be_written_is_told(server: Server, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, not a folder")
    words = refusal(fetch, server.answer("/a.tsv", whole(BODY)), tmp_path / "cache")
    assert "HARNESS_CACHE" in words or "cannot be read" in words


def test_ctrl_c_leaves_nothing_but_what_can_go_on(server: Server, tmp_path: Path) -> None:
    def interrupt(line: str) -> None:
        raise KeyboardInterrupt

    url = server.answer("/a.tsv", stall(BODY))
    with pytest.raises(KeyboardInterrupt):
        fetch(url, tmp_path, report=interrupt)
    assert all(name.endswith(".part") for name in files(tmp_path))


def test_a_transfer_that_was_given_up_ends(server: Server, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    patient_reader = Patience(read=60, window=0.5)
    refusal(fetch, server.answer("/a.tsv", stall(BODY)), tmp_path, patience=patient_reader)
    ours = [thread for thread in set(threading.enumerate()) - before if thread.name.endswith("(_work)")]
    for thread in ours:
        thread.join(10)
        assert not thread.is_alive()


# ---- killed, and at the same time ------------------------------------------------------------------

CHILD = """
import sys
from pathlib import Path
from harness.paths import cache_dir
from harness.datasets.downloads import fetch_url
print(fetch_url(sys.argv[1], sys.argv[2], cache=Path(sys.argv[3])))
"""


def child(url: str, cache: Path) -> subprocess.Popen[str]:
    root = Path(downloads.__file__).parents[3]
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, url, SHA, str(cache)],
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(true: Callable[[], Any], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited for too long"
        time.sleep(0.01)


def test_a_kill_leaves_no_half_file_and_the_next_call_succeeds(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", stall(BODY[:20_000]), whole(BODY))
    with child(url, tmp_path) as killed:
        until(lambda: list(tmp_path.rglob("*.part")))
        until(lambda: server.seen)
        killed.kill()
    left = files(tmp_path)
    assert len(left) == 1
    assert left[0].endswith(".part")
    assert fetch(url, tmp_path).read_bytes() == BODY


def test_what_a_killed_process_left_is_swept_when_it_is_old(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.tsv", whole(BODY))
    path = fetch(url, tmp_path)
    old, new = path.with_name("a.tsv.0123456789ab.part"), path.with_name("a.tsv.ba9876543210.part")
    old.touch()
    new.touch()
    long_ago = time.time() - downloads.STALE_AFTER - 10
    os.utime(old, (long_ago, long_ago))
    os.utime(path, (long_ago, long_ago))
    fetch(url, tmp_path)
    assert files(tmp_path) == ["a.tsv", new.name]


def test_a_cached_file_whose_name_ends_in_part_is_not_swept(server: Server, tmp_path: Path) -> None:
    url = server.answer("/a.part", whole(BODY))
    os.utime(fetch(url, tmp_path), (0, 0))
    fetch(url, tmp_path)
    assert len(server.seen) == 1


def test_two_processes_at_once_get_one_valid_file(server: Server, tmp_path: Path) -> None:
    def together(handler: Any) -> None:
        handler.start(200, Content_Length=len(BODY))
        handler.send(BODY[:5000])
        until(lambda: len(server.seen) == 2)
        handler.send(BODY[5000:])

    url = server.answer("/a.tsv", together)
    with child(url, tmp_path) as first, child(url, tmp_path) as second:
        for process in (first, second):
            out, err = process.communicate(timeout=20)
            assert process.returncode == 0, err
            assert Path(out.strip()).read_bytes() == BODY
    assert files(tmp_path) == ["a.tsv"]
    assert len(server.seen) == 2


# ---- the hub ---------------------------------------------------------------------------------------

REPO, FILE = "e9t/nsmc", "data/ratings.txt"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
TEMPLATE = "/{repo_id}/resolve/{revision}/{filename}"
RESOLVE = f"/datasets/{REPO}/resolve"
GIT_SHA = hashlib.sha1(b"blob %d\0" % len(BODY) + BODY).hexdigest()


def hub_file(body: bytes = BODY, etag: str = GIT_SHA, make: Callable[..., Answer] = whole) -> Answer:
    return make(body, ETag=f'"{etag}"', X_Repo_Commit=COMMIT, Accept_Ranges="bytes")


@pytest.fixture
def hub(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A hub on the loopback; the library has read its environment already, so its constants are set."""
    pytest.importorskip("huggingface_hub", reason="huggingface_hub is not installed")
    from huggingface_hub import constants, file_download
    from huggingface_hub.utils import _http

    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", False)
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 2)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.delenv("HUGGING_FACE_HUB_TOKEN", raising=False)
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    for module in (file_download, _http):
        monkeypatch.setattr(module, "time", Hurried())
    yield server
    _http.close_session()


class Hurried:
    """`time` without the library's pauses between attempts."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        pass


def ask(cache: Path, **more: Any) -> tuple[Path, str]:
    return fetch_hub(REPO, FILE, **{"revision": "main", "cache": cache, **more})


def test_a_hub_file_comes_with_its_commit(hub: Server, tmp_path: Path) -> None:
    hub.answer(f"{RESOLVE}/main/{FILE}", hub_file())
    path, commit = ask(tmp_path)
    assert path.read_bytes() == BODY
    assert path.is_relative_to(tmp_path / "hub")
    assert commit == COMMIT


def test_a_hub_file_of_a_commit_is_not_asked_for_again(hub: Server, tmp_path: Path) -> None:
    hub.answer(f"{RESOLVE}/{COMMIT}/{FILE}", hub_file())
    assert ask(tmp_path, revision=COMMIT) == ask(tmp_path, revision=COMMIT)
    assert [seen.method for seen in hub.seen] == ["HEAD", "GET"]


def test_the_hub_is_told_nothing_but_what_is_wanted(
    hub: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AI_AGENT", "anything")
    hub.answer(f"{RESOLVE}/main/{FILE}", hub_file())
    ask(tmp_path)
    assert {seen.path for seen in hub.seen} == {f"{RESOLVE}/main/{FILE}"}
    assert all("torch" not in seen.headers["user-agent"] for seen in hub.seen)


def test_a_hub_download_is_told_in_two_lines(
    hub: Server, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hub.answer(f"{RESOLVE}/main/{FILE}", hub_file())
    said: list[str] = []
    ask(tmp_path, report=said.append)
    assert said == [
        f"asking the hub for dataset {REPO}, file {FILE} at main",
        f"downloading {REPO}/{FILE} (8.6 kB)",
    ]
    said.clear()
    ask(tmp_path, report=said.append)
    assert said == []
    assert capfd.readouterr() == ("", "")


def test_offline_a_hub_file_is_in_the_cache(hub: Server, tmp_path: Path) -> None:
    hub.answer(f"{RESOLVE}/main/{FILE}", hub_file())
    online = ask(tmp_path)
    asked = len(hub.seen)
    assert ask(tmp_path, offline=True) == online
    assert len(hub.seen) == asked


def test_offline_a_missing_hub_file_says_where_it_was_looked_for(hub: Server, tmp_path: Path) -> None:
    words = refusal(ask, tmp_path, offline=True)
    assert "--offline forbids" in words
    assert str(tmp_path / "hub") in words
    assert not hub.seen


def error(code: int, name: str = "", message: str = "") -> Answer:
    return status(code, X_Error_Code=name, X_Error_Message=message)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (error(404, "RepoNotFound"), "no such repository, or a private one: check the id, or set HF_TOKEN"),
        (error(401), "check the id and HF_TOKEN"),
        (error(403, "GatedRepo"), "it is gated: accept its terms on the hub and set HF_TOKEN"),
        (error(403, "", "Access to this resource is disabled."), "has disabled the repository"),
        (error(403), "check the id and HF_TOKEN"),
        (error(404, "RevisionNotFound"), "the repository has no such revision"),
        (error(404, "EntryNotFound"), "the repository has no such file"),
        (error(500), "the hub answers HTTP 500"),
        (error(429), "the hub answers HTTP 429"),
        (error(400), "the hub answers HTTP 400"),
        (whole(BODY), "what answers is not a hub: check HF_ENDPOINT"),
        (reset(), "the connection broke"),
    ],
)
def test_the_hubs_refusals_are_told_in_one_line(
    answer: Answer, words: str, hub: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_s3cret")
    hub.answer(f"{RESOLVE}/main/{FILE}", answer)
    said = refusal(ask, tmp_path)
    assert words in said
    assert REPO in said
    assert "--data-dir" in said
    assert "s3cret" not in said


def test_without_a_network_the_hub_road_says_so_in_one_line(
    hub: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from huggingface_hub import constants

    with Server() as gone:
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", gone.url + TEMPLATE)
    assert "no connection to the hub" in refusal(ask, tmp_path)
    assert caplog.records == []


def test_the_librarys_own_offline_switch_is_named(
    hub: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE" in refusal(ask, tmp_path)
    assert not hub.seen


def test_a_truncated_hub_file_is_not_kept(hub: Server, tmp_path: Path) -> None:
    hub.answer(f"{RESOLVE}/main/{FILE}", hub_file(make=truncated))
    assert "connection broke" in refusal(ask, tmp_path)
    assert not list(tmp_path.rglob("ratings.txt"))
    assert not list(tmp_path.rglob("*.incomplete"))


@pytest.mark.parametrize("etag", [GIT_SHA, SHA, hashlib.sha1(BODY).hexdigest(), "no-hash-at-all"])
def test_a_hub_file_is_checked_by_the_hash_in_its_name(etag: str, hub: Server, tmp_path: Path) -> None:
    hub.answer(f"{RESOLVE}/main/{FILE}", hub_file(etag=etag))
    assert ask(tmp_path)[0].read_bytes() == BODY


def test_a_blob_that_lies_in_a_shared_store_is_checked_by_its_own_name(hub: Server, tmp_path: Path) -> None:
    hub.answer(f"{RESOLVE}/main/{FILE}", hub_file())
    path, _ = ask(tmp_path)
    blob = path.parent / path.readlink()
    stored = tmp_path / ("f" * 64)
    blob.rename(stored)
    blob.symlink_to(stored)
    said: list[str] = []
    ask(tmp_path, report=said.append)
    assert said == []


def test_two_bars_of_the_hub_are_one_line(
    hub: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import file_download

    def with_two_bars(url: str, file: BinaryIO, *, tqdm_class: Any, **_: Any) -> None:
        for what in ("transfer", "reconstruction"):
            tqdm_class(total=len(BODY), desc=what, position=1).close()
        file.write(BODY)

    monkeypatch.setattr(file_download, "http_get", with_two_bars)
    hub.answer(f"{RESOLVE}/main/{FILE}", hub_file())
    said: list[str] = []
    ask(tmp_path, report=said.append)
    assert len(said) == 2


@pytest.mark.parametrize("etag", [GIT_SHA, SHA])
def test_a_wrong_hub_file_is_not_kept(etag: str, hub: Server, tmp_path: Path) -> None:
    hub.answer(f"{RESOLVE}/main/{FILE}", hub_file(b"x" * len(BODY), etag))
    assert "does not fit its hash" in refusal(ask, tmp_path)
    assert not any(path.exists() for path in tmp_path.rglob("ratings.txt"))
    assert not any(path.is_file() for path in tmp_path.rglob("blobs/*"))


def test_a_damaged_hub_file_is_healed(hub: Server, tmp_path: Path) -> None:
    hub.answer(f"{RESOLVE}/main/{FILE}", hub_file())
    path, _ = ask(tmp_path)
    path.write_bytes(b"damaged")
    assert "is damaged" in refusal(ask, tmp_path, offline=True)
    assert ask(tmp_path)[0].read_bytes() == BODY


def test_a_branch_that_is_cached_stands_in_when_the_hub_is_down(hub: Server, tmp_path: Path) -> None:
    hub.answer(f"{RESOLVE}/main/{FILE}", hub_file())
    online = ask(tmp_path)
    hub.answer(f"{RESOLVE}/main/{FILE}", status(503))
    assert ask(tmp_path) == online


@pytest.mark.parametrize(
    ("repo", "file"), [("a/b/c", "x"), ("no spaces", "x"), (REPO, "../../x"), (REPO, "/etc/passwd")]
)
def test_a_name_that_cannot_be_is_bad_input(repo: str, file: str, hub: Server, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        fetch_hub(repo, file, revision="main", cache=tmp_path)
    assert not hub.seen


def test_what_a_killed_hub_download_left_is_swept(hub: Server, tmp_path: Path) -> None:
    hub.answer(f"{RESOLVE}/main/{FILE}", hub_file())
    blob = ask(tmp_path)[0].resolve()
    left = blob.with_name(f"{blob.name}.01234567.incomplete")
    left.touch()
    os.utime(left, (0, 0))
    ask(tmp_path)
    assert not left.exists()


def test_a_full_disk_under_the_hub_is_told(
    hub: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import file_download

    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(file_download, "http_get", full)
    hub.answer(f"{RESOLVE}/main/{FILE}", hub_file())
    assert "is full" in refusal(ask, tmp_path)


def test_a_missing_extra_is_named_with_its_install_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    assert "pip install 'harness-ko[hub]'" in refusal(ask, tmp_path)


@needs_hub
def test_hf_endpoint_is_obeyed_in_a_process_of_its_own(server: Server, tmp_path: Path) -> None:
    server.answer(f"{RESOLVE}/main/{FILE}", hub_file())
    program = (
        "import sys; from pathlib import Path; from harness.datasets.downloads import fetch_hub;"
        f"print(*fetch_hub({REPO!r}, {FILE!r}, revision='main', cache=Path(sys.argv[1])))"
    )
    root = Path(downloads.__file__).parents[3]
    switches = {"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_TOKEN"}
    env = {name: value for name, value in os.environ.items() if name not in switches}
    env |= {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "home"), "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[-1] == COMMIT
    assert done.stderr == ""
