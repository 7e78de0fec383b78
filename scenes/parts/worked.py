"""A scene in which every step reads cells of tables, works on them on a bench, and writes one cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from manim import Mobject

from engine.concepts.attention.step import SummedStep
from engine.numbers import Sum, written
from scenes.parts.beat import Beat
from scenes.parts.bench import Bench
from scenes.parts.ink import Box
from scenes.parts.motion import Cue, during, states, switch
from scenes.parts.reel import Reel
from scenes.parts.strip import Piece, Roles
from scenes.parts.window import Window, blend

S = TypeVar("S", bound=SummedStep)

#: When the frames of a full beat have arrived, its terms are added, and its result is written; shares of the beat.
ARRIVED, ADDED, WRITTEN = 0.12, 0.78, 0.84
#: A full beat counts at most so many terms one by one; with more, it takes several at a time.
MOST_TICKS = 54
MOST_READ = 3  # boxes that are framed at a time


@dataclass(frozen=True)
class Work(Generic[S]):
    """A step with its numbers as they are written: ``added`` is what happens term by term, ``written`` the whole step."""

    step: S
    written: Sum
    added: Sum

    @classmethod
    def of(cls, step: S) -> Work[S]:
        """Writes the numbers of a step. Before a sum is divided or given to a function it is a sum."""
        whole = written(step.terms, step.value, step.reduce, step.divisor, step.apply)
        plain = step.divisor == 1 and not step.apply
        return cls(step, whole, whole if plain else written(step.terms, step.total, step.reduce))


class WorkedReel(Reel[S]):
    """A subclass places tables, and says of a step what it reads and writes, and what lies on the bench.

    ``scenery`` names the parts that a step needs; parts change when it does.
    """

    bench: Bench

    def scenery(self, step: S) -> str:
        """Which parts stand on the stage."""
        raise TypeError(f"{type(self).__name__} has no scenery")

    def parts(self, scenery: str) -> list[Mobject]:
        """Those parts, from back to front."""
        raise TypeError(f"{type(self).__name__} has no parts")

    def reads(self, step: S) -> Mapping[str, tuple[Box, bool]]:
        """Boxes around the cells that are read, and whether they are shaded; those of one name glide from step to step."""
        raise TypeError(f"{type(self).__name__} reads nothing")

    def target(self, step: S) -> Box | None:
        """The cell that is written, if it can be seen."""
        raise TypeError(f"{type(self).__name__} writes nothing")

    def fill(self, step: S, done: bool) -> None:
        """Shows all that is known before the step, or with ``done`` after it."""
        raise TypeError(f"{type(self).__name__} fills nothing")

    def bench_of(self, step: S) -> str:
        """What kind of rows a step needs; between two steps of one kind they stay."""
        raise TypeError(f"{type(self).__name__} does not say what lies on the bench")

    def work(self, work: Work[S], ticks: int, done: bool) -> None:
        """Lays the step on the bench, ``ticks`` of its terms added."""
        raise TypeError(f"{type(self).__name__} does not work")

    def roles(self, step: S) -> tuple[Roles, str]:
        """Of the factors of the terms, and of the result."""
        raise TypeError(f"{type(self).__name__} has no roles")

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def prepare(self, scenery: str) -> None:
        """Puts the parts on the stage, unless they stand there already."""
        if scenery != getattr(self, "standing", None):
            self.standing = scenery
            shades = [window.shade for window in self.windows]
            self.place([], [*shades, *self.parts(scenery), self.bench, *self.windows])

    def setup(self) -> None:
        """The frames are needed by all scenes."""
        self.windows = [Window(self.theme) for _ in range(MOST_READ + 1)]
        super().setup()

    def aim(self, boxes: Mapping[str, tuple[Box, bool]]) -> None:
        """Frames what is read."""
        for window, (box, shaded) in zip(self.windows, boxes.values(), strict=False):
            window.put(box, [box] if shaded else [])
        for window in self.windows[len(boxes) : MOST_READ]:
            window.clear()

    def result(self, step: S, done: bool) -> None:
        """All that is known, the cell that was just written in a frame."""
        self.fill(step, done)
        box = self.target(step)
        if done and box is not None:
            self.windows[MOST_READ].put(box)
        else:
            self.windows[MOST_READ].clear()

    def line(self, work: Work[S]) -> list[Piece]:
        """The whole step on the strip."""
        roles, result = self.roles(work.step)
        count = len(work.written.terms)
        what = "largest of" if work.step.reduce == "max" else "sum of"
        return self.strip.whole(work.written, roles, f"{what} {count} {'terms' if count > 1 else 'term'}", result)

    def name(self, work: Work[S]) -> list[Piece]:
        """The cell that is written, and its value."""
        tensor, (cell, *_) = next(iter(work.step.writes.items()))
        place = ", ".join(map(str, cell))
        relation, value = work.written.relation, work.written.value
        return [Piece(f"{tensor}[{place}]", "ink"), Piece(relation, "ink"), Piece(value, self.roles(work.step)[1])]

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
            self.windows[MOST_READ].clear()
            self.bench.clear()
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
        old = self.trace[before] if before is not None else step
        start = self.reads(old) if self.scenery(old) == self.scenery(step) else {}

        def draw(share: float) -> None:
            if share >= 1:
                self.aim(boxes)
            else:
                self.aim({name: (blend(start.get(name, at)[0], at[0], share), False) for name, at in boxes.items()})

        return during(0, stop, draw)

    def full(self, beat: Beat) -> list[Cue]:
        """Term by term, the running sum ticking."""
        work = Work.of(self.trace[beat.start])
        step, terms = work.step, len(work.step.terms)
        self.begin(step, beat.say)
        self.keep(step, beat.before)
        roles, result = self.roles(step)
        pages = self.strip.pages(step.terms, work.added, roles, ())
        size = min(self.strip.fitting(self.strip.widest(page, work.added, roles)) for page in pages)
        ticks = min(terms, MOST_TICKS)
        line = self.line(work)

        def tick(state: int) -> None:
            if not state:
                return
            if terms == 1:  # there is nothing to add up
                self.strip.write(line)
                return
            added = (state * terms + ticks // 2) // ticks
            page = next(p for p in reversed(pages) if p.first < added)
            left = -self.strip.width(self.strip.widest(page, work.added, roles), size) / 2
            pieces, current = self.strip.line(page, added - page.first, work.added, roles, result)
            self.strip.write(pieces, size=size, current=current, left=left)
            self.work(work, added, False)

        def write(there: bool) -> None:
            if there:
                self.result(step, True)
                self.work(work, terms, True)
                self.strip.write(line)

        arrived = switch(ARRIVED, lambda there: self.work(work, 0, False) if there else None)
        return [self.glide(step, beat.before, ARRIVED), arrived, states(ARRIVED, ADDED, ticks + 1, tick), switch(WRITTEN, write)]

    def quick(self, beat: Beat) -> list[Cue]:
        """What is read, and the result."""
        work = Work.of(self.trace[beat.start])
        self.begin(work.step, beat.say)
        self.keep(work.step, beat.before)
        line = self.line(work)

        def read(there: bool) -> None:
            if there:
                self.work(work, len(work.step.terms), False)
                self.strip.write(line)

        def write(there: bool) -> None:
            self.result(work.step, there)
            if there:
                self.work(work, len(work.step.terms), True)

        return [self.glide(work.step, beat.before, 0.25), switch(0.27, read), switch(0.55, write)]

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
