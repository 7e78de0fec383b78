"""Step k of a backpropagation, cut out of the tensors."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import InvalidOperation

from engine import sentences
from engine.backprop_step import BackpropStep
from engine.graph import Block, Graph, Node, contribution
from engine.graph_parse import bracketed
from engine.graph_rule import OUT, Work
from engine.graph_rules import RULES
from engine.graph_run import Run
from engine.numbers import Sum, sum_line, written
from engine.spelling import read
from engine.step import Cell, Cells


@dataclass(frozen=True, eq=False)
class Cutter:
    """Cuts step k out of the tensors: the blocks say which cell of what it computes."""

    graph: Graph
    run: Run

    def __call__(self, k: int) -> BackpropStep:
        blocks = self.graph.blocks
        block = blocks[bisect_right(blocks, k, key=lambda one: one.start) - 1]
        shape = self.graph.shapes[block.node]
        left, at = k - block.start, []
        for n in reversed(shape):
            left, index = divmod(left, n)
            at.append(index)
        cut = {"forward": self._forward, "seed": self._seed, "edge": self._edge, "sum": self._sum}[block.kind]
        return cut(k, block, tuple(reversed(at)))

    def _label(self, name: str, cell: Cell) -> str:
        label = self.graph.nodes[name].label
        return sentences.cell_name(bracketed(label) if cell else label, cell)

    def _forward(self, k: int, block: Block, cell: Cell) -> BackpropStep:
        node, value = self.graph.nodes[block.node], self.run.values[block.node]
        work = RULES[node.op].work(node, self.run.args(node), value, cell)
        text = written(work.terms, float(value[cell]), work.reduce, work.divisor, work.apply)
        name = self._label(node.name, cell)
        intro = f"{name} = {node.text}" if node.label != node.text else name
        return self._step(
            k,
            block,
            cell,
            text,
            reads=self._paths([(node.args[i], at) for i, at in work.reads]),
            terms=work.terms,
            value=float(value[cell]),
            path=self.graph.path(node.name),
            name=name,
            say=self._say(node, intro, cell, text, len(work.reads)),
            work=work,
            factors=[tuple("" if i is None else node.args[i] for i in origin) for origin in work.factors],
        )

    def _say(self, node: Node, intro: str, cell: Cell, text: Sum, read: int) -> str:
        if node.op != "softmax":
            return f"{intro}: {sum_line(text)}."
        power = f"e^{self._label(node.args[0], cell)}"
        return f"{intro}: the share of {power} in the sum over {sentences.count(read, 'cell')}, {sum_line(text)}."

    def _seed(self, k: int, block: Block, cell: Cell) -> BackpropStep:
        value = float(self.run.seed[cell])
        name = self._label(block.node, cell)
        text = written([(value,)], value)
        say = f"The adjoint of {name} is given: {text.value}." if self.run.given else f"The way back begins at {name}: its adjoint is 1."
        path = f"adjoints.{block.node}"
        return self._step(
            k,
            block,
            cell,
            text,
            reads={"grad": [cell]} if self.run.given else {},
            terms=[(value,)],
            value=value,
            path=path,
            name=_adjoint(name),
            say=say,
        )

    def _edge(self, k: int, block: Block, cell: Cell) -> BackpropStep:
        child = self.graph.nodes[block.child]
        slot, x, y, g = child.args.index(block.node), self.run.args(child), self.run.values[child.name], self.run.adjoints[child.name]
        rule = RULES[child.op]
        locals_ = rule.locals(child, x, y, slot, cell)
        terms = [(float(g[one.out]), one.slope) for one in locals_]
        several = len(self.graph.children(block.node)) > 1
        tensor = self.run.contributions[contribution(block.node, child.name)] if several else self.run.adjoints[block.node]
        value = float(tensor[cell])
        text = written(terms, value)
        used = [(child.name if i == OUT else child.args[i], at) for one in locals_ for i, at in one.uses]
        reads = {f"adjoints.{child.name}": [one.out for one in locals_], **self._paths(used)}
        slope = rule.slope(child, [self.graph.nodes[name].label for name in child.args], slot)
        to, result = self._label(block.node, cell), f"{text.relation} {text.value}"
        if len(terms) == 1:
            says = f"adjoint {text.terms[0][0]} times derivative {text.terms[0][1]}{_reason(slope)} {result}"
        else:
            says = f"the sum of {len(terms)} adjoints times derivatives ({slope}) {result}"
        part = ", a part of its adjoint" if several else ""
        return self._step(
            k,
            block,
            cell,
            text,
            reads=reads,
            terms=terms,
            value=value,
            path=self.graph.arrives(block.node, child.name),
            name=_adjoint(to),
            say=f"Back from {child.label} to {to}: {says}{part}.",
            local=locals_[0].slope if len(locals_) == 1 else None,
            slope=slope,
        )

    def _sum(self, k: int, block: Block, cell: Cell) -> BackpropStep:
        children = list(reversed(self.graph.children(block.node)))
        names = [contribution(block.node, child) for child in children]
        terms = [(float(self.run.contributions[name][cell]),) for name in names]
        value = float(self.run.adjoints[block.node][cell])
        text = written(terms, value)
        name = self._label(block.node, cell)
        return self._step(
            k,
            block,
            cell,
            text,
            reads={f"contributions.{one}": [cell] for one in names},
            terms=terms,
            value=value,
            path=f"adjoints.{block.node}",
            name=_adjoint(name),
            say=f"{name} is read by {len(children)} nodes, so its adjoint is the sum of what they send back: {sum_line(text)}.",
        )

    def _paths(self, used: Sequence[tuple[str, Cell]]) -> dict[str, list[Cell]]:
        found: dict[str, dict[Cell, None]] = {}
        for name, at in used:
            found.setdefault(self.graph.path(name), {})[at] = None
        return {path: list(at) for path, at in found.items()}

    def _step(
        self,
        k: int,
        block: Block,
        cell: Cell,
        text: Sum,
        *,
        reads: Cells,
        terms: Sequence[tuple[float, ...]],
        value: float,
        path: str,
        name: str,
        say: str,
        work: Work | None = None,
        factors: Sequence[Sequence[str]] = (),
        local: float | None = None,
        slope: str = "",
    ) -> BackpropStep:
        return BackpropStep(
            index=k,
            phase="forward" if block.kind == "forward" else "backward",
            reads=reads,
            terms=terms,
            value=value,
            writes={path: [cell]},
            formula=f"{sentences.in_quotes(name)} = {text.value}" if block.kind == "seed" else sentences.sum_formula(name, text),
            say=say,
            reduce="max" if work and work.reduce == "max" else "sum",
            divisor=work.divisor if work else 1,
            apply=work.apply if work else "",
            kind=block.kind,
            node=block.node,
            cell=cell,
            child=block.child,
            local=local,
            slope=slope,
            factors=factors,
        )


def _adjoint(name: str) -> str:
    return f"adjoint of {name}"


def _reason(slope: str) -> str:
    """The derivative in names, where there are any; a number has one spelling in a sentence."""
    try:
        read(slope)
    except InvalidOperation:
        return f" ({slope})"
    return ""
