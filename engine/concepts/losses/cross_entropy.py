"""Cross-entropy."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from engine.concepts.losses import reference
from engine.concepts.losses.costs import costs_of_shares
from engine.concepts.losses.targets import check_options, costs, loss_of, slopes, targets
from engine.mark import concept
from engine.words import Words


@concept(
    title="Cross-entropy",
    example={"input": "[2,0.5,-1]", "target": 0, "labels": "cat dog bird"},
    infinite=("input", "shifted", "log_softmax"),
    overflows=("naive",),
    reference=reference.cross_entropy,
    formula='"loss" = -log(e^(x_y) / (sum_j e^(x_j)))',
    result="Every row has its cost",
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
    """How much does the true class cost? Minus the logarithm of the share that it is left.

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
        the loss (of their sum) with respect to the logits, and naive, what exp gives without the shift, which may be infinite; where a
        row costs minus the logarithm of one share also curve, shares and below them what they cost. With probabilities log_p, one_hot,
        losses and loss.

    Raises:
        InputError: shapes that do not fit, targets that are no classes or do not add up to 1, an infinite loss, another number of words.

    Source: ``torch.nn.functional.cross_entropy``.
    """
    true = targets(input, target, ignore_index, weight)
    check_options(true, label_smoothing, labels, probabilities)
    if probabilities:
        log_p = torch.log(true.share(input))  # the logarithm of the probability of the true class
        return {"loss": loss_of(costs(true, log_p, input), true, reduction)[0], "one_hot": true.one_hot}
    naive = torch.exp(input)  # e to that power, which may overflow
    log_softmax = torch.log_softmax(input, true.axis)
    wanted = true.wanted(input, label_smoothing)
    losses = costs(true, true.of(log_softmax), input, wanted * log_softmax if true.is_soft or label_smoothing else None)
    loss, count = loss_of(losses, true, reduction)
    found = {"loss": loss, **slopes(log_softmax, true, wanted, count), "one_hot": true.one_hot, "naive": naive}
    return found if true.is_soft or label_smoothing or weight is not None else {**found, "curve": costs_of_shares(losses)}
