"""The arguments of a layer as they are written, read by ``ast`` and never run: words, numbers, lists."""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Callable, Mapping

from engine.errors import InputError
from engine.shapes import LARGEST
from engine.shown import one_line, shown

#: A list becomes a tuple, a word a text.
Argument = None | bool | int | float | str | tuple["Argument", ...]
#: As a command line may have them.
CONSTANTS = {"true": True, "false": False, "none": None}
#: Of whole numbers, as in ``nn.Linear(16 * 5 * 5, 120)``.
WORKED_OUT: dict[type[ast.operator], Callable[[int, int], int]] = {ast.Mult: operator.mul, ast.FloorDiv: operator.floordiv}
#: Of all arguments of a layer: no layer needs more, and what is nested in them cannot be deep.
LONGEST = 500
#: A word that is none in Python.
GLOBAL = "global"


def values(inside: str, where: str) -> tuple[tuple[Argument, ...], Mapping[str, Argument]]:
    """What stands in the parentheses of a layer: arguments by position, and by name.

    Raises :class:`InputError` for everything else that Python can be; ``where`` is the layer, for the error.
    """
    call = _call(inside, where)
    for option in call.keywords:
        if option.arg is None:
            raise InputError(f"{where}, whose arguments are unpacked with **; write them out")
    return tuple(_value(node, where) for node in call.args), {str(one.arg): _value(one.value, where) for one in call.keywords}


def _call(inside: str, where: str) -> ast.Call:
    if len(inside) > LONGEST:
        raise InputError(f"{where} with {len(inside):,} characters of arguments; give at most {LONGEST}")
    source = re.sub(rf"\b{GLOBAL}\b", f"'{GLOBAL}'", inside)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an escape in quotes that is none is one
            found = ast.parse(f"f({source})", mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        found = None
    if not isinstance(found, ast.Call) or not isinstance(found.func, ast.Name):
        raise InputError(f"{where}, whose arguments cannot be read: {shown(inside.strip())}; write them like 8, 3, padding=1")
    return found


def _value(node: ast.expr, where: str) -> Argument:
    if isinstance(node, ast.Constant) and (node.value is None or isinstance(node.value, bool | int | float | str)):
        return node.value
    if isinstance(node, ast.Name):
        return CONSTANTS.get(node.id, node.id)
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(_value(one, where) for one in node.elts)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        number = _value(node.operand, where)
        if isinstance(number, int | float):
            return -number
    if isinstance(node, ast.BinOp) and type(node.op) in WORKED_OUT:
        a, b = _value(node.left, where), _value(node.right, where)
        if isinstance(a, int) and isinstance(b, int) and max(abs(a), abs(b)) <= LARGEST and (b or isinstance(node.op, ast.Mult)):
            return WORKED_OUT[type(node.op)](a, b)
    raise InputError(f"{where} with {one_line(_source(node), 60)}; give words, numbers, lists of them, True, False or None")


def _source(node: ast.expr) -> str:
    try:
        return ast.unparse(node)
    except (ValueError, RecursionError):
        return "an expression"
