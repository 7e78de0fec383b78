"""A worksheet in plain text, for a person with a pencil."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from engine.paper.lines import planes, result_line
from engine.paths import by_path
from engine.play import Play, by_acts
from engine.sentences import times
from engine.trace import Step, Trace

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
