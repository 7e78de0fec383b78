"""A step of the way back through attention, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.step import SummedStep

#: What a step of the way back computes the gradient of; ``row sum`` is what the softmax of a row needs for all of its scores.
Backward = Literal["value", "weight", "row sum", "score", "query", "key"]


@dataclass(frozen=True, kw_only=True)
class AttentionGradStep(SummedStep):
    """``row`` and ``column`` are those of the number that is computed; a row sum has no column but 0."""

    kind: Backward
    row: int
    column: int
