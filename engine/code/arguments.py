"""The arguments of torch code, ready to compute with: numbers of one dtype, indices as whole numbers, shapes that fit together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from engine import sentences
from engine.errors import InputError
from engine.reader import floating, together
from engine.signature import Signature

#: What is read as a tensor of numbers, and what as one of whole numbers.
TENSORS, INDICES = ("Tensor", "TensorLike", "MaskLike", "Mask"), ("Indices",)


def ready(signature: Signature, given: Mapping[str, Any], shapes: str) -> dict[str, Any]:
    """All arguments as the code gets them.

    ``shapes`` says of which shape they are, in torch's way: ``input (*, in_features), weight (out_features, in_features)``. Raises
    :class:`InputError` for tensors that do not fit one another.
    """
    found = dict(given)
    numbers = {name: floating(name, value) for name, value in given.items() if signature.takes(name, TENSORS) and value is not None}
    for name, tensor in numbers.items():
        if not tensor.numel():
            raise InputError(f"{name} has shape {sentences.times(tensor.shape)}, which holds no value; give at least one number")
    found |= together(numbers) if numbers else {}
    found |= {name: _whole(name, value) for name, value in given.items() if signature.takes(name, INDICES) and value is not None}
    check_shapes(shapes, found)
    return found


def _whole(name: str, value: Any) -> Tensor:
    tensor = floating(name, value)
    if not bool((tensor == tensor.trunc()).all()):
        raise InputError(f"{name} has numbers that are not whole; give indices such as [0, 2]")
    return tensor.long()


@dataclass(frozen=True)
class _Axis:
    """An axis of a shape as it is said: its name, and its size where it is known from the start."""

    name: str
    size: int | None = None


def check_shapes(shapes: str, arguments: Mapping[str, Any]) -> None:
    """Raises :class:`InputError` for a tensor whose shape is not as it is said, or does not fit that of another."""
    known: dict[str, tuple[int, str]] = {}
    for name, form in re.findall(r"(\w+) \(([^)]*)\)", shapes):
        tensor = arguments.get(name)
        if isinstance(tensor, Tensor):
            _check(name, tensor, form, _axes(form, arguments), known)


def _axes(form: str, arguments: Mapping[str, Any]) -> list[_Axis]:
    """All axes; one that is named for an argument has its size, or is as many axes as that has sizes."""
    found: list[_Axis] = []
    for part in form.replace(",", " ").split():
        value = arguments.get(part, int(part) if part.isdigit() else None)
        sizes = value if isinstance(value, list | tuple) else [value]
        found += [_Axis(part, size) for size in sizes]
    return found


def _check(name: str, tensor: Tensor, form: str, axes: Sequence[_Axis], known: dict[str, tuple[int, str]]) -> None:
    shape, wanted = list(tensor.shape), f"its shape is ({form})"
    own = f"{name} is {sentences.size_text(shape)}"
    star = next((number for number, axis in enumerate(axes) if axis.name == "*"), None)
    if (star is None and len(shape) != len(axes)) or len(shape) < len(axes) - (star is not None):
        raise InputError(f"{own}; {wanted}")
    ahead = axes if star is None else axes[:star]
    behind = [] if star is None else axes[star + 1 :]
    for axis, size in [*zip(ahead, shape, strict=False), *zip(behind, shape[len(shape) - len(behind) :], strict=True)]:
        expected, owner = (axis.size, "") if axis.size is not None else known.setdefault(axis.name, (size, name))
        if size != expected:
            whose = f" in {owner}" if owner else ""
            raise InputError(f"{own}, but {axis.name} is {expected}{whose}; {wanted}")
