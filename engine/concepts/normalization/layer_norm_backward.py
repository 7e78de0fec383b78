"""The way back through layer normalisation."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from engine.code.backward import adjoint, by_autograd, kept
from engine.concepts.normalization.parts import check_spread, row, standardized
from engine.mark import concept
from engine.shapes import Shape, last_axes


def reference(grad_output: Tensor | None, **given: Any) -> list[Tensor]:
    """torch.autograd.grad of torch.nn.functional.layer_norm"""
    return by_autograd(F.layer_norm, grad_output, given, ("input", "weight", "bias"))


@concept(
    title="Layer norm, backward",
    example={
        "grad_output": "[[1,0,-1],[2,0.5,-1]]",
        "input": "[[1,-2,4],[3,0,-1]]",
        "normalized_shape": 3,
        "weight": "[1,2,1]",
        "bias": "[0,1,-1]",
    },
    reference=reference,
    shapes="input (*, normalized_shape), weight (normalized_shape), bias (normalized_shape)",
    formula='"grad_input" = (g - m_1 - "normalized" dot m_2) / "std", quad g = "grad_output" dot "weight"',
    result="All gradients are known",
)
def layer_norm_backward(
    grad_output: Tensor | None,
    input: Tensor,
    normalized_shape: Shape,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """The gradient goes back through layer norm: it loses its mean and its part along the normalised sample.

    grad_input = (grad_normalized − m1 − normalized · m2) / std

    Args:
        grad_output: the adjoint of the output, in its shape; ones if not given.
        input: any shape that ends in normalized_shape.
        normalized_shape: the sizes of the last axes, over which mean and variance are taken.
        weight: γ, in that shape; 1 if not given.
        bias: β, in that shape; what comes back does not depend on its numbers.
        eps: is added to the variance.

    Returns:
        A trace; std and normalized are given, as the way forward has left them. Its outputs are grad_normalized, its mean m1 and the mean
        m2 of its product with normalized, one number for each sample, grad_input, and grad_weight and grad_bias where these are given.

    Raises:
        InputError: shapes that do not fit; eps of 0, and a sample whose numbers are all the same.

    Source: ``torch.nn.functional.layer_norm`` and autograd; Ba, Kiros and Hinton, arXiv:1607.06450.
    """
    grad_output, axes = adjoint(grad_output, input), last_axes(normalized_shape)
    check_spread(input, axes, eps, row)
    std, normalized = kept(standardized, input, axes, eps)
    grad_normalized = grad_output if weight is None else grad_output * weight  # what comes back, times the weight
    m1 = grad_normalized.mean(axes, keepdim=True)  # the mean of what comes back
    m2 = (grad_normalized * normalized).mean(axes, keepdim=True)  # how much it goes along with normalized, on average
    grad_input = (grad_normalized - m1 - normalized * m2) / std  # without its mean and that part, divided by std
    grad_weight: Tensor | None = None
    grad_bias: Tensor | None = None
    if weight is not None:
        grad_weight = (grad_output * normalized).reshape(-1, *weight.shape).sum(0)  # times normalized, added up over all samples
    if bias is not None:
        grad_bias = grad_output.reshape(-1, *bias.shape).sum(0)  # what comes back, added up over all samples
    return grad_input, grad_weight, grad_bias
