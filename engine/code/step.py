"""A step of torch code, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.stage import Place
from engine.step import SummedStep


@dataclass(frozen=True, kw_only=True)
class CodeStep(SummedStep):
    """A step that knows its origins: ``places`` of all factors of its terms, ``over`` of the number that it is divided by.

    A place is the path of a tensor with a cell; none for a number that stands nowhere.
    """

    places: Sequence[tuple[Place | None, ...]] = ()
    over: Place | None = None
