"""The way back through batch norm: its steps, autograd in both modes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings
from torch import Tensor

from engine import batch_norm, batch_norm_backward
from tests.engine.norms import check_back, drawn, dtypes, epsilons, flags, images, maybe, seeds

ROWS = [[1.0, -2.0], [3.0, 0.0], [5.0, 4.0], [7.0, 2.0]]


def test_back_in_these_very_steps() -> None:
    trace = batch_norm_backward([[3], [0], [0]], [[1], [2], [3]], weight=[2], bias=[0], eps=0)
    assert list(trace.outputs) == ["grad_normalized", "m1", "m2", "grad_input", "grad_weight", "grad_bias"]
    assert {"std", "normalized"} <= trace.inputs.keys()
    assert [step.say for step in trace][3:6] == [
        "m1[0], the mean of what comes back: (6 + 0 + 0) ÷ 3 = 2.",
        "m2[0], how much it goes along with normalized, on average: (6·(−1.22) + 0·0 + 0·1.22) ÷ 3 ≈ −2.45.",
        "grad_input[0, 0], without its mean and that part, divided by std: (6 + (−2) + 1.225·(−2.449)) ÷ 0.816 ≈ 1.225.",
    ]
    step = trace[5]
    assert step.places == [(("grad_normalized", (0, 0)),), (("m1", (0,)),), (("normalized", (0, 0)), ("m2", (0,)))]
    assert step.over == ("std", (0,))


@settings(max_examples=20)
@given(images, dtypes, flags, flags, flags, flags, epsilons, seeds)
def test_back_as_autograd(
    shape: tuple[int, ...],
    dtype: torch.dtype,
    weighted: bool,
    biased: bool,
    training: bool,
    ones: bool,
    eps: float,
    seed: int,
) -> None:
    def channel(number: int) -> Tensor:
        return drawn(shape[1], seed=seed + number, dtype=dtype)

    assume(not training or drawn(*shape, seed=seed).numel() > shape[1])
    arguments = {
        "input": drawn(*shape, seed=seed, dtype=dtype),
        "running_mean": channel(1),
        "running_var": channel(2).abs() + 0.1,
        "weight": maybe(weighted, channel(3)),
        "bias": maybe(biased, channel(4)),
        "training": training,
        "eps": eps,
    }
    check_back(batch_norm_backward, F.batch_norm, maybe(not ones, drawn(*shape, seed=seed + 5, dtype=dtype)), arguments)


def test_back_is_the_found_way_back_too() -> None:
    arguments = ([[1, 0], [0, -1], [2, 1], [-1, 0.5]], ROWS, None, None, [2, 0.5], [1, -1])
    mine, found = batch_norm_backward(*arguments).outputs, batch_norm.back(*arguments).outputs
    for name in ("grad_input", "grad_weight", "grad_bias", "grad_normalized"):
        torch.testing.assert_close(mine[name], found[name])


def test_through_running_values_nothing_else_comes_back() -> None:
    trace = batch_norm_backward(None, ROWS, [0, 0], [4, 1], training=False, eps=0)
    assert list(trace.outputs) == ["grad_input"]
    assert trace.outputs["grad_input"].tolist() == [[0.5, 1]] * 4
