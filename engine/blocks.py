"""In which order the steps of a trace come: plain data, from which its length, its chapters and what is known before a step follow."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from engine.step import Cell


class Block(NamedTuple):
    """Steps in a row, from ``start`` on: the cells of a box of a stage's tensor in memory order, or those that are listed.

    ``corner`` is the first cell of the box, ``sizes`` are its lengths along all axes.
    """

    start: int
    stage: str
    phase: str
    corner: Cell
    sizes: Cell
    listed: tuple[Cell, ...] | None = None

    @property
    def steps(self) -> int:
        """How many steps."""
        return math.prod(self.sizes) if self.listed is None else len(self.listed)

    def cell(self, number: int) -> Cell:
        """The cell of one of the steps."""
        if self.listed is not None:
            return self.listed[number]
        at = []
        for size in reversed(self.sizes):
            number, index = divmod(number, size)
            at.append(index)
        return tuple(first + index for first, index in zip(self.corner, reversed(at), strict=True))

    def number(self, cell: Cell) -> int | None:
        """Which of the steps computes the cell, if one does."""
        if self.listed is not None:
            return self.listed.index(cell) if cell in self.listed else None
        found = 0
        for first, size, at in zip(self.corner, self.sizes, cell, strict=True):
            if not 0 <= at - first < size:
                return None
            found = found * size + at - first
        return found


class Blocks(Sequence[Block]):
    """All steps of a trace, block after block."""

    def __init__(self) -> None:
        self._blocks: list[Block] = []
        self.length = 0
        #: Of every stage the first steps of its blocks, and how many cells its earlier ones have.
        self._starts: dict[str, list[int]] = {}
        self._before: dict[str, list[int]] = {}

    def box(self, stage: str, phase: str, corner: Cell, sizes: Cell) -> None:
        """Adds a box of cells, unless it is empty."""
        self._add(Block(self.length, stage, phase, corner, sizes))

    def cells(self, stage: str, phase: str, cells: Iterable[Cell]) -> None:
        """Adds cells one by one."""
        self._add(Block(self.length, stage, phase, (), (), tuple(cells)))

    def extend(self, others: Iterable[Block], stage: Callable[[str], str], phase: Callable[[str], str]) -> None:
        """Adds blocks with other names of their stages and phases."""
        for block in others:
            self._add(block._replace(start=self.length, stage=stage(block.stage), phase=phase(block.phase)))

    def _add(self, block: Block) -> None:
        steps = block.steps
        if not steps:
            return
        starts, before = self._starts.setdefault(block.stage, []), self._before.setdefault(block.stage, [0])
        starts.append(block.start)
        before.append(before[-1] + steps)
        self._blocks.append(block)
        self.length += steps

    def __len__(self) -> int:
        return len(self._blocks)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Blocks) and self._blocks == other._blocks

    __hash__ = None  # type: ignore[assignment]  # blocks are added

    def __getitem__(self, index: Any) -> Any:
        return self._blocks[index]

    @property
    def phases(self) -> list[tuple[str, int]]:
        """Chapters with their numbers of steps; neighbours of one name are one."""
        return [(phase, sum(block.steps for block in found)) for phase, found in groupby(self._blocks, lambda block: block.phase)]

    def find(self, k: int) -> tuple[Block, Cell]:
        """The block of step k and the cell that it computes."""
        block = self._blocks[bisect_right(self._blocks, k, key=lambda block: block.start) - 1]
        return block, block.cell(k - block.start)

    def first(self, stage: str) -> int | None:
        """The first step of a stage, if it has one."""
        return self._starts.get(stage, [None])[0]

    def of(self, stage: str, most: int) -> list[Block]:
        """The first blocks of a stage, so many at the most."""
        return [self.find(start)[0] for start in self._starts.get(stage, [])[:most]]

    def start(self, stage: str) -> int:
        """The first step of a stage that has one."""
        return self._starts[stage][0]

    def step(self, stage: str, cell: Cell) -> int:
        """The step that computes a cell."""
        found = ((block.start, block.number(cell)) for block in self._blocks if block.stage == stage)
        for start, number in found:
            if number is not None:
                return start + number
        raise LookupError(f"no step computes {cell} of {stage}")

    def done(self, k: int) -> Counter[str]:
        """How many cells of every stage are computed before step k; none of one that has no steps."""
        return Counter({stage: self._done(stage, k) for stage in self._starts})

    def _done(self, stage: str, k: int) -> int:
        starts, before = self._starts[stage], self._before[stage]
        begun = bisect_right(starts, k)
        return min(before[begun], before[begun - 1] + k - starts[begun - 1]) if begun else 0
