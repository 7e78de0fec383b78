"""The way back through an LSTM on the stage: through time along the conveyor, then what adds up over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.concepts.lstm.backward_step import DELTAS, TIMED, LstmBackwardStep
from engine.numbers import Sum, plain, sum_of_products
from engine.sentences import cell_name
from scenes.parts.beat import Beat
from scenes.parts.frame import STAGE
from scenes.parts.ink import Box
from scenes.parts.lattice import Lattice
from scenes.parts.motion import Cue, states, switch
from scenes.parts.reel import Reel
from scenes.parts.story import Story
from scenes.parts.strip import Page, Piece
from scenes.parts.units import BUS, LEFT, height
from scenes.parts.window import Frames
from scenes.recurrence.affine import Affine, Block, least_height
from scenes.recurrence.back_cell import BackPicture, numbers_of
from scenes.recurrence.chronicle import Chronicle, Strand, digit_height
from scenes.recurrence.gathering import Gathering, Sheet

#: Shares of a full beat: what is read is framed, the last term is added, the sum is written whole, the result stands in the picture.
ARRIVED, ADDED, WHOLE, WRITTEN = 0.1, 0.7, 0.76, 0.84
MOST_TICKS = 40
BETWEEN = 0.16
LEAST_BAND = 1.1
#: Of the height that neither needs, what the sequences get.
SHARE = 0.35

#: The roles of the factors of a gate's gradient.
DELTA_ROLES = {
    "delta_i": ("gradient", "ink", "ink", "ink"),
    "delta_f": ("gradient", "output", "ink", "ink"),
    "delta_g": ("gradient", "ink", "ink"),
    "delta_o": ("gradient", "ink", "ink", "ink"),
}
#: The columns that it reads.
DELTA_READS = {
    "delta_i": ("grad_c", "g", "i"),
    "delta_f": ("grad_c", "c_before", "f"),
    "delta_g": ("grad_c", "i", "g"),
    "delta_o": ("grad_h", "tanh_c", "o"),
}
GATHERED_ROLES = {
    "grad_input": ("gradient", "weight"),
    "grad_weight_ih": ("gradient", "input"),
    "grad_weight_hh": ("gradient", "output"),
    "grad_bias": ("gradient",),
}


@dataclass(frozen=True)
class Reading:
    """A step with its numbers as they are written."""

    step: LstmBackwardStep
    written: Sum
    roles: Sequence[Sequence[str]]


def blocks(trace: Story[LstmBackwardStep]) -> list[Block]:
    """What the gradient of h adds up: that of the output, perhaps of the last state, and what the gates send back."""
    found = [Block("partial y_t", "gradient", 1, trace.inputs["grad_output"], None)]
    if "grad_h_n" in trace.inputs:
        found.append(Block("partial h_n", "gradient", 1, trace.inputs["grad_h_n"], None))
    return [*found, *(Block(f"delta_{gate}", "gradient", trace.units, trace.deltas, trace.inputs["weight_hh"]) for gate in "ifgo")]


class LstmBackwardReel(Reel[LstmBackwardStep]):
    """From the last time step to the first, then gradients of input, weights and biases."""

    def legend(self) -> list[str]:
        return ["weight", "output", "gradient", "reading"]

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def layout(self, trace: Story[LstmBackwardStep]) -> None:
        self.frames, self.spot, self.target = Frames(self.theme), Frames(self.theme), Frames(self.theme)
        strands = {
            "grad_c": Strand("partial c", "gradient", trace.outputs["grad_c"].T),
            "f": Strand("f", "ink", trace.inputs["forward"]["f"].T, on_links=True),
            "grad_h": Strand("partial h", "gradient", trace.outputs["grad_h"].T),
        }
        above, below = self.rooms(strands)
        self.affine = Affine(blocks(trace), (above[0], above[1] + BUS, LEFT, above[3]), self.theme)
        self.cell = BackPicture(numbers_of(trace), trace.units, above, self.affine.end, self.theme)
        self.past = Chronicle(strands, below, self.theme)
        self.gatherings: dict[str, Gathering] = {}
        self.dressed = ""
        self.prepare(trace[0])

    def rooms(self, strands: dict[str, Strand]) -> tuple[Box, Box]:
        """For the cell and for the sequences: digits in the sequences only if the cell keeps its own."""
        left, bottom, right, top = STAGE
        least = max(height(self.trace.units), least_height([block.count for block in blocks(self.trace)]) + BUS)
        smallest, largest = digit_height([*strands.values()], right - left)
        free = top - bottom - least - BETWEEN - 0.08
        band = (min(largest, smallest + SHARE * (free - smallest)) if smallest <= free else LEAST_BAND) + 0.08
        return (left, bottom + band + BETWEEN, right, top), (left, bottom + 0.04, right, bottom + band - 0.04)

    def prepare(self, step: LstmBackwardStep) -> None:
        """Builds the stage for a step, unless it stands already."""
        stage = "time" if step.is_timed else step.stage
        if stage == self.dressed:
            return
        self.dressed = stage
        marks = (self.frames.shade, self.frames, self.spot, self.target)
        if stage == "time":
            ground = [mark for part in (self.affine, self.cell, self.past) for mark in part.ground]
            self.place([*self.cell.fixed, *self.past.fixed], [*ground, *marks, self.past, self.affine, self.cell])
            return
        if stage not in self.gatherings:
            self.gatherings[stage] = Gathering(self.sheets(stage), self.theme)
        gathering = self.gatherings[stage]
        self.place(gathering.fixed, [*gathering.ground, *marks, gathering])

    def sheets(self, stage: str) -> list[Sheet]:
        """The matrices that a gradient is made of, and its own."""
        inputs, outputs = self.trace.inputs, self.trace.outputs
        delta = Sheet("δ over time", "gradient", self.trace.deltas.T, by_gate=True)
        if stage == "grad_input":
            return [
                delta,
                Sheet("weight_ih", "weight", inputs["weight_ih"], by_gate=True),
                Sheet("grad_input over time", "gradient", outputs["grad_input"].T),
            ]
        if stage == "grad_weight_ih":
            return [delta, Sheet("x over time", "input", inputs["input"].T), self.own("grad_weight_ih")]
        if stage == "grad_weight_hh":
            return [delta, Sheet("h before", "output", self.trace.h_before.T), self.own("grad_weight_hh")]
        name = next(name for name in ("grad_bias_ih", "grad_bias_hh") if name in outputs)
        return [delta, Sheet("grad_bias", "gradient", outputs[name][:, None], by_gate=True)]

    def own(self, name: str) -> Sheet:
        """The gradient of a weight."""
        return Sheet(name, "gradient", self.trace.outputs[name], by_gate=True)

    # --- a step ------------------------------------------------------------------------------------------------------------------------

    def reading(self, step: LstmBackwardStep) -> Reading:
        """Writes the numbers of a step."""
        return Reading(step, sum_of_products(step.terms, step.value), [self.roles(step, term) for term in step.terms])

    def roles(self, step: LstmBackwardStep, term: Sequence[float]) -> Sequence[str]:
        """Of the factors of a term."""
        if step.stage in DELTA_ROLES:
            return DELTA_ROLES[step.stage]
        if step.stage in GATHERED_ROLES:
            return GATHERED_ROLES[step.stage]
        if step.stage in ("grad_h", "grad_h0"):
            return ("gradient", "weight") if len(term) > 1 else ("gradient",)
        return ("gradient", "ink", "ink")[: len(term)]

    def read_blocks(self, step: LstmBackwardStep) -> list[int]:
        """The blocks under the lens that the gradient of h adds up."""
        gates = [*range(len(self.affine.blocks) - 4, len(self.affine.blocks))]
        own = [] if step.stage == "grad_h0" else [0]
        if self.shown_time(step) == self.trace.time_steps - 1:
            return [*range(gates[0])]
        return [*own, *gates]

    def shown_time(self, step: LstmBackwardStep) -> int:
        """The time that the picture stands at: −1 for the states before the first time step."""
        return -1 if step.stage in ("grad_h0", "grad_c0") else step.time

    def boxes_read(self, step: LstmBackwardStep, term: int) -> list[Box]:
        """The cells of the picture that a term reads; those of the gradient of h lie under the lens."""
        if step.stage in DELTA_READS:
            return [self.cell.box(name, step.unit) for name in DELTA_READS[step.stage]]
        if step.stage in ("grad_c", "grad_c0"):
            through_h = step.stage == "grad_c" and term == 0
            if not through_h and self.shown_time(step) == self.trace.time_steps - 1:
                return [self.cell.box("grad_c_after", step.unit)]
            names = ("grad_h", "o", "tanh_c") if through_h else ("grad_c_after", "f_after")
            return [self.cell.box(name, step.unit) for name in names]
        if step.is_timed:
            return []
        return self.gathered_boxes(step, term)

    def gathered_boxes(self, step: LstmBackwardStep, term: int | None) -> list[Box]:
        """The cells that a term reads, or the rows or columns that all of them read."""
        tables = self.gatherings[step.stage].tables
        if step.stage == "grad_input":
            time, feature = step.cell
            columns = zip(tables[:-1], (time, feature), strict=True)
            return [column_of(table, at) if term is None else table.box(term, at) for table, at in columns]
        rows = zip(tables[:-1], step.cell, strict=False)
        return [table.box(at, 0, table.columns) if term is None else table.box(at, term) for table, at in rows]

    # --- states ------------------------------------------------------------------------------------------------------------------------

    def stand(self, step: LstmBackwardStep, done: bool) -> None:
        """The picture before or after a step."""
        counts = self.trace.blocks.done(step.index + done)
        if not step.is_timed:
            self.gatherings[step.stage].show(counts[step.stage], by_column=step.stage == "grad_input")
            return
        trace, time, unit, units = self.trace, self.shown_time(step), step.unit, self.trace.units
        forward, outputs, last = trace.inputs["forward"], trace.outputs, trace.time_steps - 1
        known = {name: counts[name] - (last - time) * units if time >= 0 else counts[f"{name}0"] for name in TIMED}
        columns: dict[str, tuple[np.ndarray, int]] = {}
        nothing = np.zeros(units)
        for name in ("f", "i", "g", "o", "tanh_c"):
            columns[name] = (forward[name][time], units) if time >= 0 else (nothing, 0)
        columns["c_before"] = (trace.c_before[time], units) if time >= 0 else (nothing, 0)
        for name in ("grad_h", "grad_c"):
            columns[name] = (outputs[name][time] if time >= 0 else outputs[f"{name}0"], known[name])
        ends = trace.inputs.get("grad_c_n")
        if time < last:
            columns["grad_c_after"], columns["f_after"] = (outputs["grad_c"][time + 1], units), (forward["f"][time + 1], units)
        else:
            columns["grad_c_after"], columns["f_after"] = (nothing, 0) if ends is None else (ends, units), (nothing, 0)
        for name, (values, count) in columns.items():
            self.cell.fill(name, values, count)
        numbers = {name: plain(float(values[unit]), 2) for name, (values, count) in columns.items() if count > unit}
        self.cell.read_out({} if self.cell.has_digits else numbers)
        for name in ("grad_c", "grad_h"):
            self.past.fill_back(name, time + 1, known[name])
        self.past.fill_back("f", 0)
        self.past.at(max(time, 0))
        self.show_deltas(step, time, known)

    def show_deltas(self, step: LstmBackwardStep, time: int, known: dict[str, int]) -> None:
        """Under the lens the gradients of the gates: those of the time after, or once they are computed those of the time itself."""
        trace, last = self.trace, self.trace.time_steps - 1
        own = step.stage in DELTAS
        at = time if own else time + 1
        values = [trace.inputs["grad_output"][time][step.unit : step.unit + 1] if time >= 0 else np.zeros(0)]
        if "grad_h_n" in trace.inputs:
            values.append(trace.inputs["grad_h_n"][step.unit : step.unit + 1] if time == last else np.zeros(0))
        shown = [trace.outputs[name][at][: known[name] if own else None] if at <= last else np.zeros(0) for name in DELTAS]
        self.affine.show_values([*values, *shown], [block.letter for block in self.affine.blocks])

    def begin(self, step: LstmBackwardStep, say: str) -> None:
        """What stands when a step begins."""
        self.prepare(step)
        self.header.show(step.phase, step.index)
        self.caption.say(say)
        self.strip.clear()
        for mark in (self.frames, self.spot, self.target):
            mark.clear()
        self.cell.lead([])
        self.stand(step, False)

    def read(self, reading: Reading) -> None:
        """What a step reads."""
        step = reading.step
        if step.stage in ("grad_h", "grad_h0"):
            read = self.read_blocks(step)
            self.affine.show_weights(step.terms, reading.written.terms, "W_(h h)", read)
            self.cell.lead(self.cell.way_to_h())
        elif step.is_timed:
            self.frames.put([box for term in range(len(step.terms)) for box in self.boxes_read(step, term)])
            if step.stage in DELTAS:
                self.cell.lead(self.cell.way_from(step.stage.removeprefix("delta_")))
        else:
            self.frames.put(self.gathered_boxes(step, None))

    def finish(self, reading: Reading) -> None:
        """The result stands in the picture."""
        step = reading.step
        self.stand(step, True)
        self.spot.clear()
        if step.stage in ("grad_h", "grad_h0"):
            self.affine.show_weights(step.terms, reading.written.terms, "W_(h h)", self.read_blocks(step))
        self.target.put([self.target_box(step)])

    def target_box(self, step: LstmBackwardStep) -> Box:
        """Where the result stands."""
        if step.stage in DELTAS:
            return self.affine.numbers(len(self.affine.blocks) - 4 + DELTAS.index(step.stage)).box(step.unit)
        if step.is_timed:
            return self.cell.box(step.stage.removesuffix("0"), step.unit)
        row, column = step.cell if len(step.cell) > 1 else (step.cell[0], 0)
        table = self.gatherings[step.stage].tables[-1]
        return table.box(column, row) if step.stage == "grad_input" else table.box(row, column)

    # --- beats -------------------------------------------------------------------------------------------------------------------------

    def show(self, beat: Beat) -> list[Cue]:
        beats: dict[str, Callable[[Beat], list[Cue]]] = {"full": self.full, "quick": self.quick, "sweep": self.sweep}
        return beats.get(beat.kind, self.ends)(beat)

    def ends(self, beat: Beat) -> list[Cue]:
        """The picture before the first step, or at the end of the way through time."""
        opening, last = beat.kind == "opening", self.trace.units - 1
        step = self.trace[0 if opening else len(self.trace) - 1]
        shown = step if opening else replace(step, stage="grad_c0", cell=(last,), time=0, unit=last)

        def draw(_: int) -> None:
            self.begin(shown, beat.say)
            self.stand(shown, not opening)
            self.header.show(beat.phase, None if opening else step.index)
            self.strip.show_formula(self.trace.formula)

        return [states(0, 1, 1, draw)]

    def full(self, beat: Beat) -> list[Cue]:
        """Term by term, then the result."""
        reading = self.reading(self.trace[beat.start])
        step, terms = reading.step, len(reading.step.terms)
        self.begin(step, beat.say)
        pages = [] if terms == 1 else self.strip.pages(step.terms, reading.written, reading.roles, ())
        size = min([self.strip.fitting(self.strip.widest(page, reading.written, reading.roles)) for page in pages], default=0.0)
        ticks = min(terms, MOST_TICKS)
        line = self.line(reading)

        def tick(state: int) -> None:
            if state and terms > 1:
                self.count(reading, pages, size, -(-state * terms // ticks))
            elif state:
                self.strip.write(line)

        def whole(there: bool) -> None:
            if there:
                self.affine.mark(None)
                self.spot.clear()
                self.read(reading)
                self.strip.write(line)

        return [
            switch(ARRIVED, lambda there: self.read(reading) if there else None),
            states(ARRIVED, ADDED, ticks + 1, tick),
            switch(WHOLE, whole),
            switch(WRITTEN, lambda there: self.finish(reading) if there else None),
        ]

    def line(self, reading: Reading) -> list[Piece]:
        """The whole step on one line; a number that is only passed on with its name."""
        if len(reading.step.terms) == len(reading.step.terms[0]) == 1:
            return self.named(reading)
        return self.strip.whole(reading.written, reading.roles, f"sum of {len(reading.step.terms)} terms", "gradient")

    def named(self, reading: Reading) -> list[Piece]:
        """The name of the result, and the result."""
        name = cell_name(reading.step.stage, tuple(reading.step.cell))
        return [Piece(name, "ink"), Piece(reading.written.relation, "ink"), Piece(reading.written.value, "gradient")]

    def count(self, reading: Reading, pages: Sequence[Page], size: float, done: int) -> None:
        """The state in which ``done`` terms are added."""
        page = next(p for p in reversed(pages) if p.first < done)
        left = -self.strip.width(self.strip.widest(page, reading.written, reading.roles), size) / 2
        pieces, current = self.strip.line(page, done - page.first, reading.written, reading.roles, "gradient")
        self.strip.write(pieces, size=size, current=current, left=left)
        if reading.step.stage in ("grad_h", "grad_h0"):
            self.affine.mark(done - 1)
        elif reading.step.is_timed:
            self.frames.put(self.boxes_read(reading.step, done - 1))
        else:
            self.spot.put(self.boxes_read(reading.step, done - 1))

    def quick(self, beat: Beat) -> list[Cue]:
        """What is read, and the result."""
        reading = self.reading(self.trace[beat.start])
        self.begin(reading.step, beat.say)
        line = self.line(reading)

        def read(there: bool) -> None:
            if there:
                self.read(reading)
                self.strip.write(line)

        return [switch(0.15, read), switch(0.5, lambda there: self.finish(reading) if there else None)]

    def sweep(self, beat: Beat) -> list[Cue]:
        """Many steps, faster and faster if there are more than pictures; every picture is one whole step."""
        pictures = beat.pictures

        def draw(state: int) -> None:
            reading = self.reading(self.trace[pictures[state]])
            self.begin(reading.step, beat.say)
            self.read(reading)
            self.finish(reading)
            self.strip.write(self.named(reading))

        return [states(0, 0.97, len(pictures), draw)]


def column_of(table: Lattice, at: int) -> Box:
    """The box of a whole column."""
    left, _, right, _ = table.box(0, at)
    return left, table.whole[1], right, table.whole[3]
