"""A trace on paper: as JSON for other programs, as text and Markdown for a person with a pencil."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from engine.checks import shown
from engine.errors import InputError
from engine.numbers import LARGE, MOST_DECIMALS, abridged, decimals_needed, plain, significant, sum_line, written
from engine.paper.markdown import code, escaped
from engine.sentences import cell_name, times
from engine.spelling import MOST_DIGITS
from engine.trace import Step, Trace, by_path

#: Numbers of a tensor that are written to JSON at once.
AT_ONCE = 4096
#: Tensors with more values than this are named, not written out, on a worksheet.
MOST_VALUES = 1024


def parse_steps(text: str, length: int) -> range:
    """``A:B``, as Python slices: from step A up to but without B; either may be left out or count from the end.

    Raises :class:`InputError` for anything else.
    """
    parts = text.split(":")
    try:
        ends = [int(part) if part.strip() else None for part in parts]
    except ValueError:
        ends = []
    if len(ends) != 2:
        raise InputError(f"--steps is {shown(text)}; give A:B, such as 0:3 for the first three steps")
    return range(length)[slice(*ends)]


# --- JSON --------------------------------------------------------------------------------------------------------------------------------


def json_pieces(trace: Trace, steps: Iterable[int], *, outputs: bool = True) -> Iterator[str]:
    """The trace as JSON text, piece by piece, so that a long one never stands in memory whole.

    Floats print so that they read back the same. JSON has no word for them, so nan and infinities are the strings ``"NaN"``,
    ``"Infinity"`` and ``"-Infinity"``.
    """
    head = {"concept": trace.concept, "params": dict(trace.params), "device": trace.device, "dtype": trace.dtype}
    yield _dumped(head)[:-1]
    yield ', "inputs": '
    yield from _tensors(trace.inputs)
    yield ', "steps": ['
    for number, k in enumerate(steps):
        yield (", " if number else "") + _dumped(step_record(trace[k]))
    yield "]"
    if outputs:
        yield ', "outputs": '
        yield from _tensors(trace.outputs)
    reference = {"name": trace.reference.name, "max_abs_error": trace.reference.max_abs_error}
    yield f', "reference": {_dumped(reference)}}}\n'


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


# --- worksheets --------------------------------------------------------------------------------------------------------------------------


def text_pieces(trace: Trace, steps: Iterable[int], *, outputs: bool = True) -> Iterator[str]:
    """A worksheet in plain text."""
    yield f"{trace.title}\n{'=' * len(trace.title)}\n\n{trace.opening}\n"
    yield from _matrices(trace.inputs, _text_matrix, "\n{}\n")
    yield from _worked(trace, steps, "\n{}\n" + "-" * 40 + "\n", "{}. {}\n   {}\n")
    if outputs:
        yield from _matrices(trace.outputs, _text_matrix, "\n{}\n")
    yield f"\n{trace.closing}\n"


def markdown_pieces(trace: Trace, steps: Iterable[int], *, outputs: bool = True) -> Iterator[str]:
    """A worksheet in Markdown, in which words of a user are no markup."""
    yield f"# {escaped(trace.title)}\n\n{escaped(trace.opening)}\n"
    yield from _matrices(trace.inputs, _markdown_matrix, "\n## {}\n\n", escaped)
    yield from _worked(trace, steps, "\n## Steps: {}\n\n", "- **Step {}.** {}  \n  {}\n", escaped, code)
    if outputs:
        yield from _matrices(trace.outputs, _markdown_matrix, "\n## {}\n\n", escaped)
    yield f"\n{escaped(trace.closing)}\n"


def _worked(
    trace: Trace, steps: Iterable[int], heading: str, entry: str, words: Callable[[str], str] = str, line: Callable[[str], str] = str
) -> Iterator[str]:
    """``words`` and ``line`` say how sentences and arithmetic are written."""
    phase = None
    for k in steps:
        step = trace[k]
        if step.phase != phase:
            phase = step.phase
            yield heading.format(words(phase))
        yield entry.format(k + 1, words(step.say), line(result_line(step)))


def result_line(step: Step, most_terms: int | None = None) -> str:
    """The cells that a step writes and its sum, as ``output[0, 1, 2] = 1·2 + 3·4 = 14``; of ``most_terms`` terms, dots for the others."""
    names = [cell_name(tensor, cell) for tensor, cells in step.writes.items() for cell in cells]
    text = written(step.terms, step.value, step.reduce, step.divisor, step.apply)
    line = sum_line(text if most_terms is None else abridged(text, most_terms))
    if not step.accumulate:
        return f"{', '.join(names)} = {line}"
    left, _, right = line.rpartition(" = ")
    return f"{', '.join(names)} += {right if left == right else line}"


def _matrices(
    tensors: Any, matrix: Callable[[Sequence[Sequence[str]]], str], heading: str, words: Callable[[str], str] = str
) -> Iterator[str]:
    for name, tensor in by_path(tensors):
        yield heading.format(f"{words(name)} {times(tensor.shape)}".rstrip())
        if tensor.numel() > MOST_VALUES:
            yield f"({tensor.numel():,} values)\n"
            continue
        for title, rows in planes(name, tensor):
            yield f"{words(title)}\n\n" if title else ""
            yield f"{matrix(rows)}\n"


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


def _text_matrix(rows: Sequence[Sequence[str]]) -> str:
    width = max(len(text) for row in rows for text in row)
    return "".join("  " + "  ".join(text.rjust(width) for text in row) + "\n" for row in rows)


def _markdown_matrix(rows: Sequence[Sequence[str]]) -> str:
    columns = len(rows[0])
    head = "|" + " |" * columns + "\n|" + "---:|" * columns + "\n"
    return head + "".join("| " + " | ".join(row) + " |\n" for row in rows)


FORMATS: dict[str, Callable[..., Iterator[str]]] = {"json": json_pieces, "text": text_pieces, "md": markdown_pieces}
