"""Normalisations: the numbers that share a mean slide out onto a number line, which shifts and shrinks under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np
from manim import Mobject

from engine.code.step import CodeStep
from engine.step import Cell
from scenes.norms.stands import Stands, View
from scenes.parts.beat import Beat
from scenes.parts.desk import Acts, Work
from scenes.parts.general import General
from scenes.parts.ink import Box
from scenes.parts.motion import Cue, during, switch
from scenes.parts.number_line import HIGH, NumberLine, Stand
from scenes.parts.sheet import Sheet
from scenes.parts.story import Story
from scenes.parts.strip import Piece
from scenes.parts.travel import Flight

MOST_DOTS = 128


class Normalization(General):
    """The sheets above, below them the number line in place of the lens, where a stage has one."""

    acts = Acts(0.16, 0.4, 0.66, 0.8)
    quick_acts = Acts(0.3, 0.5, 0.52, 0.8)
    least_lens = HIGH
    #: Results for which all dots of a group move at once; for others each has a way of its own.
    together: ClassVar[tuple[str, ...]] = ("deviation", "normalized")

    def layout(self, trace: Story[CodeStep]) -> None:
        super().layout(trace)
        self.numbers = Stands(self.shown.tensors, self.role, self._text, self.together)
        self.views = self.numbers.views if self.numbers.most <= MOST_DOTS and self.numbers.finite else {}
        self.ranges = self.numbers.ranges() if self.views else {}
        self.axis = NumberLine(self.bench.room, self.theme, self.numbers.most)

    def _text(self, path: str, value: float) -> str:
        """A number as it stands in its cell, now or in another stage."""
        sheet = next((sheets[path] for sheets in (self.here, *self.sheets.values()) if path in sheets), None)
        return sheet.text(value) if sheet is not None and sheet.spot.digits else ""

    def parts(self, scenery: str) -> list[Mobject]:
        return [*super().parts(scenery), self.axis]

    def view(self, step: CodeStep) -> View | None:
        """How the step looks on the line, if it does."""
        return self.views.get(_made(step))

    def reads(self, step: CodeStep) -> Mapping[str, tuple[Box, bool]]:
        """Numbers that move together are framed together."""
        found, view = dict(super().reads(step)), self.view(step)
        if view is not None and _made(step) in self.together and view.source in found and not self.numbers.begun(step):
            sheet = self.here[view.source]
            cells = [_cell(sheet, at) for at in self.numbers.numbers(step)]
            box = sheet.span(cells)
            if box is not None and sheet.solid(cells):
                found[view.source] = (box, sheet.spot.digits)
        return found

    # --- beats -----------------------------------------------------------------------------------------------------------------------

    def begin(self, step: CodeStep, say: str, done: bool = False) -> None:
        super().begin(step, say, done)
        if self.view(step) is None:
            self.axis.clear()
        else:
            self.bench.clear()
            self.axis.scale(*self.ranges[_made(step)])

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        self.axis.clear()

    def keep(self, step: CodeStep, before: int | None) -> None:
        if self.view(step) is None:
            super().keep(step, before)
            return
        self.strip.clear()
        self.axis.show(self._first(step, before))

    def _first(self, step: CodeStep, before: int | None) -> Stand:
        """What is on the line when a step begins; its dots are still in their cells if they have to come from there."""
        return Stand() if self._comes(step, before) else self.numbers.stand(step, moved=False, done=False)

    def _comes(self, step: CodeStep, before: int | None) -> bool:
        view = self.views[_made(step)]
        old = self.trace[before] if before is not None else None
        if view.source not in self.here:
            return False
        return not view.made or old is None or _made(old) != _made(step) or self.numbers.group(old) != self.numbers.group(step)

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
                self.axis.show(start)

        return Cue(0, stop, draw)

    def _out(self, step: CodeStep, view: View) -> list[Flight]:
        """The ways of the dots from their cells, those that can be seen; what is computed already comes from its new cell."""
        self.axis.show(self.numbers.stand(step, moved=False, done=False))
        found, last = [], self.numbers.at(step)
        for n, at in enumerate(self.numbers.numbers(step)):
            sheet = self.here[view.made if view.made and at < last else view.source]
            cell, label = _cell(sheet, at), self.axis.labels.get(n)
            line, box = sheet.line(cell, label.text if label else ""), sheet.span([cell])
            if line and label and sheet.spot.digits:
                found.append(Flight(sheet.role, lines=(line, label)))
            elif line and box is not None:
                found.append(Flight(sheet.role, boxes=(box, self.axis.box(n))))
        self.axis.show(Stand())
        return found

    def flights(self, work: Work[CodeStep]) -> list[Flight]:
        view = self.view(work.step)
        if view is None:
            return super().flights(work)
        return self._out(work.step, view) if view.source in self.here else []

    def read(self, work: Work[CodeStep], start: float, stop: float, ticks: int) -> list[Cue]:
        view = self.view(work.step)
        if view is None or not view.made:
            return super().read(work, start, stop, ticks)
        first, last = self.numbers.stand(work.step, moved=False, done=False), self.numbers.stand(work.step, moved=True, done=False)

        def draw(share: float) -> None:
            if share > 0:
                self.axis.between(first, last, share)

        return [during(start, stop, draw)]

    def quick(self, beat: Beat) -> list[Cue]:
        work, acts = Work.of(self.trace[beat.start]), self.quick_acts
        if self.view(work.step) is None:
            return super().quick(beat)
        self.begin(work.step, beat.say)
        self.keep(work.step, beat.before)
        line = self.line(work)
        return [
            self.glide(work.step, beat.before, acts.arrived),
            *self.read(work, acts.arrived, acts.read, len(work.step.terms)),
            switch(acts.read, lambda there: self.strip.write(line) if there else None),
            *self.land(work, acts.added, acts.written, line),
        ]

    def work(self, work: Work[CodeStep], ticks: int, done: bool) -> None:
        if self.view(work.step) is None:
            super().work(work, ticks, done)
        else:
            self.axis.show(self.numbers.stand(work.step, moved=True, done=done, ticks=ticks))

    def clear_bench(self, work: Work[CodeStep]) -> None:
        if self.view(work.step) is None:
            super().clear_bench(work)

    def land(self, work: Work[CodeStep], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        """While a mean or a spread goes to its cell it comes to the line, too."""
        view, cues = self.view(work.step), super().land(work, start, stop, line)
        if view is None or view.made:
            return cues
        first, last = (self.numbers.stand(work.step, moved=True, done=done, ticks=len(work.step.terms)) for done in (False, True))
        # A spread grows out of 0.
        first = replace(first, lit=None, band=last.band and replace(last.band, value=0.0))

        def draw(share: float) -> None:
            if share > 0:
                self.axis.between(first, last, share)

        return [*cues, during(start, stop, draw)]

    def landing(self, work: Work[CodeStep]) -> list[Flight]:
        """A number goes home from its dot; what belongs to all dots comes from the strip."""
        step, view = work.step, self.view(work.step)
        if view is None or not view.made:
            return super().landing(work)
        stand = self.numbers.stand(step, moved=True, done=True)
        self.axis.show(stand)
        label = self.axis.labels.get(stand.lit) if stand.lit is not None else None
        end = self.here[view.made].line(step.writes[view.made][0], label.text) if label else None
        return [Flight(self.role[view.made], lines=(label, end))] if label and end else super().landing(work)


def _made(step: CodeStep) -> str:
    return next(iter(step.writes))


def _cell(sheet: Sheet, at: int) -> Cell:
    """The cell of a number by its place in memory."""
    return tuple(map(int, np.unravel_index(at, sheet.values.shape)))
