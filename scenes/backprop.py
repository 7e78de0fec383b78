"""Backpropagation: values flow through the graph from left to right, adjoints flow back and add up where edges meet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.concepts.backprop.parse import bracketed
from engine.concepts.backprop.step import BackpropStep
from engine.numbers import Sum, factor, written
from scenes.graph.map import GraphMap
from scenes.graph.panel import LARGE_PANEL, SMALL_PANEL, Panel, derivative
from scenes.graph.picture import Edge, GraphPicture, Known, known
from scenes.parts.beat import Beat
from scenes.parts.frame import STAGE
from scenes.parts.ink import letter_size
from scenes.parts.motion import Cue, during, states, switch
from scenes.parts.reel import Reel
from scenes.parts.story import Story
from scenes.parts.strip import Piece

#: Shares of a full beat: when what is read has arrived, when all terms are there, when the result is.
ARRIVED, ADDED, WRITTEN = 0.3, 0.72, 0.78
#: Of one that goes back along an edge: the disc moves in between.
LEAVES, REACHES = 0.3, 0.66
MOST_TICKS = 24
LONGEST_SLOPE = 14

#: What the strip shows: pieces, their size, which of them are current, where the line begins.
Tick = tuple[list[Piece], float, tuple[int, int] | None, float]


class Backprop(Reel[BackpropStep]):
    """Small graphs have their numbers in the nodes; of larger ones the current step is shown below a map."""

    concept = "backprop"

    def legend(self) -> list[str]:
        return ["input", "weight", "output", "gradient"]

    def layout(self, trace: Story[BackpropStep]) -> None:
        self.graph = trace.graph
        left, low, right, high = STAGE
        picture = GraphPicture(trace, (left + 0.1, low + 0.05, right - 0.1, high - 0.05), self.theme)
        self.panel: Panel | None = None
        self.picture: GraphPicture | GraphMap = picture
        if not picture.fits:
            split = low + (LARGE_PANEL if any(map(any, self.graph.shapes.values())) else SMALL_PANEL)
            self.picture = GraphMap(self.graph, (left + 0.1, split + 0.2, right - 0.1, high - 0.1), self.theme)
            self.panel = Panel(trace, (left + 0.1, low + 0.05, right - 0.1, split), self.theme)
        self.place([], [self.picture])

    # --- one step ----------------------------------------------------------------------------------------------------------------------

    def begin(self, step: BackpropStep, phase: str, say: str) -> None:
        """What stands before a step."""
        self.header.show(phase, step.index)
        self.caption.say(say)
        self.strip.clear()
        self.before(step)

    def before(self, step: BackpropStep) -> None:
        """All that was known before; the node that is computed is framed, the edges are lit."""
        self.settle(known(self.graph, step.index), step)
        if self.panel:
            self.panel.show(step, done=False)

    def after(self, step: BackpropStep) -> None:
        """With the result. What was added up stays until the next step, so that one sees all of the sum."""
        what = known(self.graph, step.index + 1)
        if step.kind == "sum":
            what = replace(what, pending=known(self.graph, step.index).pending)
        self.settle(what, step)
        if self.panel:
            self.panel.show(step, done=True)

    def settle(self, what: Known, step: BackpropStep) -> None:
        """A state of the graph around a step."""
        self.prepare(step)
        self.picture.show(what)
        back = step.kind != "forward"
        self.picture.heat("gradient" if back else "reading", self.edges(step))
        self.picture.frame(step)

    def prepare(self, step: BackpropStep) -> None:
        """The panel for a step."""
        if self.panel:
            stood = self.panel.marks
            self.panel.prepare(step)
            if self.panel.marks is not stood:
                self.place([], [self.picture, *self.panel.marks])

    def edges(self, step: BackpropStep) -> list[Edge]:
        """The edges along which a step works."""
        if step.kind == "forward":
            return [(arg, step.node) for arg in self.graph.nodes[step.node].args]
        if step.kind == "edge":
            return [(step.node, step.child)]
        return [(step.node, child) for child in self.graph.children(step.node)] if step.kind == "sum" else []

    # --- the strip ---------------------------------------------------------------------------------------------------------------------

    def roles(self, step: BackpropStep) -> list[list[str]]:
        """The colours of all factors."""
        if step.kind == "forward":
            return [[self.graph.nodes[name].role if name else "ink" for name in factors] for factors in step.factors]
        return [["gradient", "ink"][: len(term)] for term in step.terms]

    def prefix(self, step: BackpropStep) -> list[Piece]:
        """What is computed, in symbols."""
        node, cell = self.graph.nodes[step.node], f"[{', '.join(map(str, step.cell))}]" * bool(step.cell)
        if step.kind == "forward":
            if node.label == node.text or step.cell:
                return [Piece(f"{bracketed(node.label)}{cell}" if cell else node.label, "output"), Piece("=", "ink")]
            return [Piece(node.label, "output"), Piece("=", "ink"), Piece(node.text, "muted"), Piece("=", "ink")]
        whole = [Piece(f"{derivative(self.graph, step.node)}{cell}", "gradient"), Piece("=", "ink")]
        if step.kind != "edge":
            return whole
        if len(self.graph.children(step.node)) > 1:
            whole = [Piece(f"from {self.graph.nodes[step.child].label}:", "muted")]
        if step.local is None or not step.slope or len(step.slope) > LONGEST_SLOPE or step.cell:
            return whole
        slope = factor(bracketed(step.slope) if " " in step.slope else step.slope, first=False)
        symbols = [Piece(derivative(self.graph, step.child), "gradient"), Piece("·", "ink"), Piece(slope, "muted"), Piece("=", "ink")]
        return [*whole, *symbols]

    def bare(self, step: BackpropStep, text: Sum) -> list[Piece]:
        """The numbers of a step on one line."""
        line = self.strip.whole(text, self.roles(step), f"of {len(step.terms)} terms", "output" if step.kind == "forward" else "gradient")
        return line[-1:] if step.kind == "seed" else line

    def line(self, step: BackpropStep, text: Sum) -> list[Piece]:
        """The whole step on one line, with as many symbols as there is room for."""
        return self.headed(step, self.bare(step, text))

    def headed(self, step: BackpropStep, line: Sequence[Piece]) -> list[Piece]:
        """The line with symbols before it: all, only the name, or none."""
        prefix = self.prefix(step)
        for head in (prefix, prefix[:2], []):
            if self.strip.fits([*head, *line], letter_size()):
                return [*head, *line]
        return list(line)

    # --- beats -------------------------------------------------------------------------------------------------------------------------

    def show(self, beat: Beat) -> list[Cue]:
        if beat.kind in ("opening", "closing"):
            return self.end(beat)
        return {"full": self.full, "quick": self.quick, "sweep": self.sweep}[beat.kind](beat)

    def end(self, beat: Beat) -> list[Cue]:
        """The graph before the first step, or after the last one."""
        first = beat.kind == "opening"

        def draw(_: int) -> None:
            self.header.show(beat.phase, None if first else len(self.trace) - 1)
            self.caption.say(beat.say)
            self.strip.show_formula(self.trace.formula)
            self.picture.show(known(self.graph, 0 if first else len(self.trace)))
            if self.panel:
                step = self.trace[0 if first else len(self.trace) - 1]
                self.prepare(step)
                self.panel.show(step, done=not first)

        return [states(0, 1, 1, draw)]

    def full(self, beat: Beat) -> list[Cue]:
        """What is read travels along the edges, the numbers are put together on the strip, the result appears in the node."""
        step = self.trace[beat.start]
        text = written(step.terms, step.value, step.reduce, step.divisor, step.apply)
        self.begin(step, beat.phase, beat.say)
        back = step.kind != "forward"
        ticks = self.ticks(step, text)
        edge = step.kind == "edge"
        leaves, reaches = (LEAVES, REACHES) if edge else (0.06, ARRIVED)
        adding = (0.04, LEAVES) if edge else (ARRIVED, ADDED)

        def travel(share: float) -> None:
            moving = 0 < share < 1
            self.picture.send("gradient" if back else "reading", self.edges(step) if moving else [], 1 - share if back else share)

        def tick(state: int) -> None:
            line, size, current, left = ticks[state]
            self.strip.write(line, size=size, current=current, left=left)
            if state and edge and step.local is not None:
                self.picture.derivative((step.node, step.child), f"×{factor(text.terms[0][1], first=False)}")

        def write(there: bool) -> None:
            if there:
                self.after(step)
                self.strip.write(self.line(step, text))
                if edge and step.local is not None:
                    self.picture.derivative((step.node, step.child), f"×{factor(text.terms[0][1], first=False)}")

        moves = [during(leaves, reaches, travel)] if step.kind != "seed" else []
        return [*moves, states(*adding, len(ticks), tick), switch(REACHES if edge else WRITTEN, write)]

    def ticks(self, step: BackpropStep, text: Sum) -> list[Tick]:
        """What the strip shows one after the other until the result: pieces, size, which of them are current, where the line begins."""
        if step.kind != "edge" and not text.apply and text.divisor == "1" and len(text.terms) > 1:
            return self.pages(step, text)
        if step.kind == "edge" and len(text.terms) > 1:
            return self.pages(step, text)
        line = self.line(step, text)
        head = len(line) - len(self.bare(step, text))
        size = self.strip.fitting(line)
        left = -self.strip.width(line, size) / 2
        return [(line[:head], size, None, left), (line[: -1 if step.kind == "seed" else -2], size, None, left)]

    def pages(self, step: BackpropStep, text: Sum) -> list[Tick]:
        """The sum term by term; with symbols before it if it fits on one page with them."""
        result = "gradient" if step.kind != "forward" else "output"
        roles = self.roles(step)
        pages = self.strip.pages(step.terms, text, roles, [])
        wholes = [self.strip.widest(page, text, roles) for page in pages]
        full = self.headed(step, wholes[0]) if len(pages) == 1 else wholes[0]
        heads = full[: len(full) - len(wholes[0])]
        size = min(self.strip.fitting([*heads, *whole]) for whole in wholes)
        lefts = [-self.strip.width([*heads, *whole], size) / 2 for whole in wholes]
        found: list[Tick] = [(heads, size, None, lefts[0])]
        ticks = min(len(step.terms), MOST_TICKS)
        for tick in range(1, ticks + 1):
            done = len(step.terms) * tick // ticks
            number = max(i for i, page in enumerate(pages) if page.first < done)
            pieces, current = self.strip.line(pages[number], done - pages[number].first, text, roles, result)
            spot = None if current is None else (current[0] + len(heads), current[1] + len(heads))
            found.append(([*heads, *pieces], size, spot, lefts[number]))
        return found

    def quick(self, beat: Beat) -> list[Cue]:
        """The edges, then the result."""
        step = self.trace[beat.start]
        text = written(step.terms, step.value, step.reduce, step.divisor, step.apply)
        self.begin(step, beat.phase, beat.say)
        line = self.line(step, text)
        left = -self.strip.width(line, self.strip.fitting(line)) / 2

        def write(there: bool) -> None:
            if there:
                self.after(step)
            self.strip.write(line if there else line[:-1], size=self.strip.fitting(line), left=left)

        return [switch(0.4, write)]

    def sweep(self, beat: Beat) -> list[Cue]:
        """Many steps, each of them whole."""
        pictures = beat.pictures

        def draw(state: int) -> None:
            step = self.trace[pictures[state]]
            text = written(step.terms, step.value, step.reduce, step.divisor, step.apply)
            self.begin(step, step.phase, beat.say)
            self.after(step)
            self.strip.write(self.line(step, text))

        return [states(0, 0.97, len(pictures), draw)]
