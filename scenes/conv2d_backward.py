"""The way back through a 2-D convolution: three acts, one for each gradient, each a window that slides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engine.concepts.convolution.backward_step import ConvBackwardKind, ConvBackwardStep
from engine.sentences import cell_name, times
from engine.step import Cell
from scenes.convolution.reel import ConvReel
from scenes.parts.glass import Glass
from scenes.parts.heading import Heading
from scenes.parts.ink import Box, letter_size, text_width
from scenes.parts.lens import lens_rooms
from scenes.parts.plane import Plane
from scenes.parts.sliding import within

#: The places of plane and tile.
Rooms = tuple[Box, Box]
#: What is multiplied in the steps of a kind.
FACTORS: Mapping[ConvBackwardKind, tuple[str, ...]] = {
    "bias": ("gradient",),
    "weight": ("input", "gradient"),
    "input": ("gradient", "weight"),
}

FEW_ROWS = 2
TURNED = ("weight turned 180°", "weight turned", "turned 180°", "turned")


class Conv2dBackward(ConvReel[ConvBackwardStep]):
    """First all of ``grad_output`` is added up, then it slides over the input as a kernel, then the turned weights slide over it."""

    concept = "conv2d_backward"
    result_role = "gradient"

    def legend(self) -> list[str]:
        return ["input", "weight", "gradient", "reading"]

    def scenery(self, step: ConvBackwardStep) -> str:
        return f"{step.kind} {step.plane} {step.filter}"

    def dress(self, step: ConvBackwardStep) -> None:
        self.has_sums = len(step.channels) > 1
        self.kin = "filters" if step.kind == "input" else "samples"
        self.factors = FACTORS[step.kind]
        dress = {"bias": self.dress_bias, "weight": self.dress_weight, "input": self.dress_input}[step.kind]
        rooms, rest, output = lens_rooms(len(step.channels), self.shares(step))
        self.speak_of_others(step, rest)
        for channel, room in zip(step.channels, rooms, strict=False):
            dress(step, channel, room)
        self.output = self.filling(step, output)

    def shares(self, step: ConvBackwardStep) -> tuple[float, float]:
        """Of planes and tiles in the height of the stage, where several stand side by side; a tile of a few rows leaves room for digits."""
        kernel = self.trace.turned if step.kind == "input" else self.trace.inputs["grad_output"]
        return (1.35, 1) if kernel.shape[-2] <= FEW_ROWS else (1, 1.3)

    def filling(self, step: ConvBackwardStep, room: Box) -> Plane:
        """The plane that fills up, with digits of one size in all planes of ``grad_weight``."""
        ((name, (cell,)),) = step.writes.items()
        values = self.trace.outputs[name]
        plane = values[None] if step.kind == "bias" else values[cell[:-2]]
        label = cell_name(name, cell[:-2]) if plane.size < values.size else name
        label = self.label(f"{label} {times(values.shape if step.kind == 'bias' else plane.shape)}", room)
        # There are few weights, so that there is room for digits in the planes of all filters.
        ends = () if step.kind == "input" else (values.min(), values.max())
        return Plane(plane, room, Heading(label, "gradient"), self.theme, others=ends, roomy=step.kind != "input")

    def shaded(self, plane: Plane, cells: Sequence[Cell]) -> list[Box]:
        """Of the gradient that lies spread out only its own cells: those whose windows held the cell of the input."""
        boxes = super().shaded(plane, cells)
        return [plane.box(*cell) for cell in cells if plane.inside(*cell)] if boxes and self.kin == "filters" else boxes

    def dress_bias(self, step: ConvBackwardStep, sample: int, rooms: Rooms) -> None:
        """All of the gradient, cell by cell."""
        values, room = self.batch("grad_output")[sample, step.filter], self.above_sum(rooms[1])
        widest = max((text for work in self.sampled if work.step.kind == "bias" for (text,) in work.written.terms), key=len)
        label = self.named("grad_output", sample, step.filter, times(values.shape), rooms[0])
        rows, columns = values.shape
        glass = Glass(rows, columns, room, self.theme, self.label("all of it", room), [widest], "gradient")
        self.add_lens(Plane(values, rooms[0], Heading(label, "gradient"), self.theme), glass)

    def dress_weight(self, step: ConvBackwardStep, sample: int, rooms: Rooms) -> None:
        """The gradient as a kernel on the input."""
        trace, gradient = self.trace, self.batch("grad_output")
        filters, per_group = trace.inputs["weight"].shape[:2]
        groups = trace.padded.shape[1] // per_group
        channel = step.plane[0] // (filters // groups) * per_group + step.plane[1]
        labels = (
            self.named("input", sample, channel, times(self.batch("input").shape[2:]), rooms[0]),
            self.named("grad_output", sample, step.filter, times(gradient.shape[2:]), rooms[1]),
        )
        self.multiply(trace.padded[sample, channel], gradient[sample, step.filter], trace.sides, labels, rooms)

    def dress_input(self, step: ConvBackwardStep, filter_: int, rooms: Rooms) -> None:
        """The turned weights on the gradient."""
        trace = self.trace
        turned = trace.turned[filter_, step.plane[1] % trace.turned.shape[1]]
        labels = self.named("grad_output", step.sample, filter_, "padded", rooms[0]), self.fitting(TURNED, rooms[1])
        self.multiply(trace.framed[step.sample, filter_], turned, trace.frame, labels, rooms, self.holes())

    @property
    def batched(self) -> bool:
        """Whether tensors have a sample axis."""
        return bool(self.trace.inputs["input"].ndim == 4)

    def batch(self, name: str) -> np.ndarray:
        """An input with its sample axis and its channel axis, also where the user gave none."""
        values: np.ndarray = self.trace.inputs[name]
        return values if self.batched else values[None]

    def named(self, name: str, sample: int, channel: int, more: str, room: Box) -> str:
        """The label of a plane, as one writes it in torch if there are several, with ``more``; as much as there is room for."""
        samples, channels = self.batch(name).shape[:2]
        several = samples * channels > 1
        whole = cell_name(name, (*[sample] * self.batched, channel)) if several else name
        short = f"{self.kin[:-1]} {channel if self.kin == 'filters' else sample}" if several and self.has_sums else name
        return self.fitting((f"{whole} {more}", whole, short), room)

    def fitting(self, labels: Sequence[str], room: Box) -> str:
        """The first label for which there is room, else the last."""
        return next((text for text in labels if text_width(text, letter_size()) <= room[2] - room[0]), labels[-1])

    def holes(self) -> np.ndarray:
        """The zeros that the stride leaves between the cells of the gradient."""
        (above, _), (left, _) = self.trace.offsets
        height, width = self.trace.framed.shape[2:]
        row_stride, column_stride = self.trace.strides
        between = np.ones((height, width), dtype=bool)
        between[above % row_stride :: row_stride, left % column_stride :: column_stride] = False
        return between

    def window_cells(self, step: ConvBackwardStep) -> list[Cell]:
        sides = {"bias": ((0, 0), (0, 0)), "weight": self.trace.sides, "input": self.trace.offsets}[step.kind]
        return within(step.window, sides)
