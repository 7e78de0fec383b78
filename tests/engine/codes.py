"""What holds for every concept that is torch code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from engine.code.forward import CodeTrace
from engine.trace import Trace
from engine.verdict import TOLERANCE


def check(concept: Any, reference: Callable[..., Any], *args: Any, output: str = "output", **kwargs: Any) -> None:
    """Its result is the reference's, its way back is that of autograd, and every step gives the number that it writes."""
    forward = concept(*args, **kwargs)
    expected = reference(*args, **kwargs)
    close = 10 * TOLERANCE[expected.dtype]
    torch.testing.assert_close(forward.outputs[output], expected, rtol=close, atol=close)
    check_steps(forward)
    check_factors(forward)
    adjoint = torch.linspace(-1, 2, expected.numel(), dtype=expected.dtype).reshape(expected.shape)
    backward = concept.back(adjoint, *args, **kwargs)
    check_steps(backward)
    given = [one.clone().requires_grad_() if isinstance(one, Tensor) and one.is_floating_point() else one for one in args]
    wanted = [one for one in given if isinstance(one, Tensor) and one.is_floating_point()]
    names = [
        name for name, one in zip(concept.signature.signature.parameters, given, strict=False) if any(one is other for other in wanted)
    ]
    theirs = torch.autograd.grad(reference(*given, **kwargs), wanted, adjoint)
    for name, grad in zip(names, theirs, strict=True):
        torch.testing.assert_close(backward.outputs[f"grad_{name}"], grad, rtol=close, atol=close)


def check_steps(trace: Trace) -> None:
    """Every step writes the number that stands in the output, reads what stands in its places, and adds up to it; all cells are written."""
    assert isinstance(trace, CodeTrace)
    tensors = {**trace.inputs, **trace.outputs}
    written = {name: torch.zeros_like(tensor, dtype=torch.bool) for name, tensor in trace.outputs.items() if name not in trace.plain}
    for step in trace:
        ((target, (at,)),) = step.writes.items()
        assert step.value == float(trace.outputs[target][at])
        written[target][at] = True
        for factors, places in zip(step.terms, step.places, strict=True):
            assert len(factors) == len(places)
            for path, cell in filter(None, places):
                assert cell in step.reads[path]
                assert len(cell) == tensors[path].dim()
        if step.over is not None:
            assert step.divisor == float(tensors[step.over[0]][step.over[1]])
    assert all(bool(one.all()) for one in written.values())
    assert trace.reference.max_abs_error <= TOLERANCE[getattr(torch, trace.dtype)] * max(1.0, trace.reference.size)


def check_factors(trace: Trace) -> None:
    """On the way forward every factor is the number in its place, of either sign."""
    tensors = {**trace.inputs, **trace.outputs}
    for step in trace:
        for factors, places in zip(step.terms, step.places, strict=True):
            for factor, place in zip(factors, places, strict=True):
                assert place is None or abs(factor) == abs(float(tensors[place[0]][place[1]]))
