"""Layers of neurons: steps, torch, the way back, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine import linear, linear_backward
from engine.errors import InputError
from tests.engine.codes import check


def test_of_a_plain_layer_one_step_for_each_cell() -> None:
    trace = linear([[2, 1], [1, 3]], [[2, -1]], [-0.5])
    assert [step.say for step in trace] == [
        "output[0, 0], the neuron weighs its input and adds up: 2·2 + 1·(−1) + (−0.5) = 2.5.",
        "output[1, 0], the neuron weighs its input and adds up: 1·2 + 3·(−1) + (−0.5) = −1.5.",
    ]
    assert list(trace.outputs) == ["output"]
    assert trace.code == {"output": "output = F.linear(input, weight, bias)"}


def test_then_the_activation() -> None:
    trace = linear([2, 1], [[2, -1], [1, -4]], activation="relu")
    assert [step.say for step in trace] == [
        "z[0], the neuron weighs its input and adds up: 2·2 + 1·(−1) = 3.",
        "z[1], the neuron weighs its input and adds up: 2·1 + 1·(−4) = −2.",
        "output[0], the sum, sent through the activation: relu(3) = 3.",
        "output[1], the sum, sent through the activation: relu(−2) = 0.",
    ]


@pytest.mark.parametrize("name", ["step", "relu", "sigmoid", "tanh", "leaky_relu", "elu"])
def test_the_curve_of_the_activation(name: str) -> None:
    trace = linear([[2.0, 9]], [[1, -1]], activation=name)
    x, y, _ = trace.outputs["curve"]
    assert (float(x[0]), float(x[-1])) == pytest.approx((-7, 7))  # as far as the sum
    assert torch.equal(y, (x >= 0).to(x.dtype) if name == "step" else getattr(F, name)(x))


def test_exactly_on_the_plane_a_step_is_1() -> None:
    trace = linear([[0.25, 0], [1, 1.5], [0, 0]], [[2, -1]], [-0.5], activation="step")
    assert trace.outputs["z"].tolist() == [[0], [0], [-0.5]]
    assert trace.outputs["output"].tolist() == [[1], [1], [0]]


def test_of_weights_of_zeros_the_bias_is_left() -> None:
    assert linear([[3, -7]], [[0, 0]], [2]).outputs["output"].tolist() == [[2]]


def test_maxout_says_who_wins_the_first_of_equal_ones() -> None:
    trace = linear([[1, 1], [2, -1]], [[1, -1], [0, 0], [0.5, -0.5]], activation="maxout")
    assert trace.outputs["winner"].tolist() == [0, 0]
    assert trace.plain == ["winner"]
    assert trace[-1].say == "output[1], the largest sum of all neurons: max(3, 0, 1.5) = 3."
    back = linear_backward(None, [[1, 1]], [[1, -1], [0, 0], [0.5, -0.5]], activation="maxout")
    assert back.outputs["grad_z"].tolist() == [[1, 0, 0]]


def layer(input: Tensor, weight: Tensor, bias: Tensor | None = None, *, activation: str | None = None) -> Tensor:
    z = F.linear(input, weight, bias)
    if activation == "maxout":
        return z.max(-1).values
    return z if activation is None else getattr(torch.nn.functional, activation)(z)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 1, 3)])
@pytest.mark.parametrize("activation", [None, "relu", "sigmoid", "tanh", "leaky_relu", "elu", "maxout"])
def test_as_torch(activation: str | None, shape: tuple[int, ...], biased: bool, dtype: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(len(shape))
    x, weight, bias = (torch.randn(size, generator=generator, dtype=dtype) for size in (shape, (4, 3), (4,)))
    check(linear, layer, x, weight, *([bias] if biased else []), activation=activation)


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        (([[1, 2]], [[1, 2, 3]]), {}, r"weight is 1×3, but in_features is 2 in input; its shape is \(out_features, in_features\)"),
        (([[1, 2]], [[1, 2]], [1, 2]), {}, r"bias is 2, but out_features is 1 in weight; its shape is \(out_features\)"),
        (([[1, 2]], [1, 2]), {}, r"weight is 2; its shape is \(out_features, in_features\)"),
        (([[1, 2]], [[1, 2]]), {"activation": "gelu"}, "activation is 'gelu'; give 'step' or 'relu'"),
    ],
)
def test_refused(arguments: tuple[Any, ...], options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        linear(*arguments, **options)


def test_through_a_step_nothing_comes_back() -> None:
    with pytest.raises(InputError, match="nothing that linear is given has a derivative; give numbers that its result depends on"):
        linear_backward(None, [[1, 2]], [[1, 2]], activation="step")
