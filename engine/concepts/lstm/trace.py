"""The trace of an LSTM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from engine import sentences
from engine.concepts.lstm.arguments import LstmLayer
from engine.concepts.lstm.cell import States, compared_states, lstm_states
from engine.concepts.lstm.choice import UnitChoice
from engine.concepts.lstm.chosen import by_change, by_time, forward_lessons
from engine.concepts.lstm.stages import LstmStages, in_order
from engine.concepts.lstm.step import STAGES
from engine.lessons import Lessons
from engine.trace import Trace

FORMULA = (
    "i, f, o = sigma(W_(i h) x_t + W_(h h) h_(t-1) + b), quad g = tanh(...), quad "
    "c_t = f dot.c c_(t-1) + i dot.c g, quad h_t = o dot.c tanh(c_t)"
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LstmTrace(Trace):
    """Adds what a picture needs: how many time steps, features and units there are, and which of them tell most.

    ``choice`` is that of units, the most changed first, ``features_by_change`` the numbers of x in such an order.
    """

    time_steps: int
    features: int
    units: int
    choice: UnitChoice
    features_by_change: Sequence[int]


def traced(layer: LstmLayer) -> LstmTrace:
    """The trace of a layer over its input."""
    states = lstm_states(layer)
    reference = compared_states(layer, states)
    # Where a state is far from 0, its tanh no longer moves.
    choice = UnitChoice(by_change(states.tanh_c), by_time(states.c))
    blocks = in_order(layer, choice)
    stages = LstmStages(layer, states).all()
    strongest = divmod(int(states.h.abs().flatten().nan_to_num(-1.0).argmax()), layer.units)
    return LstmTrace(
        params={"hidden_size": layer.units},
        inputs=layer.tensors,
        outputs=outputs(states),
        reference=reference,
        stages=stages,
        blocks=blocks,
        opening=_opening(layer, choice),
        closing=sentences.agreement(_result(layer), reference, "torch.nn.LSTM"),
        formula=FORMULA,
        highlight=blocks.step("h", strongest),
        lessons=Lessons(lambda: forward_lessons(states.c_before, states.c, choice, stages, blocks)),
        time_steps=layer.steps,
        features=layer.features,
        units=layer.units,
        choice=choice,
        features_by_change=by_change(layer.input),
    )


def outputs(states: States) -> dict[str, Tensor]:
    """What torch returns, then all gates and states."""
    return {
        "output": states.h,
        "h_n": states.h[-1],
        "c_n": states.c[-1],
        **{stage: getattr(states, stage) for stage in STAGES},
    }


def _opening(layer: LstmLayer, choice: UnitChoice) -> str:
    units, steps = sentences.count(layer.units, "unit"), sentences.count(layer.steps, "time step")
    if choice.followed is not None:
        return f"An LSTM with {units} reads {steps}; unit {choice.followed}, the most changed, is followed."
    return f"An LSTM with {units} reads {steps}; gates decide what its cell keeps, takes in and shows."


def _result(layer: LstmLayer) -> str:
    return f"All {layer.steps:,} time steps are read" if layer.steps > 1 else "The time step is read"
