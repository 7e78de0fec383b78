"""Who looks at whom: scores and weights as one matrix, its rows named by queries, its columns by keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from manim import Group, Mobject

from engine.numbers import fitting
from scenes.heads.glow import Glow
from scenes.heads.roster import READ_PX
from scenes.heads.words import APART, every, fitting_names, named_columns, named_rows
from scenes.parts.digits import BESIDE_PX, FILLED, LEAST_CHARACTERS, Writing, characters, size_within
from scenes.parts.grid import CellPlaces, ruling
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, Mark, letter_size, text_width
from scenes.parts.raster import Hatch, Raster, common_limit, diverging, heat_limit, nothing
from scenes.parts.table import LABEL_ROOM, LEAST_ROW_PX, spread
from scenes.parts.theme import Theme, rgb

LARGEST_CELL = (1.15, 0.8)  # with digits
CASING_PX = 4.0  # of a frame around cells that reaches into them
LARGEST_DIGIT_PX = 34.0
MOST_DIGIT_CELLS = 64
COLUMN_LABELS = 0.42  # room above the cells
UPRIGHT = 0.88  # the same for labels that are turned
MOST_WORD = 1.4  # of the names at the left
WORD_GAP = 0.12
WIDEST_CELL, MOST_HIGH = 0.6, 1.5  # without digits, and how much higher than wide


@dataclass(frozen=True)
class Upright(Line):
    """A line that reads upwards; ``y`` is where it begins (``align`` -1), ``x`` half the height of a digit at the right of its foot."""

    @property
    def _flat(self) -> Line:
        return Line(self.text, self.size, 0.0, 0.0, self.font, self.math, self.align)

    @property
    def points(self) -> np.ndarray:
        flat = self._flat.points
        return np.column_stack([self.x - flat[:, 1], self.y + flat[:, 0], flat[:, 2]])

    @property
    def box(self) -> Box:
        x0, y0, x1, y1 = self._flat.box
        return self.x - y1, self.y + x0, self.x - y0, self.y + x1


class Pattern(CellPlaces, Group):
    """Rows are queries, columns are keys. ``labels`` name both; where they stand too close, only every n-th is named, and the present ones.

    ``others`` are scores that take the place of the first ones. With digits a score is a number and a weight a number on a tint; without,
    both are coloured cells, each kind in its own colours.
    """

    def __init__(
        self,
        scores: np.ndarray,
        weights: np.ndarray,
        labels: tuple[Sequence[str], Sequence[str]],
        room: Box,
        theme: Theme,
        *,
        digits: bool,
        others: np.ndarray,
        largest: tuple[float, float] = LARGEST_CELL,
    ) -> None:
        super().__init__()
        self.theme, self.largest = theme, largest
        self.rows, self.columns = scores.shape[-2:]
        self.state = np.zeros(0)
        self.limit, self.most = heat_limit(scores), common_limit(weights)
        left, bottom, right, top = room
        self.names = fitting_names(labels[0], min(MOST_WORD, (right - left) / 3))
        names_width = max(text_width(text, letter_size()) for text in self.names) + WORD_GAP
        self.words = labels[1]
        across, down = right - left - names_width, top - bottom
        self.has_digits = digits and self._fit_digits(np.stack([scores, others]), across, down - LABEL_ROOM - COLUMN_LABELS)
        self.upright = False
        if self.has_digits:
            self.head = LABEL_ROOM + COLUMN_LABELS
        else:
            self._fit_heat(across, down)
        self.left = left + names_width + max(0.0, across - self.columns * self.cell[0]) / 2
        self.top = top - self.head
        self.pointed: tuple[int | None, int | None] | None = None
        self._draw(room)
        self.point(None, None)

    def _fit_digits(self, scores: np.ndarray, width: float, height: float) -> bool:
        self.cell = (min(width / self.columns, self.largest[0]), min(height / self.rows, self.largest[1]))
        self.writing = Writing(LEAST_PX, most=characters(self.cell[0], BESIDE_PX + CASING_PX))
        if self.writing.most < LEAST_CHARACTERS or self.cell[1] < LEAST_ROW_PX * PX or self.rows * self.columns > MOST_DIGIT_CELLS:
            return False
        texts = ["0.99", *map(self.writing.text, scores.flatten().tolist())]
        self.digit_px = max(LEAST_PX, size_within(FILLED * self.cell[0], texts, LARGEST_DIGIT_PX, self.cell[1] / PX * 0.7))
        return self.digit_px >= READ_PX - 0.01 and size_within(self.cell[0] - (BESIDE_PX + CASING_PX) * PX, texts) >= LEAST_PX

    def _fit_heat(self, width: float, height: float) -> None:
        """Cells that fill the room, with names of columns that stand upright where all of them have room."""
        self.head = LABEL_ROOM + COLUMN_LABELS
        wide = min(width / self.columns, WIDEST_CELL)
        high = (height - UPRIGHT - LABEL_ROOM) / self.rows
        needed = text_width("000", letter_size()) + APART
        if spread(fitting_names(self.words, UPRIGHT - 0.12)) <= 2 * wide < 2 * needed and high >= spread(self.names):
            self.head, self.upright = LABEL_ROOM + UPRIGHT, True
        self.cell = (wide, min((height - self.head) / self.rows, WIDEST_CELL, MOST_HIGH * wide))

    def _named_columns(self, lit: int | None) -> dict[int, Line]:
        if not self.upright:
            return named_columns(self.words, self, self.top + COLUMN_LABELS / 2 + 0.03, lit)
        names, needed = fitting_names(self.words, UPRIGHT - 0.12), spread(fitting_names(self.words, UPRIGHT - 0.12))
        step = every(self.columns, self.cell[0], needed)
        chosen = [j for j in range(0, self.columns, step) if lit is None or abs(j - lit) * self.cell[0] >= needed or j == lit]
        chosen = sorted({*chosen, *([] if lit is None else [lit])})
        return {j: Upright(names[j], letter_size(), self.centre(0, j)[0], self.top + 0.1, align=-1) for j in chosen}

    def _draw(self, room: Box) -> None:
        theme = self.theme
        self.frame = Mark(theme.line, stroke=2.0).draw(ruling(self.whole, self.rows, self.columns))
        self.plain_names, self.query_name, self.key_name = Letters(theme.muted), Letters(theme.query), Letters(theme.key)
        if self.has_digits:
            self.glow = Glow(theme)
            self.scores, self.hidden, self.weights = (
                Letters(colour, halo=theme.ground) for colour in (theme.output, theme.muted, theme.ink)
            )
            self.add(self.glow, self.frame, self.scores, self.hidden, self.weights)
        else:
            self.raster, self.hatch = Raster(nothing((self.rows, self.columns)), self.whole), Hatch(theme)
            self.add(self.raster, self.hatch, self.frame)
        self.add(self.plain_names, self.query_name, self.key_name, *self._notes(room))

    def _notes(self, room: Box) -> list[Ink]:
        """Which way the queries go and which way the keys."""
        size, theme = letter_size(), self.theme
        note = Ink("query ↓", size, theme.query, align=-1).put(room[0], room[3] - LABEL_ROOM / 2)
        return [note, Ink("key →", size, theme.key, align=-1).put(room[0] + note.width_set + 0.2, room[3] - LABEL_ROOM / 2)]

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def point(self, row: int | None, column: int | None) -> None:
        """Names the query and the key that are looked at in their colours, also where they have no name otherwise."""
        if self.pointed == (row, column):
            return
        self.pointed = row, column
        rows = named_rows(self.names, self, self.left - WORD_GAP, 1, row)
        columns = self._named_columns(column)
        self.plain_names.write_lines(
            [*(line for i, line in rows.items() if i != row), *(line for j, line in columns.items() if j != column)]
        )
        self.query_name.write_lines(line for i, line in rows.items() if i == row)
        self.key_name.write_lines(line for j, line in columns.items() if j == column)

    def hang(self, curtain: Mobject) -> None:
        """Puts a curtain before the cells and behind their digits."""
        self.insert(1, curtain)

    def show(self, scores: np.ndarray, weights: np.ndarray) -> None:
        """Shows what is known, nan stands for what is not; a weight takes the place of its score."""
        state = np.stack([scores, weights])
        if np.array_equal(state, self.state, equal_nan=True):
            return
        self.state = state
        if self.has_digits:
            self._write(scores, weights)
            return
        colours = nothing((self.rows, self.columns))
        scored, hidden, weighed = np.isfinite(scores), np.isneginf(scores), np.isfinite(weights)
        theme = self.theme
        colours[scored] = diverging(scores, self.limit, theme, "output")[scored]
        colours[weighed] = diverging(weights, self.most, theme, "share")[weighed]
        colours[hidden] = (*rgb(theme.line), 255)
        self.raster.colour(colours)
        self.hatch.cover([(self.whole, ~(scored | weighed | hidden))])

    def _write(self, scores: np.ndarray, weights: np.ndarray) -> None:
        written: dict[str, list[Line]] = {"scores": [], "hidden": [], "weights": []}
        for n, (score, weight) in enumerate(zip(scores.flatten().tolist(), weights.flatten().tolist(), strict=True)):
            cell = divmod(n, self.columns)
            kind = "weights" if weight == weight else "hidden" if score == -np.inf else "scores"
            x = weight if kind == "weights" else score
            if x != x:
                continue
            text = fitting(x, LEAST_CHARACTERS) if kind == "weights" else self.writing.text(x)
            written[kind].append(Line(text, self.digit_px, *self.centre(*cell)))
        for name, found in written.items():
            getattr(self, name).write_lines(found)
        self.glow.show([self.box(row, column) for row, column in np.ndindex(weights.shape)], weights.flatten().tolist())
