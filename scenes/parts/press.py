"""The one place where Typst is started: without a folder and fonts of the system, and with texts as strings.

Typst would fetch packages from the network if its source imported any, and nothing turns that off. No source does: what users write stands
there as strings, which :func:`quoted` makes, and as formulas that :mod:`scenes.parts.formula` has written.
"""

from __future__ import annotations

import functools
import os
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import typst

from engine.errors import InputError
from engine.shown import shown

SERIF = "Libertinus Serif"
MONO = "DejaVu Sans Mono"
MATH = "New Computer Modern Math"

SVG = "{http://www.w3.org/2000/svg}"

#: In place of a folder: nothing is in a file, and unlike an empty folder it need not be made, nor removed by a process that may be killed.
NOWHERE = Path(__file__).resolve()

#: Folders of a user's own fonts, and packages that are nothing but fonts: what the three above lack is looked for there, in this order.
VARIABLE = "TENSORREEL_FONTS"
PACKS = ("manimgx_fonts", "manimgx_fonts_cjk")
#: Chinese, Japanese and Korean write some signs differently; one of them has to be first.
_CJK = ("SC", "JP", "KR", "TC", "HK")
#: Not printable, yet parts of words: where these may end, how letters join, and which way the signs between words are read.
JOINERS = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def quoted(text: str) -> str:
    """``text`` as a Typst string, in which nothing is code."""
    escaped = "".join(c if c.isprintable() or c in JOINERS else " " for c in text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@functools.cache
def compiler(*, more: bool = False) -> typst.Compiler:
    """One for the whole process; with ``more`` it has the fonts of :func:`folders` as well."""
    return within(NOWHERE, more=more)


def within(root: Path, *, more: bool = False) -> typst.Compiler:
    """One that may read the files of a folder."""
    fonts = typst.Fonts(include_system_fonts=False, font_paths=list(folders()) if more else [])
    return typst.Compiler(root=root, font_paths=fonts, package_path=NOWHERE, package_cache_path=NOWHERE)


def svg(source: str, *, more: bool = False) -> ElementTree.Element:
    """A page as the root of an SVG."""
    page = compiler(more=more).compile(source.encode(), format="svg")
    if not isinstance(page, bytes):
        raise TypeError("Typst made several pages of a source that is to be one")
    return ElementTree.fromstring(page)


def glyphs(page: ElementTree.Element) -> dict[str, str]:
    """The outlines of its letters by the names by which they are used."""
    return {f"#{symbol.get('id')}": _path(symbol) for symbol in page.iter(f"{SVG}symbol")}


def _path(symbol: ElementTree.Element) -> str:
    path = symbol.find(f"{SVG}path")
    if path is None:
        raise TypeError(f"the letter {symbol.get('id')} of a page has no outline")
    return path.get("d", "")


# --- fonts -------------------------------------------------------------------------------------------------------------------------------


@functools.cache
def folders() -> tuple[Path, ...]:
    """Where more fonts are.

    Raises :class:`InputError` if the environment names what is no folder.
    """
    own = [Path(name) for name in os.environ.get(VARIABLE, "").split(os.pathsep) if name]
    for folder in own:
        if not folder.is_dir():
            raise InputError(f"{VARIABLE} is {shown(str(folder))}, which is no folder; give one with fonts (.ttf, .otf or .ttc)")
    packs = [spec.submodule_search_locations or [] for spec in map(find_spec, PACKS) if spec]
    return (*own, *(Path(place) for places in packs for place in places))


@functools.cache
def _families(folder: Path) -> list[str]:
    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder]).families()
    return sorted(set(found), key=lambda name: (_CJK.index(name[-2:]) if name[-2:] in _CJK else -1, name))


#: It has the letters of Devanagari, but does not know how they join.
_MATH_FONT = f'(name: "{MATH}", covers: regex("[^\\u{{0900}}-\\u{{097F}}]"))'


@functools.cache
def families(first: str, *, more: bool = False) -> str:
    """A list of fonts for Typst: what one lacks comes from the next, and from no other."""
    others = [name for folder in folders() for name in _families(folder)] if more else []
    listed = [_MATH_FONT if name == MATH else quoted(name) for name in dict.fromkeys([first, SERIF, MONO, MATH, *others])]
    return f"({', '.join(listed)})"


def letters(first: str = SERIF, *, more: bool = False) -> str:
    """Settings for all text and all formulas of a page."""
    text, math = families(first, more=more), families(MATH, more=more)
    return f"#set text(font: {text}, fallback: false, hyphenate: false)\n#show math.equation: set text(font: {math}, fallback: false)\n"
