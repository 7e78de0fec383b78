"""What a network's output is measured by: a loss as an act, and what torch says of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch.nn.functional as F
from torch import Tensor

from engine.errors import InputError
from engine.network.lines import code_trace
from engine.network.opened import Opened
from engine.network.shown import opened
from engine.reader import TensorLike, floating, largest
from engine.recorder.operation import Read
from engine.sentences import size_text
from engine.step import Reference
from engine.trace import Trace
from engine.verdict import compare

LossName = Literal["cross_entropy", "mse_loss", "bce", "half_squares"]


@dataclass(frozen=True, eq=False)
class Loss:
    """``act`` is the loss of what a network gives under the name ``output``, none if that is the loss; ``of`` computes the same by torch,
    and ``path`` is where it stands in the act.
    """

    name: str
    output: str
    of: Callable[[Tensor], Tensor]
    act: Opened | None = None
    path: str = ""


def loss_of(outputs: Mapping[str, Read], target: TensorLike | None, kind: LossName | None) -> Loss:
    """The loss of the first output of a network: by its ``target`` the one that is asked for, or what its numbers suggest; without a
    target that output itself if it is one number, or the sum of its numbers.

    Raises:
        InputError: there is no output that has gradients, a loss without a target, or a target that is none for this output.
    """
    real = [one for one, read in outputs.items() if read.tensor.is_floating_point()]
    name = "loss" if "loss" in real and target is None else next(iter(real), "")
    if not name:
        raise InputError("the network gives whole numbers alone, which have no gradients; give one that gives real numbers")
    read = outputs[name]
    if target is None:
        if kind is not None:
            raise InputError(f"loss is {kind}, but there is no target; give one with --target")
        return Loss("output", name, Tensor.sum) if read.tensor.numel() == 1 else _summed(name, read)
    wanted = floating("target", target).to(device=read.tensor.device, dtype=read.tensor.dtype)
    kind = kind or ("cross_entropy" if bool((wanted == wanted.round()).all()) and wanted.shape != read.tensor.shape else "mse_loss")
    if kind == "cross_entropy":
        return _cross_entropy(name, read, wanted)
    return LIKE_OUTPUT[kind](name, read, _shaped(wanted, read.tensor, kind))


def _shaped(target: Tensor, output: Tensor, kind: str) -> Tensor:
    if target.numel() != output.numel():
        sizes = size_text(target.shape), size_text(output.shape)
        raise InputError(f"target has shape {sizes[0]}, but the output {sizes[1]}; for {kind} give a number for each number of it")
    return target.reshape(output.shape)


# --- by concepts -------------------------------------------------------------------------------------------------------------------------


def _cross_entropy(name: str, read: Read, target: Tensor) -> Loss:
    """Logits in rows, the classes last, are rows of one table, but where the target has torch's own shape."""
    logits = read.tensor.detach()
    rows = logits.shape[:-1]
    if target.shape != logits.shape and list(target.shape) != [*rows[:1], *logits.shape[2:]]:
        if target.numel() != math.prod(rows) or not logits.dim():
            sizes = size_text(target.shape), size_text(logits.shape)
            raise InputError(f"target has shape {sizes[0]}, but the output {sizes[1]}; give each row the number of a class, or mse_loss")
        logits, target = (logits.reshape(-1, logits.shape[-1]), target.flatten()) if rows else (logits, target.reshape(()))
    trace = opened("cross_entropy", {"input": logits, "target": target})
    wanted = target if target.shape == logits.shape else target.long()
    return _by_concept("cross_entropy", name, read, trace, lambda output: F.cross_entropy(output.reshape(logits.shape), wanted))


def _bce(name: str, read: Read, target: Tensor) -> Loss:
    trace = opened("binary_cross_entropy_with_logits", {"input": read.tensor.detach(), "target": target})
    return _by_concept("bce", name, read, trace, lambda output: F.binary_cross_entropy_with_logits(output, target))


def _by_concept(kind: str, name: str, read: Read, trace: Trace, of: Callable[[Tensor], Tensor]) -> Loss:
    return Loss(kind, name, of, Opened(trace, {"input": read}, {}), "loss")


# --- by code -----------------------------------------------------------------------------------------------------------------------------


def mse_loss(input: Tensor, target: Tensor) -> Tensor:
    """The mean of all squares."""
    difference = input - target  # how far off it is
    loss: Tensor = difference.square().mean()  # the mean of all squares
    return loss  # a name for what is shown


def half_squares(input: Tensor, target: Tensor) -> Tensor:
    """Half the sum of all squares."""
    difference = input - target  # how far off it is
    loss: Tensor = difference.square().sum() / 2  # half the sum of all squares
    return loss  # a name for what is shown


def total(input: Tensor) -> Tensor:
    """The sum of all numbers, which sends 1 back to each."""
    loss: Tensor = input.sum()  # all numbers added up
    return loss  # a name for what is shown


def _mse_loss(name: str, read: Read, target: Tensor) -> Loss:
    return _by_code("mse_loss", mse_loss, name, read, lambda output: F.mse_loss(output, target), target=target)


def _half_squares(name: str, read: Read, target: Tensor) -> Loss:
    return _by_code("half_squares", half_squares, name, read, lambda output: F.mse_loss(output, target, reduction="sum") / 2, target=target)


def _summed(name: str, read: Read) -> Loss:
    return _by_code("sum", total, name, read, Tensor.sum)


def _by_code(kind: str, function: Callable[..., Tensor], name: str, read: Read, of: Callable[[Tensor], Tensor], **more: Tensor) -> Loss:
    given = {"input": read.tensor.detach(), **more}
    trace = code_trace(function, given, ["loss"])
    reference = _compared(kind, trace.outputs["loss"], of(given["input"]), given)
    about = str(function.__doc__).rstrip(".")
    found = replace(trace, reference=reference, opening=f"{about}.", title=kind)
    return Loss(kind, name, of, Opened(found, {"input": read}, {}, function=function), "loss")


def _compared(kind: str, mine: Tensor, theirs: Tensor, given: Mapping[str, Any]) -> Reference:
    most = max(1.0, *(largest(one) for one in given.values()))
    return compare(f"torch {kind}", mine, theirs, max(most * most, float(theirs), most * given["input"].numel() * (kind == "sum")))


LIKE_OUTPUT: dict[str, Callable[[str, Read, Tensor], Loss]] = {"mse_loss": _mse_loss, "bce": _bce, "half_squares": _half_squares}
