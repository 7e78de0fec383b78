"""Whether a trace can be drawn: what a clip takes besides its frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine import budget
from engine.budget import Cost

if TYPE_CHECKING:
    from engine.trace import Trace

#: Steps that are cut out of a trace, to find out how much room numbers take and to be shown.
STEPS = 20
#: Every number of an output becomes a dot or a digit again and again, every number of an input once or twice; in numbers moved.
OUTPUT, INPUT = 600, 100
#: Of a step with so many terms nothing more is to be known.
ENOUGH = 100_000


def check_room(trace: Trace) -> None:
    """Raises :class:`InputError` if the trace is too large for a clip; larger ones can be printed all the same."""
    terms = _terms(trace)
    what = f"a clip of steps with {terms:,} terms"
    budget.ask(
        what, _cut, {"terms": terms}, {("terms",): "inputs whose sums have at most about {} terms, or print them by tensorreel trace"}
    )
    numbers = {"outputs": _numbers(trace.outputs), "inputs": _numbers(trace.inputs)}
    shown = f"a clip that shows {sum(numbers.values()):,} numbers"
    words = "inputs that make at most about {} numbers, or print them by tensorreel trace"
    budget.ask(shown, _shown, numbers, {("outputs", "inputs"): words})


def _cut(terms: int) -> Cost:
    return Cost(terms=STEPS * terms / 2)


def _shown(outputs: int, inputs: int) -> Cost:
    return Cost(values=4 * outputs + 4 * inputs, moved=OUTPUT * outputs + INPUT * inputs)


def _terms(trace: Trace) -> int:
    """Of the longest of some steps."""
    most = 0
    for k in (0, *trace.lessons):
        most = max(most, len(trace[k].terms))
        if most >= ENOUGH:
            break
    return most


def _numbers(tensors: Mapping[str, Any]) -> int:
    from engine.paths import by_path

    return sum(tensor.numel() for _, tensor in by_path(tensors))
