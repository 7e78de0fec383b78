"""Texts of every kind at the places where users write them: each is drawn as it is written, or refused in one sentence, and none is run.

That a text comes out as it is written is told by Typst's own page of HTML, in which it can be read, for cards; by MathML for formulas; by
the outlines of its letters set one by one for labels; and by a reader of Markdown for worksheets.
"""

from __future__ import annotations

import html
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from xml.etree import ElementTree

from markdown_it import MarkdownIt
from pydantic import ValidationError

from engine import attention, backprop
from engine.errors import InputError
from engine.paper.sheet import markdown_pieces
from scenes.parts import glyphs, press
from scenes.parts.formula import typst_math
from scenes.parts.mathnames import NAMES, SHORTHANDS
from scenes.parts.press import MONO
from scenes.parts.theme import THEMES
from scenes.parts.typeset import math_outline, text_outline
from studio.lecture import card
from studio.lecture.spec import TextCard, TitleCard
from studio.lecture.words import paragraphs
from studio.mathml import mathml
from studio.picture import Picture
from tests.campaign.commands import LONGEST

TITLE = "texts at cards, tokens, names, labels and formulas"
SMALL, LARGE = 360, 10_000

#: What must never come about: each of the snippets below would print or fail with it if it were run.
MARK = "boom"
SNIPPETS = (
    f'#panic("{MARK}")',
    f"#{{let x = 1; panic(`{MARK}`.text)}}",
    f'x\\$ a $"#panic(`{MARK}`.text)"$ b $y\\$ c',
    '#import "@preview/example:0.1.0": *',
    '#read("/etc/passwd")',
    "#for x in range(1000000000) [x]",
    "#let f(x) = f(x); #f(1)",
    f'"#panic("{MARK}")"',
    f'eval("panic(\\"{MARK}\\")")',
    'std.read("x")',
    f"$#panic(`{MARK}`.text)$",
    f"\\u{{23}}panic(`{MARK}`.text)",
    f'/* " */ #panic("{MARK}") /* " */',
    f"{MARK}// \n#panic()",
    "</script><img src=x onerror=alert(1)>",
    "</p><p data-formula>",
    "`raw` ```block``` <label> @ref = heading",
    "*bold* _it_ ~ -- --- ... 'q' \"q\"",
    "It costs $5 and $10",
    "{title} {0} %s {{x}}",
    "a\\",
    "$",
    "$$",
    "\\",
    '"',
    "x^",
    "sum_(i=1)^n x_i / sqrt(n)",
    "mat(1, 2; 3, 4) + vec(a, b)",
    "[link](http://x.de) ![x](y) | table |",
)
_LETTERS = "abcxyz 019.,;:!?+-*/=<>()[]{}|_^'\"\\$#@&%~`\n"
_RANGES = ((0x20, 0x7F), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x600, 0x6FF), (0x900, 0x97F), (0x2000, 0x206F), (0x2190, 0x22FF))
_WIDER = ((0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xD800, 0xDFFF), (0xE000, 0xE0FF), (0x1F300, 0x1F6FF), (0, 0x10FFFF))


def cases(count: int, seed: int) -> Iterator[str | None]:
    """Every text at one place after the other."""
    chance = random.Random(seed)
    for number in range(count):
        place = PLACES[number % len(PLACES)]
        text = chance.choice(WRITERS)(chance)
        yield outcome(place, text)


def outcome(place: Callable[[str], str | None], text: str) -> str | None:
    """What is wrong with what comes of a text at a place."""
    case = f"{place.__name__}({text!r})"
    try:
        wrong = place(text)
    except InputError as refusal:
        wrong = unfit(str(refusal))
    except ValidationError as refusal:
        wrong = unfit(str(refusal.errors()[0]["msg"]))
    except Exception as error:
        wrong = f"{type(error).__name__}: {error}"
    return wrong and f"{case}: {wrong}"


def unfit(sentence: str) -> str | None:
    """What is wrong with a refusal: it is one sentence of letters."""
    if f"panicked with: {MARK}" in sentence or "download" in sentence:
        return f"code was run: {sentence}"
    if len(sentence) > LONGEST or any(unicodedata.category(sign) in ("Cc", "Cs", "Zl") for sign in sentence):
        return f"not one short line: {sentence[:200]!r}"
    return None


# --- texts -------------------------------------------------------------------------------------------------------------------------------


def snippet(chance: random.Random) -> str:
    """Something hostile, whole or cut off, alone or in company."""
    text = " ".join(chance.sample(SNIPPETS, chance.choice((1, 1, 2))))
    return text[: chance.randrange(1, len(text) + 1)] if chance.random() < 0.4 else text


def signs(chance: random.Random) -> str:
    """Signs that mean something to somebody, in no order."""
    return "".join(chance.choice(_LETTERS) for _ in range(chance.randrange(1, 40)))


def wide(chance: random.Random) -> str:
    """Any Unicode."""
    ranges = _RANGES if chance.random() < 0.6 else _WIDER
    return "".join(chr(chance.randint(*chance.choice(ranges))) for _ in range(chance.randrange(1, 12)))


def nested(chance: random.Random) -> str:
    """Brackets in brackets, balanced or not."""
    deep, (first, last) = chance.choice((3, 11, 40, 600)), chance.choice(("()", "[]", "{}", "(]", ("sqrt(", ")"), ("x^(", ")"), ("$", "$")))
    return first * deep + "x" + last * (deep - (chance.random() < 0.3))


def formula(chance: random.Random) -> str:
    """Something like a formula."""
    words = [*NAMES, *SHORTHANDS, *"xyzabcW", "1", "2.5", '"word"', "_", "^", "/", "(", ")", ",", "&", "'", "hat(x)", "x_i", "(a + b)"]
    return "".join(chance.choice(words) + " " * (chance.random() < 0.7) for _ in range(chance.randrange(1, 14)))


def plain(chance: random.Random) -> str:
    """Words as most people write them."""
    return " ".join(
        chance.choice(("the", "cat", "Größe", "naïve", "10%", "C#", "a_b", "→", "≤ 3", "Привет")) for _ in range(chance.randrange(1, 8))
    )


WRITERS = (snippet, snippet, signs, wide, nested, formula, plain)


# --- places ------------------------------------------------------------------------------------------------------------------------------

_PICTURE = Picture.of("480p", 30, "dark")


def title(text: str) -> str | None:
    """A title card."""
    page = TitleCard(kind="title", title=text[:120], subtitle=text[:300])
    return _read(page, [page.title, page.subtitle])


def words(text: str) -> str | None:
    """A text card."""
    page = TextCard(kind="text", title="T", text=text)
    return _read(page, [piece for one in paragraphs(text) for piece, is_formula in one.pieces if not is_formula])


def _read(page: card.Card, texts: list[str]) -> str | None:
    """Whether a card says what it should: it is drawn, and its source is compiled to HTML as well, in which the text can be read."""
    drawn = card.draw_card(page, _PICTURE, "parts[1]")
    source = card._source(page, _PICTURE, THEMES["dark"], card.SIZES[-1], more=True)
    body = "\n".join(line for line in source.splitlines() if not line.startswith(("#set", "#show", "#v(", "#line(")))
    body = body.replace("#align(center + horizon)", "#block")  # HTML has no place for it
    found = _squeezed(_text_of(press.compiler().compile(body.encode(), format="html")))
    missing = [text for text in texts if _squeezed(text) not in found]
    return f"{missing[0]!r} is not in {found!r}" if missing else None if drawn.shape == (480, 854, 4) else f"drawn as {drawn.shape}"


def _text_of(page: bytes) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", page.decode().partition("<body>")[2]))


def _squeezed(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable() and not sign.isspace())


def label(text: str) -> str | None:
    """A label of the picture: as wide as Typst says that the same text is when it is given as data and not as source."""
    glyphs.check([("label", text)])
    outline = text_outline(text, MONO)
    if text.isascii() and text.isprintable():
        # Every letter of a typewriter is as wide as the others, spaces at the ends too.
        single = text_outline("x", MONO).width
        if abs(outline.width - len(text) * single) > 1e-3 * (1 + len(text)):
            return f"{len(text)} letters are {outline.width / single:.2f} wide"
    return None


def mathematics(text: str) -> str | None:
    """A formula, in the picture and on a page, and as words within one."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    quoted = f'"{escaped}"'
    (within,) = mathml([quoted])
    found = "".join(ElementTree.fromstring(_without_controls(within)).itertext())
    if len(quoted) <= 1000 and _squeezed(found) != _squeezed(text):
        return f"in quotes it is {found!r}"
    (alone,) = mathml([text])
    ElementTree.fromstring(_without_controls(alone))
    typst_math(text)
    glyphs.check([("formula", text)])
    math_outline(text)
    return None


def _without_controls(page: str) -> str:
    return "".join(sign for sign in page if unicodedata.category(sign) not in ("Cc", "Cs") and sign not in "\ufffe\uffff")


TAGS = frozenset(("h1", "h2", "h3", "p", "ul", "li", "strong", "br", "code", "table", "thead", "tbody", "tr", "th", "td"))


def tokens(text: str) -> str | None:
    """Tokens of an attention, on a worksheet."""
    text = " ".join(text.split()[:3])
    page = MarkdownIt("gfm-like", {"linkify": False}).render("".join(markdown_pieces(attention(tokens=text), range(1))))
    strange = set(re.findall(r"<(\w+)", page)) - TAGS
    return f"the worksheet has {strange}" if strange else None


def names(text: str) -> str | None:
    """Names of a graph."""
    trace = backprop(f"{text} = 2*w", {"w": 1.0})
    for step in trace:
        math_outline(step.formula) if not glyphs.lacking(step.formula) else typst_math(step.formula)
    return None


PLACES = (title, words, label, mathematics, tokens, names)
