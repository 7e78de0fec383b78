"""All numbers of a graph at once: values forward, adjoints backward, and the comparison with torch's own."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from engine import sentences
from engine.checks import check_same_shape
from engine.concepts.backprop.graph import Node, contribution, readers
from engine.concepts.backprop.reference import evaluate
from engine.concepts.backprop.rules import computed, size
from engine.concepts.backprop.statements import Position
from engine.errors import InputError
from engine.ops.value import Value
from engine.step import Reference
from engine.trace import compare, largest


class BackpropRun:
    """All values, contributions and adjoints, computed by the rules."""

    def __init__(self, nodes: dict[str, Node], leaves: Mapping[str, Tensor], grad: Tensor | None) -> None:
        self.nodes = nodes
        self.made: dict[str, Value] = {}
        for name, node in nodes.items():
            args = [self.made[arg] for arg in node.args]
            self.made[name] = Value(leaves[name], name=name) if node.op == "leaf" else computed(node, args)
            if not self.made[name].tensor.isfinite().all():
                raise InputError(f"expr computes {name} = {node.text}, which is too large for a number; give values that are smaller")
        self.values = {name: value.tensor for name, value in self.made.items()}
        last = next(reversed(nodes))
        self.seed, self.given = self._seed(last, grad), grad is not None
        self.contributions: dict[str, Tensor] = {}
        self.adjoints = self._flow_back(last)

    def args(self, node: Node) -> list[Tensor]:
        """The values that a node reads."""
        return [self.values[name] for name in node.args]

    def _seed(self, last: str, grad: Tensor | None) -> Tensor:
        value = self.values[last]
        if grad is None:
            if value.numel() > 1:
                raise InputError(
                    f"the last node {last} is {sentences.times(value.shape)}, not a single number; "
                    f"give its adjoint as grad, or end with a number, such as L = sum({last})"
                )
            return torch.ones_like(value)
        check_same_shape("grad", grad, last, value)
        return grad

    def _flow_back(self, last: str) -> dict[str, Tensor]:
        adjoints = {last: self.seed}
        arrived: dict[str, list[Tensor]] = {}
        for child in reversed(self.nodes.values()):
            if child.name != last:
                adjoints[child.name] = functools.reduce(torch.add, arrived[child.name])
            for arg, back in zip(child.args, self._back(child, adjoints[child.name]), strict=True):
                if not back.isfinite().all():
                    raise InputError(f"the derivative of {child.text} at {arg} is too large for a number; give values that are smaller")
                arrived.setdefault(arg, []).append(back)
                if len(readers(self.nodes, arg)) > 1:
                    self.contributions[contribution(arg, child.name)] = back
        return {name: adjoints[name] for name in self.nodes}

    def _back(self, child: Node, adjoint: Tensor) -> Sequence[Tensor]:
        """What comes back to the arguments of a node, by torch's derivative of its operation alone."""
        with torch.enable_grad():
            given = [Value(x.detach().requires_grad_(), name=name) for name, x in zip(child.args, self.args(child), strict=True)]
            return torch.autograd.grad(computed(child, given).tensor, [one.tensor for one in given], adjoint) if given else []

    def checked(self, expr: str, places: Mapping[str, set[Position]]) -> Reference:
        """Compares every value and every adjoint with autograd's."""
        values, adjoints = evaluate(expr, self.values, places, self.seed)
        scale = self._scale()
        found = [
            compare("torch.autograd.grad", mine[name], theirs[name], scale)
            for mine, theirs in ((self.values, values), (self.adjoints, adjoints))
            for name in self.nodes
        ]
        return max(found, key=lambda one: one.max_abs_error)

    def _scale(self) -> float:
        """The largest number that is added up anywhere."""
        sums = [size(n, self.args(n), self.values[n.name]) for n in self.nodes.values() if n.op != "leaf"]
        return max([*sums, *map(largest, (*self.values.values(), *self.adjoints.values(), *self.contributions.values()))])
