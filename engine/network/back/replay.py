"""Operations of a network once more, on numbers of which autograd keeps track: what comes back to them, and to nothing before them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from engine.code.expand import Expansions
from engine.code.graph import Result
from engine.errors import InputError
from engine.network.flow import Wiring, is_handed_on, read_by
from engine.network.lines import Outside, with_names
from engine.recorder.nested import found, mapped
from engine.recorder.operation import Operation, Read, Recording
from engine.recorder.record import record_with_gradients

#: Of what an operation read the tensor that it reads now.
ReadValue = Callable[[Read], Tensor]
Made = dict[Result, Tensor]


def again(operations: Sequence[Operation], outside: ReadValue) -> Made:
    """What operations make where they read something else from outside; under torch's modes, so that gradients are kept where they are."""
    made: Made = {}
    inside = {one.index for one in operations}

    def value(read: Read) -> Tensor:
        return made[read.source, read.output] if read.source in inside else outside(read)

    for operation in operations:
        if is_handed_on(operation):
            made[operation.index, 0] = value(read_by(operation))
            continue
        args, kwargs = mapped((operation.args, operation.kwargs), Read, value)
        with torch.autocast("cpu", operation.autocast, enabled=operation.autocast is not None):
            result = operation.called(args, kwargs)
        tensors = found(args[0] if result is None else result, Tensor)
        made |= {(operation.index, number): one for number, one in enumerate(tensors)}
    return made


def through(flow: Wiring, operations: Sequence[Operation], leaves: Mapping[int, Tensor]) -> Made:
    """The same with leaves in place of what was made elsewhere, by the ids of that, which are moved as it was."""
    known: dict[int, Tensor] = {}

    def outside(read: Read) -> Tensor:
        origin = flow.origin(read)
        leaf = leaves.get(id(origin.read.tensor))
        if id(read.tensor) not in known:  # what was one tensor is one again
            known[id(read.tensor)] = read.tensor.detach().clone() if leaf is None else origin.through(leaf.clone())
        return known[id(read.tensor)]

    return again(operations, outside)


def recorded(operations: Sequence[Operation], given: Outside, leaves: Mapping[str, Tensor], wanted: Mapping[str, Result]) -> Recording:
    """The lines that call operations, recorded with gradients; ``wanted`` are results by names, ``leaves`` by those that are ``given``."""
    kept = [one for one in operations if not is_handed_on(one)]

    def call(**tensors: Tensor) -> dict[str, Tensor]:
        made = again(operations, lambda read: tensors[given.place(read).name])
        return {name: made[result] for name, result in wanted.items()}

    recording = record_with_gradients(with_names(call, leaves), **{name: one.clone() for name, one in leaves.items()})
    if len(recording.operations) != len(kept):
        raise InputError(f"{len(kept)} operations are {len(recording.operations)} when they run once more; give code that does the same")
    pairs = zip(recording.operations, kept, strict=True)
    placed = [replace(one, names=was.names, file=was.file, line=was.line, text=was.text, module=was.module) for one, was in pairs]
    return replace(recording, operations=placed)


def expanded(operation: Operation, given: Outside, leaves: Mapping[str, Tensor], wanted: Mapping[str, Result]) -> Recording:
    """The simpler operations of which one consists, recorded with gradients."""

    def call(**tensors: Tensor) -> dict[str, Tensor]:
        args, kwargs = mapped((operation.args, operation.kwargs), Read, lambda read: tensors[given.place(read).name])
        made = found(operation.function(*args, **kwargs), Tensor)
        return {name: made[output] for name, (_, output) in wanted.items()}

    expansions = Expansions(with_names(call, leaves))
    run = expansions.run
    return expansions.needed(record_with_gradients(run, **{name: one.clone() for name, one in leaves.items()}))
