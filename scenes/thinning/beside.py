"""The general picture with a part at the left that shows the mechanism of its steps."""

from __future__ import annotations

from manim import Mobject

from engine.code.step import CodeStep
from scenes.parts.beat import Beat
from scenes.parts.frame import STAGE
from scenes.parts.general import General
from scenes.parts.ink import Box
from scenes.parts.motion import Cue, states

WIDTH, GAP = 5.2, 0.45
#: Shares of a full and of a quick beat in which the mechanism is at work.
FULL_ACT, QUICK_ACT = (0.1, 0.78), (0.15, 0.6)


class Beside(General):
    """A subclass makes the part, or none if it does not fit, and says what it shows of a step."""

    beside: Mobject | None

    def make(self, room: Box) -> Mobject | None:
        """The part, in its place."""
        raise TypeError(f"{type(self).__name__} makes nothing")

    def move(self, step: CodeStep, share: float) -> None:
        """Shows a step that is done to ``share``; all before it are done, those after it are not."""
        raise TypeError(f"{type(self).__name__} moves nothing")

    def setup(self) -> None:
        """What stands at the left decides how much room is left."""
        left, bottom, right, top = STAGE
        self.beside = self.make((left, bottom, left + WIDTH, top))
        if self.beside is not None:
            self.zone = (left + WIDTH + GAP, bottom, right, top)
        super().setup()

    def parts(self, scenery: str) -> list[Mobject]:
        return [*([] if self.beside is None else [self.beside]), *super().parts(scenery)]

    def show(self, beat: Beat) -> list[Cue]:
        cues = super().show(beat)
        return cues if self.beside is None else [*cues, self._moving(beat)]

    def _moving(self, beat: Beat) -> Cue:
        if beat.kind in ("full", "quick"):
            step = self.trace[beat.start]
            return Cue(*(FULL_ACT if beat.kind == "full" else QUICK_ACT), lambda share: self.move(step, share))
        if beat.kind == "sweep":
            return states(0, 0.97, len(beat.pictures), lambda state: self.move(self.trace[beat.pictures[state]], 1.0))
        step, done = (self.trace[0], 0.0) if beat.kind == "opening" else (self.trace[len(self.trace) - 1], 1.0)
        return states(0, 1, 1, lambda _: self.move(step, done))
