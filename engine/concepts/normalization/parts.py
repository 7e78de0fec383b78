"""What the normalisations share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from engine import sentences
from engine.errors import InputError
from engine.shapes import unravel
from engine.shown import shown


def affine(normalized: Tensor, weight: Tensor | None, bias: Tensor | None, shape: Sequence[int]) -> Tensor:
    """γ·x̂ + β, as far as there are weight and bias, which serve for all samples in this shape."""
    output = normalized
    if weight is not None and bias is not None:
        output = normalized * weight.view(shape) + bias.view(shape)  # scaled by its weight, shifted by its bias
    elif weight is not None:
        output = normalized * weight.view(shape)  # scaled by its weight
    elif bias is not None:
        output = normalized + bias.view(shape)  # shifted by its bias
    return output


def channel_shape(input: Tensor) -> tuple[int, ...]:
    """The shape in which one number per channel serves for all samples and positions."""
    return -1, *[1] * (input.dim() - 2)


def standardized(input: Tensor, axes: Sequence[int], eps: float) -> tuple[Tensor, Tensor]:
    """The standard deviation along the axes, and the deviations from the mean divided by it; computed in float64."""
    numbers = input.double()
    var, mean = torch.var_mean(numbers, list(axes), correction=0, keepdim=True)
    std = torch.sqrt(var + eps)
    return std.to(input.dtype), ((numbers - mean) / std).to(input.dtype)


def check_spread(input: Tensor, axes: Sequence[int], eps: float, called: Callable[[tuple[int, ...]], str]) -> None:
    """Raises :class:`InputError` where nothing keeps the standard deviation from 0.

    ``called`` gives a name to the numbers that share a mean, by their cell in the axes that are left.
    """
    check_eps(eps)
    same = (input == input.amax(tuple(axes), keepdim=True)).all(dim=tuple(axes))
    if eps == 0 and bool(same.any()):
        name = called(unravel(int(same.flatten().int().argmax()), same.shape))
        raise InputError(
            f"all numbers of {name} are the same: their variance is 0, and eps too; give an eps such as 1e-5, or numbers that differ"
        )


def check_eps(eps: float) -> None:
    """Raises :class:`InputError` for an eps that takes from the variance."""
    if not eps >= 0:
        raise InputError(f"eps is {shown(eps)}; give 0 or more")


def row(cell: tuple[int, ...]) -> str:
    """A row of the input."""
    return sentences.cell_name("input", cell)
