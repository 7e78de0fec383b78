"""The general picture with a part that shows the mechanism of its steps: in place of the lens, or at the left of all else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from manim import Group, Mobject

from engine.code.step import CodeStep
from scenes.parts.beat import Beat
from scenes.parts.desk import Acts, WrittenStep
from scenes.parts.frame import STAGE
from scenes.parts.general import GAP, General
from scenes.parts.ink import PX, Box
from scenes.parts.motion import Cue, smooth
from scenes.parts.places import END, START, WHOLE, Places
from scenes.parts.story import Story

BETWEEN = 0.45
ROOMY = 50 * PX  # height of a row of digits that the frame around it does not hide
THIN = 0.9  # a coloured tensor of several rows is no longer seen if it is lower


class Mechanism(General[CodeStep]):
    """A subclass says of which steps the picture is, and makes it.

    Where there can be none, or where it leaves no room for the tensors, it is the general picture.
    """

    #: Of a picture in place of the lens: the first one that lets all numbers be read well; or else the lowest, which leaves most room to
    #: their rows, but the highest where there are only colours, which are large enough beside it.
    heights: ClassVar[Sequence[float]] = ()
    #: Width of a picture at the left, if it may stand there; one that may stand in both places does so where all numbers can be read.
    wide: float = 0.0
    broad: ClassVar[float] = 0.0  # its width where most tensors beside it are colours, which need less room than numbers
    leaves: ClassVar[bool] = False  # whether one at the left makes room for the tensors before the first step and after the last one
    stacks: ClassVar[bool] = True  # whether all tensors may stand below one another beside it
    drawn: bool  # whether there is a picture
    kept: bool = False  # whether it stays below the results at the end
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

    def stays(self) -> bool:
        """Whether the picture after the last step is worth being kept below the results."""
        return False

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
        elif self.aside and self.broad and self._is_coloured:
            self._widen(trace)
        if self.drawn and not self.fits:
            self.drawn = self.aside = False
            self._lay_out(trace)
        left, bottom, right, top = STAGE
        at_left, below = (left, bottom, left + self.wide, top), (left, self.floor, right, self.ceiling(next(iter(self.seen), WHOLE)))
        self.picture = self.make(at_left if self.aside else below) if self.drawn else None
        self.easel = Group()

    @property
    def _is_coloured(self) -> bool:
        """Whether most tensors have no digits."""
        digits = [sheet.spot.digits for sheets in self.sheets.values() for sheet in sheets.values()]
        return 2 * sum(digits) < len(digits)

    def _widen(self, trace: Story[CodeStep]) -> None:
        """The picture as broad as it may be, if there is still room for the tensors."""
        narrow, self.wide = self.wide, self.broad
        self._lay_out(trace)
        if not self.fits:
            self.wide = narrow
            self._lay_out(trace)

    def _lay_out(self, trace: Story[CodeStep]) -> None:
        left, bottom, right, top = STAGE
        self.seen = {step.made for step in self.shown.steps if self.shows(step)}
        self.zone, self.stacked = (left + (self.wide + BETWEEN) * self.aside, bottom, right, top), self.aside and self.stacks
        super().layout(trace)

    def places(self) -> Places:
        if not self.drawn or self.aside:
            return super().places()
        tried: list[tuple[bool, int, bool, bool, float, Places]] = []
        seen = {WHOLE, *self.seen}
        for height in self.heights:
            self.tall = height
            found = super().places()
            colours, low = len(found.colours(seen)), found.lowest(seen) < ROOMY
            thin = found.thinnest(seen) < THIN
            tried.append((not found.fits, colours, low, thin, height if low or thin else -height, found))
            if found.fits and not colours and not low and not thin:
                break
        *_, height, best = min(tried, key=lambda one: one[:5])
        self.tall = abs(height)
        return self._keeping(best)

    def _keeping(self, best: Places) -> Places:
        """The picture is kept at the end where all numbers can be read that could be read without it."""
        last = self.trace[len(self.trace) - 1]
        if END not in best.of_stages or not (self.pictured(last) and self.stays()):
            return best
        self.kept = True
        found = super().places()
        self.kept = found.fits and found.colours() <= best.colours()
        return found if self.kept else best

    def stage(self) -> Box:
        return STAGE if self.aside and self.leaves else self.zone

    def ending(self, stage: Box) -> Box:
        left, bottom, right, top = stage
        return (left, max(bottom, self.floor + self.tall + GAP), right, top) if self.kept else stage

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
        stays = not opened and (self.standing == WHOLE or (self.standing == END and self.kept)) and self.shows(last)
        self.hang(stays)
        if self.leaves and self.standing in (START, END):
            self.easel.submobjects = []
        if stays and not self.aside:
            self.listing.clear()
            self.settle(last)

    def settle(self, last: CodeStep) -> None:
        """The picture after the last step."""
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
