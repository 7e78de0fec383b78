"""The words of a card: plain text in which formulas in Typst math stand between dollar signs; two dollar signs are one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scenes.parts.typeset import quoted

_PIECE = re.compile(r"\$\$|\$([^$]+)\$|[^$]+|\$")
_BULLET = re.compile(r"[-*•]\s+")
#: What is no code in a formula: an escaped character, a string.
_HARMLESS = re.compile(r'\\.|"(?:[^"\\]|\\.)*"', re.DOTALL)


@dataclass(frozen=True)
class Words:
    """A paragraph, or an item of a list: pieces of text, and formulas."""

    pieces: tuple[tuple[str, bool], ...]  # text, and whether it is a formula
    is_item: bool = False

    @property
    def plain(self) -> str:
        """As a sentence; of formulas what they are written as."""
        return "".join(re.sub(r'"', "", text) if is_formula else text for text, is_formula in self.pieces)

    @property
    def typst(self) -> str:
        """As Typst markup. Text is a string there, in which nothing is code."""
        return "".join(f"${text}$" if is_formula else f"#{quoted(text)};" for text, is_formula in self.pieces)


def paragraphs(text: str) -> list[Words]:
    """Paragraphs are parted by empty lines; a line that begins with ``- `` is an item of a list.

    Raises ``ValueError`` for a formula without an end, and for Typst code in a formula.
    """
    found = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines: list[str] = []
        for line in block.splitlines():
            if not lines or _BULLET.match(line.strip()):
                lines.append(line.strip())
            else:
                lines[-1] = f"{lines[-1]} {line.strip()}"
        found += [_words(line) for line in lines if line]
    return found


def _words(line: str) -> Words:
    bullet = _BULLET.match(line)
    pieces: list[tuple[str, bool]] = []
    for match in _PIECE.finditer(line[bullet.end() :] if bullet else line):
        if match.group() == "$":
            raise ValueError("has a $ without a second one; a formula stands between two of them, and $$ is a dollar sign")
        is_formula = match.group(1) is not None
        pieces.append((formula(match.group(1)), True) if is_formula else (match.group().replace("$$", "$"), False))
    return Words(tuple(pieces), bullet is not None)


def formula(text: str) -> str:
    """The formula itself. Raises ``ValueError`` where it is more than a formula."""
    bare = _HARMLESS.sub("", text)
    for code in ("#", "$", "//", "/*"):
        if code in bare:
            raise ValueError(f"has {code!r} in a formula, where only Typst math may stand")
    return " ".join(text.split())
