"""The stream of one unit through all time: as thick as its state, and narrower behind the valve of every time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
from manim import Group, Mobject

from scenes.parts.ink import Box, Ink, Mark, boxes, letter_size
from scenes.parts.press import SERIF
from scenes.parts.raster import heat_limit
from scenes.parts.theme import Theme
from scenes.recurrence.streams import FULL, JAW, THINNEST, Stream, Streams, cut_at

VALVE = 0.42  # of the room of a time, what its valve takes up
LEAST_VALVE = 0.5  # width of a time whose valve can be seen
NOTHING = 2e-3  # of the thickest stream, what is no longer seen


class UnitFlow(NamedTuple):
    """What flows: by time, what stood ``before`` goes through a valve and becomes what stands ``after``; ``back`` is from the right.

    A number of the size ``most`` fills the pipe.
    """

    name: str
    role: str
    before: np.ndarray
    valves: np.ndarray
    after: np.ndarray
    back: bool
    most: float = np.inf


class Course(Group):
    """A flow in ``room``, which all times share.

    ``fixed`` is what never changes, ``ground`` what else lies behind frames.
    """

    def __init__(self, flow: UnitFlow, room: Box, theme: Theme) -> None:
        super().__init__()
        self.before, self.valves, self.after, self.back = flow.before, flow.valves, flow.after, flow.back
        self.room, self.limit = room, min(flow.most, heat_limit(flow.after))
        left, low, right, high = room
        self.each = (right - left) / len(self.after)
        label = Ink(flow.name, letter_size(SERIF), theme.muted, font=SERIF, align=1).put(left - 0.2, (low + high) / 2)
        floor, walls = Mark(theme.line, fill=0.14).draw(boxes([room])), Mark(theme.line, stroke=2.0).draw(boxes([room]))
        self.streams, self.frame = Streams(flow.role, theme), Mark(theme.ink, stroke=3.0)
        self.fixed: list[Mobject] = [floor, walls, label]
        self.ground: list[Mobject] = [*self.streams]
        self.add(self.frame)

    def show(self, times: range, share: float = 1.0) -> None:
        """The stream as far as it has come; of the last of the times so much as its ``share``."""
        going = [*(reversed(times) if self.back else times)]
        flows = [*self._wide(going)] if self.each >= LEAST_VALVE else [*self._narrow(going)]
        if share < 1 and flows:
            flows = self._cut(flows, going[-1], share)
        opened = [(self._valve(time), float(self.valves[time])) for time in going] if self.each >= LEAST_VALVE else []
        self.streams.show(flows, opened)

    def at(self, time: int) -> None:
        """Frames a time."""
        _, low, _, high = self.room
        left, right = sorted((self._x(time, 0), self._x(time, 1)))
        self.frame.draw(boxes([(left, low - 0.04, right, high + 0.04)]))

    # --- shapes ------------------------------------------------------------------------------------------------------------------------

    def _x(self, time: int, share: float) -> float:
        """A place within a time, as a share of the way through it."""
        return self.room[0] + (time + (1 - share if self.back else share)) * self.each

    @property
    def _tall(self) -> float:
        return FULL * (self.room[3] - self.room[1])

    def _thick(self, number: float) -> float:
        share = min(1.0, abs(number) / self.limit) if np.isfinite(number) else 0.0
        return max(THINNEST, share * self._tall) if share > NOTHING else 0.0

    def _stream(self, along: Sequence[tuple[float, float]], number: float) -> Stream:
        return Stream((self.room[1] + self.room[3]) / 2, along, number < 0)

    def _valve(self, time: int) -> Box:
        left, right = sorted((self._x(time, 0), self._x(time, VALVE)))
        return left, self.room[1], right, self.room[3]

    def _wide(self, times: Sequence[int]) -> Iterator[Stream]:
        """Time by time: through the valve, then as thick as what has come of it."""
        for time in times:
            old, new, kept = float(self.before[time]), float(self.after[time]), float(self.before[time] * self.valves[time])
            through = [(0.0, old), (JAW * VALVE, kept), (VALVE, kept)]
            yield self._stream([(self._x(time, at), self._thick(number)) for at, number in through], old)
            yield self._stream([(self._x(time, at), self._thick(new)) for at in (VALVE, 1.0)], new)

    def _narrow(self, times: Sequence[int]) -> Iterator[Stream]:
        """From the middle of each time to that of the next one, in pieces of one sign."""
        for _, found in groupby(times, lambda time: bool(self.after[time] < 0)):
            piece = [*found]
            along = [(self._x(time, 0.5), self._thick(float(self.after[time]))) for time in piece]
            ends = (self._x(piece[0], 0), along[0][1]), (self._x(piece[-1], 1), along[-1][1])
            yield self._stream([ends[0], *along, ends[1]], float(self.after[piece[0]]))

    def _cut(self, flows: Sequence[Stream], time: int, share: float) -> list[Stream]:
        """Without what lies beyond a share of a time."""
        end, sign = self._x(time, share), -1 if self.back else 1
        begun = [flow for flow in flows if sign * flow.along[0][0] < sign * end]
        return [Stream(flow.y, cut_at(flow.along, end), flow.negative) for flow in begun]
