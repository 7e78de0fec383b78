"""What the ways back through the poolings have in common on the stage: a window, its gradient, and the cells that get it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.concepts.pooling.backward_step import PoolBackwardStep, gathered, partial
from engine.numbers import Sum, sum_of_products, written
from engine.step import Cell
from scenes.parts.beat import Beat
from scenes.parts.frame import STAGE
from scenes.parts.glass import Glass
from scenes.parts.ink import Box, text_boxes
from scenes.parts.motion import Cue, during, states, switch
from scenes.parts.plane import Plane
from scenes.parts.reel import Reel
from scenes.parts.rooms import columns, rows
from scenes.parts.sliding import fits_label
from scenes.parts.story import Story
from scenes.parts.strip import Piece
from scenes.parts.window import Beam, Window, blend
from scenes.pooling.tints import Tints, hue

#: Shares of a full beat: the window has arrived, its numbers are looked at, the gradient leaves, it has arrived.
ARRIVED, LOOKED, LEFT, ADDED = 0.14, 0.5, 0.58, 0.78


class PoolBackwardReel(Reel[PoolBackwardStep]):
    """One window after the other: its gradient goes to the winner of a maximum, or in equal shares to all of its cells.

    A window, the cell of ``grad_output`` that it made and the cells that its gradient reaches have one tint.
    """

    def legend(self) -> list[str]:
        return [*(["input"] if self.trace.routes else []), "gradient", "reading"]

    # --- building ----------------------------------------------------------------------------------------------------------------------

    def layout(self, trace: Story[PoolBackwardStep]) -> None:
        self.dressed: tuple[int, int] | None = None
        self.source, self.window, self.target = Window(self.theme), Window(self.theme), Window(self.theme)
        self.beams = Beam(self.theme), Beam(self.theme)
        self.prepare(trace[0])

    def prepare(self, step: PoolBackwardStep) -> None:
        """Builds the stage for the plane of a step, unless it stands already."""
        if self.dressed == (step.sample, step.channel):
            return
        self.dressed = (step.sample, step.channel)
        trace, (sample, channel) = self.trace, self.dressed
        totals, _ = gathered(trace, sample, channel, trace.shares[sample, channel].size)
        gradient = self.own(trace.inputs["grad_output"])
        if trace.routes:
            left, middle, right = columns(STAGE, (1, 0.95, 1))
            below, source_room = rows(middle, (1.2, 1))
            self.input: Plane | None = self.plane(self.own(trace.inputs["input"]), left, "input", "input")
        else:
            source_room, below, right = columns(STAGE, (1, 0.95, 1))
            self.input = None
        self.grad_output = self.plane(gradient, source_room, "gradient", "grad_output")
        self.grad_input = Plane(
            totals, right, "gradient", self.label("grad_input", totals, right), self.theme, known=0, others=partial(trace, sample, channel)
        )
        self.glass = self.dress_glass(below)
        planes = [*([] if self.input is None else [self.input]), self.grad_output, self.grad_input]
        self.tints: dict[Plane | None, Tints] = {plane: Tints(self.theme) for plane in planes if plane.mode == "digits"}
        windows = (self.source, self.window, self.target)
        self.place(
            [],
            [
                *(self.tints[plane] for plane in planes if plane in self.tints),
                *(mark for plane in planes for mark in plane.ground),
                *(window.shade for window in windows),
                *self.beams,
                *planes,
                self.glass,
                *windows,
            ],
        )

    @property
    def windowed(self) -> Plane:
        """The plane that the window slides over."""
        return self.grad_input if self.input is None else self.input

    def own(self, tensor: np.ndarray) -> np.ndarray:
        """The plane of the current sample and channel."""
        sample, channel = self.dressed or (0, 0)
        plane: np.ndarray = tensor[sample, channel] if tensor.ndim == 4 else tensor[channel]
        return plane.astype(float)

    def plane(self, values: np.ndarray, room: Box, role: str, name: str) -> Plane:
        """A plane that is there from the beginning."""
        return Plane(values, room, role, self.label(name, values, room), self.theme)

    def label(self, name: str, values: np.ndarray, room: Box) -> str:
        """Name, channel if there are several, and size, as far as they fit."""
        many = self.trace.inputs["input"].shape[-3] > 1 and self.dressed
        channel = f" channel {self.dressed[1]}" if many and self.dressed else ""
        return fits_label(f"{name}{channel} {'×'.join(map(str, values.shape))}", room[2] - room[0])

    def dress_glass(self, room: Box) -> Glass:
        """The numbers of the window for a maximum, the share of each of its cells for a mean."""
        height, width = self.trace.kernel_size
        sample = self.trace.sample
        self.shared = fits_label("share of each cell", room[2] - room[0])
        if self.trace.routes:
            texts = [text for step in sample for (text,) in compared(step)]
            return Glass(height, width, room, self.theme, self.glass_label(height, width), texts)
        texts = [self.quotient(step).value for step in sample]
        return Glass(height, width, room, self.theme, self.glass_label(height, width), texts, "gradient")

    def glass_label(self, height: int, width: int) -> str:
        """The label of a window's numbers."""
        return f"window {height}×{width}" if self.trace.routes else self.shared

    def place_of(self, step: PoolBackwardStep) -> int:
        """The number of the window in its plane."""
        block, _ = self.trace.blocks.find(step.index)
        return int(step.index - block.start)

    # --- states ------------------------------------------------------------------------------------------------------------------------

    def quotient(self, step: PoolBackwardStep) -> Sum:
        """The share of a cell, as it is written."""
        return written(step.terms, step.value, "sum", step.divisor)

    def hue_of(self, number: int) -> int:
        """The hue of a window by its number in the plane."""
        return hue(*divmod(number, self.trace.inputs["grad_output"].shape[-1]))

    def tint(self, done: int, current: PoolBackwardStep | None) -> None:
        """Cells of ``grad_output`` in the hues of their windows, what the first ``done`` of them reached, and the current window."""
        if self.grad_output in self.tints:
            cells = self.grad_output.values.size
            size = self.grad_output.columns
            self.tints[self.grad_output].put((self.hue_of(k), self.grad_output.box(*divmod(k, size))) for k in range(cells))
        shown = any(plane in self.tints for plane in (self.input, self.grad_input))
        reached: dict[Cell, int] = {cell: self.hue_of(number) for number in range(done if shown else 0) for cell in self.reached(number)}
        if self.grad_input in self.tints:
            self.tints[self.grad_input].put((hue, self.grad_input.box(*cell)) for cell, hue in reached.items())
        if self.input is not None and self.input in self.tints:
            if current:
                reached |= dict.fromkeys(current.inside, self.hue_of(self.place_of(current)))
            self.tints[self.input].put((hue, self.input.box(*cell)) for cell, hue in reached.items())

    def reached(self, number: int) -> list[Cell]:
        """The cells that a window gives to, as row and column."""
        sample, channel = self.dressed or (0, 0)
        cells = self.trace.cells[sample, channel].reshape(-1, self.grad_output.values.size)[:, number]
        return [divmod(int(cell), self.grad_input.columns) for cell in cells if cell >= 0]

    def gather(self, done: int, *, whole: bool = False) -> None:
        """``grad_input`` after ``done`` windows; cells that no window has looked at yet are empty, unless it is ``whole``."""
        sample, channel = self.dressed or (0, 0)
        values, counts = gathered(self.trace, sample, channel, done)
        self.grad_input.fill(values, (counts > 0) | whole)

    def aim(self, step: PoolBackwardStep) -> None:
        """Frames the window and its gradient, and gives the window its tint."""
        *_, y, x = step.reads["grad_output"][0]
        self.source.put(self.grad_output.box(y, x))
        self.tint(self.place_of(step), step)
        self.window.put(self.windowed.span(step.inside))

    def look(self, step: PoolBackwardStep, done: int) -> None:
        """The numbers of the window, the largest of the first ``done`` of them framed; or the shares of its cells."""
        if step.winner is None:
            share = self.quotient(step).value
            self.glass.show(
                [(share if x is not None else "",) for x in step.numbers], [step.value] * len(step.numbers), self.grad_input.limit
            )
            return
        self.glass.show(compared(step), values(step), self.windowed.limit)
        best = step.winner if done > step.winner else max(range(done), key=values(step).__getitem__) if done else None
        self.glass.win(best)
        self.glass.mark(done - 1 if 0 < done <= len(step.numbers) else None)

    def arrive(self, step: PoolBackwardStep, added: bool) -> None:
        """``grad_input`` without or with what the window gives."""
        done = self.place_of(step) + added
        self.gather(done)
        self.tint(done, step if added else None)
        self.target.clear()
        if added and step.winner is not None:
            self.target.put(self.grad_input.span(step.targets))

    def send(self, step: PoolBackwardStep) -> None:
        """The way that the gradient takes, and what it becomes."""
        *_, y, x = step.reads["grad_output"][0]
        target = self.grad_input.span(step.targets)
        planes = [*([] if self.input is None else [self.input]), self.grad_output, self.grad_input]
        texts = text_boxes([*(mark for plane in planes for mark in plane.ground), self.glass.label])
        if step.winner is None:
            self.beams[0].join(self.grad_output.box(y, x), self.glass.whole, texts)
            self.beams[1].join(self.glass.whole, target, texts)
        else:
            self.beams[0].join(self.grad_output.box(y, x), target, [*texts, self.glass.whole])
        self.strip.write(self.line(step))

    def line(self, step: PoolBackwardStep) -> list[Piece]:
        """What is added to the winner, or the share of each cell."""
        if step.winner is None:
            text = self.quotient(step)
            return self.strip.whole(text, ("gradient",), "gradient", "gradient")
        total = step.before + step.value
        return self.strip.whole(sum_of_products([(step.before,), (step.value,)], total), ("gradient",), "gradient", "gradient")

    def clear(self) -> None:
        """No window, no way."""
        for mark in (self.source, self.window, self.target, *self.beams):
            mark.clear()
        height, width = self.trace.kernel_size
        self.glass.take(height, width, self.glass_label(height, width))
        self.glass.show_weights()

    # --- beats -------------------------------------------------------------------------------------------------------------------------

    def show(self, beat: Beat) -> list[Cue]:
        beats: dict[str, Callable[[Beat], list[Cue]]] = {"full": self.full, "quick": self.quick, "sweep": self.sweep}
        return beats.get(beat.kind, self.ends)(beat)

    def ends(self, beat: Beat) -> list[Cue]:
        """The planes before the first window, or after the last."""
        opening = beat.kind == "opening"
        self.prepare(self.trace[0 if opening else len(self.trace) - 1])
        done = 0 if opening else self.grad_output.values.size

        def draw(_: int) -> None:
            self.clear()
            self.header.show(beat.phase, None if opening else len(self.trace) - 1)
            self.caption.say(beat.say)
            self.strip.show_formula(self.trace.formula)
            self.gather(done, whole=not opening)
            self.tint(done, None)

        return [states(0, 1, 1, draw)]

    def begin(self, step: PoolBackwardStep, say: str) -> None:
        """What stands when a step begins."""
        self.prepare(step)
        self.clear()
        self.glass.take(*step.extent, self.glass_label(*step.extent))
        self.header.show(step.phase, step.index)
        self.caption.say(say)
        self.strip.clear()
        self.arrive(step, False)

    def slide(self, step: PoolBackwardStep, before: int | None, stop: float) -> Cue:
        """The window comes from where step ``before`` had it, if that was on the same plane."""
        old = self.trace[before] if before is not None else step
        plane = self.windowed
        start = plane.span(old.inside if (old.sample, old.channel) == self.dressed else step.inside)
        end = plane.span(step.inside)

        def draw(share: float) -> None:
            if share >= 1:
                self.aim(step)
            else:
                self.window.put(blend(start, end, share))

        return during(0, stop, draw)

    def full(self, beat: Beat) -> list[Cue]:
        """The window, its numbers one by one, the way of its gradient."""
        step = self.trace[beat.start]
        self.begin(step, beat.say)
        terms = len(step.numbers) if step.winner is not None else 1

        def look(state: int) -> None:
            if state:
                self.look(step, state)

        return [
            self.slide(step, beat.before, ARRIVED),
            states(ARRIVED, LOOKED, terms + 1, look),
            switch(LEFT, lambda there: self.send(step) if there else None),
            switch(ADDED, lambda there: self.arrive(step, there)),
        ]

    def quick(self, beat: Beat) -> list[Cue]:
        """Window and result."""
        step = self.trace[beat.start]
        self.begin(step, beat.say)

        def look(there: bool) -> None:
            if there:
                self.look(step, len(step.numbers))
                self.glass.mark(None)
                self.send(step)

        return [self.slide(step, beat.before, 0.25), switch(0.27, look), switch(0.55, lambda there: self.arrive(step, there))]

    def sweep(self, beat: Beat) -> list[Cue]:
        """Many windows."""
        pictures = beat.pictures

        def draw(state: int) -> None:
            step = self.trace[pictures[state]]
            self.begin(step, beat.say)
            self.aim(step)
            self.look(step, len(step.numbers))
            self.glass.mark(None)
            self.send(step)
            self.arrive(step, True)

        return [states(0, 0.97, len(pictures), draw)]


def values(step: PoolBackwardStep) -> list[float]:
    """The numbers of a window; nothing in the padding is larger than any of them."""
    return [float("-inf") if x is None else x for x in step.numbers]


def compared(step: PoolBackwardStep) -> list[tuple[str]]:
    """The numbers of a window, with as many decimals as show which one is the largest; nothing in the padding."""
    inside = [(x,) for x in step.numbers if x is not None]
    texts = iter(written(inside, max(x for (x,) in inside), "max").terms)
    return [("" if x is None else next(texts)[0],) for x in step.numbers]
