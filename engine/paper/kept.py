"""Arithmetic on paper, of which no line ends within a product, or between a sign and the number behind it."""

from __future__ import annotations

import re

#: A space that is no place to break a line.
NO_BREAK = "\u00a0"
_TIMES = re.compile(r"(?<=[\d)\]]) ([·×÷]) (?=[\d(−])")
#: What is equal goes with its sign to the next line, unless a sum follows.
_RESULT = re.compile(r"(?<= )([=≈]) (?=[(−]*[\d∞_][^ ]*(?:$| (?![+−])))")


def kept(text: str) -> str:
    """``text`` with spaces that keep products together, and results with the sign before them."""
    times = _TIMES.sub(rf"{NO_BREAK}\1{NO_BREAK}", text)
    return _RESULT.sub(rf"\1{NO_BREAK}", times)
