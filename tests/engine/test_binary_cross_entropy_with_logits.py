"""Binary cross-entropy: steps, torch and its gradient, the way back, the corners, and what is refused."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from engine import binary_cross_entropy_with_logits
from engine.errors import InputError
from engine.functions import FUNCTIONS
from tests.engine.codes import check, check_steps


def test_of_two_cells_one_number_after_the_other() -> None:
    assert [step.say for step in binary_cross_entropy_with_logits([1.5, 0], [1, 0])] == [
        "p[0], the probability of yes: σ(1.5) ≈ 0.82.",
        "p[1], the probability of yes: σ(0) = 0.5.",
        "log_p[0], the logarithm of the probability of yes: logsigmoid(1.5) ≈ −0.2.",
        "log_p[1], the logarithm of the probability of yes: logsigmoid(0) ≈ −0.69.",
        "log_not_p[0], the logarithm of the probability of no: logsigmoid(−1.5) ≈ −1.7.",
        "log_not_p[1], the logarithm of the probability of no: logsigmoid(0) ≈ −0.69.",
        "no[0], how much of a no is wanted: 1 + (−1) = 0.",
        "no[1], how much of a no is wanted: 1 + 0 = 1.",
        "per_cell[0], its cost, minus the logarithm for what is true: −1·(−0.2014) + 0·(−1.7014) = 0.2014.",
        "per_cell[1], its cost, minus the logarithm for what is true: 0·(−0.6931) + (−1)·(−0.6931) = 0.6931.",
        "slope[0], the probability of yes, less what is wanted: 0.8176 + (−1) = −0.1824.",
        "slope[1], the probability of yes, less what is wanted: 0.5 + 0 = 0.5.",
        "grad[0], how the whole loss changes with this number: −0.1824 ÷ 2 = −0.0912.",
        "grad[1], how the whole loss changes with this number: 0.5 ÷ 2 = 0.25.",
        "loss, the costs of all cells in one number: (0.2 + 0.69) ÷ 2 ≈ 0.45.",
    ]


OPTIONS = list(itertools.product(["mean", "sum", "none"], [None, [2.0, 1.0]], [None, [3.0, 0.5]]))


@pytest.mark.parametrize(("reduction", "weight", "pos_weight"), OPTIONS)
@pytest.mark.parametrize("shape", [(2,), (3, 2)])
def test_as_torch(shape: tuple[int, ...], reduction: str, weight: list[float] | None, pos_weight: list[float] | None) -> None:
    generator = torch.Generator().manual_seed(2)
    x, t = (make(shape, generator=generator, dtype=torch.float64) for make in (torch.randn, torch.rand))
    w, more = (None if one is None else torch.tensor(one, dtype=torch.float64) for one in (weight, pos_weight))
    options = {"weight": w, "reduction": reduction, "pos_weight": more}
    check(binary_cross_entropy_with_logits, F.binary_cross_entropy_with_logits, x, t, output="loss", **options)
    given = x.clone().requires_grad_()
    (grad,) = torch.autograd.grad(F.binary_cross_entropy_with_logits(given, t, **options).sum(), given)
    torch.testing.assert_close(binary_cross_entropy_with_logits(x, t, **options).outputs["grad"], grad)


def test_in_float32() -> None:
    x, t = torch.tensor([0.3, -2.0]), torch.tensor([1.0, 0.0])
    found = binary_cross_entropy_with_logits(x, t).outputs["loss"]
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, F.binary_cross_entropy_with_logits(x, t))


@pytest.mark.parametrize("x", [100.0, -100.0, 20.01, -20.01, 700.0])
def test_far_from_0(x: float) -> None:
    trace = binary_cross_entropy_with_logits([x, x], [1, 0], reduction="none")
    check_steps(trace)
    costs = [math.log1p(math.exp(-abs(x))) + max(0.0, wrong) for wrong in (-x, x)]
    assert trace.outputs["loss"].tolist() == pytest.approx(costs, rel=1e-12)
    assert FUNCTIONS["logsigmoid"].of(x) == pytest.approx(-costs[0], rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"target": [0, 1.5]}, r"target is 1.5 at index \[1\]; give numbers from 0 to 1"),
        ({"target": [-0.5, 1]}, r"target is -0.5 at index \[0\]; give numbers from 0 to 1"),
        ({"target": [1]}, "target is 1, but input is 2; give the same shape"),
        ({"target": [0, 1], "weight": [1, 2, 3]}, "binary_cross_entropy_with_logits cannot be computed with input 2, target 2, weight 3"),
    ],
)
def test_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        binary_cross_entropy_with_logits(**{"input": [1, 2], **arguments})
