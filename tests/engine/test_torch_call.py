"""The line of torch beside a picture gives what the concept computes."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine import (
    attention,
    attention_backward,
    avg_pool2d,
    avg_pool2d_backward,
    conv1d,
    conv2d,
    conv2d_backward,
    max_pool2d,
    max_pool2d_backward,
)
from engine.catalogue import single
from engine.code.forward import CodeTrace
from engine.inputs.arguments import open_example
from engine.torch_call import torch_call
from engine.trace import Trace

X = torch.arange(36.0, dtype=torch.float64).reshape(1, 1, 6, 6).cos()
K = torch.tensor([[[[1.0, 2], [3, -4]]]], dtype=torch.float64)
HAND = [name for name in single() if not isinstance(open_example(name), CodeTrace)]


def computed(trace: Trace) -> Any:
    """What the line gives with the tensors of the trace."""
    known = {**trace.inputs, **{name: one for name, one in trace.outputs.items() if name in ("q", "k", "v")}}
    leaves = {name: one.detach().requires_grad_() if isinstance(one, Tensor) else one for name, one in known.items()}
    return eval(torch_call(trace).partition(" = ")[2] or torch_call(trace), {"F": F, "nn": nn, "torch": torch, **leaves})


@pytest.mark.parametrize(
    "trace",
    [
        conv2d(X, K, padding=1, stride=2),
        conv2d(X, K, bias=[0.5], flip=True, padding=(1, 2), padding_mode="circular"),
        conv2d(X, K, padding="same", padding_mode="reflect", dilation=2),
        conv1d(X[0, :, 0], K[0, :, :1, 0] * torch.ones(1, 1, 3), padding="same", flip=True),
        max_pool2d(X, 3, stride=1, padding=1),
        max_pool2d(X, "global"),
        avg_pool2d(X, 2, count_include_pad=False, ceil_mode=True),
        avg_pool2d(X, output_size=4),
        attention(X[0, 0], causal=True),
        attention(X[0, 0], mask=X[0, 0], scale=1.0),
    ],
)
def test_it_gives_the_output(trace: Trace) -> None:
    found, output = computed(trace), trace.outputs["output"]
    assert torch.allclose(found.reshape(output.shape), output)


@pytest.mark.parametrize(
    "trace",
    [
        conv2d_backward(X[..., :5, :5], X, K),
        max_pool2d_backward(X, X, 1),
        avg_pool2d_backward(X[..., :5, :5], X, 2, stride=1),
        attention_backward(X[0, 0], X[0, 0]),
    ],
)
def test_a_way_back_gives_all_gradients(trace: Trace) -> None:
    names = torch_call(trace).partition("[")[2].partition("]")[0].split(", ")
    for name, found in zip(names, computed(trace), strict=True):
        assert torch.allclose(found, trace.outputs[f"grad_{name}"].reshape(found.shape))


@pytest.mark.parametrize("name", HAND)
def test_every_concept_that_is_no_code_has_one(name: str) -> None:
    assert torch_call(open_example(name))
