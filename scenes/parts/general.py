"""The general picture: any steps that say where their factors stand, as well shown as those of a concept with a scene of its own.

A concept without a file in ``scenes`` is shown by it. Plain ``manim render`` needs a class in a file: one that says ``concept = "name"``
and nothing else will do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeVar, cast

import numpy as np
from manim import Mobject

from engine.code.step import CodeStep
from engine.code.strongest import KEPT, MOST, strongest
from engine.functions import FUNCTIONS
from scenes.parts.arrange import Spot
from scenes.parts.beat import Beat
from scenes.parts.desk import Acts, Framed, WrittenStep, framed
from scenes.parts.factors import Batch, FactorLens, is_flat, laid
from scenes.parts.frame import STAGE
from scenes.parts.ink import Box
from scenes.parts.listing import CLOSE, Listing, code_room, listing_height
from scenes.parts.motion import Cue
from scenes.parts.pieces import Roles
from scenes.parts.places import END, LENS, START, WHOLE, Places
from scenes.parts.raster import heat_limit
from scenes.parts.rooms import overlap
from scenes.parts.sheet import WORD_ROOM, Sheet, even
from scenes.parts.shown import Shown
from scenes.parts.story import Story
from scenes.parts.theme import ROLES
from scenes.parts.tiles import Tiles
from scenes.parts.ways import Ways

C = TypeVar("C", bound=CodeStep)

LENS_ROW, LOW_LENS_ROW = 0.62, 0.54
GAP = 0.18
MARGIN = 0.1  # below the lens where there is no code
NARROW, NARROW_ZONE = (6, 3), 9.0  # terms that are followed and that are kept of more, in a zone less wide than that
MOST_LISTED = 4  # lines of code for which there must be room


class General(Ways[C]):
    """Tensors above, where they belong; below them the lens on the present step, and its line of code."""

    acts = Acts(0.1, 0.26, 0.66, 0.78)
    quick_acts = Acts(0.25, 0.27, 0.4, 0.6)
    most_read = 4
    #: What the tensors, the lens and the code have of the stage.
    zone: Box = STAGE
    stacked: bool = False  # whether tensors may all stand below one another there

    def legend(self) -> list[str]:
        found = {*self.role.values()}
        return [*(role for role in ROLES if role in found), "reading"]

    def setup(self) -> None:
        """What there is to show is needed by all parts."""
        self.shown = self.survey()
        self.role = {path: self.shown.role(path) for path in self.shown.tensors}
        code: Mapping[str, str] = getattr(self.trace, "code", {}) if self.has_code else {}
        # A user's line says what a single one of ours would say again.
        self.code = {} if self.own_line and len({*code.values()}) == 1 else code
        super().setup()

    @property
    def call(self) -> str:
        return "" if hasattr(self.trace, "code") and not self.own_line else super().call

    def survey(self) -> Shown:
        """What there is to show."""
        return Shown(self.trace)

    def layout(self, trace: Story[C]) -> None:
        left, bottom, right, _ = self.zone
        worked = [step for step in (*trace.sample, *trace.at_ends) if self.on_bench(step)]
        self.factors = max((len(term) for step in worked for term in laid(step.terms)), default=0)
        self.floor = bottom + (code_room(self.code, right - left) + GAP if self.code else MARGIN)
        #: Of columns. They stand below the tensors.
        self.words = trace.params.get("labels") or []
        places = self.places()
        arranged = places.of_stages
        self.fits, self.legible = places.fits, not places.colours()
        # What is worked out where all tensors stand has the room that the highest of it needs.
        high = self.ceiling(WHOLE if WHOLE in arranged else LENS)
        self.bench = FactorLens((left, self.floor, right, high), max(1, self.factors), self.theme)
        self.room: Box = places.room
        self.sheets = {name: self._sheets(name, places) for name in arranged}
        self.listing = Listing(self.code, self.zone, self.role, self.theme)

    def places(self) -> Places:
        """Where tensors may stand."""
        left, _, right, top = self.zone

        def room(stage: str) -> Box:
            return left, self.ceiling(stage) + GAP * (self.ceiling(stage) > self.floor) + WORD_ROOM * bool(self.words_of(stage)), right, top

        listed = listing_height(self.code, right - left) + GAP
        x0, y0, x1, y1 = self.stage()
        stage = x0, y0 + WORD_ROOM * bool(self.words), x1, y1
        return Places(self.shown, self.role, room, stage, listed, ending=self.ending(stage), stacked=self.stacked)

    def stage(self) -> Box:
        """All that there is for tensors before the first step and after the last one."""
        return self.zone

    def ending(self, stage: Box) -> Box:
        """What the results have of the stage at the end."""
        return stage

    def high(self, stage: str) -> float:
        """Of what stands between the tensors of a stage and its code."""
        return (LENS_ROW if self.factors < 3 else LOW_LENS_ROW) * self.factors

    def ceiling(self, stage: str) -> float:
        """Where that ends. Before the first step a few lines of code stand where code and lens do."""
        return max(self.floor + self.high(stage), self.zone[1] + CLOSE * min(len(self.code), MOST_LISTED))

    def words_of(self, stage: str) -> Sequence[str]:
        """What stands below the columns of tensors."""
        return self.words

    def _sheets(self, name: str, places: Places) -> dict[str, Sheet]:
        """Tensors in their places, with the words of their columns."""
        words = self.words_of(name)
        sheets = {path: self._sheet(path, spot, name, places) for path, spot in places.of_stages[name].spots.items()}
        even(list(sheets.values()))
        for sheet in sheets.values():
            others = [box for other in sheets.values() if other is not sheet for box in (other.whole, other.label_box)]
            if not any(overlap(sheet.below, box) for box in others):
                sheet.name_columns(words)
        return sheets

    def _sheet(self, path: str, spot: Spot, name: str, places: Places) -> Sheet:
        given = self.shown.called(path), self.shown.tensors[path], spot, self.role[path], self.theme
        return Tiles(*given) if name == END and places.is_tiled(path) else Sheet(*given, abreast=path in places.abreast)

    # --- parts -------------------------------------------------------------------------------------------------------------------------

    def scenery(self, step: C) -> str:
        return WHOLE if WHOLE in self.sheets else step.made

    def parts(self, scenery: str) -> list[Mobject]:
        return [*self.sheets[scenery].values(), self.listing]

    @property
    def here(self) -> dict[str, Sheet]:
        """The tensors on the stage."""
        return self.sheets[self.standing]

    def reads(self, step: C) -> Mapping[str, Framed]:
        sheets = self.here
        spans = {path: sheets[path].span(cells) for path, cells in step.reads.items() if path in sheets}
        shaded = {path: sheets[path].spot.digits and sheets[path].solid(step.reads[path]) for path in spans}
        frames = {path: framed(box, shaded=shaded[path]) for path, box in spans.items() if box is not None}
        return dict(list(frames.items())[: self.most_read])

    def origin(self, name: str, box: Box) -> Box:
        whole = self.here[name].whole
        # Around all there is no larger frame.
        return whole if whole != box else super().origin(name, box)

    def target(self, step: C) -> Box | None:
        # What is given stands alone at the start.
        sheet = self.here.get(step.made)
        return sheet.span(step.writes[step.made]) if sheet else None

    def fill(self, step: C, done: bool) -> None:
        self.counts = self.trace.blocks.done(step.index + done)
        self._turn(step)
        self.listing.show(step.made)

    def _turn(self, step: C) -> None:
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
            lowest = min(((sheet.below if self.words else sheet.whole)[1] for sheet in self.here.values()), default=self.zone[3])
            self.listing.show_all(lowest - GAP / 4)

    def shown_by(self, path: str) -> Sheet | None:
        return self.here.get(path) if hasattr(self, "standing") else None

    def withhold(self, path: str, hidden: bool) -> None:
        sheet = self.here[path]
        sheet.show(0 if hidden else sheet.values.size, sheet.lead)

    # --- the step ----------------------------------------------------------------------------------------------------------------------

    def roles(self, step: C) -> tuple[Roles, str]:
        return [tuple(self.role[place[0]] if place else "ink" for place in places) for places in step.places], self.role[step.made]

    def bench_of(self, step: C) -> str:
        return f"{step.made} {len(laid(self.written(step).step.terms))}"

    def written(self, step: C) -> WrittenStep[C]:
        return WrittenStep.of(cast("C", strongest(step, *self.followed)) if self.shortens(step) else step)

    @property
    def followed(self) -> tuple[int, int]:
        """How many terms can be followed one by one, and how many are kept of more; a narrow lens has no room for as many."""
        return NARROW if self.zone[2] - self.zone[0] < NARROW_ZONE else (MOST, KEPT)

    def shortens(self, step: C) -> bool:
        """Whether of a sum with many terms only the strongest are shown."""
        return True

    def work(self, work: WrittenStep[C], ticks: int, done: bool) -> None:
        self.lay(work, full=True)
        if not self.bench.batches:
            return
        self.bench.mark(ticks - 1 if ticks and not done and not is_flat(work.step.terms) else None)
        if work.step.reduce == "max":
            self.bench.win(int(np.argmax([term[0] for term in work.step.terms[:ticks]])) if ticks else None)

    def clear_bench(self, work: WrittenStep[C]) -> None:
        self.lay(work, full=False)

    def laid(self, work: WrittenStep[C]) -> tuple[str, list[Batch], str]:
        step = work.step
        many = len(step.terms) > 1
        word = FUNCTIONS[step.apply].text if step.apply else "max" if step.reduce == "max" else "product" if is_flat(step.terms) else ""
        bracketed = bool(word) or (many and work.written.divisor != "1")
        return f"{word}(" if bracketed else "", self._batches(work), ")" if bracketed else ""

    def _batches(self, work: WrittenStep[C]) -> list[Batch]:
        step = work.step
        joint = "," if step.reduce == "max" else "×" if is_flat(step.terms) else "+"
        terms = list(zip(laid(step.places), laid(step.names), laid(step.terms), laid(work.written.terms), strict=True))
        grouped = [list(found) for _, found in groupby(terms, key=lambda term: term[1])]
        found = [self._batch(step, joint if number else "", group) for number, group in enumerate(grouped)]
        if step.over or step.divisor != 1:
            name = step.over[0] if step.over else ""
            found.append(self._batch(step, "÷", [((step.over,), (name,), (step.divisor,), (work.written.divisor,))]))
        return found

    def word(self, step: C, name: str, path: str | None) -> str:
        """What stands before a row of factors: the name of a tensor, of which the numbers may be made, if they are of one."""
        return re.sub(rf"(?<!\w){re.escape(path)}(?!\w)", lambda _: self.shown.called(path), name) if path else name

    def _batch(self, step: C, sign: str, terms: Sequence[tuple[Any, Any, Any, Any]]) -> Batch:
        places, (names, *_), numbers, texts = zip(*terms, strict=True)
        paths = [place and place[0] for place in places[0]]
        limits = tuple(self._limit(name, [term[row] for term in numbers]) for row, name in enumerate(names))
        words = tuple(self.word(step, name, path) for name, path in zip(names, paths, strict=True))
        return Batch(sign, words, tuple(self.role.get(path, "ink") for path in paths), numbers, texts, limits)

    def _limit(self, name: str, numbers: Iterable[float]) -> float:
        """The number of the strongest colour: that of the tensor, unless numbers are only made of those in it."""
        here = self.here.get(name)
        return here.limit if here else heat_limit(np.array(list(numbers)))
