"""The general picture with a function's graph beside it: numbers go to the x axis, their values are found on the curve."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from manim import Mobject

from engine.code.step import CodeStep
from scenes.curve.ride import Curve
from scenes.parts.beat import Beat
from scenes.parts.desk import Acts, Work
from scenes.parts.frame import STAGE
from scenes.parts.general import General
from scenes.parts.ink import Box, Line
from scenes.parts.motion import Cue, during
from scenes.parts.rooms import columns
from scenes.parts.story import Story
from scenes.parts.travel import Flight

BETWEEN = 0.5


class Graphed(General):
    """``made`` is a function of the numbers of ``given``, one by one; the rows of ``curve`` are what is drawn of it.

    Without a curve of finite numbers, or where there is no room beside the graph, it is the general picture.
    """

    given: ClassVar[str] = "z"
    made: ClassVar[str] = "output"
    curve: ClassVar[str] = "curve"
    #: Of the width: the graph, and the tensors, which stand at its left if ``after``.
    shares: ClassVar[tuple[float, float]] = (1.0, 1.3)
    after: ClassVar[bool] = True
    graph: Curve | None = None

    def layout(self, trace: Story[CodeStep]) -> None:
        curve = trace.outputs.get(self.curve)
        if curve is not None and np.isfinite(curve).all():
            graph, self.zone = columns(STAGE, self.shares, gap=BETWEEN)
            if self.after:
                self.zone, graph = columns(STAGE, self.shares[::-1], gap=BETWEEN)
            self.graph, self.stacked = self.draw_graph(curve, graph), True
            super().layout(trace)
            if self.fits:
                return
        self.graph, self.zone, self.stacked = None, STAGE, False
        super().layout(trace)

    def draw_graph(self, curve: np.ndarray, box: Box) -> Curve:
        """The graph, as it is before the first step."""
        names = (self.given, self.made)
        return Curve(curve, box, names, [self.role[name] for name in names], self.theme)

    def on_graph(self, step: CodeStep) -> bool:
        """Whether a step is worked out on the graph, not under the lens."""
        return self.made in step.writes and self.given in step.reads

    def on_bench(self, step: CodeStep) -> bool:
        return self.graph is None or not self.on_graph(step)

    def parts(self, scenery: str) -> list[Mobject]:
        return [*super().parts(scenery), *([self.graph] if self.graph is not None else [])]

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        if self.graph is not None:
            self.graph.clear()

    # --- the graph -------------------------------------------------------------------------------------------------------------------

    def fill(self, step: CodeStep, done: bool) -> None:
        super().fill(step, done)
        if self.graph is not None:
            self.known(self.graph, step)
            self.move(self.graph, step, step, 1.0 if done else 0.0)

    def known(self, graph: Curve, step: CodeStep) -> None:
        """Dots on the curve, as far as values are computed."""
        xs, ys = (self.shown.tensors[name].ravel().tolist() for name in (self.given, self.made))
        graph.mark_all([*zip(xs, ys, strict=True)][: self.counts[self.made]])

    def move(self, graph: Curve, step: CodeStep, old: CodeStep | None, share: float) -> None:
        """What the graph does during a step: after ``old``, if that was of the same tensor."""
        if self.on_graph(step):
            x, y = self.point(step, self.given, self.made)
            graph.climb(x, y, share)
        else:
            graph.clear()

    def point(self, step: CodeStep, *names: str) -> list[float]:
        """Numbers of tensors in the cell that a step is about."""
        path = next(iter(step.writes))
        shape = self.shown.tensors[self.given].shape
        cell = step.writes[path][0] if self.shown.tensors[path].shape == shape else (0,) * len(shape)
        return [float(self.shown.tensors[name][cell]) for name in names]

    def _moving(self, beat: Beat, acts: Acts) -> list[Cue]:
        graph, step = self.graph, self.trace[beat.start]
        if graph is None:
            return []
        before = self.trace[beat.before] if beat.before is not None else None
        old = before if before is not None and {*before.writes} == {*step.writes} else None
        # A number has to be on the x axis before it can rise.
        start = acts.read if self.made in step.writes else 0.0
        return [during(start, acts.added, lambda share: self.move(graph, step, old, share))]

    def full(self, beat: Beat) -> list[Cue]:
        return [*super().full(beat), *self._moving(beat, self.acts)]

    def quick(self, beat: Beat) -> list[Cue]:
        return [*super().quick(beat), *self._moving(beat, self.quick_acts)]

    # --- in place of the lens ----------------------------------------------------------------------------------------------------------

    def work(self, work: Work[CodeStep], ticks: int, done: bool) -> None:
        if self.on_bench(work.step):
            super().work(work, ticks, done)
        else:
            self.bench.clear()

    def clear_bench(self, work: Work[CodeStep]) -> None:
        if self.on_bench(work.step):
            super().clear_bench(work)
        else:
            self.bench.clear()

    def flights(self, work: Work[CodeStep]) -> list[Flight]:
        """Numbers go to the x axis."""
        if self.graph is None or not self.on_graph(work.step):
            return super().flights(work)
        start = self.here[self.given].line(work.step.reads[self.given][0], work.written.terms[0][0])
        if start is None:
            return []
        x, y = self.graph.upper.foot_of(*self.point(work.step, self.given))
        return [Flight(self.role[self.given], lines=(start, Line(start.text, start.size, x, y)))]
