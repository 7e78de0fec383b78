"""The general picture with a function's graph: numbers go to the x axis, their values are found on the curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from engine.code.step import CodeStep
from scenes.curve.ride import Curve
from scenes.parts.desk import Acts, WrittenStep
from scenes.parts.ink import Box, Line
from scenes.parts.mechanism import Moving
from scenes.parts.travel import Flight


class Graphed(Moving):
    """``made`` is a function of the numbers of ``given``, one by one; the rows of ``curve`` are what is drawn of it.

    Without a curve of finite numbers it is the general picture.
    """

    given: ClassVar[str] = "z"
    made: ClassVar[str] = "output"
    curve: ClassVar[str] = "curve"
    heights: ClassVar[Sequence[float]] = (2.7, 2.4, 2.0)

    def possible(self) -> bool:
        curve = self.trace.outputs.get(self.curve)
        return curve is not None and bool(np.isfinite(curve).all())

    def pictured(self, step: CodeStep) -> bool:
        return self.made in step.writes and self.given in step.reads

    def make(self, room: Box) -> Curve:
        names = (self.given, self.made)
        return Curve(self.trace.outputs[self.curve], room, names, [self.role[name] for name in names], self.theme)

    # --- the graph -------------------------------------------------------------------------------------------------------------------

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        if self.drawn:
            self.picture.clear()

    def known(self, step: CodeStep) -> None:
        # Dots on the curve.
        xs, ys = (self.shown.tensors[name].ravel().tolist() for name in (self.given, self.made))
        self.picture.mark_all([*zip(xs, ys, strict=True)][: self.counts[self.made]])

    def move(self, step: CodeStep, old: CodeStep | None, share: float) -> None:
        if self.pictured(step):
            self.picture.climb(*self.point(step, self.given, self.made), share)
        else:
            self.picture.clear()

    def point(self, step: CodeStep, *names: str) -> list[float]:
        """Numbers of tensors in the cell that a step is about."""
        shape = self.shown.tensors[self.given].shape
        cell = step.target if self.shown.tensors[step.made].shape == shape else (0,) * len(shape)
        return [float(self.shown.tensors[name][cell]) for name in names]

    def during(self, step: CodeStep, acts: Acts) -> tuple[float, float]:
        # A number has to be on the x axis before it can rise.
        return acts.read if self.made in step.writes else 0.0, acts.added

    def flights(self, work: WrittenStep[CodeStep]) -> list[Flight]:
        """Numbers go to the x axis."""
        if not self.shows(work.step):
            return super().flights(work)
        start = self.here[self.given].line(work.step.reads[self.given][0], work.written.terms[0][0])
        if start is None:
            return []
        x, y = self.picture.upper.foot_of(*self.point(work.step, self.given))
        return [Flight(self.role[self.given], lines=(start, Line(start.text, start.size, x, y)))]
