"""What a line of the formula strip is made of: pieces of text in the colours of roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.numbers import factor
from scenes.parts.ink import letter_size

GAP, TIGHT = 0.15, 0.05  # between pieces, and around the dot of a product


@dataclass(frozen=True)
class Piece:
    """Text in the colour of a role, in the size of its line or in its own, which stays."""

    text: str
    role: str
    size: float | None = None


#: Stands behind a sum to which more is going to be added.
SO_FAR = Piece("so far", "muted", letter_size())


@dataclass(frozen=True)
class Page:
    """As many terms as fit on a line, after what was carried from the page before. ``sums[i]`` is the sum after term i of the page."""

    first: int
    terms: tuple[tuple[str, ...], ...]
    carried: str
    sums: tuple[str, ...]


Roles = Sequence[str] | Sequence[Sequence[str]]


def roles_of(roles: Roles, term: int) -> Sequence[str]:
    """Of the factors of a term: ``roles`` are those of every term, or one after the other those of each."""
    return roles if isinstance(roles[0], str) else roles[term]  # type: ignore[return-value]  # a word says that all are words


def term_pieces(term: Sequence[str], roles: Sequence[str], *, first: bool) -> list[Piece]:
    """A product: its factors in the colours of their roles, dots between them; ``first`` says that nothing stands before it."""
    pieces: list[Piece] = []
    for i, text in enumerate(term):
        role = roles[i] if len(term) > 1 else roles[-1]
        pieces += [Piece("·", "ink")] * (i > 0) + [Piece(factor(text, first=first and i == 0), role)]
    return pieces


def gaps(pieces: Sequence[Piece]) -> list[float]:
    """The space after each piece but the last: little around the dot of a product and within brackets."""
    return [TIGHT if "·" in (a.text, b.text) or a.text.endswith("(") or b.text in (")", ",") else GAP for a, b in pairwise(pieces)]
