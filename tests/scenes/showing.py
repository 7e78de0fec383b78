"""Scenes opened, beats to show on them, and what is read back from the frame."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.record import Record
from engine.trace import Trace
from scenes.parts.beat import Beat, Kind

SETTINGS = {"pixel_width": 320, "pixel_height": 180, "frame_rate": 30, "dry_run": True, "progress_bar": "none", "verbosity": "ERROR"}


def beat(kind: Kind, trace: Trace, k: int, stop: int | None = None, frames: int = 90) -> Beat:
    """One that shows step ``k``, or the steps up to ``stop``."""
    return Beat(kind, k, k + 1 if stop is None else stop, trace[k].phase, trace[k].say, frames, k - 1 if k else None)


def every_kind(trace: Trace, frames: int = 90) -> list[Beat]:
    """The first step of every kind in full, then quick ones, and a sweep over everything."""
    last, ends = len(trace) - 1, 2 * frames // 3
    firsts = trace.lessons or [trace.blocks.start(stage) for stage in trace.stages]
    quick = dict.fromkeys(k for k in (trace.highlight, last) if k is not None)
    return [
        Beat("opening", 0, 0, "setup", trace.opening, ends),
        *(beat("full", trace, k, frames=frames) for k in firsts),
        *(beat("quick", trace, k, frames=frames) for k in quick),
        beat("sweep", trace, 0, last + 1, frames),
        Beat("closing", last + 1, last + 1, "result", trace.closing, ends),
    ]


def opened(scene_class: type, trace: Trace, beats: list[Beat] | None = None, *, code: bool = False) -> Any:
    """A scene that is set up, with one beat of every kind if no others are given."""
    scene = scene_class(Record(trace), every_kind(trace) if beats is None else beats, code=code)
    scene.setup()
    return scene


def pictures(scene: Any, shown: Beat, first: int = 0, after: int | None = None) -> list[list[bytes]]:
    """What is seen in every frame."""
    sights = scene.sights(shown, first, after)
    return [[item.digest for item in (*sight.still, *sight.live)] for sight in sights for _ in range(sight.frames)]


def strip(scene: Any) -> list[str]:
    """What stands on the strip from left to right, without what is grey."""
    lines = [line for role, mark in scene.strip.marks.items() if role != "muted" for line in mark.lines]
    return [line.text for line in sorted(lines, key=lambda line: line.x)]


def decimal(text: str) -> Decimal:
    """A number as it is written on the stage."""
    return Decimal(text.strip("()=≈ ").replace("−", "-"))
