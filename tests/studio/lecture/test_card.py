from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError
from scenes.parts.theme import THEMES, contrast, rgb
from studio.lecture import card
from studio.lecture.card import SIZES, draw, said
from studio.lecture.spec import TextCard, TitleCard
from studio.picture import Picture

HOSTILE = '</script> #read("/etc/passwd") *b* _i_ `r` = h <l> @r // c /* d "q" \\ [x] {y}\nnext'


def inked(pixels: np.ndarray, theme: str) -> np.ndarray:
    """Where something stands."""
    return (pixels[..., :3] != rgb(THEMES[theme].ground)).any(axis=-1)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    "page",
    [
        TitleCard(kind="title", title="Attention", subtitle="Who looks at whom"),
        TextCard(kind="text", title="Length", text="One.\n\n- $n$ cells\n- more", formula="floor((n + 2 p - k) / s) + 1"),
        TextCard(kind="text", title=HOSTILE, text=HOSTILE),
        TitleCard(kind="title", title=HOSTILE, subtitle=HOSTILE),
    ],
    ids=["title", "text", "hostile text", "hostile title"],
)
def test_a_card_is_of_its_theme_and_keeps_its_margins(page: card.Card, theme: str) -> None:
    pixels = draw(page, Picture.of("480p", 30, theme), "parts[1]")
    assert pixels.shape == (480, 854, 4)
    assert (pixels[..., 3] == 255).all()
    marks = inked(pixels, theme)
    assert marks.sum() > 1000
    rows, columns = np.flatnonzero(marks.any(axis=1)), np.flatnonzero(marks.any(axis=0))
    assert rows[0] >= 20
    assert rows[-1] < 480 - 20
    assert columns[0] >= 40
    assert columns[-1] < 854 - 40
    assert contrast(THEMES[theme].muted, THEMES[theme].ground) >= 4.5


def test_what_is_written_is_what_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The source is compiled to HTML as well, in which the text can be read."""
    page = TextCard(kind="text", title=HOSTILE, text=HOSTILE)
    source = card._source(page, Picture.of("480p", 30, "dark"), THEMES["dark"], SIZES[0])
    body = source.partition("#block")[2]
    html = card._compiler().compile(("#block" + body).replace("#v(-0.55em)", "").replace("#line", "//").encode(), format="html").decode()
    for words in ("&lt;/script>", '#read("/etc/passwd")', "*b* _i_ `r` = h", "@r // c /* d"):
        assert words in html


def test_a_formula_that_cannot_be_set() -> None:
    page = TextCard(kind="text", title="T", formula="nonsense + 1")
    with pytest.raises(InputError, match=r"^parts\[3\] has a formula that cannot be set \(.*\); give Typst math"):
        draw(page, Picture.of("480p", 30, "dark"), "parts[3]")


def test_a_formula_reads_no_files() -> None:
    page = TextCard.model_construct(kind="text", title="T", text="", formula='#read("words.py")', say="", seconds=8)
    with pytest.raises(InputError, match="cannot be set"):
        draw(page, Picture.of("480p", 30, "dark"), "parts[1]")


def test_long_text_becomes_smaller_and_then_is_refused() -> None:
    picture = Picture.of("480p", 30, "dark")

    def bottom(words: int) -> int:
        pixels = draw(TextCard(kind="text", title="T", text="word " * words), picture, "parts[1]")
        return int(np.flatnonzero(inked(pixels, "dark").any(axis=1))[-1])

    assert bottom(20) < bottom(90) < 480 - 20
    with pytest.raises(InputError, match=r"parts\[1\] has more text than fits on a card in letters of 56 px; make two"):
        bottom(200)


def test_what_is_said() -> None:
    assert said(TitleCard(kind="title", title="T", subtitle="S")) == "T. S"
    assert said(TitleCard(kind="title", title="T")) == "T"
    assert said(TextCard(kind="text", title="T", text="One $n - 1$.\n\n- two")) == "One n - 1. two"
    assert said(TextCard(kind="text", title="T")) == "T"
    assert said(TextCard(kind="text", title="T", text="One.", say="Hello.")) == "Hello."
