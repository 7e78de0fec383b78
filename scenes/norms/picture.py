"""Normalisations: the numbers that share a mean slide out onto a number line, which shifts and shrinks under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from engine.code.step import CodeStep
from engine.code.strongest import number_of, numbers_of
from engine.step import Cell
from scenes.norms.stands import FINE, Stands, View, taking_turns
from scenes.parts.beat import Beat
from scenes.parts.desk import Acts, Framed, WrittenStep, framed
from scenes.parts.ink import Box, Line, letter_size, text_width
from scenes.parts.mechanism import Mechanism
from scenes.parts.motion import Cue, during
from scenes.parts.number_line import HIGH, NumberLine, Stand
from scenes.parts.pieces import Piece
from scenes.parts.travel import Flight

MOST_DOTS = 1024
BESIDE = 0.15  # between the name of a group and its line


class Normalization(Mechanism):
    """The sheets above, below them the number line, on which a stage looks as its view says."""

    acts = Acts(0.16, 0.4, 0.66, 0.8)
    quick_acts = Acts(0.3, 0.5, 0.52, 0.8)
    heights = (2.4, 1.9, HIGH)
    #: Results for which all dots of a group move at once; for others each has a way of its own.
    together: ClassVar[tuple[str, ...]] = ("deviation", "normalized")
    #: What the numbers of a group have in common, axis by axis.
    whose: ClassVar[tuple[str, ...]] = ("sample",)

    def possible(self) -> bool:
        self.numbers = Stands(self.shown.tensors, self.role, self._text, self.together, self.whose)
        self.views = self.numbers.views
        return self.numbers.most <= MOST_DOTS and self.numbers.finite

    def pictured(self, step: CodeStep) -> bool:
        return step.made in self.views

    def make(self, room: Box) -> NumberLine:
        longest = self.numbers.names(int(self.numbers.owner.max()))
        named = max((text_width(name, letter_size()) + BESIDE for name in longest), default=0.0)
        self.ranges, line = self.numbers.ranges(), NumberLine(room, self.theme, self.numbers.most, named)
        self.widest = line.radius
        return line

    def _scale(self, step: CodeStep) -> None:
        """From where to where the line reaches in a step, and how large the dots of its group are."""
        low, high = self.ranges[step.made]
        self.picture.call(self.numbers.names(self.numbers.group(step)))
        self.picture.scale(low, high, self.picture.fitting(low, high, self.widest, self.numbers.piles(step)))

    def _text(self, path: str, value: float) -> str:
        """A number as it stands in its cell, now or in another stage."""
        sheet = next((sheets[path] for sheets in (self.here, *self.sheets.values()) if path in sheets), None)
        return sheet.text(value) if sheet is not None and sheet.spot.digits else ""

    def view(self, step: CodeStep) -> View | None:
        """How the step looks on the line, if it does."""
        return self.views.get(step.made) if self.drawn else None

    def reads(self, step: CodeStep) -> Mapping[str, Framed]:
        """Numbers that move together are framed together, and so are those that are too small for frames of their own."""
        found, view = dict(super().reads(step)), self.view(step)
        if view is None or view.source not in found:
            return found
        sheet, moves = self.here[view.source], step.made in self.together and not self.numbers.begun(step)
        box = self._group(step, view.source) if moves or min(sheet.cell) < FINE else None
        return found | ({view.source: framed(box, shaded=sheet.spot.digits)} if box else {})

    def target(self, step: CodeStep) -> Box | None:
        view = self.view(step)
        sheet = self.here.get(step.made)
        fine = view is not None and sheet is not None and step.made == view.made and min(sheet.cell) < FINE
        return (self._group(step, step.made) if fine else None) or super().target(step)

    def _group(self, step: CodeStep, path: str) -> Box | None:
        """All numbers of the group of a step, if they stand in one block."""
        sheet = self.here[path]
        cells = [self._cell(path, at) for at in self.numbers.numbers(step)]
        return sheet.span(cells) if sheet.solid(cells) else None

    def _cell(self, path: str, at: int) -> Cell:
        """The cell of a number by its place in memory."""
        return tuple(map(int, np.unravel_index(at, self.shown.tensors[path].shape)))

    # --- beats -----------------------------------------------------------------------------------------------------------------------

    def begin(self, step: CodeStep, say: str, done: bool = False) -> None:
        super().begin(step, say, done)
        if self.shows(step):
            self._scale(step)

    def rest(self, opened: bool) -> None:
        last = self.trace[len(self.trace) - 1]
        if self.shows(last):
            self._scale(last)
        super().rest(opened)

    def keep(self, step: CodeStep, before: int | None) -> None:
        if not self.shows(step):
            super().keep(step, before)
            return
        self.strip.clear()
        self.picture.show(self._first(step, before))

    def _first(self, step: CodeStep, before: int | None) -> Stand:
        """What is on the line when a step begins; its dots are still in their cells if they have to come from there."""
        return Stand() if self._comes(step, before) else self.numbers.stand(step, moved=False, done=False)

    def _comes(self, step: CodeStep, before: int | None) -> bool:
        view = self.views[step.made]
        old = self.trace[before] if before is not None else None
        if view.source not in self.here:
            return False
        return not view.made or old is None or old.made != step.made or self.numbers.group(old) != self.numbers.group(step)

    def glide(self, step: CodeStep, before: int | None, stop: float) -> Cue:
        """With the frames come the dots, out of their cells."""
        cue, view = super().glide(step, before, stop), self.view(step)
        if view is None or not view.made or not self._comes(step, before):
            return cue
        flights, start = self._out(step, view), self.numbers.stand(step, moved=False, done=False)

        def draw(share: float) -> None:
            cue.draw(share)
            self.travellers.show(flights, share)
            if share >= 1:
                self.picture.show(start)

        return Cue(0, stop, draw)

    def _out(self, step: CodeStep, view: View) -> list[Flight]:
        """The ways of the dots from their cells, those that can be seen; what is computed already comes from its new cell."""
        self.picture.show(self.numbers.stand(step, moved=False, done=False))
        found, last = [], self.numbers.at(step)
        for n, at in enumerate(self.numbers.numbers(step)):
            path = view.made if view.made and at < last else view.source
            sheet, cell, label = self.here[path], self._cell(path, at), self.picture.labels.get(n)
            line, box = sheet.line(cell, label.text if label else ""), sheet.span([cell])
            if line and label and sheet.spot.digits:
                found.append(Flight(sheet.role, lines=(line, label)))
            elif line and box is not None:
                found.append(Flight(sheet.role, boxes=(box, self.picture.box(n))))
        self.picture.show(Stand())
        return found

    def ticking(self, work: WrittenStep[CodeStep], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        """Where no dot moves there is nothing to wait for."""
        waits = not self.shows(work.step) or self.views[work.step.made].source in work.step.reads
        return super().ticking(work, start if waits else self.acts.arrived, stop, line)

    def sources(self, work: WrittenStep[CodeStep], term: int) -> Sequence[Line | Box]:
        """A number goes to the strip from its dot, or where no dot is read from its cell."""
        if not self.shows(work.step) or self.views[work.step.made].made:
            return super().sources(work, term)
        if self.views[work.step.made].source not in work.step.reads:
            return self.cells_of(work, term)
        now = number_of(work.step, term)
        return [self.picture.box(now)] * len(work.step.terms[term]) if now is not None and now < len(self.picture.middles) else []

    def flights(self, work: WrittenStep[CodeStep]) -> list[Flight]:
        view = self.view(work.step)
        if view is None:
            return super().flights(work)
        return self._out(work.step, view) if view.source in self.here else []

    def read(self, work: WrittenStep[CodeStep], start: float, stop: float, ticks: int) -> list[Cue]:
        view = self.view(work.step)
        if view is None or not view.made:
            return super().read(work, start, stop, ticks)
        first, last = self.numbers.stand(work.step, moved=False, done=False), self.numbers.stand(work.step, moved=True, done=False)

        def draw(share: float) -> None:
            if share > 0:
                self.picture.between(first, last, share)

        return [during(start, stop, draw)]

    def swept(self, pictures: Sequence[int]) -> Sequence[int]:
        """Numbers of one group after the other, where those of several take turns."""
        steps = [self.trace[k] for k in pictures]
        if not all(map(self.shows, steps)) or len({step.made for step in steps}) > 1:
            return pictures
        return taking_turns(pictures, [self.numbers.group(step) for step in steps])

    def quick(self, beat: Beat) -> list[Cue]:
        """What is read moves here, too."""
        glide, *others = super().quick(beat)
        work, acts = self.written(self.trace[beat.start]), self.quick_acts
        moving = self.read(work, acts.arrived, acts.read, len(work.step.terms)) if self.shows(work.step) else []
        return [glide, *moving, *others]

    def work(self, work: WrittenStep[CodeStep], ticks: int, done: bool) -> None:
        super().work(work, ticks, done)
        if self.shows(work.step):
            self.picture.show(self._stand(work.step, ticks, done))

    def _stand(self, step: CodeStep, ticks: int, done: bool) -> Stand:
        """What is on the line once the dots have moved, so many of the terms that are shown added."""
        now = number_of(step, ticks - 1) if ticks else None
        return self.numbers.stand(step, moved=True, done=done, now=now, added=numbers_of(step, ticks))

    def land(self, work: WrittenStep[CodeStep], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        """While a mean or a spread goes to its cell it comes to the line, too."""
        view, cues = self.view(work.step), super().land(work, start, stop, line)
        if view is None or view.made:
            return cues
        first, last = (self._stand(work.step, len(work.step.terms), done) for done in (False, True))
        # A spread grows out of 0.
        first = replace(first, lit=None, band=last.band and replace(last.band, value=0.0))

        def draw(share: float) -> None:
            if share > 0:
                self.picture.between(first, last, share)

        return [*cues, during(start, stop, draw)]

    def landing(self, work: WrittenStep[CodeStep]) -> list[Flight]:
        """A number goes home from its dot; what belongs to all dots comes from the strip."""
        step, view = work.step, self.view(work.step)
        if view is None or not view.made:
            return super().landing(work)
        stand = self.numbers.stand(step, moved=True, done=True)
        self.picture.show(stand)
        label = self.picture.labels.get(stand.lit) if stand.lit is not None else None
        end = self.here[view.made].line(step.writes[view.made][0], label.text) if label else None
        return [Flight(self.role[view.made], lines=(label, end))] if label and end else super().landing(work)
