"""What the convolutions have in common on the stage: tiles of weights under the lens, channels side by side, their partial sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from engine.concepts.convolution.step import ConvStep
from engine.numbers import Sum, factor, sum_of_products
from engine.running import relation
from scenes.parts.desk import WrittenStep
from scenes.parts.heading import Heading
from scenes.parts.ink import Box, Ink, letter_size
from scenes.parts.lens import SUM_ROOM, lens_count
from scenes.parts.plane import Pads, Plane
from scenes.parts.sliding import SlidingReel
from scenes.parts.strip import Piece
from scenes.parts.tile import Tile

C = TypeVar("C", bound=ConvStep)


class ConvReel(SlidingReel[C]):
    """Every lens shows the weights that its plane is multiplied by."""

    factors: tuple[str, ...] = ("input", "weight")
    #: What the lenses of a step stand for.
    kin = "channels"
    has_sums = False

    def legend(self) -> list[str]:
        return ["input", "weight", "output", "reading", *(["padding"] if any(map(any, self.trace.sides)) else [])]

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def scenery(self, step: C) -> str:
        return f"{step.sample} {step.filter}"

    def multiply(
        self,
        values: np.ndarray,
        weights: np.ndarray,
        sides: Sequence[tuple[int, int]],
        labels: tuple[str, str],
        rooms: tuple[Box, Box],
        holes: np.ndarray | None = None,
    ) -> Plane:
        """Adds a lens with weights over a plane, which it returns; ``holes`` are zeros between its cells."""
        role, left = self.factors[0], self.labels_left
        title = Heading(self.label(labels[0], rooms[0]), role, left)
        plane = Plane(values, rooms[0], title, self.theme, padding=Pads(sides, holes))
        room = self.above_sum(rooms[1])
        texts = [term for work in self.sampled for term in work.written.terms if len(term) == 2]
        widest = [max((t[0] for t in texts), key=len), "×" + max((t[1] for t in texts), key=len)]
        of_weights = Heading(self.label(labels[1], room), self.factors[1], left)
        self.add_lens(plane, Tile(weights, values, room, self.theme, of_weights, widest, role))
        return plane

    def above_sum(self, room: Box) -> Box:
        """What the partial sums below the tiles leave of the room of one."""
        left, bottom, right, top = room
        return left, bottom + (SUM_ROOM if self.has_sums else 0.0), right, top

    def speak_of_others(self, step: C, room: Box | None) -> None:
        """Says in a room, if there are channels without a lens, which these are and what they add."""
        if room is None:
            return
        first, last = step.channels[lens_count(len(step.channels))], step.channels[-1]
        x, y = (room[0] + room[2]) / 2, (room[1] + room[3]) / 2
        added = max((self.by_channel(work.step).terms[-1 - (work.step.bias is not None)][0] for work in self.sampled), key=len)
        lines = [f"{self.kin} {first}", f"to {last}", f"add {added}"]
        self.extras = [Ink(text, letter_size(), self.theme.muted).put(x, y + 0.6 - 0.55 * i) for i, text in enumerate(lines)]
        self.extras[-1].set_fill(getattr(self.theme, self.result_role))

    # --- the step ----------------------------------------------------------------------------------------------------------------------

    def by_channel(self, step: C) -> Sum:
        """A step by the partial sums of the planes side by side."""
        return sum_of_products([(summand,) for summand in step.summands(lens_count(len(step.channels)))], step.value)

    def work(self, work: WrittenStep[C], ticks: int, done: bool) -> None:
        super().work(work, ticks, done)
        if len(self.lenses) > 1:
            self.sum_up(work, ticks)

    def sum_up(self, work: WrittenStep[C], ticks: int) -> None:
        """Partial sums below the tiles of which all terms are among the first ``ticks``."""
        texts = [text for (text,) in self.by_channel(work.step).terms]
        for lens, text in zip(self.lenses, texts, strict=False):
            found = relation(work.written.terms[lens.terms], text)
            sign = {"=": "= " if lens.tile.exact else "≈ ", "≈": "≈ "}.get(found, "")  # shown digits may be too few for either
            lens.sum.write(f"{sign}{text}" if ticks >= lens.terms.stop else "")
        for ink in self.extras[-1:]:
            ready = ticks >= len(work.step.terms) - (work.step.bias is not None)
            ink.write(f"add {texts[len(self.lenses)]}" if ready else "")

    def line(self, work: WrittenStep[C]) -> list[Piece]:
        """The sum of a step on one line: by channels where they stand side by side, else by terms."""
        if len(self.lenses) == 1:
            return super().line(work)
        written = self.by_channel(work.step)
        parts = [Piece(factor(text, first=i == 0), self.result_role) for i, (text,) in enumerate(written.terms)]
        if work.step.bias is not None:
            parts[-1] = Piece(parts[-1].text, "weight")
        pieces = [piece for part in parts for piece in (Piece("+", "ink"), part)][1:]
        return [*pieces, Piece(written.relation, "ink"), Piece(written.value, self.result_role)]
