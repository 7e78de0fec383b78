"""Operations that are called by us and not recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from engine.ops.rules import bound, turned
from engine.ops.value import Call, Rule, Value
from engine.recorder.nested import found, mapped


def call(op: str, function: Callable[..., Any], *args: Any) -> Value:
    """The first result of a function of torch on values and plain numbers, by the rule of the operation."""
    rule, ordered = turned(op, args, {})
    return ruled(rule, op, function, bound(rule, ordered, {}), *args)


def ruled(rule: Rule, op: str, function: Callable[..., Any], arguments: dict[str, Any], *args: Any) -> Value:
    """The same by a rule of one's own."""
    made = Call(rule, op, function, arguments)
    result = function(*mapped(args, Value, lambda value: value.tensor))
    made.made.extend(Value(tensor, made, number) for number, tensor in enumerate(found(result, Tensor)))
    return made.made[0]
