"""A step of attention, and how many of everything there are; plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.step import SummedStep

#: What a step computes: a number of a query, key or value; a score; a score with its mask; the parts of a softmax; a number of a head's
#: output; a number of the output projection.
AttentionKind = Literal["query", "key", "value", "score", "mask", "max", "exp", "sum", "weight", "mix", "project"]


@dataclass(frozen=True, kw_only=True)
class AttentionStep(SummedStep):
    """``row`` is a query, or a key where a key or value is projected; ``column`` a key, or a number within a vector.

    ``head`` counts from 0. Numbers within the vector of a query, key, value or output are counted through all heads.
    """

    kind: AttentionKind
    head: int
    row: int
    column: int


@dataclass(frozen=True)
class AttentionSizes:
    """How many of everything there are.

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
