"""What is wanted of a classifier, in both of torch's forms, and what cannot be wanted."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.checks import at, first
from engine.errors import InputError
from engine.words import Words, check_words

#: How far from 1 the sum of probabilities may be.
ROUNDED = 1e-4


def targets(input: Tensor, target: Tensor, axis: int, ignore_index: int) -> tuple[Tensor, Tensor, Tensor]:
    """For each row the true class, whether it counts, and what is wanted of all classes."""
    if input.dim() and target.shape == input.shape:
        check_shares("target", target, axis)
        likeliest = target.argmax(axis)
        return likeliest, torch.ones_like(likeliest), target
    found = _indices(input, target, axis, ignore_index)
    kept = (found != ignore_index).long()
    index = torch.where(kept.bool(), found, input.argmax(axis))  # a class whose loss is finite
    one_hot = F.one_hot(index, input.shape[axis]) * kept[..., None]
    return index, kept, one_hot.movedim(-1, axis)


def _indices(input: Tensor, target: Tensor, axis: int, ignore_index: int) -> Tensor:
    rows = [size for number, size in enumerate(input.shape) if number != axis]
    own, wanted, theirs = (sentences.times(shape) or "a single number" for shape in (target.shape, rows, input.shape))
    if not input.dim():
        raise InputError("input is a single number; give a row of logits, one for each class")
    if list(target.shape) != rows:
        raise InputError(
            f"target is {own}, but input is {theirs}; give a class for each row, {wanted}, or probabilities in the shape of input"
        )
    index, last = target.long(), input.shape[axis] - 1
    wrong = (index != target) | (((index < 0) | (index > last)) & (index != ignore_index))
    if bool(wrong.any()):
        place = first(wrong)
        raise InputError(
            f"target is {target[tuple(place)].item():g}{at(place)}, which is none of the classes 0 to {last}; "
            f"give one of these, or ignore_index, {ignore_index}, for a row that does not count"
        )
    return index


def smooth(one_hot: Tensor, kept: Tensor, axis: int, label_smoothing: float) -> Tensor:
    """What is wanted, less a part that goes to all classes alike."""
    part = label_smoothing / one_hot.shape[axis]
    smoothed = one_hot * (1 - label_smoothing) + kept.unsqueeze(axis) * part  # less what goes to all classes alike
    return smoothed


def is_whole(wanted: Tensor, axis: int) -> bool:
    """Whether 1 is wanted of each row, as exactly as numbers can say."""
    numbers = wanted if wanted.is_floating_point() else wanted.double()
    return bool((numbers.sum(axis) - 1).abs().max() <= 8 * torch.finfo(numbers.dtype).eps)


def divisor(index: Tensor, kept: Tensor, weight: Tensor | None, reduction: str, is_soft: bool) -> Tensor | float:
    """What the sum of the losses is divided by."""
    if reduction != "mean":
        return 1.0
    if not bool(kept.any()):
        raise InputError("target is ignore_index in all rows, which leaves nothing to take the mean of; give at least one class")
    if is_soft or weight is None:
        return float(kept.sum())
    return torch.where(kept.bool(), weight[index], 0.0).sum()  # what the true classes count


def check_options(classes: int, weight: Tensor | None, label_smoothing: float, labels: Words | None, needs_classes: bool) -> None:
    """Raises :class:`InputError` for options that do not fit."""
    check_words("labels", labels, classes, "classes")
    if weight is not None and list(weight.shape) != [classes]:
        raise InputError(
            f"weight is {sentences.times(weight.shape) or 'a single number'}, but there are {classes} classes; give one for each"
        )
    if not 0 <= label_smoothing <= 1:
        raise InputError(f"label_smoothing is {label_smoothing:g}; give a number from 0 to 1")
    if needs_classes:
        raise InputError(
            "probabilities is True, with shares as targets; give a class for each row and no label_smoothing, or logits as input"
        )


def check_shares(name: str, shares: Tensor, axis: int) -> None:
    """Raises :class:`InputError` for numbers that are not from 0 to 1, or do not add up to 1 along the axis."""
    wrong = (shares < 0) | (shares > 1)
    if bool(wrong.any()):
        place = first(wrong)
        raise InputError(f"{name} is {shares[tuple(place)].item():g}{at(place)}, which is no probability; give numbers from 0 to 1")
    total = shares.sum(axis)
    wrong = (total - 1).abs() > ROUNDED
    if bool(wrong.any()):
        place = first(wrong)
        raise InputError(
            f"{name} adds up to {total[tuple(place)].item():g} over the classes{at(place)}; give probabilities that add up to 1"
        )


def check_losses(losses: Tensor, input: Tensor) -> None:
    """Raises :class:`InputError` for an infinite loss of what is given as finite, or as left out."""
    lost = ~losses.isfinite()
    if bool(lost.any()) and not bool((input.isnan() | (input == math.inf)).any()):
        raise InputError(
            f"the loss{at(first(lost))} is infinite, since input leaves a class that is wanted no share; give it a larger number"
        )
