"""What the poolings have in common on the stage, forwards and backwards: one channel at a time, a window whose cells may be fewer."""

from __future__ import annotations

from typing import TypeVar

from engine.concepts.pooling.backward_step import PoolBackwardStep
from engine.concepts.pooling.step import PoolStep
from scenes.parts.desk import WrittenStep
from scenes.parts.glass import Glass
from scenes.parts.ink import Box
from scenes.parts.plane import Plane
from scenes.parts.sliding import SlidingReel

P = TypeVar("P", bound=PoolStep | PoolBackwardStep)


class PoolingReel(SlidingReel[P]):
    """There is one lens."""

    glass: Glass
    #: What the lens is called if not by the size of the window.
    shared = ""

    def scenery(self, step: P) -> str:
        return f"{step.sample} {step.channel}"

    def look_through(self, plane: Plane, room: Box, texts: list[str]) -> None:
        """Puts the lens over a plane; ``texts`` should fit into its cells."""
        rows, columns = self.trace.kernel_size
        self.glass_room = room
        self.glass = Glass(rows, columns, room, self.theme, self.named(rows, columns), texts, plane.role)
        self.add_lens(plane, self.glass)

    def named(self, rows: int, columns: int) -> str:
        """The label of the lens."""
        return self.label(self.shared or f"window {rows}×{columns}", self.glass_room)

    def take(self, rows: int, columns: int) -> None:
        """Shows so many rows and columns of the lens: windows need not be of one size."""
        self.glass.take(rows, columns, self.named(rows, columns))

    def bench_of(self, step: P) -> str:
        return str(step.extent)

    def begin(self, step: P, say: str, done: bool = False) -> None:
        super().begin(step, say, done)
        self.take(*step.extent)

    def work(self, work: WrittenStep[P], ticks: int, done: bool) -> None:
        self.take(*work.step.extent)
        super().work(work, ticks, done)

    def rest(self, opened: bool) -> None:
        self.take(*self.trace.kernel_size)
        super().rest(opened)
