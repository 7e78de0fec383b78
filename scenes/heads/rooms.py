"""Where the parts of an attention stand: keys or values with their words, arcs to the query, what is computed, all scores beside them."""

from __future__ import annotations

from dataclasses import dataclass

from scenes.parts.bench import LABEL_ROOM as BENCH_LABELS
from scenes.parts.frame import STAGE
from scenes.parts.ink import Box
from scenes.parts.rooms import rows
from scenes.parts.table import LABEL_ROOM

GAP = 0.3
#: Of what stands beside every key, its score or its share.
COLUMN = 0.95
#: Of the numbers of a vector: of each where there is room and where there is little, and of all.
CELL, NEEDED, LEAST_CELLS, MOST_CELLS, WIDEST = 0.95, 0.7, 2.2, 2.8, 3.8
#: Of a row of numbers that stands alone, and of one of several.
ALONE, ROW = 0.62, 0.42
#: So many queries stand one below the other; of more only the present one.
MOST_QUERIES = 4
#: So many keys stand one below the other; of more so many are chosen.
MOST_KEYS, CHOSEN_KEYS = 12, 8
LEAST_ARCS = 1.1
BENCH = 1.15


@dataclass(frozen=True)
class AttentionRooms:
    """``keys`` begins with the room of their words, ``query`` and ``output`` with those of the bench's labels."""

    keys: Box
    column: Box
    arcs: tuple[float, float]
    query: Box
    bench: Box
    output: Box
    heads: Box
    pattern: Box


def rooms(queries: int, width: int, words: float, pattern: float, heads: int) -> AttentionRooms:
    """For so many queries, numbers in a vector and heads; ``pattern`` is the width that all scores would like to have."""
    left, bottom, right, top = STAGE
    taken = words + COLUMN + BENCH_LABELS + GAP + LEAST_ARCS
    # Scores may be wide as long as digits of vectors have the room that they need.
    pattern = min(pattern, right - left - taken - 2 * max(LEAST_CELLS, min(width * NEEDED, MOST_CELLS)))
    cells = min(max(LEAST_CELLS, width * CELL), WIDEST, (right - left - taken - pattern) / 2)
    keys = (left, bottom, left + words + cells, top)
    column = (keys[2], bottom, keys[2] + COLUMN, top)
    middle = (right - pattern - GAP - cells - BENCH_LABELS, bottom, right - pattern - GAP, top)
    last = (right - pattern, bottom, right, top)
    few = queries <= MOST_QUERIES
    query, bench, output, below = _middle(middle, queries if few else 1, room_below=heads > 1 and not few)
    scores, small = rows(last, (1.5, 1), gap=0.1) if heads > 1 and few else (last, below)
    return AttentionRooms(keys, column, (column[2], middle[0]), query, bench, output, small, scores)


def _middle(box: Box, count: int, *, room_below: bool) -> tuple[Box, Box, Box, Box]:
    """The query, what is worked on, the output, and what is left below them."""
    left, bottom, right, top = box
    high = LABEL_ROOM + (ALONE if count == 1 else min(ROW, 1.4 / count) * count)
    bench = BENCH if room_below else top - bottom - 2 * high - 0.2
    y = top - high - bench
    return (left, top - high, right, top), (left, y, right, top - high), (left, y - high, right, y), (left, bottom, right, y - high - 0.1)


def shown_keys(keys: int) -> int:
    """How many keys stand one below the other."""
    return keys if keys <= MOST_KEYS else CHOSEN_KEYS
