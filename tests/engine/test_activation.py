"""Activation functions: their values and slopes, torch and autograd, the curve, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from engine import activation, activation_backward
from engine.errors import InputError
from tests.engine.codes import check, check_steps

NAMES = ["relu", "leaky_relu", "prelu", "elu", "sigmoid", "tanh", "gelu", "softplus"]
OPTIONS: dict[str, list[dict[str, float]]] = {
    "leaky_relu": [{}, {"negative_slope": 0.2}, {"negative_slope": 0.0}, {"negative_slope": -1.5}],
    "prelu": [{}, {"weight": 2.0}],
    "elu": [{}, {"alpha": 0.5}, {"alpha": 0.0}, {"alpha": -2.0}],
}
EVERY = [(name, options) for name in NAMES for options in OPTIONS.get(name, [{}])]


def reference(input: Tensor, name: str, *, negative_slope: float = 0.01, alpha: float = 1.0, weight: float = 0.25) -> Tensor:
    own: dict[str, Any] = {"leaky_relu": [negative_slope], "elu": [alpha], "prelu": [torch.tensor(weight, dtype=input.dtype)]}
    found: Tensor = getattr(F, name)(input, *own.get(name, []))
    return found


def slope(input: Tensor, name: str, **options: float) -> Tensor:
    x = input.clone().requires_grad_()
    return torch.autograd.grad(reference(x, name, **options).sum(), x)[0]


def test_value_then_slope() -> None:
    assert [step.say for step in activation([-2, 0], "elu")] == [
        "output[0], from 0 down it levels off: elu(−2) ≈ −0.86.",
        "output[1], from 0 down it levels off: elu(0) = 0.",
        "bent[0], the slope from 0 down: −0.8647 + 1 = 0.1353.",
        "bent[1], the slope from 0 down: 0 + 1 = 1.",
        "slope[0], bent from 0 down: bent[0] = 0.1353.",
        "slope[1], bent from 0 down: bent[1] = 1.",
    ]


def test_a_slope_of_two_kinds_looks_at_the_input() -> None:
    step = activation([-2, 3], "leaky_relu")[-1]
    assert step.say == "slope[1], a straight rise above 0: 1."
    assert step.reads == {"input": [(1,)]}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
@pytest.mark.parametrize(("name", "options"), EVERY)
def test_as_torch(name: str, options: dict[str, float], shape: tuple[int, ...], dtype: torch.dtype) -> None:
    x = 2 * torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=dtype)
    check(activation, reference, x, name, **options)
    found = activation(x, name, **options).outputs
    assert found["slope"].dtype == dtype
    torch.testing.assert_close(found["slope"], slope(x, name, **options))


@pytest.mark.parametrize(("name", "options"), EVERY)
def test_at_0_the_slope_is_the_one_that_torch_takes(name: str, options: dict[str, float]) -> None:
    zero = torch.zeros(1, dtype=torch.float64)
    assert activation(zero, name, **options).outputs["slope"].item() == pytest.approx(slope(zero, name, **options).item())


@pytest.mark.parametrize("name", NAMES)
def test_far_out_nothing_overflows(name: str) -> None:
    x = torch.tensor([-700.0, 700.0], dtype=torch.float64)
    trace = activation(x, name)
    check_steps(trace)
    torch.testing.assert_close(trace.outputs["slope"], slope(x, name))
    assert trace.outputs["curve"][0, [0, 100, -1]].tolist() == [-700, 0, 700]


def test_step_is_1_at_0_and_flat() -> None:
    trace = activation([-1, 0, 2], "step")
    check_steps(trace)
    assert trace.outputs["output"].tolist() == [0, 1, 1]
    assert trace.outputs["slope"].tolist() == [0, 0, 0]
    with pytest.raises(InputError, match="nothing that activation is given has a derivative; give numbers that its result depends on"):
        activation_backward(None, [-1, 0, 2], "step")


@pytest.mark.parametrize(("name", "options"), EVERY)
def test_the_curve_has_values_and_slopes_and_no_steps(name: str, options: dict[str, float]) -> None:
    trace = activation([-1, 0.5], name, **options)
    x, y, slopes = trace.outputs["curve"]
    assert (x[0], x[100], x[-1]) == (-4, 0, 4)
    assert trace.plain == ["curve"]
    assert not any("curve" in step.writes for step in trace)
    torch.testing.assert_close(y, reference(x, name, **options))
    torch.testing.assert_close(slopes, slope(x, name, **options))


def test_a_picture_is_taken_cell_by_cell() -> None:
    assert len(activation(torch.rand(6, 7))) == 2 * 6 * 7


def test_layer_by_layer_at_best_the_largest_slope_is_left() -> None:
    trace = activation([0, 5], "sigmoid", depth=3)
    assert [step.say for step in trace][4:] == [
        "best, the largest slope: max(0.25, 0.01) = 0.25.",
        "chain[0], what is left after each layer, at best: best = 0.25.",
        "chain[1], what is left after each layer, at best: 0.25·0.25 = 0.0625.",
        "chain[2], what is left after each layer, at best: 0.25·0.25·0.25 ≈ 0.02.",
    ]
    check_steps(trace)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"name": "swish"}, "name is 'swish'; give 'step' or 'relu'"),
        ({"depth": -1}, "depth is -1; give a number of layers from 0 to 50"),
        ({"depth": 51}, "depth is 51; give a number of layers from 0 to 50"),
    ],
)
def test_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        activation([1], **options)


def test_the_way_back_is_said_from_what_sends_something_back() -> None:
    trace = activation_backward([3, 5], [-2, 1], "prelu")
    assert [step.say for step in trace] == ["grad_input[0], back from output: 3·0.25 = 0.75.", "grad_input[1], back from output: 5·1 = 5."]


def test_points_of_the_curve_are_no_cells_that_steps_computed() -> None:
    assert activation([-2, 1]).closing == "Each number has value and slope; torch.nn.functional with autograd gives the same numbers."
