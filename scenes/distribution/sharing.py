"""A concept that turns rows of numbers into shares: its tensors above, its code, and in place of the lens the shares as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
from manim import Mobject

from engine.code.step import CodeStep
from scenes.distribution.shares import ACTS, MOST_BARS, Moment, Row, Shares, finite
from scenes.parts.arrange import LABEL_ROOM
from scenes.parts.beat import Beat
from scenes.parts.desk import Work
from scenes.parts.frame import STAGE
from scenes.parts.general import GAP, General
from scenes.parts.ink import Box
from scenes.parts.listing import code_room
from scenes.parts.motion import Cue, smooth
from scenes.parts.rooms import around
from scenes.parts.sheet import WORD_ROOM, plane_shape
from scenes.parts.story import Story
from scenes.parts.strip import Piece
from scenes.parts.travel import Flight

ROW, ALL_ROWS = 0.56, 0.9  # height of a row of the tensors above, and of all of them at the most
LEVEL = 0.03  # half the thickness of a line that a block of cells becomes


class Sharing(General):
    """``deeds`` are the acts of the stages; a stage without one has the lens.

    ``numbers`` are the tensors that the bars may be of, ``wanted`` those of what the shares ought to be: the first one that there is.
    """

    deeds: ClassVar[Mapping[str, str]]
    numbers: ClassVar[Sequence[str]] = ("input",)
    parts_of: ClassVar[str] = "exp"
    shares: ClassVar[str] = "output"
    wanted: ClassVar[Sequence[str]] = ()
    picture: Shares | None

    def layout(self, trace: Story[CodeStep]) -> None:
        fits = self._fits()
        below = code_room(self.code, STAGE[2] - STAGE[0]) + GAP
        self.least_lens = STAGE[3] - STAGE[1] - below - self._rows(trace) - GAP if fits else 0.0
        super().layout(trace)
        self.picture = self._shares() if fits else None

    def _shares(self) -> Shares:
        """The picture in place of the lens."""
        parts, level = self.shown.computed[self.parts_of], self.shown.computed[next(iter(self.deeds))]
        axes = enumerate(zip(parts.shape, level.shape, strict=True))
        self.axis = next((axis for axis, (many, one) in axes if many != one), parts.ndim - 1)
        names = self.words or [f"[{number}]" for number in range(parts.shape[self.axis])]
        return Shares(self.bench.room, parts.shape[self.axis], names, float(parts.sum(self.axis).max()), self.theme)

    def _fits(self) -> bool:
        """Whether there are shares, not too many of them to be seen, and nothing larger than they."""
        shares = self.shown.computed.get(self.shares)
        if shares is None or self.parts_of not in self.shown.computed:
            return False
        return max(shares.shape) <= MOST_BARS and all(one.ndim <= shares.ndim for one in self.shown.computed.values())

    def _rows(self, trace: Story[CodeStep]) -> float:
        """Height of the tensors above, with the words of their columns."""
        words = WORD_ROOM if trace.params.get("labels") else 0
        return LABEL_ROOM + words + min(ALL_ROWS, ROW * max(plane_shape(values.shape)[0] for values in self.shown.tensors.values()))

    def parts(self, scenery: str) -> list[Mobject]:
        return [*super().parts(scenery), *([self.picture] if self.picture else [])]

    # --- rows ------------------------------------------------------------------------------------------------------------------------

    def act(self, step: CodeStep) -> str:
        """What a step does to its row; nothing that could be seen, if it is about all rows or if shares are not all that it reads."""
        made = next(iter(step.writes))
        act = self.deeds.get(made, "")
        if not self.picture or not act:
            return ""
        few = self.shown.computed[made].ndim < self.shown.computed[self.shares].ndim - 1
        weighed = act == "push" and any(len(term) > 1 for term in step.terms)
        return "" if few or weighed else act

    def where(self, path: str, cell: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
        """The row of a cell, and its number in that."""
        if self.shown.tensors[path].ndim < self.shown.computed[self.shares].ndim:
            return cell, 0
        return (*cell[: self.axis], *cell[self.axis + 1 :]), cell[self.axis]

    def row(self, step: CodeStep) -> Row:
        """The row that a step is about."""
        made, (cell, *_) = next(iter(step.writes.items()))
        at, _ = self.where(made, cell)
        known = {**self.shown.tensors, **self.trace.outputs}

        def found(paths: Sequence[str]) -> list[float] | None:
            there = [known[path] for path in paths if path in known]
            return finite(np.moveaxis(there[0], self.axis, -1)[at]) if there else None

        numbers, parts, shares, wanted = map(found, (self.numbers, [self.parts_of], [self.shares], self.wanted))
        chosen = wanted.index(1.0) if wanted and 1.0 in wanted else None
        return Row(numbers or [], parts or [], shares or [], wanted, chosen)

    def moment(self, step: CodeStep, read: float = 0.0, ticks: int = 0, done: float = 0.0) -> Moment:
        """How far a step has come whose numbers are ``read``, or are on their way, and ``ticks`` of whose terms are added."""
        made, (cell, *_) = next(iter(step.writes.items()))
        act, (_, number) = self.act(step), self.where(made, cell)
        stages = [stage for stage, deed in self.deeds.items() if deed == act]
        # What an earlier cell or stage has done is done.
        moved = read if number == 0 and made == stages[0] else 1.0
        count, now = self.shown.computed[self.parts_of].shape[self.axis], number + int(done)
        fall = "sink" if "sink" in self.deeds.values() else "land"

        def come(name: str, far: float, whole: float) -> float:
            behind = ACTS.index(name) - ACTS.index(act)
            return whole if behind < 0 else far if behind == 0 else 0

        return Moment(
            grow=come("level", read, 1.0),
            level=int(come("level", ticks, count)),
            sink=come(fall, moved, 1.0),
            land=int(come("land", now, count)),
            total=int(come("total", ticks, count)),
            scale=come("scale", moved, 1.0),
            known=int(come("scale", now, count)),
            pull=come("pull", moved, 1.0),
            share=int(come("share", now, count)),
            push=come("push", number + done, count),
            marked=_marked(act, number, ticks),
            above=act in ("level", "sink", "land", "push"),
        )

    def draw(self, step: CodeStep, moment: Moment) -> None:
        """The row of a step at a moment."""
        if self.picture:
            self.picture.show(self.row(step), moment)

    # --- beats -----------------------------------------------------------------------------------------------------------------------

    def begin(self, step: CodeStep, say: str, done: bool = False) -> None:
        super().begin(step, say, done)
        if self.act(step):
            self.bench.clear()
        elif self.picture:
            self.picture.clear()

    def keep(self, step: CodeStep, before: int | None) -> None:
        if not self.act(step):
            super().keep(step, before)
            return
        self.strip.clear()
        self.draw(step, self.moment(step))

    def work(self, work: Work[CodeStep], ticks: int, done: bool) -> None:
        if self.act(work.step):
            self.draw(work.step, self.moment(work.step, 1.0, ticks, float(done)))
        else:
            super().work(work, ticks, done)

    def clear_bench(self, work: Work[CodeStep]) -> None:
        if not self.act(work.step):
            super().clear_bench(work)

    def read(self, work: Work[CodeStep], start: float, stop: float, ticks: int) -> list[Cue]:
        return [*super().read(work, start, stop, ticks), *self._moving(work.step, start, stop)]

    def _moving(self, step: CodeStep, start: float, stop: float) -> list[Cue]:
        """The row moves while numbers are read."""

        def draw(share: float) -> None:
            if 0 < share < 1:
                self.draw(step, self.moment(step, smooth(share)))

        return [Cue(start, stop, draw)] if self.act(step) else []

    def quick(self, beat: Beat) -> list[Cue]:
        return [*super().quick(beat), *self._moving(self.trace[beat.start], 0.0, self.quick_acts.arrived)]

    def land(self, work: Work[CodeStep], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        step = work.step

        def draw(share: float) -> None:
            if 0 < share < 1:
                self.draw(step, self.moment(step, 1.0, len(step.terms), smooth(share)))

        arrow = [Cue(start, stop, draw)] if self.act(step) == "push" else []
        return [*super().land(work, start, stop, line), *arrow]

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        if self.picture:
            self.picture.clear()

    # --- ways ------------------------------------------------------------------------------------------------------------------------

    def flights(self, work: Work[CodeStep]) -> list[Flight]:
        """Cells become the bars or the pieces that they are."""
        if not self.act(work.step):
            return super().flights(work)
        found = []
        for _, row, (path, cell) in self._factors(work.step):
            box = self.here[path].span([cell]) if path in self.here else None
            if box:
                found.append(Flight(self.role[path], row, boxes=(box, self._place(work.step, path, cell))))
        return found

    def _place(self, step: CodeStep, path: str, cell: tuple[int, ...]) -> Box:
        """Where a number stands in the picture: as a bar or a piece, or if it is about all of them, over all of them."""
        assert self.picture
        row, at = self.row(step), self.moment(step)
        _, number = self.where(path, cell)
        pieces = self.picture.pieces(row, at.scale)
        values = self.shown.tensors[path]
        whole = values.ndim < self.shown.computed[self.shares].ndim or values.shape[self.axis] == 1 < len(row.parts)
        if not at.above:
            return around(pieces) if whole else pieces[number]
        if whole:
            _, _, _, y = self.picture.bar(row, row.numbers.index(row.largest), at.sink)
            return self.picture.bars.left, y - LEVEL, self.picture.bars.right, y + LEVEL
        return self.picture.aim(row, number) if ACTS.index(self.act(step)) > ACTS.index("share") else self.picture.bar(row, number, at.sink)

    def landing(self, work: Work[CodeStep]) -> list[Flight]:
        found, step, act = super().landing(work), work.step, self.act(work.step)
        if self.picture and act in ("land", "share"):
            row, at = self.row(step), self.moment(step, 1.0)
            _, number = self.where(*next((path, cells[0]) for path, cells in step.writes.items()))
            piece = self.picture.pieces(row, at.scale)[number]
            ends = (self.picture.bar(row, number, at.sink), piece) if act == "land" else (piece, self.picture.aim(row, number))
            found.append(Flight("output", boxes=ends))
        return found


def _marked(act: str, number: int, ticks: int) -> int | None:
    """Which of the bars or pieces a step is about."""
    if act in ("level", "total"):
        return ticks - 1 if ticks else None
    return None if act == "pull" else number
