"""Finite numbers that are lost on the way are refused by the step that loses them; what was not finite may stay so."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
import torch

import engine
from engine import attention, attention_backward, avg_pool2d, backprop, conv1d, lstm, lstm_backward, max_pool2d
from engine.errors import CheckError, InputError
from engine.mark import concept
from engine.sentences import agrees
from engine.step import Reference
from engine.trace import Trace, floating
from engine.verdict import compare

ONE_KEY = {"query": [[1e10]], "key": [[1e10], [1e9]], "value": [[1], [2]]}
EXPLODES = {
    "grad_output": torch.ones(70, 1),
    "input": torch.zeros(70, 1),
    "weight_ih": torch.zeros(4, 1),
    "weight_hh": [[0.0], [0.0], [1e6], [0.0]],
}


@pytest.mark.parametrize(
    ("name", "arguments", "holds"),
    [
        ("attention", {**ONE_KEY, "scale": 1e300}, ["scores[0, 0] is infinite in step 0 (scores)", "ends at 1.8e+308", "1e+300, in scale"]),
        ("attention_backward", {"grad_output": [[1]], **ONE_KEY, "scale": 1e300}, [" is NaN in step 0 (gradient of the values)"]),
        ("lstm_backward", EXPLODES, ["is infinite in step", "(t = 67 to 0)", "1e+06, in weight_hh"]),
        ("avg_pool2d", {"input": [[1.7e308, 1.7e308]], "kernel_size": (1, 2)}, ["output[0, 0, 0] is infinite in step 0 (output)"]),
        ("avg_pool2d", {"input": torch.full((1, 2), 3e38), "kernel_size": (1, 2)}, ["float32 ends at 3.4e+38", "or compute in float64"]),
        ("conv1d", {"input": [1e300, 1e300], "weight": [1e10, 1]}, ["cannot hold"]),
        ("attention", {**ONE_KEY, "scale": 5e-324}, ["scale is 4.94066e-324; give a number other than 0, of a size from 2.2e-308"]),
        ("attention", {"query": torch.ones(1, 1), "scale": 1e300}, ["scale is 1e+300; give a number other than 0, of a size from 1.2e-38"]),
        ("lstm", {"input": [[1e300]], "weight_ih": [[1e10]] * 4, "weight_hh": torch.zeros(4, 1)}, ["too large to tell"]),
        ("backprop", {"expr": "L = exp(x)", "values": {"x": 1000}}, ["too large for a number"]),
    ],
)
def test_lost_numbers_are_refused(name: str, arguments: dict[str, Any], holds: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        getattr(engine, name)(**arguments)
    assert str(refused.value).isprintable()
    for words in holds:
        assert words in str(refused.value)


def test_what_is_left_out_may_be_infinite() -> None:
    assert attention([[1.0]], [[1.0], [2.0]], mask=[[0, 1]]).outputs["scores"].tolist() == [[-math.inf, 2.0]]
    pooled = max_pool2d([[1.0, 2.0]], (1, 2), stride=1, padding=(0, 1), dilation=(1, 3)).outputs["output"]
    expected, _ = torch.nn.functional.max_pool2d(torch.tensor([[[1.0, 2.0]]]), (1, 2), 1, (0, 1), (1, 3), return_indices=True)
    assert pooled.tolist() == expected.tolist()
    assert pooled.isinf().any()


def test_what_shows_how_numbers_are_lost_may_be_infinite() -> None:
    def sums(input: torch.Tensor) -> dict[str, torch.Tensor]:
        output = input * 2
        return {"output": output, "lost": torch.exp(input)}

    assert concept(title="One", example={}, overflows=("lost",))(sums)([1000.0]).outputs["lost"].tolist() == [math.inf]
    with pytest.raises(InputError, match=r"lost\[0\] is infinite in step 1"):
        concept(title="One", example={})(sums)([1000.0])
    with pytest.raises(InputError, match=r"output\[0\] is infinite in step 0"):
        concept(title="One", example={}, overflows=("lost",))(sums)([1.7e308])


def test_a_large_number_beside_the_result_hides_no_mistake() -> None:
    def wrong(input: torch.Tensor) -> dict[str, torch.Tensor]:
        output = input * 2
        return {"output": output, "large": torch.exp(input)}

    with pytest.raises(CheckError, match="differ from twice and a little"):
        concept(title="One", example={}, reference=twice)(wrong)([300.0])


def twice(input: torch.Tensor) -> torch.Tensor:
    """twice and a little"""
    return input * 2 + 1e-3


def test_what_was_not_finite_may_stay_so() -> None:
    assert str(conv1d([math.nan, 1, math.inf], [1]).outputs["output"].tolist()) == "[[nan, 1.0, inf]]"
    assert avg_pool2d([[math.inf]], 1).outputs["output"].tolist() == [[[math.inf]]]
    assert lstm([[math.nan]]).outputs["h"].isnan().all()


@pytest.mark.parametrize("gradient", [1.5e-323, 5e-324, 2e-308, 1e-320])
def test_the_smallest_gradients_agree_with_torchs(gradient: float) -> None:
    trace = attention_backward([[gradient]], [[1]], [[1], [2]], [[1], [2]])
    q, k, v = (torch.tensor(rows, dtype=torch.float64, requires_grad=True) for rows in ([[1.0]], [[1.0], [2.0]], [[1.0], [2.0]]))
    made = torch.nn.functional.scaled_dot_product_attention(q[None], k[None], v[None])[0]
    expected = torch.autograd.grad(made, v, torch.tensor([[gradient]], dtype=torch.float64))[0]
    assert (trace.outputs["grad_value"] - expected).abs().max() <= 5e-324


@pytest.mark.parametrize(
    ("error", "size", "words"),
    [
        (0.0, 1.0, "gives the same numbers"),
        (2e-16, 1.0, "agrees to 15 digits"),
        (5e-324, 1e308, "agrees to 631 digits"),
        (5e-324, 1e-323, "agrees, as far as numbers so small have digits"),
        (1.0, math.inf, "agrees, as far as numbers so small have digits"),
        (2.0, 1.0, "agrees, as far as numbers so small have digits"),
    ],
)
def test_how_well_torch_agrees(error: float, size: float, words: str) -> None:
    assert agrees(Reference("torch.one", error, size)) == words


def made(computed: torch.Tensor, expected: torch.Tensor, scale: float) -> Trace:
    @concept(title="One", example={})
    def one() -> Trace:
        trace = conv1d([1.0], [1.0])
        reference = compare("torch.one", computed, expected, scale)
        return dataclasses.replace(trace, outputs={"output": computed}, reference=reference)

    return one()


def test_a_mistake_of_ours_is_no_fault_of_the_numbers() -> None:
    """Within a finite bound and with finite numbers of torch's, a NaN is a bug."""
    one, nan = torch.ones(1, 1, dtype=torch.float64), torch.full((1, 1), math.nan, dtype=torch.float64)
    assert made(one, one, 1.0).outputs["output"].tolist() == [[1.0]]
    for computed, expected, scale, kind in (
        (nan, one, 1.0, CheckError),
        (one * 2, one, 1.0, CheckError),
        (nan, nan, math.inf, InputError),
        (nan, one, math.inf, InputError),
        (one, nan, 1.0, InputError),
        (one, one, math.inf, InputError),
    ):
        with pytest.raises(kind):
            made(computed, expected, scale)


def test_a_given_infinity_hides_no_mistake() -> None:
    @concept(title="One", example={})
    def one(input: Any) -> Trace:
        trace = conv1d(input, [1.0])
        floating("input", input)
        reference = compare("torch.one", trace.outputs["output"] + 1, trace.outputs["output"], math.inf)
        return dataclasses.replace(trace, reference=reference)

    with pytest.raises(CheckError):
        one([1.0, math.inf])


def test_one_trace_within_another_is_judged_alone() -> None:
    with pytest.raises(InputError, match="infinite in step 0"):
        avg_pool2d([[1.7e308, 1.7e308]], (1, 2))
    assert backprop("L = x*y", {"x": 2, "y": 3}).outputs["values"]["L"] == 6
    assert lstm_backward([[1.0]], [[1.0]], hidden_size=1).outputs["grad_input"].isfinite().all()
