"""Inputs for the normalisations, and what holds for the ways back that are code of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor

from engine.trace import Trace
from tests.engine.codes import check_steps

#: Relative to the largest number, by the dtype.
CLOSE = {torch.float64: 1e-9, torch.float32: 1e-4}

#: Batch, channels, and up to two axes of positions; at least two numbers for each channel.
images = st.tuples(st.integers(1, 3), st.sampled_from([1, 2, 4]), st.lists(st.integers(1, 3), max_size=2)).map(
    lambda s: (s[0], s[1], *s[2])
)
dtypes = st.sampled_from([torch.float64, torch.float32])
flags = st.booleans()
seeds = st.integers(0, 99)
epsilons = st.sampled_from([1e-5, 1e-3, 1.0])


def drawn(*shape: int, seed: int, dtype: torch.dtype = torch.float64, at: float = 3.0) -> Tensor:
    """Normal numbers around ``at``."""
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).add(at).to(dtype)


def maybe(wanted: bool, tensor: Tensor) -> Tensor | None:
    return tensor if wanted else None


def assert_close(mine: Tensor, theirs: Tensor) -> None:
    assert mine.dtype == theirs.dtype
    torch.testing.assert_close(mine, theirs, rtol=0, atol=CLOSE[mine.dtype] * max(1.0, float(theirs.detach().abs().max())))


def check_back(
    concept: Callable[..., Trace], torch_function: Callable[..., Tensor], grad_output: Tensor | None, given: Mapping[str, Any]
) -> None:
    """It gives back what autograd does to input, weight and bias, as far as they are given, and to nothing else.

    Autograd computes in float64: in float32 torch itself does not give 0 where all numbers are the same.
    """
    trace = concept(grad_output, **given)
    check_steps(trace)
    exact = {name: one.double() if isinstance(one, Tensor) else one for name, one in given.items()}
    wanted = {name: exact[name].clone().requires_grad_() for name in ("input", "weight", "bias") if exact.get(name) is not None}
    output = torch_function(**{**exact, **wanted})
    theirs = torch.autograd.grad(output, list(wanted.values()), torch.ones_like(output) if grad_output is None else grad_output.double())
    for name, grad in zip(wanted, theirs, strict=True):
        assert_close(trace.outputs[f"grad_{name}"], grad.to(given[name].dtype))
    adjoints = {name for name in trace.outputs if name.startswith("grad_")} - {"grad_normalized"}
    assert adjoints == {f"grad_{name}" for name in wanted}
