"""Queries meet keys on the stage: keys or values with their words at the left, arcs to the query, all scores at the right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from manim import Mobject

from engine.concepts.attention.step import AttentionStep
from engine.numbers import fitting, plain
from scenes.heads.arcs import Arcs
from scenes.heads.computed import Computed
from scenes.heads.curtain import Curtain, hidden
from scenes.heads.entries import Entries
from scenes.heads.heads import Heads
from scenes.heads.pattern import Pattern
from scenes.heads.rooms import MOST_QUERIES, WIDEST, rooms, shown_keys
from scenes.heads.roster import Roster, RowWords, room_for
from scenes.heads.worded import WordedBench
from scenes.parts.bench import LABEL_ROOM as BENCH_LABELS
from scenes.parts.bench import Row
from scenes.parts.heading import Heading
from scenes.parts.ink import Box, Ink, letter_size
from scenes.parts.raster import heat_limit
from scenes.parts.table import LABEL_ROOM, fitting_label
from scenes.parts.theme import Theme
from scenes.parts.travel import ON_STRIP, Flight
from scenes.parts.window import Frames

#: The kinds of steps of a softmax, in their order.
SOFTMAX = ("max", "exp", "sum", "weight")
LONG = 1000  # a sum from here on has no decimals
#: Of scores: width of a cell with digits, of one with a long word above it, of one without digits, and where digits are tried.
DIGITS, WORD, COLOURS, LEAST, MOST_DIGITS = 0.95, 1.15, 0.36, 3.2, 6


class Attending:
    """All parts, in their places; a step is shown by those of its ``scenery``: score, soft or mix."""

    def __init__(self, computed: Computed, labels: tuple[Sequence[str], Sequence[str]], theme: Theme) -> None:
        self.computed, self.sizes, self.theme, self.labels = computed, computed.sizes, theme, labels
        sizes = self.sizes
        names = room_for(labels[1])
        small = max(sizes.queries, sizes.keys) <= MOST_DIGITS
        wanted = max(LEAST, room_for(labels[0]) + sizes.keys * (min(max(DIGITS, names), WORD) if small else COLOURS))
        self.rooms = rooms(sizes.queries, max(sizes.width, sizes.value_width), names, wanted, sizes.heads)
        #: Whether the curtain falls score by score, and not all at once with the first that is hidden.
        self.falling = False
        self._build_keys(names)
        self._build_query()
        place = self.rooms
        self.pattern = Pattern(computed.scores, computed.weights, labels, place.pattern, theme, digits=small, others=computed.masked)
        self.curtain = Curtain(hidden(computed.masked[0]), self.pattern, theme)
        self.pattern.hang(self.curtain)
        self.heads = Heads(sizes.heads, sizes.queries, sizes.keys, place.heads, theme) if sizes.heads > 1 else None
        self.bench, self.arcs = WordedBench(place.bench, theme), Arcs(theme, self.pattern.most)
        self.here, self.pair = Frames(theme), Frames(theme)

    def _build_keys(self, names: float) -> None:
        """Keys and values, of which some are chosen where there are many, and the numbers beside them."""
        computed, theme, place = self.computed, self.theme, self.rooms
        self.count = shown_keys(self.sizes.keys)
        self.chooses = self.count < self.sizes.keys
        left, bottom, right, top = place.keys
        bottom += LABEL_ROOM if self.chooses else 0.0
        room = left, bottom, right, top
        kinds = (computed.k[0], computed.whole[1], "key"), (computed.v[0], computed.whole[2], "value")
        options: dict[str, Any] = {"rows": self.count, "words": names, "most": (WIDEST, 1.1)}
        self.keys, self.values = (
            Roster(values, self.labels[1], room, Heading(f"{role}s", role), theme, **options, others=whole) for values, whole, role in kinds
        )
        table, middle = self.keys.table, (left + names + right) / 2
        x0, _, x1, _ = place.column
        self.found = Entries("score", "output", x0, x1, table, theme)
        self.score = Entries("score", "output", left + names, middle, table, theme)
        self.exp = Entries("exp", "output", middle, right, table, theme, limit=1.0)
        self.share = Entries("weight", "share", x0, x1, table, theme, limit=1.0)
        self.words = RowWords(self.keys.names, table, None, "key", theme)
        self.note = Ink("", letter_size(), theme.muted, align=-1).put(left, place.keys[1] + LABEL_ROOM / 2)

    def _build_query(self) -> None:
        place, theme, computed = self.rooms, self.theme, self.computed
        few = self.sizes.queries if self.sizes.queries <= MOST_QUERIES else 1
        self.query, self.output = (
            Roster(values, self.labels[0], room, title, theme, rows=few, words=BENCH_LABELS, first=True, most=(1.2, 0.6), others=whole)
            for values, whole, room, title in (
                (computed.q[0], computed.whole[0], place.query, Heading("queries" if few > 1 else "query", "query")),
                (computed.mixed[0], computed.joined, place.output, Heading("output", "output")),
            )
        )

    # --- parts -------------------------------------------------------------------------------------------------------------------------

    def parts(self, scenery: str) -> list[Mobject]:
        """From back to front."""
        beside: list[Mobject] = {
            "score": [self.keys, self.found],
            "soft": [self.words, self.score, self.exp, self.share],
            "mix": [self.values, self.share],
        }[scenery]
        squares = [self.heads] if self.heads is not None else []
        shades = [self.here.shade, self.pair.shade]
        return [*shades, self.arcs, *beside, self.note, self.query, self.output, *squares, self.pattern, self.here, self.pair]

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

    def fill(self, step: AttentionStep, counts: Mapping[str, int], rests: bool) -> None:
        """Shows what is known; ``rests`` says that no query is looked at."""
        computed, head, row = self.computed, step.head, step.row
        self.pair.clear()
        self.score.crowned(None)
        for roster, per_head in (
            (self.keys, computed.k),
            (self.values, computed.v),
            (self.query, computed.q),
            (self.output, computed.mixed),
        ):
            roster.use(per_head[head])
        rows = self.chosen(step)
        across = step.column if step.kind not in ("max", "sum", "mix") else None
        for roster in (self.keys, self.values):
            roster.show(True, rows, None if rests else across)
        self.words.show(rows, None if rests else across)
        queries = None if self.sizes.queries <= MOST_QUERIES else [row]
        self.query.show(True, queries, None if rests else row)
        made = np.arange(computed.mixed[0].size).reshape(computed.mixed[0].shape) + head * computed.mixed[0].size < counts["mix"]
        self.output.show(made, queries, None if rests else row)
        self._note(step, rows)
        self._columns(head, row, rows, counts)
        self._patterns(step, counts, rests)

    def _note(self, step: AttentionStep, rows: Sequence[int]) -> None:
        if not self.chooses:
            return
        near = step.kind in ("score", "mask")
        what = f"keys {rows[0] + 1} to {rows[-1] + 1} of {self.sizes.keys}" if near else f"strongest {self.count} of {self.sizes.keys} keys"
        self.note.write(fitting_label(what, self.rooms.column[2] - self.rooms.keys[0]))

    def _columns(self, head: int, row: int, rows: Sequence[int], counts: Mapping[str, int]) -> None:
        computed = self.computed
        scores = computed.known_scores(head, counts)[row][rows]
        self.found.show(scores)
        self.score.show(scores)
        self.exp.show(computed.known(computed.exp[head], counts["exp"], head)[row][rows])
        shares = computed.known(computed.weights[head], counts["weight"], head)[row][rows]
        self.share.show(shares)
        self.shares: list[float] = np.nan_to_num(shares, nan=0.0).tolist()

    def _patterns(self, step: AttentionStep, counts: Mapping[str, int], rests: bool) -> None:
        computed, head, pattern = self.computed, step.head, self.pattern
        weights = [computed.known(computed.weights[h], counts["weight"], h) for h in range(self.sizes.heads)]
        pattern.show(computed.known_scores(head, counts), weights[head])
        across = step.kind in ("score", "mask", "exp", "weight")
        pattern.point(None if rests else step.row, step.column if across and not rests else None)
        self.here.put([] if rests else [pattern.box(step.row, step.column) if across else pattern.row(step.row)])
        self.curtain.fall(self._fallen(head, counts["mask"]))
        if self.heads is not None:
            self.heads.show(weights, pattern.most, None if rests else head)

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
        """Frames the weight and the number that are multiplied."""
        found = []
        if step.kind == "mix" and term is not None and term in self.values.rows:
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

    def together(self, step: AttentionStep, roles: Sequence[str]) -> list[Flight]:
        """The numbers of a long sum on their way to the strip, as one block of each kind."""
        columns = {"max": [self.score.whole], "sum": [self.exp.whole], "mix": [self.share.whole, self.values.column(self.within(step))]}
        return [Flight(role, n, boxes=(box, ON_STRIP)) for n, (role, box) in enumerate(zip(roles, columns[step.kind], strict=False))]

    def kept(self, step: AttentionStep) -> Box | None:
        """Where a result goes that has no cell: the largest score to where it stands, the sum of exponentials to its bar."""
        if step.kind == "sum":
            return self.bench.cells[0][0] if self.bench.cells else None
        best = int(self.computed.masked[step.head, step.row].argmax())
        return self.score.box(self.keys.rows.index(best)) if step.kind == "max" and best in self.keys.rows else None

    # --- arcs --------------------------------------------------------------------------------------------------------------------------

    def join(self, step: AttentionStep, growing: tuple[int, float] | None = None) -> None:
        """Arcs from the keys whose shares are known; one of them may be ``growing``, the key with how far it has come."""
        if step.kind in ("score", "mask"):
            self.arcs.clear()
            return
        ends = self.output if step.kind == "mix" else self.query
        x, y = ends.left(step.row)
        starts = [(self.rooms.arcs[0] + 0.04, self.keys.table.centre(at)[1]) for at in range(self.count)]
        far = [1.0] * self.count
        shares = list(self.shares)
        if growing is not None and growing[0] in self.keys.rows:
            at = self.keys.at(growing[0])
            far[at], shares[at] = growing[1], float(self.computed.weights[step.head, step.row, growing[0]])
        self.arcs.show(starts, (x - 0.1, y), shares, far)

    def limit(self, role: str) -> float:
        """The number that has the strongest colour of a role."""
        tables = {"query": self.query.table, "key": self.keys.table, "value": self.values.table}
        return tables[role].limit if role in tables else heat_limit(self.computed.scores)
