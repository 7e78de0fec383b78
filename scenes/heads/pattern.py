"""Who looks at whom: scores and weights as one matrix, its rows named by queries, its columns by keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from manim import Group

from engine.numbers import fitting
from scenes.parts.grid import BESIDE_PX, FILLED, LEAST_CHARACTERS, CellPlaces, Writing, characters, ruling, size_within
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Letters, Line, Mark, boxes, letter_size, text_width
from scenes.parts.raster import Raster, cell_colours, common_limit, diverging, flat, heat_limit
from scenes.parts.table import LABEL_ROOM, LEAST_ROW_PX, fitting_label, spread
from scenes.parts.theme import Theme, rgb

LARGEST_CELL = (1.15, 0.6)  # with digits
CASING_PX = 4.0  # of a frame around cells that reaches into them
LARGEST_DIGIT_PX = 34.0
MOST_DIGIT_CELLS = 64
COLUMN_LABELS = 0.42  # room above the cells
BELOW = 0.035  # room for what hangs down from the name of the last row
UPRIGHT = 0.88  # the same for labels that are turned
LABEL_COLUMN = 1.5  # the most at the left of the cells
LABEL_GAP = 0.12
ROOMY = 1.5
#: A weight shows as one of so many tints behind its digits, the strongest of this opacity.
TINTS, STRONGEST = 8, 0.5


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
    """Rows are queries, columns are keys. ``labels`` name both; where they stand too close, only every n-th is named.

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
    ) -> None:
        super().__init__()
        self.theme = theme
        self.rows, self.columns = scores.shape[-2:]
        self.state = np.zeros(0)
        self.limit, self.most = heat_limit(scores), common_limit(weights)
        left, bottom, right, top = room
        size = letter_size()
        label_room = min(LABEL_COLUMN, (right - left) / 3)
        self.names = [fitting_label(text, label_room - LABEL_GAP) for text in labels[0]]
        names_width = max(text_width(text, size) for text in self.names) + LABEL_GAP
        names_width = max(names_width, LABEL_COLUMN) if digits else names_width
        self.has_digits = digits and self._fit_digits(
            np.stack([scores, others]), right - left - names_width, top - bottom - LABEL_ROOM - COLUMN_LABELS
        )
        self.upright = False
        if self.has_digits:
            self.head = LABEL_ROOM + COLUMN_LABELS
        else:
            self._fit_heat(labels, right - left, top - bottom)
            names_width = max(names_width, min(label_room, 1.4))
        spare = 0.0 if digits else right - left - names_width - self.columns * self.cell[0]
        self.left = left + names_width + max(0.0, spare / 2)
        self.top = top - self.head
        self._name_rows(bottom)
        self._name_columns(labels[1])
        self._draw(room)

    def _fit_digits(self, scores: np.ndarray, width: float, height: float) -> bool:
        self.cell = (min(width / self.columns, LARGEST_CELL[0]), min(height / self.rows, LARGEST_CELL[1]))
        self.writing = Writing(LEAST_PX, most=characters(self.cell[0], BESIDE_PX + CASING_PX))
        if self.writing.most < LEAST_CHARACTERS or self.cell[1] < LEAST_ROW_PX * PX or self.rows * self.columns > MOST_DIGIT_CELLS:
            return False
        texts = ["0.99", *map(self.writing.text, scores.flatten().tolist())]
        self.digit_px = max(LEAST_PX, size_within(FILLED * self.cell[0], texts, LARGEST_DIGIT_PX, self.cell[1] / PX * 0.7))
        return size_within(self.cell[0] - (BESIDE_PX + CASING_PX) * PX, texts) >= LEAST_PX

    def _fit_heat(self, labels: tuple[Sequence[str], Sequence[str]], width: float, height: float) -> None:
        """Square cells, as large as the room allows with the names of all of them, or else of some."""
        label_room = min(LABEL_COLUMN, width / 3)
        side = min((width - label_room) / self.columns, (height - UPRIGHT - BELOW) / self.rows)
        self.head, self.upright = UPRIGHT, True
        if side < spread(self.names):
            # Not all can be named anyway, so that there is room for names that lie.
            self.head, self.upright = LABEL_ROOM + COLUMN_LABELS, False
            side = min((width - label_room) / self.columns, (height - self.head) / self.rows)
        self.cell = (side, side)

    def _name_rows(self, bottom: float) -> None:
        step, x = every(self.rows, self.cell[1], spread(self.names)), self.left - LABEL_GAP
        found = {i: Line(self.names[i], letter_size(), x, self.top - (i + 0.5) * self.cell[1], align=1) for i in range(0, self.rows, step)}
        # The name of a thin last row would reach below it.
        self.row_lines = {i: line for i, line in found.items() if line.box[1] >= bottom}

    def _name_columns(self, words: Sequence[str]) -> None:
        width, size = self.cell[0], letter_size()
        upright = self.upright
        if upright:
            names = [fitting_label(word, UPRIGHT - 0.12) for word in words]
            step = every(self.columns, width, spread(names))
        else:
            fewest = text_width("000", size)
            step = every(self.columns, width, fewest + 0.06)
            names = [fitting_label(word, step * width - 0.06) for word in words]
        at = self.top + (0.1 if upright else COLUMN_LABELS / 2 + 0.03)
        self.column_lines: dict[int, Line] = {}
        for j in range(0, self.columns, step):
            x = self.left + (j + 0.5) * width
            self.column_lines[j] = Upright(names[j], size, x, at, align=-1) if upright else Line(names[j], size, x, at)
            # A name that is wider than its column would leave the room at its ends.
            if not upright and step > 1:
                half = self.column_lines[j].width / 2
                x = min(max(x, self.left + half), self.left + self.columns * width - half)
                self.column_lines[j] = replace(self.column_lines[j], x=x)
        if not upright and step > 1:
            self.column_lines = _apart(self.column_lines)

    def _draw(self, room: Box) -> None:
        theme = self.theme
        self.frame = Mark(theme.line, stroke=2.0).draw(ruling(self.whole, self.rows, self.columns))
        self.plain_names, self.query_name, self.key_name = Letters(theme.muted), Letters(theme.query), Letters(theme.key)
        if self.has_digits:
            self.tints = [Mark(theme.weight, fill=STRONGEST * (n + 1) / TINTS) for n in range(TINTS)]
            self.scores, self.hidden, self.weights = (
                Letters(colour, halo=theme.ground) for colour in (theme.output, theme.muted, theme.ink)
            )
            self.add(*self.tints, self.frame, self.scores, self.hidden, self.weights)
        else:
            self.raster = Raster(flat((self.rows, self.columns), theme.empty), self.whole)
            self.add(self.raster, self.frame)
        self.add(self.plain_names, self.query_name, self.key_name, *self._notes(room))

    def _notes(self, room: Box) -> list[Ink]:
        """Which way the queries go and which way the keys."""
        size, theme = letter_size(), self.theme
        if not self.upright:
            note = Ink("query ↓", size, theme.query, align=-1).put(room[0], room[3] - LABEL_ROOM / 2)
            return [note, Ink("key →", size, theme.key, align=-1).put(room[0] + note.width_set + 0.2, room[3] - LABEL_ROOM / 2)]
        x = self.left - LABEL_GAP
        return [
            Ink("key →", size, theme.key, align=1).put(x, self.top + UPRIGHT - 0.2),
            Ink("query ↓", size, theme.query, align=1).put(x, self.top + UPRIGHT - 0.58),
        ]

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def point(self, row: int | None, column: int | None) -> None:
        """Names the query and the key that are looked at in their colours, also where they have no name otherwise."""
        others = [line for i, line in self.row_lines.items() if i != row] + [line for j, line in self.column_lines.items() if j != column]
        self.plain_names.write_lines(others)
        self.query_name.write_lines([self.row_lines[row]] if row in self.row_lines else [])
        self.key_name.write_lines([self.column_lines[column]] if column in self.column_lines else [])

    def show(self, scores: np.ndarray, weights: np.ndarray) -> None:
        """Shows what is known, nan stands for what is not; a weight takes the place of its score."""
        state = np.stack([scores, weights])
        if np.array_equal(state, self.state, equal_nan=True):
            return
        self.state = state
        if self.has_digits:
            self._write(scores, weights)
            return
        colours = flat((self.rows, self.columns), self.theme.empty)
        scored, hidden, weighed = np.isfinite(scores), np.isneginf(scores), np.isfinite(weights)
        theme = self.theme
        colours[scored] = cell_colours(scores, theme, "output", picture=False, limit=self.limit)[scored]
        colours[weighed] = diverging(weights, self.most, theme.weight, theme.negative, theme.empty)[weighed]
        colours[hidden, :3] = rgb(theme.line)
        self.raster.colour(colours)

    def _write(self, scores: np.ndarray, weights: np.ndarray) -> None:
        written: dict[str, list[Line]] = {"scores": [], "hidden": [], "weights": []}
        tinted: list[list[Box]] = [[] for _ in range(TINTS)]
        for n, (score, weight) in enumerate(zip(scores.flatten().tolist(), weights.flatten().tolist(), strict=True)):
            cell = divmod(n, self.columns)
            kind = "weights" if weight == weight else "hidden" if score == -np.inf else "scores"
            x = weight if kind == "weights" else score
            if x != x:
                continue
            if kind == "weights" and weight > 0:
                tinted[min(TINTS - 1, int(weight * TINTS))].append(self.box(*cell))
            text = fitting(x, LEAST_CHARACTERS) if kind == "weights" else self.writing.text(x)
            written[kind].append(Line(text, self.digit_px, *self.centre(*cell)))
        for name, found in written.items():
            getattr(self, name).write_lines(found)
        for tint, found_boxes in zip(self.tints, tinted, strict=True):
            tint.draw(boxes(found_boxes))


def every(count: int, pitch: float, needed: float) -> int:
    """The least power of two that is so many names apart that they do not touch; where some are left out, with room between them."""
    if pitch >= needed:
        return 1
    step = 2
    while step * pitch < ROOMY * needed and step < count:
        step *= 2
    return step


def _apart(found: dict[int, Line]) -> dict[int, Line]:
    """Without names that would touch the one before."""
    kept: dict[int, Line] = {}
    end = -np.inf
    for at, line in found.items():
        if line.box[0] >= end + 0.06:
            kept[at], end = line, line.box[2]
    return kept
