"""What the convolutions have in common on the stage: a tile of weights under the lens, and how these are turned."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import NamedTuple, TypeVar

import numpy as np

from engine.concepts.convolution.step import ConvStep
from scenes.convolution.by_rows import RowSums, adds_rows
from scenes.parts.beat import Beat
from scenes.parts.desk import WrittenStep
from scenes.parts.finished import FinishedReel
from scenes.parts.heading import Heading
from scenes.parts.ink import Box
from scenes.parts.motion import Cue, during, states
from scenes.parts.pieces import Piece
from scenes.parts.plane import Pads, Plane, Sides
from scenes.parts.tile import Tile

C = TypeVar("C", bound=ConvStep)
#: When the weights turn in an opening, and how much of a beat that begins with it they take for it; its other acts share the rest.
OPENING, TURNING = (0.3, 0.75), 0.3


class Multiplied(NamedTuple):
    """A plane and the weights on it: its ``sides`` of padding, ``holes`` between its cells, the labels of both, the best one first.

    ``others`` are numbers that stand in planes beside it; ``tone`` says which part of a picture it is.
    """

    values: np.ndarray
    weights: np.ndarray
    sides: Sides
    labels: tuple[Sequence[str], Sequence[str]]
    holes: np.ndarray | None = None
    others: Sequence[float] = ()
    tone: int | None = None


class ConvReel(FinishedReel[C]):
    """Every lens shows the weights that its plane is multiplied by."""

    factors: tuple[str, ...] = ("input", "weight")
    most_counted = inf  # rows of a large window are

    def legend(self) -> list[str]:
        return ["input", "weight", "output", "reading", *(["padding"] if any(map(any, self.trace.sides)) else [])]

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def scenery(self, step: C) -> str:
        return f"{step.sample} {step.filter}"

    def multiply(self, found: Multiplied, rooms: tuple[Box, Box], cell: float | None = None) -> Plane:
        """Adds a lens with weights over a plane, which it returns."""
        role, left, (room, under) = self.factors[0], self.labels_left, rooms
        title = Heading(self.fitting(found.labels[0], room), role, left)
        padding = Pads(found.sides, found.holes)
        plane = Plane(found.values, room, title, self.theme, padding=padding, others=found.others, cell=cell, tone=found.tone)
        texts = [term for term in self.texts_of_terms() if len(term) == 2]
        widest = [max((t[0] for t in texts), key=len, default=""), "×" + max((t[1] for t in texts), key=len, default="")]
        of_weights = Heading(self.fitting(found.labels[1], under), self.factors[1], left)
        self.add_lens(plane, Tile(found.weights, found.values, under, self.theme, of_weights, widest, role))
        return plane

    def texts_of_terms(self) -> list[tuple[str, ...]]:
        """The factors of terms from all over the trace, as they are written."""
        return [term for work in self.sampled for term in work.written.terms]

    # --- large windows -----------------------------------------------------------------------------------------------------------------

    def ticking(self, work: WrittenStep[C], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        (lens,), step = self.lenses, work.step
        if not adds_rows(step, lens):
            return super().ticking(work, start, stop, line)
        sums = RowSums.of(self.strip, step, range(len(step.partial_sums)), lens, self.result_role)

        def tick(state: int) -> None:
            if state:
                sums.write(state * lens.tile.columns)
                lens.mark_row(state - 1)

        return [states(start, stop, lens.tile.rows + 1, tick)]

    # --- weights that are turned ---------------------------------------------------------------------------------------------------------

    def turn(self, share: float, settled: float) -> None:
        """The weights so far on their way."""
        for tile in (lens.tile for lens in self.lenses):
            if isinstance(tile, Tile):
                tile.turn(share, settled)

    def turns(self, step: C, before: int | None) -> bool:
        """Whether a step begins with weights that turn."""
        return False

    def opening(self, beat: Beat) -> list[Cue]:
        turns = [during(*OPENING, lambda share: self.turn(share, 0.0))] if self.trace.params.get("flip") else []
        return [*super().opening(beat), *turns]

    def full(self, beat: Beat) -> list[Cue]:
        found = self.work_out(beat)
        if not self.turns(self.trace[beat.start], beat.before):
            return found
        for cue in found:
            cue.start, cue.stop = (TURNING + (1 - TURNING) * at for at in (cue.start, cue.stop))
        return [during(0, TURNING, lambda share: self.turn(share, 1.0)), *found]

    def work_out(self, beat: Beat) -> list[Cue]:
        """A full beat without that."""
        return super().full(beat)
