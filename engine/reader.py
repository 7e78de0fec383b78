"""The one reader of tensors: what a user gives, from wherever it comes, becomes a tensor of ours here, or is refused.

From Python anything that torch makes a tensor of is taken, and copied: a trace shows the numbers that were checked, whatever becomes of the
caller's tensor. What was read from a text or a file is converted to the dtype that is asked for, and looked at afterwards.
"""

from __future__ import annotations

import functools
import math
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor

from engine.checks import as_float, at, check_exact, first_true
from engine.errors import InputError
from engine.shapes import unravel
from engine.shown import one_line, shown

#: What a concept takes for a tensor.
TensorLike = Tensor | Sequence[Any] | float

#: The same where −∞ is a number as any other: a mask that is added.
MaskLike = TensorLike

#: 0 and 1, as torch code has them: what is left out, which is no number that anything comes back to.
Mask = Tensor
#: Whole numbers that say places, for torch code.
Indices = Tensor

#: The tensors of a trained module by their names, as its ``state_dict()`` has them.
StateDict = Mapping[str, Tensor]

#: What is computed with.
DTYPES = {"float64": torch.float64, "float32": torch.float32}

#: Whole numbers up to this size must survive a conversion; beyond it nobody counts.
COUNTED = 2.0**64
#: So many values are looked at in one go, which needs little memory beside them.
AT_ONCE = 2**22

#: All that is read for the trace that is being opened, by its name.
given: ContextVar[list[tuple[str, Tensor]] | None] = ContextVar("given", default=None)


def floating(name: str, value: TensorLike) -> Tensor:
    """``value`` as a float64 or float32 tensor of its own; whole numbers, booleans, numpy's arrays and lists become float64.

    Raises :class:`InputError` for ragged lists, words, complex and half-precision tensors, integers that float64 cannot hold, and tensors
    that hold no numbers.
    """
    tensor = value if isinstance(value, Tensor) else _made(name, value)
    if tensor.layout is not torch.strided or tensor.is_quantized or tensor.is_nested:
        raise InputError(f"{name} is a sparse, nested or quantized tensor; give a dense one, such as {name}.to_dense()")
    if tensor.device.type == "meta":
        raise InputError(f"{name} is on the device meta, where tensors hold no numbers; give one on cpu or a GPU")
    if tensor.dtype.is_complex or (tensor.dtype.is_floating_point and tensor.dtype not in DTYPES.values()):
        raise InputError(f"{name} has dtype {str(tensor.dtype).removeprefix('torch.')}; give float64 or float32")
    found = tensor.detach().clone()
    if found.dtype not in DTYPES.values():
        if found.dtype in (torch.int64, torch.uint64) and found.numel():
            check_exact(found.cpu(), name)
        found = found.to(torch.float64)
    noted = given.get()
    if noted is not None:
        noted.append((name, found))
    return found


def _made(name: str, value: Any) -> Tensor:
    """A tensor of what is none."""
    if "complex" in str(getattr(value, "dtype", "")):
        raise InputError(f"{name} has dtype {value.dtype}; give float64 or float32")
    try:
        array = _array(value)
        if array is not None:
            return torch.from_numpy(array)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that some lists are slow to read
            tensor = torch.as_tensor(value, dtype=torch.float64)
    except MemoryError:
        raise
    except Exception as error:  # what is no tensor can fail in any way
        reason = one_line(str(error)) or type(error).__name__
        raise InputError(f"{name} cannot be made a tensor ({reason}); give rows of numbers, all of the same length") from error
    if largest(tensor) >= 2**53:
        for index, number in _whole_numbers(value, []):
            as_float(number, index, name)
    return tensor


def _array(value: Any) -> Any:
    """A copy of an array of numpy's as torch takes it, whatever its strides, byte order and size of integers; none of anything else."""
    np = sys.modules.get("numpy")
    if np is None:
        return None
    if isinstance(value, list | tuple) and any(isinstance(one, np.ndarray) for one in value):
        value = np.array(value)
    if not isinstance(value, np.ndarray | np.generic):
        return None
    kind, size = value.dtype.kind, value.dtype.itemsize
    if kind not in "biuf" or size > 8:
        raise TypeError(f"its dtype is {value.dtype}")
    return np.array(value, dtype=np.float64 if kind == "f" else value.dtype.newbyteorder("="), order="C")


def _whole_numbers(value: Any, index: list[int]) -> Iterator[tuple[list[int], int]]:
    if isinstance(value, int):
        yield index, value
    elif isinstance(value, Sequence):
        for position, one in enumerate(value):
            yield from _whole_numbers(one, [*index, position])


def converted(tensor: Tensor, where: str, dtype: str, device: str, instead: str) -> Tensor:
    """What was read from ``where``, a text or a file, in the dtype and on the device that are asked for.

    Numbers are rounded as always; raises :class:`InputError` for a finite one that becomes infinite, and for a whole number of up to 64
    bits that becomes another; ``instead`` says how to get float64.
    """
    found = tensor.to(DTYPES[dtype])
    if found.dtype != tensor.dtype:
        parts = zip(*(torch.split(one.flatten(), AT_ONCE) for one in (tensor, found)), strict=True)
        for number, (before, after) in enumerate(parts):
            changed = before != after.double()
            if bool(changed.any()):
                _check_changed(tensor, number * AT_ONCE, before, after, changed, (where, dtype, instead))
    return found.to(device)


def _check_changed(tensor: Tensor, start: int, before: Tensor, after: Tensor, changed: Tensor, names: tuple[str, str, str]) -> None:
    infinite = torch.isfinite(before) & ~torch.isfinite(after)
    other = changed & (before == before.trunc()) & (before.abs() < COUNTED)
    where, dtype, instead = names
    for wrong, what in ((infinite, "infinite"), (other, "not exact")):
        if bool(wrong.any()):
            k = first_true(wrong)[0]
            index = list(unravel(start + k, tensor.shape))
            value = f"{float(before[k]):.0f}" if wrong is other else f"{float(before[k]):.6g}"
            most = "whole numbers up to 2**24" if wrong is other else f"numbers up to {torch.finfo(after.dtype).max:.2g}"
            raise InputError(f"{value}{at(index)} in {where} is {what} as {dtype}; give {most}, or {instead}")


def check_ground(device: str, dtype: str) -> None:
    """Raises :class:`InputError` for a device that is not here, or a dtype that nothing is computed in."""
    if dtype not in DTYPES:
        raise InputError(f"dtype is {shown(dtype)}; give 'float64' or 'float32'")
    try:
        usable = torch.device(device).type != "meta" and torch.empty(1, device=device).numel() == 1
    except Exception:  # torch's errors for what is not there are of many kinds
        usable = False
    if not usable:
        raise InputError(f"device is {shown(device)}, which is not here; give 'cpu', or the name of a GPU that torch sees")


def together(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors with the widest of their dtypes; they must be on one device."""
    devices = {str(t.device) for t in tensors.values()}
    if len(devices) > 1:
        where = ", ".join(f"{name} on {t.device}" for name, t in tensors.items())
        raise InputError(f"the tensors are on different devices ({where}); move them to one")
    dtype = functools.reduce(torch.promote_types, (t.dtype for t in tensors.values()))
    return {name: t.to(dtype) for name, t in tensors.items()}


def largest(tensor: Tensor) -> float:
    """The largest absolute value, 0 for no values."""
    return float(tensor.abs().max()) if tensor.numel() else 0.0


def given_finite(ignored: Sequence[str] = ()) -> bool:
    """Whether all that was given is finite; of the tensors that are ignored −∞ counts as finite."""
    return all(bool((torch.isfinite(t) | ((t == -math.inf) & (name in ignored))).all()) for name, t in given.get() or [])
