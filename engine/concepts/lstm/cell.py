"""The numbers of an LSTM: every gate and state of every time step, and torch's own to compare them with."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import functional_call

from engine.concepts.lstm.arguments import LstmLayer
from engine.trace import Reference, compare, largest


@dataclass(frozen=True, eq=False)
class States:
    """All that is computed, time x units each; ``input_part`` and ``hidden_part`` are time x 4·units.

    ``h_before`` and ``c_before`` are the states that a time step starts from.
    """

    input_part: Tensor
    hidden_part: Tensor
    i: Tensor
    f: Tensor
    g: Tensor
    o: Tensor
    c: Tensor
    tanh_c: Tensor
    h: Tensor
    h_before: Tensor
    c_before: Tensor


def lstm_states(layer: LstmLayer) -> States:
    """One time step after the other; what the input gives is known before."""
    input_part = layer.input @ layer.weight_ih.T
    bias = sum(layer.biases.values(), torch.zeros_like(input_part[0]))
    h, c = layer.h0, layer.c0
    found: list[tuple[Tensor, ...]] = []
    for from_input in input_part:
        from_hidden = layer.weight_hh @ h
        total = from_input + from_hidden + bias
        to_i, to_f, to_g, to_o = total.chunk(4)
        i, f, g, o = to_i.sigmoid(), to_f.sigmoid(), to_g.tanh(), to_o.sigmoid()
        before = h, c
        c = f * c + i * g
        tanh_c = c.tanh()
        h = o * tanh_c
        found.append((from_hidden, i, f, g, o, c, tanh_c, h, *before))
    return States(input_part, *map(torch.stack, zip(*found, strict=True)))


def one_step(layer: LstmLayer, x: Tensor, h: Tensor, c: Tensor, weights: dict[str, Tensor] | None = None) -> tuple[Tensor, Tensor]:
    """``torch.nn.LSTM`` for one step from many states at once: the next h and c, (number of states x units).

    ``weights`` are used in place of those of the layer. Its own are never filled in, for that would draw from torch's global generator.
    """
    module = torch.nn.LSTM(layer.features, layer.units, device="meta")
    named = {f"{name}_l0": tensor for name, tensor in (weights or with_biases(layer)).items()}
    # Without cuDNN, whose float32 products are those of shorter numbers.
    with torch.backends.cudnn.flags(enabled=False):
        _, (after_h, after_c) = functional_call(module, named, (x[None], (h[None], c[None])))
    return after_h[0], after_c[0]


def with_biases(layer: LstmLayer) -> dict[str, Tensor]:
    """Weights and both biases of a layer, zeros where there is none: torch has both or neither."""
    nothing = torch.zeros_like(layer.weight_ih[:, 0])
    return {
        "weight_ih": layer.weight_ih,
        "weight_hh": layer.weight_hh,
        "bias_ih": nothing if layer.bias_ih is None else layer.bias_ih,
        "bias_hh": nothing if layer.bias_hh is None else layer.bias_hh,
    }


def compared_states(layer: LstmLayer, states: States) -> Reference:
    """Compares both states of every time step with torch's, made from the states before it.

    The sequence as a whole could not be compared: with large weights, the last bit of an early state grows into another sequence.
    """
    h, c = one_step(layer, layer.input, states.h_before, states.c_before)
    name = "torch.nn.LSTM"
    return compare(name, torch.stack([states.h, states.c]), torch.stack([h, c]), scale(layer, states))


def scale(layer: LstmLayer, states: States) -> float:
    """A bound on the numbers that are added up."""
    sums = layer.input.abs() @ layer.weight_ih.abs().T + states.h_before.abs() @ layer.weight_hh.abs().T
    biases = sum((bias.abs() for bias in layer.biases.values()), torch.zeros_like(sums[0]))
    return 1 + largest(sums + biases) + largest(states.c_before)
