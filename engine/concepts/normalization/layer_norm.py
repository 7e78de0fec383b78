"""Layer normalisation."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.concepts.normalization.parts import affine, check_spread, row
from engine.mark import concept
from engine.shapes import Shape, last_axes


@concept(
    title="Layer norm",
    example={"input": "[[1,-2,4],[3,0,-1]]", "normalized_shape": 3, "weight": "[1,2,1]", "bias": "[0,1,-1]"},
    grad="[[1,0,-1],[2,0.5,-1]]",
    reference="torch.nn.functional.layer_norm",
    shapes="input (*, normalized_shape), weight (normalized_shape), bias (normalized_shape)",
    formula='"output" = (x - "mean") / sqrt("var" + epsilon) dot "weight" + "bias"',
    result="Every sample is normalised",
)
def layer_norm(
    input: Tensor, normalized_shape: Shape, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Every sample is normalised by itself: shifted to a mean of 0, divided by its standard deviation.

    output = (input − mean) / √(var + eps) · weight + bias

    No sample knows of another, and nothing is kept: training and evaluation are the same.

    Args:
        input: any shape that ends in normalized_shape.
        normalized_shape: the sizes of the last axes, over which mean and variance are taken.
        weight: γ, in that shape; 1 if not given.
        bias: β, in that shape; 0 if not given.
        eps: is added to the variance.

    Returns:
        A trace; its outputs are mean, var and std, one number for each sample, and deviation, normalized and output, in the shape of the
        input; without weight and bias normalized is the output.

    Raises:
        InputError: shapes that do not fit; eps of 0, and a sample whose numbers are all the same.

    Source: ``torch.nn.functional.layer_norm``; Ba, Kiros and Hinton, arXiv:1607.06450.
    """
    axes = last_axes(normalized_shape)
    check_spread(input, axes, eps, row)
    mean = input.mean(axes, keepdim=True)  # the mean of the sample
    deviation = input - mean  # how far the number is from the mean
    var = deviation.square().mean(axes, keepdim=True)  # the mean of the squared deviations
    std = torch.sqrt(var + eps)  # the root of the variance plus eps
    normalized = deviation / std  # the deviation, divided by the standard deviation
    output = affine(normalized, weight, bias, normalized_shape)
    return output
