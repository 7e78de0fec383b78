"""A step: one computed value, as plain data. What reads steps needs no torch."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, overload

from engine.functions import added

Cell = tuple[int, ...]
Cells = Mapping[str, Sequence[Cell]]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One computed value: ``apply``(the sum of the products of its terms) / ``divisor``.

    As ``reduce`` says, it is the largest term instead of the sum. ``apply`` is a name of :data:`engine.functions.FUNCTIONS`, or empty. With
    ``accumulate`` the value is added to what the cells held that it writes, which is 0 before the first step.

    ``reads`` and ``writes`` name cells in the coordinates of the named tensor. ``terms`` holds the factors in the order in which they are
    shown, cells of zero padding included. ``formula`` is Typst math, ``say`` one plain sentence that holds its numbers, for captions
    that are read or spoken. ``caption`` is what stands below its picture, which shows the numbers itself: what the step means.
    ``shared`` is what holds for all steps of its kind, ``noun`` what all of them compute, as it stands in a sentence.
    """

    index: int
    phase: str
    reads: Cells
    terms: Sequence[tuple[float, ...]]
    value: float
    writes: Cells
    formula: str
    say: str
    caption: str = ""
    shared: str = ""
    noun: str = ""
    reduce: Literal["sum", "max"] = "sum"
    divisor: float = 1
    apply: str = ""
    accumulate: bool = False

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from engine.paper.repr_html import step_html

        return step_html(self)


class Steps(Sequence[Step]):
    """Steps by their numbers, each of them made when it is asked for."""

    @abstractmethod
    def step(self, k: int) -> Step:
        """Step k, which must be there."""

    @overload
    def __getitem__(self, index: int) -> Step: ...

    @overload
    def __getitem__(self, index: slice) -> list[Step]: ...

    def __getitem__(self, index: int | slice) -> Step | list[Step]:
        if isinstance(index, slice):
            return [self.step(k) for k in range(*index.indices(len(self)))]
        k = index + len(self) if index < 0 else index
        if not 0 <= k < len(self):
            raise IndexError(f"step {index} of a trace of {len(self)} steps")
        return self.step(k)


@dataclass(frozen=True, kw_only=True)
class SummedStep(Step):
    """A step whose terms are added up before anything else is done to them."""

    @property
    def total(self) -> float:
        """The sum of the terms, before it is divided or a function is applied; the largest of them if that is asked for."""
        products = [math.prod(term) for term in self.terms]
        if self.reduce == "max":
            return max(products)
        return added(products)


@dataclass(frozen=True)
class Reference:
    """The torch function whose result the outputs were compared with, and the largest absolute difference found.

    There is no ``name`` where nothing could be compared.
    ``size`` is that of the numbers between which it was found: the largest of the results, or of what was added up to results that are 0.
    """

    name: str
    max_abs_error: float
    size: float = field(default=0.0, repr=False)


def worst(name: str, references: Iterable[Reference]) -> Reference:
    """The one with the largest difference, by the ``name`` of all."""
    return replace(max(references, key=lambda reference: reference.max_abs_error), name=name)
