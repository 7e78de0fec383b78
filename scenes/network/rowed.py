"""Boxes with words below them, in as few rows as leave all words their room; where there is none, with fewer words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from engine.sentences import within
from scenes.parts.ink import EXPONENT, Box, Line, letter_size
from scenes.parts.press import SERIF
from scenes.parts.window import Straight

#: A word with its role.
Worded = tuple[str, str]

#: From one line of words to the next, beside a word, and between rows.
LINE, BESIDE, BETWEEN = 0.35, 0.12, 0.1
#: A box with words of its own is so high at least, and so many rows there are at the most.
LEAST_HIGH, MOST_ROWS = 0.7, 6
NUMBERS_PX = 26.0
#: What a box may be wider than high.
ASPECT = 1.4
#: Of a word that is cut short so many letters are left at least; how far a bracket is below boxes, and a letter hangs below its line.
LEAST_WORD, BELOW, TAIL = 5, 0.05, 0.1


@dataclass(frozen=True, eq=False)
class BoxRows:
    """``rooms`` are those of the boxes, ``words`` the lines below each with their roles; ``row`` says in which row each is.

    Above the boxes of a row there is ``above`` of room. ``brackets`` are lines below boxes that have one name.
    """

    rooms: list[Box]
    words: list[list[tuple[Line, str]]]
    row: list[int]
    above: float
    brackets: list[Straight] = field(default_factory=list)


def rowed(ways: Sequence[Sequence[Sequence[Worded]]], room: Box, groups: Sequence[str], above: float = 0.0) -> BoxRows:
    """``ways`` are the words of all boxes, the most of them first: the first way is taken for which there is room.

    Where there is none for any, neighbours of one of the ``groups`` have its name together.
    """
    left, bottom, right, top = room
    room = left, bottom + TAIL, right, top
    for way in ways:
        found = [count for count in range(1, MOST_ROWS + 1) if _fits(way, room, count, above)]
        if found:
            return _placed(way, room, max(found, key=lambda count: _size(way, room, count, above)), above)
    blank = [[("", "ink")] for _ in groups]
    best = max(range(1, MOST_ROWS + 1), key=lambda count: _size(blank, room, count, above))
    return _named(_placed(blank, room, best, above), groups)


def _named(rows: BoxRows, groups: Sequence[str]) -> BoxRows:
    """Names of groups below brackets, as far as they have room."""
    words: list[list[tuple[Line, str]]] = [[] for _ in groups]
    brackets = []
    for _, same in groupby(range(len(groups)), key=lambda number: (groups[number], rows.row[number])):
        numbers = [*same]
        (x0, y, _, _), (_, _, x1, _) = rows.rooms[numbers[0]], rows.rooms[numbers[-1]]
        text = _cut(groups[numbers[0]], x1 - x0)
        words[numbers[0]].append((_line(text, (x0 + x1) / 2, y - LINE / 2 - BELOW), "ink"))
        if len(numbers) > 1:
            brackets.append(((x0, y - BELOW), (x1, y - BELOW)))
    return replace(rows, words=words, brackets=brackets)


def _cell(count: int, room: Box, rows: int, lines: int, above: float) -> tuple[float, float]:
    """Width and height of the room of a box."""
    left, bottom, right, top = room
    across = -(-count // rows)
    return (right - left) / across, (top - bottom + BETWEEN) / rows - BETWEEN - above - lines * LINE


def _lines(way: Sequence[Sequence[Worded]]) -> int:
    return max(map(len, way), default=0)


def _size(way: Sequence[Sequence[Worded]], room: Box, rows: int, above: float) -> float:
    """How large boxes are that are about as wide as high."""
    wide, high = _cell(len(way), room, rows, _lines(way), above)
    return min((wide - BESIDE) / ASPECT, high) if -(-len(way) // rows) * (rows - 1) < len(way) else -1.0


def _fits(way: Sequence[Sequence[Worded]], room: Box, rows: int, above: float) -> bool:
    wide, high = _cell(len(way), room, rows, _lines(way), above)
    widest = max((_line(text, 0.0, 0.0).width for words in way for text, _ in words), default=0.0)
    return high >= LEAST_HIGH and widest + BESIDE <= wide and _size(way, room, rows, above) > 0


def _placed(way: Sequence[Sequence[Worded]], room: Box, rows: int, above: float) -> BoxRows:
    left, _, _, top = room
    across = -(-len(way) // rows)
    wide, high = _cell(len(way), room, rows, _lines(way), above)
    tall = above + high + _lines(way) * LINE + BETWEEN
    rooms, words, row = [], [], []
    for number, texts in enumerate(way):
        x, y = left + number % across * wide, top - number // across * tall - above
        rooms.append((x + BESIDE / 2, y - high, x + wide - BESIDE / 2, y))
        row.append(number // across)
        words.append([(_line(text, x + wide / 2, y - high - (n + 0.5) * LINE), role) for n, (text, role) in enumerate(texts)])
    return BoxRows(rooms, words, row, above)


def _line(text: str, x: float, y: float) -> Line:
    """Letters, or numbers that need not be as large."""
    if any(c.isalpha() for c in EXPONENT.sub("", text)):
        return Line(text, letter_size(SERIF), x, y, SERIF)
    return Line(text, NUMBERS_PX, x, y)


def _cut(text: str, room: float) -> str:
    """As much of a word as has room; nothing where that would be next to nothing."""
    found = within(text, room, lambda way: _line(way, 0.0, 0.0).width)
    return found if found == text or len(found) >= LEAST_WORD else ""
