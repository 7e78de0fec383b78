"""What is drawn with short cuts is what is drawn without: only what changes is drawn again, unchanged frames not at all."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from manim import tempconfig

from engine import conv1d, conv2d
from engine.catalogue import single
from engine.inputs.arguments import open_example
from engine.record import Record
from engine.trace import Trace
from scenes.conv1d import Conv1d
from scenes.conv2d import Conv2d
from scenes.parts.beat import Beat
from scenes.parts.canvas import Canvas
from scenes.parts.cast import scene_class
from scenes.parts.reel import Sight
from scenes.parts.theme import THEMES
from studio.pace import beats
from studio.picture import UNITS
from tests.scenes import showing

#: Levels of 255 by which a soft edge may differ.
SOFT = 16


def pictures(scene_class: type, trace: Trace, seconds: float, fps: int = 6) -> Iterator[tuple[Sight, np.ndarray, np.ndarray]]:
    """Every sight of a clip as it is drawn beat by beat, only where something changed, and as it is drawn whole."""
    settings = {"pixel_width": 320, "pixel_height": 180, "frame_rate": fps, "dry_run": True, "verbosity": "ERROR"}
    with tempconfig(settings):
        record = Record(trace)
        planned = beats(trace, seconds=seconds, fps=fps)
        scene, canvas = scene_class(record, planned), Canvas(320, 180, UNITS, THEMES["dark"].ground)
        scene.setup()
        for beat in planned:
            canvas.clear()
            for sight in scene.sights(beat):
                canvas.show(sight.still, sight.live)
                whole = Canvas(320, 180, UNITS, THEMES["dark"].ground)
                whole.show(sight.still, sight.live)
                yield sight, canvas.pixels, whole.pixels


def check(scene_class: type, trace: Trace) -> None:
    """Soft edges depend a little on what else is drawn in the same rows of pixels; a mark that was forgotten makes more of a difference."""
    frames = drawn = 0
    for sight, one, other in pictures(scene_class, trace, 12):
        frames, drawn = frames + sight.frames, drawn + 1
        difference = np.abs(one.astype(int) - other)
        assert difference.max() <= SOFT
        assert (difference > 0).mean() < 0.004
    assert frames == 72
    assert drawn < 62


@functools.cache
def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize(
    ("scene_class", "trace"),
    [
        (Conv2d, conv2d([[1, 3, -2, 4], [0, 8, 6, 5], [2, 1, -9, 0], [4, -1, 3, 7]], [[1, 2], [-2, -1]], padding=1)),
        (Conv2d, conv2d(numbers(20, 20), numbers(3, 3))),
        (Conv2d, conv2d(numbers(4, 9, 9), numbers(12, 1, 3, 3), groups=4)),
        (Conv2d, conv2d(numbers(3, 2, 6, 6), numbers(3, 2, 2, 2))),
        (Conv1d, conv1d(numbers(4, 12), numbers(8, 2, 3), groups=2)),
    ],
    ids=["digits", "heat", "depthwise", "batch", "grouped"],
)
def test_short_cuts_change_nothing(scene_class: type, trace: Trace) -> None:
    check(scene_class, trace)


@pytest.mark.parametrize("name", single())
def test_short_cuts_change_nothing_in_any_concept(name: str) -> None:
    check(scene_class(name), open_example(name))


@pytest.mark.parametrize("name", single())
def test_a_beat_looks_the_same_whatever_was_shown_before(name: str) -> None:
    """Beats go to different processes: each must be shown as if all the others had been shown before it."""
    trace = open_example(name)
    with tempconfig({"pixel_width": 320, "pixel_height": 180, "frame_rate": 6, "dry_run": True, "verbosity": "ERROR"}):
        planned = beats(trace, seconds=12, fps=6)
        scene = scene_class(name)(Record(trace), planned)
        scene.setup()
        in_order = [seen(scene, beat) for beat in planned]
        for beat, expected in reversed([*zip(planned, in_order, strict=True)]):
            assert seen(scene, beat) == expected, beat.name
            alone = scene_class(name)(Record(trace), planned)
            alone.setup()
            assert seen(alone, beat) == expected, beat.name


@pytest.mark.parametrize("groups", [1, 2])
def test_a_beat_of_any_filter_and_sample_looks_the_same_whatever_was_shown_before(groups: int) -> None:
    trace = conv2d(numbers(2, 2, 5, 5), numbers(4, 2 // groups, 3, 3), groups=groups)
    with tempconfig({"pixel_width": 320, "pixel_height": 180, "frame_rate": 6, "dry_run": True, "verbosity": "ERROR"}):
        planned = beats(trace, seconds=60, fps=6)
        assert len({beat.phase for beat in planned}) > 4
        scene = showing.opened(Conv2d, trace, planned)
        in_order = [seen(scene, beat) for beat in planned]
        assert [seen(scene, beat) for beat in reversed(planned)] == in_order[::-1]


def test_a_part_of_a_sweep_is_a_part_of_it() -> None:
    trace = conv2d(numbers(9, 9), numbers(3, 3))
    with tempconfig({"pixel_width": 320, "pixel_height": 180, "frame_rate": 30, "dry_run": True, "verbosity": "ERROR"}):
        planned = beats(trace, detail=0, seconds=10, fps=30)
        sweep = next(beat for beat in planned if beat.kind == "sweep")
        assert sweep.frames >= 50
        scene = showing.opened(Conv2d, trace, planned)
        whole = showing.pictures(scene, sweep)
        assert showing.pictures(scene, sweep, 23) == whole[23:]
        assert showing.pictures(scene, sweep, 10, 37) == whole[10:37]


def seen(scene: Any, beat: Beat) -> list[tuple[int, list[bytes]]]:
    """What is seen in a beat, and for how long."""
    return [(sight.frames, [item.digest for item in (*sight.still, *sight.live)]) for sight in scene.sights(beat)]
