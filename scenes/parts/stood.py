"""Where the planes of a sliding window stand, for a picture that goes on from them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TypeVar

from engine.step import Step
from scenes.parts.lens import Lens
from scenes.parts.plane import Plane
from scenes.parts.reel import Reel
from scenes.parts.standing import Standing

S = TypeVar("S", bound=Step)


class StoodReel(Reel[S]):
    """A scene with planes of ``input`` under lenses and one plane of ``output``, those that the step ``present`` needs."""

    lenses: list[Lens]
    output: Plane
    present: S

    def first_cells(self, step: S) -> Sequence[int]:
        """The numbers of the first cells of the planes under the lenses; none where these are no planes of the input."""
        return []

    def planes_from(self, sample: int, channels: Sequence[int]) -> list[int]:
        """Those numbers for these channels of a sample."""
        rows, columns = (1, *self.trace.inputs["input"].shape)[-2:]
        return [(sample * self.trace.padded.shape[1] + channel) * rows * columns for channel in channels]

    def stands(self, path: str) -> Standing | None:
        firsts = self.first_cells(self.present)
        if path == "input" and firsts:
            return Standing.of("input", [lens.plane.standing(first) for lens, first in zip(self.lenses, firsts, strict=False)])
        if path == "output" and firsts:
            return self.output.standing(self.first_made())
        return None

    def first_made(self) -> int:
        """The number of the first cell of the output's plane."""
        shape, (cell, *_) = self.trace.outputs["output"].shape, self.present.writes["output"]
        lead = 0
        for size, at in zip(shape[:-2], cell[:-2], strict=True):
            lead = lead * size + at
        return int(lead * prod(shape[-2:]))

    def withhold(self, path: str, hidden: bool) -> None:
        for lens in self.lenses if path == "input" else []:
            lens.plane.reveal(0 if hidden else lens.plane.values.size)
