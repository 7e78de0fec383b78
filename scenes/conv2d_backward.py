"""The way back through a 2-D convolution: three acts, one for each gradient, each a window that slides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from manim import Mobject

from engine.concepts.convolution.backward_step import ConvBackwardKind, ConvBackwardStep
from engine.sentences import cell_name, times
from engine.step import Cell
from scenes.convolution.reel import Multiplied
from scenes.convolution.visits import VisitedReel
from scenes.parts.exhibit import Exhibit
from scenes.parts.frame import STAGE
from scenes.parts.glass import Glass
from scenes.parts.heading import Heading
from scenes.parts.ink import Box
from scenes.parts.plane import Plane
from scenes.parts.rooms import columns
from scenes.parts.sliding import within

#: The places of plane and tile.
Rooms = tuple[Box, Box]
#: What is multiplied in the steps of a kind.
FACTORS: Mapping[ConvBackwardKind, tuple[str, ...]] = {
    "bias": ("gradient",),
    "weight": ("input", "gradient"),
    "input": ("gradient", "weight"),
}

#: How wide the places of gradients are at the end.
SHARES: Mapping[ConvBackwardKind, float] = {"bias": 1.0, "weight": 1.3, "input": 1.5}

TURNED = ("weight turned 180°", "weight turned", "turned 180°", "turned")


class Conv2dBackward(VisitedReel[ConvBackwardStep]):
    """First all of ``grad_output`` is added up, then it slides over the input as a kernel, then the turned weights slide over it."""

    concept = "conv2d_backward"
    result_role = "gradient"

    def legend(self) -> list[str]:
        return ["input", "weight", "gradient", "reading"]

    def scenery(self, step: ConvBackwardStep) -> str:
        return f"{step.kind} {step.plane} {step.filter}"

    def dress(self, step: ConvBackwardStep) -> None:
        self.kin = "filters" if step.kind == "input" else "samples"
        self.several = len(step.channels) > 1
        self.factors = FACTORS[step.kind]
        super().dress(step)

    def made_by(self, step: ConvBackwardStep) -> tuple[np.ndarray, int]:
        found = self.trace.outputs[f"grad_{step.kind}"]
        if step.kind == "bias":
            return found[None, None], 0
        planes = found.reshape(-1, *found.shape[-2:])
        per_plane = found.shape[-3]
        return planes, step.plane[0] * per_plane + step.plane[1]

    def filling(self, step: ConvBackwardStep, room: Box, cell: float) -> Plane:
        """The plane that fills up, with digits of one size in all planes of a gradient."""
        ((name, (place,)),) = step.writes.items()
        planes, at = self.made_by(step)
        label = name if len(planes) == 1 else cell_name(name, place[:-2])
        shape = planes.shape[-1:] if step.kind == "bias" else planes.shape[1:]
        labels = [f"{label} {times(shape)}", label, name]
        return self.output_plane(planes[at], room, labels, cell=cell, others=(planes.min(), planes.max()))

    def results(self, step: ConvBackwardStep) -> list[Exhibit]:
        """All gradients."""
        blocks = self.trace.blocks
        firsts = [self.trace[blocks.start(stage)] for stage in dict.fromkeys(block.stage for block in blocks)]
        rooms = columns(STAGE, [SHARES[first.kind] for first in firsts])
        return [self.exhibit(first, room, last=first.kind == step.kind) for first, room in zip(firsts, rooms, strict=True)]

    def exhibit(self, first: ConvBackwardStep, room: Box, *, last: bool) -> Exhibit:
        """All planes of a gradient, which had a form from its first step on; the last one comes from where it stands."""
        (name,) = first.writes
        shape, (planes, _) = self.trace.outputs[name].shape, self.made_by(first)
        shape = shape if len(planes) > 1 else shape[-2:]
        title = Heading(self.fitting([f"{name} {times(shape)}", name], room), self.result_role)
        rooms, cell = self.places(first)
        return Exhibit(planes, room, title, self.theme, self.filling(first, rooms[-1], cell), starts=self.stood_at() if last else {})

    def beside_results(self) -> list[Mobject]:
        return []

    def shaded(self, plane: Plane, cells: Sequence[Cell]) -> list[Box]:
        """Of the gradient that lies spread out only its own cells: those whose windows held the cell of the input."""
        boxes = super().shaded(plane, cells)
        return [plane.box(*cell) for cell in cells if plane.inside(*cell)] if boxes and self.kin == "filters" else boxes

    def shapes(self, step: ConvBackwardStep) -> tuple[tuple[int, int], tuple[int, int]]:
        if step.kind != "bias":
            return super().shapes(step)
        shape: tuple[int, int] = self.batch("grad_output").shape[2:]
        return shape, shape

    def look(self, step: ConvBackwardStep, number: int, rooms: Rooms, cell: float) -> None:
        """All of the gradient, cell by cell, or a plane and what it is multiplied by."""
        if step.kind != "bias":
            super().look(step, number, rooms, cell)
            return
        sample, room = step.channels[number], rooms[1]
        values = self.batch("grad_output")[sample, step.filter]
        longest = max((text for work in self.sampled if work.step.kind == "bias" for (text,) in work.written.terms), key=len)
        label = self.fitting(self.named("grad_output", sample, step.filter, times(values.shape)), rooms[0])
        rows, columns = values.shape
        glass = Glass(rows, columns, room, self.theme, self.label("all of it", room), [longest], "gradient")
        self.add_lens(Plane(values, rooms[0], Heading(label, "gradient"), self.theme, cell=cell), glass)

    def given(self, step: ConvBackwardStep, number: int) -> Multiplied:
        return (self.given_weight if step.kind == "weight" else self.given_input)(step, step.channels[number])

    def given_weight(self, step: ConvBackwardStep, sample: int) -> Multiplied:
        """The gradient as a kernel on the input."""
        trace, gradient = self.trace, self.batch("grad_output")
        filters, per_group = trace.inputs["weight"].shape[:2]
        groups = trace.padded.shape[1] // per_group
        channel = step.plane[0] // (filters // groups) * per_group + step.plane[1]
        labels = (
            self.named("input", sample, channel, times(self.batch("input").shape[2:])),
            self.named("grad_output", sample, step.filter, times(gradient.shape[2:])),
        )
        every = trace.padded[:, channel]
        return Multiplied(
            trace.padded[sample, channel], gradient[sample, step.filter], trace.sides, labels, None, (every.min(), every.max())
        )

    def given_input(self, step: ConvBackwardStep, filter_: int) -> Multiplied:
        """The turned weights on the gradient."""
        trace = self.trace
        turned = trace.turned[filter_, step.plane[1] % trace.turned.shape[1]]
        labels = self.named("grad_output", step.sample, filter_, "padded"), TURNED
        every = trace.framed[step.sample, list(step.channels)]
        return Multiplied(trace.framed[step.sample, filter_], turned, trace.frame, labels, self.holes(), (every.min(), every.max()))

    def turns(self, step: ConvBackwardStep, before: int | None) -> bool:
        return step.kind == "input" and (before is None or self.scenery(self.trace[before]) != self.scenery(step))

    @property
    def batched(self) -> bool:
        """Whether tensors have a sample axis."""
        return bool(self.trace.inputs["input"].ndim == 4)

    def batch(self, name: str) -> np.ndarray:
        """An input with its sample axis and its channel axis, also where the user gave none."""
        values: np.ndarray = self.trace.inputs[name]
        return values if self.batched else values[None]

    def named(self, name: str, sample: int, channel: int, more: str) -> list[str]:
        """The label of a plane, as one writes it in torch if there are several, with ``more``; then shorter ones."""
        samples, channels = self.batch(name).shape[:2]
        several = samples * channels > 1
        whole = cell_name(name, (*[sample] * self.batched, channel)) if several else name
        short = f"{self.kin[:-1]} {channel if self.kin == 'filters' else sample}" if several and self.several else name
        return [f"{whole} {more}", whole, short]

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
