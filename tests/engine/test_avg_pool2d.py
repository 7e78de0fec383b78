from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings

from engine import avg_pool2d
from engine.errors import InputError
from tests.engine.pools import REFUSED, Case, adaptive_cases, cases, check_steps


@settings(max_examples=150)
@given(cases(dilated=False))
def test_the_output_is_that_of_torch(case: Case) -> None:
    trace = avg_pool2d(case.input, **case.options)
    batched = case.input.unsqueeze(0) if case.input.dim() == 2 else case.input
    expected = F.avg_pool2d(batched, **case.options)
    tolerance = 1e-10 if case.input.dtype == torch.float64 else 1e-5
    torch.testing.assert_close(trace.outputs["output"], expected, rtol=tolerance, atol=tolerance)


@settings(max_examples=60)
@given(cases(dilated=False))
def test_steps(case: Case) -> None:
    check_steps(case, avg_pool2d(case.input, **case.options), 0.0)


def test_zeros_of_padding_count_or_not() -> None:
    x = [[1, 3, -2, 4], [0, 8, 6, 5], [2, 1, -9, 0], [4, -1, 3, 7]]
    counted, others = (avg_pool2d(x, 3, 2, 1, count_include_pad=count) for count in (True, False))
    torch.testing.assert_close(counted.outputs["output"][0], torch.tensor([[4, 8], [14 / 3, 20 / 3]], dtype=torch.float64) / 3)
    torch.testing.assert_close(others.outputs["output"][0], torch.tensor([[3, 4], [7 / 3, 20 / 9]], dtype=torch.float64))
    assert [step.divisor for step in counted] == [9, 9, 9, 9]
    assert [step.divisor for step in others] == [4, 6, 6, 9]


def test_cells_beyond_the_padding_never_count() -> None:
    trace = avg_pool2d(torch.ones(3, 3), 2, ceil_mode=True)
    assert trace.outputs["output"].tolist() == [[[1, 1], [1, 1]]]
    assert [step.divisor for step in trace] == [4, 2, 2, 1]


def test_the_whole_input() -> None:
    assert avg_pool2d(torch.arange(8.0).reshape(2, 2, 2), "global").outputs["output"].tolist() == [[[1.5]], [[5.5]]]


def test_it_can_be_followed_on_paper() -> None:
    step = avg_pool2d([[1, 3], [0, 8]], 2)[0]
    assert step.formula == '"output[0, 0, 0]" = (1 + 3 + 0 + 8) / 4 = 3'
    assert step.say == "Rows 0 to 1, columns 0 to 1: the sum of 4 numbers divided by 4 gives output[0, 0, 0] = 3."


@settings(max_examples=100)
@given(adaptive_cases())
def test_windows_for_the_size_of_an_output(case: Case) -> None:
    trace = avg_pool2d(case.input, **case.options)
    batched = case.input.unsqueeze(0) if case.input.dim() == 2 else case.input
    tolerance = 1e-10 if case.input.dtype == torch.float64 else 1e-5
    torch.testing.assert_close(trace.outputs["output"], F.adaptive_avg_pool2d(batched, **case.options), rtol=tolerance, atol=tolerance)
    assert trace.reference.name == "torch.nn.functional.adaptive_avg_pool2d"
    check_steps(case, trace, 0.0)


def test_a_divisor_of_ones_own() -> None:
    trace = avg_pool2d([[1, 3], [0, 8]], 2, divisor_override=3)
    assert trace.outputs["output"].tolist() == [[[4]]]
    assert trace.params["divisor_override"] == 3
    assert "Of every 2×2 window the sum, divided by 3, is kept" in trace.opening
    assert trace[0].formula == '"output[0, 0, 0]" = (1 + 3 + 0 + 8) / 3 = 4'
    assert trace[0].say == "Rows 0 to 1, columns 0 to 1: the sum of 4 numbers divided by 3 gives output[0, 0, 0] = 4."
    assert avg_pool2d([[1, 3], [0, 8]], 2, 1, 1, divisor_override=-2).outputs["output"].tolist()[0][0] == [-0.5, -2, -1.5]


@pytest.mark.parametrize("divisor", [0, 1.5, True, "2", 2**31])
def test_divisors_that_are_none(divisor: Any) -> None:
    with pytest.raises(InputError, match=rf"divisor_override is {divisor!r}; give a whole number"):
        avg_pool2d(torch.ones(4, 4), 2, divisor_override=divisor)


@pytest.mark.parametrize("others", [{"count_include_pad": False}, {"divisor_override": 2}])
def test_an_output_size_leaves_nothing_else_to_say(others: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=rf"both output_size 2 and {next(iter(others))} "):
        avg_pool2d(torch.ones(4, 4), output_size=2, **others)


@pytest.mark.parametrize(("options", "holds"), REFUSED.values(), ids=REFUSED)
def test_refusals(options: dict[str, Any], holds: list[str]) -> None:
    with pytest.raises(InputError) as refusal:
        avg_pool2d(**{"input": torch.ones(4, 4), "kernel_size": 2, **options})
    assert all(text in str(refusal.value) for text in holds), refusal.value
