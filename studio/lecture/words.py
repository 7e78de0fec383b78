"""The words of a card: plain text in which formulas stand between dollar signs; two dollar signs are one.

What costs $5 or $10 is no formula: one begins with a dollar sign that no space follows, and ends with one that follows no space and that no
digit follows. (Source: pandoc, ``tex_math_dollars``.) Nor is $5 or 10$. Any other dollar sign must be beside an amount.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.errors import InputError
from engine.shown import shown
from scenes.parts.formula import typst_math
from scenes.parts.press import quoted

#: Far more than fits on a card.
MOST_CHARACTERS = 5000

_PIECE = re.compile(
    r'\$\$|\$(?![\s$]|[\d.,]+\s+(?:and|or|in|not)\s)((?:\\.|"(?:\\.|[^"\\])*"|[^$"\\])+)(?<!\s)\$(?!\d)|[^$]+|\$', re.DOTALL
)
_BULLET = re.compile(r"[-*•]\s+")
_BEFORE_AMOUNT, _BEHIND_AMOUNT = re.compile(r"\s?[-−]?\.?\d"), re.compile(r"\d[\d.,]*\s?$")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, or an item of a list: pieces of text, and formulas."""

    pieces: tuple[tuple[str, bool], ...]  # text, and whether it is a formula
    is_item: bool = False

    @property
    def plain(self) -> str:
        """As a sentence; of formulas what they are written as."""
        return "".join(re.sub(r'"', "", text) if is_formula else text for text, is_formula in self.pieces)

    @property
    def typst(self) -> str:
        """As Typst markup. Text is a string there, in which nothing is code, and a formula is written by its grammar."""
        return "".join(f"${typst_math(text)}$" if is_formula else f"#{quoted(text)};" for text, is_formula in self.pieces)


def paragraphs(text: str) -> list[Paragraph]:
    """Paragraphs are parted by empty lines; a line that begins with ``- `` is an item of a list.

    Raises :class:`InputError`, without saying where the text stands, for a formula without an end and for one that is none.
    """
    if len(text) > MOST_CHARACTERS:
        raise InputError(f"has {len(text):,} characters; give at most {MOST_CHARACTERS:,}, which is more than fits on a card")
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


def _words(line: str) -> Paragraph:
    bullet = _BULLET.match(line)
    text = line[bullet.end() :] if bullet else line
    pieces: list[tuple[str, bool]] = []
    for match in _PIECE.finditer(text):
        if match.group() == "$" and not (_BEFORE_AMOUNT.match(text, match.end()) or _BEHIND_AMOUNT.search(text[: match.start()])):
            near = shown(text[max(0, match.start() - 15) : match.end() + 15])
            raise InputError(
                f"has a $ without a second one in {near}; write formulas as $x + y$, without spaces at the ends, and $$ for a $"
            )
        is_formula = match.group(1) is not None
        pieces.append((formula(match.group(1)), True) if is_formula else (match.group().replace("$$", "$"), False))
    return Paragraph(tuple(pieces), bullet is not None)


def formula(text: str) -> str:
    """The formula itself, on one line.

    Raises :class:`InputError`, without saying where it stands, for what is no formula.
    """
    if text.strip():
        typst_math(text)
    return " ".join(text.split())
