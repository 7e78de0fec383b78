"""A node as it is written: its name, its value below or beside it, its adjoint below."""

from __future__ import annotations

from dataclasses import dataclass

from engine.numbers import short
from scenes.graph.layers import Slot
from scenes.parts.curves import Point
from scenes.parts.ink import PX, Box, Line, letter_size, text_width


@dataclass(frozen=True)
class Style:
    """How nodes are written: name and value one above the other (``tall``) or side by side; all lengths in px.

    ``leading`` is what a line of numbers is higher than its digits, ``pad`` the room beside numbers, ``below`` that above the adjoint.
    """

    tall: bool
    name: float
    number: float
    leading: float = 12.0
    pad: float = 14.0
    below: float = 6.0
    column_gap: float = 96.0
    row_gap: float = 16.0
    frame: float = 9.0


#: From the one that needs most room to the one that needs least.
STYLES = (
    Style(True, 44.0, 44.0),
    Style(True, 38.0, 38.0),
    Style(True, 34.0, 33.0),
    Style(True, 33.0, 27.0),
    Style(True, 0.0, 24.0, leading=13.0, pad=10.0, frame=6.0),
    Style(False, 33.0, 28.0),
    Style(False, 0.0, 24.0, leading=8.0, pad=12.0, below=2.0, column_gap=64.0, row_gap=6.0, frame=4.0),
)


class Face:
    """A ``value`` and its ``adjoint``, and the room that they take around the point where edges meet the node."""

    def __init__(self, label: str, value: float, adjoint: float, style: Style) -> None:
        self.style, self.label, self.px = style, label, style.number
        self.name_px, self.pad = max(style.name, letter_size()), style.pad * PX
        self.texts = short(value), short(adjoint)
        across = max(text_width(text, self.px) for text in self.texts) + self.pad
        down, line = ((px + style.leading) * PX for px in (self.px, self.name_px))
        name = text_width(label, self.name_px)
        self.width = max(name + 2 * self.pad, across + self.pad) if style.tall else name + 2 * self.pad + across
        self.half = (line + down + self.pad if style.tall else max(down, line)) / 2
        self.slot = Slot(self.width, self.half, self.half + style.below * PX + down)
        # From where edges meet the node to its name, which begins at the left if it is not tall, and to its numbers.
        self.to_name = (0.0, self.half - self.pad / 2 - line / 2) if style.tall else (self.pad - self.width / 2, 0.0)
        self.to_value = (0.0, (self.pad + down) / 2 - self.half) if style.tall else ((self.width - self.pad - across) / 2, 0.0)
        self.to_adjoint = (0.0, down / 2 - self.slot.below)

    def box(self, at: Point, *, back: bool = False, margin: float = 0.0) -> Box:
        """Its box, where edges meet it at ``at``; with the adjoint below if that is looked at ``back`` from the output."""
        low = at[1] - (self.slot.below if back else self.half)
        return at[0] - self.width / 2 - margin, low - margin, at[0] + self.width / 2 + margin, at[1] + self.half + margin

    def framed(self, at: Point, *, back: bool) -> Box:
        """With a frame around it."""
        margin = self.style.frame * PX
        left, low, right, high = self.box(at, back=back, margin=margin)
        return left, low + 0.4 * margin * back, right, high

    def kept(self, at: Point) -> Box:
        """What nothing else may stand in."""
        return self.box(at, back=True, margin=(self.style.frame + 2.0) * PX)

    def name(self, at: Point) -> Line:
        """The line of its name."""
        return Line(self.label, self.name_px, at[0] + self.to_name[0], at[1] + self.to_name[1], align=0 if self.style.tall else -1)

    def number(self, at: Point, *, back: bool) -> Line:
        """The line of its value, or of its adjoint."""
        x, y = self.to_adjoint if back else self.to_value
        return Line(self.texts[back], self.px, at[0] + x, at[1] + y)
