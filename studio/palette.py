"""The 256 colours of a clip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import av
import numpy as np

#: Colours nearer to each other than this (of 255, in each channel) are one: else what compression made of a flat colour becomes a pattern.
NEAR = 8
COLOURS = 255  # and one that is transparent


def palette(pictures: Iterable[np.ndarray], fixed: Sequence[tuple[int, int, int]]) -> np.ndarray:
    """256 colours (RGBA) in which these pictures (RGB, all of one size) look good: the ``fixed`` ones, others, a transparent one."""
    found = [*dict.fromkeys(fixed)]
    for colour in _chosen(pictures):
        if min(max(abs(a - b) for a, b in zip(colour, other, strict=True)) for other in found) >= NEAR:
            found.append(colour)
    table = np.zeros((COLOURS + 1, 4), dtype=np.uint8)
    table[:COLOURS] = (*found[0], 255)
    table[: len(found[:COLOURS]), :3] = found[:COLOURS]
    return table


def _chosen(pictures: Iterable[np.ndarray]) -> list[tuple[int, int, int]]:
    graph, source = None, None
    for number, pixels in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        if graph is None or source is None:
            graph = av.filter.Graph()
            source = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1))
            graph.link_nodes(source, graph.add("palettegen", "reserve_transparent=0:stats_mode=full"), graph.add("buffersink")).configure()
        frame.pts = number
        source.push(frame)
    if graph is None or source is None:
        return []
    source.push(None)
    colours = graph.vpull().to_ndarray(format="rgb24").reshape(-1, 3)
    return [(int(red), int(green), int(blue)) for red, green, blue in colours]
