"""Which pictures of a film are shown, and when, where there may be fewer of them a second and times are hundredths."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import av

from studio.frames import FilmFrame

#: Of a second. Viewers show a picture that is to stand for less than two of them for ten.
TICKS = 100
LEAST = 2


def ticks(frame: int, fps: int) -> int:
    """When a frame begins, in hundredths of a second. Times are rounded, not how long a frame stands, so that errors do not add up."""
    return round(Fraction(frame * TICKS, fps))


def rhythm(
    pictures: Iterable[FilmFrame], starts: Sequence[int], frames: int, fps: int, rate: Fraction
) -> Iterator[tuple[int, int, av.VideoFrame]]:
    """Pictures with the hundredths at which they begin and end, at most about ``rate`` a second.

    Each of the frames ``starts`` begins a picture, at its own time. Between them one begins where the film changes, or a little later if
    one began just before; of what changes faster, some is left out. ``pictures`` begin anew at each of ``starts``.
    """
    marks, begins = [*starts, frames], set(starts)
    step = Fraction(fps) / rate
    due = Fraction(0)
    held: tuple[int, av.VideoFrame] | None = None
    for first, count, frame in pictures:
        when = first if first in begins else max(first, math.ceil(due))
        until = marks[bisect_right(marks, when)] if when < frames else frames
        tight = held is not None and ticks(when, fps) - held[0] < LEAST
        if when >= first + count or tight or ticks(until, fps) - ticks(when, fps) < LEAST:
            continue
        if held is not None:
            yield held[0], ticks(when, fps), held[1]
        held = ticks(when, fps), frame
        # So many a second on the whole: what came late does not put off the next one.
        due = max(due, Fraction(when - 1)) + step
    if held is not None:
        yield held[0], ticks(frames, fps), held[1]
