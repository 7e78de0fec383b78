"""The call at which a network failed, as the last act of what it did before: what came there, and why it was refused."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from engine.blocks import Blocks
from engine.code.source import statement
from engine.network.failing import Failure, failure
from engine.network.network import Network
from engine.network.opened import Opened
from engine.network.whole import WholeTrace
from engine.numbers import Sum
from engine.recorder.failed import FailedCall, Stopped
from engine.recorder.operation import Read, Recording
from engine.sentences import in_quotes
from engine.stage import Stage, Work
from engine.step import Cell, Reference

#: What is computed there: nothing.
ERROR = "error"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class FailedTrace(WholeTrace):
    """One step without a result. Adds ``failed``, what there is to tell of it, and which of the inputs are ``weights``."""

    failed: Failure
    weights: Sequence[str]

    @property
    def device(self) -> str:
        return "cpu"  # nothing was computed

    @property
    def dtype(self) -> str:
        return str(torch.get_default_dtype()).removeprefix("torch.")


@dataclass(frozen=True, eq=False)
class Failed:
    """A network that failed: the ``recording`` until then, whose outputs are what came to the last call, and that call as an act."""

    recording: Recording
    name: str
    act: Opened
    told: Failure


def failed(error: Exception, found: Stopped, network: Network, names: Mapping[int, str]) -> Failed:
    """What is known of an error that a network raised; ``names`` are those of tensors, by their ids."""
    told, call = failure(error, network), found.call
    came: dict[str, Read] = {}
    for read in call.reads if call else []:
        if read.tensor.numel() and all(one.tensor is not read.tensor for one in came.values()):
            came[_free(names.get(id(read.tensor)) or read.name.rpartition(".")[2] or "input", came)] = read
    made = {path: read for path, read in came.items() if read.source is not None}
    recording = replace(found.recording, outputs=made or _last(found.recording))
    kind = call.name if call else type(error).__name__
    name = f"{call.module}: {kind} fails" if call and call.module else f"{kind} fails" if call else kind
    return Failed(recording, name, Opened(_trace(kind, call, told, came), came, {}), told)


def _last(recording: Recording) -> dict[str, Read]:
    """What was made last, which nothing read any more."""
    return {"output": Read(recording.operations[-1].made[0], recording.operations[-1].index)} if recording.operations else {}


def _free(name: str, taken: Mapping[str, Read]) -> str:
    name = name if name.isidentifier() else "input"
    return next(one for one in (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3))) if one not in taken)


def _trace(kind: str, call: FailedCall | None, told: Failure, came: Mapping[str, Read]) -> FailedTrace:
    inputs = {path: read.tensor.detach() for path, read in came.items()}
    blocks = Blocks()
    blocks.box(ERROR, ERROR, (), ())
    text = (statement(call.file, call.line).text if call else "") or told.code
    return FailedTrace(
        params={},
        inputs=inputs,
        outputs={},
        reference=Reference("", 0.0),
        stages={ERROR: _stage(told, inputs)},
        blocks=blocks,
        opening=f"{told.short}.",
        closing=f"{told.sentence}.",
        formula=f"{in_quotes(kind)}({', '.join(map(in_quotes, inputs))})",
        concept="failed",
        title=f"{kind} fails" if call else kind,
        kind=kind,
        operations=[text] if text else [],
        parameters=0,
        failed=told,
        weights=[path for path, read in came.items() if isinstance(read.tensor, nn.Parameter)],
    )


def _stage(told: Failure, inputs: Mapping[str, Tensor]) -> Stage:
    def formula(cell: Cell, text: Sum) -> str:
        return in_quotes(told.words)

    return Stage(
        path=ERROR,
        values=torch.tensor(math.nan, dtype=torch.float64),
        work=lambda cell: Work([]),
        say=lambda cell, work, text: f"{told.sentence}.",
        caption=lambda cell, work: f"{told.short}.",
        shared=f"{told.short}.",
        writes=lambda cell: {},
        called=lambda cell: ERROR,
        formula=formula,
    )
