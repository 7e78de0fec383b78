"""A window that is too large for its numbers to be read: its rows are added up one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.concepts.convolution.step import ConvStep
from engine.functions import added
from engine.numbers import sum_of_products
from engine.running import running_sums
from scenes.parts.lens import Lens
from scenes.parts.pieces import Piece
from scenes.parts.strip import Strip
from scenes.parts.worked import MOST_COUNTED


@dataclass(frozen=True)
class RowSums:
    """What the rows of a window have come to, on the strip; ``sums`` are those after each row."""

    strip: Strip
    columns: int
    sums: list[str]
    result: str

    @classmethod
    def of(cls, strip: Strip, step: ConvStep, numbers: Sequence[int], lens: Lens, result: str) -> RowSums:
        """Those of channels, one below the other, by their numbers in the step."""
        runs = [(run,) for number in numbers for run in step.runs(number, lens.tile.columns)]
        total = added(step.partial_sums[number] for number in numbers)
        return cls(strip, lens.tile.columns, running_sums(runs, sum_of_products(runs, total)), result)

    def write(self, done: int) -> None:
        """After so many products, which are whole rows."""
        rows = done // self.columns
        count = f"{rows} of {len(self.sums)} rows so far" if rows < len(self.sums) else f"{rows} rows"
        self.strip.write([Piece(count, "ink"), Piece(self.sums[rows - 1], self.result)] if rows else [])


def adds_rows(step: ConvStep, lens: Lens) -> bool:
    """Whether the products of a window are too many, or too small to be read, to be added one by one."""
    return lens.tile.rows > 1 and (not lens.tile.has_digits or len(step.window) > MOST_COUNTED)
