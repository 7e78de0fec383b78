"""A step through a computation graph, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from engine.code.step import CodeStep
from engine.concepts.backprop.graph import BackpropKind
from engine.step import Cell


@dataclass(frozen=True, kw_only=True)
class BackpropStep(CodeStep):
    """One cell of a value on the way forward, of an adjoint or of what one edge adds to it on the way back.

    ``node`` is the node that receives the number, ``child`` the one that it comes back from along an edge. ``local`` is the derivative
    along the edge if there is but one, ``slope`` the same in names.
    """

    kind: BackpropKind
    node: str
    cell: Cell
    child: str = ""
    local: float | None = None
    slope: str = ""
