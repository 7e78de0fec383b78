from __future__ import annotations

import torch
import torch.nn.functional as F
from hypothesis import given, settings

from engine import avg_pool2d, avg_pool2d_backward
from engine.concepts.pooling.backward_step import gathered, partial
from engine.record import Record
from tests.engine.pools import Case, adaptive_cases, cases
from tests.engine.pools_backward import check, finite_differences, gradient_for, refusal


@settings(max_examples=120)
@given(cases(dilated=False))
def test_the_gradient_is_that_of_torch(case: Case) -> None:
    check(avg_pool2d_backward, F.avg_pool2d, case, steps=False)


@settings(max_examples=50)
@given(cases(dilated=False))
def test_steps(case: Case) -> None:
    check(avg_pool2d_backward, F.avg_pool2d, case, steps=True)


@settings(max_examples=80)
@given(adaptive_cases())
def test_windows_for_the_size_of_an_output(case: Case) -> None:
    check(avg_pool2d_backward, F.adaptive_avg_pool2d, case, steps=True)


def test_finite_differences() -> None:
    x = torch.randn(2, 5, 6, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    options = {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}
    gradient = gradient_for(avg_pool2d(x, **options).outputs["output"])
    slopes = finite_differences(lambda moved: avg_pool2d(moved, **options).outputs["output"], x, gradient)
    torch.testing.assert_close(avg_pool2d_backward(gradient, x, **options).outputs["grad_input"], slopes, rtol=0, atol=1e-8)


def test_every_cell_of_a_window_gets_the_same() -> None:
    trace = avg_pool2d_backward([[4, 8]], [[1, 9, 3], [0, 0, 0]], 2, stride=1)
    assert trace.outputs["grad_input"].tolist() == [[[1, 3, 2], [1, 3, 2]]]
    assert trace[1].say == "grad_output[0, 0, 1] is shared among 4: 8 ÷ 4 = 2 for each of 4 cells on top of what is there."
    values, counts = gathered(Record(trace), 0, 0, 1)
    assert values.tolist() == [[1, 1, 0], [1, 1, 0]]
    assert counts.tolist() == [[1, 1, 0], [1, 1, 0]]
    assert set(partial(Record(trace), 0, 0)) == {0, 1, 2, 3}


def test_shares_in_the_padding_are_lost() -> None:
    trace = avg_pool2d_backward([[9.0]], [[5.0]], 3, padding=1)
    assert trace.outputs["grad_input"].tolist() == [[[1]]]
    assert trace[0].say == "grad_output[0, 0, 0] is shared among 9: 9 ÷ 9 = 1 for each of 1 cell; 8 of its 9 cells lie in the padding."
    assert avg_pool2d_backward([[9.0]], [[5.0]], 3, padding=1, count_include_pad=False).outputs["grad_input"].tolist() == [[[9]]]


def test_refusal() -> None:
    assert refusal(avg_pool2d_backward, grad_output=[1.0, 2.0], input=torch.ones(4, 4), kernel_size=2) == (
        "grad_output has shape 2, but the output of the pooling has shape 1x2x2; give a gradient for each of its cells"
    )


def test_a_divisor_of_ones_own() -> None:
    trace = avg_pool2d_backward([[6, 6], [6, 12]], [[1, 9, 3], [0, 0, 0], [2, 2, 2]], 2, 1, divisor_override=3)
    assert trace.outputs["grad_input"].tolist() == [[[2, 4, 2], [4, 10, 6], [2, 6, 4]]]
    assert trace[3].say == "grad_output[0, 1, 1] is divided by 3: 12 ÷ 3 = 4 for each of 4 cells on top of what is there."
    assert trace.formula.endswith('/ "divisor_override"')


def test_shares_of_windows_that_differ() -> None:
    trace = avg_pool2d_backward([[2, 3, 4]], [[0, 0, 0, 0, 0]], output_size=(1, 3))
    # Along five cells three windows: 0 and 1; 1, 2 and 3; 3 and 4.
    assert trace.outputs["grad_input"].tolist() == [[[1, 2, 1, 3, 2]]]
    assert [step.divisor for step in trace] == [2, 3, 2]
