"""How long words must stand to be read: a look at where they stand, then so many words a second."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Words a second, seconds to look up, and how many words are read at a glance.
RATE, LOOK_UP, GLANCE = 4.0, 1.0, 4
#: So many seconds at its end a beat that works out a step shows nothing new.
REST = 0.6

#: A sentence may end here, if no quotation and no bracket is open.
_END = re.compile(r"(?<=\w\w\w)\.(?=\s)|[;:?](?=\s)|,(?= and\b)")


def reading(text: str) -> float:
    """The seconds in which a text can be read."""
    return LOOK_UP + len(text.split()) / RATE


def leading(text: str) -> list[str]:
    """The text, and what of it may stand alone: its first clauses, the longest first."""
    return [text, *reversed([*_clauses(text)])]


def _clauses(text: str) -> Iterator[str]:
    for end in _END.finditer(text):
        part = text[: end.start()]
        if all(part.count(opened) == part.count(closed) for opened, closed in ("“”", "()", "[]", "{}")):
            yield f"{part}{'?' if end[0] == '?' else '.'}"
