"""What there is to show of a graph of tensors: those that every part of the way needs, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from engine.concepts.backprop.graph import Graph, Leg
from engine.concepts.backprop.spelling import bracketed
from engine.concepts.backprop.step import BackpropStep
from scenes.parts.sheet import plane_shape
from scenes.parts.shown import Shown
from scenes.parts.story import Story

MOST_OPERANDS = 5  # of a step; more are not shown beside the result
MOST_ENDS, MOST_ROWS = 12, 4  # tensors before the first step and after the last one, and rows of each


class Flow(Shown):
    """The tensors of a graph: leaves, ``values``, ``adjoints``, and ``contributions`` to these."""

    def __init__(self, trace: Story[BackpropStep]) -> None:
        self.graph: Graph = trace.graph
        super().__init__(trace)

    def called(self, path: str) -> str:
        group, name = self._parted(path)
        if group == "contributions":
            return f"from {self.graph.nodes[name.rpartition(' from ')[2]].label}"
        if group == "adjoints":
            return derivative(self.graph, name)
        return self.graph.nodes[name].label if name in self.graph.nodes else "given"

    def role(self, path: str) -> str:
        group, name = self._parted(path)
        is_value = group in ("", "values") and name in self.graph.nodes
        return self.graph.nodes[name].role if is_value else "gradient"

    def _parted(self, path: str) -> tuple[str, str]:
        """What kind of tensor it is, none for what is given, and its name."""
        group, _, name = path.partition(".") if path not in self.given else ("", "", path)
        return group, name

    @cached_property
    def needed(self) -> dict[str, list[str]]:
        """What is read at the left, what is made at the right."""
        known = {path: step for step in self.steps for path in step.writes}
        found = {}
        for leg in self.graph.legs:
            made = self.graph.made(leg)
            paths = [path for path in known[made].reads if path != made] if made in known else self._operands(leg)
            found[made] = [*(paths if len(paths) <= MOST_OPERANDS else []), made]
        return found

    def _operands(self, leg: Leg) -> list[str]:
        """What the graph tells of what is read, which of derivatives is not all."""
        return {
            "forward": [self.graph.path(name) for name in self.graph.nodes[leg.node].args],
            "edge": [f"adjoints.{leg.child}"],
            "sum": [self.graph.arrives(leg.node, child) for child in self.graph.children(leg.node)],
        }.get(leg.kind, [])

    @property
    def at_once(self) -> bool:
        """What is made would not stand at the right of what is read: on the way back it is made from the right to the left."""
        return False

    @property
    def at_start(self) -> list[str]:
        return self._chosen([*self.given])

    @property
    def results(self) -> list[str]:
        """The adjoints of what is given."""
        return [f"adjoints.{name}" for name in self._chosen([name for name in self.given if name in self.graph.nodes])]

    def _chosen(self, names: Sequence[str]) -> list[str]:
        """All of them, or where they are too many or too large to be read together the weights, as far as there is room."""
        small = len(names) <= MOST_ENDS and all(plane_shape(self.given[name].shape)[0] <= MOST_ROWS for name in names)
        weights = [name for name in names if self.role(name) == "weight"]
        return [*(names if small else weights or names)][:MOST_ENDS]


def derivative(graph: Graph, name: str) -> str:
    """The adjoint of a node in symbols: the derivative of the output, if that is a number."""
    label = bracketed(graph.nodes[name].label)
    return f"adjoint {label}" if graph.shapes[graph.output] else f"∂{graph.nodes[graph.output].label}/∂{label}"
