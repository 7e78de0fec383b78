"""A computation graph whose nodes hold their numbers: values in the boxes, adjoints below them, what edges bring back on the edges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from engine.concepts.backprop.graph import Graph, contribution
from engine.concepts.backprop.step import BackpropStep
from engine.numbers import factor, short
from scenes.graph.face import STYLES, Face, Style
from scenes.graph.layers import Edge, Layers, layers
from scenes.graph.tags import TAG, Tags, around
from scenes.graph.web import Web
from scenes.parts.curves import rounded, together
from scenes.parts.desk import WrittenStep
from scenes.parts.ink import PX, Box, Letters, Line, Mark, text_width
from scenes.parts.story import Story
from scenes.parts.theme import Theme

PASSING = 40.0  # px, the height of an edge between nodes
DISC = 0.1


def with_numbers(trace: Story[BackpropStep], room: Box, theme: Theme) -> GraphPicture | None:
    """The graph in ``room``, as large as it can be; none if it has tensors, or its numbers cannot be read there."""
    graph: Graph = trace.graph
    if any(graph.shapes.values()):
        return None
    outputs = trace.outputs
    values, parts = trace.inputs | outputs["values"], outputs.get("contributions", {})
    back = [(leg.node, leg.child) for leg in graph.legs if leg.kind == "edge"]
    texts = {edge: short(float(parts[contribution(*edge)])) for edge in back if contribution(*edge) in parts}
    for style in STYLES:
        faces = {n: Face(node.label, float(values[n]), float(outputs["adjoints"][n]), style) for n, node in graph.nodes.items()}
        for placed in _placed(graph, faces, style, room, texts):
            tags = Tags(graph, faces, placed, texts)
            if len(tags.spots) == len(texts):
                return GraphPicture(graph, faces, placed, tags, theme)
    return None


def _placed(graph: Graph, faces: Mapping[str, Face], style: Style, room: Box, texts: Mapping[Edge, str]) -> Iterator[Layers]:
    """The graph with its columns as near to one another as they may be, then with room for numbers between them."""
    least = style.column_gap * PX
    widest = max((text_width(text, style.number) for text in texts.values()), default=0.0)
    for gap in (least, max(least, widest + 2 * TAG + 2 * (style.frame + 2.0) * PX + 0.05)):
        found = layers(graph, {name: face.slot for name, face in faces.items()}, room, (gap, style.row_gap * PX), PASSING * PX)
        if found is not None:
            yield found


class GraphPicture(Web):
    """Nodes with ``faces``, numbers on edges where there is room for ``tags``."""

    def __init__(self, graph: Graph, faces: Mapping[str, Face], placed: Layers, tags: Tags, theme: Theme) -> None:
        super().__init__(graph, placed, theme, stroke=3.0, disc=DISC, arrows=True)
        self.faces, self.tags = faces, tags
        self.names = {named: Letters(theme.ink if named else theme.muted, halo=theme.ground) for named in (True, False)}
        for named, letters in self.names.items():
            letters.write_lines(face.name(self.places[n]) for n, face in faces.items() if graph.nodes[n].named == named)
        self.values = {role: Letters(getattr(theme, role)) for role in ("input", "weight", "output")}
        self.adjoints = Letters(theme.gradient)
        self.notes, self.slope = Letters(theme.gradient), Letters(theme.ink)
        self.plates = {mark: Mark(theme.ground, fill=1.0) for mark in (self.notes, self.slope)}
        self.rims = Mark(theme.gradient, stroke=2.5)
        self.add(*self.names.values(), *self.values.values(), self.adjoints, *self.plates.values(), self.rims)
        self.add(*self.discs.values(), self.notes, self.slope, self.window)

    # --- states ------------------------------------------------------------------------------------------------------------------------

    def show(self, counts: Mapping[str, int], step: BackpropStep) -> None:
        """All that is known around a step."""
        self.light(step, self.faces[step.node].framed(self.places[step.node], back=step.kind != "forward"))
        drawn: dict[str, list[np.ndarray]] = {role: [] for role in self.boxes}
        lines: dict[str, list[Line]] = {role: [] for role in self.values}
        for name, face in self.faces.items():
            at, known, role = self.places[name], self.known(name, counts), self.graph.nodes[name].role
            drawn[role if known else "muted"].append(rounded(face.box(at)))
            lines[role] += [face.number(at, back=False)] if known else []
        for role, mark in self.boxes.items():
            mark.draw(together(drawn[role]))
        for role, letters in self.values.items():
            letters.write_lines(lines[role])
        self.adjoints.write_lines(
            face.number(self.places[name], back=True) for name, face in self.faces.items() if counts[f"adjoints.{name}"]
        )
        parked = [line for edge, line in self.tags.spots.items() if self._is_parked(edge, counts, step)]
        self._tag(self.notes, parked)
        self.rims.draw(together(rounded(around(line)) for line in parked))
        if step.kind == "edge" and step.local is not None:
            text = factor(WrittenStep.of(step).written.terms[0][1], first=False)
            slope = self.tags.derivative((step.node, step.child), f"×{text}")
            self._tag(self.slope, [] if slope is None else [slope])

    def _is_parked(self, edge: Edge, counts: Mapping[str, int], step: BackpropStep) -> bool:
        """Whether what came back along an edge stands there: until the step after the one that has added it up."""
        added = counts[f"adjoints.{edge[0]}"] and not (step.kind == "sum" and step.node == edge[0])
        return bool(counts[f"contributions.{contribution(*edge)}"] and not added)

    def calm(self) -> None:
        super().calm()
        self._tag(self.slope, [])

    def _tag(self, letters: Letters, lines: Sequence[Line]) -> None:
        """Writes on edges, which are not seen behind it."""
        letters.write_lines(lines)
        self.plates[letters].draw(together(rounded(around(line)) for line in lines))

    # --- places ------------------------------------------------------------------------------------------------------------------------

    def line(self, step: BackpropStep) -> Line | None:
        parked = self.tags.spots.get((step.node, step.child))
        return parked or self.faces[step.node].number(self.places[step.node], back=step.kind != "forward")

    def spot(self, step: BackpropStep, path: str) -> Line | None:
        group, _, name = path.rpartition(".")
        if group == "contributions":
            return next((line for edge, line in self.tags.spots.items() if contribution(*edge) == name), None)
        if name in self.faces:
            return self.faces[name].number(self.places[name], back=group == "adjoints")
        return next(iter(self.slope.lines), None) or self.faces[step.node].number(self.places[step.node], back=step.kind != "forward")
