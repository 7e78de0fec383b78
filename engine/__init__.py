"""The numbers of tensorreel: every concept is a function that returns a checked :class:`~engine.trace.Trace`.

``from engine import conv2d`` imports the function ``conv2d`` out of ``engine/conv2d.py`` and, with it, torch; ``import engine`` alone
imports neither. A concept carries the name of its file, so that a new file is all that it takes to add one.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


class _Engine(ModuleType):
    """This package: an attribute named after a concept's file is the concept itself."""

    def __getattr__(self, name: str) -> Any:
        if not name.isidentifier() or name.startswith("_") or find_spec(f"{self.__name__}.{name}") is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        import_module(f"{self.__name__}.{name}")
        return self.__dict__[name]

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing engine.conv2d binds the submodule here; what users mean by the name is the function in it.
        if isinstance(value, ModuleType):
            value = getattr(value, name, value)
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Engine
