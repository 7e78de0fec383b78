"""Queries meet keys on the stage: keys or values with their words at the left, arcs to the query, all scores at the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from manim import Mobject

from engine.concepts.attention.step import AttentionStep
from engine.numbers import fitting, plain
from scenes.heads.arcs import Arcs, side_by_side
from scenes.heads.computed import Computed
from scenes.heads.curtain import Curtain, hidden
from scenes.heads.entries import Entries
from scenes.heads.glow import PALE, Glow
from scenes.heads.heads import Heads
from scenes.heads.nodes import Nodes
from scenes.heads.pattern import Pattern
from scenes.heads.rooms import HEADER, LOW, MOST_CELLS, OUTPUT, is_small, rooms_of, shown_keys, words_rooms
from scenes.heads.roster import Roster, RowWords
from scenes.heads.worded import WordedBench
from scenes.parts.bench import Row
from scenes.parts.heading import Heading
from scenes.parts.ink import Box, Ink, Line, letter_size
from scenes.parts.table import LABEL_ROOM, fitting_label
from scenes.parts.theme import Theme
from scenes.parts.travel import ON_STRIP, Flight, way
from scenes.parts.window import Frames

#: The kinds of steps of a softmax, in their order.
SOFTMAX = ("max", "exp", "sum", "weight")
LONG = 1000  # a sum from here on has no decimals
#: The width of an output.
LARGEST_OUTPUT = 1.3


class Attending:
    """All parts, in their places; a step is shown by those of its ``scenery``: score, soft or mix."""

    def __init__(self, computed: Computed, labels: tuple[Sequence[str], Sequence[str]], theme: Theme) -> None:
        self.computed, self.sizes, self.theme, self.labels = computed, computed.sizes, theme, labels
        sizes, (names, asks) = self.sizes, words_rooms(labels)
        self.rooms = rooms_of(computed, labels)
        self.wide = self.rooms.wide
        #: Whether the curtain falls score by score, and not all at once with the first that is hidden.
        self.falling = False
        self._build_keys(names)
        self._build_queries(names, asks)
        place = self.rooms
        self.pattern = Pattern(
            computed.scores, computed.weights, labels, place.pattern, theme, digits=is_small(sizes), others=computed.masked
        )
        self.curtain = Curtain(hidden(computed.masked[0]), self.pattern, theme)
        self.pattern.hang(self.curtain)
        self.heads = Heads(sizes.heads, sizes.queries, sizes.keys, place.below, theme) if sizes.heads > 1 else None
        self.output = self._outputs(asks) if place.outputs else None
        self.bench, self.arcs = WordedBench(place.bench, theme), Arcs(theme, self.pattern.most)
        self.here, self.pair = Frames(theme), Frames(theme)

    def _build_keys(self, names: float) -> None:
        """Keys and values, of which some are chosen where there are many, and the numbers beside them."""
        computed, theme, place = self.computed, self.theme, self.rooms
        self.count = shown_keys(self.sizes.keys, self.wide)
        self.chooses = self.count < self.sizes.keys
        left, bottom, right, top = place.keys
        bottom += LABEL_ROOM if self.chooses else 0.0
        room = left, bottom, right, top
        kinds = (computed.k[0], computed.whole[1], "key"), (computed.v[0], computed.whole[2], "value")
        options: dict[str, Any] = {"rows": self.count, "words": names, "most": (MOST_CELLS, 1.1), "coloured": self.wide}
        self.keys, self.values = (
            Roster(values, self.labels[1], room, Heading(f"{role}s", role), theme, **options, others=whole) for values, whole, role in kinds
        )
        table, middle = self.keys.table, (left + names + right) / 2
        x0, _, x1, _ = place.column
        self.found = Entries("score", "output", x0, x1, table, theme)
        self.score = Entries("score", "output", left + names, middle, table, theme)
        self.exp = Entries("exp", "output", middle, right, table, theme, limit=1.0)
        self.share = Entries("weight", "share", x0, x1, table, theme, limit=1.0)
        self.words, self.glow = RowWords(self.keys.names, table, None, "key", theme), Glow(theme, PALE)
        self.note = Ink("", letter_size(), theme.muted, align=-1).put(left, place.keys[1] + LABEL_ROOM / 2)

    def _build_queries(self, names: float, asks: float) -> None:
        """The query above the keys, number above number, so what is mixed for it above the values; and the words of all queries."""
        place, theme, computed = self.rooms, self.theme, self.computed
        options: dict[str, Any] = {"rows": 1, "words": names, "most": (MOST_CELLS, LOW if self.wide else HEADER), "coloured": self.wide}
        self.query, self.mixture = (
            Roster(values, self.labels[0], place.header, title, theme, **options, others=whole)
            for values, whole, title in (
                (computed.q[0], computed.whole[0], Heading("query", "query")),
                (computed.mixed[0], computed.joined, Heading("mixture", "output")),
            )
        )
        _, bottom, _, top = self.keys.table.whole
        self.nodes = Nodes(self.labels[0], place.arcs[1], (bottom, top), "query", theme)

    def _outputs(self, asks: float) -> Roster:
        """All outputs, where they are few."""
        most = LARGEST_OUTPUT, OUTPUT
        return Roster(
            self.computed.joined, self.labels[0], self.rooms.below, Heading("output", "output"), self.theme, words=asks, most=most
        )

    # --- parts -------------------------------------------------------------------------------------------------------------------------

    def parts(self, scenery: str) -> list[Mobject]:
        """From back to front."""
        beside: list[Mobject] = {
            "score": [self.query, self.keys, self.found],
            "soft": [self.words, self.score, self.exp, self.share],
            "mix": [self.glow, self.mixture, self.values, self.share],
        }[scenery]
        whole = [part for part in (self.heads, self.output) if part is not None]
        shades = [self.here.shade, self.pair.shade]
        return [*shades, self.arcs, *beside, self.note, self.nodes, *whole, self.pattern, self.here, self.pair]

    # --- what is known -----------------------------------------------------------------------------------------------------------------

    def chosen(self, step: AttentionStep) -> list[int]:
        """Which keys are shown: all, those around the present one, or those that the query looks at most."""
        keys, count = self.sizes.keys, self.count
        if not self.chooses:
            return [*range(keys)]
        if step.kind in ("score", "mask"):
            first = min(step.column // count * count, keys - count)
            return [*range(first, first + count)]
        needed = step.column if step.kind in ("exp", "weight") else None
        return self.computed.strongest(step.head, step.row, count, needed)

    def fill(self, step: AttentionStep, counts: Mapping[str, int], done: bool) -> None:
        """Shows what is known; a query comes to its place with its first score."""
        computed, head, row = self.computed, step.head, step.row
        self.pair.clear()
        self.score.crowned(None)
        found = (self.keys, computed.k), (self.values, computed.v), (self.query, computed.q), (self.mixture, computed.mixed)
        for roster, per_head in found:
            roster.use(per_head[head])
        rows = self.chosen(step)
        across = step.column if step.kind not in ("max", "sum", "mix") else None
        for roster in (self.keys, self.values):
            roster.show(True, rows, across)
        self.words.show(rows, across)
        self.ask(step, done or not self.comes(step))
        made = np.arange(computed.mixed[0].size).reshape(computed.mixed[0].shape) + head * computed.mixed[0].size < counts["mix"]
        self.mixture.show(made, [row], row)
        if self.output is not None:
            self.output.show(made, None, row)
        self.nodes.show(row)
        self._note(step, rows)
        self._columns(step, rows, counts)
        self._patterns(step, counts)

    def comes(self, step: AttentionStep) -> bool:
        """Whether the query of a step comes to its place with it."""
        return step.kind == "score" and step.column == 0

    def ask(self, step: AttentionStep, there: bool) -> None:
        """The query above the keys, or its empty place."""
        self.query.show(there, [step.row], step.row)

    def arriving(self, step: AttentionStep) -> list[Flight]:
        """The numbers of a query on their way from its word to their place."""
        start = self.nodes.line(step.row)
        cells = [self.query.cell(step.row, n) for n in range(self.sizes.width)]
        if not self.query.table.has_digits:
            return [way("query", start, self.query.row(step.row))]
        return [way("query", replace(start, text=cell.text, x=start.x + 0.3, align=0), cell) for cell in cells if isinstance(cell, Line)]

    def _note(self, step: AttentionStep, rows: Sequence[int]) -> None:
        if not self.chooses:
            return
        near = step.kind in ("score", "mask")
        what = f"keys {rows[0] + 1} to {rows[-1] + 1} of {self.sizes.keys}" if near else f"strongest {self.count} of {self.sizes.keys} keys"
        self.note.write(fitting_label(what, self.rooms.column[2] - self.rooms.keys[0]))

    def _columns(self, step: AttentionStep, rows: Sequence[int], counts: Mapping[str, int]) -> None:
        computed, head, row = self.computed, step.head, step.row
        scores = computed.known_scores(head, counts)[row][rows]
        self.found.show(scores)
        self.score.show(scores)
        self.exp.show(computed.known(computed.exp[head], counts["exp"], head)[row][rows])
        shares = computed.known(computed.weights[head], counts["weight"], head)[row][rows]
        self.share.show(shares)
        self.shares: list[float] = np.nan_to_num(shares, nan=0.0).tolist()
        self.met = (np.isfinite(scores) & np.isnan(shares)).tolist()
        self.glow.show([self.values.table.row(at) for at in range(self.count)], self.shares)

    def _patterns(self, step: AttentionStep, counts: Mapping[str, int]) -> None:
        computed, head, pattern = self.computed, step.head, self.pattern
        weights = [computed.known(computed.weights[h], counts["weight"], h) for h in range(self.sizes.heads)]
        pattern.show(computed.known_scores(head, counts), weights[head])
        across = step.kind in ("score", "mask", "exp", "weight")
        pattern.point(step.row, step.column if across else None)
        self.here.put([pattern.box(step.row, step.column) if across else pattern.row(step.row)])
        self.curtain.fall(self._fallen(head, counts["mask"]))
        if self.heads is not None:
            self.heads.show(weights, pattern.most, head)

    def _fallen(self, head: int, count: int) -> float:
        """How far the curtain of a head is down when the mask has reached so many scores."""
        if not self.sizes.masked:
            return 0.0
        share = count / len(self.sizes.masked) - head
        return min(1.0, max(0.0, share)) if self.falling else float(share > 0)

    # --- a step ------------------------------------------------------------------------------------------------------------------------

    def within(self, step: AttentionStep) -> int:
        """Which number of its head a mixture makes."""
        found: int = step.column % self.sizes.value_width
        return found

    def advance(self, step: AttentionStep, term: int | None) -> None:
        """Frames the two numbers that are multiplied."""
        found: list[Box] = []
        if step.kind == "score" and term is not None:
            found = [self.query.box(step.row, term), self.keys.box(step.column, term)]
        elif step.kind == "mix" and term is not None and term in self.values.rows:
            found = [self.share.box(self.values.at(term)), self.values.box(term, self.within(step))]
        self.pair.put(found)

    def soften(self, step: AttentionStep, adding: int | None, done: bool) -> None:
        """The sum of all exponentials as one bar, and what of the columns beside the keys is looked at."""
        rows, kind = self.keys.rows, step.kind
        self._bar(step, adding, done)
        entries = self.score if kind == "max" else self.exp
        there = kind in ("max", "sum") and adding in rows
        self.pair.put([entries.box(rows.index(adding))] if there and adding is not None else [])
        scores = self.computed.masked[step.head, step.row]
        best = int(scores[: adding + 1].argmax()) if kind == "max" and adding is not None else int(scores.argmax())
        is_known = kind != "max" or adding is not None or done
        self.score.crowned(rows.index(best) if best in rows and is_known else None)

    def _bar(self, step: AttentionStep, adding: int | None, done: bool) -> None:
        weights, whole = self.computed.weights[step.head, step.row], float(self.computed.denominators[step.head, step.row])
        added = {"weight": len(weights), "sum": len(weights) if done else 0 if adding is None else adding + 1}.get(step.kind, 0)
        summed = step.kind == "weight" or (step.kind == "sum" and done)
        total = f"Σ {plain(whole, 2) if whole < LONG else fitting(whole, 6)}" if summed else "Σ"
        known = [n < added for n in range(len(weights))]
        self.bench.show_named([Row(total, "output", weights.tolist(), [], known=known, form="stack")], [])

    def entry(self, step: AttentionStep, term: int) -> list[Line]:
        """The number beside its key that a term of a mask or of a softmax is."""
        rows = self.keys.rows
        column = term if step.kind in ("max", "sum") else step.column
        entries = self.exp if step.kind in ("sum", "weight") else self.found if step.kind == "mask" else self.score
        if step.kind == "exp" and term == 1:
            column = self.computed.winner(step.head, step.row)
        return [entries.line(step.terms[term][0], rows.index(column))] if column in rows else []

    def mixed_from(self, step: AttentionStep, term: int) -> list[Line | Box]:
        """Where the weight and the value of a term stand, or of one that is not shown all of them."""
        rows, within = self.keys.rows, self.within(step)
        if term not in rows:
            return [self.share.whole, self.values.column(within)]
        return [self.share.line(step.terms[term][0], rows.index(term)), self.values.cell(term, within)]

    def together(self, step: AttentionStep, roles: Sequence[str]) -> list[Flight]:
        """The numbers of a long sum on their way to the strip, as one block of each kind."""
        columns = {"max": [self.score.whole], "sum": [self.exp.whole], "mix": [self.share.whole, self.values.column(self.within(step))]}
        return [Flight(role, n, boxes=(box, ON_STRIP)) for n, (role, box) in enumerate(zip(roles, columns[step.kind], strict=False))]

    def kept(self, step: AttentionStep) -> Box | None:
        """Where a result goes that has no cell: the largest score to where it stands, the sum of exponentials to its bar."""
        if step.kind == "sum":
            return self.bench.cells[0][0] if self.bench.cells else None
        best = self.computed.winner(step.head, step.row)
        return self.score.box(self.keys.rows.index(best)) if step.kind == "max" and best in self.keys.rows else None

    def onward(self, step: AttentionStep, role: str, start: Line) -> list[Flight]:
        """To where a result stands among all others."""
        if step.kind in ("score", "weight"):
            return [way(role, start, self.pattern.box(step.row, step.column))]
        if step.kind == "mix" and self.output is not None:
            return [Flight(role, lines=(start, self.output.table.lettered(start.text, step.row, step.column)))]
        return []

    # --- arcs --------------------------------------------------------------------------------------------------------------------------

    def join(self, step: AttentionStep, growing: tuple[int, float] | None = None) -> None:
        """Threads from keys that have a score, arcs from those with a share; one may be ``growing``, the key with how far it has come."""
        starts = [(self.rooms.arcs[0] + 0.04, self.keys.table.centre(at)[1]) for at in range(self.count)]
        far = [1.0] * self.count
        shares = list(self.shares)
        if growing is not None and growing[0] in self.keys.rows:
            at = self.keys.at(growing[0])
            far[at], shares[at] = growing[1], float(self.computed.weights[step.head, step.row, growing[0]])
        ends = side_by_side(self.nodes.end(step.row), self.computed.weights[step.head, step.row, self.keys.rows].tolist())
        self.arcs.show(starts, ends, shares, far)
        met = [n for n, there in enumerate(self.met) if there]
        self.arcs.spin([starts[n] for n in met], [ends[n] for n in met])

    def limit(self, role: str) -> float:
        """The number that has the strongest colour of a role."""
        tables = {"query": self.query.table, "key": self.keys.table, "value": self.values.table}
        return tables[role].limit if role in tables else self.pattern.most
