"""What the fonts have: the bundled ones Latin, Greek, Cyrillic, Hebrew and Arabic letters, as their makers say, and no Chinese ones."""

from __future__ import annotations

from pathlib import Path

import manimgx_fonts
import numpy as np
import pytest

from engine.errors import InputError
from scenes.parts import glyphs, press
from scenes.parts.press import MONO, SERIF, quoted
from scenes.parts.typeset import math_outline, text_outline


@pytest.mark.usefixtures("bundled_fonts")
@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("The cat, 3.5 · −2 ≈ ∞ “é” → ∂", ""),
        ("Ελλάδα Россия שלום مرحبا ▁Ġ ℝ 𝔸 ①", ""),
        ("e\u0301 a\u200db\u200c \u00a0\u2009\t\n", ""),
        ("猫 坐 猫", "猫坐"),
        ("😀!", "😀"),
        ("नमस्ते", "नमस्ते"),
        ("a\x07\x1b[31m", "\x07\x1b"),
        ("\u202eabc\ue000\ud800\U0010ffff", "\u202e\ue000\ud800\U0010ffff"),
    ],
)
def test_what_the_bundled_fonts_lack(text: str, lacking: str) -> None:
    assert glyphs.lacking(text) == list(dict.fromkeys(lacking))
    assert glyphs.need_more([text]) == bool(lacking)


@pytest.mark.usefixtures("bundled_fonts")
def test_the_sentence() -> None:
    with pytest.raises(InputError, match=r"^tokens has '猫' \(U\+732B\) and '坐' \(U\+5750\), for which there is no font; pip install"):
        glyphs.check([("title", "T"), ("tokens", "猫 坐")])
    with pytest.raises(InputError, match=r"'一' \(U\+4E00\), .*'五' \(U\+4E94\) and 2 others, for which"):
        glyphs.check([("tokens", "一二三四五六七")])
    with pytest.raises(InputError, match=r"^tokens has '\\x07' \(U\+0007\), which cannot be drawn; leave it out$"):
        glyphs.check([("tokens", "a\x07")])


@pytest.mark.usefixtures("bundled_fonts")
@pytest.mark.parametrize("outline", [lambda text: text_outline(text, MONO), lambda text: math_outline(f'"{text}"')])
def test_no_box_is_drawn_for_what_was_not_checked(outline: object) -> None:
    with pytest.raises(InputError, match="a text of the picture has '猫'"):
        outline("猫")


def test_packages_of_fonts_are_used() -> None:
    """Two signs look different, and are as wide as they are high, as Chinese ones are."""
    cat, sit = text_outline("猫", MONO), text_outline("坐", MONO)
    assert cat.points.shape != sit.points.shape or not np.allclose(cat.points, sit.points)
    assert cat.width == pytest.approx(1.0, abs=0.01)
    assert text_outline("猫坐", SERIF).width == pytest.approx(2.0, abs=0.02)
    assert len(math_outline('"猫" + 1').points) > len(math_outline("1").points)
    assert glyphs.lacking("한국어 かな नमस्ते ไทย 😀👨\u200d👩\u200d👧") == []


def test_arabic_is_joined_from_right_to_left() -> None:
    """Letters in a word have other shapes than alone. Seen, with three teeth, comes first and stands at the right of alef, a stroke."""
    word, seen, alef = (glyphs._outlines(quoted(text), more=False) for text in ("سا", "س", "ا"))
    assert len(word) == 2
    assert not word & (seen | alef)
    points = text_outline("سا", MONO).points
    assert (points[:, 0] > points[:, 0].mean()).mean() > 0.5
    assert len(set(map(tuple, points[points[:, 0] > 0.6].round(4)))) > 2 * len(set(map(tuple, points[points[:, 0] < 0.5].round(4))))


@pytest.mark.usefixtures("bundled_fonts")
def test_a_folder_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = next(Path(manimgx_fonts.__path__[0]).glob("NotoSansThai*.ttf"))
    (tmp_path / "thai.ttf").write_bytes(source.read_bytes())
    monkeypatch.setenv(press.VARIABLE, str(tmp_path))
    assert glyphs.lacking("ไทย猫") == ["猫"]
    assert press.families(SERIF, more=True).endswith('"Noto Sans Thai")')


@pytest.mark.usefixtures("bundled_fonts")
def test_a_folder_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(press.VARIABLE, "/no/such")
    with pytest.raises(InputError, match=r"^TENSORREEL_FONTS is '/no/such', which is no folder; give one with fonts"):
        glyphs.lacking("猫")
