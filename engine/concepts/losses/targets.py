"""What is wanted of a classifier, in both of torch's forms, and what cannot be wanted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.checks import at, check_chances, first_true
from engine.errors import InputError
from engine.words import Words, check_words

#: How far from 1 the sum of probabilities may be.
ROUNDED = 1e-4


@dataclass(frozen=True, eq=False)
class Targets:
    """For each row the true class, whether it counts, and what is wanted of all classes, which lie along ``axis``; how much these count."""

    axis: int
    index: Tensor
    kept: Tensor
    one_hot: Tensor
    is_soft: bool
    weight: Tensor | None

    def of(self, numbers: Tensor) -> Tensor:
        """Those of the true classes."""
        axis, true = self.axis, self.index.unsqueeze(self.axis)
        return numbers.gather(axis, true).squeeze(axis)

    def share(self, shares: Tensor) -> Tensor:
        """That of the true class, of what must be shares."""
        check_shares("input", shares, self.axis)
        return self.of(shares)

    def wanted(self, input: Tensor, label_smoothing: float) -> Tensor:
        """What is wanted of all classes, less a part that goes to all alike, as much as each counts."""
        wanted, weight, axis = self.one_hot, self.weight, self.axis
        if label_smoothing:
            wanted = _smooth(wanted.to(input.dtype), self.kept.to(input.dtype), axis, label_smoothing)
        if weight is not None:
            weighted = wanted * weight.reshape(-1, *[1] * (input.dim() - axis - 1))  # what is wanted, times what its class counts
            wanted = weighted
        return wanted


def targets(input: Tensor, target: Tensor, ignore_index: int, weight: Tensor | None) -> Targets:
    """The targets in either of torch's forms.

    Raises :class:`InputError` for those that are no classes, or no shares.
    """
    axis, weight = min(1, input.dim() - 1), None if weight is None else weight.detach()
    if input.dim() and target.shape == input.shape:
        check_shares("target", target, axis)
        likeliest = target.argmax(axis)
        return Targets(axis, likeliest, torch.ones_like(likeliest), target, True, weight)
    found = _indices(input, target, axis, ignore_index)
    kept = (found != ignore_index).long()
    index = torch.where(kept.bool(), found, input.argmax(axis))  # a class whose loss is finite
    one_hot = F.one_hot(index, input.shape[axis]) * kept[..., None]
    return Targets(axis, index, kept, one_hot.movedim(-1, axis), False, weight)


def _indices(input: Tensor, target: Tensor, axis: int, ignore_index: int) -> Tensor:
    rows = [size for number, size in enumerate(input.shape) if number != axis]
    own, wanted, theirs = (sentences.size_text(shape) for shape in (target.shape, rows, input.shape))
    if not input.dim():
        raise InputError("input is a single number; give a row of logits, one for each class")
    if list(target.shape) != rows:
        raise InputError(
            f"target is {own}, but input is {theirs}; give a class for each row, {wanted}, or probabilities in the shape of input"
        )
    index, last = target.long(), input.shape[axis] - 1
    wrong = (index != target) | (((index < 0) | (index > last)) & (index != ignore_index))
    if bool(wrong.any()):
        place = first_true(wrong)
        raise InputError(
            f"target is {target[tuple(place)].item():g}{at(place)}, which is none of the classes 0 to {last}; "
            f"give one of these, or ignore_index, {ignore_index}, for a row that does not count"
        )
    return index


def _smooth(one_hot: Tensor, kept: Tensor, axis: int, label_smoothing: float) -> Tensor:
    """What is wanted, less a part that goes to all classes alike."""
    part = label_smoothing / one_hot.shape[axis]
    smoothed = one_hot * (1 - label_smoothing) + kept.unsqueeze(axis) * part  # what is wanted, less a part for all classes
    return smoothed


# --- the loss ----------------------------------------------------------------------------------------------------------------------------


def costs(true: Targets, log_p: Tensor, input: Tensor, products: Tensor | None = None) -> Tensor:
    """What each row costs; ``products`` are the logarithms of all classes, as much of each as is wanted, if that is not one class."""
    weight, index, kept = true.weight, true.index, true.kept
    if products is not None:
        losses = -products.sum(true.axis)  # minus the logarithms, each as much as is wanted
    elif weight is None:
        losses = -log_p  # minus the logarithm of the true class’s share
    else:
        losses = -weight[index] * log_p  # minus that logarithm, times what the true class counts
    losses = losses if bool(kept.all()) else torch.where(kept.bool(), losses, 0.0)
    lost = ~losses.isfinite()
    if bool(lost.any()) and not bool((input.isnan() | (input == math.inf)).any()):
        raise InputError(
            f"the loss{at(first_true(lost))} is infinite, since input leaves a class that is wanted no share; give it a larger number"
        )
    return losses


def loss_of(losses: Tensor, true: Targets, reduction: str) -> tuple[Tensor, Tensor | float]:
    """The loss, and what the sum of the losses is divided by."""
    count = _divisor(true, reduction)
    loss = losses if reduction == "none" else losses.sum() / count  # the costs of all rows in one number
    return loss, count


def _divisor(true: Targets, reduction: str) -> Tensor | float:
    weight, index, kept = true.weight, true.index, true.kept
    if reduction != "mean":
        return 1.0
    if not bool(kept.any()):
        raise InputError("target is ignore_index in all rows, which leaves nothing to take the mean of; give at least one class")
    if true.is_soft or weight is None:
        return float(kept.sum())
    return torch.where(kept.bool(), weight[index], 0.0).sum()  # what the true classes count


def slopes(log_softmax: Tensor, true: Targets, wanted: Tensor, count: Tensor | float) -> dict[str, Tensor]:
    """The derivative of the loss with respect to the logits, and what it is made of."""
    axis, kept = true.axis, true.kept
    p = torch.exp(log_softmax)  # its share of the whole
    if _is_whole(wanted, axis):
        grad = (p - wanted) / count  # its share, less what is wanted of it
    else:
        mass = wanted.sum(axis, keepdim=True) if wanted.is_floating_point() else kept.unsqueeze(axis)  # all that is wanted
        grad = (p * mass - wanted) / count  # its share of all, less what is wanted of it
    return {"grad": grad, "p": p}


def _is_whole(wanted: Tensor, axis: int) -> bool:
    """Whether 1 is wanted of each row, as exactly as numbers can say."""
    numbers = wanted if wanted.is_floating_point() else wanted.double()
    return bool((numbers.sum(axis) - 1).abs().max() <= 8 * torch.finfo(numbers.dtype).eps)


# --- checks ------------------------------------------------------------------------------------------------------------------------------


def check_options(true: Targets, label_smoothing: float, labels: Words | None, probabilities: bool) -> None:
    """Raises :class:`InputError` for options that do not fit."""
    classes, weight = true.one_hot.shape[true.axis], true.weight
    check_words("labels", labels, classes, "classes")
    if weight is not None and list(weight.shape) != [classes]:
        raise InputError(f"weight is {sentences.size_text(weight.shape)}, but there are {classes} classes; give one for each")
    if not 0 <= label_smoothing <= 1:
        raise InputError(f"label_smoothing is {label_smoothing:g}; give a number from 0 to 1")
    if probabilities and (true.is_soft or label_smoothing > 0):
        raise InputError(
            "probabilities is True, with shares as targets; give a class for each row and no label_smoothing, or logits as input"
        )


def check_shares(name: str, shares: Tensor, axis: int) -> None:
    """Raises :class:`InputError` for numbers that are not from 0 to 1, or do not add up to 1 along the axis."""
    check_chances(name, shares, ", which is no probability")
    total = shares.sum(axis)
    wrong = (total - 1).abs() > ROUNDED
    if bool(wrong.any()):
        place = first_true(wrong)
        raise InputError(
            f"{name} adds up to {total[tuple(place)].item():g} over the classes{at(place)}; give probabilities that add up to 1"
        )
