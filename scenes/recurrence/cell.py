"""The cell of an LSTM as a picture, forwards and backwards: a stream along the top, valves on it and on the ways in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from scenes.parts.curves import Point
from scenes.recurrence.streams import Pipe
from scenes.recurrence.units import LEFT, PLATE, UnitColumn, UnitPicture

SATURATED = 3.0  # of cell states; beyond it tanh is 1


class CellPicture(UnitPicture):
    """What was kept comes from the left and the candidate below it; both are added up and go on, and what is shown comes back below."""

    columns: ClassVar[Mapping[str, UnitColumn]] = {
        "c_before": UnitColumn(-1.85, "output", "c_(t-1)", on_belt=True),
        "f": UnitColumn(0.4, "ink", "f_t", "forget", on_belt=True, is_valve=True),
        "g": UnitColumn(-1.85, "ink", "g_t", "candidate"),
        "i": UnitColumn(0.4, "ink", "i_t", "input", is_valve=True),
        "c": UnitColumn(6.3, "output", "c_t", on_belt=True),
        "tanh_c": UnitColumn(6.3, "ink", "", "tanh c"),
        "o": UnitColumn(4.62, "ink", "o_t", "output", is_valve=True),
        "h": UnitColumn(2.95, "output", "h_t", "hidden"),
    }
    fullest = SATURATED
    plate, clearing = 1.65, 3.55
    alleys = (LEFT - 0.08, -0.6, 1.2, 2.1, 3.78, 5.47)

    def pipes(self) -> list[Pipe]:
        left, right = self.plate - PLATE, self.plate + PLATE
        return [
            Pipe("c_before", self.side("c_before", 1), left, ("f",), "c"),
            Pipe("g", self.side("g", 1), left, ("i",), "c", belt=False),
            Pipe("c", right, self.side("c", -1)),
            Pipe("tanh_c", self.side("tanh_c", -1), self.side("h", 1), ("o",), "h", belt=False),
        ]

    def wires(self) -> list[Sequence[Point]]:
        return [[(self.x("c") + 0.1, self.belt[0]), (self.x("c") + 0.1, self.row[1])]]


class BackPicture(UnitPicture):
    """Gradients along the stream from the right, and from h below it, through the valves of the way forward."""

    stream = "gradient"
    columns: ClassVar[Mapping[str, UnitColumn]] = {
        "grad_c_after": UnitColumn(6.3, "gradient", "partial c_(t+1)", on_belt=True),
        "f_after": UnitColumn(4.62, "ink", "f_(t+1)", on_belt=True, is_valve=True),
        "grad_c": UnitColumn(-2.02, "gradient", "partial c_t", on_belt=True),
        "grad_h": UnitColumn(6.3, "gradient", "partial h_t"),
        "o": UnitColumn(4.98, "ink", "o_t", is_valve=True),
        "tanh_c": UnitColumn(3.66, "ink", "", is_valve=True, slopes=True, word="tanh c"),
        "g": UnitColumn(1.94, "ink", "g_t"),
        "i": UnitColumn(0.62, "ink", "i_t", is_valve=True),
        "f": UnitColumn(-0.7, "ink", "f_t", is_valve=True),
        "c_before": UnitColumn(-2.02, "output", "c_(t-1)"),
    }
    plate, clearing = 2.8, 1.2
    alleys = (LEFT - 0.08, -1.36, -0.04, 1.28, 2.56, 4.32, 5.64)

    def pipes(self) -> list[Pipe]:
        left, right = self.plate - PLATE, self.plate + PLATE
        return [
            Pipe("grad_c_after", self.side("grad_c_after", -1), right, ("f_after",), "grad_c"),
            Pipe("grad_h", self.side("grad_h", -1), right, ("o", "tanh_c"), "grad_c", belt=False),
            Pipe("grad_c", left, self.side("grad_c", 1)),
        ]

    def wires(self) -> list[Sequence[Point]]:
        # From the gradient of c down to the gates that made it.
        return [[(x, self.belt[0]), (x, self.row[1])] for x in self.alleys[1:4]]
