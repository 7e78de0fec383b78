"""The general picture: any steps that say where their factors stand, as well shown as those of a concept with a scene of its own.

A concept without a file in ``scenes`` is shown by it. Plain ``manim render`` needs a class in a file: one that says ``concept = "name"``
and nothing else will do.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from manim import Mobject

from engine.code.step import CodeStep
from engine.functions import FUNCTIONS
from scenes.parts.arrange import Arrangement
from scenes.parts.beat import Beat
from scenes.parts.desk import Acts, Work
from scenes.parts.factors import Batch, FactorLens, is_flat, laid
from scenes.parts.frame import STAGE
from scenes.parts.ink import Box
from scenes.parts.listing import CLOSE, Listing, code_room, listing_height
from scenes.parts.motion import Cue
from scenes.parts.places import END, START, WHOLE, Places
from scenes.parts.raster import heat_limit
from scenes.parts.roles import role_of
from scenes.parts.rooms import overlap
from scenes.parts.sheet import WORD_ROOM, Sheet, even
from scenes.parts.shown import Shown
from scenes.parts.story import Story
from scenes.parts.strip import Roles
from scenes.parts.travel import Flight
from scenes.parts.worked import WorkedReel

LENS_ROW, LOW_LENS_ROW = 0.62, 0.54
GAP = 0.18
MOST_LISTED = 4  # lines of code for which there must be room


class General(WorkedReel[CodeStep]):
    """Tensors above, where they belong; below them the lens on the present step, and its line of code."""

    acts = Acts(0.1, 0.26, 0.66, 0.78)
    quick_acts = Acts(0.25, 0.27, 0.4, 0.6)
    most_read = 4
    least_lens: float = 0.0  # room for the lens, whatever lies under it
    #: What the tensors, the lens and the code have of the stage.
    zone: Box = STAGE
    stacked: bool = False  # whether tensors may all stand below one another there
    bench: FactorLens

    def legend(self) -> list[str]:
        found = {*self.role.values()}
        return [*(role for role in ("input", "weight", "output", "gradient") if role in found), "reading"]

    def setup(self) -> None:
        """What there is to show is needed by all parts."""
        self.shown = Shown(self.trace)
        self.role = {path: role_of(path, path not in self.shown.given) for path in self.shown.tensors}
        self.code: Mapping[str, str] = getattr(self.trace, "code", {})
        super().setup()

    def layout(self, trace: Story[CodeStep]) -> None:
        left, bottom, right, top = self.zone
        factors = max((len(term) for step in self.shown.steps if self.on_bench(step) for term in laid(step.terms)), default=0)
        floor = bottom + code_room(self.code, right - left) + GAP
        # Before the first step a few lines of code stand where code and lens do.
        high = max((LENS_ROW if factors < 3 else LOW_LENS_ROW) * factors, self.least_lens)
        top_of_lens = max(floor + high, bottom + CLOSE * min(len(self.code), MOST_LISTED))
        lens = (left, floor, right, top_of_lens)
        self.bench = FactorLens(lens, max(1, factors), self.theme)
        #: Of columns. They stand below the tensors.
        self.words = trace.params.get("labels") or []
        low = WORD_ROOM * bool(self.words)
        self.room: Box = (left, lens[3] + GAP + low, right, top)
        listed = listing_height(self.code, right - left) + GAP
        places = Places(self.shown, self.role, self.room, (left, bottom + low, right, top), listed, stacked=self.stacked)
        arranged = places.of_stages()
        self.fits = all(found.fits for found in arranged.values())
        self.sheets = {name: self._sheets(found, places.abreast) for name, found in arranged.items()}
        self.listing = Listing(self.code, self.zone, self.role, self.theme)

    def _sheets(self, found: Arrangement, abreast: Container[str]) -> dict[str, Sheet]:
        """Tensors in their places, with the words of their columns."""
        sheets = {
            path: Sheet(path, self.shown.tensors[path], spot, self.role[path], self.theme, abreast=path in abreast)
            for path, spot in found.spots.items()
        }
        even(list(sheets.values()))
        for sheet in sheets.values():
            others = [box for other in sheets.values() if other is not sheet for box in (other.whole, other.label_box)]
            if not any(overlap(sheet.below, box) for box in others):
                sheet.name_columns(self.words)
        return sheets

    def on_bench(self, step: CodeStep) -> bool:
        """Whether a step is worked out under the lens."""
        return True

    # --- parts -------------------------------------------------------------------------------------------------------------------------

    def scenery(self, step: CodeStep) -> str:
        return WHOLE if WHOLE in self.sheets else _made(step)

    def parts(self, scenery: str) -> list[Mobject]:
        return [*self.sheets[scenery].values(), self.listing]

    @property
    def here(self) -> dict[str, Sheet]:
        """The tensors on the stage."""
        return self.sheets[self.standing]

    def reads(self, step: CodeStep) -> Mapping[str, tuple[Box, bool]]:
        sheets = self.here
        spans = {path: sheets[path].span(cells) for path, cells in step.reads.items() if path in sheets}
        shaded = {path: sheets[path].spot.digits and sheets[path].solid(step.reads[path]) for path in spans}
        framed = {path: (box, shaded[path]) for path, box in spans.items() if box is not None}
        return dict(list(framed.items())[: self.most_read])

    def origin(self, name: str, box: Box) -> Box:
        whole = self.here[name].whole
        # Around all there is no larger frame: it opens from the left.
        return whole if whole != box else (box[0], box[1], box[0], box[3])

    def target(self, step: CodeStep) -> Box | None:
        # What is given stands alone at the start.
        sheet = self.here.get(_made(step))
        return sheet.span(step.writes[_made(step)]) if sheet else None

    def fill(self, step: CodeStep, done: bool) -> None:
        self.counts = self.trace.blocks.done(step.index + done)
        self._turn(step)
        self.listing.show(_made(step))

    def _turn(self, step: CodeStep) -> None:
        """Shows what is known of every tensor, of more than two axes in the plane that the step looks at."""
        for path, sheet in self.here.items():
            cells = step.writes.get(path) or step.reads.get(path) or [(0,) * sheet.values.ndim]
            sheet.show(self.counts[path] if path in self.shown.computed else sheet.values.size, sheet.lead_of(cells[0]))

    def opening(self, beat: Beat) -> list[Cue]:
        step = self.trace[0]
        return self.at_rest(beat, step, False, START if START in self.sheets else self.scenery(step))

    def closing(self, beat: Beat) -> list[Cue]:
        step = self.trace[len(self.trace) - 1]
        return self.at_rest(beat, step, True, END if END in self.sheets else self.scenery(step))

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        if {START, END} & {*self.sheets} and not opened:
            self.listing.clear()  # the results have all of the stage
        else:
            self.listing.show_all(min((sheet.below if self.words else sheet.whole)[1] for sheet in self.here.values()) - GAP / 4)

    def shown_by(self, path: str) -> Sheet | None:
        return self.here.get(path) if hasattr(self, "standing") else None

    def withhold(self, path: str, hidden: bool) -> None:
        sheet = self.here[path]
        sheet.show(0 if hidden else sheet.values.size, sheet.lead)

    # --- the step ----------------------------------------------------------------------------------------------------------------------

    def roles(self, step: CodeStep) -> tuple[Roles, str]:
        return [tuple(self.role[place[0]] if place else "ink" for place in places) for places in step.places], self.role[_made(step)]

    def bench_of(self, step: CodeStep) -> str:
        return f"{_made(step)} {len(laid(step.terms))}"

    def work(self, work: Work[CodeStep], ticks: int, done: bool) -> None:
        self._lay(work, full=True)
        self.bench.mark(ticks - 1 if ticks and not done and not is_flat(work.step.terms) else None)
        if work.step.reduce == "max":
            self.bench.win(int(np.argmax([term[0] for term in work.step.terms[:ticks]])) if ticks else None)

    def clear_bench(self, work: Work[CodeStep]) -> None:
        self._lay(work, full=False)

    def _lay(self, work: Work[CodeStep], *, full: bool) -> None:
        step = work.step
        many = len(step.terms) > 1
        word = FUNCTIONS[step.apply].text if step.apply else "max" if step.reduce == "max" else "product" if is_flat(step.terms) else ""
        bracketed = bool(word) or (many and work.written.divisor != "1")
        self.bench.show(f"{word}(" if bracketed else "", self._batches(work), ")" if bracketed else "", full=full)

    def _batches(self, work: Work[CodeStep]) -> list[Batch]:
        step = work.step
        joint = "," if step.reduce == "max" else "×" if is_flat(step.terms) else "+"
        terms = list(zip(laid(step.places), laid(step.terms), laid(work.written.terms), strict=True))
        grouped = [list(found) for _, found in groupby(terms, key=lambda term: [place and place[0] for place in term[0]])]
        found = [self._batch(joint if number else "", group) for number, group in enumerate(grouped)]
        if step.over or step.divisor != 1:
            found.append(self._batch("÷", [((step.over,), (step.divisor,), (work.written.divisor,))]))
        return found

    def _batch(self, sign: str, terms: Sequence[tuple[Any, Any, Any]]) -> Batch:
        places, numbers, texts = zip(*terms, strict=True)
        paths = [place and place[0] for place in places[0]]
        limits = tuple(self._limit(path, [term[row] for term in numbers]) for row, path in enumerate(paths))
        return Batch(sign, tuple(path or "" for path in paths), tuple(self.role.get(path, "ink") for path in paths), numbers, texts, limits)

    def _limit(self, path: str | None, numbers: Iterable[float]) -> float:
        here = self.here.get(path or "")
        return here.limit if here else heat_limit(np.array(list(numbers)))

    # --- ways --------------------------------------------------------------------------------------------------------------------------

    def flights(self, work: Work[CodeStep]) -> list[Flight]:
        self._lay(work, full=True)
        found = [*self._numbers(work.step), *self._blocks(work.step)]
        self.bench.clear()
        return found

    def _factors(self, step: CodeStep) -> Iterator[tuple[int, int, tuple[str, tuple[int, ...]]]]:
        """All factors that stand somewhere: the term, the position in it, and the place."""
        listed = [*laid(step.places), *([(step.over,)] if step.over else [])]
        for term, places in enumerate(listed):
            for row, place in enumerate(places):
                if place is not None:
                    yield term, row, place

    def _numbers(self, step: CodeStep) -> Iterator[Flight]:
        sheets = self.here
        for term, row, (path, cell) in self._factors(step):
            end = self.bench.line(term, row) if row < self.bench.rows_of(term) else None
            start = sheets[path].line(cell, end.text) if path in sheets and end else None
            if start and end:
                turn, box = self.bench.turn(term, row), sheets[path].span([cell])
                # Out of a coloured cell comes a coloured cell.
                if sheets[path].spot.digits or box is None:
                    yield Flight(self.role[path], turn, lines=(start, end))
                else:
                    yield Flight(self.role[path], turn, boxes=(box, self.bench.cell(term, row)))

    def _blocks(self, step: CodeStep) -> Iterator[Flight]:
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

    def landing(self, work: Work[CodeStep]) -> list[Flight]:
        made = _made(work.step)
        start = self.strip.last
        end = self.here[made].line(work.step.writes[made][0], start.text) if start else None
        return [Flight(self.role[made], lines=(start, end))] if start and end else []


def _made(step: CodeStep) -> str:
    return next(iter(step.writes))
