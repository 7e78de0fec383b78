"""The way back through a 2-D convolution: three gradients, each of which is a convolution itself.

With g the gradient of the output, s the stride, p the padding and d the dilation,

    grad_bias[f]         = Σ_n Σ_y Σ_x g[n, f, y, x]
    grad_weight[f, c, t] = Σ_n Σ_o g[n, f, o] · input[n, c, o·s + t·d − p]      the input under g, g spread out by the stride
    grad_input[n, c, i]  = Σ_f Σ_t weight[f, c, t] · g[n, f, (i + p − t·d) / s]  g spread out and padded under the weights turned by 180°

where g counts as 0 between and beyond its cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.budget import Cost
from engine.concepts.convolution.arguments import ConvSetup, cost, described, output_cells, resolve, within_budget
from engine.concepts.convolution.backward_stages import ConvBackward, ConvBackwardStages, in_order
from engine.concepts.convolution.backward_step import ConvBackwardKind
from engine.errors import InputError
from engine.lessons import MOST_BLOCKS, MOST_CUT, Lessons, best, first
from engine.shapes import Padding, Size, with_batch_as
from engine.stage import Stage
from engine.step import Reference, worst
from engine.trace import TensorLike, Trace, compare, floating, largest, together


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ConvBackwardTrace(Trace):
    """Adds what a picture needs.

    ``padded`` is the input with its padding, ``sides`` are the cells of it. ``spread`` is the gradient of the output with zeros between
    its cells for the stride, ``framed`` that with zeros around it, of which there are ``frame``; ``offsets`` are the same where padding
    cuts cells off, which are then less than 0. ``strides`` is one per axis. ``turned`` are the weights turned by 180°.
    """

    padded: Tensor
    sides: Sequence[tuple[int, int]]
    spread: Tensor
    framed: Tensor
    frame: Sequence[tuple[int, int]]
    offsets: Sequence[tuple[int, int]]
    strides: Sequence[int]
    turned: Tensor


def resolve_backward(
    grad_output: TensorLike, input: TensorLike, weight: TensorLike, stride: Size, padding: Padding, dilation: Size, groups: int
) -> ConvBackward:
    """Checks and completes the arguments of ``conv2d_backward``.

    Raises :class:`InputError` for what does not fit together.
    """
    given = together(
        {"grad_output": floating("grad_output", grad_output), "input": floating("input", input), "weight": floating("weight", weight)}
    )
    setup = resolve(2, given["input"], given["weight"], None, stride, padding, dilation, groups, "zeros", False)
    setup = replace(setup, params={name: value for name, value in setup.params.items() if name not in ("padding_mode", "flip")})
    shape = (len(setup.input), len(setup.weight), *setup.output_size)
    gradient = with_batch_as(shape, given["grad_output"], "convolution", batched=setup.batched)
    within_budget(setup, f"the way back through {described(setup)}", _cost)
    return _way(setup, gradient)


def _cost(setup: ConvSetup, **sizes: int) -> Cost:
    """The way forward, and as much again for each gradient; the sums over all cells of the output are steps."""
    forward = cost(setup, **sizes)
    outputs = output_cells(setup, **sizes)
    gradients = sizes["samples"] * sizes["filters"] * outputs
    return replace(
        forward,
        values=1.3 * forward.values + 10 * gradients,
        moved=3 * forward.moved + 30 * gradients,
        products=3 * forward.products,
        calls=3 * forward.calls,
        terms=max(sizes["samples"] * outputs, forward.terms * sizes["filters"] / setup.groups),
    )


def _way(setup: ConvSetup, gradient: Tensor) -> ConvBackward:
    sizes = [(o - 1) * s + 1 for o, s in zip(setup.output_size, setup.stride, strict=True)]
    spread = gradient.new_zeros(*gradient.shape[:2], *sizes)
    spread[:, :, :: setup.stride[0], :: setup.stride[1]] = gradient
    offsets = []
    for n, size, k, d, (before, _) in zip(setup.input_size, sizes, setup.kernel_size, setup.dilation, setup.sides, strict=True):
        first = d * (k - 1) - before
        offsets.append((first, n + d * (k - 1) - first - size))
    padded = F.pad(setup.input, [cells for side in reversed(setup.sides) for cells in side])
    return ConvBackward(setup, gradient, padded, spread, _framed(spread, offsets), offsets, setup.weight.flip(2, 3))


def _framed(spread: Tensor, offsets: Sequence[tuple[int, int]]) -> Tensor:
    """With zeros around it. A negative number cuts cells off: what the padding alone was multiplied by reaches no cell of the input.

    Zeros come first: more cells than there are may be cut off on one side.
    """
    wide = F.pad(spread, [max(0, cells) for side in reversed(offsets) for cells in side])
    return F.pad(wide, [min(0, cells) for side in reversed(offsets) for cells in side])


def _zeros(side: tuple[int, int], size: int) -> tuple[int, int]:
    """Of the zeros on either side of ``size`` cells those that are left where more cells are cut off than there are."""
    before, after = side
    return max(0, before + min(0, after + size)), max(0, after + min(0, before + size))


def convolve_backward(way: ConvBackward) -> ConvBackwardTrace:
    """The trace of all three gradients."""
    setup = way.setup
    values: dict[ConvBackwardKind, Tensor] = {"bias": way.gradient.sum((0, 2, 3)), "weight": _grad_weight(way), "input": _grad_input(way)}
    reference = _check(way, values)
    trim = slice(None) if setup.batched else 0
    blocks, stages = in_order(values), ConvBackwardStages(way, values).all()
    return ConvBackwardTrace(
        params=setup.params,
        inputs={"grad_output": way.gradient[trim], "input": setup.input[trim], "weight": setup.weight},
        outputs={"grad_input": values["input"][trim], "grad_weight": values["weight"], "grad_bias": values["bias"]},
        reference=reference,
        stages=stages,
        blocks=blocks,
        opening="The gradient goes back through a convolution: that of the output gives those of bias, weights and input.",
        closing=sentences.agreement("Bias, weights and input have gradients", reference, "torch.autograd", "gradients"),
        formula='"grad_weight" = "input" star "grad_output", quad "grad_input" = "grad_output" star "weight turned by 180°"',
        highlight=blocks.start("input") + int(values["input"].abs().flatten().nan_to_num(-1.0).argmax()),
        lessons=Lessons(
            lambda: (*(first(stages[kind], blocks.of(kind, MOST_BLOCKS)) for kind in values), _overlapping(way, stages["input"], blocks))
        ),
        padded=way.padded,
        sides=setup.sides,
        spread=way.spread,
        framed=way.framed,
        frame=[_zeros(side, size) for side, size in zip(way.offsets, way.spread.shape[2:], strict=True)],
        offsets=way.offsets,
        strides=setup.stride,
        turned=way.turned,
    )


def _overlapping(way: ConvBackward, stage: Stage, blocks: Blocks) -> int | None:
    """Of the first cells of the input that as many windows hold as any, where sums have the most terms, the one with most to see."""
    ones = torch.zeros_like(way.spread[:1, :1])
    ones[:, :, :: way.setup.stride[0], :: way.setup.stride[1]] = 1
    framed = _framed(ones, way.offsets)
    counts = sum(framed[taken] for taken in _taps(way))
    assert isinstance(counts, Tensor)
    block = blocks.of("input", 1)[0]
    fullest = (counts.flatten() == counts.max()).nonzero().flatten()[:MOST_CUT].tolist()
    return best(stage, [(block.start + number, block.cell(number)) for number in fullest])


# --- the computation ---------------------------------------------------------------------------------------------------------------------


def _taps(way: ConvBackward) -> list[tuple[Any, ...]]:
    """For every tap of the turned weights, row by row, the cells of ``framed`` that it has in all windows."""
    setup = way.setup
    return [
        (..., *(slice(t * d, t * d + n) for t, d, n in zip(tap, setup.dilation, setup.input_size, strict=True)))
        for tap in product(*map(range, setup.kernel_size))
    ]


def _grad_input(way: ConvBackward) -> Tensor:
    setup, groups = way.setup, way.setup.groups
    framed = way.framed.reshape(len(way.framed), groups, -1, *way.framed.shape[2:])
    turned = way.turned.reshape(groups, -1, setup.weight.shape[1], math.prod(setup.kernel_size))
    total = way.gradient.new_zeros(len(framed), groups, setup.weight.shape[1], *setup.input_size)
    for number, taken in enumerate(_taps(way)):
        total += torch.einsum("ngfyx,gfc->ngcyx", framed[taken], turned[..., number])
    return total.flatten(1, 2)


def _grad_weight(way: ConvBackward) -> Tensor:
    setup = way.setup
    x, g = (tensor.reshape(len(tensor), setup.groups, -1, *tensor.shape[2:]) for tensor in (way.padded, way.gradient))
    total = torch.empty(setup.weight.shape, dtype=x.dtype, device=x.device)
    for tap in product(*map(range, setup.kernel_size)):
        total[:, :, tap[0], tap[1]] = torch.einsum("ngcyx,ngfyx->gfc", x[setup.met(tap)], g).flatten(0, 1)
    return total


def _check(way: ConvBackward, values: dict[ConvBackwardKind, Tensor]) -> Reference:
    setup, scales = way.setup, _scales(way)
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        x, w = (tensor.detach().clone().requires_grad_() for tensor in (setup.input, setup.weight))
        b = setup.weight.new_zeros(len(setup.weight)).requires_grad_()
        wide = F.pad(x, [cells for side in reversed(setup.sides) for cells in side])
        y = F.conv2d(wide, w, b, setup.stride, 0, setup.dilation, setup.groups)
        found = torch.autograd.grad(y, (b, w, x), way.gradient)
    expected: dict[ConvBackwardKind, Tensor] = dict(zip(scales, found, strict=True))
    name = AUTOGRAD
    # Autograd leaves the zeros of the frame out of the sum, we multiply them: 0 times an infinite weight is nan only if the zero is there.
    if not bool(torch.isfinite(setup.weight).all()):
        expected["input"] = _correlated(way)
        name += ", and torch.nn.functional.conv2d of the framed gradient"
    return worst(name, (compare(name, values[kind], expected[kind], scale) for kind, scale in scales.items()))


def _correlated(way: ConvBackward) -> Tensor:
    """The gradient of the input as torch's own convolution of ``framed`` with the turned weights, filters and channels exchanged."""
    setup = way.setup
    filters, per_group, *size = way.turned.shape
    exchanged = way.turned.reshape(setup.groups, filters // setup.groups, per_group, *size).transpose(1, 2).flatten(0, 1)
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        return F.conv2d(way.framed, exchanged.contiguous(), dilation=setup.dilation, groups=setup.groups)


def _scales(way: ConvBackward) -> dict[ConvBackwardKind, float]:
    """A bound of every sum of each gradient.

    Raises :class:`InputError` if finite numbers may add up to more than the dtype holds: what they give then depends on the order.
    """
    setup = way.setup
    gradients = float(way.gradient.abs().sum((0, 2, 3)).max())
    per_filter = setup.weight.abs().sum((2, 3)).reshape(setup.groups, -1, setup.weight.shape[1])
    weights = float(per_filter.sum(1).max())
    scales: dict[ConvBackwardKind, float] = {
        "bias": gradients,
        "weight": gradients * largest(setup.input),
        "input": largest(way.gradient) * weights,
    }
    most = torch.finfo(setup.input.dtype).max
    if max(scales.values()) > most and all(bool(torch.isfinite(t).all()) for t in (way.gradient, setup.input, setup.weight)):
        dtype = str(setup.input.dtype).removeprefix("torch.")
        raise InputError(
            f"the absolute gradients of a filter add up to {gradients:.2g}, the input goes up to {largest(setup.input):.2g}, and the "
            f"absolute weights of a channel add up to {weights:.2g}, whose products {dtype} cannot hold; give smaller numbers, up to "
            f"{most:.2g} in the products"
        )
    return scales


AUTOGRAD = "torch.autograd of torch.nn.functional.conv2d"
