"""The same text computed by torch itself: every operator and function is torch's own, every adjoint comes from autograd."""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from engine.concepts.backprop.statements import Position, place, statements

OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.MatMult: torch.matmul,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
}
TORCH_FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    **{
        name: getattr(torch, name)
        for name in ("exp", "log", "sqrt", "sin", "cos", "sigmoid", "tanh", "relu", "abs", "sum", "mean", "softmax")
    },
    "max": torch.amax,
}


def evaluate(
    expr: str, values: Mapping[str, Tensor], places: Mapping[str, set[Position]], seed: Tensor
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Values and adjoints by name, where ``values`` are those to be compared; ``places`` are those of the expressions without a name.

    Every operation is given the values to be compared, not torch's own of the operation before: where two numbers are equal or one is 0,
    a difference in the last digit would send what comes back of a maximum, of relu and of abs another way.
    """
    evaluation = Evaluation(values, {place: name for name, where in places.items() for place in where})
    with torch.enable_grad():
        output = evaluation.run(expr)
        found = {name: [tensor] for name, tensor in evaluation.named.items()}
        found |= {name: [evaluation.at[place] for place in where] for name, where in places.items()}
        flat = [tensor for tensors in found.values() for tensor in tensors]
        gradients = iter(torch.autograd.grad(output, flat, seed))
    adjoints = {name: functools.reduce(torch.add, [next(gradients) for _ in tensors]) for name, tensors in found.items()}
    return {name: tensors[0].detach() for name, tensors in found.items()}, adjoints


class Evaluation:
    """What torch makes of every statement (``named``) and of every expression within (``at``); ``names`` are those that are nodes.

    ``values`` are those of the leaves, and of the nodes from whose values one goes on in place of torch's.
    """

    def __init__(self, values: Mapping[str, Tensor], names: Mapping[Position, str]) -> None:
        self.values, self.names = values, names
        self.named: dict[str, Tensor] = {}
        self.at: dict[Position, Tensor] = {}
        self._read: dict[str, Tensor] = {}

    def run(self, expr: str) -> Tensor:
        """The last result."""
        parsed = statements(expr)
        made = {name for name, _ in parsed}
        for name, value in self.values.items():
            if name not in made and name not in self.names.values():
                self.named[name] = self._read[name] = value.clone().requires_grad_()
        for name, right in parsed:
            # Another name for a value is a value of its own: its adjoint is not that of the first.
            self.named[name] = self._computed(right) * 1
            self._read[name] = self._checked(self.named[name], name)
        return self.named[parsed[-1][0]]

    def _value(self, node: ast.expr) -> Any:
        """What an inner expression is, remembered by its place."""
        made = self._computed(node)
        if not isinstance(made, Tensor) or isinstance(node, ast.Name):
            return made
        where = place(node)
        self.at[where] = made
        return self._checked(made, self.names.get(where, ""))

    def _checked(self, made: Tensor, name: str) -> Tensor:
        """The tensor with the numbers that are to be compared, where there are any; what comes back to it is unchanged."""
        if name not in self.values:
            return made
        same = made * 1  # which needs nothing of its result on the way back
        same.detach().copy_(self.values[name])
        return same

    def _computed(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Name):
            return self._read[node.id]
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.UnaryOp):
            return OPERATORS[type(node.op)](self._value(node.operand))
        if isinstance(node, ast.BinOp):
            return OPERATORS[type(node.op)](self._value(node.left), self._value(node.right))
        if isinstance(node, ast.Attribute):
            return self._value(node.value).T
        return self._call(node)  # type: ignore[arg-type]  # the parser has let nothing else through

    def _call(self, node: ast.Call) -> Tensor:
        name = node.func.id  # type: ignore[attr-defined]
        x = self._value(node.args[0])
        axes = [self._value(axis) for axis in (*node.args[1:], *(keyword.value for keyword in node.keywords))]
        # In torch 2.4 amax wants a tuple for all axes, and softmax always an axis.
        whole: dict[str, list[Any]] = {"softmax": [-1], "max": [tuple(range(x.dim()))]}
        return TORCH_FUNCTIONS[name](x, *(axes or whole.get(name, [])))
