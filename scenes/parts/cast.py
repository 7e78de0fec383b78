"""Which scene shows a concept."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from scenes.parts.general import General


@functools.cache
def scene_class(concept: str) -> Callable[..., Any]:
    """The scene of a concept: the class in ``scenes/<concept>.py`` that says ``concept = "<concept>"``, or else the general picture."""
    if not has_file(concept):
        return type("General", (General,), {"concept": concept})
    module = import_module(f"scenes.{concept}")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, "concept")
    )


def has_file(concept: str) -> bool:
    """Whether a concept has a scene file; folders of that name hold pictures that several scenes share."""
    spec = find_spec(f"scenes.{concept}")
    return spec is not None and spec.submodule_search_locations is None
