"""Operations that make one number of many along some axes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product

from engine.ops import algebra
from engine.ops.value import Call, Rule, UnfitError
from engine.stage import Work
from engine.step import Cell


def axes(call: Call, name: str = "input") -> list[int]:
    """The axes along which a call works; all if none are named."""
    rank, dim = call.value(name).tensor.dim(), call.get("dim")
    if dim is None or dim in ((), []):
        return list(range(rank))
    return sorted({axis % max(rank, 1) for axis in ((dim,) if isinstance(dim, int) else dim)})


class Reduction(Rule):
    """``combine`` makes a work of those of the cells that become one, and of their number.

    Where it puts them ``side_by_side`` it may get those that are there as one.
    """

    names = ("input", "dim", "keepdim")

    def __init__(self, combine: Callable[[Sequence[Work], int], Work], side_by_side: bool = False) -> None:
        self.combine, self.side_by_side = combine, side_by_side

    def work(self, call: Call, output: int, cell: Cell) -> Work:
        cells, value = list(self.behind(call, cell)), call.value("input")
        count = len(cells)
        if call.only and self.combine in (summed, averaged):
            cells = [call.only[1]]
        try:
            if value.is_had and self.side_by_side and cells:
                return self.combine([Work([(value.column(cells),)])], count)
            return self.combine([value.work(at) for at in cells], count)
        except UnfitError:
            raise call.fitted("input") from None

    def behind(self, call: Call, cell: Cell) -> Iterable[Cell]:
        """The cells that become one."""
        shape, along = call.value("input").tensor.shape, axes(call)
        kept = list(cell)
        if call.get("keepdim", False):
            kept = [at for axis, at in enumerate(cell) if axis not in along]
        rest = iter(kept)
        return product(*(range(size) if axis in along else (next(rest),) for axis, size in enumerate(shape)))

    def readers(self, call: Call, output: int, argument: str, cell: Cell) -> Iterable[Cell]:
        along = axes(call)
        if call.get("keepdim", False):
            return [tuple(0 if axis in along else at for axis, at in enumerate(cell))]
        return [tuple(at for axis, at in enumerate(cell) if axis not in along)]


class Pair(Reduction):
    """The largest number along an axis; where it stands is the second result, which is no step."""

    def readers(self, call: Call, output: int, argument: str, cell: Cell) -> Iterable[Cell]:
        return super().readers(call, output, argument, cell) if output == 0 else []

    def winner(self, call: Call, cell: Cell) -> Cell | None:
        if len(call.made) < 2:
            return None
        (axis,), at = axes(call), int(call.made[1].tensor[cell])
        return (*cell[:axis], at, *cell[axis + bool(call.get("keepdim", False)) :])


class Running(Rule):
    """The sum of all cells up to a place, or what else ``combine`` makes of them."""

    names = ("input", "dim")
    alone = True  # the first cell is a number, the second one a sum

    def __init__(self, combine: Callable[[Sequence[Work]], Work]) -> None:
        self.combine = combine

    def work(self, call: Call, output: int, cell: Cell) -> Work:
        works = [call.cell("input", at) for at in self._line(call, cell, range(cell[self._axis(call)] + 1) if cell else [0])]
        try:
            return self.combine(works)
        except UnfitError:
            raise call.fitted("input") from None

    def readers(self, call: Call, output: int, argument: str, cell: Cell) -> Iterable[Cell]:
        axis = self._axis(call)
        return self._line(call, cell, range(cell[axis], call.value("input").tensor.shape[axis]) if cell else [0])

    def _axis(self, call: Call) -> int:
        return int(call.get("dim")) % max(1, call.value("input").tensor.dim())

    def _line(self, call: Call, cell: Cell, along: Iterable[int]) -> list[Cell]:
        axis = self._axis(call)
        return [(*cell[:axis], at, *cell[axis + 1 :]) if cell else () for at in along]


def summed(works: Sequence[Work], count: int) -> Work:
    """Their sum."""
    return algebra.total(works)


def averaged(works: Sequence[Work], count: int) -> Work:
    """Their mean."""
    return algebra.total(works, float(count))


def most(works: Sequence[Work], count: int) -> Work:
    """The largest of them."""
    return algebra.maximum(works)


def multiplied(works: Sequence[Work], count: int) -> Work:
    """Their product."""
    return algebra.product(works)
