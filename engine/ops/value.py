"""Tensors on the way from torch code to steps: some have a name and steps of their own, others are computed within the step of another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from engine.ops.algebra import UnfitError, constant
from engine.recorder.nested import found
from engine.stage import Operand, Work, number
from engine.step import Cell


class NotOneStepError(Exception):
    """A step cannot do all of this: ``value`` needs a step of its own; none for that which could not be computed."""

    def __init__(self, value: Value | None = None) -> None:
        super().__init__()
        self.value = value


@dataclass(eq=False)
class Value:
    """A tensor, and the call that made it, of which it is the result ``output``; what is given was made by none.

    One with a ``name`` is read cell by cell; one without is computed where it is read, unless it stands ``alone``, as what
    ``stops`` the way back. ``traced`` is what autograd knows it by.
    """

    tensor: Tensor
    call: Call | None = None
    output: int = 0
    name: str = ""
    alone: bool = False
    stops: bool = False
    traced: Any = None

    def work(self, cell: Cell) -> Work:
        """How a cell is had. Raises :class:`NotOneStepError` where that takes more than one step."""
        if self.is_had:
            return Work([(number(self.tensor[cell].item(), self.name, cell),)])
        if self.stands_alone:
            raise NotOneStepError(self)
        return self.made(cell)

    def made(self, cell: Cell) -> Work:
        """How a cell is computed, whether or not it has a name."""
        assert self.call is not None
        try:
            return self.call.rule.work(self.call, self.output, cell)
        except NotOneStepError as error:
            raise NotOneStepError(error.value or self) from None

    @property
    def is_had(self) -> bool:
        """Whether its numbers are there, and need not be computed."""
        return bool(self.name) or self.call is None

    @property
    def stands_alone(self) -> bool:
        """Whether no other step can compute it along with the rest."""
        return self.counts and (self.alone or (self.call is not None and self.call.rule.alone))

    @property
    def is_read(self) -> bool:
        """Whether its cells are read as they are, or are moved from such cells."""
        return self.is_had or (not self.alone and self.call is not None and self.call.rule.moves(self.call))

    @property
    def counts(self) -> bool:
        """Whether it holds numbers to compute with, and not places, sizes or answers."""
        return self.tensor.is_floating_point()

    def column(self, cells: Sequence[Cell]) -> Operand:
        """Many of its cells, side by side, of a tensor whose numbers are there."""
        at = tuple(torch.tensor(cells, device=self.tensor.device).T) if self.tensor.dim() else ()
        values = self.tensor[at].tolist() if at else [self.tensor.item()] * len(cells)
        return Operand([(self.name, cell) if self.name else None for cell in cells], values, self.name)


@dataclass(eq=False)
class Call:
    """One operation: ``arguments`` by torch's names, a :class:`Value` for every tensor; ``text`` is its source, in a line of a file.

    While ``only`` names a cell of an argument, sums have the terms alone in which that stands.
    """

    rule: Rule
    op: str
    function: Any
    arguments: Mapping[str, Any]
    made: list[Value] = field(default_factory=list)
    text: str = ""
    file: str = ""
    line: int = 0
    only: tuple[str, Cell] | None = None

    def get(self, name: str, usual: Any = None) -> Any:
        """An argument, or what torch takes where it is not given."""
        given = self.arguments.get(name)
        return usual if given is None else given

    def value(self, name: str) -> Value:
        """A tensor among the arguments; of a number a tensor of it."""
        given = self.arguments[name]
        return given if isinstance(given, Value) else Value(torch.as_tensor(given, dtype=self.made[0].tensor.dtype))

    @property
    def values(self) -> dict[str, Value]:
        """All tensors among the arguments; those of a list are numbered."""
        values: dict[str, Value] = {}
        for name, given in self.arguments.items():
            many = isinstance(given, list | tuple | dict)
            values |= {f"{name}.{i}" if many else name: one for i, one in enumerate(found(given, Value))}
        return values

    def cell(self, name: str, cell: Cell) -> Work:
        """How a cell of an argument is had; a plain number has one in every place."""
        given = self.arguments[name]
        return given.work(cell) if isinstance(given, Value) else constant(float(given))

    def fitted(self, name: str) -> NotOneStepError:
        """That an argument needs a step of its own."""
        given = self.arguments[name]
        return NotOneStepError(given if isinstance(given, Value) else None)


class Rule(ABC):
    """One operation of torch, or several that differ in a detail: which ``names`` its arguments have, in torch's order.

    What stands ``alone`` is computed in no step of another: its cells are not all computed alike.
    """

    names: Sequence[str] = ("input",)
    alone = False

    @abstractmethod
    def work(self, call: Call, output: int, cell: Cell) -> Work:
        """How a cell of a result is computed. Raises :class:`NotOneStepError` where that takes more than one step."""

    @abstractmethod
    def readers(self, call: Call, output: int, argument: str, cell: Cell) -> Iterable[Cell]:
        """The cells of a result that read a cell of an argument."""

    def winner(self, call: Call, cell: Cell) -> Cell | None:
        """Of a largest number the cell that torch says it stands in; none where equal ones count alike."""
        return None

    def moves(self, call: Call) -> bool:
        """Whether the result has the numbers of what was read, in other places."""
        return False


__all__ = ["Call", "NotOneStepError", "Rule", "UnfitError", "Value"]
