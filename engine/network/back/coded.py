"""The way back through lines of code that no concept knows, and through code of ours that brings tensors together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from engine.code.back import Back, back_trace
from engine.code.forward import CodeTrace
from engine.code.graph import graph_of
from engine.code.source import statement
from engine.errors import InputError
from engine.network.back.replay import expanded, recorded
from engine.network.flow import computes, is_handed_on
from engine.network.lines import Outside, with_names
from engine.network.opened import Opened
from engine.ops.rules import has_rule
from engine.recorder.operation import Operation, Read, Recording
from engine.recorder.record import record_with_gradients
from engine.step import Reference
from engine.trace import Trace

#: A reference of what autograd computes itself.
AUTOGRAD = Reference("torch.autograd", 0.0)


def through_lines(
    operations: Sequence[Operation], names: Mapping[int, str], opened: Opened, depends: Callable[[Read], bool], path: str, grad: Tensor
) -> CodeTrace:
    """What comes back through the lines of an act from the gradient of what it makes under a path.

    Raises :class:`InputError` where lines are not to be run once more.
    """
    wanted = {path: next(result for result, name in opened.makes.items() if name == path)}
    is_stepwise = all(has_rule(one.name) for one in operations if computes(one))
    given = Outside(names, {one.index: one for one in operations} if is_stepwise else {})
    working = [one for one in operations if (not is_handed_on(one) if is_stepwise else computes(one))]
    for read in (read for one in working for read in one.reads):
        given.place(read)
    leaves = {name: _leaf(read.tensor, depends(read)) for name, read in given.reads.items()}
    with torch.enable_grad():
        ran = recorded(operations, given, leaves, wanted) if is_stepwise else expanded(working[0], given, leaves, wanted)
        return _back(ran, leaves, path, grad, opened.trace)


def through_function(opened: Opened, path: str, grad: Tensor) -> CodeTrace:
    """The same of an act of code of ours."""
    assert opened.function is not None
    leaves = {name: _leaf(tensor, True) for name, tensor in opened.trace.inputs.items()}
    with torch.enable_grad():
        ran = record_with_gradients(with_names(opened.function, leaves), **{name: one.clone() for name, one in leaves.items()})
        return _back(ran, leaves, path, grad, opened.trace)


def _leaf(tensor: Tensor, is_wanted: bool) -> Tensor:
    found = tensor.detach().clone()
    return found.requires_grad_() if is_wanted and found.is_floating_point() else found


def _back(ran: Recording, leaves: Mapping[str, Tensor], path: str, grad: Tensor, forward: Trace) -> CodeTrace:
    made = next(iter(ran.outputs.values()))
    graph = graph_of(ran, leaves, {path: made.tensor})
    last = graph.returned[0]
    back = Back(graph, last, grad.reshape(last.tensor.shape).to(last.tensor.dtype))
    if not back.reached:
        raise InputError(f"nothing comes back from {path}; give numbers that it depends on")
    inputs = {**{name: one.tensor.detach() for name, one in graph.given.items()}, **back.known}
    known: Mapping[str, str] = getattr(forward, "code", {})
    code = {name: back.statement(name, lambda file, line, made: known.get(made) or _text(file, line, made)) for name in back.targets}
    trace = back_trace(back, AUTOGRAD, params={}, inputs=inputs, code=code)
    return replace(trace, concept=f"{forward.concept}_backward", title=f"Back through {forward.title}")


def _text(file: str, line: int, name: str) -> str:
    """The statement in a line, which makes ``name``."""
    found = statement(file, line).text
    return found.replace("return ", f"{name} = ", 1) if found.startswith("return ") else found
