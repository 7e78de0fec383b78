"""What stands on the stage at one moment, as values that no longer change: they can be compared, counted on, and drawn later."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from manim import ImageMobject, Mobject, VMobject

from scenes.parts.ink import Box, Letters, Mark
from scenes.parts.raster import Raster

#: Manim's stroke widths in units of the frame.
STROKE_UNIT = 0.01

Colour = tuple[float, float, float, float]


class Drawn:
    """Bézier curves with their colours. ``lines`` are those of a text, which change one by one."""

    __slots__ = ("_box", "_digest", "behind", "fill", "lines", "look", "mark", "path", "points", "shown", "stroke")

    def __init__(self, mark: VMobject, look: tuple[Any, ...]) -> None:
        self.mark, self.look = mark, look
        # Marks are never changed in place; Manim's own mobjects are.
        self.points = mark.points if isinstance(mark, Mark) else mark.points.copy()
        # Where Manim has moved a text, its lines are not where they say.
        self.lines = tuple(mark.lines) if isinstance(mark, Letters) and mark.points is mark.written else None
        self.fill = _colour(look[0])
        self.stroke = (_colour(look[1]), look[2]) if look[2] > 0 else None
        self.behind = (_colour(look[3]), look[4]) if look[4] > 0 else None
        visible = any(c[3] > 0 for c in (self.fill, *(s[0] for s in (self.stroke, self.behind) if s)))
        self.shown = len(self.points) > 0 and visible
        self.path: Any = None
        self._box: Box | None = None
        self._digest: bytes | None = None

    @property
    def margin(self) -> float:
        """How far strokes reach beyond the curves, corners included, for the canvas cuts off what reaches beyond their width."""
        return STROKE_UNIT * max(s[1] if s else 0.0 for s in (self.stroke, self.behind))

    @property
    def box(self) -> Box:
        """What it may cover."""
        if self._box is None:
            low, high, margin = self.points.min(axis=0), self.points.max(axis=0), self.margin
            self._box = (float(low[0]) - margin, float(low[1]) - margin, float(high[0]) + margin, float(high[1]) + margin)
        return self._box

    @property
    def digest(self) -> bytes:
        """The same for all that look the same."""
        if self._digest is None:
            self._digest = hashlib.blake2b(np.ascontiguousarray(self.points).tobytes() + repr(self.look).encode(), digest_size=16).digest()
        return self._digest

    def is_of(self, mark: VMobject, look: tuple[Any, ...]) -> bool:
        """Whether the mark still looks like this."""
        if isinstance(mark, Mark):
            return self.points is mark.points and (self.look is look or self.look == look)
        return self.look == look and np.array_equal(self.points, mark.points)

    def changes(self, later: Drawn) -> list[Box]:
        """Where this and what the same mark is later differ."""
        if self.lines is None or later.lines is None or self.look != later.look:
            return [self.box, later.box]
        margin = self.margin
        return [_wider(line.box, margin) for line in {*self.lines} ^ {*later.lines}]


class Pixels:
    """Coloured cells in a box."""

    __slots__ = ("_digest", "box", "mark", "pixels")

    def __init__(self, mark: Raster) -> None:
        self.mark, self.pixels, self.box = mark, mark.pixel_array, mark.box
        self._digest: bytes | None = None

    shown = True

    @property
    def digest(self) -> bytes:
        """The same for all that look the same."""
        if self._digest is None:
            named = f"{self.box} {self.pixels.shape}".encode()
            self._digest = hashlib.blake2b(np.ascontiguousarray(self.pixels).tobytes() + named, digest_size=16).digest()
        return self._digest

    def is_of(self, mark: Raster) -> bool:
        """Whether the mark still looks like this."""
        return self.mark is mark and self.pixels is mark.pixel_array and self.box == mark.box

    def changes(self, later: Pixels) -> list[Box]:
        """Where this and what the same mark is later differ: the rows and columns of cells that did."""
        if self.box != later.box or self.pixels.shape != later.pixels.shape:
            return [self.box, later.box]
        different = (self.pixels != later.pixels).any(axis=2)
        if not different.any():
            return []
        rows, columns = (np.flatnonzero(different.any(axis=axis)) for axis in (1, 0))
        left, _, right, top = self.box
        width, height = (right - left) / different.shape[1], (top - self.box[1]) / different.shape[0]
        return [
            (
                left + columns[0] * width,
                top - (rows[-1] + 1) * height,
                left + (columns[-1] + 1) * width,
                top - rows[0] * height,
            )
        ]


Seen = Drawn | Pixels


@functools.lru_cache(maxsize=1_000)
def _colour(rgba: bytes) -> Colour:
    rows = np.frombuffer(rgba).reshape(-1, 4)
    if (rows != rows[0]).any():
        raise TypeError("a mark has a gradient; the canvas draws each in one colour")
    red, green, blue, opacity = (float(c) for c in rows[0])
    return red, green, blue, opacity


def _wider(box: Box, margin: float) -> Box:
    return box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin


def _look(mark: VMobject) -> tuple[Any, ...]:
    if not isinstance(mark, Mark):
        return _looked(mark)
    if mark.look is None:
        mark.look = _looked(mark)
    return mark.look


def _looked(mark: VMobject) -> tuple[Any, ...]:
    return (
        mark.get_fill_rgbas().tobytes(),
        mark.get_stroke_rgbas().tobytes(),
        float(mark.stroke_width),
        mark.get_stroke_rgbas(True).tobytes(),
        float(mark.background_stroke_width),
        mark.joint_type,
        mark.cap_style,
    )


class Watch:
    """Looks at marks again and again; one that has not changed gives the same item again."""

    def __init__(self) -> None:
        self.known: dict[int, Seen] = {}

    def items(self, mobjects: Iterable[Mobject]) -> list[Seen]:
        """What of the mobjects can be seen, from back to front."""
        seen: dict[int, Seen] = {}
        found = []
        for mark in _leaves(mobjects):
            item = self._item(mark)
            seen[id(mark)] = item
            if item.shown:
                found.append(item)
        self.known = seen
        return found

    def _item(self, mark: Mobject) -> Seen:
        item = self.known.get(id(mark))
        if isinstance(mark, Raster):
            return item if isinstance(item, Pixels) and item.is_of(mark) else Pixels(mark)
        if not isinstance(mark, VMobject):
            raise TypeError(f"a {type(mark).__name__} is on the stage; the canvas draws VMobjects and Rasters")
        look = _look(mark)
        return item if isinstance(item, Drawn) and item.mark is mark and item.is_of(mark, look) else Drawn(mark, look)


def _leaves(mobjects: Iterable[Mobject]) -> Iterator[Mobject]:
    for mobject in mobjects:
        if isinstance(mobject, VMobject | ImageMobject) or len(mobject.points):
            yield mobject
        yield from _leaves(mobject.submobjects)


def changed(before: Sequence[Seen], after: Sequence[Seen]) -> list[Box] | None:
    """Where two pictures of the stage differ; none if marks have changed places, so that no box says it."""
    old, new = {id(item.mark): item for item in before}, {id(item.mark): item for item in after}
    if [key for key in old if key in new] != [key for key in new if key in old]:
        return None
    boxes: list[Box] = []
    for key in {**old, **new}:
        a, b = old.get(key), new.get(key)
        if a is b:
            continue
        if a is None or b is None:
            boxes.append((a or b).box)  # type: ignore[union-attr]  # one of them is there
        elif type(a) is type(b):
            boxes += a.changes(b)  # type: ignore[arg-type]
        else:
            boxes += [a.box, b.box]
    return boxes
