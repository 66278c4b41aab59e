"""Files that a task, a row or a run directory names: below the data folder or the task's own, and bounded."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import os
import shutil
import threading
from collections.abc import Iterator

import pytest

from harness import tables
from harness.datasets.downloads import transfer
from tests.support.running import REVIEWS, Project, here, rows
from tests.support.shell import Shell

HEADER = "id\tdocument\tlabel\n"
SECRET = "s1\t비밀번호는 hunter2\t1\n"
RUN = ("run", "-t", "theirs", "-b", "majority", "--limit", "5")


@pytest.fixture(autouse=True)
def _secret(shell: Shell) -> None:
    """A file of the user's that could be read as data, beside his data folder and in no folder of a task."""
    shell.write("private/secret.tsv", HEADER + SECRET)
    shell.write("data/train.tsv", HEADER + "".join("\t".join(row) + "\n" for row in rows(4)))


def task(shell: Shell, test: str, where: str = "tasks/theirs.yaml", **changes: str) -> None:
    """Write a task as somebody sends it, whose test split is the file called so."""
    text = REVIEWS.replace("reviews/train.tsv", "train.tsv").replace("reviews/test.tsv", test)
    for old, new in changes.items():
        text = text.replace(f"{old}: ", f"{new}\n{old}: ", 1)
    shell.write(where, text)


class TestANameInFiles:
    @pytest.mark.parametrize(
        "name",
        [
            "../private/secret.tsv",
            "{home}/private/secret.tsv",
            "../priva*/secret.tsv",
            "{home}/private/*.tsv",
            "sub/../../private/secret.tsv",
            "linked.tsv",
            "folder/secret.tsv",
            "/proc/self/environ",
            "../../../../../../../../etc/passwd",
        ],
    )
    @pytest.mark.parametrize("place", ["data", "beside"])
    def test_leads_nowhere_else(self, shell, name, place):
        folder = shell.home / ("data" if place == "data" else "tasks")
        (folder / "sub").mkdir(parents=True, exist_ok=True)
        (folder / "linked.tsv").symlink_to(shell.home / "private/secret.tsv")
        (folder / "folder").symlink_to(shell.home / "private")
        if place == "beside":
            shutil.copy(shell.home / "data/train.tsv", folder)
        task(shell, f'"{name.replace("{home}", str(shell.home))}"')
        told = shell(*RUN, *(("--data-dir", "data") if place == "data" else ()))
        assert told.code == 2, told
        assert "theirs.yaml:5: " in told.err
        assert "outside of the data folder and the task's own" in told.err or "no name below" in told.err
        assert "hunter2" not in told.out + told.err
        assert not (shell.home / "runs").exists()

    def test_may_be_a_link_within_the_folder(self, shell):
        (shell.home / "data/test.tsv").symlink_to("train.tsv")
        task(shell, "test.tsv")
        assert shell(*RUN, "--data-dir", "data").code == 0

    def test_may_be_a_link_of_a_hub_s_cache_which_are_all_links(self, shell):
        folder = shell.home / "hub/datasets--a--b/snapshots/abc"
        blobs = shell.home / "hub/datasets--a--b/blobs"
        folder.mkdir(parents=True)
        blobs.mkdir()
        shutil.copy(shell.home / "data/train.tsv", blobs / "0123")
        for name in ("train.tsv", "test.tsv"):
            (folder / name).symlink_to("../../blobs/0123")
        task(shell, "test.tsv")
        assert shell(*RUN, "--data-dir", folder).code == 0

    def test_where_the_user_names_the_folder_it_is_free(self, shell):
        task(shell, "secret.tsv")
        shutil.copy(shell.home / "data/train.tsv", shell.home / "private")
        assert shell(*RUN, "--data-dir", "private").code == 0

    def test_that_is_a_pipe_is_not_there(self, shell):
        os.mkfifo(shell.home / "data/test.tsv")
        task(shell, "test.tsv")
        told = shell(*RUN, "--data-dir", "data")
        assert told.code == 2
        assert "holds no test.tsv" in told.err

    @pytest.mark.parametrize("name", ["{a,b}" * 20, "/".join(["가"] * 30)])
    def test_that_stands_for_a_million_takes_no_time(self, shell, name):
        task(shell, f'"{name}"')
        told = shell(*RUN, "--data-dir", "data")
        assert told.code == 2

    def test_of_a_package_imports_nothing_and_stays_inside_it(self, shell, monkeypatch):
        shell.write("evil/__init__.py", "open('ran.txt', 'w')")
        monkeypatch.syspath_prepend(str(shell.home))
        for name in ("evil.data/test.tsv", "evil/../private/secret.tsv", "../private/secret.tsv"):
            text = REVIEWS.replace(
                "files: {train: reviews/train.tsv, test: reviews/test.tsv}", "package: {train: X, test: X}"
            )
            shell.write("tasks/theirs.yaml", text.replace("X", f'"{name}"'))
            assert shell(*RUN).code in (2, 3)
            assert not (shell.home / "ran.txt").exists()


class TestASample:
    def test_lies_beside_the_task(self, shell):
        shell.write(
            "private/secret.jsonl", '{"split": "test", "id": 1, "document": "hunter2", "label": "1"}\n'
        )
        for name in (
            "../private/secret.jsonl",
            str(shell.home / "private/secret.jsonl"),
            "shipped:../pyproject.toml",
        ):
            task(shell, "test.tsv", fields="")
            path = shell.home / "tasks/theirs.yaml"
            path.write_text(REVIEWS.replace("data:\n", f'data:\n  sample: "{name}"\n'))
            told = shell(*RUN, "--sample")
            assert told.code == 2
            assert "hunter2" not in told.out + told.err
            assert "outside of the task's folder" in told.err or "lies beside no task" in told.err

    def test_that_a_run_directory_names_lies_beside_a_task_of_the_user_s(self, shell, tmp_path):
        shell.write(
            "private/secret.jsonl", '{"split": "test", "id": "1", "document": "hunter2", "label": "1"}\n'
        )
        project = Project(shell.home)
        project.reviews(rows(4), rows(4, "t"))
        directory = here(project, "majority").directory
        kept = directory / "task.yaml"
        kept.write_text(
            kept.read_text().replace("data:\n", f"data:\n  sample: {shell.home}/private/secret.jsonl\n")
        )
        about = directory / "run.json"
        about.write_text(
            about.read_text().replace('"complete"', '"partial"').replace('"sample": false', '"sample": true')
        )
        told = shell("run", "--resume", directory)
        assert told.code == 2
        assert "lies beside no task here" in told.err


PICTURES = """\
version: 1
description: pictures that rows name
data: {format: jsonl, files: {test: pictures.jsonl}}
fields: {image: path, target: label}
options: {a: 가, b: 나}
ask: choose
templates: {plain: {query: "무엇?"}}
metrics: [accuracy]
"""


class TestAPictureThatARowNames:
    @pytest.mark.parametrize(
        "path", ["{home}/private/me.png", "data/../private/me.png", "/dev/zero", "data/link.png"]
    )
    def test_lies_below_the_data_folder(self, shell, path):
        shell.write("private/me.png", "\x89PNG")
        (shell.home / "data/link.png").symlink_to(shell.home / "private/me.png")
        shell.write("tasks/theirs.yaml", PICTURES)
        path = path.replace("{home}", str(shell.home))
        shell.write("data/pictures.jsonl", f'{{"path": "{path}", "label": "a"}}\n')
        told = shell("run", "-t", "theirs", "-b", "random", "--data-dir", "data")
        assert told.code == 2
        assert "pictures.jsonl:1: the picture" in told.err
        assert "lies outside of the data folder and the task's own" in told.err

    @pytest.mark.skipif(shutil.which("python") is None, reason="no python")
    def test_that_is_a_pipe_or_endless_hangs_and_fills_nothing(self, shell):
        from harness.adapters.images import PictureError, content

        os.mkfifo(shell.home / "data/pipe.png")
        with (shell.home / "data/huge.png").open("wb") as file:
            file.truncate(1 << 40)  # a terabyte of nothing
        for name, why in (("pipe.png", "is no regular file"), ("huge.png", "more than 67,108,864 bytes")):
            with pytest.raises(PictureError, match=why):
                content(f"data/{name}")


class TestBounds:
    def test_a_packed_file_that_unpacks_without_end_is_refused(self, shell, monkeypatch):
        monkeypatch.setattr(tables, "UNPACKED", 1 << 20)
        with gzip.open(shell.home / "data/test.tsv.gz", "wb", compresslevel=9) as packed:
            for _ in range(8):
                packed.write(bytes(1 << 20))
        task(shell, "test.tsv")
        told = shell(*RUN, "--data-dir", "data")
        assert told.code == 2
        assert "unpacks to more than 200 times its size" in told.err

    def test_a_line_without_end_is_refused(self, shell, monkeypatch):
        monkeypatch.setattr(tables, "LONGEST_LINE", 1000)
        shell.write("data/test.tsv", HEADER + "x" * 2000)
        task(shell, "test.tsv")
        told = shell(*RUN, "--data-dir", "data")
        assert told.code == 2
        assert "test.tsv:2: a line of more than" in told.err

    @pytest.mark.parametrize("kind", ["definition", "manifest"])
    def test_a_definition_that_is_a_pipe_hangs_nothing(self, shell, kind):
        (shell.home / "tasks").mkdir()
        os.mkfifo(shell.home / "tasks/theirs.yaml")
        told = shell("check", "tasks") if kind == "definition" else shell("list", "tasks")
        assert "Traceback" not in told.err


class Endless(http.server.BaseHTTPRequestHandler):
    """Sends a file of no stated length that never ends."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(bytes(65536))
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def endless() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endless)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/test.tsv"
    server.shutdown()
    server.server_close()


class TestADownload:
    def addressed(self, shell: Shell, url: str, name: str = "test.tsv", content: bytes = b"") -> None:
        sha = hashlib.sha256(content).hexdigest()
        task(shell, f'"{name}"')
        path = shell.home / "tasks/theirs.yaml"
        address = f"{{url: {url}, sha256: {sha}}}"
        path.write_text(
            path.read_text().replace("data:\n", f"data:\n  url: {{train: {address}, test: {address}}}\n")
        )

    def test_without_a_length_has_a_bound(self, shell, endless, monkeypatch):
        monkeypatch.setattr(transfer, "UNTOLD", 5_000_000)
        self.addressed(shell, endless)
        told = shell(*RUN)
        assert told.code == 3
        assert "it said no length and does not end" in told.err
        left = [path for path in (shell.home.parent / "cache").rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in left) < 1_000_000

    def test_is_never_laid_outside_of_the_cache(self, shell, tmp_path):
        content = (HEADER + "".join("\t".join(row) + "\n" for row in rows(4))).encode()
        shell.write("served/test.tsv", content.decode())

        class Folder(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *given: object) -> None:
                super().__init__(*given, directory=str(shell.home / "served"))

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Folder)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            url = f"http://127.0.0.1:{server.server_port}/test.tsv"
            for name in ("../../../planted.tsv", "../../../../planted.tsv", f"{tmp_path}/planted.tsv"):
                self.addressed(shell, url, name, content)
                shell(*RUN)
        finally:
            server.shutdown()
            server.server_close()
        planted = list(tmp_path.rglob("planted.tsv"))
        assert all(path.is_relative_to(tmp_path / "cache/downloads") for path in planted)
