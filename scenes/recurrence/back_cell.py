"""The way back through the cell of an LSTM as a picture: gradients come along the conveyor from the right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from engine.concepts.lstm.backward_step import LstmBackwardStep
from scenes.parts.story import Story
from scenes.parts.units import HALF, OPERATOR, Column, Point, UnitPicture, Wire

GATES = ("f", "i", "g", "o")


def numbers_of(trace: Story[LstmBackwardStep]) -> dict[str, np.ndarray]:
    """All that may stand in each column."""
    forward, outputs = trace.inputs["forward"], trace.outputs
    c = np.concatenate([outputs["grad_c"].ravel(), outputs["grad_c0"].ravel()])
    found = {name: np.asarray(forward[name]).ravel() for name in ("f", "i", "g", "o", "tanh_c")}
    found |= {"f_after": found["f"], "c_before": np.asarray(trace.c_before).ravel(), "grad_c_after": c, "grad_c": c}
    return {**found, "grad_h": np.concatenate([outputs["grad_h"].ravel(), outputs["grad_h0"].ravel()])}


class BackPicture(UnitPicture):
    """What comes from the time after, what comes from h, and the numbers of the way forward that both are multiplied by."""

    columns: ClassVar[Mapping[str, Column]] = {
        "grad_c_after": Column(6.45, "gradient", "partial c_(t+1)", on_belt=True),
        "f_after": Column(5.0, "ink", "f_(t+1)", on_belt=True, is_gate=True),
        "grad_c": Column(-2.5, "gradient", "partial c_t", on_belt=True),
        "grad_h": Column(6.45, "gradient", "partial h_t", side=2),
        "o": Column(5.0, "ink", "o_t", "output", 1, is_gate=True, away=0.42),
        "tanh_c": Column(3.55, "ink", "", "tanh c"),
        "g": Column(2.0, "ink", "g_t", "candidate", 1),
        "i": Column(0.5, "ink", "i_t", "input", 1, is_gate=True),
        "f": Column(-0.95, "ink", "f_t", "forget", 1, is_gate=True),
        "c_before": Column(-2.5, "output", "c_(t-1)", side=2),
    }

    def rails(self) -> tuple[float, float]:
        return self.x("grad_c") + HALF, self.x("f_after") - HALF

    def wires(self) -> list[Wire]:
        belt, _ = self.middle
        low, top, meet = self.belt[0], self.row[1], self.x("tanh_c")
        left, right = self.rails()
        # Beside the number of a unit, which may stand below the column.
        leave = self.x("grad_c") + HALF - 0.1
        across = self.turn + (low - self.turn) * 0.55
        return [
            Wire([(right, belt), (meet + OPERATOR, belt)]),
            Wire([(meet - OPERATOR, belt), (left, belt)]),
            Wire([(meet, top), (meet, belt - OPERATOR)]),
            # From the gradient of c down to the gates that made it.
            Wire([(leave, low), (leave, across), (self.x("g"), across)], head=False),
            *(Wire([(self.x(name), across), (self.x(name), top)]) for name in ("f", "i", "g")),
            Wire([(self.x("grad_h"), self.bus), (self.start, self.bus)]),
            *(Wire([(self.x(name), self.words), (self.x(name), self.bus)], head=False) for name in GATES),
            Wire([(self.x("grad_h"), self.bus), (self.x("grad_h"), self.words)]),
        ]

    def signs(self) -> dict[str, list[Point]]:
        belt, row = self.middle
        after = (self.x("grad_c_after") + self.x("f_after")) / 2
        first, second = ((self.x(a) + self.x(b)) / 2 for a, b in (("grad_h", "o"), ("o", "tanh_c")))
        return {"×": [(after, belt), (first, row), (second, row)], "+": [(self.x("tanh_c"), belt)]}

    def way_to_h(self) -> list[Point]:
        """From the lens to the gradient of h."""
        return [(self.start, self.bus), (self.x("grad_h"), self.bus), (self.x("grad_h"), self.words)]

    def way_from(self, gate: str) -> list[Point]:
        """From a gate to the lens."""
        return [(self.x(gate), self.words), (self.x(gate), self.bus), (self.start, self.bus)]
