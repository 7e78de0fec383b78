"""The way back through a 2-D convolution: three acts, one for each gradient, each a window that slides."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.conv_backward_step import ConvBackwardStep
from engine.sentences import times
from scenes.parts.glass import Glass
from scenes.parts.lens import SUM_ROOM, Lens, lens_count, lens_rooms
from scenes.parts.plane import Plane
from scenes.parts.raster import heat_limit
from scenes.parts.rooms import around
from scenes.parts.sliding import SlidingReel


class Conv2dBackward(SlidingReel):
    """First all of ``grad_output`` is added up, then it slides over the input as a kernel, then the turned weights slide over it."""

    concept = "conv2d_backward"
    result_role = "gradient"

    def legend(self) -> list[str]:
        return ["input", "weight", "gradient", "reading"]

    def stands_for(self, step: ConvBackwardStep) -> Any:
        return step.kind, step.plane, step.channels[0]

    @property
    def planes_change(self) -> bool:
        return True

    def dress(self, step: ConvBackwardStep) -> None:
        self.has_sums = len(step.channels) > 1
        acts = {"bias": self.dress_bias, "weight": self.dress_weight, "input": self.dress_input}
        rooms, output = lens_rooms(len(step.channels), (1, 1.3))
        if lens_count(len(step.channels)) < len(step.channels):
            self.speak_of_others(step, around(rooms[-1]))
        acts[step.kind](step, rooms)
        values = self.trace.outputs[f"grad_{step.kind}"]
        plane = values[None] if step.kind == "bias" else values[next(iter(step.writes.values()))[0][:-2]]
        self.output = self.output_plane(plane, output, f"grad_{step.kind} {times(values.shape if step.kind == 'bias' else plane.shape)}")

    def dress_bias(self, step: ConvBackwardStep, rooms: Any) -> None:
        """All of the gradient, cell by cell."""
        self.roles = ("gradient",)
        gradient = self.batch("grad_output")
        filter_, (rows, columns) = step.index, gradient.shape[2:]
        self.limit = heat_limit(gradient)
        texts = [text for reading in self.sampled if reading.step.kind == "bias" for (text,) in reading.written.terms]
        self.lenses = []
        for number, sample in enumerate(step.channels[: lens_count(len(step.channels))]):
            values, (room, (left, bottom, right, top)) = gradient[sample, filter_], rooms[number]
            below = (left, bottom + (SUM_ROOM if self.has_sums else 0.0), right, top)
            label = self.name("grad_output", sample, filter_, gradient)
            plane = Plane(values, room, "gradient", self.label(f"{label} {times(values.shape)}", room), self.theme)
            glass = Glass(rows, columns, below, self.theme, self.label("all of it", below), texts, "gradient")
            size = rows * columns
            self.lenses.append(Lens(plane, glass, slice(number * size, (number + 1) * size), self.theme, "gradient"))

    def dress_weight(self, step: ConvBackwardStep, rooms: Any) -> None:
        """The gradient as a kernel on the input."""
        self.roles = ("input", "gradient")
        trace, gradient = self.trace, self.batch("grad_output")
        filters, per_group = trace.inputs["weight"].shape[:2]
        groups = trace.padded.shape[1] // per_group
        channel = step.plane[0] // (filters // groups) * per_group + step.plane[1]
        size = gradient[0, 0].size
        self.limit = heat_limit(trace.padded)
        self.lenses = [
            self.lens(
                trace.padded[sample, channel],
                gradient[sample, step.plane[0]],
                trace.sides,
                slice(number * size, (number + 1) * size),
                (
                    f"{self.name('input', sample, channel, trace.padded)} {times(self.batch('input').shape[2:])}",
                    f"{self.name('grad_output', sample, step.plane[0], gradient)} {times(gradient.shape[2:])}",
                ),
                rooms[number],
            )
            for number, sample in enumerate(step.channels[: lens_count(len(step.channels))])
        ]

    def dress_input(self, step: ConvBackwardStep, rooms: Any) -> None:
        """The turned weights on the gradient."""
        self.roles = ("gradient", "weight")
        trace = self.trace
        per_group = trace.turned.shape[1]
        size = trace.turned[0, 0].size
        self.limit = heat_limit(trace.framed)
        self.lenses = [
            self.lens(
                trace.framed[step.plane[0], filter_],
                trace.turned[filter_, step.plane[1] % per_group],
                trace.frame,
                slice(number * size, (number + 1) * size),
                (f"{self.name('grad_output', step.plane[0], filter_, trace.framed)}, padded", "weight turned 180°"),
                rooms[number],
                self.holes(),
            )
            for number, filter_ in enumerate(step.channels[: lens_count(len(step.channels))])
        ]

    def batch(self, name: str) -> Any:
        """An input with its sample axis and its channel axis, also where the user gave none."""
        values = self.trace.inputs[name]
        return values[None] if values.ndim == 3 else values

    def name(self, name: str, sample: int, channel: int, values: Any) -> str:
        """Name of a plane, with sample and channel if there are several."""
        what = "filter" if name == "grad_output" else "channel"
        several = [f"sample {sample}"] * (len(values) > 1) + [f"{what} {channel}"] * (values.shape[1] > 1)
        return " ".join([name, ", ".join(several)]) if several else name

    def holes(self) -> np.ndarray:
        """The zeros that the stride leaves between the cells of the gradient."""
        (above, _), (left, _) = self.trace.offsets
        height, width = self.trace.framed.shape[2:]
        row_stride, column_stride = self.trace.strides
        between = np.ones((height, width), dtype=bool)
        between[above % row_stride :: row_stride, left % column_stride :: column_stride] = False
        return between

    def window_cells(self, step: ConvBackwardStep) -> list[tuple[int, ...]]:
        sides = {"bias": ((0, 0), (0, 0)), "weight": self.trace.sides, "input": self.trace.offsets}[step.kind]
        return [tuple(at + before for at, (before, _) in zip(cell, sides, strict=True)) for cell in step.window]
