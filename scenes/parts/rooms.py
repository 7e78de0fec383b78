"""Dividing a box of the frame among parts."""

from __future__ import annotations

from collections.abc import Sequence

from scenes.parts.ink import Box

GAP = 0.35


def columns(box: Box, shares: Sequence[float], gap: float = GAP) -> list[Box]:
    """Boxes side by side, with widths in the proportion of ``shares``."""
    left, bottom, right, top = box
    edges = _edges(left, right, shares, gap)
    return [(a, bottom, b, top) for a, b in edges]


def rows(box: Box, shares: Sequence[float], gap: float = 0.15) -> list[Box]:
    """Boxes one below the other, from the top, with heights in the proportion of ``shares``."""
    left, bottom, right, top = box
    edges = _edges(0, top - bottom, shares, gap)
    return [(left, top - b, right, top - a) for a, b in edges]


def around(boxes: Sequence[Box]) -> Box:
    """The box around boxes."""
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes have more than an edge in common."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _edges(low: float, high: float, shares: Sequence[float], gap: float) -> list[tuple[float, float]]:
    unit = (high - low - gap * (len(shares) - 1)) / sum(shares)
    edges, at = [], low
    for share in shares:
        edges.append((at, at + share * unit))
        at += share * unit + gap
    return edges
