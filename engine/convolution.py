"""Convolution over any number of axes: what ``conv1d`` and ``conv2d`` have in common.

As in torch, "convolution" here is the cross-correlation

    output[f, o] = bias[f] + Σ_c Σ_t weight[f, c, t] · input[c, o·stride + t·dilation − padding]

and ``flip`` turns the kernel around first, which makes it the convolution of signal processing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.convolution_arguments import PaddingMode, Setup
from engine.convolution_step import ConvStep
from engine.errors import InputError
from engine.numbers import Sum, sum_of_products
from engine.shapes import unravel
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


def convolve(setup: Setup) -> ConvTrace:
    """The trace of a convolution over any number of axes."""
    sources = [_sources(n, side, setup.padding_mode) for n, side in zip(setup.input_size, setup.sides, strict=True)]
    padded = _gather(setup.input, sources)
    values = _values(setup, padded)
    reference = _check(setup, values)
    trim = slice(None) if setup.batched else 0
    inputs = {"input": setup.input[trim], "weight": setup.weight}
    if setup.bias is not None:
        inputs["bias"] = setup.bias
    samples, filters, *size = values.shape
    return ConvTrace(
        params=setup.params,
        inputs=inputs,
        outputs={"output": values[trim]},
        reference=reference,
        length=values.numel(),
        cut=_Cutter(setup, sources, padded, values),
        phases=[(_phase(n, f, samples), math.prod(size)) for n in range(samples) for f in range(filters)],
        opening=_opening(setup),
        closing=sentences.agreement(values.numel(), reference),
        formula=sentences.size_formula(setup.input_size, setup.kernel_size, setup.stride, setup.sides, setup.dilation, setup.output_size),
        highlight=int(values.abs().flatten().nan_to_num(-1.0).argmax()),
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


def _values(setup: Setup, padded: Tensor) -> Tensor:
    """Every step value: tap by tap, so that memory stays at the size of the output."""
    size, groups = setup.output_size, setup.groups
    samples, filters = padded.shape[0], setup.weight.shape[0]
    x = padded.reshape(padded.shape[0], groups, -1, *padded.shape[2:])
    w = setup.kernel.reshape(groups, -1, *setup.kernel.shape[1:])
    total = padded.new_zeros((samples, groups, filters // groups, *size))
    for tap in product(*map(range, setup.kernel_size)):
        cells = [slice(t * d, t * d + (o - 1) * s + 1, s) for t, d, o, s in zip(tap, setup.dilation, size, setup.stride, strict=True)]
        here: tuple[Any, ...] = (..., *cells)
        weights: tuple[Any, ...] = (..., *tap)
        total += torch.einsum("ngc...,gfc->ngf...", x[here], w[weights])
    values = total.flatten(1, 2)
    return values if setup.bias is None else values + setup.bias.view(-1, *[1] * setup.axes)


def _check(setup: Setup, values: Tensor) -> Reference:
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


def _scale(setup: Setup) -> float:
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


# --- one step ----------------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Cutter:
    """Cuts step k, the k-th cell of the output in memory order, out of the tensors."""

    setup: Setup
    sources: Sequence[Tensor]
    padded: Tensor
    values: Tensor

    def __call__(self, k: int) -> ConvStep:
        setup = self.setup
        sample, f, *out = unravel(k, self.values.shape)
        per_group = setup.input.shape[1] // setup.groups
        group = f // (setup.weight.shape[0] // setup.groups)
        channels = range(group * per_group, (group + 1) * per_group)
        starts = [o * s for o, s in zip(out, setup.stride, strict=True)]
        taken: list[slice] = [
            slice(start, start + (t - 1) * d + 1, d) for start, t, d in zip(starts, setup.kernel_size, setup.dilation, strict=True)
        ]
        here: tuple[Any, ...] = (sample, slice(channels.start, channels.stop), *taken)
        window = self.padded[here]
        kernel = setup.kernel[f]
        terms: list[tuple[float, ...]] = list(zip(window.flatten().tolist(), kernel.flatten().tolist(), strict=True))
        bias = None if setup.bias is None else float(setup.bias[f])
        if bias is not None:
            terms.append((bias,))
        value = float(self.values[(sample, f, *out)])
        written = sum_of_products(terms, value)
        target = (sample, f, *out) if setup.batched else (f, *out)
        positions = [
            [s - before + t * d for t in range(n)]
            for s, (before, _), n, d in zip(starts, setup.sides, setup.kernel_size, setup.dilation, strict=True)
        ]
        return ConvStep(
            index=k,
            phase=_phase(sample, f, len(self.values)),
            reads=self._reads(sample, f, channels, taken),
            terms=terms,
            value=value,
            writes={"output": [target]},
            formula=sentences.sum_formula(sentences.cell_name("output", target), written),
            say=self._say(positions, len(channels), target, written),
            sample=sample,
            filter=f,
            group=group,
            channels=channels,
            window=list(product(*positions)),
            partial_sums=tuple((window * kernel).flatten(1).sum(1).tolist()),
            bias=bias,
        )

    def _say(self, positions: Sequence[Sequence[int]], channels: int, target: Cell, written: Sum) -> str:
        names = {1: ("position",), 2: ("row", "column")}[self.setup.axes]
        where = ", ".join(sentences.span(name, at) for name, at in zip(names, positions, strict=True))
        padded = any(at[0] < 0 or at[-1] >= n for at, n in zip(positions, self.setup.input_size, strict=True))
        products = len(written.terms) - (self.setup.bias is not None)
        what = sentences.count(products, "product") + (f" over {channels} channels" if channels > 1 else "")
        bias = " and the bias" if self.setup.bias is not None else ""
        verb = "gives" if len(written.terms) == 1 else "add up to"
        result = sentences.result(sentences.cell_name("output", target), written)
        return f"{where[0].upper()}{where[1:]}{' with padding' * padded}: {what}{bias} {verb} {result}."

    def _reads(self, sample: int, f: int, channels: range, taken: Sequence[slice]) -> dict[str, list[Cell]]:
        prefix = (sample,) if self.setup.batched else ()
        cells = list(product(*(source[at].tolist() for source, at in zip(self.sources, taken, strict=True))))
        real = [cell for cell in cells if min(cell) >= 0]
        reads: dict[str, list[Cell]] = {
            "input": [(*prefix, c, *cell) for c in channels for cell in real],
            "weight": [(f, c, *tap) for c in range(len(channels)) for tap in self._taps()],
        }
        if self.setup.bias is not None:
            reads["bias"] = [(f,)]
        return reads

    def _taps(self) -> Iterator[Cell]:
        """The cells of ``weight`` in the order of the terms."""
        return product(*(reversed(range(n)) if self.setup.flip else range(n) for n in self.setup.kernel_size))


def _phase(sample: int, f: int, samples: int) -> str:
    return f"sample {sample}, filter {f}" if samples > 1 else f"filter {f}"


def _opening(setup: Setup) -> str:
    filters, times = setup.weight.shape[0], sentences.times
    kernel, size = times(setup.kernel_size), times(setup.input_size)
    if setup.axes == 1:
        kernel, size = f"length {kernel}", f"length-{size}"
    turned = {1: ", reversed,", 2: ", turned by 180°,"}[setup.axes] if setup.flip else ""
    who = f"a kernel of {kernel}{turned} slides" if filters == 1 else f"{filters} kernels of {kernel}{turned} slide"
    name = "Convolution" if setup.flip else "Cross-correlation"
    padded = [n + sum(side) for n, side in zip(setup.input_size, setup.sides, strict=True)]
    pad = f", padded to {times(padded)}" if tuple(padded) != setup.input_size else ""
    how = "".join(
        f", {name} {times(values) if len(set(values)) > 1 else values[0]}"
        for name, values in (("stride", setup.stride), ("dilation", setup.dilation))
        if set(values) != {1}
    )
    each = " each" if filters > 1 else ""
    return f"{name}: {who} over the {size} input{pad}{how}; the output has {times(setup.output_size)} cells{each}."
