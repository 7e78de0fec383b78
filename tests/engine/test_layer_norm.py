"""Layer norm: steps, torch, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import layer_norm, layer_norm_backward
from engine.errors import InputError
from tests.engine.codes import check
from tests.engine.norms import assert_close, drawn, dtypes, epsilons, flags, maybe, seeds

ROWS = [[1.0, -2.0, 4.0], [3.0, 0.0, -1.0]]
shapes = st.lists(st.integers(1, 3), min_size=1, max_size=2).map(tuple)
batches = st.lists(st.integers(1, 3), max_size=2).map(tuple)


def test_of_a_row_one_number_after_the_other() -> None:
    trace = layer_norm([[1, 3]], 2, [2, 4], [0, 1], 0)
    assert [step.say for step in trace] == [
        "mean[0, 0], the mean of the sample: (1 + 3) ÷ 2 = 2.",
        "deviation[0, 0], how far the number is from the mean: 1 + (−2) = −1.",
        "deviation[0, 1], how far the number is from the mean: 3 + (−2) = 1.",
        "var[0, 0], the mean of the squared deviations: (−1·(−1) + 1·1) ÷ 2 = 1.",
        "std[0, 0], the root of the variance plus eps: sqrt(1 + 0) = 1.",
        "normalized[0, 0], the deviation, divided by the standard deviation: −1.",
        "normalized[0, 1], the deviation, divided by the standard deviation: 1.",
        "output[0, 0], scaled by its weight, shifted by its bias: −1·2 + 0 = −2.",
        "output[0, 1], scaled by its weight, shifted by its bias: 1·4 + 1 = 5.",
    ]
    assert trace.reference.name == "torch.nn.functional.layer_norm"


@settings(max_examples=20)
@given(batches, shapes, flags, flags, epsilons, seeds)
def test_as_torch(batch: tuple[int, ...], shape: tuple[int, ...], weighted: bool, biased: bool, eps: float, seed: int) -> None:
    weight, bias = maybe(weighted, drawn(*shape, seed=seed + 1)), maybe(biased, drawn(*shape, seed=seed + 2))
    check(layer_norm, F.layer_norm, drawn(*batch, *shape, seed=seed), shape, weight, bias, eps)


def test_outputs_are_named_as_in_the_books() -> None:
    assert list(layer_norm(ROWS, 3, [1, 2, 1]).outputs) == ["mean", "deviation", "var", "std", "normalized", "output"]
    assert [list(layer_norm(ROWS, 3).outputs[name].shape) for name in ("mean", "var", "std")] == [[2, 1]] * 3


def test_without_eps_mean_is_zero_and_variance_one() -> None:
    output = layer_norm(drawn(4, 5, seed=0), 5, eps=0).outputs["output"]
    torch.testing.assert_close(output.mean(1), torch.zeros(4, dtype=torch.float64))
    torch.testing.assert_close(output.var(1, correction=0), torch.ones(4, dtype=torch.float64))


def test_no_row_knows_of_another() -> None:
    alone, together = layer_norm(ROWS[:1], 3), layer_norm(ROWS, 3)
    assert torch.equal(alone.outputs["output"][0], together.outputs["output"][0])


def test_equal_numbers_become_zeros() -> None:
    assert layer_norm([[2, 2, 2], [0, 3, 0]], 3).outputs["output"][0].tolist() == [0, 0, 0]


@settings(max_examples=20)
@given(st.sampled_from([0.1, 127 / 255, 1000.1, 0.0]), st.integers(2, 9), dtypes, st.sampled_from([1e-5, 1e-12]), flags)
def test_nearly_equal_numbers_are_no_fault(value: float, count: int, dtype: torch.dtype, eps: float, apart: bool) -> None:
    x = torch.full((1, count), value, dtype=dtype)
    x[0, 0] += apart * 1e-4
    assert layer_norm(x, count, eps=eps).outputs["output"].shape == x.shape
    assert layer_norm.back(None, x, count, eps=eps).outputs["grad_input"].shape == x.shape
    assert layer_norm_backward(torch.linspace(-1, 1, count)[None], x, count, eps=eps).outputs["grad_input"].shape == x.shape


def test_float32() -> None:
    x, weight, bias = (drawn(*shape, seed=seed, dtype=torch.float32) for seed, shape in enumerate([(4, 6), (6,), (6,)]))
    trace = layer_norm(x, 6, weight, bias)
    assert trace.dtype == "float32"
    assert_close(trace.outputs["output"], F.layer_norm(x, (6,), weight, bias))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((ROWS, 2), "input is 2×3, but normalized_shape is 2; its shape is (*, normalized_shape)"),
        ((ROWS, (3, 2)), "input is 2×3, but normalized_shape is 3; its shape is (*, normalized_shape)"),
        ((ROWS, 3, [1, 2]), "weight is 2, but normalized_shape is 3; its shape is (normalized_shape)"),
        ((ROWS, 3, None, [1]), "bias is 1, but normalized_shape is 3; its shape is (normalized_shape)"),
        ((ROWS, 3, None, None, -1), "eps is -1.0; give 0 or more"),
        (
            ([*ROWS, [0.1, 0.1, 0.1]], 3, None, None, 0),
            "all numbers of input[2] are the same: their variance is 0, and eps too; give an eps such as 1e-5, or numbers that differ",
        ),
        (
            ([0.1, 0.1], 2, None, None, 0),
            "all numbers of input are the same: their variance is 0, and eps too; give an eps such as 1e-5, or numbers that differ",
        ),
    ],
)
def test_refused(arguments: tuple[Any, ...], said: str) -> None:
    for refuses in (lambda: layer_norm(*arguments), lambda: layer_norm_backward(None, *arguments)):
        with pytest.raises(InputError) as refused:
            refuses()
        assert str(refused.value) == said
