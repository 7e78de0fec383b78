"""What a step gives is seen without reading it: with all text hidden, the end of its beat is another one where its value is another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from manim import tempconfig

from engine.catalogue import single
from engine.paths import by_path
from engine.record import Record
from engine.step import Cell, Step
from engine.trace import Trace
from scenes.parts.beat import Beat
from scenes.parts.cast import scene_class
from scenes.parts.levels import Levels
from tests.scenes.showing import SETTINGS, beat
from tests.scenes.test_strip import firsts
from tests.scenes.walk import trace_of
from tests.scenes.wordless import wordless

#: So many kinds of steps of a concept, and steps of a kind.
MOST, LOOKED_AT = 3, 16
#: Pixels of a frame of this size that must be others by so many levels.
FRAME = {"pixel_width": 480, "pixel_height": 270}
CLEARLY, LEVELS = 40, 20
#: The numbers of these stand in a table that is made of several outputs.
JOINED = [("lstm_backward", "delta")]
#: Of these nothing is looked at.
LONE = {
    "backprop": "every number of a graph is alone, on no scale",
    "avg_pool2d_backward": "what comes is added to what is there",
    "max_pool2d_backward": "what comes is added to what is there",
}


def results(trace: Trace, step: Step) -> tuple[str, Cell, np.ndarray]:
    """The tensor that a step writes, the cell, and the numbers in it."""
    path, (cell, *_) = next(iter(step.writes.items()))
    return path, cell, np.nan_to_num(dict(by_path(Record(trace).outputs))[path])


def kinds(trace: Trace) -> list[int]:
    """The weakest steps of the first kinds: another number does not change their scale; where all are the same, there is no other."""
    found = []
    for first in firsts(trace, len(trace.stages)):
        block, _ = trace.blocks.find(first)
        k = min(range(block.start, block.start + min(block.steps, LOOKED_AT)), key=lambda k: abs(trace[k].value))
        if (trace.concept, block.stage) not in JOINED and not trace[k].accumulate and np.ptp(results(trace, trace[k])[2]):
            found.append(k)
    return found[:MOST]


def otherwise(trace: Trace, k: int) -> Record:
    """The same but for the value of a step: it is the number of its tensor that is furthest from it; nothing else depends on it."""
    path, cell, numbers = results(trace, trace[k])
    other = numbers.ravel()[np.argmax(np.abs(numbers - numbers[cell]))]
    record = Record(trace)
    record.values["outputs"] = _put(record.outputs, path, cell, other)
    record.learn({k: replace(trace[k], value=float(other))})
    return record


def _put(values: Mapping[str, Any], path: str, cell: Cell, number: float, before: str = "") -> dict[str, Any]:
    found = {name: _put(one, path, cell, number, f"{before}{name}.") if isinstance(one, Mapping) else one for name, one in values.items()}
    if (name := path.removeprefix(before)) in found:
        found[name] = found[name].copy()
        found[name][cell] = number
    return found


def silent(record: Record, trace: Trace, *steps: int) -> list[np.ndarray]:
    """The ends of full beats in pixels, without any text."""
    with tempconfig({**SETTINGS, **FRAME}):
        scene = scene_class(trace.concept)(record, [])
        scene.setup()
        return [_silent(scene, beat("full", trace, k)) for k in steps]


def _silent(scene: Any, shown: Beat) -> np.ndarray:
    scene.timeline(shown).interpolate(1)
    return wordless(scene)


def unseen(trace: Trace, steps: list[int]) -> set[str]:
    """Kinds of steps of which nothing but digits says what they give."""
    found = {}
    for k, end in zip(steps, silent(Record(trace), trace, *steps), strict=True):
        (other,) = silent(otherwise(trace, k), trace, k)
        found[trace.blocks.find(k)[0].stage] = int((np.abs(end - other).max(axis=2) > LEVELS).sum())
    return {stage for stage, others in found.items() if others < CLEARLY}


@pytest.mark.parametrize("name", single())
def test_a_value_is_seen_without_its_digits(name: str) -> None:
    trace = trace_of(name, "small")
    steps = kinds(trace)
    assert bool(steps) == (name not in LONE)
    assert unseen(trace, steps) == set()


def test_digits_alone_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test above is worth: without levels in their cells numbers are read or not known."""
    trace = trace_of("conv2d", "small")
    assert unseen(trace, kinds(trace)) == set()
    monkeypatch.setattr(Levels, "cover", lambda *_: None)
    assert unseen(trace, kinds(trace)) == {"output"}


def test_a_frame_is_the_same_where_nothing_is_another() -> None:
    trace = trace_of("conv2d", "small")
    (one,), (same,) = silent(Record(trace), trace, 0), silent(Record(trace), trace, 0)
    assert (one == same).all()
