"""What moves on the stage: runs of successive frames in which something goes on from where it was."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

from scenes.parts.beat import Beat
from scenes.parts.display import Drawn, Seen

#: In one frame nothing moves further than this; what does has jumped. In Manim's units; the frame is 14.2 wide.
JUMP = 2.0
#: Less is not seen.
LEAST = 1e-3

Spot = tuple[float, float, float, float]


def runs(scene: Any, beat: Beat) -> list[int]:
    """How many successive frames something moves, from each frame in which anything sets out; side by side the longest counts."""
    longest: dict[int, int] = {}
    #: Of everything that is seen the frame in which it set out, none for what stands.
    before: dict[Hashable, list[tuple[Spot, int | None]]] = {}
    for frame, spots in enumerate(_frames(scene, beat)):
        now: dict[Hashable, list[tuple[Spot, int | None]]] = {}
        for key, spot in spots:
            old = min(before.get(key, []), key=lambda other: _way(other[0], spot), default=None)
            moves = old is not None and LEAST < _way(old[0], spot) < JUMP
            start = (old[1] if old and old[1] is not None else frame) if moves else None
            now.setdefault(key, []).append((spot, start))
            if start is not None:
                longest[start] = frame - start + 1
        before = now
    return [*longest.values()]


def _frames(scene: Any, beat: Beat) -> Iterator[list[tuple[Hashable, Spot]]]:
    timeline = scene.timeline(beat)
    for frame in range(beat.frames):
        timeline.interpolate(frame / (beat.frames - 0.5))
        yield [*_spots(scene.watches[1].items([scene.live]))]


def _spots(seen: list[Seen]) -> Iterator[tuple[Hashable, Spot]]:
    """Where each mark is; each line of a text is one of its own."""
    for item in seen:
        lines = item.lines if isinstance(item, Drawn) else None
        if lines is None:
            yield id(item.mark), item.box
        else:
            yield from (((id(item.mark), line.text), line.box) for line in lines)


def _way(before: Spot, after: Spot) -> float:
    return max(abs(a - b) for a, b in zip(before, after, strict=True))
