"""Formulas in Typst math as MathML, for pages."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from html.parser import HTMLParser

_STRING = re.compile(r'\\.|"(?:\\.|[^"\\])*"', re.DOTALL)
#: What, outside of a string, could begin code, end the formula, or hide either of them.
_CODE = re.compile(r'#|\$|std|//|/\*|`|"')
_BLOCK = re.compile(r"<p data-formula>(.*?)</p>", re.DOTALL)
#: Source: W3C, "MathML Core", presentation elements and their attributes.
_ELEMENTS = frozenset(
    "math mrow mfrac msqrt mroot mstyle mpadded mphantom msub msup msubsup munder mover munderover mmultiscripts mprescripts "
    "mtable mtr mtd mi mn mo mtext mspace ms merror".split()
)
_ATTRIBUTES = frozenset(
    "display displaystyle scriptlevel mathvariant class dir form fence separator lspace rspace stretchy symmetric maxsize minsize "
    "largeop movablelimits accent accentunder linethickness width height depth voffset columnspan rowspan columnalign".split()
)


def mathml(formulas: Sequence[str]) -> list[str]:
    """Each formula as a ``math`` element, or as escaped text where it is no formula, or more than one."""
    return [
        f'<math display="block"><mtext>{html.escape(formula)}</mtext></math>' if found is None else found
        for formula, found in _all(formulas)
    ]


def _all(formulas: Sequence[str]) -> list[tuple[str, str | None]]:
    safe = [formula for formula in formulas if not _CODE.search(_STRING.sub("", formula))]
    made = dict(zip(safe, _compiled(safe), strict=True))
    return [(formula, made.get(formula)) for formula in formulas]


def _compiled(formulas: Sequence[str]) -> list[str | None]:
    """All at once, for starting the compiler takes longer than a formula; if that fails, each half, down to the one that is to blame."""
    import typst

    if not formulas:
        return []
    try:
        page = typst.compile("\n".join(map(_source, formulas)).encode(), format="html")
    except RuntimeError:
        middle = len(formulas) // 2
        return [*_compiled(formulas[:middle]), *_compiled(formulas[middle:])] if middle else [None]
    blocks = _BLOCK.findall((page or b"").decode())
    return [block if _is_math(block) else None for block in blocks]


def _source(formula: str) -> str:
    """The formula is a string that is evaluated as math: brackets in it cannot close what is around it."""
    quoted = formula.replace("\\", "\\\\").replace('"', '\\"')
    return f'#html.elem("p", attrs: ("data-formula": ""), math.equation(block: true, eval("{quoted}", mode: "math")))'


def _is_math(text: str) -> bool:
    """Whether there is nothing in it but MathML that only shows something."""
    reader = _Reader()
    reader.feed(text)
    return reader.plain and text.startswith("<math")


class _Reader(HTMLParser):
    plain = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.plain &= tag in _ELEMENTS and all(name in _ATTRIBUTES for name, _ in attrs)

    def handle_comment(self, data: str) -> None:
        self.plain = False

    def handle_decl(self, decl: str) -> None:
        self.plain = False
