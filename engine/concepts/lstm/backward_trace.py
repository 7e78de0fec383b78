"""The trace of the way back through an LSTM."""

from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from engine import sentences
from engine.budget import Cost
from engine.concepts.lstm.adjoints import Adjoints, compared_adjoints, given_gradients, gone_back
from engine.concepts.lstm.arguments import PER_UNIT, LstmLayer, cost, within_budget
from engine.concepts.lstm.backward_stages import LstmBackwardStages, in_order
from engine.concepts.lstm.backward_step import DELTAS
from engine.concepts.lstm.cell import lstm_states
from engine.concepts.lstm.choice import UnitChoice
from engine.concepts.lstm.chosen import backward_lessons, by_size, by_time
from engine.concepts.lstm.step import STAGES
from engine.lessons import Lessons
from engine.numbers import plain
from engine.step import Reference
from engine.trace import TensorLike, Trace

FORMULA = (
    "partial h_t = partial y_t + W_(h h)^T delta_(t+1), quad "
    "partial c_t = partial h_t dot.c o_t (1 - tanh^2 c_t) + partial c_(t+1) dot.c f_(t+1)"
)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class LstmBackwardTrace(Trace):
    """Adds what a picture needs: sizes, ``deltas``, the gradients of all gates' sums stacked i, f, g, o (time x 4·units), and ``choice``,
    that of units, those with the strongest gradients first.
    """

    time_steps: int
    features: int
    units: int
    choice: UnitChoice
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
    choice = chosen(adjoints)
    blocks = in_order(layer, choice, stages)
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
        opening=_opening(layer, choice),
        closing=_closing(adjoints, reference),
        formula=FORMULA,
        highlight=blocks.step("grad_weight", strongest),
        lessons=Lessons(lambda: backward_lessons(choice, stages, blocks)),
        time_steps=layer.steps,
        features=layer.features,
        units=layer.units,
        choice=choice,
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


def chosen(adjoints: Adjoints) -> UnitChoice:
    """The units with the strongest gradients; the gates of the first of them by those that it has at the last time step."""
    ranked = by_size(adjoints.c)
    last = adjoints.deltas[-1:].reshape(1, PER_UNIT, len(ranked))
    return UnitChoice(ranked, by_time(adjoints.c), by_size(last[..., ranked[0]]))


def _opening(layer: LstmLayer, choice: UnitChoice) -> str:
    steps = sentences.count(layer.steps, "time step")
    asked = "how does the loss change with each state and weight?"
    if choice.followed is not None:
        asked = f"unit {choice.followed}, with the strongest gradient, is followed."
    return f"Gradients go back through {steps}: {asked} ∂c means ∂loss/∂c."


def _closing(adjoints: Adjoints, reference: Reference) -> str:
    first, last = (float(adjoints.c[t].norm()) for t in (0, -1))
    if len(adjoints.c) == 1:
        result = "Every state and weight has its gradient"
    elif (end := plain(first, 2)) == (start := plain(last, 2)):
        result = f"Going back, the cell’s gradient stayed at {start}"
    else:
        result = f"The cell’s gradient {'shrank' if first < last else 'grew'} from {start} to {end}"
    return sentences.agreement(result, reference, "torch.autograd", "gradients")
