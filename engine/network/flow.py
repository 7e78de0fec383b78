"""What flows where in a recording: which operations compute, which only move numbers, and where the numbers come from that one reads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from engine.code.graph import Result
from engine.ops.move import Move
from engine.ops.rules import MADE_ANEW, bound, turned
from engine.recorder.nested import found, mapped
from engine.recorder.operation import Operation, Read, Recording

#: Moves that are shown as steps of their own, since they bring several tensors together, or put a number in place of others.
SHOWN_MOVES = frozenset(
    {"cat", "stack", "concat", "concatenate", "hstack", "vstack", "dstack", "column_stack", "row_stack"}
    | {"where", "masked_fill", "setitem", "copy", "pad", "embedding", "sort", "topk", "tril", "triu"}
)


class Moved(NamedTuple):
    """One of the results of an operation that only moves what it ``read``."""

    operation: Operation
    read: Read
    output: int

    def of(self, tensor: Tensor) -> Tensor:
        """The same of another tensor in its place; types stay as they are."""
        given, (args, kwargs) = tensor.reshape(self.read.tensor.shape), (self.operation.args, self.operation.kwargs)
        listed, named = mapped((list(args), dict(kwargs)), Read, lambda read: given if read is self.read else read.tensor)
        untyped = [one for one in listed if not isinstance(one, torch.dtype)]
        made = self.operation.function(*untyped, **{name: one for name, one in named.items() if not isinstance(one, torch.dtype)})
        return found(made, Tensor)[self.output] if untyped != [given] or found(made, Tensor) else given


class Provenance(NamedTuple):
    """Where the numbers of a tensor were made: by an operation, or with none outside, as what was ``read`` first; what moved them since."""

    result: Result | None
    read: Read
    moves: Sequence[Moved] = ()

    @property
    def is_moved(self) -> bool:
        """Whether they stand in another order than where they were made, or not all of them are left."""
        if not self.moves:
            return False
        count = self.read.tensor.numel()
        moved = self.through(torch.arange(count, dtype=torch.float64).reshape(self.read.tensor.shape))
        return moved.numel() != count or not torch.equal(moved.flatten(), torch.arange(count, dtype=torch.float64))

    def through(self, tensor: Tensor) -> Tensor:
        """The numbers of a tensor in place of the one that was made, moved in the same way."""
        for move in self.moves:
            tensor = move.of(tensor)
        return tensor


class Wiring:
    """A recording whose tensors know where they come from."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording

    @cached_property
    def operations(self) -> dict[int, Operation]:
        """By their indices."""
        return {operation.index: operation for operation in self.recording.operations}

    def origin(self, read: Read) -> Provenance:
        """Where the numbers of what was read were made."""
        moves: list[Moved] = []
        while read.source is not None and moves_only(self.operations[read.source]):
            operation = self.operations[read.source]
            before = read_by(operation)
            if not is_handed_on(operation):
                moves.insert(0, Moved(operation, before, read.output))
            read = before
        return Provenance(None if read.source is None else (read.source, read.output), read, moves)


def computes(operation: Operation) -> bool:
    """Whether it makes numbers of numbers, or brings several tensors together."""
    makes = any(one.is_floating_point() for one in operation.outputs) and operation.name not in MADE_ANEW
    return makes and any(read.tensor.is_floating_point() for read in operation.reads) and not moves_only(operation)


def moves_only(operation: Operation) -> bool:
    """Whether it gives what it read in another order or shape, or a part of it, or as it is."""
    if is_handed_on(operation):
        return True
    if operation.name in SHOWN_MOVES or operation.writes:
        return False
    rule, args = turned(operation.name, operation.args, operation.kwargs)
    named = bound(rule, args, operation.kwargs)
    return isinstance(rule, Move) and len(found([named.get(name) for name in rule.moved], Read)) == 1


def is_handed_on(operation: Operation) -> bool:
    """Whether it gave back a tensor that it read, as dropout does where nothing is dropped."""
    return not operation.writes and len(operation.made) == 1 and any(one.tensor is operation.made[0].tensor for one in operation.reads)


def read_by(operation: Operation) -> Read:
    """What an operation moves."""
    if is_handed_on(operation):
        return next(one for one in operation.reads if one.tensor is operation.made[0].tensor)
    rule, args = turned(operation.name, operation.args, operation.kwargs)
    assert isinstance(rule, Move)
    named = bound(rule, args, operation.kwargs)
    return found([named.get(name) for name in rule.moved], Read)[0]
