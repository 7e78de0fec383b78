"""Numbers on their way from one place to another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from manim import Group

from scenes.parts.ink import Box, Letters, Line, Mark, boxes
from scenes.parts.motion import smooth
from scenes.parts.theme import Theme
from scenes.parts.window import blend

ROLES = ("input", "weight", "output", "gradient", "query", "key", "value", "ink", "muted")
SPREAD = 0.5  # the last one starts so much of the time of one of them after the first
VEIL = 0.35  # opacity of a block of cells on its way


class Travelling(Letters):
    """Numbers that pass over other things, which keep their distance from them."""


class Veil(Mark):
    """Blocks of cells that pass over other things."""


@dataclass(frozen=True)
class Flight:
    """A number from where it stands to where it goes; or in place of ``lines`` a block of cells, with its ``boxes``.

    Those of one ``turn`` move side by side, those of the next one start a little later.
    """

    role: str
    turn: int = 0
    lines: tuple[Line, Line] | None = None
    boxes: tuple[Box, Box] | None = None


class Travellers(Group):
    """All that is on its way at one moment."""

    def __init__(self, theme: Theme) -> None:
        self.letters = {role: Travelling(getattr(theme, role), halo=theme.ground) for role in ROLES}
        self.veils = {role: Veil(getattr(theme, role), fill=VEIL) for role in ROLES}
        super().__init__(*self.veils.values(), *self.letters.values())

    def show(self, flights: Sequence[Flight], share: float) -> None:
        """Everything on its way; nothing before the start and after the arrival."""
        self.move([(flights, share)] if 0 < share < 1 else [])

    def move(self, groups: Iterable[tuple[Sequence[Flight], float]]) -> None:
        """Several groups, each at its own share of its way."""
        written: dict[str, list[Line]] = {role: [] for role in ROLES}
        veiled: dict[str, list[Box]] = {role: [] for role in ROLES}
        for flights, share in groups:
            last = max((flight.turn for flight in flights), default=0)
            spread = SPREAD if last else 0.0
            for flight in flights:
                late = spread * flight.turn / max(1, last)
                at = smooth(min(1.0, max(0.0, share * (1 + spread) - late)))
                if flight.lines is not None:
                    written[flight.role].append(between(*flight.lines, at))
                if flight.boxes is not None:
                    veiled[flight.role].append(blend(*flight.boxes, at))
        for role in ROLES:
            self.letters[role].write_lines(written[role])
            self.veils[role].draw(boxes(veiled[role]))

    def clear(self) -> None:
        """Nothing is on its way."""
        self.show([], 0.0)


def way(role: str, start: Line | Box, end: Line | Box, turn: int = 0) -> Flight:
    """From one place to another: of a number if it can be read in both, else of a block of cells."""
    if isinstance(start, Line) and isinstance(end, Line):
        return Flight(role, turn, lines=(start, end))
    return Flight(role, turn, boxes=(start.box if isinstance(start, Line) else start, end.box if isinstance(end, Line) else end))


def between(start: Line, end: Line, at: float) -> Line:
    """A line of text on its way; both have their middle where they stand."""
    a, b = (line.x - line.align * line.width / 2 for line in (start, end))
    return replace(end, x=a + (b - a) * at, y=start.y + (end.y - start.y) * at, size=start.size + (end.size - start.size) * at, align=0)
