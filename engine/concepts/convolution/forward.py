"""Convolution over any number of axes: what ``conv1d`` and ``conv2d`` have in common.

As in torch, "convolution" here is the cross-correlation

    output[f, o] = bias[f] + Σ_c Σ_t weight[f, c, t] · input[c, o·stride + t·dilation − padding]

and ``flip`` turns the kernel around first, which makes it the convolution of signal processing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.concepts.convolution import captions
from engine.concepts.convolution.arguments import ConvSetup, PaddingMode
from engine.concepts.convolution.step import ConvStep
from engine.concepts.convolution.windows import windows
from engine.errors import InputError
from engine.lessons import Lessons, of_sums
from engine.numbers import Sum
from engine.stage import Stage, Work, number, operand
from engine.step import Cell, Reference
from engine.trace import Trace, compare, largest


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConvTrace(Trace):
    """Adds what a picture needs.

    ``kernel`` are the weights as they are applied (turned around if ``flip``), ``padded`` is the batched input with its padding, ``sides``
    are the cells added before and after it, per axis.
    """

    kernel: Tensor
    padded: Tensor
    sides: Sequence[tuple[int, int]]


def convolve(setup: ConvSetup) -> ConvTrace:
    """The trace of a convolution over any number of axes."""
    sources = [_sources(n, side, setup.padding_mode) for n, side in zip(setup.input_size, setup.sides, strict=True)]
    padded = _gather(setup.input, sources)
    values = _values(setup, padded)
    reference = _check(setup, values)
    trim = slice(None) if setup.batched else 0
    inputs = {"input": setup.input[trim], "weight": setup.weight}
    if setup.bias is not None:
        inputs["bias"] = setup.bias
    return ConvTrace(
        params=setup.params,
        inputs=inputs,
        outputs={"output": values[trim]},
        reference=reference,
        stages={"output": _ConvWindows(setup, sources, padded).stage(values)},
        blocks=_in_order(values.shape),
        opening=_opening(setup),
        closing=sentences.agreement("Every window gave one cell", reference),
        formula=sentences.size_formula(setup.input_size, setup.kernel_size, setup.stride, setup.sides, setup.dilation, setup.output_size),
        highlight=int(values.abs().flatten().nan_to_num(-1.0).argmax()),
        lessons=Lessons(lambda: of_sums(windows(setup, sources, padded, values))),
        kernel=setup.kernel,
        padded=padded,
        sides=setup.sides,
    )


# --- the computation ---------------------------------------------------------------------------------------------------------------------


def _sources(size: int, side: tuple[int, int], mode: PaddingMode) -> Tensor:
    """For every cell of the padded axis the cell of the input whose value it holds, −1 for a zero."""
    before, after = side
    at = torch.arange(-before, size + after)
    if mode == "zeros":
        return torch.where((at >= 0) & (at < size), at, -1)
    if mode == "replicate":
        return at.clamp(0, size - 1)
    most = size if mode == "circular" else size - 1
    if max(side) > most:
        raise InputError(f"padding is {max(side)} with padding_mode {mode!r} on an axis of {size} cells; give at most {most}")
    if mode == "circular":
        return at % size
    # Reflection does not repeat the border cell: −1 is a copy of 1.
    at = at.abs()
    return torch.where(at < size, at, 2 * (size - 1) - at)


def _gather(x: Tensor, sources: Sequence[Tensor]) -> Tensor:
    for axis, source in enumerate(sources, start=2):
        source = source.to(x.device)
        x = x.index_select(axis, source.clamp(min=0))
        outside = (source < 0).view([-1 if i == axis else 1 for i in range(x.dim())])
        x = x.masked_fill(outside, 0.0)
    return x


def _values(setup: ConvSetup, padded: Tensor) -> Tensor:
    """Every step value: tap by tap, so that memory stays at the size of the output."""
    groups = setup.groups
    x = padded.reshape(len(padded), groups, -1, *padded.shape[2:])
    w = setup.kernel.reshape(groups, -1, *setup.kernel.shape[1:])
    total = padded.new_zeros((len(padded), groups, setup.filters_per_group, *setup.output_size))
    for tap in product(*map(range, setup.kernel_size)):
        weights: tuple[Any, ...] = (..., *tap)
        total += torch.einsum("ngc...,gfc->ngf...", x[setup.met(tap)], w[weights])
    values = total.flatten(1, 2)
    return values if setup.bias is None else values + setup.bias.view(-1, *[1] * setup.axes)


def _check(setup: ConvSetup, values: Tensor) -> Reference:
    name, pads = f"torch.nn.functional.conv{setup.axes}d", [cell for side in reversed(setup.sides) for cell in side]
    x, padding = setup.input, [before for before, _ in setup.sides]
    symmetric = all(before == after for before, after in setup.sides)
    # torch leaves padding cells out of the sum, we multiply them: 0 times an infinite weight is nan only if the zero is there.
    if setup.padding_mode != "zeros" or not symmetric or not bool(torch.isfinite(setup.weight).all()):
        mode = "constant" if setup.padding_mode == "zeros" else setup.padding_mode
        x, padding = F.pad(x, pads, mode=mode), [0] * setup.axes
        name += f" after torch.nn.functional.pad(mode={mode!r})"
    conv: Any = {1: F.conv1d, 2: F.conv2d}[setup.axes]
    # TF32 would compare our float32 with ten bits of mantissa.
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        expected = conv(x, setup.kernel.contiguous(), setup.bias, setup.stride, padding, setup.dilation, setup.groups)
    return compare(name, values, expected, _scale(setup))


def _scale(setup: ConvSetup) -> float:
    """A bound of every sum: the largest input times the largest sum of absolute weights of a filter, and the largest bias.

    Raises :class:`InputError` if finite numbers may add up to more than the dtype holds: what they give then depends on the order.
    """
    tensors = [setup.input, setup.weight, *([] if setup.bias is None else [setup.bias])]
    reach = float(setup.weight.abs().flatten(1).sum(1).max())
    scale = largest(setup.input) * reach + (largest(setup.bias) if setup.bias is not None else 0.0)
    most = torch.finfo(setup.input.dtype).max
    if scale > most and all(bool(torch.isfinite(tensor).all()) for tensor in tensors):
        dtype = str(setup.input.dtype).removeprefix("torch.")
        raise InputError(
            f"the input goes up to {largest(setup.input):.2g} and the absolute weights of a filter add up to {reach:.2g}, whose product "
            f"{dtype} cannot hold; give smaller numbers, up to {most:.2g} in the product"
        )
    return scale


# --- the steps ---------------------------------------------------------------------------------------------------------------------------


def _in_order(shape: Sequence[int]) -> Blocks:
    """Memory order; a filter's cells of a sample are a chapter."""
    samples, filters, *size = shape
    blocks = Blocks()
    for n, f in product(range(samples), range(filters)):
        one = [f"sample {n}"] * (samples > 1) + [f"filter {f}"] * (filters > 1)
        phase = ", ".join(one) or "output"
        blocks.box("output", phase, (n, f, *[0] * len(size)), (1, 1, *size))
    return blocks


@dataclass(frozen=True, eq=False)
class _ConvWindows:
    """What every cell of the output is made of; cells begin with the sample, also where the user gave no batch."""

    setup: ConvSetup
    sources: Sequence[Tensor]
    padded: Tensor

    def stage(self, values: Tensor) -> Stage:
        """All cells."""
        return Stage(
            path="output",
            values=values,
            work=self._work,
            say=self._say,
            caption=captions.forward(self.setup),
            shared=captions.SLIDES,
            step=ConvStep,
            writes=lambda cell: {"output": [self.setup.at(*cell)]},
        )

    def _work(self, cell: Cell) -> Work:
        setup, (sample, f, *_), positions = self.setup, cell, self._positions(cell)
        per_group, prefix = setup.weight.shape[1], setup.at(sample)
        first = f // setup.filters_per_group * per_group
        channels = range(first, first + per_group)
        taken = [slice(at.start + before, at.stop + before, at.step) for at, (before, _) in zip(positions, setup.sides, strict=True)]
        here: tuple[Any, ...] = (sample, slice(channels.start, channels.stop), *taken)
        window, kernel = self.padded[here], setup.kernel[f]
        sources = list(product(*(source[at].tolist() for source, at in zip(self.sources, taken, strict=True))))
        taps = list(product(*(reversed(range(n)) if setup.flip else range(n) for n in setup.kernel_size)))
        x = operand("input", [(*prefix, c, *at) if min(at) >= 0 else None for c in channels for at in sources], window.flatten().tolist())
        w = operand("weight", [(f, c, *tap) for c in range(per_group) for tap in taps], kernel.flatten().tolist())
        bias = None if setup.bias is None else float(setup.bias[f])
        return Work(
            [(x, w)] if bias is None else [(x, w), (number(bias, "bias", (f,)),)],
            fields=seen(setup, sample, f, channels, positions, window * kernel) | {"bias": bias},
        )

    def _positions(self, cell: Cell) -> list[range]:
        """Of the taps along every axis, in the coordinates of the input."""
        setup = self.setup
        axes = zip(cell[2:], setup.stride, setup.sides, setup.kernel_size, setup.dilation, strict=True)
        return [range(o * s - before, o * s - before + n * d, d) for o, s, (before, _), n, d in axes]

    def _say(self, cell: Cell, work: Work, written: Sum) -> str:
        setup, positions = self.setup, self._positions(cell)
        names = {1: ("position",), 2: ("row", "column")}[setup.axes]
        where = ", ".join(sentences.span(name, at) for name, at in zip(names, positions, strict=True))
        padded = any(at[0] < 0 or at[-1] >= n for at, n in zip(positions, setup.input_size, strict=True))
        products, channels = len(work.sums[0][0].values), setup.weight.shape[1]
        what = sentences.count(products, "product") + (f" over {channels} channels" if channels > 1 else "")
        bias = " and the bias" if setup.bias is not None else ""
        verb = "gives" if len(written.terms) == 1 else "add up to"
        result = sentences.result(sentences.cell_name("output", setup.at(*cell)), written)
        return f"{where[0].upper()}{where[1:]}{' with padding' * padded}: {what}{bias} {verb} {result}."


def seen(
    setup: ConvSetup, sample: int, filter: int, channels: Sequence[int], positions: Sequence[range], products: Tensor
) -> dict[str, Any]:
    """The fields of a step but for its bias: ``positions`` are those of the taps along every axis, ``products`` has a row per channel."""
    return {
        "sample": sample,
        "filter": filter,
        "group": filter // setup.filters_per_group,
        "channels": channels,
        "window": list(product(*positions)),
        "partial_sums": tuple(products.flatten(1).sum(1).tolist()),
    }


def _opening(setup: ConvSetup) -> str:
    filters, times = setup.weight.shape[0], sentences.times
    kernel, size = times(setup.kernel_size), times(setup.input_size)
    if setup.axes == 1:
        kernel, size = f"length-{kernel}", f"length {size}"
    turned = {1: ", reversed,", 2: ", turned by 180°,"}[setup.axes] if setup.flip else ""
    who = f"One {kernel} kernel{turned} slides" if filters == 1 else f"{filters} kernels of {kernel.replace('-', ' ')}{turned} slide"
    name = "convolution" if setup.flip else "cross-correlation"
    pad = " with padding" if any(map(any, setup.sides)) else ""
    how = "".join(
        f", {name} {times(values) if len(set(values)) > 1 else values[0]}"
        for name, values in (("stride", setup.stride), ("dilation", setup.dilation))
        if set(values) != {1}
    )
    return f"{who} over the input: {name} over {size}{pad}{how}."
