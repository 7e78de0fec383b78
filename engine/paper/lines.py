"""What all papers have: the line of a step, and the rows of a tensor."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from torch import Tensor

from engine.numbers import LARGE, MOST_DECIMALS, abridged, decimals_needed, plain, significant, sourced, sum_line, written
from engine.sentences import cell_name
from engine.spelling import MOST_DIGITS

if TYPE_CHECKING:
    from engine.step import Step


#: Of a step that computes nothing.
NO_RESULT = "no result"


def result_line(step: Step, most_terms: int | None = None) -> str:
    """The cells that a step writes and its sum, as ``output[0, 1, 2] = 1·2 + 3·4 = 14``; of ``most_terms`` terms, dots for the others."""
    if not step.writes:
        return NO_RESULT
    names = [cell_name(tensor, cell) for tensor, cells in step.writes.items() for cell in cells]
    text = written(step.terms, step.value, step.reduce, step.divisor, step.apply)
    line = sourced(getattr(step, "source", ""), sum_line(text if most_terms is None else abridged(text, most_terms)))
    return f"{', '.join(names)} {'+=' if step.accumulate else '='} {line}"


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
