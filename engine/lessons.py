"""Which steps a clip works out term by term: of every stage the first that is worth seeing, then situations that are unlike it.

Of a long trace few steps are cut: candidates are found in its tensors, the first cells of a stage and some from all over it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import torch
from torch import Tensor

from engine.blocks import Block, Blocks
from engine.ground import ground
from engine.stage import Stage, Work
from engine.step import Cell

#: So many cells are looked at: from the first one on, and from all over.
FIRST, SPREAD = 256, 256
#: Their places, as shares of the whole: even wherever one stops, and in step with no width of a plane.
GOLDEN = (math.sqrt(5) - 1) / 2
#: Of a stage in many pieces so many are looked at.
MOST_BLOCKS = 16
#: So many candidates at most are worked out to find the best of them, of so many terms in all.
MOST_CUT, MOST_TERMS = 8, 2000
#: A step has enough to see if this share of its products is not 0, a window if it has this share of those of the fullest.
ENOUGH = 0.5
#: Results that are this much smaller than the largest are as good as nothing.
TINY = 0.01
#: Functions that bend at 0.
BENT = ("relu", "step", "elu", "gelu", "silu")
#: Functions that no longer move far from 0, by their slopes at their values; the largest is that at 0.
SATURATING: dict[str, Callable[[Any], Any]] = {"sigmoid": lambda y: 4 * y * (1 - y), "tanh": lambda y: 1 - y * y}
SATURATED = 0.1


class Lessons(Sequence[int]):
    """Steps that are chosen when somebody asks for them: a trace that is printed needs none."""

    def __init__(self, choose: Callable[[], Iterable[int | None]]) -> None:
        self._choose = choose

    @cached_property
    def chosen(self) -> tuple[int, ...]:
        """Each once, in the order in which they were chosen, without those that there are not."""
        with ground():
            return tuple(dict.fromkeys(step for step in self._choose() if step is not None))

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, index: Any) -> Any:
        return self.chosen[index]

    def __reduce__(self) -> tuple[type[tuple[int, ...]], tuple[tuple[int, ...]]]:
        """As plain data, for processes that draw."""
        return tuple, (self.chosen,)

    def __repr__(self) -> str:
        return f"Lessons{self.chosen}"


def looked_at(count: int) -> Tensor:
    """The numbers of some of so many cells, in their order."""
    if count <= FIRST + SPREAD:
        return torch.arange(count)
    spread = (torch.arange(SPREAD, dtype=torch.float64) * GOLDEN % 1 * count).long()
    return torch.tensor(sorted({*range(FIRST), *spread.tolist()}))


def in_plane(values: Tensor, most: int) -> Tensor:
    """The numbers of some cells of a plane, ``most`` or a few more: the first, some from all over, the corners and the strongest."""
    some, corners = looked_at(values.numel()), [0]
    for size in values.shape:
        corners = [corner * size + at for corner in corners for at in (0, size - 1)]
    strongest = int(values.abs().flatten().nan_to_num(-1.0).argmax())
    thinned = some[:: -(-len(some) // max(1, most))]
    return torch.tensor(sorted({*thinned.tolist(), *corners, strongest}))


# --- one stage ---------------------------------------------------------------------------------------------------------------------------


def of_stages(stages: Mapping[str, Stage], blocks: Blocks, names: Iterable[str]) -> Iterator[int | None]:
    """The first step of each that is worth seeing, then one on the other side of a bend, and one where a function no longer moves."""
    all_of = {name: blocks.of(name, MOST_BLOCKS) for name in names}
    firsts = {name: first(stages[name], of) for name, of in all_of.items()}
    yield from firsts.values()
    for unlike in (_turned, _saturated):
        found = (unlike(stages[name], all_of[name], blocks.find(step)[1]) for name, step in firsts.items() if step is not None)
        yield next((step for step in found if step is not None), None)


def first(stage: Stage, of: Sequence[Block]) -> int | None:
    """The first step of some blocks of a stage that is worth seeing."""
    found = best(stage, _where(stage, of, lambda values: (values != 0) & (values.abs() >= TINY * values.abs().max())))
    return best(stage, _where(stage, of, torch.ones_like)) if found is None else found


def best(stage: Stage, candidates: Iterable[tuple[int, Cell]]) -> int | None:
    """Of a few steps and their cells the first with enough to see, or else the one with most."""
    found, most, terms = None, (False, -1.0), 0
    for step, cell in islice(candidates, MOST_CUT):
        work = stage.work(cell)
        seen = _seen(work)
        if seen > most:
            found, most = step, seen
        terms += len(work.terms)
        if most >= (True, ENOUGH) or terms > MOST_TERMS:
            break
    return found


def _seen(work: Work) -> tuple[bool, float]:
    """Whether something comes of a step, and the share of its products that are not 0; zeros that stand nowhere, as padding, are none."""
    products = [value for term, at in zip(work.terms, work.places, strict=True) if (value := math.prod(term)) or None not in at]
    return bool(work.before and work.result), sum(map(bool, products)) / max(1, len(products))


def _where(stage: Stage, of: Sequence[Block], wanted: Callable[[Tensor], Tensor]) -> Iterator[tuple[int, Cell]]:
    """Steps and cells of some blocks of a stage whose values are wanted."""
    for block in of:
        numbers = looked_at(block.steps)
        values = _values(stage, block, numbers).nan_to_num(0.0, 0.0, 0.0)
        for number in numbers[wanted(values).bool()].tolist():
            yield block.start + number, block.cell(number)


def _values(stage: Stage, block: Block, numbers: Tensor) -> Tensor:
    """The results of some of the steps of a block."""
    if block.listed is not None:
        cells = [torch.tensor(axis) for axis in zip(*(block.listed[number] for number in numbers.tolist()), strict=True)]
    else:
        cells = [at + corner for at, corner in zip(torch.unravel_index(numbers, block.sizes), block.corner, strict=True)]
    return stage.values[tuple(at.to(stage.values.device) for at in cells)].cpu().reshape(-1)


def _turned(stage: Stage, of: Sequence[Block], cell: Cell) -> int | None:
    """The first on the other side of 0 than a cell, of a function that has a bend there."""
    work = stage.work(cell)
    if work.apply not in BENT:
        return None
    side = math.copysign(1.0, work.before) if work.result else 0.0
    others = islice(_where(stage, of, lambda values: values.sign() != side), MOST_CUT)
    return next((k for k, at in others if stage.work(at).before * work.before < 0), None)


def _saturated(stage: Stage, of: Sequence[Block], cell: Cell) -> int | None:
    """The first where the function of a cell has all but reached the end of its values."""
    slope = SATURATING.get(stage.work(cell).apply)
    return None if slope is None else next((k for k, _ in _where(stage, of, lambda values: slope(values) < SATURATED)), None)


# --- windows -----------------------------------------------------------------------------------------------------------------------------


class Windows(NamedTuple):
    """Windows of one plane: their ``steps``, what they hold (windows x channels x cells), what that gives to their sums, their ``values``,
    and along how many axes they reach beyond the input.
    """

    steps: Tensor
    inside: Tensor
    products: Tensor
    values: Tensor
    outside: Tensor


def of_sums(windows: Windows) -> Iterator[int | None]:
    """The first window with enough in it, an edge, a corner with padding, and a flat place."""
    steps, values, inner = windows.steps, windows.values.nan_to_num(0.0, 0.0, 0.0), windows.outside == 0
    products = windows.products.flatten(1)
    full = (products != 0).double().mean(1)
    chosen = _first(steps, (values != 0) & (full >= ENOUGH * full.max()), values != 0, full > 0, values == values)
    yield chosen
    edges = (products > 0).any(1) & (products < 0).any(1) & inner & (values != 0)
    yield _largest(steps, values.abs(), edges if bool(edges.any()) else inner & (values != 0))
    yield from _corner(windows, chosen, full > 0)
    cells = windows.inside
    flat = (cells == cells[..., :1]).flatten(1).all(1) & (full > 0) & inner
    yield _first(steps, flat) if cells.shape[-1] > 1 else None


def of_maxima(windows: Windows) -> Iterator[int | None]:
    """The first window with one winner, one in which several are equal, and a corner with padding."""
    steps, cells = windows.steps, windows.inside.flatten(1)
    most = cells.max(1, keepdim=True).values
    winners, is_plain = (cells == most).sum(1), (windows.values != 0) & windows.values.isfinite()
    chosen = _first(steps, (winners == 1) & is_plain, is_plain, winners > 0)
    yield chosen
    # A place in which all cells are equal is a tie as well, but one with others beside it shows more.
    tied = (winners > 1) & is_plain
    yield _first(steps, tied & (winners < cells.shape[1]), tied)
    yield from _corner(windows, chosen, is_plain)


def overlapping(cells: Tensor, given: Tensor) -> int | None:
    """The first window that adds something to what another has given; ``cells`` (windows x cells) are those that each of them reaches, −1
    for none, ``given`` what it gives.
    """
    count, gives = len(cells), given != 0
    order = torch.arange(count, device=cells.device).where(gives, torch.full((), count, device=cells.device))
    size = int(cells.max()) + 1 if cells.numel() else 0
    # One place more for what reaches nothing.
    at = cells.where(cells >= 0, torch.full((), size, device=cells.device))
    earliest = torch.full((size + 1,), count, device=cells.device).scatter_reduce_(
        0, at.flatten(), order[:, None].expand_as(at).flatten(), "amin"
    )
    adds = (earliest[at] < order[:, None]) & (cells >= 0) & gives[:, None]
    return _first(torch.arange(count), adds.any(1).cpu())


def _corner(windows: Windows, chosen: int | None, wanted: Tensor) -> Iterator[int | None]:
    """The first window that reaches beyond the input along most axes, unless the one that is shown anyway does."""
    outside = windows.outside.where(wanted, torch.zeros_like(windows.outside))
    if bool(outside.any()) and not bool(outside[windows.steps == chosen].any()):
        yield _first(windows.steps, outside == outside.max())


def _first(steps: Tensor, *wishes: Tensor) -> int | None:
    """The first step for which a wish holds, of the first wish that holds for any."""
    return next((int(steps[wish.int().argmax()]) for wish in wishes if bool(wish.any())), None)


def _largest(steps: Tensor, sizes: Tensor, wanted: Tensor) -> int | None:
    return int(steps[sizes.where(wanted, -torch.ones_like(sizes)).argmax()]) if bool(wanted.any()) else None
