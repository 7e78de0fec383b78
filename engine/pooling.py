"""Pooling over the two axes of a picture: what ``max_pool2d`` and ``avg_pool2d`` have in common.

Cells of padding are −∞ for a maximum, so that none of them wins, and 0 for a mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.errors import CheckError
from engine.numbers import Sum, written
from engine.pool_step import PoolStep
from engine.pooling_arguments import Setup
from engine.step import Cell
from engine.trace import Trace, compare, largest


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PoolTrace(Trace):
    """Adds what a picture needs.

    ``padded`` is the batched input with all that windows reach around it, ``sides`` are the cells before and after it, per axis;
    ``kernel_size`` is that of the largest window.
    """

    padded: Tensor
    sides: Sequence[tuple[int, int]]
    kernel_size: Sequence[int]


def max_pooled(setup: Setup) -> PoolTrace:
    """The trace of a maximum over windows."""
    padded = F.pad(setup.input, pads(setup), value=-math.inf)
    values, indices = winners(setup, padded)
    name, expected, places = torch_max(setup, setup.input)
    reference = compare(name, values, expected, largest(setup.input[torch.isfinite(setup.input)]))
    if not torch.equal(indices, places):
        raise CheckError(f"the winners are others than those of {name}")
    return _trace(setup, padded, {"output": values, "indices": indices}, reference, _Cutter(setup, padded, values, indices))


def avg_pooled(setup: Setup) -> PoolTrace:
    """The trace of a mean over windows."""
    padded = F.pad(setup.input, pads(setup))
    total = sum(seen(setup, padded, 0))
    assert isinstance(total, Tensor)
    values = total / divisors(setup, total)
    name, expected = torch_avg(setup, setup.input)
    reference = compare(name, values, expected, largest(setup.input) * math.prod(setup.kernel_size))
    return _trace(setup, padded, {"output": values}, reference, _Cutter(setup, padded, values, None))


def torch_max(setup: Setup, x: Tensor) -> tuple[str, Tensor, Tensor]:
    """Name, output and indices of torch's own maximum over the windows of ``x``."""
    if setup.adaptive:
        output, places = F.adaptive_max_pool2d(x, setup.output_size, return_indices=True)
        return "torch.nn.functional.adaptive_max_pool2d", output, places
    output, places = F.max_pool2d(x, setup.kernel_size, setup.stride, setup.padding, setup.dilation, setup.ceil_mode, return_indices=True)
    return "torch.nn.functional.max_pool2d", output, places


def torch_avg(setup: Setup, x: Tensor) -> tuple[str, Tensor]:
    """Name and output of torch's own mean over the windows of ``x``."""
    if setup.adaptive:
        height, width = setup.output_size
        return "torch.nn.functional.adaptive_avg_pool2d", F.adaptive_avg_pool2d(x, (height, width))
    sizes = (setup.kernel_size, setup.stride, setup.padding)
    return "torch.nn.functional.avg_pool2d", F.avg_pool2d(x, *sizes, setup.ceil_mode, setup.counted, setup.override)


def divisors(setup: Setup, like: Tensor) -> Tensor:
    """By what the sum of every window is divided, in the dtype and on the device of another tensor."""
    if setup.override is not None:
        return like.new_full(setup.output_size, setup.override)
    rows, columns = (torch.tensor([setup.counted_cells(axis, at) for at in range(n)]) for axis, n in enumerate(setup.output_size))
    return torch.outer(rows, columns).to(like)


def pads(setup: Setup) -> list[int]:
    """What windows reach around the input, as ``torch.nn.functional.pad`` takes it."""
    return [cell for side in reversed(setup.sides) for cell in side]


def seen(setup: Setup, padded: Tensor, nothing: float) -> Iterator[Tensor]:
    """For every tap of the window, row by row, what it has of ``padded`` in all windows; ``nothing`` in those that are smaller."""
    for taken, there in _uneven_taps(setup, padded.device) if setup.uneven else _taps(setup):
        yield (
            padded[taken]
            if there is None
            else padded[taken].where(there, torch.full((), nothing, dtype=padded.dtype, device=padded.device))
        )


def _uneven_taps(setup: Setup, device: torch.device) -> Iterator[tuple[tuple[Any, ...], Tensor]]:
    """The cells that taps have in all windows, and which windows have them; any cell stands in for those that they do not have."""
    found = []
    for axis, count in enumerate(setup.output_size):
        spans = [setup.span(axis, at) for at in range(count)]
        cells = [[span[min(t, len(span) - 1)] for span in spans] for t in range(setup.kernel_size[axis])]
        there = [[t < len(span) for span in spans] for t in range(setup.kernel_size[axis])]
        found.append(list(zip(torch.tensor(cells, device=device), torch.tensor(there, device=device), strict=True)))
    for (rows, above), (columns, beside) in product(*found):
        yield (..., rows[:, None], columns), above[:, None] & beside


def _taps(setup: Setup) -> list[tuple[tuple[Any, ...], None]]:
    """The cells of the padded input that taps have in all windows, which all have them."""
    found: list[tuple[Any, ...]] = [
        (
            ...,
            *(
                slice(t * d, t * d + (o - 1) * s + 1, s)
                for t, d, o, s in zip(tap, setup.dilation, setup.output_size, setup.stride, strict=True)
            ),
        )
        for tap in product(*map(range, setup.kernel_size))
    ]
    return [(taken, None) for taken in found]


def winners(setup: Setup, padded: Tensor) -> tuple[Tensor, Tensor]:
    """The largest value of every window and where in the input's plane it stands; of equal ones the first, as torch has it."""
    height, width = setup.input_size
    (above, below), (left, right) = setup.sides
    rows, columns = (torch.arange(-a, n + b, device=padded.device) for a, n, b in ((above, height, below), (left, width, right)))
    places = rows[:, None] * width + columns
    inside = ((rows >= 0) & (rows < height))[:, None] & (columns >= 0) & (columns < width)
    best = padded.new_full((*padded.shape[:2], *setup.output_size), -math.inf)
    here = torch.full(best.shape, -1, device=padded.device)
    for value, place, there in zip(seen(setup, padded, -math.inf), seen(setup, places, -1), seen(setup, inside, False), strict=True):
        # −∞ in the input wins over padding, which is no cell of it.
        better = (value > best) | torch.isnan(value) | ((here < 0) & there)
        best, here = torch.where(better, value, best), torch.where(better, place, here)
    lower, farther = (torch.tensor([_first(setup, axis, at) for at in range(n)]) for axis, n in enumerate(setup.output_size))
    return best, torch.where(here < 0, (lower[:, None] * width + farther).to(here.device), here)


def _first(setup: Setup, axis: int, at: int) -> int:
    """The first cell of a window that is not before the input: what torch gives as the place in a window that lies in padding alone."""
    return next((cell for cell in setup.span(axis, at) if cell >= 0), setup.span(axis, at)[-1] + setup.dilation[axis])


def _trace(setup: Setup, padded: Tensor, outputs: dict[str, Tensor], reference: Any, cut: Callable[[int], PoolStep]) -> PoolTrace:
    trim = slice(None) if setup.batched else 0
    values = outputs["output"]
    samples, channels, *size = values.shape
    return PoolTrace(
        params=setup.params,
        inputs={"input": setup.input[trim]},
        outputs={name: tensor[trim] for name, tensor in outputs.items()},
        reference=reference,
        length=values.numel(),
        cut=cut,
        phases=[(phase(n, c, samples), math.prod(size)) for n in range(samples) for c in range(channels)],
        opening=_opening(setup, "max" if "indices" in outputs else "average"),
        closing=sentences.agreement(values.numel(), reference),
        formula=_formula(setup),
        highlight=int(values.abs().flatten().nan_to_num(-1.0).argmax()),
        padded=padded,
        sides=setup.sides,
        kernel_size=setup.kernel_size,
    )


def phase(sample: int, channel: int, samples: int) -> str:
    """The chapter of a plane."""
    return f"sample {sample}, channel {channel}" if samples > 1 else f"channel {channel}"


def _formula(setup: Setup) -> str:
    """Of the output's size, or where the windows lie that such an output needs."""
    if not setup.adaptive:
        pads = [(p, p) for p in setup.padding]
        sizes = (setup.input_size, setup.kernel_size, setup.stride, pads, setup.dilation, setup.output_size)
        return sentences.size_formula(*sizes, ceil=setup.ceil_mode)
    axes = dict.fromkeys(zip(setup.input_size, setup.output_size, strict=True))
    names = ["window"] if len(axes) == 1 else ["rows of window", "columns of window"]
    return ", quad ".join(
        f'"{name}" {letter}: floor(({size} {letter}) / {out}) "to" ceil(({size} ({letter} + 1)) / {out}) - 1'
        for name, letter, (size, out) in zip(names, "ij", axes, strict=False)
    )


def _opening(setup: Setup, kind: str) -> str:
    times = sentences.times
    mean = "the mean" if setup.override is None else f"the sum, divided by {setup.override},"
    what = "the largest number" if kind == "max" else mean
    if setup.adaptive:
        return (
            f"Adaptive {kind} pooling: {times(setup.output_size)} windows of nearly one size cover the {times(setup.input_size)} input, "
            f"{times(setup.kernel_size)} cells at most; of each {what} is kept."
        )
    return (
        f"{kind.capitalize()} pooling: of every {times(setup.kernel_size)} window of the {times(setup.input_size)} input {what} is kept, "
        f"stride {times(setup.stride) if len(set(setup.stride)) > 1 else setup.stride[0]}; the output has {times(setup.output_size)} cells."
    )


@dataclass(frozen=True, eq=False)
class _Cutter:
    """Cuts step k, the k-th cell of the output in memory order, out of the tensors; without ``indices`` it is a mean."""

    setup: Setup
    padded: Tensor
    values: Tensor
    indices: Tensor | None

    def __call__(self, k: int) -> PoolStep:
        setup, shape = self.setup, self.values.shape
        rest, x = divmod(k, shape[3])
        rest, y = divmod(rest, shape[2])
        sample, channel = divmod(rest, shape[1])
        rows, columns = setup.span(0, y), setup.span(1, x)
        (above, _), (left, _) = setup.sides
        window = list(product(rows, columns))
        plane = self.padded[sample, channel]
        numbers = [float(plane[row + above, column + left]) for row, column in window]
        terms = [(number,) for number in numbers]
        value = float(self.values[sample, channel, y, x])
        prefix = (sample, channel) if setup.batched else (channel,)
        target = (*prefix, y, x)
        inside = [cell for cell in window if all(0 <= at < n for at, n in zip(cell, setup.input_size, strict=True))]
        winner, ties = None, 1
        if self.indices is not None:
            place = divmod(int(self.indices[sample, channel, y, x]), setup.input_size[1])
            winner = window.index(place) if place in inside else None
            ties = sum(number == value for number in numbers)
        reduce: Literal["sum", "max"] = "sum" if self.indices is None else "max"
        divisor = setup.divisor((y, x)) if self.indices is None else 1
        text = written(terms, value, reduce, divisor)
        writes = {"output": [target], **({} if self.indices is None else {"indices": [target]})}
        return PoolStep(
            index=k,
            phase=phase(sample, channel, shape[0]),
            reads={"input": [(*prefix, *cell) for cell in inside]},
            terms=terms,
            value=value,
            writes=writes,
            formula=sentences.sum_formula(sentences.cell_name("output", target), text),
            say=self._say(rows, columns, len(inside) < len(window), target, text, None if winner is None else window[winner], ties),
            reduce=reduce,
            divisor=divisor,
            sample=sample,
            channel=channel,
            window=window,
            winner=winner,
            ties=ties,
        )

    def _say(
        self, rows: Sequence[int], columns: Sequence[int], padded: bool, target: Cell, text: Sum, winner: Cell | None, ties: int
    ) -> str:
        where = f"{sentences.span('row', rows)}, {sentences.span('column', columns)}"
        where = f"{where[0].upper()}{where[1:]}{' with padding' * padded}"
        name = sentences.cell_name("output", target)
        if self.indices is not None and winner is None:
            return f"{where}: all cells lie in the padding; {name} = {text.value}."
        if winner is None:
            numbers = sentences.count(len(text.terms), "number")
            return f"{where}: the sum of {numbers} divided by {text.divisor} gives {sentences.result(name, text)}."
        first = f", the first of {ties} equal ones" if ties > 1 else ""
        return f"{where}: the largest number is {text.value}, at row {winner[0]}, column {winner[1]}{first}; {name} = {text.value}."
