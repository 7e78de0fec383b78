"""Hand-checked results: every value of every vector that is mapped in ``golden``, computed through the public functions."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from engine.inputs.kernels import kernel
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
    elif isinstance(expected, list) and isinstance(got, list | tuple):  # of tensors that may have different shapes
        assert len(got) == len(expected)
        for mine, theirs in zip(got, expected, strict=True):
            close(mine, theirs)
    else:
        torch.testing.assert_close(as_tensor(got), as_tensor(expected), rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", [name for name, _ in runs()])
def test_vector(name: str) -> None:
    expected = VECTORS[name]["expected"]
    assert expected
    close(dict(runs())[name](VECTORS[name]), expected)


#: The rows of the five systems: convolution back, pooling, graphs of operations, the LSTM, self-attention.
FIVE_SYSTEMS = [
    "s000-ddc-backward",
    "s001-conv1d-backward",
    "s004-ex44-rgb",
    "s004-ex44-rgb-flipped",
    "s004-ex44-pools-of-Y",
    "s004-ex44-backward-max",
    "s004-ex44-backward-avg",
    "s003-maxpool-shape",
    "s000-pool-ddc",
    "s003-maxpool-odd",
    "s002-avgpool-k3s2p1",
    "s002-global-avg-pool",
    "s000-pool-backward",
    "s004-multiply-gate",
    "s002-scalar-graph-forward",
    "s002-scalar-graph-backward",
    "s002-scalar-graph-leaves",
    "s002-scalar-graph-dead-relu",
    "s002-vector-graph-projected",
    "s002-vector-graph-square",
    "s002-matmul-grad",
    "s002-jacobian",
    "s004-ex14-mean",
    "s004-ex14-sum",
    "s004-ex14-sequential",
    "s004-lstm-step",
    "s004-lstm-sequence",
    "s004-lstm-perfect-memory",
    "s004-lstm-forget-decay",
    "s004-lstm-backward",
    "s004-lstm-two-layer",
    "s004-lstm-params",
    "s001-self-attention",
    "s000-self-attention-scaled",
    "s001-masked-self-attention",
    "s000-contextual-bank",
    "s001-attention-permutation",
    "s000-attention-backward",
    "s000-mha-params",
    "s000-multi-head",
]


def test_every_vector_of_the_five_systems_is_mapped() -> None:
    assert set(FIVE_SYSTEMS) <= {name for name, _ in runs()}


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
