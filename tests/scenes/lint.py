"""The layout lint: what stands on the frame can be read from the back row, and nothing is in the way of anything else."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from manim import Mobject, tempconfig
from manim.utils.color import ManimColor

from engine.trace import Trace
from scenes.parts.beat import Beat
from scenes.parts.frame import CAPTION, STAGE, STRIP, TITLE
from scenes.parts.ink import LEAST_PX, PX, Box, Letters, Line, Mark
from scenes.parts.passage import MovingCells, MovingLines
from scenes.parts.raster import Raster
from scenes.parts.theme import Theme, contrast, rgb
from scenes.parts.travel import Travelling
from scenes.parts.window import Beam

#: Strokes are drawn around the outlines that are measured here.
SLACK = 4 * PX
SHARES = (0.0, 0.05, 0.13, 0.4, 0.77, 0.9, 1.0)


def findings(scene_class: type, trace: Trace, beats: list[Beat], theme: str = "dark") -> list[str]:
    """Everything that is wrong in the pictures of the beats, at several moments of each."""
    found: dict[str, None] = {}
    settings = {"pixel_width": 480, "pixel_height": 270, "frame_rate": 10, "dry_run": True, "progress_bar": "none", "verbosity": "ERROR"}
    with tempconfig(settings):
        scene = scene_class(trace, beats, theme)
        scene.setup()
        for beat in beats:
            timeline = scene.timeline(beat)
            for share in SHARES:
                timeline.interpolate(share)
                found |= {f"{beat.name} at {share}: {text}": None for text in picture(scene)}
    return list(found)


def picture(scene: object) -> Iterator[str]:
    """What is wrong with the frame as it stands now."""
    there = [mark for mark in family(scene.mobjects) if not isinstance(mark, MovingCells | MovingLines)]
    marks = [mark for mark in there if isinstance(mark, Raster) or (isinstance(mark, Mark) and mark.shown)]
    written = [(mark, line) for mark in marks if isinstance(mark, Letters) for line in mark.lines]
    # What is on its way passes over other things, and from the strip to the stage.
    texts = [(mark, line) for mark, line in written if not isinstance(mark, Travelling)]
    boxes = np.array([ink_box(line) for _, line in texts]).reshape(-1, 4)
    zones = {
        id(mark): zone
        for group, zone in ((scene.header, TITLE), (scene.strip, STRIP), (scene.caption, CAPTION))
        for mark in group.get_family()
    }
    yield from too_small(line for _, line in written)
    yield from outside(marks, texts, boxes, zones)
    yield from overlapping(texts, boxes)
    yield from over_rasters(texts, boxes, [mark.box for mark in marks if isinstance(mark, Raster)])
    yield from crossed(marks, texts, boxes)
    yield from pale(written, scene.theme)


def family(mobjects: list[Mobject]) -> list[Mobject]:
    """Every mark, once."""
    return list({id(part): part for mobject in mobjects for part in mobject.get_family()}.values())


def ink_box(line: Line) -> Box:
    """The box of what is inked."""
    low, high = line.points.min(axis=0), line.points.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def too_small(lines: Iterator[Line]) -> Iterator[str]:
    for line in lines:
        if line.least_px < LEAST_PX - 0.01:
            yield f"{line.text!r} is {line.least_px:.1f} px high"


def outside(marks: list, texts: list, boxes: np.ndarray, zones: dict[int, Box]) -> Iterator[str]:
    for (mark, line), box in zip(texts, boxes, strict=True):
        zone = zones.get(id(mark), STAGE)
        if box[0] < zone[0] - SLACK or box[1] < zone[1] - SLACK or box[2] > zone[2] + SLACK or box[3] > zone[3] + SLACK:
            yield f"{line.text!r} leaves its zone"
    for mark in marks:
        if not isinstance(mark, Letters):
            zone = zones.get(id(mark), STAGE)
            low, high = mark.points.min(axis=0), mark.points.max(axis=0)
            if (low[:2] < np.array(zone[:2]) - 8 * PX).any() or (high[:2] > np.array(zone[2:]) + 8 * PX).any():
                yield f"a {type(mark).__name__} leaves its zone"


def overlapping(texts: list, boxes: np.ndarray) -> Iterator[str]:
    """No two texts touch."""
    if not len(boxes):
        return
    left, bottom, right, top = (boxes[:, i] for i in range(4))
    touch = (left[:, None] < right - PX) & (left < right[:, None] - PX) & (bottom[:, None] < top - PX) & (bottom < top[:, None] - PX)
    for i, j in zip(*np.nonzero(np.triu(touch, 1)), strict=True):
        yield f"{texts[i][1].text!r} and {texts[j][1].text!r} overlap"


def over_rasters(texts: list, boxes: np.ndarray, rasters: list[Box]) -> Iterator[str]:
    for (_, line), (x0, y0, x1, y1) in zip(texts, boxes, strict=True):
        for left, bottom, right, top in rasters:
            if x0 < right - PX and left < x1 - PX and y0 < top - PX and bottom < y1 - PX:
                yield f"{line.text!r} stands on coloured cells"


def crossed(marks: list, texts: list, boxes: np.ndarray) -> Iterator[str]:
    """No line from one part of the picture to another runs through a text, but behind one that keeps it at a distance."""
    without_halo = [(line, box) for (mark, line), box in zip(texts, boxes, strict=True) if not mark.get_stroke_width(background=True)]
    for mark in marks:
        if not isinstance(mark, Beam):
            continue
        starts, ends = mark.points[::4, :2], mark.points[3::4, :2]
        for line, box in without_halo:
            if through(starts, ends, box).any():
                yield f"a {type(mark).__name__} runs through {line.text!r}"


def through(starts: np.ndarray, ends: np.ndarray, box: Box) -> np.ndarray:
    """Which of the straight lines have a point within the box, but for its edge (Liang and Barsky, 1984)."""
    low, high = np.array(box[:2]) + SLACK / 2, np.array(box[2:]) - SLACK / 2
    along = ends - starts
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = (low - starts) / along, (high - starts) / along
    level = along == 0
    inside = (low < starts) & (starts < high)
    enter = np.where(level, np.where(inside, -np.inf, np.inf), np.minimum(one, other)).max(axis=1)
    leave = np.where(level, np.where(inside, np.inf, -np.inf), np.maximum(one, other)).min(axis=1)
    return np.maximum(enter, 0) < np.minimum(leave, 1)


def pale(texts: list, theme: Theme) -> Iterator[str]:
    """Text must stand out from the ground, and from the shade of a window, for any of it may lie in one."""
    shaded = [round(a + (b - a) * theme.shade) for a, b in zip(rgb(theme.ground), rgb(theme.reading), strict=True)]
    grounds = [theme.ground, "#{:02X}{:02X}{:02X}".format(*shaded)]
    for mark in {id(mark): mark for mark, _ in texts}.values():
        colour = ManimColor(mark.get_fill_color()).to_hex()
        for ground in grounds:
            if contrast(colour, ground) * mark.get_fill_opacity() < 4.5:
                yield f"{colour} on {ground} has a contrast of {contrast(colour, ground):.2f}"
