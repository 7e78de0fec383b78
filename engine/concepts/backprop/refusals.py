"""What the operations of a graph refuse: shapes that do not fit together, and numbers that have no value or no derivative."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from engine.concepts.backprop.graph import Node
from engine.errors import InputError
from engine.sentences import cell_name, size_text

#: Of an operation: where its last argument is refused, why, and what would work.
OUTSIDE: dict[str, tuple[Callable[[Tensor], Tensor], str, str]] = {
    "quotient": (lambda x: x == 0, "which divides by 0", "other than 0"),
    "power": (lambda x: x == 0, "which divides by 0", "other than 0"),
    "log": (lambda x: x <= 0, "of which there is no logarithm", "above 0"),
    "sqrt": (lambda x: x <= 0, "at which the square root has no derivative", "above 0"),
}
REDUCED = ("total", "mean", "max", "softmax")


def check_arguments(n: Node, x: Sequence[Tensor]) -> None:
    """Raises :class:`InputError` for arguments of which a node has no value."""
    if n.op == "matmul":
        _check_matrices(n, *x)
    elif n.op == "transpose" and x[0].dim() != 2:
        raise InputError(f"expr has {n.text}, but {n.args[0]} is {size_text(x[0].shape)}; .T takes a matrix")
    elif n.op in REDUCED:
        axes_of(n, x[0])
    elif n.op in ("sum", "quotient"):
        _check_alike(n, x)
    if n.op in OUTSIDE:
        outside, what, works = OUTSIDE[n.op]
        wrong = outside(x[-1])
        if wrong.any():
            at = tuple(wrong.nonzero()[0].tolist())
            cell = cell_name(n.args[-1], at)
            raise InputError(f"expr has {n.text}, but {cell} is {float(x[-1][at]):g}, {what}; give values that make it {works}")


def axes_of(n: Node, x: Tensor) -> list[int]:
    """The axes of a reduction, counted from the front."""
    if n.dim is None:
        return list(range(x.dim()))
    if not -x.dim() <= n.dim < x.dim():
        raise InputError(
            f"expr has {n.text}, but {n.args[0]} is {size_text(x.shape)}, which has no axis {n.dim}; leave dim out, or take another"
        )
    return [n.dim % x.dim()]


def _check_matrices(n: Node, a: Tensor, b: Tensor) -> None:
    if not (1 <= a.dim() <= 2 and 1 <= b.dim() <= 2) or a.shape[-1] != b.shape[0]:
        raise InputError(
            f"expr multiplies {n.args[0]} ({size_text(a.shape)}) by {n.args[1]} ({size_text(b.shape)}) in {n.text}; "
            "the last axis of the first must be as long as the first axis of the second, both with one or two axes"
        )


def _check_alike(n: Node, x: Sequence[Tensor]) -> None:
    try:
        torch.broadcast_tensors(*x)  # type: ignore[no-untyped-call]  # torch says nothing of it
    except RuntimeError:
        sizes = ", ".join(f"{name} is {size_text(t.shape)}" for name, t in zip(n.args, x, strict=True))
        raise InputError(f"expr has {n.text}, but {sizes}; give shapes that are alike, or 1 where they differ") from None
