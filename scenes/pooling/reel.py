"""What the poolings have in common on the stage, forwards and backwards: one channel at a time, a window whose cells may be fewer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from manim import Mobject

from engine.concepts.pooling.backward_step import PoolBackwardStep
from engine.concepts.pooling.step import PoolStep
from engine.sentences import times
from engine.step import Cell
from scenes.parts.desk import WrittenStep
from scenes.parts.exhibit import Exhibit
from scenes.parts.finished import FinishedReel
from scenes.parts.frame import STAGE
from scenes.parts.glass import Glass
from scenes.parts.heading import Heading
from scenes.parts.ink import Box
from scenes.parts.plane import Plane, alike
from scenes.parts.raster import TONES, is_coloured
from scenes.parts.rooms import columns
from scenes.pooling.tints import LEAST_RINGED, Faded, Rings, Tints, hue

P = TypeVar("P", bound=PoolStep | PoolBackwardStep)
#: Of a cell the hues of the windows that it belongs to.
Hues = dict[Cell, list[int]]


class PoolingReel(FinishedReel[P]):
    """There is one lens. Windows that are done keep their tints where cells have digits, and their winners a ring."""

    glass: Glass
    #: What the lens is called if not by the size of the window.
    shared = ""
    #: What is given to a window, and what all of them make.
    given, made = "input", "output"
    rings: Rings | None
    faded: Faded | None

    def scenery(self, step: P) -> str:
        return f"{step.sample} {step.channel}"

    def look_through(self, plane: Plane, room: Box, texts: list[str]) -> None:
        """Puts the lens over a plane; ``texts`` should fit into its cells."""
        rows, columns = self.trace.kernel_size
        self.glass_room = room
        self.glass = Glass(rows, columns, room, self.theme, self.named(rows, columns), texts, plane.role)
        self.add_lens(plane, self.glass)

    def finish(self, winning: Plane | None) -> None:
        """When all planes are there: digits of one size, tints behind them; in the plane in which cells win, rings, or the others fade."""
        planes = [*self.planes, self.output]
        alike(planes)
        self.tints = {plane: Tints(self.theme) for plane in planes if plane.has_digits}
        small = winning is not None and not winning.has_digits and min(winning.cell) < LEAST_RINGED
        self.rings = Rings(winning, self.theme) if winning is not None and not small else None
        self.faded = Faded(winning, self.theme) if winning is not None and small else None

    def parts(self, scenery: str) -> list[Mobject]:
        beside = [part for part in (self.faded, self.rings, self.gallery) if part is not None]
        return [*self.tints.values(), *super().parts(scenery), *beside, self.grown]

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

    @property
    def shows_given(self) -> Plane:
        """The plane of what is given."""
        return self.lenses[0].plane

    # --- channels ----------------------------------------------------------------------------------------------------------------------

    @property
    def is_coloured(self) -> bool:
        """Whether channels are the parts of a picture."""
        values = self.trace.inputs["input"]
        return all(is_coloured(planes) for planes in values.reshape(-1, *values.shape[-3:]))

    def tone(self, channel: int) -> int | None:
        """Which part of a picture a channel is."""
        return channel if self.is_coloured else None

    def called(self, channel: int) -> str:
        """The name of a channel."""
        return TONES[channel] if self.is_coloured else f"channel {channel}"

    def made_by(self, step: P) -> tuple[np.ndarray, int]:
        found = self.trace.outputs[self.made]
        return (found[step.sample] if found.ndim == 4 else found), step.channel

    def results(self, step: P) -> list[Exhibit]:
        """What is given and what came of it, each with all of its channels."""
        planes, _ = self.made_by(step)
        if self.trace.outputs[self.made].size == planes[0].size:
            return []
        (left, right), starts = columns(STAGE, (2, 3)), self.stood_at(step.sample * len(planes))
        given = self.exhibit(self.given, self.trace.inputs[self.given], left, self.shows_given)
        return [given, self.exhibit(self.made, self.trace.outputs[self.made], right, self.output, starts)]

    def exhibit(self, name: str, values: np.ndarray, room: Box, like: Plane, starts: Mapping[int, Box] | None = None) -> Exhibit:
        """All channels of a tensor."""
        planes, channels = values.reshape(-1, *values.shape[-2:]), range(values.shape[-3])
        names = [self.called(channel) for channel in channels] if len(planes) == len(channels) else []
        tones = [self.tone(number % len(channels)) if like.tone is not None else None for number in range(len(planes))]
        title = Heading(f"{name} {times(values.shape)}", like.role)
        return Exhibit(planes, room, title, self.theme, like, names=names, tones=tones, starts=starts)

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

    @property
    def has_winners(self) -> bool:
        """Whether cells win their windows, and are told from the others."""
        return self.rings is not None or self.faded is not None

    def crown(self, windows: Sequence[Sequence[Cell]], winners: Sequence[Cell]) -> None:
        """Tells the winners of windows from their other cells."""
        if self.rings is not None:
            self.rings.put(winners)
        if self.faded is not None:
            self.faded.put((cell for cells in windows for cell in cells), winners)

    def hues(self, cells: Sequence[Sequence[Cell]]) -> Hues:
        """Of cells that belong to windows, in the order of these."""
        found: Hues = defaultdict(list)
        for number, some in enumerate(cells):
            for cell in some:
                found[cell].append(self.hue_of(number))
        return found
