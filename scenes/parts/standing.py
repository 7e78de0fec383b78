"""Where a tensor stands, as plain values, so that another picture can begin where this one ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from scenes.parts.ink import Box, Line
from scenes.parts.rooms import around

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, eq=False)
class Patch:
    """Rows and columns of cells in a box, from cell ``first`` on in memory order; ``colours`` are theirs, none where they have digits."""

    first: int
    shape: tuple[int, int]
    box: Box
    colours: np.ndarray | None = None

    @property
    def after(self) -> int:
        """The cell after the last one."""
        return self.first + self.shape[0] * self.shape[1]

    def has(self, other: Patch) -> bool:
        """Whether some cells are in both."""
        return self.first < other.after and other.first < self.after


@dataclass(frozen=True, eq=False)
class Standing:
    """Those planes of a tensor that can be seen, its digits by the numbers of their cells, and its role."""

    role: str
    patches: Sequence[Patch]
    lines: Mapping[int, Line] = field(default_factory=dict)

    def reordered(self, order: Sequence[int]) -> Standing:
        """The same cells in another order, or some of them: ``order`` has of each the number that it has here."""
        lines = {at: self.lines[number] for at, number in enumerate(order) if number in self.lines}
        colours = next((patch.colours for patch in self.patches if patch.colours is not None), None)
        patches = [Patch(0, (1, len(order)), around([patch.box for patch in self.patches]), colours)] if self.patches else []
        return Standing(self.role, patches, lines)

    @classmethod
    def of(cls, role: str, parts: Iterable[Standing]) -> Standing | None:
        """All parts as one; none without any."""
        found = list(parts)
        lines = {cell: line for part in found for cell, line in part.lines.items()}
        return cls(role, [patch for part in found for patch in part.patches], lines) if found else None
