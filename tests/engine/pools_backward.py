"""What holds for every way back through a pooling, and for every step of one."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from typing import Any

import torch
from torch import Tensor

from engine.concepts.pooling.backward import PoolBackwardTrace
from engine.errors import InputError
from tests.engine.pools import Case, window

Pool = Callable[..., Tensor]


def gradient_for(output: Tensor, *, whole: bool = False) -> Tensor:
    """A gradient for every cell of an output."""
    generator = torch.Generator().manual_seed(output.numel())
    if whole:
        return torch.randint(-9, 10, output.shape, generator=generator).double()
    return torch.randn(output.shape, generator=generator, dtype=torch.float64)


def with_channel(x: Tensor) -> Tensor:
    return x.unsqueeze(0) if x.dim() == 2 else x


def by_autograd(pool: Pool, case: Case) -> tuple[Tensor, Tensor]:
    """A gradient of the output, and torch's gradient of the input."""
    x = with_channel(case.input).clone().requires_grad_()
    output = pool(x, **case.options)
    gradient = gradient_for(output).to(output.dtype)
    (expected,) = torch.autograd.grad(output, x, gradient)
    return gradient, expected


def is_allowed(case: Case) -> bool:
    """Whether every window has a cell of the input."""
    output = torch.nn.functional.max_pool2d(with_channel(case.input), **case.options)
    height, width = case.input.shape[-2:]
    return all(
        any(0 <= row < height and 0 <= column < width for row, column in window(case, y, x))
        for y, x in product(*map(range, output.shape[-2:]))
    )


def check(function: Callable[..., PoolBackwardTrace], pool: Pool, case: Case, *, steps: bool) -> None:
    """The gradient is torch's; the steps, added up, are the gradient."""
    gradient, expected = by_autograd(pool, case)
    trace = function(gradient, case.input, **case.options)
    tolerance = 1e-5 if case.input.dtype == torch.float32 else 1e-10
    found = trace.outputs["grad_input"]
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance * 10)
    assert found.shape == expected.shape
    assert sum(count for _, count in trace.phases) == len(trace) == gradient.numel()
    if not steps:
        return
    gathered = torch.zeros_like(found, dtype=torch.float64)
    for k, step in enumerate(trace):
        ((g,),) = step.terms
        assert step.index == k
        assert g == float(gradient[step.reads["grad_output"][0]]) == float(gradient.flatten()[k])
        assert math.isclose(step.value, g / step.divisor, rel_tol=1e-6)
        assert step.accumulate
        assert math.isclose(step.before, float(gathered[step.writes["grad_input"][0]]), rel_tol=1e-5, abs_tol=1e-5)
        for cell in step.writes["grad_input"]:
            gathered[cell] += step.value
        inside = [cell for cell in window(case, *step.reads["grad_output"][0][-2:]) if within(cell, found)]
        assert step.inside == inside
        if step.winner is not None:
            assert step.targets == [step.window[step.winner]]
            assert set(step.targets) <= set(inside)
        else:
            assert step.targets == inside
    torch.testing.assert_close(gathered, expected.double(), rtol=1e-5, atol=1e-5)


def within(cell: tuple[int, int], plane: Tensor) -> bool:
    return all(0 <= at < n for at, n in zip(cell, plane.shape[-2:], strict=True))


def finite_differences(pool: Callable[..., Any], x: Tensor, gradient: Tensor, step: float = 1e-6) -> Tensor:
    """The slope of sum(gradient · pool(x)) in every cell of x, from two values of the pooling on either side."""
    found = torch.zeros_like(x)
    for cell in product(*map(range, x.shape)):
        ends = []
        for sign in (1, -1):
            moved = x.clone()
            moved[cell] += sign * step
            ends.append(float((pool(moved) * gradient).sum()))
        found[cell] = (ends[0] - ends[1]) / (2 * step)
    return found


def refusal(function: Callable[..., Any], **arguments: Any) -> str:
    """The sentence with which it refuses."""
    try:
        function(**arguments)
    except InputError as error:
        return str(error)
    raise AssertionError("nothing was refused")
