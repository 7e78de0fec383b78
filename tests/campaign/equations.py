"""Every equation that is shown, worked out again from its text by a reader who knows nothing of how it was written.

Worksheets, sentences, formulas and running sums: after ``=`` the shown numbers give the shown result exactly, after ``≈`` to within one
unit of its last digit, and where numbers are said to cancel, they do.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import mpmath
import torch
from torch import Tensor

import engine
from engine.errors import CheckError, InputError
from engine.numbers import written
from engine.paper.lines import result_line
from engine.running import running_sums
from tests.campaign.configurations import MAKERS, Draw

TITLE = "every equation on worksheets, in sentences, formulas and running sums, worked out again from its text"
SMALL, LARGE = 240, 10_000
#: Steps of one trace whose equations are read.
STEPS = 6

_NUMBER = r"(?:\d++(?:\.\d++)?+(?:e−?\d++)?+|∞)"
_TOKEN = re.compile(rf"\s*(?:(?P<number>{_NUMBER})|(?P<name>σ|tanh|exp|log|sqrt|sin|cos|relu|abs|max)(?=\()|(?P<sign>[+−·÷(),]))")
_RELATION = re.compile(rf" (?P<relation>=|≈|cancels to) (?P<value>−?{_NUMBER})(?![\w·÷])(?! [+·÷−])")
#: What may stand in an expression.
_ALLOWED = re.compile(r"(?:[\d.e+−·÷(), ∞σ]|tanh|exp|log|sqrt|sin|cos|relu|abs|max)*$")


class Draws(Draw):
    """Also numbers that cancel, halves, and decimals that are written in a few digits."""

    def numbers(self, *shape: int) -> Tensor:
        kind = self.random.choice(["as usual", "as usual", "halves", "decimals", "cancelling", "near one", "large whole"])
        if kind == "as usual":
            return super().numbers(*shape)
        draw = torch.Generator().manual_seed(self.random.getrandbits(40))
        whole = torch.randint(-99, 100, shape, generator=draw).double()
        noise = torch.randn(shape, generator=draw, dtype=torch.float64) * 10.0 ** -self.random.randint(1, 13)
        sign = torch.randint(0, 2, shape, generator=draw) * 2.0 - 1
        found = {
            "halves": whole / 2 ** self.random.randint(1, 6),
            "decimals": whole / 10 ** self.random.randint(1, 6),
            "cancelling": sign * self.random.choice([0.515, 1.0, 3.0, 1000001.0, 1e-7, 12345.678]) + noise,
            "near one": 1 + noise,
            "large whole": whole * 10 ** self.random.randint(3, 7) + sign,
        }[kind]
        return found.to(self.dtype)


def cases(count: int, seed: int) -> Iterator[str | None]:
    for number in range(count):
        draw = Draws(random.Random(f"{seed} {number}"), [torch.float64, torch.float32][number % 2], number % 4 < 2)
        name = list(MAKERS)[number // 4 % len(MAKERS)]
        arguments, _ = MAKERS[name](draw)
        try:
            trace = getattr(engine, name)(**arguments)
        except (InputError, CheckError):  # whether that is right is what `configurations` asks
            yield None
            continue
        found = next((fault for k in draw.random.choices(range(len(trace)), k=STEPS) for fault in _faults(trace[k])), None)
        yield None if found is None else f"case {number} of seed {seed}, {name}: {found}"


def _faults(step: Any) -> Iterator[str]:
    line = result_line(step)
    for text in (line, step.say, _typed(step.formula)):
        yield from equation_faults(text)
    text = written(step.terms, step.value, step.reduce, step.divisor, step.apply)
    if f" {text.relation} {text.value}" not in line and f" += {text.value}" not in line:
        yield f"{line!r} does not end as the strip does, in {text.value}"
    # A sentence may speak of a part of the sum, but the value of a cell has one spelling.
    said = re.findall(rf"\w+\[[\d, ]+\] (?:=|≈) (−?{_NUMBER})", step.say)
    if said and text.value not in said:
        yield f"{step.say!r} says {said}, the strip {text.value}"
    if step.reduce == "sum" and not step.apply and step.divisor == 1:
        yield from _running(step, text)


def _running(step: Any, text: Any) -> Iterator[str]:
    """Each running sum is that of the shown terms, rounded; the last one is the result."""
    sums = running_sums(step.terms, text)
    if "∞" in "".join(sums) or "nan" in "".join(sums):
        return
    total = Fraction(0)
    for term, shown in zip(text.terms[:-1], sums[:-1], strict=True):
        product = Fraction(1)
        for one in term:
            product *= number(one)
        total += product
        if abs(total - number(shown)) > unit(shown) / 2:
            yield f"{text.terms} adds up to {float(total)} so far, not {shown}"
            return
    if sums[-1] != text.value:
        yield f"the last of {sums} is not {text.value}"


def _typed(formula: str) -> str:
    """A formula in Typst math as a line of text; nothing of one that is cut short."""
    if "dots" in formula:
        return ""
    text = re.sub(r'^"[^"]*" (?:=|approx) ', "name = ", formula).replace('op("relu")', "relu").replace("sigma", "σ")
    return text.replace(" dot ", "·").replace(" approx ", " ≈ ").replace('"cancels to"', "cancels to").replace(" / ", " ÷ ")


def equation_faults(line: str) -> Iterator[str]:
    """What is wrong with the equations in a line; names and words before an expression are no part of it."""
    begin = 0
    line = line.replace(" times derivative ", "·")
    for found in _RELATION.finditer(line):
        left = line[begin : found.start()]
        begin = found.end()
        expression = _expression(left)
        if expression is None:
            continue
        try:
            reached, size = evaluate(expression)
        except (ValueError, ZeroDivisionError) as error:
            yield f"{line[:300]!r}: {error}"
            continue
        if reached is None:
            continue
        with mpmath.workdps(60):
            fault = _off(reached, size, found["relation"], found["value"])
        if fault:
            yield f"{line[:600]!r}: {fault}"


def _off(reached: Any, size: Any, relation: str, shown: str) -> str | None:
    value = number(shown)
    if isinstance(reached, Fraction):
        off: Any = abs(reached - value)
        exact = off == 0
    else:
        off = abs(reached - mpmath.mpf(value.numerator) / value.denominator)
        exact = off <= mpmath.mpf(10) ** -45 * max(1, abs(reached))
    if relation == "=":
        return (
            None if exact else f"off by {mpmath.nstr(mpmath.mpf(off.numerator) / off.denominator if isinstance(off, Fraction) else off, 5)}"
        )
    if relation == "≈":
        limit = unit(shown)
        # Just one unit is allowed, which fifty digits of a binary number may miss by the last.
        within = off <= (
            limit if isinstance(off, Fraction) else mpmath.mpf(limit.numerator) / limit.denominator * (1 + mpmath.mpf(10) ** -40)
        )
        return None if within else f"off by more than {float(limit):.1g}"
    return None if abs(value) <= Fraction(1, 10**4) * size else "they do not cancel"


def number(text: str) -> Fraction:
    return Fraction(text.replace("−", "-"))


def unit(text: str) -> Fraction:
    """One unit of the last digit that stands there."""
    mantissa, _, power = text.replace("−", "-").partition("e")
    return Fraction(10) ** ((int(power) if power else 0) - len(mantissa.partition(".")[2]))


def _expression(left: str) -> str | None:
    """The longest end of a text that is arithmetic with more than one number in it."""
    allowed = _ALLOWED.search(left)
    assert allowed is not None
    text = allowed.group()
    for found in re.finditer(r"(?<![\d.e])(?=[\d−(∞]|σ|tanh|exp|log|sqrt|sin|cos|relu|abs|max)", text):
        rest = text[found.start() :].strip()
        if re.fullmatch(rf"\(?−?{_NUMBER}\)?", rest):
            return rest if re.search(r"[=≈] $", left[: -len(rest)]) else None
        try:
            tokens = list(_tokens(rest))
            _Reader(tokens).whole()
        except ValueError:
            continue
        except ZeroDivisionError:
            return rest
        return rest
    return None


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            if not text[at:].strip():
                return
            raise ValueError(f"cannot read {text[at : at + 20]!r}")
        assert found.lastgroup is not None
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


def evaluate(expression: str) -> tuple[Any, Any]:
    """Its value, exactly where it is rational, else to fifty digits; and the size of what was added up. None where it is infinite."""
    if "∞" in expression:
        return None, None
    with mpmath.workdps(60):
        reader = _Reader(list(_tokens(expression)))
        return reader.whole(), reader.size


class _Reader:
    """sum = product {+ product}; product = factor {· factor | ÷ factor}; factor = [−] (number | (sum) | name(sum {, sum}))."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at, self.size = tokens, 0, Fraction(0)

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, wanted: str = "") -> str:
        if self.at >= len(self.tokens) or (wanted and self.peek() != wanted):
            raise ValueError(f"{wanted or 'something'} is missing")
        self.at += 1
        return self.tokens[self.at - 1][1]

    def whole(self) -> Any:
        value = self.sum()
        if self.at < len(self.tokens):
            raise ValueError(f"{self.peek()} is left over")
        return value

    def sum(self) -> Any:
        value = self.product()
        while self.peek() == "+":
            self.take()
            value = value + self.product()
        return value

    def product(self) -> Any:
        value = self.factor()
        while self.peek() in ("·", "÷"):
            sign, other = self.take(), self.factor()
            value = value * other if sign == "·" else value / other
        if isinstance(value, Fraction):
            self.size = max(self.size, abs(value))
        return value

    def factor(self) -> Any:
        if self.peek() == "−":
            self.take()
            return -self.factor()
        if self.peek() == "(":
            self.take()
            value = self.sum()
            self.take(")")
            return value
        kind = self.tokens[self.at][0] if self.at < len(self.tokens) else ""
        if kind == "name":
            name = self.take()
            self.take("(")
            values = [self.sum()]
            while self.peek() == ",":
                self.take()
                values.append(self.sum())
            self.take(")")
            return _applied(name, values)
        if kind != "number":
            raise ValueError("a number is missing")
        text = self.take()
        if text == "∞":
            raise ValueError("infinite")
        return number(text)


def _applied(name: str, values: list[Any]) -> Any:
    if name == "max":
        return max(values)
    (x,) = values
    if name == "relu":
        return max(x, Fraction(0))
    if name == "abs":
        return abs(x)
    if isinstance(x, Fraction):
        x = mpmath.mpf(x.numerator) / x.denominator
    if name in ("log", "sqrt") and x < 0:
        raise ValueError(f"{name} of a negative number")
    if name == "log" and x == 0:
        raise ValueError("log of 0")
    functions = {"exp": mpmath.exp, "log": mpmath.log, "sqrt": mpmath.sqrt, "sin": mpmath.sin, "cos": mpmath.cos, "tanh": mpmath.tanh}
    return 1 / (1 + mpmath.exp(-x)) if name == "σ" else functions[name](x)
