from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from manim import tempconfig

import engine
from engine.errors import InputError
from engine.trace import Trace
from scenes.parts.beat import Beat
from scenes.parts.cast import scene_class
from scenes.parts.theme import THEMES, rgb
from studio.captions import webvtt
from studio.pace import beats
from studio.picture import Picture
from studio.render import render
from studio.script import Script, script

ROOT = Path(__file__).parents[2]
BT709 = 1


@dataclass
class Watcher:
    """Remembers what it was told."""

    beats: list[tuple[int, Beat]] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    forms: list[str] = field(default_factory=list)

    def beat(self, number: int, beat: Beat) -> None:
        self.beats.append((number, beat))

    def frame(self, frames: int) -> None:
        self.frames.append(frames)

    def trouble(self, text: str) -> None:
        raise AssertionError(text)

    def writes(self, form: str) -> None:
        self.forms.append(form)


@dataclass
class Rendered:
    path: Path
    trace: Trace
    beats: list[Beat]
    picture: Picture
    watcher: Watcher

    @property
    def starts(self) -> list[int]:
        return [0, *accumulate(beat.frames for beat in self.beats)]


def conv2d() -> tuple[Trace, list[Beat], Picture]:
    trace = engine.conv2d([[1, -2, 3], [4, 5, -6], [7, 8, 9]], [[[[1, 0], [0, -1]]], [[[2, 1], [1, 2]]]], [0.5, -1])
    return trace, beats(trace, detail=1, seconds=12, fps=8), Picture.of("480p", 8, "dark")


def conv1d() -> tuple[Trace, list[Beat], Picture]:
    trace = engine.conv1d([1, 2, 3, 4, 5], [1, -1], padding=1)
    return trace, beats(trace, detail=0, seconds=8, fps=5), Picture.of("480p", 5, "light")


@pytest.fixture(scope="module", params=[conv2d, conv1d], ids=["conv2d", "conv1d"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    trace, planned, picture = request.param()
    path, watcher = tmp_path_factory.mktemp("clips") / "clip.mp4", Watcher()
    render(trace, planned, picture, path, watcher, jobs=2)
    return Rendered(path, trace, planned, picture, watcher)


def decoded(path: Path) -> Iterator[av.VideoFrame]:
    with av.open(str(path)) as container:
        yield from container.decode(video=0)


def test_there_are_a_clip_and_captions(clip: Rendered) -> None:
    assert {file.name for file in clip.path.parent.iterdir()} == {"clip.mp4", "clip.vtt"}
    assert clip.path.with_suffix(".vtt").read_text(encoding="utf-8") == webvtt(script(clip.trace, clip.beats, clip.picture))


def test_the_stream(clip: Rendered) -> None:
    with av.open(str(clip.path)) as container:
        # Chapters have a track of text.
        assert [stream.type for stream in container.streams] == ["video", "data"]
        stream = container.streams.video[0]
        context = stream.codec_context
        assert context.name == "h264"
        assert context.pix_fmt == "yuv420p"
        assert (context.width, context.height) == (854, 480)
        assert (context.color_primaries, context.color_trc, context.colorspace) == (BT709, BT709, BT709)
        assert stream.average_rate == clip.picture.fps
        assert stream.frames == clip.starts[-1]
        assert stream.duration * stream.time_base == Fraction(clip.starts[-1], clip.picture.fps)
        assert abs(container.duration / av.time_base - clip.starts[-1] / clip.picture.fps) < 0.01
        assert container.metadata["title"] == clip.trace.title
        assert container.metadata["comment"] == clip.trace.closing


def test_every_frame_is_there_and_every_beat_starts_with_a_whole_one(clip: Rendered) -> None:
    frames = [(frame.pts * frame.time_base, frame.key_frame) for frame in decoded(clip.path)]
    assert [time for time, _ in frames] == [Fraction(k, clip.picture.fps) for k in range(clip.starts[-1])]
    keys = {k for k, (_, key) in enumerate(frames) if key}
    assert keys >= set(clip.starts[:-1])
    assert len(keys) < len(frames)


def test_chapters(clip: Rendered) -> None:
    with av.open(str(clip.path)) as container:
        found = container.chapters()
    planned = script(clip.trace, clip.beats, clip.picture).chapters
    assert len(planned) > 2
    assert [chapter["metadata"]["title"] for chapter in found] == [name for name, _, _ in planned]
    for chapter, (_, first, after) in zip(found, planned, strict=True):
        assert abs(chapter["start"] * chapter["time_base"] * clip.picture.fps - first) <= 1
        assert abs(chapter["end"] * chapter["time_base"] * clip.picture.fps - after) <= 1


def test_the_film_bears_its_script(clip: Rendered) -> None:
    with av.open(str(clip.path)) as container:
        found = Script.from_json(container.metadata["synopsis"])
    assert found == script(clip.trace, clip.beats, clip.picture, name="clip")
    assert [mark.first for mark in found.marks] == clip.starts[:-1]
    assert found.frames == clip.starts[-1]


def test_the_index_comes_first(clip: Rendered) -> None:
    data, at, boxes = clip.path.read_bytes(), 0, []
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        if size == 1:
            (size,) = struct.unpack(">Q", data[at + 8 : at + 16])
        boxes.append(kind.decode("ascii"))
        assert size >= 8
        at += size
    assert at == len(data)
    assert boxes[0] == "ftyp"
    assert boxes.index("moov") < boxes.index("mdat")


def test_the_picture_has_the_colours_of_its_theme(clip: Rendered) -> None:
    ground = np.array(rgb(THEMES[clip.picture.theme].ground), dtype=float)
    starts, images = clip.starts, []
    for k, frame in enumerate(decoded(clip.path)):
        assert frame.colorspace == Colorspace.ITU709
        if k in starts:
            images.append(frame.reformat(format="rgb24", src_colorspace=Colorspace.ITU709).to_ndarray().astype(int))
    assert len(images) == len(clip.beats)
    for image in images:
        assert np.abs(image[2:6, 2:6] - ground).max() <= 4
        assert np.abs(image - ground).max() > 60
    assert all(np.abs(one - other).max() > 30 for one, other in pairwise(images))


def test_progress_is_told_of_every_beat_and_frame(clip: Rendered) -> None:
    assert sorted(set(clip.watcher.beats), key=lambda told: told[0]) == list(enumerate(clip.beats))
    assert clip.watcher.frames == sorted(set(clip.watcher.frames))
    assert clip.watcher.frames[-1] == clip.starts[-1]


def test_the_same_again_from_one_process(clip: Rendered, tmp_path: Path) -> None:
    again = tmp_path / "again.mp4"
    render(clip.trace, clip.beats, clip.picture, again, Watcher(), jobs=1)
    count = 0
    for one, other in zip(decoded(clip.path), decoded(again), strict=True):
        assert np.array_equal(one.to_ndarray(), other.to_ndarray())
        count += 1
    assert count == clip.starts[-1]
    assert again.with_suffix(".vtt").read_bytes() == clip.path.with_suffix(".vtt").read_bytes()


@pytest.mark.parametrize(
    ("quality", "size"), [("480p", (854, 480)), ("720p", (1280, 720)), ("1080p", (1920, 1080)), ("2160p", (3840, 2160))]
)
def test_pictures(quality: str, size: tuple[int, int]) -> None:
    picture = Picture.of(quality, 30, "dark")
    assert (picture.width, picture.height) == size
    assert not any(side % 2 for side in size)


@pytest.mark.parametrize(
    ("quality", "fps", "message"),
    [("4k", 30, "-q is '4k'; give one of 480p"), ("480p", 0, "--fps is 0; give 1 to 120"), ("480p", 121, "--fps is 121")],
)
def test_bad_pictures(quality: str, fps: int, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        Picture.of(quality, fps, "dark")


@pytest.mark.parametrize(("concept", "name"), [("conv1d", "Conv1d"), ("conv2d", "Conv2d")])
def test_scene_classes(concept: str, name: str) -> None:
    found: Any = scene_class(concept)
    assert (found.__name__, found.__module__, found.concept) == (name, f"scenes.{concept}", concept)


@pytest.mark.parametrize("name", ["conv1d", "conv2d"])
def test_every_beat_is_a_section_in_plain_manim(name: str, tmp_path: Path) -> None:
    settings = {"pixel_width": 160, "pixel_height": 90, "frame_rate": 2, "media_dir": str(tmp_path), "progress_bar": "none"}
    with tempconfig({**settings, "verbosity": "ERROR", "disable_caching": True}):
        scene = scene_class(name)()
        scene.render()
        sections = scene.renderer.file_writer.sections
    assert [section.name for section in sections] == [beat.name for beat in scene.beats]
    for section, beat in zip(sections, scene.beats, strict=True):
        described = {"kind": beat.kind, "start": beat.start, "stop": beat.stop, "phase": beat.phase, "say": beat.say}
        assert json.loads(section.type_) == described


@pytest.mark.parametrize(
    ("file", "scene"), [("scenes/conv2d.py", "Conv2d"), ("scenes/conv1d.py", "Conv1d"), ("scenes/max_pool2d.py", "MaxPool2d")]
)
def test_plain_manim_renders_a_scene(tmp_path: Path, file: str, scene: str) -> None:
    settings = ["-ql", "--media_dir", str(tmp_path), "--disable_caching", "-n", "0,2", "--progress_bar", "none"]
    command = [sys.executable, "-m", "manim", "render", *settings, file, scene]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=120, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    (movie,) = tmp_path.glob(f"videos/**/{scene}.mp4")
    images = [frame.to_ndarray(format="rgb24") for frame in decoded(movie)]
    assert len(images) > 60
    assert np.abs(images[0].astype(int) - images[-1]).max() > 30
