"""What the poolings have in common on the stage, forwards and backwards: one channel at a time, a window whose cells may be fewer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

from manim import Mobject

from engine.concepts.pooling.backward_step import PoolBackwardStep
from engine.concepts.pooling.step import PoolStep
from engine.step import Cell
from scenes.parts.desk import WrittenStep
from scenes.parts.glass import Glass
from scenes.parts.ink import Box
from scenes.parts.plane import Plane, alike
from scenes.parts.sliding import SlidingReel
from scenes.pooling.tints import Rings, Tints, hue

P = TypeVar("P", bound=PoolStep | PoolBackwardStep)
#: Of a cell the hues of the windows that it belongs to.
Hues = dict[Cell, list[int]]


class PoolingReel(SlidingReel[P]):
    """There is one lens. Windows that are done keep their tints where cells have digits, and their winners a ring."""

    glass: Glass
    #: What the lens is called if not by the size of the window.
    shared = ""
    rings: Rings | None

    def scenery(self, step: P) -> str:
        return f"{step.sample} {step.channel}"

    def look_through(self, plane: Plane, room: Box, texts: list[str]) -> None:
        """Puts the lens over a plane; ``texts`` should fit into its cells."""
        rows, columns = self.trace.kernel_size
        self.glass_room = room
        self.glass = Glass(rows, columns, room, self.theme, self.named(rows, columns), texts, plane.role)
        self.add_lens(plane, self.glass)

    def finish(self, winning: Plane | None) -> None:
        """When all planes are there: digits of one size, tints behind them, and rings on the plane in which cells win."""
        planes = [*self.planes, self.output]
        alike(planes)
        self.tints = {plane: Tints(self.theme) for plane in planes if plane.has_digits}
        self.rings = Rings(winning, self.theme) if winning is not None else None

    def parts(self, scenery: str) -> list[Mobject]:
        return [*self.tints.values(), *super().parts(scenery), *([self.rings] if self.rings is not None else [])]

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
        if done:
            # The lens may have another size now.
            self.lead(step)

    def work(self, work: WrittenStep[P], ticks: int, done: bool) -> None:
        self.take(*work.step.extent)
        super().work(work, ticks, done)

    def rest(self, opened: bool) -> None:
        self.take(*self.trace.kernel_size)
        super().rest(opened)

    # --- windows that are done -----------------------------------------------------------------------------------------------------------

    @property
    def across(self) -> int:
        """How many windows are in a row."""
        return len(self.trace.spans[1])

    def hue_of(self, number: int) -> int:
        """The hue of a window by its number in the plane."""
        return hue(*divmod(number, self.across))

    def looked_at(self, number: int) -> list[Cell]:
        """The cells of a window by its number in the plane, in the coordinates of the input."""
        row, column = divmod(number, self.across)
        return [(y, x) for y in self.trace.spans[0][row] for x in self.trace.spans[1][column]]

    def hues(self, cells: Sequence[Sequence[Cell]]) -> Hues:
        """Of cells that belong to windows, in the order of these."""
        found: Hues = defaultdict(list)
        for number, some in enumerate(cells):
            for cell in some:
                found[cell].append(self.hue_of(number))
        return found
