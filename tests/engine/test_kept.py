"""Lines on paper end neither within a product nor before a result."""

from __future__ import annotations

import pytest

from engine.paper.kept import kept


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.09·1 + 0.67·1 ≈ 0.76.", "0.09·1 + 0.67·1 ≈~0.76."),
        ("1 ÷ 1.5 ≈ 0.67 of it", "1~÷~1.5 ≈~0.67 of it"),
        ("`a[0] = (1 + (−2)) ÷ 4 = −0.25`", "`a[0] = (1 + (−2))~÷~4 =~−0.25`"),
        ("32 × 32 pixels", "32~×~32 pixels"),
        ("the largest is 3; output[0] = 3.", "the largest is 3; output[0] =~3."),
        # What a sum follows may end a line, so that it is not longer than the line.
        ("a = 1·2 + 3·4 = 14", "a = 1·2 + 3·4 =~14"),
        ("a = 1·2 − 3", "a = 1·2 − 3"),
        ("z = w·x and A × B", "z = w·x and A × B"),
        ("`a = ____ + ____ = ____`", "`a = ____ + ____ =~____`"),
    ],
)
def test_what_is_kept_together(text: str, expected: str) -> None:
    assert kept(text).replace("\u00a0", "~") == expected
