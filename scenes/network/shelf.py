"""Tensors one below the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.paths import by_path
from scenes.network.panel import Panel, Wordiness
from scenes.parts.ink import Box, Ink, letter_size
from scenes.parts.rooms import rows
from scenes.parts.theme import Theme

#: So many are shown; room for the words that there are more.
MOST, MORE = 3, 0.4


class Shelf(dict[str, Panel]):
    """The first of the tensors by their paths, in rooms of one height; ``rest`` says how many more there are.

    ``roles`` are those that are not the ``role`` of all.
    """

    def __init__(self, tensors: Mapping[str, Any], room: Box, role: str, theme: Theme, roles: Mapping[str, str] = {}) -> None:
        found = [*by_path(tensors)]
        left, bottom, right, top = room
        more = len(found) - MOST
        whole = left, bottom + (MORE if more > 0 else 0.0), right, top
        rooms = rows(whole, [1.0] * min(len(found), MOST)) if found else []
        words: Wordiness = "close" if len(found) > 2 else "all"
        chosen = zip(found[:MOST], rooms, strict=True)
        super().__init__((path, Panel(path, one, place, roles.get(path, role), theme, words=words)) for (path, one), place in chosen)
        self.rest = Ink(f"… {more} more" if more > 0 else "", letter_size(), theme.muted).put((left + right) / 2, bottom + MORE / 2)
