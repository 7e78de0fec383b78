"""Tensors by their paths: a trace names them, or further names with tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def by_path(tensors: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """All tensors with their paths, those of inner names behind a dot."""
    for name, value in tensors.items():
        if isinstance(value, Mapping):
            yield from by_path(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def holder(tensors: Any, path: str) -> tuple[Any, str]:
    """The mapping in which a path ends, and the name there; a name may have dots itself, as that of a line of code."""
    first = "" if path in tensors else next(name for name in tensors if path.startswith(f"{name}."))
    return holder(tensors[first], path.removeprefix(f"{first}.")) if first else (tensors, path)
