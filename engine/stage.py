"""How a trace is made of steps: a stage says how the cells of one tensor are computed, blocks say in which order they come.

Length, chapters, the cutting of a step and what is known before it follow from these. A :class:`Stage` holds tensors and functions and
stays where torch is; :class:`Blocks` are plain data that go to the processes that draw.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from engine import sentences
from engine.numbers import Sum, written
from engine.step import Cell, Cells, Step

if TYPE_CHECKING:
    from torch import Tensor

#: A cell with the path of its tensor.
Place = tuple[str, Cell]


class Operand(NamedTuple):
    """Numbers side by side and the places that they come from; none for a number that stands nowhere, as those of zero padding.

    A number is the one in its place, of either sign, or made of it alone, as the slope 1 − y² of a tanh.

    ``path`` is a tensor that counts as looked at even where none of the numbers stands in it.
    """

    places: Sequence[Place | None]
    values: Sequence[float]
    path: str = ""


def operand(path: str, cells: Iterable[Cell | None], values: Sequence[float]) -> Operand:
    """Numbers of one tensor and of its padding."""
    return Operand([None if cell is None else (path, cell) for cell in cells], values, path)


def number(value: float, path: str = "", cell: Cell = ()) -> Operand:
    """One number, of a tensor if there is a ``path``."""
    return Operand([(path, cell) if path else None], [value])


@dataclass(frozen=True)
class Work:
    """How one cell is computed: ``apply``(the sum, or as ``reduce`` says the largest, of all products) / ``divisor``.

    Every one of ``sums`` gives as many products as its operands are long: the first numbers of all of them are multiplied, then the
    second ones, and so on. ``beside`` is what else is looked at, ``seen`` all that is read where that is not what the operands tell. With
    ``accumulate`` the result is added to what is there. ``fields`` are what its step has besides, found on the way.
    """

    sums: Sequence[tuple[Operand, ...]]
    divisor: Operand | float = 1
    apply: str = ""
    reduce: Literal["sum", "max"] = "sum"
    accumulate: bool = False
    beside: Sequence[Operand] = ()
    seen: Sequence[Operand] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def terms(self) -> list[tuple[float, ...]]:
        """The factors of all products."""
        return [term for one in self.sums for term in zip(*(operand.values for operand in one), strict=True)]

    @cached_property
    def places(self) -> list[tuple[Place | None, ...]]:
        """Where the factors of all products stand."""
        return [places for one in self.sums for places in zip(*(operand.places for operand in one), strict=True)]

    @property
    def by(self) -> float:
        """The number by which the result is divided."""
        return self.divisor.values[0] if isinstance(self.divisor, Operand) else self.divisor

    @cached_property
    def reads(self) -> Cells:
        """All cells that are read, operand by operand; what another operand has read is not read again."""
        found: dict[str, list[Cell]] = {}
        for one in self._read if self.seen is None else self.seen:
            own: dict[str, list[Cell]] = {one.path: []} if one.path else {}
            for path, cell in filter(None, one.places):
                own.setdefault(path, []).append(cell)
            for path, cells in own.items():
                before = set(found.get(path, ()))
                found[path] = [*found[path], *(cell for cell in cells if cell not in before)] if before else cells
        return found

    @property
    def _read(self) -> Sequence[Operand]:
        factors = [one for operands in self.sums for one in operands]
        return [*factors, *([self.divisor] if isinstance(self.divisor, Operand) else []), *self.beside]

    def having(self, **fields: Any) -> Work:
        """The same with more fields."""
        return replace(self, fields={**self.fields, **fields})

    def named(self, path: Callable[[str], str]) -> Work:
        """The same with other names of tensors."""

        def renamed(one: Operand) -> Operand:
            return Operand([place and (path(place[0]), place[1]) for place in one.places], one.values, one.path and path(one.path))

        return replace(
            self,
            sums=[tuple(map(renamed, operands)) for operands in self.sums],
            divisor=renamed(self.divisor) if isinstance(self.divisor, Operand) else self.divisor,
            beside=[*map(renamed, self.beside)],
            seen=None if self.seen is None else [*map(renamed, self.seen)],
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class Stage:
    """Cells of a tensor that are computed alike.

    ``path`` is the tensor's name in the trace, ``values`` holds the results, ``work`` says how a cell is computed and ``say`` what is said
    of it. ``writes`` are the cells that get the result if they are not the one of that name. ``called`` is the name of a cell in formulas,
    ``formula`` all of that if it is no sum.
    """

    path: str
    values: Tensor
    work: Callable[[Cell], Work]
    say: Callable[[Cell, Work, Sum], str]
    step: Callable[..., Step] = Step
    writes: Callable[[Cell], Cells] | None = None
    called: Callable[[Cell], str] | None = None
    formula: Callable[[Cell, Sum], str] | None = None

    def cut(self, k: int, phase: str, cell: Cell) -> Step:
        """Step k, which computes the cell."""
        work, value = self.work(cell), float(self.values[cell])
        writes: Cells = {self.path: [cell]} if self.writes is None else self.writes(cell)
        text = written(work.terms, value, work.reduce, work.by, work.apply)
        name = sentences.cell_name(self.path, next(iter(writes.values()))[0]) if self.called is None else self.called(cell)
        return self.step(
            index=k,
            phase=phase,
            reads=work.reads,
            terms=work.terms,
            value=value,
            writes=writes,
            formula=sentences.sum_formula(name, text) if self.formula is None else self.formula(cell, text),
            say=self.say(cell, work, text),
            reduce=work.reduce,
            divisor=work.by,
            apply=work.apply,
            accumulate=work.accumulate,
            **work.fields,
        )


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
