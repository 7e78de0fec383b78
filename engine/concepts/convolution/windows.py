"""Windows of a convolution side by side, among which the steps are chosen that a clip works out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from engine.concepts.convolution.arguments import ConvSetup
from engine.lessons import Windows, in_plane

#: Numbers that are looked at at most.
MOST_NUMBERS = 1_000_000


def windows(setup: ConvSetup, sources: Sequence[Tensor], padded: Tensor, values: Tensor) -> Windows:
    """Some of the first filter that gives anything, of the first sample that does; ``sources`` say what is in the padding."""
    planes = values.flatten(0, 1)
    plane = int(planes.flatten(1).any(1).int().argmax())
    sample, filter = divmod(plane, values.shape[1])
    taps = [torch.arange(n) * d for n, d in zip(setup.kernel_size, setup.dilation, strict=True)]
    per_group = setup.weight.shape[1]
    numbers = in_plane(planes[plane], MOST_NUMBERS // max(1, setup.kernel[0].numel()))
    cells = torch.unravel_index(numbers, setup.output_size)
    at = [cell[:, None] * s + tap for cell, s, tap in zip(cells, setup.stride, taps, strict=True)]
    channels = slice(first := filter // setup.filters_per_group * per_group, first + per_group)
    inside = padded[sample, channels][_crossed(at)].cpu().transpose(0, 1).flatten(2)
    beyond = [_beyond(axis, side, n) for axis, side, n in zip(at, setup.sides, setup.input_size, strict=True)]
    return Windows(
        plane * planes[0].numel() + numbers,
        inside,
        inside * setup.kernel[filter].cpu().flatten(1),
        planes[plane].flatten()[numbers.to(values.device)].cpu(),
        torch.stack(beyond).sum(0),
    )


def _crossed(at: Sequence[Tensor]) -> tuple[Any, ...]:
    """Places along every axis (windows x taps) as an index of all cells of the windows."""
    axes = len(at)
    shaped = [one.reshape(len(one), *(-1 if i == axis else 1 for i in range(axes))) for axis, one in enumerate(at)]
    return (slice(None), *shaped)


def _beyond(at: Tensor, side: tuple[int, int], size: int) -> Tensor:
    """Which windows reach into the padding of an axis."""
    before, _ = side
    return ((at < before) | (at >= before + size)).any(1)
