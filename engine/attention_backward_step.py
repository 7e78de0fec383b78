"""A step of the way back through attention, and the order in which all of them come; plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.attention_step import SummedStep

#: What a step of the way back computes the gradient of; ``row sum`` is what the softmax of a row needs for all of its scores.
Backward = Literal["value", "weight", "row sum", "score", "query", "key"]


@dataclass(frozen=True, kw_only=True)
class AttentionGradStep(SummedStep):
    """``row`` and ``column`` are those of the number that is computed; a row sum has no column but 0."""

    kind: Backward
    row: int
    column: int


@dataclass(frozen=True)
class BackwardPlan:
    """The order of the steps of the way back: values, weights, then the softmax row by row, queries, keys."""

    queries: int
    keys: int
    width: int
    value_width: int

    @property
    def parts(self) -> list[tuple[str, int]]:
        """Chapters with their numbers of steps."""
        return [
            ("gradient of the values", self.keys * self.value_width),
            ("gradient of the weights", self.queries * self.keys),
            ("through the softmax", self.queries * (self.keys + 1)),
            ("gradient of the queries", self.queries * self.width),
            ("gradient of the keys", self.keys * self.width),
        ]

    @property
    def length(self) -> int:
        """All steps."""
        return sum(steps for _, steps in self.parts)

    def place(self, k: int) -> tuple[Backward, int, int]:
        """What step ``k`` computes: its kind, row and column."""
        columns: list[tuple[Backward, int]] = [
            ("value", self.value_width),
            ("weight", self.keys),
            ("row sum", self.keys + 1),
            ("query", self.width),
            ("key", self.width),
        ]
        for (kind, width), (_, steps) in zip(columns, self.parts, strict=True):
            if k < steps:
                row, column = divmod(k, width)
                return ("score", row, column - 1) if kind == "row sum" and column else (kind, row, column)
            k -= steps
        raise IndexError(k)

    def counts(self, k: int) -> dict[Backward, int]:
        """How many steps of each kind come before step ``k``."""
        found: list[int] = []
        for _, steps in self.parts:
            found.append(max(0, min(k, steps)))
            k -= steps
        value, weight, softmax, query, key = found
        rows, rest = divmod(softmax, self.keys + 1)
        sums, scores = rows + (rest > 0), rows * self.keys + max(rest - 1, 0)
        return {"value": value, "weight": weight, "row sum": sums, "score": scores, "query": query, "key": key}

    def first(self, kind: Backward) -> int:
        """The first step of a kind."""
        order: tuple[Backward, ...] = ("value", "weight", "row sum", "query", "key")
        at = order.index("row sum" if kind == "score" else kind)
        return sum(steps for _, steps in self.parts[:at]) + (kind == "score")
