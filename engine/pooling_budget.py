"""What a pooling takes."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine import budget, sentences
from engine.budget import Cost

if TYPE_CHECKING:
    from engine.pooling import Setup

KERNEL: dict[tuple[str, ...], str] = {("kernel0", "kernel1", "padding0", "padding1"): "a kernel of at most about {}x{}"}
CELLS: dict[tuple[str, ...], str] = {
    ("input0", "input1"): "an input of at most about {}x{} cells",
    ("planes",): "at most about {} channels",
}


def within_budget(setup: Setup, what: str, cost: Callable[..., Cost]) -> None:
    """Raises :class:`InputError` if that is not so; ``cost`` takes the setup, then its sizes by their names."""
    sizes = {"planes": math.prod(setup.input.shape[:2])}
    for axis, (cells, taps, pad) in enumerate(zip(setup.input_size, setup.kernel_size, setup.padding, strict=True)):
        sizes |= {f"input{axis}": cells, f"kernel{axis}": taps, f"padding{axis}": pad}
    kernel, cells = math.prod(setup.kernel_size), math.prod(setup.input_size)
    words = KERNEL | CELLS if kernel > cells or setup.output_size == (1, 1) else CELLS | KERNEL
    budget.ask(what, functools.partial(cost, setup), sizes, words)


def windows(setup: Setup, **sizes: int) -> tuple[int, int, int]:
    """Of a pooling of other sizes: cells of the padded input and windows in a plane, cells of a window."""
    padded, output, taps = 1, 1, 1
    for axis, (stride, dilation) in enumerate(zip(setup.stride, setup.dilation, strict=True)):
        cells, padding, kernel = (sizes[f"{name}{axis}"] for name in ("input", "padding", "kernel"))
        whole = cells + 2 * padding
        left, reach = whole - dilation * (kernel - 1) - 1, dilation * (kernel - 1) + 1
        count = max(1, (-(-left // stride) if setup.ceil_mode else left // stride) + 1)
        # A window begins in the input, or in the padding before it.
        count = min(count, (cells + padding - 1) // stride + 1)
        padded, output, taps = padded * max(whole, (count - 1) * stride + reach), output * count, taps * kernel
    return padded, output, taps


def cost(setup: Setup, **sizes: int) -> Cost:
    """What a pooling takes that is as this one, but of other sizes: tap by tap all windows at once."""
    planes, cells = sizes["planes"], sizes["input0"] * sizes["input1"]
    padded, output, taps = windows(setup, **sizes)
    return Cost(
        values=planes * (3 * cells + padded + 14 * output) + 4 * padded,
        moved=planes * (7 * cells + 10 * padded + 60 * output + 12 * taps * output),
        calls=2 * taps,
        objects=5 * taps,
        terms=taps,
        size=setup.input.element_size(),
    )


def described(setup: Setup) -> str:
    """In words."""
    size = sentences.times([n + before + after for n, (before, after) in zip(setup.input_size, setup.sides, strict=True)])
    return f"a pooling with a kernel of {sentences.times(setup.kernel_size)} over {size} padded cells"
