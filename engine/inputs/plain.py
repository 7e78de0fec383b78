"""Plain arguments from the texts of a command line: numbers, words, sizes, flags, by their annotations."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from engine.errors import InputError
from engine.inputs.words import words_of
from engine.shown import shown


def word(name: str, text: str) -> str:
    """Itself."""
    return text


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{name} is {shown(text)}; give a whole number") from None


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{name} is {shown(text)}; give a number") from None


def _size(name: str, text: str) -> int | list[int]:
    parts = text.replace("x", ",").strip("[]() ").split(",")
    try:
        numbers = [int(part) for part in parts]
    except ValueError:
        raise InputError(f"{name} is {shown(text)}; give a whole number, or one per axis such as 2,1") from None
    return numbers[0] if len(numbers) == 1 else numbers


def _padding(name: str, text: str) -> Any:
    """Numbers, ``1:0,2:1``, or the same as JSON, ``[[1,0],[2,1]]``; a word."""
    if text in ("valid", "same"):
        return text
    try:
        return _sides(text) if ":" in text or text.count("[") > 1 else _size(name, text)
    except (InputError, ValueError, RecursionError):
        raise InputError(
            f"{name} is {shown(text)}; give a whole number, one per axis such as 2,1, before:after for each such as 1:0,2:1, "
            "or 'valid' or 'same'"
        ) from None


def _sides(text: str) -> list[list[int]]:
    """Of each axis the numbers before and after it; one number is both."""
    if ":" in text:
        sides = [[int(side) for side in part.split(":")] for part in text.split(",")]
    else:
        sides = [side if isinstance(side, list) else [side] for side in json.loads(text)]
    if not all(len(side) in (1, 2) and all(type(x) is int for x in side) for side in sides):
        raise ValueError(text)
    return [side * 2 if len(side) == 1 else side for side in sides]


def _flag(name: str, text: str) -> bool:
    if text not in ("True", "False"):
        raise InputError(f"{name} is {shown(text)}; give True or False")
    return text == "True"


#: By the annotation.
READERS: dict[str, Callable[[str, str], Any]] = {
    "int": _whole,
    "float": _number,
    "Size": _size,
    "Shape": _size,
    "Padding": _padding,
    "Words": words_of,
    "Network": word,
    "Vocabulary": word,
    "bool": _flag,
}
