"""The poolings forwards: a window over one channel, its values under the lens, an output that fills up."""

from __future__ import annotations

from engine.concepts.pooling.step import PoolStep
from engine.sentences import times
from engine.step import Cell
from scenes.parts.desk import WrittenStep
from scenes.parts.frame import STAGE
from scenes.parts.heading import Heading
from scenes.parts.plane import Pads, Plane
from scenes.parts.rooms import columns
from scenes.parts.sliding import within
from scenes.pooling.reel import PoolingReel


class PoolReel(PoolingReel[PoolStep]):
    """One output cell after the other, channel by channel: the numbers of the window are compared, or added up and divided."""

    factors = ("input",)

    def legend(self) -> list[str]:
        return ["input", "output", "reading", *(["padding"] if any(map(any, self.trace.sides)) else [])]

    def dress(self, step: PoolStep) -> None:
        trace = self.trace
        rooms = columns(STAGE, (1, 0.95, 1))
        channels = trace.padded.shape[1]
        padded, output = trace.padded[step.sample, step.channel], trace.outputs["output"][step.writes["output"][0][:-2]]
        name = f"channel {step.channel}" if channels > 1 else "input"
        label = self.label(f"{name} {times(trace.inputs['input'].shape[-2:])}", rooms[0])
        plane = Plane(padded, rooms[0], Heading(label, "input"), self.theme, padding=Pads(trace.sides))
        texts = [text for work in self.sampled for (text,) in work.written.terms]
        texts += [self.sampled[0].written.way.text(float(x)) for x in (padded.min(), padded.max())]
        self.look_through(plane, rooms[1], texts)
        self.output = self.output_plane(output, rooms[2], f"output {times(output.shape)}")
        number = step.sample * channels + step.channel
        self.stood = {"input": [(number, plane)], "output": [(number, self.output)]}

    def window_cells(self, step: PoolStep) -> list[Cell]:
        return within(step.window, self.trace.sides)

    def work(self, work: WrittenStep[PoolStep], ticks: int, done: bool) -> None:
        super().work(work, ticks, done)
        self.glass.win(best(work.step, ticks))


def best(step: PoolStep, done: int) -> int | None:
    """Which of the first ``done`` terms is the largest so far, the first of equal ones; none for a mean, or in padding alone."""
    if step.winner is None or not done:
        return None
    if done > step.winner:
        return step.winner
    return max(range(done), key=lambda i: step.terms[i])
