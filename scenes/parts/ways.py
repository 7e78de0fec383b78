"""The ways of numbers in the general picture: from their cells to the lens, from there to the strip, and back to a cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from engine.code.step import CodeStep
from engine.code.strongest import Shortened
from engine.stage import Place
from scenes.parts.desk import WrittenStep
from scenes.parts.factors import Batch, FactorLens, is_flat, laid
from scenes.parts.ink import Box, Line
from scenes.parts.sheet import Sheet
from scenes.parts.travel import Flight
from scenes.parts.worked import WorkedReel

C = TypeVar("C", bound=CodeStep)


class Ways(WorkedReel[C]):
    """A subclass has the tensors ``here``, which have roles, and lays a step under the lens."""

    bench: FactorLens
    role: Mapping[str, str]

    @property
    def here(self) -> dict[str, Sheet]:
        """The tensors on the stage."""
        raise TypeError(f"{type(self).__name__} has no tensors")

    def on_bench(self, step: C) -> bool:
        """Whether a step is worked out under the lens."""
        return True

    def laid(self, work: WrittenStep[C]) -> tuple[str, list[Batch], str]:
        """How a step lies under the lens: its factors, and what stands before and behind them."""
        raise TypeError(f"{type(self).__name__} has no lens")

    def lay(self, work: WrittenStep[C], *, full: bool) -> None:
        """Lays the factors of a step under the lens, their numbers only if ``full``."""
        if not self.on_bench(work.step):
            self.bench.clear()
            return
        before, batches, after = self.laid(work)
        self.bench.show(before, batches, after, full=full)

    def cells_of(self, work: WrittenStep[C], term: int) -> Sequence[Line | Box]:
        """The factors of a term in their cells, as far as all that are in cells can be seen."""
        found: list[Line | Box] = []
        for place, text in zip(work.step.places[term], work.written.terms[term], strict=True):
            if place is None or place[0] not in self.here:
                break
            sheet = self.here[place[0]]
            one = sheet.line(place[1], text) if sheet.spot.digits else sheet.span([place[1]])
            if one is None:
                break
            found.append(one)
        return found

    def sources(self, work: WrittenStep[C], term: int) -> Sequence[Line | Box]:
        """Factors go to the strip from the lens."""
        if not self.on_bench(work.step) or is_flat(work.step.terms):
            return []
        with self.bench.planned(*self.laid(work)):
            rows = range(min(len(work.step.terms[term]), self.bench.rows_of(term)))
            return [self.bench.line(term, row) or self.bench.cell(term, row) for row in rows]

    def flights(self, work: WrittenStep[C]) -> list[Flight]:
        self.lay(work, full=True)
        found = [*self._numbers(work.step), *self._blocks(work.step), *self._others(work.step)] if self.bench.batches else []
        self.bench.clear()
        return found

    def _factors(self, step: C) -> Iterator[tuple[int, int, Place]]:
        """All factors that stand somewhere: the term, the position in it, and the place."""
        listed = [*laid(step.places), *([(step.over,)] if step.over else [])]
        for term, places in enumerate(listed):
            for row, place in enumerate(places):
                if place is not None:
                    yield term, row, place

    def _numbers(self, step: C) -> Iterator[Flight]:
        sheets, names = self.here, [*laid(step.names), step.over or ("",)]
        for term, row, (path, cell) in self._factors(step):
            end = self.bench.line(term, row) if row < self.bench.rows_of(term) else None
            if end and path in sheets and names[term][row] != path:
                # What stands in the cell is on its way, and becomes what is made of it where it arrives.
                end = replace(end, text=sheets[path].text(float(sheets[path].values[cell])))
            start = sheets[path].line(cell, end.text) if path in sheets and end else None
            if start and end:
                turn, box = self.bench.turn(term, row), sheets[path].span([cell])
                # Out of a coloured cell comes a coloured cell.
                if sheets[path].spot.digits or box is None:
                    yield Flight(self.role[path], turn, lines=(start, end))
                else:
                    yield Flight(self.role[path], turn, boxes=(box, self.bench.cell(term, row)))

    def _blocks(self, step: C) -> Iterator[Flight]:
        """Rows of coloured cells travel as one."""
        sheets, spans = self.here, dict[tuple[int, int, str], list[tuple[int, ...]]]()
        for term, row, (path, cell) in self._factors(step):
            number, _ = self.bench.find(term)
            if row < self.bench.rows_of(term) and not self.bench.places[number].digits and path in sheets:
                spans.setdefault((number, row, path), []).append(cell)
        for (number, row, path), cells in spans.items():
            box = sheets[path].span(cells)
            if box is not None:
                yield Flight(self.role[path], row, boxes=(box, self.bench.row(number, row)))

    def _others(self, step: C) -> Iterator[Flight]:
        """What is not followed one by one comes from all that is read."""
        if isinstance(step, Shortened):
            spans = [self.here[path].span(cells) for path, cells in step.reads.items() if path in self.here and len(cells) > 1]
            end = self.bench.cell(len(step.terms) - 1, 0)
            yield from [Flight("ink", boxes=(box, end)) for box in spans[:1] if box]

    def landing(self, work: WrittenStep[C]) -> list[Flight]:
        made = work.step.made
        start = self.strip.last
        end = self.here[made].line(work.step.writes[made][0], start.text) if start and made in self.here else None
        return [Flight(self.role[made], lines=(start, end))] if start and end else []
