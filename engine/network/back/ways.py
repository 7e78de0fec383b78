"""The way back of an act, by what there is for it: a concept, the lines of its code, or all of it at once with autograd's numbers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.catalogue import function_of
from engine.code.back import grad
from engine.code.graph import Result
from engine.declared import ADJOINT, BACK
from engine.errors import InputError
from engine.network.back.coded import AUTOGRAD, through_function, through_lines
from engine.network.back.replay import through
from engine.network.flow import Provenance, Wiring
from engine.network.groups import Group
from engine.network.opened import Opened
from engine.network.whole import whole
from engine.paths import by_path
from engine.recorder.operation import Read
from engine.trace import Trace

#: Of what a concept makes, by its path, what the gradient of that is called in its way back.
ENDS: dict[str, Mapping[str, str]] = {"lstm": {"output": ADJOINT, "h_n": "grad_h_n", "c_n": "grad_c_n"}}
#: Of all others the first of these.
FIRST = ("output", "loss")


@dataclass(frozen=True, eq=False)
class ActBack:
    """A trace of what comes back: ``given`` are the paths in it of the gradients that arrive, by what these are gradients of, and ``found``
    those of the gradients that it makes.
    """

    trace: Trace
    given: Mapping[str, str]
    found: Mapping[str, str]


def by_concept(opened: Opened, arrived: Mapping[str, Tensor]) -> ActBack | None:
    """With the concept that is the way back of the one of an act; none where there is none that takes what it was given."""
    forward, function = opened.trace, function_of(opened.trace.concept + BACK)
    ends = ENDS.get(forward.concept) or {next((one for one in FIRST if one in forward.outputs), ""): ADJOINT}
    if function is None or not {*arrived} <= {*ends}:
        return None
    takes = inspect.signature(function).parameters
    known = {name: one for name, one in {**forward.params, **forward.inputs}.items() if name in takes}
    missing = {} if ADJOINT in (ends[path] for path in arrived) else {ADJOINT: torch.zeros_like(forward.outputs[FIRST[0]])}
    arriving = {ends[path]: tensor.reshape(forward.outputs[path].shape) for path, tensor in arrived.items()}
    try:
        trace: Trace = function(**{**known, **missing, **arriving})
    except (InputError, TypeError):
        return None
    made = dict(by_path(trace.outputs))
    found = {path: grad(path) for path, _ in by_path(forward.inputs) if grad(path) in made}
    return ActBack(trace, {path: ends[path] for path in arrived}, found)


def by_code(
    group: Group | None, names: Mapping[int, str], opened: Opened, depends: Callable[[Read], bool], arrived: Mapping[str, Tensor]
) -> ActBack | None:
    """Through the lines of an act, if but one gradient arrives; through those of a ``group`` of operations if the code is not ours."""
    if len(arrived) != 1:
        return None
    ((path, tensor),) = arrived.items()
    try:
        if opened.function is not None:
            trace = through_function(opened, path, tensor)
        elif group is not None:
            trace = through_lines(group.operations, names, opened, depends, path, tensor)
        else:
            return None
    except InputError:
        return None
    found = {name: grad(name) for name in opened.trace.inputs if grad(name) in trace.outputs}
    return ActBack(trace, {path: ADJOINT}, found)


def at_once(
    flow: Wiring, group: Group, name: str, kind: str, reads: Mapping[str, Provenance], arrived: Mapping[Result, tuple[str, Tensor]]
) -> ActBack | None:
    """All of a group with autograd's numbers: from the gradients of its results, by their paths, to all that it ``reads``; none where none
    of that has a derivative.
    """
    leaves = {path: one.read.tensor.detach().clone().requires_grad_() for path, one in reads.items()}
    with torch.enable_grad():
        made = through(flow, group.operations, {id(reads[path].read.tensor): leaf for path, leaf in leaves.items()})
        ends = [result for result in arrived if made[result].requires_grad]
        if not ends or not leaves:
            return None
        sent = [arrived[result][1].reshape(made[result].shape) for result in ends]
        back = torch.autograd.grad([made[result] for result in ends], [*leaves.values()], sent, allow_unused=True)
    found = {path: one.detach() for path, one in zip(leaves, back, strict=True) if one is not None}
    texts = [one.text or one.name for one in group.working]
    names = {path: ADJOINT if path == FIRST[0] else grad(path) for path, _ in arrived.values()}
    given = {names[path]: tensor for path, tensor in arrived.values()}
    trace = whole(f"{name}, back", f"Back through {kind}", texts, 0, given, {grad(path): one for path, one in found.items()}, AUTOGRAD)
    return ActBack(trace, names, {path: grad(path) for path in found})


def origins(flow: Wiring, group: Group, depends: Callable[[Read], bool]) -> dict[int, Provenance]:
    """Of all that a group computes with, where the numbers were made, by the ids of these tensors; that outside to which something comes
    back.
    """
    inside = {operation.index for operation in group.operations}
    found: dict[int, Provenance] = {}
    for read in (read for operation in group.working for read in operation.reads):
        origin = flow.origin(read)
        is_outside = origin.result is None or origin.result[0] not in inside
        if is_outside and depends(read) and depends(origin.read):
            found.setdefault(id(origin.read.tensor), origin)
    return found
