"""What is not opened: what comes in, what is done, and what goes out, all of it in one sweep."""

from __future__ import annotations

from collections.abc import Iterable

from manim import Mobject

from engine.step import Step
from scenes.network.deed import BETWEEN, Deed
from scenes.network.panel import Panel
from scenes.network.shelf import Shelf
from scenes.parts.beat import Beat
from scenes.parts.frame import STAGE
from scenes.parts.ink import Box
from scenes.parts.motion import Cue, states
from scenes.parts.reel import Reel
from scenes.parts.roles import role_of
from scenes.parts.rooms import columns
from scenes.parts.standing import Standing
from scenes.parts.story import Story
from scenes.parts.window import Window

#: Of the width for what comes in, what is done and what goes out.
SHARES = 1.0, 1.04, 1.0
GRADIENT = "gradient"


class Unopened(Reel[Step]):
    """Results appear in memory order while something runs from what comes in through what is done."""

    concept = "whole"

    def layout(self, trace: Story[Step]) -> None:
        left, middle, right = columns(STAGE, SHARES, BETWEEN)
        self.given = Shelf(trace.inputs, left, "input", self.theme, _gradients(trace.inputs))
        self.made = Shelf(trace.outputs, right, "output", self.theme, _gradients(trace.outputs))
        self.deed = Deed(trace.kind, trace.operations, trace.parameters, middle, self.theme)
        self.deed.join([*self.given.values()], [*self.made.values()])
        self.spot = Window(self.theme)
        ground: list[Mobject] = [*self.given.values(), self.deed, self.given.rest, self.made.rest]
        self.place(ground, [*self.made.values(), self.deed.pulse, self.spot])

    def show(self, beat: Beat) -> list[Cue]:
        if beat.kind in ("opening", "closing"):
            return [states(0, 1, 1, lambda _: self.rest(beat, done=beat.kind == "closing"))]
        pictures = beat.pictures

        def draw(state: int) -> None:
            step = self.trace[pictures[state]]
            self.begin(beat, step.index)
            self.reveal(step)
            self.deed.run((state + 1) / len(pictures))

        return [states(0, 0.97, len(pictures), draw)]

    def begin(self, beat: Beat, step: int | None) -> None:
        """What is the same in all beats."""
        self.header.show(beat.phase, step)
        self.caption.say(beat.shown)
        self.strip.show_formula(self.trace.formula)
        for panel in self.given.values():
            panel.show(panel.whole_values.size)

    def rest(self, beat: Beat, *, done: bool) -> None:
        """Before the first step, or with all ``done``."""
        self.begin(beat, len(self.trace) - 1 if done else None)
        for panel in self.made.values():
            panel.show(panel.whole_values.size if done else 0)
        self.deed.run(0.0)
        self.spot.clear()

    def reveal(self, step: Step) -> None:
        """All results up to that of a step."""
        (path, (cell, *_)), *_ = step.writes.items()
        paths = [*self.made]
        for at, panel in enumerate(self.made.values()):
            now = paths.index(path) if path in paths else len(paths)
            panel.show(panel.whole_values.size if at < now else panel.number(cell) + 1 if at == now else 0)
        box: Box | None = self.made[path].at(self.made[path].number(cell)) if path in paths else None
        if box is None or step.index == len(self.trace) - 1:
            self.spot.clear()
        else:
            self.spot.put(box)

    def stands(self, path: str) -> Standing | None:
        panel = self._panel(path)
        return None if panel is None else panel.standing

    def withhold(self, path: str, hidden: bool) -> None:
        panel = self._panel(path)
        if panel is not None:
            panel.show(0 if hidden else panel.whole_values.size)

    def _panel(self, path: str) -> Panel | None:
        return self.given.get(path) or self.made.get(path)


def _gradients(tensors: Iterable[str]) -> dict[str, str]:
    """Those on the way back have a role of their own."""
    return {path: GRADIENT for path in tensors if role_of(path, computed=False) == GRADIENT}
