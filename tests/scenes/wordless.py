"""A frame without its texts: what is seen unread, and what lies behind them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from manim.utils.color import ManimColor

from scenes.parts.canvas import Canvas
from scenes.parts.ink import Box, Letters
from scenes.parts.theme import contrast
from tests.scenes.lint import ink_box, letters

#: Of large type: digits are as high as those of 18 pt. PART of the box of a text is no line that runs beside it.
LEAST, PART = 3.0, 0.3
FRAME_WIDTH = 128 / 9


def wordless(scene: Any) -> np.ndarray:
    """What stands on a scene now but for all text, in pixels."""
    still, live = (
        [item for item in watch.items([group]) if not isinstance(item.mark, Letters)]
        for watch, group in zip(scene.watches, (scene.still, scene.live), strict=True)
    )
    camera = scene.camera
    canvas = Canvas(camera.pixel_width, camera.pixel_height, (camera.frame_width, camera.frame_height), scene.theme.ground)
    canvas.show(still, live)
    return canvas.pixels[..., :3].astype(int)


def faint(scene: Any) -> list[str]:
    """Texts whose contrast to what lies behind them is less than large type needs (WCAG 2.2, 1.4.3). A halo is a ground of its own."""
    pixels, found = wordless(scene), []
    for mark, line in letters(scene):
        behind = _common(_part(pixels, ink_box(line))) if not mark.get_stroke_width(background=True) else []
        colour = ManimColor(mark.get_fill_color()).to_hex()
        seen = min((contrast(colour, ground) * mark.get_fill_opacity() for ground in behind), default=LEAST)
        found += [f"{line.text!r} in {colour} has a contrast of {seen:.1f}"] if seen < LEAST else []
    return found


def _part(pixels: np.ndarray, box: Box) -> np.ndarray:
    (height, width, _), (x0, y0, x1, y1) = pixels.shape, box
    across = width / FRAME_WIDTH
    top, bottom = (max(0, int(height / 2 - y * across)) for y in (y1, y0))
    left, right = (max(0, int(width / 2 + x * across)) for x in (x0, x1))
    return pixels[top : bottom + 1, left : right + 1].reshape(-1, 3)


def _common(pixels: np.ndarray) -> list[str]:
    """Colours of a good part of a box, not those of lines beside the text."""
    counts = Counter(map(tuple, pixels.tolist()))
    return ["#{:02X}{:02X}{:02X}".format(*colour) for colour, count in counts.items() if count >= PART * len(pixels)]
