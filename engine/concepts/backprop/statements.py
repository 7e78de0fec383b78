"""The statements of a text, read by ``ast`` and never run."""

from __future__ import annotations

import ast
import warnings

from engine.concepts.backprop.spelling import quoted_node
from engine.errors import InputError
from engine.shown import one_line, shown

MOST_CHARACTERS = 4000
MOST_DEEP = 80

#: Where an expression begins and ends in the text: lines and columns.
Position = tuple[int, int, int | None, int | None]


def statements(expr: str) -> list[tuple[str, ast.expr]]:
    """Names with their right sides, as they stand in the text."""
    if len(expr) > MOST_CHARACTERS:
        raise InputError(f"expr has {len(expr)} characters; give at most {MOST_CHARACTERS}")
    text = "\n".join(line.strip() for line in expr.splitlines())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(text).body
    except SyntaxError as error:
        near = " ".join((error.text or expr).split())[:40]
        raise InputError(
            f"expr cannot be read near {shown(near)} ({error.msg}); write name = expression, with ; between statements"
        ) from None
    except (RecursionError, MemoryError):  # in a text of this length only from nesting
        raise InputError(f"expr is nested more than {MOST_DEEP} deep; name the inner parts in statements of their own") from None
    except ValueError as error:
        raise InputError(f"expr cannot be read ({one_line(str(error))}); write name = expression, with ; between statements") from None
    if not body:
        raise InputError("expr is empty; write name = expression, such as z = w*x")
    return [_statement(one) for one in body]


def _statement(one: ast.stmt) -> tuple[str, ast.expr]:
    if _depth(one) > MOST_DEEP:
        raise InputError(f"expr is nested more than {MOST_DEEP} deep; name the inner parts in statements of their own")
    if not isinstance(one, ast.Assign) or len(one.targets) != 1 or not isinstance(one.targets[0], ast.Name):
        raise InputError(f"expr has {quoted_node(one)}; every statement is name = expression, such as z = w*x")
    return one.targets[0].id, one.value


def place(node: ast.expr) -> Position:
    """Where it stands."""
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


def _depth(node: ast.AST) -> int:
    """How deep the tree is, without recursion."""
    deepest, stack = 0, [(node, 1)]
    while stack:
        here, depth = stack.pop()
        deepest = max(deepest, depth)
        stack += [(child, depth + 1) for child in ast.iter_child_nodes(here)]
    return deepest
