"""What stands on the strip, read as a statement and worked out from the numbers that are shown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from engine.functions import FUNCTIONS
from engine.numbers import CANCELS
from scenes.parts.pieces import SO_FAR
from tests.scenes.showing import decimal

RELATIONS = ("=", "≈", CANCELS)
NUMBER = re.compile(r"−?(\d+(\.\d*)?(e−?\d+)?|∞)")
#: By the names that they have on the strip.
NAMED = {**{f"{function.text}(": function.value for function in FUNCTIONS.values()}, "max(": max}
NAMES = map(re.escape, sorted(NAMED, key=len, reverse=True))
TOKEN = re.compile("|".join([*NAMES, r"(?<!\d)−", r"\d+(?:\.\d*)?(?:e−?\d+)?", r"[()·+÷,]", r"\s+"]))
#: Of floats that are worked out.
NEAR = 1e-9


class Statement(NamedTuple):
    """Parts with relations between them; whether it says that more is to come. A part that is not only numbers has no value."""

    parts: Sequence[str]
    relations: Sequence[str]
    so_far: bool

    @property
    def values(self) -> list[float | None]:
        """What each part gives."""
        return [worked_out(part) for part in self.parts]

    @property
    def result(self) -> str:
        """The number behind the last relation; none without one."""
        return self.parts[-1] if self.relations and NUMBER.fullmatch(self.parts[-1]) else ""

    @property
    def errors(self) -> list[str]:
        """What does not hold."""
        sides = pairwise(zip(self.parts, self.values, strict=True))
        both = [
            (f"{a} {relation} {b}", holds(x, relation, y, b))
            for ((a, x), (b, y)), relation in zip(sides, self.relations, strict=True)
            if x is not None and y is not None
        ]
        return [text for text, is_true in both if not is_true]


def standing(scene: Any) -> Statement:
    """What the strip says now."""
    lines = sorted((line for mark in scene.strip.marks.values() for line in mark.lines), key=lambda line: line.x)
    texts = [line.text for line in lines]
    so_far = SO_FAR.text in texts
    parts, relations = [""], []
    for text in (text for text in texts if text != SO_FAR.text):
        if text in RELATIONS:
            relations.append(text)
            parts.append("")
        else:
            parts[-1] = f"{parts[-1]} {text}".strip()
    return Statement(parts, relations, so_far)


def worked_out(text: str) -> float | None:
    """The value of an expression of numbers; none of what has names, or leaves terms out."""
    tokens = TOKEN.findall(text)
    if "".join(tokens) != text or not tokens:
        return None
    code = "".join(f"NAMED[{token!r}](" if token in NAMED else token for token in tokens)
    code = code.replace("−", "-").replace("·", "*").replace("÷", "/")
    try:
        return float(eval(code, {"NAMED": NAMED}))  # of tokens that are known
    except (SyntaxError, TypeError, ZeroDivisionError):
        return None


def holds(left: float, relation: str, right: float, text: str) -> bool:
    """Whether the numbers are related as it is said; ``text`` is the right one."""
    if relation == CANCELS or left == right:
        return True
    room = float(unit(text)) if relation == "≈" and NUMBER.fullmatch(text) else 0.0
    return abs(left - right) <= room + NEAR * max(abs(left), abs(right))


def unit(text: str) -> Decimal:
    """One in the last place of a number."""
    found = decimal(text).as_tuple()
    assert isinstance(found.exponent, int)
    return Decimal(1).scaleb(found.exponent)
