"""Softmax: steps, torch, the way back, the corners, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine import softmax
from engine.errors import InputError
from tests.engine.codes import check, check_steps

INF = math.inf


def test_of_a_row_one_number_after_the_other() -> None:
    assert [step.say for step in softmax([3, 1.5], labels="books laptops")] == [
        "max[0], the largest number, to be subtracted from all: max(3, 1.5) = 3.",
        "exp[0], the number less the largest, as a power of e: exp(3 + (−3)) = 1.",
        "exp[1], the number less the largest, as a power of e: exp(1.5 + (−3)) ≈ 0.22.",
        "sum[0], all powers of e, added up: 1 + 0.2231 = 1.2231.",
        "output[0], its share of the sum: 1 ÷ 1.22 ≈ 0.82.",
        "output[1], its share of the sum: 0.22 ÷ 1.22 ≈ 0.18.",
    ]


@pytest.mark.parametrize("temperature", [1.0, 0.5, 3.0])
@pytest.mark.parametrize(("shape", "dim"), [((4,), -1), ((2, 3), 0), ((2, 3), 1), ((2, 3, 2), 1), ((), -1)])
def test_as_torch(shape: tuple[int, ...], dim: int, temperature: float) -> None:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    check(softmax, lambda x, dim, temperature: torch.softmax(x / temperature, dim), x, dim, temperature=temperature)


@given(st.lists(st.floats(-700, 700, width=32), min_size=1, max_size=5))
def test_only_differences_count(row: list[float]) -> None:
    x = torch.tensor(row, dtype=torch.float64)
    found = softmax(x).outputs
    torch.testing.assert_close(found["output"], softmax(x + 1000).outputs["output"])
    assert float(found["output"].sum()) == pytest.approx(1)
    assert int(found["argmax"]) == row.index(max(row))


def test_in_float32() -> None:
    x = torch.tensor([[1.0, 2.0, 0.5]])
    found = softmax(x).outputs["output"]
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, torch.softmax(x, -1))


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_jacobians(dim: int) -> None:
    x = torch.tensor([[1.0, 2.0, -1.0], [0.0, 0.5, 3.0]], dtype=torch.float64)
    trace = softmax(x, dim, jacobian=True)
    check_steps(trace)
    rows = x.movedim(dim, -1)
    each = [torch.autograd.functional.jacobian(lambda row: torch.softmax(row, -1), row) for row in rows]
    torch.testing.assert_close(trace.outputs["jacobian"], torch.stack(each))
    torch.testing.assert_close(trace.outputs["mean_jacobian"], torch.stack(each).mean(0))
    share, other = trace.outputs["output"].movedim(dim, -1)[0, :2].tolist()
    step = next(step for step in trace if step.writes == {"jacobian": [(0, 0, 1)]})
    assert step.terms == [(share, 0.0), (-share, other)]


def test_one_row_has_one_jacobian() -> None:
    found = softmax([0, 0], jacobian=True).outputs
    assert found["jacobian"].tolist() == found["mean_jacobian"].tolist() == [[0.25, -0.25], [-0.25, 0.25]]


@pytest.mark.parametrize(
    ("row", "shares", "argmax"),
    [
        ([1000, 1000, 0], [0.5, 0.5, 0], 0),
        ([2, 2, 2, 2], [0.25] * 4, 0),
        ([7], [1], 0),
        ([0, -INF, 0], [0.5, 0, 0.5], 0),
        ([-1000, -INF, -999], [1 / (1 + math.e), 0, math.e / (1 + math.e)], 2),
    ],
)
def test_corners(row: list[float], shares: list[float], argmax: int) -> None:
    trace = softmax(row)
    check_steps(trace)
    assert trace.outputs["output"].tolist() == pytest.approx(shares)
    assert (trace.outputs["argmax"].dtype, int(trace.outputs["argmax"])) == (torch.int64, argmax)
    back = softmax.back([1.0] + [0.0] * (len(row) - 1), row)
    check_steps(back)
    assert back.outputs["grad_input"].tolist() == pytest.approx([shares[0] * ((i == 0) - share) for i, share in enumerate(shares)])


def test_nothing_goes_back_through_the_largest() -> None:
    back = softmax.back([1, 0], [3, 1])
    assert list(back.outputs) == ["grad_sum", "grad_exp", "grad_input"]
    assert {step.say.split(":")[0] for step in back if "grad_input" in step.writes} == {f"grad_input[{i}], back from exp" for i in range(2)}


def test_the_place_of_the_largest_has_no_steps() -> None:
    trace = softmax([[0, 2], [3, 1]], temperature=2)
    assert trace.outputs["argmax"].tolist() == [1, 0]
    assert list(trace.stages) == ["scaled", "max", "exp", "sum", "output"]
    assert (trace.dtype, trace.device) == ("float64", "cpu")


def test_labels_are_params() -> None:
    assert softmax([1, 2], labels=["ice cream", "tea"]).params["labels"] == ["ice cream", "tea"]
    assert softmax([1, 2], labels="ice tea").params["labels"] == ["ice", "tea"]
    assert "labels" not in softmax([1, 2]).params


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"temperature": 0}, "temperature is 0; give a number above 0, such as 0.5"),
        ({"temperature": -INF}, "temperature is -inf; give a number above 0"),
        ({"temperature": math.nan}, "temperature is nan; give a number above 0"),
        ({"labels": "a b c"}, "labels has 3 words, but there are 2 numbers along axis -1 of input; give 2"),
        ({"labels": "a"}, "labels has 1 word, but there are 2 numbers along axis -1 of input; give 2"),
        ({"labels": [1, 2]}, r"labels is \[1, 2\]; give words such as 'cat dog bird'"),
        ({"labels": " "}, "labels is ' '; give words such as 'cat dog bird'"),
        ({"dim": 1}, "softmax cannot be computed with input 2: Dimension out of range"),
        ({"input": [[0, 1], [-INF, -INF]]}, "input has a row along axis -1 in which all numbers are −∞; give at least one that is finite"),
        ({"jacobian": 1}, "jacobian is 1; give True or False"),
    ],
)
def test_refused(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        softmax(**{"input": [1, 2], **arguments})
