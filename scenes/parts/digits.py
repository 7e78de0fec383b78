"""Numbers in cells: how many characters fit, how large they are, and what is left of a number where not all of it does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.numbers import USUAL_DECIMALS, fitting, plain
from scenes.parts.ink import LEAST_PX, PX, Box, Line, text_width

LEAST_CHARACTERS = 4  # −0.5
BESIDE_PX, FILLED = 10.0, 0.8  # room beside a number in its cell, at least; of a cell's width, where there is room to choose
MOST_DIGITS = 400  # more numbers than these are colours in most pictures


def characters(width: float, beside_px: float = BESIDE_PX) -> int:
    """How many characters fit into a cell with so much room beside them."""
    return int((width - beside_px * PX) / text_width("0", LEAST_PX) + 1e-6)


def fitted(text: str, number: float, most: int) -> str:
    """A number as it is written, with fewer decimals where that has more than ``most`` characters."""
    return text if len(text) <= most else fitting(number, most)


def widest(texts: Iterable[str]) -> float:
    """Width of the widest of texts whose digits are as small as may be."""
    return max(text_width(text, LEAST_PX) for text in texts)


def size_within(width: float, texts: Iterable[str], *most: float) -> float:
    """The size of digits in which all texts are no wider than ``width``, ``most`` at the most."""
    return min([LEAST_PX * width / widest(texts), *most])


def in_cells(numbers: Sequence[float], texts: Sequence[str], cells: Sequence[Box], *most: float) -> list[Line]:
    """A row of numbers in one size, ``most`` at the most, with fewer decimals where there is no room."""
    width = cells[0][2] - cells[0][0]
    shown = [fitted(text, x, characters(width)) for x, text in zip(numbers, texts, strict=True)]
    size = max(LEAST_PX, size_within(FILLED * width, shown, *most))
    return [Line(text, size, (x0 + x1) / 2, (y0 + y1) / 2) for text, (x0, y0, x1, y1) in zip(shown, cells, strict=False)]


@dataclass(frozen=True)
class Writing:
    """Digits of ``size`` px, of numbers with ``decimals``, or fewer where there are more than ``most`` characters; that many if it is 0."""

    size: float
    decimals: int = USUAL_DECIMALS
    most: int = 0

    def text(self, number: float) -> str:
        """A number as it stands in a cell."""
        text = plain(number, self.decimals)
        return text if self.most < LEAST_CHARACTERS else fitted(text, number, self.most)
