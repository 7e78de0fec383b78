"""What cannot be drawn is known before anything is."""

from __future__ import annotations

import pytest

from engine import attention, backprop
from engine.errors import InputError
from studio.plan import planned


@pytest.mark.usefixtures("bundled_fonts")
@pytest.mark.parametrize(
    ("trace", "message"),
    [
        (lambda: attention(tokens="猫 坐 cat"), r"^tokens has '猫' \(U\+732B\) and '坐' \(U\+5750\), for which there is no font"),
        (lambda: attention(tokens="a\x07b"), r"^tokens has '\\x07' \(U\+0007\), which cannot be drawn"),
        (lambda: backprop("猫 = w*x", {"w": 1.0, "x": 2.0}), r"^expr has '猫' \(U\+732B\)"),
    ],
)
def test_signs_that_no_font_has(trace: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        planned(trace(), detail=2, seconds=None, fps=30, burn=False)


def test_captions_are_in_the_beats_if_they_are_drawn() -> None:
    trace = attention(tokens="the cat")
    assert not any(beat.lines for beat in planned(trace, detail=2, seconds=None, fps=30, burn=False))
    assert all(beat.lines for beat in planned(trace, detail=2, seconds=None, fps=30, burn=True))
