"""Traces of normalisations, small, middle and large."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine import batch_norm, group_norm, layer_norm, rms_norm
from engine.trace import Trace


def values(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def affine(size: int) -> tuple[Tensor, Tensor]:
    return values(size, seed=2), values(size, seed=3)


FOUR = [[1.0, -2], [3, 0], [5, 4], [7, 2]]

NORMS: dict[str, Callable[[], Trace]] = {
    "layer 2x3": lambda: layer_norm([[1, -2, 4], [3, 0, -1]], 3, [1, 2, 1], [0, 1, -1]),
    "layer bare": lambda: layer_norm([[1, 2], [3, 4]], 2, eps=0),
    "layer 8x8": lambda: layer_norm(3 * values(8, 8) + 2, 8, *affine(8)),
    "layer 4x64": lambda: layer_norm(3 * values(4, 64) + 2, 64, *affine(64)),
    "layer far away": lambda: layer_norm(values(2, 4) + 1000, 4),
    "layer all the same": lambda: layer_norm([[2, 2, 2]], 3),
    "layer 2x1100": lambda: layer_norm(values(2, 1100), 1100),
    "rms 2x3": lambda: rms_norm([[1, -2, 2], [3, 0, -4]], 3, [1, 2, 1], eps=0),
    "batch 4x2": lambda: batch_norm(FOUR, [0, 0], [1, 1], [2, 0.5], [1, -1]),
    "batch evaluation": lambda: batch_norm(FOUR, [1, 2], [4, 1], [2, 0.5], [1, -1], training=False),
    "batch 16x64": lambda: batch_norm(3 * values(16, 64), None, None, *affine(64)),
    "batch image": lambda: batch_norm(values(2, 3, 4, 4) + 1, None, None, *affine(3)),
    "group 1x4x2": lambda: group_norm([[[1, 3], [2, 0], [5, -1], [4, 0]]], 2, [1, 2, 1, 2], [0, 1, 0, 1]),
}
