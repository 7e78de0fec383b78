"""Rules of operations that work cell by cell: sums of products, quotients, functions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from engine.concepts.backprop.cells import common_shape, folded, narrow, refuse_where, spread
from engine.concepts.backprop.graph import Node
from engine.concepts.backprop.parse import bracketed, monomial
from engine.concepts.backprop.rule import OUT, Local, Rule, factor
from engine.stage import Operand, Work, number
from engine.step import Cell


class Elementwise(Rule):
    """Every cell is computed from the cells in the same place; an axis of one cell serves for all."""

    @abstractmethod
    def derivative(self, n: Node, x: Sequence[Tensor], y: Tensor, slot: int) -> Tensor:
        """For every cell of the result."""

    def used(self, n: Node, slot: int) -> Sequence[int]:
        """The arguments that the derivative takes."""
        return (slot,)

    def back(self, n: Node, x: Sequence[Tensor], y: Tensor, g: Tensor, slot: int) -> Tensor:
        return folded(g * self.derivative(n, x, y, slot), x[slot].shape)

    def locals(self, n: Node, x: Sequence[Tensor], y: Tensor, slot: int, cell: Cell) -> list[Local]:
        slopes = self.derivative(n, x, y, slot).expand(y.shape)
        used = self.used(n, slot)
        return [
            Local(out, float(slopes[out]), [(i, out if i == OUT else narrow(out, x[i].shape)) for i in used])
            for out in spread(cell, x[slot].shape, y.shape)
        ]


class Sum(Elementwise):
    """A sum of products, divided by a number."""

    def forward(self, n: Node, x: Sequence[Tensor]) -> Tensor:
        by_name = dict(zip(n.args, x, strict=True))
        total = torch.zeros(common_shape(n, x), dtype=x[0].dtype, device=x[0].device)
        for coefficient, names in n.terms:
            total = total + _multiplied(coefficient, [by_name[name] for name in names], x[0])
        return total / n.number

    def work(self, n: Node, x: Sequence[Tensor], y: Tensor, cell: Cell) -> Work:
        read = {name: factor(n, x, slot, narrow(cell, x[slot].shape)) for slot, name in enumerate(n.args)}
        terms: list[tuple[Operand, ...]] = []
        for coefficient, names in n.terms:
            term = [read[name] for name in names]
            if term and coefficient == -1:
                term[0] = Operand(term[0].places, [-term[0].values[0]])
            terms.append((number(coefficient), *term) if not term or abs(coefficient) != 1 else tuple(term))
        return Work(terms, n.number, seen=list(read.values()))

    def derivative(self, n: Node, x: Sequence[Tensor], y: Tensor, slot: int) -> Tensor:
        by_name = dict(zip(n.args, x, strict=True))
        total = torch.zeros_like(y)
        for coefficient, names in _derived(n, n.args[slot]):
            total = total + _multiplied(coefficient, [by_name[name] for name in names], y)
        return total / n.number

    def used(self, n: Node, slot: int) -> Sequence[int]:
        return sorted({n.args.index(name) for _, names in _derived(n, n.args[slot]) for name in names})

    def slope(self, n: Node, labels: Sequence[str], slot: int) -> str:
        by_name = dict(zip(n.args, labels, strict=True))
        parts = [monomial(coefficient / n.number, [by_name[name] for name in names]) for coefficient, names in _derived(n, n.args[slot])]
        return " + ".join(parts)

    def size(self, n: Node, x: Sequence[Tensor], y: Tensor) -> float:
        by_name = dict(zip(n.args, x, strict=True))
        parts = [float(_multiplied(coefficient, [by_name[name] for name in names], y).abs().max()) for coefficient, names in n.terms]
        return sum(parts) / abs(n.number)


def _multiplied(coefficient: float, tensors: Sequence[Tensor], like: Tensor) -> Tensor:
    whole = torch.full((), coefficient, dtype=like.dtype, device=like.device)
    for tensor in tensors:
        whole = whole * tensor
    return whole


def _derived(n: Node, name: str) -> list[tuple[float, tuple[str, ...]]]:
    """The products of the derivative with respect to ``name``: the power rule."""
    found = []
    for coefficient, names in n.terms:
        power = names.count(name)
        if power:
            others = list(names)
            others.remove(name)
            found.append((coefficient * power, tuple(others)))
    return found


class Quotient(Elementwise):
    """A number or node divided by a node."""

    def forward(self, n: Node, x: Sequence[Tensor]) -> Tensor:
        common_shape(n, x)
        refuse_where(x[-1] == 0, x[-1], n, n.args[-1], "which divides by 0", "other than 0")
        return (x[0] if len(x) == 2 else n.number) / x[-1]

    def work(self, n: Node, x: Sequence[Tensor], y: Tensor, cell: Cell) -> Work:
        *top, below = (factor(n, x, slot, narrow(cell, one.shape)) for slot, one in enumerate(x))
        return Work([(top[0] if top else number(n.number),)], below)

    def derivative(self, n: Node, x: Sequence[Tensor], y: Tensor, slot: int) -> Tensor:
        return 1 / x[-1] if slot < len(x) - 1 else -y / x[-1]

    def used(self, n: Node, slot: int) -> Sequence[int]:
        last = len(n.args) - 1
        return (last,) if slot < last else (OUT, last)

    def slope(self, n: Node, labels: Sequence[str], slot: int) -> str:
        below = bracketed(labels[-1])
        top = monomial(n.number, []) if len(labels) == 1 else bracketed(labels[0])
        return f"1/{below}" if slot < len(labels) - 1 else f"−{top}/{below}²".removeprefix("−−")


class Power(Elementwise):
    """1 / x, 1 / x², ..."""

    def forward(self, n: Node, x: Sequence[Tensor]) -> Tensor:
        refuse_where(x[0] == 0, x[0], n, n.args[0], "which divides by 0", "other than 0")
        return 1 / x[0] ** int(-n.number)

    def work(self, n: Node, x: Sequence[Tensor], y: Tensor, cell: Cell) -> Work:
        return Work([(number(1.0),)], number(float(x[0][cell] ** int(-n.number)), n.args[0], cell))

    def derivative(self, n: Node, x: Sequence[Tensor], y: Tensor, slot: int) -> Tensor:
        return n.number * y / x[0]

    def used(self, n: Node, slot: int) -> Sequence[int]:
        return (OUT, 0)

    def slope(self, n: Node, labels: Sequence[str], slot: int) -> str:
        return f"{monomial(n.number, [])}·{bracketed(labels[0])}^({monomial(n.number - 1, [])})"


#: Function, derivative with respect to x where y = f(x), the derivative in words for x and y, whether it takes y instead of x.
UNARY: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Tensor, Tensor], Tensor], str, bool]] = {
    "exp": (torch.exp, lambda x, y: y, "{y}", True),
    "log": (torch.log, lambda x, y: 1 / x, "1/{x}", False),
    "sqrt": (torch.sqrt, lambda x, y: 1 / (2 * y), "1/(2·{y})", True),
    "sin": (torch.sin, lambda x, y: torch.cos(x), "cos({x})", False),
    "cos": (torch.cos, lambda x, y: -torch.sin(x), "−sin({x})", False),
    "sigmoid": (lambda x: 1 / (1 + torch.exp(-x)), lambda x, y: y * (1 - y), "{y}·(1 − {y})", True),
    "tanh": (torch.tanh, lambda x, y: 1 - y * y, "1 − {y}²", True),
    "relu": (lambda x: x.clamp(min=0), lambda x, y: (x > 0).to(x.dtype), "1 if {x} > 0, else 0", False),
    "abs": (torch.abs, lambda x, y: torch.sign(x), "the sign of {x}", False),
}
#: Where a function has no value or no derivative, and what would work.
OUTSIDE: dict[str, tuple[Callable[[Tensor], Tensor], str, str]] = {
    "log": (lambda x: x <= 0, "of which there is no logarithm", "above 0"),
    "sqrt": (lambda x: x <= 0, "at which the square root has no derivative", "above 0"),
}


class Unary(Elementwise):
    """A function of one argument."""

    def forward(self, n: Node, x: Sequence[Tensor]) -> Tensor:
        if n.op in OUTSIDE:
            outside, wrong, works = OUTSIDE[n.op]
            refuse_where(outside(x[0]), x[0], n, n.args[0], wrong, works)
        made: Tensor = UNARY[n.op][0](x[0])
        return made

    def work(self, n: Node, x: Sequence[Tensor], y: Tensor, cell: Cell) -> Work:
        return Work([(factor(n, x, 0, cell),)], apply=n.op)

    def derivative(self, n: Node, x: Sequence[Tensor], y: Tensor, slot: int) -> Tensor:
        made: Tensor = UNARY[n.op][1](x[0], y)
        return made

    def used(self, n: Node, slot: int) -> Sequence[int]:
        return (OUT,) if UNARY[n.op][3] else (0,)

    def slope(self, n: Node, labels: Sequence[str], slot: int) -> str:
        x = labels[0] if n.op in ("sin", "cos") else bracketed(labels[0])
        return UNARY[n.op][2].format(x=x, y=n.label if n.op == "exp" else bracketed(n.label))
