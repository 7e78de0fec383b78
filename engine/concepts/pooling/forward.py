"""Pooling over the two axes of a picture: what ``max_pool2d`` and ``avg_pool2d`` have in common.

Cells of padding are −∞ for a maximum, so that none of them wins, and 0 for a mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.concepts.pooling import captions
from engine.concepts.pooling.arguments import PoolSetup
from engine.concepts.pooling.step import PoolStep
from engine.concepts.pooling.windows import windows
from engine.errors import CheckError
from engine.lessons import Lessons, of_maxima, of_sums
from engine.numbers import Sum
from engine.stage import Operand, Stage, Work
from engine.step import Cell, Cells, Reference
from engine.trace import Trace, compare, largest


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class PoolTrace(Trace):
    """Adds what a picture needs.

    ``padded`` is the batched input with all that windows reach around it, ``sides`` are the cells before and after it, per axis;
    ``kernel_size`` is that of the largest window; ``spans`` are the cells of all windows along both axes, in the coordinates of the input.
    """

    padded: Tensor
    sides: Sequence[tuple[int, int]]
    kernel_size: Sequence[int]
    spans: Sequence[Sequence[Sequence[int]]]


def max_pooled(setup: PoolSetup) -> PoolTrace:
    """The trace of a maximum over windows."""
    padded = F.pad(setup.input, pads(setup), value=-math.inf)
    values, indices = winners(setup, padded)
    name, expected, places = torch_max(setup, setup.input)
    reference = compare(name, values, expected, largest(setup.input[torch.isfinite(setup.input)]))
    if not torch.equal(indices, places):
        raise CheckError(f"the winners are others than those of {name}")
    return _trace(setup, padded, {"output": values, "indices": indices}, reference)


def avg_pooled(setup: PoolSetup) -> PoolTrace:
    """The trace of a mean over windows."""
    padded = F.pad(setup.input, pads(setup))
    total = sum(seen(setup, padded, 0))
    assert isinstance(total, Tensor)
    values = total / divisors(setup, total)
    name, expected = torch_avg(setup, setup.input)
    reference = compare(name, values, expected, largest(setup.input) * math.prod(setup.kernel_size))
    return _trace(setup, padded, {"output": values}, reference)


def torch_max(setup: PoolSetup, x: Tensor) -> tuple[str, Tensor, Tensor]:
    """Name, output and indices of torch's own maximum over the windows of ``x``."""
    if setup.adaptive:
        output, places = F.adaptive_max_pool2d(x, setup.output_size, return_indices=True)
        return "torch.nn.functional.adaptive_max_pool2d", output, places
    output, places = F.max_pool2d(x, setup.kernel_size, setup.stride, setup.padding, setup.dilation, setup.ceil_mode, return_indices=True)
    return "torch.nn.functional.max_pool2d", output, places


def torch_avg(setup: PoolSetup, x: Tensor) -> tuple[str, Tensor]:
    """Name and output of torch's own mean over the windows of ``x``."""
    if setup.adaptive:
        height, width = setup.output_size
        return "torch.nn.functional.adaptive_avg_pool2d", F.adaptive_avg_pool2d(x, (height, width))
    sizes = (setup.kernel_size, setup.stride, setup.padding)
    return "torch.nn.functional.avg_pool2d", F.avg_pool2d(x, *sizes, setup.ceil_mode, setup.counted, setup.override)


def divisors(setup: PoolSetup, like: Tensor) -> Tensor:
    """By what the sum of every window is divided, in the dtype and on the device of another tensor."""
    if setup.override is not None:
        return like.new_full(setup.output_size, setup.override)
    rows, columns = (torch.tensor([setup.counted_cells(axis, at) for at in range(n)]) for axis, n in enumerate(setup.output_size))
    return torch.outer(rows, columns).to(like)


def pads(setup: PoolSetup) -> list[int]:
    """What windows reach around the input, as ``torch.nn.functional.pad`` takes it."""
    return [cell for side in reversed(setup.sides) for cell in side]


def seen(setup: PoolSetup, padded: Tensor, nothing: float) -> Iterator[Tensor]:
    """For every tap of the window, row by row, what it has of ``padded`` in all windows; ``nothing`` in those that are smaller."""
    for taken, there in _uneven_taps(setup, padded.device) if setup.uneven else _taps(setup):
        yield (
            padded[taken]
            if there is None
            else padded[taken].where(there, torch.full((), nothing, dtype=padded.dtype, device=padded.device))
        )


def _uneven_taps(setup: PoolSetup, device: torch.device) -> Iterator[tuple[tuple[Any, ...], Tensor]]:
    """The cells that taps have in all windows, and which windows have them; any cell stands in for those that they do not have."""
    found = []
    for axis, count in enumerate(setup.output_size):
        spans = [setup.span(axis, at) for at in range(count)]
        cells = [[span[min(t, len(span) - 1)] for span in spans] for t in range(setup.kernel_size[axis])]
        there = [[t < len(span) for span in spans] for t in range(setup.kernel_size[axis])]
        found.append(list(zip(torch.tensor(cells, device=device), torch.tensor(there, device=device), strict=True)))
    for (rows, above), (columns, beside) in product(*found):
        yield (..., rows[:, None], columns), above[:, None] & beside


def _taps(setup: PoolSetup) -> list[tuple[tuple[Any, ...], None]]:
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


def winners(setup: PoolSetup, padded: Tensor) -> tuple[Tensor, Tensor]:
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


def _first(setup: PoolSetup, axis: int, at: int) -> int:
    """The first cell of a window that is not before the input: what torch gives as the place in a window that lies in padding alone."""
    return next((cell for cell in setup.span(axis, at) if cell >= 0), setup.span(axis, at)[-1] + setup.dilation[axis])


def _trace(setup: PoolSetup, padded: Tensor, outputs: dict[str, Tensor], reference: Reference) -> PoolTrace:
    trim = slice(None) if setup.batched else 0
    values = outputs["output"]
    return PoolTrace(
        params=setup.params,
        inputs={"input": setup.input[trim]},
        outputs={name: tensor[trim] for name, tensor in outputs.items()},
        reference=reference,
        stages={"output": _PoolOutput(setup, values, outputs.get("indices")).stage()},
        blocks=in_order(setup, "output"),
        opening=_opening(setup, "max" if "indices" in outputs else "average"),
        closing=sentences.agreement(captions.result(setup, largest="indices" in outputs), reference),
        formula=_formula(setup),
        highlight=int(values.abs().flatten().nan_to_num(-1.0).argmax()),
        lessons=_lessons(setup, padded, values, is_max="indices" in outputs),
        padded=padded,
        sides=setup.sides,
        kernel_size=setup.kernel_size,
        spans=setup.spans,
    )


def _lessons(setup: PoolSetup, padded: Tensor, values: Tensor, *, is_max: bool) -> Lessons:
    if is_max:
        return Lessons(lambda: of_maxima(windows(setup, padded, values, -math.inf)))
    return Lessons(lambda: of_sums(windows(setup, padded, values, 0.0)))


def in_order(setup: PoolSetup, stage: str) -> Blocks:
    """All windows, plane after plane, each of which is a chapter."""
    blocks, (samples, channels), sizes = Blocks(), setup.input.shape[:2], (1, 1, *setup.output_size)
    for sample, channel in product(range(samples), range(channels)):
        one = [f"sample {sample}"] * (samples > 1) + [f"channel {channel}"] * (channels > 1)
        phase = ", ".join(one) or ("output" if stage == "output" else "grad_input")
        blocks.box(stage, phase, (sample, channel, 0, 0), sizes)
    return blocks


def _formula(setup: PoolSetup) -> str:
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


def _opening(setup: PoolSetup, kind: str) -> str:
    times = sentences.times
    mean = "the mean" if setup.override is None else f"the sum, divided by {setup.override},"
    what = "the largest number" if kind == "max" else mean
    if setup.adaptive:
        windows, size = times(setup.output_size), times(setup.input_size)
        return f"Of each window {what} is kept: adaptive {kind} pooling, {windows} windows, nearly alike, over the {size} input."
    window, size = times(setup.kernel_size), times(setup.input_size)
    return f"Of every {window} window {what} is kept: {kind} pooling of the {size} input."


def window_of(setup: PoolSetup, cell: Cell, padding: float) -> tuple[list[Cell], Operand]:
    """Where the cells of a window lie in the input's plane, and the numbers in them; ``padding`` in those that are outside of it."""
    spans = [setup.span(axis, at) for axis, at in enumerate(cell[2:])]
    inside = [[at for at in span if 0 <= at < size] for span, size in zip(spans, setup.input_size, strict=True)]
    cut = (slice(at[0], at[-1] + 1, gap) if at else slice(0) for at, gap in zip(inside, setup.dilation, strict=True))
    rows: list[list[float]] = setup.input[(*cell[:2], *cut)].tolist()
    numbers = dict(zip(product(*inside), chain.from_iterable(rows), strict=True))
    window = list(product(*spans))
    places = [("input", setup.place((*cell[:2], *at))) if at in numbers else None for at in window]
    return window, Operand(places, [numbers.get(at, padding) for at in window], "input")


@dataclass(frozen=True, eq=False)
class _PoolOutput:
    """How a cell of the output is computed and what is said of it; without ``indices`` it is a mean."""

    setup: PoolSetup
    values: Tensor
    indices: Tensor | None

    def stage(self) -> Stage:
        largest = self.indices is not None
        return Stage(
            path="output",
            values=self.values,
            work=self.work,
            say=self.say,
            caption=captions.forward(self.setup, largest=largest),
            shared=captions.forward_shared(self.setup, largest=largest),
            step=PoolStep,
            writes=self.writes,
        )

    def writes(self, cell: Cell) -> Cells:
        target = [self.setup.place(cell)]
        return {"output": target} if self.indices is None else {"output": target, "indices": target}

    def work(self, cell: Cell) -> Work:
        window, numbers = window_of(self.setup, cell, 0.0 if self.indices is None else -math.inf)
        fields = {"sample": cell[0], "channel": cell[1], "window": window}
        if self.indices is None:
            return Work([(numbers,)], self.setup.divisor(cell[2:]), fields=fields)
        place = divmod(int(self.indices[cell]), self.setup.input_size[1])
        winner = next((i for i, at in enumerate(window) if at == place and numbers.places[i]), None)
        value = -math.inf if winner is None else numbers.values[winner]
        ties = sum(number == value for number in numbers.values)
        return Work([(numbers,)], reduce="max", fields={**fields, "winner": winner, "ties": ties})

    def say(self, cell: Cell, work: Work, text: Sum) -> str:
        rows, columns = (self.setup.span(axis, at) for axis, at in enumerate(cell[2:]))
        where = f"{sentences.span('row', rows)}, {sentences.span('column', columns)}"
        ((numbers,),) = work.sums
        where = f"{where[0].upper()}{where[1:]}{' with padding' * (None in numbers.places)}"
        name = sentences.cell_name("output", self.setup.place(cell))
        if self.indices is None:
            summed = sentences.count(len(text.terms), "number")
            return f"{where}: the sum of {summed} divided by {text.divisor} gives {sentences.result(name, text)}."
        winner, ties = work.fields["winner"], work.fields["ties"]
        if winner is None:
            return f"{where}: all cells lie in the padding; {name} = {text.value}."
        row, column = work.fields["window"][winner]
        first = f", the first of {ties} equal ones" if ties > 1 else ""
        return f"{where}: the largest number is {text.value}, at row {row}, column {column}{first}; {name} = {text.value}."
