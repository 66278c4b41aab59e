"""Data comes by itself: from addresses that are pinned, whole or not at all, with its licence said first."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pty
import re
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from harness.datasets.addresses import addresses
from harness.tasks import task as tasks
from tests.support.mirror import mirror, sources
from tests.support.paths import DATA, needs_data
from tests.support.running import Project
from tests.support.servers import Answer, Server, redirect, status, truncated, whole

SHIPPED = Path(__file__).parents[2] / "tasks"
ALL = tasks.expand(["all"])
ROWS = b"id\tdocument\tlabel\n" + b"".join(b"%d\tgood film %d\t%d\n" % (n, n, n % 2) for n in range(40))
MORE = b"id\tdocument\tlabel\n" + b"".join(b"%d\tgood film %d\t%d\n" % (n, n, n % 2) for n in (40, 41))

TASK = """
version: 1
description: reviews
data:
  format: tsv
  files: {{train: reviews/all.tsv, test: reviews/all.tsv}}
  url:
{url}
fields: {{id: id, input: document, target: label}}
options: {{0: bad, 1: good}}
ask: choose
templates: {{plain: {{query: "{{{{ input }}}}"}}}}
metrics: [accuracy]
source: {{licence: CC0-1.0{terms}}}
"""


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, server: Server) -> Project:
    """A project whose data lies at https://data.example, which the loopback server stands in for."""
    project = Project(tmp_path)
    project.env |= {
        "HARNESS_MIRROR": server.url,
        "NO_PROXY": "127.0.0.1",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    return project


def write(project: Project, url: str, terms: str = "") -> None:
    text = TASK.format(url=url, terms=f", terms: {terms}" if terms else "")
    if "parquet" in url:
        text = text.replace("reviews/all.tsv", "reviews/all.parquet")
    project.write("tasks/reviews.yaml", text)


def plain(server: Server, *answers: Answer, content: bytes = ROWS) -> str:
    """Return the address of both splits, one file each."""
    server.answer("/reviews.tsv", *(answers or (whole(content),)))
    one = f"{{url: https://data.example/reviews.tsv, sha256: {sha(ROWS)}}}"
    return f"    train: {one}\n    test: {one}"


def run(project: Project, *more: object):
    return project.harness("run", "-t", "reviews", "-b", "nb", "--json", *more)


def accuracy(done) -> float:
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["runs"]
    return found["metrics"]["accuracy"]["value"]


# ---- what is listed --------------------------------------------------------------------------------


def test_every_task_says_where_its_data_is(project):
    found = json.loads(project.harness("data", "list", "--json").stdout)["data"]
    states = {row["task"]: row["state"] for row in found}
    assert sorted(states) == sorted(ALL)
    assert sum(state == "url" for state in states.values()) >= 60
    assert {name for name, state in states.items() if state == "hub"} >= {"kmmlu_stem", "mmlu_pro"}
    assert set(states.values()) <= {"at hand", "url", "hub", "package", "by hand"}


def test_the_list_of_tasks_has_a_column_of_it(project):
    said = project.harness("list", "tasks", "--data", "--tag", "korean").stdout
    assert re.search(r"^kobest_boolq +url +choose", said, re.M)
    assert project.harness("list", "backends", "--data").returncode == 2


@needs_data
def test_data_at_hand_is_said_to_be(project):
    found = json.loads(project.harness("data", "list", "click", "--data-dir", DATA, "--json").stdout)["data"]
    assert [row["state"] for row in found] == ["at hand"]


@needs_data
def test_every_address_has_the_hash_that_the_public_table_has():
    known = {(row.url, row.sha256) for row in sources(DATA)}
    blobs = {row.url: row.note for row in sources(DATA)}
    for name in ALL:
        task = tasks.load(name)
        for split in task.file.data.url:
            for one in addresses(task, split):
                url = one.url.replace("%20", " ")
                if one.checksum.kind == "git_blob":
                    assert one.checksum.value in blobs[url]
                else:
                    assert {(one.url, one.checksum.value), (url, one.checksum.value)} & known, one


@pytest.mark.parametrize("name", ALL)
def test_without_data_the_message_names_files_place_and_command(name, tmp_path, monkeypatch):
    """Read for every task; offline, so that nothing but the message can come."""
    from harness.datasets.sources import Where, locate
    from harness.errors import HarnessError

    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    task = tasks.load(name)
    if task.file.data.package:
        return
    with pytest.raises(HarnessError) as caught:
        locate(task, [task.split], Where(offline=True), lambda line: None)
    said = str(caught.value)
    assert name in said or task.file.data.hub.id in said
    assert "--data-dir DIR" in said
    data = task.file.data
    hosts = [urlsplit(one.url).hostname for urls in data.url.values() for one in urls]
    places = hosts or [data.hub.id if data.hub else task.file.source.url]
    assert any(place in said for place in places if place) or places == [None]  # one's own data has no place


# ---- through the front door ------------------------------------------------------------------------


def test_a_task_with_an_address_needs_no_data_dir(project, server):
    write(project, plain(server))
    done = run(project)
    assert accuracy(done) >= 0
    assert "reviews: licence CC0-1.0" in done.stderr
    again = run(project, "--fresh", "--offline")
    assert accuracy(again) == accuracy(done)
    assert server.count("/reviews.tsv") == 1


def test_get_downloads_beforehand_and_says_what_there_is(project, server):
    write(project, plain(server))
    done = project.harness("data", "get", "reviews")
    assert (done.returncode, done.stdout) == (0, "reviews: 2 files (url)\n")
    assert accuracy(run(project, "--offline")) >= 0


def test_offline_the_files_and_the_command_are_named(project, server):
    write(project, plain(server))
    done = run(project, "--offline")
    assert done.returncode == 3
    assert "reviews/all.tsv" in done.stderr
    assert "harness data get reviews" in done.stderr
    assert not server.seen


AT = "https://data.example"
LISTS = {
    "list": """    {split}:
      - {{url: AT/a.tsv, sha256: {a}, path: reviews/all.tsv}}
      - {{url: AT/b.tsv, sha256: {b}, path: reviews/all.tsv}}""",
    "manifest": "    {split}: {{url: AT, manifest: reviews.sha256, path: reviews}}",
    "zip": "    {split}: {{url: AT/all.zip, sha256: {zip}, member: in/{split}.tsv}}",
    "members": """    {split}:
      - {{url: AT/all.zip, sha256: {zip}, member: in/{split}.tsv}}
      - {{url: AT/all.zip, sha256: {zip}, member: in/more.tsv}}""",
    "tar": "    {split}: {{url: AT/all.tar.gz, sha256: {tar}, member: in/{split}.tsv}}",
    "join": """    {split}:
      url: AT/all.tsv
      sha256: {all}
      path: reviews/all.tsv
      join: {{ids: {{url: AT/ids.tsv, sha256: {ids}}}, on: [id, label], keep: {keep}}}""",
    "blob": "    {split}: {{url: AT/all.tsv, git_blob: {blob}}}",
    "parquet": "    {split}: {{url: AT/all.parquet, sha256: {parquet}, path: reviews/all.parquet}}",
}


def packed(kind: str) -> bytes:
    """Return an archive of both splits, with a member that leads out of it."""
    target = io.BytesIO()
    members = {f"in/{split}.tsv": ROWS for split in ("train", "test")} | {
        "../../out.tsv": b"out",
        "in/more.tsv": MORE,
    }
    if kind == "zip":
        with zipfile.ZipFile(target, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
    else:
        with tarfile.open(fileobj=target, mode="w:gz") as archive:
            for name, content in members.items():
                about = tarfile.TarInfo(name)
                about.size = len(content)
                archive.addfile(about, io.BytesIO(content))
    return target.getvalue()


def parquet() -> bytes:
    arrow, writer = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    header, *lines = [line.split("\t") for line in ROWS.decode().splitlines()]
    table = arrow.table({name: [line[at] for line in lines] for at, name in enumerate(header)})
    target = io.BytesIO()
    writer.write_table(table, target)
    return target.getvalue()


def contents(kind: str) -> dict[str, bytes]:
    """Return what lies at each path of the server for a kind of address."""
    head, *lines = ROWS.splitlines(keepends=True)
    listed = b"".join(line.split(b"\t")[0] + b"\t" + line.split(b"\t")[2] for line in lines[:10])
    return {
        "list": {"/a.tsv": b"".join([head, *lines[:20]]), "/b.tsv": b"".join([head, *lines[20:]])},
        "manifest": {"/all.tsv": ROWS},
        "zip": {"/all.zip": packed("zip")},
        "members": {"/all.zip": packed("zip")},
        "tar": {"/all.tar.gz": packed("tar")},
        "join": {"/all.tsv": ROWS, "/ids.tsv": listed},
        "blob": {"/all.tsv": ROWS},
        "parquet": {"/all.parquet": parquet() if kind == "parquet" else b""},
    }[kind]


def listed_task(project: Project, server: Server, kind: str) -> dict[str, bytes]:
    """Write the task with addresses of a kind and serve them."""
    there = contents(kind)
    for path, content in there.items():
        server.answer(path, whole(content))
    blob = hashlib.sha1(f"blob {len(ROWS)}\0".encode() + ROWS, usedforsecurity=False).hexdigest()
    names = {"/a.tsv": "a", "/b.tsv": "b", "/all.zip": "zip", "/all.tar.gz": "tar", "/all.tsv": "all"}
    names |= {"/ids.tsv": "ids", "/all.parquet": "parquet"}
    hashes = {names[path]: sha(content) for path, content in there.items() if path in names}
    if kind == "manifest":
        lines = (f"{sha(content)}  {path[1:]}\n" for path, content in there.items())
        project.write("tasks/reviews.sha256", "".join(lines))
    splits = {"train": "unlisted", "test": "listed"}
    url = [LISTS[kind].format(split=s, keep=keep, blob=blob, **hashes) for s, keep in splits.items()]
    write(project, "\n".join(url).replace("AT/", f"{AT}/").replace("AT,", f"{AT},"))
    return there


@pytest.mark.parametrize("kind", LISTS)
def test_every_kind_of_address_is_read_whole_and_kept(kind, project, server):
    there = listed_task(project, server, kind)
    done = run(project)
    accuracy(done)
    (found,) = json.loads(done.stdout)["runs"]
    assert found["counts"]["examples"] == {"join": 10, "members": 42}.get(kind, 40)
    assert found["fit"]["examples"] == {"join": 30, "members": 42}.get(kind, 40)
    asked = len(server.seen)
    assert asked == len(there)
    accuracy(run(project, "--fresh", "--offline"))
    assert len(server.seen) == asked
    assert not list(project.home.rglob("out.tsv"))


LIES = {
    "another file": lambda content: whole(content + b"x"),
    "an empty file": lambda content: whole(b""),
    "a page of html": lambda content: whole(b"<html>moved</html>", Content_Type="text/html"),
    "a file that ends early": lambda content: truncated(content[: len(content) // 2], missing=99),
    "not there": lambda content: status(404),
    "another place": lambda content: redirect("file:///etc/passwd"),
}


LIED = [
    *((kind, lie) for kind in ("list", "join") for lie in LIES),
    *((kind, "another file") for kind in LISTS),
]


@pytest.mark.parametrize(("kind", "lie"), dict.fromkeys(LIED))
def test_nothing_half_or_false_is_ever_used(kind, lie, project, server):
    """The last file lies; what came before it is kept, and a server that is mended is all it takes."""
    path, content = list(listed_task(project, server, kind).items())[-1]
    server.answer(path, LIES[lie](content))
    done = run(project)
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert f"data.example{path}" in done.stderr or f"127.0.0.1:{server.port}{path}" in done.stderr
    assert "--data-dir DIR" in done.stderr
    server.answer(path, whole(content))
    accuracy(run(project))


def test_a_member_that_was_damaged_in_the_cache_is_unpacked_again(project, server):
    listed_task(project, server, "zip")
    first = accuracy(run(project))
    (member,) = (project.home / "cache").rglob("in/test.tsv")
    member.write_bytes(ROWS.replace(b"\t1\n", b"\t0\n"))
    assert accuracy(run(project, "--fresh", "--offline")) == first
    assert member.read_bytes() == ROWS


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("{url: https://data.example/a, sha256: x}", "'data.url.train"),
        ("{url: https://data.example/a}", "give one of sha256, git_blob and manifest"),
        ("{url: https://data.example/a, manifest: nowhere.sha256}", "nowhere.sha256' is not beside the task"),
        ("{url: https://data.example/a, manifest: bad.sha256}", "bad.sha256:1: should be a sha256"),
        ("{url: https://data.example/a, manifest: out.sha256}", "out.sha256:1: should be a sha256"),
        (f"{{url: https://data.example/a, sha256: {'ab' * 32}, path: ../a}}", "stay below the data folder"),
        (f"{{url: https://data.example/a, sha256: {'ab' * 32}, path: /etc/passwd}}", "stay below the data"),
        (f"{{url: https://data.example/a, sha256: {'ab' * 32}, path: other.tsv}}", "no address in url.test"),
    ],
)
def test_a_wrong_address_is_said_where_it_stands(url, said, project):
    project.write("tasks/bad.sha256", "this is no manifest\n")
    project.write("tasks/out.sha256", f"{'0' * 64}  ../../out.tsv\n")
    write(project, f"    train: {url}\n    test: {url}")
    done = run(project)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_task_that_extends_another_with_other_files_has_not_its_addresses(project, server):
    write(project, plain(server))
    project.write("tasks/mine.yaml", "extends: reviews\ndata: {files: {train: mine.tsv, test: mine.tsv}}\n")
    done = project.harness("run", "-t", "mine", "-b", "nb")
    assert done.returncode == 2
    assert "mine.tsv" in done.stderr
    assert not server.seen


# ---- licences --------------------------------------------------------------------------------------


def test_terms_are_said_where_nobody_can_be_asked(project, server):
    write(project, plain(server), terms="not for sale")
    done = run(project)
    accuracy(done)
    assert "reviews: not for sale" in done.stderr
    assert "agree" not in done.stderr


def asked(project: Project, answer: str, *command: str) -> tuple[int, str]:
    """Run a command on a terminal where somebody answers one question; return its exit code and words."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(project.home)
        os.execvpe(*[(words := [os.sys.executable, "-m", "harness", *command])[0], words, project.env])
    said = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        said += piece
        if answer and b"[y/N]" in said:
            os.write(terminal, answer.encode())
            answer = ""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), said.decode()


def test_a_person_is_asked_once_and_may_refuse(project, server):
    write(project, plain(server), terms="not for sale")
    code, said = asked(project, "n\n", "data", "get", "reviews")
    assert (code, "were not agreed to" in said) == (2, True)
    assert not server.seen
    code, said = asked(project, "네\n", "data", "get", "reviews")
    assert (code, "do you agree" in said) == (0, True)
    (cached,) = (project.home / "cache").rglob("all.tsv")
    cached.unlink()
    code, said = asked(project, "", "data", "get", "reviews")
    assert (code, "do you agree" in said) == (0, False)


def test_yes_agrees_beforehand(project, server):
    write(project, plain(server), terms="not for sale")
    code, said = asked(project, "", "data", "get", "reviews", "--yes")
    assert (code, "[y/N]" in said) == (0, False)


# ---- a task of one's own ---------------------------------------------------------------------------

OWN = """
version: 1
description: our reviews
data: {format: csv, files: {train: FILE, test: FILE}}
fields: {input: 글, target: 감정}
options: {나쁨: 나쁨, 좋음: 좋음}
ask: choose
templates: {plain: {query: "{{ input }}"}}
metrics: [accuracy]
"""
CELLS = [
    ("글", "감정"),
    *((f"{'정말 좋은' if n % 2 else '아주 나쁜'} 물건 {n}", "좋음" if n % 2 else "나쁨") for n in range(30)),
]
CSV = "".join(f"{text},{label}\r\n" for text, label in CELLS)


def workbook() -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in CELLS:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "note"),
    [
        ("reviews.csv", CSV.encode(), ""),
        ("reviews.csv", CSV.encode("utf-8-sig"), ""),
        ("windows.csv", CSV.encode("cp949"), "read as cp949"),
        ("excel.csv", CSV.encode("utf-16"), "read as utf-16"),
        ("reviews.xlsx", None, ""),
    ],
    ids=["utf-8", "bom", "cp949", "utf-16", "xlsx"],
)
def test_a_file_beside_its_task_is_read_as_excel_wrote_it(name, content, note, project):
    project.write("mine/own.yaml", OWN.replace("FILE", name))
    (project.home / "mine" / name).write_bytes(workbook() if content is None else content)
    done = project.harness("run", "-t", "mine/own.yaml", "-b", "nb", "--json")
    assert accuracy(done) == 1.0
    assert note in done.stderr
    assert done.stderr.count("read as") == (1 if note else 0)


def test_an_encoding_that_the_task_names_is_taken(project):
    project.write(
        "mine/own.yaml",
        OWN.replace("FILE", "r.csv").replace("{format: csv", "{format: csv, encoding: euc-kr"),
    )
    (project.home / "mine/r.csv").write_bytes(CSV.encode("euc-kr"))
    done = project.harness("run", "-t", "mine/own.yaml", "-b", "nb", "--json")
    assert accuracy(done) == 1.0
    assert "read as" not in done.stderr


def test_an_encoding_that_is_none_is_said(project):
    text = OWN.replace("FILE", "r.csv").replace("{format: csv", "{format: csv, encoding: korean-excel")
    project.write("mine/own.yaml", text)
    done = project.harness("run", "-t", "mine/own.yaml", "-b", "nb")
    assert done.returncode == 2
    assert "korean-excel" in done.stderr
    assert "cp949" in done.stderr


# ---- the public data -------------------------------------------------------------------------------


@needs_data
def test_kobest_comes_through_a_mirror_of_the_very_addresses(project, server):
    mirror(DATA, server)
    done = project.harness("run", "-t", "kobest", "-b", "nb", "--limit", 50, "--json", "--quiet")
    assert done.returncode == 0, done.stderr
    runs = {found["task"]["name"]: found for found in json.loads(done.stdout)["runs"]}
    assert {"kobest_boolq", "kobest_wic", "kobest_sentineg"} <= set(runs)
    assert {found["data"]["source"] for found in runs.values()} == {"url"}
    assert all(urlsplit(seen.path).netloc == "" for seen in server.seen)


@needs_data
def test_glue_comes_by_lists_and_archives_as_its_addresses_have_them(project, server):
    """The files at hand are parts or joined: the hashes in a copy of the tasks are those of the parts."""
    hashes = {}

    def serve(url: str, content: bytes) -> None:
        server.answer(urlsplit(url).path, whole(content))
        hashes[url] = sha(content)

    glue = DATA / "glue"
    rte = io.BytesIO()
    with zipfile.ZipFile(rte, "w") as archive:
        for split in ("train", "dev"):
            archive.write(glue / f"RTE/{split}.tsv", f"RTE/{split}.tsv")
    lines = {
        name: (glue / f"{name}.tsv").read_bytes().splitlines(keepends=True)
        for name in ("CoLA/dev", "WNLI/train")
    }
    for name, split in (("cola", "dev"), ("wnli", "train")):
        first, second = tasks.load(name).file.data.url[split]
        rows = lines["CoLA/dev" if name == "cola" else "WNLI/train"]
        serve(first.url, b"".join(rows[:300]))
        serve(second.url, b"".join([*(rows[:1] if name == "wnli" else []), *rows[300:]]))
    for name, split, content in (
        ("cola", "train", (glue / "CoLA/train.tsv").read_bytes()),
        ("wnli", "dev", (glue / "WNLI/dev.tsv").read_bytes()),
        ("sst2", "train", (glue / "SST-2/train.tsv").read_bytes()),
        ("sst2", "dev", (glue / "SST-2/dev.tsv").read_bytes()),
        ("rte", "dev", rte.getvalue()),
    ):
        serve(tasks.load(name).file.data.url[split][0].url, content)
    for name in ("cola", "wnli", "sst2", "rte"):
        text = (SHIPPED / "glue" / f"{name}.yaml").read_text(encoding="utf-8")
        for url in (one for those in tasks.load(name).file.data.url.values() for one in those):
            text = text.replace(str(url.sha256), hashes[url.url])
        project.write(f"tasks/{name}.yaml", re.sub(r"sample: .*", "", text))
    done = project.harness("run", "-t", "glue", "-b", "nb", "--limit", 50, "--json", "--quiet")
    runs = {found["task"]["name"]: found for found in json.loads(done.stdout)["runs"]}
    assert set(runs) == {"cola", "sst2", "rte", "wnli"}, done.stderr
    assert runs["wnli"]["fit"]["examples"] == len(lines["WNLI/train"]) - 1
    assert runs["cola"]["counts"]["examples"] == 50
    for name in ("mrpc", "qqp", "mnli_matched", "qnli"):
        assert re.search(rf"harness: {name}: cannot download .* --data-dir DIR", done.stderr)


@needs_data
@pytest.mark.parametrize("name", ["click", "sci_news_sum", "koen_jhe_ko_en", "wnli"])
def test_the_same_data_by_address_as_by_hand(name, project, server):
    """Folders, pairs and parts are what they are by --data-dir: as many examples, and the same hash."""
    mirror(DATA, server)
    by_url = project.harness("run", "-t", name, "-b", "random", "--limit", 30, "--json", "--quiet")
    by_hand = project.harness(
        "run", "-t", name, "-b", "random", "--limit", 30, "--json", "--quiet", "--fresh", "--data-dir", DATA
    )
    first, second = (json.loads(done.stdout)["runs"][0] for done in (by_url, by_hand))
    assert first["data"]["source"] == "url"
    assert second["data"]["source"] == "data-dir"
    assert first["task"]["n"] == second["task"]["n"]
    assert first["data"]["sha256"] == second["data"]["sha256"]
