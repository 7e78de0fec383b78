"""Dropout."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine import sentences
from engine.checks import check_same_shape
from engine.errors import InputError
from engine.mark import concept
from engine.reader import Mask

#: More units have more masks than anyone looks at.
MOST_UNITS = 12


def _torch(
    input: Tensor,
    p: float,
    training: bool,
    *,
    mask: Tensor | None,
    weight: Tensor | None,
    bias: Tensor | None,
    enumerate: bool,
    seed: int,
) -> dict[str, Tensor]:
    """torch.nn.functional.dropout"""
    if mask is None or not training:
        with torch.random.fork_rng([input.device] if input.is_cuda else []):
            torch.manual_seed(seed)
            output = F.dropout(input, p, training)
    else:
        output = input.masked_fill(mask == 0, 0.0) * (1 / (1 - p) if p < 1 else 0)
    found = {"output": output}
    if weight is not None:
        found["z"] = F.linear(output, weight, bias)
    if enumerate:
        average = input if weight is None else input @ weight.T
        found["mean"] = (1 - p) * average if bias is None else (1 - p) * average + bias
        found["weight_scaled"] = found["mean"]
    return found


def drawn(input: Tensor, p: float, seed: int) -> Tensor:
    """A mask as torch draws it for dropout: 0 with the chance p, else 1."""
    generator = torch.Generator(input.device).manual_seed(seed)
    return torch.empty_like(input).bernoulli_(1 - p, generator=generator)


def counted(input: Tensor, p: float) -> dict[str, Tensor]:
    """How many units of a sample are kept on average, and how many it takes to keep as many as it has."""
    units = input.shape[-1]
    found = {"kept": input.new_tensor((1 - p) * units)}
    return found if p == 1 else {**found, "units_needed": input.new_tensor(units / (1 - p))}


def check_mask(input: Tensor, p: float, mask: Tensor | None) -> None:
    """Raises :class:`InputError` for a chance that is none, and for a mask that is none or does not fit."""
    if not 0 <= p <= 1:
        raise InputError(f"p is {p:g}; give the chance to be dropped, from 0 to 1")
    if mask is None:
        return
    check_same_shape("mask", mask, "input", input)
    other = next((x for x in mask.flatten().tolist() if x not in (0, 1)), None)
    if other is not None:
        raise InputError(f"mask holds {other:g}; give 0 for what is dropped and 1 for what is kept")
    if p == 1 and bool(mask.any()):
        raise InputError(f"p is 1, so that nothing is kept, but mask keeps {sentences.count(int(mask.sum()), 'unit')}; give a smaller p")


def every_mask(input: Tensor) -> Tensor:
    """All rows of 0 and 1 for a row of units, in the order of binary numbers."""
    if input.dim() != 1 or len(input) > MOST_UNITS:
        raise InputError(f"input is {sentences.times(input.shape)}, of which enumerate wants all masks; give one row of up to {MOST_UNITS}")
    places = torch.arange(len(input), device=input.device).flip(0)
    return (torch.arange(2 ** len(input), device=input.device)[:, None] >> places & 1).to(input.dtype)


def enumerated(input: Tensor, p: float, weight: Tensor | None, bias: Tensor | None) -> dict[str, Tensor]:
    """What comes out with each of all masks, and on average."""
    masks = every_mask(input)
    chances = torch.full_like(masks, p).masked_fill(masks == 1, 1 - p)
    probability = chances.prod(-1)  # how likely this mask is
    thinned = input * masks if weight is None else F.linear(input * masks, weight, bias)  # what comes out with that mask
    mean = probability @ thinned  # the mean of all masks, weighed by their chances
    deviation = thinned - mean  # how far this mask is from the mean
    variance = probability @ deviation.square()  # the mean of the squared deviations, by their chances
    weight_scaled = input * (1 - p) if weight is None else F.linear(input, weight * (1 - p), bias)  # all units, times their chance
    found = {"masks": masks, "probability": probability, "thinned": thinned, "mean": mean, "variance": variance}
    return {**found, "weight_scaled": weight_scaled}


@concept(
    title="Dropout",
    example={"input": "[1,2,3,4]", "p": 0.5, "mask": "[1,0,0,1]", "weight": "[[1,-1,2,1],[2,0,1,-1]]", "bias": "[1,-1]"},
    grad="[1,2,-1,3]",
    reference=_torch,
    shapes="input (*, in_features), weight (out_features, in_features), bias (out_features)",
    formula='"output" = ("input" dot "mask") / (1 - p)',
    result="Every unit is kept or dropped",
)
def dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    *,
    mask: Mask | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    enumerate: bool = False,
    seed: int = 0,
) -> dict[str, Tensor]:
    """Some units are dropped by chance; the others are made larger, so that their sum stays the same on average.

    output = input · mask / (1 − p)

    Args:
        input: any number of samples; the last axis are their units.
        p: the chance to be dropped, as torch has it; where p is the chance to be kept, it is 1 − p.
        training: whether anything is dropped.
        mask: in the shape of the input, 1 for what is kept; drawn as torch does if not given.
        weight: the next layer, a row for each of its neurons.
        bias: a number for each of these.
        enumerate: whether to go through all masks of a row of up to 12 units.
        seed: of the random numbers that the mask is drawn with.

    Returns:
        A trace; its outputs are output, in the shape of the input, and in training mask; kept, how many units are on average, and
        units_needed, how many it takes to keep as many as there are now. With weight also z, what the next layer makes of it. With
        enumerate masks, a row for each, with their probability; thinned, what the next layer makes of the input with each of them, nothing
        being made larger; its mean and variance; and weight_scaled, without mask, but with weights times 1 − p, which is the mean.

    Raises:
        InputError: p is no chance; mask does not fit, or has other numbers than 0 and 1; bias without weight; too many units to enumerate.

    Source: ``torch.nn.functional.dropout``; Srivastava et al., Journal of Machine Learning Research 15 (2014), section 4.
    """
    check_mask(input, p, mask)
    if bias is not None and weight is None:
        raise InputError("bias is given without weight; give the weight of the next layer too")
    if training:
        mask = drawn(input, p, seed) if mask is None else mask
        chance = 1 - p if p < 1 else 1.0
        output = input * mask / chance  # kept units are made larger, dropped ones are 0
        found = {"output": output, "mask": mask, **counted(input, p)}
    else:
        output = input.clone()  # nothing is dropped
        found = {"output": output}
    if weight is not None:
        z = F.linear(output, weight, bias)  # what a neuron of the next layer adds up
        found["z"] = z
    return found | (enumerated(input, p, weight, bias) if enumerate else {})
