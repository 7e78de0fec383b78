"""What lies in lists, tuples, dicts and slices, as torch functions take and give it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

T = TypeVar("T")


def found(value: Any, kind: type[T]) -> list[T]:
    """All objects of a kind, from left to right."""
    return [value] if isinstance(value, kind) else [one for part in _parts(value) for one in found(part, kind)]


def mapped(value: Any, kind: type[T], change: Callable[[T], Any]) -> Any:
    """The value with every object of a kind changed."""
    if isinstance(value, kind):
        return change(value)
    if isinstance(value, dict):
        return {key: mapped(part, kind, change) for key, part in value.items()}
    if not isinstance(value, list | tuple | slice):
        return value
    parts = [mapped(part, kind, change) for part in _parts(value)]
    return type(value)(*parts) if isinstance(value, slice) or hasattr(value, "_fields") else type(value)(parts)


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, slice):
        return value.start, value.stop, value.step
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list | tuple) else ()
