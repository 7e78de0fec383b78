"""Softmax."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.checks import check_positive
from engine.code.backward import jacobians
from engine.errors import InputError
from engine.mark import concept
from engine.words import Words, check_words


def reference(input: Tensor, dim: int, temperature: float, jacobian: bool, **_: object) -> list[Tensor]:
    """torch.softmax"""
    logits = input / temperature
    by_row = jacobians(lambda x: torch.softmax(x, -1), logits.movedim(dim, -1)) if jacobian else None
    means = [] if by_row is None else [by_row, by_row.reshape(-1, *by_row.shape[-2:]).mean(0)]
    return [torch.softmax(logits, dim), input.argmax(dim), *means]


@concept(
    title="Softmax",
    example={"input": "[3,1.5,-2]", "labels": "books laptops elephants"},
    grad="[1,0,0]",
    infinite=("input", "scaled"),
    reference=reference,
    formula='"output"_i = e^(x_i) / (sum_j e^(x_j))',
    result="The shares add up to 1",
)
def softmax(
    input: Tensor, dim: int = -1, *, temperature: float = 1.0, labels: Words | None = None, jacobian: bool = False
) -> dict[str, Tensor]:
    """Numbers become shares of a whole; only their differences count.

    output = exp(input / temperature − max) / Σ exp(input / temperature − max)

    Args:
        input: logits, of any shape; −∞ gets the share 0.
        dim: the axis along which the shares add up to 1.
        temperature: divides the logits; a small one leaves all to the largest, a large one makes all alike.
        labels: a word for each of the shares.
        jacobian: also the derivatives of all shares with respect to the logits, over the temperature.

    Returns:
        A trace; its outputs are max, exp, sum, output and argmax, the place of the largest (the first of several); with a temperature
        scaled; with jacobian jacobian, a matrix for each row of shares, and mean_jacobian, their mean.

    Raises:
        InputError: a temperature that is not above 0, a row of nothing but −∞, another number of words.

    Source: ``torch.softmax``.
    """
    check_positive("temperature", temperature, "0.5")
    scaled = input if temperature == 1 else input / temperature  # divided by the temperature
    max = scaled.detach().amax(dim, keepdim=True)  # the largest number, to be subtracted from all
    check_words("labels", labels, input.numel() // max.numel(), f"numbers along axis {dim} of input")
    if bool((max == -torch.inf).any()):
        raise InputError(f"input has a row along axis {dim} in which all numbers are −∞; give at least one that is finite")
    exp = torch.exp(scaled - max)  # the number less the largest, as a power of e
    sum = exp.sum(dim, keepdim=True)  # all powers of e, added up
    output = exp / sum  # its share of the sum
    results = {"output": output, "argmax": input.argmax(dim)}
    if jacobian:
        p = output.movedim(dim, -1)
        each = p[..., :, None] * torch.eye(*p.shape[-1:]).to(p) - p[..., :, None] * p[..., None, :]  # how a share changes with a logit
        mean = each.reshape(-1, *each.shape[-2:]).mean(0)  # the mean of all rows
        results |= {"jacobian": each, "mean_jacobian": mean}
    return results
