from __future__ import annotations

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings

from engine import max_pool2d
from engine.errors import InputError
from tests.engine.pools import REFUSED, Case, adaptive_cases, cases, check_steps

INF = math.inf


@settings(max_examples=150)
@given(cases(dilated=True))
def test_output_and_indices_are_those_of_torch(case: Case) -> None:
    trace = max_pool2d(case.input, **case.options)
    batched = case.input.unsqueeze(0) if case.input.dim() == 2 else case.input
    expected, places = F.max_pool2d(batched, **case.options, return_indices=True)
    assert torch.equal(trace.outputs["output"], expected)
    assert torch.equal(trace.outputs["indices"], places)
    assert trace.reference.name == "torch.nn.functional.max_pool2d"


@settings(max_examples=60)
@given(cases(dilated=True))
def test_steps(case: Case) -> None:
    check_steps(case, max_pool2d(case.input, **case.options), -INF)


@pytest.mark.parametrize(
    ("size", "options"),
    [
        ((2, 2), {"kernel_size": 3, "stride": 2, "ceil_mode": True, "padding": 1}),
        ((1, 2), {"kernel_size": (3, 4), "stride": 4, "padding": 1, "dilation": 2, "ceil_mode": True}),
        ((2, 7), {"kernel_size": (2, 3), "stride": (4, 2), "padding": 1, "dilation": 3}),
        ((5, 5), {"kernel_size": 2, "ceil_mode": True}),
        ((6, 6), {"kernel_size": 3, "stride": 4, "ceil_mode": True}),
    ],
    ids=["larger than the input", "dilated", "padding alone", "odd", "begins outside"],
)
def test_windows_at_the_edge(size: tuple[int, int], options: dict[str, Any]) -> None:
    x = torch.arange(float(math.prod(size)), dtype=torch.float64).reshape(1, *size) - 3
    trace = max_pool2d(x, **options)
    expected, places = F.max_pool2d(x, **options, return_indices=True)
    assert torch.equal(trace.outputs["output"], expected)
    assert torch.equal(trace.outputs["indices"], places)
    check_steps(Case(x, options), trace, -INF)


def test_of_equal_numbers_the_first_wins() -> None:
    trace = max_pool2d([[0, 5, 8, 0], [6, 10, 1, 5], [4, 0, 2, 11], [0, 1, 11, 3]], 2)
    assert trace.outputs["output"].tolist() == [[[10, 8], [4, 11]]]
    assert trace.outputs["indices"].tolist() == [[[5, 2], [8, 11]]]
    assert (trace[3].winner, trace[3].ties) == (1, 2)
    assert (
        trace[3].say
        == "Rows 2 to 3, columns 2 to 3: the largest number is 11, at row 2, column 3, the first of 2 equal ones; output[0, 1, 1] = 11."
    )


def test_numbers_that_are_not_finite() -> None:
    x = torch.tensor([[1.0, math.nan, -INF, -INF], [3.0, 2.0, -INF, -INF], [INF, 1.0, 0.0, -INF], [INF, 2.0, -1.0, 0.0]])
    trace = max_pool2d(x, 2)
    values = trace.outputs["output"].flatten().tolist()
    assert math.isnan(values[0])
    assert values[1:] == [-INF, INF, 0.0]
    assert trace.outputs["indices"].flatten().tolist() == [1, 2, 8, 10]


def test_the_whole_input() -> None:
    trace = max_pool2d([[[1, 2], [4, 3]], [[-1, -2], [-4, -3]]], "global")
    assert trace.outputs["output"].tolist() == [[[4]], [[-1]]]
    assert trace.params["kernel_size"] == "global"


def test_it_can_be_followed_on_paper() -> None:
    step = max_pool2d([[1, 3], [0, 8]], 2)[0]
    assert step.formula == '"output[0, 0, 0]" = max(1, 3, 0, 8) = 8'
    assert (step.reduce, step.divisor) == ("max", 1)


@settings(max_examples=100)
@given(adaptive_cases())
def test_windows_for_the_size_of_an_output(case: Case) -> None:
    trace = max_pool2d(case.input, **case.options)
    batched = case.input.unsqueeze(0) if case.input.dim() == 2 else case.input
    expected, places = F.adaptive_max_pool2d(batched, **case.options, return_indices=True)
    assert torch.equal(trace.outputs["output"], expected)
    assert torch.equal(trace.outputs["indices"], places)
    assert trace.reference.name == "torch.nn.functional.adaptive_max_pool2d"
    check_steps(case, trace, -INF)


def test_of_windows_that_differ_each_has_its_own_size() -> None:
    trace = max_pool2d(torch.arange(10.0).reshape(1, 2, 5), output_size=(1, 3))
    # Along five cells three windows: 0 and 1; 1, 2 and 3; 3 and 4.
    assert [step.extent for step in trace] == [(2, 2), (2, 3), (2, 2)]
    assert trace.outputs["output"].tolist() == [[[6, 8, 9]]]
    assert trace.kernel_size == (2, 3)
    assert trace.params == {"output_size": [1, 3]}
    assert trace.formula.endswith('"columns of window" j: floor((5 j) / 3) "to" ceil((5 (j + 1)) / 3) - 1')


def test_infinity_and_nan_in_windows_that_differ() -> None:
    x = torch.tensor([[-INF, -INF, 1.0, math.nan, 2.0]])
    trace = max_pool2d(x, output_size=(1, 3))
    _, places = F.adaptive_max_pool2d(x[None], (1, 3), return_indices=True)
    assert trace.outputs["output"].flatten().tolist()[0] == -INF
    assert torch.equal(trace.outputs["indices"], places)


@pytest.mark.parametrize(("options", "holds"), REFUSED.values(), ids=REFUSED)
def test_refusals(options: dict[str, Any], holds: list[str]) -> None:
    with pytest.raises(InputError) as refusal:
        max_pool2d(**{"input": torch.ones(4, 4), "kernel_size": 2, **options})
    assert all(text in str(refusal.value) for text in holds), refusal.value
