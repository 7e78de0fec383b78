"""The receptive field: how much of the input one cell of a layer's result looks at, by the rule and by gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from engine.concepts.summary.ran import Ran
from engine.concepts.summary.sizes import ONE, SizePlaces, Slider, windows
from engine.concepts.summary.step import Factor, Figure

#: Gradients are computed where all sums have so many terms at most.
MOST_WORK = 2 * 10**7


@dataclass
class Fields:
    """``reach`` is what a cell of what comes in looks at, along every axis; ``jumps`` are the strides so far."""

    axes: int
    size: tuple[Factor, ...]
    reach: list[Factor]
    jumps: list[list[Factor]]

    @classmethod
    def start(cls, size: Sequence[Factor]) -> Fields:
        """A cell of the input looks at itself; ``size`` is that of the input along every axis."""
        axes = len(size)
        return cls(axes, tuple(size), [ONE] * axes, [[] for _ in range(axes)])

    def copy(self) -> Fields:
        """The same, for a line that reads what several read."""
        return Fields(self.axes, self.size, list(self.reach), list(self.jumps))

    def figures(self, line: Ran, number: int, places: SizePlaces) -> list[Figure]:
        """r + (k − 1)·jump along every axis of a window; a layer behind all windows looks at everything."""
        found = windows(line)
        made = [self._along(line, number, places, found, axis) for axis in range(self.axes)] if found else []
        if isinstance(line.module, nn.Linear):
            unlike = [axis for axis, size in enumerate(self.size) if self.reach[axis].value != size.value]
            made = [self._figure(number, places, axis, ((self.size[axis],),)) for axis in unlike]
        for figure in made:
            self.reach[figure.axis] = Factor(figure.value, "field", figure.path, figure.cell)
        return made

    def _along(self, line: Ran, number: int, places: SizePlaces, found: Sequence[Slider], axis: int) -> Figure:
        window = found[axis]
        kernel = places.own(line, "kernel_size", [one.kernel for one in found], axis)
        reach = [kernel._replace(value=kernel.value - 1, made="{} − 1")]
        if window.dilation > 1:
            reach.append(places.own(line, "dilation", [one.dilation for one in found], axis))
        terms = ((self.reach[axis],), (*reach, *self.jumps[axis]))
        if window.stride > 1:
            self.jumps[axis] = [*self.jumps[axis], places.own(line, "stride", [one.stride for one in found], axis)]
        return self._figure(number, places, axis, terms)

    def _figure(self, number: int, places: SizePlaces, axis: int, terms: tuple[tuple[Factor, ...], ...]) -> Figure:
        goes = f"{places.before}receptive_field"
        return Figure(kind="receptive_field", path=goes, cell=(number, axis), line=number, axis=axis, terms=terms)


def slides(lines: Sequence[Ran]) -> list[list[Slider]]:
    """All windows, one after the other."""
    return [found for line in lines if (found := windows(line))]


def has_field(lines: Sequence[Ran]) -> bool:
    """Whether there is a rule for all of them: windows of one number of axes that make things smaller."""
    found = slides(lines)
    return bool(found) and len({len(one) for one in found}) == 1 and not any(line.kind.startswith("conv_transpose") for line in lines)


def alike(lines: Sequence[Ran]) -> bool:
    """Whether windows are the same along all axes."""
    return all(len(set(found)) == 1 for found in slides(lines))


def seen(found: Sequence[Sequence[Slider]], size: Sequence[int]) -> tuple[int, ...]:
    """How many cells of the input one cell in the middle looks at: those along which its gradient is not 0.

    A window is a sum here, so that no gradient vanishes by chance; what each of them looks at is the same.
    """
    if _terms(found, size) > MOST_WORK:
        return tuple(spanned([one[axis] for one in found], size[axis]) for axis in range(len(size)))
    with torch.enable_grad():
        x = torch.ones(1, 1, *size, dtype=torch.float64, requires_grad=True)
        y = x
        for one in found:
            y = _summed(y, one)
        middle = tuple(n // 2 for n in y.shape)
        (gradient,) = torch.autograd.grad(y[middle], x)
    cells = gradient[0, 0].nonzero()
    return tuple(int(axis.max() - axis.min()) + 1 for axis in cells.T) if len(cells) else (0,) * len(size)


def _terms(found: Sequence[Sequence[Slider]], size: Sequence[int]) -> int:
    """How many terms the sums of all windows have."""
    total, sizes = 0, list(size)
    for windows_here in found:
        sizes = [(n + sum(_pads(one, n)) - one.reach) // one.stride + 1 for one, n in zip(windows_here, sizes, strict=True)]
        total += math.prod(sizes) * math.prod(one.kernel for one in windows_here)
    return total


def _summed(y: torch.Tensor, found: Sequence[Slider]) -> torch.Tensor:
    pads = [pad for axis in reversed(range(len(found))) for pad in _pads(found[axis], y.shape[2 + axis])]
    ones = y.new_ones(1, 1, *(window.kernel for window in found))
    convolve = F.conv1d if len(found) == 1 else F.conv2d
    # A large kernel has large sums: only whether they are 0 counts.
    total = convolve(F.pad(y, pads), ones, stride=[w.stride for w in found], dilation=[w.dilation for w in found])
    return total / ones.numel()


def _pads(window: Slider, size: int) -> tuple[int, int]:
    before, after = window.pads
    if not window.ceil:
        return before, after
    missing = -(size + before + after - window.reach) % window.stride
    begins_outside = size + before + after + missing - window.reach >= size + before
    return before, after + (0 if begins_outside else missing)


def spanned(found: Sequence[Slider], size: int) -> int:
    """The same along one axis, by going back from the cell in the middle, window by window."""
    sizes = [size]
    for window in found:
        sizes.append((sizes[-1] + sum(_pads(window, sizes[-1])) - window.reach) // window.stride + 1)
    low = high = sizes[-1] // 2
    for window, before in zip(reversed(found), reversed(sizes[:-1]), strict=True):
        low = max(0, low * window.stride - window.pads[0])
        high = min(before - 1, high * window.stride - window.pads[0] + window.reach - 1)
    return high - low + 1


def by_rule(found: Sequence[Slider]) -> int:
    """r + (k − 1)·jump, window by window."""
    reach, jump = 1, 1
    for window in found:
        reach, jump = reach + (window.reach - 1) * jump, jump * window.stride
    return reach


def inside(found: Sequence[Slider], size: int) -> bool:
    """Whether all that the cell in the middle looks at lies within the input, and nothing in padding."""
    jump, start, count = 1, 0, size
    for window in found:
        count = (count + sum(_pads(window, count)) - window.reach) // window.stride + 1
        start, jump = start - window.pads[0] * jump, jump * window.stride
    first = start + (count // 2) * jump
    return first >= 0 and first + by_rule(found) <= size
