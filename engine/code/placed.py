"""Works whose steps know where their numbers stand, and what a cell is called."""

from __future__ import annotations

from dataclasses import replace

from engine import sentences
from engine.ops.algebra import is_number
from engine.stage import Operand, Place, Work, spelled
from engine.step import Cell


def named(name: str, cell: Cell) -> str:
    """A cell of a tensor; an expression stands in brackets."""
    return sentences.cell_name(name if name.isidentifier() or not cell else f"({name})", cell)


def placed(work: Work) -> Work:
    """The work, whose step knows where its numbers stand."""
    return work.having(places=work.places, ways=work.ways if any(map(any, work.ways)) else (), over=_over(work), source=source(work))


def source(work: Work) -> str:
    """The cell of a number that is only handed on, with its other sign if it is turned; nothing for all other works."""
    is_handed = work.by == 1 and not _over(work) and is_number(replace(work, divisor=1))
    place = work.places[0][0] if is_handed else None
    return spelled(work.ways[0][0], named(*place)) if place else ""


def _over(work: Work) -> Place | None:
    """Where the number stands that it is divided by."""
    return work.divisor.places[0] if isinstance(work.divisor, Operand) else None
