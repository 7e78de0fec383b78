"""Cross-entropy."""

from __future__ import annotations

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.concepts.losses.targets import check_losses, check_options, check_shares, divisor, is_whole, smooth, targets
from engine.mark import concept
from engine.words import Words


def reference(input: Tensor, target: Tensor, probabilities: bool, labels: Words | None, **options: Any) -> list[Tensor]:
    """torch.nn.functional.cross_entropy"""
    target = target if target.shape == input.shape else target.long()
    options["weight"] = None if options["weight"] is None else options["weight"].detach()
    if probabilities:
        del options["label_smoothing"]
        return [F.nll_loss(torch.log(input.clamp_min(torch.finfo(input.dtype).tiny)), target, **options)]  # log has no slope at 0
    with torch.enable_grad():
        logits = input.detach().clone().requires_grad_()
        (grad,) = torch.autograd.grad(F.cross_entropy(logits, target, **options).sum(), logits)
    return [F.cross_entropy(input, target, **options), grad]


@concept(
    title="Cross-entropy",
    example={"input": "[2,0.5,-1]", "target": 0, "labels": "cat dog bird"},
    infinite=("input", "shifted", "log_softmax"),
    overflows=("naive",),
    reference=reference,
    formula='"loss" = -log(e^(x_y) / (sum_j e^(x_j)))',
)
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: Literal["mean", "sum", "none"] = "mean",
    label_smoothing: float = 0.0,
    *,
    probabilities: bool = False,
    labels: Words | None = None,
) -> dict[str, Tensor]:
    """What it costs to leave the true class no more than its share: minus the logarithm of that.

    loss = −log softmax(input)[target]

    Args:
        input: logits: of one row (C), of several (N, C), or with more axes behind the classes (N, C, ...); −∞ is a share of 0.
        target: the number of the true class for each row, or in the shape of input a probability for each class.
        weight: (C), how much each class counts.
        ignore_index: rows of this target count nothing.
        reduction: what becomes of the losses of all rows; the mean is over what the true classes count, or the number of rows.
        label_smoothing: the part of every target that goes to all classes alike.
        probabilities: input holds shares already, which add up to 1; then the target is a class for each row, and none is smoothed.
        labels: a word for each class.

    Returns:
        A trace; its outputs are largest, shifted, exp, log_sum, log_softmax, p, one_hot, losses of the rows, loss, grad, the derivative of
        the loss (of their sum) with respect to the logits, and naive, what exp gives without the shift, which may be infinite; with
        probabilities log_p, one_hot, losses and loss.

    Raises:
        InputError: shapes that do not fit, targets that are no classes or do not add up to 1, an infinite loss, another number of words.

    Source: ``torch.nn.functional.cross_entropy``.
    """
    axis, is_soft = min(1, input.dim() - 1), target.shape == input.shape
    index, kept, one_hot = targets(input, target, axis, ignore_index)
    check_options(input.shape[axis], weight, label_smoothing, labels, probabilities and (is_soft or label_smoothing > 0))
    true = index.unsqueeze(axis)
    if probabilities:
        check_shares("input", input, axis)
        log_p = torch.log(input.gather(axis, true).squeeze(axis))  # the logarithm of the probability of the true class
    else:
        naive = torch.exp(input)  # without the shift
        log_softmax = torch.log_softmax(input, axis)
        log_p = log_softmax.gather(axis, true).squeeze(axis)
    wanted = smooth(one_hot.to(input.dtype), kept.to(input.dtype), axis, label_smoothing) if label_smoothing else one_hot
    if weight is not None:
        weight = weight.detach()
        weighted = wanted * weight.reshape(-1, *[1] * (input.dim() - axis - 1))  # as much as its class counts
        wanted = weighted
    if is_soft or label_smoothing:
        losses = -(wanted * log_softmax).sum(axis)  # minus the logarithms, as much of each as is wanted
    elif weight is None:
        losses = -log_p  # minus the logarithm of the true class
    else:
        losses = -weight[index] * log_p  # minus the logarithm of the true class, as much as it counts
    losses = losses if bool(kept.all()) else torch.where(kept.bool(), losses, 0.0)
    check_losses(losses, input)
    count = divisor(index, kept, weight, reduction, is_soft)
    loss = losses if reduction == "none" else losses.sum() / count  # of all rows
    if probabilities:
        return {"loss": loss, "one_hot": one_hot}
    return {"loss": loss, **slopes(log_softmax, axis, wanted, kept, count), "one_hot": one_hot, "naive": naive}


def slopes(log_softmax: Tensor, axis: int, wanted: Tensor, kept: Tensor, count: Tensor | float) -> dict[str, Tensor]:
    """The derivative of the loss with respect to the logits, and what it is made of."""
    p = torch.exp(log_softmax)  # its share
    if is_whole(wanted, axis):
        grad = (p - wanted) / count  # its share less what is wanted of it
    else:
        mass = wanted.sum(axis, keepdim=True) if wanted.is_floating_point() else kept.unsqueeze(axis)  # all that is wanted
        grad = (p * mass - wanted) / count  # its share of that, less what is wanted of it
    return {"grad": grad, "p": p}
