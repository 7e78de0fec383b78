"""Group norm: steps, torch, its two ends, the way back, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine import group_norm, group_norm_backward, layer_norm
from engine.errors import InputError
from tests.engine.codes import check
from tests.engine.norms import assert_close, drawn, epsilons, flags, images, maybe, seeds

FOUR = [[[1.0, 3.0], [2.0, 0.0], [5.0, -1.0], [4.0, 0.0]]]


def test_a_mean_is_that_of_a_few_channels_of_one_sample() -> None:
    trace = group_norm(FOUR, 2, [1, 2, 1, 2], [0, 1, 0, 1])
    says = [step.say for step in trace]
    assert says[0] == "mean[0, 0, 0, 0], the mean of the group: (1 + 3 + 2 + 0) ÷ 4 = 1.5."
    assert says[1] == "mean[0, 1, 0, 0], the mean of the group: (5 + (−1) + 4 + 0) ÷ 4 = 2."
    assert says[-1] == "output[0, 3, 1], scaled by its weight, shifted by its bias: −0.78·2 + 1 ≈ −0.57."
    assert list(trace.outputs) == ["mean", "deviation", "var", "std", "normalized", "output"]
    assert trace.reference.name == "torch.nn.functional.group_norm"


@settings(max_examples=20)
@given(images, st.sampled_from([1, 2, 4]), flags, flags, epsilons, seeds)
def test_as_torch(shape: tuple[int, ...], groups: int, weighted: bool, biased: bool, eps: float, seed: int) -> None:
    x, channels = drawn(*shape, seed=seed), shape[1]
    assume(channels % groups == 0 and x.numel() > groups)
    weight, bias = maybe(weighted, drawn(channels, seed=seed + 1)), maybe(biased, drawn(channels, seed=seed + 2))
    if weight is None and bias is not None:
        assert_close(group_norm(x, groups, None, bias, eps).outputs["output"], F.group_norm(x, groups, None, bias, eps))
        weight = torch.ones(channels, dtype=torch.float64)  # torch's own way back fails without
    check(group_norm, F.group_norm, x, groups, weight, bias, eps)


def test_back_with_a_bias_alone() -> None:
    """Where torch's way back fails."""
    mine, weighted = (group_norm_backward(FOUR, FOUR, 2, weight, [0, 1, 2, 3]).outputs for weight in (None, [1, 1, 1, 1]))
    torch.testing.assert_close(mine["grad_input"], weighted["grad_input"])
    assert mine["grad_bias"].tolist() == [4, 2, 4, 4]


def test_one_group_is_layer_norm_and_as_many_as_channels_instance_norm() -> None:
    x = drawn(2, 4, 3, seed=0)
    torch.testing.assert_close(group_norm(x, 1).outputs["output"], layer_norm(x, (4, 3)).outputs["output"])
    torch.testing.assert_close(group_norm(x, 4).outputs["output"], F.instance_norm(x))


def test_channels_that_do_not_lie_side_by_side_in_memory() -> None:
    x = drawn(2, 3, 4, seed=1).transpose(1, 2)
    torch.testing.assert_close(group_norm(x, 2).outputs["output"], F.group_norm(x, 2))


def test_float32() -> None:
    x = drawn(2, 4, 3, seed=2, dtype=torch.float32)
    assert_close(group_norm(x, 2).outputs["output"], F.group_norm(x, 2))


def test_equal_numbers_become_zeros() -> None:
    assert group_norm([[3, 3, 1, 2]], 2).outputs["output"][0, :2].tolist() == [0, 0]
    assert group_norm([[3], [4]], 1).outputs["output"].tolist() == [[0], [0]]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((FOUR, 3), "num_groups is 3, but input has 4 channels; give a number that divides 4"),
        ((FOUR, 0), "num_groups is 0, but input has 4 channels; give a number that divides 4"),
        ((FOUR, -2), "num_groups is -2, but input has 4 channels; give a number that divides 4"),
        (([[1, 2]], 2), "every group has a single number, since num_groups is 2; give fewer groups, or more samples or positions"),
        (([1, 2], 1), "input is 2; its shape is (N, C, *)"),
        ((FOUR, 2, [1, 2]), "weight is 2, but C is 4 in input; its shape is (C)"),
        ((FOUR, 2, None, None, -0.5), "eps is -0.5; give 0 or more"),
        (
            ([[1, 2, 3, 3], [0, 1, 2, 3]], 2, None, None, 0),
            "all numbers of group 1 of input[0] are the same: their variance is 0, and eps too; give an eps such as 1e-5, "
            "or numbers that differ",
        ),
    ],
)
def test_refused(arguments: tuple[Any, ...], said: str) -> None:
    for refuses in (lambda: group_norm(*arguments), lambda: group_norm_backward(None, *arguments)):
        with pytest.raises(InputError) as refused:
            refuses()
        assert str(refused.value) == said
