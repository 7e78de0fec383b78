"""The cell of an LSTM as a picture: the cell state as a conveyor along the top, the gates below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from engine.concepts.lstm.step import LstmStep
from scenes.parts.story import Story
from scenes.parts.units import HALF, OPERATOR, Column, Point, UnitPicture, Wire

GATES = ("f", "i", "g", "o")


def numbers_of(trace: Story[LstmStep]) -> dict[str, np.ndarray]:
    """All that may stand in each column."""
    found = {name: np.asarray(trace.outputs[name]).ravel() for name in CellPicture.columns if name != "c_before"}
    return {**found, "c_before": np.concatenate([trace.inputs["c0"].ravel(), trace.outputs["c"].ravel()])}


class CellPicture(UnitPicture):
    """Two states at the ends of the conveyor, four gates, tanh and the hidden state."""

    columns: ClassVar[Mapping[str, Column]] = {
        "c_before": Column(-2.5, "output", "c_(t-1)", on_belt=True),
        "f": Column(-0.95, "ink", "f_t", "forget", -1, is_gate=True),
        "i": Column(0.5, "ink", "i_t", "input", -1, is_gate=True),
        "g": Column(2.05, "ink", "g_t", "candidate", 1),
        "o": Column(3.6, "ink", "o_t", "output", -1, is_gate=True),
        "tanh_c": Column(5.05, "ink", "", "tanh c"),
        "c": Column(6.45, "output", "c_t", on_belt=True),
        "h": Column(6.45, "output", "h_t", side=2),
    }

    def rails(self) -> tuple[float, float]:
        return self.x("c_before") + HALF, self.x("c") - HALF

    @property
    def taken_in(self) -> float:
        """Where what enters meets what is kept."""
        return (self.x("i") + self.x("g")) / 2

    def wires(self) -> list[Wire]:
        (belt, row), low, top, turn, both = self.middle, self.belt[0], self.row[1], self.turn, self.taken_in
        f, i, g, tanh_c = (self.x(name) for name in ("f", "i", "g", "tanh_c"))
        left, right = self.rails()
        return [
            Wire([(f, top), (f, belt - OPERATOR)]),
            Wire([(i, top), (i, turn), (both - OPERATOR, turn)]),
            Wire([(g, top), (g, turn), (both + OPERATOR, turn)]),
            Wire([(both, turn + OPERATOR), (both, belt - OPERATOR)]),
            Wire([(tanh_c, low), (tanh_c, top)]),
            Wire([(tanh_c + HALF, row), (self.x("h") - HALF, row)]),
            Wire([(self.start, self.bus), (self.x("o"), self.bus)], head=False),
            *(Wire([(self.x(name), self.bus), (self.x(name), self.words)]) for name in GATES),
            Wire([(left, belt), (f - OPERATOR, belt)]),
            Wire([(f + OPERATOR, belt), (both - OPERATOR, belt)]),
            Wire([(both + OPERATOR, belt), (right, belt)]),
        ]

    def signs(self) -> dict[str, list[Point]]:
        belt, row = self.middle
        shown = (self.x("o") + self.x("tanh_c")) / 2
        return {"×": [(self.x("f"), belt), (self.taken_in, self.turn), (shown, row)], "+": [(self.taken_in, belt)]}

    def way_to(self, gate: str) -> list[Point]:
        """From the lens to a gate."""
        return [(self.start, self.bus), (self.x(gate), self.bus), (self.x(gate), self.words)]
