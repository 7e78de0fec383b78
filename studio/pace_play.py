"""The pace of a play: each act has time for what it has to teach, and every one is told, however little time there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from scenes.parts.beat import Beat
from scenes.parts.reading import leading
from scenes.parts.shots import ENDS, LEAST_END, Shot, saying
from scenes.parts.syllabus import MOST_PHASES, Syllabus
from studio.pace import DETAIL, Told, check_pace, filled, least, length, richest, timed, upwards, wording

if TYPE_CHECKING:
    from engine.play import Act, Play

CLOSING = "result"


def play_beats(play: Play, *, detail: int = DETAIL, seconds: float | None = None, fps: float = 30) -> list[Beat]:
    """The beats of all acts, each of which begins with an opening; one closing at the end. Frames add up to ``seconds``·``fps``, rounded.

    Raises :class:`InputError` for fewer seconds than it takes to tell of every act, or a negative detail.
    """
    syllabuses, closings = [*_syllabuses(play)], _closings(play)
    lows = [*map(least, syllabuses), closings[-1].least]
    check_pace(detail, seconds, upwards(sum(lows)), f" for {len(syllabuses)} acts" if len(syllabuses) > 1 else "")
    highs = [*(length(richest(syllabus, detail, None)) for syllabus in syllabuses), closings[0].seconds]
    *rooms, last = highs if seconds is None else _shared(lows, highs, seconds)
    told: list[tuple[Shot, Told, int | None]] = []
    for number, (act, syllabus, start, room) in enumerate(zip(play.acts, syllabuses, play.starts, rooms, strict=True)):
        found = richest(syllabus, detail, None) if seconds is None else filled(richest(syllabus, detail, room), room)
        told += [(_placed(shot, act, start), wording(syllabus, shot, start), number) for shot in found]
    closing = next((shot for shot in closings if shot.least <= last), closings[-1])
    told.append((replace(closing, seconds=last), Told(play.closing, closing.caption), None))
    return timed(told, seconds, fps)


def _syllabuses(play: Play) -> Iterator[Syllabus]:
    """Of every act, which ends without a closing. What was shown of a concept in an earlier one is known, and no lesson any more."""
    known: defaultdict[str, set[str]] = defaultdict(set)
    for act in play.acts:
        before = known[act.trace.concept]
        opens = play if act is play.acts[0] else act.trace
        lessons = () if before else act.trace.lessons
        words = {"title": opens.title, "opening": opens.opening, "closing": ""}
        most = max(MOST_PHASES, len(act.trace.phases))
        yield Syllabus.of(act.trace, **words, lessons=lessons, known=frozenset(before), most_phases=most)
        before |= {block.stage for block in act.trace.blocks}


def _closings(play: Play) -> list[Shot]:
    """All that may be said at the end, the longest first."""
    shot = Shot("closing", len(play), len(play), CLOSING, "", ENDS, LEAST_END)
    return [saying(shot, text) for text in leading(play.closing)]


def _placed(shot: Shot, act: Act, start: int) -> Shot:
    """A shot in the steps and chapters of the play."""
    names = [name for name, _ in act.trace.phases]
    phase = act.chapter(names[0]) if shot.kind == "opening" else act.chapter(shot.phase)
    return replace(shot, start=shot.start + start, stop=shot.stop + start, phase=phase)


def _shared(lows: Sequence[float], highs: Sequence[float], seconds: float) -> list[float]:
    """The seconds of every act, and of the closing: what there is beyond the least is shared out by how much each could do with.

    With more seconds than come naturally, all have more in proportion.
    """
    least, whole = sum(lows), sum(highs)
    if seconds >= whole:
        return [one * seconds / whole for one in highs]
    share = (seconds - least) / (whole - least)
    return [low + (high - low) * share for low, high in zip(lows, highs, strict=True)]
