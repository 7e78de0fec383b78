"""RMS normalisation."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.mark import concept
from engine.shapes import Shape, last_axes


@concept(
    title="RMS norm",
    example={"input": "[[1,-2,2],[3,0,-4]]", "normalized_shape": 3, "weight": "[1,2,1]", "eps": 0},
    grad="[[1,0,-1],[2,1,0]]",
    reference="torch.nn.functional.rms_norm",
    shapes="input (*, normalized_shape), weight (normalized_shape)",
    formula='"output" = x / sqrt("mean"(x^2) + epsilon) dot "weight"',
    result="Every row is normalised",
)
def rms_norm(input: Tensor, normalized_shape: Shape, weight: Tensor | None = None, eps: float | None = None) -> Tensor:
    """Every row is divided by its RMS: the root of the mean of its squares.

    output = input / √(mean(input²) + eps) · weight

    Args:
        input: any shape that ends in normalized_shape.
        normalized_shape: the sizes of the last axes, over which the mean is taken.
        weight: in that shape; 1 if not given.
        eps: is added to the mean; that of the dtype if not given.

    Returns:
        A trace; its outputs are mean_square and rms, one number for each row, and output, in the shape of the input.

    Raises:
        InputError: shapes that do not fit.

    Source: ``torch.nn.functional.rms_norm``; Zhang and Sennrich, arXiv:1910.07467.
    """
    eps = torch.finfo(input.dtype).eps if eps is None else eps
    mean_square = input.square().mean(last_axes(normalized_shape), keepdim=True)  # the mean of the row’s squares
    rms = torch.sqrt(mean_square + eps)  # the root of the mean square
    normalized = input / rms  # the number, divided by the RMS of its row
    output = normalized if weight is None else normalized * weight  # the normalised number, times its weight
    return output
