"""A step of the way back through a pooling, as plain data, and what has come together after so many steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.concepts.pooling.step import extent
from engine.step import Cell, SummedStep


@dataclass(frozen=True, kw_only=True)
class PoolBackwardStep(SummedStep):
    """One window. Its share, the value, is added to the cells of ``grad_input`` that it writes.

    ``window`` holds the cells of the window in the coordinates of the input's plane, ``numbers`` what stands in them, nothing in the
    padding. ``winner`` is the one that the maximum took, the first of ``ties`` equal ones; none for a mean. ``before`` is what the first
    cell that it writes held.
    """

    sample: int
    channel: int
    window: Sequence[Cell]
    numbers: Sequence[float | None]
    winner: int | None
    ties: int
    before: float

    @property
    def extent(self) -> tuple[int, int]:
        """Rows and columns of the window."""
        return extent(self.window)

    @property
    def inside(self) -> list[Cell]:
        """The cells of the window without padding."""
        return [cell for cell, number in zip(self.window, self.numbers, strict=True) if number is not None]

    @property
    def targets(self) -> list[Cell]:
        """The cells that it writes, as row and column."""
        return [(cell[-2], cell[-1]) for cell in self.writes["grad_input"]]


def gathered(record: Any, sample: int, channel: int, windows: int) -> tuple[np.ndarray, np.ndarray]:
    """A plane of ``grad_input`` after that many of its windows, and how many of them have reached each cell."""
    shares = record.shares[sample, channel].reshape(-1)[:windows]
    cells = record.cells[sample, channel].reshape(len(record.cells[sample, channel]), -1)[:, :windows]
    height, width = record.inputs["input"].shape[-2:]
    # Cells outside of the plane, which lie in the padding, have the number −1 and are dropped.
    flat = cells.astype(int)
    there = flat >= 0
    sums, counts = np.zeros(height * width), np.zeros(height * width)
    np.add.at(sums, flat[there], np.broadcast_to(shares, flat.shape)[there])
    np.add.at(counts, flat[there], 1)
    return sums.reshape(height, width), counts.reshape(height, width)


def partial(record: Any, sample: int, channel: int, most: int = 100) -> list[float]:
    """Numbers that stand in a plane of ``grad_input`` on the way to its end: after every window, or after ``most`` of many."""
    windows = record.shares[sample, channel].size
    counts = sorted({round(windows * (i + 1) / most) for i in range(most)} - {0}) if windows > most else range(1, windows + 1)
    return [float(x) for count in counts for x in np.unique(gathered(record, sample, channel, count)[0])]
