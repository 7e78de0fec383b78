"""Whether a trace may exist: its numbers are those of torch, and none of them is lost where all that was given is finite."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.errors import CheckError, InputError
from engine.paths import by_path
from engine.reader import given, given_finite, largest
from engine.sentences import cell_name
from engine.stage import PRECISION
from engine.step import Reference, Step

if TYPE_CHECKING:
    from engine.trace import Trace

#: Largest error allowed, relative to the scale of the computation.
TOLERANCE = {getattr(torch, name.removeprefix("torch.")): tolerance for name, (tolerance, _) in PRECISION.items()}
#: So many steps are looked through for the first that is not finite.
LOOKED_THROUGH = 20_000

#: Comparisons of the trace that is being opened in which numbers are too large to compare them, with how they failed if they did.
_doubts: ContextVar[list[CheckError | None] | None] = ContextVar("doubts", default=None)


def compare(name: str, computed: Tensor, expected: Tensor, scale: float) -> Reference:
    """Compares every computed value with torch's.

    ``scale`` bounds the size of the numbers that were added up (so that cancellation does not count as an error). Values that are not
    finite must be the same on both sides.

    Raises :class:`CheckError` beyond tolerance: 1e-10·scale in float64, 1e-5·scale in float32, and in both the smallest number of full
    precision, below which rounding is as large as the numbers. While a trace is opened, values that are not finite are judged at its end.
    """
    if computed.shape != expected.shape:
        raise CheckError(f"the step values have shape {tuple(computed.shape)}, {name} has {tuple(expected.shape)}")
    finite = torch.isfinite(expected)
    is_usual = bool(finite.all())
    same, differences, results = torch.equal(finite, torch.isfinite(computed)), computed - expected, expected
    if not is_usual:  # picking cells copies all of them, which may take longer than torch's own call
        same = same and bool(torch.isclose(computed[~finite], expected[~finite], equal_nan=True).all())
        differences, results = differences[finite], expected[finite]
    error, size = largest(differences), largest(results)
    allowed = TOLERANCE[computed.dtype] * (scale if math.isfinite(scale) else size) + torch.finfo(computed.dtype).tiny
    right = same and error <= allowed
    refused = CheckError(f"the step values differ from {name} by {error:.3g}, more than the {allowed:.3g} allowed")
    # Sums of numbers within this bound are finite: where torch's are too and ours differ, the mistake is in our computation. Beyond it,
    # what they give depends on the order in which they are added, even where a sigmoid hides that a sum was infinite.
    bounded = scale < torch.finfo(computed.dtype).max
    doubts = _doubts.get()
    if not right and (doubts is None or (bounded and is_usual)):
        raise refused
    if doubts is not None and not (right and bounded):
        doubts.append(None if right else refused)
    return Reference(name, error, size or scale)


@dataclass(frozen=True)
class Allowed:
    """Where numbers may be not finite: ``infinite`` names tensors in which −∞ is ordinary, as it says that something is left out,
    ``overflows`` results that show how numbers are lost.
    """

    infinite: Sequence[str] = ()
    overflows: Sequence[str] = ()

    def is_lost(self, path: str, numbers: Tensor) -> bool:
        """Whether one of the numbers of a tensor is lost."""
        sound = torch.isfinite(numbers)
        if path in self.infinite:
            sound |= numbers == -math.inf
        return path not in self.overflows and not bool(sound.all())


@contextmanager
def judged(allowed: Allowed) -> Iterator[Callable[[Trace], None]]:
    """Notes what is given to a trace and how it compares; what it gives judges the trace."""
    noted, doubts = given.set([]), _doubts.set([])
    try:
        yield lambda trace: _judge(trace, allowed)
    finally:
        given.reset(noted)
        _doubts.reset(doubts)


def _judge(trace: Trace, allowed: Allowed) -> None:
    """Raises :class:`InputError` where finite numbers made one that is not, :class:`CheckError` where numbers differ from torch's."""
    doubts = _doubts.get() or []
    outputs = {} if trace.is_judged else trace.outputs
    lost = [path for path, tensor in by_path(outputs) if allowed.is_lost(path, tensor)]
    if (lost or doubts) and given_finite(allowed.infinite):
        raise InputError(_lost(trace, allowed) if lost else _uncertain(trace))
    for refused in filter(None, doubts):
        raise refused


def _lost(trace: Trace, allowed: Allowed) -> str:
    """Names the first step whose value is not finite."""
    step = next((step for step in islice(trace, LOOKED_THROUGH) if _loses(step, allowed)), None)
    if step is None:
        return f"a step after the first {LOOKED_THROUGH:,} is not finite, {_limits(trace)}"
    path, cells = next(iter(step.writes.items()))
    if not step.divisor:
        over = getattr(step, "over", None)
        what = f"{cell_name(*over)}, which is 0" if over else "0"
        return (
            f"{cell_name(path, cells[0])} is divided by {what}, in step {step.index} ({step.phase}); give numbers that are not divided by 0"
        )
    value = "NaN" if math.isnan(step.value) else "infinite"
    return f"{cell_name(path, cells[0])} is {value} in step {step.index} ({step.phase}), {_limits(trace)}"


def _uncertain(trace: Trace) -> str:
    return f"on the way some numbers become too large to tell what these give, {_limits(trace)}"


def _loses(step: Step, allowed: Allowed) -> bool:
    return all(allowed.is_lost(path, torch.tensor(step.value)) for path in step.writes)


def _limits(trace: Trace) -> str:
    most = torch.finfo(getattr(torch, trace.dtype)).max
    wider = ", or compute in float64" if trace.dtype == "float32" else ""
    plain = [(abs(value), name) for name, value in trace.params.items() if isinstance(value, float)]
    biggest = max([*plain, *((largest(tensor), name) for name, tensor in given.get() or [] if tensor.isfinite().all())], default=None)
    given_most = f" (the largest now is {biggest[0]:.3g}, in {biggest[1]})" if biggest else ""
    return f"since {trace.dtype} ends at {most:.2g}; give numbers that are nearer to 1{given_most}{wider}"
