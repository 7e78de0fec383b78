"""What the poolings have in common on the stage: a window over one channel, its values under the lens, an output that fills up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from engine.concepts.pooling.step import PoolStep
from engine.numbers import written
from engine.step import Cell
from scenes.parts.frame import STAGE
from scenes.parts.glass import Glass
from scenes.parts.lens import Lens, Reading
from scenes.parts.plane import Plane
from scenes.parts.rooms import columns
from scenes.parts.sliding import SlidingReel
from scenes.parts.strip import Page, Piece


class PoolReel(SlidingReel[PoolStep]):
    """One output cell after the other, channel by channel."""

    roles: tuple[str, ...] = ("input",)
    #: What a step does with its window, in a word.
    verb: ClassVar[str]

    def legend(self) -> list[str]:
        return ["input", "output", "reading", *(["padding"] if any(map(any, self.trace.sides)) else [])]

    def stands_for(self, step: PoolStep) -> tuple[object, ...]:
        return step.sample, step.channel

    def first_cells(self, step: PoolStep) -> list[int]:
        return self.planes_from(step.sample, [step.channel])

    @property
    def planes_change(self) -> bool:
        return bool(len(self.trace.padded) * self.trace.padded.shape[1] > 1)

    def reading(self, step: PoolStep) -> Reading[PoolStep]:
        # A mean is a sum first, which is divided at the end.
        whole = written(step.terms, step.value, step.reduce, step.divisor)
        return Reading(step, whole, whole if step.divisor == 1 else written(step.terms, step.total), whole)

    def dress(self, step: PoolStep) -> None:
        trace = self.trace
        rooms = columns(STAGE, (1, 0.95, 1))
        padded, outputs = trace.padded[step.sample, step.channel], trace.outputs["output"]
        output = outputs[step.writes["output"][0][:-2]]
        many = trace.padded.shape[1] > 1
        size = "×".join(map(str, trace.inputs["input"].shape[-2:]))
        name = f"channel {step.channel}" if many else "input"
        plane = Plane(padded, rooms[0], "input", self.label(f"{name} {size}", rooms[0]), self.theme, sides=trace.sides)
        rows, width = trace.kernel_size
        texts = [text for reading in self.sampled for (text,) in reading.written.terms]
        texts += [self.sampled[0].written.way.text(float(x)) for x in (padded.min(), padded.max())]
        self.glass_room = rooms[1]
        glass = Glass(rows, width, rooms[1], self.theme, self.windowed(rows, width), texts)
        self.lenses = [Lens(plane, glass, slice(0, rows * width), self.theme)]
        self.output = self.output_plane(output, rooms[2], f"output {'×'.join(map(str, output.shape))}")

    def windowed(self, rows: int, columns: int) -> str:
        """The label of a window."""
        return self.label(f"window {rows}×{columns}", self.glass_room)

    def begin(self, reading: Reading[PoolStep], say: str) -> None:
        """Windows need not be of one size."""
        self.prepare(reading.step)
        self.lenses[0].tile.take(*reading.step.extent, self.windowed(*reading.step.extent))
        super().begin(reading, say)

    def clear(self) -> None:
        rows, columns = self.trace.kernel_size
        self.lenses[0].tile.take(rows, columns, self.windowed(rows, columns))
        super().clear()

    def window_cells(self, step: PoolStep) -> list[Cell]:
        return self.in_padded(step.window)

    def count(self, reading: Reading[PoolStep], pages: Sequence[Page], size: float, done: int) -> None:
        super().count(reading, pages, size, done)
        self.lenses[0].tile.win(best(reading.step, done))

    def read(self, reading: Reading[PoolStep]) -> None:
        super().read(reading)
        self.lenses[0].tile.win(None)

    def total(self, reading: Reading[PoolStep], done: int) -> None:
        """After the last term the winner is known."""
        self.lenses[0].tile.win(best(reading.step, done))

    def line(self, reading: Reading[PoolStep]) -> list[Piece]:
        return self.strip.whole(reading.written, self.roles, f"{self.verb} of {len(reading.written.terms)} numbers")


def best(step: PoolStep, done: int) -> int | None:
    """Which of the first ``done`` terms is the largest so far, the first of equal ones; none for a mean, or in padding alone."""
    if step.winner is None or not done:
        return None
    if done > step.winner:
        return step.winner
    return max(range(done), key=lambda i: step.terms[i])
