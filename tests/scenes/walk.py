"""What stands on the stage of a concept at its opening, at the end of the first step of every stage, and at its closing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from manim import tempconfig

from engine.catalogue import find
from engine.record import Record
from engine.trace import Trace
from scenes.parts.beat import Beat
from scenes.parts.cast import scene_class
from scenes.parts.frame import STAGE
from scenes.parts.grid import Grid
from scenes.parts.ink import Letters
from scenes.parts.travel import Travelling
from tests.scenes.grown import SIZES, grown, grows
from tests.scenes.lint import family
from tests.scenes.showing import SETTINGS, beat, strip
from tests.scenes.wordless import faint

#: A frame in which texts are a few pixels high.
READABLE = {"pixel_width": 480, "pixel_height": 270}


def sizes(name: str) -> list[str]:
    """Those that the example of a concept has."""
    return [*SIZES] if grows(find(name)) else ["small"]


@cache
def trace_of(name: str, size: str) -> Trace:
    return grown(name, size)


def opened_with_ends(trace: Trace, theme: str = "dark") -> Any:
    """A scene that is set up, with the beats of :func:`beats`."""
    scene = scene_class(trace.concept)(Record(trace), beats(trace), theme)
    scene.setup()
    return scene


def beats(trace: Trace) -> list[Beat]:
    """The opening, the first step of every stage, the closing."""
    ends = [Beat("opening", 0, 0, "setup", trace.opening, 30), Beat("closing", len(trace), len(trace), "result", trace.closing, 30)]
    stages = dict.fromkeys(block.stage for block in trace.blocks)
    return [ends[0], *(beat("full", trace, trace.blocks.start(stage)) for stage in stages), ends[1]]


def grids(scene: Any) -> list[Grid]:
    """Those on the stage of which something is known."""
    return [mark for mark in family(scene.mobjects) if isinstance(mark, Grid) and mark.shown is not None and mark.known]


class Walked(NamedTuple):
    """``forms`` are those that every named plane has, ``spelled`` numbers on the strip and in their cells, ``ending`` all that is shown.

    ``pale`` are texts that do not stand out from what lies behind them.
    """

    forms: dict[str, set[str]]
    spelled: list[tuple[str, str]]
    ending: np.ndarray
    pale: set[str]


@cache
def walked(name: str, size: str) -> Walked:
    """What there is to see."""
    found: dict[str, set[str]] = {}
    spelled: list[tuple[str, str]] = []
    pale: set[str] = set()
    with tempconfig({**SETTINGS, **READABLE}):
        scene = opened_with_ends(trace_of(name, size))
        for one in scene.beats:
            scene.timeline(one).interpolate(1.0)
            pale |= {*faint(scene)}
            for called, form in forms(scene):
                found.setdefault(called, set()).add(form)
            if one.kind == "full":
                written = strip(scene)[-1:]
                spelled += [(text, cell) for text in written for cell in in_box(scene, scene.target(scene.trace[one.start]))]
        ending = [mark.shown[0][mark.shown[1]] for mark in grids(scene)]
    return Walked(found, spelled, np.concatenate([np.zeros(0), *ending]), pale)


def forms(scene: Any) -> Iterator[tuple[str, str]]:
    """The names of planes, without their shapes and numbers, and how they are drawn."""
    for mark in grids(scene):
        if called := re.split(r"[ \[]", mark.label.line.text)[0] if hasattr(mark, "label") else "":
            yield called, "digits" if mark.has_digits else "picture" if mark.is_picture else "colours"


def in_box(scene: Any, box: Any) -> list[str]:
    """What is written on the stage in a box, if there is one."""
    if box is None:
        return []
    x0, y0, x1, y1 = box
    lines = [
        line for mark in family(scene.mobjects) if isinstance(mark, Letters) and not isinstance(mark, Travelling) for line in mark.lines
    ]
    return [line.text for line in lines if line.y > STAGE[1] and x0 < line.x < x1 and y0 < line.y < y1]
