"""Rules of operations in which a cell is made from many: matrix products and reductions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product

import torch
from torch import Tensor

from engine.concepts.backprop.cells import axes_of, cells_behind, dropped, line_through, shape_text, with_axes
from engine.concepts.backprop.graph import Node
from engine.concepts.backprop.parse import bracketed, monomial
from engine.concepts.backprop.rule import OUT, Local, Rule, addends, factor
from engine.errors import InputError
from engine.stage import Work, number, operand
from engine.step import Cell

#: Beyond this size e^x is computed as e^(x − largest), which is the same share.
LARGE_EXPONENT = 50.0


class Matmul(Rule):
    """Rows times columns; a vector is a row at the left and a column at the right."""

    def forward(self, n: Node, x: Sequence[Tensor]) -> Tensor:
        a, b = x
        if not (1 <= a.dim() <= 2 and 1 <= b.dim() <= 2) or a.shape[-1] != b.shape[0]:
            raise InputError(
                f"expr multiplies {n.args[0]} ({shape_text(a)}) by {n.args[1]} ({shape_text(b)}) in {n.text}; "
                "the last axis of the first must be as long as the first axis of the second, both with one or two axes"
            )
        return a @ b

    def _indices(self, x: Sequence[Tensor], cell: Cell) -> tuple[Cell, Cell]:
        """The row that a cell of the result is made with, and the column."""
        row = cell[:1] if x[0].dim() == 2 else ()
        return row, cell[len(row) :]

    def work(self, n: Node, x: Sequence[Tensor], y: Tensor, cell: Cell) -> Work:
        row, column = self._indices(x, cell)
        inner = range(len(x[1]))
        left = operand(n.args[0], [(*row, k) for k in inner], x[0][row].tolist())
        right = operand(n.args[1], [(k, *column) for k in inner], x[1].mT[column].tolist() if column else x[1].tolist())
        return Work([(left, right)])

    def back(self, n: Node, x: Sequence[Tensor], y: Tensor, g: Tensor, slot: int) -> Tensor:
        a, b = x
        rows, columns = a.reshape(-1, a.shape[-1]), b.reshape(len(b), -1)
        adjoint = g.reshape(len(rows), columns.shape[1])
        return (adjoint @ columns.T if slot == 0 else rows.T @ adjoint).reshape(x[slot].shape)

    def locals(self, n: Node, x: Sequence[Tensor], y: Tensor, slot: int, cell: Cell) -> list[Local]:
        other, found = 1 - slot, []
        inner = cell[-1] if slot == 0 else cell[0]
        fixed = cell[:-1] if slot == 0 else cell[1:]
        free = x[1].shape[1:] if slot == 0 else x[0].shape[:-1]
        for at in product(*map(range, free)):
            used = (inner, *at) if slot == 0 else (*at, inner)
            found.append(Local((*fixed, *at) if slot == 0 else (*at, *fixed), float(x[other][used]), [(other, used)]))
        return found

    def slope(self, n: Node, labels: Sequence[str], slot: int) -> str:
        return monomial(1.0, [labels[1 - slot]])

    def size(self, n: Node, x: Sequence[Tensor], y: Tensor) -> float:
        return float((x[0].abs() @ x[1].abs()).max())


class Transpose(Rule):
    """Rows become columns."""

    def forward(self, n: Node, x: Sequence[Tensor]) -> Tensor:
        if x[0].dim() != 2:
            raise InputError(f"expr has {n.text}, but {n.args[0]} is {shape_text(x[0])}; .T takes a matrix")
        return x[0].T.contiguous()

    def work(self, n: Node, x: Sequence[Tensor], y: Tensor, cell: Cell) -> Work:
        return Work([(factor(n, x, 0, cell[::-1]),)])

    def back(self, n: Node, x: Sequence[Tensor], y: Tensor, g: Tensor, slot: int) -> Tensor:
        return g.T.contiguous()

    def locals(self, n: Node, x: Sequence[Tensor], y: Tensor, slot: int, cell: Cell) -> list[Local]:
        return [Local(cell[::-1], 1.0, [])]

    def slope(self, n: Node, labels: Sequence[str], slot: int) -> str:
        return "1"


class Reduce(Rule):
    """The sum or the mean, of all cells or along an axis."""

    def forward(self, n: Node, x: Sequence[Tensor]) -> Tensor:
        return x[0].sum(axes_of(n, x[0])) / self._count(n, x)

    def _count(self, n: Node, x: Sequence[Tensor]) -> float:
        axes = axes_of(n, x[0])
        return float(math.prod(x[0].shape[axis] for axis in axes)) if n.op == "mean" else 1.0

    def work(self, n: Node, x: Sequence[Tensor], y: Tensor, cell: Cell) -> Work:
        return Work([(addends(n, x, cells_behind(cell, n, x[0])),)], self._count(n, x))

    def back(self, n: Node, x: Sequence[Tensor], y: Tensor, g: Tensor, slot: int) -> Tensor:
        return (with_axes(n, g, x[0]) / self._count(n, x)).expand(x[0].shape).clone()

    def locals(self, n: Node, x: Sequence[Tensor], y: Tensor, slot: int, cell: Cell) -> list[Local]:
        return [Local(dropped(cell, axes_of(n, x[0])), 1 / self._count(n, x), [])]

    def slope(self, n: Node, labels: Sequence[str], slot: int) -> str:
        return "1" if n.op == "total" else "1/n"

    def size(self, n: Node, x: Sequence[Tensor], y: Tensor) -> float:
        return float(x[0].abs().sum(axes_of(n, x[0])).max())


class Max(Rule):
    """The largest cell, of all or along an axis; equal ones share what comes back, as in ``torch.max(x)`` and ``torch.amax``."""

    def forward(self, n: Node, x: Sequence[Tensor]) -> Tensor:
        return x[0].amax(axes_of(n, x[0]))

    def work(self, n: Node, x: Sequence[Tensor], y: Tensor, cell: Cell) -> Work:
        return Work([(addends(n, x, cells_behind(cell, n, x[0])),)], reduce="max")

    def _shares(self, n: Node, x: Sequence[Tensor], y: Tensor) -> Tensor:
        wins = (x[0] == with_axes(n, y, x[0])).to(y.dtype)
        return wins / wins.sum(axes_of(n, x[0]), keepdim=True)

    def back(self, n: Node, x: Sequence[Tensor], y: Tensor, g: Tensor, slot: int) -> Tensor:
        return self._shares(n, x, y) * with_axes(n, g, x[0])

    def locals(self, n: Node, x: Sequence[Tensor], y: Tensor, slot: int, cell: Cell) -> list[Local]:
        return [Local(dropped(cell, axes_of(n, x[0])), float(self._shares(n, x, y)[cell]), [(0, cell)])]

    def slope(self, n: Node, labels: Sequence[str], slot: int) -> str:
        return "1 where it is the largest, else 0"


class Softmax(Rule):
    """Shares along an axis: e to the power of every cell, divided by the sum of these."""

    def _powers(self, n: Node, x: Sequence[Tensor]) -> Tensor:
        top = x[0].amax(axes_of(n, x[0]), keepdim=True)
        return torch.exp(x[0] - torch.where(top.abs() > LARGE_EXPONENT, top, torch.zeros_like(top)))

    def forward(self, n: Node, x: Sequence[Tensor]) -> Tensor:
        powers = self._powers(n, x)
        return powers / powers.sum(axes_of(n, x[0]), keepdim=True)

    def work(self, n: Node, x: Sequence[Tensor], y: Tensor, cell: Cell) -> Work:
        powers = self._powers(n, x)
        line = line_through(cell, axes_of(n, x[0]), x[0].shape)
        whole = number(math.fsum(float(powers[at]) for at in line))
        return Work([(number(float(powers[cell]), n.args[0], cell),)], whole, seen=[addends(n, x, line)])

    def back(self, n: Node, x: Sequence[Tensor], y: Tensor, g: Tensor, slot: int) -> Tensor:
        axes = axes_of(n, x[0])
        return y * (g - (g * y).sum(axes, keepdim=True))

    def locals(self, n: Node, x: Sequence[Tensor], y: Tensor, slot: int, cell: Cell) -> list[Local]:
        here = float(y[cell])
        line = line_through(cell, axes_of(n, x[0]), x[0].shape)
        return [Local(at, here * ((at == cell) - float(y[at])), list({(OUT, cell): 0, (OUT, at): 0})) for at in line]

    def slope(self, n: Node, labels: Sequence[str], slot: int) -> str:
        share = bracketed(n.label)
        return f"{share}·(1 − {share}) for the same cell, −{share}·{share} for another"
