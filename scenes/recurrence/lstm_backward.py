"""The way back through an LSTM on the stage: through time along the conveyor, then what adds up over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from engine.concepts.lstm.backward_step import DELTAS, TIMED, LstmBackwardStep
from scenes.parts.beat import Beat
from scenes.parts.desk import Framed, framed
from scenes.parts.frame import STAGE
from scenes.parts.lattice import Home
from scenes.parts.motion import Cue
from scenes.parts.pieces import Piece
from scenes.parts.rooms import around
from scenes.parts.story import Story
from scenes.recurrence.affine import Addend
from scenes.recurrence.cell import SATURATED, BackPicture
from scenes.recurrence.chronicle import Chronicle, Strand
from scenes.recurrence.course import UnitFlow
from scenes.recurrence.furnished import EDGE, GIVEN, TIME, WHOLE, Recurrent
from scenes.recurrence.gathering import Gathering, MatrixSheet
from scenes.recurrence.routes import Crossing
from scenes.recurrence.score import Score
from scenes.recurrence.through_time import Gathered, ThroughTime

#: The columns that the gradient of a gate's sum reads; a gate itself a second time for 1 − i, and once for 1 − g².
DELTA_READS = {
    "delta_i": ("grad_c", "g", "i", "i"),
    "delta_f": ("grad_c", "c_before", "f", "f"),
    "delta_g": ("grad_c", "i", "g"),
    "delta_o": ("grad_h", "tanh_c", "o", "o"),
}
#: Of the stage, the gradients that are added up over time: below all states, or below digits.
LOWER, LOWER_DIGITS = 0.5, 0.7
#: Heights of what stands one below the other.
RESULT_SHARES, STATE_SHARES = (0.6, 0.6, 0.4, 0.6), (1.3, 1.3, 0.9, 1.0)
FORWARD = ("f", "i", "g", "o", "tanh_c")


def blocks(trace: Story[LstmBackwardStep]) -> list[Addend]:
    """What the gradient of h adds up: that of the output, perhaps of the last state, and what the gates send back."""
    found = [Addend("partial y_t", "gradient", 1, trace.inputs["grad_output"], None)]
    if "grad_h_n" in trace.inputs:
        found.append(Addend("partial h_n", "gradient", 1, trace.inputs["grad_h_n"], None))
    return [*found, *(Addend(f"delta_{gate}", "gradient", trace.units, trace.deltas, trace.inputs["weight_hh"]) for gate in "ifgo")]


class LstmBackwardReel(ThroughTime[LstmBackwardStep]):
    """From the last time step to the first, then gradients of input, weights and biases."""

    picture = BackPicture
    course = ("grad_c_after", "f_after", "grad_c")
    back = True
    chosen_for = "the strongest gradient"

    def legend(self) -> list[str]:
        return ["weight", "output", "gradient", "reading"]

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def layout(self, trace: Story[LstmBackwardStep]) -> None:
        gradients = {name: Strand(f"partial {name[-1]}", "gradient", trace.outputs[name].T) for name in ("grad_c", "grad_h")}
        f = Strand("f", "ink", trace.inputs["forward"]["f"].T)
        named = {"f": f, "grad_c": gradients["grad_c"]} if self.is_alone else {"grad_c": gradients["grad_c"], "f": f, **gradients}
        self.gatherings: dict[str, Gathering] = {}
        self.overviews: dict[str, list[Recurrent]] = {}
        #: Of every row of all gates how many are computed before it.
        self.row_turns = np.argsort(trace.choice.rows)
        self.furnish(self.numbers_of(trace), blocks(trace), self.strands_of(named, "grad_c"))

    def numbers_of(self, trace: Story[LstmBackwardStep]) -> dict[str, np.ndarray]:
        """The numbers of each column by their times, at the end (time −1) those before the first time step."""
        forward, outputs, nothing = trace.inputs["forward"], trace.outputs, np.zeros(trace.units)
        h, c = (np.vstack([outputs[f"grad_{name}"], outputs[f"grad_{name}0"]]) for name in "hc")
        end = trace.inputs.get("grad_c_n", nothing)
        return {
            **{name: forward[name] for name in FORWARD},
            "c_before": trace.c_before,
            "grad_h": h,
            "grad_c": c,
            "grad_c_after": np.vstack([c[1:-1], end, c[-1], c[0]]),
            "f_after": np.vstack([forward["f"][1:], nothing, forward["f"][0]]),
        }

    def sheets(self, stage: str) -> list[MatrixSheet]:
        """The matrices that a gradient is made of, and its own."""
        inputs, outputs = self.trace.inputs, self.trace.outputs
        deltas = MatrixSheet("δ over time", "gradient", self.trace.deltas.T, by_gate=True)
        if stage == "grad_input":
            weights = MatrixSheet("weight_ih", "weight", inputs["weight_ih"], by_gate=True)
            return [deltas, weights, MatrixSheet("grad_input over time", "gradient", outputs[stage].T)]
        read = {
            "grad_weight_ih": [MatrixSheet("x over time", "input", inputs["input"].T)],
            "grad_weight_hh": [MatrixSheet("h before", "output", self.trace.h_before.T)],
        }
        made = next(values for name, values in outputs.items() if name.startswith(stage))
        return [deltas, *read.get(stage, []), MatrixSheet(stage, "gradient", made.reshape(len(made), -1), by_gate=True)]

    # --- overviews ---------------------------------------------------------------------------------------------------------------------

    def weights(self) -> list[MatrixSheet]:
        """The gradients that are added up over time, and those of what was there before it."""
        outputs = self.trace.outputs
        bias = next((name for name in outputs if name.startswith("grad_bias")), None)
        found = []
        for letter, name in (("W_(i h)", "grad_weight_ih"), ("W_(h h)", "grad_weight_hh"), *([("b", bias)] if bias else [])):
            values = outputs[name]
            found.append(MatrixSheet(f"partial {letter}", "gradient", values.reshape(len(values), -1), by_gate=True, math=True))
        ends = [MatrixSheet(f"partial {name}_0", "gradient", outputs[f"grad_{name}0"][:, None], math=True) for name in "hc"]
        return [*found, *ends]

    def through_time(self, names: Mapping[str, np.ndarray]) -> dict[str, Strand]:
        """Gradients by their names, over time."""
        order = self.trace.choice.early if self.is_alone else self.trace.choice.order
        note = f"all {self.trace.units}" if self.is_alone else ""
        return {
            name: Strand(f"partial {name}", "gradient", values.T if name == "x" else values.T[order], note if name == "c" else "")
            for name, values in names.items()
        }

    def results(self) -> list[Recurrent]:
        """All gradients: those over time, and below them those that have been added up."""
        outputs, (left, bottom, right, top) = self.trace.outputs, STAGE
        middle = bottom + (top - bottom) * (LOWER if self.is_alone else LOWER_DIGITS)
        room = (left, middle + 0.1, right, top - EDGE)
        strands = self.through_time({name: outputs["grad_input" if name == "x" else f"grad_{name}"] for name in "chx"})
        past = Score(strands, self.flow, room, self.theme, RESULT_SHARES) if self.is_alone else Chronicle(strands, room, self.theme)
        for name in strands:
            past.fill(name, slice(None))
        if isinstance(past, Score):
            past.course.show(range(self.trace.time_steps))
        digits = not self.is_alone
        gathering = Gathering(self.weights(), self.theme, least=1.0, gap=0.3, room=(left, bottom, right, middle), digits=digits)
        gathering.show_all()
        return [past, gathering]

    def states(self) -> list[Recurrent]:
        """What the way forward has left behind, and the gradient that comes in."""
        trace, order = self.trace, self.trace.choice.early
        forward = trace.inputs["forward"]
        strands = {
            "c": Strand("c", "output", forward["c"].T[order], f"all {trace.units}", most=SATURATED),
            "f": Strand("f", "ink", forward["f"].T[order]),
            "y": Strand("partial y", "gradient", trace.inputs["grad_output"].T[order]),
        }
        unit = self.followed
        flow = UnitFlow(f"unit {unit}", "output", trace.c_before[:, unit], forward["f"][:, unit], forward["c"][:, unit], False, SATURATED)
        score = Score(strands, flow, (STAGE[0], STAGE[1] + 0.1, STAGE[2], STAGE[3] - 0.1), self.theme, STATE_SHARES)
        for name in strands:
            score.fill(name, slice(None))
        score.course.show(range(trace.time_steps))
        return [score]

    # --- the stage ---------------------------------------------------------------------------------------------------------------------

    def scenery(self, step: LstmBackwardStep) -> str:
        return TIME if step.is_timed else step.stage

    def prepare(self, scenery: str, step: LstmBackwardStep) -> None:
        if scenery in (GIVEN, WHOLE):
            if scenery not in self.overviews:
                self.overviews[scenery] = self.states() if scenery == GIVEN else self.results()
        elif scenery != TIME and scenery not in self.gatherings:
            self.gatherings[scenery] = Gathering(self.sheets(scenery), self.theme, by_column=scenery == "grad_input")
        self.bench = self.gatherings.get(scenery, self.affine)
        self.tables = self.gatherings.get(scenery, self.cell).tables
        super().prepare(scenery, step)

    def on_stage(self, scenery: str) -> Sequence[Recurrent]:
        if scenery in self.overviews:
            return self.overviews[scenery]
        return super().on_stage(scenery) if scenery == TIME else [self.gatherings[scenery]]

    def opening(self, beat: Beat) -> list[Cue]:
        """Of many units what is given, over all time."""
        return self.at_rest(beat, self.trace[0], False, GIVEN) if self.is_alone else super().opening(beat)

    def closing(self, beat: Beat) -> list[Cue]:
        """All gradients that are asked for."""
        last = self.trace.units - 1
        step = replace(self.trace[len(self.trace) - 1], stage="grad_c0", cell=(last,), time=0, unit=last)
        return self.at_rest(beat, step, True, WHOLE)

    # --- a step ------------------------------------------------------------------------------------------------------------------------

    def at(self, step: LstmBackwardStep) -> int:
        return -1 if step.stage in ("grad_h0", "grad_c0") else step.time

    def is_last(self, step: LstmBackwardStep) -> bool:
        """Whether nothing comes from a time after it."""
        return bool(self.at(step) == self.trace.time_steps - 1)

    def columns(self, step: LstmBackwardStep) -> Sequence[Sequence[str]]:
        if step.stage in DELTA_READS:
            return [DELTA_READS[step.stage]]
        if step.stage not in ("grad_c", "grad_c0"):
            return ()
        through_h = [("grad_h", "o", "tanh_c")] if step.stage == "grad_c" else []
        along = ("grad_c_after",) if self.is_last(step) else ("grad_c_after", "f_after")
        return [*through_h, along][: len(step.terms)]

    def sum(self, step: LstmBackwardStep) -> Gathered:
        gates = [*range(len(self.affine.blocks) - len(DELTAS), len(self.affine.blocks))]
        own = [] if step.stage == "grad_h0" else [0]
        return Gathered("W_(h h)", range(gates[0]) if self.is_last(step) else [*own, *gates])

    def spots(self, step: LstmBackwardStep) -> list[list[Home]]:
        if step.is_timed:
            return super().spots(step)
        return self.gatherings[step.stage].spots(step.cell, len(step.terms))

    def homes(self, step: LstmBackwardStep) -> Sequence[Home]:
        if step.stage in DELTAS:
            block = len(self.affine.blocks) - len(DELTAS) + DELTAS.index(step.stage)
            return [Home(self.affine.numbers(block), step.unit, 0, "gradient")]
        if step.is_timed:
            past = self.past_homes(step.stage, step.unit, step.time) if step.stage in TIMED else []
            return [self.cell.spot(step.stage.removesuffix("0"), step.unit), *past]
        gathering = self.gatherings[step.stage]
        row, column = (*step.cell, 0)[:2]
        return [gathering.spot_at(gathering.sheets[-1], row, column)]

    def reads(self, step: LstmBackwardStep) -> Mapping[str, Framed]:
        if step.is_timed:
            return super().reads(step)
        factors = zip(self.tables, zip(*self.spots(step), strict=True), strict=False)
        return {label: framed(around([spot.box for spot in spots]), shaded=True) for label, spots in factors}

    def passages(self, step: LstmBackwardStep) -> list[Crossing]:
        """The gradient of c goes on along the conveyor, and meets the forget gate that it is multiplied by."""
        tables, ways = self.cell.tables, (("gradient", "grad_c", "grad_c_after"), ("ink", "f", "f_after"))
        seen = slice(step.unit, step.unit + 1) if self.is_alone else slice(None)
        return [Crossing(role, tables[start], 0, tables[end], self.numbers[end][self.at(step)][seen]) for role, start, end in ways]

    def grows(self, step: LstmBackwardStep) -> str:
        return step.stage.removesuffix("0") if step.stage in ("grad_h", "grad_c", "grad_c0", "grad_h0") else ""

    # --- what is known -----------------------------------------------------------------------------------------------------------------

    def fill(self, step: LstmBackwardStep, done: bool) -> None:
        counts = self.trace.blocks.done(step.index + done)
        if not step.is_timed:
            # Those of both weights come one after the other.
            before = self.trace.outputs["grad_weight_ih"].size if step.stage == "grad_weight_hh" else 0
            self.gatherings[step.stage].show(counts[self.trace.blocks.find(step.index)[0].stage] - before)
            return
        time, units = self.at(step), self.trace.units
        earlier = (self.trace.time_steps - 1 - time) * units
        known = {name: counts[name] - earlier for name in ("grad_h", "grad_c")}
        self.look(time, known, step.unit)
        self.remember(("grad_c", "grad_h"), time, known)
        self.past.fill("f", slice(None))
        self.show_deltas(step, time, counts["delta"] - earlier * len(DELTAS))

    def look(self, time: int, known: Mapping[str, int], unit: int) -> None:
        """The cell at a time, of its gradients so many as are known."""
        units, last = self.trace.units, self.trace.time_steps - 1
        forward = dict.fromkeys((*FORWARD, "c_before"), units * (time >= 0))
        after = {"grad_c_after": units * (time < last or "grad_c_n" in self.trace.inputs), "f_after": units * (time < last)}
        self.stand({**forward, **after, **known}, time, unit)

    def passed(self, step: LstmBackwardStep) -> int | None:
        done = self.trace.blocks.done(step.index + 1)["delta"] // (len(DELTAS) * self.trace.units)
        return self.trace.time_steps - done if done else None

    def survey(self, time: int) -> Sequence[Piece]:
        known = dict.fromkeys(("grad_h", "grad_c"), self.trace.units)
        self.look(time, known, self.followed)
        self.remember([*known], time, known)
        return self.seen_of("grad_c", time)

    def show_deltas(self, step: LstmBackwardStep, time: int, known: int) -> None:
        """Under the lens the gradients of the gates: those of the time after, or once they are computed so many of the time itself."""
        inputs, last = self.trace.inputs, self.trace.time_steps - 1
        own, unit, nothing = step.stage in DELTAS, slice(step.unit, step.unit + 1), np.zeros(0)
        at = time if own else time + 1
        values = [inputs["grad_output"][time][unit] if time >= 0 else nothing]
        if "grad_h_n" in inputs:
            values.append(inputs["grad_h_n"][unit] if time == last else nothing)
        deltas = np.ma.array(self.trace.deltas[min(at, last)], mask=self.row_turns >= known if own else at > last)
        self.affine.show_values([*values, *np.split(deltas, len(DELTAS))])
