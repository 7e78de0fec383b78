"""The steps of the way back through an LSTM, cut out of its tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from torch import Tensor

from engine import sentences
from engine.lstm_adjoints import Adjoints, Given
from engine.lstm_arguments import Layer
from engine.lstm_backward_order import Order
from engine.lstm_backward_step import DELTAS, LstmBackwardStep, Stage
from engine.lstm_cell import States
from engine.lstm_step import GATES
from engine.numbers import sum_line, sum_of_products

#: The chain rule for the sum inside of every gate; the last factors are the slope of σ or of tanh.
SAID = {
    "i": "Input gate, unit {0}: ∂c times the candidate, times the slope i(1 − i)",
    "f": "Forget gate, unit {0}: ∂c times the old cell state, times the slope f(1 − f)",
    "g": "Candidate, unit {0}: ∂c times the input gate, times the slope 1 − g²",
    "o": "Output gate, unit {0}: ∂h times tanh c, times the slope o(1 − o)",
}


@dataclass(frozen=True, eq=False)
class Cutter:
    """Cuts step k out of the tensors."""

    order: Order
    layer: Layer
    states: States
    given: Given
    adjoints: Adjoints

    def __call__(self, k: int) -> LstmBackwardStep:
        stage, time, number = self.order.find(k)
        if stage in ("grad_h", "grad_h0"):
            return self._hidden(k, time, stage, number)
        if stage in ("grad_c", "grad_c0"):
            return self._cell(k, time, stage, number)
        return self._delta(k, time, stage, number) if time >= 0 else self._gathered(k, stage, number)

    def _step(
        self, k: int, stage: str, time: int, unit: int, terms: Sequence[tuple[float, ...]], value: Tensor, say: str, **rest: Any
    ) -> LstmBackwardStep:
        (cells,) = list(rest["writes"].values())[:1]
        text = sum_of_products(terms, float(value))
        name = sentences.cell_name(next(iter(rest["writes"])), cells[0])
        for number, term in enumerate(text.terms[:2]):
            say = say.replace(f"{{{number}}}", term[0])
        return LstmBackwardStep(
            index=k,
            phase=self.order.phase(time, stage),
            terms=terms,
            value=float(value),
            formula=sentences.sum_formula(name, text),
            say=say.replace("{line}", sum_line(text)).replace("{value}", text.value).replace("{equals}", text.relation),
            stage=cast(Stage, stage),
            cell=cells[0],
            time=max(time, 0),
            unit=unit,
            **rest,
        )

    def _hidden(self, k: int, time: int, stage: str, unit: int) -> LstmBackwardStep:
        layer, given, last = self.layer, self.given, self.layer.steps - 1
        terms: list[tuple[float, ...]] = []
        reads: dict[str, Any] = {}
        sources = []
        if time >= 0:
            terms.append((float(given.output[time, unit]),))
            reads["grad_output"] = [(time, unit)]
            sources.append("its output gives {0}")
        if time == last and given.h_n is not None:
            terms.append((float(given.h_n[unit]),))
            reads["grad_h_n"] = [(unit,)]
            sources.append(f"the last state {{{len(terms) - 1}}}")
        if time < last:
            deltas, weights = self.adjoints.deltas[time + 1], layer.weight_hh[:, unit]
            terms += zip(deltas.tolist(), weights.tolist(), strict=True)
            reads |= {name: [(time + 1, j) for j in range(layer.units)] for name in DELTAS}
            reads["weight_hh"] = [(row, unit) for row in range(4 * layer.units)]
            sources.append(f"the gates of t = {time + 1} send back {'the rest' if sources else 'all of it'}")
        value = self.adjoints.h[time, unit] if time >= 0 else self.adjoints.h0[unit]
        where = f"h of unit {unit}" if time >= 0 else f"h0 of unit {unit}"
        return self._step(
            k,
            stage,
            time,
            unit,
            terms,
            value,
            f"The gradient of {where}: {', '.join(sources)}: ∂h {{equals}} {{value}}.",
            reads=reads,
            writes={stage: [(time, unit) if time >= 0 else (unit,)]},
        )

    def _cell(self, k: int, time: int, stage: str, unit: int) -> LstmBackwardStep:
        states, adjoints, given, last = self.states, self.adjoints, self.given, self.layer.steps - 1
        terms: list[tuple[float, ...]] = []
        reads: dict[str, Any] = {}
        words = []
        if time >= 0:
            squashed = float(states.tanh_c[time, unit])
            terms.append((float(adjoints.h[time, unit]), float(states.o[time, unit]), 1 - squashed * squashed))
            reads = {"grad_h": [(time, unit)], "forward.o": [(time, unit)], "forward.tanh_c": [(time, unit)]}
            words.append("through h")
        if time < last:
            terms.append((float(adjoints.c[time + 1, unit]), float(states.f[time + 1, unit])))
            reads |= {"grad_c": [(time + 1, unit)], "forward.f": [(time + 1, unit)]}
            words.append(f"along the conveyor, times the forget gate of t = {time + 1}")
        elif given.c_n is not None:
            terms.append((float(given.c_n[unit]),))
            reads["grad_c_n"] = [(unit,)]
            words.append("from the last cell state")
        value = adjoints.c[time, unit] if time >= 0 else adjoints.c0[unit]
        where = f"c of unit {unit}" if time >= 0 else f"c0 of unit {unit}"
        return self._step(
            k,
            stage,
            time,
            unit,
            terms,
            value,
            f"The gradient of {where} comes back {' and '.join(words)}: {{line}}.",
            reads=reads,
            writes={stage: [(time, unit) if time >= 0 else (unit,)]},
        )

    def _delta(self, k: int, time: int, stage: str, unit: int) -> LstmBackwardStep:
        states, at = self.states, (time, unit)
        gate = stage.removeprefix("delta_")
        i, f, g, o, tanh_c = (float(getattr(states, name)[at]) for name in ("i", "f", "g", "o", "tanh_c"))
        h, c, before = float(self.adjoints.h[at]), float(self.adjoints.c[at]), float(states.c_before[at])
        terms, others = {
            "i": ((c, g, i, 1 - i), ("g", "i")),
            "f": ((c, before, f, 1 - f), ("c", "f")),
            "g": ((c, i, 1 - g * g), ("i", "g")),
            "o": ((h, tanh_c, o, 1 - o), ("tanh_c", "o")),
        }[gate]
        reads: dict[str, Any] = {"grad_h" if gate == "o" else "grad_c": [at]}
        for name in others:
            if name == "c":
                reads |= {"forward.c": [(time - 1, unit)]} if time else {"c0": [(unit,)]}
            else:
                reads[f"forward.{name}"] = [at]
        return self._step(
            k,
            stage,
            time,
            unit,
            [terms],
            self.adjoints.deltas[time, GATES.index(cast(Any, gate)) * self.layer.units + unit],
            f"{SAID[gate].format(unit)}: {{line}}.",
            reads=reads,
            writes={stage: [at]},
        )

    def _gathered(self, k: int, stage: str, number: int) -> LstmBackwardStep:
        layer, deltas = self.layer, self.adjoints.deltas
        units, times = layer.units, layer.steps
        every = range(times)
        if stage == "grad_input":
            time, feature = divmod(number, layer.features)
            return self._step(
                k,
                stage,
                time,
                0,
                [*zip(deltas[time].tolist(), layer.weight_ih[:, feature].tolist(), strict=True)],
                self.adjoints.input[time, feature],
                f"Number {feature} of x at t = {time} goes into all {4 * units} gates: what they send back adds up to {{value}}.",
                reads={
                    **{name: [(time, unit) for unit in range(units)] for name in DELTAS},
                    "weight_ih": [(row, feature) for row in range(4 * units)],
                },
                writes={stage: [(time, feature)]},
            )
        columns = {"grad_weight_ih": layer.features, "grad_weight_hh": units}.get(stage, 1)
        row, column = divmod(number, columns)
        gate, unit = divmod(row, units)
        reads: dict[str, Any] = {DELTAS[gate]: [(t, unit) for t in every]}
        own = deltas[:, row].tolist()
        if stage == "grad_bias":
            names = [f"grad_{name}" for name in ("bias_ih", "bias_hh") if getattr(layer, name) is not None]
            return self._step(
                k,
                stage,
                times - 1,
                unit,
                [(x,) for x in own],
                self.adjoints.bias[row],
                f"A bias is added at every time step, so the gradients of gate {GATES[gate]}, unit {unit}, add up to {{value}}.",
                reads=reads,
                writes={name: [(row,)] for name in names},
            )
        if stage == "grad_weight_ih":
            reads["input"] = [(t, column) for t in every]
            factors, result, read = layer.input[:, column], self.adjoints.weight_ih, f"number {column} of x"
        else:
            reads["h0"] = [(column,)]
            reads["forward.h"] = [(t, column) for t in range(times - 1)]
            factors, result, read = self.states.h_before[:, column], self.adjoints.weight_hh, f"unit {column} of h before"
        return self._step(
            k,
            stage,
            times - 1,
            unit,
            [*zip(own, factors.tolist(), strict=True)],
            result[row, column],
            f"The weight from {read} to gate {GATES[gate]}, unit {unit}, is used at every time step: its gradients add up to {{value}}.",
            reads={name: cells for name, cells in reads.items() if cells},
            writes={stage: [(row, column)]},
        )
