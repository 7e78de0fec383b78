"""The rules of a graph: for every operation how its values are computed, cell by cell, and what comes back to each of its arguments.

The adjoint of an argument is the adjoint of the result times the derivative of the result; where a cell is read by several cells, the sum
over them.
"""

from __future__ import annotations

from engine.concepts.backprop.across import Matmul, Max, Reduce, Softmax, Transpose
from engine.concepts.backprop.elementwise import UNARY, Power, Quotient, Sum, Unary
from engine.concepts.backprop.rule import Rule

RULES: dict[str, Rule] = {
    "sum": Sum(),
    "quotient": Quotient(),
    "power": Power(),
    "matmul": Matmul(),
    "transpose": Transpose(),
    "total": Reduce(),
    "mean": Reduce(),
    "max": Max(),
    "softmax": Softmax(),
    **{name: Unary() for name in UNARY},
}
