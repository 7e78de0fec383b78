"""A table that is written line by line, with a line for the sums below; and a tower of pieces that grows beside it and is cut."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

from manim import Group

from engine.sentences import within
from scenes.parts.bars import Kept, spread
from scenes.parts.ink import PX, Box, Letters, Line, boxes, letter_size, lines, text_width
from scenes.parts.theme import INKS, Theme

ROW, MOST_ROW, HEAD = 0.43, 0.8, 0.5  # heights
BESIDE, APART = 0.18, 0.06  # between columns, and between pieces
PLATE = 0.42  # for a small picture in front of a line
DIGIT_PX = 26.0
LIT = 0.4

#: A cell is made of pieces that become known one by one, as the sizes of axes with crosses between them.
Pieces = Sequence[str]
#: Line, column and piece; the line of sums is −1.
PieceSpot = tuple[int, int, int]


class Register(Group):
    """Lines of cells below the ``headings`` of their columns, those that there is room for around the one that is lit.

    ``cells`` has a line more, that of the sums; ``roles`` are those of columns. The first column has names.
    """

    def __init__(self, room: Box, headings: Sequence[str], cells: Sequence[Sequence[Pieces]], roles: Sequence[str], theme: Theme) -> None:
        self.room, self.headings, self.cells, self.roles = room, headings, cells, roles
        left, bottom, right, top = room
        count = len(cells) - 1
        self.seen = max(1, min(count, int((top - bottom - HEAD) / ROW) - 1))
        self.high = min(MOST_ROW, (top - bottom - HEAD) / (self.seen + 1))
        self.first = 0
        self.edges = self._edges(left, right)
        self.letters = {role: Letters(getattr(theme, role)) for role in INKS}
        self.rules, self.lit = Kept(theme.line, stroke=2.0), Kept(theme.line, fill=LIT)
        self.plates = Kept(theme.input, fill=1.0)
        super().__init__(self.lit, self.rules, self.plates, *self.letters.values())

    def _edges(self, left: float, right: float) -> list[float]:
        """Right ends of columns: as wide as they must be, the names have what is left."""
        wide = [
            max([text_width(self.headings[column], letter_size()), *(self._width(line[column]) for line in self.cells)])
            for column in range(1, len(self.headings))
        ]
        ends = list(accumulate((w + BESIDE for w in reversed(wide)), initial=0.0))
        return [right - end for end in reversed(ends)]

    def _width(self, pieces: Pieces) -> float:
        return sum(text_width(piece, DIGIT_PX) for piece in pieces) + APART * max(0, len(pieces) - 1)

    def turn(self, line: int) -> None:
        """Moves lines up so that one of them, and some before it, can be seen."""
        last = len(self.cells) - 1 - self.seen
        self.first = max(0, min(last, line - self.seen + 2)) if line >= 0 else last

    def visible(self, line: int) -> bool:
        """Whether a line can be seen."""
        return line == -1 or self.first <= line < self.first + self.seen

    def row(self, line: int) -> Box:
        """The box of a line."""
        at = self.seen if line == -1 else line - self.first
        y = self.room[3] - HEAD - at * self.high
        return self.room[0], y - self.high, self.room[2], y

    def place(self, spot: PieceSpot) -> Line:
        """Where a piece stands."""
        line, column, piece = spot
        _, bottom, _, top = self.row(line)
        y = (bottom + top) / 2
        if column == 0:
            left = self.room[0] + PLATE
            name = within(self.cells[line][0][0], self.edges[0] - left, lambda text: text_width(text, letter_size()))
            return Line(name, letter_size(), left, y, align=-1)
        pieces = self.cells[line][column]
        x = self.edges[column] - self._width(pieces[piece:])
        return Line(pieces[piece], DIGIT_PX, x + text_width(pieces[piece], DIGIT_PX) / 2, y)

    def box(self, spot: PieceSpot) -> Box:
        """Around a piece."""
        line = self.place(spot)
        half = line.width / 2 + 5 * PX
        high = ROW / 2 - 5 * PX
        return line.x - half, line.y - high, line.x + half, line.y + high

    def show(self, known: Callable[[PieceSpot], bool], lit: int | None, plates: Sequence[tuple[float, float]] = ()) -> None:
        """Writes what is known, the line of now on a ground of its own; ``plates`` are width and height of small pictures, 1 at most."""
        written: dict[str, list[Line]] = {role: [] for role in INKS}
        for column, heading in enumerate(self.headings):
            x = self.edges[column] if column else self.room[0] + PLATE
            written["muted"].append(Line(heading, letter_size(), x, self.room[3] - HEAD / 2, align=1 if column else -1))
        shown = [*range(self.first, self.first + self.seen), -1]
        for line in shown:
            for column, pieces in enumerate(self.cells[line]):
                spots = ((line, column, piece) for piece in range(len(pieces)))
                written[self.roles[column]] += [self.place(spot) for spot in spots if known(spot)]
        for role, mark in self.letters.items():
            mark.write_lines(written[role])
        ends = (self.room[0], self.room[2])
        levels = (self.room[3] - HEAD, self.row(-1)[3])
        self.rules.draw(lines(((ends[0], y), (ends[1], y)) for y in levels))
        self.lit.draw(boxes([self.row(lit)] if lit is not None and self.visible(lit) else []))
        self.plates.draw(boxes(self._plate(line, plates[line]) for line in shown if 0 <= line < len(plates) and known((line, 0, 0))))

    def _plate(self, line: int, size: tuple[float, float]) -> Box:
        x0, y0, _, y1 = self.row(line)
        x, y, most = x0 + PLATE / 2 - 0.03, (y0 + y1) / 2, 0.8 * PLATE / 2
        wide, high = (max(1.5 * PX, most * share) for share in size)
        return x - wide, y - high, x + wide, y + high


class Tower(Group):
    """Pieces one on the other, as high as their numbers; when it is cut there are gaps between them and their shares stand beside."""

    def __init__(self, room: Box, role: str, theme: Theme, title: str, beside: str) -> None:
        left, bottom, right, top = room
        self.title, self.beside = title, beside
        self.left, self.bottom, self.top, self.right = left, bottom + 0.25, top - HEAD - 0.3, right
        self.wide, self.head = 0.34 * (right - left), top - HEAD / 2
        self.rail = Kept(theme.line, stroke=2.0)
        self.pieces = {own: Kept(getattr(theme, own), fill=0.75) for own in (role, "share")}
        self.seams = Kept(theme.ground, stroke=3.0)
        self.letters, self.pale, self.leads = Letters(theme.share), Letters(theme.muted), Kept(theme.muted, stroke=2.0)
        self.role = role
        super().__init__(self.rail, *self.pieces.values(), self.seams, self.leads, self.letters, self.pale)

    def boxes(self, counts: Sequence[float], whole: float) -> list[Box]:
        """Of all pieces."""
        unit = (self.top - self.bottom) / (whole or 1.0)
        ends = [self.bottom + unit * end for end in accumulate(counts, initial=0.0)]
        return [(self.left, low, self.left + self.wide, high) for low, high in pairwise(ends)]

    def named(self, counts: Sequence[float]) -> list[int]:
        """The pieces beside which there is room for a share: the largest."""
        most = int((self.top - self.bottom) / ROW)
        return sorted(sorted(range(len(counts)), key=lambda n: -counts[n])[:most])

    def labels(self, counts: Sequence[float], whole: float, texts: Sequence[str]) -> list[Line]:
        """Shares beside their pieces, moved apart where they would touch."""
        middles = [(low + high) / 2 for _, low, _, high in self.boxes(counts, whole)]
        named = self.named(counts)
        places = spread([middles[n] for n in named], [ROW * 0.8] * len(named), (self.bottom - 0.2, self.top + 0.15))
        at = dict(zip(named, places, strict=True))
        x = self.left + self.wide + 0.22
        return [Line(text, DIGIT_PX, x, at.get(n, middles[n]), align=-1) for n, text in enumerate(texts)]

    def show(self, counts: Sequence[float], whole: float, cut: int, texts: Sequence[str] = ()) -> None:
        """Pieces on a rail that is as high as the ``whole``; the first of them are ``cut`` off, their shares known."""
        found = self.boxes(counts, whole)
        self.rail.draw(boxes([(self.left, self.bottom, self.left + self.wide, self.top)]))
        self.pieces[self.role].draw(boxes(found[cut:]))
        self.pieces["share"].draw(boxes(found[:cut]))
        self.seams.draw(lines(((self.left, box[3]), (self.left + self.wide, box[3])) for box in found[:-1] if box[3] - box[1] > 6 * PX))
        labels = self.labels(counts, whole, texts)
        kept = [n for n in self.named(counts) if n < min(cut, len(labels))]
        self.letters.write_lines(labels[n] for n in kept)
        edge = self.left + self.wide
        self.leads.draw(lines(((edge, (found[n][1] + found[n][3]) / 2), (labels[n].x - 0.05, labels[n].y)) for n in kept))
        y = self.head
        heads = [Line(self.title, letter_size(), self.left, y, align=-1)]
        heads += [Line(self.beside, letter_size(), self.right, y, align=1)] if cut else []
        self.pale.write_lines(heads)
