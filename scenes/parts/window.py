"""The cells read now, and the lines that lead from them to where they go."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from manim import Group

from scenes.parts.ink import PX, Box, Mark, boxes, lines
from scenes.parts.theme import Theme

#: From one point to another.
Straight = tuple[tuple[float, float], tuple[float, float]]
#: Between a line and a text that it would run through.
CLEARANCE = 7 * PX
#: Between a plane and the bracket beside it.
BESIDE = 9 * PX


class Window(Group):
    """A yellow frame around a block of cells; only the tapped cells are shaded, which under dilation are not all of them.

    ``shade`` is no part of the group: it is placed by itself, behind the digits.
    """

    def __init__(self, theme: Theme) -> None:
        self.shade = Mark(theme.reading, fill=theme.shade)
        self.casing = Mark(theme.casing, stroke=9.0)
        self.frame = Mark(theme.reading, stroke=5.0)
        self.box: Box | None = None
        super().__init__(self.casing, self.frame)

    def put(self, box: Box, cells: Iterable[Box] = ()) -> None:
        """Frames ``box`` and shades ``cells``."""
        self.box = box
        self.shade.draw(boxes(cells))
        self.casing.draw(boxes([box]))
        self.frame.draw(boxes([box]))

    def clear(self) -> None:
        """Takes the window away."""
        self.box = None
        for mark in (self.shade, self.casing, self.frame):
            mark.draw(np.zeros((0, 3)))


class Frames(Group):
    """Frames around cells that lie apart; ``shade`` is no part of the group, as that of a window."""

    def __init__(self, theme: Theme) -> None:
        self.shade = Mark(theme.reading, fill=theme.shade)
        self.casing = Mark(theme.casing, stroke=9.0)
        self.frame = Mark(theme.reading, stroke=5.0)
        super().__init__(self.casing, self.frame)

    def put(self, around: Iterable[Box]) -> None:
        """Frames and shades boxes."""
        points = boxes(around)
        for mark in (self.shade, self.casing, self.frame):
            mark.draw(points.copy())

    def clear(self) -> None:
        """Takes them away."""
        self.put([])


class Beam(Mark):
    """Thin lines between the facing corners of two boxes, such as a window and the cell that it makes."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme.reading if theme.name == "dark" else theme.casing, stroke=2.2, opacity=0.5)

    def join(self, a: Box, b: Box, texts: Iterable[Box] = (), planes: tuple[Box | None, Box | None] = (None, None)) -> None:
        """From the right side of ``a`` to the left side of ``b``, or from the bottom to the top where ``b`` is below; not through texts.

        A box that lies in a plane has a bracket beside that, along its rows or columns, and the lines stay outside: a plane is full of
        numbers.
        """
        beside = (planes[1] or b)[0] >= (planes[0] or a)[2]
        start, end = (_bracket(box, plane, beside, at) for box, plane, at in ((a, planes[0], 1), (b, planes[1], -1)))
        whole = [*zip(start, end, strict=True), *(side for side, plane in zip((start, end), planes, strict=True) if plane)]
        for text in texts:
            whole = [piece for line in whole for piece in outside(line, text)]
        self.draw(lines(whole))

    def clear(self) -> None:
        """Takes the lines away."""
        self.draw(np.zeros((0, 3)))


def _bracket(box: Box, plane: Box | None, beside: bool, at: int) -> Straight:
    """The side of a box to which lines lead, moved out of its plane: right (1) or left (−1), or where they lead down below or above it."""
    x0, y0, x1, y1 = box
    if beside:
        x = (x1 if at > 0 else x0) if plane is None else (plane[2] + BESIDE if at > 0 else plane[0] - BESIDE)
        return (x, y1), (x, y0)
    y = (y0 if at > 0 else y1) if plane is None else (plane[1] - BESIDE if at > 0 else plane[3] + BESIDE)
    return (x0, y), (x1, y)


def outside(line: Straight, box: Box) -> list[Straight]:
    """The pieces of a line that are not in a box nor close to it (Liang and Barsky, 1984)."""
    start, end = line
    enter, leave = 0.0, 1.0
    for at, to, low, high in zip(start, end, box[:2], box[2:], strict=True):
        low, high, along = low - CLEARANCE, high + CLEARANCE, to - at
        if not along:
            if not low < at < high:
                return [line]
            continue
        one, other = sorted(((low - at) / along, (high - at) / along))
        enter, leave = max(enter, one), min(leave, other)
    if enter >= leave:
        return [line]
    return [_piece(line, a, b) for a, b in ((0.0, enter), (leave, 1.0)) if b > a]


def _piece(line: Straight, a: float, b: float) -> Straight:
    (x0, y0), (x1, y1) = line
    return (x0 + (x1 - x0) * a, y0 + (y1 - y0) * a), (x0 + (x1 - x0) * b, y0 + (y1 - y0) * b)


def blend(a: Box, b: Box, share: float) -> Box:
    """A box between two boxes."""
    x0, y0, x1, y1 = (p + (q - p) * share for p, q in zip(a, b, strict=True))
    return x0, y0, x1, y1
