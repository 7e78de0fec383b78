"""Planes that stand for channels: one at a time, large, the others as thumbnails, and what is done of the output."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from manim import Group, Mobject

from engine.concepts.convolution.step import ConvStep
from engine.step import Cell
from scenes.convolution.account import Account
from scenes.convolution.ledger import ROOM, Ledger
from scenes.convolution.reel import C, ConvReel, Multiplied
from scenes.parts.desk import WrittenStep
from scenes.parts.digits import widest
from scenes.parts.gallery import Gallery
from scenes.parts.glass import GAP_PX
from scenes.parts.heading import Heading
from scenes.parts.ink import PX, Box, Ink, letter_size
from scenes.parts.lens import LENS_CELL, Lens, side_by_side
from scenes.parts.motion import Cue, during
from scenes.parts.plane import LABEL_ROOM, Plane, alike
from scenes.parts.raster import cell_colours, heat_limit, is_picture, toned

#: The least width of a cell under the lens beside a ledger.
LEAST_LENS_CELL = 1.0


class ChannelReel(ConvReel[C]):
    """A plane, the lens on it, a ledger of what channels add if there are several, and the output with its other planes below it."""

    #: What the lenses of a step stand for.
    kin = "channels"
    ledger: Ledger | None
    overview: Gallery | None
    #: Whether all channels are seen.
    surveyed: bool
    kept: Account | None = None
    #: Lenses by the numbers of their channels in the step.
    made: dict[int, Lens]

    # --- what a concept says -------------------------------------------------------------------------------------------------------------

    def given(self, step: C, number: int) -> Multiplied:
        """What is multiplied in a channel, by its number in the step."""
        raise TypeError(f"{type(self).__name__} does not say what it multiplies")

    def look(self, step: C, number: int, rooms: tuple[Box, Box], cell: float) -> None:
        """Adds the lens of a channel."""
        self.multiply(self.given(step, number), rooms, cell)

    def shapes(self, step: C) -> tuple[tuple[int, int], tuple[int, int]]:
        """Of the lens and of a plane."""
        found = self.given(step, 0)
        return found.weights.shape, found.values.shape

    def filling(self, step: C, room: Box, cell: float) -> Plane:
        """The plane of the output."""
        raise TypeError(f"{type(self).__name__} does not say what it fills")

    def row_name(self, step: ConvStep, number: int) -> str:
        """What a channel is called in the ledger."""
        return str(step.channels[number])

    # --- building ------------------------------------------------------------------------------------------------------------------------

    def dress(self, step: C) -> None:
        self.several = len(step.channels) > 1
        self.rooms, self.cell = self.places(step)
        self.deck, self.underlay, self.made = Group(), Group(), {}
        self.ledger = self.overview = None
        self.surveyed = False
        self.output = self.filling(step, self.rooms[-1], self.cell)
        self.hang(step, self.rooms[-1])
        self.face(step, 0)
        if self.several:
            self.dress_several(step)
        else:
            alike([*self.planes, self.output])

    def places(self, step: C) -> tuple[list[Box], float]:
        """Of plane, lens, ledger if there is one and output, and the largest cell."""
        lens, plane = self.shapes(step)
        shapes, apart = [plane, self.made_by(step)[0].shape[1:]], ROOM if len(step.channels) > 1 else 0.0
        return side_by_side(lens, shapes, apart, self.below(step), self.lens_cell(step))

    def lens_cell(self, step: C) -> float:
        """The width of a cell under the lens; beside a ledger there is no more room than its numbers need."""
        if len(step.channels) == 1:
            return LENS_CELL
        texts = [text for term in self.parted_terms for text in (term[0], f"×{term[-1]}")]
        return min(LENS_CELL, max(LEAST_LENS_CELL, widest(texts) + (GAP_PX + 1) * PX))

    def texts_of_terms(self) -> list[tuple[str, ...]]:
        if not self.several:
            return super().texts_of_terms()
        return self.parted_terms

    @cached_property
    def parted_terms(self) -> list[tuple[str, ...]]:
        """The factors of terms from all over the trace, as they are written channel by channel."""
        accounts = [Account.of(work.step) for work in self.sampled if len(work.step.channels) > 1]
        return [term for account in accounts for group in account.groups if len(group) == 1 for term in account.part(group[0]).terms]

    def account(self, step: C) -> Account:
        """That of a step; the last one is kept, for it is asked for again and again."""
        if self.kept is None or self.kept.step.index != step.index:
            self.kept = Account.of(step)
        return self.kept

    def dress_several(self, step: C) -> None:
        """The ledger, and all channels side by side, to begin with."""
        many = len(self.account(step).groups) < len(step.channels)
        self.ledger = Ledger(self.rooms[2], Heading(f"by {self.kin[:-1]}", self.result_role), len(step.channels), self.theme, many=many)
        plane = self.lenses[0].plane
        if not plane.has_digits:
            left, bottom, right, top = self.rooms[0]
            self.overview = Gallery((left, bottom, right, top - LABEL_ROOM), len(step.channels), plane.own.shape, self.theme)
            name = self.label(f"{len(step.channels)} {self.kin}", self.rooms[0])
            self.overview_name = Ink(name, letter_size(), plane.label.get_fill_color().to_hex()).put(
                (left + right) / 2, top - LABEL_ROOM / 2
            )

    def face(self, step: C, number: int) -> None:
        """Turns to a channel."""
        if number not in self.made:
            self.lenses = []
            self.look(step, number, (self.rooms[0], self.rooms[1]), self.cell)
            self.made[number] = self.lenses[0]
            self.lenses[0].tile.shortens = not self.several
        lens = self.made[number]
        self.lenses, self.facing = [lens], number
        self.deck.submobjects, self.underlay.submobjects = [lens.beam, lens.plane], [*lens.plane.ground]
        self.bench.hold(self.lenses)
        self.note_texts()

    def ground(self, scenery: str) -> list[Mobject]:
        # Of one channel it stays as it is during a beat.
        return [] if self.several else super().ground(scenery)

    def layers(self, scenery: str) -> list[Mobject]:
        return [*([self.underlay] if self.several else []), *super().layers(scenery)]

    def parts(self, scenery: str) -> list[Mobject]:
        beside = [part for part in (self.ledger, self.gallery, self.overview) if part is not None]
        return [*self.output.ground, *beside, self.out_beam, self.deck, self.output, self.grown]

    def beside_results(self) -> list[Mobject]:
        """What is read: one channel, or all of them."""
        return [self.underlay, *([self.overview] if self.overview is not None else []), self.deck]

    # --- other planes ------------------------------------------------------------------------------------------------------------------

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        if self.ledger is not None:
            step = self.trace[0 if opened else len(self.trace) - 1]
            self.face(step, 0)
            self.bench.clear()
            self.settle(0.0)
            self.ledger.hide()
            self.survey(step)

    def survey(self, step: C) -> None:
        """All channels in place of the first."""
        if self.overview is not None:
            self.deck.submobjects, self.underlay.submobjects = [], [self.overview_name]
            self.surveyed = True
            self.overview.show({number: self.colours(step, number) for number in range(len(self.overview.boxes))})

    def colours(self, step: C, number: int) -> np.ndarray:
        """Those of a channel."""
        found = self.given(step, number)
        (above, below), (before, after) = found.sides
        own = found.values[above : len(found.values) - below, before : len(found.values.T) - after]
        if found.tone is not None:
            return toned(own, found.tone)
        every = np.append(found.values, found.others)
        role = self.factors[0]
        return cell_colours(own, self.theme, role, picture=role == "input" and is_picture(every), limit=heat_limit(every))

    def begin(self, step: C, say: str, done: bool = False) -> None:
        super().begin(step, say, done)
        if self.several:
            self.face(step, 0)
            if self.ledger is not None:
                self.ledger.hide()
            self.surveyed = False
            if self.overview is not None:
                self.overview.hide()

    def carry(self, step: C, before: int | None, stop: float) -> list[Cue]:
        return [*super().carry(step, before, stop), *self.grow(step, before, stop)]

    def grow(self, step: C, before: int | None, stop: float) -> list[Cue]:
        """The first channel comes out of all of them."""
        plane = self.lenses[0].plane
        if before is None and self.overview is not None:
            start, end, pixels = (
                self.overview.boxes[0],
                plane.box(plane.sides[0][0], plane.sides[1][0], *plane.own.shape),
                self.colours(step, 0),
            )
            return [during(0, stop, lambda share: self.grown.show(pixels, start, end, share))]
        return []

    # --- the step ----------------------------------------------------------------------------------------------------------------------

    def work(self, work: WrittenStep[C], ticks: int, done: bool) -> None:
        if self.ledger is None:
            super().work(work, ticks, done)
            return
        account = self.account(work.step)
        self.show_part(account, self.window_cells(work.step))
        self.bench.mark(None)
        if ticks >= len(work.step.terms):
            self.tell(account, len(account.texts))

    def show_part(self, account: Account, cells: Sequence[Cell]) -> None:
        """The products of the channel that is there."""
        terms = account.step.terms[account.terms(self.facing)]
        self.lenses[0].show(account.part(self.facing).terms, terms, cells)

    def tell(self, account: Account, count: int, at: int | None = None, bars: int = 0) -> None:
        """The first ``count`` rows of the ledger, and so many bars of the channels after them."""
        if self.ledger is None:
            return
        step, texts, done = account.step, account.texts, count == len(account.texts)
        known = [number for group in account.groups[:count] for number in group]
        known += [number for group in account.groups[count : count + 1] for number in group[:bars]]
        named = [group[0] for group in account.groups if len(group) == 1]
        shown = [text if n < count else "" for n, text in enumerate(texts)]
        total = ("sum" if done else "so far", account.running[count - 1] if count else "")
        self.ledger.show(self.row_names(account), shown, total, at)
        most = max(map(abs, step.partial_sums))
        self.ledger.grow({number: step.partial_sums[number] for number in known}, named, most)

    def row_names(self, account: Account) -> list[str]:
        """Of the rows of the ledger."""
        groups = [self.row_name(account.step, group[0]) if len(group) == 1 else f"{len(group)} more" for group in account.groups]
        return [*groups, *(["bias"] if account.step.bias is not None else [])]

    def way(self, step: C) -> tuple[Box, Box, Sequence[Box]]:
        start, end, texts = super().way(step)
        if self.ledger is not None:
            account = self.account(step)
            start = self.ledger.row(len(account.texts), len(account.texts) + 1)
        return start, end, texts

    def clear_bench(self, work: WrittenStep[C]) -> None:
        super().clear_bench(work)
        if self.ledger is not None:
            self.ledger.clear()
