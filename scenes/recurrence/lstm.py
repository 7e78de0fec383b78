"""An LSTM on the stage: what goes into a gate, the cell, and what has happened so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.concepts.lstm.step import STAGES, LstmStep
from engine.numbers import USUAL_DECIMALS, plain, sum_of_products
from engine.running import relation
from scenes.parts.desk import WrittenStep
from scenes.parts.lattice import Home
from scenes.parts.story import Story
from scenes.parts.strip import Piece
from scenes.recurrence.affine import Addend
from scenes.recurrence.cell import CellPicture
from scenes.recurrence.chronicle import Strand
from scenes.recurrence.through_time import Crossing, Gathered, ThroughTime

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


class LstmReel(ThroughTime[LstmStep]):
    """Time step by time step, gate by gate, unit by unit."""

    def legend(self) -> list[str]:
        return ["input", "weight", "output", "reading"]

    def layout(self, trace: Story[LstmStep]) -> None:
        inputs, outputs = trace.inputs, trace.outputs
        strands = {
            "x": Strand("x", "input", inputs["input"].T),
            "c": Strand("c", "output", outputs["c"].T),
            "h": Strand("h", "output", outputs["h"].T),
        }
        self.h_before, c_before = (np.vstack([inputs[f"{name}0"], outputs[name]]) for name in ("h", "c"))
        numbers: dict[str, np.ndarray] = {name: outputs[name] for name in STAGES}
        self.furnish(CellPicture, {**numbers, "c_before": c_before}, blocks(trace), strands)

    def fill(self, step: LstmStep, done: bool) -> None:
        time, units = step.time, self.trace.units
        counts = self.trace.blocks.done(step.index + done)
        known: dict[str, int] = {stage: counts[stage] - time * units for stage in STAGES}
        self.stand({"c_before": units, **known}, step)
        for name in ("c", "h"):
            self.past.fill(name, slice(time), time, known[name])
        self.past.fill("x", slice(None))
        self.affine.show_values([self.trace.inputs["input"][time], self.h_before[time]])

    # --- a step ------------------------------------------------------------------------------------------------------------------------

    def columns(self, step: LstmStep) -> Sequence[Sequence[str]]:
        return READS.get(step.stage, ())

    def sum(self, step: LstmStep) -> Gathered:
        return Gathered(f"W_{step.stage}", range(len(self.affine.blocks)), self.cell.to(step.stage))

    def homes(self, step: LstmStep) -> Sequence[Home]:
        past = [self.past.spot(step.stage, step.unit, step.time)] if step.stage in ("c", "h") else []
        return [self.cell.spot(step.stage, step.unit), *past]

    def passages(self, step: LstmStep) -> list[Crossing]:
        """The states go from the right end, where they were made, to the left end; the next x comes up."""
        time, tables = step.time, self.cell.tables
        x, h = (self.affine.numbers(block) for block in (0, 1))
        return [
            Crossing("input", self.past.tables["x"], time, x, self.trace.inputs["input"][time]),
            Crossing("output", tables["h"], 0, h, self.h_before[time]),
            Crossing("output", tables["c"], 0, tables["c_before"], self.numbers["c_before"][time]),
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
