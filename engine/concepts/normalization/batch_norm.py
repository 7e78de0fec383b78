"""Batch normalisation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.concepts.normalization.batch import check_statistics, other_axes, torch_batch_norm
from engine.concepts.normalization.parts import affine, channel_shape
from engine.mark import concept


def reference(running_mean: Tensor | None, running_var: Tensor | None, **given: Any) -> list[Tensor | None]:
    """torch's batch_norm (its formula for eps 0)"""
    new = [None if one is None else one.clone() for one in (running_mean, running_var)]
    output = torch_batch_norm(running_mean=new[0], running_var=new[1], **given)
    return [output, *(new if given["training"] else ())]


@concept(
    title="Batch norm",
    example={
        "input": "[[1,-2],[3,0],[5,4],[7,2]]",
        "running_mean": "[0,0]",
        "running_var": "[1,1]",
        "weight": "[2,0.5]",
        "bias": "[1,-1]",
    },
    grad="[[1,0],[0,-1],[2,1],[-1,0.5]]",
    reference=reference,
    shapes="input (N, C, *), running_mean (C), running_var (C), weight (C), bias (C)",
    formula='"output" = (x - "mean") / sqrt("var" + epsilon) dot "weight" + "bias"',
    result="Channels are normalised",
)
def batch_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """Every channel is normalised over the whole batch: shifted to a mean of 0, divided by its standard deviation.

    output = (input − mean) / √(var + eps) · weight + bias

    While training, mean and variance are those of the batch, and running values move toward them; then with training=False these take
    their place, and no sample knows of another.

    Args:
        input: batch x channels, with any number of positions behind.
        running_mean: the mean of each channel so far; not needed while training.
        running_var: the variance of each channel so far; not needed while training.
        weight: γ, one number per channel; 1 if not given.
        bias: β, one number per channel; 0 if not given.
        training: whether mean and variance are those of the batch.
        momentum: how far the running values move toward the batch's: 0 not at all, 1 all the way.
        eps: is added to the variance.

    Returns:
        A trace; its outputs are std, one number per channel, and deviation, normalized and output, in the shape of the input; while
        training also mean and var, and if there are running values unbiased_var, new_running_mean and new_running_var.

    Raises:
        InputError: shapes that do not fit; running values that are missing without training; a single number per channel while training;
            eps of 0, and a channel whose numbers are all the same.

    Source: ``torch.nn.functional.batch_norm``; Ioffe and Szegedy, arXiv:1502.03167, algorithms 1 and 2. As torch has it, the variance over
    n − 1 goes into the running one.
    """
    check_statistics(input, running_mean, running_var, training, eps)
    axes, shape = other_axes(input), channel_shape(input)
    if training or running_mean is None or running_var is None:
        mean = input.mean(axes)  # the mean of the channel over the batch
        deviation = input - mean.view(shape)  # how far the number is from the mean
        var = deviation.square().mean(axes)  # the mean of the squared deviations
    else:
        mean, var = running_mean, running_var
        deviation = input - mean.view(shape)  # how far the number is from the running mean
    std = torch.sqrt(var + eps)  # the root of the variance plus eps
    normalized = deviation / std.view(shape)  # the deviation, divided by the standard deviation
    output = affine(normalized, weight, bias, shape)
    if not training or running_mean is None or running_var is None:
        return output, None, None
    count = input.numel() // len(mean)
    unbiased_var = deviation.square().sum(axes) / (count - 1)  # the variance, divided by one number less
    new_running_mean = (1 - momentum) * running_mean + momentum * mean  # the running mean, moved toward that of the batch
    new_running_var = (1 - momentum) * running_var + momentum * unbiased_var  # the running variance, moved toward that of the batch
    return output, new_running_mean, new_running_var
