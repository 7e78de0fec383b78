"""Maxima and means as they are written."""

from __future__ import annotations

import math
import re
from decimal import Decimal

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from cli import main
from engine.functions import FUNCTIONS
from engine.numbers import sum_line, sum_of_products, written
from engine.running import carried_sums, running_sums

NUMBERS = st.one_of(st.integers(-999, 999).map(float), st.floats(-1000, 1000).map(lambda x: round(x, 5)))


def decimal(text: str) -> Decimal:
    return Decimal(text.replace("−", "-"))


@given(st.lists(NUMBERS, min_size=1, max_size=12))
def test_the_shown_maximum_is_the_largest_of_the_shown_numbers(numbers: list[float]) -> None:
    value = max(numbers)
    shown = written([(x,) for x in numbers], value, "max")
    texts = [text for (text,) in shown.terms]
    assert shown.relation == "="
    assert decimal(shown.value) == max(map(decimal, texts))
    for text, x in zip(texts, numbers, strict=True):
        if round(x, 4) < round(value, 4):
            assert decimal(text) < decimal(shown.value)
    running = running_sums([(x,) for x in numbers], shown)
    assert running == [texts[max(range(i + 1), key=numbers.__getitem__)] for i in range(len(numbers))]


@given(st.lists(NUMBERS, min_size=1, max_size=12), st.integers(1, 12))
def test_a_mean_is_exact_or_near(numbers: list[float], divisor: int) -> None:
    shown = sum_of_products([(x,) for x in numbers], math.fsum(numbers) / divisor, divisor)
    total = sum((decimal(text) for (text,) in shown.terms), Decimal(0))
    if shown.relation == "=":
        assert total == decimal(shown.value) * divisor
    else:
        unit = Decimal(1).scaleb(-shown.decimals)
        assert abs(total - decimal(shown.value) * divisor) <= unit * divisor or shown.decimals == 4


@pytest.mark.parametrize(
    ("terms", "value", "reduce", "divisor", "line"),
    [
        ([1, -2], 1, "max", 1, "max(1, −2) = 1"),
        ([1, 2], 1.5, "sum", 2, "(1 + 2) ÷ 2 = 1.5"),
        ([1, 3, 9], 13 / 3, "sum", 3, "(1 + 3 + 9) ÷ 3 ≈ 4.33"),
        ([0.121, 0.12], 0.121, "max", 1, "max(0.121, 0.12) = 0.121"),
        ([-math.inf, 4], 4, "max", 1, "max(−∞, 4) = 4"),
        ([1, math.nan], math.nan, "max", 1, "max(1, nan) = nan"),
        ([5], 5, "sum", 1, "5"),
    ],
)
def test_lines(terms: list[float], value: float, reduce: str, divisor: int, line: str) -> None:
    assert sum_line(written([(float(x),) for x in terms], value, reduce, divisor)) == line


@pytest.mark.parametrize(
    ("terms", "value", "divisor", "apply", "line"),
    [
        ([(0.0, 3.0)], 0.5, 1, "sigmoid", "σ(0·3) = 0.5"),
        ([(1.0,)], 1 / (1 + math.exp(-1)), 1, "sigmoid", "σ(1) ≈ 0.73"),
        ([(2.0, -1.0), (0.5,)], math.tanh(-1.5), 1, "tanh", "tanh(2·(−1) + 0.5) ≈ −0.91"),
        ([(2.0, -1.0), (0.5,)], 0.0, 1, "relu", "relu(2·(−1) + 0.5) = 0"),
        ([(-2.5,)], 2.5, 1, "abs", "abs(−2.5) = 2.5"),
        ([(1.0,), (-3.0,)], math.exp(-2), 1, "exp", "exp(1 + (−3)) ≈ 0.14"),
        ([(-math.inf,)], 0.0, 1, "exp", "exp(−∞) = 0"),
        ([(0.0,)], 0.25, 4.0, "exp", "exp(0) ÷ 4 = 0.25"),
        ([(1.0, 3.0), (2.0, 1.0)], 5 / math.sqrt(2), math.sqrt(2), "", "(1·3 + 2·1) ÷ 1.41 ≈ 3.54"),
        ([(3.0,)], 1.5, 2.0, "", "3 ÷ 2 = 1.5"),
        ([(3.0,)], -1.5, -2.0, "", "3 ÷ (−2) = −1.5"),
    ],
)
def test_functions_and_quotients(terms: list[tuple[float, ...]], value: float, divisor: float, apply: str, line: str) -> None:
    assert sum_line(written(terms, value, "sum", divisor, apply)) == line


#: Below these arguments functions have no value, or one that is all but infinite.
LEAST = {"log": 0.01, "sqrt": 0.01, "rsqrt": 0.01, "log1p": -0.99}


@example([(838.0, 847.0)], "expm1", 1.0)
@given(
    st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=6),
    st.sampled_from(sorted(FUNCTIONS)),
    st.one_of(st.just(1.0), st.floats(0.1, 20)),
)
def test_what_is_shown_gives_what_is_shown(terms: list[tuple[float, float]], apply: str, divisor: float) -> None:
    """A reader with a calculator, who starts from the numbers on paper, comes within one unit of the result on paper."""
    inner = math.fsum(a * b for a, b in terms) / 1000
    terms = [(a / 1000, b) for a, b in terms]
    if inner <= LEAST.get(apply, -math.inf):
        return
    value = FUNCTIONS[apply].value(inner) / divisor
    if not math.isfinite(value):
        return  # beyond what floats hold, as exp(800) is
    shown = written(terms, value, "sum", divisor, apply)
    total = sum(decimal(a) * decimal(b) for a, b in shown.terms)
    if "e" in shown.value or shown.decimals == 4:
        return  # exponents, and sums for which four decimals are too few
    reached = FUNCTIONS[apply].value(float(total)) / float(decimal(shown.divisor))
    allowed = 1e-12 if shown.relation == "=" else 10**-shown.decimals
    assert abs(reached - float(decimal(shown.value))) <= allowed * 1.0001


@pytest.mark.parametrize(("word", "kernel"), [("2", 2), ("2,3", [2, 3]), ("global", "global")])
def test_sizes_and_words_on_the_command_line(word: str, kernel: object) -> None:
    result = CliRunner().invoke(main, ["trace", "max_pool2d", "--input", "ones:4x6", "--kernel-size", word, "--format", "json"])
    assert result.exit_code == 0, result.output
    assert f'"kernel_size": {kernel!r}'.replace("'", '"') in result.output


def test_another_word_is_refused() -> None:
    result = CliRunner().invoke(main, ["trace", "max_pool2d", "--input", "ones:4x6", "--kernel-size", "globl"])
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == (
        "Error: --kernel-size is 'globl'; give a whole number, or one per axis such as 2,1, or 'global'"
    )


@pytest.mark.parametrize(("flag", "first"), [([], "0.25"), (["--count-include-pad"], "0.25"), (["--no-count-include-pad"], "1")])
def test_a_flag_that_is_on_can_be_turned_off(flag: list[str], first: str) -> None:
    options = ["--input", "ones:2x2", "--kernel-size", "2", "--padding", "1", *flag, "--steps", "0:1"]
    result = CliRunner().invoke(main, ["trace", "avg_pool2d", *options])
    assert result.exit_code == 0, result.output
    assert f"= {first}\n" in result.output


def test_nothing_but_zero_is_near_zero() -> None:
    """Digits that cancel to 0 are not said to be near what is left: more are shown, as many as tell them apart."""
    shown = sum_line(written([(7.2904, 4.7412), (-7.2904, 4.7399)], 7.2904 * (4.7412 - 4.7399)))
    left, sign, value = re.split(r" (=|≈|cancels to) (?=\S+$)", shown)
    total = sum(math.prod(decimal(x.strip("()")) for x in term.split("·")) for term in left.split(" + "))
    assert sign == "≈"
    assert total * decimal(value) > 0


FACTORS = st.floats(-3, 3).map(lambda x: round(x, 5) or 1.0)


@given(st.lists(st.tuples(FACTORS, FACTORS), min_size=3, max_size=12), st.integers(1, 11))
@example([(2.84007, 0.53556), (0.52438, -1.29888), (1.53309, -1.6584)], 1)
def test_a_sum_goes_on_after_the_end_of_a_line(terms: list[tuple[float, float]], first: int) -> None:
    """What is carried over to the next line of a strip, and the terms that follow, give every sum that is shown there."""
    shown = written(terms, math.fsum(a * b for a, b in terms))
    sums, first = running_sums(terms, shown), min(first, len(terms) - 1)
    if shown.relation == "cancels to":
        return
    carried = carried_sums(shown, sums)[first - 1]
    total = decimal(carried)
    for term, text in zip(shown.terms[first:], sums[first:], strict=True):
        total += math.prod(map(decimal, term))
        assert abs(total - decimal(text)) <= Decimal(1).scaleb(decimal(text).as_tuple().exponent)  # type: ignore[arg-type]
