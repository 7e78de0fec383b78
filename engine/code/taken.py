"""A statement of torch code as it was executed: what the arguments decide is decided, and functions bear their names."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from engine.code.source import statement


class Taken:
    """Statements of a ``function`` that was called with some ``arguments``."""

    def __init__(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
        self.file, self.lines, stored = _place(function)
        #: What a name stands for wherever it stands: arguments that the function never sets anew.
        self.known = {name: value for name, value in arguments.items() if name not in stored}

    def text(self, file: str, line: int, name: str) -> str:
        """The statement in a line, which makes ``name``; what is given back by a function is set to that where it is called."""
        found = statement(file, line).text
        if file == self.file and line in self.lines:
            found = ast.unparse(_Decided(self.known).visit(ast.parse(found))) if not found.startswith("return") else found
        return f"{name} = {found.removeprefix('return ')}" if found.startswith("return ") and name.isidentifier() else found


def _place(function: Callable[..., Any]) -> tuple[str, range, set[str]]:
    """File and lines of a function, and the names that it sets; none where there is no source."""
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return "", range(0), set()
    stored = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    return function.__code__.co_filename, range(first, first + len(lines)), stored


class _Decided(ast.NodeTransformer):
    """Puts what was taken in place of choices that names decide whose values are ``known``."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self.known = known

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        """Of a choice the branch that was taken."""
        decided = _truth(node.test, self.known)
        return self.generic_visit(node) if decided is None else self.visit(node.body if decided else node.orelse)

    def visit_Call(self, node: ast.Call) -> Any:
        """``getattr(F, name)`` is what it gets."""
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name("getattr"), args=[owner, ast.Name(name)]) if str(self.known.get(name, "")).isidentifier():
                return ast.Attribute(owner, str(self.known[name]), ast.Load())
        return node


def _truth(test: ast.expr, known: Mapping[str, Any]) -> bool | None:
    """What a condition comes to; none where the arguments alone do not say."""
    match test:
        case ast.UnaryOp(ast.Not(), operand):
            inner = _truth(operand, known)
            return None if inner is None else not inner
        case ast.Name(name) if name in known and not isinstance(known[name], Tensor):
            return bool(known[name])
        case ast.Compare(ast.Name(name), [ast.Is() | ast.IsNot() as sign], [ast.Constant(None)]) if name in known:
            return (known[name] is None) == isinstance(sign, ast.Is)
        case ast.Compare(ast.Name(name), [ast.Eq() | ast.NotEq() as sign], [ast.Constant(value)]) if isinstance(known.get(name), str | int):
            return bool(known[name] == value) == isinstance(sign, ast.Eq)
    return None
