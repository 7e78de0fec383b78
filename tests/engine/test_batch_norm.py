"""Batch norm: steps, torch in both modes, running values, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from engine import batch_norm, batch_norm_backward
from engine.errors import InputError
from tests.engine.codes import check, check_steps
from tests.engine.norms import assert_close, drawn, dtypes, epsilons, flags, images, maybe, seeds

ROWS = [[1.0, -2.0], [3.0, 0.0], [5.0, 4.0], [7.0, 2.0]]
FORMULA = "torch's batch_norm (its formula for eps 0)"


def test_of_a_channel_one_number_after_the_other() -> None:
    trace = batch_norm([[1], [3]], [0], [1], [2], [4], eps=0)
    assert [step.say for step in trace] == [
        "mean[0], the mean of the channel over the batch: (1 + 3) ÷ 2 = 2.",
        "deviation[0, 0], how far the number is from the mean: 1 + (−2) = −1.",
        "deviation[1, 0], how far the number is from the mean: 3 + (−2) = 1.",
        "var[0], the mean of the squared deviations: (−1·(−1) + 1·1) ÷ 2 = 1.",
        "std[0], the root of the variance plus eps: sqrt(1 + 0) = 1.",
        "normalized[0, 0], the deviation, divided by the standard deviation: −1.",
        "normalized[1, 0], the deviation, divided by the standard deviation: 1.",
        "output[0, 0], scaled by its weight, shifted by its bias: −1·2 + 4 = 2.",
        "output[1, 0], scaled by its weight, shifted by its bias: 1·2 + 4 = 6.",
        "unbiased_var[0], the variance, divided by one number less: −1·(−1) + 1·1 = 2.",
        "new_running_mean[0], the running mean, moved toward that of the batch: 0.9·0 + 0.1·2 = 0.2.",
        "new_running_var[0], the running variance, moved toward that of the batch: 0.9·1 + 0.1·2 = 1.1.",
    ]


@settings(max_examples=20)
@given(images, flags, flags, epsilons, seeds)
def test_as_torch_while_training(shape: tuple[int, ...], weighted: bool, biased: bool, eps: float, seed: int) -> None:
    x, channels = drawn(*shape, seed=seed), shape[1]
    assume(x.numel() > channels)
    weight, bias = maybe(weighted, drawn(channels, seed=seed + 1)), maybe(biased, drawn(channels, seed=seed + 2))
    check(batch_norm, F.batch_norm, x, None, None, weight, bias, True, 0.1, eps)


@settings(max_examples=20)
@given(images, dtypes, flags, flags, st.sampled_from([0.0, 1e-5, 1.0]), seeds)
def test_as_torch_with_running_values(
    shape: tuple[int, ...], dtype: torch.dtype, weighted: bool, biased: bool, eps: float, seed: int
) -> None:
    x, mean, var = (drawn(*one, seed=seed, dtype=dtype) for one in (shape, shape[1:2], shape[1:2]))
    weight, bias = maybe(weighted, drawn(shape[1], seed=seed, dtype=dtype)), maybe(biased, drawn(shape[1], seed=seed + 2, dtype=dtype))
    arguments = (x, mean, var.abs() + 0.1, weight, bias, False, 0.1, eps)
    trace = batch_norm(*arguments)
    assert_close(trace.outputs["output"], F.batch_norm(*arguments))
    assert not {"mean", "var", "new_running_mean", "new_running_var"} & trace.outputs.keys()
    check_steps(trace)


@settings(max_examples=20)
@given(images, dtypes, st.sampled_from([0.0, 0.1, 0.5, 1.0]), seeds)
def test_running_values_are_those_of_the_module(shape: tuple[int, ...], dtype: torch.dtype, momentum: float, seed: int) -> None:
    x, channels = drawn(*shape, seed=seed, dtype=dtype), shape[1]
    assume(x.numel() > channels)
    module = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}[x.dim()](channels, momentum=momentum, dtype=dtype)
    module.running_mean.copy_(drawn(channels, seed=seed + 1))
    before = module.running_mean.clone(), module.running_var.clone()
    trace = batch_norm(x, *before, momentum=momentum)
    assert_close(trace.outputs["output"], module(x).detach())
    assert_close(trace.outputs["new_running_mean"], module.running_mean)
    assert_close(trace.outputs["new_running_var"], module.running_var)
    assert torch.equal(trace.inputs["running_mean"], before[0])


def test_momentum_of_0_and_1() -> None:
    still, whole = (batch_norm(ROWS, [1, 2], [3, 4], momentum=momentum).outputs for momentum in (0, 1))
    assert still["new_running_mean"].tolist() == [1, 2]
    assert still["new_running_var"].tolist() == [3, 4]
    assert whole["new_running_mean"].tolist() == [4, 1]
    torch.testing.assert_close(whole["new_running_var"], torch.tensor(ROWS, dtype=torch.float64).var(0))


@settings(max_examples=20)
@given(images, flags, flags, seeds)
def test_without_eps_the_formula_stands_in_for_torch(shape: tuple[int, ...], weighted: bool, biased: bool, seed: int) -> None:
    x, channels = drawn(*shape, seed=seed), shape[1]
    assume(x.numel() > channels)
    weight, bias = maybe(weighted, drawn(channels, seed=seed + 1)), maybe(biased, drawn(channels, seed=seed + 2))
    zeros, ones = torch.zeros(channels, dtype=torch.float64), torch.ones(channels, dtype=torch.float64)
    trace = batch_norm(x, zeros, ones, weight, bias, eps=0)
    axes = [axis for axis in range(x.dim()) if axis != 1]
    var, mean = torch.var_mean(x, axes, correction=0)
    torch.testing.assert_close(trace.outputs["output"], F.batch_norm(x, mean, var, weight, bias, eps=0))
    torch.testing.assert_close(trace.outputs["new_running_mean"], 0.1 * mean)
    torch.testing.assert_close(trace.outputs["new_running_var"], 0.9 + 0.1 * x.var(axes))
    assert trace.reference.name == FORMULA
    grads = batch_norm_backward(x, x, None, None, weight, bias, eps=0)
    tiny = batch_norm_backward(x, x, None, None, weight, bias, eps=1e-15)
    assert_close(grads.outputs["grad_input"], tiny.outputs["grad_input"])
    assert grads.reference.name == FORMULA.replace("torch", "torch.autograd.grad of torch", 1).replace("0, ", "0, of ")


def test_a_sample_depends_on_its_neighbours_while_training_only() -> None:
    others = [[0.0, 0.0], *ROWS[1:]]
    for training in (True, False):
        one, other = (batch_norm(rows, [0, 0], [1, 1], training=training).outputs["output"][3] for rows in (ROWS, others))
        assert torch.equal(one, other) is not training


def test_equal_numbers_become_zeros() -> None:
    assert batch_norm([[2, 1], [2, 3]]).outputs["output"][:, 0].tolist() == [0, 0]


def test_one_sample_has_a_variance_over_its_positions() -> None:
    assert batch_norm([[[1, 3]]], eps=0).outputs["output"].tolist() == [[[-1, 1]]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"input": [[1, 2]]},
            "every channel has a single number while training, whose variance is 0; give more samples, or training=False",
        ),
        (
            {"input": ROWS, "training": False},
            "training is False and there are no running values to normalise with; give running_mean and running_var",
        ),
        ({"input": ROWS, "running_mean": [0, 0]}, "running_mean is given and running_var is not; give both or neither"),
        ({"input": ROWS, "running_var": [1, 1], "training": False}, "running_var is given and running_mean is not; give both or neither"),
        ({"input": ROWS, "running_mean": [0], "running_var": [1, 1]}, "running_mean is 1, but C is 2 in input; its shape is (C)"),
        (
            {"input": ROWS, "running_mean": [0, 0], "running_var": [1, -1], "training": False},
            "running_var has -1; a variance is 0 or more",
        ),
        ({"input": ROWS, "weight": [1]}, "weight is 1, but C is 2 in input; its shape is (C)"),
        ({"input": [1, 2]}, "input is 2; its shape is (N, C, *)"),
        ({"input": ROWS, "eps": -1}, "eps is -1.0; give 0 or more"),
        ({"input": ROWS, "running_mean": [0, 0], "running_var": [1, 1], "training": False, "eps": -1}, "eps is -1.0; give 0 or more"),
        (
            {"input": [[1, 0.1], [2, 0.1], [3, 0.1]], "eps": 0},
            "all numbers of channel 1 are the same: their variance is 0, and eps too; give an eps such as 1e-5, or numbers that differ",
        ),
    ],
)
def test_refused(arguments: dict[str, Any], said: str) -> None:
    for refuses in (batch_norm, batch_norm_backward):
        with pytest.raises(InputError) as refused:
            refuses(**arguments)
        assert str(refused.value) == said


def test_a_running_variance_of_0_names_the_cell() -> None:
    with pytest.raises(InputError, match=r"output\[0, 1\] is divided by std\[1\], which is 0, in step 11"):
        batch_norm(ROWS, [0, 0], [1, 0], training=False, eps=0)
