"""How every number of the project is written, on screen and on paper.

One rule holds throughout: whoever takes the *shown* numbers and adds them up on paper gets the *shown* result. Where that is not
possible with :data:`MOST_DECIMALS` decimals, the result is announced by ``≈`` instead of ``=``.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from typing import Literal

from engine.functions import FUNCTIONS
from engine.step import added

MOST_DECIMALS = 4
#: Decimals that are shown where more would not make a sum come out exactly.
USUAL_DECIMALS = 2
#: From here on a number is written with an exponent.
LARGE = 10**6

MINUS = "−"


@dataclass(frozen=True)
class Sum:
    """A sum of products as text: ``terms[i]`` are the factors of product i, ``relation`` is ``=`` or ``≈``.

    With ``reduce`` ``max`` it is the largest product instead of their sum. ``apply`` is done to that, a name of
    :data:`engine.functions.FUNCTIONS` or nothing; the result is divided by ``divisor``, which is text too.
    """

    terms: tuple[tuple[str, ...], ...]
    relation: str
    value: str
    decimals: int
    reduce: Literal["sum", "max"] = "sum"
    divisor: str = "1"
    apply: str = ""


def _exponent(x: float) -> str:
    mantissa, power = f"{x:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(power)}".replace("-", MINUS)


def plain(x: float, decimals: int = MOST_DECIMALS) -> str:
    """``x`` rounded (half to even) to at most ``decimals`` decimals, without trailing zeros, with a true minus sign.

    A number that is not zero is never shown as zero: a small one gets more decimals, four at most, and then an exponent, so that 0.00001
    is ``1e−5``. Very large numbers get an exponent too.
    """
    if math.isnan(x):
        return "nan"
    if math.isinf(x):
        return "∞" if x > 0 else f"{MINUS}∞"
    if abs(x) >= LARGE:
        return _exponent(x)
    rounded = round(x, decimals)
    while rounded == 0 != x and decimals < MOST_DECIMALS:
        decimals += 1
        rounded = round(x, decimals)
    if rounded == 0:
        return "0" if x == 0 else _exponent(x)
    text = f"{rounded:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", MINUS)


def short(x: float) -> str:
    """``x`` with up to four decimals where these are all that it has, otherwise with two."""
    return plain(x, MOST_DECIMALS if round(x, MOST_DECIMALS) == x else USUAL_DECIMALS)


def fitting(x: float, characters: int) -> str:
    """``x`` with as many decimals as fit into so many characters; ``≈0`` where it is too small for them.

    A large number that does not fit is written with an exponent, which may not fit either.
    """
    for decimals in range(MOST_DECIMALS, -1, -1):
        text = plain(x, decimals)
        if len(text) <= characters:
            return text
    return "≈0" if abs(x) < 1 else min(plain(x, 0), _exponent(x), key=len)


def decimals_needed(values: Iterable[float], at_most: int = USUAL_DECIMALS) -> int:
    """The fewest decimals, up to ``at_most``, with which every finite value is written exactly."""
    needed = 0
    for x in values:
        while needed < at_most and math.isfinite(x) and abs(x) < LARGE and round(x, MOST_DECIMALS) and round(x, needed) != x:
            needed += 1
    return needed


def factor(text: str, *, first: bool) -> str:
    """A factor as it stands in a sum of products: a negative one is in brackets unless nothing stands before it."""
    return text if first or not text.startswith(MINUS) else f"({text})"


def _rounded(x: float, decimals: int) -> Decimal:
    """What :func:`plain` shows, as the number that a reader takes it for."""
    return _read(plain(x, decimals))


def _read(text: str) -> Decimal:
    return Decimal(text.replace(MINUS, "-").replace("∞", "Infinity"))


#: Enough digits for any sum of products of floats as they are shown; the 28 of Python's default would swallow terms.
_EXACT = Context(prec=5000)


def _added(terms: Iterable[Iterable[Decimal]]) -> Decimal:
    total = Decimal(0)
    for term in terms:
        total = _EXACT.add(total, functools.reduce(_EXACT.multiply, term, Decimal(1)))
    return total


def _total(terms: Sequence[Sequence[float]], decimals: int) -> Decimal:
    return _added([_rounded(x, decimals) for x in term] for term in terms)


def _written(terms: Sequence[Sequence[float]], value: float, decimals: int, relation: str) -> Sum:
    texts = tuple(tuple(plain(x, decimals) for x in term) for term in terms)
    shown = MOST_DECIMALS if relation == "=" else decimals
    return Sum(texts, relation, plain(value, shown), decimals)


def _is_finite(terms: Sequence[Sequence[float]], value: float) -> bool:
    return math.isfinite(value) and all(math.isfinite(x) for term in terms for x in term)


def sum_of_products(terms: Sequence[Sequence[float]], value: float, divisor: float = 1, apply: str = "") -> Sum:
    """Writes ``apply(terms[0][0]·terms[0][1] + ...) ÷ divisor = value`` with as few decimals as make the shown result exact.

    If the shown numbers do not give the shown value with up to four decimals, the relation is ``≈``, with the fewest decimals (two or
    more) at which they come within one unit of the last decimal of the shown value.
    """
    found = _applied(terms, value, divisor, apply) if apply else _sum_of_products(terms, value, divisor)
    return replace(found, divisor=_divisor(divisor, found.decimals), apply=apply)


def _divisor(divisor: float, decimals: int) -> str:
    return str(int(divisor)).replace("-", MINUS) if divisor == int(divisor) else plain(divisor, decimals)


def _sum_of_products(terms: Sequence[Sequence[float]], value: float, divisor: float) -> Sum:
    if not _is_finite(terms, value):
        return _written(terms, value, USUAL_DECIMALS, "=")
    fewest = decimals_needed([*(x for term in terms for x in term), divisor])
    for decimals in range(fewest, MOST_DECIMALS + 1):
        by = _read(_divisor(divisor, decimals))
        if _adds_up(terms, decimals, _EXACT.multiply(_rounded(value, MOST_DECIMALS), by), Decimal(0)):
            return _written(terms, value, decimals, "=")
    for decimals in range(USUAL_DECIMALS, MOST_DECIMALS):
        by = _read(_divisor(divisor, decimals))
        allowed = _EXACT.multiply(Decimal(1).scaleb(-decimals), abs(by))
        if _adds_up(terms, decimals, _EXACT.multiply(_rounded(value, decimals), by), allowed):
            return _written(terms, value, decimals, "≈")
    return _written(terms, value, MOST_DECIMALS, "≈")


def _applied(terms: Sequence[Sequence[float]], value: float, divisor: float, apply: str) -> Sum:
    """As :func:`_sum_of_products`, with a function around the sum."""
    if not _is_finite(terms, value):
        return _written(terms, value, USUAL_DECIMALS, "=")
    function = FUNCTIONS[apply]
    for decimals in range(decimals_needed(x for term in terms for x in term), MOST_DECIMALS + 1):
        total, by = _total(terms, decimals), _read(_divisor(divisor, decimals))
        shown = _EXACT.multiply(_rounded(value, MOST_DECIMALS), by)
        if function.exact(float(total)) and Decimal(repr(function.of(float(total)))) == shown:
            return _written(terms, value, decimals, "=")
    for decimals in range(USUAL_DECIMALS, MOST_DECIMALS):
        try:
            reached = function.of(float(_total(terms, decimals))) / float(_read(_divisor(divisor, decimals)))
        except (ValueError, OverflowError):  # rounding has left the domain of a logarithm
            continue
        if abs(reached - float(_rounded(value, decimals))) <= 10**-decimals:
            return _written(terms, value, decimals, "≈")
    return _written(terms, value, MOST_DECIMALS, "≈")


def _adds_up(terms: Sequence[Sequence[float]], decimals: int, shown: Decimal, allowed: Decimal) -> bool:
    """Whether the shown terms add up to within ``allowed`` of ``shown``.

    Exact sums take long, so floats have the first look: where they are further from the limit than they can err, they decide.
    """
    products_ = [math.prod(_nearly(x, decimals) for x in term) for term in terms]
    error = 1e-9 * (1 + added(map(abs, products_)))
    beyond = abs(added(products_) - float(shown)) - float(allowed)
    if math.isfinite(error) and abs(beyond) > error:
        return beyond < 0
    return _EXACT.abs(_EXACT.subtract(_total(terms, decimals), shown)) <= allowed


def _nearly(x: float, decimals: int) -> float:
    """What :func:`plain` shows, to the precision of a float."""
    near = round(x, decimals)
    return near if (near or not x) and abs(x) < LARGE else float(_rounded(x, decimals))


def largest_of(terms: Sequence[Sequence[float]], value: float) -> Sum:
    """Writes ``max(terms[0][0], terms[1][0], ...) = value`` with as few decimals as show which one is the largest.

    Terms have one factor each. What is smaller than ``value`` is shown as smaller, if four decimals are enough for it.
    """
    numbers = [x for (x,) in terms]
    finite = [x for x in numbers if math.isfinite(x)]
    decimals = decimals_needed(finite)
    while decimals < MOST_DECIMALS and any(x < value and _rounded(x, decimals) >= _rounded(value, decimals) for x in finite):
        decimals += 1
    return Sum(tuple((plain(x, decimals),) for x in numbers), "=", plain(value, decimals), decimals, "max")


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


def running_sums(terms: Sequence[Sequence[float]], written: Sum) -> list[str]:
    """What a reader has after each term of ``written``: the sum of the shown terms, or of the true ones after ``≈``.

    Sums are rounded to four decimals where they need more; :func:`relation` says whether one is exact. For ``max`` it
    is the largest so far.
    """
    if written.reduce == "max":
        return [plain(_largest([x for (x,) in terms[: i + 1]]), written.decimals) for i in range(len(terms))]
    if not _is_finite(terms, 0.0):
        return [plain(sum(math.prod(t) for t in terms[: i + 1]), USUAL_DECIMALS) for i in range(len(terms) - 1)] + [written.value]
    exact = written.relation == "="
    totals, total = [], Decimal(0)
    for term in terms:
        shown = [_rounded(x, written.decimals) if exact else Decimal(x) for x in term]
        total = _EXACT.add(total, functools.reduce(_EXACT.multiply, shown, Decimal(1)))
        totals.append(plain(float(total), MOST_DECIMALS if exact else written.decimals))
    return [*totals[:-1], written.value]


def _largest(numbers: Sequence[float]) -> float:
    """As torch has it: nan if there is one."""
    return math.nan if any(map(math.isnan, numbers)) else max(numbers)


def relation(terms: Iterable[Sequence[str]], total: str) -> str:
    """``=`` if the sum of products of numbers as they are written is exactly the written ``total``, otherwise ``≈``."""
    numbers = [[_read(text) for text in term] for term in terms]
    whole = _read(total)
    if not whole.is_finite() or not all(x.is_finite() for term in numbers for x in term):
        return "="  # there is nothing to add up
    return "=" if _added(numbers) == whole else "≈"
