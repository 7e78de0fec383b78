"""A concept that turns rows of numbers into shares: its tensors above, its code, and in place of the lens the shares as bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from engine.code.step import CodeStep
from scenes.distribution.shares import ACTS, MOST_BARS, Moment, ShareRow, Shares, finite
from scenes.parts.beat import Beat
from scenes.parts.desk import WrittenStep
from scenes.parts.ink import Box
from scenes.parts.mechanism import Mechanism
from scenes.parts.motion import Cue, smooth
from scenes.parts.pieces import Piece
from scenes.parts.places import END, WHOLE
from scenes.parts.rooms import around
from scenes.parts.shown import Shown
from scenes.parts.travel import Flight

LEVEL = 0.03  # half the thickness of a line that a block of cells becomes


class Sharing(Mechanism):
    """``deeds`` are the acts of the stages; a stage without one has the lens.

    ``numbers`` are the tensors that the bars may be of, ``wanted`` those of what the shares ought to be: the first one that there is.
    """

    deeds: ClassVar[Mapping[str, str]]
    numbers: ClassVar[Sequence[str]] = ("input",)
    parts_of: ClassVar[str] = "exp"
    shares: ClassVar[str] = "output"
    wanted: ClassVar[Sequence[str]] = ()
    costs: ClassVar[str] = "losses"  # what the wanted ones cost; there may be a curve of that
    picture: Shares
    heights = (3.5, 3.1, 2.5)

    def survey(self) -> Shown:
        return Shown(self.trace, self.shares)

    def possible(self) -> bool:
        """Whether there are shares, not too many of them to be seen, and nothing larger than they."""
        computed = self.shown.computed
        if self.shares not in computed or self.parts_of not in computed:
            return False
        largest = next(path for path, deed in self.deeds.items() if deed == "level")
        shares, parts, level = (computed[path] for path in (self.shares, self.parts_of, largest))
        axes = enumerate(zip(parts.shape, level.shape, strict=True))
        self.axis = next((axis for axis, (many, one) in axes if many != one), parts.ndim - 1)
        self.rows: int = shares.size // shares.shape[self.axis]
        return max(shares.shape) <= MOST_BARS and all(one.ndim <= shares.ndim for one in computed.values())

    def pictured(self, step: CodeStep) -> bool:
        return self.act(step) != ""

    def stays(self) -> bool:
        return self.rows == 1  # it would be that of the last one

    def settle(self, last: CodeStep) -> None:
        self.draw(last, replace(self.moment(last, 1.0, len(last.terms), 1.0), marked=None))

    def make(self, room: Box) -> Shares:
        parts = self.shown.computed[self.parts_of]
        names = self.words or [f"[{number}]" for number in range(parts.shape[self.axis])]
        return Shares(room, parts.shape[self.axis], names, float(parts.sum(self.axis).max()), self.theme, self.trace.outputs.get("curve"))

    def words_of(self, stage: str) -> Sequence[str]:
        """Bars have names of their own."""
        return [] if self.drawn and stage in (WHOLE, *self.seen, *[END] * self.kept) else self.words

    # --- rows ------------------------------------------------------------------------------------------------------------------------

    def act(self, step: CodeStep) -> str:
        """What a step does to its row; nothing that could be seen, if it is about all rows or if shares are not all that it reads."""
        act = self.deeds.get(step.made, "")
        if not act:
            return ""
        few = self.shown.computed[step.made].ndim < self.shown.computed[self.shares].ndim - 1
        weighed = act == "push" and any(len(term) > 1 for term in step.terms)
        return "" if few or weighed else act

    def where(self, path: str, cell: tuple[int, ...]) -> tuple[tuple[int, ...], int]:
        """The row of a cell, and its number in that."""
        if self.shown.tensors[path].ndim < self.shown.computed[self.shares].ndim:
            return cell, 0
        return (*cell[: self.axis], *cell[self.axis + 1 :]), cell[self.axis]

    def row(self, step: CodeStep) -> ShareRow:
        """The row that a step is about."""
        at, _ = self.where(step.made, step.target)
        known = {**self.shown.tensors, **self.trace.outputs}

        def found(paths: Sequence[str]) -> list[float] | None:
            there = [known[path] for path in paths if path in known]
            return finite(np.moveaxis(there[0], self.axis, -1)[at]) if there else None

        numbers, parts, shares, wanted = map(found, (self.numbers, [self.parts_of], [self.shares], self.wanted))
        chosen = wanted.index(1.0) if wanted and 1.0 in wanted else None
        cost = float(known[self.costs][at]) if self.picture.curve is not None else None
        return ShareRow(numbers or [], parts or [], shares or [], wanted, chosen, cost)

    def moment(self, step: CodeStep, read: float = 0.0, ticks: int = 0, done: float = 0.0, cost: float = 0.0) -> Moment:
        """How far a step has come whose numbers are ``read``, or are on their way, and ``ticks`` of whose terms are added."""
        act, (_, number) = self.act(step), self.where(step.made, step.target)
        stages = [stage for stage, deed in self.deeds.items() if deed == act]
        # What an earlier cell or stage has done is done.
        moved = read if number == 0 and step.made == stages[0] else 1.0
        count, now = self.shown.computed[self.parts_of].shape[self.axis], number + int(done)
        fall = "sink" if "sink" in self.deeds.values() else "land"
        # Bars of the only row stay where they were looked at.
        grown = ("look",) if "look" in self.deeds.values() and self.rows == 1 else ("look", "level")

        def come(name: str, far: float, whole: float) -> float:
            behind = ACTS.index(name) - ACTS.index(act)
            return whole if behind < 0 else far if behind == 0 else 0

        return Moment(
            grow=moved if act in grown else 1.0,
            level=int(come("level", ticks, count)),
            sink=come(fall, moved, 1.0),
            land=int(come("land", now, count)),
            total=int(come("total", ticks, count)),
            scale=come("scale", moved, 1.0),
            known=int(come("scale", now, count)),
            pull=come("pull", moved, 0.0),
            cost=(1.0 if ticks or done or step.made != stages[0] else cost) if act == "pull" else None,
            share=int(come("share", now, count)),
            push=come("push", number + done, count),
            marked=_marked(act, number, ticks),
            above=act in ("look", "level", "sink", "land", "push"),
        )

    def shortens(self, step: CodeStep) -> bool:
        """All bars are seen, one after the other."""
        return not self.shows(step)

    def draw(self, step: CodeStep, moment: Moment) -> None:
        """The row of a step at a moment."""
        self.picture.show(self.row(step), moment)

    # --- beats -----------------------------------------------------------------------------------------------------------------------

    def keep(self, step: CodeStep, before: int | None) -> None:
        if not self.shows(step):
            super().keep(step, before)
            return
        self.strip.clear()
        self.draw(step, self.moment(step))

    def work(self, work: WrittenStep[CodeStep], ticks: int, done: bool) -> None:
        super().work(work, ticks, done)
        if self.shows(work.step):
            self.draw(work.step, self.moment(work.step, 1.0, ticks, float(done)))

    def read(self, work: WrittenStep[CodeStep], start: float, stop: float, ticks: int) -> list[Cue]:
        return [*super().read(work, start, stop, ticks), *self._moving(work.step, start, stop)]

    def _moving(self, step: CodeStep, start: float, stop: float) -> list[Cue]:
        """The row moves while numbers are read."""
        return self._cues(step, start, stop, lambda share: self.moment(step, share))

    def _cues(
        self, step: CodeStep, start: float, stop: float, moment: Callable[[float], Moment], act: str = "", *, stays: bool = False
    ) -> list[Cue]:
        """The row on its way, and where it ``stays`` as it is then, at the end; in steps of one ``act`` if one is named."""

        def draw(share: float) -> None:
            if 0 < share < 1 or (stays and share == 1):
                self.draw(step, moment(smooth(share)))

        return [Cue(start, stop, draw)] if self.shows(step) and act in ("", self.act(step)) else []

    def full(self, beat: Beat) -> list[Cue]:
        """The dot goes to the curve of costs when the share has come below it."""
        step = self.trace[beat.start]
        cost = self._cues(step, self.acts.read, self.acts.added, lambda share: self.moment(step, 1.0, cost=share), "pull", stays=True)
        return [*super().full(beat), *cost]

    def quick(self, beat: Beat) -> list[Cue]:
        return [*super().quick(beat), *self._moving(self.trace[beat.start], 0.0, self.quick_acts.arrived)]

    def land(self, work: WrittenStep[CodeStep], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        step = work.step
        arrow = self._cues(step, start, stop, lambda share: self.moment(step, 1.0, len(step.terms), share), "push")
        return [*super().land(work, start, stop, line), *arrow]

    # --- ways ------------------------------------------------------------------------------------------------------------------------

    def flights(self, work: WrittenStep[CodeStep]) -> list[Flight]:
        """Cells become the bars or the pieces that they are."""
        if not self.shows(work.step):
            return super().flights(work)
        found = []
        for _, row, (path, cell) in self._factors(work.step):
            box = self.here[path].span([cell]) if path in self.here else None
            if box:
                found.append(Flight(self.role[path], row, boxes=(box, self._place(work.step, path, cell))))
        return found

    def _place(self, step: CodeStep, path: str, cell: tuple[int, ...]) -> Box:
        """Where a number stands in the picture: as a bar or a piece, or if it is about all of them, over all of them."""
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

    def landing(self, work: WrittenStep[CodeStep]) -> list[Flight]:
        found, step = super().landing(work), work.step
        act = self.act(step) if self.shows(step) else ""
        if act in ("land", "share"):
            row, at = self.row(step), self.moment(step, 1.0)
            _, number = self.where(step.made, step.target)
            piece = self.picture.pieces(row, at.scale)[number]
            ends = (self.picture.bar(row, number, at.sink), piece) if act == "land" else (piece, self.picture.aim(row, number))
            found.append(Flight("share", boxes=ends))
        return found


def _marked(act: str, number: int, ticks: int) -> int | None:
    """Which of the bars or pieces a step is about."""
    if act in ("level", "total"):
        return ticks - 1 if ticks else None
    return None if act == "pull" else number
