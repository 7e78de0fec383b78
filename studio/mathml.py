"""Formulas as MathML, for pages."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from html.parser import HTMLParser

from scenes.parts import press
from scenes.parts.formula import math_or_nothing

#: How Typst keeps spaces that a browser would leave out; MathML has no such element.
_SPACES = re.compile(r'<span style="white-space: pre-wrap">((?:&#x20;)+)</span>')
_BLOCK = re.compile(r"<p data-formula>(.*?)</p>", re.DOTALL)
#: Source: W3C, "MathML Core", presentation elements and their attributes.
_ELEMENTS = re.compile(
    "math|mrow|mfrac|msqrt|mroot|mstyle|mpadded|mphantom|msub|msup|msubsup|munder|mover|munderover|mmultiscripts|mprescripts|"
    "mtable|mtr|mtd|mi|mn|mo|mtext|mspace|ms|merror"
)
_ATTRIBUTES = re.compile(
    "display|displaystyle|scriptlevel|mathvariant|class|dir|form|fence|separator|lspace|rspace|stretchy|symmetric|maxsize|minsize|"
    "largeop|movablelimits|accent|accentunder|linethickness|width|height|depth|voffset|columnspan|rowspan|columnalign"
)


def mathml(formulas: Sequence[str]) -> list[str]:
    """Each formula as a ``math`` element, in which it is plain text where it is no formula."""
    written = {formula: math for formula in formulas if (math := math_or_nothing(formula))}
    made = dict(zip(written, _compiled(list(written.values())), strict=True))
    return [made.get(formula) or _plain(formula) for formula in formulas]


def _plain(formula: str) -> str:
    return f'<math display="block"><mtext>{html.escape(formula)}</mtext></math>'


def _compiled(formulas: Sequence[str]) -> list[str | None]:
    """All at once, for starting the compiler takes longer than a formula."""
    if not formulas:
        return []
    page = press.compiler().compile("\n".join(map(_source, formulas)).encode(), format="html")
    assert isinstance(page, bytes)
    spaced = _SPACES.sub(lambda found: "\u00a0" * found[1].count("&#x20;"), page.decode())
    blocks = _BLOCK.findall(spaced)
    return [block if _is_math(block) else None for block in blocks]


def _source(formula: str) -> str:
    return f'#html.elem("p", attrs: ("data-formula": ""), $ {formula} $)'


def _is_math(text: str) -> bool:
    """Whether there is nothing in it but MathML that only shows something."""
    reader = _Reader()
    reader.feed(text)
    return reader.plain and text.startswith("<math")


class _Reader(HTMLParser):
    plain = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.plain &= bool(_ELEMENTS.fullmatch(tag)) and all(_ATTRIBUTES.fullmatch(name) for name, _ in attrs)

    def handle_comment(self, data: str) -> None:
        self.plain = False

    def handle_decl(self, decl: str) -> None:
        self.plain = False
