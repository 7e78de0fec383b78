"""The formula strip: the sum as it is added up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from manim import Group

from engine.functions import FUNCTIONS
from engine.numbers import Sum, factor
from engine.running import carried_sums, relation, running_sums
from scenes.parts.frame import STRIP
from scenes.parts.ink import LEAST_PX, Ink, Letters, Line, letter_size, text_width
from scenes.parts.pieces import SO_FAR, Page, Piece, Roles, gaps, roles_of, term_pieces
from scenes.parts.theme import INKS, Theme
from scenes.parts.window import Window

LARGEST_PX = 38.0
#: A page of a sum is broken off, and a whole sum cut short, rather than set smaller than this.
PAGE_PX, WHOLE_PX = 32.0, 28.0
#: More terms than these never fit on a line.
MOST_ON_LINE = 40
MARGIN = 0.3


class Strip(Group):
    """A line of pieces in the middle of its zone, and a frame around the one that is current."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.marks = {role: Letters(getattr(theme, role)) for role in INKS}
        self.formula = Ink("", LARGEST_PX, theme.ink, math=True)
        #: The last piece of the line.
        self.last: Line | None = None
        self.spot = Window(theme)
        self.call = Letters(theme.muted)
        super().__init__(*self.marks.values(), self.formula, self.spot, self.call)
        self.stand_on([])

    def stand_on(self, call: Sequence[Line], low: float = STRIP[1]) -> None:
        """Stands above a line of code that reaches up to ``low``."""
        self.call.write_lines(call)
        self.low, self.middle, self.half = low, (low + STRIP[3]) / 2, min(0.3, (STRIP[3] - low) / 2 - 0.03)

    @property
    def room(self) -> float:
        """Width that a line may have."""
        return STRIP[2] - STRIP[0] - 2 * MARGIN

    def width(self, pieces: Sequence[Piece], size: float) -> float:
        """Width of a line of pieces."""
        return sum(text_width(p.text, p.size or size) for p in pieces) + sum(gaps(pieces))

    def fits(self, pieces: Sequence[Piece], size: float) -> bool:
        """Whether the line fits in that size."""
        return self.width(pieces, size) <= self.room

    def fitting(self, pieces: Sequence[Piece]) -> float:
        """The largest size in which the line fits."""
        between = sum(gaps(pieces)) + sum(text_width(p.text, p.size) for p in pieces if p.size)
        natural = self.width(pieces, LARGEST_PX) - between
        return max(LEAST_PX, min(LARGEST_PX, LARGEST_PX * (self.room - between) / natural)) if natural else LARGEST_PX

    def write(
        self, pieces: Sequence[Piece], *, size: float | None = None, current: tuple[int, int] | None = None, left: float | None = None
    ) -> None:
        """Shows a line; ``current`` are the first and last piece to frame; ``left`` keeps a line in place while it changes."""
        self.clear()
        lines = self.places(pieces, size, left)
        self.last = lines[-1] if lines else self.last
        for role in {piece.role for piece in pieces}:
            self.marks[role].write_lines(line for piece, line in zip(pieces, lines, strict=True) if piece.role == role)
        if current is not None:
            first, last = (lines[n] for n in current)
            self.spot.put((first.x - 0.08, self.middle - self.half, last.x + last.width + 0.08, self.middle + self.half))

    def places(self, pieces: Sequence[Piece], size: float | None = None, left: float | None = None) -> list[Line]:
        """Where the pieces of a line stand."""
        size = size or self.fitting(pieces)
        x = -self.width(pieces, size) / 2 if left is None else left
        found = []
        for piece, gap in zip(pieces, [*gaps(pieces), 0.0], strict=False):
            found.append(Line(piece.text, piece.size or size, x, self.middle, align=-1))
            x += found[-1].width + gap
        return found

    def begin(self, pieces: Sequence[Piece], count: int) -> None:
        """Shows the first pieces of a line, each where it stands in the whole."""
        size = self.fitting(pieces)
        self.write(pieces[:count], size=size, left=-self.width(pieces, size) / 2)

    def show_formula(self, formula: str) -> None:
        """Shows a formula in Typst math."""
        self.clear()
        self.formula.write(formula).resize(LARGEST_PX)
        height = STRIP[3] - self.low
        smaller = min(1.0, self.room / self.formula.width_set, height / (self.formula.line.outline.height * self.formula.line.scale))
        self.formula.resize(max(LEAST_PX, LARGEST_PX * smaller)).put(0, self.middle)

    def clear(self) -> None:
        """Empties the strip."""
        for mark in self.marks.values():
            mark.write_lines([])
        self.formula.write("")
        self.spot.clear()

    # --- sums --------------------------------------------------------------------------------------------------------------------------

    def line(self, page: Page, done: int, written: Sum, roles: Roles, result: str = "output") -> tuple[list[Piece], tuple[int, int] | None]:
        """A page of the sum after ``done`` of its terms, and which pieces are current; ``result`` is the role of the sum."""
        is_max = written.reduce == "max"
        pieces = [Piece("max(", "ink")] if is_max else []
        pieces += [Piece(page.carried, result)] if page.carried else []
        current = None
        # What is not added up yet is not there: together with the sum so far it would read as what is not true.
        for i, term in enumerate(page.terms[:done]):
            if page.carried or i:
                pieces.append(Piece("," if is_max else "+", "ink"))
            start = len(pieces)
            pieces += term_pieces(term, roles_of(roles, page.first + i), first=is_max or start == 0)
            current = (start, len(pieces) - 1)
        pieces += [Piece(")", "ink")] * is_max
        total = page.sums[done - 1] if done else page.carried
        is_last = page.first + done == len(written.terms)
        if total and [piece.text for piece in pieces] != [total]:
            added = [(page.carried,), *page.terms[:done]] if page.carried else page.terms[:done]
            exact = written.relation if is_max or (is_last and written.relation != "=") else relation(added, total)
            pieces += [Piece(exact, "ink"), Piece(total, result)] + [SO_FAR] * (not is_last)
        return pieces, current

    def widest(self, page: Page, written: Sum, roles: Roles) -> list[Piece]:
        """The page when all its terms are there, or all but the last, with the longest of its sums."""
        longest = max(page.sums, key=len)
        whole = replace(page, sums=(longest,) * len(page.terms))
        lines = [self.line(whole, done, written, roles)[0] for done in range(max(1, len(page.terms) - 1), len(page.terms) + 1)]
        return max(lines, key=lambda pieces: self.width(pieces, LARGEST_PX))

    def adding(
        self,
        terms: Sequence[Sequence[float]],
        written: Sum,
        roles: Roles,
        result: str,
        *,
        breaks: Sequence[int] = (),
        head: Sequence[Piece] = (),
    ) -> Adding:
        """The sum as it is added up term by term, in lines of one size that stay in place; ``head`` stands before one that fits with it."""
        pages = self.pages(terms, written, roles, breaks)
        wholes = [self.widest(page, written, roles) for page in pages]
        head = tuple(head) if len(pages) == 1 and self.fits([*head, *wholes[0]], letter_size()) else ()
        size = min(self.fitting([*head, *whole]) for whole in wholes)
        lefts = [-self.width([*head, *whole], size) / 2 for whole in wholes]
        return Adding(self, written, roles, result, tuple(zip(pages, lefts, strict=True)), size, head)

    def pages(self, terms: Sequence[Sequence[float]], written: Sum, roles: Roles, breaks: Sequence[int]) -> list[Page]:
        """The sum in pages that fit on the strip; ``breaks`` are terms after which a page may end without being full (a row, a channel)."""
        sums = running_sums(terms, written)
        over = carried_sums(written, sums)
        widest = max([*sums, *over[:-1]], key=lambda text: text_width(text, PAGE_PX))
        pages: list[Page] = []
        first = 0
        while first < len(terms):
            last = self._last_fitting(first, written, widest, roles)
            if last < len(terms):
                last = max([b for b in breaks if first < b <= last], default=last)
            carried = over[first - 1] if first else ""
            pages.append(Page(first, written.terms[first:last], carried, tuple(sums[first:last])))
            first = last
        return pages

    def _last_fitting(self, first: int, written: Sum, widest: str, roles: Roles) -> int:
        last = first + 1
        while last < len(written.terms):
            page = Page(first, written.terms[first : last + 1], widest if first else "", (widest,) * (last + 1 - first))
            # Letters are lower than digits.
            if not self.fits(self.widest(page, written, roles), letter_size() if written.reduce == "max" else PAGE_PX):
                break
            last += 1
        return last

    def whole(self, written: Sum, roles: Roles, name: str, result: str = "output") -> list[Piece]:
        """The step on one line: whole if it fits, otherwise its first terms, dots, its last term, or else its ``name``.

        A number that nothing is done to stands there alone.
        """
        if written.is_lone:
            return [Piece(written.value, result)]
        is_max = written.reduce == "max"
        left = self._opening(written)
        right = [Piece(")", "ink")] * bool(left)
        right += [Piece("÷", "ink"), Piece(factor(written.divisor, first=False), "ink")] * (written.divisor != "1")
        end = [Piece(written.relation, "ink"), Piece(written.value, result)]
        numbered = list(enumerate(written.terms))
        for count in range(min(len(numbered), MOST_ON_LINE), 0, -1):
            shown = numbered if count == len(numbered) else [*numbered[: count - 1], None, numbered[-1]]
            pieces: list[Piece] = []
            for entry in shown:
                pieces += [Piece("," if is_max else "+", "ink")] * bool(pieces)
                if entry is None:
                    pieces += [Piece("⋯", "ink")]
                else:
                    pieces += term_pieces(entry[1], roles_of(roles, entry[0]), first=is_max or not pieces)
            # The names of functions are of small letters.
            if self.fits([*left, *pieces, *right, *end], letter_size() if is_max or written.apply else WHOLE_PX):
                return [*left, *pieces, *right, *end]
        if written.apply:
            return [*left, Piece(name, "ink"), *right, *end]
        return [Piece(name, "ink"), *right[bool(left) :], *end]

    def _opening(self, written: Sum) -> list[Piece]:
        """What stands before the terms, and is closed behind them."""
        if written.apply:
            return [Piece(f"{FUNCTIONS[written.apply].text}(", "ink")]
        if written.reduce == "max":
            return [Piece("max(", "ink")]
        return [Piece("(", "ink")] if written.divisor != "1" and (len(written.terms), len(written.terms[0])) != (1, 1) else []


@dataclass(frozen=True)
class Adding:
    """A sum that is added up on the strip: its ``pages``, each with the place at which it begins."""

    strip: Strip
    written: Sum
    roles: Roles
    result: str
    pages: tuple[tuple[Page, float], ...]
    size: float
    head: tuple[Piece, ...]

    def write(self, done: int) -> None:
        """Shows the sum after ``done`` of its terms, the last of them in a frame; without any only what stands before it."""
        pieces, spot, left = self._line(done)
        self.strip.write(pieces, size=self.size, current=spot, left=left)

    def factors(self, done: int) -> list[Line]:
        """Where the factors of the last of ``done`` terms stand."""
        pieces, spot, left = self._line(done)
        first = spot[0] if spot else 0
        return factor_lines(pieces[first:], self.strip.places(pieces, self.size, left)[first:], self.written.terms[done - 1])

    def _line(self, done: int) -> tuple[list[Piece], tuple[int, int] | None, float]:
        page, left = next((page, left) for page, left in reversed(self.pages) if page.first < max(1, done))
        pieces, current = self.strip.line(page, done - page.first, self.written, self.roles, self.result) if done else ([], None)
        # Behind a name even the first term alone would be said to be all of it.
        pieces += [SO_FAR] * (bool(self.head) and 0 < done < len(self.written.terms) and SO_FAR not in pieces)
        spot = None if current is None else (current[0] + len(self.head), current[1] + len(self.head))
        return [*self.head, *pieces], spot, left


def factor_lines(pieces: Sequence[Piece], lines: Sequence[Line], factors: Sequence[str]) -> list[Line]:
    """Where factors stand in a line, one after the other."""
    rest = iter(zip(pieces, lines, strict=True))
    found = (next((line for piece, line in rest if piece.text in (text, f"({text})")), None) for text in factors)
    return [line for line in found if line is not None]
