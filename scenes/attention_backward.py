"""The way back through attention: from the gradient of the output to those of values, weights, scores, queries and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from manim import Mobject

from engine.concepts.attention.backward_step import AttentionGradStep
from scenes.heads.product import Laid, WordedMatrix, bench_below, side_by_side
from scenes.heads.roster import Roster
from scenes.parts.beat import Beat
from scenes.parts.desk import Acts, Framed, WrittenStep, framed
from scenes.parts.heading import Heading
from scenes.parts.ink import Box, Line
from scenes.parts.motion import Cue
from scenes.parts.pieces import Roles
from scenes.parts.story import Story
from scenes.parts.travel import Flight
from scenes.parts.worked import WorkedReel

#: Of every kind of step what it multiplies and what it makes.
FACTORS: dict[str, tuple[str, str, str]] = {
    "value": ("W", "dO", "dV"),
    "weight": ("dO", "V", "dW"),
    "row sum": ("W", "dW", "Σ"),
    "score": ("W", "dW", "dS"),
    "query": ("dS", "K", "dQ"),
    "key": ("dS", "Q", "dK"),
}
#: What is given, and what is asked for.
GIVEN, ASKED = ("dO", "W", "Q", "K", "V"), ("dQ", "dK", "dV")
ROLES = {"W": "share", "Q": "query", "K": "key", "V": "value"}
#: Whose words the rows of a matrix have, and those with words for their columns.
BY_KEY, SQUARE = ("K", "V", "dK", "dV"), ("W", "dW", "dS")
#: Kinds of steps whose terms are one for each query, or for each key.
OVER_QUERIES, OVER_KEYS = ("value", "key"), ("row sum", "query")
#: How a factor is read: a row or a column of its matrix, by the row or the column of the cell that is made; all else is one cell.
LINES = {
    "value": (("column", "row"), ("column", "column")),
    "weight": (("row", "row"), ("row", "column")),
    "row sum": (("row", "row"), ("row", "row")),
    "query": (("row", "row"), ("column", "column")),
    "key": (("column", "row"), ("column", "column")),
}


class AttentionBackward(WorkedReel[AttentionGradStep]):
    """Product by product: what is multiplied and what comes of it stand side by side, the bench below them; at the end all gradients."""

    concept = "attention_backward"
    acts = Acts(0.1, 0.26, 0.68, 0.8)

    def legend(self) -> list[str]:
        return ["query", "key", "value", "share", "gradient", "reading"]

    def layout(self, trace: Story[AttentionGradStep]) -> None:
        inputs, outputs = trace.inputs, trace.outputs
        self.values: dict[str, np.ndarray] = {
            "dO": inputs["grad_output"],
            "W": inputs["weights"],
            **{letter: inputs[name] for letter, name in zip("QKV", ("query", "key", "value"), strict=True)},
            "dW": outputs["grad_weights"],
            "Σ": outputs["row_sum"][:, None],
            "dS": outputs["grad_scores"],
            **{f"d{letter}": outputs[f"grad_{name}"] for letter, name in zip("QKV", ("query", "key", "value"), strict=True)},
        }
        self.asks, self.meets = trace.labels
        self.pictures = {kind: self.picture(self.standing_in(kind)) for kind in FACTORS}
        self.pictures |= {"open": self.picture(GIVEN, bench=False), "end": self.picture(ASKED, bench=False)}
        self.bench = bench_below(self.theme)

    def standing_in(self, kind: str) -> Sequence[str]:
        """The matrices of a kind of step, from left to right."""
        one, other, made = FACTORS[kind]
        return (one, other, "Σ", made) if kind == "score" else (one, other, made)

    def picture(self, letters: Sequence[str], *, bench: bool = True) -> dict[str, Roster]:
        """Matrices side by side, by their letters."""
        operands = [
            WordedMatrix(
                self.values[letter],
                Heading(letter, ROLES.get(letter, "gradient")),
                self.meets if letter in BY_KEY else self.asks,
                self.meets if letter in SQUARE else (),
            )
            for letter in letters
        ]
        return dict(zip(letters, side_by_side(operands, self.theme, bench=bench), strict=True))

    # --- parts -----------------------------------------------------------------------------------------------------------------------

    def scenery(self, step: AttentionGradStep) -> str:
        return step.kind

    def parts(self, scenery: str) -> list[Mobject]:
        return [*self.pictures[scenery].values()]

    def opening(self, beat: Beat) -> list[Cue]:
        return self.at_rest(beat, self.trace[0], False, "open")

    def closing(self, beat: Beat) -> list[Cue]:
        return self.at_rest(beat, self.trace[len(self.trace) - 1], True, "end")

    def line_of(self, step: AttentionGradStep, factor: int) -> Box:
        """What is read of a factor."""
        roster = self.pictures[step.kind][FACTORS[step.kind][factor]]
        if step.kind == "score":
            return roster.box(step.row, step.column)
        along, by = LINES[step.kind][factor]
        at = step.row if by == "row" else step.column
        return roster.row(at) if along == "row" else roster.column(at)

    def cell_of(self, step: AttentionGradStep, factor: int, term: int) -> Line | Box:
        """Where a number of a term stands."""
        rosters, (one, other, _) = self.pictures[step.kind], FACTORS[step.kind]
        if step.kind == "score":
            letter = one if factor == 0 else (other, "Σ")[term]
            return rosters[letter].cell(step.row, 0 if letter == "Σ" else step.column)
        along, by = LINES[step.kind][factor]
        at = step.row if by == "row" else step.column
        return rosters[(one, other)[factor]].cell(*((at, term) if along == "row" else (term, at)))

    def reads(self, step: AttentionGradStep) -> Mapping[str, Framed]:
        rosters, letters = self.pictures[step.kind], FACTORS[step.kind]
        frames = {
            name: framed(self.line_of(step, n), shaded=rosters[letters[n]].table.has_digits) for n, name in enumerate(("first", "second"))
        }
        if step.kind == "score":
            frames["sum"] = framed(rosters["Σ"].box(step.row), shaded=rosters["Σ"].table.has_digits)
        return frames

    def target(self, step: AttentionGradStep) -> Box | None:
        return self.pictures[step.kind][FACTORS[step.kind][2]].box(step.row, step.column)

    def fill(self, step: AttentionGradStep, done: bool) -> None:
        counts = self.trace.blocks.done(step.index + done)
        found = {made: counts[kind] for kind, (_, _, made) in FACTORS.items()}
        rests = self.standing in ("open", "end")
        for letter, roster in self.pictures[self.standing].items():
            current = None if rests else self.current(step, letter)
            roster.show(True if rests or letter not in found else found[letter], current=current)

    def current(self, step: AttentionGradStep, letter: str) -> int | None:
        """The row of a matrix whose word is lit: the one that is read, or made."""
        letters = FACTORS[step.kind]
        if step.kind == "score" or letter == letters[2]:
            return step.row
        along, by = LINES[step.kind][letters.index(letter)]
        return (step.row if by == "row" else step.column) if along == "row" else None

    # --- the step --------------------------------------------------------------------------------------------------------------------

    def roles(self, step: AttentionGradStep) -> tuple[Roles, str]:
        one, other, _ = FACTORS[step.kind]
        return (ROLES.get(one, "gradient"), ROLES.get(other, "gradient")), "gradient"

    def bench_of(self, step: AttentionGradStep) -> str:
        return step.kind

    def lying(self, work: WrittenStep[AttentionGradStep]) -> Laid:
        """What lies on the bench."""
        kind = work.step.kind
        one, other, _ = FACTORS[kind]
        names = self.asks if kind in OVER_QUERIES else self.meets if kind in OVER_KEYS else ()
        limits = [self.pictures[kind][letter].table.limit for letter in (one, other)]
        roles = [ROLES.get(one, "gradient"), ROLES.get(other, "gradient")]
        return Laid.of(work, (one, "× dW−Σ" if kind == "score" else f"× {other}"), roles, limits, names)

    def work(self, work: WrittenStep[AttentionGradStep], ticks: int, done: bool) -> None:
        self.lying(work).show(self.bench, ticks - 1 if ticks and not done else None)

    def clear_bench(self, work: WrittenStep[AttentionGradStep]) -> None:
        self.bench.clear()

    def flights(self, work: WrittenStep[AttentionGradStep]) -> list[Flight]:
        return self.lying(work).flights(self.bench, lambda n, term: self.cell_of(work.step, n, term))

    def sources(self, work: WrittenStep[AttentionGradStep], term: int) -> Sequence[Line | Box]:
        return self.lying(work).sources(self.bench, term)
