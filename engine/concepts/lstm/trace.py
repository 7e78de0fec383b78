"""The trace of an LSTM."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.concepts.lstm.arguments import LstmLayer
from engine.concepts.lstm.cell import States, compared_states, lstm_states
from engine.concepts.lstm.stages import LstmStages, in_order
from engine.concepts.lstm.step import STAGES
from engine.numbers import plain
from engine.step import Reference
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
    strongest = divmod(int(states.h.abs().flatten().nan_to_num(-1.0).argmax()), layer.units)
    return LstmTrace(
        params={"hidden_size": layer.units},
        inputs=layer.tensors,
        outputs=outputs(states),
        reference=reference,
        stages=LstmStages(layer, states).all(),
        blocks=blocks,
        opening=_opening(layer),
        closing=_closing(layer, states, reference),
        formula=FORMULA,
        highlight=blocks.step("h", strongest),
        lessons=_lessons(layer, blocks),
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
    sizes = f"{sentences.count(layer.steps, 'time step')} with {sentences.count(layer.features, 'number')} each"
    return f"An LSTM with {sentences.count(layer.units, 'unit')} reads {sizes}. Gates decide what its cell keeps, takes in and shows."


def _closing(layer: LstmLayer, states: States, reference: Reference) -> str:
    last = ", ".join(plain(x, 2) for x in states.h[-1].tolist()[:4])
    more = ", …" if layer.units > 4 else ""
    how = sentences.agrees(reference)
    return f"After {sentences.count(layer.steps, 'time step')} the hidden state is [{last}{more}]; torch.nn.LSTM {how}."


def _lessons(layer: LstmLayer, blocks: Blocks) -> list[int]:
    """The first unit of everything; then the first sum in which h is not 0, and the first cell state that keeps something."""
    first = [blocks.step(name, (0, 0)) for name in STAGES]
    for name, before in (("i", layer.h0), ("c", layer.c0)):
        if layer.steps > 1 and not bool(before.any()):
            first.append(blocks.step(name, (1, 0)))
    return first
