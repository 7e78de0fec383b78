"""The example of every concept smaller and larger than it is, for what must hold at any size: a new concept has them, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from engine.catalogue import find, trace_of
from engine.declared import ADJOINT, BACK, Concept
from engine.inputs.arguments import example_texts, open_example, parse
from engine.trace import Trace

#: How many times as long every axis is.
SIZES = {"small": 1, "middle": 3, "large": 16}
#: Whole numbers of these arguments count cells of an axis.
COUNTS = ("normalized_shape",)
#: These name the cells of an axis.
WORDS = ("tokens", "labels")
#: These have numbers of their own, which are not made others.
KEPT = ("target", "mask")


def grows(concept: Concept) -> bool:
    """Whether its example has an axis, and not numbers alone."""
    return any(key in WORDS or "[" in str(value) for key, value in concept.example.items() if not isinstance(value, Mapping))


def grown(name: str, size: str) -> Trace:
    """The trace of a concept's example with longer axes."""
    times = SIZES[size]
    if times == 1:
        return open_example(name)
    concept = find(name)
    given = parse(concept, {key: example_texts(value) for key, value in concept.example.items()})
    longer = {key: _longer(key, value, times) for key, value in given.items()}
    if ADJOINT in longer:
        forward = {key: value for key, value in longer.items() if key != ADJOINT}
        # Windows make a result smaller than what they slide over.
        result = trace_of(find(name.removesuffix(BACK)), forward).outputs.get("output")
        longer[ADJOINT] = longer[ADJOINT] if result is None else _near_one(result.shape) - 1
    return trace_of(concept, longer)


def _longer(key: str, value: Any, times: int) -> Any:
    if isinstance(value, Mapping):
        return {name: _longer(name, one, times) for name, one in value.items()}
    if isinstance(value, Tensor):
        tiled = value.tile((times,) * value.ndim)
        return tiled if key in KEPT else tiled * _near_one(tiled.shape)
    if key in WORDS:
        return " ".join([value] * times) if isinstance(value, str) else [*value] * times
    if key in COUNTS:
        return [count * times for count in value] if isinstance(value, Sequence) else value * times
    return value


def _near_one(shape: Sequence[int]) -> Tensor:
    """Factors that leave signs and zeros as they are."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64) + 0.5
