"""A worksheet in plain text, for a person with a pencil; and the lines that all worksheets have."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from torch import Tensor

from engine.numbers import LARGE, MOST_DECIMALS, abridged, decimals_needed, plain, significant, sum_line, written
from engine.play import Play, by_acts
from engine.sentences import cell_name, times
from engine.spelling import MOST_DIGITS
from engine.trace import Step, Trace, by_path

#: Tensors with more values than this are named, not written out.
MOST_VALUES = 1024


def text_pieces(trace: Trace, steps: Iterable[int], *, outputs: bool = True) -> Iterator[str]:
    """The worksheet of a trace with these steps."""
    yield f"{trace.title}\n{'=' * len(trace.title)}\n\n{trace.opening}\n"
    if isinstance(trace, Play):
        for act, found in by_acts(trace, steps):
            yield f"\n{act.name}\n{'=' * len(act.name)}\n\n{act.trace.opening}\n"
            yield "".join(f"\n{taken}\n" for taken in act.taken)
            yield from _worked(act.inputs, found, act.trace.outputs if outputs else {})
    else:
        yield from _worked(trace.inputs, map(trace.__getitem__, steps), trace.outputs if outputs else {})
    yield f"\n{trace.closing}\n"


def _worked(inputs: Mapping[str, Any], steps: Iterable[Step], outputs: Mapping[str, Any]) -> Iterator[str]:
    yield from _matrices(inputs)
    for phase, found in groupby(steps, lambda step: step.phase):
        yield f"\n{phase}\n{'-' * 40}\n"
        yield from (f"{step.index + 1}. {step.say}\n   {result_line(step)}\n" for step in found)
    yield from _matrices(outputs)


def result_line(step: Step, most_terms: int | None = None) -> str:
    """The cells that a step writes and its sum, as ``output[0, 1, 2] = 1·2 + 3·4 = 14``; of ``most_terms`` terms, dots for the others."""
    names = [cell_name(tensor, cell) for tensor, cells in step.writes.items() for cell in cells]
    text = written(step.terms, step.value, step.reduce, step.divisor, step.apply)
    line = sum_line(text if most_terms is None else abridged(text, most_terms))
    if not step.accumulate:
        return f"{', '.join(names)} = {line}"
    left, _, right = line.rpartition(" = ")
    return f"{', '.join(names)} += {right if left == right else line}"


def _matrices(tensors: Mapping[str, Any]) -> Iterator[str]:
    for name, tensor in by_path(tensors):
        yield f"\n{f'{name} {times(tensor.shape)}'.rstrip()}\n"
        if tensor.numel() > MOST_VALUES:
            yield f"({tensor.numel():,} values)\n"
            continue
        for title, rows in planes(name, tensor):
            yield f"{title}\n\n" if title else ""
            width = max(len(text) for row in rows for text in row)
            yield "".join("  " + "  ".join(text.rjust(width) for text in row) + "\n" for row in rows) + "\n"


def planes(name: str, tensor: Tensor) -> Iterator[tuple[str, list[list[str]]]]:
    """The rows of a tensor as text, plane by plane; where there are several, each with its name."""
    values = tensor.tolist() if tensor.dim() else [tensor.item()]
    decimals = decimals_needed(tensor.flatten().tolist(), at_most=4)
    if tensor.dim() < 2:
        yield "", [[_cell(v, decimals) for v in values]]
        return
    flat = tensor.reshape(-1, *tensor.shape[-2:])
    for i, plane in enumerate(flat.tolist()):
        at, lead = [], i
        for n in reversed(tensor.shape[:-2]):
            lead, index = divmod(lead, n)
            at.append(index)
        yield cell_name(name, tuple(reversed(at))) if len(flat) > 1 else "", [[_cell(v, decimals) for v in row] for row in plane]


def _cell(x: float, decimals: int) -> str:
    """A number of a tensor; with all its digits where it would be written with an exponent, as there is room for them on paper."""
    usual = not x or not math.isfinite(x) or 10.0**-MOST_DECIMALS <= abs(x) < LARGE
    return plain(x, decimals) if usual else significant(x, MOST_DIGITS)
