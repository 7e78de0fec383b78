"""How every number of a backpropagation is computed and what is said of it: values forward, along edges back, sums where edges meet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import InvalidOperation

from torch import Tensor

from engine import sentences
from engine.blocks import Blocks
from engine.code.placed import placed
from engine.concepts.backprop import captions
from engine.concepts.backprop.graph import Graph, Leg, Node, contribution
from engine.concepts.backprop.run import BackpropRun
from engine.concepts.backprop.slopes import Local, locals_of, slope_text
from engine.concepts.backprop.spelling import bracketed
from engine.concepts.backprop.step import BackpropStep
from engine.numbers import Sum, sum_line
from engine.spelling import read
from engine.stage import Operand, Place, Stage, Work, number
from engine.step import Cell


@dataclass(frozen=True, eq=False)
class BackpropStages:
    """Of a graph that has been run: one of every leg."""

    graph: Graph
    run: BackpropRun

    @property
    def order(self) -> Blocks:
        """Leg by leg."""
        blocks = Blocks()
        for leg in self.graph.legs:
            shape = self.graph.shapes[leg.node]
            blocks.box(self.graph.made(leg), "forward" if leg.kind == "forward" else "backward", (0,) * len(shape), shape)
        return blocks

    def all(self) -> dict[str, Stage]:
        """By what they compute."""
        made = {"forward": self._forward, "seed": self._seed, "edge": self._edge, "sum": self._sum}
        return {self.graph.made(leg): made[leg.kind](leg) for leg in self.graph.legs}

    def _stage(
        self,
        leg: Leg,
        values: Tensor,
        work: Callable[[Cell], Work],
        say: Callable[[Cell, Work, Sum], str],
        formula: Callable[[Cell, Sum], str] | None = None,
    ) -> Stage:
        name = self.graph.nodes[leg.node].label
        return Stage(
            path=self.graph.made(leg),
            values=values,
            work=lambda cell: placed(work(cell)).having(kind=leg.kind, node=leg.node, cell=cell, child=leg.child),
            say=say,
            caption=lambda cell, work: captions.caption(leg, self.graph, given=self.run.given),
            shared=captions.shared(leg, self.graph),
            noun=captions.noun(leg, self.graph),
            step=BackpropStep,
            called=lambda cell: _label(name, cell) if leg.kind == "forward" else _adjoint(_label(name, cell)),
            formula=formula,
        )

    # --- forward ---------------------------------------------------------------------------------------------------------------------

    def _forward(self, leg: Leg) -> Stage:
        node, values = self.graph.nodes[leg.node], self.run.values[leg.node]
        made = self.run.made[leg.node]

        def work(cell: Cell) -> Work:
            found = made.made(cell)
            found = found if node.op != "sum" else replace(found, seen=_by_argument(node, found))
            return found.named(self.graph.path)

        def say(cell: Cell, work: Work, text: Sum) -> str:
            name = _label(node.label, cell)
            intro = f"{name} = {node.text}" if node.label != node.text else name
            if node.op != "softmax":
                return f"{intro}: {sum_line(text)}."
            power, (line,) = f"e^{_label(self.graph.nodes[node.args[0]].label, cell)}", work.reads.values()
            return f"{intro}: the share of {power} in the sum over {sentences.count(len(line), 'cell')}, {sum_line(text)}."

        return self._stage(leg, values, work, say)

    # --- back ------------------------------------------------------------------------------------------------------------------------

    def _seed(self, leg: Leg) -> Stage:
        seed, label = self.run.seed, self.graph.nodes[leg.node].label

        def work(cell: Cell) -> Work:
            return Work([(number(float(seed[cell]), "grad" if self.run.given else "", cell),)])

        def say(cell: Cell, work: Work, text: Sum) -> str:
            name = _label(label, cell)
            if self.run.given:
                return f"The adjoint of {name} is given: {text.value}."
            return f"The way back begins at {name}: its adjoint is 1."

        def formula(cell: Cell, text: Sum) -> str:
            return f"{sentences.in_quotes(_adjoint(_label(label, cell)))} = {text.value}"

        return self._stage(leg, seed, work, say, formula=formula)

    def _edge(self, leg: Leg) -> Stage:
        node, child = self.graph.nodes[leg.node], self.graph.nodes[leg.child]
        g, made, read = self.run.adjoints[child.name], self.run.made[child.name], self.run.made[leg.node]
        slope = slope_text(child, [self.graph.nodes[name].label for name in child.args], child.args.index(leg.node))
        several = len(self.graph.children(leg.node)) > 1
        values = self.run.contributions[contribution(leg.node, child.name)] if several else self.run.adjoints[leg.node]

        def work(cell: Cell) -> Work:
            found = locals_of(made, read, cell)
            arrived = Operand([(f"adjoints.{child.name}", one.out) for one in found], [float(g[one.out]) for one in found])
            slopes = self._slopes(child, found)
            fields = {"local": found[0].slope if len(found) == 1 else None, "slope": slope}
            size = sum(abs(x) * max(1.0, abs(one.slope)) for x, one in zip(arrived.values, found, strict=True))
            return Work([(arrived, slopes)], beside=[self._used(found)], fields=fields, scale=size)

        def say(cell: Cell, work: Work, text: Sum) -> str:
            result = f"{text.relation} {text.value}"
            if len(text.terms) == 1:
                says = f"adjoint {text.terms[0][0]} times derivative {text.terms[0][1]}{_reason(slope)} {result}"
            else:
                says = f"the sum of {len(text.terms)} adjoints times derivatives ({slope}) {result}"
            return f"Back from {child.label} to {_label(node.label, cell)}: {says}{', a part of its adjoint' * several}."

        return self._stage(leg, values, work, say)

    def _slopes(self, child: Node, found: list[Local]) -> Operand:
        """Derivatives, and where they stand if they are the other factor of a product, perhaps with the other sign."""
        places = [self._factor(child, one) for one in found]
        made = ["−{}" if place and self._at(place) != one.slope else "" for place, one in zip(places, found, strict=True)]
        return Operand(places, [one.slope for one in found], made=made if any(made) else ())

    def _factor(self, child: Node, local: Local) -> Place | None:
        """Where a derivative stands, if it is the other factor of a product."""
        if child.op not in ("sum", "matmul") or len(local.uses) != 1:
            return None
        ((name, at),) = local.uses
        place = (self.graph.path(name), at)
        return place if abs(self._at(place)) == abs(local.slope) else None

    def _at(self, place: Place) -> float:
        """The number that stands there."""
        path, at = place
        values = {self.graph.path(name): value for name, value in self.run.values.items()}
        return float(values[path][at])

    def _used(self, found: list[Local]) -> Operand:
        """What derivatives are computed from."""
        places = dict.fromkeys((self.graph.path(name), at) for one in found for name, at in one.uses)
        return Operand(list(places), [])

    def _sum(self, leg: Leg) -> Stage:
        label, children = self.graph.nodes[leg.node].label, list(reversed(self.graph.children(leg.node)))
        parts = [contribution(leg.node, child) for child in children]

        def work(cell: Cell) -> Work:
            return Work([(number(float(self.run.contributions[one][cell]), f"contributions.{one}", cell),) for one in parts])

        def say(cell: Cell, work: Work, text: Sum) -> str:
            name = _label(label, cell)
            return f"{name} is read by {len(children)} nodes, so its adjoint is the sum of what they send back: {sum_line(text)}."

        return self._stage(leg, self.run.adjoints[leg.node], work, say)


def _by_argument(node: Node, work: Work) -> list[Operand]:
    """All that a sum reads, in the order of the arguments."""
    places = {
        place: x for factors, row in zip(work.terms, work.places, strict=True) for x, place in zip(factors, row, strict=True) if place
    }
    return [number(x, *place) for name in node.args for place, x in places.items() if place[0] == name]


def _label(label: str, cell: Cell) -> str:
    return sentences.cell_name(bracketed(label) if cell else label, cell)


def _adjoint(name: str) -> str:
    return f"adjoint of {name}"


def _reason(slope: str) -> str:
    """The derivative in names, where there are any; a number has one spelling in a sentence."""
    try:
        read(slope)
    except InvalidOperation:
        return f" ({slope})"
    return ""
