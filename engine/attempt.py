"""Whether the numbers of a sum, written in some way, still give its result."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal

from engine.functions import FUNCTIONS, added
from engine.spelling import LARGE, LARGE_WHOLE, MINUS, MOST_DIGITS, Way, read

#: Enough digits for any sum of products of floats as they are shown; the 28 of Python's default would swallow terms.
EXACT = Context(prec=5000)
#: A sum of more terms may take several lines. What is carried over to the next one is rounded, so that there ``≈`` has to be nearer than
#: a unit of the last digit.
_ONE_LINE, _NEARER = 6, Decimal("0.9")
#: Relative error of a product in floats, with room to spare; of factors in this range, for others may leave that of floats.
_FLOAT_ERROR, _FLOAT_RANGE = 1e-13, (1e-90, 1e90)
#: Whole floats below this add up exactly.
_WHOLE = 2.0**53


def added_up(terms: Iterable[Iterable[Decimal]]) -> Decimal:
    """The exact sum of products."""
    total = Decimal(0)
    for term in terms:
        total = EXACT.add(total, functools.reduce(EXACT.multiply, term, Decimal(1)))
    return total


def agree(found: Decimal, shown: Decimal, allowed: Decimal) -> bool:
    """Whether two numbers are no more than ``allowed`` apart, and on the same side of 0: nothing but 0 is near it."""
    same_side = not shown or (bool(found) and found.is_signed() == shown.is_signed())
    return same_side and EXACT.abs(EXACT.subtract(found, shown)) <= allowed


def divisor_text(divisor: float, way: Way) -> str:
    """A whole divisor has all its digits."""
    if math.isfinite(divisor) and divisor == int(divisor) and abs(divisor) < LARGE_WHOLE:
        return str(int(divisor)).replace("-", MINUS)
    return way.text(divisor)


@dataclass(frozen=True)
class Attempt:
    """The numbers of ``apply``(a sum of products) / ``divisor`` = ``value``, and what is on paper if they are written in some way."""

    terms: Sequence[Sequence[float]]
    value: float
    divisor: float
    apply: str
    #: What was found out about a way, which is asked for an exact result, for one that is near, and in the end for its texts.
    _texts: dict[Way, tuple[tuple[str, ...], ...]] = field(default_factory=dict, repr=False, compare=False)
    _sums: dict[Way, tuple[float, float]] = field(default_factory=dict, repr=False, compare=False)

    def texts(self, way: Way) -> tuple[tuple[str, ...], ...]:
        """The terms as they are shown."""
        if way not in self._texts:
            self._texts[way] = tuple(tuple([way.text(x) for x in term]) for term in self.terms)
        return self._texts[way]

    @functools.cached_property
    def _sizes(self) -> tuple[float, float]:
        """Of the smallest factor that is not 0, and of the largest one."""
        sizes = [abs(x) for term in self.terms for x in term if x]
        return min(sizes, default=math.inf), max(sizes, default=0.0)

    @property
    def has_few_digits(self) -> bool:
        """Whether seven digits are all that its numbers have; of others no fewer digits add up exactly, but by chance."""
        way = Way(MOST_DIGITS, True)
        return all(way.near(x) == x for term in self.terms for x in (*term, self.divisor))

    def total(self, way: Way) -> Decimal:
        """Of the terms as they are shown."""
        return added_up([read(text) for text in term] for term in self.texts(way))

    def is_exact(self, way: Way, value: str) -> bool:
        """Whether the shown numbers give the shown value."""
        shown = EXACT.multiply(read(value), read(divisor_text(self.divisor, way)))
        if not self.apply:
            return self._within(way, shown, Decimal(0))
        function, total = FUNCTIONS[self.apply], self.total(way)
        there = float(total)
        return function.exact(there) and Decimal(repr(there)) == total and Decimal(repr(function.of(there))) == shown

    def is_near(self, way: Way, value: str, unit: Decimal) -> bool:
        """Whether the shown numbers give the shown value to within a ``unit``."""
        by = read(divisor_text(self.divisor, way))
        allowed = unit if len(self.terms) <= _ONE_LINE else EXACT.multiply(unit, _NEARER)
        if not self.apply:
            return self._within(way, EXACT.multiply(read(value), by), EXACT.multiply(allowed, abs(by)))
        # outside its domain, into which rounding may lead, a function's value is nan
        reached = FUNCTIONS[self.apply].value(float(self.total(way))) / float(by) if by else math.nan
        return math.isfinite(reached) and agree(Decimal(reached), read(value), allowed)

    def _within(self, way: Way, shown: Decimal, allowed: Decimal) -> bool:
        """Whether the shown terms add up to what agrees (:func:`agree`) with ``shown``.

        Exact sums take long, so floats have the first look: where they are further from the limit than they can err, they decide.
        """
        total, size = self._in_floats(way)
        if math.isfinite(size):
            goal, limit = float(shown), float(allowed)
            error = _FLOAT_ERROR * (size + abs(goal) + limit)
            beyond = abs(total - goal) - limit
            if math.isfinite(beyond) and abs(beyond) > error and (beyond > 0 or not goal or abs(total) > error):
                return beyond < 0 and total * goal >= 0
        is_whole = way == Way(0) and self._sizes[0] >= 1 and size < _WHOLE
        return agree(Decimal(total) if is_whole else self.total(way), shown, allowed)

    def _in_floats(self, way: Way) -> tuple[float, float]:
        """The sum of the terms as they are shown, and that of their sizes; infinite where floats cannot be trusted with them."""
        if way not in self._sums:
            products_ = [math.prod(term) for term in factors] if (factors := self._near(way)) else [math.inf]
            self._sums[way] = added(products_), added(map(abs, products_))
        return self._sums[way]

    def _near(self, way: Way) -> list[list[float]]:
        """The terms as they are shown, as floats; none where these cannot be trusted."""
        smallest, largest = self._sizes
        if not way.significant and 10.0**-way.digits < smallest and largest < LARGE - 1:
            return [[round(x, way.digits) for x in term] for term in self.terms]
        factors = [[way.near(x) for x in term] for term in self.terms]
        least, most = _FLOAT_RANGE
        return factors if all(not x or least < abs(x) < most for term in factors for x in term) else []

    def zero(self, way: Way) -> Decimal:
        """The unit of a result that is 0, whose digits say nothing: what the terms are written to, but no more than 1."""
        largest = max((abs(math.prod(term)) for term in self.terms), default=0.0)
        return min(Decimal(1), Decimal(largest).scaleb(1 - way.digits)) if math.isfinite(largest) else Decimal(0)
