"""At any moment what stands on the strip is true, and the result stands nowhere before it stands there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import numpy as np
import pytest
from manim import tempconfig

from engine.numbers import sum_of_products
from engine.step import SummedStep
from engine.trace import Trace
from scenes.parts.beat import Beat, Kind
from scenes.parts.cast import scene_class
from scenes.parts.desk import WrittenStep
from scenes.parts.ink import Letters
from scenes.parts.raster import Raster
from scenes.parts.travel import Travelling
from tests.scenes.lint import family, is_shown
from tests.scenes.showing import SETTINGS, decimal
from tests.scenes.statements import Statement, standing, unit
from tests.scenes.test_words import CASES, opened

#: Of a full and of a quick beat.
MOMENTS: dict[Kind, list[float]] = {"full": [*(n / 12 + 0.04 for n in range(12)), 1.0], "quick": [0.1, 0.3, 0.45, 0.55, 0.7, 1.0]}
#: So many kinds of steps are looked at in a trace.
MOST = {"small": 6, "middle": 2, "large": 1}


def scene_of(trace: Trace) -> Any:
    scene = scene_class(trace.concept)(trace, [])
    scene.setup()
    return scene


def firsts(trace: Trace, most: int) -> list[int]:
    """Of every kind of steps one, a lesson if there is one."""
    found: dict[str, int] = {}
    for k in (*trace.lessons, *(k for stage in trace.stages if (k := trace.blocks.first(stage)) is not None)):
        found.setdefault(trace.blocks.find(k)[0].stage, k)
    return sorted(found.values())[:most]


def shown(scene: Any, trace: Trace, kind: Kind, k: int) -> Iterator[tuple[float, WrittenStep[SummedStep]]]:
    """Moments of a beat, with its step."""
    step = trace[k]
    beat = Beat(kind, k, k + 1, step.phase, step.say, 60, k - 1 if k else None, caption=step.caption)
    timeline = scene.timeline(beat)
    for share in MOMENTS[kind]:
        timeline.interpolate(share)
        yield share, scene.written(scene.trace[k])


def near(text: str, number: float) -> bool:
    """Whether a number is written so."""
    return abs(float(decimal(text)) - number) <= float(unit(text)) + 1e-9 * abs(number)


def wrong(statement: Statement, work: WrittenStep[SummedStep]) -> list[str]:
    """What is wrong with a statement about a step."""
    found, text, step = statement.errors, statement.result, work.step
    if not text:
        return found
    products = [math.prod(float(decimal(factor)) for factor in term) for term in work.added.terms]
    running = [*accumulate(products, max)] if step.reduce == "max" else [*accumulate(products)]
    if statement.so_far:
        return found + [f"{text} is no sum so far"] * (not any(near(text, sum) for sum in running[:-1]))
    return found + [f"{text} is not said to be so far"] * (text not in (*results(work), work.added.value))


def results(work: WrittenStep[SummedStep]) -> tuple[str, str]:
    """What a step gives, and with what was there before where it is added to that."""
    step = work.step
    before = getattr(step, "before", 0.0) if step.accumulate else 0.0
    return work.written.value, sum_of_products([(before,), (step.value,)], before + step.value).value


@pytest.mark.parametrize(("name", "size"), [case for case in CASES if case[1] in MOST])
def test_what_stands_on_the_strip_is_true_and_is_told_nowhere_before(name: str, size: str) -> None:
    trace, said = opened(name, size), 0
    with tempconfig(SETTINGS):
        scene = scene_of(trace)
        for k, kind in ((k, kind) for k in firsts(trace, MOST[size]) for kind in MOMENTS):
            step, has_it, early = trace[k], False, []
            for share, work in shown(scene, trace, kind, k):
                statement, cell = standing(scene), in_cell(scene, scene.trace[k])
                said += bool(statement.relations)
                has_it = has_it or statement.result in results(work)
                early += [] if has_it else [(share, cell)]
                assert wrong(statement, work) == [], (kind, k, share, statement)
                assert below(scene) == step.caption, (kind, k, share)
            is_seen = not step.accumulate and any(cell)
            assert not is_seen or cell not in [before for _, before in early], (kind, k, early)
    assert said >= 2


def below(scene: Any) -> str:
    """What stands below the picture."""
    return " ".join(row.line.text for row in scene.caption.rows if row.line.text)


def in_cell(scene: Any, step: Any) -> tuple[list[str], list[tuple[int, ...]]]:
    """The numbers and the colours that stand in the cell that is written."""
    box = scene.target(step)
    if box is None:
        return [], []
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    marks = [mark for mark in family(scene.mobjects) if is_shown(mark)]
    letters = [mark for mark in marks if isinstance(mark, Letters) and not isinstance(mark, Travelling)]
    texts = [line.text for mark in letters for line in mark.lines if _within((line.x, line.y), box)]
    colours = [_pixel(mark, x, y) for mark in marks if isinstance(mark, Raster) and _within((x, y), mark.box)]
    return sorted(texts), [colour for colour in colours if colour[3]]  # what is clear is not known


def _within(place: tuple[float, float], box: tuple[float, float, float, float]) -> bool:
    return box[0] <= place[0] <= box[2] and box[1] <= place[1] <= box[3]


def _pixel(raster: Raster, x: float, y: float) -> tuple[int, ...]:
    x0, y0, x1, y1 = raster.box
    rows, columns = raster.pixel_array.shape[:2]
    row, column = int((y1 - y) / (y1 - y0) * rows), int((x - x0) / (x1 - x0) * columns)
    return tuple(np.asarray(raster.pixel_array[min(row, rows - 1), min(column, columns - 1)]).tolist())
