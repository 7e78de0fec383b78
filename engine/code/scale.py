"""How large the numbers of torch code are, against which its errors are measured."""

from __future__ import annotations

from torch import Tensor

from engine.ops.elementwise import Quotient
from engine.ops.value import Call, Value
from engine.reader import largest
from engine.verdict import TOLERANCE


def scale_of(value: Value, measured: Tensor) -> float:
    """The largest finite number on the way to a value, or more where a small difference of large numbers is divided: its error grows.

    Where numbers on the way are less precise than what is ``measured``, it is so much more.
    """
    behind = all_behind(value)
    least = max(TOLERANCE.get(one.tensor.dtype, 0.0) for one in behind) / TOLERANCE.get(measured.dtype, 1.0)
    sizes = {id(one): largest(one.tensor[one.tensor.isfinite()]) for one in behind if one.counts}
    calls = {id(one.call): one.call for one in behind if one.call is not None}
    return least * max([1.0, *sizes.values(), *(_grown(call, sizes) for call in calls.values() if isinstance(call.rule, Quotient))])


def _grown(call: Call, sizes: dict[int, float]) -> float:
    """The largest number behind a quotient over the smallest divisor, times the largest of all others, which it may meet later on."""
    above, below = call.values.get("input"), call.values.get("other")
    if above is None or below is None or not bool((below.tensor != 0).all()):
        return 0.0
    behind = {id(one) for one in all_behind(above)}
    most = max(sizes.get(one, 0.0) for one in behind)
    return most / float(below.tensor.abs().min()) * max([1.0, *(size for one, size in sizes.items() if one not in behind)])


def all_behind(value: Value) -> list[Value]:
    """A value and all that it is computed from."""
    found: dict[int, Value] = {}
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if id(one) not in found:
            found[id(one)] = one
            waiting += one.call.values.values() if one.call else ()
    return list(found.values())
