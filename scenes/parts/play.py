"""A play on the stage: act after act the picture of its concept, and between two of them what the second takes from those before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from manim import Mobject

from engine.play_record import ActRecord, PlayRecord, act_of
from engine.step import Step
from scenes.parts.acts import PlayHeader
from scenes.parts.beat import Beat
from scenes.parts.cast import has_file, scene_class
from scenes.parts.ink import Box
from scenes.parts.motion import Cue, Timeline
from scenes.parts.passage import CarriedWay, Passage
from scenes.parts.reel import Reel
from scenes.parts.standing import Standing
from scenes.parts.story import Story

#: When what is taken sets out and has arrived; shares of an opening.
SETS_OUT, ARRIVES = 0.12, 0.7
#: Where several are taken, the share of that time that each of them needs.
OWN = 0.6
#: Of the way there, when the last of the other parts stands on the stage.
DRESSED = 0.8


class PlayReel(Reel[Step]):
    """Only the scene of the present act is laid out."""

    def heading(self) -> PlayHeader:
        names = [part.name for part in self.parts]
        edges = [(names.index(maker), number) for number, part in enumerate(self.parts) for maker, _ in part.takes.values()]
        header = PlayHeader(self.trace.title, len(self.trace), names, self.story.starts, edges, self.theme)
        header.several = [len(part.record.phases) > 1 for part in self.parts]
        return header

    @property
    def call(self) -> str:
        return ""  # acts have their own

    @property
    def story(self) -> PlayRecord:
        """What it shows."""
        return cast("PlayRecord", self.trace)

    @property
    def parts(self) -> Sequence[ActRecord]:
        """The acts."""
        return self.story.parts

    def layout(self, trace: Story[Step]) -> None:
        """What there is to lay out is known with the first beat."""
        self.present: tuple[int, Reel[Any]] | None = None

    def scene(self, number: int) -> Reel[Any]:
        """The scene of an act."""
        if self.present is None or self.present[0] != number:
            self.present = None  # there is room for the next one
            record, line = self.parts[number].record, self.parts[number].line
            own = {"within": self, "code": self.has_code, "line": line}
            made: Reel[Any] = scene_class(record.concept)(record, [self._end(number)], self.theme.name, **own)
            made.setup()
            self.present = number, made
        return self.present[1]

    # --- beats -----------------------------------------------------------------------------------------------------------------------

    def number(self, beat: Beat) -> int:
        """The act of a beat; what is said of the whole is said before the first and after the last one."""
        if beat.act is not None:
            return beat.act
        return min(act_of(self.story.starts, beat.start), len(self.parts) - 1)

    def within_act(self, beat: Beat, number: int) -> Beat:
        """A beat in the steps of its act."""
        start = self.story.starts[number]
        before = beat.before - start if beat.before is not None and beat.before >= start else None
        return replace(beat, start=beat.start - start, stop=beat.stop - start, before=before)

    def timeline(self, beat: Beat) -> Timeline:
        number = self.number(beat)
        header = cast("PlayHeader", self.header)
        taken = self._stood(number) if beat.kind == "opening" and self.parts[number].takes else {}
        header.enter(number, over=beat.kind == "closing")
        scene = self.scene(number)
        for path in self.parts[number].takes:
            if scene.stands(path) is not None:
                scene.withhold(path, False)
        timeline = scene.timeline(self.within_act(beat, number))
        self.still.submobjects, self.live.submobjects = [scene.still], [scene.live]
        passage = [self.passage(scene, number, taken)] if taken else []
        return Timeline(self.live, [*timeline.cues, *passage], timeline.run_time)

    def _end(self, number: int) -> Beat:
        """The last step of an act."""
        last = len(self.parts[number].record) - 1
        return Beat("sweep", last, last + 1, "", "", 1)

    # --- what is taken ---------------------------------------------------------------------------------------------------------------

    def _stood(self, number: int) -> dict[str, Standing | None]:
        """Where that stood what an act takes, by the names that it has in this act; none where it cannot be seen any more."""
        takes = self.parts[number].takes
        found: dict[str, Standing | None] = dict.fromkeys(takes)
        just_before = {path: theirs for path, (maker, theirs) in takes.items() if maker == self.parts[number - 1].name}
        if just_before:
            scene = self.scene(number - 1)
            scene.timeline(self._end(number - 1)).interpolate(1.0)
            found |= {path: scene.stands(theirs) for path, theirs in just_before.items()}
        orders = self.parts[number].orders
        return {path: one.reordered(orders[path].tolist()) if one and path in orders else one for path, one in found.items()}

    def passage(self, scene: Reel[Any], number: int, stood: dict[str, Standing | None]) -> Cue:
        """The cells that are taken move to their places; on the way the other parts of the new picture come, one after the other."""
        moving: dict[str, Passage] = {}

        def draw(share: float) -> None:
            if not moving:
                moving.update(self._ways(scene, number, stood))
            on_the_way = (share - SETS_OUT) / (ARRIVES - SETS_OUT)
            for at, (path, passage) in enumerate(moving.items()):
                own = turn(on_the_way, at, len(moving))
                passage.show(own)
                if scene.stands(path) is not None:
                    scene.withhold(path, own < 1)
            self._dress(scene, min(1.0, max(0.0, on_the_way / DRESSED)))
            self.live.submobjects = [*self.live.submobjects, *moving.values()]

        return Cue(0.0, 1.0, draw)

    def _ways(self, scene: Reel[Any], number: int, stood: dict[str, Standing | None]) -> dict[str, Passage]:
        makers = self.makers(number)
        return {
            path: Passage(CarriedWay(start, scene.stands(path), (self.door(makers[path], number), self.door(number, number))), self.theme)
            for path, start in stood.items()
        }

    def makers(self, number: int) -> dict[str, int]:
        """The acts from which one takes its inputs, by the names of these."""
        names = [part.name for part in self.parts]
        return {path: names.index(maker) for path, (maker, _) in self.parts[number].takes.items()}

    def door(self, maker: int, reader: int) -> Box:
        """Where on the map that comes out which the one has made and the other reads, or goes into that which it reads itself."""
        return cast("PlayHeader", self.header).map.places[maker]

    def _dress(self, scene: Reel[Any], share: float) -> None:
        """Puts so many parts of the picture on the stage, those at rest first; the outer zones are always there."""
        outer = [self.header, self.strip, self.caption]
        still, live = _seen(scene.still), [part for part in _seen(scene.live) if part not in outer]
        count = round(share * (len(still) + len(live)))
        self.still.submobjects = still[:count]
        self.live.submobjects = [*live[: max(0, count - len(still))], *outer]


def turn(share: float, number: int, count: int) -> float:
    """How far one of several is on its way: they set out one after the other, the last one early enough to have as much time."""
    late = (1 - OWN) * number / max(1, count - 1)
    return min(1.0, max(0.0, (share - late) / (OWN if count > 1 else 1.0)))


def _seen(group: Mobject) -> list[Mobject]:
    """Parts that have something to be seen."""
    return [part for part in group.submobjects if any(len(mark.points) for mark in part.get_family())]


def scene_of(story: Any) -> Callable[..., Any]:
    """The scene that shows a trace or a record: that of its concept, or for a play the one that shows all of its acts."""
    is_play = hasattr(story, "acts") or hasattr(story, "parts")
    return PlayReel if is_play and not has_file(story.concept) else scene_class(story.concept)
