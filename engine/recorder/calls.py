"""Torch functions: what they are called, and what they write."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from torch import Tensor

from engine.recorder.nested import found

#: Functions with a flag on which what they write depends, and the arguments that they write then.
_FLAGS = {
    "inplace": ("input",),
    "training": ("running_mean", "running_var"),
    "use_input_stats": ("running_mean", "running_var"),
    "max_norm": ("weight",),
}


def plain_name(func: Any) -> str:
    """The name of a function, or of what a property gives (``T``), without underscores and without the i of in-place operators."""
    called = _called(func)
    if called == "__get__":
        return str(func.__self__.__name__)
    return called[3:-2] if _is_augmented(called) else called.strip("_")


def is_getter_of_outside(func: Any) -> bool:
    """Whether a function computes nothing, although it gives back a tensor: ``.grad``, ``requires_grad_``."""
    called = _called(func)
    return called == "requires_grad_" or (called == "__get__" and func.__self__.__name__ in ("grad", "_base"))


def written_to(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[Tensor]:
    """The arguments that a call changes."""
    called = _called(func)
    if kwargs.get("out") is not None:
        return found(kwargs["out"], Tensor)
    if called == "__setitem__" or _is_augmented(called) or (called.endswith("_") and not called.endswith("__")):
        return found(args[0] if args else next(iter(kwargs.values())), Tensor)
    given = {**dict(zip(_parameters(func), args, strict=False)), **kwargs}
    return found([given.get(name) for flag, names in _FLAGS.items() if given.get(flag) for name in names], Tensor)


def _called(func: Any) -> str:
    return str(getattr(func, "__name__", ""))


def _is_augmented(called: str) -> bool:
    """Whether it is an operator such as ``+=``."""
    return called.startswith("__i") and called not in ("__invert__", "__index__", "__int__", "__iter__")


@lru_cache(maxsize=4096)
def _parameters(func: Any) -> tuple[str, ...]:
    """The names of its parameters; functions that are not Python's own tell none, and have no such flags."""
    try:
        return tuple(inspect.signature(func).parameters)
    except (TypeError, ValueError):
        return ()
