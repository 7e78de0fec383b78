"""The cell of an LSTM as a picture, forwards and backwards: the cell state as a conveyor along the top, the gates below it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from scenes.parts.curves import Point
from scenes.recurrence.units import HALF, OPERATOR, UnitColumn, UnitPicture, Wire

GATE_COLUMNS = ("f", "i", "g", "o")


class CellPicture(UnitPicture):
    """Two states at the ends of the conveyor, four gates, tanh and the hidden state."""

    columns: ClassVar[Mapping[str, UnitColumn]] = {
        "c_before": UnitColumn(-2.5, "output", "c_(t-1)", on_belt=True),
        "f": UnitColumn(-0.95, "ink", "f_t", "forget", -1, is_gate=True),
        "i": UnitColumn(0.5, "ink", "i_t", "input", -1, is_gate=True),
        "g": UnitColumn(2.05, "ink", "g_t", "candidate", 1),
        "o": UnitColumn(3.6, "ink", "o_t", "output", -1, is_gate=True),
        "tanh_c": UnitColumn(5.05, "ink", "", "tanh c"),
        "c": UnitColumn(6.45, "output", "c_t", on_belt=True),
        "h": UnitColumn(6.45, "output", "h_t", side=2),
    }

    @property
    def taken_in(self) -> float:
        """Where what enters meets what is kept."""
        return (self.x("i") + self.x("g")) / 2

    def wires(self) -> list[Wire]:
        (belt, row), low, top, turn, both = self.middle, self.belt[0], self.row[1], self.turn, self.taken_in
        f, i, g, tanh_c = (self.x(name) for name in ("f", "i", "g", "tanh_c"))
        left, right = self.rails
        return [
            Wire([(f, top), (f, belt - OPERATOR)]),
            Wire([(i, top), (i, turn), (both - OPERATOR, turn)]),
            Wire([(g, top), (g, turn), (both + OPERATOR, turn)]),
            Wire([(both, turn + OPERATOR), (both, belt - OPERATOR)]),
            Wire([(tanh_c, low), (tanh_c, top)]),
            Wire([(tanh_c + HALF, row), (self.x("h") - HALF, row)]),
            Wire([(self.start, self.bus), (self.x("o"), self.bus)], head=False),
            *(Wire([(self.x(name), self.bus), (self.x(name), self.words)]) for name in GATE_COLUMNS),
            Wire([(left, belt), (f - OPERATOR, belt)]),
            Wire([(f + OPERATOR, belt), (both - OPERATOR, belt)]),
            Wire([(both + OPERATOR, belt), (right, belt)]),
        ]

    def signs(self) -> dict[str, list[Point]]:
        belt, row = self.middle
        shown = (self.x("o") + self.x("tanh_c")) / 2
        return {"×": [(self.x("f"), belt), (self.taken_in, self.turn), (shown, row)], "+": [(self.taken_in, belt)]}


class BackPicture(UnitPicture):
    """Gradients along the conveyor from the right, from h, and the numbers of the way forward that both are multiplied by."""

    columns: ClassVar[Mapping[str, UnitColumn]] = {
        "grad_c_after": UnitColumn(6.45, "gradient", "partial c_(t+1)", on_belt=True),
        "f_after": UnitColumn(5.0, "ink", "f_(t+1)", on_belt=True, is_gate=True),
        "grad_c": UnitColumn(-2.5, "gradient", "partial c_t", on_belt=True),
        "grad_h": UnitColumn(6.45, "gradient", "partial h_t", side=2),
        "o": UnitColumn(5.0, "ink", "o_t", "output", 1, is_gate=True, away=0.42),
        "tanh_c": UnitColumn(3.55, "ink", "", "tanh c"),
        "g": UnitColumn(2.0, "ink", "g_t", "candidate", 1),
        "i": UnitColumn(0.5, "ink", "i_t", "input", 1, is_gate=True),
        "f": UnitColumn(-0.95, "ink", "f_t", "forget", 1, is_gate=True),
        "c_before": UnitColumn(-2.5, "output", "c_(t-1)", side=2),
    }

    def wires(self) -> list[Wire]:
        belt, _ = self.middle
        low, top, meet = self.belt[0], self.row[1], self.x("tanh_c")
        left, right = self.rails
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
            *(Wire([(self.x(name), self.words), (self.x(name), self.bus)], head=False) for name in GATE_COLUMNS),
            Wire([(self.x("grad_h"), self.bus), (self.x("grad_h"), self.words)]),
        ]

    def signs(self) -> dict[str, list[Point]]:
        belt, row = self.middle
        after = (self.x("grad_c_after") + self.x("f_after")) / 2
        first, second = ((self.x(a) + self.x(b)) / 2 for a, b in (("grad_h", "o"), ("o", "tanh_c")))
        return {"×": [(after, belt), (first, row), (second, row)], "+": [(self.x("tanh_c"), belt)]}
