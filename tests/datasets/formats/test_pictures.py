"""Pictures as files in class folders, and as rows of numbers."""

from __future__ import annotations

import base64
import io
import random
import struct
import sys
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.datasets import examples as datasets
from harness.datasets.sources import Source, Where, locate
from harness.errors import BadInput, Unavailable
from harness.schema import Example, Request
from harness.tasks import task as tasks
from harness.tasks.task import Task
from tests.support.paths import DATA
from tests.support.small_tasks import small_task

needs_cifar = pytest.mark.skipif(not (DATA / "cifar10_sample").is_dir(), reason="the real data are not here")

BEGINNINGS = {
    "a.png": b"\x89PNG\r\n\x1a\n rest",
    "a.jpg": b"\xff\xd8\xff\xe0 rest of it",
    "a.gif": b"GIF89a rest of it",
    "a.bmp": b"BM rest of the picture",
    "a.tif": b"II*\0 rest of the picture",
    "b.tif": b"MM\0* rest of the picture",
    "a.ppm": b"P6\n2 2\n255\n rest",
    "a.webp": b"RIFF\x10\0\0\0WEBPVP8 ",
}


def png(shade: int = 0) -> bytes:
    """Return a grey picture of one pixel, put together by PNG's own rules."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(bytes([0, shade])))
    return b"\x89PNG\r\n\x1a\n" + head + pixel + chunk(b"IEND", b"")


NAMED_BY_FOLDER = {"id": "{{ folder }}/{{ file }}", "image": "path", "target": "folder"}


def animals(fields: dict[str, str] = NAMED_BY_FOLDER, **data: Any) -> Task:
    """Return a task over pictures in the folders `cat` and `dog`."""
    return small_task(
        data={"format": "pictures", "files": {"test": "pets/*/*.png"}, **data},
        fields=fields,
        options={"cat": "고양이", "dog": "개", "새": "새"},
        templates={"t": {"query": "?", "captions": "a photo of a {{ option }}"}},
    )


def numbers(**data: Any) -> Task:
    """Return a task over pictures of two by two numbers with a label after them."""
    return small_task(
        data={"format": "pixels", "files": {"test": "x.csv"}, "header": ["image", "digit"], **data},
        fields={"image": "image", "target": "digit"},
        options={"0": "zero", "1": "one"},
        templates={"t": {"query": "?"}},
    )


def read(task: Task, *paths: Path) -> list[Example]:
    return list(datasets.examples(task, Source("data-dir", {"test": list(paths)}), "test"))


def found(task: Task, folder: Path) -> list[Example]:
    """Return the examples of the test split under `folder`."""
    source = locate(task, ["test"], Where(data_dir=folder), lambda _: None)
    return list(datasets.examples(task, source, "test"))


def complaint(task: Task, *paths: Path) -> str:
    with pytest.raises(BadInput) as caught:
        read(task, *paths)
    return str(caught.value).replace(f"{paths[0].parent}/", "")


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write


def grey(uri: str) -> list[int]:
    """Return the shades of a picture, row by row."""
    pillow = pytest.importorskip("PIL.Image", reason="looking at a picture needs pillow")
    head, _, body = uri.partition(",")
    assert head == "data:image/png;base64"
    picture = pillow.open(io.BytesIO(base64.b64decode(body)))
    assert picture.mode == "L"
    return list(picture.tobytes())


class TestPictures:
    def test_each_file_is_an_example_that_its_folder_labels(self, file, tmp_path):
        file("pets/cat/2.png", png())
        file("pets/dog/1.png", png())
        assert found(animals(), tmp_path) == [
            Example("cat/2.png", {"image": str(tmp_path / "pets/cat/2.png")}, "cat"),
            Example("dog/1.png", {"image": str(tmp_path / "pets/dog/1.png")}, "dog"),
        ]

    def test_an_id_does_not_say_where_the_data_lie(self, file, tmp_path):
        for home in ("here", "there/deep"):
            file(f"{home}/pets/cat/1.png", png())
        here, there = (found(animals(), tmp_path / home) for home in ("here", "there/deep"))
        assert [example.id for example in here] == [example.id for example in there]

    def test_an_image_is_an_absolute_path_though_the_folder_was_named_from_here(
        self, file, tmp_path, monkeypatch
    ):
        path = file("pets/cat/1.png", png())
        monkeypatch.chdir(tmp_path)
        (example,) = found(animals(), Path("."))
        assert example.fields["image"] == str(path)

    def test_the_journal_names_a_picture_by_its_folder_and_file_alone(self, file, tmp_path):
        file("pets/cat/1.png", png())
        (example,) = found(animals(), tmp_path)
        assert Request(example, pytest.fail).sent() == {"fields": {"image": "cat/1.png"}}

    def test_a_picture_within_the_data_is_kept_as_it_is(self):
        example = Example("1", {"image": "data:image/png;base64,AA=="})
        assert Request(example, pytest.fail).sent() == {"fields": dict(example.fields)}

    def test_a_folder_in_decomposed_hangul_is_the_same_label(self, file, tmp_path):
        file("pets/\u1109\u1162/1.png", png())
        (example,) = found(animals(), tmp_path)
        assert (example.id, example.target) == ("새/1.png", "새")

    def test_columns_may_come_from_the_path_too(self, file):
        columns = {"id": "name", "image": "path", "target": "kind"}
        task = animals(columns, from_path={"kind": "/([a-z]+)/[^/]+$"})
        (example,) = read(task, file("pets/dog/7.png", png()))
        assert (example.id, example.target) == ("7", "dog")

    @pytest.mark.parametrize("name", BEGINNINGS)
    def test_what_begins_as_a_picture_is_one(self, file, name):
        (example,) = read(animals(), file(f"cat/{name}", BEGINNINGS[name]))
        assert example.target == "cat"

    @pytest.mark.parametrize(
        "content", [b"", b"a cat", b"<html>404</html>", b"RIFF\x10\0\0\0WAVEfmt ", "고양이".encode()]
    )
    def test_what_does_not_is_refused_with_its_name(self, file, content):
        said = complaint(animals(), file("pets/cat/1.jpg", content))
        assert said == "1.jpg: is no picture: neither PNG, JPEG, GIF, BMP, TIFF, PPM nor WebP"

    def test_a_packed_picture_is_refused(self, file):
        assert complaint(animals(), file("pets/cat/1.png.gz", b"\x1f\x8b")).startswith("1.png.gz: ")

    def test_a_folder_that_is_no_label_is_named_with_the_file(self, file):
        said = complaint(animals(), file("pets/cow/1.png", png()))
        assert said == "1.png: unknown label 'cow'; the task's options are cat, dog, 새"


class TestPixels:
    def test_a_row_is_a_grey_picture_from_black_to_white(self, file):
        pytest.importorskip("PIL", reason="drawing needs pillow")
        (example,) = read(numbers(white=16), file("x.csv", b"0,4,8,16,1\n"))
        assert example.target == "1"
        assert grey(example.fields["image"]) == [0, 64, 128, 255]  # 255 · n / 16, rounded

    def test_white_is_255_unless_the_task_says_so(self, file):
        pytest.importorskip("PIL", reason="drawing needs pillow")
        (example,) = read(numbers(), file("x.csv", b"0,1,254.0,255,0\n"))
        assert grey(example.fields["image"]) == [0, 1, 254, 255]

    def test_a_label_may_stand_before_the_picture(self, file):
        pytest.importorskip("PIL", reason="drawing needs pillow")
        (example,) = read(numbers(header=["digit", "image"]), file("x.csv", b"1,9,8,7,6\n"))
        assert (example.target, grey(example.fields["image"])) == ("1", [9, 8, 7, 6])

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ("1,2,3,0", "x.csv:2: 3 numbers are no square picture"),
            ("0", "x.csv:2: 0 numbers are no square picture"),
            ("1,2,x,4,0", "x.csv:2: 'x' is no number of a picture"),
            ("1,2,,4,0", "x.csv:2: '' is no number of a picture"),
            ("1,2,nan,4,0", "x.csv:2: nan is not from 0 (black) to 16 (white)"),
            ("1,2,17,4,0", "x.csv:2: 17 is not from 0 (black) to 16 (white)"),
            ("1,2,-1,4,0", "x.csv:2: -1 is not from 0 (black) to 16 (white)"),
            ("1,2,3,4,7", "x.csv:2: unknown label '7'; the task's options are 0, 1"),
        ],
    )
    def test_what_is_no_picture_is_refused_with_its_line(self, file, row, said):
        pytest.importorskip("PIL", reason="drawing needs pillow")
        assert complaint(numbers(white=16), file("x.csv", f"1,2,3,4,0\n{row}\n".encode())) == said

    @pytest.mark.parametrize("header", [True, False, ["digit"]])
    def test_a_task_says_which_column_the_picture_is(self, header):
        with pytest.raises(BadInput, match="pixels need a 'header' of names, in which 'image' stands for"):
            numbers(header=header)


class TestShipped:
    @needs_cifar
    @pytest.mark.data
    def test_cifar_has_twenty_pictures_of_each_kind_and_a_name_for_each(self):
        examples = found(tasks.load("cifar10"), DATA)
        assert Counter(example.target for example in examples) == dict.fromkeys(
            tasks.load("cifar10").labels, 20
        )
        assert len({example.id for example in examples}) == 200
        assert examples[0].id == "airplane/0000.jpg"

    @needs_cifar
    @pytest.mark.data
    def test_cifar_is_the_same_in_whatever_order_its_files_come(self):
        task = tasks.load("cifar10")
        source = locate(task, ["test"], Where(data_dir=DATA), lambda _: None)
        paths = source.files["test"]
        shuffled = random.Random(0).sample(paths, len(paths))
        assert {e.id: e for e in read(task, *paths)} == {e.id: e for e in read(task, *shuffled)}

    def test_digits_are_scikit_learns(self):
        load = pytest.importorskip("sklearn.datasets", reason="the digits come with scikit-learn").load_digits
        pytest.importorskip("PIL", reason="drawing needs pillow")
        known, examples = load(), found(tasks.load("digits"), Path("."))
        assert [example.target for example in examples] == [str(digit) for digit in known.target]
        for row in (0, 900, 1796):
            drawn = [round(255 * ink / 16) for ink in known.data[row]]
            assert grey(examples[row].fields["image"]) == drawn

    @pytest.mark.parametrize(
        ("name", "package", "to_install"),
        [("digits", "sklearn", "scikit-learn"), ("skimage_captions", "skimage", "scikit-image")],
    )
    def test_without_the_package_the_error_says_what_to_install(self, monkeypatch, name, package, to_install):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(Unavailable, match=f"{to_install}, which is not installed: pip install"):
            found(tasks.load(name), Path("."))

    def test_without_pillow_the_error_says_what_to_install(self, monkeypatch, file):
        monkeypatch.setitem(sys.modules, "PIL", None)
        with pytest.raises(Unavailable, match=r"drawing pictures needs pillow: pip install '.*\[clip\]'"):
            read(numbers(), file("x.csv", b"1,2,3,4,0\n"))

    @pytest.mark.parametrize("name", ["skimage_captions", "skimage_captions_ko"])
    def test_the_eight_pictures_have_a_caption_each(self, name):
        pytest.importorskip("skimage", reason="the pictures come with scikit-image")
        task = tasks.load(name)
        examples = found(task, Path("."))
        assert sorted(str(example.target) for example in examples) == sorted(task.labels)
        assert len(examples) == 8

    @pytest.mark.parametrize("name", ["cifar10", "cifar10_ko", "digits", "skimage_captions"])
    def test_the_samples_hold_whole_pictures_of_every_kind(self, name):
        pillow = pytest.importorskip("PIL.Image", reason="looking at a picture needs pillow")
        task = tasks.load(name)
        source = locate(task, ["test"], Where(sample=True), lambda _: None)
        examples = list(datasets.examples(task, source, "test"))
        assert {example.target for example in examples} == set(task.labels)
        for example in examples:
            pillow.open(io.BytesIO(base64.b64decode(example.fields["image"].partition(",")[2]))).load()
