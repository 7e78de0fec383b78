"""A ledger beside a workshop and a tower: where its numbers stand, and which of them are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from manim import Mobject

from engine.concepts.summary.step import Entered, LedgerGrowth, LedgerLine, LedgerPage, LedgerStep
from engine.paths import by_path
from scenes.ledger.drawings import Fact, Workshop, scaled
from scenes.parts.desk import Framed, framed
from scenes.parts.frame import STAGE
from scenes.parts.growth import Growth, Series
from scenes.parts.ink import PX, Box, Line
from scenes.parts.ledger import PieceSpot, Register, Tower
from scenes.parts.story import Story
from scenes.parts.worked import WorkedReel

#: Width of the ledger, and of the tower; the workshop is between them.
LEDGER, TOWER, GAP = 8.3, 1.65, 0.3
#: Columns of the ledger: what stands above them, which numbers stand in them, in which role.
COLUMNS = (
    ("layer", "", "ink"),
    ("size", "size", "input"),
    ("params", "parameters", "weight"),
    ("work", "multiply_adds", "output"),
    ("field", "receptive_field", "input"),
)
#: The total stands in the column of what it adds up.
SUMS = {"total": 2}
MOST_FACTS = 8
#: The scenery at the end where there are several ledgers.
GROWTH = "growth"


class LedgerDesk(WorkedReel[LedgerStep]):
    """The stage of a ledger; what is done on it is for a subclass to say."""

    most_read = 4

    def legend(self) -> list[str]:
        return ["input", "weight", "output", "share", "reading"]

    def layout(self, trace: Story[LedgerStep]) -> None:
        left, bottom, right, top = STAGE
        self.rooms = (
            (left, bottom, left + LEDGER, top),
            (left + LEDGER + GAP, bottom, right - TOWER - GAP, top),
            (right - TOWER, bottom, right, top),
        )
        self.values: dict[str, Any] = dict(by_path(trace.outputs))
        self.bench = Workshop(self.rooms[1], self.theme)
        self.tower = Tower(self.rooms[2], "weight", self.theme, "params", "%")
        self.pages: Sequence[LedgerPage] = trace.pages
        self.registers = [self._register(page) for page in self.pages]
        self.grown = 1.0
        self.growth = self._growth(trace.grown) if trace.grown else None

    def _growth(self, grown: LedgerGrowth) -> Growth:
        found = (("parameters", "weight", grown.parameters), ("multiply-adds", "output", grown.multiply_adds))
        series = [Series(name, role, *map(tuple, zip(*counts, strict=True))) for name, role, counts in found if any(n for n, _ in counts)]
        return Growth(STAGE, grown.name, grown.numbers, grown.texts, series, self.theme)

    def _register(self, page: LedgerPage) -> Register:
        cells = [[self._pieces(line, kind) for _, kind, _ in COLUMNS] for line in page.lines]
        sums = [[""] for _ in COLUMNS]
        for one in page.entered:
            sums[SUMS[one.kind]] = [one.text]
        sums[0] = ["total"]
        first = [["input"], crossed(page.sizes), [""], [""], [""]]
        return Register(
            self.rooms[0], [head for head, _, _ in COLUMNS], [first, *cells, sums], [role for _, _, role in COLUMNS], self.theme
        )

    def _pieces(self, line: LedgerLine, kind: str) -> list[str]:
        if not kind:
            return [line.name]
        if kind == "size":
            return crossed(line.sizes)
        found = [one.text for axis in range(2) if (one := line.of(kind, axis))]
        return crossed(found) or [""]

    # --- where things stand ---------------------------------------------------------------------------------------------------------------

    def scenery(self, step: LedgerStep) -> str:
        return str(step.ledger)

    def build(self, step: LedgerStep) -> None:
        self.page, self.register = self.pages[step.ledger], self.registers[step.ledger]

    def parts(self, scenery: str) -> list[Mobject]:
        return [self.growth] if scenery == GROWTH and self.growth is not None else [self.register, self.tower]

    def line_of(self, step: LedgerStep) -> LedgerLine | None:
        """The line that a step writes in."""
        return self.page.lines[step.line] if step.line >= 0 else None

    def spot_of(self, step: LedgerStep) -> PieceSpot | None:
        """The piece that a step writes."""
        if step.kind in SUMS:
            return -1, SUMS[step.kind], 0
        column = next((n for n, (_, kind, _) in enumerate(COLUMNS) if kind == self.kind(step)), None)
        return None if column is None else (step.line + 1, column, 2 * step.axis)

    def kind(self, step: LedgerStep) -> str:
        """Of a step: all that give a size are of one."""
        return "size" if step.kind in ("features", "flat") else step.kind

    def spot(self, path: str, cell: Sequence[int]) -> PieceSpot | None:
        """Where a number that is read stands in the ledger, if it does."""
        own, _, name = path.removeprefix(self.page.before).partition(".")
        if own == "input_size":
            return 0, 1, 2 * cell[0]
        if own == "sizes":
            return self.number(name) + 1, 1, 2 * cell[0]
        if own == "receptive_field":
            return cell[0] + 1, 4, 2 * cell[1]
        if own == "total":
            return -1, 2, 0
        return (cell[0] + 1, 2 if own == "parameters" else 3, 0) if own in ("parameters", "multiply_adds") else None

    def number(self, name: str) -> int:
        """Of the line of that name."""
        return next(n for n, line in enumerate(self.page.lines) if line.name == name)

    def stand(self, step: LedgerStep, path: str, cell: Sequence[int]) -> Line | None:
        """Where a number stands now that is read."""
        spot = self.spot(path, cell)
        if spot is not None:
            return self.register.place(spot) if self.register.visible(spot[0]) else None
        keys = self.keys(step, False)
        placed = self.bench.facts(keys)
        own: list[Line] = next((lines for fact, lines in zip(keys, placed, strict=True) if fact.path == path), [])
        return own[cell[0] if len(own) > 1 else 0] if own else None

    def keys(self, step: LedgerStep, done: bool) -> list[Fact]:
        """What stands beside the ledger. What is computed and has no column comes last."""
        line = self.line_of(step)
        if line is None or step.kind == "share":
            return []
        before = self.page.before
        if step.kind in ("parameters", "multiply_adds"):
            found = [Fact(f"{before}weights.{line.name}.{name}", name, [str(n) for n in shape]) for name, shape in line.weights]
            return found[:MOST_FACTS]
        found = [Fact(f"{before}layers.{line.name}.{name}", name, alike(values)) for name, values in line.settings]
        found = [one for one in found if one.path in step.reads]
        noted = self._noted(step, line, done)
        return [*found, noted] if noted else found

    def _noted(self, step: LedgerStep, line: LedgerLine, done: bool) -> Fact | None:
        """How often a window moves on, and the weights of a dense layer, which stand in no column."""
        strides, dense = line.of("strides", step.axis), line.of("dense_weights")
        if step.kind in ("strides", "size") and strides:
            known = done or step.kind == "size"
            return Fact(f"{self.page.before}strides.{line.name}", "strides", [strides.text] if known else [], "input")
        return Fact("", "dense weights", [dense.text] if done else []) if step.kind == "dense_weights" and dense else None

    def reads(self, step: LedgerStep) -> Mapping[str, Framed]:
        found: dict[str, Framed] = {}
        for path, cells in step.reads.items():
            for cell in cells:
                spot = self.spot(path, cell)
                if spot is not None and self.register.visible(spot[0]):
                    found[f"{path} {cell}"] = framed(self.register.box(spot), shaded=False)
        return dict(list(found.items())[: self.most_read])

    def target(self, step: LedgerStep) -> Box | None:
        spot = self.spot_of(step)
        if spot is not None:
            return self.register.box(spot)
        if step.kind != "share":
            return None
        piece = self._piece(step)
        is_named = piece in self.tower.named(self.counts)
        return around(self._share(step)) if is_named else self.tower.boxes(self.counts, self.all_of_it)[piece]

    def _share(self, step: LedgerStep) -> Line:
        """Where the share of a line is going to stand."""
        labels = self.tower.labels(self.counts, self.all_of_it, self.shares)
        return labels[self._piece(step)]

    def _piece(self, step: LedgerStep) -> int:
        """The number of a line's piece in the tower."""
        return [line for line, _ in self.counted()].index(step.line)

    # --- what is known --------------------------------------------------------------------------------------------------------------------

    def fill(self, step: LedgerStep, done: bool) -> None:
        self.now = step.index + done
        self.register.turn(step.line + 1 if step.kind != "share" and step.line >= 0 else -1)
        self.register.show(self.known, step.line + 1 if step.line >= 0 else None, self.plates())
        self._pile(step, done)

    def known(self, spot: PieceSpot) -> bool:
        """Whether a piece is known by now; what is not computed is known with what it is read from."""
        line, column, piece = spot
        if line == 0 or column == 0:
            return line <= 0 or self._begun(line - 1)
        if line == -1:
            return any(one.step < self.now for one in self.page.entered if SUMS[one.kind] == column)
        return self._entered(self.page.lines[line - 1], line - 1, COLUMNS[column][1], piece)

    def _entered(self, line: LedgerLine, number: int, kind: str, piece: int) -> bool:
        axis, sign = divmod(piece, 2)
        if sign:
            return self._entered(line, number, kind, piece - 1) and self._entered(line, number, kind, piece + 1)
        one = line.of(kind, axis)
        return one.step < self.now if one else kind == "size" and self._begun(number)

    def _begun(self, number: int) -> bool:
        """Whether the chapter of a line has begun; one without steps begins with the line before."""
        steps = [one.step for one in self.page.lines[number].entered if one.kind != "share"]
        return min(steps) <= self.now if steps else number == 0 or self._ended(number - 1)

    def _ended(self, number: int) -> bool:
        steps = [one.step for one in self.page.lines[number].entered if one.kind != "share"]
        return max(steps) < self.now if steps else number == 0 or self._ended(number - 1)

    def plates(self) -> list[tuple[float, float]]:
        """Small pictures in front of lines."""
        return scaled([self.page.shape, *(line.made for line in self.page.lines)])

    def counted(self) -> list[tuple[int, Entered]]:
        """Lines with parameters, and the number of these."""
        return [(n, one) for n, line in enumerate(self.page.lines) if (one := line.of("parameters"))]

    def _pile(self, step: LedgerStep, done: bool) -> None:
        """The tower as far as it has grown."""
        values = self.values[f"{self.page.before}parameters"]
        self.counts = [float(values[line]) for line, one in self.counted() if one.step < self.now]
        if step.kind == "parameters" and done:
            self.counts[-1] *= self.grown
        self.all_of_it = float(values.sum())
        shares = [self.page.lines[line].of("share") for line, _ in self.counted()]
        self.shares = [one.text for one in shares if one][: len(self.counts)]
        self.tower.show(self.counts, self.all_of_it, sum(one.step < self.now for one in shares if one), self.shares)


def around(line: Line) -> Box:
    """A frame around a number."""
    x0, y0, x1, y1 = line.box
    return x0 - 8 * PX, y0 - 7 * PX, x1 + 8 * PX, y1 + 7 * PX


def crossed(texts: Sequence[str]) -> list[str]:
    """``12``, ``×``, ``48``."""
    return [piece for text in texts for piece in ("×", text)][1:]


def alike(values: Sequence[int]) -> list[str]:
    """Numbers of all axes, one where they are alike."""
    return [str(n) for n in (values[:1] if len(set(values)) == 1 else values)]
