"""The heading of a network: the map of its parts, of which each may be several acts, and small pictures of what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from manim import Group

from scenes.parts.acts import Map, PlayHeader
from scenes.parts.ink import Box, Mark, boxes
from scenes.parts.raster import Raster
from scenes.parts.theme import Theme

#: Of a small picture of what waits.
WIDE, HIGH = 0.32, 0.2
#: How high the bar is that says how large a gradient is, and how far above the box.
BAR, AWAY = 0.05, 0.03


class PartMap(Map):
    """A little lower than a map of acts: above it there is room for what waits."""

    arc_heights = (0.11, 0.15)

    @property
    def middle(self) -> float:
        return super().middle - 0.055

    def waiting(self, edge: tuple[int, int], number: int) -> Box | None:
        """Where that waits which goes along a line around others, while part ``number`` is shown; none where there is no line."""
        if edge not in self.arcs:
            return None
        (left, _, _, top), (_, _, right, _) = self.places[edge[0]], self.places[edge[1]]
        x0, _, x1, _ = self.places[number]
        x, y = min(right, max(left, (x0 + x1) / 2)), top + self.arcs[edge]
        return x - WIDE / 2, y - HIGH / 2, x + WIDE / 2, y + HIGH / 2


@dataclass(frozen=True)
class GradientNorms:
    """The acts of the way back: through which ``parts`` they go, one after the other, and the ``norms`` of what comes to them."""

    parts: Sequence[int] = ()
    norms: Mapping[int, float] = field(default_factory=dict)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> GradientNorms:
        """That of a network's record."""
        norms = {number: values["norms"].get(part.name, 0.0) for number, part in enumerate(values["network"])}
        return cls(values["back"], norms)

    def share(self, part: int) -> float:
        """How large the norm of a part is beside the largest."""
        most = max(self.norms.values(), default=0.0)
        return self.norms[part] / most if most else 0.0


#: Of a network whose film only goes on.
NO_WAY_BACK = GradientNorms()


def _bar(place: Box, share: float) -> Box:
    """So much of the width of a box, above it."""
    x0, _, x1, y1 = place
    return x0, y1 + AWAY, x0 + (x1 - x0) * share, y1 + AWAY + BAR


class NetworkHeader(PlayHeader):
    """``network`` are the parts, ``acts`` the names of the acts; behind those of the parts stand those that go ``back`` through them."""

    def __init__(
        self,
        title: str,
        steps: int,
        network: Sequence[Any],
        acts: Sequence[str],
        starts: Sequence[int],
        theme: Theme,
        back: GradientNorms = NO_WAY_BACK,
    ) -> None:
        self.back, self.forward = back, len(acts) - len(back.parts)
        self.part_of = [*(number for number, part in enumerate(network) for _ in range(part.first, part.stop)), *back.parts]
        edges = [(taken, number) for number, part in enumerate(network) for taken in part.takes if taken >= 0]
        super().__init__(title, steps, [part.name for part in network], starts, edges, theme)
        self.acts = acts
        self.several = [False] * len(acts)
        self.tiles = Group()
        self.rims = Mark(theme.output, stroke=2.0)
        self.norms = Mark(theme.gradient, fill=1.0)
        self.add(self.tiles, self.rims, self.norms)

    def mapped(self, names: Sequence[str], room: tuple[float, float], edges: Sequence[tuple[int, int]], theme: Theme) -> Map:
        return PartMap(names, room, edges, theme)

    def enter(self, number: int, *, over: bool = False) -> None:
        self.number = number
        self.map.show(self.part_of[number], over=over)
        reached = {*self.back.parts[: len(self.back.parts) if over else max(0, number + 1 - self.forward)]}
        self.norms.draw(boxes(_bar(self.map.places[part], self.back.share(part)) for part in sorted(reached)))

    @property
    def present(self) -> str:
        act, part = self.acts[self.number], self.names[self.part_of[self.number]]
        return "" if self.map.named and act == part else act

    def unveil(self, shown: bool) -> None:
        """Shows the map, or only the title and the counter."""
        own = [self.title, self.phase, self.counter]
        self.submobjects = [*own, self.map, self.tiles, self.rims, self.norms] if shown else own

    def wait(self, tiles: Mapping[Box, np.ndarray]) -> None:
        """Shows small pictures in boxes."""
        self.tiles.submobjects = [Raster(pixels, box) for box, pixels in tiles.items()]
        self.rims.draw(boxes(tiles))
