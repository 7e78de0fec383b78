"""The arithmetic of a step: the sum of its terms, and the functions that it may apply to that, by the names that torch gives them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass


def added(numbers: Iterable[float]) -> float:
    """The exact sum, or where numbers or sums of them are infinite what adding them up one after the other gives."""
    listed = list(numbers)
    try:
        return math.fsum(listed)
    except (OverflowError, ValueError):
        return sum(listed)


@dataclass(frozen=True)
class Function:
    """``of`` computes it in floats; ``text`` and ``math`` are its name in plain text and in Typst math.

    ``exact`` says at which arguments its value is a decimal number, so that ``=`` may stand before it; everywhere if it is rational.
    ``slope`` is its derivative at an argument, of which the value is known too; where there are several, torch's choice. ``slopes`` are
    the ways to write it with the argument ``{x}`` or with the value ``{y}``, the best one first; the last is always ``tanh′({x})``.
    """

    of: Callable[[float], float]
    text: str
    math: str
    exact: Callable[[float], bool]
    slope: Callable[[float, float], float]
    slopes: tuple[str, ...] = ()

    def value(self, x: float) -> float:
        """Its value; nan where it has none, as in torch."""
        return _or_nan(lambda: self.of(x))

    def derivative(self, x: float, y: float) -> float:
        """Its derivative at x, where its value is y; nan where it has none."""
        return _or_nan(lambda: self.slope(x, y))

    def slope_of(self, known: Sequence[str]) -> str:
        """How its derivative is written with what has a name, of ``{x}`` and ``{y}``; empty if it cannot be."""
        return next((way for way in (*self.slopes, f"{self.text}′({{x}})") if any(one in way for one in known)), "")


def _or_nan(compute: Callable[[], float]) -> float:
    try:
        return compute()
    except (ValueError, OverflowError, ZeroDivisionError):
        return math.nan


def sigmoid(x: float) -> float:
    """1 / (1 + e^−x), without overflow."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return math.inf


def _at(*arguments: float) -> Callable[[float], bool]:
    return lambda x: x in arguments


def _everywhere(_: float) -> bool:
    return True


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def _softplus(x: float) -> float:
    """As torch has it, which takes x itself from 20 on."""
    return x if x > 20 else math.log1p(math.exp(x))


def _normal(x: float) -> float:
    """The share of a normal distribution below x."""
    return (1 + math.erf(x / math.sqrt(2))) / 2


def _density(x: float) -> float:
    """The height of a normal distribution at x."""
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _gelu_slope(x: float, _: float) -> float:
    return _normal(x) + x * _density(x)


def _silu_slope(x: float, _: float) -> float:
    share = sigmoid(x)
    return share * (1 + x * (1 - share))


def _reciprocal(x: float) -> float:
    return 1 / x if x else math.inf


def _word(name: str) -> tuple[str, str]:
    """Its name in plain text and in Typst."""
    return name, f'op("{name}")'


FUNCTIONS: dict[str, Function] = {
    "sigmoid": Function(sigmoid, "σ", "sigma", _at(0.0), lambda x, y: y * (1 - y), ("{y}·(1 − {y})",)),
    "tanh": Function(math.tanh, "tanh", "tanh", _at(0.0), lambda x, y: 1 - y * y, ("1 − {y}²",)),
    "exp": Function(_exp, "exp", "exp", _at(0.0, -math.inf), lambda x, y: y, ("{y}",)),
    "log": Function(
        lambda x: math.log(x) if x else -math.inf,
        "log",
        "log",
        _at(1.0),
        lambda x, y: _reciprocal(x),
        (
            "1/{x}",
            "1/e^{y}",
        ),
    ),
    "sqrt": Function(math.sqrt, "sqrt", "sqrt", _at(0.0, 1.0), lambda x, y: _reciprocal(2 * y), ("1/(2·{y})",)),
    "sin": Function(math.sin, "sin", "sin", _at(0.0), lambda x, y: math.cos(x), ("cos({x})",)),
    "cos": Function(math.cos, "cos", "cos", _at(0.0), lambda x, y: -math.sin(x), ("−sin({x})",)),
    "relu": Function(
        lambda x: max(x, 0.0),
        *_word("relu"),
        _everywhere,
        lambda x, y: float(x > 0),
        (
            "relu′({x})",
            "relu′({y})",
        ),
    ),
    "abs": Function(abs, "abs", "abs", _everywhere, lambda x, y: _sign(x), ("sign({x})",)),
    "rsqrt": Function(
        lambda x: _reciprocal(math.sqrt(x)), "1/√", 'op("1/√")', _at(1.0), lambda x, y: -y / (2 * x) if x else -math.inf, ("−{y}³/2",)
    ),
    "sign": Function(_sign, *_word("sign"), _everywhere, lambda x, y: 0.0),
    "floor": Function(lambda x: float(math.floor(x)), *_word("floor"), _everywhere, lambda x, y: 0.0),
    "step": Function(lambda x: float(x >= 0), *_word("step"), _everywhere, lambda x, y: 0.0),
    "expm1": Function(math.expm1, *_word("expm1"), _at(0.0), lambda x, y: y + 1, ("1 + {y}",)),
    "log1p": Function(
        math.log1p,
        *_word("log1p"),
        _at(0.0),
        lambda x, y: _reciprocal(1 + x),
        (
            "1/(1 + {x})",
            "1/e^{y}",
        ),
    ),
    "softplus": Function(_softplus, *_word("softplus"), _at(), lambda x, y: sigmoid(x) if x <= 20 else 1.0, ("σ({x})",)),
    "logsigmoid": Function(
        lambda x: min(x, 0.0) - math.log1p(math.exp(-abs(x))),
        *_word("logsigmoid"),
        _at(),
        lambda x, y: sigmoid(-x),
        (
            "1 − σ({x})",
            "1 − e^{y}",
        ),
    ),
    "gelu": Function(lambda x: x * _normal(x), *_word("gelu"), _at(0.0), _gelu_slope),
    "ndtr": Function(_normal, "Φ", "Phi", _at(0.0), lambda x, y: _density(x)),
    "silu": Function(lambda x: x * sigmoid(x), *_word("silu"), _at(0.0), _silu_slope),
    "erf": Function(math.erf, *_word("erf"), _at(0.0), lambda x, y: 2 / math.sqrt(math.pi) * math.exp(-x * x)),
    "elu": Function(lambda x: x if x > 0 else math.expm1(x), *_word("elu"), lambda x: x >= 0, lambda x, y: 1.0 if x > 0 else y + 1),
}
