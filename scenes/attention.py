"""Attention: queries meet keys, a softmax turns scores into weights, weights mix values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from manim import Mobject

from engine.concepts.attention.step import AttentionStep
from scenes.heads.hall import hall
from scenes.heads.heads import Heads
from scenes.heads.pattern import Pattern
from scenes.heads.softmax import SOFTMAX, softmax_rows, texts
from scenes.parts.beat import Beat
from scenes.parts.bench import Bench, Row
from scenes.parts.desk import Framed, WrittenStep, framed
from scenes.parts.heading import Heading
from scenes.parts.ink import Box, Letters
from scenes.parts.motion import Cue
from scenes.parts.raster import heat_limit
from scenes.parts.story import Story
from scenes.parts.strip import Roles
from scenes.parts.table import Table
from scenes.parts.worked import WorkedReel

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
    "weight": (("output",), "weight"),
    "mix": (("weight", "value"), "output"),
    "project": (("output", "weight"), "output"),
}
#: Kinds of steps that project, with the letter of their weights.
PROJECTIONS = {"query": "q", "key": "k", "value": "v", "project": "o"}


class Attention(WorkedReel[AttentionStep]):
    """Queries, keys and values at the left; then who looks at whom, and the output; below or beside them the bench."""

    concept = "attention"

    def legend(self) -> list[str]:
        return [*(["input", "weight"] if self.trace.sizes.projected else []), "query", "key", "value", "output", "reading"]

    def layout(self, trace: Story[AttentionStep]) -> None:
        sizes, inputs, outputs = trace.sizes, trace.inputs, trace.outputs
        self.vectors = [
            outputs[role] if sizes.projected else inputs[name] for role, name in zip("qkv", ("query", "key", "value"), strict=True)
        ]
        if sizes.extra:
            learned = (inputs["bias_k"], inputs["bias_v"])
            self.vectors[1:] = [np.vstack([x, bias]) for x, bias in zip(self.vectors[1:], learned, strict=True)]
        # One head has no axis of its own in a trace.
        self.scores, self.weights, self.exp = (
            outputs[name].reshape(sizes.heads, sizes.queries, sizes.keys)
            for name in ("raw" if "raw" in outputs else "scores", "weights", "exp")
        )
        self.denominators = outputs["denominator"].reshape(sizes.heads, sizes.queries)
        self.mixed = outputs["heads"] if sizes.output_width else outputs["output"]
        made = max(self.mixed.shape[1], outputs["output"].shape[1])
        self.hall = hall(sizes.queries, sizes.keys, max(v.shape[1] for v in self.vectors), made, sizes.heads)
        self.bench = Bench(self.hall.bench, self.theme)
        self._build_tables(trace)
        self._build_projections(trace)

    def _build_tables(self, trace: Story[AttentionStep]) -> None:
        sizes, rooms = trace.sizes, self.hall
        self.qkv = [
            Table(values, room, Heading(role[0].upper(), role, beside=True), self.theme, most=(0.95, 0.5))
            for values, room, role in zip(self.vectors, rooms.vectors, ("query", "key", "value"), strict=True)
        ]
        masked = trace.outputs["scores"].reshape(self.scores.shape)
        self.pattern = Pattern(self.scores, self.weights, trace.labels, rooms.pattern, self.theme, digits=rooms.small, others=masked)
        self.low = self.pattern.head if rooms.small else None
        label = "heads" if sizes.output_width else "output"
        self.output = Table(self.mixed, rooms.output, Heading(label, "output"), self.theme, low=self.low)
        self.heads = Heads(sizes.heads, sizes.queries, sizes.keys, rooms.heads, self.theme) if sizes.heads > 1 else None

    def _build_projections(self, trace: Story[AttentionStep]) -> None:
        """What is multiplied by weights, and the weights."""
        inputs, rooms = trace.inputs, self.hall
        self.given: dict[str, tuple[Table, Table]] = {}
        beside = (self.pattern.left, *rooms.first[1:]) if rooms.small else rooms.first
        for source, role in zip(trace.sources, "qkv", strict=True) if trace.sizes.projected else ():
            label = "embeddings" if source == "embeddings" else f"{source} (given)"
            self.given[role] = (
                Table(inputs[source], beside, Heading(label, "input"), self.theme, low=self.low),
                Table(inputs[f"W_{role}"], rooms.weights, Heading(f"W_{role}", "weight"), self.theme, low=self.low),
            )
        if trace.sizes.output_width:
            self.given["o"] = (
                Table(self.mixed, beside, Heading("heads", "output"), self.theme, low=self.low),
                Table(inputs["W_o"], rooms.weights, Heading("W_o", "weight"), self.theme, low=self.low),
            )
            self.made = Table(trace.outputs["output"], rooms.output, Heading("output", "output"), self.theme, low=self.low)
        for x, w in self.given.values():
            x.show(x.values.size)
            w.show(w.values.size)
        self.names = Letters(self.theme.muted)
        if rooms.small:
            self.names.write_lines(self.pattern.row_lines.values())

    # --- parts -----------------------------------------------------------------------------------------------------------------------

    def scenery(self, step: AttentionStep) -> str:
        return PROJECTIONS.get(step.kind, "attend")

    def parts(self, scenery: str) -> list[Mobject]:
        squares = [self.heads] if self.heads is not None else []
        if scenery in ("attend", "end"):
            made = self.made if scenery == "end" and self.trace.sizes.output_width else self.output
            return [*self.qkv, self.pattern, *squares, made]
        there = [self.made] if scenery == "o" else [self.output] if squares or not self.hall.small else []
        beside = squares if not self.hall.small else []
        return [*self.qkv, self.names, *self.given[scenery], *there, *beside]

    def shown_by(self, path: str) -> Table | None:
        scenery, sizes = getattr(self, "standing", ""), self.trace.sizes
        if path == "output" and scenery:
            return self.made if sizes.output_width else self.output
        sources = dict(zip("qkv", self.trace.sources if sizes.projected else ("query", "key", "value"), strict=True))
        letter = next((role for role, source in sources.items() if source == path), None)
        if letter is None or sizes.extra:
            return None
        if not sizes.projected:
            return self.qkv["qkv".index(letter)]
        return self.given[scenery][0] if sources.get(scenery) == path else None

    def closing(self, beat: Beat) -> list[Cue]:
        return self.at_rest(beat, self.trace[len(self.trace) - 1], True, "end")

    def columns(self, head: int, width: int) -> tuple[int, int]:
        """First column and number of columns of a head in a table of all heads."""
        return head * width, width

    def reads(self, step: AttentionStep) -> Mapping[str, Framed]:
        sizes, row, column = self.trace.sizes, step.row, step.column
        if step.kind in PROJECTIONS:
            x, w = self.given[PROJECTIONS[step.kind]]
            return {"x": _row(x, row), "w": _row(w, column)}
        q, k, v = self.qkv
        if step.kind == "score":
            at = self.columns(step.head, sizes.width)
            return {"q": _part(q, row, at), "k": _part(k, column, at)}
        if step.kind in ("max", "sum"):
            return {"row": Framed(self.pattern.row(row))}
        if step.kind == "mix":
            return {"row": Framed(self.pattern.row(row)), "v": framed(v.box(0, column, v.rows), shaded=v.has_digits)}
        return {"row": Framed(self.pattern.box(row, column))}

    def target(self, step: AttentionStep) -> Box | None:
        if step.kind in ("query", "key", "value"):
            return self.qkv[("query", "key", "value").index(step.kind)].box(step.row, step.column)
        if step.kind == "mix":
            return self.output.box(step.row, step.column)
        if step.kind == "project":
            return self.made.box(step.row, step.column)
        return self.pattern.box(step.row, step.column) if step.kind in ("score", "mask", "weight") else None

    def roles(self, step: AttentionStep) -> tuple[Roles, str]:
        roles, result = ROLES[step.kind]
        if step.kind == "mask":
            return [("output",), ("muted",)], result if np.isinf(step.value) else "output"
        return roles, result

    # --- what is known ---------------------------------------------------------------------------------------------------------------

    def fill(self, step: AttentionStep, done: bool) -> None:
        sizes, counts = self.trace.sizes, self.trace.blocks.done(step.index + done)
        for table, kind in zip(self.qkv, ("query", "key", "value"), strict=True):
            known = np.arange(table.values.size) < (counts[kind] if sizes.projected else table.values.size)
            # The numbers of a bias are given.
            known[table.values.size - table.columns * (sizes.extra if kind != "query" else 0) :] = True
            table.show(known)
        # After the last head the heads are complete; the first one is shown before any.
        head = sizes.heads - 1 if step.kind == "project" else step.head if step.kind not in PROJECTIONS else 0
        weights = [self.known(self.weights[h], counts["weight"], h) for h in range(sizes.heads)]
        self.pattern.show(self.known_scores(head, counts), weights[head])
        chosen = step.kind not in PROJECTIONS and not (done and step.index == len(self.trace) - 1)
        across = step.kind in ("score", "mask", "exp", "weight")
        self.pattern.point(step.row if chosen else None, step.column if chosen and across else None)
        self.output.show(self.known_heads(counts["mix"]))
        if self.heads is not None:
            self.heads.show(weights, self.pattern.most, head if chosen else None)
        if sizes.output_width:
            self.made.show(counts["project"])

    def known(self, values: np.ndarray, count: int, head: int) -> np.ndarray:
        """Of a head's numbers those that are known when ``count`` of all heads are; nan stands for the others."""
        flags = np.arange(values.size).reshape(values.shape) + head * values.size < count
        return np.where(flags, values, np.nan)

    def known_scores(self, head: int, counts: Mapping[str, int]) -> np.ndarray:
        """Scores, those that the mask has reached already with it."""
        scores = self.known(self.scores[head], counts["score"], head)
        after = self.trace.outputs["scores"].reshape(self.scores.shape)[head]
        masked = self.trace.sizes.masked
        for cell in masked[: max(0, counts["mask"] - head * len(masked))]:
            scores[cell] = after[cell]
        return scores

    def known_heads(self, count: int) -> np.ndarray:
        """Which numbers of the heads' outputs are known."""
        sizes = self.trace.sizes
        cells = np.arange(sizes.queries * sizes.value_width).reshape(sizes.queries, sizes.value_width)
        return np.concatenate([cells + head * cells.size < count for head in range(sizes.heads)], axis=1)

    # --- the bench -------------------------------------------------------------------------------------------------------------------

    def bench_of(self, step: AttentionStep) -> str:
        return "softmax" if step.kind in SOFTMAX else step.kind

    def work(self, work: WrittenStep[AttentionStep], ticks: int, done: bool) -> None:
        kind = work.step.kind
        if kind in SOFTMAX:
            self.soften(work, ticks, done)
        elif kind == "mask":
            self.hide(work, done)
        else:
            self.multiply(work, ticks, done)

    def multiply(self, work: WrittenStep[AttentionStep], ticks: int, done: bool) -> None:
        """Two rows of numbers, to be multiplied pair by pair; a bias is the last of the second."""
        step, terms = work.step, work.written.terms
        names = {"score": ("query", "key"), "mix": ("weight", "value"), "project": ("heads", "W_o")}
        above, below = names.get(step.kind, ("input", f"W_{step.kind[0]}"))
        roles = ROLES[step.kind][0]
        pairs = [n for n, term in enumerate(terms) if len(term) == 2]
        limits = [self.limit(role, step) for role in roles]
        note = f"sum ÷ {work.written.divisor}" if work.written.divisor != "1" else "sum"
        self.bench.show(
            [
                Row(above, roles[0], [step.terms[n][0] for n in pairs], [terms[n][0] for n in pairs], limits[0]),
                Row(f"× {below}", roles[1], [term[-1] for term in step.terms], [term[-1] for term in terms], limits[1], note=note),
            ],
            self.pattern.cell[0] if step.kind == "mix" else None,
        )
        self.bench.mark(ticks - 1 if ticks and not done else None)

    def limit(self, role: str, step: AttentionStep) -> float:
        """The number that has the strongest colour of a role."""
        tables = {"query": self.qkv[0], "key": self.qkv[1], "value": self.qkv[2]}
        if step.kind in PROJECTIONS:
            x, w = self.given[PROJECTIONS[step.kind]]
            return (x if role != "weight" else w).limit
        return tables[role].limit if role in tables else self.pattern.most

    def hide(self, work: WrittenStep[AttentionStep], done: bool) -> None:
        """Scores above the mask: numbers that are added to them, or 1 and 0."""
        step = work.step
        scores = self.known_scores(step.head, self.trace.blocks.done(step.index + done))[step.row]
        mask = self.trace.inputs["mask"][step.row]
        note = "is added" if self.trace.params["mask_kind"] == "additive" else "0 hides"
        self.bench.show(
            [
                Row("score", "output", scores.tolist(), texts(scores), heat_limit(self.scores[step.head])),
                Row("mask", "muted", mask.tolist(), texts(mask), heat_limit(mask), note=note),
            ],
            self.pattern.cell[0],
        )
        self.bench.mark(step.column)

    def soften(self, work: WrittenStep[AttentionStep], ticks: int, done: bool) -> None:
        """The four rows of a softmax, and what of them is looked at."""
        step = work.step
        head, row, kind = step.head, step.row, step.kind
        scores = self.trace.outputs["scores"].reshape(self.scores.shape)[head, row]
        rows = softmax_rows(work, ticks, done, scores, self.exp[head, row], self.weights[head, row], float(self.denominators[head, row]))
        self.bench.show([replace(rows[0], limit=heat_limit(self.scores[head])), *rows[1:]], self.pattern.cell[0])
        adding = ticks - 1 if ticks and not done else None
        if kind == "max":
            self.bench.mark(adding, 0, 0)
            self.bench.win(int(scores[:ticks].argmax()) if ticks else None)
            return
        self.bench.win(int(scores.argmax()))
        if kind == "sum":
            self.bench.mark(adding, 1, 1)
        else:
            self.bench.mark(step.column, *((0, 1) if kind == "exp" else (1, 3)))


def _row(table: Table, row: int) -> Framed:
    return framed(table.box(row, 0, 1, table.columns), shaded=table.has_digits)


def _part(table: Table, row: int, columns: tuple[int, int]) -> Framed:
    first, count = columns
    return framed(table.box(row, first, 1, count), shaded=table.has_digits)
