from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings

from engine import conv1d
from tests.engine.checks import check_output, check_refused, check_trace, impulse
from tests.engine.strategies import Case, cases

SEQUENCE = [1.0, 2, 3, 4, 5, 6, 7, 8, 9]
KERNEL = [2.0, -1, 3]
ones = torch.ones


@settings(max_examples=150, derandomize=True)
@given(cases(1))
def test_output_is_torchs(case: Case) -> None:
    check_output(conv1d, case)


@settings(max_examples=75, derandomize=True)
@given(cases(1, torch.float32, room=20))
def test_output_is_torchs_in_float32(case: Case) -> None:
    check_output(conv1d, case)


@settings(max_examples=100, derandomize=True)
@given(cases(1))
def test_steps(case: Case) -> None:
    check_trace(conv1d, case)


@settings(max_examples=30, derandomize=True)
@given(cases(1, torch.float32))
def test_steps_in_float32(case: Case) -> None:
    check_trace(conv1d, case)


def test_impulse_is_answered_by_the_kernel() -> None:
    assert conv1d(impulse([5]), KERNEL, flip=True).outputs["output"].tolist() == [KERNEL]
    assert conv1d(impulse([5]), KERNEL).outputs["output"].tolist() == [KERNEL[::-1]]


@pytest.mark.parametrize(
    ("input", "weight", "shape"),
    [
        (ones(5), ones(2), (1, 4)),
        (ones(3, 5), ones(2), (1, 4)),
        (ones(3, 5), ones(3, 2), (1, 4)),
        (ones(3, 5), ones(7, 3, 2), (7, 4)),
        (ones(1, 3, 5), ones(2), (1, 1, 4)),
        (ones(6, 3, 5), ones(7, 3, 2), (6, 7, 4)),
    ],
)
def test_shapes_that_can_be_left_out(input: torch.Tensor, weight: torch.Tensor, shape: tuple[int, ...]) -> None:
    output = conv1d(input, weight).outputs["output"]
    assert output.shape == shape
    assert torch.equal(output, torch.full(shape, 2.0 * (input.shape[-2] if input.dim() > 1 else 1)))


def test_depthwise_bare_kernel() -> None:
    x = torch.arange(12, dtype=torch.float64).view(3, 4)
    trace = conv1d(x, [1.0, -1.0], groups=3)
    expected = F.conv1d(x[None], torch.tensor([[[1.0, -1.0]]], dtype=torch.float64).expand(3, 1, 2), groups=3)[0]
    assert torch.equal(trace.outputs["output"], expected)
    assert [list(step.channels) for step in trace[::3]] == [[0], [1], [2]]


@pytest.mark.parametrize(
    ("input", "dtype"),
    [
        (SEQUENCE, "float64"),
        ([1, 2, 3, 4], "float64"),
        (torch.arange(9), "float64"),
        (torch.tensor(SEQUENCE, dtype=torch.float32), "float32"),
    ],
    ids=str,
)
def test_dtypes(input: Any, dtype: str) -> None:
    trace = conv1d(input, torch.tensor(KERNEL, dtype=torch.float32) if dtype == "float32" else KERNEL)
    assert trace.dtype == dtype
    assert trace[0].value == sum(float(x) * k for x, k in zip(input, KERNEL, strict=False))


def test_trace_says_what_was_asked_for() -> None:
    trace = conv1d(SEQUENCE, KERNEL, stride=2, padding=[1])
    assert (trace.concept, trace.title, trace.device, trace.dtype) == ("conv1d", "1-D convolution", "cpu", "float64")
    assert trace.params == {"stride": 2, "padding": 1, "dilation": 1, "groups": 1, "padding_mode": "zeros", "flip": False}
    for words in ("ositions −1 to 1", "padding", "3 products", "output[0, 0] = 5."):
        assert words in trace[0].say
    assert "output" in trace[1].formula
    assert trace[1].formula.endswith(" = 2 dot 2 + 3 dot (−1) + 4 dot 3 = 13")
    assert trace.formula.endswith("floor((9 + 2 dot 1 - 3) / 2) + 1 = 5")
    for words in ("kernel", "3", "9", "padding", "stride 2"):
        assert words in trace.opening


def given_with(**options: Any) -> dict[str, Any]:
    return {"input": SEQUENCE, "weight": KERNEL} | options


@pytest.mark.parametrize(
    ("options", "holds"),
    [
        (given_with(input=3.0), ["input", "single number"]),
        (given_with(input=ones(1, 1, 1, 9)), ["input", "1x1x1x9"]),
        (given_with(input=[]), ["input", "shape 0"]),
        (given_with(weight=1.0), ["weight", "single number"]),
        (given_with(weight=ones(1, 1, 1, 3)), ["weight", "1x1x1x3"]),
        (given_with(weight=[]), ["weight", "shape 0"]),
        (given_with(input=ones(3, 9), weight=ones(2, 2, 3)), ["2x2x3", "3 channels"]),
        (given_with(input=ones(4, 9), weight=ones(4, 1, 3), groups=3), ["groups is 3", "4 input channels"]),
        (given_with(weight=ones(10)), ["size 10", "size 9"]),
        (given_with(weight=ones(4), dilation=4, padding=1), ["size 4", "dilated by 4 to 13", "size 11"]),
        (given_with(bias=[1.0, 2.0]), ["bias", "shape 2", "1 in all"]),
        (given_with(stride=0), ["stride is 0"]),
        (given_with(stride=(1, 1)), ["stride is (1, 1)"]),
        (given_with(stride=2.0), ["stride is 2.0"]),
        (given_with(padding=(1, 1)), ["padding is (1, 1)"]),
        (given_with(padding=-1), ["padding is -1"]),
        (given_with(padding="full"), ["padding is 'full'"]),
        (given_with(padding="same", stride=2), ["'same'", "stride 2"]),
        (given_with(padding_mode="mirror"), ["'mirror'"]),
        (given_with(padding=9, padding_mode="reflect"), ["padding is 9", "'reflect'", "at most 8"]),
        (given_with(padding=10, padding_mode="circular"), ["padding is 10", "'circular'", "at most 9"]),
        (given_with(input=ones(9, dtype=torch.half)), ["input", "float16"]),
        (given_with(weight=["a"]), ["weight", "str"]),
    ],
    ids=" ".join,
)
def test_refusals(options: dict[str, Any], holds: list[str]) -> None:
    check_refused(conv1d, options, holds)


def full(x: list[float], w: list[float]) -> list[float]:
    """The whole convolution, by its definition."""
    return [sum(w[s] * x[n - s] for s in range(len(w)) if 0 <= n - s < len(x)) for n in range(len(x) + len(w) - 1)]


@pytest.mark.parametrize("taps", range(1, 7))
def test_how_a_flipped_kernel_is_centred(taps: int) -> None:
    """As the guide says it, and how scipy and numpy do it instead."""
    x, w = [3.0, -1, 4, 1, -5, 9, 2], [float(2**s) for s in range(taps)]
    whole = full(x, w)
    same = conv1d(x, w, padding="same", flip=True).outputs["output"][0].tolist()
    assert same == [whole[i + taps // 2] for i in range(len(x))]
    theirs = [whole[i + (taps - 1) // 2] for i in range(len(x))]
    assert theirs == np.convolve(x, w, mode="same").tolist()
    assert (same == theirs) == (taps % 2 == 1)
    if taps % 2 == 0:
        assert same[:-1] == theirs[1:]
    sides = [[taps // 2, (taps - 1) // 2]]
    assert conv1d(x, w, padding=sides, flip=True).outputs["output"][0].tolist() == theirs


@pytest.mark.parametrize(("taps", "dilation"), [(2, 1), (4, 1), (3, 2), (2, 3), (6, 2)])
def test_same_puts_its_odd_cell_at_the_end(taps: int, dilation: int) -> None:
    ((before, after),) = conv1d(list(range(9)), [1.0] * taps, padding="same", dilation=dilation).sides
    assert before + after == dilation * (taps - 1)
    assert after - before == dilation * (taps - 1) % 2


@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_causal_windows_see_nothing_that_comes_later(dilation: int) -> None:
    trace = conv1d([3, -1, 4, 1, -5, 9, 2], [1, 2, 3], padding="causal", dilation=dilation)
    assert len(trace) == 7
    for step in trace:
        assert max(at for (at,) in step.window) == step.index
        assert {at for _, at in step.reads["input"]} == {step.index - dilation * t for t in range(3) if step.index >= dilation * t}
    assert (
        trace.formula
        == f'"output size" = floor((7 + {2 * dilation} + 0 - {"3" if dilation == 1 else f"{dilation} dot (3 - 1) - 1"}) / 1) + 1 = 7'
    )
