"""Graphs on the stage: legible at every size, the shown numbers right, contributions there until they are added up."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
import torch
from manim import tempconfig

from engine import backprop
from engine.record import Record
from scenes.backprop import Backprop
from scenes.parts.beat import Beat
from scenes.parts.graph_picture import GraphPicture, known
from studio.pace import beats
from tests.scenes.lint import findings

SETTINGS = {"pixel_width": 320, "pixel_height": 180, "frame_rate": 10, "dry_run": True, "verbosity": "ERROR"}
CHAIN = "z1 = w1*X; z2 = relu(z1); z3 = w2*z2; y_hat = z2 + z3; L = (y_hat - y)**2/2"
CHAIN_VALUES = {"X": 1, "y": 0.5, "w1": 1, "w2": 2}


def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def chain(count: int) -> tuple[str, dict[str, Any]]:
    """``count`` functions, one after the other."""
    return "h0 = tanh(x); " + "; ".join(f"h{i} = tanh(h{i - 1})" for i in range(1, count)), {"x": 0.37}


def wide(count: int) -> tuple[str, dict[str, Any]]:
    """``count`` numbers that meet in one node."""
    names = [f"x{i}" for i in range(count)]
    return f"S = {' + '.join(names)}; L = log(S)", {name: 0.1234567 * i + 1 for i, name in enumerate(names)}


def diamonds(count: int) -> tuple[str, dict[str, Any]]:
    """Ways that part and meet again."""
    parts = [f"a{i} = 2*d{i}; b{i} = sin(d{i}); d{i + 1} = a{i}*b{i}" for i in range(count)]
    return "; ".join(parts), {"d0": 1.1}


def recurrent(count: int) -> tuple[str, dict[str, Any]]:
    """A recurrent network in time: the same weights at every step."""
    steps = ["h0 = tanh(w*x0 + b)", *(f"h{i} = tanh(w*x{i} + u*h{i - 1} + b)" for i in range(1, count))]
    values = {f"x{i}": (-1) ** i * 0.3 * i for i in range(count)}
    return "; ".join([*steps, f"L = (h{count - 1} - t)**2/2"]), {**values, "w": 0.7, "b": 0.1, "u": -0.4, "t": 1.0}


NETWORK = (
    "z1 = w11*i1 + w21*i2 + b1; z2 = w12*i1 + w22*i2 + b2; h1 = relu(z1); h2 = relu(z2); z3 = w31*h1 + w41*h2 + b3; "
    "z4 = w32*h1 + w42*h2 + b4; y1 = relu(z3); y2 = relu(z4); MSE = ((y1 - t1)**2 + (y2 - t2)**2)/2"
)
WEIGHTS = [1, 0.5, -0.5, 1, 0.5, -2, -1, 0.5, -0.5, -0.5, 1, 1]
NETWORK_VALUES = dict(zip("w11 w12 w21 w22 w31 w32 w41 w42 b1 b2 b3 b4".split(), WEIGHTS, strict=True)) | {
    "i1": 1,
    "i2": 2,
    "t1": 2,
    "t2": 4,
}
VECTORS = "z1 = W1@X; z2 = relu(z1); z3 = W2@z2; y_hat = z3 + P@z2; L = sum((y_hat - y)**2)/2"
VECTORS_VALUES = {"X": numbers(2), "y": numbers(2), "W1": numbers(4, 2), "W2": numbers(2, 4), "P": numbers(2, 4)}

GRAPHS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "2 nodes": ("z = exp(x)", {"x": 1}),
    "3 nodes": ("z = x*y", {"x": 3, "y": -4}),
    "the example": (CHAIN, CHAIN_VALUES),
    "long numbers": (CHAIN, {"X": 123.456789, "y": -98765.4321, "w1": 0.00012345, "w2": -271.828}),
    "very long numbers": (CHAIN, {"X": 1.5e9, "y": 1, "w1": 3.3e7, "w2": -2e-9}),
    "the network": (NETWORK, NETWORK_VALUES),
    "9 nodes": chain(8),
    "20 nodes": chain(19),
    "40 nodes": chain(39),
    "7 leaves": wide(7),
    "38 leaves": wide(38),
    "diamonds": diamonds(3),
    "13 diamonds": diamonds(13),
    "recurrent": recurrent(4),
    "recurrent 40": recurrent(11),
    "long names": ("a_long_name_here = exp(another_name) + exp(a_third_nam)", {"another_name": 1.25, "a_third_nam": -0.5}),
    "a small vector": ("z = w*x; L = sum(z)", {"w": [1, -2], "x": [0.5, 3]}),
    "vectors": (VECTORS, VECTORS_VALUES),
    "matrices": ("H = tanh(A@B + c); S = softmax(H, 0); L = mean(S*H)", {"A": numbers(7, 5), "B": numbers(5, 9), "c": numbers(9)}),
    "large": ("H = relu(A@B); L = max(H)", {"A": numbers(70, 3), "B": numbers(3, 80)}),
    "a stack": ("H = A*B; L = sum(H)", {"A": numbers(2, 3, 4), "B": numbers(3, 4)}),
    "a hundred": ("L = sum(exp(x)/n)", {"x": numbers(100), "n": 100}),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_are_legible(name: str) -> None:
    theme = ("dark", "light", "print")[list(GRAPHS).index(name) % 3]
    trace = backprop(*GRAPHS[name])
    assert findings(Backprop, trace, beats(trace, seconds=16, fps=10), theme) == []


@pytest.mark.parametrize("theme", ["dark", "light", "print"])
def test_every_step_of_the_example_is_legible(theme: str) -> None:
    trace = backprop(CHAIN, CHAIN_VALUES)
    assert findings(Backprop, trace, beats(trace, fps=10), theme) == []
