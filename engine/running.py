"""What a reader has on paper while a sum is added up."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from decimal import Decimal

from engine.numbers import CANCELS, EXACT, Sum, added_up, is_finite
from engine.spelling import (
    EXPONENT_DIGITS,
    LARGE,
    MOST_DECIMALS,
    MOST_DIGITS,
    USUAL_DECIMALS,
    Way,
    plain,
    read,
    shown,
    significant,
    unit_of,
)


def running_sums(terms: Sequence[Sequence[float]], written: Sum) -> list[str]:
    """What a reader has after each term of ``written``: the sum of the shown terms, and at the end the shown value.

    Sums are rounded to four decimals, or one digit finer than their terms, where they need more; :func:`relation` says whether one is
    exact. For ``max`` it is the largest so far.
    """
    if written.reduce == "max":
        return [written.way.text(_largest([x for (x,) in terms[: i + 1]])) for i in range(len(terms))]
    if not is_finite(terms, 0.0):
        return [plain(sum(math.prod(t) for t in terms[: i + 1]), USUAL_DECIMALS) for i in range(len(terms) - 1)] + [written.value]
    way = Way(written.digits + 1, True) if written.digits else Way(MOST_DECIMALS if written.relation == "=" else written.decimals + 1)
    totals, total = [], Decimal(0)
    for term in written.terms:
        total = EXACT.add(total, functools.reduce(EXACT.multiply, map(read, term), Decimal(1)))
        totals.append(_rounded(total, way))
    return [*totals[:-1], written.value]


def _rounded(total: Decimal, way: Way) -> str:
    """A sum as it is shown; to significant digits where decimals would lose it. It may be beyond all floats."""
    if way.significant or abs(total) >= LARGE:
        return significant(total, max(way.digits, MOST_DIGITS + 1))
    near = total.quantize(Decimal(1).scaleb(-way.digits), context=EXACT)
    return shown(near) if near or not total else significant(total, EXPONENT_DIGITS)


def _largest(numbers: Sequence[float]) -> float:
    """As torch has it: nan if there is one."""
    return math.nan if any(map(math.isnan, numbers)) else max(numbers)


def relation(terms: Iterable[Sequence[str]], total: str) -> str:
    """What stands between a sum of products of numbers as they are written and the written ``total``.

    ``=`` if the one is exactly the other, ``≈`` if it is within one unit of its last digit, otherwise :data:`CANCELS`.
    """
    numbers = [[read(text) for text in term] for term in terms]
    whole = read(total)
    if not whole.is_finite() or not all(x.is_finite() for term in numbers for x in term):
        return "="  # there is nothing to add up
    off = EXACT.abs(EXACT.subtract(added_up(numbers), whole))
    return "=" if not off else "≈" if off <= unit_of(total) else CANCELS
