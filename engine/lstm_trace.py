"""The trace of an LSTM: its steps are cut out of the tensors of gates and states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from engine import sentences
from engine.lstm_arguments import Layer
from engine.lstm_cell import States, checked, computed
from engine.lstm_step import GATES, NAMES, STAGES, LstmStep, Stage
from engine.numbers import Sum, plain, sum_line, sum_of_products, written
from engine.step import Cells, added
from engine.trace import Trace

FORMULA = (
    "i, f, o = sigma(W_(i h) x_t + W_(h h) h_(t-1) + b), quad g = tanh(...), quad "
    "c_t = f dot.c c_(t-1) + i dot.c g, quad h_t = o dot.c tanh(c_t)"
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LstmTrace(Trace):
    """Adds what a picture needs: how many time steps, features and units there are."""

    time_steps: int
    features: int
    units: int


def traced(layer: Layer) -> LstmTrace:
    """The trace of a layer over its input."""
    states = computed(layer)
    reference = checked(layer, states)
    units, times = layer.units, layer.steps
    per_time = units * len(STAGES)
    strongest = int(states.h.abs().flatten().nan_to_num(-1.0).argmax())
    time, unit = divmod(strongest, units)
    return LstmTrace(
        params={"hidden_size": units},
        inputs=layer.tensors,
        outputs=outputs(states),
        reference=reference,
        length=times * per_time,
        cut=Cutter(layer, states),
        phases=[(phase(t, stage), units) for t in range(times) for stage in STAGES],
        opening=_opening(layer),
        closing=_closing(layer, states, reference.max_abs_error),
        formula=FORMULA,
        highlight=time * per_time + STAGES.index("h") * units + unit,
        lessons=_lessons(layer),
        time_steps=times,
        features=layer.features,
        units=units,
    )


def outputs(states: States) -> dict[str, Tensor]:
    """What torch returns, then all gates and states."""
    return {
        "output": states.h,
        "h_n": states.h[-1],
        "c_n": states.c[-1],
        **{stage: getattr(states, stage) for stage in STAGES},
    }


def phase(time: int, stage: Stage) -> str:
    """The chapter of a step."""
    return f"t = {time}: {NAMES[stage]}"


def _opening(layer: Layer) -> str:
    sizes = f"{sentences.count(layer.steps, 'time step')} with {sentences.count(layer.features, 'number')} each"
    return f"An LSTM with {sentences.count(layer.units, 'unit')} reads {sizes}. Gates decide what its cell keeps, takes in and shows."


def _closing(layer: Layer, states: States, error: float) -> str:
    last = ", ".join(plain(x, 2) for x in states.h[-1].tolist()[:4])
    more = ", …" if layer.units > 4 else ""
    how = "gives the same numbers" if error == 0 else f"agrees to within {plain(error, 0)}"
    return f"After {sentences.count(layer.steps, 'time step')} the hidden state is [{last}{more}]; torch.nn.LSTM {how}."


def _lessons(layer: Layer) -> tuple[int, ...]:
    """The first unit of everything; then the first sum in which h is not 0, and the first cell state that keeps something."""
    first = [n * layer.units for n in range(len(STAGES))]
    second = len(STAGES) * layer.units
    if layer.steps > 1 and not bool(layer.h0.any()):
        first.append(second)
    if layer.steps > 1 and not bool(layer.c0.any()):
        first.append(second + STAGES.index("c") * layer.units)
    return tuple(first)


@dataclass(frozen=True, eq=False)
class Cutter:
    """Cuts step k out of the tensors: stage by stage within a time step, unit by unit within a stage."""

    layer: Layer
    states: States

    def __call__(self, k: int) -> LstmStep:
        units = self.layer.units
        time, rest = divmod(k, units * len(STAGES))
        number, unit = divmod(rest, units)
        stage = STAGES[number]
        made = {
            "i": self._gate,
            "f": self._gate,
            "g": self._gate,
            "o": self._gate,
            "c": self._cell,
            "tanh_c": self._tanh,
            "h": self._hidden,
        }
        return LstmStep(index=k, phase=phase(time, stage), time=time, unit=unit, stage=stage, **made[stage](time, unit, stage))

    def _of(self, name: str, time: int, unit: int) -> float:
        return float(getattr(self.states, name)[time, unit])

    def _before(self, name: str, time: int, unit: int) -> Cells:
        """Where the state of the time step before stands."""
        return {name: [(time - 1, unit)]} if time else {f"{name}0": [(unit,)]}

    def _gate(self, time: int, unit: int, stage: Stage) -> dict[str, Any]:
        layer, states = self.layer, self.states
        row = GATES.index(stage) * layer.units + unit
        terms = [
            *zip(layer.input[time].tolist(), layer.weight_ih[row].tolist(), strict=True),
            *zip(states.h_before[time].tolist(), layer.weight_hh[row].tolist(), strict=True),
            *((float(bias[row]),) for bias in layer.biases),
        ]
        reads: dict[str, Any] = {
            "input": [(time, j) for j in range(layer.features)],
            "weight_ih": [(row, j) for j in range(layer.features)],
            **({"h": [(time - 1, j) for j in range(layer.units)]} if time else {"h0": [(j,) for j in range(layer.units)]}),
            "weight_hh": [(row, j) for j in range(layer.units)],
            **{name: [(row,)] for name in ("bias_ih", "bias_hh") if getattr(layer, name) is not None},
        }
        biases = [float(bias[row]) for bias in layer.biases]
        parts = [float(states.input_part[time, row]), float(states.hidden_part[time, row]), *([added(biases)] if biases else [])]
        value, apply = self._of(stage, time, unit), "tanh" if stage == "g" else "sigmoid"
        text = written(terms, value, "sum", 1, apply)
        by_part = sum_of_products([(part,) for part in parts], value, apply=apply)
        return {
            "reads": reads,
            "terms": terms,
            "value": value,
            "writes": {stage: [(time, unit)]},
            "formula": sentences.sum_formula(sentences.cell_name(stage, (time, unit)), text),
            "say": f"{NAMES[stage].capitalize()} of unit {unit}: {_given(by_part, len(biases))}: {sum_line(by_part)}{MEANING[stage]}.",
            "apply": apply,
            "parts": parts,
            "total": float(states.total[time, row]),
        }

    def _cell(self, time: int, unit: int, stage: Stage) -> dict[str, Any]:
        f, i, g = (self._of(name, time, unit) for name in ("f", "i", "g"))
        before, value = self._of("c_before", time, unit), self._of("c", time, unit)
        terms = [(f, before), (i, g)]
        text = sum_of_products(terms, value)
        (kept, old), (let_in, candidate) = text.terms
        last = time == self.layer.steps - 1
        return {
            "reads": {"f": [(time, unit)], **self._before("c", time, unit), "i": [(time, unit)], "g": [(time, unit)]},
            "terms": terms,
            "value": value,
            "writes": {"c": [(time, unit)], **({"c_n": [(unit,)]} if last else {})},
            "formula": sentences.sum_formula(sentences.cell_name("c", (time, unit)), text),
            "say": f"Unit {unit} keeps {kept} of its old {old} and takes in {let_in} of the candidate {candidate}: {sum_line(text)}.",
        }

    def _tanh(self, time: int, unit: int, stage: Stage) -> dict[str, Any]:
        c, value = self._of("c", time, unit), self._of("tanh_c", time, unit)
        text = sum_of_products([(c,)], value, apply="tanh")
        return {
            "reads": {"c": [(time, unit)]},
            "terms": [(c,)],
            "value": value,
            "writes": {"tanh_c": [(time, unit)]},
            "formula": sentences.sum_formula(sentences.cell_name("tanh_c", (time, unit)), text),
            "say": f"The cell state of unit {unit} is brought between −1 and 1: {sum_line(text)}.",
            "apply": "tanh",
        }

    def _hidden(self, time: int, unit: int, stage: Stage) -> dict[str, Any]:
        o, squashed, value = (self._of(name, time, unit) for name in ("o", "tanh_c", "h"))
        text = sum_of_products([(o, squashed)], value)
        last = time == self.layer.steps - 1
        return {
            "reads": {"o": [(time, unit)], "tanh_c": [(time, unit)]},
            "terms": [(o, squashed)],
            "value": value,
            "writes": {"h": [(time, unit)], "output": [(time, unit)], **({"h_n": [(unit,)]} if last else {})},
            "formula": sentences.sum_formula(sentences.cell_name("h", (time, unit)), text),
            "say": f"Unit {unit} shows {text.terms[0][0]} of that: {sum_line(text)} is its hidden state, and its output.",
        }


#: What a gate's number says.
MEANING = {
    "i": ", the share of the candidate that enters",
    "f": ", the share of the old cell state that stays",
    "g": ", what may enter the cell",
    "o": ", the share of the cell that is shown",
}


def _given(by_part: Sum, biases: int) -> str:
    """What each part adds, in words."""
    (x,), (h,), *rest = by_part.terms
    return f"x gives {x}, h gives {h}" + (f", the bias{'es' * (biases > 1)} {rest[0][0]}" if rest else "")
