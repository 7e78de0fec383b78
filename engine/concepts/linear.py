"""A layer of neurons."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.concepts.activation import DEFAULTS, curve_of, reach_of
from engine.mark import concept


def _torch(input: Tensor, weight: Tensor, bias: Tensor | None = None, *, activation: str | None = None) -> dict[str, Tensor]:
    """torch.nn.functional.linear"""
    z = F.linear(input, weight, bias)
    own = {None: z, "maxout": z.max(-1).values, "step": (z >= 0).to(z.dtype)}
    return {"output": own[activation] if activation in own else getattr(F, str(activation))(z)}


@concept(
    title="Linear layer",
    example={"input": "[[2,1],[1,3]]", "weight": "[[2,-1],[0,1],[-1,1]]", "bias": "[-1,0,2]", "activation": "relu"},
    grad="[[1,0,2],[1,-1,1]]",
    reference=_torch,
    shapes="input (*, in_features), weight (out_features, in_features), bias (out_features)",
    formula='"output" = "input" dot "weight"^T + "bias"',
    result="The output of the layer is known",
)
def linear(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    *,
    activation: Literal["step", "relu", "sigmoid", "tanh", "leaky_relu", "elu", "maxout"] | None = None,
) -> Tensor | dict[str, Tensor]:
    """Every neuron weighs the input and adds up: number by number times its weights, then its bias.

    output = activation(input · weightᵀ + bias)

    Args:
        input: any number of samples; the last axis are their features.
        weight: a row for every neuron.
        bias: a number for every neuron; 0 if not given.
        activation: what the sums go through; step is 1 from 0 on, maxout the largest of all neurons, the others are torch's.

    Returns:
        A trace; its output is output, (*, out_features). With an activation also z, the sums, and curve, the activation's, as of
        activation; with maxout output is (*), and winner says which neuron has the largest, the first one of equal ones.

    Raises:
        InputError: shapes that do not fit.

    Source: ``torch.nn.functional.linear``; for maxout Goodfellow et al., arXiv:1302.4389, equation (2).
    """
    if activation is None:
        output = F.linear(input, weight, bias)  # the neuron weighs its input and adds up
        return output
    z = F.linear(input, weight, bias)  # the neuron weighs its input and adds up
    found = {"z": z}
    if activation == "maxout":
        output, found["winner"] = z.max(-1)  # the largest sum of all neurons
    elif activation == "step":
        output = torch.heaviside(z.detach(), z.new_ones(()))  # 1 from 0 on, 0 below
    else:
        output = getattr(F, activation)(z)  # the sum, sent through the activation
    if activation != "maxout":
        found["curve"] = curve_of(activation, reach_of(z), DEFAULTS, z)
    return {"output": output, **found}
