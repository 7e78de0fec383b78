"""Who looks at whom, as arcs: from every key to the query, each as thick as the share that the query gives to the key."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import Group

from scenes.parts.ink import PX, Mark
from scenes.parts.theme import Theme
from scenes.parts.typeset import polygon

#: Thickness of an arc with as much attention as any, and of one that has next to none.
THICKEST, THINNEST = 0.42, 2 * PX
#: Opacities: so many kinds from the faintest to the strongest.
KINDS, FAINTEST, STRONGEST = 6, 0.3, 0.85

#: Points along an arc.
SAMPLES = 17

ArcEnd = tuple[float, float]


class Arcs(Group):
    """Ribbons from left to right; ``most`` is the share of the thickest."""

    def __init__(self, theme: Theme, most: float) -> None:
        self.most = most
        self.marks = [Mark(theme.share, fill=FAINTEST + (STRONGEST - FAINTEST) * n / (KINDS - 1)) for n in range(KINDS)]
        self.widths: list[float] = []
        super().__init__(*self.marks)

    def show(self, starts: Sequence[ArcEnd], end: ArcEnd, shares: Sequence[float], grown: Sequence[float] | None = None) -> None:
        """From every start to the one end; ``grown`` says how far each has come."""
        self.widths = [thickness(share / self.most) if share > 0 else 0.0 for share in shares]
        found: list[list[np.ndarray]] = [[] for _ in range(KINDS)]
        for start, share, width, far in zip(starts, shares, self.widths, grown or [1.0] * len(starts), strict=True):
            if share > 0 and far > 0:
                found[min(KINDS - 1, int(share / self.most * KINDS))].append(ribbon(start, end, width, far))
        for mark, ribbons in zip(self.marks, found, strict=True):
            mark.draw(np.concatenate(ribbons) if ribbons else np.zeros((0, 3)))

    def clear(self) -> None:
        """No arcs."""
        self.show([], (0.0, 0.0), [])


def thickness(share: float) -> float:
    """Of an arc with such a part of the largest share."""
    return THINNEST + (THICKEST - THINNEST) * min(1.0, share)


def ribbon(start: ArcEnd, end: ArcEnd, width: float, far: float = 1.0) -> np.ndarray:
    """Bézier points of a band that begins and ends level, up to a share ``far`` of its length."""
    (x0, y0), (x1, y1) = start, end
    t = np.linspace(0, far, SAMPLES)
    # Slow, fast, slow: level at both ends.
    x, y = x0 + (x1 - x0) * t, y0 + (y1 - y0) * t * t * (3 - 2 * t)
    slope = (y1 - y0) * 6 * t * (1 - t) / max(x1 - x0, PX)
    long = np.hypot(1, slope) * 2 / width
    upper, lower = np.column_stack([x - slope / long, y + 1 / long]), np.column_stack([x + slope / long, y - 1 / long])
    return polygon([tuple(point) for point in (*upper, *lower[::-1])])
