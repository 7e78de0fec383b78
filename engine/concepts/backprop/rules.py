"""The operations of a graph, by the rules that all torch code has; two that one step can do only here have rules of their own."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import product

import torch
from torch import Tensor

from engine.concepts.backprop.graph import Node
from engine.concepts.backprop.refusals import axes_of, check_arguments
from engine.ops.calls import call, ruled
from engine.ops.value import Call, Rule, Value
from engine.stage import Operand, Work, number, operand
from engine.step import Cell

#: Beyond this size e^x is computed as e^(x − largest), which is the same share.
LARGE_EXPONENT = 50.0


def computed(n: Node, x: Sequence[Value]) -> Value:
    """A node from its arguments. Raises :class:`InputError` where it has no value."""
    check_arguments(n, [one.tensor for one in x])
    found = OPERATIONS[n.op](n, x) if n.op in OPERATIONS else call(n.op, getattr(torch, n.op), x[0])
    found.name = n.name
    return found


def size(n: Node, x: Sequence[Tensor], y: Tensor) -> float:
    """How large the numbers are that are added up: what an error is measured by."""
    if n.op == "sum":
        by_name = dict(zip(n.args, x, strict=True))
        parts = [abs(c) * math.prod(float(by_name[name].abs().max()) for name in names) for c, names in n.terms]
        return sum(parts) / abs(n.number)
    if n.op in ("total", "mean"):
        return float(x[0].abs().sum(axes_of(n, x[0])).max())
    return float((x[0].abs() @ x[1].abs()).max()) if n.op == "matmul" else float(y.abs().max())


# --- the operations ----------------------------------------------------------------------------------------------------------------------


def _sum(n: Node, x: Sequence[Value]) -> Value:
    by_name = dict(zip(n.args, x, strict=True))
    total = None
    for coefficient, names in n.terms:
        term = _product(coefficient, [by_name[name] for name in names], x[0].tensor)
        total = term if total is None else call("add", torch.add, total, term)
    assert total is not None
    found = call("div", torch.div, total, n.number) if n.number != 1 else total
    # A node that is another one, or less than its arguments spread out, is a tensor of its own.
    shape = torch.broadcast_tensors(*(one.tensor for one in x))[0].shape  # type: ignore[no-untyped-call]
    return call("expand", lambda t: t.expand(shape).clone(), found) if found in x or found.tensor.shape != shape else found


def _product(coefficient: float, factors: Sequence[Value], like: Tensor) -> Value:
    if not factors:
        return Value(torch.full((), coefficient, dtype=like.dtype, device=like.device))
    first, *others = factors
    if coefficient == -1:
        first = call("neg", torch.neg, first)
    elif coefficient != 1:
        first = call("mul", lambda c, t: c * t, coefficient, first)
    for other in others:
        first = call("mul", torch.mul, first, other)
    return first


def _quotient(n: Node, x: Sequence[Value]) -> Value:
    return call("div", lambda a, b: a / b, x[0] if len(x) == 2 else n.number, x[-1])


def _reduction(op: str, function: Callable[..., Tensor]) -> Callable[[Node, Sequence[Value]], Value]:
    return lambda n, x: call(op, function, x[0], tuple(axes_of(n, x[0].tensor)))


class Inverse(Rule):
    """1 / x, 1 / x², ...: the power is a number that is made of x alone."""

    names = ("input", "exponent")

    def work(self, call: Call, output: int, cell: Cell) -> Work:
        x = call.value("input")
        return Work([(number(1.0),)], number((x.tensor[cell] ** call.get("exponent")).item(), x.name, cell))

    def readers(self, call: Call, output: int, argument: str, cell: Cell) -> Iterable[Cell]:
        return [cell]


class SoftmaxRule(Rule):
    """Shares along axes: e to the power of every cell, divided by the sum of these."""

    names = ("input", "dim")

    def work(self, call: Call, output: int, cell: Cell) -> Work:
        x, line = call.value("input"), self._line(call, cell)
        powers = _powers(x.tensor, call.get("dim"))
        whole = number(math.fsum(powers[at].item() for at in line))
        seen: list[Operand] = [operand(x.name, line, [x.tensor[at].item() for at in line])]
        return Work([(number(powers[cell].item(), x.name, cell),)], whole, seen=seen)

    def readers(self, call: Call, output: int, argument: str, cell: Cell) -> Iterable[Cell]:
        return self._line(call, cell)

    def _line(self, call: Call, cell: Cell) -> list[Cell]:
        shape, axes = call.value("input").tensor.shape, call.get("dim")
        return list(product(*(range(size) if axis in axes else (at,) for axis, (at, size) in enumerate(zip(cell, shape, strict=True)))))


def _powers(x: Tensor, axes: list[int]) -> Tensor:
    top = x.amax(axes, keepdim=True)
    return torch.exp(x - torch.where(top.abs() > LARGE_EXPONENT, top, torch.zeros_like(top)))


def _shares(x: Tensor, axes: list[int]) -> Tensor:
    powers = _powers(x, axes)
    return powers / powers.sum(axes, keepdim=True)


def _softmax(n: Node, x: Sequence[Value]) -> Value:
    axes = axes_of(n, x[0].tensor)
    return ruled(SoftmaxRule(), n.op, _shares, {"input": x[0], "dim": axes}, x[0], axes)


def _inverse(n: Node, x: Sequence[Value]) -> Value:
    exponent = int(-n.number)
    return ruled(Inverse(), n.op, lambda t, power: 1 / t**power, {"input": x[0], "exponent": exponent}, x[0], exponent)


OPERATIONS: dict[str, Callable[[Node, Sequence[Value]], Value]] = {
    "sum": _sum,
    "quotient": _quotient,
    "power": _inverse,
    "matmul": lambda n, x: call("matmul", torch.matmul, *x),
    "transpose": lambda n, x: call("T", lambda t: t.T.contiguous(), x[0]),
    "total": _reduction("sum", torch.sum),
    "mean": _reduction("mean", torch.mean),
    "max": _reduction("amax", torch.amax),
    "softmax": _softmax,
}
