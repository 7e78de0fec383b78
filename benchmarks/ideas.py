"""What each idea behind the speed gains by itself: the frames of the storyboard at 1080p60, made in one process with one idea left out.

CPU time, without the start of a process. An idea that gains less than 3 per cent is named at the end: it should go.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from statistics import median
from typing import Any
from unittest.mock import patch

from manim import config

import studio.encoder
from benchmarks.measure import machine
from benchmarks.render import INPUT, KERNEL, SECONDS
from engine import conv2d
from engine.record import Record
from scenes.parts import canvas as canvases
from scenes.parts import frame, ink, typeset
from scenes.parts.beat import Beat
from scenes.parts.canvas import Canvas
from scenes.parts.cast import scene_class
from scenes.parts.display import Drawn
from scenes.parts.motion import Timeline
from scenes.parts.theme import THEMES
from studio.encoder import Encoder
from studio.pace import beats
from studio.picture import UNITS, Picture
from studio.worker import _settings

LEAST_GAIN = 0.03
PICTURE = Picture.of("1080p", 60, "dark")


class Clock:
    """CPU seconds by what they were spent on."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self.mark = time.process_time()

    def stop(self, what: str) -> None:
        """What was done since the last stop."""
        now = time.process_time()
        self.spent[what] = self.spent.get(what, 0.0) + now - self.mark
        self.mark = now


def clip(record: Record, planned: Sequence[Beat], encoder: Encoder, *, repeat_pictures: bool = False, whole: bool = False) -> Clock:
    """Draws and encodes all frames."""
    clock = Clock()
    scene = scene_class(record.concept)(record, planned, PICTURE.theme)
    scene.setup()
    canvas = Canvas(PICTURE.width, PICTURE.height, UNITS, THEMES[PICTURE.theme].ground)
    clock.stop("building")

    def drawn(beat: Beat) -> Iterator[tuple[Any, Any, int]]:
        canvas.clear()
        for sight in scene.sights(beat):
            clock.stop("building")
            rectangles = canvas.show(sight.still, sight.live)
            clock.stop("drawing")
            yield canvas.pixels, [canvas.whole] if whole else rectangles, 1 if repeat_pictures else sight.frames
            clock.stop("encoding")
            for _ in range(sight.frames - 1 if repeat_pictures else 0):
                yield canvas.pixels, [], 1
                clock.stop("encoding")

    for beat in planned:
        encoder.run(drawn(beat))
        clock.stop("encoding")
    return clock


# --- each idea left out ------------------------------------------------------------------------------------------------------------------


def whole_drawing() -> AbstractContextManager[Any]:
    """All marks are drawn for every frame."""
    show = Canvas.show

    def always(self: Canvas, still: Any, live: Any) -> Any:
        self.clear()
        return show(self, still, live)

    return patch.object(Canvas, "show", always)


def no_paths() -> AbstractContextManager[Any]:
    """The path of a mark is laid anew every time it is drawn."""
    trace = canvases._trace

    def anew(context: Any, shape: Drawn) -> None:
        shape.path = None
        trace(context, shape)

    return patch.object(canvases, "_trace", anew)


def every_frame() -> AbstractContextManager[Any]:
    """The stage is compared with what it was, mark by mark, for every frame."""
    interpolate = Timeline.interpolate

    def changed(self: Timeline, alpha: float) -> None:
        interpolate(self, alpha)
        self.changed = True

    return patch.object(Timeline, "interpolate", changed)


def no_memory_for_text() -> AbstractContextManager[Any]:
    """A text is set by Typst every time it is needed."""
    plain = typeset.text_outline.__wrapped__
    return patch.object(ink, "text_outline", plain)


def whole_sentences() -> AbstractContextManager[Any]:
    """Lines are measured as they are, not word by word."""
    return patch.object(frame, "words_width", lambda words, size: frame.text_width(" ".join(words), size, typeset.SERIF))


#: x264 as its preset superfast has it, at the same quality.
SUPERFAST = "qp=20:bframes=0:ref=1:keyint=infinite:force-cfr=1:rc-lookahead=0:sync-lookahead=0:mbtree=0:weightp=0:log-level=error"
MEDIUM = SUPERFAST.replace("ref=1", "ref=3")

IDEAS: dict[str, tuple[Callable[[], AbstractContextManager[Any]], dict[str, Any]]] = {
    "only what changed is drawn": (whole_drawing, {}),
    "paths are kept": (no_paths, {}),
    "frames without change are not looked at": (every_frame, {}),
    "text is set once": (no_memory_for_text, {}),
    "lines are measured word by word": (whole_sentences, {}),
    "only what changed is converted": (nullcontext, {"whole": True}),
    "a picture that stands is encoded once": (nullcontext, {"repeat_pictures": True}),
    "x264 for drawings, not superfast": (lambda: patch.dict(studio.encoder.OPTIONS, {"x264-params": SUPERFAST}), {}),
    "x264 for drawings, not medium": (lambda: patch.dict(studio.encoder.OPTIONS, {"x264-params": MEDIUM, "preset": "medium"}), {}),
}


def main() -> None:
    """Prints a line per idea."""
    parser = argparse.ArgumentParser(description="Leave out one idea at a time.")
    parser.add_argument("--rounds", type=int, default=3, help="at least 3 (default: 3)")
    rounds = max(3, parser.parse_args().rounds)
    config.update(_settings(PICTURE))
    trace = conv2d([INPUT], [[json.loads(KERNEL)]])
    planned, record = beats(trace, detail=0, seconds=SECONDS, fps=PICTURE.fps), Record(trace)

    def once(idea: str | None) -> Clock:
        without, how = IDEAS[idea] if idea else (nullcontext, {})
        typeset.text_outline.cache_clear()
        with without():
            encoder = Encoder(PICTURE.width, PICTURE.height, PICTURE.fps)
            return clip(record, planned, encoder, **how)

    once(None)  # warms up
    times: dict[str | None, list[float]] = {None: [], **{idea: [] for idea in IDEAS}}
    parts: list[dict[str, float]] = []
    for _ in range(rounds):
        for idea, found in times.items():
            clock = once(idea)
            found.append(sum(clock.spent.values()))
            if idea is None:
                parts.append(clock.spent)
    base = median(times[None])
    print(f"{machine()}, {rounds} rounds\n\nall ideas: {base:.2f} s of CPU time for {SECONDS:g} s of video, of which")
    for what in parts[0]:
        print(f"  {what:10}{median(part[what] for part in parts):6.2f} s")
    print("\nwithout")
    weak = []
    for idea in IDEAS:
        ratio = median(a / b for a, b in zip(times[idea], times[None], strict=True))
        print(f"  {idea:42}{median(times[idea]):6.2f} s{ratio:7.2f} times")
        if ratio < 1 + LEAST_GAIN:
            weak.append(idea)
    for idea in weak:
        print(f"gains less than {LEAST_GAIN:.0%}: {idea}")


if __name__ == "__main__":
    main()
