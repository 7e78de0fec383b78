from __future__ import annotations

import decimal
import math
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.numbers import CANCELS, MINUS, Sum, decimals_needed, factor, plain, sum_line, sum_of_products
from engine.spelling import MOST_DECIMALS

INF, NAN = math.inf, math.nan

#: On paper there is no rounding.
PAPER = decimal.Context(prec=3000, rounding=ROUND_HALF_EVEN)


def read(text: str) -> Decimal:
    """The number that a reader takes ``text`` for."""
    return Decimal(text.removeprefix("(").removesuffix(")").replace(MINUS, "-"))


def on_paper(line: str) -> tuple[Decimal, str, Decimal]:
    """The sum of a shown line as worked out by hand, the relation, and the shown value; of a number alone that number."""
    relation = "≈" if " ≈ " in line else "="
    left, shown = line.split(f" {relation} ") if f" {relation} " in line else (line, line)
    with decimal.localcontext(PAPER):
        total = sum((math.prod(map(read, term.split("·")), start=Decimal(1)) for term in left.split(" + ")), start=Decimal(0))
    return total, relation, read(shown)


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0, "0"),
        (0.0, "0"),
        (-0.0, "0"),
        (1, "1"),
        (-1, "−1"),
        (100.0, "100"),
        (-120, "−120"),
        (0.5, "0.5"),
        (-0.5, "−0.5"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.3333"),
        (-2 / 3, "−0.6667"),
        (12.34567, "12.3457"),
        (0.0001, "0.0001"),
        (0.00006, "0.0001"),
        (0.00001, "1e−5"),
        (-0.00001, "−1e−5"),
        (0.000012345, "1.2e−5"),
        (1e-300, "1e−300"),
        (5e-324, "4.9e−324"),
        (999_999, "999999"),
        (999_999.5, "999999.5"),
        (-999_999, "−999999"),
        (10**6, "1e6"),
        (1e6, "1e6"),
        (-1e6, "−1e6"),
        (1_234_567, "1.2e6"),
        (9.96e8, "1e9"),
        (1e308, "1e308"),
        (NAN, "nan"),
        (INF, "∞"),
        (-INF, "−∞"),
    ],
)
def test_plain(x: float, text: str) -> None:
    assert plain(x) == text
    assert "-" not in plain(x)


@pytest.mark.parametrize(
    ("x", "decimals", "text"),
    [
        # halves that a binary number holds exactly go to the even neighbour
        (1.5, 0, "2"),
        (2.5, 0, "2"),
        (-2.5, 0, "−2"),
        (0.125, 2, "0.12"),
        (0.375, 2, "0.38"),
        (-0.125, 2, "−0.12"),
        (0.03125, 4, "0.0312"),
        (0.09375, 4, "0.0938"),
        # 2.675 is a little less than it looks
        (2.675, 2, "2.67"),
        (0.006, 2, "0.01"),
        (0.999, 2, "1"),
        (3.0, 2, "3"),
        (3.10, 2, "3.1"),
        (0, 0, "0"),
        (10, 0, "10"),
        (200, 0, "200"),
    ],
)
def test_plain_with_fewer_decimals(x: float, decimals: int, text: str) -> None:
    assert plain(x, decimals) == text


@settings(max_examples=300, derandomize=True)
@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, MOST_DECIMALS))
@example(-0.0, 4)
@example(0.00005, 4)
@example(999999.99999, 4)
def test_plain_is_near_and_never_loses_a_number(x: float, decimals: int) -> None:
    text = plain(x, decimals)
    shown = read(text)
    error = abs(shown - Decimal(x))
    if "e" in text:
        assert error <= abs(Decimal(x)) * Decimal("0.05") + Decimal("5e-324")
    else:
        assert error <= Decimal("0.5").scaleb(-decimals)
        assert -shown.as_tuple().exponent <= (decimals if round(x, decimals) else MOST_DECIMALS)  # type: ignore[operator]
    assert (shown == 0) == (x == 0)
    assert (shown < 0) == (x < 0)
    if "." in text and "e" not in text:
        assert not text.endswith("0")


@pytest.mark.parametrize(
    ("values", "at_most", "needed"),
    [
        ([], 2, 0),
        ([1.0, -2.0, 0.0], 2, 0),
        ([-0.0], 2, 0),
        ([1.0, 0.5], 2, 1),
        ([0.25, 1.0], 2, 2),
        ([0.1, 0.2], 2, 1),
        ([0.125], 2, 2),
        ([0.125], 4, 3),
        ([1 / 3], 4, 4),
        ([1 / 3], 2, 2),
        ([NAN, INF, -INF], 2, 0),
        ([NAN, 0.5], 2, 1),
        ([1e6, 2.0], 2, 0),
        ([3], 2, 0),
    ],
)
def test_decimals_needed(values: Sequence[float], at_most: int, needed: int) -> None:
    assert decimals_needed(values, at_most) == needed


def test_two_decimals_are_usual() -> None:
    assert decimals_needed([1 / 3]) == 2


@pytest.mark.parametrize(
    ("text", "first", "result"),
    [
        ("1", True, "1"),
        ("1", False, "1"),
        ("−1", True, "−1"),
        ("−1", False, "(−1)"),
        ("1e−5", False, "1e−5"),
        ("−∞", False, "(−∞)"),
        ("0", False, "0"),
    ],
)
def test_factor(text: str, first: bool, result: str) -> None:
    assert factor(text, first=first) == result


@pytest.mark.parametrize(
    ("terms", "value", "line", "decimals"),
    [
        ([(1.0, 2.0), (3.0, -1.0)], -1.0, "1·2 + 3·(−1) = −1", 0),
        ([(2.0,)], 2.0, "2", 0),
        ([(-2.0, -3.0)], 6.0, "−2·(−3) = 6", 0),
        ([(0.5, 0.5), (1.0,)], 1.25, "0.5·0.5 + 1 = 1.25", 1),
        ([(0.25, 1.0), (0.5, 3.0)], 1.75, "0.25·1 + 0.5·3 = 1.75", 2),
        ([(0.1, 3.0)], 0.1 * 3, "0.1·3 = 0.3", 1),
        ([(0.125, 2.0)], 0.25, "0.125·2 = 0.25", 3),
        ([(0.0625, 16.0)], 1.0, "0.0625·16 = 1", 4),
        ([(0.01, 0.01)], 0.0001, "0.01·0.01 = 0.0001", 2),
        ([(1 / 3, 1.0)], 1 / 3, "0.3333·1 = 0.3333", 4),
        ([(1 / 3, 3.0)], 1.0, "0.33·3 ≈ 1", 2),
        ([(2 / 3, 3.0)], 2.0, "0.67·3 ≈ 2", 2),
        ([(1 / 3, 1.5)], 0.5, "0.33·1.5 ≈ 0.5", 2),
        ([(0.0, 0.0)], 0.0, "0·0 = 0", 0),
        ([(-0.0, 5.0)], -0.0, "0·5 = 0", 0),
        ([(0.00001, 1.0)], 0.00001, "1e−5·1 = 1e−5", 0),
        ([(1e6, 2.0)], 2e6, "1e6·2 = 2e6", 0),
        ([(NAN, 1.0), (0.5, 2.0)], NAN, "nan·1 + 0.5·2 = nan", 2),
        ([(INF, -1.0), (1.0, 1 / 3)], -INF, "∞·(−1) + 1·0.33 = −∞", 2),
        ([(INF, 0.0)], NAN, "∞·0 = nan", 2),
    ],
)
def test_sums(terms: list[tuple[float, ...]], value: float, line: str, decimals: int) -> None:
    written = sum_of_products(terms, value)
    assert sum_line(written) == line
    assert written.decimals == decimals
    assert len(written.terms) == len(terms)


def test_sum_line() -> None:
    assert sum_line(Sum((("1", "2"), ("3", "−1"), ("−4",)), "≈", "−5.01", 2)) == "1·2 + 3·(−1) + (−4) ≈ −5.01"


def last_unit(text: str) -> Decimal:
    """One unit of the last digit that stands there."""
    digits, _, power = text.replace(MINUS, "").partition("e")
    return Decimal(10) ** ((int(power.replace(MINUS, "-")) if power else 0) - len(digits.partition(".")[2]))


def kept(terms: Sequence[Sequence[float]], value: float) -> None:
    """Whoever adds up the shown numbers on paper gets the shown result, or is one unit of its last digit away from it after "≈".

    Otherwise the line says that they cancel, and they do: seven digits of each do not show one digit of the value.
    """
    written = sum_of_products(terms, value)
    line = sum_line(written)
    for term, texts in zip(terms, written.terms, strict=True):
        for x, text in zip(term, texts, strict=True):
            assert PAPER.abs(PAPER.subtract(read(text), Decimal(x))) <= last_unit(text) / 2
            assert len(text) <= 14
    if CANCELS in line:
        assert abs(value) < 1e-6 * max(abs(math.prod(term)) for term in terms) * len(terms)
        return
    total, relation, shown = on_paper(line)
    assert relation == written.relation
    assert PAPER.abs(PAPER.subtract(shown, Decimal(value))) <= last_unit(written.value) / 2
    with decimal.localcontext(PAPER):
        assert total == shown if relation == "=" else abs(total - shown) <= last_unit(written.value)


def value_of(terms: Sequence[Sequence[float]]) -> float:
    return math.fsum(map(math.prod, terms))


whole = st.integers(-99, 99).map(float)
hundredths = st.builds(lambda n, d: n / 10**d, st.integers(-(10**5), 10**5), st.integers(0, 5))
thirds = st.builds(lambda n, d: n / d, st.integers(-50, 50), st.integers(1, 273))
single = st.floats(-1000, 1000, width=32)
small = st.floats(-1e-3, 1e-3)
wide = st.floats(-1e9, 1e9)
many = st.sampled_from([whole, hundredths, thirds, single, small, wide, whole | thirds, hundredths | wide, whole | small])
sums = many.flatmap(lambda numbers: st.lists(st.lists(numbers, min_size=1, max_size=3).map(tuple), min_size=1, max_size=9))


@settings(max_examples=800, derandomize=True)
@given(sums)
@example([(1e6, 1.0), (-1e6, 1.0), (0.001, 1.0)])
@example([(0.00005, 1.0)])
@example([(999999.99999, 1.0)])
@example([(0.005, 1.0), (0.005, 1.0)])
def test_the_shown_sum_is_right_on_paper(terms: list[tuple[float, ...]]) -> None:
    kept(terms, value_of(terms))


@settings(max_examples=300, derandomize=True)
@given(sums, st.floats(-1e3, 1e3) | st.just(0.0))
def test_a_value_that_is_not_the_sum_is_never_shown_as_equal(terms: list[tuple[float, ...]], off: float) -> None:
    """Whatever value it is given: "=" only stands where the shown numbers are equal."""
    written = sum_of_products(terms, value_of(terms) + off)
    if written.relation != CANCELS:
        total, relation, shown = on_paper(sum_line(written))
        assert abs(total - shown) <= (0 if relation == "=" else last_unit(written.value))


@pytest.mark.parametrize(
    "terms",
    [
        [(1.2e30, 1.16)],
        [(1e26, 1.01)],
        [(-1e26, 0.33333), (1.0, 1.0)],
        [(1.5e30, 1.0), (1.234567, 1.0)],
        [(1e30, 1.0), (1.0, 1.0), (-1e30, 1.0)],
        [(1e200, 1e100), (1e-200, 1e-100)],
        [(1e30, 1e-30)],
        [(1e-200, 3.3e-100)],
        [(1.7e308, 1.0), (1.0, 0.5)],
    ],
)
def test_numbers_of_every_size(terms: list[tuple[float, ...]]) -> None:
    kept(terms, value_of(terms))


whole_sums = st.lists(st.lists(whole, min_size=2, max_size=2).map(tuple), min_size=1, max_size=9)


@settings(max_examples=100, derandomize=True)
@given(whole_sums)
def test_whole_numbers_are_always_equal(terms: list[tuple[float, ...]]) -> None:
    written = sum_of_products(terms, value_of(terms))
    assert (written.relation, written.decimals) == ("=", 0)


def test_a_result_of_one_digit_is_near_where_no_more_can_be_had() -> None:
    """Products so small that floats round them to one digit do not cancel."""
    line = sum_line(sum_of_products([(0.5, 2.662467e-44), (0.5, 9.809089e-45)], 1.961818e-44))
    assert line == "0.5·2.662467e−44 + 0.5·9.809089e−45 ≈ 2e−44"
