"""A scene in which every step reads cells of tables, works on them on a bench, and writes one cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scenes.parts.beat import Beat
from scenes.parts.desk import Desk, S, Work
from scenes.parts.ink import Box
from scenes.parts.motion import Cue, during, states, switch
from scenes.parts.standing import Standing
from scenes.parts.strip import Piece
from scenes.parts.travel import Flight, Travellers
from scenes.parts.window import Window, blend

#: A full beat counts at most so many terms one by one; with more, it takes several at a time.
MOST_TICKS = 54


class WorkedReel(Desk[S]):
    """Four acts: the frames go to what is read, the numbers travel to the bench, their terms are added up, the result goes to its cell."""

    def prepare(self, scenery: str) -> None:
        """Puts the parts on the stage, unless they stand there already."""
        if scenery != getattr(self, "standing", None):
            self.standing = scenery
            shades = [window.shade for window in self.windows]
            self.place([], [*shades, *self.parts(scenery), self.bench, *self.windows, self.travellers])

    def setup(self) -> None:
        """The frames are needed by all scenes, and so is what travels."""
        self.windows = [Window(self.theme) for _ in range(self.most_read + 1)]
        self.travellers = Travellers(self.theme)
        super().setup()

    def aim(self, boxes: Mapping[str, tuple[Box, bool]]) -> None:
        """Frames what is read."""
        for window, (box, shaded) in zip(self.windows, boxes.values(), strict=False):
            window.put(box, [box] if shaded else [])
        for window in self.windows[len(boxes) : self.most_read]:
            window.clear()

    def result(self, step: S, done: bool) -> None:
        """All that is known, the cell that was just written in a frame."""
        self.fill(step, done)
        box = self.target(step)
        if done and box is not None:
            self.windows[self.most_read].put(box)
        else:
            self.windows[self.most_read].clear()

    def line(self, work: Work[S]) -> list[Piece]:
        """The whole step on the strip."""
        roles, result = self.roles(work.step)
        count = len(work.written.terms)
        what = "largest of" if work.step.reduce == "max" else "sum of"
        name = f"{what} {count} terms" if count > 1 else f"product of {len(work.written.terms[0])} factors"
        return self.strip.whole(work.written, roles, name, result)

    def name(self, work: Work[S]) -> list[Piece]:
        """The cell that is written, and its value."""
        tensor, (cell, *_) = next(iter(work.step.writes.items()))
        place = ", ".join(map(str, cell))
        relation, value = work.written.relation, work.written.value
        return [Piece(f"{tensor}[{place}]", "ink"), Piece(relation, "ink"), Piece(value, self.roles(work.step)[1])]

    def shown_by(self, path: str) -> Any:
        """What shows a tensor, if that is on the stage and the scene says which it is; none else."""
        return None

    def stands(self, path: str) -> Standing | None:
        found = self.shown_by(path)
        return found.standing if found is not None else None

    def withhold(self, path: str, hidden: bool) -> None:
        found = self.shown_by(path)
        found.show(0 if hidden else found.values.size)

    # --- beats -----------------------------------------------------------------------------------------------------------------------

    def show(self, beat: Beat) -> list[Cue]:
        beats: dict[str, Callable[[Beat], list[Cue]]] = {
            "opening": self.opening,
            "full": self.full,
            "quick": self.quick,
            "sweep": self.sweep,
            "closing": self.closing,
        }
        return beats[beat.kind](beat)

    def at_rest(self, beat: Beat, step: S, done: bool, scenery: str) -> list[Cue]:
        """Nothing is read; the formula stands on the strip."""

        def draw(_: int) -> None:
            self.prepare(scenery)
            self.header.show(beat.phase, step.index if done else None)
            self.caption.say(beat.say)
            self.aim({})
            self.result(step, done)
            self.windows[self.most_read].clear()
            self.travellers.clear()
            self.rest(not done)
            self.strip.show_formula(self.trace.formula)

        return [states(0, 1, 1, draw)]

    def opening(self, beat: Beat) -> list[Cue]:
        """What is given, and empty tables."""
        step = self.trace[0]
        return self.at_rest(beat, step, False, self.scenery(step))

    def closing(self, beat: Beat) -> list[Cue]:
        """All that was computed."""
        step = self.trace[len(self.trace) - 1]
        return self.at_rest(beat, step, True, self.scenery(step))

    def begin(self, step: S, say: str, done: bool = False) -> None:
        """What stands when a step begins, or with ``done`` when it ends."""
        self.prepare(self.scenery(step))
        self.header.show(step.phase, step.index)
        self.caption.say(say)
        self.travellers.clear()
        self.result(step, done)

    def keep(self, step: S, before: int | None) -> None:
        """Until the step has read its numbers, the bench shows those of the step before, if they stand in the same rows."""
        self.strip.clear()
        old = self.trace[before] if before is not None else None
        if old is None or self.bench_of(old) != self.bench_of(step) or self.scenery(old) != self.scenery(step):
            self.bench.clear()
            return
        self.work(Work.of(old), len(old.terms), True)
        self.bench.mark(None)

    def glide(self, step: S, before: int | None, stop: float) -> Cue:
        """The frames go from where the step before had them, if it read the same tables, to where this one needs them."""
        boxes = self.reads(step)
        old = self.trace[before] if before is not None else None
        start = self.reads(old) if old is not None and self.scenery(old) == self.scenery(step) else {}

        def draw(share: float) -> None:
            if share >= 1:
                self.aim(boxes)
            else:
                self.aim(
                    {
                        name: (blend(start[name][0] if name in start else self.origin(name, at[0]), at[0], share), False)
                        for name, at in boxes.items()
                    }
                )

        return during(0, stop, draw)

    def read(self, work: Work[S], start: float, stop: float, ticks: int) -> list[Cue]:
        """The numbers travel to the bench, which is empty until they are there; ``ticks`` of the terms are then added."""
        flights, cleared = self.flights(work), False

        def draw(share: float) -> None:
            nonlocal cleared
            if share >= 1:
                self.work(work, ticks, False)
            elif share > 0 and not cleared:
                self.clear_bench(work)
            cleared = 0 < share < 1
            if share > 0:
                self.travellers.show(flights, share)

        return [Cue(start, stop, draw)]

    def land(self, work: Work[S], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        """The result travels from the strip, where the whole step stands by then, to its cell."""

        flights: list[Flight] | None = None

        def draw(share: float) -> None:
            nonlocal flights
            if share <= 0:
                flights = None
                return
            if flights is None:
                self.strip.write(line)
                flights = self.landing(work)
            self.travellers.show(flights, share)
            if share >= 1:
                self.result(work.step, True)
                self.work(work, len(work.step.terms), True)

        return [Cue(start, stop, draw)]

    def clear_bench(self, work: Work[S]) -> None:
        """The bench as it is while numbers are on their way to it."""

    def full(self, beat: Beat) -> list[Cue]:
        """Term by term, the running sum ticking."""
        work, acts = Work.of(self.trace[beat.start]), self.acts
        self.begin(work.step, beat.say)
        self.keep(work.step, beat.before)
        line = self.line(work)
        return [
            self.glide(work.step, beat.before, acts.arrived),
            *self.read(work, acts.arrived, acts.read, 0),
            self.ticking(work, acts.read, acts.added, line),
            *self.land(work, acts.added, acts.written, line),
        ]

    def ticking(self, work: Work[S], start: float, stop: float, line: Sequence[Piece]) -> Cue:
        """The terms are added one by one; a term that is alone is nothing to add up."""
        step, terms = work.step, len(work.step.terms)
        roles, result = self.roles(step)
        pages = self.strip.pages(step.terms, work.added, roles, ())
        size = min(self.strip.fitting(self.strip.widest(page, work.added, roles)) for page in pages)
        ticks = min(terms, MOST_TICKS)

        def tick(state: int) -> None:
            if not state:
                return
            if terms == 1:
                self.strip.write(line)
                return
            added = (state * terms + ticks // 2) // ticks
            page = next(p for p in reversed(pages) if p.first < added)
            left = -self.strip.width(self.strip.widest(page, work.added, roles), size) / 2
            pieces, current = self.strip.line(page, added - page.first, work.added, roles, result)
            self.strip.write(pieces, size=size, current=current, left=left)
            self.work(work, added, False)

        return states(start, stop, ticks + 1, tick)

    def quick(self, beat: Beat) -> list[Cue]:
        """What is read, and the result."""
        work, acts = Work.of(self.trace[beat.start]), self.quick_acts
        self.begin(work.step, beat.say)
        self.keep(work.step, beat.before)
        line = self.line(work)

        def read(there: bool) -> None:
            if there:
                self.work(work, len(work.step.terms), False)
                self.strip.write(line)

        glide = self.glide(work.step, beat.before, acts.arrived)
        return [glide, switch(acts.read, read), *self.land(work, acts.added, acts.written, line)]

    def sweep(self, beat: Beat) -> list[Cue]:
        """Many steps, faster and faster if there are more than pictures; every picture is one whole step."""
        pictures = beat.pictures

        def draw(state: int) -> None:
            work = Work.of(self.trace[pictures[state]])
            self.begin(work.step, beat.say, done=True)
            self.aim(self.reads(work.step))
            self.work(work, len(work.step.terms), True)
            self.strip.write(self.name(work))

        return [states(0, 0.97, len(pictures), draw)]
