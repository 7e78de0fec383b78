"""Which units of an LSTM tell most, and which steps are worked out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from engine.blocks import Blocks
from engine.concepts.lstm.choice import UnitChoice, stretches
from engine.concepts.lstm.step import STAGES
from engine.lessons import first
from engine.stage import Stage


def by_change(values: Tensor) -> list[int]:
    """Columns of numbers (time x units) whose numbers change the most, one time after the other from 0 on."""
    finite = values.nan_to_num(0.0, 0.0, 0.0)
    return _largest_first(finite.diff(dim=0, prepend=torch.zeros_like(finite[:1])).abs().sum(0))


def by_size(values: Tensor) -> list[int]:
    """Columns whose numbers are the largest in all."""
    return _largest_first(values.nan_to_num(0.0, 0.0, 0.0).abs().sum(0))


def by_time(values: Tensor) -> list[int]:
    """Columns in the order in which they are large, the early ones first."""
    size = values.nan_to_num(0.0, 0.0, 0.0).abs()
    times = torch.arange(len(size), dtype=size.dtype, device=size.device)
    when = (size * times[:, None]).sum(0) / size.sum(0).clamp_min(torch.finfo(size.dtype).tiny)
    return when.argsort(stable=True).tolist()


def _largest_first(sizes: Tensor) -> list[int]:
    return (-sizes).argsort(stable=True).tolist()


# --- lessons -----------------------------------------------------------------------------------------------------------------------------


def forward_lessons(c_before: Tensor, c: Tensor, choice: UnitChoice, stages: Mapping[str, Stage], blocks: Blocks) -> Iterator[int | None]:
    """The first of everything; the forget gate and the cell state are those of a unit that changes most where there is first something to
    forget.
    """
    old, change = c_before.abs().nan_to_num(0.0), (c - c_before).abs().nan_to_num(0.0)
    time = int((old != 0).any(1).int().argmax())
    unit = choice.followed
    if unit is None:
        unit = int(change[time].where(old[time] >= old[time].max() / 2, -torch.ones_like(change[time])).argmax())
    yield from (blocks.step(name, (time, unit)) if name in ("f", "c") else first(stages[name], blocks.of(name, 1)) for name in STAGES)


def backward_lessons(choice: UnitChoice, stages: Mapping[str, Stage], blocks: Blocks) -> Iterator[int | None]:
    """The first of everything, and of both states before the last."""
    timed, runs = ("grad_h", "grad_c", "delta"), len(stretches(choice.order))
    yield from (first(stages[name], blocks.of(name, 1)) for name in timed)
    yield from (first(stages[name], blocks.of(name, runs + 1)[runs:]) for name in timed[:2])
    yield from (first(stage, blocks.of(name, 1)) for name, stage in stages.items() if name not in timed)
