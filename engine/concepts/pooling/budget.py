"""What a pooling takes."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from engine import budget, sentences
from engine.budget import Cost

if TYPE_CHECKING:
    from engine.concepts.pooling.arguments import PoolSetup

KERNEL: dict[tuple[str, ...], str] = {("kernel0", "kernel1", "padding0", "padding1"): "a kernel of at most about {}x{}"}
CELLS: dict[tuple[str, ...], str] = {
    ("input0", "input1"): "an input of at most about {}x{} cells",
    ("planes",): "at most about {} channels",
}


OUTPUT: dict[tuple[str, ...], str] = {("output0", "output1"): "an output_size of at most about {},{}"}
#: Where a window lies is found out in Python, cell by cell along each axis: so many calls of torch would take as long.
SPAN = 0.0075
#: Python objects of a chapter, of which every plane is one.
CHAPTER = 5


def within_budget(setup: PoolSetup, what: str, cost: Callable[..., Cost]) -> None:
    """Raises :class:`InputError` if that is not so; ``cost`` takes the setup, then its sizes by their names."""
    sizes = {"planes": math.prod(setup.input.shape[:2])}
    for axis, (cells, taps, pad) in enumerate(zip(setup.input_size, setup.kernel_size, setup.padding, strict=True)):
        sizes |= {f"input{axis}": cells, f"kernel{axis}": taps, f"padding{axis}": pad}
    if setup.wanted is not None:
        sizes |= {f"output{axis}": number for axis, number in enumerate(setup.wanted)}
        words = OUTPUT | CELLS
    elif math.prod(setup.kernel_size) > math.prod(setup.input_size) or setup.output_size == (1, 1):
        words = KERNEL | CELLS
    else:
        words = CELLS | KERNEL
    budget.ask(what, functools.partial(cost, setup), sizes, words)


def windows(setup: PoolSetup, **sizes: int) -> tuple[int, int, int]:
    """Of a pooling of other sizes: cells of the padded input and windows in a plane, cells of a window."""
    padded, output, taps = (math.prod(numbers) for numbers in zip(*_axes(setup, sizes), strict=True))
    return padded, output, taps


def _axes(setup: PoolSetup, sizes: Mapping[str, int]) -> list[tuple[int, int, int]]:
    """The same along each axis."""
    found = []
    for axis, (stride, dilation) in enumerate(zip(setup.stride, setup.dilation, strict=True)):
        cells, padding, kernel = (sizes[f"{name}{axis}"] for name in ("input", "padding", "kernel"))
        if setup.wanted is not None:
            output = sizes[f"output{axis}"]
            found.append((cells, output, cells // output + (2 if cells % output else 0)))
            continue
        whole, reach = cells + 2 * padding, dilation * (kernel - 1) + 1
        left = whole - reach
        count = max(1, (-(-left // stride) if setup.ceil_mode else left // stride) + 1)
        # A window begins in the input, or in the padding before it.
        count = min(count, (cells + padding - 1) // stride + 1)
        found.append((max(whole, (count - 1) * stride + reach), count, kernel))
    return found


def cost(setup: PoolSetup, **sizes: int) -> Cost:
    """What a pooling takes that is as this one, but of other sizes: tap by tap all windows at once."""
    planes, cells = sizes["planes"], sizes["input0"] * sizes["input1"]
    padded, output, taps = windows(setup, **sizes)
    # Windows of several sizes are gathered cell by cell.
    each = 40 if setup.uneven else 12
    return Cost(
        values=planes * (3 * cells + padded + 14 * output) + 4 * padded,
        moved=planes * (7 * cells + 10 * padded + 60 * output + each * taps * output),
        calls=2 * taps + SPAN * sum(2 * out * kernel for _, out, kernel in _axes(setup, sizes)),
        objects=5 * taps + CHAPTER * planes,
        terms=taps,
        size=setup.input.element_size(),
    )


def described(setup: PoolSetup) -> str:
    """In words."""
    size = sentences.times([n + before + after for n, (before, after) in zip(setup.input_size, setup.sides, strict=True)])
    if setup.wanted is not None:
        return f"a pooling to an output of {sentences.times(setup.wanted)} over {size} cells"
    return f"a pooling with a kernel of {sentences.times(setup.kernel_size)} over {size} padded cells"
