"""The same text computed by torch itself: every operator and function is torch's own, every adjoint comes from autograd."""

from __future__ import annotations

import ast
import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from engine.graph_parse import Place, place, statements

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
FUNCTIONS: dict[str, Callable[..., Tensor]] = {
    **{
        name: getattr(torch, name)
        for name in ("exp", "log", "sqrt", "sin", "cos", "sigmoid", "tanh", "relu", "abs", "sum", "mean", "softmax")
    },
    "max": torch.amax,
}


def evaluate(
    expr: str, inputs: Mapping[str, Tensor], places: Mapping[str, set[Place]], seed: Tensor
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Values and adjoints by name; ``places`` are those of the expressions without a name of their own."""
    with torch.enable_grad():
        named = {name: tensor.clone().requires_grad_() for name, tensor in inputs.items()}
        at: dict[Place, Tensor] = {}
        output = seed
        for name, value in statements(expr):
            # Another name for a value is a value of its own: its adjoint is not that of the first.
            output = named[name] = _computed(value, named, at) * 1
        found = {name: [tensor] for name, tensor in named.items()} | {name: [at[p] for p in where] for name, where in places.items()}
        flat = [tensor for tensors in found.values() for tensor in tensors]
        gradients = iter(torch.autograd.grad(output, flat, seed))
    adjoints = {name: functools.reduce(torch.add, [next(gradients) for _ in tensors]) for name, tensors in found.items()}
    return {name: tensors[0].detach() for name, tensors in found.items()}, adjoints


def _value(node: ast.expr, named: Mapping[str, Tensor], at: dict[Place, Tensor]) -> Any:
    """What an inner expression is, remembered by its place."""
    made = _computed(node, named, at)
    if isinstance(made, Tensor) and not isinstance(node, ast.Name):
        at[place(node)] = made
    return made


def _computed(node: ast.expr, named: Mapping[str, Tensor], at: dict[Place, Tensor]) -> Any:
    if isinstance(node, ast.Name):
        return named[node.id]
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.UnaryOp):
        return OPERATORS[type(node.op)](_value(node.operand, named, at))
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left, named, at), _value(node.right, named, at))
    if isinstance(node, ast.Attribute):
        return _value(node.value, named, at).T
    return _call(node, named, at)  # type: ignore[arg-type]  # the parser has let nothing else through


def _call(node: ast.Call, named: Mapping[str, Tensor], at: dict[Place, Tensor]) -> Tensor:
    name = node.func.id  # type: ignore[attr-defined]
    x = _value(node.args[0], named, at)
    axes = [_value(axis, named, at) for axis in (*node.args[1:], *(keyword.value for keyword in node.keywords))]
    # In torch 2.4 amax wants a tuple for all axes, and softmax always an axis.
    whole: dict[str, list[Any]] = {"softmax": [-1], "max": [tuple(range(x.dim()))]}
    return FUNCTIONS[name](x, *(axes or whole.get(name, [])))
