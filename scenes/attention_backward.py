"""The way back through attention: from the gradient of the output to those of values, weights, scores, queries and keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from manim import Mobject

from engine.concepts.attention.backward_step import AttentionGradStep
from scenes.heads.product import Laid, WordedMatrix, bench_below, side_by_side
from scenes.heads.returning import BY_KEY, KINDS, MIXES, ROLES, Returning, heading
from scenes.heads.rooms import GAP, MOST_CELLS, AttentionRooms, characters, read_column, rooms
from scenes.heads.roster import Roster, room_for
from scenes.parts.beat import Beat
from scenes.parts.desk import Acts, Framed, WrittenStep, framed
from scenes.parts.frame import STAGE
from scenes.parts.ink import Box, Line
from scenes.parts.motion import Cue, during
from scenes.parts.pieces import Roles
from scenes.parts.rooms import rows as one_below_another
from scenes.parts.story import Story
from scenes.parts.travel import ON_STRIP, Flight, way
from scenes.parts.worked import MOST_TRAVELLING, WorkedReel

#: Of every kind of step what it multiplies.
FACTORS: dict[str, tuple[str, str]] = {
    "value": ("W", "dO"),
    "weight": ("dO", "V"),
    "row sum": ("W", "dW"),
    "score": ("W", "dW"),
    "query": ("dS", "K"),
    "key": ("dS", "Q"),
}
#: What is asked for, and what is made on the way to it.
ASKED, BETWEEN = ("dQ", "dK", "dV"), ("dW", "dS")
#: All pairs would like to be so wide; the map of the way back is so wide beside them, or so many rows high below them.
PAIRS, ROUTE, ROUTE_ROWS = 3.9, 3.5, 2
#: So many rows have room one below another at the end.
MOST_ROWS = 8
BELOW_WORDS = 0.1  # room for what of a letter is below its line


class AttentionBackward(WorkedReel[AttentionGradStep]):
    """The pictures of the way forward, gone through backwards: rows with what they are multiplied by, arcs to whose gradient is made."""

    concept = "attention_backward"
    acts = Acts(0.1, 0.24, 0.68, 0.8)

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
        self.labels = trace.labels
        place, words = self.rooms()
        self.wide = place.wide
        self.pictures = {kind: Returning(kind, self.values, self.labels, place, words, self.theme) for kind in KINDS}
        self.ending = self.all_made()
        self.bench = bench_below(self.theme)

    def rooms(self) -> tuple[AttentionRooms, tuple[float, float]]:
        """Where everything stands, whatever the kind of step, and the room of words, which may be those of queries or keys."""
        tables = [self.values[letter] for letter in ("dO", "Q", "K", "V", *ASKED)]
        needed = max(x.shape[1] * read_column(characters(x)) for x in tables)
        word = max(map(room_for, self.labels))
        beside = needed > MOST_CELLS
        place = rooms(needed, (word, word), PAIRS, outputs=0 if beside else ROUTE_ROWS, heads=ROUTE + GAP if beside else 0.0)
        return place, (word, word)

    def all_made(self) -> dict[str, Roster]:
        """All gradients, those that are asked for above the others where there is room for that."""
        coloured = not self.pictures["score"].pairs.table.has_digits
        asked, between = (
            [
                WordedMatrix(
                    self.values[letter],
                    heading(letter),
                    self.labels[1 if letter in BY_KEY else 0],
                    self.labels[1] if letter in BETWEEN else (),
                    coloured=coloured if letter in BETWEEN else self.wide,
                )
                for letter in letters
            ]
            for letters in (ASKED, BETWEEN)
        )
        if max(map(len, self.values.values())) > MOST_ROWS:
            return dict(zip((*ASKED, *BETWEEN), side_by_side([*asked, *between], self.theme, bench=False), strict=True))
        whole = STAGE[0], STAGE[1] + BELOW_WORDS, *STAGE[2:]
        found = [
            side_by_side(some, self.theme, bench=False, room=room)
            for some, room in zip((asked, between), one_below_another(whole, (1, 1.1)), strict=True)
        ]
        return dict(zip((*ASKED, *BETWEEN), [roster for some in found for roster in some], strict=True))

    # --- parts -----------------------------------------------------------------------------------------------------------------------

    def scenery(self, step: AttentionGradStep) -> str:
        return step.kind

    def parts(self, scenery: str) -> list[Mobject]:
        return [*self.ending.values()] if scenery == "end" else self.pictures[scenery].parts()

    def closing(self, beat: Beat) -> list[Cue]:
        return self.at_rest(beat, self.trace[len(self.trace) - 1], True, "end")

    def reads(self, step: AttentionGradStep) -> Mapping[str, Framed]:
        place = self.pictures[step.kind]
        columns = [*place.columns.values()]
        if step.kind == "weight":
            shaded = place.rows.table.has_digits
            found = {
                "first": framed(place.header.row(step.row), shaded=shaded),
                "second": framed(place.rows.row(step.column), shaded=shaded),
            }
        elif step.kind == "score":
            at = place.rows.at(step.column)
            found = {"first": Framed(columns[0].box(at)), "second": Framed(columns[1].box(at)), "sum": Framed(place.header.box(step.row))}
        elif step.kind == "row sum":
            found = {"first": Framed(columns[0].whole), "second": Framed(columns[1].whole)}
        else:
            found = {"first": Framed(columns[0].whole), "second": Framed(place.rows.column(step.column))}
        return found

    def target(self, step: AttentionGradStep) -> Box | None:
        place = self.pictures[step.kind]
        if step.kind in ("weight", "score"):
            return place.columns[KINDS[step.kind].made].box(place.rows.at(step.column))
        return place.header.box(step.row, step.column)

    def fill(self, step: AttentionGradStep, done: bool) -> None:
        if self.standing == "end":
            for roster in self.ending.values():
                roster.show(True)
            return
        self.pictures[step.kind].fill(step, self.trace.blocks.done(step.index + done))

    # --- the step --------------------------------------------------------------------------------------------------------------------

    def roles(self, step: AttentionGradStep) -> tuple[Roles, str]:
        one, other = FACTORS[step.kind]
        return (ROLES.get(one, "gradient"), ROLES.get(other, "gradient")), "gradient"

    def bench_of(self, step: AttentionGradStep) -> str:
        return step.kind

    def lies(self, step: AttentionGradStep) -> bool:
        """Whether the numbers of a step lie on the bench; those that can be read are worked on where they stand."""
        return self.wide and step.kind in (*MIXES, "weight")

    def lying(self, work: WrittenStep[AttentionGradStep]) -> Laid:
        """What lies on the bench."""
        kind = work.step.kind
        one, other = FACTORS[kind]
        names = () if kind == "weight" else self.labels[0 if KINDS[kind].by_key else 1]
        limits = [self.pictures[kind].limits(letter) for letter in (one, other)]
        return Laid.of(work, (one, f"× {other}"), [ROLES.get(letter, "gradient") for letter in (one, other)], limits, names)

    def work(self, work: WrittenStep[AttentionGradStep], ticks: int, done: bool) -> None:
        adding = ticks - 1 if ticks and not done else None
        self.pictures[work.step.kind].advance(work.step, adding)
        if self.lies(work.step):
            self.lying(work).show(self.bench, adding)
        else:
            self.bench.clear()

    def clear_bench(self, work: WrittenStep[AttentionGradStep]) -> None:
        self.bench.clear()

    def flights(self, work: WrittenStep[AttentionGradStep]) -> list[Flight]:
        step, place = work.step, self.pictures[work.step.kind]
        if self.lies(step):
            return self.lying(work).flights(self.bench, lambda n, term: place.sources(step, term)[n])
        if len(step.terms) <= MOST_TRAVELLING:
            return []
        boxes = [found.box for found in self.reads(step).values()]
        return [Flight("gradient", n, boxes=(box, ON_STRIP)) for n, box in enumerate(boxes)]

    def sources(self, work: WrittenStep[AttentionGradStep], term: int) -> Sequence[Line | Box]:
        place = self.pictures[work.step.kind]
        if self.lies(work.step):
            return self.lying(work).sources(self.bench, term)
        return place.sources(work.step, term) if place.is_shown(work.step, term) else ()

    def landing(self, work: WrittenStep[AttentionGradStep]) -> list[Flight]:
        """To its place beside the row, and on to that among all pairs."""
        step, found = work.step, super().landing(work)
        if step.kind in ("weight", "score") and self.strip.last is not None:
            found.append(way("gradient", self.strip.last, self.pictures[step.kind].pairs.box(step.row, step.column)))
        return found

    def full(self, beat: Beat) -> list[Cue]:
        """The gradient runs back along the arcs while it is multiplied."""
        step = self.trace[beat.start]
        counts = self.trace.blocks.done(step.index)
        place, acts = self.pictures[step.kind], self.acts
        runs = during(acts.arrived, acts.added, lambda share: place.join(step, counts, share))
        return [*super().full(beat), *([runs] if step.kind in MIXES else [])]
