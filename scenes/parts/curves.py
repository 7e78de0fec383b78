"""Lines of a graph: smooth ways between columns, arrowheads, rounded boxes, discs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from scenes.parts.ink import Box
from scenes.parts.typeset import polygon, straight

Point = tuple[float, float]

CORNER = 0.12
ROUND = 0.5523  # of a corner, where the control points of a quarter of a circle stand
ARROW = (0.16, 0.075)  # length, half the width
SAMPLES = 12  # of a curve, to measure it


class Track:
    """A line through points, level at each of them, which ends in an arrowhead."""

    def __init__(self, stops: Sequence[Point]) -> None:
        last = (stops[-1][0] - ARROW[0] * 0.8, stops[-1][1])
        self.tip = stops[-1]
        self.points = np.concatenate([_bend(a, b) for a, b in pairwise([*stops[:-1], last])])
        shares = np.linspace(0, 1, SAMPLES)[:, None]
        a, b, c, d = (self.points[i::4][:, None, :2] for i in range(4))
        curve = (1 - shares) ** 3 * a + 3 * (1 - shares) ** 2 * shares * b + 3 * (1 - shares) * shares**2 * c + shares**3 * d
        self.trail = curve.reshape(-1, 2)
        steps = np.hypot(*np.diff(self.trail, axis=0).T)
        self.lengths = np.concatenate([[0.0], np.cumsum(steps)])

    def at(self, share: float) -> Point:
        """Where one is after ``share`` of the way."""
        goal = share * self.lengths[-1]
        x, y = (float(np.interp(goal, self.lengths, self.trail[:, axis])) for axis in (0, 1))
        return x, y

    @property
    def arrow(self) -> np.ndarray:
        """The arrowhead."""
        x, y = self.tip
        length, half = ARROW
        return polygon([(x, y), (x - length, y + half), (x - length, y - half)])


def _bend(a: Point, b: Point) -> np.ndarray:
    """A curve that is level at both ends."""
    if a[1] == b[1]:
        return straight(a, b)
    middle = (a[0] + b[0]) / 2
    return np.array([[*a, 0.0], [middle, a[1], 0.0], [middle, b[1], 0.0], [*b, 0.0]])


def together(parts: Iterable[np.ndarray]) -> np.ndarray:
    """Several outlines as one."""
    found = list(parts)
    return np.concatenate(found) if found else np.zeros((0, 3))


def rounded(box: Box, corner: float = CORNER) -> np.ndarray:
    """A box with round corners."""
    x0, y0, x1, y1 = box
    r = min(corner, (x1 - x0) / 2, (y1 - y0) / 2)
    corners = [((x1, y0), (1, 0), (0, 1)), ((x1, y1), (0, 1), (-1, 0)), ((x0, y1), (-1, 0), (0, -1)), ((x0, y0), (0, -1), (1, 0))]
    arcs, parts = [], []
    for (x, y), (ax, ay), (bx, by) in corners:
        start, end = (x - ax * r, y - ay * r), (x + bx * r, y + by * r)
        k = (1 - ROUND) * r
        arcs.append(np.array([[*start, 0.0], [x - ax * k, y - ay * k, 0.0], [x + bx * k, y + by * k, 0.0], [*end, 0.0]]))
    for arc, after in zip(arcs, [*arcs[1:], arcs[0]], strict=True):
        parts += [arc, straight(tuple(arc[3, :2]), tuple(after[0, :2]))]
    return np.concatenate(parts)


def discs(middles: Iterable[Point], radius: float) -> np.ndarray:
    """Filled circles."""
    at = np.array([(x, y, 0.0) for x, y in middles]).reshape(-1, 1, 3)
    found: np.ndarray = at + circle(0.0, 0.0, radius)
    return found.reshape(-1, 3)


def circle(x: float, y: float, radius: float) -> np.ndarray:
    """Four curves, each a quarter."""
    k = ROUND * radius
    quarter = np.array([(radius, 0.0), (radius, k), (k, radius), (0.0, radius)])
    turns = [np.array([(cos, sin), (-sin, cos)]) for cos, sin in ((1, 0), (0, 1), (-1, 0), (0, -1))]
    flat = np.array([x, y]) + np.concatenate([quarter @ turn for turn in turns])
    return np.column_stack([flat, np.zeros(len(flat))])
