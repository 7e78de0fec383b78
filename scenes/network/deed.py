"""What is done to tensors, in words: the kind of a part, the lines of code, how many parameters it has; and what runs through it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from manim import Group

from engine.sentences import count
from scenes.network.panel import Panel
from scenes.parts.curves import Point
from scenes.parts.ink import PX, Box, Ink, Letters, Line, Mark, boxes, letter_size, lines, text_width
from scenes.parts.table import fitting_label
from scenes.parts.theme import Theme
from scenes.parts.window import Straight

#: Of the word for the kind, and of lines of code from one to the next.
KIND_PX, LINE = 46.0, 0.42
MOST_LINES, INDENT = 7, "  "
BESIDE, ABOVE, AWAY = 0.12, 0.22, 0.14  # within the box, and between an arrow and what it points at
HEAD = 0.13
BETWEEN = 0.55  # beside the box, where ways go up and down
PULSES, LONG = 3, 0.3  # on every way, and how long one is


Waypoints = list[Point]


class Deed(Group):
    """A box with words in the middle of ``room``. ``pulse`` is what runs along the ways once they are there; it is no part of the group."""

    def __init__(self, kind: str, operations: Sequence[str], parameters: int, room: Box, theme: Theme) -> None:
        self.theme, self.room = theme, room
        left, bottom, right, top = room
        self.middle, width = (left + right) / 2, right - left - 2 * BESIDE
        size = max(letter_size(), min(KIND_PX, KIND_PX * width / text_width(kind, KIND_PX)))
        code = _broken(operations, width)
        high = size * PX + (len(code) + bool(parameters)) * LINE + 2 * ABOVE + 0.1
        y = (bottom + top) / 2
        self.box = left, y - high / 2, right, y + high / 2
        y += high / 2 - ABOVE - size * PX / 2
        self.kind = Ink(fitting_label(kind, width), size, theme.ink).put(self.middle, y)
        y -= size * PX / 2 + 0.1 + LINE / 2
        x = self.middle - max((text_width(text, letter_size()) for text in code), default=0.0) / 2
        self.code = Letters(theme.muted).write_lines(Line(text, letter_size(), x, y - n * LINE, align=-1) for n, text in enumerate(code))
        self.counted = Ink(count(parameters, "parameter") if parameters else "", letter_size(), theme.weight)
        self.counted.put(self.middle, y - len(code) * LINE)
        self.rim, self.ways = Mark(theme.line, stroke=3.0).draw(boxes([self.box])), Mark(theme.line, stroke=3.0)
        self.pulse = Mark(theme.reading if theme.name == "dark" else theme.casing, stroke=6.0)
        self.paths: list[Waypoints] = []
        super().__init__(self.rim, self.ways, self.kind, self.code, self.counted)

    def join(self, given: Sequence[Panel], made: Sequence[Panel]) -> None:
        """Draws the ways from what comes in, and to what goes out."""
        x0, _, x1, _ = self.box
        self.paths = []
        for n, panel in enumerate(given):
            start, end = (panel.whole[2] + AWAY, _level(panel)), (x0 - AWAY / 2, self._door(n, given))
            self.paths.append(_way(start, end, x0 - BETWEEN / 2))
        for n, panel in enumerate(made):
            start, end = (x1, self._door(n, made)), (panel.whole[0] - AWAY, _level(panel))
            self.paths.append(_way(start, end, x1 + BETWEEN / 2))
        self.ways.draw(lines(piece for path in self.paths for piece in (*pairwise(path), *_head(path))))

    def _door(self, number: int, panels: Sequence[Panel]) -> float:
        """How high one of several ways meets the box: one that is alone goes straight on."""
        _, y0, _, y1 = self.box
        if len(panels) == 1:
            return min(y1 - BESIDE, max(y0 + BESIDE, _level(panels[0])))
        return y1 - (y1 - y0) * (number + 1) / (len(panels) + 1)

    def run(self, share: float) -> None:
        """So far of the time in which something runs; at rest at both ends."""
        running = [path for path in self.paths if 0 < share < 1]
        self.pulse.draw(lines(piece for path in running for piece in _pulses(path, share)) if running else np.zeros((0, 3)))


def _broken(operations: Sequence[str], width: float) -> list[str]:
    """Code in lines that fit; what goes on is indented."""
    most = max(8, int(width / text_width("0", letter_size())))
    found = [row for text in operations for row in _rows(text, most)]
    return found if len(found) <= MOST_LINES else [*found[: MOST_LINES - 1], f"… {len(found) - MOST_LINES + 1} more lines"]


def _rows(text: str, most: int) -> Iterator[str]:
    """One line of code, broken behind brackets, commas and spaces; inside of a name only where that is too long by itself."""
    row = ""
    for piece in re.findall(r"[^\s(\[,=]*[(\[,=]*\s*", text):
        for part in [piece[at : at + most - len(INDENT)] for at in range(0, len(piece), most - len(INDENT))]:
            if row.strip() and len((row + part).rstrip()) > most:
                yield row.rstrip()
                row = INDENT
            row += part
    yield row.rstrip()


def _level(panel: Panel) -> float:
    """The middle of a tensor's cells."""
    _, y0, _, y1 = panel.whole
    return (y0 + y1) / 2


def _way(start: Point, end: Point, turn: float) -> Waypoints:
    """From one point to another, up or down at ``turn`` where they are not on one height: there is nothing but ways."""
    return [start, end] if abs(end[1] - start[1]) < PX else [start, (turn, start[1]), (turn, end[1]), end]


def _head(path: Waypoints) -> list[Straight]:
    (_, _), (x, y) = path[-2:]
    return [((x - HEAD, y + HEAD * 0.7), (x, y)), ((x - HEAD, y - HEAD * 0.7), (x, y))]


def _pulses(path: Waypoints, share: float) -> Iterator[Straight]:
    """Pieces of a way that run along it."""
    sizes = [abs(b[0] - a[0]) + abs(b[1] - a[1]) for a, b in pairwise(path)]
    whole = sum(sizes)
    start = (share * PULSES % 1.0) * whole
    stop, at = min(whole, start + min(LONG, whole / 2)), 0.0
    for (a, b), size in zip(pairwise(path), sizes, strict=True):
        low, high = max(start, at), min(stop, at + size)
        if low < high:
            yield _point(a, b, (low - at) / size), _point(a, b, (high - at) / size)
        at += size


def _point(a: Point, b: Point, share: float) -> Point:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
