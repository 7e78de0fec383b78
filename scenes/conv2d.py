"""2-D convolution: planes with sliding windows, tiles under the lens, at the right the output of the current filter."""

from __future__ import annotations

from engine.concepts.convolution.step import ConvStep
from engine.step import Cell
from scenes.convolution.reel import ConvReel
from scenes.parts.lens import lens_rooms
from scenes.parts.sliding import within

#: Kernels with more rows have no digits where channels stand side by side, and need less room.
MOST_DIGIT_ROWS = 3
#: Planes with more rows are pictures, and need more.
MOST_PLANE_ROWS = 8


class Conv2d(ConvReel[ConvStep]):
    """One output cell after the other. Up to four channels stand side by side, each with its own tile and partial sum."""

    concept = "conv2d"

    def dress(self, step: ConvStep) -> None:
        trace, channels = self.trace, step.channels
        self.has_sums = len(channels) > 1
        rooms, rest, output = lens_rooms(len(channels), self.shares())
        self.speak_of_others(step, rest)
        first, made = step.sample * trace.padded.shape[1], step.sample * len(trace.kernel) + step.filter
        planes = []
        for number, (channel, room) in enumerate(zip(channels, rooms, strict=False)):
            values, weights = trace.padded[step.sample, channel], trace.kernel[step.filter, number]
            planes.append((first + channel, self.multiply(values, weights, trace.sides, self.labels(step, channel), room)))
        values = trace.outputs["output"][step.writes["output"][0][:-2]]
        self.output = self.output_plane(values, output, self.output_label(step))
        self.stood = {"input": planes, "output": [(made, self.output)]}

    def shares(self) -> tuple[float, float]:
        """Of planes and tiles in the height of the stage, where channels stand side by side."""
        if self.trace.kernel.shape[-2] > MOST_DIGIT_ROWS:
            return (1.2, 1)
        return (1, 1.4) if self.trace.padded.shape[-2] <= MOST_PLANE_ROWS else (1, 1.2)

    def labels(self, step: ConvStep, channel: int) -> tuple[str, str]:
        """Of a plane and of its tile."""
        size = "×".join(map(str, self.trace.inputs["input"].shape[-2:]))
        kernel = "×".join(map(str, self.trace.kernel.shape[-2:]))
        flipped = " turned" if self.trace.params["flip"] else ""
        if len(step.channels) == 1 and self.trace.padded.shape[1] == 1:
            return f"input {size}", f"weight {kernel}{flipped}"
        return f"channel {channel} {size}", f"weight {kernel}{flipped}"

    def output_label(self, step: ConvStep) -> str:
        """Of the output plane."""
        size = "×".join(map(str, self.trace.outputs["output"].shape[-2:]))
        return f"output {size}" if len(self.trace.kernel) == 1 else f"filter {step.filter}, {size}"

    def window_cells(self, step: ConvStep) -> list[Cell]:
        return within(step.window, self.trace.sides)
