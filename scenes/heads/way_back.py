"""The way back as a map: which gradient is made from which, how far each is known, and which is being made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from manim import Group

from scenes.parts.ink import Box, Letters, Line, Mark, boxes, letter_size, lines
from scenes.parts.theme import Theme

#: Where every gradient stands, as shares of the width and the height.
STANDS = {"dO": (0.0, 0.5), "dV": (0.33, 0.0), "dW": (0.33, 1.0), "dS": (0.66, 1.0), "dQ": (1.0, 0.0), "dK": (1.0, 1.0)}
#: From which to which they lead.
LEADS = (("dO", "dV"), ("dO", "dW"), ("dW", "dS"), ("dS", "dQ"), ("dS", "dK"))
SIZE, HIGHEST = (0.62, 0.5), 2.2
KNOWN = 0.4
TIP = 0.12


class WayBack(Group):
    """Boxes in ``room``; they fill with what is known, and the ways that are gone are strong."""

    def __init__(self, room: Box, theme: Theme) -> None:
        left, bottom, right, top = room
        bottom = max(bottom, top - HIGHEST)
        (width, height), self.boxes = SIZE, dict[str, Box]()
        for name, (x, y) in STANDS.items():
            x0, y1 = left + x * (right - left - width), top - y * (top - bottom - height)
            self.boxes[name] = (x0, y1 - height, x0 + width, y1)
        self.known, self.outline = Mark(theme.gradient, fill=KNOWN), Mark(theme.line, stroke=2.0).draw(boxes(self.boxes.values()))
        self.ahead, self.gone = Mark(theme.line, stroke=3.0), Mark(theme.gradient, stroke=4.0)
        self.casing, self.here = Mark(theme.casing, stroke=9.0), Mark(theme.reading, stroke=5.0)
        names = Letters(theme.ink, halo=theme.ground)
        names.write_lines(Line(name, letter_size(), (x0 + x1) / 2, (y0 + y1) / 2) for name, (x0, y0, x1, y1) in self.boxes.items())
        super().__init__(self.known, self.ahead, self.gone, self.outline, self.casing, self.here, names)

    def show(self, known: Mapping[str, float], made: str) -> None:
        """``known`` are shares; what is ``made`` now is framed."""
        shares = {"dO": 1.0, **known}
        filled = [(x0, y0, x0 + (x1 - x0) * shares[name], y1) for name, (x0, y0, x1, y1) in self.boxes.items() if shares[name] > 0]
        self.known.draw(boxes(filled))
        gone = [lead for lead in LEADS if shares[lead[1]] > 0 or lead[1] == made]
        self.gone.draw(lines(line for lead in gone for line in self._arrow(*lead)))
        self.ahead.draw(lines(line for lead in LEADS if lead not in gone for line in self._arrow(*lead)))
        for mark in (self.casing, self.here):
            mark.draw(boxes([self.boxes[made]]))

    def _arrow(self, one: str, other: str) -> Sequence[tuple[tuple[float, float], tuple[float, float]]]:
        """From the right side of a box to the left side of another one."""
        (_, a0, x, a1), (end, b0, _, b1) = self.boxes[one], self.boxes[other]
        tip = end - 0.06, (b0 + b1) / 2
        return [
            ((x + 0.06, (a0 + a1) / 2), tip),
            ((tip[0] - TIP, tip[1] + TIP), tip),
            ((tip[0] - TIP, tip[1] - TIP), tip),
        ]
