"""What is not worked out: what went in, what came out, with torch's own numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.numbers import Sum
from engine.sentences import count, listed
from engine.stage import Stage, Work, number
from engine.step import Cell, Reference
from engine.trace import Trace

#: So many operations are named one by one.
MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class WholeTrace(Trace):
    """Adds the ``kind`` of what is done, its ``operations`` as source text, and how many ``parameters`` it reads."""

    kind: str
    operations: Sequence[str]
    parameters: int


def whole(
    name: str,
    kind: str,
    operations: Sequence[str],
    parameters: int,
    inputs: Mapping[str, Tensor],
    outputs: Mapping[str, Tensor],
    reference: Reference,
) -> WholeTrace:
    """The trace of what a module or some operations did, a step for each number that came out."""
    blocks = Blocks()
    for path, tensor in outputs.items():
        blocks.box(path, path, (0,) * tensor.dim(), tuple(tensor.shape))
    sizes = {path: sentences.size_text(tensor.shape) for path, tensor in (*inputs.items(), *outputs.items())}
    came = listed([sizes[path] for path in inputs])
    made = listed([sizes[path] for path in outputs])
    what = count(parameters, "parameter")
    return WholeTrace(
        params={},
        inputs=inputs,
        outputs=outputs,
        reference=reference,
        stages={path: _stage(path, tensor, name, kind) for path, tensor in outputs.items()},
        blocks=blocks,
        opening=f"{name}, {kind}: {f'{came} become {made}' if came else made}{f', with {what}' if parameters else ''}.",
        closing=sentences.agreement(f"{name} gives {made}", reference),
        formula=f'"{next(iter(outputs))}" = {sentences.in_quotes(kind)}({", ".join(map(sentences.in_quotes, inputs))})',
        concept="whole",
        title=kind,
        kind=kind,
        operations=operations,
        parameters=parameters,
    )


def _stage(path: str, values: Tensor, name: str, kind: str) -> Stage:
    def work(cell: Cell) -> Work:
        return Work([(number(float(values[cell])),)])

    def say(cell: Cell, work: Work, text: Sum) -> str:
        return f"{sentences.cell_name(path, cell)}, computed whole by {kind}: {text.value}."

    return Stage(
        path=path,
        values=values,
        work=work,
        say=say,
        caption=lambda cell, work: f"{name} computes {path} whole.",
        shared=f"{name} computes {path} whole.",
    )
