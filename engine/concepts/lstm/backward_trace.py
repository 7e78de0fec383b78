"""The trace of the way back through an LSTM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.budget import Cost
from engine.concepts.lstm.adjoints import Adjoints, compared_adjoints, given_gradients, gone_back
from engine.concepts.lstm.arguments import PER_UNIT, LstmLayer, cost, within_budget
from engine.concepts.lstm.backward_stages import AFTERWARDS, LstmBackwardStages, in_order
from engine.concepts.lstm.backward_step import DELTAS, TIMED
from engine.concepts.lstm.cell import lstm_states
from engine.concepts.lstm.step import STAGES
from engine.lessons import Lessons, first
from engine.numbers import plain
from engine.stage import Stage
from engine.step import Reference
from engine.trace import TensorLike, Trace

FORMULA = (
    "partial h_t = partial y_t + W_(h h)^T delta_(t+1), quad "
    "partial c_t = partial h_t dot.c o_t (1 - tanh^2 c_t) + partial c_(t+1) dot.c f_(t+1)"
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LstmBackwardTrace(Trace):
    """Adds what a picture needs: sizes, and ``deltas``, the gradients of all gates' sums stacked i, f, g, o (time x 4·units)."""

    time_steps: int
    features: int
    units: int
    deltas: Tensor
    h_before: Tensor
    c_before: Tensor


def traced_back(layer: LstmLayer, grad_output: TensorLike, grad_h_n: TensorLike | None, grad_c_n: TensorLike | None) -> LstmBackwardTrace:
    """The trace of the way back through a layer over its input."""
    layer, given = given_gradients(layer, grad_output, grad_h_n, grad_c_n)
    within_budget("the way back through an LSTM", _cost, layer.steps, layer.features, layer.units)
    states = lstm_states(layer)
    adjoints = gone_back(layer, states, given)
    reference = compared_adjoints(layer, states, given, adjoints)
    stages = LstmBackwardStages(layer, states, given, adjoints).all()
    blocks = in_order(layer, stages)
    strongest = divmod(int(adjoints.weight_ih.abs().flatten().nan_to_num(-1.0).argmax()), layer.features)
    ends = {"grad_output": given.output, "grad_h_n": given.h_n, "grad_c_n": given.c_n}
    return LstmBackwardTrace(
        params={"hidden_size": layer.units},
        inputs={
            **{name: tensor for name, tensor in ends.items() if tensor is not None},
            **layer.tensors,
            "forward": {stage: getattr(states, stage) for stage in STAGES},
        },
        outputs=outputs(layer, adjoints),
        reference=reference,
        stages=stages,
        blocks=blocks,
        opening=(
            f"Back through {sentences.count(layer.steps, 'time step')}: how does the loss change with every state and weight? "
            "∂c is short for ∂loss/∂c."
        ),
        closing=_closing(adjoints, reference),
        formula=FORMULA,
        highlight=blocks.step("grad_weight_ih", strongest),
        lessons=Lessons(lambda: _lessons(stages, blocks)),
        time_steps=layer.steps,
        features=layer.features,
        units=layer.units,
        deltas=adjoints.deltas,
        h_before=states.h_before,
        c_before=states.c_before,
    )


def _cost(steps: int, features: int, units: int) -> Cost:
    """Both ways; every weight is a step of as many terms as there are time steps."""
    forward = cost(steps, features, units)
    return replace(
        forward,
        values=2 * forward.values,
        moved=3 * forward.moved,
        products=4 * forward.products,
        calls=4 * forward.calls,
        terms=max(steps, PER_UNIT * units),
    )


def outputs(layer: LstmLayer, adjoints: Adjoints) -> dict[str, Tensor]:
    """Gradients by torch's names, then those of every time step."""
    found = {"grad_input": adjoints.input, "grad_weight_ih": adjoints.weight_ih, "grad_weight_hh": adjoints.weight_hh}
    found |= {f"grad_{name}": adjoints.bias.clone() for name in ("bias_ih", "bias_hh") if getattr(layer, name) is not None}
    found |= {"grad_h0": adjoints.h0, "grad_c0": adjoints.c0, "grad_h": adjoints.h, "grad_c": adjoints.c}
    return found | dict(zip(DELTAS, adjoints.deltas.chunk(4, dim=1), strict=True))


def _closing(adjoints: Adjoints, reference: Reference) -> str:
    first, last = (float(adjoints.c[t].norm()) for t in (0, -1))
    how = sentences.agrees(reference, "gradients")
    if len(adjoints.c) == 1:
        return f"All is computed; torch.autograd {how}."
    return f"|∂c| went from {plain(last, 2)} back to {plain(first, 2)}; torch.autograd {how}."


def _lessons(stages: Mapping[str, Stage], blocks: Blocks) -> Iterator[int | None]:
    """The first of everything, of both states before the last, and of all that adds up."""
    yield from (first(stages[name], blocks.of(name, 1)) for name in TIMED)
    yield from (first(stages[name], blocks.of(name, 2)[1:]) for name in ("grad_h", "grad_c"))
    yield from (first(stages[name], blocks.of(name, 1)) for name in AFTERWARDS if name not in ("grad_h0", "grad_c0") and name in stages)
