"""An LSTM on the stage: what goes into a gate, the cell, and what has happened so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.concepts.lstm.step import STAGES, LstmStep
from engine.numbers import USUAL_DECIMALS, Sum, plain, sum_of_products, written
from engine.running import relation
from engine.sentences import cell_name
from scenes.parts.beat import Beat
from scenes.parts.frame import STAGE
from scenes.parts.ink import Box, Letters, Line
from scenes.parts.motion import Cue, during, states, switch
from scenes.parts.reel import Reel
from scenes.parts.story import Story
from scenes.parts.strip import Page, Piece
from scenes.parts.units import BUS, LEFT, height
from scenes.parts.window import Frames
from scenes.recurrence.affine import Affine, Block, least_height
from scenes.recurrence.cell import CellPicture, numbers_of
from scenes.recurrence.chronicle import Chronicle, Strand, digit_height

#: Shares of a full beat: what is read is framed, the last term is added, the function is applied, the result stands in the picture.
ARRIVED, ADDED, APPLIED, WRITTEN = 0.1, 0.68, 0.74, 0.84
#: A full beat counts at most so many terms one by one; with more, it takes several at a time.
MOST_TICKS = 40
#: Between the cell and what has happened so far.
BETWEEN = 0.16
LEAST_BAND = 1.1
#: Of the height that neither needs, what the sequences get.
SHARE = 0.35

ROLES = {"x": ("input", "weight"), "h": ("output", "weight"), "b": ("weight",)}
STAGE_ROLES: dict[str, Sequence[Sequence[str]]] = {
    "c": (("ink", "output"), ("ink", "ink")),
    "tanh_c": (("output",),),
    "h": (("ink", "ink"),),
}
RESULTS = {"c": "output", "h": "output"}


def blocks(trace: Story[LstmStep]) -> list[Block]:
    """What a gate adds up: x, h and the biases."""
    inputs = trace.inputs
    biases = [inputs[name] for name in ("bias_ih", "bias_hh") if name in inputs]
    states = np.concatenate([trace.outputs["h"].ravel(), inputs["h0"].ravel()])
    found = [
        Block("x_t", "input", trace.features, inputs["input"], inputs["weight_ih"]),
        Block("h_(t-1)", "output", trace.units, states, inputs["weight_hh"]),
    ]
    return [*found, Block("b", "weight", len(biases), None, np.concatenate(biases))] if biases else found


@dataclass(frozen=True)
class Reading:
    """A step with its numbers as they are written: the ``added`` sum, and the ``whole`` step with its function."""

    step: LstmStep
    added: Sum
    whole: Sum
    roles: Sequence[Sequence[str]]

    @property
    def result(self) -> str:
        """The role of the result."""
        return RESULTS.get(self.step.stage, "ink")


class LstmReel(Reel[LstmStep]):
    """Time step by time step, gate by gate, unit by unit."""

    def legend(self) -> list[str]:
        return ["input", "weight", "output", "reading"]

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def layout(self, trace: Story[LstmStep]) -> None:
        strands = {
            "x": Strand("x", "input", trace.inputs["input"].T),
            "c": Strand("c", "output", trace.outputs["c"].T),
            "h": Strand("h", "output", trace.outputs["h"].T),
        }
        above, below = self.rooms(strands)
        self.affine = Affine(blocks(trace), (above[0], above[1] + BUS, LEFT, above[3]), self.theme)
        self.cell = CellPicture(numbers_of(trace), trace.units, above, self.affine.end, self.theme)
        self.past = Chronicle(strands, below, self.theme)
        self.flying = Letters(self.theme.output, halo=self.theme.ground)
        self.moves = self.cell.has_digits and self.affine.has_digits
        self.frames, self.target = Frames(self.theme), Frames(self.theme)
        self.place(
            [*self.cell.fixed, *self.past.fixed],
            [
                *self.affine.ground,
                *self.cell.ground,
                *self.past.ground,
                self.frames.shade,
                # Digits in low cells come near to the frames around them.
                self.frames,
                self.target,
                self.past,
                self.affine,
                self.cell,
                self.flying,
            ],
        )

    def rooms(self, strands: dict[str, Strand]) -> tuple[Box, Box]:
        """For the cell and for the sequences: digits in the sequences only if the cell keeps its own."""
        left, bottom, right, top = STAGE
        least = max(height(self.trace.units), least_height([block.count for block in blocks(self.trace)]) + BUS)
        smallest, largest = digit_height([*strands.values()], right - left)
        free = top - bottom - least - BETWEEN - 0.08
        band = (min(largest, smallest + SHARE * (free - smallest)) if smallest <= free else LEAST_BAND) + 0.08
        return (left, bottom + band + BETWEEN, right, top), (left, bottom + 0.04, right, bottom + band - 0.04)

    # --- a step ------------------------------------------------------------------------------------------------------------------------

    def reading(self, step: LstmStep) -> Reading:
        """Writes the numbers of a step."""
        whole = written(step.terms, step.value, "sum", 1, step.apply)
        if not step.is_gate:
            return Reading(step, whole, whole, STAGE_ROLES[step.stage])
        counts = {"x": self.trace.features, "h": self.trace.units}
        counts["b"] = len(step.terms) - sum(counts.values())
        roles = [ROLES[name] for name, count in counts.items() for _ in range(count)]
        added = sum_of_products(step.terms, step.total)
        # The same numbers twice, once they are written finely enough.
        if whole.relation == "≈" and added.decimals >= whole.decimals:
            whole = replace(whole, terms=added.terms)
        return Reading(step, added, whole, roles)

    def line(self, reading: Reading) -> list[Piece]:
        """The whole step on one line; a long sum by its parts."""
        step = reading.step
        pieces = self.strip.whole(reading.whole, reading.roles, "sum", reading.result)
        if not step.is_gate or not any(piece.text == "⋯" for piece in pieces):
            return pieces
        by_part = sum_of_products([(part,) for part in step.parts], step.value, apply=step.apply)
        return self.strip.whole(by_part, (("input",), ("output",), ("weight",)), "sum", reading.result)

    def parts(self, reading: Reading, done: int) -> list[str]:
        """What x, h and the biases add, of those parts that are among the first ``done`` terms."""
        step, first, found = reading.step, 0, []
        if not step.is_gate:
            return []
        for block, part in zip(self.affine.blocks, step.parts, strict=True):
            first += block.count
            if first <= done:
                text = plain(part, USUAL_DECIMALS)
                terms = reading.added.terms[first - block.count : first]
                found.append(f"{relation(terms, text)} {text}")
        return found

    def boxes_read(self, step: LstmStep, term: int) -> list[Box]:
        """The cells of the picture that a term reads; those of a gate lie under the lens."""
        names = {"c": (("f", "c_before"), ("i", "g")), "tanh_c": (("c",),), "h": (("o", "tanh_c"),)}[step.stage]
        return [self.cell.box(name, step.unit) for name in names[term]]

    # --- states ------------------------------------------------------------------------------------------------------------------------

    def stand(self, step: LstmStep, done: bool) -> None:
        """The picture before or after a step."""
        time, unit = step.time, step.unit
        inputs, outputs = self.trace.inputs, self.trace.outputs
        h, c = (outputs[name][time - 1] if time else inputs[f"{name}0"] for name in ("h", "c"))
        self.cell.fill("c_before", c, self.trace.units)
        counts = self.trace.blocks.done(step.index + done)
        known = {stage: counts[stage] - time * self.trace.units for stage in STAGES}
        for stage, count in known.items():
            self.cell.fill(stage, outputs[stage][time], count)
        for name in ("c", "h"):
            self.past.fill(name, time, known[name])
        self.past.fill("x", self.trace.time_steps)
        self.past.at(time)
        self.affine.show_values([inputs["input"][time], h], [block.letter for block in self.affine.blocks])
        numbers: dict[str, float] = {
            "c_before": c[unit],
            **{stage: outputs[stage][time][unit] for stage, count in known.items() if count > unit},
        }
        self.cell.read_out({} if self.cell.has_digits else {name: plain(float(x), 2) for name, x in numbers.items()})

    def begin(self, step: LstmStep, say: str) -> None:
        """What stands when a step begins."""
        self.header.show(step.phase, step.index)
        self.caption.say(say)
        self.strip.clear()
        self.clear()
        self.stand(step, False)

    def clear(self) -> None:
        """No frames."""
        for mark in (self.frames, self.target):
            mark.clear()
        self.flying.write_lines([])
        self.cell.lead([])

    def read(self, reading: Reading) -> None:
        """What a step reads: weights under the lens, or numbers of the cell."""
        step = reading.step
        if step.is_gate:
            self.affine.show_weights(step.terms, reading.added.terms, f"W_{step.stage}")
            self.cell.lead(self.cell.way_to(step.stage))
        else:
            self.frames.put([box for term in range(len(step.terms)) for box in self.boxes_read(step, term)])

    def finish(self, reading: Reading) -> None:
        """The result stands in the picture."""
        step = reading.step
        self.stand(step, True)
        if step.is_gate:
            self.affine.show_weights(step.terms, reading.added.terms, f"W_{step.stage}")
            self.affine.show_parts(self.parts(reading, len(step.terms)))
        self.target.put([self.cell.box(step.stage, step.unit)])

    # --- beats -------------------------------------------------------------------------------------------------------------------------

    def show(self, beat: Beat) -> list[Cue]:
        beats: dict[str, Callable[[Beat], list[Cue]]] = {"full": self.full, "quick": self.quick, "sweep": self.sweep}
        return beats.get(beat.kind, self.ends)(beat)

    def ends(self, beat: Beat) -> list[Cue]:
        """The picture before the first step, or after the last."""
        opening = beat.kind == "opening"
        step = self.trace[0 if opening else len(self.trace) - 1]

        def draw(_: int) -> None:
            self.begin(step, beat.say)
            self.stand(step, not opening)
            self.header.show(beat.phase, None if opening else step.index)
            self.strip.show_formula(self.trace.formula)

        return [states(0, 1, 1, draw)]

    def full(self, beat: Beat) -> list[Cue]:
        """Term by term, then the function, then the result."""
        reading = self.reading(self.trace[beat.start])
        step, terms = reading.step, len(reading.step.terms)
        self.begin(step, beat.say)
        line = self.line(reading)
        simple = terms == 1
        pages = [] if simple else self.strip.pages(step.terms, reading.added, reading.roles, ())
        size = min([self.strip.fitting(self.strip.widest(page, reading.added, reading.roles)) for page in pages], default=0.0)
        ticks = min(terms, MOST_TICKS)

        def tick(state: int) -> None:
            if state and not simple:
                self.count(reading, pages, size, -(-state * terms // ticks))
            elif state:
                self.strip.write(line)

        def apply(there: bool) -> None:
            if there:
                self.affine.mark(None)
                if not step.is_gate:
                    self.read(reading)
                self.strip.write(line)

        return [
            *self.carried(step, beat),
            switch(ARRIVED, lambda there: self.read(reading) if there else None),
            states(ARRIVED, ADDED, ticks + 1, tick),
            switch(APPLIED, apply),
            switch(WRITTEN, lambda there: self.finish(reading) if there else None),
        ]

    def carried(self, step: LstmStep, beat: Beat) -> list[Cue]:
        """At the first step of a later time, the states go from the right end, where they were made, to the left end."""
        if not self.moves or not step.time or beat.before != step.index - 1 or self.trace[beat.before].time == step.time:
            return []
        outputs, time = self.trace.outputs, step.time - 1
        ways = {"c": (self.cell.tables["c"], self.cell.tables["c_before"]), "h": (self.cell.tables["h"], self.affine.numbers(1))}

        def draw(share: float) -> None:
            if share >= 1:
                self.flying.write_lines([])
                self.stand(step, False)
                return
            lines = []
            for name, (start, end) in ways.items():
                end.write({})
                for unit, x in enumerate(outputs[name][time].tolist()):
                    (x0, y0), (x1, y1) = start.centre(unit), end.centre(unit)
                    lines.append(Line(end.text(x), end.digit_px, x0 + (x1 - x0) * share, y0 + (y1 - y0) * share))
            self.flying.write_lines(lines)

        return [during(0, ARRIVED, draw)]

    def count(self, reading: Reading, pages: Sequence[Page], size: float, done: int) -> None:
        """The state in which ``done`` terms are added."""
        page = next(p for p in reversed(pages) if p.first < done)
        left = -self.strip.width(self.strip.widest(page, reading.added, reading.roles), size) / 2
        role = reading.result
        pieces, current = self.strip.line(page, done - page.first, reading.added, reading.roles, role)
        self.strip.write(pieces, size=size, current=current, left=left)
        if reading.step.is_gate:
            self.affine.mark(done - 1)
            self.affine.show_parts(self.parts(reading, done))
        else:
            self.frames.put(self.boxes_read(reading.step, done - 1))

    def quick(self, beat: Beat) -> list[Cue]:
        """What is read, and the result."""
        reading = self.reading(self.trace[beat.start])
        self.begin(reading.step, beat.say)
        line = self.line(reading)

        def read(there: bool) -> None:
            if there:
                self.read(reading)
                self.strip.write(line)

        return [*self.carried(reading.step, beat), switch(0.15, read), switch(0.5, lambda there: self.finish(reading) if there else None)]

    def sweep(self, beat: Beat) -> list[Cue]:
        """Many steps, faster and faster if there are more than pictures; every picture is one whole step."""
        pictures = beat.pictures

        def draw(state: int) -> None:
            reading = self.reading(self.trace[pictures[state]])
            step = reading.step
            self.begin(step, beat.say)
            self.read(reading)
            self.finish(reading)
            name = cell_name("tanh c" if step.stage == "tanh_c" else step.stage, (step.time, step.unit))
            self.strip.write([Piece(name, "ink"), Piece(reading.whole.relation, "ink"), Piece(reading.whole.value, reading.result)])

        return [states(0, 0.97, len(pictures), draw)]
