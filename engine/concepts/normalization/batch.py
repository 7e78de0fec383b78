"""What batch normalisation and its way back share: running values, the axes of a mean, and torch's own result where torch gives one."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.concepts.normalization.parts import channel_shape, check_eps, check_spread
from engine.errors import InputError


def other_axes(input: Tensor) -> tuple[int, ...]:
    """All axes but that of the channels."""
    return 0, *range(2, input.dim())


def check_statistics(input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, training: bool, eps: float) -> None:
    """Raises :class:`InputError` where there is no mean and variance to normalise with."""
    if (running_mean is None) != (running_var is None):
        one, other = ("running_var", "running_mean") if running_mean is None else ("running_mean", "running_var")
        raise InputError(f"{one} is given and {other} is not; give both or neither")
    if not training and running_mean is None:
        raise InputError("training is False and there are no running values to normalise with; give running_mean and running_var")
    if training and input.numel() == input.shape[1]:
        raise InputError("every channel has a single number while training, whose variance is 0; give more samples, or training=False")
    check_eps(eps)
    if training:
        check_spread(input, other_axes(input), eps, lambda cell: f"channel {cell[0]}")
    elif running_var is not None and bool((running_var < 0).any()):
        raise InputError(f"running_var has {float(running_var.min()):.6g}; a variance is 0 or more")


def torch_batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> Tensor:
    """The output of torch, which overwrites the running values; it refuses eps = 0 while training, so that the formula stands in."""
    if eps or not training:
        return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    var, mean = torch.var_mean(input, other_axes(input), correction=0)
    for running, new in ((running_mean, mean), (running_var, input.var(other_axes(input)))):
        if running is not None:
            running.lerp_(new.detach(), momentum)
    shape = channel_shape(input)
    normalized = (input - mean.view(shape)) / var.sqrt().view(shape)
    scaled = normalized if weight is None else normalized * weight.view(shape)
    return scaled if bias is None else scaled + bias.view(shape)
