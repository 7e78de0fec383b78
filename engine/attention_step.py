"""A step of attention, and the order in which all of them come; plain data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

from engine.step import Step, added

#: What a step computes: a number of a query, key or value; a score; a score with its mask; the parts of a softmax; a number of a head's
#: output; a number of the output projection.
Kind = Literal["query", "key", "value", "score", "mask", "max", "exp", "sum", "weight", "mix", "project"]


@dataclass(frozen=True, kw_only=True)
class SummedStep(Step):
    """A step whose terms are added up before anything else is done to them."""

    @property
    def total(self) -> float:
        """The sum of the terms, before it is divided or a function is applied; the largest of them if that is asked for."""
        products = [math.prod(term) for term in self.terms]
        if self.reduce == "max":
            return max(products)
        return added(products)


@dataclass(frozen=True, kw_only=True)
class AttentionStep(SummedStep):
    """``row`` is a query, or a key where a key or value is projected; ``column`` a key, or a number within a vector.

    ``head`` counts from 0. Numbers within the vector of a query, key, value or output are counted through all heads.
    """

    kind: Kind
    head: int
    row: int
    column: int


class Place(NamedTuple):
    """Where a step stands."""

    kind: Kind
    head: int
    row: int
    column: int


@dataclass(frozen=True)
class Plan:
    """The order of the steps: projections; per head all scores, masked ones, softmax row by row, mixtures; the output projection.

    ``width`` and ``value_width`` are numbers of a query and of a value in one head, ``projected`` says whether queries, keys and values
    are computed first, ``output_width`` how many numbers an output projection makes, 0 without one. ``masked`` are the pairs of query and
    key whose score a mask changes, row by row. Of the ``keys`` the last ``extra`` are learned ones, which are not projected.
    """

    queries: int
    keys: int
    heads: int
    width: int
    value_width: int
    projected: bool
    output_width: int
    masked: tuple[tuple[int, ...], ...] = ()
    extra: int = 0

    @property
    def projections(self) -> list[tuple[Kind, int, int]]:
        """Rows and columns of what is projected first."""
        if not self.projected:
            return []
        return [
            ("query", self.queries, self.heads * self.width),
            ("key", self.keys - self.extra, self.heads * self.width),
            ("value", self.keys - self.extra, self.heads * self.value_width),
        ]

    @property
    def before_heads(self) -> int:
        """Steps before the first head."""
        return sum(rows * columns for _, rows, columns in self.projections)

    @property
    def parts(self) -> tuple[int, int, int]:
        """Steps of one head: scores with their mask, softmax, mixtures."""
        scores = self.queries * self.keys + len(self.masked)
        return scores, self.queries * self.row_steps, self.queries * self.value_width

    @property
    def row_steps(self) -> int:
        """Steps of the softmax of one row: its maximum, exponentials, their sum, weights."""
        return 2 * self.keys + 2

    @property
    def length(self) -> int:
        """All steps."""
        return self.before_heads + self.heads * sum(self.parts) + self.queries * self.output_width

    def place(self, k: int) -> Place:
        """What step ``k`` computes."""
        for kind, rows, columns in self.projections:
            if k < rows * columns:
                row, column = divmod(k, columns)
                return Place(kind, column // (columns // self.heads), row, column)
            k -= rows * columns
        head, k = divmod(k, sum(self.parts))
        if head >= self.heads:
            row, column = divmod(k + (head - self.heads) * sum(self.parts), self.output_width)
            return Place("project", 0, row, column)
        scores, softmax, _ = self.parts
        if k < scores:
            at = divmod(k, self.keys) if k < self.queries * self.keys else self.masked[k - self.queries * self.keys]
            return Place("score" if k < self.queries * self.keys else "mask", head, at[0], at[1])
        if k < scores + softmax:
            row, k = divmod(k - scores, self.row_steps)
            return self._softmax(head, row, k)
        row, column = divmod(k - scores - softmax, self.value_width)
        return Place("mix", head, row, head * self.value_width + column)

    def _softmax(self, head: int, row: int, k: int) -> Place:
        if k == 0:
            return Place("max", head, row, 0)
        if k <= self.keys:
            return Place("exp", head, row, k - 1)
        return Place("sum", head, row, 0) if k == self.keys + 1 else Place("weight", head, row, k - self.keys - 2)

    def counts(self, k: int) -> dict[Kind, int]:
        """How many steps of each kind come before step ``k``; those of one kind come head by head, row by row."""
        found: dict[Kind, int] = {}
        for kind, rows, columns in self.projections:
            found[kind] = min(k, rows * columns)
            k -= found[kind]
        heads = min(k // sum(self.parts), self.heads)
        k -= heads * sum(self.parts)
        found["project"] = k if heads == self.heads else 0
        k -= found["project"]
        cells, (scores, softmax, mixtures) = self.queries * self.keys, self.parts
        rows, rest = divmod(min(max(k - scores, 0), softmax), self.row_steps)
        found["score"] = heads * cells + min(k, cells)
        found["mask"] = heads * len(self.masked) + min(max(k - cells, 0), len(self.masked))
        found["max"] = heads * self.queries + rows + (rest > 0)
        found["exp"] = heads * cells + rows * self.keys + min(max(rest - 1, 0), self.keys)
        found["sum"] = heads * self.queries + rows + (rest > self.keys + 1)
        found["weight"] = heads * cells + rows * self.keys + max(rest - self.keys - 2, 0)
        found["mix"] = heads * mixtures + max(k - scores - softmax, 0)
        return found

    def first(self, kind: Kind) -> int | None:
        """The first step of a kind, if there is one."""
        start = 0
        for name, rows, columns in self.projections:
            if name == kind:
                return start
            start += rows * columns
        scores, softmax, _ = self.parts
        after = {"max": 0, "exp": 1, "sum": self.keys + 1, "weight": self.keys + 2}
        if kind in after:
            return start + scores + after[kind]
        if kind == "mask":
            return start + self.queries * self.keys if self.masked else None
        if kind == "project":
            return start + self.heads * sum(self.parts) if self.output_width else None
        return {"score": start, "mix": start + scores + softmax}.get(kind)

    def weight_step(self, head: int, row: int, column: int) -> int:
        """The step that computes a weight."""
        first = self.first("weight")
        assert first is not None
        return first + head * sum(self.parts) + row * self.row_steps + column

    @property
    def phases(self) -> list[tuple[str, int]]:
        """Chapters with their numbers of steps. What the first head shows is not told again for each of the others."""
        names = ("masked scores" if self.masked else "scores", "softmax", "output")
        lead = "head 0: " if self.heads > 1 else ""
        found = [("queries, keys, values", self.before_heads)] if self.projected else []
        found += [(f"{lead}{name}", steps) for name, steps in zip(names, self.parts, strict=True)]
        if self.heads > 1:
            others = "head 1" if self.heads == 2 else f"heads 1 to {self.heads - 1}"
            found.append((others, (self.heads - 1) * sum(self.parts)))
        return [*found, *([("output projection", self.queries * self.output_width)] if self.output_width else [])]
