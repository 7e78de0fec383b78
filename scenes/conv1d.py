"""1-D convolution: the sequence above, its window under the lens, the output below."""

from __future__ import annotations

from engine.concepts.convolution.step import ConvStep
from engine.step import Cell
from scenes.convolution.reel import ConvReel, Multiplied
from scenes.parts.frame import STAGE
from scenes.parts.rooms import rows
from scenes.parts.sliding import within

#: Channels or filters beyond these get no more room.
MOST_ROWS = 4


class Conv1d(ConvReel[ConvStep]):
    """One output cell after the other. The rows of a plane are its channels, those of the output its filters."""

    concept = "conv1d"
    labels_left = True

    def dress(self, step: ConvStep) -> None:
        trace = self.trace
        channels = slice(step.channels[0], step.channels[-1] + 1)
        read, made = (min(n, MOST_ROWS) for n in (len(step.channels), len(trace.kernel)))
        plane, tile, output = rows(STAGE, (read + 0.7, 1.9 * read, made + 0.7))
        values, weights = trace.padded[step.sample, channels], trace.kernel[step.filter]
        named, weighed = self.labels(step)
        labels = [named], [weighed]
        self.multiply(Multiplied(values, weights, [(0, 0), *trace.sides], labels), (plane, tile))
        output_values = trace.outputs["output"]
        self.output = self.output_plane(output_values[step.writes["output"][0][:-2]], output, [self.output_label()])

    def labels(self, step: ConvStep) -> tuple[str, str]:
        """Of the input and of the tile."""
        trace = self.trace
        several = trace.padded.shape[1] > len(step.channels)
        name = f"group {step.group}" if several else "input"
        flipped = " reversed" if trace.params["flip"] else ""
        return (
            f"{name} {len(step.channels)}×{trace.inputs['input'].shape[-1]}",
            f"weight {'×'.join(map(str, trace.kernel.shape[1:]))}{flipped}",
        )

    def output_label(self) -> str:
        """Of the output plane."""
        return f"output {'×'.join(map(str, self.trace.outputs['output'].shape[-2:]))}"

    def window_cells(self, step: ConvStep) -> list[Cell]:
        return [(row, *at) for row in range(len(step.channels)) for at in within(step.window, self.trace.sides)]
