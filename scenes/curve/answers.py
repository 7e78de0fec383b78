"""The probability of a yes on its curve, and below it what it costs: the target chooses one of two curves, its slope is the gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from engine.code.step import CodeStep
from scenes.curve.graphed import Graphed
from scenes.curve.ride import Answers
from scenes.parts.desk import Acts
from scenes.parts.ink import Box


class Answered(Graphed):
    """``costs`` are what the probability ``made`` costs where ``answer`` is true, ``slopes`` how that grows: the first that there is."""

    given = "input"
    made = "p"
    answer: ClassVar[str] = "target"
    costs: ClassVar[Sequence[str]] = ("each", "per_cell", "loss")
    slopes: ClassVar[Sequence[str]] = ("slope", "grad")
    #: What is true where a logarithm is the one that counts, and what all costs come to.
    sides: ClassVar[Mapping[str, float]] = {"log_p": 1.0, "log_not_p": 0.0}
    all_costs: ClassVar[str] = "loss"
    wide = 6.0
    heights: ClassVar[Sequence[float]] = ()

    def possible(self) -> bool:
        self.cost, self.slope = (next(path for path in paths if path in self.shown.computed) for paths in (self.costs, self.slopes))
        return super().possible()

    def make(self, room: Box) -> Answers:
        names = (self.given, self.made, self.cost)
        return Answers(self.trace.outputs[self.curve], room, names, [self.role[name] for name in names], self.theme)

    @property
    def averaged(self) -> bool:
        """Whether the whole is a mean of costs, which has a place among them."""
        return bool(self.trace.params.get("reduction") == "mean" and self.all_costs in self.shown.computed)

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        if self.drawn and self.averaged and not opened:
            self.picture.average(self.all_costs, float(self.shown.tensors[self.all_costs]), 1.0)

    def during(self, step: CodeStep, acts: Acts) -> tuple[float, float]:
        return acts.read, acts.added

    def known(self, step: CodeStep) -> None:
        super().known(step)
        xs, costs = (self.shown.tensors[name].ravel().tolist() for name in (self.given, self.cost))
        self.picture.lower.mark_all([*zip(xs, costs, strict=True)][: self.counts[self.cost]])

    def move(self, step: CodeStep, old: CodeStep | None, share: float) -> None:
        super().move(step, old, share)
        x, answer, cost, slope = self.point(step, self.given, self.answer, self.cost, self.slope)
        self.picture.choose(answer if step.made in (self.cost, self.slope) else self.sides.get(step.made))
        if step.made in self.sides:
            self.picture.ask(x, self.sides[step.made], share)
        elif self.averaged and step.made == self.all_costs:
            self.picture.average(self.all_costs, step.value, share)
        elif step.made == self.cost:
            self.picture.lower.climb(x, cost, share)
        elif step.made == self.slope and share:
            self.picture.lower.touch(x, cost, slope * share)  # the tangent turns
