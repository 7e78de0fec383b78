"""A step of a pooling, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.step import Cell, SummedStep


def extent(window: Sequence[Cell]) -> tuple[int, int]:
    """How many rows and columns a window has; those of an adaptive pooling differ."""
    rows, columns = (len({cell[axis] for cell in window}) for axis in (0, 1))
    return rows, columns


@dataclass(frozen=True, kw_only=True)
class PoolStep(SummedStep):
    """One output cell. ``window`` holds the position of every term in the coordinates of the input's plane; outside of it lies the padding.

    ``winner`` is the term that a maximum takes, the first of ``ties`` equal ones; none for a mean.
    """

    sample: int
    channel: int
    window: Sequence[Cell]
    winner: int | None = None
    ties: int = 1

    @property
    def extent(self) -> tuple[int, int]:
        """Rows and columns of the window."""
        return extent(self.window)
