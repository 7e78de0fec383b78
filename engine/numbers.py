"""How every equation of the project is written, on screen and on paper.

One rule holds throughout: whoever takes the *shown* numbers and works them out on paper gets the *shown* result after ``=``, and is at most
one unit of its last digit away from it after ``≈``. Where seven digits of every number are not enough for that, the line says that they
cancel. One number alone is written by :mod:`engine.spelling`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from engine.attempt import Attempt, divisor_text
from engine.functions import FUNCTIONS
from engine.spelling import (
    LARGE,
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

__all__ = [
    "CANCELS",
    "LARGE",
    "MINUS",
    "MOST_DECIMALS",
    "USUAL_DECIMALS",
    "Sum",
    "abridged",
    "decimals_needed",
    "factor",
    "fitting",
    "is_finite",
    "largest_of",
    "plain",
    "products",
    "short",
    "significant",
    "sourced",
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
    def is_lone(self) -> bool:
        """Whether it is a number that nothing is done to."""
        return self.terms == ((self.value,),) and self.relation == "=" and self.reduce == "sum" and not self.apply and self.divisor == "1"

    @property
    def way(self) -> Way:
        """How its numbers are written."""
        return Way(self.digits, True) if self.digits else Way(self.decimals)


def is_finite(terms: Sequence[Sequence[float]], value: float) -> bool:
    """Whether all numbers of a sum are finite."""
    return math.isfinite(value) and all(math.isfinite(x) for term in terms for x in term)


def _as_sum(attempt: Attempt, way: Way, relation: str, value: str) -> Sum:
    decimals, digits = (MOST_DECIMALS, way.digits) if way.significant else (way.digits, 0)
    divisor = divisor_text(attempt.divisor, way)
    return Sum(attempt.texts(way), relation, value, decimals, divisor=divisor, apply=attempt.apply, digits=digits)


def sum_of_products(terms: Sequence[Sequence[float]], value: float, divisor: float = 1, apply: str = "") -> Sum:
    """Writes ``apply(terms[0][0]·terms[0][1] + ...) ÷ divisor = value`` with as few digits as make the shown result right.

    Decimals come first, up to four that make it exact, or two or more that bring it near; then significant digits, up to seven. If these
    are not enough, the relation is :data:`CANCELS`.
    """
    attempt = Attempt(terms, value, divisor, apply)
    if not (is_finite(terms, value) and math.isfinite(divisor)):
        way = Way(USUAL_DECIMALS)
        return _as_sum(attempt, way, "=", Way(MOST_DECIMALS).text(value))
    numbers = [*(x for term in terms for x in term), *([] if apply else [divisor])]
    return (
        _exact(attempt, [Way(n) for n in range(decimals_needed(numbers), MOST_DECIMALS + 1)], Way(MOST_DECIMALS))
        or _near(attempt, [(Way(n), Way(n)) for n in range(USUAL_DECIMALS, MOST_DECIMALS + 1)])
        or (attempt.has_few_digits and _exact(attempt, [Way(n, True) for n in range(1, MOST_DIGITS + 1)], Way(MOST_DIGITS, True)))
        or _near(attempt, _in_digits(len(terms)))
        or _as_sum(attempt, Way(MOST_DIGITS, True), CANCELS, plain(value))
    )


def _exact(attempt: Attempt, ways: Iterable[Way], result: Way) -> Sum | None:
    value = result.text(attempt.value)
    return next((_as_sum(attempt, way, "=", value) for way in ways if attempt.is_exact(way, value)), None)


def _near(attempt: Attempt, ways: Iterable[tuple[Way, Way]]) -> Sum | None:
    """``ways`` are those of the terms and of the result."""
    for way, result in ways:
        value = result.text(attempt.value)
        unit = attempt.zero(way) if result.significant and not attempt.value else result.unit(value)
        if attempt.is_near(way, value, unit):
            return _as_sum(attempt, way, "≈", value)
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
    written = _as_sum(Attempt(terms, value, 1, ""), way, "=", way.text(value))
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
    """A :class:`Sum` as one line of text: ``1·2 + 3·(−1) = −1``, ``max(1, −2) = 1``, ``(1 + 2) ÷ 2 = 1.5``, ``σ(0) = 0.5``.

    A lone number is not said to be itself.
    """
    if written.is_lone:
        return written.value
    largest = f"max({', '.join(term[0] for term in written.terms)})"
    left = largest if written.reduce == "max" else " + ".join(products(written))
    if written.apply:
        left = f"{FUNCTIONS[written.apply].text}({left})"
    if written.divisor != "1":
        bare = written.apply or (len(written.terms) == len(written.terms[0]) == 1)
        left = f"{left if bare else f'({left})'} ÷ {factor(written.divisor, first=False)}"
    return f"{left} {written.relation} {written.value}"


def sourced(source: str, line: str) -> str:
    """The line of a number that is only handed on, behind the name of where it stood; without a ``source`` the line alone."""
    return f"{source} = {line}" if source else line
