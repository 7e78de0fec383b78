"""How every equation of the project is written, on screen and on paper.

One rule holds throughout: whoever takes the *shown* numbers and works them out on paper gets the *shown* result after ``=``, and is at most
one unit of its last digit away from it after ``≈``. Where seven digits of every number are not enough for that, the line says that they
cancel. One number alone is written by :mod:`engine.spelling`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal
from typing import Literal

from engine.functions import FUNCTIONS
from engine.spelling import (
    LARGE,
    LARGE_WHOLE,
    MINUS,
    MOST_DECIMALS,
    MOST_DIGITS,
    USUAL_DECIMALS,
    Way,
    decimals_needed,
    factor,
    fitting,
    plain,
    read,
    short,
    significant,
)
from engine.step import added

__all__ = [
    "CANCELS",
    "EXACT",
    "LARGE",
    "MINUS",
    "MOST_DECIMALS",
    "USUAL_DECIMALS",
    "Sum",
    "abridged",
    "added_up",
    "agree",
    "decimals_needed",
    "factor",
    "fitting",
    "is_finite",
    "largest_of",
    "plain",
    "products",
    "short",
    "significant",
    "sum_line",
    "sum_of_products",
    "written",
]

#: Stands between the terms and the result where the digits that are shown cancel.
CANCELS = "cancels to"
#: Of a longer sum fewer ways to write it are tried.
LONG = 64


@dataclass(frozen=True)
class Sum:
    """A sum of products as text: ``terms[i]`` are the factors of product i, ``relation`` is ``=``, ``≈`` or :data:`CANCELS`.

    With ``reduce`` ``max`` it is the largest product instead of their sum. ``apply`` is done to that, a name of
    :data:`engine.functions.FUNCTIONS` or nothing; the result is divided by ``divisor``, which is text too. Its numbers have so many
    ``decimals``, or so many ``digits`` if that is not 0.
    """

    terms: tuple[tuple[str, ...], ...]
    relation: str
    value: str
    decimals: int
    reduce: Literal["sum", "max"] = "sum"
    divisor: str = "1"
    apply: str = ""
    digits: int = 0

    @property
    def way(self) -> Way:
        """How its numbers are written."""
        return Way(self.digits, True) if self.digits else Way(self.decimals)


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


def is_finite(terms: Sequence[Sequence[float]], value: float) -> bool:
    """Whether all numbers of a sum are finite."""
    return math.isfinite(value) and all(math.isfinite(x) for term in terms for x in term)


def _divisor(divisor: float, way: Way) -> str:
    if math.isfinite(divisor) and divisor == int(divisor) and abs(divisor) < LARGE_WHOLE:
        return str(int(divisor)).replace("-", MINUS)
    return way.text(divisor)


@dataclass(frozen=True)
class _Work:
    """The numbers of a sum, and what is on paper if they are written in some way."""

    terms: Sequence[Sequence[float]]
    value: float
    divisor: float
    apply: str
    #: What was found out about a way, which is asked for an exact result, for one that is near, and in the end for its texts.
    _texts: dict[Way, tuple[tuple[str, ...], ...]] = field(default_factory=dict, repr=False, compare=False)
    _sums: dict[Way, tuple[float, float]] = field(default_factory=dict, repr=False, compare=False)

    def as_sum(self, way: Way, relation: str, value: str) -> Sum:
        decimals, digits = (MOST_DECIMALS, way.digits) if way.significant else (way.digits, 0)
        return Sum(self.texts(way), relation, value, decimals, divisor=_divisor(self.divisor, way), apply=self.apply, digits=digits)

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
        shown = EXACT.multiply(read(value), read(_divisor(self.divisor, way)))
        if not self.apply:
            return self._within(way, shown, Decimal(0))
        function, total = FUNCTIONS[self.apply], self.total(way)
        there = float(total)
        return function.exact(there) and Decimal(repr(there)) == total and Decimal(repr(function.of(there))) == shown

    def is_near(self, way: Way, value: str, unit: Decimal) -> bool:
        """Whether the shown numbers give the shown value to within a ``unit``."""
        by = read(_divisor(self.divisor, way))
        allowed = unit if len(self.terms) <= _ONE_LINE else EXACT.multiply(unit, _NEARER)
        if not self.apply:
            return self._within(way, EXACT.multiply(read(value), by), EXACT.multiply(allowed, abs(by)))
        try:
            reached = FUNCTIONS[self.apply].of(float(self.total(way))) / float(by)
        except (ValueError, OverflowError, ZeroDivisionError):  # rounding has left the domain of a logarithm
            return False
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


def sum_of_products(terms: Sequence[Sequence[float]], value: float, divisor: float = 1, apply: str = "") -> Sum:
    """Writes ``apply(terms[0][0]·terms[0][1] + ...) ÷ divisor = value`` with as few digits as make the shown result right.

    Decimals come first, up to four that make it exact, or two or more that bring it near; then significant digits, up to seven. If these
    are not enough, the relation is :data:`CANCELS`.
    """
    work = _Work(terms, value, divisor, apply)
    if not (is_finite(terms, value) and math.isfinite(divisor)):
        way = Way(USUAL_DECIMALS)
        return work.as_sum(way, "=", Way(MOST_DECIMALS).text(value))
    numbers = [*(x for term in terms for x in term), *([] if apply else [divisor])]
    return (
        _exact(work, [Way(n) for n in range(decimals_needed(numbers), MOST_DECIMALS + 1)], Way(MOST_DECIMALS))
        or _near(work, [(Way(n), Way(n)) for n in range(USUAL_DECIMALS, MOST_DECIMALS + 1)])
        or (work.has_few_digits and _exact(work, [Way(n, True) for n in range(1, MOST_DIGITS + 1)], Way(MOST_DIGITS, True)))
        or _near(work, _in_digits(len(terms)))
        or work.as_sum(Way(MOST_DIGITS, True), CANCELS, plain(value))
    )


def _exact(work: _Work, ways: Iterable[Way], result: Way) -> Sum | None:
    value = result.text(work.value)
    return next((work.as_sum(way, "=", value) for way in ways if work.is_exact(way, value)), None)


def _near(work: _Work, ways: Iterable[tuple[Way, Way]]) -> Sum | None:
    """``ways`` are those of the terms and of the result."""
    for way, result in ways:
        value = result.text(work.value)
        unit = work.zero(way) if result.significant and not work.value else result.unit(value)
        if work.is_near(way, value, unit):
            return work.as_sum(way, "≈", value)
    return None


def _in_digits(count: int) -> Iterator[tuple[Way, Way]]:
    """A result of four digits; of fewer only where no more can be had."""
    for digits in (4, MOST_DIGITS) if count > LONG else range(4, MOST_DIGITS + 1):
        yield Way(digits, True), Way(4, True)
    yield from ((Way(MOST_DIGITS, True), Way(result, True, bare=True)) for result in (4, 3, 2, 1))


def largest_of(terms: Sequence[Sequence[float]], value: float) -> Sum:
    """Writes ``max(terms[0][0], terms[1][0], ...) = value`` with as few digits as show which one is the largest.

    Terms have one factor each. What is smaller than ``value`` is shown as smaller, if seven digits are enough for it.
    """
    numbers = [x for (x,) in terms]
    finite = [x for x in numbers if math.isfinite(x)]
    decimals = [Way(n) for n in range(decimals_needed(finite), MOST_DECIMALS + 1)]
    digits = [Way(n, True) for n in range(3, MOST_DIGITS + 1)]

    def tells(way: Way) -> bool:
        largest = read(way.text(value)) if math.isfinite(value) else Decimal(0)
        return not any(x < value and read(way.text(x)) >= largest for x in finite)

    way = next(filter(tells, [*decimals, *digits]), decimals[-1])
    written = _Work(terms, value, 1, "").as_sum(way, "=", way.text(value))
    return replace(written, reduce="max")


def written(terms: Sequence[Sequence[float]], value: float, reduce: str = "sum", divisor: float = 1, apply: str = "") -> Sum:
    """Writes a step, whatever it does with its terms."""
    return largest_of(terms, value) if reduce == "max" else sum_of_products(terms, value, divisor, apply)


def products(written: Sum, dot: str = "·") -> list[str]:
    """The terms of a sum as they stand in it: ``1·2``, ``(−3)·4``."""
    return [dot.join(factor(text, first=i == j == 0) for j, text in enumerate(term)) for i, term in enumerate(written.terms)]


def abridged(written: Sum, most: int) -> Sum:
    """The sum with ``most`` of its terms, dots in place of those before the last."""
    terms = written.terms
    return written if len(terms) <= most else replace(written, terms=(*terms[: most - 1], ("⋯",), terms[-1]))


def sum_line(written: Sum) -> str:
    """A :class:`Sum` as one line of text: ``1·2 + 3·(−1) = −1``, ``max(1, −2) = 1``, ``(1 + 2) ÷ 2 = 1.5``, ``σ(0) = 0.5``."""
    largest = f"max({', '.join(term[0] for term in written.terms)})"
    left = largest if written.reduce == "max" else " + ".join(products(written))
    if written.apply:
        left = f"{FUNCTIONS[written.apply].text}({left})"
    if written.divisor != "1":
        bare = written.apply or (len(written.terms) == len(written.terms[0]) == 1)
        left = f"{left if bare else f'({left})'} ÷ {factor(written.divisor, first=False)}"
    return f"{left} {written.relation} {written.value}"
