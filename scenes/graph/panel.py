"""The numbers of one step of a graph that is too large to hold them: what it reads, and what it makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from manim import Group, Mobject

from engine.concepts.backprop.graph import Graph
from engine.concepts.backprop.parse import bracketed
from engine.concepts.backprop.step import BackpropStep
from engine.numbers import fitting, plain
from scenes.graph.picture import grid
from scenes.parts.ink import LEAST_PX, PX, Box, Ink, Mark, boxes, letter_size, text_width
from scenes.parts.plane import LABEL_ROOM, Plane
from scenes.parts.rooms import columns
from scenes.parts.story import Story
from scenes.parts.theme import Theme
from scenes.parts.window import Window

MOST_PLANES = 6
MORE = "…"  # in place of those for which there is no room
SIGN_GAP = 0.7
#: The panel of single numbers, and that of tensors, in units.
SMALL_PANEL, LARGE_PANEL = 1.65, 2.75
NUMBER_PX, NUMBER_CELL, NUMBER_PAD = 40.0, 0.82, 20.0


class Single(Group):
    """One number in a cell as wide as it needs, with what the panel asks of a plane."""

    mode: Literal["digits"] = "digits"
    rows = columns = 1

    def __init__(self, value: float, room: Box, role: str, label: str, theme: Theme, *, known: int | None = None) -> None:
        left, bottom, right, top = room
        x, y = (left + right) / 2, (bottom + top - LABEL_ROOM) / 2
        space = right - left - NUMBER_PAD * PX
        characters = int(space / text_width("0", LEAST_PX))
        self.text = plain(value) if len(plain(value)) <= characters else fitting(value, characters)
        size = max(LEAST_PX, min(NUMBER_PX, NUMBER_PX * space / text_width(self.text, NUMBER_PX)))
        width = max(NUMBER_CELL, text_width(self.text, size) + NUMBER_PAD * PX)
        self.whole = (x - width / 2, y - NUMBER_CELL / 2, x + width / 2, y + NUMBER_CELL / 2)
        self.number = Ink("", size, getattr(theme, role)).put(x, y)
        name = Ink(label, letter_size(), getattr(theme, role)).put(x, self.whole[3] + LABEL_ROOM / 2 + 0.03)
        self.ground: list[Mobject] = [Mark(theme.line, stroke=2.0).draw(boxes([self.whole])), name]
        super().__init__(self.number)
        self.reveal(1 if known is None else known)

    def reveal(self, count: int) -> None:
        """Shows the number, or an empty cell."""
        self.number.write(self.text if count else "")

    def box(self, row: int, column: int) -> Box:
        """The cell."""
        return self.whole

    def span(self, cells: Iterable[tuple[int, int]]) -> Box:
        """The cell."""
        return self.whole


class Panel:
    """The tensors that a step reads, then the one that it makes, side by side, cut down to the matrix that is worked on."""

    def __init__(self, trace: Story[BackpropStep], room: Box, theme: Theme) -> None:
        self.trace, self.room, self.theme, self.graph = trace, room, theme, trace.graph
        self.of: tuple[object, ...] = ()
        self.planes: list[tuple[str, Plane | Single]] = []
        self.windows: list[Window] = []
        self.marks: list[Mobject] = []

    def tensor(self, path: str) -> np.ndarray:
        """A tensor by its path."""
        group, dot, name = path.partition(".")
        outputs = self.trace.outputs
        found: np.ndarray = outputs[group][name] if dot and group in outputs else self.trace.inputs[path]
        return found

    def prepare(self, step: BackpropStep) -> None:
        """Builds the planes for what a step reads and writes, unless they stand."""
        (target, (cell,)) = next(iter(step.writes.items()))
        of = (step.kind, step.node, step.child, cell[:-2])
        if of == self.of:
            return
        self.of = of
        paths = [path for path in step.reads if path != target]
        shown = paths if len(paths) < MOST_PLANES else paths[: MOST_PLANES - 2]
        rooms = columns(self.room, [self._share(path) for path in (*shown, *([MORE] if len(shown) < len(paths) else []), target)], SIGN_GAP)
        self.planes, self.marks = [], []
        for path, place in zip([*shown, target], [*rooms[: len(shown)], rooms[-1]], strict=True):
            values = grid(self._matrix(path, cell))
            known = 0 if path == target else None
            settings = (place, self.role(path), self.label(path, place[2] - place[0]), self.theme)
            plane: Plane | Single
            plane = Single(float(values[0, 0]), *settings, known=known) if values.size == 1 else Plane(values, *settings, known=known)
            if values.size > 1 == values.shape[1] and plane.mode != "digits":
                plane = Plane(values.T, *settings, known=known)
            self.planes.append((path, plane))
        if len(shown) < len(paths):
            left, low, right, high = rooms[-2]
            more = Ink(f"and {len(paths) - len(shown)} more", letter_size(), self.theme.muted)
            self.marks.append(more.put((left + right) / 2, (low + high) / 2))
        if paths:
            at = (rooms[-2][2] + rooms[-1][0]) / 2, (self.room[1] + self.room[3]) / 2
            self.marks.append(Ink("→", 36.0, self.theme.ink).put(*at))
        self.windows = [Window(self.theme) for _ in self.planes]
        self.marks += [
            mark for (_, plane), window in zip(self.planes, self.windows, strict=True) for mark in (*plane.ground, window.shade, plane)
        ]
        self.marks += self.windows

    def _share(self, path: str) -> float:
        if path == MORE:
            return 2.2
        values = self.tensor(path)
        return 1.6 if values.ndim < 2 else min(4.0, 1.3 + 0.35 * values.shape[-1])

    def _matrix(self, path: str, cell: Sequence[int]) -> np.ndarray:
        """A tensor, or of one with more than two axes the matrix in which the step works."""
        values = self.tensor(path)
        while values.ndim > 2:
            values = values[min(len(values) - 1, cell[len(cell) - values.ndim] if len(cell) >= values.ndim else 0)]
        return values

    def role(self, path: str) -> str:
        """The colour of a tensor."""
        group, dot, name = path.partition(".")
        if dot and group in ("adjoints", "contributions"):
            return "gradient"
        return "gradient" if self._is_given(path) else self.graph.nodes[name if dot and group == "values" else path].role

    def _is_given(self, path: str) -> bool:
        """Whether it is the adjoint of the output, which the user gave."""
        return path == "grad" and path not in self.graph.nodes

    def label(self, path: str, room: float) -> str:
        """What a tensor is, as much of it as fits."""
        group, dot, name = path.partition(".")
        if group == "contributions" and dot:
            words = [f"from {self.graph.nodes[name.rpartition(' from ')[2]].label}"]
        elif group == "adjoints" and dot:
            words = [self.adjoint(name)]
        elif self._is_given(path):
            words = ["given", "×".join(map(str, self.tensor(path).shape))]
        else:
            node = self.graph.nodes[name if dot and group == "values" else path]
            words = [node.label, "×".join(map(str, self.tensor(path).shape))]
        text = " ".join(word for word in words if word)
        if text_width(text, letter_size()) > room:
            text = words[0]
        while len(text) > 1 and text_width(text, letter_size()) > room:
            text = f"{text[:-2]}…"
        return text

    def adjoint(self, name: str) -> str:
        """The adjoint of a node in symbols."""
        return derivative(self.graph, name)

    def show(self, step: BackpropStep, *, done: bool) -> None:
        """What the step reads is framed, and with ``done`` what it makes is there."""
        (target, (cell,)) = next(iter(step.writes.items()))
        for (path, plane), window in zip(self.planes, self.windows, strict=True):
            if path == target:
                at = self._at(plane, path, cell)
                plane.reveal(at[0] * plane.columns + at[1] + done)
                window.put(plane.box(*at)) if done else window.clear()
            else:
                cells = [self._at(plane, path, one) for one in step.reads[path]]
                window.put(plane.span(cells), [plane.box(*one) for one in cells] if plane.mode == "digits" else [])

    def _at(self, plane: Plane | Single, path: str, cell: Sequence[int]) -> tuple[int, int]:
        """Row and column of a cell on its plane."""
        if len(cell) < 2:
            index = cell[0] if cell else 0
            return (0, index) if plane.rows == 1 else (index, 0)
        return (cell[-2], cell[-1]) if plane.rows == self.tensor(path).shape[-2] else (cell[-1], cell[-2])


def derivative(graph: Graph, name: str) -> str:
    """The adjoint of a node in symbols: the derivative of the output, if that is a number."""
    label = bracketed(graph.nodes[name].label)
    return f"adjoint {label}" if graph.shapes[graph.output] else f"∂{graph.nodes[graph.output].label}/∂{label}"
