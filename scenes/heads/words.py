"""Words at the rows and columns of tables: all where there is room, else every n-th, and always the one that is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from scenes.parts.grid import CellPlaces
from scenes.parts.ink import Line, letter_size, text_width
from scenes.parts.table import fitting_label, spread

#: Where some are left out there is room between the others.
ROOMY = 1.5
APART = 0.06
#: The name of a narrow column that is looked at may have so much room.
LIT = 1.0


def every(count: int, pitch: float, needed: float) -> int:
    """The least power of two that is so many names apart that they do not touch; where some are left out, with room between them."""
    if pitch >= needed:
        return 1
    step = 2
    while step * pitch < ROOMY * needed and step < count:
        step *= 2
    return step


@cache
def _fitted(word: str, room: float) -> str:
    return fitting_label(word, room)


def fitting_names(words: Sequence[str], room: float) -> list[str]:
    """As much of each as fits."""
    return [_fitted(word, room) for word in words]


def named_rows(names: Sequence[str], table: CellPlaces, x: float, align: int, lit: int | None) -> dict[int, Line]:
    """Lines at ``x`` by the rows that they name; beside the one that is ``lit``, which stays within the table, others make room."""
    needed, (_, bottom, _, top) = spread(names), table.whole
    heights = {i: table.centre(i)[1] for i in range(0, len(names), every(len(names), table.cell[1], needed))}
    if lit is not None:
        middle, half = (bottom + top) / 2, max(0.0, (top - bottom - needed) / 2)
        there = min(middle + half, max(middle - half, table.centre(lit)[1]))
        heights = {i: y for i, y in heights.items() if abs(y - there) >= needed} | {lit: there}
    return {i: Line(names[i], letter_size(), x, heights[i], align=align) for i in sorted(heights)}


def named_columns(words: Sequence[str], table: CellPlaces, y: float, lit: int | None = None) -> dict[int, Line]:
    """Lines above columns, cut to the room of the columns that have none; beside the one that is ``lit`` others make room."""
    if not words:
        return {}
    width = table.cell[0]
    fewest = min(text_width("000", letter_size()), max(text_width(word, letter_size()) for word in words))
    step = every(len(words), width, fewest + APART)
    found = {j: _within(_fitted(words[j], step * width - APART), j, table, y) for j in range(0, len(words), step)}
    if lit is not None:
        found[lit] = _within(_fitted(words[lit], max(step * width, LIT) - APART), lit, table, y)
    # Names at the ends are moved into the room, where they could touch the next.
    kept: dict[int, Line] = {} if lit is None else {lit: found[lit]}
    for j, line in found.items():
        if all(line.box[0] >= other.box[2] + APART or line.box[2] <= other.box[0] - APART for i, other in kept.items() if i != j):
            kept[j] = line
    return kept


def _within(name: str, column: int, table: CellPlaces, y: float) -> Line:
    line = Line(name, letter_size(), table.centre(0, column)[0], y)
    half = line.width / 2
    x = max(table.left + half, min(line.x, table.edge(table.columns) - half))
    return Line(name, letter_size(), x if line.width > table.cell[0] else line.x, y)
