"""Pooling over the two axes of a picture: what ``max_pool2d`` and ``avg_pool2d`` have in common.

Cells of padding are −∞ for a maximum, so that none of them wins, and 0 for a mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.errors import CheckError, InputError
from engine.numbers import Sum, written
from engine.pool_step import PoolStep
from engine.shapes import Size, per_axis, pool_output_size
from engine.step import Cell
from engine.trace import TensorLike, Trace, compare, floating, largest

AXES = 2
INPUT_FORM = "height x width, channels x height x width or batch x channels x height x width"


@dataclass(frozen=True, eq=False)
class Setup:
    """What is pooled. ``input`` is batch x channels x height x width; ``batched`` says whether the user gave a batch.

    ``counted`` says whether a mean divides by cells of padding too; ``params`` are the arguments as a trace reports them.
    """

    input: Tensor
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    ceil_mode: bool
    counted: bool
    batched: bool
    params: Mapping[str, Any]

    @property
    def input_size(self) -> tuple[int, ...]:
        """Cells per axis, without padding."""
        return tuple(self.input.shape[2:])

    @property
    def output_size(self) -> tuple[int, ...]:
        """Windows per axis."""
        return tuple(
            pool_output_size(n, k, s, p, d, self.ceil_mode)
            for n, k, s, p, d in zip(self.input_size, self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        )

    @property
    def sides(self) -> list[tuple[int, int]]:
        """Cells that windows reach before and after the input, per axis; with ``ceil_mode`` after it perhaps more than the padding."""
        return [
            (p, max(p, (o - 1) * s + d * (k - 1) + 1 - p - n))
            for n, k, s, p, d, o in zip(
                self.input_size, self.kernel_size, self.stride, self.padding, self.dilation, self.output_size, strict=True
            )
        ]

    def span(self, axis: int, at: int) -> list[int]:
        """Where the cells of window ``at`` lie along an axis, in the coordinates of the input."""
        start = at * self.stride[axis] - self.padding[axis]
        return [start + t * self.dilation[axis] for t in range(self.kernel_size[axis])]

    def divisor(self, out: Sequence[int]) -> int:
        """By how many cells a mean is divided: those of the window that lie in the input or, if they are counted, in its padding."""
        number = 1
        for axis, at in enumerate(out):
            pad = self.padding[axis] if self.counted else 0
            number *= sum(-pad <= cell < self.input_size[axis] + pad for cell in self.span(axis, at))
        return number


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PoolTrace(Trace):
    """Adds what a picture needs.

    ``padded`` is the batched input with all that windows reach around it, ``sides`` are the cells before and after it, per axis.
    """

    padded: Tensor
    sides: Sequence[tuple[int, int]]
    kernel_size: Sequence[int]


def resolve(
    input: TensorLike,
    kernel_size: Size | Literal["global"],
    stride: Size | None,
    padding: Size,
    dilation: Size = 1,
    *,
    ceil_mode: bool = False,
    counted: bool = True,
    extra: Mapping[str, Any] | None = None,
) -> Setup:
    """Checks and completes the arguments, which the two poolings document.

    Raises :class:`InputError` for what does not fit together.
    """
    x = floating("input", input)
    shape = "x".join(map(str, x.shape)) or "a single number"
    if not AXES <= x.dim() <= AXES + 2:
        raise InputError(f"input has shape {shape}; give {INPUT_FORM}")
    if x.numel() == 0:
        raise InputError(f"input has shape {shape}, which holds no value; give at least one cell")
    batched = x.dim() == AXES + 2
    while x.dim() < AXES + 2:
        x = x.unsqueeze(0)
    everything = kernel_size == "global"
    size = tuple(x.shape[2:]) if everything else _per_axis(kernel_size, "kernel_size", least=1)
    strides = size if stride is None else per_axis(stride, AXES, "stride", least=1)
    pads, dilations = per_axis(padding, AXES, "padding", least=0), per_axis(dilation, AXES, "dilation", least=1)
    if everything and any(pads):
        raise InputError(f"padding is {padding!r} with kernel_size 'global'; leave it out, the window holds the whole input")
    for pad, kernel in zip(pads, size, strict=True):
        if pad > kernel // 2:
            raise InputError(f"padding is {pad} with a kernel of size {kernel}; torch allows at most half of it, {kernel // 2}")
    params = {
        "kernel_size": kernel_size if everything else _one_or_list(size),
        "stride": _one_or_list(strides),
        "padding": _one_or_list(pads),
        "ceil_mode": bool(ceil_mode),
        **(extra or {}),
    }
    return Setup(x, size, strides, pads, dilations, bool(ceil_mode), counted, batched, params)


def _per_axis(value: Any, name: str, *, least: int) -> tuple[int, ...]:
    if isinstance(value, str):
        raise InputError(f"{name} is {value!r}; give a whole number, one per axis such as 2,1, or 'global'")
    return per_axis(value, AXES, name, least=least)


def _one_or_list(values: Sequence[int]) -> int | list[int]:
    return values[0] if len(set(values)) == 1 else list(values)


def max_pooled(setup: Setup) -> PoolTrace:
    """The trace of a maximum over windows."""
    padded = F.pad(setup.input, pads(setup), value=-math.inf)
    values, indices = winners(setup, padded)
    expected, places = F.max_pool2d(
        setup.input, setup.kernel_size, setup.stride, setup.padding, setup.dilation, setup.ceil_mode, return_indices=True
    )
    reference = compare("torch.nn.functional.max_pool2d", values, expected, largest(setup.input[torch.isfinite(setup.input)]))
    if not torch.equal(indices, places):
        raise CheckError("the winners are others than those of torch.nn.functional.max_pool2d")
    return _trace(setup, padded, {"output": values, "indices": indices}, reference, _Cutter(setup, padded, values, indices))


def avg_pooled(setup: Setup) -> PoolTrace:
    """The trace of a mean over windows."""
    padded = F.pad(setup.input, pads(setup))
    total = sum(padded[taken] for taken in taps(setup))
    assert isinstance(total, Tensor)
    divisors = [[setup.divisor((y, x)) for x in range(setup.output_size[1])] for y in range(setup.output_size[0])]
    values = total / torch.tensor(divisors, dtype=total.dtype, device=total.device)
    expected = F.avg_pool2d(setup.input, setup.kernel_size, setup.stride, setup.padding, setup.ceil_mode, setup.counted)
    reference = compare("torch.nn.functional.avg_pool2d", values, expected, largest(setup.input) * math.prod(setup.kernel_size))
    return _trace(setup, padded, {"output": values}, reference, _Cutter(setup, padded, values, None))


def pads(setup: Setup) -> list[int]:
    """What windows reach around the input, as ``torch.nn.functional.pad`` takes it."""
    return [cell for side in reversed(setup.sides) for cell in side]


def taps(setup: Setup) -> list[tuple[Any, ...]]:
    """For every tap of the window, row by row, the cells of the padded input that it has in all windows."""
    return [
        (
            ...,
            *(
                slice(t * d, t * d + (o - 1) * s + 1, s)
                for t, d, o, s in zip(tap, setup.dilation, setup.output_size, setup.stride, strict=True)
            ),
        )
        for tap in product(*map(range, setup.kernel_size))
    ]


def winners(setup: Setup, padded: Tensor) -> tuple[Tensor, Tensor]:
    """The largest value of every window and where in the input's plane it stands; of equal ones the first, as torch has it."""
    height, width = setup.input_size
    (above, below), (left, right) = setup.sides
    rows, columns = (torch.arange(-a, n + b, device=padded.device) for a, n, b in ((above, height, below), (left, width, right)))
    places = rows[:, None] * width + columns
    inside = ((rows >= 0) & (rows < height))[:, None] & (columns >= 0) & (columns < width)
    best = padded.new_full((*padded.shape[:2], *setup.output_size), -math.inf)
    here = torch.full(best.shape, -1, device=padded.device)
    for taken in taps(setup):
        value = padded[taken]
        # −∞ in the input wins over padding, which is no cell of it.
        better = (value > best) | torch.isnan(value) | ((here < 0) & inside[taken])
        best, here = torch.where(better, value, best), torch.where(better, places[taken], here)
    nowhere = [[_first(setup, 0, y) * width + _first(setup, 1, x) for x in range(here.shape[3])] for y in range(here.shape[2])]
    return best, torch.where(here < 0, torch.tensor(nowhere, device=here.device), here)


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
        formula=sentences.size_formula(
            setup.input_size,
            setup.kernel_size,
            setup.stride,
            [(p, p) for p in setup.padding],
            setup.dilation,
            setup.output_size,
            ceil=setup.ceil_mode,
        ),
        highlight=int(values.abs().flatten().nan_to_num(-1.0).argmax()),
        padded=padded,
        sides=setup.sides,
        kernel_size=setup.kernel_size,
    )


def phase(sample: int, channel: int, samples: int) -> str:
    """The chapter of a plane."""
    return f"sample {sample}, channel {channel}" if samples > 1 else f"channel {channel}"


def _opening(setup: Setup, kind: str) -> str:
    times = sentences.times
    what = "the largest number" if kind == "max" else "the mean"
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
