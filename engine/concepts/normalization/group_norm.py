"""Group normalisation."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.concepts.normalization.parts import affine, channel_shape, check_spread
from engine.errors import InputError
from engine.mark import concept


def reference(input: Tensor, num_groups: int, weight: Tensor | None, bias: Tensor | None, eps: float) -> Tensor:
    """torch.nn.functional.group_norm"""
    if weight is None and bias is not None:
        weight = torch.ones_like(bias)  # without it torch's way back fails
    return F.group_norm(input, num_groups, weight, bias, eps)


@concept(
    title="Group norm",
    example={"input": "[[[1,3],[2,0],[5,-1],[4,0]]]", "num_groups": 2, "weight": "[1,2,1,2]", "bias": "[0,1,0,1]"},
    grad="[[[1,0],[0,-1],[2,1],[-1,0]]]",
    reference=reference,
    shapes="input (N, C, *), weight (C), bias (C)",
    formula='"output" = (x - "mean") / sqrt("var" + epsilon) dot "weight" + "bias"',
    result="Every group is normalised",
)
def group_norm(input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5) -> Tensor:
    """A few channels are normalised together: in every sample shifted to a mean of 0, divided by their standard deviation.

    output = (input − mean) / √(var + eps) · weight + bias

    With one group it is layer norm over all but the batch, with as many groups as channels instance norm.

    Args:
        input: batch x channels, with any number of positions behind.
        num_groups: the channels are split into this many groups.
        weight: γ, one number per channel; 1 if not given.
        bias: β, one number per channel; 0 if not given.
        eps: is added to the variance.

    Returns:
        A trace; its outputs are mean, var and std, one number for each group of a sample, deviation and normalized, batch x groups x
        channels of a group x positions, and output, in the shape of the input.

    Raises:
        InputError: shapes that do not fit; channels that cannot be split into so many groups; a single number to normalise; eps of 0, and a
            group whose numbers are all the same.

    Source: ``torch.nn.functional.group_norm``; Wu and He, arXiv:1803.08494.
    """
    channels = input.shape[1]
    if num_groups < 1 or channels % num_groups:
        raise InputError(f"num_groups is {num_groups}, but input has {channels} channels; give a number that divides {channels}")
    if input.numel() == num_groups:
        raise InputError(
            f"every group has a single number, since num_groups is {num_groups}; give fewer groups, or more samples or positions"
        )
    groups = input.reshape(len(input), num_groups, -1, *input.shape[2:])
    axes = tuple(range(2, groups.dim()))
    check_spread(groups, axes, eps, lambda cell: f"group {cell[1]} of input[{cell[0]}]")
    mean = groups.mean(axes, keepdim=True)  # the mean of the group
    deviation = groups - mean  # how far the number is from the mean
    var = deviation.square().mean(axes, keepdim=True)  # the mean of the squared deviations
    std = torch.sqrt(var + eps)  # the root of the variance plus eps
    normalized = deviation / std  # the deviation, divided by the standard deviation
    placed = normalized.flatten(1, 2)  # back in its channel
    output = affine(placed, weight, bias, channel_shape(input))
    return output
