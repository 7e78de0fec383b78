"""The derivative of a node along an edge: of one cell, from the factors of its step, and in names."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.concepts.backprop.graph import Node
from engine.concepts.backprop.rules import Inverse, SoftmaxRule
from engine.concepts.backprop.spelling import bracketed, monomial
from engine.ops.value import Call, Value
from engine.stage import Operand, Place, Work
from engine.step import Cell


@dataclass(frozen=True)
class Local:
    """Cell ``out`` of the result changes ``slope`` times as much as the cell read; ``uses`` are the cells that this number takes."""

    out: Cell
    slope: float
    uses: Sequence[Place]


def locals_of(made: Value, read: Value, cell: Cell) -> list[Local]:
    """The derivatives of all cells of a node that read a cell of an argument."""
    return [_local(made, read, cell, out) for out in dict.fromkeys(_readers(made, read, cell))]


def _readers(made: Value, read: Value, cell: Cell) -> Iterator[Cell]:
    """The cells of a value that are computed from a cell of another one, along whatever has no name."""
    assert made.call is not None
    for argument, value in made.call.values.items():
        cells = [cell] if value is read else [] if value.name or value.call is None else _readers(value, read, cell)
        for at in cells:
            yield from made.call.rule.readers(made.call, made.output, argument, at)


def _local(made: Value, read: Value, cell: Cell, out: Cell) -> Local:
    work, place, y = made.made(out), (read.name, cell), made.tensor[out].item()
    rule = _call(made).rule
    if isinstance(rule, SoftmaxRule):
        here, other = (made.name, out), (made.name, cell)
        return Local(out, made.tensor[cell].item() * ((cell == out) - y), list(dict.fromkeys((other, here))))
    below = work.divisor.places[0] if isinstance(work.divisor, Operand) else None
    if below == place:
        power = _call(made).get("exponent") if isinstance(rule, Inverse) else 1
        return Local(out, -power * y / read.tensor[cell].item(), [(made.name, out), place])
    if work.reduce == "max":
        largest = work.result
        equal = sum(x == largest for (x,) in work.terms)
        return Local(out, 1 / equal if read.tensor[cell].item() == largest else 0.0, [place])
    if work.apply:
        return Local(out, work.slope_at(y), [(made.name, out) if work.apply in OF_RESULT else place])
    return Local(out, _partial(work, place, read.tensor[cell].item()), _others(work, place, below))


def _call(made: Value) -> Call:
    assert made.call is not None
    return made.call


def _partial(work: Work, place: Place, value: float) -> float:
    """The derivative of a sum of products: of every product in which a cell stands, the other factors."""
    total = 0.0
    for factors, places in zip(work.terms, work.places, strict=True):
        times = places.count(place)
        if times:
            which = places.index(place)
            sign = math.copysign(1.0, factors[which]) * math.copysign(1.0, value)
            total += math.prod((sign * times, *(x for n, x in enumerate(factors) if n != which)))
    return total / work.by


def _others(work: Work, place: Place, below: Place | None) -> list[Place]:
    """The cells of the other factors, by the places of their names."""
    found = []
    for places in work.places:
        if place in places:
            rest = list(places)
            rest.remove(place)
            found += [one for one in rest if one is not None]
    return [*dict.fromkeys(found), *([below] if below is not None else [])]


# --- in names ----------------------------------------------------------------------------------------------------------------------------

#: The derivative of a function in names of its argument and its result.
NAMED = {
    "exp": "{y}",
    "log": "1/{x}",
    "sqrt": "1/(2·{y})",
    "sin": "cos({x})",
    "cos": "−sin({x})",
    "sigmoid": "{y}·(1 − {y})",
    "tanh": "1 − {y}²",
    "relu": "1 if {x} > 0, else 0",
    "abs": "the sign of {x}",
}
#: Those that take the result.
OF_RESULT = ("exp", "sqrt", "sigmoid", "tanh")


def slope_text(n: Node, labels: Sequence[str], slot: int) -> str:
    """The derivative of a node with respect to one of its arguments."""
    if n.op == "sum":
        return _of_sum(n, dict(zip(n.args, labels, strict=True)), n.args[slot])
    if n.op == "quotient":
        return _of_quotient(n, labels, slot)
    if n.op == "power":
        return f"{monomial(n.number, [])}·{bracketed(labels[0])}^({monomial(n.number - 1, [])})"
    if n.op in NAMED:
        x = labels[0] if n.op in ("sin", "cos") else bracketed(labels[0])
        return NAMED[n.op].format(x=x, y=n.label if n.op == "exp" else bracketed(n.label))
    share = bracketed(n.label)
    return {
        "matmul": monomial(1.0, [labels[1 - slot]]) if n.op == "matmul" else "",
        "transpose": "1",
        "total": "1",
        "mean": "1/n",
        "max": "1 where it is the largest, else 0",
        "softmax": f"{share}·(1 − {share}) for the same cell, −{share}·{share} for another",
    }[n.op]


def _of_sum(n: Node, labels: dict[str, str], name: str) -> str:
    """By the power rule."""
    parts = []
    for coefficient, names in n.terms:
        power = names.count(name)
        if power:
            others = list(names)
            others.remove(name)
            parts.append(monomial(coefficient * power / n.number, [labels[one] for one in others]))
    return " + ".join(parts)


def _of_quotient(n: Node, labels: Sequence[str], slot: int) -> str:
    below = bracketed(labels[-1])
    top = monomial(n.number, []) if len(labels) == 1 else bracketed(labels[0])
    return f"1/{below}" if slot < len(labels) - 1 else f"−{top}/{below}²".removeprefix("−−")
