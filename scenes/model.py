"""A whole network: an overview of its parts, act after act in the pictures of their concepts, and all results at once."""

from __future__ import annotations

from typing import cast

from engine.paths import by_path
from engine.step import Step
from scenes.network.answer import Answer
from scenes.network.heading import GradientNorms, NetworkHeader
from scenes.network.lineup import Lineup
from scenes.network.overview import Overview
from scenes.network.stations import Station, stations
from scenes.network.waiting import spots, waiting
from scenes.parts.beat import Beat
from scenes.parts.finished import GATHERED
from scenes.parts.frame import STAGE
from scenes.parts.ink import Box
from scenes.parts.motion import Cue, Timeline, smooth, states
from scenes.parts.pieces import Piece
from scenes.parts.play import ARRIVES, SETS_OUT, PlayReel
from scenes.parts.reel import Reel
from scenes.parts.rooms import columns
from scenes.parts.story import Story
from scenes.parts.window import blend

#: When the first block is lit and the last one, when all of them set out for the map, and when they are there.
LIT, FOLDS, FOLDED = (0.06, 0.76), 0.84, 0.97
#: Of the width for all results, and for what the network gives back; when that is told.
SHARES, TOLD = (2.3, 1.0), 0.85


class NetworkReel(PlayReel):
    """The acts are those of a play; what stands before and after them, and the map, are of the network."""

    concept = "model"

    def heading(self) -> NetworkHeader:
        names = [part.name for part in self.parts]
        own = self.story.values
        header = NetworkHeader(own["title"], len(self.trace), own["network"], names, self.story.starts, self.theme, GradientNorms.of(own))
        header.several = [len(part.record.phases) > 1 for part in self.parts]
        return header

    def layout(self, trace: Story[Step]) -> None:
        super().layout(trace)
        self.stations = stations(self.story)
        self.waiting = waiting(self.story, self.map, self.theme)

    @property
    def map(self) -> NetworkHeader:
        """The heading, which has the map."""
        return cast("NetworkHeader", self.header)

    @property
    def has_results(self) -> bool:
        """Whether it gives anything: one that fails ends where it does."""
        return bool(self.story.values["outputs"])

    def timeline(self, beat: Beat) -> Timeline:
        self.map.wait({})
        self.map.unveil(True)
        if beat.act is None and (beat.kind == "opening" or (beat.kind == "closing" and self.has_results)):
            return Reel.timeline(self, beat)
        timeline = super().timeline(beat)
        return Timeline(self.live, [*timeline.cues, self.waits(beat, self.number(beat))], timeline.run_time)

    def show(self, beat: Beat) -> list[Cue]:
        """What is said of the whole."""
        self.map.enter(0 if beat.kind == "opening" else len(self.parts) - 1, over=beat.kind == "closing")
        self.map.show(beat.phase, None if beat.kind == "opening" else len(self.parts[-1].record) - 1)
        self.map.phase.write("")  # no act is on the stage
        self.caption.say(beat.shown)
        self.strip.clear()
        return self.overview() if beat.kind == "opening" else self.ending()

    def doors(self, stations: list[Station]) -> list[Box]:
        """The boxes of stations on the map; what was given comes in at its beginning."""
        places, away = self.map.map.places, len(self.stations) - len(self.map.map.places)
        return [places[max(0, self.stations.index(one) - away)] for one in stations]

    def tell(self, station: Station | None) -> None:
        """Says on the strip what there is to say of a part."""
        self.strip.write([Piece(text, role) for text, role in station.told] if station is not None else [])

    # --- before the first act --------------------------------------------------------------------------------------------------------

    def overview(self) -> list[Cue]:
        """Blocks are lit one after the other; then all of them go to the map."""
        shown, count = Overview(self.stations, STAGE, self.theme), len(self.stations)
        self.place([], [shown])

        def light(state: int) -> None:
            shown.light(state)
            self.tell(self.stations[state - 1] if state else None)

        def fold(share: float) -> bool:
            self.map.unveil(share >= 1)
            if share > 0:
                self.strip.clear()
                shown.fold(share, self.doors(self.stations))
            return share > 0

        return [states(*LIT, count + 1, light), Cue(FOLDS, FOLDED, fold)]

    # --- what waits ------------------------------------------------------------------------------------------------------------------

    def waits(self, beat: Beat, number: int) -> Cue:
        """What is read later goes on with the acts, above them, until its reader comes."""
        found, is_opening = spots(self.waiting, self.map, number), beat.kind == "opening"

        def draw(share: float) -> bool:
            at = smooth(min(1.0, max(0.0, (share - SETS_OUT) / (ARRIVES - SETS_OUT)))) if is_opening else 1.0
            tiles = {blend(before, now, at): pixels for before, now, pixels, stays in found if stays or at <= 0}
            self.map.wait(tiles)
            return bool(found)

        return Cue(0.0, 1.0, draw)

    def door(self, maker: int, reader: int) -> Box:
        before = max(0, reader - 1)
        waits = (one.stands(self.map, before) for one in self.waiting if (one.maker, one.reader) == (maker, reader))
        return next(waits, self.map.map.places[self.map.part_of[maker]])

    # --- after the last one ----------------------------------------------------------------------------------------------------------

    def ending(self) -> list[Cue]:
        """All results come from the map; each is told, and last what the network gives back."""
        left, right = columns(STAGE, SHARES)
        own = self.story.values
        shown = Lineup(self.stations, left, self.theme)
        (name, values), *_ = by_path(own["outputs"])
        answer = Answer(name, values, right, self.theme, labels=own["params"].get("labels") or [], winner=own.get("winner"))
        doors, count = self.doors(shown.stations), len(shown.stations)
        self.place([], [shown, answer])

        def arrive(share: float) -> bool:
            if share < 1:
                answer.show(False)
                shown.arrive(share, doors)
            return share < 1

        def tell(state: int) -> None:
            shown.tell(state)
            station = shown.stations[state - 1] if state else None
            self.strip.write([] if station is None else [Piece(text, role) for text, role in station.ranging])
            answer.show(state == count)

        return [states(GATHERED, TOLD, count + 1, tell), Cue(0.0, GATHERED, arrive)]
