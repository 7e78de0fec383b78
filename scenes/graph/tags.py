"""Where numbers stand on the edges of a graph: what comes back along one until all is added up, and the derivative along it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

from engine.concepts.backprop.graph import Graph
from scenes.graph.face import Face
from scenes.graph.layers import Edge, Layers
from scenes.parts.frame import STAGE
from scenes.parts.ink import Box, Line
from scenes.parts.rooms import overlap

TAG = 0.08  # around a number on an edge
#: Where a number may stand on its edge, first choices first.
PART_SHARES = (0.34, 0.3, 0.26, 0.38, 0.22, 0.42, 0.18, 0.46, 0.14, 0.5, 0.54, 0.1, 0.58, 0.62, 0.66, 0.7, 0.74, 0.78, 0.82)
SHARES = (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.14, 0.86)


class Tags:
    """``spots`` are the places of ``parts``, the numbers that come back along edges; of those without a place there is none."""

    def __init__(self, graph: Graph, faces: Mapping[str, Face], placed: Layers, parts: Mapping[Edge, str]) -> None:
        self.ways, self.sizes = placed.ways, {name: face.px for name, face in faces.items()}
        self.nodes = [face.kept(placed.places[name]) for name, face in faces.items()]
        self.spots: dict[Edge, Line] = {}
        sums = {leg.node: leg.stop for leg in graph.legs if leg.kind == "sum"}
        begun = {(leg.node, leg.child): leg.start for leg in graph.legs if leg.kind == "edge" and leg.node in sums}
        for edge, start in begun.items():
            # Those that are added up before this one arrives are in nobody's way.
            beside = [around(line) for other, line in self.spots.items() if sums[other[0]] > start]
            line = self._free(edge, parts[edge], beside, PART_SHARES)
            if line is not None:
                self.spots[edge] = line

    def derivative(self, edge: Edge, text: str) -> Line | None:
        """The place of the derivative along an edge."""
        return self._free(edge, text, [around(line) for line in self.spots.values()], SHARES)

    def _free(self, edge: Edge, text: str, beside: Sequence[Box], shares: Sequence[float]) -> Line | None:
        """The text at the first place of the edge where nothing else stands."""
        for share in shares:
            line = Line(text, self.sizes[edge[0]], *self.ways[edge].at(share))
            left, low, right, high = box = around(line)
            inside = STAGE[0] < left and right < STAGE[2] and STAGE[1] < low and high < STAGE[3]
            if text and inside and not any(overlap(box, other) for other in chain(self.nodes, beside)):
                return line
        return None


def around(line: Line) -> Box:
    """The box of a number on an edge."""
    left, low, right, high = line.box
    return left - TAG, low - TAG, right + TAG, high + TAG
