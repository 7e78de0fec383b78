"""Which keys a query may look at."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.errors import InputError
from engine.trace import TensorLike, floating


def visible_pairs(mask: TensorLike | None, causal: bool, queries: int, keys: int, device: Any) -> Tensor | None:
    """Which keys every query may look at; none where that is all of them."""
    if mask is None and not causal:
        return None
    visible = torch.ones(queries, keys, dtype=torch.bool, device=device)
    if mask is not None:
        given = floating("mask", mask).to(device)
        if given.shape != visible.shape:
            shape = "x".join(map(str, given.shape)) or "a single number"
            raise InputError(f"mask has shape {shape}, but {queries} queries and {keys} keys go with {queries}x{keys}; give that")
        wrong = given[(given != 0) & (given != 1)]
        if len(wrong):
            raise InputError(f"mask holds {wrong[0]:g}; give 1 where a query may look and 0 where it may not")
        visible = given == 1
    if causal:
        visible = visible.tril()
    blind = (~visible.any(dim=1)).nonzero()
    if len(blind):
        by = "mask and causal hide" if causal and mask is not None else "mask hides"
        raise InputError(f"{by} every key from row {int(blind[0])}, counted from 0; leave at least one 1 in each row")
    return visible
