"""What a layer does to sizes, drawn to scale: blocks with a face and a depth, a window on them, tiles for filters, squares in squares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from manim import Group

from engine.sentences import within
from scenes.parts.bars import Kept
from scenes.parts.curves import Point, together
from scenes.parts.ink import LEAST_PX, PX, Box, Letters, Line, boxes, letter_size, lines, text_width
from scenes.parts.theme import Theme
from scenes.parts.typeset import polygon

#: Of a cell of depth, and how deep a block is at most; its depth goes up and to the right.
SLANT, DEEPEST = 0.35, 0.9
FACT, WORD = 0.42, 0.75  # height of a row of numbers, and room for a word beside a block
#: More tiles than this are one area.
MOST_TILES = 1024
GAUGE = 0.3  # room for a bar below a picture
TRAIL = 12 * PX  # least width of the way that a window has come
SHEETS = 4
LEAST = 3 * PX


class Fact(NamedTuple):
    """Numbers that are read, with their name, in the colour of a role; ``path`` is the tensor that they are in."""

    path: str
    name: str
    numbers: Sequence[str]
    role: str = "weight"


class Workshop(Group):
    """A picture above, and below it what is read, a name and its numbers in each row."""

    def __init__(self, room: Box, theme: Theme) -> None:
        self.room = room
        self.faces = {role: Kept(getattr(theme, role), fill=0.5) for role in ("input", "output", "weight")}
        self.edges = {role: Kept(getattr(theme, role), stroke=2.5) for role in ("input", "output", "weight", "muted")}
        self.hatch = Kept(theme.gradient, stroke=2.0)
        self.window = Kept(theme.casing if theme.name != "dark" else theme.reading, stroke=5.0)
        self.trail = Kept(theme.reading, fill=theme.shade)
        self.names, self.heads = Letters(theme.muted), Letters(theme.muted)
        self.numbers = {role: Letters(getattr(theme, role)) for role in ("weight", "input")}
        super().__init__(
            *self.faces.values(), *self.edges.values(), self.hatch, self.trail, self.window, self.names, *self.numbers.values(), self.heads
        )

    def clear(self) -> None:
        """Nothing is worked on."""
        self.wipe()
        self.read([])

    def mark(self, term: int | None) -> None:
        """No number is marked."""

    def wipe(self) -> None:
        """Takes the picture away."""
        for mark in (*self.faces.values(), *self.edges.values(), self.hatch, self.trail, self.window):
            mark.draw(np.zeros((0, 3)))
        self.heads.write_lines([])

    # --- what is read --------------------------------------------------------------------------------------------------------------------

    def facts(self, facts: Sequence[Fact]) -> list[list[Line]]:
        """Where the numbers of rows stand."""
        _, bottom, right, _ = self.room
        found = []
        for row, fact in enumerate(facts):
            y = bottom + (len(facts) - row - 0.5) * FACT
            x = right - sum(text_width(number, LEAST_PX) for number in fact.numbers) - 0.18 * (len(fact.numbers) - 1)
            own = []
            for number in fact.numbers:
                own.append(Line(number, LEAST_PX, x + text_width(number, LEAST_PX) / 2, y))
                x += text_width(number, LEAST_PX) + 0.18
            found.append(own)
        return found

    def read(self, facts: Sequence[Fact], rows: int = 0, above: float = 0.0) -> None:
        """Writes names and numbers, in so many ``rows`` at least; the picture stands so far ``above``."""
        placed = self.facts(facts)
        left = self.room[0]
        levels = [self.room[1] + (len(facts) - row - 0.5) * FACT for row in range(len(facts))]
        room = [self.room[2] - left - 0.2 - sum(line.width + 0.18 for line in own) for own in placed]
        self.names.write_lines(
            Line(within(fact.name, wide, lambda text: text_width(text, letter_size())), letter_size(), left, y, align=-1)
            for fact, y, wide in zip(facts, levels, room, strict=True)
        )
        for role, mark in self.numbers.items():
            mark.write_lines(number for fact, own in zip(facts, placed, strict=True) for number in own if fact.role == role)
        self.above = self.room[1] + FACT * max(rows, len(facts)) + 0.1 + above

    # --- blocks --------------------------------------------------------------------------------------------------------------------------

    def blocks(self, given: Sequence[float], made: Sequence[float] | None) -> list[Box]:
        """Draws what comes in, and below it what goes out, at one scale; their faces."""
        self.wipe()
        left, bottom, right, top = self.room[0] + WORD, self.above, self.room[2], self.room[3]
        half, slant = (top - bottom) / 2, SLANT * DEEPEST
        shapes = [solid(given), *([solid(made)] if made is not None else [])]
        wide, most = right - left - slant, half - slant - 0.1
        unit = self._unit(shapes, wide, most)
        found = []
        for number, ((deep, high, across), role) in enumerate(zip(shapes, ("input", "output"), strict=False)):
            w, h = max(LEAST, across * unit), min(most, max(LEAST, high * unit))
            x, y = left + (wide - w) / 2, top - (number + 1) * half + 0.05 + (most - h) / 2
            self._solid((x, y, x + w, y + h), min(DEEPEST, deep * max(unit, 1.5 * PX)), role)
            found.append((x, y, x + w, y + h))
        named = zip(("in", "out"), found, strict=False)
        self.heads.write_lines(Line(text, letter_size(), self.room[0], (box[1] + box[3]) / 2, align=-1) for text, box in named)
        return found

    def _unit(self, shapes: Sequence[tuple[float, float, float]], wide: float, high: float) -> float:
        """How long a cell is, so that all faces fit; a row of numbers may be longer than there is room."""
        faces = [(h, w) for _, h, w in shapes if w > 1] or [(h, w) for _, h, w in shapes]
        return min(min(wide / w, high / h) for h, w in faces)

    def _solid(self, face: Box, deep: float, role: str) -> None:
        x0, y0, x1, y1 = face
        d = deep * SLANT
        self.faces[role].draw(together([self.faces[role].points, boxes([face])]))
        outline = [
            polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]),
            polygon([(x0, y1), (x1, y1), (x1 + d, y1 + d), (x0 + d, y1 + d)]),
            polygon([(x1, y0), (x1 + d, y0 + d), (x1 + d, y1 + d), (x1, y1)]),
        ]
        self.edges[role].draw(together([self.edges[role].points, *outline]))

    def slide(self, face: Box, size: Sequence[int], window: Sequence[int], at: Sequence[float]) -> None:
        """A window on a face of rows x columns, at a row and a column, and over what it came from the corner."""
        x0, _, x1, y1 = face
        unit = (x1 - x0) / max(size[1], 1)
        left, top = x0 + at[1] * unit, y1 - at[0] * unit
        self.window.draw(boxes([(left, top - window[0] * unit, left + window[1] * unit, top)]))
        low, right = top - window[0] * unit, left + window[1] * unit
        self.trail.draw(boxes([(x0, min(low, y1 - TRAIL), max(right, x0 + TRAIL), y1)]))

    def leave_over(self, face: Box, size: Sequence[int], cells: Sequence[int]) -> None:
        """Hatches the last rows and columns."""
        x0, y0, x1, y1 = face
        unit = (x1 - x0) / max(size[1], 1)
        rows, columns = cells
        strips = [(x0, y0, x1, y0 + rows * unit)] * bool(rows) + [(x1 - columns * unit, y0, x1, y1)] * bool(columns)
        self.hatch.draw(lines(segment for strip in strips for segment in hatched(strip)))

    # --- weights -------------------------------------------------------------------------------------------------------------------------

    def tiles(self, shape: Sequence[int], built: float, biases: int, *, dotted: bool) -> None:
        """A tile for each filter, with sheets for what it reads, of which a share is ``built``; below them ``dotted`` biases."""
        self.wipe()
        room = self.room[0], self.above + (0.3 if biases else 0.0), self.room[2], self.room[3] - 0.1
        if len(shape) <= 2:
            self._matrix(room, (*shape, 1)[:2], built)
        else:
            self._filters(room, shape[0], math.prod(shape[1:-2]) if len(shape) > 3 else shape[1], built)
        dots = min(biases, 64) if dotted else 0
        pitch = min(0.16, (room[2] - room[0]) / max(1, dots))
        middle, y = (room[0] + room[2]) / 2 - dots * pitch / 2, self.above + 0.14
        self.faces["weight"].draw(
            together(
                [
                    self.faces["weight"].points,
                    boxes((middle + n * pitch, y - 0.05, middle + (n + 0.7) * pitch, y + 0.05) for n in range(dots)),
                ]
            )
        )

    def _matrix(self, room: Box, shape: Sequence[int], built: float) -> None:
        rows, columns = shape
        unit = min((room[2] - room[0]) / columns, (room[3] - room[1]) / rows)
        w, h = max(LEAST, columns * unit), max(LEAST, rows * unit)
        x, y = (room[0] + room[2] - w) / 2, (room[1] + room[3] - h) / 2
        self.faces["weight"].draw(boxes([(x, y + h * (1 - built), x + w, y + h)] if built else []))
        self.edges["weight"].draw(boxes([(x, y, x + w, y + h)]))

    def _filters(self, room: Box, count: int, sheets: int, built: float) -> None:
        shown = min(count, MOST_TILES)
        wide, high = room[2] - room[0], room[3] - room[1]
        across = max(1, math.ceil(math.sqrt(shown * wide / high)))
        pitch = min(wide / across, high / math.ceil(shown / across), 0.95)
        layers = min(sheets, SHEETS) if pitch > 0.4 else 1
        side, shift = pitch * (0.8 - 0.07 * (layers - 1)), pitch * 0.07
        left = (room[0] + room[2] - across * pitch) / 2
        top = (room[1] + room[3] + math.ceil(shown / across) * pitch) / 2
        faces, edges = [], []
        for n in range(math.ceil(shown * built)):
            x, y = left + n % across * pitch, top - n // across * pitch - side - shift * (layers - 1)
            for sheet in reversed(range(layers)):
                box = (x + sheet * shift, y + sheet * shift, x + sheet * shift + side, y + sheet * shift + side)
                edges.append(box)
                faces += [box] if sheet == 0 else []
        self.faces["weight"].draw(boxes(faces))
        self.edges["weight"].draw(boxes(edges if pitch > 0.1 else []))

    def beside(self, small: float, large: float) -> None:
        """Two areas at one scale, of which the larger one is as large as there is room."""
        self.wipe()
        left, bottom, right, top = self.room[0], self.above, self.room[2], self.room[3] - FACT
        side = min(right - left, top - bottom)
        little = max(LEAST, side * math.sqrt(small / large))
        self.edges["muted"].draw(boxes([(right - side, bottom, right, bottom + side)]))
        self.faces["weight"].draw(boxes([(right - side, bottom, right - side + little, bottom + little)]))
        self.edges["weight"].draw(boxes([(right - side, bottom, right - side + little, bottom + little)]))
        self.heads.write_lines([Line("to one scale", letter_size(), right, top + FACT / 2, align=1)])

    def gauge(self, share: float) -> None:
        """A bar over all the width, of which a share is filled."""
        left, _, right, _ = self.room
        low, high = self.above - GAUGE + 0.05, self.above - GAUGE + 0.19
        self.edges["muted"].draw(together([self.edges["muted"].points, boxes([(left, low, right, high)])]))
        self.faces["output"].draw(together([self.faces["output"].points, boxes([(left, low, left + (right - left) * share, high)])]))

    # --- the field -----------------------------------------------------------------------------------------------------------------------

    def nest(self, size: Sequence[float], fields: Sequence[Sequence[float]]) -> None:
        """The input, and squares around what one cell looks at, layer after layer; the last one is lit."""
        self.wipe()
        left, bottom, right, top = self.room[0], self.above, self.room[2], self.room[3] - FACT
        unit = min((right - left) / size[1], (top - bottom) / size[0])
        x, y = (left + right) / 2, (bottom + top) / 2

        def around(field: Sequence[float]) -> Box:
            high, wide = (max(LEAST / unit, min(one, most)) * unit / 2 for one, most in zip(field, size, strict=True))
            return x - wide, y - high, x + wide, y + high

        whole = around(size)
        self.edges["input"].draw(boxes([whole]))
        found = [around(field) for field in fields]
        self.faces["input"].draw(boxes(found[-1:]))
        self.edges["muted"].draw(boxes(found[:-1]))
        self.window.draw(boxes(found[-1:]))
        self.heads.write_lines([Line("in the input", letter_size(), x, top + FACT / 2)])

    # --- all of it -----------------------------------------------------------------------------------------------------------------------

    def row(self, shapes: Sequence[Sequence[float]]) -> None:
        """Blocks of all layers in a row, those that there is room for."""
        self.wipe()
        self.above = self.room[1]
        left, bottom, right, top = self.room
        found = [solid(shape) for shape in shapes]
        pitch = (right - left) / max(1, len(found))
        # Square roots, so that what is small can be seen beside what is large.
        unit = (top - bottom - DEEPEST) / max(1.0, *(math.sqrt(h) for _, h, _ in found))
        unit = min(unit, *(0.9 * pitch / math.sqrt(w) for _, _, w in found))
        outline = []
        for number, (deep, h, w) in enumerate(found):
            tall, broad = max(LEAST, math.sqrt(h) * unit), max(LEAST, math.sqrt(w) * unit)
            x, y = left + (number + 0.5) * pitch - broad / 2, (bottom + top - tall) / 2
            d = min(0.3 * pitch, math.sqrt(deep) * unit) * SLANT
            outline += [(x, y, x + broad, y + tall), (x + d, y + d, x + broad + d, y + tall + d)]
        self.edges["input"].draw(boxes(outline))


def solid(shape: Sequence[float]) -> tuple[float, float, float]:
    """Depth, height and width of a tensor; a row of numbers is a column without width."""
    if len(shape) == 1:
        return 1.0, float(shape[0]), 1.0
    deep = math.prod(shape[:-2])
    return float(deep), float(shape[-2]), float(shape[-1])


def hatched(box: Box) -> list[tuple[Point, Point]]:
    """Slanted lines across a box."""
    x0, y0, x1, y1 = box
    count = max(2, int((x1 - x0 + y1 - y0) / 0.12))
    span = x1 - x0 + y1 - y0
    found = []
    for n in range(1, count):
        c = span * n / count
        a = (x0 + max(0.0, c - (y1 - y0)), y0 + min(c, y1 - y0))
        b = (x0 + min(c, x1 - x0), y0 + max(0.0, c - (x1 - x0)))
        found.append((a, b))
    return found


def scaled(shapes: Sequence[Sequence[float]]) -> list[tuple[float, float]]:
    """Width and height of small pictures, 1 for the largest, as square roots so that small ones can be seen."""
    found = [solid(shape) for shape in shapes]
    most = max((max(h, w) for _, h, w in found if w > 1), default=1.0)
    return [(math.sqrt(min(1.0, w / most)) if w > 1 else 0.0, math.sqrt(min(1.0, h / most))) for _, h, w in found]
