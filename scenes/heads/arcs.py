"""Who looks at whom, as arcs: from every key to the query, each as thick as the share that the query gives to the key."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from manim import Group

from scenes.parts.ink import PX, Mark
from scenes.parts.theme import Theme
from scenes.parts.typeset import polygon

#: Thickness of all arcs to a query together, which share one attention, and of one that has next to none.
WHOLE, THINNEST = 0.8, 2 * PX
#: Opacities: so many kinds from the faintest to the strongest.
KINDS, FAINTEST, STRONGEST = 6, 0.3, 0.85

#: Points along an arc.
SAMPLES = 17

ArcEnd = tuple[float, float]


class Arcs(Group):
    """Ribbons from left to right, side by side where they end; ``most`` is the share of the strongest colour. What is negative has the
    colour of that.
    """

    def __init__(self, theme: Theme, most: float, role: str = "share") -> None:
        self.most = most
        colours, opacities = (
            (getattr(theme, role), theme.negative),
            [FAINTEST + (STRONGEST - FAINTEST) * n / (KINDS - 1) for n in range(KINDS)],
        )
        self.marks = [Mark(colour, fill=opacity) for colour in colours for opacity in opacities]
        self.threads = Mark(theme.muted, fill=0.6)
        self.widths: list[float] = []
        super().__init__(self.threads, *self.marks)

    def show(self, starts: Sequence[ArcEnd], ends: Sequence[ArcEnd], shares: Sequence[float], grown: Sequence[float] | None = None) -> None:
        """From every start to its end; ``grown`` says how far each has come."""
        self.widths = [thickness(abs(share)) if share else 0.0 for share in shares]
        found: list[list[np.ndarray]] = [[] for _ in self.marks]
        for start, end, share, width, far in zip(starts, ends, shares, self.widths, grown or [1.0] * len(starts), strict=True):
            if share and far > 0:
                found[KINDS * (share < 0) + min(KINDS - 1, int(abs(share) / self.most * KINDS))].append(ribbon(start, end, width, far))
        for mark, ribbons in zip(self.marks, found, strict=True):
            mark.draw(np.concatenate(ribbons) if ribbons else np.zeros((0, 3)))

    def spin(self, starts: Sequence[ArcEnd], ends: Sequence[ArcEnd]) -> None:
        """A thread from each start, where it is not known yet how thick the arc is."""
        found = [ribbon(start, end, THINNEST) for start, end in zip(starts, ends, strict=True)]
        self.threads.draw(np.concatenate(found) if found else np.zeros((0, 3)))


def thickness(share: float) -> float:
    """Of an arc with such a share of the attention."""
    return THINNEST + (WHOLE - THINNEST) * min(1.0, share)


def side_by_side(end: ArcEnd, shares: Sequence[float]) -> list[ArcEnd]:
    """The ends of arcs of these shares, from top to bottom around one point."""
    x, y = end
    widths = [WHOLE * share for share in shares]
    top = y + sum(widths) / 2
    return [(x, top - sum(widths[:n]) - width / 2) for n, width in enumerate(widths)]


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
