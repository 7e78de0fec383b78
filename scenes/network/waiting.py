"""What waits on the map: a small picture of each result that is read by a part further on, above the part that is shown meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.paths import by_path
from engine.play_record import PlayRecord
from scenes.network.face import face
from scenes.network.heading import NetworkHeader
from scenes.network.stations import Station
from scenes.parts.ink import Box
from scenes.parts.theme import Theme


@dataclass(frozen=True, eq=False)
class Waiting:
    """What the act ``maker`` has made and the act ``reader`` is going to read; ``edge`` are their parts."""

    maker: int
    reader: int
    edge: tuple[int, int]
    pixels: np.ndarray

    def stands(self, header: NetworkHeader, act: int) -> Box:
        """Where it is while an act is shown: on its line, or before it sets out in the part that has made it."""
        part = header.part_of[act]
        if part <= self.edge[0]:
            return header.map.places[self.edge[0]]
        found = header.map.waiting(self.edge, min(part, self.edge[1] - 1))
        return header.map.places[self.edge[0]] if found is None else found

    def waits(self, header: NetworkHeader, act: int) -> bool:
        """Whether it stands there while an act is shown."""
        return act < self.reader and self.edge[0] < header.part_of[act] < self.edge[1]  # not on the way back


def waiting(story: PlayRecord, header: NetworkHeader, theme: Theme) -> list[Waiting]:
    """All that waits at some time, if there is a line for it on the map."""
    return [*_all(story, header, theme)]


def _all(story: PlayRecord, header: NetworkHeader, theme: Theme) -> Iterator[Waiting]:
    names = [act.name for act in story.parts]
    for reader, act in enumerate(story.parts):
        for name, path in dict.fromkeys(act.takes.values()):
            maker = names.index(name)
            edge = header.part_of[maker], header.part_of[reader]
            pixels = face(_station(story, maker, path), theme) if edge in header.map.arcs else None
            if pixels is not None:
                yield Waiting(maker, reader, edge, pixels)


def _station(story: PlayRecord, maker: int, path: str) -> Station:
    values = story.parts[maker].record.values
    found: np.ndarray = dict((*by_path(values["inputs"]), *by_path(values["outputs"])))[path]
    return Station(path, "", found.shape, 0, found, ())


def spots(found: Sequence[Waiting], header: NetworkHeader, act: int) -> list[tuple[Box, Box, np.ndarray, bool]]:
    """Of all that waits while an act is shown, or is read by it: where it was before and where it is now, and whether it is still there."""
    return [
        (one.stands(header, max(0, act - 1)), one.stands(header, act), one.pixels, one.waits(header, act))
        for one in found
        if one.waits(header, act) or one.reader == act
    ]
