"""The way back through attention: from the gradient of the output to those of values, weights, scores, queries and keys."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from manim import Mobject

from engine.concepts.attention.backward_step import AttentionGradStep
from scenes.parts.bench import Bench, Row
from scenes.parts.desk import Framed, WrittenStep, framed
from scenes.parts.frame import STAGE
from scenes.parts.heading import Heading
from scenes.parts.ink import Box
from scenes.parts.rooms import columns, rows
from scenes.parts.story import Story
from scenes.parts.strip import Roles
from scenes.parts.table import LETTER_ROOM, Table
from scenes.parts.worked import WorkedReel

#: Of every kind of step what it multiplies and what it makes: names of tables, and for the labels on the bench.
FACTORS: dict[str, tuple[str, str, str]] = {
    "value": ("W", "dO", "dV"),
    "weight": ("dO", "V", "dW"),
    "row sum": ("W", "dW", "Σ"),
    "score": ("W", "dW", "dS"),
    "query": ("dS", "K", "dQ"),
    "key": ("dS", "Q", "dK"),
}
ROLES = {"W": "weight", "Q": "query", "K": "key", "V": "value"}
#: Of the stage's height, two rows of tables and the bench.
SHARES = (1.0, 1.0, 0.8)


class AttentionBackward(WorkedReel[AttentionGradStep]):
    """What was given at the left, its gradients at the right, between them the matrices on the way; below these the bench."""

    concept = "attention_backward"

    def legend(self) -> list[str]:
        return ["query", "key", "value", "weight", "gradient", "reading"]

    def layout(self, trace: Story[AttentionGradStep]) -> None:
        inputs, outputs = trace.inputs, trace.outputs
        keys, width, value_width = len(inputs["key"]), inputs["key"].shape[1], inputs["value"].shape[1]
        wide = max(width, value_width)
        # Few keys could have digits in the middle, if what stands at the sides leaves them the room.
        side = LETTER_ROOM + min(max(wide, 2) * (0.67 if wide >= keys else 0.9), 3.3)
        left, bottom, right, top = STAGE
        middle = (left + side + 0.4, bottom, right - side - 0.4, top)
        upper, lower, bench = rows(middle, SHARES, gap=0.12)
        # What is multiplied cell by cell stands one above the other.
        shares = (max(keys, 2), min(1.2, keys / 3), max(keys, 2))
        above, below = columns(upper, shares), columns(lower, shares)
        given, found = (rows(box, (1, 1, 1), gap=0.18) for box in ((left, bottom, left + side, top), (right - side, bottom, right, top)))
        self.bench = Bench(bench, self.theme)
        self.tables = {
            "dO": self.table(inputs["grad_output"], above[2], "dO"),
            "W": self.table(inputs["weights"], above[0], "W"),
            "dW": self.table(outputs["grad_weights"], below[0], "dW"),
            "Σ": self.table(outputs["row_sum"][:, None], below[1], "Σ"),
            "dS": self.table(outputs["grad_scores"], below[2], "dS"),
        }
        for letter, name, here, there in zip("QKV", ("query", "key", "value"), given, found, strict=True):
            self.tables[letter] = self.table(inputs[name], here, letter, beside=True)
            self.tables[f"d{letter}"] = self.table(outputs[f"grad_{name}"], there, f"d{letter}", beside=True)

    def table(self, values: np.ndarray, room: Box, label: str, *, beside: bool = False) -> Table:
        """A table in the colour of its letter; all gradients have one colour."""
        return Table(values, room, Heading(label, ROLES.get(label, "gradient"), beside), self.theme, most=(0.95, 0.5))

    def scenery(self, step: AttentionGradStep) -> str:
        return "all"

    def parts(self, scenery: str) -> list[Mobject]:
        return list(self.tables.values())

    def reads(self, step: AttentionGradStep) -> Mapping[str, Framed]:
        one, other, _ = (self.tables[name] for name in FACTORS[step.kind])
        row, column = step.row, step.column
        across, down = _row, _column
        first, second = {
            "value": (down(one, row), down(other, column)),
            "weight": (across(one, row), across(other, column)),
            "row sum": (across(one, row), across(other, row)),
            "score": (one.box(row, column), other.box(row, column)),
            "query": (across(one, row), down(other, column)),
            "key": (down(one, row), down(other, column)),
        }[step.kind]
        frames = {"first": framed(first, shaded=one.has_digits), "second": framed(second, shaded=other.has_digits)}
        if step.kind == "score":
            frames["sum"] = framed(self.tables["Σ"].box(row, 0), shaded=self.tables["Σ"].has_digits)
        return frames

    def target(self, step: AttentionGradStep) -> Box | None:
        return self.tables[FACTORS[step.kind][2]].box(step.row, step.column)

    def fill(self, step: AttentionGradStep, done: bool) -> None:
        counts = self.trace.blocks.done(step.index + done)
        found = {made: counts[kind] for kind, (_, _, made) in FACTORS.items()}
        for name, table in self.tables.items():
            table.show(found.get(name, table.values.size))

    def roles(self, step: AttentionGradStep) -> tuple[Roles, str]:
        one, other, _ = FACTORS[step.kind]
        return (ROLES.get(one, "gradient"), ROLES.get(other, "gradient")), "gradient"

    def bench_of(self, step: AttentionGradStep) -> str:
        return step.kind

    def work(self, work: WrittenStep[AttentionGradStep], ticks: int, done: bool) -> None:
        step, terms = work.step, work.written.terms
        names = FACTORS[step.kind][:2]
        labels = (names[0], "× dW−Σ" if step.kind == "score" else f"× {names[1]}")
        note = f"sum ÷ {work.written.divisor}" if work.written.divisor != "1" else "sum"
        self.bench.show(
            [
                Row(
                    label,
                    ROLES.get(name, "gradient"),
                    [term[n] for term in step.terms],
                    [term[n] for term in terms],
                    self.tables[name].limit,
                    note=note if n else "",
                )
                for n, (name, label) in enumerate(zip(names, labels, strict=True))
            ]
        )
        self.bench.mark(ticks - 1 if ticks and not done else None)


def _row(table: Table, row: int) -> Box:
    return table.box(row, 0, 1, table.columns)


def _column(table: Table, column: int) -> Box:
    return table.box(0, column, table.rows)
