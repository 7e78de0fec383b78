"""In which order the units of an LSTM are computed: the one that is followed first. Pictures need this where there is no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.concepts.lstm.step import GATES

#: Of more units than these one is followed through time: it is computed before the others.
SEVERAL = 3


@dataclass(frozen=True)
class UnitChoice:
    """Units ``ranked``, the most telling first; ``early`` has those first that are large early in time.

    ``gates`` are those of the unit that is followed, by their numbers, the most telling first.
    """

    ranked: Sequence[int]
    early: Sequence[int]
    gates: Sequence[int] = range(len(GATES))

    @property
    def followed(self) -> int | None:
        """The unit that one looks at where there are too many; none where all can be seen."""
        return self.ranked[0] if len(self.ranked) > SEVERAL else None

    @property
    def order(self) -> list[int]:
        """Units in the order in which they are computed: as they are stacked, but the one that is followed before all others."""
        return [n for _, n in sorted((n != self.followed, n) for n in range(len(self.ranked)))]

    @property
    def rows(self) -> list[int]:
        """Rows of all gates in that order: gate by gate, but those of the unit that is followed before all others."""
        units = len(self.ranked)
        own = [] if self.followed is None else [gate * units + self.followed for gate in self.gates]
        return [*own, *(row for row in range(len(GATES) * units) if row not in own)]


def stretches(order: Sequence[int]) -> list[tuple[int, int]]:
    """Numbers in an order as runs of successive ones: the first of each run, and how many there are."""
    begins = [0, *(n for n, (a, b) in enumerate(pairwise(order), 1) if b != a + 1), len(order)]
    return [(order[a], b - a) for a, b in pairwise(begins)]
