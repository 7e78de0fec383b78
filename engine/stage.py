"""How a trace is made of steps: a stage says how the cells of one tensor are computed, :mod:`engine.blocks` in which order they come.

Length, chapters, the cutting of a step and what is known before it follow from these. A :class:`Stage` holds tensors and functions and
stays where torch is; blocks are plain data that go to the processes that draw.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from engine import sentences
from engine.errors import CheckError
from engine.functions import FUNCTIONS, added
from engine.numbers import Sum, written
from engine.step import Cell, Cells, Step

if TYPE_CHECKING:
    from torch import Tensor

#: What needs no brackets in a formula: a name, and a cell of what has one or stands in brackets.
_BARE = re.compile(r"[\w.]*|([\w.]+|\(.*\))\[[\d, ]*\]")
#: A cell with the path of its tensor.
Place = tuple[str, Cell]
#: Of what is computed with: the largest error, relative to the numbers on the way, and the smallest number that has all digits.
PRECISION = {"torch.float64": (1e-10, 2.3e-308), "torch.float32": (1e-5, 1.2e-38)}


class Operand(NamedTuple):
    """Numbers side by side and the places that they come from; none for a number that stands nowhere, as those of zero padding.

    A number is the one in its place, or made of it alone, as the slope 1 − y² of a tanh: then ``made`` says how, ``1 − {}²``, with braces
    for the name of the place; it is empty where all numbers are those in their places.

    ``path`` is a tensor that counts as looked at even where none of the numbers stands in it.
    """

    places: Sequence[Place | None]
    values: Sequence[float]
    path: str = ""
    made: Sequence[str] = ()

    @property
    def ways(self) -> Sequence[str]:
        """How each of the numbers is made."""
        return self.made or [""] * len(self.values)

    @property
    def turned(self) -> Operand:
        """With the other sign."""
        made = [_turned(way) if place else way for way, place in zip(self.ways, self.places, strict=True)]
        return self._replace(values=[-value for value in self.values], made=made if any(made) else ())


def _turned(way: str) -> str:
    return {"": "−{}", "−{}": ""}.get(way, f"−({way})")


def spelled(way: str, name: str) -> str:
    """A number that is made in some way of that with the name."""
    is_bare = not way or "({})" in way or _BARE.fullmatch(name)
    return (way or "{}").replace("{}", name if is_bare else f"({name})")


def operand(path: str, cells: Iterable[Cell | None], values: Sequence[float]) -> Operand:
    """Numbers of one tensor and of its padding."""
    return Operand([None if cell is None else (path, cell) for cell in cells], values, path)


def number(value: float, path: str = "", cell: Cell = (), made: str = "") -> Operand:
    """One number, of a tensor if there is a ``path``, or made of it."""
    return Operand([(path, cell) if path else None], [value], made=(made,) if made else ())


@dataclass(frozen=True)
class Work:
    """How one cell is computed: ``apply``(the sum, or as ``reduce`` says the largest, of all products) / ``divisor``.

    Every one of ``sums`` gives as many products as its operands are long: the first numbers of all of them are multiplied, then the
    second ones, and so on. ``beside`` is what else is looked at, ``seen`` all that is read where that is not what the operands tell. With
    ``accumulate`` the result is added to what is there. ``fields`` are what its step has besides, found on the way.
    ``scale`` is how large the numbers are that a factor was made of, where they are larger than it: a slope such as 1 − y² may be small.
    """

    sums: Sequence[tuple[Operand, ...]]
    divisor: Operand | float = 1
    apply: str = ""
    reduce: Literal["sum", "max"] = "sum"
    accumulate: bool = False
    beside: Sequence[Operand] = ()
    seen: Sequence[Operand] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    scale: float | None = None

    @cached_property
    def terms(self) -> list[tuple[float, ...]]:
        """The factors of all products."""
        return [term for one in self.sums for term in zip(*(operand.values for operand in one), strict=True)]

    @cached_property
    def places(self) -> list[tuple[Place | None, ...]]:
        """Where the factors of all products stand."""
        return [places for one in self.sums for places in zip(*(operand.places for operand in one), strict=True)]

    @cached_property
    def ways(self) -> list[tuple[str, ...]]:
        """How the factors of all products are made of what stands in their places; empty for what stands there itself."""
        return [ways for one in self.sums for ways in zip(*(operand.ways for operand in one), strict=True)]

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

    @property
    def before(self) -> float:
        """What its products give, before a function or a divisor."""
        products = [math.prod(term) for term in self.terms]
        return max(products) if self.reduce == "max" else added(products)

    @property
    def result(self) -> float:
        """What its numbers give."""
        found = FUNCTIONS[self.apply].value(self.before) if self.apply else self.before
        if self.by:
            return found / self.by
        return math.copysign(math.inf, found) if found else math.nan

    @property
    def slope(self) -> float:
        """The derivative of its function."""
        return self.slope_at(self.result * self.by)

    def slope_at(self, value: float) -> float:
        """The derivative of its function where that has a value which is known exactly."""
        return FUNCTIONS[self.apply].derivative(self.before, value) if self.apply else 1.0

    def having(self, **fields: Any) -> Work:
        """The same with more fields."""
        return replace(self, fields={**self.fields, **fields})

    def named(self, path: Callable[[str], str]) -> Work:
        """The same with other names of tensors."""

        def renamed(one: Operand) -> Operand:
            places = [place and (path(place[0]), place[1]) for place in one.places]
            return one._replace(places=places, path=one.path and path(one.path))

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
    of it; ``caption`` is what it means, without its numbers, ``shared`` one sentence that holds for all cells, and ``noun`` what they are
    in a sentence ("the keys"), if that is not the name. ``writes`` are the cells that get the result if they are not the one of that name.
    ``called`` is the name of a cell in formulas, ``formula`` all of that if it is no sum.
    """

    path: str
    values: Tensor
    work: Callable[[Cell], Work]
    say: Callable[[Cell, Work, Sum], str]
    caption: Callable[[Cell, Work], str] | None = None
    shared: str = ""
    noun: str = ""
    step: Callable[..., Step] = Step
    writes: Callable[[Cell], Cells] | None = None
    called: Callable[[Cell], str] | None = None
    formula: Callable[[Cell, Sum], str] | None = None

    def cut(self, k: int, phase: str, cell: Cell) -> Step:
        """Step k, which computes the cell."""
        work, value = self.work(cell), float(self.values[cell])
        self._check(work, value, cell)
        writes: Cells = {self.path: [cell]} if self.writes is None else self.writes(cell)
        text = written(work.terms, value, work.reduce, work.by, work.apply)
        name = sentences.cell_name(self.path, next(iter(writes.values()))[0]) if self.called is None else self.called(cell)
        say = self.say(cell, work, text)
        return self.step(
            index=k,
            phase=phase,
            reads=work.reads,
            terms=work.terms,
            value=value,
            writes=writes,
            formula=sentences.sum_formula(name, text) if self.formula is None else self.formula(cell, text),
            say=say,
            caption=sentences.meaning(say) if self.caption is None else self.caption(cell, work),
            shared=self.shared or f"Every cell of {self.path} in the same way.",
            noun=self.noun or self.path,
            reduce=work.reduce,
            divisor=work.by,
            apply=work.apply,
            accumulate=work.accumulate,
            **work.fields,
        )

    def _check(self, work: Work, value: float, cell: Cell) -> None:
        """Raises :class:`CheckError` if the numbers of a step do not give its value."""
        if not math.isfinite(value) or (found := work.result) == value:
            return
        size = math.fsum(abs(math.prod(term)) for term in work.terms) if work.scale is None else work.scale
        size = size * max(1.0, abs(work.slope)) / (abs(work.by) or 1.0) + abs(value)
        tolerance, smallest = PRECISION[str(self.values.dtype)]
        if not abs(found - value) <= tolerance * size + smallest:
            name = sentences.cell_name(self.path, cell)
            raise CheckError(f"the numbers of step {name} give {found:.6g}, but torch gives {value:.6g}")
