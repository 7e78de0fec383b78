"""The trace of an LSTM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.concepts.lstm.arguments import LstmLayer
from engine.concepts.lstm.cell import States, compared_states, lstm_states
from engine.concepts.lstm.stages import LstmStages, in_order
from engine.concepts.lstm.step import STAGES
from engine.lessons import Lessons, first
from engine.stage import Stage
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


def traced(layer: LstmLayer) -> LstmTrace:
    """The trace of a layer over its input."""
    states = lstm_states(layer)
    reference = compared_states(layer, states)
    blocks = in_order(layer)
    stages = LstmStages(layer, states).all()
    strongest = divmod(int(states.h.abs().flatten().nan_to_num(-1.0).argmax()), layer.units)
    return LstmTrace(
        params={"hidden_size": layer.units},
        inputs=layer.tensors,
        outputs=outputs(states),
        reference=reference,
        stages=stages,
        blocks=blocks,
        opening=_opening(layer),
        closing=sentences.agreement(reference, "torch.nn.LSTM"),
        formula=FORMULA,
        highlight=blocks.step("h", strongest),
        lessons=Lessons(lambda: _lessons(layer, states, stages, blocks)),
        time_steps=layer.steps,
        features=layer.features,
        units=layer.units,
    )


def outputs(states: States) -> dict[str, Tensor]:
    """What torch returns, then all gates and states."""
    return {
        "output": states.h,
        "h_n": states.h[-1],
        "c_n": states.c[-1],
        **{stage: getattr(states, stage) for stage in STAGES},
    }


def _opening(layer: LstmLayer) -> str:
    units, steps = sentences.count(layer.units, "unit"), sentences.count(layer.steps, "time step")
    return f"An LSTM with {units} reads {steps}; gates decide what its cell keeps, takes in and shows."


def _lessons(layer: LstmLayer, states: States, stages: Mapping[str, Stage], blocks: Blocks) -> Iterator[int | None]:
    """The first of everything; the forget gate and the cell state are those of a unit that changes most where there is first something to
    forget.
    """
    old, change = states.c_before.abs().nan_to_num(0.0), (states.c - states.c_before).abs().nan_to_num(0.0)
    time = int((old != 0).any(1).int().argmax())
    unit = int(change[time].where(old[time] >= old[time].max() / 2, -torch.ones_like(change[time])).argmax())
    yield from (blocks.step(name, (time, unit)) if name in ("f", "c") else first(stages[name], blocks.of(name, 1)) for name in STAGES)
