"""Plays of small concepts, some of which are torch code that is marked here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from engine import attention, concept, conv2d, max_pool2d, rms_norm
from engine.play import Act, Play, play
from engine.trace import Trace


@concept(title="Layer", example={"input": "[[1,2]]", "weight": "[[1,0],[0,1]]"}, reference="torch.nn.functional.linear")
def layer(input, weight, bias=None):  # type: ignore[no-untyped-def]  # as a user writes it
    """Every output is a weighted sum."""
    output = torch.nn.functional.linear(input, weight, bias)  # the weighted sum
    return output


@concept(title="ReLU", example={"input": "[1,-2]"}, reference="torch.relu")
def rectified(input):  # type: ignore[no-untyped-def]
    """Negative numbers become zero."""
    output = torch.relu(input)  # zero or more
    return output


@concept(title="Addition", example={"input": "[1,-2]", "other": "[1,1]"}, reference="torch.add")
def plus(input, other):  # type: ignore[no-untyped-def]
    """Number by number."""
    output = input + other  # the sum of both
    return output


def whole(*shape: int, seed: int = 1, most: int = 3) -> Tensor:
    """Whole numbers."""
    return torch.randint(-most, most + 1, shape, generator=torch.Generator().manual_seed(seed)).double()


def out(trace: Trace) -> Tensor:
    """What a trace made."""
    tensor: Tensor = trace.outputs["output"]
    return tensor


def together(name: str, acts: list[Act], params: Mapping[str, Any] | None = None) -> Play:
    """Acts as a play that an author would mark."""
    reference, (first, *_, last) = acts[-1].trace.reference, acts if len(acts) > 1 else acts * 2
    words = f"From {first.name} to {last.name}."
    made = play(acts, params=params or {}, reference=reference, opening=words, closing="That is all.", formula="y = f(x)")
    return replace(made, concept=name, title=name.replace("_", " ").capitalize())


def mlp() -> Play:
    """Layer, ReLU, layer, and around the last two a skip."""
    first = layer(whole(2, 4), whole(4, 4, seed=2, most=2), whole(4, seed=3))
    relu = rectified(out(first))
    second = layer(out(relu), whole(4, 4, seed=4, most=2))
    add = plus(out(second), out(first))
    return together(
        "mlp_with_a_skip",
        [
            Act("first", first),
            Act("relu", relu, {"input": ("first", "output")}),
            Act("second", second, {"input": ("relu", "output")}),
            Act("add", add, {"input": ("second", "output"), "other": ("first", "output")}),
        ],
    )


def network(size: int = 8, filters: int = 1) -> Play:
    """Convolution, ReLU, pooling, layer."""
    kernels = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]).double().repeat(filters, 1, 1, 1)
    conv = conv2d(whole(1, size, size, most=5), kernels)
    relu = rectified(out(conv))
    pool = max_pool2d(out(relu), 2)
    flat = out(pool).reshape(1, -1)
    return together(
        "network",
        [
            Act("conv", conv),
            Act("relu", relu, {"input": ("conv", "output")}),
            Act("pool", pool, {"input": ("relu", "output")}),
            Act("dense", layer(flat, whole(3, flat.shape[1], seed=7), whole(3, seed=8)), {"input": ("pool", "output")}),
        ],
    )


def block() -> Play:
    """RMS norm, attention of all to all, and the way around both."""
    norm = rms_norm(whole(3, 4, most=4), 4)
    heard = attention(out(norm), out(norm), out(norm))
    add = plus(out(heard), norm.inputs["input"])
    taken = dict.fromkeys(("query", "key", "value"), ("norm", "output"))
    return together(
        "block",
        [
            Act("norm", norm),
            Act("attention", heard, taken),
            Act("add", add, {"input": ("attention", "output"), "other": ("norm", "input")}),
        ],
    )


def chain(count: int = 12) -> Play:
    """Many acts of one step each."""
    value, acts = whole(1, seed=2), list[Act]()
    for number in range(count):
        trace = plus(value, torch.ones_like(value))
        acts.append(Act(f"addition {number}", trace, {"input": (acts[-1].name, "output")} if acts else {}))
        value = out(trace)
    return together("chain", acts)


PLAYS: dict[str, Callable[[], Play]] = {
    "mlp": cache(mlp),
    "network": cache(network),
    "coloured": cache(lambda: network(24, 2)),
    "block": cache(block),
    "chain": cache(chain),
}
