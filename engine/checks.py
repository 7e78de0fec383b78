"""What every tensor that is read must be, whatever it came from: real, finite and exact as float64, neither empty nor too large.

Also how a message shows a text, a count and a place.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterable
from typing import Any

import torch

from engine.errors import InputError
from engine.sentences import size_text
from engine.shown import shown as shown

VALUE_LIMIT = 2**27  # values: 1 GiB as float64
RANK_LIMIT = 8


def counted(number: int) -> str:
    """A number of values in words: "1 value", "2 values"."""
    return f"{number} value" if number == 1 else f"{number} values"


def at(index: list[int]) -> str:
    """Where a value stands, as it follows the value in a message."""
    return f" at index {index}" if index else ""  # a single number has no index


def checked(tensor: torch.Tensor, given: str, allow_nan: bool) -> torch.Tensor:
    """The tensor itself; refused with too many dimensions, without values or, unless allowed, with NaN or infinity."""
    if tensor.ndim > RANK_LIMIT:
        raise InputError(f"{tensor.ndim} dimensions in {given} are too many; give at most {RANK_LIMIT}")
    if tensor.numel() == 0:
        raise InputError(f"no values in {given} (shape {list(tensor.shape)}); give at least one number")
    if not allow_nan:
        check_finite(tensor, given)
    return tensor


def check_finite(tensor: torch.Tensor, given: str, instead: str = "") -> None:
    """Refuses NaN and infinity; ``instead`` is what else would work."""
    finite = torch.isfinite(tensor)
    if not bool(finite.all()):
        index = first_true(~finite)
        what = "NaN" if math.isnan(float(tensor[tuple(index)])) else "infinity"
        raise InputError(f"{what}{at(index)} in {given}; give finite numbers{instead}")


def check_same_shape(name: str, tensor: torch.Tensor, other: str, like: torch.Tensor) -> None:
    """Refuses a tensor that is not as large as another one."""
    if tensor.shape != like.shape:
        own, theirs = size_text(tensor.shape), size_text(like.shape)
        raise InputError(f"{name} is {own}, but {other} is {theirs}; give the same shape")


def check_positive(name: str, value: float, such: str) -> None:
    """Refuses a number that is not above 0, or not finite; ``such`` is one that would work."""
    if not 0 < value < math.inf:
        raise InputError(f"{name} is {value:g}; give a number above 0, such as {such}")


def check_chances(name: str, tensor: torch.Tensor, what: str = "") -> None:
    """Refuses numbers outside of 0 to 1; ``what`` says what they are not."""
    wrong = (tensor < 0) | (tensor > 1)
    if bool(wrong.any()):
        place = first_true(wrong)
        raise InputError(f"{name} is {tensor[tuple(place)].item():g}{at(place)}{what}; give numbers from 0 to 1")


def dense(tensor: torch.Tensor, given: str) -> torch.Tensor:
    """Any real CPU tensor as its own float64 copy; refused if the conversion would change a value."""
    dtype = str(tensor.dtype).removeprefix("torch.")
    if tensor.layout != torch.strided or tensor.is_nested or tensor.is_quantized or tensor.device.type != "cpu":
        raise InputError(f"the tensor in {given} is sparse, quantized or without values; save a dense tensor")
    if not re.fullmatch(r"bool|u?int(8|16|32|64)|b?float(8|16|32|64).*", dtype):
        raise InputError(f"values of type {dtype} in {given} cannot be shown; save real numbers such as float32")
    check_count(tensor.shape, given)
    tensor = tensor.detach()
    if tensor.dtype in (torch.int64, torch.uint64) and tensor.numel():
        check_exact(tensor, given)
    return tensor.to(torch.float64, copy=True, memory_format=torch.contiguous_format)


def check_count(shape: Iterable[int], given: str) -> None:
    """Refuses a shape of more values than are held, before they are."""
    count = math.prod(shape)
    if count > VALUE_LIMIT:
        raise InputError(f"{count} values in {given} are too many; give at most {VALUE_LIMIT}")


def small(values: list[Any]) -> bool:
    """Whether every integer among them is surely exact as float64; false for none, and where NaN comes first."""
    return bool(values) and min(values) > -(2**53) and max(values) < 2**53


def as_float(value: int, index: list[int], given: str) -> float:
    """The integer as a float; refused if that would change it."""
    if abs(value) <= 2**53:
        return float(value)
    with contextlib.suppress(OverflowError):
        if int(float(value)) == value:
            return float(value)
    raise _inexact(value, index, given)


def check_exact(tensor: torch.Tensor, given: str) -> None:
    """Refuses 64-bit integers that float64 cannot hold."""
    signed = tensor.contiguous().view(torch.int64)
    floats = signed.to(torch.float64)
    # 2**63 does not fit back into int64, and what the cast then gives differs between processors: ask before casting.
    fits = floats < 2.0**63
    exact = fits & (torch.where(fits, floats, torch.zeros_like(floats)).to(torch.int64) == signed)
    if tensor.dtype == torch.uint64:  # from 2**63 on, float64 keeps the upper 53 of 64 bits
        exact = torch.where(signed < 0, (signed & 2047) == 0, exact)
    if not bool(exact.all()):
        index = first_true(~exact)
        raise _inexact(int(tensor[tuple(index)].item()), index, given)


def first_true(mask: torch.Tensor) -> list[int]:
    """The index of the first true entry in row-major order."""
    flat = int(mask.flatten().to(torch.uint8).argmax())
    return [int(part) for part in torch.unravel_index(torch.tensor(flat), mask.shape)] if mask.ndim else []


def _inexact(value: int, index: list[int], given: str) -> InputError:
    return InputError(f"{_shorter(value)}{at(index)} in {given} is not exact as float64; give integers up to 2**53")


def _shorter(value: int) -> str:
    return str(value) if abs(value) < 10**30 else "an integer of over 30 digits"
