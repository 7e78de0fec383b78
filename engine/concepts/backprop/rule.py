"""What an operation of a graph must know: how to compute its values, and what comes back to its arguments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from engine.concepts.backprop.graph import Node
from engine.stage import Operand, Work, number, operand
from engine.step import Cell

#: Cells of arguments, by the place of the argument.
Reads = list[tuple[int, Cell]]

OUT = -1  # in Reads: the result itself


@dataclass(frozen=True)
class Local:
    """Cell ``out`` of the result changes ``slope`` times as much as the cell read; ``uses`` are the cells that this number takes."""

    out: Cell
    slope: float
    uses: Reads


def factor(n: Node, x: Sequence[Tensor], slot: int, cell: Cell) -> Operand:
    """A cell of an argument."""
    return number(float(x[slot][cell]), n.args[slot], cell)


def addends(n: Node, x: Sequence[Tensor], cells: Sequence[Cell]) -> Operand:
    """Cells of the only argument."""
    return operand(n.args[0], cells, [float(x[0][cell]) for cell in cells])


class Rule(ABC):
    """An operation of a node ``n`` on arguments ``x`` with result ``y``; ``g`` is the adjoint of the result, ``slot`` one argument."""

    @abstractmethod
    def forward(self, n: Node, x: Sequence[Tensor]) -> Tensor:
        """The values. Raises :class:`InputError` for what has none."""

    @abstractmethod
    def work(self, n: Node, x: Sequence[Tensor], y: Tensor, cell: Cell) -> Work:
        """How one cell of the values is computed; places are named by arguments."""

    @abstractmethod
    def back(self, n: Node, x: Sequence[Tensor], y: Tensor, g: Tensor, slot: int) -> Tensor:
        """What comes back to an argument."""

    @abstractmethod
    def locals(self, n: Node, x: Sequence[Tensor], y: Tensor, slot: int, cell: Cell) -> list[Local]:
        """The derivatives that one cell of that is made with."""

    @abstractmethod
    def slope(self, n: Node, labels: Sequence[str], slot: int) -> str:
        """The derivative in names."""

    def divisor(self, x: Sequence[Tensor]) -> float:
        """By what all that comes back is divided."""
        return 1.0

    def size(self, n: Node, x: Sequence[Tensor], y: Tensor) -> float:
        """How large the numbers are that are added up: what an error is measured by."""
        return float(y.abs().max())
