"""Cross-entropy of yes and no."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.checks import check_chances, check_same_shape
from engine.concepts.losses import reference
from engine.concepts.losses.costs import costs_of_logits
from engine.mark import concept


@concept(
    title="Binary cross-entropy",
    example={"input": "[1.5,-0.5,0]", "target": "[1,0,1]"},
    reference=reference.binary_cross_entropy_with_logits,
    formula='"loss" = -t log sigma(x) - (1 - t) log(1 - sigma(x))',
    result="Every number has its cost",
)
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: Literal["mean", "sum", "none"] = "mean",
    pos_weight: Tensor | None = None,
) -> dict[str, Tensor]:
    """How much does each yes or no cost? Minus the logarithm of the probability of what is true.

    loss = −target · log σ(input) − (1 − target) · log (1 − σ(input))

    Args:
        input: logits, of any shape.
        target: in the shape of input, 1 for yes and 0 for no, or how likely yes is.
        weight: how much each cell counts; it may have fewer axes.
        reduction: what becomes of the losses of all cells.
        pos_weight: how much more a yes counts than a no; it may have fewer axes.

    Returns:
        A trace; its outputs are p, log_p and log_not_p, the logarithms of the probabilities of yes and no, per_cell, loss, grad, the
        derivative of the loss (of their sum) with respect to the logits, and curve: logits side by side, p, and what p costs where yes
        is true, and where no is.

    Raises:
        InputError: another shape of target, a target outside of 0 to 1.

    Source: ``torch.nn.functional.binary_cross_entropy_with_logits``.
    """
    check_same_shape("target", target, "input", input)
    check_chances("target", target)
    count = input.numel() if reduction == "mean" else 1
    p = torch.sigmoid(input)  # the probability of yes
    log_p = F.logsigmoid(input)  # the logarithm of the probability of yes
    log_not_p = F.logsigmoid(-input)  # the logarithm of the probability of no
    no = 1 - target  # how much of a no is wanted
    yes = target if pos_weight is None else target * pos_weight.detach()  # how much a yes counts
    each = -(yes * log_p) - no * log_not_p  # its cost, minus the logarithm for what is true
    slope = p - target if pos_weight is None else p * (yes + no) - yes  # the probability of yes, less what is wanted
    per_cell = each if weight is None else each * weight.detach()  # its cost, times its weight
    grad = (slope if weight is None else slope * weight.detach()) / count  # how the whole loss changes with this number
    found = {"grad": grad, "p": p, "curve": costs_of_logits(input)}
    if reduction == "none":
        return {"loss": per_cell, **found}
    loss = per_cell.sum() / count  # the costs of all cells in one number
    return {"loss": loss, **found, "per_cell": per_cell}
