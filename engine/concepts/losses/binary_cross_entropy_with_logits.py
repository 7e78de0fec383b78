"""Cross-entropy of yes and no."""

from __future__ import annotations

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.checks import at, first
from engine.errors import InputError
from engine.mark import concept


def reference(input: Tensor, target: Tensor, **options: Any) -> list[Tensor]:
    """torch.nn.functional.binary_cross_entropy_with_logits"""
    options = {name: one.detach() if isinstance(one, Tensor) else one for name, one in options.items()}
    with torch.enable_grad():
        logits = input.detach().clone().requires_grad_()
        (grad,) = torch.autograd.grad(F.binary_cross_entropy_with_logits(logits, target, **options).sum(), logits)
    return [F.binary_cross_entropy_with_logits(input, target, **options), grad]


@concept(
    title="Binary cross-entropy",
    example={"input": "[1.5,-0.5,0]", "target": "[1,0,1]"},
    reference=reference,
    formula='"loss" = -t log sigma(x) - (1 - t) log(1 - sigma(x))',
)
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: Literal["mean", "sum", "none"] = "mean",
    pos_weight: Tensor | None = None,
) -> dict[str, Tensor]:
    """Each number is a yes or a no of its own, and costs minus the logarithm of the probability of what is true.

    loss = −target · log σ(input) − (1 − target) · log (1 − σ(input))

    Args:
        input: logits, of any shape.
        target: in the shape of input, 1 for yes and 0 for no, or how likely yes is.
        weight: how much each cell counts; it may have fewer axes.
        reduction: what becomes of the losses of all cells.
        pos_weight: how much more a yes counts than a no; it may have fewer axes.

    Returns:
        A trace; its outputs are p, log_p and log_not_p, the logarithms of the probabilities of yes and no, per_cell, loss, and grad, the
        derivative of the loss (of their sum) with respect to the logits.

    Raises:
        InputError: another shape of target, a target outside of 0 to 1.

    Source: ``torch.nn.functional.binary_cross_entropy_with_logits``.
    """
    check_answers(input, target)
    count = input.numel() if reduction == "mean" else 1
    p = torch.sigmoid(input)  # the probability of yes
    log_p = F.logsigmoid(input)  # its logarithm
    log_not_p = F.logsigmoid(-input)  # the logarithm of the probability of no
    no = 1 - target  # how much it is a no
    yes = target if pos_weight is None else target * pos_weight.detach()  # how much a yes counts
    each = -(yes * log_p) - no * log_not_p  # minus the logarithm for what is true
    slope = p - target if pos_weight is None else p * (yes + no) - yes  # its probability less what is wanted
    per_cell = each if weight is None else each * weight.detach()  # times its weight
    grad = (slope if weight is None else slope * weight.detach()) / count  # of the whole loss
    if reduction == "none":
        return {"loss": per_cell, "grad": grad, "p": p}
    loss = per_cell.sum() / count  # of all cells
    return {"loss": loss, "grad": grad, "p": p, "per_cell": per_cell}


def check_answers(input: Tensor, target: Tensor) -> None:
    """Raises :class:`InputError` for a target of another shape, or outside of 0 to 1."""
    if target.shape != input.shape:
        own, theirs = (sentences.times(one.shape) or "a single number" for one in (target, input))
        raise InputError(f"target is {own}, but input is {theirs}; give the same shape")
    wrong = (target < 0) | (target > 1)
    if bool(wrong.any()):
        place = first(wrong)
        raise InputError(f"target is {target[tuple(place)].item():g}{at(place)}; give numbers from 0 to 1")
