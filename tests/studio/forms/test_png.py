from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from cli import main
from studio.forms import png
from studio.script import BeatMark, Part, Script
from tests.studio.forms.moving import HOSTILE, decoded, film, opaque


def chunks(path: Path) -> list[bytes]:
    data, at, found = path.read_bytes(), 8, []
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        found.append(data[at + 4 : at + 8 + size])
        at += size + 12
    return found


def test_a_poster(tmp_path: Path) -> None:
    png.write(opaque(), tmp_path / "clip.v2")
    path = tmp_path / "clip.v2.png"
    assert list(tmp_path.iterdir()) == [path]
    mark = png.poster(film().script)
    with Image.open(path) as image:
        assert image.mode == "RGB"
        assert (image.text["Title"], image.text["Description"]) == (HOSTILE, mark.say)
        shown = decoded(film().path)[mark.after - 1].reformat(format="rgb24", src_colorspace=1).to_ndarray()
        assert np.abs(np.asarray(image).astype(int) - shown).mean() < 1
    assert b"iTXtTitle\0\0\0\0\0" + HOSTILE.encode() in chunks(path)


def test_one_of_every_beat(tmp_path: Path) -> None:
    png.write(film(), tmp_path / "clip", pictures_per="beat")
    marks = film().script.marks
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"clip-{k:02}.png" for k in range(1, len(marks) + 1)]
    frames = decoded(film().alpha)
    for number, mark in enumerate(marks, 1):
        with Image.open(tmp_path / f"clip-{number:02}.png") as image:
            assert image.mode == "RGBA"
            assert image.text["Description"] == mark.say
            assert np.array_equal(np.asarray(image), frames[mark.after - 1].to_ndarray(format="rgba"))


def test_nul_in_a_title(tmp_path: Path) -> None:
    png.write(replace(opaque(), script=replace(opaque().script, title="a\0b")), tmp_path / "clip")
    with Image.open(tmp_path / "clip.png") as image:
        assert image.text["Title"] == "ab"


@pytest.mark.parametrize(
    ("kinds", "poster"),
    [
        (["opening", "full", "quick", "closing"], 2),
        (["opening", "full", "sweep", "closing"], 3),
        (["card", "opening", "quick", "closing"], 0),
        (["card"], 0),
        (["opening", "closing"], 1),
    ],
)
def test_posters(kinds: list[str], poster: int) -> None:
    marks = tuple(BeatMark(kind, "", str(k), k, k + 1, k, k + 1) for k, kind in enumerate(kinds))
    assert png.poster(Script("", "", 1, 2, 2, "dark", (Part("", "", "", 1, marks),))).say == str(poster)


def test_from_the_command_line(tmp_path: Path) -> None:
    arguments = ["render", "conv1d", "--input", "[1,2]", "--weight", "[1]", "-q", "480p", "--fps", "5", "--seconds", "8", "--jobs", "1"]
    result = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / "a.png"), "--pictures-per", "beat", "--transparent"])
    assert result.exit_code == 0, result.output
    assert {file.name for file in tmp_path.iterdir()} == {f"a-0{k}.png" for k in range(1, 5)}
    with Image.open(tmp_path / "a-01.png") as image:
        assert image.getpixel((3, 3)) == (0, 0, 0, 0)
