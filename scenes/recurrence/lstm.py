"""An LSTM on the stage: what goes into a gate, the cell, and what has happened so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.concepts.lstm.step import STAGES, LstmStep
from engine.numbers import USUAL_DECIMALS, plain, sum_of_products
from engine.running import relation
from scenes.parts.beat import Beat
from scenes.parts.desk import WrittenStep
from scenes.parts.frame import STAGE
from scenes.parts.lattice import Home
from scenes.parts.motion import Cue
from scenes.parts.pieces import Piece
from scenes.parts.story import Story
from scenes.recurrence.affine import Addend
from scenes.recurrence.cell import SATURATED, CellPicture
from scenes.recurrence.chosen import shown, told
from scenes.recurrence.chronicle import Chronicle, Strand
from scenes.recurrence.furnished import CURVE, GIVEN, WHOLE, Recurrent
from scenes.recurrence.gathering import Gathering, MatrixSheet
from scenes.recurrence.routes import Crossing
from scenes.recurrence.score import Score
from scenes.recurrence.through_time import Gathered, ThroughTime

LARGEST_WHOLE = 1.5  # height of a row where nothing but the sequences is on the stage
WHOLE_SHARES = (0.8, 1.35, 1.35, 1.0)  # of x, of all states, and of the course of one unit
#: The columns that what follows the gates reads, term by term.
READS = {"c": (("f", "c_before"), ("i", "g")), "tanh_c": (("c",),), "h": (("o", "tanh_c"),)}


def blocks(trace: Story[LstmStep]) -> list[Addend]:
    """What a gate adds up: x, h and the biases."""
    inputs = trace.inputs
    biases = [inputs[name] for name in ("bias_ih", "bias_hh") if name in inputs]
    states = np.concatenate([trace.outputs["h"].ravel(), inputs["h0"].ravel()])
    found = [
        Addend("x_t", "input", trace.features, inputs["input"], inputs["weight_ih"]),
        Addend("h_(t-1)", "output", trace.units, states, inputs["weight_hh"]),
    ]
    return [*found, Addend("b", "weight", len(biases), None, np.concatenate(biases))] if biases else found


def sheets(trace: Story[LstmStep]) -> list[MatrixSheet]:
    """What is given."""
    inputs = trace.inputs
    weights = [MatrixSheet(f"W_({part})", "weight", inputs[f"weight_{part[0]}h"], True, True) for part in ("i h", "h h")]
    return [MatrixSheet("x over time", "input", inputs["input"].T), *weights]


class LstmReel(ThroughTime[LstmStep]):
    """Time step by time step, gate by gate, unit by unit."""

    picture = CellPicture
    course = ("c_before", "f", "c")
    chosen_for = "the most changed"

    def legend(self) -> list[str]:
        return ["input", "weight", "output", "reading"]

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def layout(self, trace: Story[LstmStep]) -> None:
        inputs, outputs = trace.inputs, trace.outputs
        states = {name: Strand(name, "output", outputs[name].T, most=SATURATED) for name in ("c" if self.is_alone else "ch")}
        ranked = trace.features_by_change
        columns = shown(ranked, sorted(ranked))
        x = Strand("x", "input", inputs["input"].T[columns], told(columns, trace.features, "" if self.is_alone else "numbers"))
        self.h_before, c_before = (np.vstack([inputs[f"{name}0"], outputs[name]]) for name in ("h", "c"))
        numbers: dict[str, np.ndarray] = {name: outputs[name] for name in STAGES}
        self.furnish({**numbers, "c_before": c_before}, blocks(trace), {"x": x, **self.strands_of(states, "c")}, CURVE)
        self.over_time = self.wholes()
        self.given = Gathering(sheets(trace), self.theme) if self.is_alone else None

    def wholes(self) -> Chronicle:
        """All states over time; of many units those that are large early stand on top."""
        inputs, outputs = self.trace.inputs, self.trace.outputs
        order = self.trace.choice.early if self.is_alone else self.trace.choice.order
        note = f"all {self.trace.units}" if self.is_alone else ""
        strands = {
            "x": Strand("x", "input", inputs["input"].T),
            **{name: Strand(name, "output", outputs[name].T[order], note, flows=True, most=SATURATED) for name in "ch"},
        }
        room = (STAGE[0], STAGE[1] + 0.1, STAGE[2], STAGE[3] - 0.1)
        if self.is_alone:
            return Score(strands, self.flow, room, self.theme, WHOLE_SHARES)
        return Chronicle(strands, room, self.theme, LARGEST_WHOLE)

    # --- the stage ---------------------------------------------------------------------------------------------------------------------

    def fill(self, step: LstmStep, done: bool) -> None:
        time, units = step.time, self.trace.units
        counts = self.trace.blocks.done(step.index + done)
        known: dict[str, int] = {stage: counts[stage] - time * units for stage in STAGES}
        self.stand({"c_before": units, **known}, time, step.unit)
        self.remember("ch", time, known)
        self.past.fill("x", slice(None))
        self.affine.show_values([self.trace.inputs["input"][time], self.h_before[time]])

    def on_stage(self, scenery: str) -> Sequence[Recurrent]:
        if scenery == GIVEN and self.given is not None:
            return [self.given]
        return [self.over_time] if scenery == WHOLE else super().on_stage(scenery)

    def opening(self, beat: Beat) -> list[Cue]:
        """Of many units all that is given."""
        if self.given is None:
            return super().opening(beat)
        self.given.show_all()
        return self.at_rest(beat, self.trace[0], False, GIVEN)

    def closing(self, beat: Beat) -> list[Cue]:
        """All states over time, in a frame the last ones."""
        for name in self.over_time.tables:
            self.over_time.fill(name, slice(None))
        if isinstance(self.over_time, Score):
            self.over_time.course.show(range(self.trace.time_steps))
        self.over_time.at(self.trace.time_steps - 1, {})
        return self.at_rest(beat, self.trace[len(self.trace) - 1], True, WHOLE)

    def passed(self, step: LstmStep) -> int | None:
        time = self.trace.blocks.done(step.index + 1)["h"] // self.trace.units - 1
        return time if time >= 0 else None

    def survey(self, time: int) -> Sequence[Piece]:
        known = dict.fromkeys(("c_before", *STAGES), self.trace.units)
        self.stand(known, time, self.followed)
        self.remember("ch", time, known)
        return self.seen_of("c", time)

    # --- a step ------------------------------------------------------------------------------------------------------------------------

    def columns(self, step: LstmStep) -> Sequence[Sequence[str]]:
        return READS.get(step.stage, ())

    def sum(self, step: LstmStep) -> Gathered:
        return Gathered(f"W_{step.stage}", range(len(self.affine.blocks)))

    def homes(self, step: LstmStep) -> Sequence[Home]:
        past = self.past_homes(step.stage, step.unit, step.time) if step.stage in ("c", "h") else []
        return [self.cell.spot(step.stage, step.unit), *past]

    def grows(self, step: LstmStep) -> str:
        return step.stage

    def passages(self, step: LstmStep) -> list[Crossing]:
        """The states go from the right end, where they were made, to the left end; the next x comes down."""
        time, tables, unit = step.time, self.cell.tables, step.unit
        x, h = (self.affine.numbers(block) for block in (0, 1))
        c = self.numbers["c_before"][time]
        return [
            Crossing("input", self.past.tables["x"], time, x, self.trace.inputs["input"][time]),
            Crossing("output", tables["h"], 0, h, self.h_before[time]),
            Crossing("output", tables["c"], 0, tables["c_before"], c[unit : unit + 1] if self.is_alone else c),
        ]

    def line(self, work: WrittenStep[LstmStep]) -> list[Piece]:
        """The whole step on one line; a long sum by its parts."""
        step, pieces = work.step, super().line(work)
        if not step.is_gate or [piece.text for piece in pieces].count("+") == len(step.terms) - 1:
            return pieces
        by_part = sum_of_products([(part,) for part in step.parts], step.value, apply=step.apply)
        return self.strip.whole(by_part, (("input",), ("output",), ("weight",)), "sum", self.roles(step)[1])

    def added(self, work: WrittenStep[LstmStep], ticks: int) -> list[str]:
        found, first = [], 0
        for block, part in zip(self.affine.blocks, work.step.parts, strict=True):
            first += block.count
            if first <= ticks:
                text = plain(part, USUAL_DECIMALS)
                found.append(f"{relation(work.added.terms[first - block.count : first], text)} {text}")
        return found
