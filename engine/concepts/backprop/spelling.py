"""What an expression may hold, and how it is shown: as it was written, and in names."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from engine.numbers import plain

FUNCTION_NAMES = ("exp", "log", "sqrt", "sin", "cos", "sigmoid", "tanh", "relu", "abs")
REDUCTIONS = ("sum", "mean", "max", "softmax")
ALLOWED = f"names, numbers, + - * / ** @, .T and {', '.join((*REDUCTIONS, *FUNCTION_NAMES))}"


def quoted_node(node: ast.AST) -> str:
    """An expression as a message shows it."""
    text = " ".join(ast.unparse(node).split())
    return repr(text if len(text) <= 40 else f"{text[:39]}…")


def pretty(node: ast.expr) -> str:
    """An expression as it is shown."""
    text = ast.unparse(node)
    for plain_text, nicer in ((" ** 2", "²"), (" ** 3", "³"), (" ** ", "^"), (" * ", "·"), (" @ ", "·"), (" / ", "/"), ("-", "−")):
        text = text.replace(plain_text, nicer)
    return text


def monomial(number: float, labels: Sequence[str]) -> str:
    """A product in names: ``2·x``, ``−w``, ``1``."""
    names = [bracketed(label) for label in labels]
    if not names:
        return plain(number)
    if len(names) == number == 1:
        return labels[0]
    lead = {1.0: "", -1.0: "−"}.get(number, f"{plain(number)}·")
    return lead + "·".join(names)


def bracketed(label: str) -> str:
    """A name as a factor: what is more than a name or a function stands in brackets."""
    return label if re.fullmatch(r"\w+(\([^()]*\))?", label) else f"({label})"
