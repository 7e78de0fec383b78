"""Windows of a pooling side by side, among which the steps are chosen that a clip works out."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.concepts.pooling.arguments import PoolSetup
from engine.lessons import Windows, in_plane

#: Numbers that are looked at at most.
MOST_NUMBERS = 1_000_000


def windows(setup: PoolSetup, padded: Tensor, values: Tensor, nothing: float) -> Windows:
    """Some of the first plane that gives anything. Windows of an adaptive pooling differ in size: what one lacks is as its padding."""
    planes = values.flatten(0, 1)
    plane = int((planes.flatten(1).isfinite() & (planes.flatten(1) != 0)).any(1).int().argmax())
    numbers = in_plane(planes[plane], MOST_NUMBERS // max(1, setup.kernel_size[0] * setup.kernel_size[1]))
    cells = torch.unravel_index(numbers, setup.output_size)
    (rows, is_row), (columns, is_column) = ([one[cell] for one in _spans(setup, axis)] for axis, cell in enumerate(cells))
    (above, _), (left, _) = setup.sides
    whole = padded.flatten(0, 1)[plane][rows[:, :, None] + above, columns[:, None, :] + left].cpu()
    inside = whole.where(is_row[:, :, None] & is_column[:, None, :], torch.full((), nothing, dtype=whole.dtype)).flatten(1)[:, None]
    beyond = [((at < 0) | (at >= size)).any(1) for at, size in zip((rows, columns), setup.input_size, strict=True)]
    return Windows(
        plane * planes[0].numel() + numbers,
        inside,
        inside,
        planes[plane].flatten()[numbers.to(values.device)].cpu(),
        torch.stack(beyond).sum(0),
    )


def _spans(setup: PoolSetup, axis: int) -> tuple[Tensor, Tensor]:
    """The places of all windows along an axis (windows x cells), and which of them a window has: any stands for one that it lacks."""
    spans = [setup.span(axis, at) for at in range(setup.output_size[axis])]
    longest = range(max(map(len, spans)))
    places = torch.tensor([[span[min(at, len(span) - 1)] for at in longest] for span in spans])
    return places, torch.tensor([[at < len(span) for at in longest] for span in spans])
