"""Operations that compute nothing: every number of the result is one of those that were read, in another place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from engine.ops.algebra import constant
from engine.ops.elementwise import narrow
from engine.ops.value import Call, NotOneStepError, Rule, Value
from engine.recorder.nested import found, mapped
from engine.shapes import ravel, unravel
from engine.stage import Operand, Work, number
from engine.step import Cell


class Move(Rule):
    """Where a number comes from is found out by moving the numbers of the cells themselves.

    ``moved`` are the arguments whose numbers are moved, ``fill`` is one that stands in cells which nothing is moved to. Others, as an index
    or a condition, are given as they are.
    """

    def __init__(self, names: Sequence[str], moved: Sequence[str] = (), fill: str = "") -> None:
        self.names, self.moved, self.fill = names, moved or names[:1], fill
        self.known: WeakKeyDictionary[Call, list[Tensor]] = WeakKeyDictionary()

    def sources(self, call: Call) -> list[Tensor]:
        """For every cell of every result the number of the one that it comes from, counted from 1 through all that is moved; 0 for none."""
        if call not in self.known:
            self.known[call] = self._moved(call)
        return self.known[call]

    def has_others(self, call: Call, output: int) -> bool:
        """Whether some cells of the result come from elsewhere than others: of a step all cells are computed alike."""
        return len(self.values(call)) > 1 or bool((self.sources(call)[output] == 0).any())

    def _moved(self, call: Call) -> list[Tensor]:
        count = 0

        def numbered(one: Value) -> Tensor:
            nonlocal count
            first, count = count, count + one.tensor.numel()
            numbers = torch.arange(first + 1, count + 1, device=one.tensor.device, dtype=torch.float64)  # not all of torch moves integers
            return numbers.reshape(one.tensor.shape)

        given = {name: mapped(call.arguments[name], Value, numbered) for name in self.moved if name in call.arguments}
        given = {name: one if isinstance(one, Tensor | list | tuple) else torch.tensor(0.0).double() for name, one in given.items()}
        others = {name: mapped(one, Value, _tensor) for name, one in call.arguments.items() if name not in given}
        if self.fill:
            others[self.fill] = 0
        return [one.long() for one in self._called(call, {**others, **given})]

    def _called(self, call: Call, arguments: dict[str, Any]) -> list[Tensor]:
        *named, last = self.names
        listed = [arguments.pop(name) for name in named if name in arguments]
        listed += arguments.pop(last[1:], []) if last.startswith("*") else [arguments.pop(last)] if last in arguments else []
        result = call.function(*listed, **arguments)
        return found(result, Tensor) or [listed[0]]

    def values(self, call: Call) -> list[Value]:
        """What is moved, in order."""
        return [one for name, one in call.values.items() if name.split(".")[0] in self.moved]

    def moves(self, call: Call) -> bool:
        return all(value.is_read for value in self.values(call))

    def work(self, call: Call, output: int, cell: Cell) -> Work:
        values = self.values(call)
        computed = next((value for value in values if not value.is_read), None)
        if computed and self.has_others(call, output):
            raise NotOneStepError(computed)
        place = int(self.sources(call)[output][cell]) - 1
        beside = list(_asked(call, cell))
        if place < 0:
            return replace(constant(call.made[output].tensor[cell].item()), beside=beside)
        for value in values:
            if place < value.tensor.numel():
                return replace(value.work(unravel(place, value.tensor.shape)), beside=beside)
            place -= value.tensor.numel()
        raise LookupError(f"{call.op} moves a cell that is not there")

    def readers(self, call: Call, output: int, argument: str, cell: Cell) -> Iterable[Cell]:
        number = 1
        for name, value in call.values.items():
            if name.split(".")[0] not in self.moved:
                continue
            if name == argument:
                number += ravel(cell, value.tensor.shape)
                return [tuple(at) for at in (self.sources(call)[output] == number).nonzero().tolist()]
            number += value.tensor.numel()
        return []


class Picked(Move):
    """Numbers of an axis in an order that is the second result: the largest ones, or all of them sorted."""

    def _called(self, call: Call, arguments: dict[str, Any]) -> list[Tensor]:
        order = call.made[1].tensor
        return [arguments["input"].gather(call.get("dim", -1), order), torch.zeros_like(order)]


class Embedding(Move):
    """Rows of a table; nothing comes back to the row ``padding_idx``, whose numbers are only looked at."""

    def work(self, call: Call, output: int, cell: Cell) -> Work:
        if call.get("max_norm") is not None:
            raise NotOneStepError
        found = super().work(call, output, cell)
        row, padding = int(call.values["input"].tensor[cell[:-1]]), call.get("padding_idx")
        if padding is None or row != padding % call.values["weight"].tensor.shape[0]:
            return found
        return replace(constant(found.result), beside=[one for product in found.sums for one in product])


def _tensor(value: Value) -> Tensor:
    return value.tensor


def _asked(call: Call, cell: Cell) -> Iterator[Operand]:
    """What a condition looks at: its own cell, or those of what it compares."""
    for condition in (call.values[name] for name in ("condition", "mask") if name in call.values):
        looked_at = [condition] if condition.name or condition.call is None else list(condition.call.values.values())
        for one in looked_at:
            if one.name:
                at = narrow(cell, one.tensor.shape)
                yield number(one.tensor[at].item(), one.name, at)
