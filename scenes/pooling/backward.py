"""The poolings backwards: a window, its gradient, and the cells that get it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from engine.concepts.pooling.backward_step import PoolBackwardStep, gathered, partial
from engine.numbers import sum_of_products, written
from engine.sentences import times
from engine.step import Cell
from scenes.parts.desk import Acts, Framed, WrittenStep
from scenes.parts.heading import Heading
from scenes.parts.ink import Box
from scenes.parts.lens import MOST_FLYING, side_by_side
from scenes.parts.motion import Cue, states
from scenes.parts.pieces import Piece
from scenes.parts.plane import Plane
from scenes.parts.travel import Flight
from scenes.pooling.reel import PoolingReel


class PoolBackwardReel(PoolingReel[PoolBackwardStep]):
    """One window after the other: its gradient goes to the winner of a maximum, or in equal shares to all of its cells.

    The lens is over the window of a maximum, or for a mean over the gradient. A window, the cell of ``grad_output`` that it made and the
    cells that its gradient reaches have one tint.
    """

    acts = Acts(0.12, 0.28, 0.58, 0.78)
    factors = ("gradient",)
    result_role = "gradient"
    given, made = "grad_output", "grad_input"

    def legend(self) -> list[str]:
        return [*(["input"] if self.trace.routes else []), "gradient", "reading"]

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def dress(self, step: PoolBackwardStep) -> None:
        trace, self.shown = self.trace, (step.sample, step.channel)
        self.totals = gathered(trace, *self.shown, trace.shares[self.shown].size)[0]
        planes = [*(["input"] if trace.routes else []), "grad_output"]
        shapes = [*(trace.inputs[name].shape[-2:] for name in planes), self.totals.shape]
        (first, lens, *others), self.cell = side_by_side(trace.kernel_size, shapes, below=self.below(step))
        right, beside = others[-1], others[0] if trace.routes else first
        label, parts = self.sized("grad_input", self.totals, right), [*partial(trace, *self.shown), *ends_of(trace.outputs["grad_input"])]
        self.output = Plane(self.totals, right, Heading(label, "gradient"), self.theme, others=parts, cell=self.cell)
        self.hang(step, right)
        self.grad_output = self.plane("grad_output", "gradient", beside)
        if trace.routes:
            self.beside = [self.grad_output]
            self.look_through(self.plane("input", "input", first), lens, [text for one in trace.sample for (text,) in compared(one)])
        else:
            self.shared = "share of each cell"
            self.look_through(self.grad_output, lens, [work.written.value for work in self.sampled])
        self.finish(self.lenses[0].plane if trace.routes else None)

    def plane(self, name: str, role: str, room: Box) -> Plane:
        """A plane of an input, of the current sample and channel."""
        tensor = self.trace.inputs[name]
        values: np.ndarray = tensor[self.shown] if tensor.ndim == 4 else tensor[self.shown[1]]
        title = Heading(self.sized(name, values, room), role)
        return Plane(values.astype(float), room, title, self.theme, others=ends_of(tensor), cell=self.cell)

    def sized(self, name: str, values: np.ndarray, room: Box) -> str:
        """Name, channel if there are several, and size, as far as they fit."""
        channel = f" channel {self.shown[1]}" if self.trace.inputs["input"].shape[-3] > 1 else ""
        return self.label(f"{name}{channel} {times(values.shape)}", room)

    @property
    def shows_given(self) -> Plane:
        return self.grad_output

    # --- states ------------------------------------------------------------------------------------------------------------------------

    def number(self, step: PoolBackwardStep) -> int:
        """The number of the window in its plane."""
        block, _ = self.trace.blocks.find(step.index)
        return int(step.index - block.start)

    def source(self, step: PoolBackwardStep) -> Cell:
        """Row and column of the window's gradient."""
        return step.reads["grad_output"][0][-2:]

    def window_cells(self, step: PoolBackwardStep) -> list[Cell]:
        return step.inside if self.trace.routes else [self.source(step)]

    def shaded(self, plane: Plane, cells: Sequence[Cell]) -> list[Box]:
        """None: tints are behind the cells."""
        return []

    def reads(self, step: PoolBackwardStep) -> Mapping[str, Framed]:
        more = self.grad_output.box(*self.source(step)) if self.trace.routes else self.output.span(step.inside)
        return {**super().reads(step), "more": Framed(more)}

    def origin(self, name: str, box: Box) -> Box:
        return self.grad_output.whole if name == "more" and self.trace.routes else super().origin(name, box)

    def target(self, step: PoolBackwardStep) -> Box | None:
        return self.visible(self.output.span(step.targets)) if self.trace.routes else None

    def lead(self, step: PoolBackwardStep) -> None:
        start, end, texts = self.way(step)
        self.out_beam.join(start, end, texts, (self.grad_output.whole if self.trace.routes else None, self.output.whole))

    def way(self, step: PoolBackwardStep) -> tuple[Box, Box, Sequence[Box]]:
        target = self.output.span(step.targets)
        if self.trace.routes:
            return self.grad_output.box(*self.source(step)), target, [*self.texts, self.glass.whole]
        return self.glass.whole, target, self.texts

    def fill(self, step: PoolBackwardStep, done: bool) -> None:
        self.gather(self.number(step) + done, step if done else None)

    def gather(self, done: int, current: PoolBackwardStep | None = None, *, whole: bool = False) -> None:
        """``grad_input`` after ``done`` windows; cells that no window has looked at yet are empty, unless it is ``whole``."""
        values, counts = gathered(self.trace, *self.shown, done)
        self.output.fill(values, (counts > 0) | whole)
        self.tint(done, current)

    def rest(self, opened: bool) -> None:
        super().rest(opened)
        self.gather(0 if opened else self.grad_output.values.size, whole=not opened)

    # --- tints -------------------------------------------------------------------------------------------------------------------------

    def tint(self, done: int, current: PoolBackwardStep | None) -> None:
        """Cells of ``grad_output`` in the hues of their windows, what the first ``done`` of them reached, and the current window."""
        grad, plane, size = self.grad_output, self.lenses[0].plane, self.grad_output.values.size
        if grad in self.tints:
            self.tints[grad].cover(grad, self.hues([[divmod(number, grad.columns)] for number in range(size)]))
        reached = [self.reached(number) for number in range(done if self.tints or self.has_winners else 0)]
        if self.output in self.tints:
            self.tints[self.output].cover(self.output, self.hues(reached))
        if not self.has_winners:
            return
        seen = max(done, self.number(current) + 1 if current else 0)
        windows = [[cell for cell in self.looked_at(number) if plane.inside(*cell)] for number in range(seen)]
        self.crown(windows[:done], [cell for cells in reached for cell in cells])
        if plane in self.tints:
            self.tints[plane].cover(plane, self.hues(windows))

    def reached(self, number: int) -> list[Cell]:
        """The cells that a window gives to, as row and column."""
        cells = self.trace.cells[self.shown].reshape(-1, self.grad_output.values.size)[:, number]
        return [divmod(int(cell), self.output.columns) for cell in cells if cell >= 0]

    # --- the step ----------------------------------------------------------------------------------------------------------------------

    def line(self, work: WrittenStep[PoolBackwardStep]) -> list[Piece]:
        """What is added to the winner, or the share of each cell."""
        step, text = work.step, work.written
        if self.trace.routes:
            text = sum_of_products([(step.before,), (step.value,)], step.before + step.value)
        return self.strip.whole(text, self.factors, "gradient", "gradient")

    def name(self, work: WrittenStep[PoolBackwardStep]) -> list[Piece]:
        """What a window gives is not all that its cells hold."""
        return self.line(work)

    def work(self, work: WrittenStep[PoolBackwardStep], ticks: int, done: bool) -> None:
        step = work.step
        self.take(*step.extent)
        if step.winner is not None and not done:
            self.tint(self.number(step), step)
        self.look(work, len(step.numbers) if ticks else 0)
        if ticks:
            self.glass.mark(None)

    def look(self, work: WrittenStep[PoolBackwardStep], done: int) -> None:
        """The numbers of the window, the largest of the first ``done`` of them framed; or the shares of its cells, once they are found."""
        step, share = work.step, work.written.value
        if step.winner is not None:
            self.glass.show(compared(step), values(step), self.lenses[0].plane.limit)
            self.glass.win(step.winner if done > step.winner else max(range(done), key=values(step).__getitem__) if done else None)
            self.glass.mark(done - 1 if done else None)
        elif done:
            texts = [(share if x is not None else "",) for x in step.numbers]
            self.glass.show(texts, [step.value] * len(texts), self.output.limit)
        else:
            self.divide(work)

    def divide(self, work: WrittenStep[PoolBackwardStep]) -> None:
        """The gradient on the strip, where it is divided later."""
        line = self.line(work)
        size = self.strip.fitting(line)
        self.strip.write(line[:1], size=size, left=-self.strip.width(line, size) / 2)

    def ticking(self, work: WrittenStep[PoolBackwardStep], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        """The numbers of the window are compared one by one; a mean is divided."""
        routes = work.step.winner is not None

        def tick(state: int) -> None:
            if state:
                self.look(work, state)
            if state and not routes:
                self.strip.write(line)

        return [states(start, stop, 1 + (len(work.step.numbers) if routes else 1), tick)]

    def flights(self, work: WrittenStep[PoolBackwardStep]) -> list[Flight]:
        if work.step.winner is not None:
            return super().flights(work)
        self.divide(work)
        end = self.strip.last
        self.strip.clear()
        return [Flight("gradient", lines=(self.grad_output.line(self.source(work.step), end.text), end))] if end else []

    def landing(self, work: WrittenStep[PoolBackwardStep]) -> list[Flight]:
        step, text = work.step, work.written.value
        self.glass.mark(None)
        self.lead(step)
        if step.winner is not None:
            start = self.grad_output.line(self.source(step), text)
            return [Flight("gradient", lines=(start, self.output.line(step.targets[0], text))), *self.ring(step.targets[0])]
        if self.glass.has_digits and self.output.has_digits:
            ways = zip(self.glass.read, step.targets, strict=True)
            return [Flight("gradient", lines=(line, self.output.line(cell, text))) for line, cell in ways]
        taps = [tap for tap, number in enumerate(step.numbers) if number is not None]
        if len(taps) > MOST_FLYING:
            return [Flight("gradient", boxes=(self.glass.area, self.output.span(step.targets)))]
        ends = zip(taps, step.targets, strict=True)
        return [Flight("gradient", boxes=(self.glass.tap(tap), self.output.box(*cell))) for tap, cell in ends]


def ends_of(tensor: np.ndarray) -> list[float]:
    """The least and the largest of its numbers, so that all of its planes have one scale."""
    return [float(tensor.min()), float(tensor.max())]


def values(step: PoolBackwardStep) -> list[float]:
    """The numbers of a window; nothing in the padding is larger than any of them."""
    return [float("-inf") if x is None else x for x in step.numbers]


def compared(step: PoolBackwardStep) -> list[tuple[str]]:
    """The numbers of a window, with as many decimals as show which one is the largest; nothing in the padding."""
    inside = [(x,) for x in step.numbers if x is not None]
    texts = iter(written(inside, max(x for (x,) in inside), "max").terms)
    return [("" if x is None else next(texts)[0],) for x in step.numbers]
