from __future__ import annotations

import math
import time
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine import lstm, lstm_backward
from engine.paths import by_path
from tests.engine.lstms import Case, cases, made, refusal


def gradients(case: Case, names: set[str]) -> dict[str, Tensor]:
    """A gradient of the output, and those of the last states that are named."""
    x = case.arguments["input"]
    generator = torch.Generator().manual_seed(x.numel())
    shapes = {"grad_output": (len(x), case.units), "grad_h_n": (case.units,), "grad_c_n": (case.units,)}
    found = {name: torch.randn(shape, generator=generator, dtype=x.dtype) for name, shape in shapes.items()}
    return {name: tensor for name, tensor in found.items() if name in {"grad_output", *names}}


def by_autograd(case: Case, given: dict[str, Tensor]) -> dict[str, Tensor]:
    """torch's gradients through the whole sequence at once."""
    module = case.module()
    x, h0, c0 = (t.clone().requires_grad_() for t in (case.arguments["input"], case.state("h0"), case.state("c0")))
    output, (h_n, c_n) = module(x, (h0, c0))
    loss = (output * given["grad_output"]).sum()
    loss = loss + (h_n[0] * given.get("grad_h_n", torch.zeros(()))).sum() + (c_n[0] * given.get("grad_c_n", torch.zeros(()))).sum()
    loss.backward()
    weights = {f"grad_{name.removesuffix('_l0')}": p.grad for name, p in module.named_parameters()}
    return {"grad_input": x.grad, "grad_h0": h0.grad[0], "grad_c0": c0.grad[0], **weights}


ENDS = st.sets(st.sampled_from(["grad_h_n", "grad_c_n"]))


@settings(max_examples=80)
@given(cases(), ENDS)
def test_the_gradients_are_those_of_torch(case: Case, ends: set[str]) -> None:
    start = gradients(case, ends)
    trace = lstm_backward(**start, **case.arguments)
    expected = by_autograd(case, start)
    biases = {f"grad_{name}" for name in ("bias_ih", "bias_hh") if name in case.arguments}
    per_time = {"grad_h", "grad_c", "delta_i", "delta_f", "delta_g", "delta_o"}
    assert set(trace.outputs) == {name for name in expected if "bias" not in name} | biases | per_time
    tolerance = 1e-10 if trace.dtype == "float64" else 1e-4
    for name in set(trace.outputs) - per_time:
        torch.testing.assert_close(trace.outputs[name], expected[name], rtol=tolerance, atol=tolerance * 10)


@settings(max_examples=25)
@given(cases(most=3), ENDS)
def test_steps(case: Case, ends: set[str]) -> None:
    trace = lstm_backward(**gradients(case, ends), **case.arguments)
    tensors = dict(by_path({**trace.inputs, **trace.outputs}))
    tolerance = 1e-10 if trace.dtype == "float64" else 1e-4
    written: dict[str, list[tuple[int, ...]]] = {name: [] for name in trace.outputs}
    names = [name for name, count in trace.phases for _ in range(count)]
    assert len(names) == len(trace)
    for k, step in enumerate(trace):
        assert (step.index, step.phase) == (k, names[k])
        assert math.isclose(math.fsum(map(math.prod, step.terms)), step.value, rel_tol=tolerance, abs_tol=tolerance)
        for name, cells in step.reads.items():
            numbers = [float(tensors[name][cell]) for cell in cells]
            factors = [x for term in step.terms for x in term]
            # A number, or the slope of tanh by its value.
            assert all(
                any(math.isclose(x, n, rel_tol=1e-6, abs_tol=1e-9) for n in (number, 1 - number**2) for x in factors) for number in numbers
            )
            assert name in trace.inputs or name.startswith("forward.") or set(cells) <= set(written[name]), "it reads what is not there yet"
        for name, cells in step.writes.items():
            written[name] += cells
            assert all(float(trace.outputs[name][cell]) == step.value for cell in cells)
        assert step.cell == next(iter(step.writes.values()))[0]
        assert step.say.endswith(".")
        assert "{" not in step.say
    for name, cells in written.items():
        assert sorted(cells) == [*product(*map(range, trace.outputs[name].shape))]


@pytest.mark.parametrize("name", ["input", "weight_ih", "weight_hh", "bias_ih", "bias_hh", "h0", "c0"])
def test_finite_differences(name: str) -> None:
    """The slope of the loss in every cell, from two runs of the LSTM on either side."""
    case = made(3, 2, 2, {"bias_ih", "bias_hh", "h0", "c0"}, seed=5)
    start = gradients(case, {"grad_h_n", "grad_c_n"})
    found = lstm_backward(**start, **case.arguments).outputs[f"grad_{name}"]
    tensor = case.arguments[name]
    slopes = torch.zeros_like(tensor)
    for cell in product(*map(range, tensor.shape)):
        ends = []
        for sign in (1, -1):
            moved = tensor.clone()
            moved[cell] += sign * 1e-5
            out = lstm(**{**case.arguments, name: moved}).outputs
            ends.append(sum(float((out[name.removeprefix("grad_")] * gradient).sum()) for name, gradient in start.items()))
        slopes[cell] = (ends[0] - ends[1]) / 2e-5
    torch.testing.assert_close(found, slopes, rtol=1e-6, atol=1e-8)


def test_the_forget_gate_alone_decides_what_the_conveyor_brings_back() -> None:
    """Without weights, ∂c of the last step comes back times f at every step: a half to the power of three."""
    trace = lstm_backward(torch.zeros(3, 1), torch.zeros(3, 1), [[0.0]] * 4, [[0.0]] * 4, grad_c_n=[8.0])
    assert trace.outputs["grad_c"].flatten().tolist() == [2.0, 4.0, 8.0]
    assert trace.outputs["grad_c0"].tolist() == [1.0]
    remembering = lstm_backward(torch.zeros(3, 1), torch.zeros(3, 1), [[0.0]] * 4, [[0.0]] * 4, [0, 1000, 0, 0], grad_c_n=[8.0])
    assert remembering.outputs["grad_c0"].tolist() == [8.0]


def test_what_a_step_says() -> None:
    zeros = [[0.0]] * 4
    trace = lstm_backward([[1.0], [2.0]], [[1.0], [1.0]], zeros, [[0.5]] * 4, [0.0] * 4, c0=[1.0], grad_c_n=[0.5])
    assert trace[0].say == "The gradient of h of unit 0: its output gives 2: ∂h = 2."
    assert trace[1].say.startswith("The gradient of c of unit 0 comes back through h and from the last cell state: 2·")
    assert trace[2].say.startswith("Input gate, unit 0: ∂c times the candidate, times the slope i(1 − i): ")
    assert trace[6].say == "The gradient of h of unit 0: its output gives 1, the gates of t = 1 send back the rest: ∂h ≈ 1.57."
    assert trace[6].value == pytest.approx(1 + 0.5 * sum(trace[k].value for k in (2, 3, 4, 5)))
    assert "along the conveyor, times the forget gate of t = 1: " in trace[7].say
    assert trace[13].say.startswith("The gradient of c0 of unit 0 comes back along the conveyor, times the forget gate of t = 0: ")
    assert [step.stage for step in trace[12:16]] == ["grad_h0", "grad_c0", "grad_input", "grad_input"]
    assert trace[14].say == "Number 0 of x at t = 0 goes into all 4 gates: what they send back adds up to 0."
    assert trace[len(trace) - 1].say.startswith("A bias is added at every time step, so the gradients of gate o, unit 0, add up to ")
    assert list(trace[len(trace) - 1].writes) == ["grad_bias_ih"]


def test_chapters_and_lessons() -> None:
    trace = lstm_backward(torch.ones(9, 2), torch.ones(9, 3))
    assert [name for name, _ in trace.phases][:8] == [
        *(f"t = {t}: {what}" for t in (8, 7) for what in ("gradient of h", "gradient of c", "gradients of the gates")),
        "t = 6 to 0",
        "gradient of h0",
    ]
    assert [trace[k].stage for k in trace.lessons] == [
        *("grad_h", "grad_c", "delta_i", "grad_h", "grad_c"),
        *("grad_input", "grad_weight_ih", "grad_bias"),
    ]
    assert all(trace[k].unit == 0 for k in trace.lessons)
    assert trace[trace.highlight or 0].value == max(trace.outputs["grad_weight_ih"].flatten().tolist(), key=abs)


def test_exploding_gradients_open_fast_and_agree() -> None:
    case = made(300, 8, 16, {"bias_ih"})
    large = {name: tensor * (3 if "weight" in name else 1) for name, tensor in case.arguments.items()}
    start = time.perf_counter()
    trace = lstm_backward(torch.ones(300, 16), **large)
    assert trace.outputs["grad_h"][0].abs().max() > 1e3 * trace.outputs["grad_h"][-1].abs().max()
    assert trace[len(trace) - 1].stage == "grad_bias"
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"grad_output": torch.ones(2, 2)},
            "grad_output has shape 2x2, but the output has 3 time steps and 2 units; give 3x2 numbers",
        ),
        ({"grad_output": 1.0}, "grad_output has shape a single number, but the output has 3 time steps and 2 units; give 3x2 numbers"),
        ({"grad_h_n": [1, 2, 3]}, "grad_h_n has shape 3, but there are 2 hidden units; give 2 numbers"),
        ({"grad_c_n": [[1]]}, "grad_c_n has shape 1x1, but there are 2 hidden units; give 2 numbers"),
        ({"input": [1, 2]}, "input has shape 2; give one sequence, time steps x features, such as [[1],[2],[3]]"),
    ],
)
def test_refusals(arguments: dict[str, Any], sentence: str) -> None:
    assert refusal(lstm_backward, **{"grad_output": torch.ones(3, 2), "input": torch.ones(3, 1), **arguments}) == sentence
