from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import assume, given, settings

from engine import max_pool2d, max_pool2d_backward
from engine.concepts.pooling.backward_step import gathered
from engine.record import Record
from tests.engine.pools import Case, adaptive_cases, cases
from tests.engine.pools_backward import check, finite_differences, gradient_for, is_allowed, refusal


@settings(max_examples=120)
@given(cases(dilated=True))
def test_the_gradient_is_that_of_torch(case: Case) -> None:
    assume(is_allowed(case))
    check(max_pool2d_backward, F.max_pool2d, case, steps=False)


@settings(max_examples=50)
@given(cases(dilated=True))
def test_steps(case: Case) -> None:
    assume(is_allowed(case))
    check(max_pool2d_backward, F.max_pool2d, case, steps=True)


@settings(max_examples=80)
@given(adaptive_cases())
def test_windows_for_the_size_of_an_output(case: Case) -> None:
    check(max_pool2d_backward, F.adaptive_max_pool2d, case, steps=True)


def test_finite_differences() -> None:
    x = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    options = {"kernel_size": 3, "stride": 2, "padding": 1}
    gradient = gradient_for(max_pool2d(x, **options).outputs["output"])
    slopes = finite_differences(lambda moved: max_pool2d(moved, **options).outputs["output"], x, gradient)
    torch.testing.assert_close(max_pool2d_backward(gradient, x, **options).outputs["grad_input"], slopes, rtol=0, atol=1e-8)


def test_of_equal_numbers_the_first_gets_it() -> None:
    trace = max_pool2d_backward([[7.0]], [[2, 5], [5, 1]], 2)
    assert trace.outputs["grad_input"].tolist() == [[[0, 7], [0, 0]]]
    assert trace[0].ties == 2
    assert trace[0].say == "Row 0, column 1 won this window, the first of 2 equal ones: it gets all of grad_output[0, 0, 0], 7."


def test_overlapping_windows_add_up() -> None:
    trace = max_pool2d_backward([[2, 5]], [[1, 9, 3], [0, 0, 0]], 2, stride=1)
    assert trace.outputs["grad_input"].tolist() == [[[0, 7, 0], [0, 0, 0]]]
    assert [step.before for step in trace] == [0, 2]
    assert trace[1].say == "Row 0, column 1 won this window: it gets all of grad_output[0, 0, 1] on top of 2: 2 + 5 = 7."
    assert [*trace.lessons] == [0, 1]
    values, counts = gathered(Record(trace), 0, 0, 1)
    assert (values[0, 1], counts[0, 1], counts.sum()) == (2, 1, 1)


def test_nan_wins_and_gets_the_gradient() -> None:
    x = torch.tensor([[1.0, math.nan], [3.0, 2.0]], dtype=torch.float64)
    assert max_pool2d_backward([[4.0]], x, 2).outputs["grad_input"].tolist() == [[[0, 4], [0, 0]]]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"grad_output": [[1.0, 2.0]]},
            "grad_output has shape 1x2, but the output of the pooling has shape 1x2x2; give a gradient for each of its cells",
        ),
        (
            {
                "grad_output": torch.ones(2, 5),
                "input": torch.ones(2, 7),
                "kernel_size": (2, 3),
                "stride": (4, 1),
                "padding": 1,
                "dilation": (3, 1),
            },
            "grad_output has shape 2x5, but the output of the pooling has shape 1x1x7; give a gradient for each of its cells",
        ),
        (
            {"grad_output": torch.ones(1, 3), "input": torch.ones(2, 7), "kernel_size": 2, "stride": (4, 2), "padding": 1, "dilation": 3},
            "the windows of row 0 of the output lie in the padding alone, where no cell can win; "
            "give less padding than 1 or less dilation than 3",
        ),
    ],
)
def test_refusals(arguments: dict[str, object], sentence: str) -> None:
    given_ = {"input": torch.arange(16.0).reshape(4, 4), "kernel_size": 2, **arguments}
    assert refusal(max_pool2d_backward, **given_) == sentence
