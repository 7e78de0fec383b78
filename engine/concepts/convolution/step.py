"""A step of a convolution, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from engine.functions import added
from engine.step import Cell, SummedStep

#: Of many channels so many are shown for themselves besides the first.
STRONGEST = 3


@dataclass(frozen=True, kw_only=True)
class ConvStep(SummedStep):
    """One output cell. Its terms run channel by channel, ``partial_sums`` has one sum per channel, ``bias`` comes last.

    ``window`` holds the position of every tap in the coordinates of the input's plane; outside of it lies the padding.
    """

    sample: int
    filter: int
    group: int
    channels: Sequence[int]
    window: Sequence[Cell]
    partial_sums: tuple[float, ...]
    bias: float | None

    def groups(self, most: int) -> list[tuple[int, ...]]:
        """Which of its channels are shown one after the other, by their numbers in the step.

        Each for itself if there are at most ``most``; else the first, those of the others with the strongest sums, and the rest together.
        """
        count = len(self.partial_sums)
        if count <= most:
            return [(number,) for number in range(count)]
        order = sorted(range(1, count), key=lambda number: -abs(self.partial_sums[number]))
        strongest = sorted(order[:STRONGEST])
        return [(0,), *((number,) for number in strongest), tuple(sorted(order[STRONGEST:]))]

    def summands(self, groups: Sequence[Sequence[int]]) -> list[float]:
        """The sums of groups of channels, then the bias if there is one."""
        found = [added(self.partial_sums[number] for number in group) for group in groups]
        return found if self.bias is None else [*found, self.bias]

    def runs(self, number: int, length: int) -> list[float]:
        """What runs of so many products of a channel add up to, such as the rows of a window."""
        first, taps = number * len(self.window), len(self.window)
        products = [prod(term) for term in self.terms[first : first + taps]]
        return [added(products[at : at + length]) for at in range(0, taps, length)]
