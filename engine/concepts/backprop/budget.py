"""What a graph takes, from the shapes of its leaves alone: every operation that an expression names makes a tensor of a known shape."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from engine import budget
from engine.budget import Cost
from engine.concepts.backprop.statements import statements
from engine.sentences import times
from engine.shapes import Shape


class _MisfitError(Exception):
    """Shapes do not fit together; whoever computes them says so in words."""


@dataclass
class BackpropSizes:
    """Numbers in all results, in the largest of all nodes, with its text and shape, and in the leaves.

    ``products`` are those of matrix multiplications, ``terms`` those of the longest step; ``named`` are the shapes of names.
    """

    leaves: int
    results: int = 0
    count: int = 0
    largest: int = 0
    text: str = ""
    shape: Shape = ()
    products: int = 0
    terms: int = 1
    named: dict[str, Shape] = field(default_factory=dict)

    def see(self, text: str, shape: Shape) -> None:
        """Remembers the largest."""
        if math.prod(shape) >= self.largest:
            self.largest, self.text, self.shape = math.prod(shape), text, shape

    def cost(self, numbers: int) -> Cost:
        """What it takes if the largest result has so many numbers and all else is as much smaller."""
        share = numbers / max(1, self.largest)
        return Cost(
            values=share * (6 * self.leaves + 4 * self.results + 6 * self.largest),
            moved=share * (10 * self.leaves + 50 * self.results),
            products=share * 8 * self.products,
            calls=200 * self.count,
            terms=share * self.terms,
        )


def within_budget(expr: str, leaves: Mapping[str, Sequence[int]]) -> None:
    """Raises :class:`InputError` if the graph is not within the budget."""
    sizes = sized(expr, leaves)
    words: dict[tuple[str, ...], str] = {("numbers",): "values that make nodes of at most about {} numbers"}
    what = f"a graph with the {times(sizes.shape)} numbers of {sizes.text}"
    budget.ask(what, sizes.cost, {"numbers": sizes.largest}, words)


def sized(expr: str, leaves: Mapping[str, Sequence[int]]) -> BackpropSizes:
    """The sizes of all results, up to the first whose shapes do not fit together."""
    found = BackpropSizes(sum(map(math.prod, leaves.values())), named={name: tuple(shape) for name, shape in leaves.items()})
    for name, shape in found.named.items():
        found.see(name, shape)
    try:
        for name, value in statements(expr):
            found.named[name] = _shape(value, found)
    except _MisfitError:
        pass
    return found


def _shape(node: ast.expr, found: BackpropSizes) -> Shape:
    """The shape of an expression; its numbers are counted."""
    if isinstance(node, ast.Name):
        if node.id not in found.named:
            raise _MisfitError
        return found.named[node.id]
    if isinstance(node, ast.Constant):
        return ()
    parts = [_shape(part, found) for part in _parts(node)]
    made = _made(node, parts, found)
    numbers = math.prod(made)
    found.count += 1
    found.results += numbers
    found.see(_short(node), made)
    # Forward a step adds up what is reduced, on the way back what was spread.
    found.terms = max([found.terms, *(max(math.prod(part), 1) // max(1, numbers) for part in parts)])
    found.terms = max([found.terms, *(numbers // max(1, math.prod(part)) for part in parts if part)])
    return made


def _parts(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Attribute):
        yield node.value
    elif isinstance(node, ast.Call):
        yield node.args[0]


def _made(node: ast.expr, parts: list[Shape], found: BackpropSizes) -> Shape:
    if isinstance(node, ast.BinOp):
        return _multiplied(parts[0], parts[1], found) if isinstance(node.op, ast.MatMult) else _spread(*parts)
    if isinstance(node, ast.Attribute):
        return parts[0][::-1]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("sum", "mean", "max"):
        return _reduced(node, parts[0])
    return parts[0]


def _spread(a: Shape, b: Shape) -> Shape:
    wide = max(len(a), len(b))
    pairs = list(zip((1,) * (wide - len(a)) + a, (1,) * (wide - len(b)) + b, strict=True))
    if any(m != n and 1 not in (m, n) for m, n in pairs):
        raise _MisfitError
    return tuple(m if n == 1 else n for m, n in pairs)


def _multiplied(a: Shape, b: Shape, found: BackpropSizes) -> Shape:
    if not (1 <= len(a) <= 2 and 1 <= len(b) <= 2) or a[-1] != b[0]:
        raise _MisfitError
    made = (*a[:-1], *b[1:])
    found.products += a[-1] * math.prod(made)
    found.terms = max(found.terms, a[-1], *made)
    return made


def _reduced(node: ast.Call, whole: Shape) -> Shape:
    axes = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
    if not axes:
        return ()
    axis = ast.literal_eval(axes[0])
    if not -len(whole) <= axis < len(whole):
        raise _MisfitError
    return tuple(n for at, n in enumerate(whole) if at != axis % len(whole))


def _short(node: ast.expr) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 40 else f"{text[:39]}…"
