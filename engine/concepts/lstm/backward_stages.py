"""How every number of the way back through an LSTM is computed and what is said of it, and the order in which they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.blocks import Blocks
from engine.concepts.lstm import captions
from engine.concepts.lstm.adjoints import Adjoints, Given
from engine.concepts.lstm.arguments import LstmLayer
from engine.concepts.lstm.backward_step import DELTAS, LstmBackwardStep
from engine.concepts.lstm.cell import States
from engine.concepts.lstm.choice import UnitChoice, stretches
from engine.concepts.lstm.stages import before
from engine.concepts.lstm.step import GATES
from engine.numbers import Sum, sum_line
from engine.stage import Operand, Stage, Work, number, operand
from engine.step import Cell, Step

#: So many of the last time steps have chapters of their own.
APART = 2

#: What the gradient of the sum inside of a gate is made of, besides the slope of the gate: a gradient and another number.
FACTORS = {"i": ("grad_c", "g"), "f": ("grad_c", "c_before"), "g": ("grad_c", "i"), "o": ("grad_h", "tanh_c")}
SAID = {
    "i": "Input gate, unit {}: ∂c times the candidate, times the slope i(1 − i)",
    "f": "Forget gate, unit {}: ∂c times the old cell state, times the slope f(1 − f)",
    "g": "Candidate, unit {}: ∂c times the input gate, times the slope 1 − g²",
    "o": "Output gate, unit {}: ∂h times tanh c, times the slope o(1 − o)",
}


def in_order(layer: LstmLayer, choice: UnitChoice, stages: Mapping[str, Stage]) -> Blocks:
    """Time steps backwards, all but the last two in one chapter; then the states before the first one, and what adds up."""
    blocks, units, left = Blocks(), stretches(choice.order), layer.steps - APART
    together = "t = 0" if left == 1 else f"t = {left - 1} to 0"
    gates = stretches(choice.rows)
    chapters = {"grad_h": ("gradient of h", units), "grad_c": ("gradient of c", units), "delta": ("gradients of the gates", gates)}
    for time in reversed(range(layer.steps)):
        for name, (what, columns) in chapters.items():
            for column, count in columns:
                blocks.box(name, together if time < left else f"t = {time}: {what}", (time, column), (1, count))
    for name in ("grad_h", "grad_c"):
        for unit, count in units:
            blocks.box(name, f"gradient of {name[-1]}0", (layer.steps, unit), (1, count))
    blocks.box("grad_input", "gradient of the input", (0, 0), (layer.steps, layer.features))
    rows = len(layer.weight_ih)
    blocks.box("grad_weight", "gradient of weight_ih", (0, 0), (rows, layer.features))
    blocks.box("grad_weight", "gradient of weight_hh", (0, layer.features), (rows, layer.units))
    if "grad_bias" in stages:
        blocks.box("grad_bias", "gradient of the biases", (0,), (rows,))
    return blocks


@dataclass(frozen=True, eq=False, kw_only=True)
class Joined(Stage):
    """Stages that compute alike as one; ``part`` says which of them computes a cell of all their values, and which of its own cells."""

    part: Callable[[Cell], tuple[Stage, Cell]]

    @classmethod
    def of(cls, values: Tensor, part: Callable[[Cell], tuple[Stage, Cell]]) -> Joined:
        """The stages of parts; what is said of a step is said by them."""

        def work(cell: Cell) -> Work:
            stage, own = part(cell)
            return stage.work(own)

        def say(cell: Cell, work: Work, text: Sum) -> str:
            stage, own = part(cell)
            return stage.say(own, work, text)

        def caption(cell: Cell, work: Work) -> str:
            stage, own = part(cell)
            return stage.caption(own, work) if stage.caption else ""

        shared = part((0,) * values.dim())[0].shared
        return cls(path="", values=values, work=work, say=say, caption=caption, shared=shared, part=part)

    def cut(self, k: int, phase: str, cell: Cell) -> Step:
        stage, own = self.part(cell)
        return stage.cut(k, phase, own)


@dataclass(frozen=True, eq=False)
class LstmBackwardStages:
    """Of a layer over its input."""

    layer: LstmLayer
    states: States
    given: Given
    adjoints: Adjoints

    def all(self) -> dict[str, Stage]:
        """By the names of what is computed alike; a layer without a bias has no gradient of one."""
        adjoints, units, features = self.adjoints, self.layer.units, self.layer.features
        h, c, by_x, by_h = self._states("h"), self._states("c"), self._weight("ih", self._weight_ih), self._weight("hh", self._weight_hh)
        deltas = [self._delta(name, values) for name, values in zip(DELTAS, adjoints.deltas.chunk(len(DELTAS), dim=1), strict=True)]
        found = {
            # The states before the first time step stand below all others.
            "grad_h": Joined.of(torch.vstack([adjoints.h, adjoints.h0]), lambda cell: _state(h, cell)),
            "grad_c": Joined.of(torch.vstack([adjoints.c, adjoints.c0]), lambda cell: _state(c, cell)),
            "delta": Joined.of(adjoints.deltas, lambda cell: (deltas[cell[1] // units], (cell[0], cell[1] % units))),
            "grad_input": self._stage("grad_input", adjoints.input, self._input, self._says_input),
            "grad_weight": Joined.of(
                torch.hstack([adjoints.weight_ih, adjoints.weight_hh]),
                lambda cell: (by_x, cell) if cell[1] < features else (by_h, (cell[0], cell[1] - features)),
            ),
        }
        if self.layer.biases:
            found["grad_bias"] = self._stage("grad_bias", adjoints.bias, self._bias, self._says_bias)
        return found

    def _states(self, letter: str) -> tuple[Stage, Stage]:
        """Gradients of a state through time, and of the first one."""
        how = (self._hidden, self._says_hidden) if letter == "h" else (self._cell, self._says_cell)
        through_time, first = (self._stage(f"grad_{name}", getattr(self.adjoints, name), *how) for name in (letter, f"{letter}0"))
        return through_time, first

    def _weight(self, which: str, work: Callable[[Cell], Work]) -> Stage:
        read = "number {} of x" if which == "ih" else "unit {} of h before"
        return self._stage(f"grad_weight_{which}", getattr(self.adjoints, f"weight_{which}"), work, self._says_weight(read))

    def _stage(self, name: str, values: Tensor, work: Callable[[Cell], Work], say: Callable[[Cell, Work, Sum], str]) -> Stage:
        paths = [f"grad_{bias}" for bias in self.layer.biases] if name == "grad_bias" else [name]
        return Stage(
            path=paths[0],
            values=values,
            work=lambda cell: work(cell).having(stage=name, cell=cell, **self._shown(name, cell)),
            say=say,
            caption=captions.backward(name, self.layer.units, self.layer.features, self.layer.steps - 1),
            shared=captions.backward_shared(name),
            noun=captions.backward_noun(name),
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


def _state(stages: tuple[Stage, Stage], cell: Cell) -> tuple[Stage, Cell]:
    """Which of both, through time and before it, computes a cell, and which cell of its own that is."""
    through_time, first = stages
    return (through_time, cell) if cell[0] < len(through_time.values) else (first, cell[1:])


def _when(cell: Cell) -> Cell:
    """Time and unit of a state; before the first time step the time is −1."""
    return (-1, *cell)[-2:]
