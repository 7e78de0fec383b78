"""The poolings forwards: a window over one channel, its values under the lens, an output that fills up."""

from __future__ import annotations

from engine.concepts.pooling.step import PoolStep
from engine.sentences import times
from engine.step import Cell
from scenes.parts.desk import WrittenStep
from scenes.parts.heading import Heading
from scenes.parts.lens import side_by_side
from scenes.parts.plane import Pads, Plane
from scenes.parts.sliding import within
from scenes.pooling.reel import PoolingReel


class PoolReel(PoolingReel[PoolStep]):
    """One output cell after the other, channel by channel: the numbers of the window are compared, or added up and divided."""

    factors = ("input",)

    def legend(self) -> list[str]:
        return ["input", "output", "reading", *(["padding"] if any(map(any, self.trace.sides)) else [])]

    def dress(self, step: PoolStep) -> None:
        trace = self.trace
        channels = trace.padded.shape[1]
        padded, output = trace.padded[step.sample, step.channel], trace.outputs["output"][step.writes["output"][0][:-2]]
        (room, lens, out), cell = side_by_side(trace.kernel_size, [padded.shape, output.shape], below=self.below(step))
        name, tone = self.called(step.channel) if channels > 1 else "input", self.tone(step.channel)
        label = self.label(f"{name} {times(trace.inputs['input'].shape[-2:])}", room)
        given, made = ([values.min(), values.max()] for values in (trace.inputs["input"], trace.outputs["output"]))
        plane = Plane(padded, room, Heading(label, "input"), self.theme, padding=Pads(trace.sides), others=given, cell=cell, tone=tone)
        texts = [text for work in self.sampled for (text,) in work.written.terms]
        texts += [self.sampled[0].written.way.text(float(x)) for x in (padded.min(), padded.max())]
        self.look_through(plane, lens, texts)
        look = {"others": made, "cell": cell, "made_of": plane, "tone": tone}
        self.output = self.output_plane(output, out, [f"output {times(output.shape)}"], **look)
        self.hang(step, out)
        self.finish(plane if "indices" in trace.outputs else None)
        number = step.sample * channels + step.channel
        self.stood = {"input": [(number, plane)], "output": [(number, self.output)]}
        self.won = trace.outputs["indices"].reshape(-1, output.size)[number].astype(int).tolist() if self.has_winners else []

    def fill(self, step: PoolStep, done: bool) -> None:
        super().fill(step, done)
        row, column = self.place_of(step)
        self.keep_done(row * self.output.columns + column + done)

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        self.keep_done(0 if opened else self.output.values.size)

    def keep_done(self, count: int) -> None:
        """Tints of the first windows, and which of their cells won."""
        plane = self.lenses[0].plane
        windows = [within(self.looked_at(number), self.trace.sides) for number in range(count if self.tints or self.has_winners else 0)]
        if plane in self.tints:
            self.tints[plane].cover(plane, self.hues(windows))
        if self.output in self.tints:
            self.tints[self.output].cover(self.output, self.hues([[divmod(number, self.across)] for number in range(count)]))
        if self.has_winners:
            width = self.trace.inputs["input"].shape[-1]
            self.crown(windows, within([divmod(place, width) for place in self.won[:count]], self.trace.sides))

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
