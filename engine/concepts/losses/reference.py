"""torch's own losses, each with its gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.code.backward import by_autograd


def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, **options: Any) -> list[Tensor]:
    """torch.nn.functional.binary_cross_entropy_with_logits"""
    return _with_gradient(F.binary_cross_entropy_with_logits, input, target, options)


def cross_entropy(input: Tensor, target: Tensor, probabilities: bool, labels: object, **options: Any) -> list[Tensor]:
    """torch.nn.functional.cross_entropy"""
    target = target if target.shape == input.shape else target.long()
    if not probabilities:
        return _with_gradient(F.cross_entropy, input, target, options)
    del options["label_smoothing"]
    options["weight"] = None if options["weight"] is None else options["weight"].detach()
    return [F.nll_loss(torch.log(input.clamp_min(torch.finfo(input.dtype).tiny)), target, **options)]  # log has no slope at 0


def _with_gradient(loss: Callable[..., Tensor], input: Tensor, target: Tensor, options: dict[str, Any]) -> list[Tensor]:
    fixed = {name: one.detach() if isinstance(one, Tensor) else one for name, one in options.items()}
    return [loss(input, target, **fixed), *by_autograd(loss, None, {"input": input, "target": target, **fixed}, ["input"])]
