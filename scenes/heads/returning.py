"""One kind of step on the way back on the stage: rows with words, numbers beside them, and arcs to the word whose gradient is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from manim import Mobject

from engine.concepts.attention.backward_step import AttentionGradStep
from engine.concepts.attention.strongest import strengths, strongest
from scenes.heads.arcs import Arcs, side_by_side
from scenes.heads.entries import Entries
from scenes.heads.nodes import Nodes
from scenes.heads.rooms import HEADER, LOW, MOST_CELLS, AttentionRooms, read_column, shown_keys
from scenes.heads.roster import Roster, RowWords
from scenes.heads.way_back import WayBack
from scenes.parts.heading import Heading
from scenes.parts.ink import Box, Ink, Line, letter_size
from scenes.parts.raster import common_limit, heat_limit
from scenes.parts.table import LABEL_ROOM, fitting_label
from scenes.parts.theme import Theme
from scenes.parts.window import Frames

ROLES = {"W": "share", "Q": "query", "K": "key", "V": "value"}
#: Whose words the rows of a matrix have.
BY_KEY = ("K", "V", "dK", "dV")
#: Cells of the matrix of all pairs.
LARGEST_CELL = (1.15, 0.8)


class ReturnKind(NamedTuple):
    """What stands on the stage: a table and above it one row of another matrix, ``columns`` of numbers beside the rows, and all pairs.

    ``made`` is what is computed. Where ``by_key``, the numbers beside the rows are a column of the pairs, else a row of them.
    """

    table: str
    header: str
    columns: tuple[str, ...]
    pairs: str
    made: str
    by_key: bool = False


KINDS: Mapping[str, ReturnKind] = {
    "value": ReturnKind("dO", "dV", ("W",), "W", "dV", True),
    "weight": ReturnKind("V", "dO", ("dW",), "dW", "dW"),
    "row sum": ReturnKind("", "Σ", ("W", "dW"), "dW", "Σ"),
    "score": ReturnKind("", "Σ", ("W", "dW", "dS"), "dS", "dS"),
    "query": ReturnKind("K", "dQ", ("dS",), "dS", "dQ"),
    "key": ReturnKind("Q", "dK", ("dS",), "dS", "dK", True),
}
#: Kinds whose steps mix the rows of a table.
MIXES = ("value", "query", "key")


class Returning:
    """The parts of a ``kind`` of step."""

    def __init__(
        self,
        kind: str,
        values: Mapping[str, np.ndarray],
        labels: tuple[Sequence[str], Sequence[str]],
        place: AttentionRooms,
        words: tuple[float, float],
        theme: Theme,
    ) -> None:
        self.kind, self.values, self.theme, self.place, self.of = kind, values, theme, place, KINDS[kind]
        self.labels = dict(zip(("query", "key"), labels, strict=True))
        self._build_rows(words[0])
        self._build_columns(words[0])
        pairs = self.of.pairs
        (_, bottom, _, top), side = self.rows.table.whole, "key" if self.of.by_key else "query"
        self.nodes = Nodes(self.labels[side], place.arcs[1], (bottom, top), side, theme)
        self.pairs = Roster(
            values[pairs], labels[0], place.pattern, heading(pairs), theme, **pairs_options(values[pairs], place, labels[1], words)
        )
        self.route = WayBack(place.below, theme)
        flows = np.abs(values[self.of.columns[-1]])
        self.most = most_together(flows, self.count)
        self.arcs = Arcs(theme, heat_limit(flows) / self.most, "gradient")
        self.here, self.pair = Frames(theme), Frames(theme)

    def _build_rows(self, names: float) -> None:
        """The table, of whose rows some are chosen where there are many, and the row above it."""
        letter, (left, bottom, right, top) = self.of.table or "V", self.place.keys
        matrix = self.values[letter]
        self.count = shown_keys(len(matrix), self.place.wide)
        self.chooses = self.count < len(matrix)
        room = left, bottom + LABEL_ROOM * self.chooses, right, top
        options: dict[str, Any] = {"words": names, "most": (MOST_CELLS, 1.1), "coloured": self.place.wide}
        own = self.labels["key" if letter in BY_KEY else "query"]
        self.rows = Roster(matrix, own, room, heading(letter), self.theme, rows=self.count, **options)
        self.rows.table.label.resize(letter_size())
        self.words = RowWords(self.rows.names, self.rows.table, None, ROLES.get(letter, "gradient"), self.theme)
        above, header = self.of.header, self.values[self.of.header]
        own = self.labels["key" if above in BY_KEY else "query"]
        options["most"] = (1.5, HEADER) if above == "Σ" else (MOST_CELLS, LOW if self.place.wide else HEADER)
        options["coloured"] = self.place.wide and above != "Σ"
        title = Heading(above if above == "Σ" else f"row of {above}", "gradient")
        self.header = Roster(header, own, self.place.header, title, self.theme, rows=1, **options)
        self.note = Ink("", letter_size(), self.theme.muted, align=-1).put(left, bottom + LABEL_ROOM / 2)

    def _build_columns(self, names: float) -> None:
        """Numbers beside the rows: one column behind the table, or several in place of it."""
        (x0, _, x1, _), left, right = self.place.column, self.place.keys[0] + names, self.place.keys[2]
        middle, columns = (left + right) / 2, self.of.columns
        spans = [(left, middle), (middle, right), (x0, x1)] if len(columns) > 1 else [(x0, x1)]
        self.columns = {
            letter: Entries(letter, ROLES.get(letter, "gradient"), *span, self.rows.table, self.theme, limit=1.0 if letter == "W" else 0.0)
            for letter, span in zip(columns, spans, strict=False)
        }

    # --- parts -----------------------------------------------------------------------------------------------------------------------

    def parts(self) -> list[Mobject]:
        """From back to front."""
        rows = self.rows if self.of.table else self.words
        whole: list[Mobject] = [self.header, rows, *self.columns.values(), self.note, self.nodes, self.route, self.pairs]
        return [self.here.shade, self.pair.shade, self.arcs, *whole, self.here, self.pair]

    def beside(self, letter: str, row: int) -> np.ndarray:
        """What of all pairs stands beside the rows."""
        return self.values[letter][:, row] if self.of.by_key else self.values[letter][row]

    def chosen(self, step: AttentionGradStep) -> list[int]:
        """Which rows are shown: all, those around the present one, or those that count most."""
        count, total = self.count, len(self.rows.values)
        if not self.chooses:
            return [*range(total)]
        if self.kind == "weight":
            first = min(step.column // count * count, total - count)
            return [*range(first, first + count)]
        strength = strengths(*(self.beside(letter, step.row) for letter in self.of.columns[:2]))
        return strongest(strength, count, step.column if self.kind == "score" else None)

    # --- states ----------------------------------------------------------------------------------------------------------------------

    def fill(self, step: AttentionGradStep, counts: Mapping[str, int]) -> None:
        """Shows what is known."""
        rows, kind = self.chosen(step), self.kind
        across = step.column if kind in ("weight", "score") else None
        self.pair.clear()
        self.rows.show(True, rows, across)
        self.words.show(rows, across)
        made = {"value": "value", "query": "query", "key": "key", "row sum": "row sum", "score": "row sum"}.get(kind)
        self.header.show(True if made is None else counts[made], [step.row], step.row)
        for letter, entries in self.columns.items():
            entries.show(self.known(letter, step.row, counts)[rows])
        self.pairs.show(counts[of_pairs(self.of.pairs)] if self.of.pairs != "W" else True, None, None if self.of.by_key else step.row)
        self.here.put([self.pairs.box(step.row, step.column) if across is not None else self._line_of_pairs(step.row)])
        self.nodes.show(step.row)
        self.route.show(self._shares(counts), "dS" if kind == "row sum" else self.of.made)
        if self.chooses:
            near = f"rows {rows[0] + 1} to {rows[-1] + 1} of {len(self.rows.values)}"
            what = near if kind == "weight" else f"strongest {self.count} of {len(self.rows.values)}"
            self.note.write(fitting_label(what, self.place.column[2] - self.place.keys[0]))
        self.join(step, counts)

    def _line_of_pairs(self, row: int) -> Box:
        return self.pairs.column(row) if self.of.by_key else self.pairs.row(row)

    def known(self, letter: str, row: int, counts: Mapping[str, int]) -> np.ndarray:
        """Numbers beside the rows, nan for what is not known."""
        values = self.values[letter]
        if letter == "W":
            return self.beside(letter, row)
        flags = np.arange(values.size).reshape(values.shape) < counts[of_pairs(letter)]
        known = np.where(flags, values, np.nan)
        return known[:, row] if self.of.by_key else known[row]

    def _shares(self, counts: Mapping[str, int]) -> dict[str, float]:
        kinds = {"dV": "value", "dW": "weight", "dS": "score", "dQ": "query", "dK": "key"}
        return {letter: counts[kind] / self.values[letter].size for letter, kind in kinds.items()}

    def join(self, step: AttentionGradStep, counts: Mapping[str, int], far: float = 1.0) -> None:
        """Arcs as thick as what is multiplied, up to a share ``far`` of their way; threads where that is not known, or nothing mixed."""
        rows = self.rows.rows
        starts = [(self.place.arcs[0] + 0.04, self.rows.table.centre(at)[1]) for at in range(self.count)]
        thick = self.kind in MIXES or self.kind == "score"
        known = self.known(self.of.columns[-1], step.row, counts)[rows]
        final = self.beside(self.of.columns[-1], step.row)[rows]
        ends = side_by_side(self.nodes.end(step.row), (np.abs(final) / self.most * thick).tolist())
        shares = np.nan_to_num(known / self.most, nan=0.0) * thick
        self.arcs.show(starts, ends, shares.tolist(), [far] * self.count)
        met = [n for n in range(self.count) if not np.isnan(known[n]) and not thick]
        self.arcs.spin([starts[n] for n in met], [ends[n] for n in met])

    def advance(self, step: AttentionGradStep, term: int | None) -> None:
        """Frames the numbers that are multiplied."""
        self.pair.put([] if term is None else self._cells(step, term))

    def is_shown(self, step: AttentionGradStep, term: int) -> bool:
        """Whether the numbers of a term can be seen."""
        return self.kind in ("weight", "score") or term in self.rows.rows

    def limits(self, letter: str) -> float:
        """The number with the strongest colour."""
        return 1.0 if letter == "W" else common_limit(self.values[letter])

    def _cells(self, step: AttentionGradStep, term: int) -> list[Box]:
        """The cells of a term."""
        columns, row = [*self.columns.values()], step.row
        if self.kind == "weight":
            return [self.header.box(row, term), self.rows.box(step.column, term)]
        if self.kind == "score":
            at = self.rows.at(step.column)
            return [columns[0].box(at), columns[1].box(at) if term == 0 else self.header.box(row)]
        if term not in self.rows.rows:
            return []
        at = self.rows.at(term)
        return [columns[0].box(at), columns[1].box(at) if self.kind == "row sum" else self.rows.box(term, step.column)]

    def sources(self, step: AttentionGradStep, term: int) -> list[Line | Box]:
        """Where the factors of a term stand, or of one that is not shown all of them."""
        columns, row, factors = [*self.columns.values()], step.row, step.terms[term]
        if self.kind == "weight":
            return [self.header.cell(row, term), self.rows.cell(step.column, term)]
        if self.kind == "score":
            at = self.rows.at(step.column)
            return [columns[0].line(factors[0], at), columns[1].line(factors[1], at) if term == 0 else self.header.cell(row)]
        if term not in self.rows.rows:
            return [columns[0].whole, columns[1].whole if self.kind == "row sum" else self.rows.column(step.column)]
        at = self.rows.at(term)
        return [
            columns[0].line(factors[0], at),
            columns[1].line(factors[1], at) if self.kind == "row sum" else self.rows.cell(term, step.column),
        ]


def heading(letter: str) -> Heading:
    """What a matrix is called, in its colour."""
    return Heading(letter, ROLES.get(letter, "gradient"))


def most_together(flows: np.ndarray, count: int) -> float:
    """The most that comes together at one word, of rows or of columns, if so many of each are shown."""
    strongest = [np.sort(flows, axis=axis).swapaxes(0, axis)[-count:].sum(0).max() for axis in (0, 1)]
    return float(max(strongest)) or 1.0


def of_pairs(letter: str) -> str:
    """The kind of step that makes a matrix of pairs."""
    return {"dW": "weight", "dS": "score"}[letter]


def pairs_options(values: np.ndarray, place: AttentionRooms, above: Sequence[str], words: tuple[float, float]) -> dict[str, Any]:
    """How all pairs are shown: as numbers where they can be read, else coloured."""
    width = (place.pattern[2] - place.pattern[0] - words[1]) / values.shape[1]
    return {"words": words[1], "above": above, "most": LARGEST_CELL, "coloured": width < read_column(4)}
