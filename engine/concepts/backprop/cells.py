"""Which cell of a result belongs to which cell of an argument, and what does not fit together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor

from engine.concepts.backprop.graph import Node
from engine.errors import InputError
from engine.sentences import cell_name, times
from engine.step import Cell


def narrow(cell: Cell, shape: Sequence[int]) -> Cell:
    """The cell of an argument of this shape that serves a cell of the result."""
    return tuple(at if n > 1 else 0 for at, n in zip(cell[len(cell) - len(shape) :], shape, strict=True))


def spread(cell: Cell, shape: Sequence[int], to: Sequence[int]) -> list[Cell]:
    """The cells of the result that a cell of an argument serves."""
    lead = len(to) - len(shape)
    axes = [range(n) for n in to[:lead]]
    axes += [range(n) if own == 1 else range(at, at + 1) for at, own, n in zip(cell, shape, to[lead:], strict=True)]
    return list(product(*axes))


def folded(tensor: Tensor, shape: Sequence[int]) -> Tensor:
    """The sum over all axes along which a tensor of this shape was spread."""
    tensor = tensor.sum(list(range(tensor.dim() - len(shape)))) if tensor.dim() > len(shape) else tensor
    spread = [axis for axis, n in enumerate(shape) if n == 1 and tensor.shape[axis] > 1]
    return tensor.sum(spread, keepdim=True) if spread else tensor


def axes_of(n: Node, x: Tensor) -> list[int]:
    """The axes of a reduction, counted from the front."""
    if n.dim is None:
        return list(range(x.dim()))
    if not -x.dim() <= n.dim < x.dim():
        raise InputError(
            f"expr has {n.text}, but {n.args[0]} is {shape_text(x)}, which has no axis {n.dim}; leave dim out, or take another"
        )
    return [n.dim % x.dim()]


def dropped(cell: Cell, axes: Sequence[int]) -> Cell:
    """The cell without these axes."""
    return tuple(at for axis, at in enumerate(cell) if axis not in axes)


def line_through(cell: Cell, axes: Sequence[int], shape: Sequence[int]) -> list[Cell]:
    """The cells along the axes through a cell."""
    return list(product(*(range(n) if axis in axes else range(at, at + 1) for axis, (at, n) in enumerate(zip(cell, shape, strict=True)))))


def cells_behind(cell: Cell, n: Node, x: Tensor) -> list[Cell]:
    """The cells that are reduced to one."""
    axes, rest = axes_of(n, x), iter(cell)
    whole = tuple(0 if axis in axes else next(rest) for axis in range(x.dim()))
    return line_through(whole, axes, x.shape)


def with_axes(n: Node, reduced: Tensor, x: Tensor) -> Tensor:
    """A reduced tensor with its axes back, of one cell each."""
    for axis in axes_of(n, x):
        reduced = reduced.unsqueeze(axis)
    return reduced


def shape_text(x: Tensor) -> str:
    """Its shape in words."""
    return times(x.shape) or "a single number"


def common_shape(n: Node, x: Sequence[Tensor]) -> torch.Size:
    """The shape in which all arguments fit. Raises :class:`InputError` if there is none."""
    try:
        whole: torch.Size = torch.broadcast_tensors(*x)[0].shape  # type: ignore[no-untyped-call]  # torch says nothing of it
        return whole
    except RuntimeError:
        sizes = ", ".join(f"{name} is {shape_text(t)}" for name, t in zip(n.args, x, strict=True))
        raise InputError(f"expr has {n.text}, but {sizes}; give shapes that are alike, or 1 where they differ") from None


def refuse_where(wrong: Tensor, x: Tensor, n: Node, name: str, what: str, works: str) -> None:
    """Raises :class:`InputError` that names the first cell that is wrong."""
    if wrong.any():
        at = tuple(wrong.nonzero()[0].tolist())
        raise InputError(f"expr has {n.text}, but {cell_name(name, at)} is {float(x[at]):g}, {what}; give values that make it {works}")
