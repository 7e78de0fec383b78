"""A sum of many terms as one can follow it: its strongest terms, and all that is smaller in one number."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, make_dataclass
from typing import Any

from engine.code.step import CodeStep
from engine.functions import added

#: More terms than these are not followed one by one; so many of them are then.
MOST, KEPT = 12, 6
#: So few terms of their own, as a bias, stay in any case.
FEW = 2
SMALLER = " smaller"  # ends the name of what all others come to


@dataclass(frozen=True, kw_only=True)
class Shortened(CodeStep):
    """A step with some of its terms, by their numbers ``chosen``, and a last one for all others, ``many`` of them in all."""

    chosen: Sequence[int]
    many: int


@functools.cache
def _shortened(cls: type[CodeStep]) -> type[Any]:
    """The same of steps of a class that have more."""
    return make_dataclass(f"Shortened{cls.__name__}", (), bases=(Shortened, cls), frozen=True, kw_only=True)


def strongest(step: CodeStep, most: int = MOST, kept: int = KEPT) -> CodeStep:
    """The step as it is if it has few terms, ``most`` of them, else with the strongest, ``kept`` of them.

    What all others come to is called as many "smaller" ones.
    """
    if len(step.terms) <= most:
        return step
    chosen = sorted(_chosen(step, kept))
    rest = [math.prod(term) for n, term in enumerate(step.terms) if n not in {*chosen}]
    whole = max(rest) if step.reduce == "max" else added(rest)
    ways = step.ways or [("",) * len(term) for term in step.terms]

    def left(all_of: Sequence[tuple[Any, ...]], last: Any) -> list[tuple[Any, ...]]:
        return [*(all_of[n] for n in chosen), (last,)]

    own = {name: getattr(step, name) for name in step.__dataclass_fields__}
    changed = {"terms": left(step.terms, whole), "places": left(step.places, None), "ways": left(ways, f"{len(rest)}{SMALLER}")}
    cls = _shortened(type(step))  # type: ignore[arg-type]  # classes can be hashed, whatever their instances can
    short: CodeStep = cls(**{**own, **changed}, chosen=chosen, many=len(step.terms))
    return short


def _chosen(step: CodeStep, most: int) -> set[int]:
    """Terms of which there are few, and the strongest of those of which there are many."""
    count = Counter(step.names)
    lone = [n for n, name in enumerate(step.names) if count[name] <= FEW][:KEPT]
    size = math.prod if step.reduce == "max" else _size
    others = sorted(({*range(len(step.terms))} - {*lone}), key=lambda n: (-size(step.terms[n]), n))
    return {*lone, *others[:most]}


def _size(term: Iterable[float]) -> float:
    """What is no number comes first."""
    size = abs(math.prod(term))
    return math.inf if math.isnan(size) else size


def number_of(step: CodeStep, term: int | None) -> int | None:
    """Which of all terms a term of what may be shortened is; none of what stands for several."""
    if term is None or not isinstance(step, Shortened):
        return term
    return step.chosen[term] if term < len(step.chosen) else None


def numbers_of(step: CodeStep, ticks: int) -> list[int]:
    """Which of all terms are added when so many of those that are shown are."""
    if not isinstance(step, Shortened):
        return [*range(ticks)]
    return [*range(step.many)] if ticks > len(step.chosen) else [*step.chosen[:ticks]]
