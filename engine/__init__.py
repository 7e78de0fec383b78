"""The numbers of tensorreel: every concept is a function that returns a checked :class:`~engine.trace.Trace`.

``from engine import conv2d`` imports the function ``conv2d`` out of the file of that name in ``engine/concepts`` and, with it, torch;
``import engine`` alone imports neither. A concept bears the name of its file, so that a new file is all that it takes to add one.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """A concept, and the mark that makes one."""
    from engine.catalogue import function_of

    found = import_module("engine.mark").concept if name == "concept" else function_of(name)
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found
