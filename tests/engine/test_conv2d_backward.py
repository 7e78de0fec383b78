from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from torch import Tensor

from engine import conv2d, conv2d_backward
from engine.concepts.convolution.backward import ConvBackwardTrace
from engine.concepts.convolution.backward_step import ConvBackwardStep
from tests.engine.pools_backward import finite_differences, gradient_for, refusal
from tests.engine.strategies import Case, cases

KINDS = ("bias", "weight", "input")


def options(case: Case) -> dict[str, Any]:
    return {name: value for name, value in case.options.items() if name not in ("padding_mode", "flip")}


def opened(case: Case) -> tuple[Tensor, ConvBackwardTrace]:
    """A gradient for the output, and its trace."""
    gradient = gradient_for(conv2d(case.input, case.weight, **options(case)).outputs["output"], whole=True).to(case.planes.dtype)
    return gradient, conv2d_backward(gradient, case.input, case.weight, **options(case))


def by_autograd(case: Case, gradient: Tensor) -> dict[str, Tensor]:
    x, w = case.planes.clone().requires_grad_(), case.filters.clone().requires_grad_()
    b = torch.zeros(len(w), dtype=w.dtype, requires_grad=True)
    padded = F.pad(x, [cells for side in reversed(case.sides) for cells in side])
    y = F.conv2d(padded, w, b, case.each("stride"), 0, case.each("dilation"), case.options.get("groups", 1))
    found = torch.autograd.grad(y, (b, w, x), gradient.reshape(y.shape))
    return dict(zip(KINDS, (found[0], found[1], found[2] if case.batched else found[2][0]), strict=True))


@settings(max_examples=80)
@given(cases(2))
def test_the_gradients_are_those_of_torch(case: Case) -> None:
    gradient, trace = opened(case)
    scale = 1e-10 * (1 + float(gradient.abs().max())) * max(1.0, float(case.planes.abs().max()), float(case.filters.abs().max()))
    for kind, expected in by_autograd(case, gradient).items():
        torch.testing.assert_close(trace.outputs[f"grad_{kind}"], expected, rtol=1e-10, atol=scale * 100)


@settings(max_examples=60)
@given(cases(2, room=2))
def test_steps(case: Case) -> None:
    gradient, trace = opened(case)
    whole = gradient.reshape(-1, len(case.filters), *gradient.shape[-2:])
    steps = list(trace)
    assert [step.index for step in steps] == list(range(len(trace)))
    assert [step.phase for step in steps] == [name for name, count in trace.phases for _ in range(count)]
    written = [(name, cell) for step in steps for name, (cell,) in step.writes.items()]
    assert len(set(written)) == len(written) == sum(output.numel() for output in trace.outputs.values())
    for step, (name, cell) in zip(steps, written, strict=True):
        assert name == f"grad_{step.kind}"
        assert step.value == float(trace.outputs[name][cell])
        total = math.fsum(math.prod(term) for term in step.terms)
        size = math.fsum(abs(math.prod(term)) for term in step.terms)
        assert abs(step.value - total) <= 1e-10 * (1 + size)
        assert abs(math.fsum(step.partial_sums) - total) <= 1e-10 * (1 + size)
        check_reads(case, step, whole, cell, total, size)


@pytest.mark.parametrize("padding", [3, [[3, 0], [0, 3]]])
def test_windows_in_the_padding_alone_send_nothing_back(padding: Any) -> None:
    x, w = torch.tensor([[[[7.0]]]], dtype=torch.float64), [[1.0, 2], [3, 4]]
    trace = conv2d_backward([[[[5.0]]]], x, w, stride=9, padding=padding)
    assert trace.outputs["grad_input"].tolist() == [[[[0.0]]]]
    assert trace.outputs["grad_weight"].tolist() == [[[[0.0, 0], [0, 0]]]]
    assert trace.outputs["grad_bias"].tolist() == [5.0]
    assert [step.value for step in trace] == [5, 0, 0, 0, 0, 0]
    # What slides over the weights has no cell of the gradient left, only zeros.
    assert trace.framed.tolist() == [[[[0, 0], [0, 0]]]]
    assert [sum(side) for side in trace.frame] == [2, 2] if padding == 3 else [2, 1]


def check_reads(case: Case, step: ConvBackwardStep, gradient: Tensor, cell: tuple[int, ...], total: float, size: float) -> None:
    """What is read, multiplied, is what is added up: all other terms are zeros of padding."""
    tensors = {
        "input": case.planes if case.batched else case.planes[0],
        "weight": case.filters,
        "grad_output": gradient if case.batched else gradient[0],
    }
    numbers = {name: [float(tensors[name][at]) for at in cells] for name, cells in step.reads.items()}
    if step.kind == "input":
        products = [g * w for g, w in zip(numbers["grad_output"], numbers["weight"], strict=True)]
    elif step.kind == "bias":
        products = numbers["grad_output"]
    else:
        assert len(numbers["grad_output"]) == len(step.terms)
        products = [a * b for a, b in step.terms if a in numbers["input"]]
    assert abs(math.fsum(products) - total) <= 1e-9 * (1 + size)


def test_finite_differences() -> None:
    generator = torch.Generator().manual_seed(5)
    x, w = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((1, 4, 5, 4), (4, 2, 2, 2)))
    given_: dict[str, Any] = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}
    gradient = gradient_for(conv2d(x, w, **given_).outputs["output"])
    trace = conv2d_backward(gradient, x, w, **given_)
    slopes = {
        "grad_input": finite_differences(lambda moved: conv2d(moved, w, **given_).outputs["output"], x, gradient),
        "grad_weight": finite_differences(lambda moved: conv2d(x, moved, **given_).outputs["output"], w, gradient),
        "grad_bias": finite_differences(
            lambda b: conv2d(x, w, b, **given_).outputs["output"], torch.zeros(4, dtype=torch.float64), gradient
        ),
    }
    for name, slope in slopes.items():
        torch.testing.assert_close(trace.outputs[name], slope, rtol=0, atol=1e-7)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 4])
def test_it_is_the_convolution_that_it_is_said_to_be(stride: int, padding: int) -> None:
    """``framed`` under ``turned`` is the gradient of the input, also where padding cuts zeros off."""
    generator = torch.Generator().manual_seed(stride)
    x, w = torch.randn(1, 9, 8, generator=generator, dtype=torch.float64), torch.randn(2, 1, 3, 3, generator=generator, dtype=torch.float64)
    gradient = gradient_for(conv2d(x, w, stride=stride, padding=padding).outputs["output"])
    trace = conv2d_backward(gradient, x, w, stride=stride, padding=padding)
    again = conv2d(trace.framed, trace.turned.transpose(0, 1)).outputs["output"][0]
    torch.testing.assert_close(again, trace.outputs["grad_input"])
    upside = conv2d(trace.padded.transpose(0, 1), trace.spread.transpose(0, 1)).outputs["output"]
    torch.testing.assert_close(upside[0, :, :3, :3], trace.outputs["grad_weight"][:, 0])


def test_large_ones_open_at_once_and_are_cut_on_demand() -> None:
    generator = torch.Generator().manual_seed(0)
    x, w = torch.randn(16, 64, 64, generator=generator), torch.randn(16, 16, 3, 3, generator=generator)
    trace = conv2d_backward(torch.randn(16, 64, 64, generator=generator), x, w, padding=1)
    assert len(trace) == 16 + 16 * 16 * 9 + 16 * 64 * 64
    assert len(trace[-1].terms) == 16 * 9
    assert trace.dtype == "float32"


def test_what_is_said() -> None:
    trace = conv2d_backward([[1, 0], [2, -1]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 2], [3, 4]])
    assert trace[0].say == "All of grad_output is added up: grad_bias[0] = 2."
    assert trace[1].say == (
        "Every input that weight[0, 0, 0, 0] met, times the gradient of its output: 4 products add up to grad_weight[0, 0, 0, 0] = 4."
    )
    assert trace[9].say == (
        "Row 1, column 1 of the input was in 4 windows; 4 gradients times their weights add up to grad_input[0, 1, 1] = 7."
    )
    assert [trace[k].kind for k in trace.lessons] == ["bias", "weight", "input", "input"]
    assert len(trace[trace.lessons[-1]].reads["weight"]) == 4
    assert trace[5].say == "Row 0, column 0 of the input was in 1 window; 1 gradient times its weight gives grad_input[0, 0, 0] = 1."
    far = conv2d_backward([[5.0]], torch.ones(3, 3), [[2.0]], stride=3)
    assert far[-1].say == "Row 2, column 2 of the input was in no window: grad_input[0, 2, 2] = 0."


@pytest.mark.parametrize("wrong", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("name", ["grad_output", "input", "weight"])
@pytest.mark.parametrize("given_", [{}, {"stride": 2, "padding": 1}, {"dilation": 2, "groups": 2}], ids=str)
def test_what_is_not_finite_is_multiplied_as_the_steps_say(wrong: float, name: str, given_: dict[str, Any]) -> None:
    """A zero of padding times an infinite weight is nan in the sum that is shown, so it is in the gradient."""
    generator = torch.Generator().manual_seed(3)
    tensors = {"input": torch.randn(2, 6, 6, generator=generator), "weight": torch.randn(2, 2 // given_.get("groups", 1), 2, 2)}
    tensors["grad_output"] = gradient_for(conv2d(**tensors, **given_).outputs["output"]).float()
    tensors[name].view(-1)[1] = wrong
    for step in conv2d_backward(**tensors, **given_):
        total = sum(math.prod(term) for term in step.terms)
        assert step.value == pytest.approx(total, rel=1e-4, abs=1e-4, nan_ok=True)


def test_the_first_that_is_read_of_the_gradient() -> None:
    trace = conv2d_backward(torch.ones(2, 4, 2, 2), torch.ones(2, 2, 3, 3), torch.ones(4, 1, 2, 2), groups=2)
    for step in trace:
        assert step.reads["grad_output"][0][:2] == (step.sample, step.filter)
        assert step.group == step.filter // 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"grad_output": torch.full((3, 3), 1e38), "input": torch.ones(4, 4), "weight": torch.full((2, 2), 10.0)},
            "the absolute gradients of a filter add up to inf, the input goes up to 1, and the absolute weights of a channel add up to 40, "
            "whose products float32 cannot hold; give smaller numbers, up to 3.4e+38 in the products",
        ),
        (
            {"grad_output": torch.ones(2, 2)},
            "grad_output has shape 2x2, but the output of the convolution has shape 1x3x3; give a gradient for each of its cells",
        ),
        (
            {"grad_output": torch.ones(3, 3), "groups": 2},
            "groups is 2, which does not divide both the 1 input channels and the 1 filters; give a common divisor",
        ),
        ({"grad_output": torch.ones(3, 3), "stride": 0}, "stride is 0; give one whole number, or 2, at least 1"),
    ],
)
def test_refusals(arguments: dict[str, Any], sentence: str) -> None:
    given_ = {"input": torch.ones(4, 4), "weight": torch.ones(2, 2), **arguments}
    assert refusal(conv2d_backward, **given_) == sentence


def test_every_cell_of_every_plane() -> None:
    """By the definition, in plain Python."""
    x, w, g = torch.arange(12.0).reshape(3, 4), torch.tensor([[1.0, -2.0], [0.5, 3.0]]), torch.tensor([[1.0, 2.0]])
    trace = conv2d_backward(g, x, w, stride=2)
    expected_w, expected_x = torch.zeros(2, 2), torch.zeros(3, 4)
    for oy, ox, i, j in product(range(1), range(2), range(2), range(2)):
        expected_w[i, j] += g[oy, ox] * x[2 * oy + i, 2 * ox + j]
        expected_x[2 * oy + i, 2 * ox + j] += g[oy, ox] * w[i, j]
    assert torch.equal(trace.outputs["grad_weight"][0, 0], expected_w)
    assert torch.equal(trace.outputs["grad_input"][0], expected_x)


def test_one_chapter_a_gradient() -> None:
    trace = conv2d_backward(torch.ones(2, 4, 3, 3), torch.ones(2, 3, 4, 4), torch.ones(4, 3, 2, 2))
    assert trace.phases == [("grad_bias", 4), ("grad_weight", 48), ("grad_input", 96)]
    assert [trace[k].kind for k in trace.lessons] == ["bias", "weight", "input", "input"]
    assert trace.lessons[:3] == (0, 4, 52)
