"""Softmax: the numbers sink, land as pieces of one bar, and the bar is scaled to 1."""

from __future__ import annotations

from typing import ClassVar

from scenes.distribution.sharing import Sharing


class Softmax(Sharing):
    """The largest is taken off all; each goes through exp and is a piece of the sum; the pieces are the shares."""

    concept = "softmax"
    deeds: ClassVar = {"max": "level", "exp": "land", "sum": "total", "output": "scale"}
    numbers = ("scaled", "input")
