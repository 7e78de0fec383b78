"""Numbers are not rounded away: wherever digits stand there are two significant ones, however many channels there are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from manim import tempconfig

from engine import avg_pool2d, conv1d, conv2d, max_pool2d
from engine.record import Record
from engine.trace import Trace
from scenes.parts.cast import scene_class
from scenes.parts.grid import Grid
from scenes.parts.tile import Tile
from tests.scenes.lint import family
from tests.scenes.showing import SETTINGS, beat, decimal
from tests.scenes.test_sums import numbers

TRACES = {
    "conv1d": lambda channels: conv1d(numbers("normal", channels, 9), numbers("normal", 2, channels, 2)),
    "conv2d": lambda channels: conv2d(numbers("normal", channels, 5, 5), numbers("normal", 2, channels, 2, 2), bias=[0.137, -1.25]),
    "max_pool2d": lambda channels: max_pool2d(numbers("normal", channels, 6, 6), 2),
    "avg_pool2d": lambda channels: avg_pool2d(numbers("normal", channels, 6, 6), 2),
}
#: Of a sequence all channels are under the window at once; eight of them are colours.
CASES = [(name, channels) for name in TRACES for channels in (1, 3, 8) if (name, channels) != ("conv1d", 8)]


def poor(texts: Sequence[str], numbers: Sequence[float]) -> list[tuple[str, float]]:
    """What is off by more than half of its second digit; near 0 of that of a number that is a tenth of the largest."""
    tenth = max(map(abs, numbers), default=0.0) / 10
    return [
        (text, number)
        for text, number in zip(texts, numbers, strict=True)
        if abs(float(decimal(text.strip("×()"))) - number) > 0.501 * 10 ** (math.floor(math.log10(max(abs(number), tenth, 1e-9))) - 1)
    ]


def written(scene: Any) -> Iterator[tuple[list[str], list[float]]]:
    """What stands in tables and under the lens, with the numbers themselves."""
    for mark in family(scene.mobjects):
        if isinstance(mark, Grid) and mark.has_digits and mark.shown is not None:
            yield [line.text for line in mark.digits.lines], mark.shown[0][mark.shown[1]].tolist()
    for lens in getattr(scene, "lenses", ()):
        if isinstance(lens.tile, Tile) and lens.tile.lower.lines:
            yield [line.text for line in lens.tile.lower.lines], lens.tile.weights.ravel().tolist()


def read(trace: Trace, steps: list[int]) -> Iterator[tuple[list[str], list[float]]]:
    """At the end of full beats."""
    with tempconfig(SETTINGS):
        scene = scene_class(trace.concept)(Record(trace), [])
        scene.setup()
        for k in steps:
            scene.timeline(beat("full", trace, k)).interpolate(1.0)
            yield from written(scene)


@pytest.mark.parametrize(("name", "channels"), CASES)
def test_two_digits_of_every_number_can_be_read(name: str, channels: int) -> None:
    trace = TRACES[name](channels)
    found = [*read(trace, [0, len(trace) - 1])]
    assert sum(len(texts) for texts, _ in found) >= 8
    assert [one for texts, made in found for one in poor(texts, made)] == []


def test_a_number_that_is_rounded_away_is_found() -> None:
    assert poor(["−0.1"], [-0.1249]) == [("−0.1", -0.1249)]
    assert poor(["0.07", "2.1"], [0.066, 2.13]) == []
    assert poor(["0.07", "×0.21"], [0.066, 0.213]) == [("0.07", 0.066)]
    assert poor(["0.1", "(−0.12)", "3", "1.2e−5"], [0.1, -0.1249, 3.0, 1.2e-5]) == []
