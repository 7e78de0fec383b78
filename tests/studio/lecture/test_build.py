from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
import webvtt

from engine.errors import InputError
from studio.cache import Cache
from studio.crew import Crew
from studio.lecture.build import LectureBuilder, LecturePlace
from studio.lecture.inputs import files_of, texts_of
from studio.lecture.origin import script_of, unique
from studio.lecture.spec import ClipPart, read_lecture

HEAD = 'title = "A <b>lecture</b> & \\"more\\""\nquality = "480p"\nfps = 5\nto = ["mp4", "vtt"]\n'
TITLE = '[[parts]]\nkind = "title"\ntitle = "{}"\nseconds = 2\n'
PARTS = (
    TITLE.format("Hello")
    + """
[[parts]]
kind = "clip"
concept = "conv1d"
inputs.input = "values.csv"
inputs.weight = [[[1, -1]]]
seconds = 9
detail = 1

[[parts]]
kind = "text"
title = "Between"
text = "What </script> comes --> next."
formula = "n - k + 1"
seconds = 3

[[parts]]
kind = "clip"
concept = "conv1d"
title = "Once more"
inputs = { input = [3, 4, 5], weight = [2, 1] }
seconds = 8
"""
)


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    with Crew(1) as found:
        yield found


class Maker:
    """Builds the lecture of a folder and keeps what was reported."""

    def __init__(self, folder: Path, crew: Crew) -> None:
        self.file, self.target, self.crew = folder / "lecture.toml", folder / "made", crew
        self.reports: list[str] = []
        (folder / "values.csv").write_text("1,2,3,4\n")
        self.file.write_text(HEAD + PARTS, encoding="utf-8")
        self.target.mkdir()

    def builder(self) -> LectureBuilder:
        return LectureBuilder(
            read_lecture(self.file), LecturePlace(self.file.parent, self.target, "lecture"), self.reports.append, lambda: self.crew
        )

    def make(self) -> list[str]:
        self.reports.clear()
        made = self.builder().build()
        assert all(path.is_file() for path in made)
        assert sorted(str(path) for path in made) == sorted(str(path) for path in self.target.rglob("*") if path.is_file())
        return [report for report in self.reports if not report.startswith("writing")]


@pytest.fixture
def maker(tmp_path: Path, crew: Crew) -> Maker:
    return Maker(tmp_path, crew)


def seconds(time: str) -> float:
    hours, minutes, rest = time.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def test_a_lecture_is_its_parts_one_after_the_other(maker: Maker) -> None:
    assert maker.make() == ["1 of 2: conv1d", "2 of 2: conv1d-2"]
    said = script_of(maker.target / "lecture.mp4")
    assert said is not None
    assert [(part.title, part.name) for part in said.parts] == [
        ("Hello", "card-1"),
        ("1-D convolution", "conv1d"),
        ("Between", "card-3"),
        ("Once more", "conv1d-2"),
    ]
    assert said.title == 'A <b>lecture</b> & "more"'
    assert said.frames == (2 + 9 + 3 + 8) * 5
    assert all(one.after == other.first for one, other in pairwise(said.marks))

    with av.open(str(maker.target / "lecture.mp4")) as container:
        stream = container.streams.video[0]
        frames = [(frame.pts * frame.time_base, frame.key_frame) for frame in container.decode(stream)]
        assert [time for time, _ in frames] == [Fraction(k, 5) for k in range(said.frames)]
        assert {k for k, (_, key) in enumerate(frames) if key} >= {mark.first for mark in said.marks}
        chapters = container.chapters()
    assert [chapter["metadata"]["title"] for chapter in chapters] == [name for name, _, _ in said.chapters]
    assert [name for name, _, _ in said.chapters][:3] == ["Hello", "1-D convolution: setup", "1-D convolution: output"]
    for chapter, (_, first, after) in zip(chapters, said.chapters, strict=True):
        assert abs(chapter["start"] * chapter["time_base"] * 5 - first) <= Fraction(1, 100)
        assert abs(chapter["end"] * chapter["time_base"] * 5 - after) <= Fraction(1, 100)

    captions = webvtt.read(str(maker.target / "lecture.vtt"))
    starts = [round(seconds(caption.start) * 5) for caption in captions]
    assert set(starts) >= {mark.first for mark in said.marks}


def test_every_frame_of_a_clip_is_in_the_lecture(maker: Maker) -> None:
    maker.make()

    def pictures(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]

    whole = pictures(maker.target / "lecture.mp4")
    assert whole[10:55] == pictures(maker.target / "clips" / "conv1d.mp4")
    assert whole[70:] == pictures(maker.target / "clips" / "conv1d-2.mp4")
    assert len(set(whole[:10])) == 1
    assert len(set(whole[55:70])) == 1


def test_only_what_changed_is_made_again(maker: Maker) -> None:
    maker.make()
    unchanged = ["1 of 2: conv1d is unchanged", "2 of 2: conv1d-2 is unchanged"]
    assert maker.make() == [*unchanged, "lecture is unchanged"]

    text = maker.file.read_text()
    maker.file.write_text(text.replace("Between", "In between"))
    assert maker.make() == unchanged
    maker.file.write_text(text.replace("[2, 1]", "[2, 7]"))
    assert maker.make() == [unchanged[0], "2 of 2: conv1d-2"]
    (maker.file.parent / "values.csv").write_text("1,2,3,5\n")
    assert maker.make() == ["1 of 2: conv1d", unchanged[1]]
    (maker.target / "clips" / "conv1d-2.vtt").unlink()
    assert maker.make() == [unchanged[0], "2 of 2: conv1d-2", "lecture is unchanged"]
    (maker.target / "lecture.vtt").unlink()
    assert maker.make() == unchanged
    (maker.target / "clips" / "conv1d.mp4").write_bytes(b"no film")
    assert maker.make() == ["1 of 2: conv1d", unchanged[1], "lecture is unchanged"]


def test_an_interrupted_lecture_goes_on(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("studio.lecture.card_film.CardFilm.write", stop)
        with pytest.raises(KeyboardInterrupt):
            maker.builder().build()
    assert {path.name for path in maker.target.rglob("*") if path.is_file()} == {"conv1d.mp4", "conv1d.vtt", "conv1d-2.mp4", "conv1d-2.vtt"}

    (maker.target / "clips" / "conv1d-2.mp4").unlink()
    with monkeypatch.context() as patch:
        patch.setattr("studio.forms.vtt.webvtt", stop)
        with pytest.raises(KeyboardInterrupt):
            maker.builder().build()
    assert {path.name for path in maker.target.rglob("*")} == {"clips", "conv1d.mp4", "conv1d.vtt", "conv1d-2.vtt"}
    assert maker.make() == ["1 of 2: conv1d is unchanged", "2 of 2: conv1d-2"]


def test_takes_of_an_interrupted_clip_are_kept(maker: Maker, tmp_path: Path) -> None:
    builder = maker.builder()
    builder.cache = Cache(tmp_path / "cache", 10**8)
    builder.build()
    takes = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "cache").iterdir()}
    assert takes
    (maker.target / "clips" / "conv1d.mp4").unlink()
    again = maker.builder()
    again.cache = builder.cache
    again.build()
    assert {path.name for path in (tmp_path / "cache").iterdir()} == set(takes)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[[[1, -1]]]", "[[[[1]]]]", r"^parts\[2\], conv1d: .*weight"),
        ('"values.csv"', '"valeus.csv"', r"^parts\[2\], conv1d: .*valeus.csv.*did you mean 'values.csv'"),
        ("n - k + 1", "nonsense + 1", r"parts\[3\]\.formula has 'nonsense' at character 1"),
        ("What </script>", "word " * 300, r"^parts\[3\] has more text than fits"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is(maker: Maker, old: str, new: str, message: str) -> None:
    text = maker.file.read_text()
    assert old in text
    maker.file.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=message):
        maker.make()
    assert list(maker.target.iterdir()) == []


def clip(concept: str, **inputs: object) -> ClipPart:
    return ClipPart(kind="clip", concept=concept, inputs=inputs)


def test_inputs_as_texts(tmp_path: Path) -> None:
    given = clip("conv2d", input="photo.png#grey", weight="sobel_x", stride=2, padding="same", flip=True)
    assert texts_of(given, tmp_path) == {
        "input": f"{tmp_path}{os.sep}photo.png#grey",
        "weight": "sobel_x",
        "stride": "2",
        "padding": "same",
        "flip": "True",
    }
    assert list(files_of(given, tmp_path)) == [tmp_path / "photo.png"]
    assert texts_of(clip("conv1d", input="randn:3x8", weight="[1.5, 2]"), tmp_path) == {"input": "randn:3x8", "weight": "[1.5, 2]"}
    assert texts_of(clip("attention", tokens="the cat. sat", heads=2), tmp_path) == {"tokens": "the cat. sat", "heads": "2"}
    graph = clip("backprop", expr="y = x*w", set={"x": [1, 2], "w": "w.npy"})
    assert set(texts_of(graph, tmp_path).values()) == {"y = x*w", ("x=[1, 2]", f"w={tmp_path / 'w.npy'}")}
    with pytest.raises(InputError, match=r"inputs.set is 3; give names with values"):
        texts_of(clip("backprop", expr="y = x", set=3), tmp_path)
    with pytest.raises(InputError, match=r"inputs.input is \{'a': 1\}; give a value without names"):
        texts_of(clip("conv1d", input={"a": 1}, weight=[1]), tmp_path)


def test_names_of_files_are_unique() -> None:
    taken: set[str] = set()
    assert [unique(name, taken) for name in ("a", "b", "a", "a", "a-2")] == ["a", "b", "a-2", "a-3", "a-2-2"]
