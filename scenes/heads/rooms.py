"""Where the parts of an attention stand: keys or values with their words, arcs to the queries, all scores beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.concepts.attention.step import AttentionSizes
from engine.numbers import decimals_needed, plain
from scenes.heads.computed import Computed
from scenes.heads.heads import heads_width
from scenes.heads.roster import CHARACTERS, READ_PX, room_for
from scenes.parts.digits import FILLED
from scenes.parts.frame import STAGE
from scenes.parts.ink import Box, text_width
from scenes.parts.table import LABEL_ROOM

GAP = 0.3
#: Of what stands beside every key, its score or its share.
COLUMN = 1.12
#: The width of numbers that are read one by one, at the least and at the most, and that of coloured ones.
LEAST_CELLS, MOST_CELLS, COLOURED = 3.0, 5.5, 3.4
#: The row of the query, or of what is mixed for it: with digits, and coloured.
HEADER, LOW = 0.56, 0.34
#: So many keys stand one below the other, and of more so many are chosen: where numbers can be read, and where they are coloured.
MOST_KEYS, CHOSEN_KEYS = (10, 6), (8, 5)
#: From the keys to the words of the queries.
ARCS = (1.2, 2.4)
BENCH, ABOVE_BENCH = 1.3, 0.08
#: Of scores: width of a cell with digits, of one with a long word above it, of one without digits, and where digits are tried.
DIGITS, WORD, COLOURS, LEAST, MOST_DIGITS = 1.15, 1.15, 0.36, 3.2, 6
MOST_LOOKED_AT = 2000  # numbers, to find out how long they are
#: Of a row of outputs, which stand below the scores where they are so few.
OUTPUT, MOST_OUTPUTS = 0.46, 4


@dataclass(frozen=True)
class AttentionRooms:
    """``header`` and ``keys`` begin with the room of words. ``wide`` vectors are coloured, and worked on at the bench below all."""

    header: Box
    keys: Box
    column: Box
    arcs: tuple[float, float]
    bench: Box
    pattern: Box
    below: Box
    wide: bool
    outputs: int


def rooms_of(computed: Computed, labels: tuple[Sequence[str], Sequence[str]]) -> AttentionRooms:
    """For what is computed; all outputs are shown where they are few, and made without another projection."""
    sizes, (names, asks) = computed.sizes, words_rooms(labels)
    cell = min(max(DIGITS, names), WORD) if is_small(sizes) else COLOURS
    needed = max(x[0].shape[1] * read_column(characters(np.stack(x))) for x in (computed.q, computed.k, computed.v, computed.mixed))
    is_whole = sizes.heads == 1 and not sizes.output_width and needed <= MOST_CELLS and sizes.queries <= MOST_OUTPUTS
    outputs, squares = sizes.queries if is_whole else 0, heads_width(sizes.heads) + GAP if sizes.heads > 1 else 0.0
    whole = max(LEAST, asks + sizes.keys * cell, asks + needed if outputs else 0.0)
    return rooms(needed, (names, asks), whole, outputs=outputs, heads=squares)


def words_rooms(labels: tuple[Sequence[str], Sequence[str]]) -> tuple[float, float]:
    """Of words at the left of keys, and of the query above them; and of those of queries alone."""
    return max(map(room_for, labels)), room_for(labels[0])


def is_small(sizes: AttentionSizes) -> bool:
    """Whether scores may be numbers."""
    return max(sizes.queries, sizes.keys) <= MOST_DIGITS


def characters(values: np.ndarray) -> int:
    """Of the longest of these numbers, as they stand in a table."""
    decimals = decimals_needed(values.ravel().tolist()[:MOST_LOOKED_AT])
    return min(CHARACTERS, max(len(plain(x, decimals)) for x in np.unique(values)[:: 1 + values.size // MOST_LOOKED_AT].tolist()))


def read_column(texts: int) -> float:
    """The width of a column whose numbers have so many characters."""
    return text_width("0" * texts, READ_PX) / FILLED


def rooms(needed: float, words: tuple[float, float], whole: float, *, outputs: int, heads: float) -> AttentionRooms:
    """Where digits of a vector need so much room, and the words of keys and queries.

    ``whole`` is the width that all scores would like to have; below them are so many ``outputs``, or beside them all ``heads``, as wide
    as this.
    """
    left, bottom, right, top = STAGE
    names, asks = words
    wide = needed > MOST_CELLS
    cells = COLOURED if wide else max(LEAST_CELLS, needed)
    taken = left + names + cells + COLUMN
    arcs = min(ARCS[1], max(ARCS[0], right - taken - asks - GAP - whole - heads))
    floor = bottom + (BENCH + ABOVE_BENCH if wide else 0.0)
    high = top - LABEL_ROOM - (LOW if wide else HEADER)
    header, keys = (left, high, taken - COLUMN, top), (left, floor, taken - COLUMN, high)
    bench = (left, bottom, right, bottom + BENCH) if wide else (left, high, taken, top - LABEL_ROOM + 0.1)
    scores, others = _scores((taken + arcs + asks + GAP, floor, right, top), outputs, heads)
    return AttentionRooms(header, keys, (taken - COLUMN, floor, taken, high), (taken, taken + arcs), bench, scores, others, wide, outputs)


def _scores(room: Box, outputs: int, heads: float) -> tuple[Box, Box]:
    """All scores, and below them the outputs, or beside them the heads."""
    left, bottom, right, top = room
    if heads:
        return (left, bottom, right - heads, top), (right - heads + GAP, bottom, right, top)
    y = bottom + LABEL_ROOM + OUTPUT * outputs
    return ((left, y + 0.1, right, top) if outputs else room), (left, bottom, right, y)


def shown_keys(keys: int, wide: bool) -> int:
    """How many keys stand one below the other."""
    return keys if keys <= MOST_KEYS[wide] else CHOSEN_KEYS[wide]
