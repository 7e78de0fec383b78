"""Whether texts can be drawn: a sign that no font has would be an empty box, and two of them would look alike."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable

from engine.errors import InputError
from scenes.parts import press
from scenes.parts.press import JOINERS, quoted

SPACES = "\t\n\v\f\r"
#: Signs that a message names.
MOST_NAMED = 5


def lacking(text: str, *, more: bool = True) -> list[str]:
    """The signs of the text that cannot be drawn, each once; with ``more`` also the fonts of :func:`scenes.parts.press.folders` count."""
    if text.isascii() and text.isprintable():
        return []
    return [sign for sign in dict.fromkeys(text) if not _is_drawn(sign, more=False) and not (more and _is_drawn(sign, more=True))]


def need_more(texts: Iterable[str]) -> bool:
    """Whether the bundled fonts are not enough."""
    return any(lacking(text, more=False) for text in texts)


def check(texts: Iterable[tuple[str, str]]) -> None:
    """Raises :class:`InputError` for the first of the texts, each behind the name of its place, that cannot be drawn as it is written."""
    for place, text in texts:
        if found := lacking(text):
            named = [f"{sign!r} (U+{ord(sign):04X})" for sign in found[:MOST_NAMED]]
            others = [f"{len(found) - MOST_NAMED} others"] if len(found) > MOST_NAMED else []
            *first, last = [*named, *others]
            which = f"{', '.join(first)} and {last}" if first else last
            if any(sign.isprintable() for sign in found):
                help = f"pip install tensorreel[fonts], or name a folder of fonts in {press.VARIABLE}"
                raise InputError(f"{place} has {which}, for which there is no font; {help}")
            raise InputError(f"{place} has {which}, which cannot be drawn; leave it out")


@functools.lru_cache(maxsize=16_384)
def _is_drawn(sign: str, *, more: bool) -> bool:
    """Whether one sign can be: spaces are, and what only says how others are to be drawn."""
    if (
        unicodedata.category(sign).startswith("Z")
        or sign in SPACES + JOINERS
        or unicodedata.name(sign, "").startswith("VARIATION SELECTOR")
    ):
        return True
    if not sign.isprintable() or (more and not press.folders()):
        return False
    return not _outlines(quoted(sign), more=more) <= _boxes()


@functools.cache
def _boxes() -> set[str]:
    """What stands in place of a sign that no font has."""
    return _outlines('"\\u{10FFFD}"', more=False)


def _outlines(string: str, *, more: bool) -> set[str]:
    return set(press.glyphs(press.svg(f"{press.letters(more=more)}#{string}", more=more)).values())
