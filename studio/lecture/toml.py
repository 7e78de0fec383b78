"""The values in a TOML file, of which a lecture takes plain ones: texts, numbers, lists and tables, not too deep in one another."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.inputs.files import decoded, read_bytes
from engine.shown import bare, one_line, shown

#: A file of more is none that somebody wrote (bytes); reading it would take long.
LIMIT = 4 * 2**20
#: A lecture needs five levels, and a tensor eight.
DEEPEST = 20
#: Of a key, with dots between them: more than any that is needed.
MOST_PARTS = 100
DOTS = re.compile(r"(?<=[\w\"'-])[ \t]*\.")
INSTEAD = "give a lecture's file, or begin one: tensorreel lecture new FILE.toml"


def values_of(path: Path) -> dict[str, Any]:
    """What the file holds.

    Raises :class:`InputError` for a file that cannot be read or is not TOML, and for dates, and lists in lists in lists without end.
    """
    given = shown(str(path))
    text = decoded(read_bytes(path, given, LIMIT, INSTEAD), given)
    deep = f"{given} has values too deep in one another; give lists of at most {DEEPEST} levels"
    if _has_long_key(text):
        raise InputError(deep)
    try:
        values = tomllib.loads(text)
    except RecursionError as error:
        raise InputError(deep) from error
    except ValueError as error:
        raise InputError(f"{given} is not TOML ({one_line(str(error))}); mend it there") from error
    _check(values, given)
    return values


def _has_long_key(text: str) -> bool:
    """Whether a key, which stands before a = or in a line that begins with a bracket, may have more than so many parts.

    ``tomllib`` takes time and memory that grow with the square of their number.
    """
    for line in text.split("\n"):
        parts = line.split("=")
        keys = parts if line.lstrip().startswith("[") else parts[:-1]
        if any(key.count(".") > MOST_PARTS and len(DOTS.findall(key)) > MOST_PARTS for key in keys):
            return True
    return False


def _check(values: dict[str, Any], given: str) -> None:
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), values)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > DEEPEST:
            raise InputError(f"{given}: {where(path[:3])} has values too deep in one another; give lists of at most {DEEPEST} levels")
        if isinstance(value, dict | list):
            waiting += [((*path, key), one) for key, one in (value.items() if isinstance(value, dict) else enumerate(value))]
        elif not isinstance(value, str | int | float):  # booleans are ints
            raise InputError(f"{given}: {where(path)} is {one_line(str(value), 60)}, a date or time; give it in quotes, or a number")


def where(path: Sequence[str | int]) -> str:
    """``parts[2].seconds``; parts count from 1, as a reader of the file counts them."""
    return "".join(f"[{at + 1}]" if isinstance(at, int) else f".{bare(at)}" for at in path).removeprefix(".")
