"""A line of a ledger and a number in it, as plain data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.functions import FUNCTIONS
from engine.step import Cell, SummedStep


class Factor(NamedTuple):
    """A whole number, where it stands, and what it is; ``made`` says how it is made of what stands there, as ``{} − 1``."""

    value: float
    name: str
    path: str = ""
    cell: Cell = ()
    made: str = ""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number of a ledger: ``apply``(the sum of the products of its factors) / ``divisor``.

    ``kind`` is what it is computed for, ``path`` and ``cell`` are where it goes; ``blocks`` name the terms.
    """

    kind: str
    path: str
    cell: Cell
    line: int
    axis: int = 0
    terms: tuple[tuple[Factor, ...], ...]
    divisor: Factor | None = None
    apply: str = ""
    blocks: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        """What its factors give; whole numbers are exact, whatever their size."""
        total = sum(
            math.prod(int(factor.value) if factor.value == int(factor.value) else factor.value for factor in term) for term in self.terms
        )
        found = FUNCTIONS[self.apply].value(total) if self.apply else total
        return found if self.divisor is None else found / self.divisor.value


@dataclass(frozen=True, kw_only=True)
class LedgerStep(SummedStep):
    """One number of line ``line``; ``kind`` says which, ``axis`` of which axis. ``blocks`` are the names of its terms.

    ``names`` are those of factors, ``sources`` and ``cells`` are where they stand; a source is empty for a number that stands nowhere.
    ``source`` is what a number is called that nothing is done to.
    """

    kind: str
    line: int
    axis: int
    names: Sequence[Sequence[str]]
    sources: Sequence[Sequence[str]]
    cells: Sequence[Sequence[Cell]]
    blocks: Sequence[str]
    ledger: int = 0
    source: str = ""


class Entered(NamedTuple):
    """A number as it is written in a line, from step ``step`` on; ``kind`` says which, ``axis`` of which axis."""

    kind: str
    axis: int
    step: int
    text: str


@dataclass(frozen=True, kw_only=True)
class LedgerLine:
    """A layer: its ``name``, the sizes that come in and go out, its blocks of weights and its own numbers, both by their names.

    ``windows`` are kernel, stride, padding and dilation along every axis of a window; ``left_over`` are cells that none of them comes to.
    ``sizes`` are those of the result as they are written, ``entered`` all numbers that steps compute.
    """

    name: str
    kind: str
    source: int
    given: tuple[int, ...]
    made: tuple[int, ...]
    weights: tuple[tuple[str, tuple[int, ...]], ...]
    settings: tuple[tuple[str, tuple[int, ...]], ...]
    windows: tuple[tuple[int, int, int, int], ...]
    left_over: tuple[int, ...]
    sizes: tuple[str, ...]
    entered: tuple[Entered, ...]

    def of(self, kind: str, axis: int = 0) -> Entered | None:
        """The number of that kind, if the line has one."""
        return next((one for one in self.entered if (one.kind, one.axis) == (kind, axis)), None)


@dataclass(frozen=True, kw_only=True)
class LedgerPage:
    """All lines of one network; ``entered`` are numbers of all of them, ``before`` stands before the paths of its tensors."""

    before: str
    shape: tuple[int, ...]
    sizes: tuple[str, ...]
    lines: tuple[LedgerLine, ...]
    entered: tuple[Entered, ...]


@dataclass(frozen=True, kw_only=True)
class LedgerGrowth:
    """Counts over the numbers that were put in for a ``name``, all of them also as they are written."""

    name: str
    numbers: tuple[float, ...]
    texts: tuple[str, ...]
    parameters: tuple[tuple[float, str], ...]
    multiply_adds: tuple[tuple[float, str], ...]
