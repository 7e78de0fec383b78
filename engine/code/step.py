"""A step of torch code, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.stage import Place, spelled
from engine.step import Cell, SummedStep


@dataclass(frozen=True, kw_only=True)
class CodeStep(SummedStep):
    """A step that knows its origins: ``places`` of all factors of its terms, ``over`` of the number that it is divided by.

    A place is the path of a tensor with a cell; none for a number that stands nowhere. ``ways`` say how the factors are made of what
    stands in their places, as :class:`engine.stage.Operand` does; there are none where all are what stands there. ``source`` is the cell
    of a number that is only handed on.
    """

    places: Sequence[tuple[Place | None, ...]] = ()
    ways: Sequence[tuple[str, ...]] = ()
    over: Place | None = None
    source: str = ""

    @property
    def names(self) -> list[tuple[str, ...]]:
        """What the factors of all terms are called: their tensors, or how they are made of these; nothing for a mere number."""
        ways = self.ways or [("",) * len(places) for places in self.places]
        terms = [zip(ways, places, strict=True) for ways, places in zip(ways, self.places, strict=True)]
        return [tuple(spelled(way, place[0] if place else "") for way, place in term) for term in terms]

    @property
    def made(self) -> str:
        """The tensor that it makes a cell of."""
        return next(iter(self.writes))

    @property
    def target(self) -> Cell:
        """That cell."""
        return self.writes[self.made][0]
