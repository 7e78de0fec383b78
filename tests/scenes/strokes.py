"""Lines never cross text: what is stroked or filled on the stage against the ink of every text, in the order in which they are painted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from manim import Mobject

from scenes.graph.picture import GraphPicture
from scenes.parts.display import STROKE_UNIT
from scenes.parts.ink import PX, Box, Letters, Line, Mark
from scenes.parts.plane import Plane
from scenes.parts.travel import MovingLines, Travelling
from scenes.parts.window import Frames, Window

#: So far a stroke may reach into the box of a text: low cells leave 4 px around digits, and the casing of their frame is 6 px wide inwards.
SLACK = 3 * PX
#: Straight pieces of a curve that is not straight itself.
PIECES = 8
#: What is filled with less of its colour lies under texts as a tint.
SOLID = 0.9


@dataclass
class Strokes:
    """Looks at a scene moment by moment; what did not change since an earlier one is known.

    These cross ink and may: numbers on their way (:class:`Travelling`) and tables that are (:class:`MovingLines`), which pass over other
    things; the frames of a :class:`Window` and of :class:`Frames` while they glide from cells to cells, for they are around digits
    where they rest, and the discs of a :class:`GraphPicture` on their edges; a line behind a text with a halo, unless that is a number of a
    :class:`Plane`, and one behind a plate on which the text stands, for neither is seen there. Tints, which are not :data:`SOLID`, lie
    under texts.
    """

    known: dict[tuple[int, int], tuple[np.ndarray, np.ndarray, list[Line]]] = field(default_factory=dict)
    paths: dict[int, _Path] = field(default_factory=dict)
    before: dict[int, np.ndarray] = field(default_factory=dict)

    def crossing(self, marks: Sequence[Mobject], rests: bool) -> Iterator[tuple[Mark, Line]]:
        """Every stroke with the texts that it runs through; ``marks`` are in the order of painting, ``rests`` says that nothing moves."""
        shown = [mark for mark in marks if isinstance(mark, Mark) and mark.shown and not isinstance(mark, MovingLines | Travelling)]
        gliding = set() if rests else self._gliding(marks)
        self.before = {id(mark): mark.points for mark in shown}
        texts = [(at, mark) for at, mark in enumerate(shown) if isinstance(mark, Letters)]
        planes = {id(digits) for group in marks if isinstance(group, Plane) for digits in (getattr(group, "digits", None), group.pale)}
        bare = [(at, mark) for at, mark in texts if id(mark) in planes or not mark.get_stroke_width(background=True)]
        for place, mark in enumerate(shown):
            if isinstance(mark, Letters) or id(mark) in gliding or not reach(mark):
                continue
            for text in [*(text for at, text in bare if place < at), *(text for at, text in texts if at < place)]:
                for line in self._through(mark, text):
                    if not any(self._covers(plate, line) for plate in shown[place + 1 :]):
                        yield mark, line

    def _gliding(self, marks: Iterable[Mobject]) -> set[int]:
        found = [part for group in marks if isinstance(group, Window | Frames) for part in (group.casing, group.frame)]
        found += [disc for group in marks if isinstance(group, GraphPicture) for disc in group.discs.values()]
        return {id(part) for part in found if not np.array_equal(part.points, self.before.get(id(part), np.zeros((0, 3))))}

    def _through(self, mark: Mark, text: Letters) -> list[Line]:
        """The lines of a text that a stroke runs through."""
        key = id(mark.points), id(text.points)
        if key not in self.known:
            # The arrays are kept, so that no other one gets their number.
            self.known[key] = mark.points, text.points, self._path(mark).through(text.lines, reach(mark))
        return self.known[key][2]

    def _covers(self, plate: Mark, line: Line) -> bool:
        """Whether a mark hides all that is behind a text."""
        return not isinstance(plate, Letters) and plate.get_fill_opacity() == 1 and self._path(plate).holds(line.box)

    def _path(self, mark: Mark) -> _Path:
        key = id(mark.points)
        if key not in self.paths:
            self.paths[key] = _Path(mark.points)
        return self.paths[key]


def reach(mark: Mark) -> float:
    """How far a mark reaches beyond its curves; nothing where it has no stroke and no colour of its own."""
    stroked = mark.get_stroke_opacity() > 0 and mark.get_stroke_width() > 0
    if stroked:
        return float(mark.get_stroke_width()) * STROKE_UNIT / 2
    return SLACK if mark.get_fill_opacity() >= SOLID else 0.0


class _Path:
    """Bézier curves as straight pieces."""

    def __init__(self, points: np.ndarray) -> None:
        self.points = points
        curves = points.reshape(-1, 4, 3)[:, :, :2]
        along = curves[:, 3] - curves[:, 0]
        off = curves[:, 1:3] - curves[:, :1]
        aside = np.abs(along[:, None, 0] * off[:, :, 1] - along[:, None, 1] * off[:, :, 0]).max(axis=1)
        straight = aside < 1e-6
        bent = _cut(curves[~straight])
        self.starts = np.concatenate([curves[straight, 0], bent[:-1].reshape(-1, 2)])
        self.ends = np.concatenate([curves[straight, 3], bent[1:].reshape(-1, 2)])
        self.low, self.high = np.minimum(self.starts, self.ends), np.maximum(self.starts, self.ends)
        along = self.ends - self.starts
        self.aside = np.column_stack([-along[:, 1], along[:, 0]]) / np.maximum(np.hypot(*along.T), 1e-12)[:, None]
        # Where a curve does not begin at the end of the one before, another line begins.
        breaks = np.flatnonzero((np.abs(curves[1:, 0] - curves[:-1, 3]) > 1e-6).any(axis=1)) + 1
        at = [0, *breaks.tolist()]
        self.parts = np.column_stack([np.minimum.reduceat(curves.min(axis=1), at), np.maximum.reduceat(curves.max(axis=1), at)])

    def through(self, texts: Sequence[Line], reach: float) -> list[Line]:
        """The texts with ink within ``reach`` of a piece, sideways: a stroke ends where its curve does."""
        low, high = self.low - reach, self.high + reach
        (left, bottom), (right, top) = low.min(axis=0), high.max(axis=0)
        found = []
        for line in texts:
            x0, y0, x1, y1 = line.box
            if x0 < right and left < x1 and y0 < top and bottom < y1:
                near, box = ((low < (x1, y1)) & (high > (x0, y0))).all(axis=1), (x0 + SLACK, y0 + SLACK, x1 - SLACK, y1 - SLACK)
                starts, ends, aside = self.starts[near], self.ends[near], self.aside[near] * reach
                if near.any() and any(through(starts + side * aside, ends + side * aside, box).any() for side in (-1, 0, 1)):
                    found.append(line)
        return found

    def holds(self, box: Box) -> bool:
        """Whether a part of it is around a box."""
        x0, y0, x1, y1 = box
        left, bottom, right, top = self.parts.T
        return bool(((left <= x0) & (bottom <= y0) & (right >= x1) & (top >= y1)).any())


def _cut(curves: np.ndarray) -> np.ndarray:
    """Points along curves, from the first to the last."""
    t = np.linspace(0, 1, PIECES + 1)[:, None, None]
    a, b, c, d = (curves[None, :, n] for n in range(4))
    points: np.ndarray = (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d
    return points


def through(starts: np.ndarray, ends: np.ndarray, box: Box) -> np.ndarray:
    """Which of the straight lines have a point within the box (Liang and Barsky, 1984)."""
    low, high = np.array(box[:2]), np.array(box[2:])
    along = ends - starts
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - starts) / along, (high - starts) / along
    level = along == 0
    inside = (low < starts) & (starts < high)
    enter = np.where(level, np.where(inside, -np.inf, np.inf), np.minimum(one, other)).max(axis=1)
    leave = np.where(level, np.where(inside, np.inf, -np.inf), np.maximum(one, other)).min(axis=1)
    found: np.ndarray = np.maximum(enter, 0) < np.minimum(leave, 1)
    return found


def whose(scene: Any, mark: Mark) -> str:
    """Where the scene keeps a mark, as ``Window.casing``."""
    groups = [scene, *(group for mobject in scene.mobjects for group in mobject.get_family())]
    for group in groups[::-1]:
        for name, value in vars(group).items():
            held = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
            if name != "submobjects" and any(one is mark or (isinstance(one, tuple) and any(x is mark for x in one)) for one in held):
                return f"{type(group).__name__}.{name}"
    return type(mark).__name__
