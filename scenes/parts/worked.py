"""A scene in which every step reads cells of tables, works on them on a bench, and writes one cell."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

from manim import Mobject, config

from scenes.parts.beat import Beat
from scenes.parts.desk import Desk, Framed, S, WrittenStep
from scenes.parts.ink import Line
from scenes.parts.motion import Cue, during, states, switch
from scenes.parts.pieces import Piece, roles_of
from scenes.parts.strip import factor_lines
from scenes.parts.travel import TRAVEL_SECONDS, Flight, Travellers, Trip, way
from scenes.parts.window import Window, blend

#: A full beat counts at most so many terms one by one; with more, it takes several at a time.
MOST_TICKS = 54
#: A sum of more terms than this is not counted: nobody could follow.
MOST_COUNTED = 400
#: Of a longer sum there is no time for the numbers of each term to travel to the strip.
MOST_TRAVELLING = 10
#: How high above a sum they arrive.
ABOVE = 0.36


class WorkedReel(Desk[S]):
    """Four acts: the frames go to what is read, the numbers travel to the bench, their terms are added up, the result goes to its cell."""

    #: A sum of more terms is not counted.
    most_counted: ClassVar[float] = MOST_COUNTED
    seconds = 1.0  # of the beat that is shown
    framed_term = -1  # the term that the frames are around, since terms were added the last time
    changing = changed = False  # whether the beat goes from one scenery to another; whether it did when parts were put on the stage

    def prepare(self, scenery: str, step: S) -> None:
        """Puts the parts that a step needs on the stage, unless they stand there already."""
        if scenery != getattr(self, "standing", None):
            self.standing = scenery
            self.build(step)
        elif self.changing == self.changed:
            return
        self.changed = self.changing
        ground, live = self.ground(scenery), self.layers(scenery)
        self.place(*([], [*ground, *live]) if self.changing else (ground, live))

    def layers(self, scenery: str) -> list[Mobject]:
        """All that may change, from back to front."""
        shades = [window.shade for window in self.windows]
        return [*shades, *self.parts(scenery), self.bench, *self.windows, self.travellers]

    def setup(self) -> None:
        """The frames are needed by all scenes, and so is what travels."""
        self.windows = [Window(self.theme) for _ in range(self.most_read + 1)]
        self.travellers = Travellers(self.theme)
        super().setup()

    def aim(self, frames: Mapping[str, Framed]) -> None:
        """Frames what is read."""
        for window, found in zip(self.windows, frames.values(), strict=False):
            window.put(found.box, found.shaded)
        for window in self.windows[len(frames) : self.most_read]:
            window.clear()

    def result(self, step: S, done: bool) -> None:
        """All that is known, the cell that was just written in a frame."""
        self.fill(step, done)
        box = self.target(step)
        if done and box is not None:
            self.windows[self.most_read].put(box)
        else:
            self.windows[self.most_read].clear()

    # --- beats -----------------------------------------------------------------------------------------------------------------------

    def show(self, beat: Beat) -> list[Cue]:
        beats: dict[str, Callable[[Beat], list[Cue]]] = {
            "opening": self.opening,
            "full": self.full,
            "quick": self.quick,
            "sweep": self.sweep,
            "closing": self.closing,
        }
        self.seconds = beat.frames / config.frame_rate
        self.acts = type(self).acts.within(self.seconds)
        self.changing = len({self.scenery(self.trace[k]) for k in beat.pictures}) > 1
        return beats[beat.kind](beat)

    def at_rest(self, beat: Beat, step: S, done: bool, scenery: str) -> list[Cue]:
        """Nothing is read; the formula stands on the strip."""

        def draw(_: int) -> None:
            self.prepare(scenery, step)
            self.header.show(beat.phase, step.index if done else None)
            self.caption.say(beat.shown)
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
        self.prepare(self.scenery(step), step)
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
        work = self.written(old)
        self.work(work, len(work.step.terms), True)
        self.bench.mark(None)

    def glide(self, step: S, before: int | None, stop: float) -> Cue:
        """The frames go from where the step before had them, if it read the same tables, to where this one needs them."""
        frames = self.reads(step)
        old = self.trace[before] if before is not None else None
        start = self.reads(old) if old is not None and self.scenery(old) == self.scenery(step) else {}

        def draw(share: float) -> None:
            if share >= 1:
                self.aim(frames)
                return
            begins = {name: start[name].box if name in start else self.origin(name, to.box) for name, to in frames.items()}
            self.aim({name: Framed(blend(begins[name], to.box, share), moving=True) for name, to in frames.items()})

        return during(0, stop, draw)

    def read(self, work: WrittenStep[S], start: float, stop: float, ticks: int) -> list[Cue]:
        """The numbers travel to the bench, which is empty until they are there; ``ticks`` of the terms are then added."""
        flights: list[Flight] = []
        cleared = False

        def draw(share: float) -> None:
            nonlocal flights, cleared
            if share > 0 and not cleared:
                flights = self.flights(work)
                self.clear_bench(work)
            if share >= 1:
                self.work(work, ticks, False)
            cleared = 0 < share < 1
            if share > 0:
                self.travellers.show(flights, share)

        return [Cue(start, stop, draw)]

    def land(self, work: WrittenStep[S], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        """The result travels from the strip, where the whole step stands by then, to its cell."""

        def set_out() -> list[Flight]:
            self.whole(work)
            self.strip.write(line)
            return self.landing(work)

        def there() -> None:
            self.result(work.step, True)
            self.work(work, len(work.step.terms), True)

        return [self.travellers.cue(start, stop, set_out, there)]

    def clear_bench(self, work: WrittenStep[S]) -> None:
        """The bench as it is while numbers are on their way to it."""

    def full(self, beat: Beat) -> list[Cue]:
        """Term by term, the running sum ticking."""
        work, acts = self.written(self.trace[beat.start]), self.acts
        if len(work.step.terms) > self.most_counted:
            return self.quick(beat)
        self.begin(work.step, beat.shown)
        self.keep(work.step, beat.before)
        line = self.line(work)
        return [
            self.glide(work.step, beat.before, acts.arrived),
            *self.carry(work.step, beat.before, acts.arrived),
            *self.read(work, acts.arrived, acts.read, 0),
            *self.ticking(work, acts.read, acts.added, line),
            *self.land(work, acts.added, acts.written, line),
        ]

    def ticking(self, work: WrittenStep[S], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        """The terms are added one by one, once their numbers have travelled; a term that is alone is nothing to add up."""
        step, terms, head = work.step, len(work.step.terms), self.head(work)
        adding = self.strip.adding(step.terms, work.added, *self.roles(step), breaks=self.breaks(step), head=head)
        ticks = min(terms, MOST_TICKS)

        def tick(state: int) -> None:
            if terms == 1:
                # The result comes when the line is whole.
                self.strip.begin(line, max(len(head), len(line) - 2) if state else len(head))
            else:
                added = (state * terms + ticks // 2) // ticks if state else 0
                adding.write(added)
                if added:
                    self.work(work, added, False)
            self.framed_term = -1

        def ends(term: int) -> list[Line]:
            return adding.factors(term + 1) if terms > 1 else factor_lines(line, self.strip.places(line), work.written.terms[0])

        moving = [n for n in range(terms) if self.sources(work, n)] if terms <= MOST_TRAVELLING else []
        late = TRAVEL_SECONDS / self.seconds - (stop - start) / (ticks + 1) if moving else 0.0
        begin = start + min(max(0.0, late), (stop - start) / 3)
        pause = (stop - begin) / (ticks + 1)
        trips = self.trips(work, {n: (ends(n), begin + (n + 1) * pause) for n in moving}, start, pause)
        crowd = self.crowd(work) if terms > MOST_TRAVELLING else []
        trips += [Trip(-1, crowd, start, min(stop, start + 2 * TRAVEL_SECONDS / self.seconds))] if crowd else []
        return [states(begin, stop, ticks + 1, tick), *([self.stream(work, trips, start, stop)] if trips else [])]

    def trips(self, work: WrittenStep[S], ends: Mapping[int, tuple[Sequence[Line], float]], start: float, pause: float) -> list[Trip]:
        """The ways of terms to the strip: where their numbers are going to stand there, and when they arrive."""
        long = max(pause, TRAVEL_SECONDS / self.seconds)
        return [Trip(term, self.ways(work, term, places), max(start, there - long), there) for term, (places, there) in ends.items()]

    def ways(self, work: WrittenStep[S], term: int, ends: Sequence[Line]) -> list[Flight]:
        """From where the numbers of a term stand to where they are going to stand on the strip."""
        roles = roles_of(self.roles(work.step)[0], term)
        # Where the next term is going to stand there is the sum so far.
        ends = [replace(end, y=end.y + ABOVE * bool(term)) for end in ends]
        found = zip(roles, self.sources(work, term), ends, strict=False)
        return [self.routed(work.step, way(role, one, end, turn)) for turn, (role, one, end) in enumerate(found)]

    def stream(self, work: WrittenStep[S], trips: Sequence[Trip], start: float, stop: float) -> Cue:
        """The numbers of the terms travel one after the other; with little time for each, some set out before others are there."""

        def draw(share: float) -> None:
            now = start + share * (stop - start)
            latest = max((trip.term for trip in trips if trip.start < now), default=-1)
            if latest not in (self.framed_term, -1):
                self.follow(work, latest)
            self.framed_term = latest
            for trip in reversed(trips):
                self.passing(work, trip.term, min(1.0, max(0.0, trip.at(now))))
            # Before they leave something else may be on its way.
            if share > 0:
                self.travellers.move([(trip.flights, trip.at(now)) for trip in trips if trip.start < now < trip.stop])

        return Cue(start, stop, draw)

    def quick(self, beat: Beat) -> list[Cue]:
        """What is read, and the result."""
        work, acts = self.written(self.trace[beat.start]), self.quick_acts
        self.begin(work.step, beat.shown)
        self.keep(work.step, beat.before)
        line = self.line(work)

        def read(there: bool) -> None:
            if there:
                self.whole(work)
                self.strip.write(line)

        moves = [self.glide(work.step, beat.before, acts.arrived), *self.carry(work.step, beat.before, acts.arrived)]
        return [*moves, switch(acts.read, read), *self.land(work, acts.added, acts.written, line)]

    def swept(self, pictures: Sequence[int]) -> Sequence[int]:
        """Which of the steps that a sweep may show it shows in place of each of them."""
        return pictures

    def sweep(self, beat: Beat) -> list[Cue]:
        """Many steps, faster and faster if there are more than pictures; every picture is one whole step."""
        pictures = self.swept(beat.pictures)

        def draw(state: int) -> None:
            work = self.written(self.trace[pictures[state]])
            self.begin(work.step, beat.shown, done=True)
            self.aim(self.reads(work.step))
            self.work(work, len(work.step.terms), True)
            self.strip.write(self.name(work))

        return [states(0, 0.97, len(pictures), draw)]
