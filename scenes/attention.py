"""Attention: queries meet keys, a softmax turns scores into weights, weights mix values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from manim import Mobject

from engine.concepts.attention.step import AttentionStep
from scenes.heads.attending import SOFTMAX, Attending
from scenes.heads.computed import Computed
from scenes.heads.ending import Ending
from scenes.heads.product import Laid, WordedMatrix, bench_below, side_by_side
from scenes.heads.roster import Roster
from scenes.parts.beat import Beat
from scenes.parts.desk import Acts, Framed, WrittenStep, framed
from scenes.parts.heading import Heading
from scenes.parts.ink import LEAST_PX, Box, Line
from scenes.parts.motion import Cue, during
from scenes.parts.pieces import Piece, Roles
from scenes.parts.story import Story
from scenes.parts.travel import Flight
from scenes.parts.worked import MOST_TRAVELLING, WorkedReel

#: Of the factors of a step's terms, and of its result.
ROLES: dict[str, tuple[tuple[str, ...], str]] = {
    "query": (("input", "weight"), "query"),
    "key": (("input", "weight"), "key"),
    "value": (("input", "weight"), "value"),
    "score": (("query", "key"), "output"),
    "mask": (("output",), "muted"),
    "max": (("output",), "output"),
    "exp": (("output",), "output"),
    "sum": (("output",), "output"),
    "weight": (("output",), "share"),
    "mix": (("share", "value"), "output"),
    "project": (("output", "weight"), "output"),
}
#: Kinds of steps that project, with the letter of their weights.
PROJECTIONS = {"query": "q", "key": "k", "value": "v", "project": "o"}
#: In which picture a step is seen, and what lies on the bench with it.
SCENERIES = {**PROJECTIONS, "score": "score", "mask": "score", **dict.fromkeys(SOFTMAX, "soft"), "mix": "mix"}


class Attention(WorkedReel[AttentionStep]):
    """Projections one by one; then one query is followed: its scores, its softmax, the values that it mixes; at the end the whole."""

    concept = "attention"
    acts = Acts(0.1, 0.24, 0.68, 0.8)

    def legend(self) -> list[str]:
        return [*(["input", "weight"] if self.trace.sizes.projected else []), "query", "key", "value", "share", "output", "reading"]

    def layout(self, trace: Story[AttentionStep]) -> None:
        self.computed, self.labels = Computed(trace), trace.labels
        self.attending = Attending(self.computed, trace.labels, self.theme)
        self.products: dict[str, list[Roster]] = {}
        inputs, (asks, meets) = trace.inputs, trace.labels
        for (source, role), kind, whole in zip(
            zip(trace.sources, "qkv", strict=True), ("query", "key", "value"), self.computed.whole, strict=True
        ):
            names = asks if role == "q" else meets
            if trace.sizes.projected:
                self.products[role] = self.product(inputs[source], source, inputs[f"W_{role}"], role, (whole, kind), names)
        if trace.sizes.output_width:
            made = trace.outputs["output"], "output"
            self.products["o"] = self.product(self.computed.joined, "heads", inputs["W_o"], "o", made, asks)
        self.below = bench_below(self.theme)
        self.ending = Ending(trace, self.computed, self.theme)
        self.bench = self.below

    def product(
        self, given: np.ndarray, source: str, weight: np.ndarray, letter: str, made: tuple[np.ndarray, str], names: Sequence[str]
    ) -> list[Roster]:
        """What is multiplied, by what, and what comes of it."""
        values, role = made
        title = {"query": "queries", "key": "keys", "value": "values"}.get(role, role)
        of_source = Heading(source if source in ("embeddings", "heads") else f"{source} (given)", "output" if letter == "o" else "input")
        # All outputs are shown at the end, so they are coloured where they are many.
        some = letter != "o"
        operands = [
            WordedMatrix(given, of_source, names[: len(given)], chooses=some),
            WordedMatrix(weight, Heading(f"W_{letter}", "weight")),
        ]
        return side_by_side([*operands, WordedMatrix(values, Heading(title, role), names, chooses=some)], self.theme)

    # --- parts -----------------------------------------------------------------------------------------------------------------------

    def scenery(self, step: AttentionStep) -> str:
        return SCENERIES[step.kind]

    def build(self, step: AttentionStep) -> None:
        self.bench = self.attending.bench if self.standing in ("score", "soft", "mix") else self.below

    def parts(self, scenery: str) -> list[Mobject]:
        if scenery in ("open", "end"):
            return self.ending.parts(scenery)
        return [*self.products[scenery]] if scenery in self.products else self.attending.parts(scenery)

    def shown_by(self, path: str) -> Any:
        scenery, sizes = getattr(self, "standing", ""), self.trace.sizes
        if path == "output":
            return self.shown_output(scenery)
        if not sizes.projected and scenery == "open":
            names = ("query", "key", "value")
            found = self.ending.given[names.index(path)] if path in names else None
            return found.table if found is not None and not (sizes.extra and path != "query") else None
        letter = next((role for role, source in zip("qkv", self.trace.sources, strict=True) if source == path), "")
        return self.products[letter][0].table if letter == scenery and letter in self.products else None

    def shown_output(self, scenery: str) -> Any:
        """The table of all outputs, where there is one."""
        if scenery == "mix":
            return None if self.attending.output is None else self.attending.output.table
        return {"end": self.ending.output.table, "o": self.products["o"][2].table if "o" in self.products else None}.get(scenery)

    def opening(self, beat: Beat) -> list[Cue]:
        step = self.trace[0]
        return self.at_rest(beat, step, False, self.scenery(step) if self.trace.sizes.projected else "open")

    def closing(self, beat: Beat) -> list[Cue]:
        return self.at_rest(beat, self.trace[len(self.trace) - 1], True, "end")

    # --- the step --------------------------------------------------------------------------------------------------------------------

    def reads(self, step: AttentionStep) -> Mapping[str, Framed]:
        place, kind, row, column = self.attending, step.kind, step.row, step.column
        if kind in PROJECTIONS:
            x, w, _ = self.products[PROJECTIONS[kind]]
            return {"x": _whole(x, row), "w": _whole(w, column)}
        at = place.keys.at(column)
        found = {
            "score": lambda: {"q": _whole(place.query, row), "k": _whole(place.keys, column)},
            "mask": lambda: {"score": Framed(place.found.box(at))},
            "max": lambda: {"entry": Framed(place.score.whole)},
            "exp": lambda: {"entry": Framed(place.score.box(at))},
            "sum": lambda: {"entry": Framed(place.exp.whole)},
            "weight": lambda: {"entry": Framed(place.exp.box(at))},
            "mix": lambda: {"share": Framed(place.share.whole), "v": Framed(place.values.column(place.within(step)))},
        }
        return found[kind]()

    def target(self, step: AttentionStep) -> Box | None:
        place, kind = self.attending, step.kind
        if kind in PROJECTIONS:
            return self.products[PROJECTIONS[kind]][2].box(step.row, step.column)
        at = place.keys.at(step.column)
        beside = {"score": place.found, "mask": place.found, "exp": place.exp, "weight": place.share}
        if kind == "mix":
            return place.mixture.box(step.row, place.within(step))
        return beside[kind].box(at) if kind in beside else None

    def roles(self, step: AttentionStep) -> tuple[Roles, str]:
        roles, result = ROLES[step.kind]
        if step.kind == "mask":
            return [("output",), ("muted",)], result if np.isinf(step.value) else "output"
        return roles, result

    def fill(self, step: AttentionStep, done: bool) -> None:
        counts = self.trace.blocks.done(step.index + done)
        if self.standing in ("open", "end"):
            self.ending.fill(self.standing)
        elif step.kind in PROJECTIONS:
            x, w, made = self.products[PROJECTIONS[step.kind]]
            x.show(True, x.window(step.row), step.row)
            w.show(True)
            flags = np.arange(made.values.size).reshape(made.values.shape) < counts[step.kind]
            flags[len(flags) - (self.trace.sizes.extra if step.kind in ("key", "value") else 0) :] = True
            made.show(flags, made.window(step.row), step.row)
        else:
            self.attending.fill(step, counts, done)
            self.attending.join(step)

    # --- the bench -------------------------------------------------------------------------------------------------------------------

    def bench_of(self, step: AttentionStep) -> str:
        return "softmax" if step.kind in SOFTMAX else step.kind

    def work(self, work: WrittenStep[AttentionStep], ticks: int, done: bool) -> None:
        kind = work.step.kind
        adding = ticks - 1 if ticks and not done else None
        if kind in SOFTMAX:
            self.attending.soften(work.step, adding, done)
            return
        if kind not in PROJECTIONS:
            self.attending.ask(work.step, True)
            self.attending.advance(work.step, adding)
        if self.lies(work.step):
            self.lying(work).show(self.bench, adding)
        else:
            self.bench.clear()

    def lies(self, step: AttentionStep) -> bool:
        """Whether the numbers of a step lie on the bench; those of a vector that can be read are worked on where they stand."""
        return step.kind in PROJECTIONS or (self.attending.wide and step.kind in ("score", "mix"))

    def lying(self, work: WrittenStep[AttentionStep]) -> Laid:
        """Two rows of numbers, to be multiplied pair by pair."""
        kind = work.step.kind
        names = {"score": ("query", "key"), "mix": ("weight", "value"), "project": ("heads", "W_o")}
        above, below = names.get(kind, ("input", f"W_{kind[0]}"))
        roles = ROLES[kind][0]
        tables = [roster.table.limit for roster in self.products.get(PROJECTIONS.get(kind, ""), ())]
        words = self.labels[1] if kind == "mix" else ()
        return Laid.of(work, (above, f"× {below}"), roles, tables or [self.attending.limit(role) for role in roles], words)

    # --- what moves --------------------------------------------------------------------------------------------------------------------

    def clear_bench(self, work: WrittenStep[AttentionStep]) -> None:
        if self.lies(work.step):
            self.bench.clear()

    def flights(self, work: WrittenStep[AttentionStep]) -> list[Flight]:
        step, place = work.step, self.attending
        if not self.lies(step):
            long = step.kind in (*SOFTMAX, "mix") and len(step.terms) > MOST_TRAVELLING
            return place.together(step, ROLES[step.kind][0]) if long else place.arriving(step) if place.comes(step) else []
        if step.kind == "mix":
            return self.lying(work).flights(self.bench, lambda n, term: place.mixed_from(step, term)[n])
        rosters = (place.query, place.keys) if step.kind == "score" else self.products[PROJECTIONS[step.kind]]
        rows = step.row, step.column
        return self.lying(work).flights(self.bench, lambda n, term: self.origin_of(work, rosters[n], rows[n], n, term))

    def origin_of(self, work: WrittenStep[AttentionStep], roster: Roster, row: int, factor: int, term: int) -> Line | Box:
        """Where a factor stands; a bias stands nowhere, and comes to be on the bench."""
        alone = factor and len(work.step.terms[term]) == 1
        return self.lying(work).at(self.bench, 1, term) if alone else roster.cell(row, term)

    def sources(self, work: WrittenStep[AttentionStep], term: int) -> Sequence[Line | Box]:
        place, step = self.attending, work.step
        if self.lies(step):
            return self.lying(work).sources(self.bench, term)
        if step.kind == "score":
            return [place.query.cell(step.row, term), place.keys.cell(step.column, term)]
        if step.kind == "mix":
            return place.mixed_from(step, term) if term in place.keys.rows else ()
        return place.entry(step, term)

    def landing(self, work: WrittenStep[AttentionStep]) -> list[Flight]:
        """To its place beside the key, and on to that among all scores."""
        step, start = work.step, self.strip.last
        box = self.target(step) or self.attending.kept(step)
        if box is None or start is None:
            return []
        x0, y0, x1, y1 = box
        role = self.roles(step)[1]
        own = Flight(role, lines=(start, Line(start.text, max(LEAST_PX, start.size * 0.8), (x0 + x1) / 2, (y0 + y1) / 2)))
        return [own, *self.attending.onward(step, role, start)]

    def full(self, beat: Beat) -> list[Cue]:
        return [*super().full(beat), *self.growing(beat, self.acts)]

    def quick(self, beat: Beat) -> list[Cue]:
        return [*super().quick(beat), *self.growing(beat, self.quick_acts)]

    def growing(self, beat: Beat, acts: Acts) -> list[Cue]:
        """An arc grows with its share, and before the first score is hidden the curtain falls."""
        step = self.trace[beat.start]
        if step.kind == "weight":
            return [during(acts.added, acts.written, lambda share: self.attending.join(step, (step.column, share)))]
        if step.kind == "mask" and self.is_first_hidden(step):
            return [during(0.0, acts.added, self.attending.curtain.fall)]
        return []

    def sweep(self, beat: Beat) -> list[Cue]:
        """Where a sweep comes to the mask before any other beat, the curtain falls in it."""
        first = self.trace.blocks.first("mask")
        falls = first is not None and beat.start <= first < beat.stop

        def fall(there: bool) -> Callable[[float], bool]:
            def draw(_: float) -> bool:
                self.attending.falling = there
                return False

            return draw

        # What is shown next finds the curtain down with the first score that is hidden.
        return [Cue(0.0, 1.0, fall(falls)), *super().sweep(beat), Cue(0.0, 1.0, fall(False))]

    def is_first_hidden(self, step: AttentionStep) -> bool:
        """Whether the mask has hidden nothing of its head before."""
        return (step.row, step.column) == tuple(self.trace.sizes.masked[0])

    def name(self, work: WrittenStep[AttentionStep]) -> list[Piece]:
        step = work.step
        if step.kind not in ("score", "weight", "exp", "mask"):
            return super().name(work)
        place = self.attending
        asks, meets = place.query.names[step.row], place.keys.names[step.column]
        what = [Piece(asks, "query"), Piece("→", "muted"), Piece(meets, "key"), Piece(work.written.relation, "ink")]
        return [*what, Piece(work.written.value, self.roles(step)[1])]


def _whole(roster: Roster, row: int) -> Framed:
    return framed(roster.row(row), shaded=roster.table.has_digits)
