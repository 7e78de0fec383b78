"""A trace as JSON, for other programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from torch import Tensor

from engine.play import Play, by_acts
from engine.trace import Step, Trace

#: Numbers of a tensor that are written at once.
AT_ONCE = 4096


def json_pieces(trace: Trace, steps: Iterable[int], *, outputs: bool = True) -> Iterator[str]:
    """The trace as JSON text, piece by piece, so that a long one never stands in memory whole; of a play every act, one after the other.

    Floats print so that they read back the same. JSON has no word for them, so nan and infinities are the strings ``"NaN"``,
    ``"Infinity"`` and ``"-Infinity"``.
    """
    if isinstance(trace, Play):
        yield from _play(trace, steps, outputs=outputs)
    else:
        yield "{" + _head(trace)
        yield from _body(trace, map(trace.__getitem__, steps), outputs=outputs)
    yield "}\n"


def _head(trace: Trace) -> str:
    head = {"concept": trace.concept, "params": dict(trace.params), "device": trace.device, "dtype": trace.dtype}
    return _dumped(head)[1:-1]


def _body(trace: Trace, steps: Iterable[Step], *, outputs: bool) -> Iterator[str]:
    yield ', "inputs": '
    yield from _tensors(trace.inputs)
    yield ', "steps": ['
    for number, step in enumerate(steps):
        yield (", " if number else "") + _dumped(step_record(step))
    yield "]"
    if outputs:
        yield ', "outputs": '
        yield from _tensors(trace.outputs)
    yield _reference(trace)


def _reference(trace: Trace) -> str:
    return f', "reference": {_dumped({"name": trace.reference.name, "max_abs_error": trace.reference.max_abs_error})}'


def _play(play: Play, steps: Iterable[int], *, outputs: bool) -> Iterator[str]:
    """Act by act, their steps with the numbers of the whole; the outputs of the whole are those of the last act."""
    yield "{" + _head(play) + ', "acts": ['
    for number, (act, found) in enumerate(by_acts(play, steps)):
        named = _dumped({"name": act.name, "takes": {path: list(source) for path, source in act.takes.items()}})
        yield f"{', ' if number else ''}{named[:-1]}, {_head(act.trace)}"
        yield from _body(act.trace, found, outputs=outputs)
        yield "}"
    yield "]"
    if outputs:
        yield ', "outputs": '
        yield from _tensors(play.results)
    yield _reference(play)


def step_record(step: Step) -> dict[str, Any]:
    """A step as it stands in the JSON; the fields are those of :class:`~engine.step.Step`, the last ones where they matter."""
    usual = {"reduce": "sum", "divisor": 1, "apply": "", "accumulate": False}
    return {
        "index": step.index,
        "phase": step.phase,
        "reads": step.reads,
        "terms": step.terms,
        "value": step.value,
        "writes": step.writes,
        "formula": step.formula,
        "say": step.say,
        **{name: getattr(step, name) for name, value in usual.items() if getattr(step, name) != value},
    }


def _tensors(tensors: Mapping[str, Any]) -> Iterator[str]:
    """By their names, each with its shape and, row by row, its data."""
    yield "{"
    for number, (name, tensor) in enumerate(tensors.items()):
        yield f"{', ' if number else ''}{_dumped(name)}: "
        if isinstance(tensor, Mapping):
            yield from _tensors(tensor)
        else:
            yield f'{{"shape": {_dumped(list(tensor.shape))}, "data": '
            yield from _data(tensor)
            yield "}"
    yield "}"


def _data(tensor: Tensor) -> Iterator[str]:
    """Nested lists, of which at most about :data:`AT_ONCE` numbers are text at the same time."""
    if tensor.numel() <= AT_ONCE:
        yield _dumped(tensor.tolist())
        return
    yield "["
    for first in range(0, len(tensor), AT_ONCE if tensor.dim() == 1 else 1):
        yield ", " if first else ""
        yield from [_dumped(tensor[first : first + AT_ONCE].tolist())[1:-1]] if tensor.dim() == 1 else _data(tensor[first])
    yield "]"


def _dumped(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(_named(value), ensure_ascii=False, allow_nan=False)


def _named(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _named(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_named(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
