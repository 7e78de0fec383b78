"""What one step can do: works are put together to a larger one as long as it is still ``function``(sum of products) / divisor."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace

from engine.stage import Operand, Work, number


class UnfitError(Exception):
    """A work does not fit into the same step as the others; ``which`` of them."""

    def __init__(self, which: int) -> None:
        super().__init__(which)
        self.which = which


def is_sum(work: Work) -> bool:
    """Whether it is a sum of products and nothing else."""
    return not work.apply and work.divisor == 1 and work.reduce == "sum"


def is_product(work: Work) -> bool:
    """Whether it is one product, or one quotient."""
    return not work.apply and work.reduce == "sum" and len(work.sums) == 1 and all(len(one.values) == 1 for one in work.sums[0])


def is_number(work: Work) -> bool:
    """Whether it is one number as it stands."""
    return is_product(work) and work.divisor == 1 and len(work.sums[0]) == 1


def is_column(work: Work) -> bool:
    """Whether it is numbers as they stand, one or several side by side."""
    return is_sum(work) and len(work.sums) == 1 and len(work.sums[0]) == 1


def add(*works: Work) -> Work:
    """Their sum."""
    for which, work in enumerate(works):
        if not is_sum(work):
            raise UnfitError(which)
    return _with(works, [product for work in works for product in work.sums])


def subtract(a: Work, b: Work) -> Work:
    """Their difference: the numbers of the second turn their sign."""
    return add(a, b if not is_sum(b) else negate(b))


def negate(work: Work) -> Work:
    """The sum with other signs."""
    if not is_sum(work):
        raise UnfitError(0)
    return replace(work, sums=[negated(product) for product in work.sums])


def negated(product: Sequence[Operand]) -> tuple[Operand, ...]:
    """A product with its other sign, which the first number takes."""
    first, *others = product
    return first.turned, *others


def multiply(a: Work, b: Work) -> Work:
    """Their product."""
    for which, work in enumerate((a, b)):
        if not is_product(work) or (which and work.divisor != 1 and a.divisor != 1):
            raise UnfitError(which)
    divisor = b.divisor if a.divisor == 1 else a.divisor
    return replace(_with((a, b), [(*a.sums[0], *b.sums[0])]), divisor=divisor)


def divide(a: Work, b: Work) -> Work:
    """Their quotient."""
    if a.divisor != 1 or a.reduce != "sum":
        raise UnfitError(0)
    if not is_number(b) or b.sums[0][0].made:
        raise UnfitError(1)
    ((below,),) = b.sums
    return replace(_with((a, b), a.sums), apply=a.apply, divisor=below)  # an operand even if it stands nowhere: 1 is one divisor of many


def power(one: Work, exponent: int) -> Work:
    """Its product with itself, so many times."""
    if one.divisor != 1:
        raise UnfitError(0)
    return functools.reduce(multiply, [one] * exponent)


def apply(function: str, work: Work) -> Work:
    """A function of a sum."""
    if not is_sum(work):
        raise UnfitError(0)
    return replace(work, apply=function)


def total(works: Sequence[Work], divisor: float = 1) -> Work:
    """The sum of many, divided by a number; products of the same length stand side by side."""
    if not works:
        return constant(0.0)
    if not all(map(is_sum, works)):
        raise UnfitError(0)
    if all(len(work.sums) == 1 and len(work.sums[0]) == len(works[0].sums[0]) for work in works):
        columns = zip(*(work.sums[0] for work in works), strict=True)
        return replace(_with(works, [tuple(map(_side_by_side, columns))]), divisor=divisor)
    return replace(add(*works), divisor=divisor)


def maximum(works: Sequence[Work]) -> Work:
    """The largest of many numbers."""
    for which, work in enumerate(works):
        if not is_column(work):
            raise UnfitError(which)
    return replace(_with(works, [(_side_by_side([work.sums[0][0] for work in works]),)]), reduce="max")


def product(works: Sequence[Work]) -> Work:
    """The product of many numbers."""
    if not all(map(is_number, works)):
        raise UnfitError(0)
    return _with(works, [tuple(work.sums[0][0] for work in works)]) if works else constant(1.0)


def constant(value: float) -> Work:
    """A number that stands nowhere."""
    return Work([(number(value),)])


def _side_by_side(operands: Sequence[Operand]) -> Operand:
    places = [place for one in operands for place in one.places]
    made = [way for one in operands for way in one.ways] if any(one.made for one in operands) else ()
    return Operand(places, [value for one in operands for value in one.values], operands[0].path, made)


def _with(works: Sequence[Work], sums: Sequence[tuple[Operand, ...]]) -> Work:
    """What else they look at is kept."""
    return Work(sums, beside=[one for work in works for one in work.beside])
