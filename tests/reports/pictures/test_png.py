"""`harness report --pictures DIR --format png`: the board's pictures for a slide."""

from __future__ import annotations

import io
import sys

import pytest

from harness.cli.report import report
from harness.errors import BadInput, Unavailable
from harness.reports.pictures import png
from harness.reports.pictures.heat import Heat
from harness.reports.pictures.style import alone
from tests.support.looks import three


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    three(folder)
    return folder


def pixels(data: bytes):
    image = pytest.importorskip("PIL.Image").open(io.BytesIO(data)).convert("RGB")
    return image.size, {colour for _, colour in image.getcolors(1 << 24)}


def test_pictures_are_png_in_the_colours_of_the_kinds(runs, tmp_path):
    pytest.importorskip("resvg_py")
    pytest.importorskip("itables")
    assert report(out=tmp_path / "site", runs=[runs], pictures=tmp_path / "png", format="png") == 0
    files = sorted((tmp_path / "png").iterdir())
    assert len(files) == 9
    assert {file.suffix for file in files} == {".png"}
    (width, _), colours = pixels(next(file for file in files if "accuracy-3" in file.name).read_bytes())
    assert width == 1440
    assert {(0x00, 0x68, 0xA8), (0xB3, 0x48, 0x0A), (0xFF, 0xFF, 0xFF)} <= colours  # --blue, --orange, --card


def test_resvg_is_asked_for_nothing_that_it_does_not_know():
    flat = png.without_variables(alone())
    assert "var(" not in flat
    assert "@media" not in flat
    assert ".drawn .point.k-api { fill: #0068a8;" in " ".join(flat.split())


def test_without_resvg_one_line_names_what_to_install(runs, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "resvg_py", None)
    with pytest.raises(Unavailable, match=r"need resvg: pip install 'harness-ko\[report\]'"):
        report(out=tmp_path / "site", runs=[runs], pictures=tmp_path / "png", format="png")
    assert not (tmp_path / "site").exists()


def test_a_machine_without_hangul_is_told(runs, tmp_path, monkeypatch, capsys):
    pytest.importorskip("resvg_py")
    monkeypatch.setattr(png, "drawable", lambda one, other: one == "a")
    from harness.reports.run import load
    from harness.reports.site.picture_files import write_pictures

    said: list[str] = []
    write_pictures(load([runs], print), tmp_path, said.append, kind="png")
    assert said == [
        "no font of this machine has Hangul, which pictures lack then; install one, such as fonts-nanum"
    ]


@pytest.mark.parametrize(("format", "folder"), [("pgn", "there"), ("png", None)])
def test_a_format_is_of_pictures(runs, tmp_path, format, folder):
    with pytest.raises(BadInput, match="--format"):
        report(out=tmp_path / "site", runs=[runs], pictures=folder and tmp_path / folder, format=format)


def test_a_column_of_the_map_has_room_for_its_name():
    heat = Heat(["a"], ["kobest_boolq accuracy", "nsmc_fewshot accuracy"], [[0.5, 1.0]], [["0.5", "1"]])
    drawn = heat.draw(1100.0)
    assert ">kobest_boolq accuracy<" in str(drawn.document()).replace("</title>", ">")
    assert drawn.width < 500  # and no empty half beside it
