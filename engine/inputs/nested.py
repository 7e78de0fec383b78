"""Nested lists of numbers, as JSON, to tensors: every row of a level must have the same length."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import torch

from engine.checks import RANK_LIMIT, as_float, at, counted, small
from engine.errors import InputError
from engine.inputs.files import Source, read_text
from engine.inputs.printed import as_json
from engine.shapes import unravel


def read_json(source: Source) -> torch.Tensor:
    """A JSON file of nested lists of numbers."""
    return from_json(read_text(source), source.given)


def from_json(text: str, given: str) -> torch.Tensor:
    """Nested lists of numbers, or a single number, written as JSON, or as numpy and torch print them."""
    try:
        value = _values(text, given)
    except InputError:
        raise
    except RecursionError as error:
        raise InputError(f"lists nested too deeply in {given}; give at most {RANK_LIMIT} levels") from error
    except json.JSONDecodeError as error:
        raise InputError(f"invalid JSON at character {error.pos} in {given}; write it like [[1,2],[3,4]]") from error
    except ValueError as error:  # an integer beyond the digits that Python converts
        raise InputError(f"an integer with too many digits in {given}; give integers up to 2**53") from error
    shape = _shape(value, given)
    values: list[float] = []
    _flatten(value, shape, [], values, given)
    kinds = set(map(type, values))
    if bool in kinds and len(kinds) > 1:  # true and false alone are 1 and 0, as in a mask
        raise _no_number("a boolean", list(unravel([type(one) for one in values].index(bool), shape)), given)
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def _values(text: str, given: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        printed = as_json(text, given)
        if printed is None:
            raise
        with contextlib.suppress(json.JSONDecodeError):  # the first error is about what was given
            return json.loads(printed)
        raise


def _shape(value: Any, given: str) -> list[int]:
    """The shape along the first row of every level, which all other rows must then match."""
    shape: list[int] = []
    while isinstance(value, list):
        shape.append(len(value))
        if len(shape) > RANK_LIMIT:
            raise InputError(f"lists nested over {RANK_LIMIT} levels deep in {given}; give at most {RANK_LIMIT}")
        value = value[0] if value else None
    return shape


def _flatten(value: Any, shape: list[int], index: list[int], values: list[float], given: str) -> None:
    depth = len(index)
    if depth == len(shape):
        values.append(_leaf(value, index, given))
        return
    if not isinstance(value, list):
        _leaf(value, index, given)  # a word here is a worse fault than its place
    if not isinstance(value, list) or len(value) != shape[depth]:
        raise _ragged(value, shape[depth], index, given)
    if depth == len(shape) - 1 and set(map(type, value)) <= {int, float} and small(value):
        values.extend(value)  # the same numbers as one by one below, many times faster
        return
    for position, item in enumerate(value):
        _flatten(item, shape, [*index, position], values, given)


def _leaf(value: Any, index: list[int], given: str) -> float:
    if isinstance(value, list):
        raise _ragged(value, None, index, given)
    if not isinstance(value, int | float):
        raise _no_number("a string" if isinstance(value, str) else "an object" if isinstance(value, dict) else "null", index, given)
    return as_float(value, index, given) if type(value) is int else value


def _no_number(kind: str, index: list[int], given: str) -> InputError:
    return InputError(f"{kind} where a number is expected{at(index)} in {given}; give numbers only, like [[1,2],[3,4]]")


def _ragged(value: Any, expected: int | None, index: list[int], given: str) -> InputError:
    """``expected`` is the length of the first row at this level, or None where numbers stand there."""
    found = f"has {counted(len(value))}" if isinstance(value, list) else "is a single number"
    first = "is a single number" if expected is None else f"has {expected}"
    first_index = [0] * len(index)
    return InputError(f"row {_row(index)} {found} but row {_row(first_index)} {first} in {given}; give every row the same length")


def _row(index: list[int]) -> str:
    return str(index[0]) if len(index) == 1 else "".join(f"[{position}]" for position in index)
