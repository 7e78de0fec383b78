"""A card: a still page of text, set by Typst in the colours of the theme."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import numpy as np

from engine.errors import InputError
from scenes.parts import glyphs, press
from scenes.parts.formula import typst_math
from scenes.parts.press import quoted
from scenes.parts.theme import THEMES, Theme
from studio.lecture.spec import TextCard, TitleCard
from studio.lecture.words import Paragraph, paragraphs
from studio.picture import Picture

Card = TitleCard | TextCard

#: Sizes of text that are tried until it fits, in px of a frame of 1080 lines; in the last a small letter is 24 px high.
SIZES = (72, 64, 56)
FULL_HD = 1080

_PAGE = """#set page(width: {width}pt, height: {height}pt, margin: (x: {side}pt, top: {top}pt, bottom: {bottom}pt), fill: rgb("{ground}"))
{letters}#set text(size: {size}pt, fill: rgb("{ink}"), lang: "en")
#set par(leading: 0.62em, spacing: 0.95em)
#set list(marker: text(fill: rgb("{accent}"), sym.bullet), indent: 0.2em, body-indent: 0.6em, spacing: 0.8em)
"""
_TITLE = """#align(center + horizon)[
#block(below: {gap}pt, text(size: {large}pt, weight: "semibold")[{title}])
#line(length: 18%, stroke: {stroke}pt + rgb("{accent}"))
#block(above: {gap}pt, text(size: {small}pt, fill: rgb("{muted}"))[{subtitle}])
]
"""
_TEXT = """#block(below: {gap}pt)[
#text(size: {large}pt, weight: "semibold")[{title}]
#v(-0.55em)
#line(length: 100%, stroke: {stroke}pt + rgb("{accent}"))
]
"""
_CAPTION = """#place(bottom + center, dy: {below}pt, text(size: {least}pt)[{caption}])
"""
_FORMULA = """#v(1fr)
#block(above: 1em, width: 100%, align(center, text(size: 1.15em, top-edge: "bounds", bottom-edge: "bounds")[$ {formula} $]))
#v(2fr)
"""


def said_of(card: Card) -> str:
    """What a lecturer says to it: its ``say``, or else its words."""
    if card.say:
        return card.say
    if isinstance(card, TitleCard):
        return f"{card.title}. {card.subtitle}".strip() if card.subtitle else card.title
    words = " ".join(words.plain for words in paragraphs(card.text))
    return words or card.title


def draw_card(card: Card, picture: Picture, place: str, caption: Sequence[str] | None = None) -> np.ndarray:
    """The card as pixels, height x width x 4, uint8 RGBA; ``place`` is its key in the file.

    Room is kept for a ``caption`` of two lines at the bottom if there is one.

    Raises :class:`InputError` for a formula that is none, for signs that no font has, or if the text does not fit.
    """
    from PIL import Image

    texts = list(_texts(card, place, caption))
    glyphs.check(texts)
    more = glyphs.need_more(text for _, text in texts)
    for size in SIZES:
        found = press.compiler(more=more).compile(
            _source(card, picture, THEMES[picture.theme], size, caption, more=more).encode(), format="png", ppi=72
        )
        pages = found if isinstance(found, list) else [found or b""]
        if len(pages) == 1:
            pixels = np.asarray(Image.open(io.BytesIO(pages[0])).convert("RGBA"))
            assert pixels.shape == (picture.height, picture.width, 4)
            return pixels
    raise InputError(f"{place} has more text than fits on a card in letters of {SIZES[-1]} px; make two cards of it")


def _texts(card: Card, place: str, caption: Sequence[str] | None) -> Iterator[tuple[str, str]]:
    """All that stands on it, each behind its key in the file."""
    yield f"{place}.title", card.title
    yield from [(f"{place}.subtitle", card.subtitle)] if isinstance(card, TitleCard) else _body_texts(card, place)
    yield from ((f"{place}.say", line) for line in caption or ())


def _body_texts(card: TextCard, place: str) -> Iterator[tuple[str, str]]:
    yield from ((f"{place}.text", text) for words in paragraphs(card.text) for text, _ in words.pieces)
    yield f"{place}.formula", card.formula


def _source(card: Card, picture: Picture, theme: Theme, size: int, caption: Sequence[str] | None = None, *, more: bool = False) -> str:
    scale = picture.height / FULL_HD
    measures = {
        "width": picture.width,
        "height": picture.height,
        "side": 120 * scale,
        "top": 80 * scale,
        "bottom": (60 if caption is None else 260) * scale,
        "below": 215 * scale,
        "least": 68 * scale,
        "size": size * scale,
        "small": min(size, 60) * scale,
        "large": (size * 1.6 if isinstance(card, TitleCard) else size * 1.2) * scale,
        "gap": 44 * scale,
        "stroke": 4 * scale,
    }
    looks = {"ground": theme.ground, "ink": theme.ink, "muted": theme.muted, "accent": theme.input}
    values = {
        **measures,
        **looks,
        "letters": press.letters(more=more),
        "title": f"#{quoted(card.title)};",
        "caption": " \\ ".join(f"#{quoted(line)};" for line in caption or ()),
    }
    page = _PAGE + (_CAPTION if caption is not None else "")
    if isinstance(card, TitleCard):
        return (page + _TITLE).format(**values, subtitle=f"#{quoted(card.subtitle)};")
    return (
        (page + _TEXT).format(**values)
        + _body(paragraphs(card.text))
        + (_FORMULA.format(formula=typst_math(card.formula)) if card.formula else "")
    )


def _body(words: Sequence[Paragraph]) -> str:
    return "".join(f"- {one.typst}\n" if one.is_item else f"\n{one.typst}\n\n" for one in words)
