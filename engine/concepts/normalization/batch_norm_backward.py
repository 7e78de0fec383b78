"""The way back through batch normalisation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.code.backward import adjoint, by_autograd, kept
from engine.concepts.normalization.batch import check_statistics, other_axes, torch_batch_norm
from engine.concepts.normalization.parts import channel_shape, standardized
from engine.mark import concept


def reference(grad_output: Tensor | None, **given: Any) -> list[Tensor]:
    """torch.autograd.grad of torch's batch_norm (its formula for eps 0)"""
    running = {name: None if given[name] is None else given[name].clone() for name in ("running_mean", "running_var")}
    return by_autograd(torch_batch_norm, grad_output, {**given, **running}, ("input", "weight", "bias"))


def forward(input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, training: bool, eps: float) -> tuple[Tensor, Tensor]:
    """The standard deviation of each channel, and the normalised input."""
    if training or running_mean is None or running_var is None:
        std, normalized = standardized(input, other_axes(input), eps)
        return std.flatten(), normalized
    std, shape = torch.sqrt(running_var + eps), channel_shape(input)
    return std, (input - running_mean.view(shape)) / std.view(shape)


@concept(
    title="Batch norm, backward",
    example={
        "grad_output": "[[1,0],[0,-1],[2,1],[-1,0.5]]",
        "input": "[[1,-2],[3,0],[5,4],[7,2]]",
        "weight": "[2,0.5]",
        "bias": "[1,-1]",
    },
    reference=reference,
    shapes="input (N, C, *), running_mean (C), running_var (C), weight (C), bias (C)",
    formula='"grad_input" = (g - m_1 - "normalized" dot m_2) / "std", quad g = "grad_output" dot "weight"',
    result="All gradients are known",
)
def batch_norm_backward(
    grad_output: Tensor | None,
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """The gradient goes back through batch norm: it loses its mean and its part along the normalised channel.

    grad_input = (grad_normalized − m1 − normalized · m2) / std

    Without training mean and variance are running values that do not depend on the batch: it is divided by the standard deviation alone.

    Args:
        grad_output: the adjoint of the output, in its shape; ones if not given.
        input: batch x channels, with any number of positions behind.
        running_mean: the mean of each channel so far; not needed while training.
        running_var: the variance of each channel so far; not needed while training.
        weight: γ, one number per channel; 1 if not given.
        bias: β, one number per channel; what comes back does not depend on its numbers.
        training: whether mean and variance are those of the batch.
        momentum: of the running values, through which nothing comes back.
        eps: is added to the variance.

    Returns:
        A trace; std and normalized are given, as the way forward has left them. Its outputs are grad_normalized, while training its mean m1
        and the mean m2 of its product with normalized, one number per channel, grad_input, and grad_weight and grad_bias where these are
        given.

    Raises:
        InputError: shapes that do not fit; running values that are missing without training; a single number per channel while training;
            eps of 0, and a channel whose numbers are all the same.

    Source: ``torch.nn.functional.batch_norm`` and autograd; Ioffe and Szegedy, arXiv:1502.03167, section 3.
    """
    grad_output, axes, shape = adjoint(grad_output, input), other_axes(input), channel_shape(input)
    check_statistics(input, running_mean, running_var, training, eps)
    std, normalized = kept(forward, input, running_mean, running_var, training, eps)
    grad_normalized = grad_output if weight is None else grad_output * weight.view(shape)  # what comes back, times the weight
    if training:
        m1 = grad_normalized.mean(axes)  # the mean of what comes back
        m2 = (grad_normalized * normalized).mean(axes)  # how much it goes along with normalized, on average
        grad_input = (grad_normalized - m1.view(shape) - normalized * m2.view(shape)) / std.view(
            shape
        )  # without its mean and that part, divided by std
    else:
        grad_input = grad_normalized / std.view(shape)  # what comes back, divided by the standard deviation
    grad_weight: Tensor | None = None
    grad_bias: Tensor | None = None
    if weight is not None:
        grad_weight = (grad_output * normalized).sum(axes)  # times normalized, added up over the batch
    if bias is not None:
        grad_bias = grad_output.sum(axes)  # what comes back, added up over the batch
    return grad_input, grad_weight, grad_bias
