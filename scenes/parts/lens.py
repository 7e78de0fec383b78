"""Planes under lenses: what a window reads of a plane goes to its tile."""

from __future__ import annotations

from collections.abc import Sequence

from manim import Group

from engine.step import Cell
from scenes.parts.frame import STAGE
from scenes.parts.glass import Glass
from scenes.parts.ink import PX, Box, Line
from scenes.parts.plane import LABEL_ROOM, Plane
from scenes.parts.theme import Theme
from scenes.parts.tile import Tile
from scenes.parts.travel import Flight
from scenes.parts.window import Beam, Window

#: Of cells with digits side by side, at most and at least; smaller ones are coloured, and their planes have the same room each.
LARGEST_CELL, LEAST_CELL = 1.45, 0.44
#: Widths of a cell under the lens, of a lens, and of the room of a plane for its name.
LENS_CELL, LENS, PLANE = 1.45, (2.2, 4.7), 2.4
#: Between parts, at least and at most.
GAP, MOST_GAP = 0.55, 1.4
#: Of more numbers nobody could say which goes where; they travel as one block.
MOST_FLYING = 64
#: Smaller cells of a plane have no frame of their own.
LEAST_SPOT = 20 * PX


def side_by_side(
    lens: tuple[int, int], shapes: Sequence[tuple[int, int]], apart: float = 0.0, below: float = 0.0, lens_cell: float = LENS_CELL
) -> tuple[list[Box], float]:
    """Places of a plane, of the lens on it, of what else is ``apart`` units wide, if anything, and of the other planes; their largest cell.

    Cells with digits are as large in all planes, and as large as can be; the last plane leaves room ``below`` it.
    """
    free = STAGE[2] - STAGE[0] - apart - GAP * (len(shapes) + bool(apart))
    wide = min(max(lens_cell * lens[1], LENS[0]), LENS[1])
    high = STAGE[3] - STAGE[1] - LABEL_ROOM
    heights = [high / shape[0] for shape in shapes[:-1]] + [(high - below) / shapes[-1][0]]
    cell = min(LARGEST_CELL, *heights, (free - wide) / sum(columns for _, columns in shapes))
    coloured = cell < LEAST_CELL
    planes = [(free - wide) / len(shapes) if coloured else max(PLANE, cell * columns) for _, columns in shapes]
    # Names of planes need their room more than the lens.
    wide = max(LENS[0], min(wide, free - sum(planes)))
    scale = min(1.0, (free - wide) / sum(planes))
    first, *others = (scale * width for width in planes)
    *rooms, (left, bottom, right, top) = _row([first, wide, *([apart] if apart else []), *others])
    return [*rooms, (left, bottom + below, right, top)], LARGEST_CELL if coloured else cell


def _row(widths: Sequence[float]) -> list[Box]:
    """Boxes of these widths side by side, with the same gaps, as far apart as the stage allows."""
    gap = min(MOST_GAP, (STAGE[2] - STAGE[0] - sum(widths)) / (len(widths) - 1))
    left = -(sum(widths) + gap * (len(widths) - 1)) / 2
    found = []
    for width in widths:
        found.append((left, STAGE[1], left + width, STAGE[3]))
        left += width + gap
    return found


class Lens(Group):
    """A plane, and the tile that shows the window on it; ``spot`` frames the cell of the plane that the term of now comes from.

    ``terms`` are those of a step's terms that belong to it.
    """

    def __init__(self, plane: Plane, tile: Tile | Glass, terms: slice, theme: Theme) -> None:
        self.plane, self.tile, self.terms, self.beam, self.spot = plane, tile, terms, Beam(theme), Window(theme)
        self.cells: Sequence[Cell] = ()
        tile.is_picture = plane.is_picture
        super().__init__(tile, self.spot)

    def show(self, texts: Sequence[tuple[str, ...]], terms: Sequence[tuple[float, ...]], cells: Sequence[Cell]) -> None:
        """Its terms among those of a step, and as they are written; the cells of the plane that they come from."""
        self.cells = cells
        self.tile.show(texts[self.terms], [term[0] for term in terms[self.terms]], self.plane.limit)

    def clear(self) -> None:
        """Only the weights."""
        self.tile.show_weights()
        self.spot.clear()

    def has(self, term: int | None) -> bool:
        """Whether a term of a step belongs to it."""
        return term is not None and self.terms.start <= term < self.terms.stop

    def mark(self, term: int | None) -> None:
        """Frames a term in the tile, and in the plane if its cells are large enough."""
        tap = term - self.terms.start if term is not None and self.has(term) else None
        self.tile.mark(tap)
        if tap is None or min(self.plane.cell) < LEAST_SPOT:
            self.spot.clear()
        else:
            self.spot.put(self.plane.box(*self.cells[tap]))

    def mark_row(self, row: int) -> None:
        """Frames a row of the window."""
        self.tile.mark_row(row)
        if min(self.plane.cell) >= LEAST_SPOT:
            self.spot.put(self.plane.span(self.cells[row * self.tile.columns : (row + 1) * self.tile.columns]))

    def sources(self, term: int) -> list[Line]:
        """Where the factors of a term stand in the tile, if they can be read there."""
        return self.tile.factors(term - self.terms.start) if self.has(term) else []

    def flights(self, cells: Sequence[Cell]) -> list[Flight]:
        """The ways of what is read to the tile, which shows it: numbers row by row, coloured cells as one block."""
        role = self.plane.role
        if self.plane.mode != "digits" or not self.tile.has_digits or len(cells) > MOST_FLYING:
            return [Flight(role, boxes=(self.plane.span(cells), self.tile.area), pixels=self.plane.pixels(cells))]
        ways = enumerate(zip(cells, self.tile.read, strict=True))
        return [Flight(role, n // self.tile.columns, lines=(self.plane.line(cell, end.text), end)) for n, (cell, end) in ways]


class Lenses(Group):
    """The lenses that are on the stage."""

    def __init__(self, lenses: Sequence[Lens]) -> None:
        self.lenses = lenses
        super().__init__(*lenses)

    def hold(self, lenses: Sequence[Lens]) -> None:
        """Puts other lenses on the stage."""
        self.lenses, self.submobjects = lenses, [*lenses]

    def clear(self) -> None:
        """Only the weights."""
        for lens in self.lenses:
            lens.clear()

    def mark(self, term: int | None) -> None:
        """Frames the term that is added now."""
        for lens in self.lenses:
            lens.mark(term)
