"""A ledger that is written line by line: at its right what a layer does to sizes and what it has, and the tower of all parameters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from engine.concepts.summary.step import LedgerLine, LedgerStep
from scenes.ledger.desk import GROWTH, LedgerDesk
from scenes.ledger.drawings import GAUGE
from scenes.parts.beat import Beat
from scenes.parts.desk import WrittenStep
from scenes.parts.ink import Box, Line
from scenes.parts.motion import Cue, during
from scenes.parts.pieces import Piece, Roles
from scenes.parts.travel import Flight, way

ROLE = {"sizes": "input", "strides": "input", "input_size": "input", "receptive_field": "input", "multiply_adds": "output"}
#: Steps that are shown by a window on a block.
SLID = ("size", "strides", "multiply_adds")


class LedgerReel(LedgerDesk):
    """Every line gets its sizes, its parameters, its work and its field, one number after the other."""

    # --- the step -------------------------------------------------------------------------------------------------------------------------

    def bench_of(self, step: LedgerStep) -> str:
        return f"{step.ledger} {step.line} {step.kind}"

    def roles(self, step: LedgerStep) -> tuple[Roles, str]:
        found = [tuple(self.role(path) for path in places) for places in step.sources]
        result = {"parameters": "weight", "total": "weight", "dense_weights": "weight", "multiply_adds": "output", "share": "share"}
        return found, result.get(step.kind, "input")

    def role(self, path: str) -> str:
        """Of a number by the tensor that it is in."""
        own = path.removeprefix(self.page.before).partition(".")[0]
        return ROLE.get(own, "weight") if path else "ink"

    def sources(self, work: WrittenStep[LedgerStep], term: int) -> Sequence[Line | Box]:
        step = work.step
        found = [self.stand(step, path, cell) for path, cell in zip(step.sources[term], step.cells[term], strict=True)]
        return [*takewhile(lambda one: one is not None, found)]  # type: ignore[list-item]  # none of them is none

    def work(self, work: WrittenStep[LedgerStep], ticks: int, done: bool) -> None:
        step = work.step
        above = GAUGE if step.kind == "multiply_adds" else 0.0
        self.bench.read(self.keys(step, done), self.rows(step), above)
        self.draw(step, done, 1.0 if done else ticks / len(step.terms))

    def rows(self, step: LedgerStep) -> int:
        """Of numbers below a window on a block, whose picture has one size for all steps of a line."""
        line = self.line_of(step)
        return 1 + sum(name != "out_channels" for name, _ in line.settings) if line and line.windows and self.kind(step) in SLID else 0

    def clear_bench(self, work: WrittenStep[LedgerStep]) -> None:
        self.work(work, 0, False)

    def draw(self, step: LedgerStep, done: bool, share: float) -> None:
        """The picture of a step, of which a share is done."""
        line = self.line_of(step)
        if line is None or step.kind == "share":
            self.bench.row([one.made for one in self.page.lines])
        elif step.kind == "parameters":
            self._build(line, min(1.0, share * len(step.terms)), len(step.terms) > 1 and share == 1.0)
        elif step.kind == "multiply_adds":
            self._use(step, line, done, share)
        elif step.kind == "dense_weights":
            own, dense = (self.values[f"{self.page.before}{name}"][step.line] for name in ("parameters", "dense_weights"))
            self.bench.beside(float(own), float(dense))
        elif step.kind == "receptive_field":
            self._nest(step, share)
        else:
            self._resize(step, line, done, share)

    def _build(self, line: LedgerLine, built: float, all_of_it: bool) -> None:
        """The largest block of weights, and the biases."""
        largest = max((shape for _, shape in line.weights), key=len, default=(1,))
        biases = sum(shape[0] for name, shape in line.weights if len(shape) == 1 and "bias" in name)
        self.bench.tiles(largest, built, biases, dotted=all_of_it)

    def _use(self, step: LedgerStep, line: LedgerLine, done: bool, share: float) -> None:
        """The weights at work: a window at all its places; and how much of all work that is."""
        whole = self.values[f"{self.page.before}multiply_adds"]
        if len(line.windows) == 2 and line.kind.startswith("conv2d"):
            face, _ = self.bench.blocks(line.given, line.made)
            rows, columns = (size - window[0] for size, window in zip(line.given[-2:], line.windows, strict=True))
            across = share * 4 % 1 if share < 1 else 1.0
            self.bench.slide(face, line.given[-2:], [window[0] for window in line.windows], (rows * share, columns * across))
        else:
            self._build(line, 1.0, False)
        self.bench.gauge(float(whole[step.line]) / float(whole.sum()) if done else 0.0)

    def _nest(self, step: LedgerStep, share: float) -> None:
        """Squares of the lines before, and that of this one, which grows from the last of them."""
        fields = self.values[f"{self.page.before}receptive_field"]
        size = [float(n) for n in (1, *self.page.shape)[-2:]]

        def field(line: int) -> list[float]:
            own = fields[line].tolist() if line >= 0 else [1.0]
            return [own[0], own[-1]] if len(size) == 2 and self.page.shape[1:] else [1.0, own[-1]]

        before = [n for n in range(step.line) if self.page.lines[n].of("receptive_field")]
        last = field(before[-1] if before else -1)
        grown = [a + (b - a) * share for a, b in zip(last, field(step.line), strict=True)]
        self.bench.nest(size, [*map(field, before), *([grown] if share else [])])

    def _resize(self, step: LedgerStep, line: LedgerLine, done: bool, share: float) -> None:
        given = line.given
        made = self.values[f"{self.page.before}sizes.{line.name}"]
        shape = [self._size(line, axis, float(made[axis]), step, done) for axis in range(len(line.made))]
        faces = self.bench.blocks(given, None if None in shape else shape)
        if line.windows and len(given) > 2:
            self._window(step, line, faces[0], done, share)

    def _size(self, line: LedgerLine, axis: int, value: float, step: LedgerStep, done: bool) -> float | None:
        one = line.of("size", axis)
        if one is None or one.step < step.index + done:
            return value
        return float(line.given[axis]) if len(line.given) == len(line.made) else None

    def _window(self, step: LedgerStep, line: LedgerLine, face: Box, done: bool, share: float) -> None:
        windows, size = line.windows, line.given[-2:]
        if len(windows) != 2:
            return
        kernel = [k for k, _, _, _ in windows]
        along = step.axis - (len(line.made) - 2)
        at = [0.0, 0.0]
        if along >= 0:
            strides = self.values.get(f"{self.page.before}strides.{line.name}")
            room = float(strides[step.axis]) * windows[along][1] if strides is not None else float(size[along] - kernel[along])
            at[along] = share * room
        self.bench.slide(face, size, kernel, at)
        if done and step.kind in ("strides", "size") and any(line.left_over):
            self.bench.leave_over(face, size, line.left_over)

    def landing(self, work: WrittenStep[LedgerStep]) -> list[Flight]:
        start, step = self.strip.last, work.step
        if start is None:
            return []
        spot = self.spot_of(step)
        if spot is not None:
            end = self.register.place(spot)
        elif step.kind == "share":
            end = self._share(step)
        else:
            *_, (end,) = self.bench.facts(self.keys(step, True))
        return [way(self.roles(step)[1], start, end)]

    def ticking(self, work: WrittenStep[LedgerStep], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        """While terms are added the picture goes on without a jump."""

        def go_on(share: float) -> None:
            if share > 0:
                self.draw(work.step, False, share)

        return [*super().ticking(work, start, stop, line), Cue(start, stop, go_on)]

    def land(self, work: WrittenStep[LedgerStep], start: float, stop: float, line: Sequence[Piece]) -> list[Cue]:
        cues = super().land(work, start, stop, line)
        if work.step.kind != "parameters":
            return cues

        def grow(share: float) -> None:
            if share > 0:
                self.grown = share
                self.now = work.step.index + 1
                self._pile(work.step, True)
                self.grown = 1.0

        return [*cues, during(start, stop, grow)]

    # --- the ends -------------------------------------------------------------------------------------------------------------------------

    def rest(self, opened: bool) -> None:
        self.bench.clear()
        self.register.show(self.known, None, self.plates())
        if self.standing != GROWTH:
            self.bench.row([self.page.shape, *(line.made for line in self.page.lines)])

    def closing(self, beat: Beat) -> list[Cue]:
        """The whole ledger; or of several how counts grow from one to the next."""
        growth, step = self.growth, self.trace[len(self.trace) - 1]
        if growth is None:
            return super().closing(beat)
        return [*self.at_rest(beat, step, True, GROWTH), during(0.05, 0.6, growth.show)]
