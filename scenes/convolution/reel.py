"""What the convolutions have in common on the stage: tiles of weights under the lens, channels side by side, their partial sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from engine.concepts.convolution.step import ConvStep
from engine.numbers import factor, sum_of_products
from engine.running import relation
from scenes.parts.ink import Box, Ink, letter_size
from scenes.parts.lens import SUM_ROOM, Lens, Reading, lens_count
from scenes.parts.plane import Plane
from scenes.parts.sliding import SlidingReel
from scenes.parts.strip import Piece
from scenes.parts.tile import Tile

C = TypeVar("C", bound=ConvStep)


class ConvReel(SlidingReel[C]):
    """Every lens shows the weights that its plane is multiplied by."""

    roles: tuple[str, ...] = ("input", "weight")
    #: What the lenses of a step stand for.
    kin = "channels"
    has_sums = False

    def legend(self) -> list[str]:
        return ["input", "weight", "output", "reading", *(["padding"] if any(map(any, self.trace.sides)) else [])]

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def stands_for(self, step: C) -> tuple[object, ...]:
        return step.sample, step.filter

    @property
    def planes_change(self) -> bool:
        """Whether a sweep may go on to other planes of the input: to another sample or group."""
        return self.trace.params["groups"] > 1 or len(self.trace.padded) > 1

    def reading(self, step: C) -> Reading[C]:
        parts = [(summand,) for summand in step.summands(lens_count(len(step.channels)))]
        whole = sum_of_products(step.terms, step.value)
        return Reading(step, whole, whole, sum_of_products(parts, step.value))

    def lens(
        self,
        values: np.ndarray,
        weights: np.ndarray,
        sides: Sequence[tuple[int, int]],
        terms: slice,
        labels: tuple[str, str],
        rooms: tuple[Box, Box],
        holes: np.ndarray | None = None,
    ) -> Lens:
        """A plane with its tile; ``terms`` are those of a step's terms that belong to it, ``holes`` zeros between cells."""
        label = self.label(labels[0], rooms[0])
        plane = Plane(values, rooms[0], self.roles[0], label, self.theme, sides=sides, label_left=self.labels_left, holes=holes)
        left, bottom, right, top = rooms[1]
        tile_room = (left, bottom + (SUM_ROOM if self.has_sums else 0.0), right, top)
        texts = [term for reading in self.sampled for term in reading.written.terms if len(term) == 2]
        widest = [max((t[0] for t in texts), key=len), "×" + max((t[1] for t in texts), key=len)]
        label, roles = self.label(labels[1], tile_room), (self.roles[0], self.roles[1])
        tile = Tile(weights, values, tile_room, self.theme, label, widest, label_left=self.labels_left, roles=roles)
        return Lens(plane, tile, terms, self.theme, self.result_role)

    def speak_of_others(self, step: C, room: Box) -> None:
        """Says, in place of channels for which there is no room, how many there are and what they add."""
        first, last = step.channels[lens_count(len(step.channels))], step.channels[-1]
        x, y = (room[0] + room[2]) / 2, (room[1] + room[3]) / 2
        lines = [f"{self.kin} {first}", f"to {last}", ""]
        self.extras = [Ink(text, letter_size(), self.theme.muted).put(x, y + 0.6 - 0.55 * i) for i, text in enumerate(lines)]
        self.extras[-1].set_fill(getattr(self.theme, self.result_role))

    # --- states ------------------------------------------------------------------------------------------------------------------------

    def total(self, reading: Reading[C], done: int) -> None:
        """Partial sums below the tiles of which all terms are among the first ``done``."""
        for number, lens in enumerate(self.lenses):
            ready = len(self.lenses) > 1 and done >= lens.terms.stop
            text = reading.by_channel.terms[number][0]
            found = relation(reading.written.terms[lens.terms], text)
            sign = {"=": "= " if lens.tile.exact else "≈ ", "≈": "≈ "}.get(found, "")  # shown digits may be too few for either
            lens.sum.write(f"{sign}{text}" if ready else "")
        if self.extras:
            ready = done >= len(reading.step.terms) - (reading.step.bias is not None)
            self.extras[-1].write(f"add {reading.by_channel.terms[len(self.lenses)][0]}" if ready else "")

    def line(self, reading: Reading[C]) -> list[Piece]:
        """The sum of a step on one line: by channels where they stand side by side, else by terms."""
        if len(self.lenses) == 1:
            return self.strip.whole(reading.written, self.roles, f"sum of {len(reading.written.terms)} terms", self.result_role)
        written = reading.by_channel
        parts = [Piece(factor(t[0], first=i == 0), self.result_role) for i, t in enumerate(written.terms)]
        if reading.step.bias is not None:
            parts[-1] = Piece(parts[-1].text, "weight")
        pieces = [piece for part in parts for piece in (Piece("+", "ink"), part)][1:]
        return [*pieces, Piece(written.relation, "ink"), Piece(written.value, self.result_role)]
