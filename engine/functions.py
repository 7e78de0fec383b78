"""The functions that a step may apply to its sum, by the names that torch gives them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Function:
    """``of`` computes it in floats; ``text`` and ``math`` are its name in plain text and in Typst math.

    ``exact`` says at which arguments its value is a decimal number, so that ``=`` may stand before it; everywhere if it is rational.
    """

    of: Callable[[float], float]
    text: str
    math: str
    exact: Callable[[float], bool]


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


FUNCTIONS: dict[str, Function] = {
    "sigmoid": Function(sigmoid, "σ", "sigma", _at(0.0)),
    "tanh": Function(math.tanh, "tanh", "tanh", _at(0.0)),
    "exp": Function(_exp, "exp", "exp", _at(0.0, -math.inf)),
    "log": Function(lambda x: math.log(x) if x else -math.inf, "log", "log", _at(1.0)),
    "sqrt": Function(math.sqrt, "sqrt", "sqrt", _at(0.0, 1.0)),
    "sin": Function(math.sin, "sin", "sin", _at(0.0)),
    "cos": Function(math.cos, "cos", "cos", _at(0.0)),
    "relu": Function(lambda x: max(x, 0.0), "relu", 'op("relu")', _everywhere),
    "abs": Function(abs, "abs", "abs", _everywhere),
}
