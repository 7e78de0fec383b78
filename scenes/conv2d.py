"""2-D convolution: a plane with its sliding window, the tile under the lens, at the right the output of the current filter."""

from __future__ import annotations

import numpy as np

from engine.concepts.convolution.step import ConvStep
from engine.sentences import times
from engine.step import Cell
from scenes.convolution.reel import Multiplied
from scenes.convolution.visits import VisitedReel
from scenes.parts.exhibit import Exhibit
from scenes.parts.frame import STAGE
from scenes.parts.heading import Heading
from scenes.parts.ink import Box
from scenes.parts.plane import Plane
from scenes.parts.raster import TONES, is_coloured
from scenes.parts.sliding import within
from scenes.parts.standing import Standing


class Conv2d(VisitedReel[ConvStep]):
    """One output cell after the other. Of several channels one is there at a time; each adds its own sum."""

    concept = "conv2d"

    def given(self, step: ConvStep, number: int) -> Multiplied:
        trace, channel = self.trace, step.channels[number]
        every = trace.padded[step.sample, list(step.channels)]
        tone = channel if self.is_coloured else None
        values, weights = trace.padded[step.sample, channel], trace.kernel[step.filter, number]
        return Multiplied(values, weights, trace.sides, self.labels(step, channel), others=(every.min(), every.max()), tone=tone)

    @property
    def is_coloured(self) -> bool:
        """Whether channels are the parts of a picture."""
        return len(self.trace.padded[0]) == len(TONES) and all(is_coloured(planes) for planes in self.trace.padded)

    def made_by(self, step: ConvStep) -> tuple[np.ndarray, int]:
        found = self.trace.outputs["output"]
        return (found[step.sample] if found.ndim == 4 else found), step.filter

    def filling(self, step: ConvStep, room: Box, cell: float) -> Plane:
        planes, at = self.made_by(step)
        return self.output_plane(planes[at], room, [self.output_label(step)], cell=cell, others=(planes.min(), planes.max()))

    def results(self, step: ConvStep) -> list[Exhibit]:
        found = self.trace.outputs["output"]
        planes, filters = found.reshape(-1, *found.shape[-2:]), len(self.trace.kernel)
        if len(planes) == 1:
            return []
        title = Heading(f"output {times(found.shape)}", self.result_role)
        names = [f"filter {n}" for n in range(filters)] if len(planes) == filters else []
        room = self.rooms[1][0], *STAGE[1:]
        return [Exhibit(planes, room, title, self.theme, self.output, names=names, starts=self.stood_at(step.sample * filters))]

    def labels(self, step: ConvStep, channel: int) -> tuple[list[str], list[str]]:
        """Of a plane and of its tile."""
        size, kernel = times(self.trace.inputs["input"].shape[-2:]), times(self.trace.kernel.shape[-2:])
        flipped = " turned" if self.trace.params["flip"] else ""
        if len(step.channels) == 1 and self.trace.padded.shape[1] == 1:
            return [f"input {size}"], [f"weight {kernel}{flipped}"]
        return [f"{self.called(channel)} {size}"], [f"weight {kernel}{flipped}"]

    def called(self, channel: int) -> str:
        """The name of a channel."""
        return TONES[channel] if self.is_coloured else f"channel {channel}"

    def row_name(self, step: ConvStep, number: int) -> str:
        channel = step.channels[number]
        return TONES[channel] if self.is_coloured else str(channel)

    def output_label(self, step: ConvStep) -> str:
        """Of the output plane."""
        size = times(self.trace.outputs["output"].shape[-2:])
        return f"output {size}" if len(self.trace.kernel) == 1 else f"filter {step.filter}, {size}"

    def window_cells(self, step: ConvStep) -> list[Cell]:
        return within(step.window, self.trace.sides)

    # --- where tensors stand -----------------------------------------------------------------------------------------------------------

    def dress(self, step: ConvStep) -> None:
        super().dress(step)
        first, made = step.sample * self.trace.padded.shape[1] + step.channels[0], step.sample * len(self.trace.kernel)
        self.first, self.first_made = first, made
        self.stood = {"input": [(first, self.lenses[0].plane)], "output": [(made + step.filter, self.output)]}

    def stands(self, path: str) -> Standing | None:
        found = super().stands(path)
        if path == "input" and self.overview is not None and self.surveyed:
            return Standing("input", self.overview.patches(self.first))
        if path == "output" and self.gallery is not None and found is not None:
            return Standing.of(found.role, [found, Standing(found.role, self.gallery.patches(self.first_made))])
        return found

    def withhold(self, path: str, hidden: bool) -> None:
        super().withhold(path, hidden)
        if path == "input" and self.overview is not None and self.surveyed:
            self.overview.veil(hidden)
