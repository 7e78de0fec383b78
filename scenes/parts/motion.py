"""Movement without copies: a beat is one Manim animation, in which cues change the marks of the stage in place.

Manim's own animations deep-copy what they move, which takes more time than drawing it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from manim import Animation, Mobject, linear

Draw = Callable[[float], object]


class Cue:
    """From ``start`` to ``stop`` (shares of the beat) ``draw`` is called with 0 to 1; outside it stays at its end.

    ``draw`` may return ``False`` to say that nothing changed.
    """

    def __init__(self, start: float, stop: float, draw: Draw) -> None:
        self.start, self.stop, self.draw = start, stop, draw
        self.last = -1.0

    def at(self, share: float) -> bool:
        """Draws the state at ``share`` of the beat; says whether it changed."""
        t = 1.0 if share >= self.stop else 0.0 if share <= self.start else (share - self.start) / (self.stop - self.start)
        if t == self.last:
            return False
        self.last = t
        return self.draw(t) is not False


def smooth(t: float) -> float:
    """Slow, fast, slow: 3t² − 2t³."""
    return t * t * (3 - 2 * t)


def during(start: float, stop: float, draw: Draw) -> Cue:
    """A movement with soft ends."""
    return Cue(start, stop, lambda t: draw(smooth(t)))


def states(start: float, stop: float, count: int, show: Callable[[int], object], share: Callable[[float], float] = lambda t: t) -> Cue:
    """Shows state 0, 1, ... ``count`` − 1, each when its time has come; ``show`` is called only when the state changes."""
    last = -1

    def draw(t: float) -> bool:
        nonlocal last
        state = min(count - 1, int(share(t) * count))
        if state == last:
            return False
        last = state
        show(state)
        return True

    return Cue(start, stop, draw)


def switch(at: float, show: Callable[[bool], object]) -> Cue:
    """Calls ``show(False)`` before ``at`` and ``show(True)`` from then on."""
    return states(0.0, at, 2, lambda state: show(state == 1), share=lambda t: 0.0 if t < 1 else 1.0)


class Timeline(Animation):
    """Plays cues over ``live``, the part of the stage that changes."""

    def __init__(self, live: Mobject, cues: Sequence[Cue], run_time: float) -> None:
        super().__init__(live, run_time=run_time, rate_func=linear)
        self.cues = cues
        self.changed = True

    def begin(self) -> None:
        """The first frame draws the first state."""

    def interpolate(self, alpha: float) -> None:
        # All cues must be asked, in their order: a later one may draw over what an earlier one set.
        moved = [cue.at(alpha) for cue in self.cues]
        self.changed = any(moved)

    def finish(self) -> None:
        self.interpolate(1)

    def clean_up_from_scene(self, scene: Any) -> None:
        """Everything stays on the stage."""

    def update_mobjects(self, dt: float) -> None:
        """Nothing on the stage has updaters."""
