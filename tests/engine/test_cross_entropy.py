"""Cross-entropy: steps, torch and its gradient, the way back, the corners, and what is refused."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from engine import cross_entropy
from engine.errors import InputError
from tests.engine.codes import check, check_steps

INF = math.inf
ROWS = [[2.0, 0.5, -1.0], [0.0, 1.0, 2.0], [1.0, 1.0, -3.0]]


def logits(*shape: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=dtype)


def test_of_a_row_one_number_after_the_other() -> None:
    assert [step.say for step in cross_entropy([2, 0.5], 1)] == [
        "naive[0], e to that power, which may overflow: exp(2) ≈ 7.39.",
        "naive[1], e to that power, which may overflow: exp(0.5) ≈ 1.65.",
        "largest[0], the largest number, to be subtracted from all: max(2, 0.5) = 2.",
        "shifted[0], the number less the largest: 2 + (−2) = 0.",
        "shifted[1], the number less the largest: 0.5 + (−2) = −1.5.",
        "exp[0], e to that power, at most 1: exp(0) = 1.",
        "exp[1], e to that power, at most 1: exp(−1.5) ≈ 0.22.",
        "log_sum[0], the logarithm of the sum of all powers: log(1 + 0.22) ≈ 0.2.",
        "log_softmax[0], the logarithm of its share: 0 + (−0.2014) = −0.2014.",
        "log_softmax[1], the logarithm of its share: −1.5 + (−0.2014) = −1.7014.",
        "losses, minus the logarithm of the true class’s share: −log_softmax[1] = 1.7014.",
        "loss, the costs of all rows in one number: losses = 1.7014.",
        "p[0], its share of the whole: exp(−0.2) ≈ 0.82.",
        "p[1], its share of the whole: exp(−1.7) ≈ 0.18.",
        "grad[0], its share, less what is wanted of it: 0.8176 + 0 = 0.8176.",
        "grad[1], its share, less what is wanted of it: 0.1824 + (−1) = −0.8176.",
    ]


def test_what_is_wanted_is_read_where_it_stands() -> None:
    trace = cross_entropy([2, 0.5], 1)
    assert trace.outputs["one_hot"].tolist() == [0, 1]
    step = next(step for step in trace if step.writes == {"grad": [(1,)]})
    assert step.reads == {"p": [(1,)], "one_hot": [(1,)]}


OPTIONS = list(itertools.product(["mean", "sum", "none"], [0.0, 0.1], [None, [1.0, 2.0, 0.5]]))


@pytest.mark.parametrize(("reduction", "label_smoothing", "weight"), OPTIONS)
@pytest.mark.parametrize(
    ("shape", "target"),
    [
        ((3,), 2),
        ((4, 3), [0, 2, 2, 1]),
        ((3, 3), [0, -100, 1]),
        ((2, 3, 2), [[0, 1], [2, -100]]),
        ((3,), [0.2, 0.3, 0.5]),
        ((2, 3), [[0, 1, 0], [0.25, 0.25, 0.5]]),
    ],
)
def test_as_torch(shape: tuple[int, ...], target: Any, reduction: str, label_smoothing: float, weight: list[float] | None) -> None:
    x, options = logits(*shape), {"reduction": reduction, "label_smoothing": label_smoothing}
    y = torch.tensor(target)
    y = y.double() if y.is_floating_point() else y
    w = None if weight is None else torch.tensor(weight, dtype=torch.float64)
    check(cross_entropy, lambda x, y, **_: F.cross_entropy(x, y, w, **options), x, y, output="loss", weight=w, **options)
    given = x.clone().requires_grad_()
    (grad,) = torch.autograd.grad(F.cross_entropy(given, y, w, **options).sum(), given)
    torch.testing.assert_close(cross_entropy(x, y, w, **options).outputs["grad"], grad)


def test_in_float32() -> None:
    x, y = logits(2, 3, dtype=torch.float32), torch.tensor([0, 2])
    trace = cross_entropy(x, y.float())
    assert trace.outputs["loss"].dtype == torch.float32
    torch.testing.assert_close(trace.outputs["loss"], F.cross_entropy(x, y))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_of_probabilities(reduction: str) -> None:
    p, y = torch.softmax(logits(4, 3), -1), torch.tensor([0, 2, -100, 1])

    def reference(p: torch.Tensor, y: torch.Tensor, **options: Any) -> torch.Tensor:
        return F.nll_loss(torch.log(p), y, reduction=reduction)

    check(cross_entropy, reference, p, y, output="loss", probabilities=True, reduction=reduction)


def test_a_share_of_0_that_is_not_wanted_costs_nothing() -> None:
    trace = cross_entropy([[0, 1, 0]], [1], probabilities=True)
    assert trace.outputs["loss"] == 0
    back = cross_entropy.back(None, [[0, 0.5, 0.5]], [1], probabilities=True)
    assert back.outputs["grad_input"].tolist() == [[0, -2, 0]]


def test_large_logits_and_what_they_are_without_the_shift() -> None:
    trace = cross_entropy([[1002, 1000.5, 999]], [0])
    check_steps(trace)
    assert trace.outputs["naive"].tolist() == [[INF] * 3]
    assert trace.outputs["loss"] == pytest.approx(0.24131129665715703)
    assert trace.reference.max_abs_error < 1e-12


def test_before_training_the_loss_is_the_logarithm_of_the_classes() -> None:
    assert float(cross_entropy([0] * 10, 3).outputs["loss"]) == pytest.approx(math.log(10))


def test_a_logit_of_minus_infinity_is_a_share_of_0() -> None:
    trace = cross_entropy([[0, -INF, 0]], [0], weight=[1, 2, 3])
    check_steps(trace)
    assert trace.outputs["p"].tolist() == [pytest.approx([0.5, 0, 0.5])]
    assert trace.outputs["loss"] == pytest.approx(math.log(2))
    back = cross_entropy.back(None, [[0, -INF, 0]], [0])
    assert back.outputs["grad_input"].tolist() == [pytest.approx([-0.5, 0, 0.5])]


def test_an_ignored_row_costs_nothing_even_if_nothing_is_left_for_its_first_class() -> None:
    assert cross_entropy([[-INF, 0], [0, 0]], [-1, 1], ignore_index=-1).outputs["loss"] == pytest.approx(math.log(2))


def test_weights_change_what_the_mean_is_over() -> None:
    trace = cross_entropy(ROWS, [0, 2, 0], weight=[1, 2, 4])
    step = next(step for step in trace if step.writes == {"loss": [()]})
    assert (step.divisor, step.over) == (6, ("count", ()))


def test_the_way_back_knows_what_it_needs() -> None:
    back = cross_entropy.back(None, ROWS, [0, 2, 0])
    assert list(back.inputs) == ["grad_output", "input", "target", "largest", "shifted", "exp", "log_sum", "log_softmax", "losses", "loss"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"target": [0, 1]}, "target is 2, but input is 3×3; give a class for each row, 3, or probabilities in the shape of input"),
        ({"target": 1}, "target is a single number, but input is 3×3; give a class for each row, 3"),
        (
            {"target": [0, 3, 1]},
            r"target is 3 at index \[1\], which is none of the classes 0 to 2; give one of these, or ignore_index, -100",
        ),
        ({"target": [0, 0.5, 1]}, r"target is 0.5 at index \[1\], which is none of the classes 0 to 2"),
        ({"target": [0, -1, 1]}, r"target is -1 at index \[1\], which is none of the classes 0 to 2"),
        (
            {"target": [[1, 0, 0], [0.5, 0, 0], [0, 1, 0]]},
            r"target adds up to 0.5 over the classes at index \[1\]; give probabilities that",
        ),
        (
            {"target": [[1, 0, 0], [2, -1, 0], [0, 1, 0]]},
            r"target is 2 at index \[1, 0\], which is no probability; give numbers from 0 to 1",
        ),
        ({"target": [-100] * 3}, "target is ignore_index in all rows, which leaves nothing to take the mean of; give at least one class"),
        ({"weight": [1, 2]}, "weight is 2, but there are 3 classes; give one for each"),
        ({"label_smoothing": 1.5}, "label_smoothing is 1.5; give a number from 0 to 1"),
        ({"labels": "cat dog"}, "labels has 2 words, but there are 3 classes; give 3"),
        (
            {"input": [[0, 1, -INF]] * 3, "target": [0, 2, 1]},
            r"the loss at index \[1\] is infinite, since input leaves a class that is wanted no",
        ),
        (
            {"input": [[0, 1, 0]] * 3, "probabilities": True},
            r"the loss at index \[0\] is infinite, since input leaves a class that is wanted",
        ),
        ({"probabilities": True}, r"input is 2 at index \[0, 0\], which is no probability; give numbers from 0 to 1"),
        ({"probabilities": True, "label_smoothing": 0.1}, "probabilities is True, with shares as targets; give a class for each row"),
        ({"input": 3, "target": 0}, "input is a single number; give a row of logits, one for each class"),
        ({"weight": [0, 1, 1], "target": [0, 0, 0]}, "loss is divided by count, which is 0"),
    ],
)
def test_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        cross_entropy(**{"input": ROWS, "target": [0, 1, 2], **arguments})
