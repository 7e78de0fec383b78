"""The forms in which ``tensorreel trace`` prints a trace, and which of its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.checks import shown
from engine.errors import InputError
from engine.paper.records import json_pieces
from engine.paper.sheet import markdown_pieces
from engine.paper.worksheet import text_pieces

FORMATS: dict[str, Callable[..., Iterator[str]]] = {"json": json_pieces, "text": text_pieces, "md": markdown_pieces}


def parse_steps(text: str, length: int) -> range:
    """``A:B``, as Python slices: from step A up to but without B; either may be left out or count from the end.

    Raises :class:`InputError` for anything else.
    """
    parts = text.split(":")
    try:
        ends = [int(part) if part.strip() else None for part in parts]
    except ValueError:
        ends = []
    if len(ends) != 2:
        raise InputError(f"--steps is {shown(text)}; give A:B, such as 0:3 for the first three steps")
    return range(length)[slice(*ends)]
