"""What a reader has on paper while a sum is added up."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import accumulate

from engine.attempt import EXACT, added_up, agree
from engine.numbers import CANCELS, Sum, is_finite
from engine.spelling import (
    EXPONENT_DIGITS,
    LARGE,
    MOST_DECIMALS,
    MOST_DIGITS,
    USUAL_DECIMALS,
    Way,
    all_digits,
    plain,
    read,
    significant,
    unit_of,
)

#: Digits of a sum that is carried over to the next line.
MOST_CARRIED = 12


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


def carried_sums(written: Sum, sums: Sequence[str]) -> list[str]:
    """The same sums, each fine enough to stand in place of its terms before others are added: all of ``sums`` behind it stay near.

    No number gets more than :data:`MOST_CARRIED` digits; what even these lose, :func:`relation` tells.
    """
    if written.reduce == "max" or not all(read(text).is_finite() for text in (written.value, *(t for term in written.terms for t in term))):
        return [*sums]
    totals = list(accumulate((added_up([[read(text) for text in term]]) for term in written.terms), EXACT.add))
    exact = written.relation == "="
    room = [*(unit_of(text) / 2 for text in sums[:-1]), Decimal(0) if exact else _room(totals[-1], sums[-1])]
    least = [*accumulate(reversed(room), min)][::-1]
    return [_finely(total, behind) for total, behind in zip(totals, [*least[1:], least[-1]], strict=True)]


def _room(total: Decimal, value: str) -> Decimal:
    """How much further the terms may be from the value that they are near."""
    return max(Decimal(0), unit_of(value) - EXACT.abs(EXACT.subtract(total, read(value))))


def _finely(total: Decimal, room: Decimal) -> str:
    """A sum rounded by no more than ``room``, with as few digits as that takes."""
    at_least = max(1, total.adjusted() - room.adjusted() + 1) if room else MOST_CARRIED
    return significant(total, min(MOST_CARRIED, at_least)) if total else "0"


def _rounded(total: Decimal, way: Way) -> str:
    """A sum as it is shown; to significant digits where decimals would lose it. It may be beyond all floats."""
    if way.significant or abs(total) >= LARGE:
        return significant(total, max(way.digits, MOST_DIGITS + 1))
    near = total.quantize(Decimal(1).scaleb(-way.digits), context=EXACT)
    return all_digits(near) if near or not total else significant(total, EXPONENT_DIGITS)


def _largest(numbers: Sequence[float]) -> float:
    """As torch has it: nan if there is one."""
    return math.nan if any(map(math.isnan, numbers)) else max(numbers)


def relation(terms: Iterable[Sequence[str]], total: str) -> str:
    """What stands between a sum of products of numbers as they are written and the written ``total``.

    ``=`` if the one is exactly the other, ``≈`` if it is within one unit of its last digit and on its side of 0, otherwise :data:`CANCELS`.
    """
    numbers = [[read(text) for text in term] for term in terms]
    whole = read(total)
    if not whole.is_finite() or not all(x.is_finite() for term in numbers for x in term):
        return "="  # there is nothing to add up
    found = added_up(numbers)
    return "=" if found == whole else "≈" if agree(found, whole, unit_of(total)) else CANCELS
