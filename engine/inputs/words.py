"""Words from a command line: themselves, or a file with one a line."""

from __future__ import annotations

from pathlib import Path

from engine.errors import InputError
from engine.shown import shown


def words_of(name: str, text: str) -> list[str]:
    """Words, or those of a file, one a line."""
    given, found = shown(text), text.split()
    if _is_file(text):
        given = f"the file {given}"
        try:
            found = [line.strip() for line in Path(text).read_text(encoding="utf-8-sig").splitlines() if line.strip()]
        except (OSError, UnicodeDecodeError):
            raise InputError(f"{name} is {given}, which cannot be read as text in UTF-8; give a file with one word a line") from None
    if not found:
        raise InputError(f"{name} is {given}, in which there is no word; give words such as 'cat dog bird', or a file with one a line")
    return found


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # a text that can be no name of a file
        return False
