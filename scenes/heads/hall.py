"""Where the parts of an attention stand: small ones with digits over a wide bench, large ones around a large pattern."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scenes.heads.pattern import COLUMN_LABELS
from scenes.parts.frame import STAGE
from scenes.parts.ink import Box
from scenes.parts.rooms import rows
from scenes.parts.table import LABEL_ROOM, LETTER_ROOM

MOST_SMALL = 6
GAP = 0.38
LABELS = 1.5  # of the pattern's rows, and of those of the bench
ROW = 0.6


@dataclass(frozen=True)
class Hall:
    """Rooms. ``first`` is for what a projection multiplies, ``weights`` for its weights; the pattern and the heads come after them."""

    vectors: tuple[Box, Box, Box]
    pattern: Box
    first: Box
    weights: Box
    heads: Box
    output: Box
    bench: Box
    small: bool


def hall(queries: int, keys: int, width: int, made: int, heads: int) -> Hall:
    """For so many queries and keys, numbers in a query and in an output, and heads."""
    return _small(queries, keys, width, made, heads) if max(queries, keys) <= MOST_SMALL else _large(queries, keys, width, heads)


def _small(queries: int, keys: int, width: int, made: int, heads: int) -> Hall:
    """Tables in a row, the rows of pattern and output at the same height, the bench below them."""
    pattern_width = LABELS + min(max(keys * 0.95, 2.9), 4.6)
    wanted = [LETTER_ROOM + min(max(width, 2) * 0.7, 3.0), pattern_width, 1.95 * (heads > 1), min(max(made * 0.83, 1.6), 3.4)]
    gaps = GAP * (len([w for w in wanted if w]) - 1)
    left, bottom, right, top = STAGE
    room = right - left - gaps
    factor = min(room / sum(wanted), 1.2)
    spare = (room - factor * sum(wanted)) / 2
    boxes: list[Box] = []
    x = left + spare
    for w in wanted:
        boxes.append((x, bottom, x + w * factor, top))
        x += w * factor + (GAP if w else 0.0)
    vectors, pattern, third, output = boxes
    high = min(LABEL_ROOM + COLUMN_LABELS + ROW * queries, 3.02)
    floor = top - high
    upper = [(box[0], floor, box[2], box[3]) for box in (pattern, third, output)]
    weights = upper[1] if heads > 1 else upper[2]
    bench = (pattern[0], bottom, right, floor - 0.22)
    return Hall(_three(vectors, (queries, keys, keys)), upper[0], upper[0], weights, upper[1], upper[2], bench, True)


def _large(queries: int, keys: int, width: int, heads: int) -> Hall:
    """Vectors at the left, the pattern in the middle from top to bottom, bench, heads and output at the right."""
    left, bottom, right, top = STAGE
    vectors = (left, bottom, left + LETTER_ROOM + 2.0, top)
    pattern = (vectors[2] + GAP, bottom, vectors[2] + GAP + 5.5, top)
    side = (pattern[2] + GAP, bottom, right, top)
    shares = (2.2, 1.15, 1.4) if heads > 1 else (2.4, 0.01, 2.2)
    bench, squares, output = rows(side, shares, gap=0.15)
    first, weights = rows(pattern, (1, 1), gap=0.2)
    return Hall(_three(vectors, (1, 1, 1)), pattern, first, weights, squares, output, bench, False)


def _three(box: Box, shares: Sequence[float]) -> tuple[Box, Box, Box]:
    least = [max(share, 1.5) for share in shares]
    a, b, c = rows(box, least, gap=0.18)
    return a, b, c
