"""Where a task's files are looked for, in which order, and what is said when they are not there."""

from __future__ import annotations

import gzip
import hashlib
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.datasets import downloads
from harness.datasets.sources import Source, Where, locate
from harness.errors import BadInput, Unavailable
from tests.support.servers import Server, whole
from tests.support.small_tasks import small_task

FILES = {"train": "set/train.jsonl", "test": ["set/a.jsonl", "set/b.jsonl"]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The user's own folder of data."""
    (tmp_path / "data/set").mkdir(parents=True)
    return tmp_path / "data"


def find(where: Where, splits: list[str], **data: Any) -> Source:
    """Return where the small task's files are; what is reported is nobody's."""
    return locate(small_task(data={"format": "jsonl", **data}), splits, where, lambda _message: None)


def complaint(where: Where, splits: list[str], **data: Any) -> str:
    with pytest.raises(BadInput) as caught:
        find(where, splits, **data)
    return str(caught.value)


class TestFolder:
    def test_a_split_is_its_files_in_their_order(self, folder):
        for name in "ab":
            (folder / f"set/{name}.jsonl").touch()
        source = find(Where(folder), ["test"], files=FILES)
        assert source == Source("data-dir", {"test": [folder / "set/a.jsonl", folder / "set/b.jsonl"]})
        assert not source.sample

    def test_a_file_is_looked_for_plain_and_then_packed(self, folder):
        (folder / "set/a.jsonl.gz").touch()
        (folder / "set/b.jsonl.gz").touch()
        (folder / "set/b.jsonl").touch()
        found = find(Where(folder), ["test"], files=FILES).files["test"]
        assert [path.name for path in found] == ["a.jsonl.gz", "b.jsonl"]

    @pytest.mark.parametrize("form", ["NFC", "NFD"])
    @pytest.mark.parametrize("asked", ["자료/문의.jsonl", "자료/*의.jsonl", "{자료,기타}/문의.jsonl"])
    def test_hangul_in_a_name_is_found_in_pieces_too(self, folder, form, asked):
        path = folder / "자료" / unicodedata.normalize(form, "문의.jsonl")
        path.parent.mkdir()
        path.touch()
        assert find(Where(folder), ["test"], files={"test": asked}).files["test"] == [path]

    def test_only_what_is_asked_for_has_to_be_there(self, folder):
        (folder / "set/train.jsonl").touch()
        assert list(find(Where(folder), ["train"], files=FILES).files) == ["train"]

    def test_what_is_not_there_is_named_and_only_that(self, folder):
        (folder / "set/a.jsonl").touch()
        said = complaint(Where(folder), ["train", "test"], files=FILES)
        assert said == (
            f"the data of small is not here ({folder} holds no set/train.jsonl and no set/b.jsonl); "
            "give --data-dir DIR"
        )

    def test_a_split_without_files_is_named(self, folder):
        url = {"test": {"url": "http://127.0.0.1/x", "sha256": "0" * 64}}
        (folder / "x").touch()
        said = complaint(Where(folder), ["train", "test"], files={"train": "x"}, url=url, sample="s.jsonl")
        assert "holds no file for 'test': the task names none" in said
        assert said.endswith("give --data-dir DIR, or --sample for the shipped sample")

    def test_a_folder_in_the_place_of_a_file_is_named(self, folder):
        (folder / "set/train.jsonl").mkdir()
        said = complaint(Where(folder), ["train"], files=FILES)
        assert said == f"{folder}/set/train.jsonl: is a folder; the task reads a file"

    def test_a_name_that_no_file_can_have_is_not_there(self, folder):
        assert "holds no nnn" in complaint(Where(folder), ["train"], files={"train": "n" * 300, "test": "x"})

    def test_a_folder_that_is_not_there_is_named(self, folder):
        assert (
            complaint(Where(folder / "x"), ["train"], files=FILES) == f"--data-dir {folder}/x: no such folder"
        )

    def test_without_a_folder_it_is_said_what_to_give(self):
        said = complaint(Where(), ["train"], files=FILES)
        assert said == (
            "the data of small is not here (no --data-dir was given); it reads set/train.jsonl "
            "below a data folder; give --data-dir DIR"
        )


class TestSample:
    @pytest.fixture(autouse=True)
    def beside(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The task's YAML lies where its sample does: one that lies elsewhere is not read."""
        monkeypatch.chdir(tmp_path)

    def test_every_split_is_in_the_one_file(self, tmp_path):
        (tmp_path / "s.jsonl").touch()
        source = find(Where(sample=True), ["train", "test"], sample=str(tmp_path / "s.jsonl"))
        assert source == Source("sample", {split: [tmp_path / "s.jsonl"] for split in ("train", "test")})
        assert source.sample

    def test_it_is_used_only_when_asked_for(self, folder, tmp_path):
        (tmp_path / "s.jsonl").touch()
        (folder / "set/train.jsonl").touch()
        data = {"files": FILES, "sample": str(tmp_path / "s.jsonl")}
        assert find(Where(folder), ["train"], **data).origin == "data-dir"
        assert find(Where(folder, sample=True), ["train"], **data).origin == "sample"
        assert "or --sample" in complaint(Where(), ["train"], **data)

    def test_a_task_without_one_says_so(self):
        said = complaint(Where(sample=True), ["train"], files=FILES)
        assert said == "small ships no sample; give --data-dir DIR"

    def test_one_that_went_away_is_named(self, tmp_path):
        said = complaint(Where(sample=True), ["train"], sample=str(tmp_path / "s.jsonl"))
        assert said == f"{tmp_path}/s.jsonl: the sample of small is not there"


class TestWeb:
    @pytest.fixture(autouse=True)
    def cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))

    def url(self, server: Server, body: bytes = b"{}\n") -> dict[str, str]:
        return {"url": server.answer("/x", whole(body)), "sha256": hashlib.sha256(body).hexdigest()}

    def test_a_url_is_fetched_once(self):
        with Server() as server:
            data = {"url": {"test": self.url(server)}}
            first, second = (find(Where(), ["test"], **data) for _ in range(2))
        assert first == second
        assert first.origin == "url"
        assert first.files["test"][0].read_bytes() == b"{}\n"
        assert server.count("/x") == 1

    def test_the_users_folder_comes_first(self, folder):
        (folder / "set/train.jsonl").touch()
        with Server() as server:
            data = {"files": FILES, "url": {"train": self.url(server)}}
            assert find(Where(folder), ["train"], **data).origin == "data-dir"
        assert not server.seen

    def test_going_on_from_the_folder_to_the_web_is_reported(self, folder):
        reported: list[str] = []
        with Server() as server:
            data = {"format": "jsonl", "files": FILES, "url": {"train": self.url(server)}}
            locate(small_task(data=data), ["train"], Where(folder), reported.append)
        going = f"small: {folder} holds no set/train.jsonl; going on to the task's own source"
        assert reported[0] == going

    def test_splits_are_never_mixed_from_two_places(self, folder):
        (folder / "set/train.jsonl").touch()
        with Server() as server:
            data = {"files": {"train": "set/train.jsonl"}, "url": {"test": self.url(server)}}
            assert "is not here" in complaint(Where(folder), ["train", "test"], **data)

    def test_offline_nothing_is_fetched(self):
        with Server() as server:
            data = {"url": {"test": self.url(server)}}
            with pytest.raises(Unavailable):
                find(Where(offline=True), ["test"], **data)
        assert not server.seen

    def test_a_hub_gives_the_files_it_names_and_their_revision(self, monkeypatch, tmp_path):
        asked: list[tuple[Any, ...]] = []

        def fetch(repo: str, name: str, *, revision: str, offline: bool, **_: Any) -> tuple[Path, str]:
            asked.append((repo, name, revision, offline))
            return tmp_path / name, "abc123"

        monkeypatch.setattr(downloads, "fetch_hub", fetch)
        hub = {"id": "some/set", "revision": "v1", "files": {"test": ["a", "b"], "train": "c"}}
        source = find(Where(offline=True), ["test"], hub=hub)
        assert source == Source("hub", {"test": [tmp_path / "a", tmp_path / "b"]}, "abc123")
        assert asked == [("some/set", "a", "v1", True), ("some/set", "b", "v1", True)]

    def test_the_licence_is_said_once_and_before_the_hub_is_asked(self, monkeypatch, tmp_path):
        def fetch(repo: str, name: str, *, report: Callable[[str], None], **_: Any) -> tuple[Path, str]:
            report(f"asking the hub for {name}")
            return tmp_path / name, "abc123"

        monkeypatch.setattr(downloads, "fetch_hub", fetch)
        said: list[str] = []
        hub = {"id": "some/set", "files": {"test": ["a", "b"]}}
        task = small_task(data={"format": "jsonl", "hub": hub})
        locate(task, ["test"], Where(), said.append)
        assert said == ["small: licence unstated", "asking the hub for a", "asking the hub for b"]

    def test_a_split_that_the_hub_has_not_is_named(self):
        hub = {"id": "some/set", "files": {"test": "a"}}
        said = complaint(Where(), ["train"], hub=hub)
        assert said == "small: the hub repository some/set names no file for 'train'"


def test_packing_does_not_change_what_a_file_is(tmp_path):
    from harness.datasets.formats import sha256

    plain, packed = tmp_path / "a.tsv", tmp_path / "a.tsv.gz"
    plain.write_bytes(b"a\tb\n1\t2\n")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert sha256(plain) == sha256(packed) == hashlib.sha256(plain.read_bytes()).hexdigest()
