"""From what was recorded of torch code to the tensors that are computed step by step: those of the code's variables, and those between them
that one step cannot do along with another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from engine.code.expand import is_handed
from engine.errors import InputError
from engine.ops.rules import MADE_ANEW, WHOLE, bound, turned
from engine.ops.value import Call, NotOneStepError, Value
from engine.recorder.nested import mapped
from engine.recorder.operation import Operation, Read, Recording

#: A longer text is no name.
LONGEST_NAME = 40
#: An operation by its index, and which of its results.
Result = tuple[int, int]


@dataclass(eq=False)
class CodeGraph:
    """All that torch code did, by names: tensors from outside are ``given``, others computed in ``steps``, and some of them ``results``.

    Results without steps are ``plain``: places, as those of argmax, and what depends on no number that is given. ``returned`` are all
    results in order, also those that are given back twice.
    """

    given: dict[str, Value] = field(default_factory=dict)
    steps: dict[str, Value] = field(default_factory=dict)
    results: dict[str, Value] = field(default_factory=dict)
    plain: Sequence[str] = ()
    returned: Sequence[Value] = ()
    calls: list[Call] = field(default_factory=list)

    def let_go(self) -> None:
        """Forgets what autograd holds, once nothing is asked of it any more."""
        for value in (*self.given.values(), *(made for call in self.calls for made in call.made)):
            value.tensor, value.traced = value.tensor.detach(), None


def graph_of(recording: Recording, inputs: Mapping[str, Tensor], results: Mapping[str, Tensor]) -> CodeGraph:
    """The graph of a function that was recorded; ``results`` are the tensors that it gave back, by their names."""
    return _Building(recording, inputs, results).built()


class _Building:
    def __init__(self, recording: Recording, inputs: Mapping[str, Tensor], results: Mapping[str, Tensor]) -> None:
        self.operations = {operation.index: operation for operation in recording.operations}
        self.inputs = {name: Value(tensor, name=name, traced=tensor if tensor.requires_grad else None) for name, tensor in inputs.items()}
        self.graph = CodeGraph(given=dict(self.inputs))
        self.outside: dict[int, Value] = {}
        self.stopped, self.alone = _stopped(recording.operations)
        self.made: dict[tuple[int, int], Value] = {}
        self.wanted: dict[str, Value] = {}
        self.excused: set[int | None] = set()  # x[0] += 1 writes into x[0], and then x[0] into x
        for operation in recording.operations:
            self._add(operation)
        self.excused = set()
        last = {id(read.tensor): self._result(read) for read in recording.outputs.values()}
        self.results = {name: last[id(tensor)] for name, tensor in results.items()}

    # --- what was recorded ---------------------------------------------------------------------------------------------------------------

    def _add(self, operation: Operation) -> None:
        if is_handed(operation):
            self._hand(operation)
            return
        self.excused = {one.source for one in operation.args[2:] if operation.name == "setitem" and isinstance(one, Read)}
        rule, args = turned(operation.name, operation.args, operation.kwargs)
        if not _computes(operation):
            rule, args = WHOLE, operation.args
        given = mapped(bound(rule, args, operation.kwargs), Read, self._value)
        call = Call(rule, operation.name, operation.function, given, [], operation.text, operation.file, operation.line)
        is_given = operation.name in MADE_ANEW or not any(value.call or value.name for value in call.values.values())
        for number, held in enumerate(operation.made):
            value = Value(held.tensor, None if is_given else call, number, traced=held.traced)
            value.stops = (operation.index, number) in self.stopped
            value.alone = (operation.index, number) in self.alone or _is_rounded(operation, held.tensor)
            call.made.append(value)
            self.made[operation.index, number] = value
            variable = operation.variables[number] if number < len(operation.variables) else ""
            if variable and value.counts:
                self._want(variable, value, is_given)
        if not is_given:
            self.graph.calls.append(call)

    def _hand(self, operation: Operation) -> None:
        """What the code of an operation gave back is the variable that it went to."""
        value = self._value(operation.args[0])
        self.made[operation.index, 0] = value
        value.tensor = operation.made[0].tensor
        if operation.variables[0] and value.counts:
            if self.wanted.pop(value.name, None):
                value.name = ""
            self._want(operation.variables[0], value, value.call is None)

    def _want(self, variable: str, value: Value, is_given: bool) -> None:
        """Steps for a variable of the code; what depends on no input is given, what is only moved is read where it was."""
        if is_given:
            value.name = self._free(variable)
            self.graph.given[value.name] = value
        elif not value.is_read:
            value.name = self._free(variable)
            self.wanted[value.name] = value

    def _result(self, read: Read) -> Value:
        """What is given back; where an operation has but given it back as it was, it is what it was before."""
        made = None if read.source is None else self.operations.get(read.source)
        before = next((one for one in made.reads if one.tensor is read.tensor), None) if made and not made.writes else None
        return self._value(read) if before is None else self._result(before)

    def _value(self, one: Read) -> Value:
        if set(one.writers) - self.excused:
            line = self.operations[one.writers[-1]].line
            raise InputError(
                f"line {line} writes into a tensor of which another is a view that is read afterwards; compute without writing, or clone it"
            )
        if one.source is not None:
            return self.made[one.source, one.output]
        if one.name in self.inputs:
            return self.inputs[one.name]
        if id(one.tensor) not in self.outside:
            name = self._free(one.name) if one.name else ""
            found = self.outside[id(one.tensor)] = Value(one.tensor, name=name, traced=one.held.traced)
            if found.name:
                self.graph.given[found.name] = found
        return self.outside[id(one.tensor)]

    def _free(self, name: str) -> str:
        """The name, or with a number where it stands for another tensor already."""
        taken = {*self.graph.given, *self.wanted}
        return next(one for one in _numbered(name) if one not in taken)

    # --- what one step can do ------------------------------------------------------------------------------------------------------------

    def built(self) -> CodeGraph:
        """Names what is given back, and all that needs steps of its own."""
        found: set[int] = set()
        for name, value in self.results.items():
            is_first = id(value) not in found
            found.add(id(value))
            if is_first and value.call is not None and value.name != name:
                self.wanted.pop(value.name, None)
                value.name = self._free(name)
                if value.counts:
                    self.wanted[value.name] = value
        for value in list(self.wanted.values()):
            self._fit(value)
        order = {id(value): number for number, value in enumerate(self.made.values())}
        self.graph.steps = dict(sorted(self.wanted.items(), key=lambda item: order[id(item[1])]))
        self.graph.results = {(value.call and value.name) or name: value for name, value in self.results.items()}
        self.graph.returned = list(self.results.values())
        self.graph.plain = [name for name, value in self.graph.results.items() if name not in self.graph.steps]
        self.graph.given = {name: value for name, value in self.graph.given.items() if name in self.inputs or self._is_read(value)}
        return self.graph

    def _is_read(self, value: Value) -> bool:
        """Whether something that depends on what is given reads it."""
        return any(value is one for call in self.graph.calls for one in call.values.values())

    def _fit(self, value: Value) -> None:
        """Gives names to what one step cannot do along with the rest; all cells of a tensor are computed alike, so that one tells."""
        while value.tensor.numel():
            try:
                value.made((0,) * value.tensor.dim())
                return
            except NotOneStepError as error:
                other = error.value
            assert other is not None
            assert other.call is not None
            if other is value or other.name:
                other.call.rule = WHOLE
                return
            other.name = self._free(other.call.text if 0 < len(other.call.text) <= LONGEST_NAME else other.call.op)
            self.wanted[other.name] = other
            self._fit(other)


def _computes(operation: Operation) -> bool:
    """Whether it computes with real numbers, and gives such where it is given such."""
    tensors = [read.tensor for read in operation.reads]
    if any(one.is_complex() for one in (*tensors, *operation.outputs)):
        return False
    return any(one.is_floating_point() for one in operation.outputs) or not any(one.is_floating_point() for one in tensors)


def _stopped(operations: Sequence[Operation]) -> tuple[set[Result], set[Result]]:
    """Results from which nothing comes back to what they depend on, and those of them that are read along with what something does."""
    stopped: set[Result] = set()
    alone: set[Result] = set()
    same: dict[Result, Result] = {}
    for operation in operations:
        keys = [(read.source, read.output) for read in operation.reads if read.source is not None]
        read = {same.get(key, key) for key in keys}
        if is_handed(operation) and keys:
            same[operation.index, 0] = same.get(keys[0], keys[0])
        if any(held.traced is not None for held in operation.made):
            alone |= stopped & read
        is_cut = bool(stopped & read) or any(read.held.traced is not None for read in operation.reads)
        stopped |= {(operation.index, number) for number, held in enumerate(operation.made) if is_cut and held.traced is None}
    return stopped, alone


def _is_rounded(operation: Operation, made: Tensor) -> bool:
    """Whether it has a narrower dtype than what it was made of."""
    kinds = [read.tensor.dtype for read in operation.reads if read.tensor.is_floating_point()]
    return made.is_floating_point() and any(torch.finfo(kind).eps < torch.finfo(made.dtype).eps for kind in kinds)


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1
