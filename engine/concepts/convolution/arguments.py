"""The arguments of a convolution, resolved: batched tensors, one number per axis, everything checked."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor

from engine import budget
from engine.budget import Cost
from engine.errors import InputError
from engine.sentences import times, typed
from engine.shapes import Padding, Size, one_or_list, padded_output_size, padding_sides, per_axis, with_batch
from engine.shown import shown
from engine.step import Cell
from engine.trace import TensorLike, floating, together

PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]
PADDING_MODES: tuple[PaddingMode, ...] = ("zeros", "reflect", "replicate", "circular")

WEIGHT_FORMS = {
    1: "a kernel (length), channels x length or filters x channels x length",
    2: "a kernel (height x width), channels x height x width or filters x channels x height x width",
}


@dataclass(frozen=True)
class ConvSetup:
    """What is computed. ``input`` is batch x channels x size, ``weight`` filters x channels per group x kernel size.

    ``sides`` are the cells of padding before and after, per axis; ``batched`` says whether the user gave a batch, ``params`` are the
    arguments as a trace reports them.
    """

    input: Tensor
    weight: Tensor
    bias: Tensor | None
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    groups: int
    sides: list[tuple[int, int]]
    padding_mode: PaddingMode
    flip: bool
    batched: bool
    params: Mapping[str, Any]

    @property
    def axes(self) -> int:
        """1 or 2."""
        return self.input.dim() - 2

    @property
    def kernel_size(self) -> tuple[int, ...]:
        """Taps per axis."""
        return tuple(self.weight.shape[2:])

    @property
    def input_size(self) -> tuple[int, ...]:
        """Cells per axis, without padding."""
        return tuple(self.input.shape[2:])

    @property
    def output_size(self) -> tuple[int, ...]:
        """Cells per axis."""
        return tuple(
            padded_output_size(n, k, s, side, d)
            for n, k, s, side, d in zip(self.input_size, self.kernel_size, self.stride, self.sides, self.dilation, strict=True)
        )

    @property
    def kernel(self) -> Tensor:
        """The weights as they are applied."""
        return self.weight.flip(list(range(2, 2 + self.axes))) if self.flip else self.weight

    @property
    def filters_per_group(self) -> int:
        """How many filters see the same channels."""
        return len(self.weight) // self.groups

    def at(self, sample: int, *cell: int) -> Cell:
        """A cell of a tensor that has an axis of samples if the user gave a batch."""
        return (sample, *cell) if self.batched else cell

    def met(self, tap: Sequence[int]) -> tuple[Any, ...]:
        """Where the padded input lies under a tap in all windows, for every plane."""
        axes = zip(tap, self.dilation, self.output_size, self.stride, strict=True)
        return (..., *(slice(t * d, t * d + (o - 1) * s + 1, s) for t, d, o, s in axes))


def resolve(
    axes: int,
    input: TensorLike,
    weight: TensorLike,
    bias: TensorLike | None,
    stride: Size,
    padding: Padding | Literal["causal"],
    dilation: Size,
    groups: int,
    padding_mode: PaddingMode,
    flip: bool,
) -> ConvSetup:
    """Checks and completes the arguments, which ``conv1d`` and ``conv2d`` document.

    Raises :class:`InputError` for what does not fit together.
    """
    given = {"input": floating("input", input), "weight": floating("weight", weight)}
    if bias is not None:
        given["bias"] = floating("bias", bias)
    given = together(given)
    _check_whole("groups", groups)
    if padding_mode not in PADDING_MODES:
        raise InputError(f"padding_mode is {shown(padding_mode)}; give one of {', '.join(PADDING_MODES)}")
    batched = given["input"].dim() == axes + 2
    x = with_batch(given["input"], axes)
    w = _filters(axes, given["weight"], x.shape[1], groups)
    _check_channels(x, w, groups)
    strides = per_axis(stride, axes, "stride", least=1)
    dilations = per_axis(dilation, axes, "dilation", least=1)
    sides = padding_sides(padding, w.shape[2:], strides, dilations)
    params = {
        "stride": one_or_list(strides),
        "padding": padding if isinstance(padding, str) else _as_given(sides),
        "dilation": one_or_list(dilations),
        "groups": groups,
        "padding_mode": padding_mode,
        "flip": bool(flip),
    }
    b = _bias(given.get("bias"), w.shape[0])
    setup = ConvSetup(x, w, b, strides, dilations, groups, sides, padding_mode, bool(flip), batched, params)
    within_budget(setup, described(setup), cost)
    return setup


def _check_whole(name: str, value: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise InputError(f"{name} is {shown(value)}; give a whole number, at least 1")


def _filters(axes: int, w: Tensor, channels: int, groups: int) -> Tensor:
    """``weight`` as [filters, channels per group, *kernel]; a bare kernel is shared by all channels, one per group."""
    if not axes <= w.dim() <= axes + 2:
        raise InputError(f"weight has shape {typed(w.shape)}; give {WEIGHT_FORMS[axes]}")
    if w.numel() == 0:
        raise InputError(f"weight has shape {typed(w.shape)}, which holds no value; give at least one weight")
    if w.dim() == axes and channels % groups == 0:
        return w.expand(groups, channels // groups, *w.shape)
    return w[(None,) * (axes + 2 - w.dim())]


def _check_channels(x: Tensor, w: Tensor, groups: int) -> None:
    channels, filters = x.shape[1], w.shape[0]
    if channels % groups or filters % groups:
        raise InputError(
            f"groups is {groups}, which does not divide both the {channels} input channels and the {filters} filters; give a common divisor"
        )
    if w.shape[1] != channels // groups:
        raise InputError(
            f"weight has {w.shape[1]} channels per filter (shape {typed(w.shape)}), but the input has {channels} channels in {groups} "
            f"group{'s' * (groups > 1)}; give weights with {channels // groups}"
        )


def within_budget(setup: ConvSetup, what: str, cost: Callable[..., Cost]) -> None:
    """Raises :class:`InputError` if that is not so; ``cost`` takes the setup, then its sizes by their names."""
    samples, channels = setup.input.shape[:2]
    sizes = {"samples": samples, "channels": channels, "filters": len(setup.weight)}
    for axis, (cells, taps, side) in enumerate(zip(setup.input_size, setup.kernel_size, setup.sides, strict=True)):
        sizes |= {f"input{axis}": cells, f"kernel{axis}": taps, f"padding{axis}": sum(side)}
    budget.ask(what, functools.partial(cost, setup), sizes, _smaller(setup))


def output_cells(setup: ConvSetup, **sizes: int) -> int:
    """How many cells a filter makes."""
    reach = [
        sizes[f"input{axis}"] + sizes[f"padding{axis}"] - setup.dilation[axis] * (sizes[f"kernel{axis}"] - 1) - 1
        for axis in range(setup.axes)
    ]
    return math.prod(max(1, cells // stride + 1) for cells, stride in zip(reach, setup.stride, strict=True))


def cost(setup: ConvSetup, **sizes: int) -> Cost:
    """What a convolution takes that is as this one, but of other sizes."""
    samples, channels, filters = (sizes[name] for name in ("samples", "channels", "filters"))
    cells, taps = (math.prod(sizes[f"{name}{axis}"] for axis in range(setup.axes)) for name in ("input", "kernel"))
    padded = math.prod(sizes[f"input{axis}"] + sizes[f"padding{axis}"] for axis in range(setup.axes))
    per_group, output = max(1, channels // setup.groups), output_cells(setup, **sizes)
    into, wide, made, weights = (
        samples * channels * cells,
        samples * channels * padded,
        samples * filters * output,
        filters * per_group * taps,
    )
    # torch lays out the windows of float64 side by side before it multiplies.
    columns = samples * channels * taps * output if taps > 1 and setup.input.element_size() == 8 else 0
    return Cost(
        values=3 * (into + weights) + 2 * wide + 2 * made + max(columns, 7 * made, samples * channels * output + made),
        moved=7 * into + 10 * wide + 20 * made + columns + taps * samples * (channels + filters) * output,
        products=2 * made * per_group * taps,
        calls=2 * taps,
        terms=per_group * taps,
        size=setup.input.element_size(),
    )


def described(setup: ConvSetup) -> str:
    """In words."""
    padded = times([n + sum(side) for n, side in zip(setup.input_size, setup.sides, strict=True)])
    return f"a convolution with a kernel of {times(setup.kernel_size)} over {padded} padded cells and {len(setup.weight)} filters"


def _smaller(setup: ConvSetup) -> dict[tuple[str, ...], str]:
    """What could be made smaller, what is largest of all first."""
    form = "x".join(["{}"] * setup.axes)
    words = {
        "padding": (math.prod(sum(side) for side in setup.sides), f"at most about {form} cells of padding"),
        "kernel": (math.prod(setup.kernel_size), f"a kernel of at most about {form}"),
        "input": (math.prod(setup.input_size), f"an input of at most about {form} cells"),
    }
    found = {
        tuple(f"{name}{axis}" for axis in range(setup.axes)): text
        for name, (_, text) in sorted(words.items(), key=lambda item: -item[1][0])
    }
    return {**found, ("filters",): "at most about {} filters", ("samples",): "at most about {} samples"}


def _bias(bias: Tensor | None, filters: int) -> Tensor | None:
    if bias is None:
        return None
    if bias.dim() == 0 and filters == 1:
        bias = bias.reshape(1)
    if tuple(bias.shape) != (filters,):
        raise InputError(f"bias has shape {typed(bias.shape)}; give one number per filter, {filters} in all")
    return bias


def _as_given(sides: Sequence[tuple[int, int]]) -> int | list[int] | list[list[int]]:
    """Padding as short as it can be given: pairs only where the two sides of an axis differ."""
    if all(before == after for before, after in sides):
        return one_or_list([before for before, _ in sides])
    return [list(side) for side in sides]
