"""Hand-checked results: every value of every vector that is mapped in ``golden``, computed through the public functions."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from engine.kernels import kernel
from tests.engine.golden import VECTORS, runs
from tests.engine.golden.convolution import NAMED


def as_tensor(value: Any) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float64)


def close(got: Any, expected: Any) -> None:
    """Every value that is expected, also inside tables of tables."""
    if isinstance(expected, dict):
        assert got.keys() >= expected.keys()
        for name in expected:
            close(got[name], expected[name])
    elif isinstance(expected, list) and isinstance(expected[0], dict):
        for one, other in zip(got, expected, strict=True):
            close(one, other)
    else:
        torch.testing.assert_close(as_tensor(got), as_tensor(expected), rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", [name for name, _ in runs()])
def test_vector(name: str) -> None:
    expected = VECTORS[name]["expected"]
    assert expected
    close(dict(runs())[name](VECTORS[name]), expected)


def test_no_vector_is_mapped_twice() -> None:
    names = [name for name, _ in runs()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("vector", "name"),
    [(v, n) for v in ("s003-kernel-bank-on-steps", "s004-blur-ramp", "s004-blur-impulse") for n in VECTORS[v]["inputs"]["kernels"]],
)
def test_named_kernel_is_the_vectors(vector: str, name: str) -> None:
    close(kernel(NAMED[name]), VECTORS[vector]["inputs"]["kernels"][name])


@pytest.mark.parametrize("name", VECTORS["s004-kernel-sums"]["inputs"])
def test_named_kernel_is_the_vectors_over_its_divisor(name: str) -> None:
    v = VECTORS["s004-kernel-sums"]
    close(kernel(NAMED[name]), as_tensor(v["inputs"][name]) / v["params"]["divisors"].get(name, 1))


@pytest.mark.parametrize(("vector", "name"), [("s004-sharpen-ddc", "sharpen"), ("s004-filter2d-reflect101", "mean5")])
def test_named_kernel_is_the_weight(vector: str, name: str) -> None:
    close(kernel(name), VECTORS[vector]["inputs"]["w"])
