"""Words beside numbers: names of rows, classes or tokens."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import InputError

#: One name for each row, class or token.
Words = Sequence[str]


def check_words(name: str, words: Words | None, count: int, what: str) -> None:
    """Raises :class:`InputError` if words are given, but not as many as there are of ``what``."""
    if words is not None and len(words) != count:
        raise InputError(f"{name} has {len(words)} word{'' if len(words) == 1 else 's'}, but there are {count} {what}; give {count}")
