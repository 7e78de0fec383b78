"""The gradients of an LSTM: back through time, then gathered; and torch's own to compare them with."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.concepts.lstm.arguments import LstmLayer, sequence, state_of
from engine.concepts.lstm.cell import States, one_step, scale, with_biases
from engine.errors import InputError
from engine.sentences import typed
from engine.step import Reference, worst
from engine.trace import TensorLike, compare, largest, together


@dataclass(frozen=True, eq=False)
class Given:
    """The gradients that the way back starts from: of every output, and perhaps of the last states."""

    output: Tensor
    h_n: Tensor | None
    c_n: Tensor | None


@dataclass(frozen=True, eq=False)
class Adjoints:
    """``h`` and ``c`` are time x units, ``deltas`` (of the sums in the gates, stacked i, f, g, o) time x 4·units.

    ``carried`` is what c gets from the time after, or from the gradient of the last one.
    """

    h: Tensor
    c: Tensor
    carried: Tensor
    deltas: Tensor
    h0: Tensor
    c0: Tensor
    input: Tensor
    weight_ih: Tensor
    weight_hh: Tensor
    bias: Tensor


def given_gradients(
    layer: LstmLayer, grad_output: TensorLike, grad_h_n: TensorLike | None, grad_c_n: TensorLike | None
) -> tuple[LstmLayer, Given]:
    """All in the widest dtype.

    Raises :class:`InputError` if a gradient has not the shape of what it is the gradient of.
    """
    gradient = sequence("grad_output", grad_output)
    if tuple(gradient.shape) != (layer.steps, layer.units):
        raise InputError(
            f"grad_output has shape {typed(gradient.shape)}, but the output has {layer.steps} time steps and {layer.units} units; "
            f"give {layer.steps}x{layer.units} numbers"
        )
    named = {"grad_output": gradient}
    for name, state in (("grad_h_n", grad_h_n), ("grad_c_n", grad_c_n)):
        if state is not None:
            named[name] = state_of(name, state, layer.units)
    same = together({**layer.tensors, **named})
    wide = LstmLayer(**{name: same.get(name) for name in LstmLayer.__dataclass_fields__})  # type: ignore[arg-type]  # as in the layer given
    return wide, Given(same["grad_output"], same.get("grad_h_n"), same.get("grad_c_n"))


def slope(squashed: Tensor) -> Tensor:
    """Of tanh, by its value."""
    return 1 - squashed * squashed


def gone_back(layer: LstmLayer, states: States, given: Given) -> Adjoints:
    """From the last time step to the first; then the sums over time and over gates."""
    nothing = torch.zeros_like(layer.h0)
    from_after = nothing if given.h_n is None else given.h_n
    carried = nothing if given.c_n is None else given.c_n
    found: list[tuple[Tensor, ...]] = []
    for t in reversed(range(layer.steps)):
        i, f, g, o, tanh_c = (getattr(states, name)[t] for name in ("i", "f", "g", "o", "tanh_c"))
        h = given.output[t] + from_after
        c = h * o * slope(tanh_c) + carried
        deltas = torch.cat(
            [c * g * i * (1 - i), c * states.c_before[t] * f * (1 - f), c * i * slope(g), h * tanh_c * o * (1 - o)],
        )
        found.append((h, c, carried, deltas))
        from_after, carried = layer.weight_hh.T @ deltas, c * f
    h, c, kept, deltas = (torch.stack(rows[::-1]) for rows in zip(*found, strict=True))
    return Adjoints(
        h,
        c,
        kept,
        deltas,
        h0=from_after,
        c0=carried,
        input=deltas @ layer.weight_ih,
        weight_ih=deltas.T @ layer.input,
        weight_hh=deltas.T @ states.h_before,
        bias=deltas.sum(0),
    )


def compared_adjoints(layer: LstmLayer, states: States, given: Given, adjoints: Adjoints) -> Reference:
    """Compares with torch.autograd, which goes back by one time step from the gradients of every one of them.

    As on the way forward, the sequence as a whole could not be compared where gradients explode.
    """
    with torch.enable_grad():
        leaves = [t.clone().requires_grad_() for t in (layer.input, states.h_before, states.c_before, *with_biases(layer).values())]
        x, h, c, *weights = leaves
        made = one_step(layer, x, h, c, dict(zip(with_biases(layer), weights, strict=True)))
        input, to_h, to_c, *by_weights = torch.autograd.grad(made, leaves, (adjoints.h, adjoints.carried))
    last_h, last_c = (torch.zeros_like(layer.h0) if end is None else end for end in (given.h_n, given.c_n))
    expected_h = given.output + torch.cat([to_h[1:], last_h[None]])
    expected_c = torch.cat([to_c[1:], last_c[None]])
    # What the sums in the gates may be off by, and the cell state that the gradient of a forget gate is multiplied with, count too.
    forward = scale(layer, states) * (1 + largest(states.c_before))
    per_time = (adjoints.h.abs() + adjoints.c.abs() + given.output.abs()) * forward
    reach = 1 + largest(layer.weight_ih.abs().sum(0)) + largest(layer.weight_hh.abs().sum(0))
    at_once = largest(per_time) * reach
    over_time = largest(per_time.sum(0)) * (1 + largest(layer.input) + largest(states.h_before) + largest(states.c_before))
    pairs = [
        (adjoints.input, input, at_once),
        (adjoints.h, expected_h, at_once),
        (adjoints.carried, expected_c, at_once),
        (adjoints.h0, to_h[0], at_once),
        (adjoints.c0, to_c[0], at_once),
        *zip((adjoints.weight_ih, adjoints.weight_hh, adjoints.bias, adjoints.bias), by_weights, [over_time] * 4, strict=True),
    ]
    name = "torch.nn.LSTM under torch.autograd"
    return worst(name, (compare(name, ours, theirs, bound) for ours, theirs, bound in pairs))
