"""Operations that slide a window over the last axes of a tensor: convolutions and poolings of one, two and three axes."""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from itertools import product
from math import ceil, prod
from typing import Any

from engine.ops import algebra
from engine.ops.contraction import added, side_by_side
from engine.ops.value import Call, Rule, UnfitError
from engine.stage import Work
from engine.step import Cell

#: The cells of a window along one axis that are no padding: which of the window's they are, and where they stand.
Taps = tuple[tuple[int, int], ...]
#: Of every place of the window.
Axis = tuple[Taps, ...]


@functools.cache
def sliding(size: int, count: int, kernel: int, stride: int, before: int, dilation: int) -> Axis:
    """The window at ``count`` places, every ``stride`` cells, over ``size`` cells with ``before`` cells of padding before them."""
    first = [out * stride - before for out in range(count)]
    return tuple(tuple((tap, start + tap * dilation) for tap in range(kernel) if 0 <= start + tap * dilation < size) for start in first)


@functools.cache
def shared(size: int, count: int) -> Axis:
    """Windows that share out ``size`` cells as evenly as may be, as those of adaptive pooling."""
    bounds = [(out * size // count, ceil((out + 1) * size / count)) for out in range(count)]
    return tuple(tuple(enumerate(range(start, stop))) for start, stop in bounds)


@functools.cache
def inverse(axis: Axis, size: int) -> Axis:
    """Of every cell the windows that it is in, each with the cell of the window that it is."""
    found: list[list[tuple[int, int]]] = [[] for _ in range(size)]
    for out, taps in enumerate(axis):
        for tap, at in taps:
            found[at].append((tap, out))
    return tuple(map(tuple, found))


def each(given: Any, axes: int) -> list[Any]:
    """One value per axis."""
    return [given] * axes if isinstance(given, int) or given is None else [*given] * (axes if len(given) == 1 else 1)


class Windowed(Rule):
    """Windows over the last ``rank`` axes; those before are the channels, and perhaps samples.

    Its cells are not all computed alike: windows at an edge have fewer cells.
    """

    alone = True

    def __init__(self, rank: int) -> None:
        self.rank = rank

    @abstractmethod
    def axes(self, call: Call) -> list[Axis]:
        """The windows along each axis."""

    def sizes(self, call: Call, name: str = "input") -> Sequence[int]:
        """Of the axes that windows slide along."""
        return tuple(call.values[name].tensor.shape[-self.rank :])

    def counts(self, call: Call) -> Sequence[int]:
        """Of places of the window."""
        return tuple(call.made[0].tensor.shape[-self.rank :])

    def inverses(self, call: Call) -> list[Axis]:
        """The windows that each cell is in."""
        return [inverse(axis, size) for axis, size in zip(self.axes(call), self.sizes(call), strict=True)]


def taps(axes: Sequence[Axis], at: Cell) -> Iterable[tuple[Cell, Cell]]:
    """What a window holds at a place: which of its cells, and where they stand."""
    for chosen in product(*(axis[one] for axis, one in zip(axes, at, strict=True))):
        window, places = zip(*chosen, strict=True)
        yield window, places


class Convolution(Windowed):
    """A window of every channel of a group times the weights of a filter, and a bias (:func:`torch.nn.functional.conv2d`).

    ``transposed``: every cell of the input times the weights goes to a window of the result, as in the way back of a convolution
    (:func:`torch.nn.functional.conv_transpose2d`).
    """

    def __init__(self, rank: int, *, transposed: bool = False) -> None:
        super().__init__(rank)
        self.transposed = transposed
        between = ("output_padding", "groups", "dilation") if transposed else ("dilation", "groups")
        self.names = ("input", "weight", "bias", "stride", "padding", *between)

    def axes(self, call: Call) -> list[Axis]:
        stride, dilation, padding = (self._option(call, name, usual) for name, usual in (("stride", 1), ("dilation", 1), ("padding", 0)))
        sizes, counts = self.sizes(call), self.counts(call)
        if self.transposed:
            sizes, counts = counts, sizes
        kernels = self.sizes(call, "weight")
        found = [sliding(*each_axis) for each_axis in zip(sizes, counts, kernels, stride, padding, dilation, strict=True)]
        return [inverse(axis, size) for axis, size in zip(found, sizes, strict=True)] if self.transposed else found

    def _option(self, call: Call, name: str, usual: int) -> list[int]:
        given = call.get(name, usual)
        if given == "valid":
            given = 0
        if given == "same":
            dilation = self._option(call, "dilation", 1)
            return [step * (kernel - 1) // 2 for step, kernel in zip(dilation, self.sizes(call, "weight"), strict=True)]
        return each(given, self.rank)

    def channels(self, call: Call, made: int) -> Iterable[tuple[int, Cell]]:
        """The channels that one of the result is made of, with where their weights begin."""
        groups = call.get("groups", 1)
        many, wide = (call.values["input"].tensor.shape[-self.rank - 1] // groups, self.made(call) // groups)
        first = made // wide * many
        return [(first + one, (first + one, made % wide) if self.transposed else (made, one)) for one in range(many)]

    def made(self, call: Call) -> int:
        """The number of channels of the result."""
        return int(call.made[0].tensor.shape[-self.rank - 1])

    def work(self, call: Call, output: int, cell: Cell) -> Work:
        *sample, made = cell[: -self.rank]
        only = call.only[0] if call.only else ""
        sums = []
        if only != "bias":
            pairs = [
                ((*sample, channel, *at), (*weight, *tap))
                for channel, weight in self.channels(call, made)
                for tap, at in taps(self.axes(call), cell[-self.rank :])
            ]
            if call.only:
                pairs = [pair for pair in pairs if pair[only == "weight"] == call.only[1]]
            factors = [side_by_side(call.values[name], [pair[n] for pair in pairs]) for n, name in enumerate(("input", "weight"))]
            sums += [(*factors[0], *factors[1])] if pairs else []
        if call.get("bias") is not None and only in ("", "bias"):
            sums.append(added(call, "bias", (made,)))
        return Work(sums) if sums else algebra.constant(0.0)

    def readers(self, call: Call, output: int, argument: str, cell: Cell) -> Iterable[Cell]:
        shape = call.made[0].tensor.shape
        samples = list(product(*map(range, shape[: -self.rank - 1])))
        if argument == "bias":
            return (before + cell + at for before in samples for at in product(*map(range, shape[-self.rank :])))
        makers = [(made, one) for made in range(self.made(call)) for one in self.channels(call, made)]
        if argument == "input":
            *sample, channel = cell[: -self.rank]
            places = [at for _, at in taps(self.inverses(call), cell[-self.rank :])]
            return ((*sample, made, *at) for made, one in makers if one[0] == channel for at in dict.fromkeys(places))
        lit = [[out for out, found in enumerate(axis) if any(tap == own for tap, _ in found)] for axis, own in self._taps(call, cell)]
        return ((*before, made, *at) for made, one in makers if one[1] == cell[:2] for before in samples for at in product(*lit))

    def _taps(self, call: Call, cell: Cell) -> Iterable[tuple[Axis, int]]:
        return zip(self.axes(call), cell[-self.rank :], strict=True)


class Pool(Windowed):
    """The largest number of a window, or with ``mean`` the mean (:func:`torch.nn.functional.max_pool2d`, ``avg_pool2d``).

    ``adaptive``: the size of the result says how large windows are.
    """

    def __init__(self, rank: int, *, mean: bool = False, adaptive: bool = False) -> None:
        super().__init__(rank)
        self.mean, self.adaptive = mean, adaptive
        own = ("ceil_mode", "count_include_pad", "divisor_override") if mean else ("dilation", "ceil_mode", "return_indices")
        self.names = ("input", "output_size", "return_indices") if adaptive else ("input", "kernel_size", "stride", "padding", *own)

    def axes(self, call: Call) -> list[Axis]:
        sizes, counts = self.sizes(call), self.counts(call)
        if self.adaptive:
            return [shared(*both) for both in zip(sizes, counts, strict=True)]
        kernel, stride, padding = self._window(call)
        dilation = each(call.get("dilation", 1), self.rank)
        return [sliding(*each_axis) for each_axis in zip(sizes, counts, kernel, stride, padding, dilation, strict=True)]

    def _window(self, call: Call) -> list[list[int]]:
        """Sizes of the window, its steps, and the padding."""
        kernel = call.arguments["kernel_size"]
        stride = call.get("stride")
        return [each(one, self.rank) for one in (kernel, kernel if stride in (None, (), []) else stride, call.get("padding", 0))]

    def work(self, call: Call, output: int, cell: Cell) -> Work:
        cells = self.behind(call, cell)
        shown = [call.only[1]] if call.only and self.mean else cells
        try:
            read = Work([side_by_side(call.value("input"), shown)])
            return algebra.total([read], float(self._count(call, cell, len(cells)))) if self.mean else algebra.maximum([read])
        except UnfitError:
            raise call.fitted("input") from None

    def behind(self, call: Call, cell: Cell) -> list[Cell]:
        """The cells in a window."""
        return [(*cell[: -self.rank], *at) for _, at in taps(self.axes(call), cell[-self.rank :])]

    def _count(self, call: Call, cell: Cell, inside: int) -> int:
        """By how much a sum is divided: padding counts unless it is said not to, but what ceil_mode adds does not."""
        if self.adaptive:
            return inside
        if call.get("divisor_override"):
            return int(call.get("divisor_override"))
        if not call.get("count_include_pad", True):
            return inside
        first = zip(cell[-self.rank :], self.sizes(call), *self._window(call), strict=True)
        return prod(min(kernel, size + 2 * padding - at * stride) for at, size, kernel, stride, padding in first)

    def readers(self, call: Call, output: int, argument: str, cell: Cell) -> Iterable[Cell]:
        return [(*cell[: -self.rank], *at) for _, at in taps(self.inverses(call), cell[-self.rank :])] if output == 0 else []

    def winner(self, call: Call, cell: Cell) -> Cell | None:
        """Of equal numbers the first one."""
        cells = self.behind(call, cell)
        values = call.value("input").tensor
        return None if self.mean else max(cells, key=lambda at: values[at].item())


KINDS = ((1, "1d"), (2, "2d"), (3, "3d"))
WINDOWS: dict[str, Rule] = {
    **{f"conv{kind}": Convolution(rank) for rank, kind in KINDS},
    **{f"conv_transpose{kind}": Convolution(rank, transposed=True) for rank, kind in KINDS},
    **{f"max_pool{kind}{with_indices}": Pool(rank) for rank, kind in KINDS for with_indices in ("", "_with_indices")},
    **{f"avg_pool{kind}": Pool(rank, mean=True) for rank, kind in KINDS},
    **{f"adaptive_avg_pool{kind}": Pool(rank, mean=True, adaptive=True) for rank, kind in KINDS},
    **{f"adaptive_max_pool{kind}{indices}": Pool(rank, adaptive=True) for rank, kind in KINDS for indices in ("", "_with_indices")},
}
