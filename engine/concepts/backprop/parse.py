"""From the text of a user to the nodes of a graph. The text is read by ``ast`` and never run: what is not named here is refused."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import replace

from engine.concepts.backprop.graph import Monomial, Node, readers
from engine.concepts.backprop.spelling import ALLOWED, FUNCTION_NAMES, REDUCTIONS, pretty, quoted_node
from engine.concepts.backprop.statements import Position, place, statements
from engine.errors import InputError
from engine.shown import bare, one_line, shown

MOST_NODES = 100
MOST_NAME = 16
MOST_FACTORS = 12
POWERS = f"a whole number from −{MOST_FACTORS} to {MOST_FACTORS} other than 0, or 0.5"

Polynomial = tuple[list[Monomial], float]


def parse(expr: str) -> tuple[dict[str, Node], dict[str, set[Position]]]:
    """The nodes of ``z = w*x; L = (z - y)**2/2``, leaves included, each behind those that it reads.

    A statement is one node if one step can compute it: a sum of products of nodes and numbers, divided by a number, or one function of a
    node. What does not fit into that gets a node of its own, which bears its text for a name; the same text twice is one node. Where in the
    text these stand is the second result.

    Raises :class:`InputError` for everything else that Python can be, and for what is not a graph.
    """
    reader = _Reader(expr)
    nodes = reader.read()
    for name in list(nodes)[:-1]:
        if not readers(nodes, name):
            last = list(nodes)[-1]
            raise InputError(f"expr computes {name}, which {last} does not depend on; leave it out, or use it on the way to {last}")
    if len(nodes) > MOST_NODES:
        raise InputError(f"expr has {len(nodes)} nodes; give at most {MOST_NODES}")
    return nodes, reader.places


class _Reader:
    """Makes nodes, inner ones first."""

    def __init__(self, expr: str) -> None:
        self.statements = statements(expr)
        self.later = {name: number for number, (name, _) in reversed([*enumerate(self.statements)])}
        self.nodes: dict[str, Node] = {}
        self.places: dict[str, set[Position]] = {}
        self.here = 0

    def read(self) -> dict[str, Node]:
        for here, (name, value) in enumerate(self.statements):
            self.here = here
            _check_name(name)
            if self.later[name] < self.here:
                raise InputError(f"expr gives {name} a value twice; give the second one another name")
            made = self._operation(name, value)
            if not made.args:
                raise InputError(
                    f"expr has {name} = {one_line(ast.unparse(value), 60)}, which uses no name; set {name} to a number instead"
                )
            self.nodes[name] = made
        return self.nodes

    # --- nodes -------------------------------------------------------------------------------------------------------------------------

    def _name(self, node: ast.expr) -> str:
        """The node that an expression stands for: its own name, or a new node that bears its text."""
        if isinstance(node, ast.Name):
            self._use(node.id)
            return node.id
        text = ast.unparse(node)
        if text not in self.nodes:
            made = replace(self._operation(text, node), named=False, label=pretty(node))
            if not made.args:
                raise InputError(f"expr has {quoted_node(node)}, which uses no name; write the number that it is")
            self.nodes[text] = made
        self.places.setdefault(text, set()).add(place(node))
        return text

    def _use(self, name: str) -> None:
        at = self.later.get(name)
        if at is not None and at >= self.here:
            itself = "itself" if at == self.here else f"{name}, which is only computed later"
            reader = self.statements[self.here][0]
            raise InputError(f"expr computes {reader} from {itself}; a graph has no cycles, so put statements in an order without them")
        if name not in self.nodes:
            _check_name(name)
            self.nodes[name] = Node(name, "leaf", name)

    def _operation(self, name: str, node: ast.expr) -> Node:
        """The one operation that an expression ends with."""
        label, text = name, pretty(node)
        if isinstance(node, ast.Call):
            return self._call(Node(name, "", label, text), node)
        if isinstance(node, ast.Attribute):
            if node.attr != "T":
                raise InputError(f"expr has {quoted_node(node)}; only .T may stand behind a name, and {ALLOWED} in an expression")
            return Node(name, "transpose", label, text, (self._name(node.value),))
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, ast.MatMult):
                both = (self._name(node.left), self._name(node.right))
                if both[0] == both[1]:
                    raise InputError(f"expr has {quoted_node(node)}, a matrix times itself; give the second one a name of its own")
                return Node(name, "matmul", label, text, both)
            if isinstance(node.op, ast.Div) and _number(node.right) is None:
                top = _number(node.left)
                parts = [*([] if top is not None else [self._name(node.left)]), self._name(node.right)]
                if len(parts) == 2 and parts[0] == parts[1]:
                    raise InputError(f"expr has {quoted_node(node)}, which is 1 whatever {bare(parts[0])} is; leave it out")
                return Node(name, "quotient", label, text, tuple(parts), number=1.0 if top is None else top)
            if isinstance(node.op, ast.Pow) and _number(node) is None:
                exponent = self._exponent(node)
                if exponent == 0.5:
                    return Node(name, "sqrt", label, text, (self._name(node.left),))
                if exponent < 0:
                    return Node(name, "power", label, text, (self._name(node.left),), number=exponent)
        terms, divisor = self._polynomial(node)
        args = tuple(dict.fromkeys(factor for _, factors in terms for factor in factors))
        return Node(name, "sum", label, text, args, tuple(terms), divisor)

    def _call(self, made: Node, node: ast.Call) -> Node:
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        if function not in FUNCTION_NAMES + REDUCTIONS:
            raise InputError(f"expr calls {quoted_node(node.func)}; the functions are {', '.join((*REDUCTIONS, *FUNCTION_NAMES))}")
        axes = [*node.args[1:], *(keyword.value for keyword in node.keywords)]
        wrong = [keyword.arg for keyword in node.keywords if keyword.arg != "dim"]
        if not node.args or len(axes) > 1 or wrong or (axes and function in FUNCTION_NAMES):
            takes = f"{function}(x)" + (f" or {function}(x, dim)" if function in REDUCTIONS else "")
            raise InputError(f"expr has {quoted_node(node)}; write {takes}")
        dim = None if function != "softmax" else -1
        if axes:
            number = _number(axes[0])
            if number is None or number != int(number):
                raise InputError(f"expr has {quoted_node(node)}; dim is a whole number, such as 0 or -1")
            dim = int(number)
        # A sum of products is what most nodes are; this one adds up cells.
        return replace(made, op="total" if function == "sum" else function, args=(self._name(node.args[0]),), dim=dim)

    # --- sums of products --------------------------------------------------------------------------------------------------------------

    def _polynomial(self, node: ast.expr) -> Polynomial:
        """Products and what their sum is divided by; what is no such thing is one factor, a node of its own."""
        number = _number(node)
        if number is not None:
            return [(number, ())], 1.0
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            terms, divisor = self._polynomial(node.operand)
            return [(-c, factors) for c, factors in terms], divisor
        if isinstance(node, ast.BinOp):
            if isinstance(node.op, ast.Add | ast.Sub):
                sign = 1.0 if isinstance(node.op, ast.Add) else -1.0
                return [*self._summands(node.left), *((sign * c, factors) for c, factors in self._summands(node.right))], 1.0
            if isinstance(node.op, ast.Mult):
                (c, left), (d, right) = self._product(node.left), self._product(node.right)
                return [self._checked(node, c * d, (*left, *right))], 1.0
            if isinstance(node.op, ast.Div) and (by := _number(node.right)) is not None:
                if by == 0:
                    raise InputError(f"expr has {quoted_node(node)}, which divides by 0; divide by another number")
                terms, divisor = self._polynomial(node.left)
                return terms, divisor * by
            if isinstance(node.op, ast.Pow) and (exponent := self._exponent(node)) >= 1:
                c, factors = self._product(node.left)
                return [self._checked(node, c ** int(exponent), factors * int(exponent))], 1.0
        if isinstance(node, ast.Name | ast.Call | ast.Attribute) or (
            isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult | ast.Div | ast.Pow)
        ):
            return [(1.0, (self._name(node),))], 1.0
        raise InputError(f"expr has {quoted_node(node)}; it may hold {ALLOWED}")

    def _summands(self, node: ast.expr) -> list[Monomial]:
        """What is added to something else: a quotient is a node of its own then."""
        terms, divisor = self._polynomial(node)
        return terms if divisor == 1 else [(1.0, (self._name(node),))]

    def _product(self, node: ast.expr) -> Monomial:
        """What is multiplied by something else: a sum is a node of its own then."""
        terms, divisor = self._polynomial(node)
        return terms[0] if len(terms) == 1 and divisor == 1 else (1.0, (self._name(node),))

    def _checked(self, node: ast.expr, number: float, factors: tuple[str, ...]) -> Monomial:
        if len(factors) > MOST_FACTORS:
            raise InputError(f"expr has {quoted_node(node)}, a product of {len(factors)} factors; give at most {MOST_FACTORS}")
        return number, factors

    def _exponent(self, node: ast.BinOp) -> float:
        exponent = _number(node.right)
        whole = exponent is not None and exponent == int(exponent) and 1 <= abs(exponent) <= MOST_FACTORS
        if exponent is None or not (whole or exponent == 0.5):
            raise InputError(f"expr has {quoted_node(node)}; an exponent is {POWERS}")
        return exponent


def _check_name(name: str) -> None:
    if "__" in name or len(name) > MOST_NAME:
        raise InputError(f"expr has the name {shown(name)}; give one of at most {MOST_NAME} characters without a double underscore")
    if name in FUNCTION_NAMES + REDUCTIONS:
        raise InputError(f"expr uses {name} as a name, but it is a function; choose another name")


def _number(node: ast.expr) -> float | None:
    """The number that an expression without names is, if it is one."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise InputError(f"expr has {quoted_node(node)}; it may hold {ALLOWED}")
        value = node.value
        return _finite(node, lambda: float(value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        inner = _number(node.operand)
        if inner is None and isinstance(node.op, ast.UAdd):
            raise InputError(f"expr has {quoted_node(node)}; leave the + before {quoted_node(node.operand)} out")
        return inner if inner is None or isinstance(node.op, ast.UAdd) else -inner
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Pow):
        a, b = _number(node.left), _number(node.right)
        if a is not None and b is not None:
            compute = _ARITHMETIC[type(node.op)]
            return _finite(node, lambda: compute(a, b))
    return None


_ARITHMETIC: dict[type, Callable[[float, float], float]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}


def _finite(node: ast.expr, compute: Callable[[], float]) -> float:
    try:
        number = compute()
    except ZeroDivisionError:
        raise InputError(f"expr has {quoted_node(node)}, which divides by 0; divide by another number") from None
    except OverflowError:
        number = math.inf
    if isinstance(number, complex) or not math.isfinite(number):
        raise InputError(f"expr has {quoted_node(node)}, which is not a finite number; give a smaller one")
    return float(number)
