"""The general picture with a part that shows the mechanism of its steps: in place of the lens, or at the left of all else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from manim import Group, Mobject

from engine.code.step import CodeStep
from scenes.parts.beat import Beat
from scenes.parts.desk import Acts, WrittenStep
from scenes.parts.frame import STAGE
from scenes.parts.general import General
from scenes.parts.ink import PX, Box
from scenes.parts.motion import Cue, smooth
from scenes.parts.places import WHOLE, Places
from scenes.parts.story import Story

BETWEEN = 0.45
ROOMY = 50 * PX  # height of a row of digits that the frame around it does not hide


class Mechanism(General[CodeStep]):
    """A subclass says of which steps the picture is, and makes it.

    Where there can be none, or where it leaves no room for the tensors, it is the general picture.
    """

    #: Of a picture in place of the lens: the first one that lets all numbers be read well, or else the lowest, which leaves most room.
    heights: ClassVar[Sequence[float]] = ()
    #: Width of a picture at the left, if it may stand there; one that may stand in both places does so where all numbers can be read.
    wide: float = 0.0
    stacks: ClassVar[bool] = True  # whether all tensors may stand below one another beside it
    drawn: bool  # whether there is a picture
    picture: Any

    def possible(self) -> bool:
        """Whether there can be a picture."""
        raise TypeError(f"{type(self).__name__} does not say whether it can be drawn")

    def pictured(self, step: CodeStep) -> bool:
        """Whether a step is seen in the picture, and not under the lens."""
        raise TypeError(f"{type(self).__name__} pictures nothing")

    def make(self, room: Box) -> Mobject:
        """The picture, in its place."""
        raise TypeError(f"{type(self).__name__} makes nothing")

    def shows(self, step: CodeStep) -> bool:
        """Whether the picture is there and a step is seen in it."""
        return self.drawn and self.pictured(step)

    def on_bench(self, step: CodeStep) -> bool:
        return not self.shows(step)

    # --- places ------------------------------------------------------------------------------------------------------------------------

    def layout(self, trace: Story[CodeStep]) -> None:
        self.drawn = self.possible()
        self.aside = self.drawn and self.wide > 0
        self._lay_out(trace)
        if self.aside and self.heights and not (self.fits and self.legible):
            self.aside = False
            self._lay_out(trace)
        if self.drawn and not self.fits:
            self.drawn = self.aside = False
            self._lay_out(trace)
        left, bottom, right, top = STAGE
        at_left, below = (left, bottom, left + self.wide, top), (left, self.floor, right, self.ceiling(next(iter(self.seen), WHOLE)))
        self.picture = self.make(at_left if self.aside else below) if self.drawn else None
        self.easel = Group()

    def _lay_out(self, trace: Story[CodeStep]) -> None:
        left, bottom, right, top = STAGE
        self.seen = {step.made for step in self.shown.steps if self.shows(step)}
        self.zone, self.stacked = (left + (self.wide + BETWEEN) * self.aside, bottom, right, top), self.aside and self.stacks
        super().layout(trace)

    def places(self) -> Places:
        if not self.drawn or self.aside:
            return super().places()
        tried: list[tuple[bool, int, bool, float, Places]] = []
        seen = {WHOLE, *self.seen}
        for height in self.heights:
            self.tall = height
            found = super().places()
            colours, low = len(found.colours(seen)), found.lowest(seen) < ROOMY
            tried.append((not found.fits, colours, low, height, found))
            if found.fits and not colours and not low:
                break
        *_, self.tall, best = min(tried, key=lambda one: one[:4])
        return best

    def high(self, stage: str) -> float:
        lens = super().high(stage)
        if not self.drawn or self.aside:
            return lens
        return max(lens, self.tall) if stage == WHOLE else self.tall if stage in self.seen else lens

    def parts(self, scenery: str) -> list[Mobject]:
        return [*super().parts(scenery), self.easel]

    # --- beats -------------------------------------------------------------------------------------------------------------------------

    def hang(self, there: bool) -> None:
        """Puts the picture on the stage, or takes it away; one that stands beside all else stays."""
        self.easel.submobjects = [self.picture] if self.drawn and (there or self.aside) else []

    def begin(self, step: CodeStep, say: str, done: bool = False) -> None:
        self.hang(self.shows(step))
        super().begin(step, say, done)
        if self.shows(step):
            self.bench.clear()

    def rest(self, opened: bool) -> None:
        """At the end the picture stays as it is, where nothing else needs its place."""
        super().rest(opened)
        last = self.trace[len(self.trace) - 1]
        stays = not opened and self.standing == WHOLE and self.shows(last)
        self.hang(stays)
        if stays and not self.aside:
            self.listing.clear()
            work = self.written(last)
            self.work(work, len(work.step.terms), True)

    def work(self, work: WrittenStep[CodeStep], ticks: int, done: bool) -> None:
        if not self.shows(work.step):
            super().work(work, ticks, done)

    def clear_bench(self, work: WrittenStep[CodeStep]) -> None:
        if not self.shows(work.step):
            super().clear_bench(work)


class Moving(Mechanism):
    """A picture that is set by how far a step has come, whether or not that step is seen in it alone; :attr:`ease` is how it moves."""

    ease: Callable[[float], float] = staticmethod(smooth)

    def move(self, step: CodeStep, old: CodeStep | None, share: float) -> None:
        """What the picture does during a step: all before it is done; ``old`` is the one shown before, if that made the same."""
        raise TypeError(f"{type(self).__name__} moves nothing")

    def known(self, step: CodeStep) -> None:
        """Shows what stays in the picture, as far as it is known."""

    def during(self, step: CodeStep, acts: Acts) -> tuple[float, float]:
        """When it moves."""
        return acts.arrived, acts.written

    def fill(self, step: CodeStep, done: bool) -> None:
        super().fill(step, done)
        if self.drawn:
            self.known(step)
            self.move(step, step, float(done))

    def full(self, beat: Beat) -> list[Cue]:
        return [*super().full(beat), *self._moving(beat, self.acts)]

    def quick(self, beat: Beat) -> list[Cue]:
        return [*super().quick(beat), *self._moving(beat, self.quick_acts)]

    def _moving(self, beat: Beat, acts: Acts) -> list[Cue]:
        step, before = self.trace[beat.start], self.trace[beat.before] if beat.before is not None else None
        old = before if before is not None and before.made == step.made else None
        cue = Cue(*self.during(step, acts), lambda share: self.move(step, old, self.ease(share)))
        return [cue] if self.drawn else []
