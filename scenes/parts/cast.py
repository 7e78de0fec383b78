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
    if find_spec(f"scenes.{concept}") is None:
        return type("General", (General,), {"concept": concept})
    module = import_module(f"scenes.{concept}")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, "concept")
    )


def scene_of(story: Any) -> Callable[..., Any]:
    """The scene that shows a trace or a record: that of its concept, or for a play the one that shows all of its acts."""
    from scenes.parts.play import PlayReel

    is_play = hasattr(story, "acts") or hasattr(story, "parts")
    return PlayReel if is_play and find_spec(f"scenes.{story.concept}") is None else scene_class(story.concept)
