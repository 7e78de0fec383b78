"""A step through a computation graph, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.concepts.backprop.graph import Kind
from engine.step import Cell, Step


@dataclass(frozen=True, kw_only=True)
class BackpropStep(Step):
    """One cell of a value on the way forward, of an adjoint or of what one edge adds to it on the way back.

    ``node`` is the node that receives the number, ``child`` the one that it comes back from along an edge. ``local`` is the derivative
    along the edge if there is but one, ``slope`` the same in names. ``factors`` names for every factor of ``terms`` the node whose value it
    is; empty for numbers, adjoints and derivatives.
    """

    kind: Kind
    node: str
    cell: Cell
    child: str = ""
    local: float | None = None
    slope: str = ""
    factors: Sequence[Sequence[str]] = ()
