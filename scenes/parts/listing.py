"""The lines of torch that a clip shows, the one of the present stage lit."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from manim import Group

from scenes.parts.frame import STRIP
from scenes.parts.ink import Box, Letters, Line, letter_size, text_width
from scenes.parts.table import fitting_label
from scenes.parts.theme import Theme

LINE, CLOSE = 0.44, 0.325  # height of a line that is alone, and of one of many
HIGH = 0.32  # of a letter, with what hangs below it
BELOW = 0.04  # brackets hang lower
MOST_LINES = 2


class Listing(Group):
    """The line of a stage at the bottom of ``room``; or all that fit, before the first step and after the last one."""

    def __init__(self, code: Mapping[str, str], room: Box, roles: Mapping[str, str], theme: Theme) -> None:
        self.room, self.roles = room, roles
        self.code = statements(code, room[2] - room[0])
        self.letters = {role: Letters(getattr(theme, role)) for role in ("ink", "output", "gradient", "share")}
        super().__init__(*self.letters.values())

    def show(self, stage: str) -> None:
        """The line of a stage, the name of what it makes in its colour; or several lines, through which a way back comes."""
        texts = [text for lines in self.code.get(stage, []) for text in lines]
        if not texts:
            self._write({})
            return
        first, *others = self._set(texts, self.room[1] + LINE / 2 + CLOSE * (len(texts) - 1))
        name, sign, rest = first.text.partition(" = ")
        named = Line(name, first.size, first.x, first.y, align=-1)
        after = Line(f"{sign}{rest}", first.size, first.x + named.width, first.y, align=-1)
        # A way back shows the line that it comes back through, which makes something else.
        if name == stage:
            self._write({self.roles.get(stage, "output"): [named], "ink": [after, *others]})
        else:
            self._write({"ink": [first, *others]})

    def show_all(self, top: float) -> None:
        """All lines, or as many of them as there is room for below ``top``."""
        bottom, texts = self.room[1], _all_lines(self.code)
        most = 1 + int((top - bottom - HIGH) // CLOSE)
        if most <= 0:
            self.clear()
            return
        texts = texts if len(texts) <= most else [*texts[: most - 1], "…"]
        self._write({"ink": self._set(texts, (top + bottom + CLOSE * (len(texts) - 1)) / 2)})

    def clear(self) -> None:
        """No line."""
        self._write({})

    def _set(self, texts: list[str], y: float) -> list[Line]:
        """Lines of one left edge in the middle of the room, the first one at ``y``."""
        size = letter_size()
        widest = max((text_width(text, size) for text in texts), default=0.0)
        left = (self.room[0] + self.room[2] - widest) / 2
        return [Line(text, size, left, y - CLOSE * n, align=-1) for n, text in enumerate(texts)]

    def _write(self, lines: Mapping[str, list[Line]]) -> None:
        for role, letters in self.letters.items():
            letters.write_lines(lines.get(role, []))


def broken(text: str, width: float) -> list[str]:
    """A line of code on as many lines as it needs, two at the most."""
    most = int(width / text_width("0", letter_size()))
    line = " ".join(text.split())
    found = _wrapped(line, most)
    if " ".join(part.strip() for part in found) == line:
        return found
    # What cannot be broken at its spaces is broken between two calls of a chain.
    return [part.replace(") .", ").") for part in _wrapped(line.replace(").", ") ."), most)]


def _wrapped(line: str, most: int) -> list[str]:
    return textwrap.wrap(line, most, subsequent_indent="    ", max_lines=MOST_LINES, placeholder=" …", break_on_hyphens=False)


def statements(code: Mapping[str, str], width: float) -> dict[str, list[list[str]]]:
    """The statements of every stage, broken."""
    return {stage: [broken(line, width) for line in text.split("\n") if line] for stage, text in code.items()}


def _all_lines(code: Mapping[str, list[list[str]]]) -> list[str]:
    """Every statement once."""
    return [text for lines in dict.fromkeys(tuple(one) for several in code.values() for one in several) for text in lines]


def listing_height(code: Mapping[str, str], width: float) -> float:
    """Of all of the code."""
    return CLOSE * len(_all_lines(statements(code, width)))


def code_room(code: Mapping[str, str], width: float) -> float:
    """Height of the most lines of code that a stage has."""
    most = max((sum(map(len, several)) for several in statements(code, width).values()), default=0)
    return LINE + CLOSE * (most - 1) if most else 0.0


def called(call: str) -> tuple[list[Line], float]:
    """A line of code at the bottom of the strip's zone, as much of it as fits, and how far up it reaches."""
    left, bottom, right, _ = STRIP
    text = fitting_label(call, right - left) if call else ""
    line = Line(text, letter_size(), (left + right) / 2, bottom + BELOW + HIGH / 2)
    return ([line], bottom + BELOW + HIGH) if text else ([], bottom)
