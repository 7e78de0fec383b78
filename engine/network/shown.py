"""A concept with what an operation of torch was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.catalogue import function_of
from engine.network.opened import Opened
from engine.recorder.nested import mapped
from engine.recorder.operation import Operation, Read
from engine.trace import Trace


def arguments(operation: Operation, names: Sequence[str]) -> dict[str, Any]:
    """What an operation was given, by names in torch's order; tensors as :class:`Read`, nothing that is None."""
    given = {**dict(zip(names, operation.args, strict=False)), **operation.kwargs}
    return {name: one for name, one in given.items() if one is not None}


def shown(concept: str, operation: Operation, given: Mapping[str, Any], output: str = "output", **more: Any) -> Opened:
    """A concept with what an operation was given, whose first result is ``output`` there."""
    values = mapped(dict(given), Read, lambda read: read.tensor.detach())
    trace = opened(concept, {**values, **more})
    reads = {name: one for name, one in given.items() if isinstance(one, Read) and name in trace.inputs}
    return Opened(trace, reads, {(operation.index, 0): output})


def opened(concept: str, values: Mapping[str, Any]) -> Trace:
    """The trace of a concept."""
    function = function_of(concept)
    assert function is not None
    trace: Trace = function(**values)
    return trace
