"""Rules of operations, and operations that are simpler ones put together: numbers, steps and the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine import concept
from tests.engine.codes import check, check_steps


def as_concept(function: Callable[..., Any]) -> Any:
    """A concept of any code, which is compared with itself."""
    return concept(title="Code", example={})(function)


def x_of(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    return F.prelu(input, weight)


def prod(input: Tensor) -> Tensor:
    return input.prod(-1)


def cumprod(input: Tensor) -> Tensor:
    return input.cumprod(0)


def ndtr(input: Tensor) -> Tensor:
    return torch.special.ndtr(input)


def hardtanh(input: Tensor) -> Tensor:
    return F.hardtanh(input, -0.5, 0.7)


def relu6(input: Tensor) -> Tensor:
    return F.relu6(10 * input)


def products(input: Tensor, other: Tensor, weight: Tensor) -> Tensor:
    return (input * other) @ (0.5 * weight)


def sums(input: Tensor, other: Tensor, weight: Tensor) -> Tensor:
    return (input + other) @ weight


def mixed(input: Tensor) -> Tensor:
    return torch.where(input > 0, input, torch.full_like(input, -1.0))


CASES: list[tuple[Callable[..., Any], list[Tensor]]] = [
    (prelu, [x_of(2, 3, 2), torch.tensor([0.25, 0.5, 2], dtype=torch.float64)]),
    (prelu, [x_of(4), torch.tensor([0.25], dtype=torch.float64)]),
    (prod, [x_of(2, 4)]),
    (cumprod, [x_of(4, 2)]),
    (ndtr, [x_of(5)]),
    (hardtanh, [x_of(6)]),
    (relu6, [x_of(6)]),
    (products, [x_of(2, 3), x_of(3) + 1, x_of(3, 2) - 1]),
    (sums, [x_of(2, 3), x_of(3) + 1, x_of(3, 2) - 1]),
    (mixed, [x_of(6)]),
]


@pytest.mark.parametrize(("function", "tensors"), CASES)
def test_numbers_and_the_way_back(function: Callable[..., Any], tensors: list[Tensor]) -> None:
    check(as_concept(function), function, *tensors)


@pytest.mark.parametrize(
    ("function", "tensors", "stages"),
    [
        (prelu, [x_of(4), torch.tensor([0.25], dtype=torch.float64)], ["output"]),
        (prod, [x_of(2, 4)], ["output"]),
        (products, [x_of(2, 3), x_of(3), x_of(3, 2)], ["output"]),
        (sums, [x_of(2, 3), x_of(3), x_of(3, 2)], ["input + other", "output"]),
    ],
)
def test_what_one_step_does(function: Callable[..., Any], tensors: list[Tensor], stages: list[str]) -> None:
    assert list(as_concept(function)(*tensors).stages) == stages


def test_a_product_of_products_is_one_sum() -> None:
    trace = as_concept(products)([[2, 3]], [1, -1], [[5], [7]])
    assert trace[0].say == "output[0, 0]: 2·1·0.5·5 + 3·(−1)·0.5·7 = −5.5."


def test_a_choice_looks_at_what_it_depends_on() -> None:
    trace = as_concept(mixed)([-3, 4])
    assert [step.reads for step in trace] == [{"input": [(0,)]}, {"input": [(1,)]}]
    assert [step.say for step in trace] == ["output[0]: −1.", "output[1]: input[1] = 4."]


@pytest.mark.parametrize(("p", "training"), [(0.4, True), (1.0, True), (0.0, True), (0.4, False)])
def test_dropout_in_code_draws_as_torch_does(p: float, training: bool) -> None:
    def thinned(input: Tensor) -> Tensor:
        return F.dropout(2 * input, p, training)

    x = x_of(3, 5)
    torch.manual_seed(3)
    expected, after = thinned(x), torch.rand(1)
    torch.manual_seed(3)
    trace = concept(title="Code", example={}, reference=lambda input: expected)(thinned)(x)
    torch.testing.assert_close(trace.outputs["output"], expected)
    assert torch.equal(torch.rand(1), after)
    check_steps(trace)


def small_network(input: Tensor, weight: Tensor, head: Tensor) -> Tensor:
    features = F.conv2d(input, weight, padding=1)  # a window of every channel times the weights
    active = torch.relu(features)
    pooled = F.max_pool2d(active, 2)
    logits = F.linear(pooled.flatten(1), head)
    output = torch.log_softmax(logits, -1)
    return output


def test_a_network_is_told_layer_by_layer() -> None:
    """Each in steps of its own, there and back."""
    arguments = x_of(1, 2, 4, 4), x_of(2, 2, 3, 3), x_of(3, 8)
    trace = as_concept(small_network)(*arguments)
    assert [block.stage for block in trace.blocks][:4] == ["features", "active", "pooled", "logits"]
    first = trace[0]
    assert first.reads["input"] == [(0, channel, row, column) for channel in (0, 1) for row in (0, 1) for column in (0, 1)]
    assert first.terms == [
        pytest.approx((float(arguments[0][0, channel, row, column]), float(arguments[1][0, channel, row + 1, column + 1])))
        for channel in (0, 1)
        for row in (0, 1)
        for column in (0, 1)
    ]
    check(as_concept(small_network), small_network, *arguments)


def test_what_was_made_inside_of_an_operation_and_given_back_is_the_same_number() -> None:
    """c is a result of the cell of an LSTM, and h is made of it: what comes back to h goes on through c."""

    def cell(x: Tensor, h: Tensor, c: Tensor, w: Tensor, v: Tensor) -> Tensor:
        h, c = torch.lstm_cell(x, (h, c), w, v, None, None)
        return h * 2 + c

    check(as_concept(cell), cell, x_of(1, 2), x_of(1, 2), x_of(1, 2), x_of(8, 2), x_of(8, 2))
