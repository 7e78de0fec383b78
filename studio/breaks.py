"""Where a spoken text is broken into captions and lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

LINE = 42
LINES = 2

#: What it costs to break there. A break within brackets, before what is counted, or behind an operator is the last thing to do.
SENTENCE, CLAUSE, COMMA, OPERATOR, SPACE, CLINGING, NUMBERED, NEVER = 0, 8, 12, 20, 30, 50, 70, 200
#: Two lines, or cues, of which one is longer by so many characters than the other are as bad as a break that costs one more.
UNEVEN = 1.0
#: A break between two cues counts so many times one between two lines.
CUE_BREAK = 2

_SENTENCE_END = re.compile(r"[.!?…][”\"’')\]]*$")
_OPERATORS = {"=", "≈", "+", "−", "-", "·", "×", "÷", "/", "*", "<", ">", "≤", "≥", "→", "@", "+="}
#: Words that belong to the one behind them.
_CLINGING = {
    *("a", "an", "the", "of", "to", "in", "on", "at", "by", "for", "from", "with", "and", "or", "its", "this", "that", "is", "are", "as"),
    *("row", "rows", "column", "columns", "unit", "step"),
}
_NUMBER = re.compile(r"[(\[]*[−-]?[\d.,]*\d[)\]]*$")
#: Within a word too long for a line it is better to break behind these.
_JOINTS = re.compile(r"(?<=[._/·,:;)\]&=+-])(?=\w)")

Lines = tuple[str, ...]


@dataclass(frozen=True)
class Atom:
    """What is not broken; ``glue`` joins it to the one before, and ``cost`` is that of a break behind it."""

    text: str
    glue: str
    cost: int


def parts(text: str, most: int) -> list[Lines]:
    """The text in parts of at most two lines, as few as can be and ``most`` at the most, for which lines may be more.

    A text without words has no parts.
    """
    atoms = _atoms(_clean(text))
    found = _parts(atoms)
    while len(found) > max(1, most):
        # Too short a time for them all: the two neighbours with the least text stand together.
        k = min(range(len(found) - 1), key=lambda i: sum(map(len, (*found[i], *found[i + 1]))))
        found[k : k + 2] = [found[k] + found[k + 1]]
    return found


def _clean(text: str) -> str:
    """Without line breaks, control characters, and halves of characters that no file can hold."""
    replaced = {"Cc": " ", "Cs": "\ufffd"}
    return " ".join("".join(replaced.get(unicodedata.category(c), c) for c in text).split())


def _atoms(text: str) -> list[Atom]:
    words = text.split()
    found: list[Atom] = []
    depth = 0
    for k, word in enumerate(words):
        depth = max(0, depth + sum(map(word.count, "([{")) - sum(map(word.count, ")]}")))
        cost = _cost(word, words[k + 1] if k + 1 < len(words) else "", depth)
        pieces = _pieces(word)
        found += [Atom(piece, "" if i else " ", NEVER if i + 1 < len(pieces) else cost) for i, piece in enumerate(pieces)]
    return found


def _cost(word: str, following: str, depth: int) -> int:
    """Of a break between two words that stand within ``depth`` brackets."""
    within = depth * CLINGING
    if _SENTENCE_END.search(word) and not following[:1].islower():
        return SENTENCE + within
    if word.endswith((":", ";")):
        return CLAUSE + within
    if word.endswith(","):
        return COMMA + within
    if word in _OPERATORS or word.lower() in _CLINGING:
        return CLINGING + within
    if following in _OPERATORS:
        return OPERATOR + within
    counted = _NUMBER.match(word) and following[:1].isalpha() and following not in _CLINGING
    numbered = word.isalpha() and _NUMBER.match(following)
    return (NUMBERED if numbered else CLINGING if counted else SPACE) + within


def _pieces(word: str) -> list[str]:
    """The word, or if it is longer than a line what it is cut into: at its joints, as far as there are any."""
    if len(word) <= LINE:
        return [word]
    return [joint[i : i + LINE] for joint in _JOINTS.split(word) for i in range(0, len(joint), LINE)]


def _parts(atoms: Sequence[Atom]) -> list[Lines]:
    """As few parts as can be; of those the ones with the best breaks and the most even lengths."""
    # The best way to come to each place: number of parts, cost, place before, lines between.
    ways: list[tuple[int, float, int, Lines]] = [(0, 0.0, 0, ())]
    whole = len(_joined(atoms))
    for stop in range(1, len(atoms) + 1):
        found: list[tuple[int, float, int, Lines]] = []
        for start in range(stop - 1, -1, -1):
            within = _two_lines(atoms[start:stop])
            if within is None:
                break
            between = CUE_BREAK * atoms[stop - 1].cost if stop < len(atoms) else 0
            # Of numbers with one sum those that are alike have the least sum of squares.
            uneven = UNEVEN * sum(map(len, within[1])) ** 2 / whole
            found.append((ways[start][0] + 1, ways[start][1] + within[0] + between + uneven, start, within[1]))
        ways.append(min(found))
    parts, at = [], len(atoms)
    while at:
        parts.append(ways[at][3])
        at = ways[at][2]
    return parts[::-1]


def _two_lines(atoms: Sequence[Atom]) -> tuple[float, Lines] | None:
    """The atoms on one line, or on two with the best break between them, and its cost; none if they do not fit."""
    whole = _joined(atoms)
    if len(whole) <= LINE:
        return 0.0, (whole,)
    best: tuple[float, Lines] | None = None
    at = 0
    for atom, following in pairwise(atoms):
        at += len(atom.glue + atom.text) if at else len(atom.text)
        above, below = whole[:at], whole[at + len(following.glue) :]
        if len(above) <= LINE and len(below) <= LINE:
            cost = atom.cost + UNEVEN * abs(len(above) - len(below))
            best = min(best, (cost, (above, below))) if best else (cost, (above, below))
    return best


def _joined(atoms: Sequence[Atom]) -> str:
    return "".join(atom.glue + atom.text for atom in atoms).removeprefix(" ")
