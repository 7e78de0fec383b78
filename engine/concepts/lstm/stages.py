"""How every number of an LSTM is computed and what is said of it, and the order in which they come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.blocks import Blocks
from engine.concepts.lstm import captions
from engine.concepts.lstm.arguments import LstmLayer
from engine.concepts.lstm.cell import States
from engine.concepts.lstm.choice import UnitChoice, stretches
from engine.concepts.lstm.step import GATES, STAGE_NAMES, STAGES, LstmStep, StageName
from engine.functions import added
from engine.numbers import Sum, sum_line, sum_of_products
from engine.stage import Operand, Place, Stage, Work, number, operand
from engine.step import Cell, Cells

#: What a gate's number says.
MEANING = {
    "i": ", the share of the candidate that enters",
    "f": ", the share of the old cell state that stays",
    "g": ", what may enter the cell",
    "o": ", the share of the cell that is shown",
}


def in_order(layer: LstmLayer, choice: UnitChoice) -> Blocks:
    """Stage by stage within a time step, unit by unit within a stage; of many units the one that is followed first."""
    blocks, stretched = Blocks(), stretches(choice.order)
    for time in range(layer.steps):
        for name in STAGES:
            for unit, count in stretched:
                blocks.box(name, f"t = {time}: {STAGE_NAMES[name]}", (time, unit), (1, count))
    return blocks


@dataclass(frozen=True, eq=False)
class LstmStages:
    """Of a layer over its input. A cell is a time and a unit."""

    layer: LstmLayer
    states: States

    def all(self) -> dict[str, Stage]:
        """By their names."""
        return {
            **{gate: self._stage(gate, self._gate(gate), self._says_gate(gate)) for gate in GATES},
            "c": self._stage("c", self._cell, _says_cell),
            "tanh_c": self._stage("tanh_c", self._tanh, _says_tanh),
            "h": self._stage("h", self._hidden, _says_hidden),
        }

    def _stage(self, name: StageName, work: Callable[[Cell], Work], say: Callable[[Cell, Work, Sum], str]) -> Stage:
        def writes(cell: Cell) -> Cells:
            found: Cells = {"h": [cell], "output": [cell]} if name == "h" else {name: [cell]}
            is_last = name in ("c", "h") and cell[0] == self.layer.steps - 1
            return {**found, f"{name}_n": [cell[1:]]} if is_last else found

        def placed(cell: Cell) -> Work:
            return work(cell).having(time=cell[0], unit=cell[1], stage=name)

        return Stage(
            path=name,
            values=getattr(self.states, name),
            work=placed,
            say=say,
            caption=captions.forward(name, self.layer.units),
            shared=captions.SHARED[name],
            noun=f"the {STAGE_NAMES[name]}",
            step=LstmStep,
            writes=writes,
        )

    def _number(self, name: StageName, cell: Cell) -> Operand:
        return number(float(getattr(self.states, name)[cell]), name, cell)

    # --- gates -----------------------------------------------------------------------------------------------------------------------

    def _row(self, gate: StageName, unit: int) -> int:
        return GATES.index(gate) * self.layer.units + unit

    def _gate(self, gate: StageName) -> Callable[[Cell], Work]:
        layer, features, units = self.layer, range(self.layer.features), range(self.layer.units)

        def work(cell: Cell) -> Work:
            time, row = cell[0], self._row(gate, cell[1])
            x = operand("input", [(time, j) for j in features], layer.input[time].tolist())
            h = Operand([before("h", (time, j)) for j in units], self.states.h_before[time].tolist())
            by_x = operand("weight_ih", [(row, j) for j in features], layer.weight_ih[row].tolist())
            by_h = operand("weight_hh", [(row, j) for j in units], layer.weight_hh[row].tolist())
            biases = [(number(float(bias[row]), name, (row,)),) for name, bias in layer.biases.items()]
            function = "tanh" if gate == "g" else "sigmoid"
            return Work([(x, by_x), (h, by_h), *biases], apply=function, fields=self._added(time, row))

        return work

    def _says_gate(self, gate: StageName) -> Callable[[Cell, Work, Sum], str]:
        def say(cell: Cell, work: Work, text: Sum) -> str:
            by_part = sum_of_products([(part,) for part in work.fields["parts"]], float(getattr(self.states, gate)[cell]), apply=work.apply)
            given = _given(by_part, len(self.layer.biases))
            return f"{STAGE_NAMES[gate].capitalize()} of unit {cell[1]}: {given}: {sum_line(by_part)}{MEANING[gate]}."

        return say

    def _added(self, time: int, row: int) -> dict[str, Any]:
        """What the input, the hidden state and the biases add to the sum of a gate."""
        states, biases = self.states, [float(bias[row]) for bias in self.layer.biases.values()]
        parts = [float(states.input_part[time, row]), float(states.hidden_part[time, row]), *([added(biases)] if biases else [])]
        return {"parts": parts}

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def _cell(self, cell: Cell) -> Work:
        old = number(float(self.states.c_before[cell]), *before("c", cell))
        return Work([(self._number("f", cell), old), (self._number("i", cell), self._number("g", cell))])

    def _tanh(self, cell: Cell) -> Work:
        return Work([(self._number("c", cell),)], apply="tanh")

    def _hidden(self, cell: Cell) -> Work:
        return Work([(self._number("o", cell), self._number("tanh_c", cell))])


def before(state: str, cell: Cell, group: str = "") -> Place:
    """Where the state of the time step before stands; ``group`` begins the paths of those that are computed."""
    time, unit = cell
    return (group + state, (time - 1, unit)) if time else (f"{state}0", (unit,))


def _given(by_part: Sum, biases: int) -> str:
    """What each part adds, in words."""
    (x,), (h,), *rest = by_part.terms
    return f"x gives {x}, h gives {h}" + (f", the bias{'es' * (biases > 1)} {rest[0][0]}" if rest else "")


def _says_cell(cell: Cell, work: Work, text: Sum) -> str:
    (kept, old), (let_in, candidate) = text.terms
    return f"Unit {cell[1]} keeps {kept} of its old {old} and takes in {let_in} of the candidate {candidate}: {sum_line(text)}."


def _says_tanh(cell: Cell, work: Work, text: Sum) -> str:
    return f"The cell state of unit {cell[1]} is brought between −1 and 1: {sum_line(text)}."


def _says_hidden(cell: Cell, work: Work, text: Sum) -> str:
    return f"Unit {cell[1]} shows {text.terms[0][0]} of that: {sum_line(text)} is its hidden state, and its output."
