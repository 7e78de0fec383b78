"""What probabilities cost, for the curves of pictures."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.code.aside import aside

#: So many steps has a curve, which goes to this cost at least, and on each side of 0 to this logit.
STEPS, LEAST_COST, LEAST_LOGIT = 240, 5.0, 4.0


def _spread(least: float, values: Tensor) -> tuple[float, Tensor]:
    """How far a curve goes so that all values are on it, and numbers from 0 to there."""
    far = max(least, float(values.detach().abs().max()))
    return far, far / STEPS * torch.arange(STEPS + 1, dtype=values.dtype, device=values.device)


def costs_of_shares(losses: Tensor) -> Tensor:
    """Shares, and what they cost."""
    with aside():
        _, cost = _spread(LEAST_COST, losses)
        return torch.stack([torch.exp(-cost), cost])


def costs_of_logits(input: Tensor) -> Tensor:
    """Logits side by side, the probabilities of yes, what these cost where yes is true, and where no is."""
    with aside():
        far, above = _spread(LEAST_LOGIT, input)
        logit = 2 * above - far
        return torch.stack([logit, torch.sigmoid(logit), F.softplus(-logit), F.softplus(logit)])
