"""The arguments of a pooling, resolved: a batched input, one number per axis, everything checked; and where its windows lie."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from torch import Tensor

from engine.concepts.pooling.budget import cost, described, within_budget
from engine.errors import InputError
from engine.shapes import LARGEST, Size, one_or_list, per_axis, pool_output_size, with_batch
from engine.trace import Cell, TensorLike, floating

AXES = 2
#: What the arguments are where nothing is given. With an output size all of them are.
USUAL = {
    "kernel_size": None,
    "stride": None,
    "padding": 0,
    "ceil_mode": False,
    "dilation": 1,
    "count_include_pad": True,
    "divisor_override": None,
}


@dataclass(frozen=True, eq=False)
class PoolSetup:
    """What is pooled. ``input`` is batch x channels x height x width; ``batched`` says whether the user gave a batch.

    ``counted`` says whether a mean divides by cells of padding too, ``override`` is the number by which it divides instead. With
    ``wanted``, the size of the output, windows are as even as that allows, and ``kernel_size`` is that of the largest. ``params`` are the
    arguments as a trace reports them.
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
    override: int | None = None
    wanted: tuple[int, ...] | None = None

    @property
    def adaptive(self) -> bool:
        """Whether the windows follow from the size of the output."""
        return self.wanted is not None

    @property
    def uneven(self) -> bool:
        """Whether windows differ, or do not follow at equal distances."""
        return self.wanted is not None and any(n % out for n, out in zip(self.input_size, self.wanted, strict=True))

    @property
    def input_size(self) -> tuple[int, ...]:
        """Cells per axis, without padding."""
        return tuple(self.input.shape[2:])

    @property
    def output_size(self) -> tuple[int, ...]:
        """Windows per axis."""
        return self.wanted or tuple(
            pool_output_size(n, k, s, p, d, self.ceil_mode)
            for n, k, s, p, d in zip(self.input_size, self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        )

    @property
    def sides(self) -> list[tuple[int, int]]:
        """Cells that windows reach before and after the input, per axis; with ``ceil_mode`` after it perhaps more than the padding."""
        if self.adaptive:
            return [(0, 0)] * AXES
        return [
            (p, max(p, (o - 1) * s + d * (k - 1) + 1 - p - n))
            for n, k, s, p, d, o in zip(
                self.input_size, self.kernel_size, self.stride, self.padding, self.dilation, self.output_size, strict=True
            )
        ]

    def place(self, cell: Cell) -> Cell:
        """Where a cell stands that has a sample and a channel: in tensors as the user has them."""
        return cell if self.batched else cell[1:]

    def span(self, axis: int, at: int) -> list[int]:
        """Where the cells of window ``at`` lie along an axis, in the coordinates of the input."""
        if self.wanted is not None:
            return even_span(self.input_size[axis], self.wanted[axis], at)
        start = at * self.stride[axis] - self.padding[axis]
        return [start + t * self.dilation[axis] for t in range(self.kernel_size[axis])]

    @property
    def spans(self) -> list[list[list[int]]]:
        """:meth:`span` of all windows, along both axes."""
        return [[self.span(axis, at) for at in range(count)] for axis, count in enumerate(self.output_size)]

    def divisor(self, out: Sequence[int]) -> int:
        """By how many cells a mean is divided: those of the window that lie in the input or, if they are counted, in its padding."""
        if self.override is not None:
            return self.override
        return math.prod(self.counted_cells(axis, at) for axis, at in enumerate(out))

    def counted_cells(self, axis: int, at: int) -> int:
        """How many cells of window ``at`` count along an axis."""
        pad = self.padding[axis] if self.counted else 0
        return sum(-pad <= cell < self.input_size[axis] + pad for cell in self.span(axis, at))


def even_span(size: int, count: int, at: int) -> list[int]:
    """The cells of window ``at`` of ``count`` that cover ``size`` cells: from ⌊at·size/count⌋ up to but without ⌈(at+1)·size/count⌉.

    Source: ``torch.nn.functional.adaptive_avg_pool2d``.
    """
    return list(range(at * size // count, -(-(at + 1) * size // count)))


def resolve(
    input: TensorLike,
    kernel_size: Size | Literal["global"] | None,
    stride: Size | None,
    padding: Size,
    output_size: Size | None,
    *,
    ceil_mode: bool,
    extra: Mapping[str, Any],
) -> PoolSetup:
    """Checks and completes the arguments, which the two poolings document; ``extra`` are those that only one of them has.

    Raises :class:`InputError` for what does not fit together.
    """
    given = floating("input", input)
    x, batched = with_batch(given, AXES), given.dim() == AXES + 2
    if output_size is not None:
        others = {"kernel_size": kernel_size, "stride": stride, "padding": padding, "ceil_mode": ceil_mode, **extra}
        return _adaptive(x, output_size, others, batched)
    if kernel_size is None:
        raise InputError("there is no kernel_size; give one such as 2, or output_size for windows that follow from the size of the output")
    dilation, override = extra.get("dilation", 1), extra.get("divisor_override")
    _check_divisor(override)
    everything = kernel_size == "global"
    size = tuple(x.shape[2:]) if everything else _per_axis(kernel_size, "kernel_size", least=1)
    strides = size if stride is None else per_axis(stride, AXES, "stride", least=1)
    pads, dilations = per_axis(padding, AXES, "padding", least=0), per_axis(dilation, AXES, "dilation", least=1)
    _check_padding(padding, pads, size, everything)
    params = {
        "kernel_size": kernel_size if everything else one_or_list(size),
        "stride": one_or_list(strides),
        "padding": one_or_list(pads),
        "ceil_mode": bool(ceil_mode),
        **{name: value for name, value in extra.items() if value is not None},
    }
    counted = extra.get("count_include_pad", True)
    setup = PoolSetup(x, size, strides, pads, dilations, bool(ceil_mode), counted, batched, params, override)
    within_budget(setup, described(setup), cost)
    return setup


def _adaptive(x: Tensor, output_size: Size, given: Mapping[str, Any], batched: bool) -> PoolSetup:
    others = [name for name, value in given.items() if value != USUAL[name]]
    if others:
        name = others[0]
        raise InputError(
            f"both output_size {output_size!r} and {name} {given[name]!r} are given; windows follow from one of them, leave one out"
        )
    wanted = per_axis(output_size, AXES, "output_size", least=1)
    params = {"output_size": one_or_list(wanted)}
    rough = tuple(-(-n // out) for n, out in zip(x.shape[2:], wanted, strict=True))
    setup = PoolSetup(x, rough, rough, (0, 0), (1, 1), False, True, batched, params, None, wanted)
    within_budget(setup, described(setup), cost)
    longest = [max(len(even_span(n, out, at)) for at in range(out)) for n, out in zip(x.shape[2:], wanted, strict=True)]
    # Where it divides the size, windows follow as those of that stride.
    return replace(setup, kernel_size=tuple(longest), stride=tuple(longest))


def _check_divisor(value: int | None) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 0 < abs(value) <= LARGEST):
        raise InputError(f"divisor_override is {value!r}; give a whole number other than 0, at most {LARGEST}")


def _check_padding(padding: Size, pads: Sequence[int], size: Sequence[int], everything: bool) -> None:
    if everything and any(pads):
        raise InputError(f"padding is {padding!r} with kernel_size 'global'; leave it out, the window holds the whole input")
    for pad, kernel in zip(pads, size, strict=True):
        if pad > kernel // 2:
            raise InputError(f"padding is {pad} with a kernel of size {kernel}; torch allows at most half of it, {kernel // 2}")


def _per_axis(value: Any, name: str, *, least: int) -> tuple[int, ...]:
    if isinstance(value, str):
        raise InputError(f"{name} is {value!r}; give a whole number, one per axis such as 2,1, or 'global'")
    return per_axis(value, AXES, name, least=least)


def dilated(dilation: Size) -> dict[str, Any]:
    """The dilation as a trace reports it, as one of the arguments that not all have."""
    return {"dilation": dilation if isinstance(dilation, int) else list(dilation)}
