"""The layout lint: what stands on the frame can be read from the back row, and nothing is in the way of anything else."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from manim import Mobject, tempconfig
from manim.utils.color import ManimColor

from engine.trace import Trace
from scenes.parts.beat import Beat
from scenes.parts.frame import CAPTION, STAGE, STRIP, TITLE
from scenes.parts.ink import LEAST_PX, PX, Box, Letters, Line, Mark
from scenes.parts.raster import MovingCells, Raster
from scenes.parts.theme import Theme, contrast, rgb
from scenes.parts.travel import MovingLines, Travelling, Veil
from tests.scenes.strokes import Strokes, whose

#: Strokes are drawn around the outlines that are measured here.
SLACK = 4 * PX
SHARES = (0.0, 0.05, 0.13, 0.4, 0.77, 0.9, 1.0)
NEAR = 0.03
#: In another theme only colours may differ, which a movement does not change.
THEMED = (0.4, 1.0)
SETTINGS = {"pixel_width": 480, "pixel_height": 270, "frame_rate": 10, "dry_run": True, "progress_bar": "none", "verbosity": "ERROR"}

#: What is still to be mended, by concept; nothing else of them is let through.
OWED: dict[str, tuple[str, ...]] = {}


def findings(scene_class: Callable[..., Any], trace: Trace, beats: list[Beat], *themes: str) -> list[str]:
    """Everything that is wrong in the pictures of the beats, at several moments of each, in the dark theme or in those that are named.

    Where things stand is looked at in the first of them.
    """
    found: dict[str, None] = {}
    first, *others = themes or ("dark",)
    with tempconfig(SETTINGS):
        scene, strokes, stands = opened(scene_class, trace, beats, first), Strokes(), []
        for beat, share in moments(scene, beats):
            wrong = [*picture(scene)] if share in SHARES else []
            crossing = strokes.crossing(family(scene.mobjects), share in (0.0, 1.0))
            wrong += [f"{whose(scene, mark)} runs through {line.text!r}" for mark, line in crossing]
            found |= {f"{beat.name} at {share}: {text}": None for text in wrong if not text.startswith(OWED.get(trace.concept, ()))}
            stands += [places(scene)] if others and share in THEMED else []
        for theme in others:
            scene = opened(scene_class, trace, beats, theme)
            for (beat, share), before in zip(stills(scene, beats), stands, strict=True):
                wrong = [*pale(letters(scene), scene.theme)]
                wrong += [] if places(scene) == before else [f"it stands elsewhere than in {first}"]
                found |= {f"{beat.name} at {share} in {theme}: {text}": None for text in wrong}
    return list(found)


def opened(scene_class: Callable[..., Any], trace: Trace, beats: list[Beat], theme: str) -> Any:
    scene = scene_class(trace, beats, theme)
    scene.setup()
    return scene


def moments(scene: Any, beats: list[Beat]) -> Iterator[tuple[Beat, float]]:
    """Moments of each beat, one of them in the middle of every movement."""
    for beat in beats:
        timeline = scene.timeline(beat)
        for share in apart({(cue.start + cue.stop) / 2 for cue in timeline.cues}):
            timeline.interpolate(share)
            yield beat, share


def apart(middles: Iterable[float]) -> list[float]:
    """The moments that are always looked at, and those of the others that are no neighbours of one before."""
    found = [*SHARES]
    for share in sorted(middles):
        if min(abs(share - one) for one in found) >= NEAR:
            found.append(round(share, 3))
    return sorted(found)


def stills(scene: Any, beats: list[Beat]) -> Iterator[tuple[Beat, float]]:
    """A moment within each beat, and its end."""
    for beat in beats:
        timeline = scene.timeline(beat)
        for share in THEMED:
            timeline.interpolate(share)
            yield beat, share


def places(scene: Any) -> str:
    """The same for pictures in which everything that can be seen stands in the same places, in the same order."""
    found = hashlib.blake2b()
    for mark in filter(is_shown, family(scene.mobjects)):
        found.update(repr(mark.box).encode() if isinstance(mark, Raster) else mark.points.tobytes())
    return found.hexdigest()


def is_shown(mark: Mobject) -> bool:
    return isinstance(mark, Raster) or (isinstance(mark, Mark) and mark.shown)


def letters(scene: Any) -> list[tuple[Letters, Line]]:
    """Every line of text that can be seen."""
    return [(mark, line) for mark in family(scene.mobjects) if isinstance(mark, Letters) and mark.shown for line in mark.lines]


def picture(scene: Any) -> Iterator[str]:
    """What is wrong with the frame as it stands now."""
    moving = MovingCells | MovingLines | Veil
    marks = [mark for mark in family(scene.mobjects) if is_shown(mark) and not isinstance(mark, moving)]
    written = letters(scene)
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
    yield from pale(written, scene.theme)


def family(mobjects: list[Mobject]) -> list[Mobject]:
    """Every mark, once, in the order of painting."""
    found: dict[int, Mobject] = {}
    left = [*reversed(mobjects)]
    while left:
        mark = left.pop()
        found[id(mark)] = mark
        left += reversed(mark.submobjects)
    return [*found.values()]


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


def pale(texts: list, theme: Theme) -> Iterator[str]:
    """Text must stand out from the ground, and from the shade of a window, for any of it may lie in one."""
    marks = {id(mark): mark for mark, _ in texts}.values()
    for colour, opacity in {(ManimColor(mark.get_fill_color()).to_hex(), mark.get_fill_opacity()) for mark in marks}:
        yield from pale_on(colour, opacity, theme)


@functools.cache
def pale_on(colour: str, opacity: float, theme: Theme) -> list[str]:
    shaded = [round(a + (b - a) * theme.shade) for a, b in zip(rgb(theme.ground), rgb(theme.reading), strict=True)]
    grounds = [theme.ground, "#{:02X}{:02X}{:02X}".format(*shaded)]
    found = [(ground, contrast(colour, ground)) for ground in grounds]
    return [f"{colour} on {ground} has a contrast of {seen:.2f}" for ground, seen in found if seen * opacity < 4.5]
