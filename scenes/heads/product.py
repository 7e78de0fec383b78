"""A matrix made from others: their rows with words side by side, and below them the bench."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from scenes.heads.rooms import MOST_KEYS
from scenes.heads.roster import Roster, room_for
from scenes.heads.worded import WordedBench
from scenes.parts.bench import Row
from scenes.parts.desk import S, WrittenStep
from scenes.parts.digits import fitted, in_cells
from scenes.parts.frame import STAGE
from scenes.parts.heading import Heading
from scenes.parts.ink import Box, Line
from scenes.parts.rooms import rows
from scenes.parts.theme import Theme
from scenes.parts.travel import Flight, way

BELOW, GAP, PLAIN = 1.3, 0.4, 0.05
#: The width that a column of digits needs, that of a matrix at least, and of a word above a column at most.
COLUMN, LEAST, WORD = 0.7, 0.8, 1.2
LARGEST, ALONE, MOST_SPREAD = (1.3, 0.9), (1.9, 1.2), 2.8
#: On the bench lie all numbers of a sum, or of one of more terms than these so many, those of its largest products.
MOST_LYING, CHOSEN = 12, 10
#: A number on the bench has so many characters at the most.
CHARACTERS = 5
#: So many of many rows are shown.
SOME = 8


class WordedMatrix(NamedTuple):
    """A matrix, what it is called, and the words of its rows and columns, if they have any. One that ``chooses`` shows some of many rows,
    which can be read; one that is ``coloured`` has no digits.
    """

    values: np.ndarray
    title: Heading
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    chooses: bool = False
    coloured: bool = False


def side_by_side(operands: Sequence[WordedMatrix], theme: Theme, *, bench: bool = True, room: Box = STAGE) -> list[Roster]:
    """One roster for each in a row that fills the width of a room, above the bench if there is one."""
    left, bottom, right, top = rows(room, (room[3] - room[1] - BELOW, BELOW))[0] if bench else room
    words = [room_for(one.rows) if one.rows else PLAIN for one in operands]
    free = right - left - sum(words) - GAP * (len(operands) - 1)
    widths = _shared([max(LEAST, one.values.shape[1] * _column(one)) for one in operands], free)
    found, x = [], left + (free - sum(widths)) / 2
    for one, word, width in zip(operands, words, widths, strict=True):
        box = (x, bottom, x + word + width, top)
        some = SOME if one.chooses and _is_long(one, width) else 0
        options: dict[str, Any] = {
            "rows": some,
            "notes": some > 0,
            "coloured": one.coloured,
            "words": word,
            "most": LARGEST if bench else ALONE,
        }
        found.append(Roster(one.values, one.rows, box, one.title, theme, above=one.columns, **options))
        x += word + width + GAP
    return found


def _is_long(operand: WordedMatrix, width: float) -> bool:
    """Whether all rows are too many for digits, for which some of them have room."""
    count, columns = operand.values.shape
    return bool(count > MOST_KEYS[0] and width / columns >= COLUMN)


def _column(operand: WordedMatrix) -> float:
    """The width of its columns: that of digits, or of the words above them."""
    return max(COLUMN, min(WORD, room_for(operand.columns))) if operand.columns else COLUMN


def _shared(wanted: Sequence[float], free: float) -> list[float]:
    """As much as each wants; where that is too much the largest less, and where something is left all more."""
    most = next((most for most in np.linspace(max(wanted), 0.0, 100) if sum(min(one, most) for one in wanted) <= free), 0.0)
    shared = [float(min(one, most)) for one in wanted]
    return [one * min(MOST_SPREAD, free / sum(shared)) for one in shared]


def bench_below(theme: Theme) -> WordedBench:
    """The bench of such a picture."""
    left, bottom, right, _ = STAGE
    return WordedBench((left + 1.2, bottom, right - 1.2, bottom + BELOW), theme)


class Laid(NamedTuple):
    """What lies on the bench of a step: its rows, and which term each column is."""

    rows: list[Row]
    terms: list[int]
    names: list[str]

    @classmethod
    def of(cls, work: WrittenStep[S], labels: Sequence[str], roles: Sequence[str], limits: Sequence[float], names: Sequence[str]) -> Laid:
        """Two rows of numbers to be multiplied pair by pair, a bias alone in the second; ``names`` are those of all terms, or none."""
        terms, texts = work.step.terms, work.written.terms
        columns = [*range(len(terms))]
        if len(columns) > MOST_LYING:
            strongest = sorted(columns, key=lambda n: -abs(float(np.prod(terms[n]))))[:CHOSEN]
            columns, names = sorted(strongest), names or [str(n) for n in columns]
        note = "sum" if work.written.divisor == "1" else f"sum ÷ {work.written.divisor}"
        pairs = [n for n in columns if len(terms[n]) == 2]
        above, below = ([(terms[n][at], texts[n][at]) for n in some] for at, some in ((0, pairs), (-1, columns)))
        rows = [
            Row(labels[0], roles[0], [x for x, _ in above], _short(above), limits[0]),
            Row(labels[1], roles[1], [x for x, _ in below], _short(below), limits[1], note=note),
        ]
        return cls(rows, columns, [names[n] for n in columns] if names else [])

    def show(self, bench: WordedBench, term: int | None) -> None:
        """On the bench, the column of a term framed."""
        bench.show_named(self.rows, self.names)
        bench.mark(self.terms.index(term) if term in self.terms else None)

    def at(self, bench: WordedBench, row: int, term: int) -> Line | Box:
        """A number as it lies there, or its cell where it is a colour."""
        bench.place_named(self.rows, self.names)
        column, laid = self.terms.index(term), self.rows[row]
        cells = bench.cells[row]
        return in_cells(laid.numbers, laid.texts, cells, bench.digit_px)[column] if bench.has_digits else cells[column]

    def flights(self, bench: WordedBench, origin: Callable[[int, int], Line | Box]) -> list[Flight]:
        """From where the numbers stand to the bench, those of the first row first; ``origin`` is asked with the row and the term."""
        return [
            way(row.role, origin(n, term), self.at(bench, n, term), n)
            for n, row in enumerate(self.rows)
            for term in self.terms
            if n or term in self.terms[: len(row.numbers)]
        ]

    def sources(self, bench: WordedBench, term: int) -> list[Line | Box]:
        """From where the factors of a term go to the strip."""
        if term not in self.terms:
            return []
        both = self.terms.index(term) < len(self.rows[0].numbers)
        return [self.at(bench, row, term) for row in ((0, 1) if both else (1,))]


def _short(numbers: Sequence[tuple[float, str]]) -> list[str]:
    """Texts of numbers, as large on the bench as they must be to be read."""
    return [fitted(text, x, CHARACTERS) for x, text in numbers]
