"""A step of a convolution, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.functions import added
from engine.step import Cell, SummedStep


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

    def summands(self, most: int) -> list[float]:
        """The partial sums of the first ``most`` channels, then that of all the others together, then the bias, where there are any."""
        rest = [added(self.partial_sums[most:])] if len(self.partial_sums) > most else []
        return [*self.partial_sums[:most], *rest, *([] if self.bias is None else [self.bias])]
