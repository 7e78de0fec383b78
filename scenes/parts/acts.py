"""The heading of a play: its title, a map of its acts that says where one is, and a counter of all its steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import ClassVar

from engine.sentences import count
from scenes.parts.frame import TITLE, TITLE_PX, Header, shortened
from scenes.parts.ink import Box, Letters, Line, Mark, boxes, letter_size, lines, text_width
from scenes.parts.press import SERIF
from scenes.parts.theme import Theme

#: Of a box with a name: its height, the room beside the name, and what lies between two boxes.
HEIGHT, BESIDE, GAP = 0.44, 0.12, 0.16
#: Of a box without one.
WIDEST, NARROW = 0.42, 0.7
MARGIN = 0.35
#: The map has so much of the zone at least; a longer title is cut short.
LEAST = 4.6
#: Chapters of an act are named where there is so much room.
LEAST_WORDS = 1.0
#: Lines around what lies between stand so far above the boxes, at two heights.
ARCS = (0.07, 0.13)
DONE, PRESENT = 0.9, 0.28


class PlayHeader(Header):
    """Told by the scene of an act, in steps of that act, what it shows; :meth:`enter` says which act that is.

    ``starts`` are the first steps of the acts, ``edges`` go from one act to a later one; ``several`` says which acts have chapters.
    """

    def __init__(self, title: str, steps: int, names: Sequence[str], starts: Sequence[int], edges: Iterable[tuple[int, int]], theme: Theme):
        super().__init__(title, steps, [], theme)
        self.names, self.starts, self.number = names, starts, 0
        self.several = [False] * len(names)
        right = TITLE[2] - text_width(f"step {steps:,} of {steps:,}", self.counter.line.size) - MARGIN
        self.title.write(shortened(title, TITLE_PX, right - LEAST - MARGIN - TITLE[0]))
        self.map = self.mapped(names, (TITLE[0] + self.title.width_set + MARGIN, right), sorted(set(edges)), theme)
        self.phase.put(self.map.right + MARGIN / 2, self.phase.line.y)
        self.room = right - self.phase.line.x
        self.add(self.map)

    def mapped(self, names: Sequence[str], room: tuple[float, float], edges: Sequence[tuple[int, int]], theme: Theme) -> Map:
        """The map."""
        return Map(names, room, edges, theme)

    @property
    def present(self) -> str:
        """What is on the stage, where the map does not name it."""
        return "" if self.map.named else self.names[self.number]

    def enter(self, number: int, *, over: bool = False) -> None:
        """Act ``number`` is on the stage, or all are ``over``."""
        self.number = number
        self.map.show(number, over=over)

    def show(self, phase: str, step: int | None) -> None:
        done = self.starts[self.number] + (0 if step is None else step + 1)
        self.counter.write(f"step {done:,} of {self.steps:,}" if done else count(self.steps, "step"))
        chapter = phase if step is not None and self.several[self.number] else ""
        told = ": ".join(filter(None, [self.present, chapter]))
        self.phase.write(shortened(told, self.phase.line.size, self.room) if self.room > LEAST_WORDS or not self.map.named else "")


class Map(Mark):
    """A box for every act, from ``room[0]`` to ``room[1]`` at most; with their names if all have room. The mark itself are the lines.

    What was shown is filled, what is shown is lit, and so are the lines to it that go around what lies between.
    """

    arc_heights: ClassVar[tuple[float, ...]] = ARCS

    def __init__(self, names: Sequence[str], room: tuple[float, float], edges: Sequence[tuple[int, int]], theme: Theme) -> None:
        super().__init__(theme.line, stroke=2.0)
        self.size = letter_size(SERIF)
        self.names = names
        self.places = self._places(names, room)
        self.right = self.places[-1][2]
        self.arcs = self._arcs([(a, b) for a, b in edges if b - a > 1])
        self.past, self.now = Mark(theme.line, fill=DONE), Mark(theme.reading, fill=PRESENT, stroke=3.0)
        self.way = Mark(theme.reading if theme.name == "dark" else theme.casing, stroke=3.0)
        self.pale, self.lit = (Letters(colour, halo=theme.ground) for colour in (theme.muted, theme.ink))
        self.straight = [((a[2], self.middle), (b[0], self.middle)) for a, b in pairwise(self.places)]
        self.add(self.past, self.now, self.way, self.pale, self.lit)
        self.show(0)

    @property
    def middle(self) -> float:
        """Of the boxes, which stand a little lower than the zone's middle: above them there is room for lines."""
        return (TITLE[1] + TITLE[3]) / 2 - 0.04

    def _places(self, names: Sequence[str], room: tuple[float, float]) -> list[Box]:
        widths = [text_width(name, self.size, SERIF) + 2 * BESIDE for name in names]
        self.named = sum(widths) + GAP * (len(names) - 1) <= room[1] - room[0]
        gap = GAP
        if not self.named:
            told = max(text_width(name, self.size, SERIF) for name in names) + MARGIN
            each = min(WIDEST + GAP, max((room[1] - room[0]) / 3, room[1] - room[0] - told) / len(names))
            widths, gap = [each * NARROW] * len(names), each * (1 - NARROW)
        found, x = [], room[0]
        for width in widths:
            found.append((x, self.middle - HEIGHT / 2, x + width, self.middle + HEIGHT / 2))
            x += width + gap
        return found

    def _arcs(self, edges: Sequence[tuple[int, int]]) -> dict[tuple[int, int], float]:
        """How high each goes above the boxes; where two would be one there is none for the second."""
        found: dict[tuple[int, int], float] = {}
        for a, b in sorted(edges, key=lambda edge: edge[1] - edge[0]):
            taken = {high for (c, d), high in found.items() if a < d and c < b}
            free = [high for high in self.arc_heights if high not in taken]
            if free:
                found[a, b] = free[0]
        return found

    def show(self, number: int, *, over: bool = False) -> None:
        """Act ``number`` is present, or all are over."""
        done = len(self.places) if over else number
        ways = [*([self.straight[number - 1]] if number and not over else [])]
        ways += [line for edge in self.arcs if edge[1] == number and not over for line in self._arc(edge)]
        self.draw(lines([*self._frames(), *self.straight, *(line for edge in self.arcs for line in self._arc(edge))]))
        self.past.draw(boxes(self.places[:done]))
        self.now.draw(boxes([] if over else [self.places[number]]))
        self.way.draw(lines(ways))
        texts = [
            Line(name, self.size, (box[0] + box[2]) / 2, self.middle, SERIF) for name, box in zip(self.names, self.places, strict=True)
        ]
        shown = texts if self.named else []
        self.lit.write_lines(line for at, line in enumerate(shown) if at <= done)
        self.pale.write_lines(line for at, line in enumerate(shown) if at > done)

    def _frames(self) -> Iterable[tuple[tuple[float, float], tuple[float, float]]]:
        for x0, y0, x1, y1 in self.places:
            corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]
            yield from pairwise(corners)

    def _arc(self, edge: tuple[int, int]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
        a, b = (self.places[at] for at in edge)
        top = a[3]
        x0, x1, y = a[2] - (a[2] - a[0]) / 4, b[0] + (b[2] - b[0]) / 4, top + self.arcs[edge]
        return [((x0, top), (x0, y)), ((x0, y), (x1, y)), ((x1, y), (x1, top))]
