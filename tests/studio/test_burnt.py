"""Captions that are drawn into the picture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner
from manim import tempconfig

import engine
from cli import main
from engine.inputs.arguments import open_example
from engine.trace import Trace
from scenes.parts.beat import Beat
from scenes.parts.cast import scene_class
from scenes.parts.frame import CAPTION
from scenes.parts.ink import LEAST_PX
from studio.captions import burnt, cues
from studio.pace import beats
from studio.picture import UNITS, Picture
from studio.progress import progress
from studio.render import render
from studio.script import script

FPS = 10
TINY = 1e-9


@pytest.fixture(autouse=True)
def small() -> Any:
    with tempconfig({"pixel_width": 854, "pixel_height": 480, "frame_rate": FPS, "verbosity": "ERROR", "dry_run": True}):
        yield


def rows(scene: Any) -> tuple[str, ...]:
    return tuple(row.line.text for row in scene.caption.rows if row.line.text)


def shown(scene: Any, beat: Beat, first: int = 0) -> Iterator[tuple[str, ...]]:
    """The lines in the caption's zone, frame by frame from ``first`` on."""
    timeline = scene.timeline(beat)
    for frame in range(first, beat.frames):
        timeline.interpolate(frame / (beat.frames - 0.5))
        if beat.lines:
            scene.caption.say("What a scene says in the middle of a beat.")
        yield rows(scene)


def staged(trace: Trace, planned: list[Beat], theme: str = "dark") -> Any:
    scene = scene_class(trace.concept)(trace, planned, theme)
    scene.setup()
    return scene


@pytest.mark.parametrize("name", ["conv2d", "lstm", "attention", "backprop", "max_pool2d_backward"])
def test_every_frame_shows_its_cue(name: str) -> None:
    trace = open_example(name)
    planned = beats(trace, detail=1, seconds=30, fps=FPS)
    said = script(trace, planned, Picture.of("480p", FPS, "dark"))
    scene = staged(trace, planned)
    expected = [cue.lines for cue in cues(said) for _ in range(cue.after - cue.first)]
    # In any order, and a beat from its middle on: takes are drawn that way.
    found = {k: list(shown(scene, beat)) for k, beat in reversed([*enumerate(burnt(planned, FPS))])}
    assert [lines for k in sorted(found) for lines in found[k]] == expected
    assert len(set(expected)) > len(planned) > 5


@pytest.mark.parametrize("frames", [1, 2, 7, 31, 97, 150])
def test_a_cue_may_last_one_frame(frames: int) -> None:
    trace = open_example("conv1d")
    scene = staged(trace, beats(trace, seconds=20, fps=FPS))
    beat = replace(scene.beats[0], frames=frames, lines=tuple((k, (f"Frame {k}",)) for k in range(frames)))
    assert list(shown(scene, beat)) == [lines for _, lines in beat.lines]


def test_a_take_may_begin_within_a_beat() -> None:
    trace = open_example("lstm")
    planned = burnt(beats(trace, detail=1, seconds=40, fps=FPS), FPS)
    beat = next(beat for beat in planned if len(beat.lines) > 1)
    scene, at = staged(trace, planned), beat.lines[1][0]
    for first, expected in ((at - 1, beat.lines[0][1]), (at, beat.lines[1][1])):
        assert next(shown(scene, beat, first)) == expected


def test_captions_are_large_and_within_their_zone() -> None:
    trace = open_example("conv2d")
    planned = beats(trace, seconds=20, fps=FPS)
    scene = staged(trace, planned)
    texts = [("W" * 42, "M" * 42), ("gÅj(", "|Éy"), ("a", "b", "word " * 9, "c")]
    for lines in texts:
        beat = replace(planned[1], lines=((0, tuple(lines)),))
        next(shown(scene, beat))
        for row in scene.caption.rows:
            left, bottom, right, top = row.line.box
            assert CAPTION[0] - TINY <= left < right <= CAPTION[2] + TINY
            assert CAPTION[1] <= bottom < top <= CAPTION[3]
            assert len(lines) > 2 or len(lines[0]) > 40 or row.line.least_px > 1.2 * LEAST_PX
        upper, lower = (row.line.box for row in scene.caption.rows)
        assert upper[1] >= lower[3]
    assert " ".join(rows(scene)).split() == " ".join(texts[-1]).split()


def test_without_lines_the_sentence_stands_as_before() -> None:
    trace = open_example("conv2d")
    planned = beats(trace, seconds=20, fps=FPS)
    fresh, used = staged(trace, planned), staged(trace, planned)
    next(shown(used, burnt(planned, FPS)[3]))
    for beat in planned[:4]:
        next(shown(fresh, beat))
        next(shown(used, beat))
        for one, other in zip(fresh.caption.rows, used.caption.rows, strict=True):
            assert one.line == other.line
            assert np.array_equal(one.points, other.points)


def frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]


def test_nothing_but_the_caption_differs(tmp_path: Path) -> None:
    trace = engine.conv1d([1, 2, 3, 4, 5], [1, -1], padding=1)
    planned, picture = beats(trace, detail=1, seconds=8, fps=5), Picture.of("480p", 5, "light")
    for name, found in (("plain", planned), ("burnt", burnt(planned, 5))):
        with progress(found, len(trace)) as watcher:
            render(trace, found, picture, tmp_path / name, watcher, jobs=1)
    assert (tmp_path / "plain.vtt").read_bytes() == (tmp_path / "burnt.vtt").read_bytes()
    top = int((UNITS[1] / 2 - CAPTION[3]) / UNITS[1] * 480)
    for plain, other in zip(frames(tmp_path / "plain.mp4"), frames(tmp_path / "burnt.mp4"), strict=True):
        assert np.abs(plain - other)[: top - 16].max() <= 8  # as much as coding loses
        assert np.abs(plain - other)[top:].max() > 60


@pytest.mark.parametrize("asked", [True, False])
def test_the_option(asked: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Beat] = []

    def watched(trace: Trace, planned: list[Beat], *_: Any, **__: Any) -> list[Path]:
        seen.extend(planned)
        return [tmp_path / "clip.mp4"]

    monkeypatch.setattr("studio.render.render", watched)
    words = ["render", "conv1d", "--input", "[1,2,3]", "--weight", "[1,1]", "--jobs", "1", "-o", str(tmp_path / "clip"), "--fps", str(FPS)]
    result = CliRunner().invoke(main, [*words, *(["--burn-captions"] if asked else [])])
    assert result.exit_code == 0, result.output
    assert seen
    assert [bool(beat.lines) for beat in seen] == [asked] * len(seen)
    assert seen == (burnt(seen, FPS) if asked else [replace(beat, lines=()) for beat in seen])
