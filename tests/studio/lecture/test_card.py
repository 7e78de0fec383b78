from __future__ import annotations

import numpy as np
import pytest

from engine.errors import InputError
from scenes.parts import press
from scenes.parts.theme import THEMES, contrast, rgb
from studio.captions import cues
from studio.lecture import card
from studio.lecture.card import SIZES, draw_card, said_of
from studio.lecture.card_film import CardFilm
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
    pixels = draw_card(page, Picture.of("480p", 30, theme), "parts[1]")
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


def test_what_is_written_is_what_is_seen() -> None:
    """The source is compiled to HTML as well, in which the text can be read."""
    page = TextCard(kind="text", title=HOSTILE, text=HOSTILE)
    source = card._source(page, Picture.of("480p", 30, "dark"), THEMES["dark"], SIZES[0])
    body = source.partition("#block")[2]
    html = press.compiler().compile(("#block" + body).replace("#v(-0.55em)", "").replace("#line", "//").encode(), format="html").decode()
    for words in ("&lt;/script>", '#read("/etc/passwd")', "*b* _i_ `r` = h", "@r // c /* d"):
        assert words in html


def test_a_formula_that_is_none() -> None:
    page = TextCard.model_construct(kind="text", title="T", text="", formula='#read("secret.txt")', say="", seconds=8)
    with pytest.raises(InputError, match=r"has '#' at character 1 of the formula .*; no code is run"):
        draw_card(page, Picture.of("480p", 30, "dark"), "parts[3]")


SIGNS = TextCard(kind="text", title="T", text="One 猫.", formula='"坐" + 1')


def test_signs_of_more_fonts() -> None:
    one = draw_card(SIGNS, Picture.of("480p", 30, "dark"), "parts[1]")
    other = draw_card(SIGNS.model_copy(update={"text": "One 坐."}), Picture.of("480p", 30, "dark"), "parts[1]")
    assert (one != other).any()


@pytest.mark.usefixtures("bundled_fonts")
def test_signs_that_no_font_has() -> None:
    picture = Picture.of("480p", 30, "dark")
    with pytest.raises(InputError, match=r"^parts\[1\].text has '猫' \(U\+732B\), for which there is no font; pip install"):
        draw_card(SIGNS, picture, "parts[1]")
    with pytest.raises(InputError, match=r"^parts\[1\].formula has '坐'"):
        draw_card(SIGNS.model_copy(update={"text": ""}), picture, "parts[1]")
    with pytest.raises(InputError, match=r"^parts\[1\].say has '😀'"):
        draw_card(SIGNS.model_copy(update={"text": "", "formula": ""}), picture, "parts[1]", ["hello 😀"])


def test_a_card_stands_until_its_words_can_be_read() -> None:
    """A second to look up and one for every four words, but for a card that has a length of its own."""
    picture, words = Picture.of("480p", 10, "light"), " ".join(["word"] * 60)
    own = {"few": "A word.", "many": words}
    lasting = {name: CardFilm(TextCard(kind="text", title="T", text=text), 0, picture, False).script.frames for name, text in own.items()}
    assert lasting == {"few": 80, "many": 160}
    assert CardFilm(TextCard(kind="text", title="T", text=words, seconds=3), 0, picture, False).script.frames == 30


@pytest.mark.parametrize("burn", [False, True])
def test_captions_of_a_card(burn: bool) -> None:
    picture = Picture.of("480p", 5, "light")
    say = "A long sentence that is spoken over this card, and does not fit on two lines of forty-two characters at all, so it is split."
    page = TextCard(kind="text", title="T", text="Words.", say=say, seconds=6)
    film = CardFilm(page, 0, picture, burn)
    found = list(film.pictures())
    assert sum(frames for _, frames in found) == film.script.frames == 30
    assert [frames for _, frames in found] == ([cue.after - cue.first for cue in cues(film.script)] if burn else [30])
    assert (len(found) > 1) == burn
    for pixels, _ in found:
        assert inked(pixels, "light")[380:].any() == burn
    # Its own words are in the picture already.
    assert len(list(CardFilm(page.model_copy(update={"say": ""}), 0, picture, burn).pictures())) == 1


def test_long_text_becomes_smaller_and_then_is_refused() -> None:
    picture = Picture.of("480p", 30, "dark")

    def bottom(words: int) -> int:
        pixels = draw_card(TextCard(kind="text", title="T", text="word " * words), picture, "parts[1]")
        return int(np.flatnonzero(inked(pixels, "dark").any(axis=1))[-1])

    assert bottom(20) < bottom(90) < 480 - 20
    with pytest.raises(InputError, match=r"parts\[1\] has more text than fits on a card in letters of 56 px; make two"):
        bottom(200)


def test_what_is_said() -> None:
    assert said_of(TitleCard(kind="title", title="T", subtitle="S")) == "T. S"
    assert said_of(TitleCard(kind="title", title="T")) == "T"
    assert said_of(TextCard(kind="text", title="T", text="One $n - 1$.\n\n- two")) == "One n - 1. two"
    assert said_of(TextCard(kind="text", title="T")) == "T"
    assert said_of(TextCard(kind="text", title="T", text="One.", say="Hello.")) == "Hello."
