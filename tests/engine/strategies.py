"""Random convolutions, with what torch makes of them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from torch import Tensor, nn

MODES = ("zeros", "reflect", "replicate", "circular")


@dataclass(frozen=True, eq=False)
class Case:
    """``input``, ``weight``, ``bias`` and ``options`` as they are given; ``planes`` and ``filters`` are the same with all their axes."""

    input: Tensor
    weight: Tensor
    bias: Tensor | None
    options: dict[str, Any]
    planes: Tensor
    filters: Tensor
    batched: bool

    @property
    def axes(self) -> int:
        return self.planes.dim() - 2

    @property
    def mode(self) -> str:
        return self.options.get("padding_mode", "zeros")

    @property
    def applied(self) -> Tensor:
        """The filters, turned around if they are to be."""
        return self.filters.flip(list(range(2, self.filters.dim()))) if self.options.get("flip") else self.filters

    def each(self, name: str, default: int = 1) -> tuple[int, ...]:
        """An option as one number per axis."""
        value = self.options.get(name, default)
        values = (value,) if isinstance(value, int) else tuple(value)
        return values * self.axes if len(values) == 1 else values

    @property
    def sides(self) -> list[tuple[int, int]]:
        """Cells of padding before and after, per axis."""
        padding = self.options.get("padding", 0)
        if padding == "valid":
            return [(0, 0)] * self.axes
        if padding == "same":
            totals = [d * (k - 1) for d, k in zip(self.each("dilation"), self.filters.shape[2:], strict=True)]
            return [(total // 2, total - total // 2) for total in totals]
        if padding == "causal":
            return [(d * (k - 1), 0) for d, k in zip(self.each("dilation"), self.filters.shape[2:], strict=True)]
        return [(p, p) if isinstance(p, int) else (p[0], p[1]) for p in self.each("padding", 0)]

    def padded(self, planes: Tensor | None = None) -> Tensor:
        pads = [cells for side in reversed(self.sides) for cells in side]
        return F.pad(self.planes if planes is None else planes, pads, mode="constant" if self.mode == "zeros" else self.mode)

    def torch_output(self) -> Tensor:
        """torch's own convolution, padding included."""
        padding = self.options.get("padding", 0)
        padding = padding if isinstance(padding, str) else self.each("padding", 0)
        stride, dilation, groups = self.each("stride"), self.each("dilation"), self.options.get("groups", 1)
        conv: Any = {1: F.conv1d, 2: F.conv2d}[self.axes]
        if padding == "causal" or not all(isinstance(p, int | str) for p in padding):
            # torch's convolutions have no such padding: it says to pad first.
            output = conv(self.padded(), self.applied, self.bias, stride, 0, dilation, groups)
            return output if self.batched else output[0]
        with torch.no_grad(), warnings.catch_warnings():
            # torch says that 'same' with an even kernel takes a copy.
            warnings.filterwarnings("ignore", message="Using padding='same'")
            if self.mode == "zeros":
                output = conv(self.planes, self.applied, self.bias, stride, padding, dilation, groups)
            else:
                filters, per_group, *kernel = self.filters.shape
                module: Any = {1: nn.Conv1d, 2: nn.Conv2d}[self.axes](
                    per_group * groups,
                    filters,
                    kernel,
                    stride,
                    padding,
                    dilation,
                    groups,
                    bias=self.bias is not None,
                    padding_mode=self.mode,
                    dtype=self.planes.dtype,
                )
                module.weight.copy_(self.applied)
                if self.bias is not None:
                    module.bias.copy_(self.bias)
                output = module(self.planes)
        return output if self.batched else output[0]

    @property
    def scale(self) -> float:
        """A bound on the size of the numbers that are added up."""
        bias = 0.0 if self.bias is None else float(self.bias.abs().max())
        return float(self.planes.abs().max() * self.filters.abs().flatten(1).sum(1).max()) + bias

    def __repr__(self) -> str:
        bias = None if self.bias is None else tuple(self.bias.shape)
        return f"{tuple(self.input.shape)} by {tuple(self.weight.shape)}, bias {bias}, {self.planes.dtype}, {self.options}"


def _forms(values: Sequence[int]) -> st.SearchStrategy[Any]:
    """The ways to give one number per axis."""
    forms: list[Any] = [tuple(values), list(values)]
    if len(set(values)) == 1:
        forms += [values[0], values[0], [values[0]]]
    return st.sampled_from(forms)


def _pairs(sides: Sequence[tuple[int, int]]) -> st.SearchStrategy[Any]:
    """The ways to give a pair per axis."""
    forms: list[Any] = [list(sides), tuple(map(list, sides)), [before if before == after else (before, after) for before, after in sides]]
    if len(set(sides)) == 1:
        forms.append([sides[0]])
    return st.sampled_from([form for form in forms if not all(isinstance(side, int) for side in form)])


def _numbers(seed: int, whole: bool, dtype: torch.dtype, shape: Sequence[int]) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    if whole:
        return torch.randint(-9, 10, tuple(shape), generator=generator).to(dtype)
    return torch.randn(tuple(shape), generator=generator, dtype=dtype) * 10 ** (seed % 5 - 2)


@st.composite
def cases(draw: st.DrawFn, axes: int, dtype: torch.dtype = torch.float64, room: int = 4) -> Case:
    """``room`` bounds how much larger than needed the input is."""

    def numbers(least: int, most: int) -> list[int]:
        return draw(st.lists(st.integers(least, most), min_size=axes, max_size=axes))

    mode = draw(st.sampled_from(MODES))
    kernel, dilation, stride = numbers(1, 3), numbers(1, 3), numbers(1, 3)
    way = draw(st.sampled_from(["numbers", "numbers", "valid", "same", "sides", *(["causal"] if axes == 1 else [])]))
    padding = numbers(0, 2)
    if way == "causal":
        sides = [(dilation[0] * (kernel[0] - 1), 0)]
    elif way == "sides":
        sides = list(zip(padding, numbers(0, 3), strict=True))
    elif way == "same":
        stride = [1] * axes
        totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        sides = [(t // 2, t - t // 2) for t in totals]
    else:
        sides = [(p, p) if way == "numbers" else (0, 0) for p in padding]
    size = []
    for k, d, side, more in zip(kernel, dilation, sides, numbers(0, room), strict=True):
        needs = {"zeros": 1, "replicate": 1, "reflect": max(side) + 1, "circular": max(side)}[mode]
        size.append(max(1, d * (k - 1) + 1 - sum(side), needs) + more)

    groups = draw(st.sampled_from([1, 1, 1, 2, 3]))
    per_group = draw(st.integers(1, 3 if groups == 1 else 2))
    filters = groups * draw(st.integers(1, 2))
    samples = draw(st.sampled_from([None, 1, 2]))
    seed, whole = draw(st.integers(0, 10_000)), draw(st.booleans())
    planes = _numbers(seed, whole, dtype, (samples or 1, groups * per_group, *size))
    weight = _numbers(seed + 1, whole, dtype, (filters, per_group, *kernel))
    input, given = planes, weight
    if samples is None:
        input = planes[0]
        if planes.shape[1] == 1 and draw(st.booleans()):
            input = planes[0, 0]
    form = draw(st.sampled_from(["all axes", "all axes", "bare", "one filter"]))
    if form == "bare":
        given = weight[0, 0]
        weight = given.expand(groups, per_group, *kernel)
    elif form == "one filter" and groups == 1:
        given = weight[0]
        weight = given[None]
    bias = _numbers(seed + 2, whole, dtype, weight.shape[:1]) if draw(st.booleans()) else None

    given_padding = {"numbers": draw(_forms(padding)), "sides": draw(_pairs(sides))}.get(way, way)
    options: dict[str, Any] = {"groups": groups, "padding": given_padding}
    options |= {"stride": draw(_forms(stride)), "dilation": draw(_forms(dilation)), "flip": draw(st.booleans()), "padding_mode": mode}
    plain = {"groups": 1, "padding": 0, "stride": 1, "dilation": 1, "flip": False, "padding_mode": "zeros"}
    if draw(st.booleans()):
        options = {name: value for name, value in options.items() if value != plain[name]}
    return Case(input, given, bias, options, planes, weight, samples is not None)
