"""How every number of the way back through an LSTM is computed and what is said of it, and the order in which they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from engine.blocks import Blocks
from engine.concepts.lstm import captions
from engine.concepts.lstm.adjoints import Adjoints, Given
from engine.concepts.lstm.arguments import LstmLayer
from engine.concepts.lstm.backward_step import DELTAS, TIMED, BackwardStageName, LstmBackwardStep
from engine.concepts.lstm.cell import States
from engine.concepts.lstm.stages import before
from engine.concepts.lstm.step import GATES
from engine.numbers import Sum, sum_line
from engine.stage import Operand, Stage, Work, number, operand
from engine.step import Cell

#: So many of the last time steps have chapters of their own.
APART = 2

#: The chapters of what comes after the way through time, in this order.
AFTERWARDS: dict[BackwardStageName, str] = {
    "grad_h0": "gradient of h0",
    "grad_c0": "gradient of c0",
    "grad_input": "gradient of the input",
    "grad_weight_ih": "gradient of weight_ih",
    "grad_weight_hh": "gradient of weight_hh",
    "grad_bias": "gradient of the biases",
}

#: What the gradient of the sum inside of a gate is made of, besides the slope of the gate: a gradient and another number.
FACTORS = {"i": ("grad_c", "g"), "f": ("grad_c", "c_before"), "g": ("grad_c", "i"), "o": ("grad_h", "tanh_c")}
SAID = {
    "i": "Input gate, unit {}: ∂c times the candidate, times the slope i(1 − i)",
    "f": "Forget gate, unit {}: ∂c times the old cell state, times the slope f(1 − f)",
    "g": "Candidate, unit {}: ∂c times the input gate, times the slope 1 − g²",
    "o": "Output gate, unit {}: ∂h times tanh c, times the slope o(1 − o)",
}


def in_order(layer: LstmLayer, stages: Mapping[str, Stage]) -> Blocks:
    """Time steps backwards, all but the last two in one chapter; then the states before the first one, and what adds up."""
    blocks, sizes, left = Blocks(), (1, layer.units), layer.steps - APART
    together = "t = 0" if left == 1 else f"t = {left - 1} to 0"
    for time in reversed(range(layer.steps)):
        corner = (time, 0)
        for name in TIMED:
            what = "gradients of the gates" if name in DELTAS else f"gradient of {name[-1]}"
            blocks.box(name, together if time < left else f"t = {time}: {what}", corner, sizes)
    for name, phase in AFTERWARDS.items():
        if name in stages:
            shape = tuple(stages[name].values.shape)
            blocks.box(name, phase, (0,) * len(shape), shape)
    return blocks


@dataclass(frozen=True, eq=False)
class LstmBackwardStages:
    """Of a layer over its input."""

    layer: LstmLayer
    states: States
    given: Given
    adjoints: Adjoints

    def all(self) -> dict[str, Stage]:
        """By their names; a layer without a bias has no gradient of one."""
        adjoints, deltas = self.adjoints, self.adjoints.deltas.chunk(len(DELTAS), dim=1)
        found = {
            "grad_h": self._stage("grad_h", adjoints.h, self._hidden, self._says_hidden),
            "grad_c": self._stage("grad_c", adjoints.c, self._cell, self._says_cell),
            **{name: self._delta(name, values) for name, values in zip(DELTAS, deltas, strict=True)},
            "grad_h0": self._stage("grad_h0", adjoints.h0, self._hidden, self._says_hidden),
            "grad_c0": self._stage("grad_c0", adjoints.c0, self._cell, self._says_cell),
            "grad_input": self._stage("grad_input", adjoints.input, self._input, self._says_input),
            "grad_weight_ih": self._stage("grad_weight_ih", adjoints.weight_ih, self._weight_ih, self._says_weight("number {} of x")),
            "grad_weight_hh": self._stage("grad_weight_hh", adjoints.weight_hh, self._weight_hh, self._says_weight("unit {} of h before")),
        }
        if self.layer.biases:
            found["grad_bias"] = self._stage("grad_bias", adjoints.bias, self._bias, self._says_bias)
        return found

    def _stage(self, name: str, values: Tensor, work: Callable[[Cell], Work], say: Callable[[Cell, Work, Sum], str]) -> Stage:
        paths = [f"grad_{bias}" for bias in self.layer.biases] if name == "grad_bias" else [name]
        return Stage(
            path=paths[0],
            values=values,
            work=lambda cell: work(cell).having(stage=name, cell=cell, **self._shown(name, cell)),
            say=say,
            caption=captions.backward(name, self.layer.units, self.layer.features, self.layer.steps - 1),
            shared=captions.backward_shared(name),
            step=LstmBackwardStep,
            writes=lambda cell: {path: [cell] for path in paths},
        )

    def _shown(self, name: str, cell: Cell) -> dict[str, int]:
        """Where the picture stands; what adds up over time stands at the end of it."""
        if name == "grad_input":
            return {"time": cell[0], "unit": 0}
        if name in ("grad_weight_ih", "grad_weight_hh", "grad_bias"):
            return {"time": self.layer.steps - 1, "unit": cell[0] % self.layer.units}
        return {"time": (0, *cell)[-2], "unit": cell[-1]}

    # --- numbers ---------------------------------------------------------------------------------------------------------------------

    def _gradient(self, name: str, cell: Cell) -> Operand:
        return number(float(getattr(self.adjoints, name[-1])[cell]), name, cell)

    def _forward(self, name: str, cell: Cell) -> Operand:
        path, at = before("c", cell, "forward.") if name == "c_before" else (f"forward.{name}", cell)
        return number(float(getattr(self.states, name)[cell]), path, at)

    def _sent_back(self, time: int, name: str, column: int) -> tuple[Operand, Operand]:
        """The gradients of all gates of a time step and the weights of one number in them."""
        units, weights = self.layer.units, getattr(self.layer, name)[:, column].tolist()
        deltas = Operand([(delta, (time, unit)) for delta in DELTAS for unit in range(units)], self.adjoints.deltas[time].tolist())
        return deltas, operand(name, [(row, column) for row in range(len(weights))], weights)

    def _over_time(self, row: int) -> Operand:
        """The gradients of one gate of one unit."""
        gate, unit = divmod(row, self.layer.units)
        return operand(DELTAS[gate], [(time, unit) for time in range(self.layer.steps)], self.adjoints.deltas[:, row].tolist())

    # --- through time ----------------------------------------------------------------------------------------------------------------

    def _hidden(self, cell: Cell) -> Work:
        (time, unit), given = _when(cell), self.given
        sums: list[tuple[Operand, ...]] = [] if time < 0 else [(number(float(given.output[cell]), "grad_output", cell),)]
        if time < self.layer.steps - 1:
            sums.append(self._sent_back(time + 1, "weight_hh", unit))
        elif given.h_n is not None:
            sums.append((number(float(given.h_n[unit]), "grad_h_n", (unit,)),))
        return Work(sums)

    def _says_hidden(self, cell: Cell, work: Work, text: Sum) -> str:
        time, unit = _when(cell)
        words = [] if time < 0 else [f"its output gives {text.terms[0][0]}"]
        if time < self.layer.steps - 1:
            words.append(f"the gates of t = {time + 1} send back {'the rest' if words else 'all of it'}")
        elif len(work.sums) > 1:
            words.append(f"the last state {text.terms[1][0]}")
        return f"The gradient of {'h0' if time < 0 else 'h'} of unit {unit}: {', '.join(words)}: ∂h {text.relation} {text.value}."

    def _cell(self, cell: Cell) -> Work:
        (time, unit), given = _when(cell), self.given.c_n
        sums: list[tuple[Operand, ...]] = []
        if time >= 0:
            squashed = float(self.states.tanh_c[cell])
            slope = number(1 - squashed * squashed, "forward.tanh_c", cell)
            sums.append((self._gradient("grad_h", cell), self._forward("o", cell), slope))
        if time < self.layer.steps - 1:
            after = (time + 1, unit)
            sums.append((self._gradient("grad_c", after), self._forward("f", after)))
        elif given is not None:
            sums.append((number(float(given[unit]), "grad_c_n", (unit,)),))
        return Work(sums)

    def _says_cell(self, cell: Cell, work: Work, text: Sum) -> str:
        time, unit = _when(cell)
        words = [] if time < 0 else ["through h"]
        if time < self.layer.steps - 1:
            words.append(f"along the conveyor, times the forget gate of t = {time + 1}")
        elif len(work.sums) > 1:
            words.append("from the last cell state")
        return f"The gradient of {'c0' if time < 0 else 'c'} of unit {unit} comes back {' and '.join(words)}: {sum_line(text)}."

    def _delta(self, name: str, values: Tensor) -> Stage:
        gate = name.removeprefix("delta_")
        gradient, other = FACTORS[gate]

        def work(cell: Cell) -> Work:
            own = self._forward(gate, cell)
            (x,) = own.values
            slope = [own._replace(values=[1 - x * x])] if gate == "g" else [own, own._replace(values=[1 - x])]
            return Work([(self._gradient(gradient, cell), self._forward(other, cell), *slope)])

        return self._stage(name, values, work, lambda cell, work, text: f"{SAID[gate].format(cell[1])}: {sum_line(text)}.")

    # --- what adds up ----------------------------------------------------------------------------------------------------------------

    def _input(self, cell: Cell) -> Work:
        return Work([self._sent_back(cell[0], "weight_ih", cell[1])])

    def _says_input(self, cell: Cell, work: Work, text: Sum) -> str:
        gates = len(self.layer.weight_ih)
        return f"Number {cell[1]} of x at t = {cell[0]} goes into all {gates} gates: what they send back adds up to {text.value}."

    def _weight_ih(self, cell: Cell) -> Work:
        row, column = cell
        x = operand("input", [(time, column) for time in range(self.layer.steps)], self.layer.input[:, column].tolist())
        return Work([(self._over_time(row), x)])

    def _weight_hh(self, cell: Cell) -> Work:
        row, column = cell
        places = [before("h", (time, column), "forward.") for time in range(self.layer.steps)]
        return Work([(self._over_time(row), Operand(places, self.states.h_before[:, column].tolist()))])

    def _says_weight(self, read: str) -> Callable[[Cell, Work, Sum], str]:
        def say(cell: Cell, work: Work, text: Sum) -> str:
            where = f"from {read.format(cell[1])} to {self._gate(cell[0])}"
            return f"The weight {where}, is used at every time step: its gradients add up to {text.value}."

        return say

    def _bias(self, cell: Cell) -> Work:
        return Work([(self._over_time(cell[0]),)])

    def _says_bias(self, cell: Cell, work: Work, text: Sum) -> str:
        return f"A bias is added at every time step, so the gradients of {self._gate(cell[0])}, add up to {text.value}."

    def _gate(self, row: int) -> str:
        gate, unit = divmod(row, self.layer.units)
        return f"gate {GATES[gate]}, unit {unit}"


def _when(cell: Cell) -> Cell:
    """Time and unit of a state; before the first time step the time is −1."""
    return (-1, *cell)[-2:]
