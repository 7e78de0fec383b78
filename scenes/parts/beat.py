"""What a scene is asked to show next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["opening", "full", "quick", "sweep", "closing"]

#: During a sweep a picture stands for this many frames; less would be a flicker.
SWEEP_FRAMES = 3


@dataclass(frozen=True)
class Beat:
    """Steps ``start`` to ``stop`` (exclusive) in ``frames`` frames.

    ``full`` shows one step term by term, ``quick`` window and result, ``sweep`` many steps. ``phase`` is the chapter, ``say`` the
    sentence with its numbers, ``caption`` the one that stands below the picture; the same if it is not given.
    ``before`` is the step that was shown last before this beat, from which things move; none if nothing was shown yet. ``lines`` are those
    of captions, each with the frame of the beat from which they are shown; without any the whole of ``say`` stands there. ``act`` is the
    number of the act in a play.
    """

    kind: Kind
    start: int
    stop: int
    phase: str
    say: str
    frames: int
    before: int | None = None
    lines: tuple[tuple[int, tuple[str, ...]], ...] = ()
    act: int | None = None
    caption: str = ""

    @property
    def shown(self) -> str:
        """The sentence that stands below the picture."""
        return self.caption or self.say

    @property
    def name(self) -> str:
        """For example ``quick 7`` or ``sweep 8 to 24``."""
        if self.kind in ("opening", "closing"):
            return self.kind
        return f"{self.kind} {self.start}" if self.stop - self.start == 1 else f"{self.kind} {self.start} to {self.stop - 1}"

    @property
    def pictures(self) -> list[int]:
        """The steps that it shows, one after the other. A sweep goes faster and faster where there are more steps than pictures."""
        steps = self.stop - self.start
        if self.kind != "sweep":
            return list(range(self.start, self.stop))
        count = max(1, min(steps, self.frames // SWEEP_FRAMES))
        if count == steps:
            return list(range(self.start, self.stop))
        shares = ((i / (count - 1)) ** 2 if count > 1 else 1.0 for i in range(count))
        return [self.start + round((steps - 1) * share) for share in shares]

    @property
    def steps(self) -> set[int]:
        """All steps that a scene may look at while it shows the beat; before the first step it is that, after the last one that."""
        ends = {"opening": {self.start}, "closing": {self.stop - 1}}.get(self.kind, set())
        return {*self.pictures, *ends, *([] if self.before is None else [self.before])}
