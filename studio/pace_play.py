"""The pace of a play: each act has time for what it has to teach, and every one is told, however little time there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from scenes.parts.beat import Beat
from scenes.parts.reading import leading
from scenes.parts.shots import ENDS, LEAST_END, LEAST_SWEEP, Choice, Shot, saying, shots
from scenes.parts.syllabus import MOST_PHASES, Syllabus
from studio.pace import DETAIL, Told, check_pace, filled, least, length, richest, spoken, timed, upwards, wording

if TYPE_CHECKING:
    from engine.play import Act, Play

OVERVIEW, CLOSING = "overview", "result"
#: The concept whose acts pass in one sweep, and the seconds that this takes.
PASSES, PASSING = "whole", 2.6
#: Seconds for each box where all are shown, and for all of them.
BOX, LEAST_OVERVIEW, MOST_OVERVIEW = 0.3, 2.4, 12.0


def play_beats(play: Play, *, detail: int = DETAIL, seconds: float | None = None, fps: float = 30) -> list[Beat]:
    """The beats of all acts, each of which begins with an opening; one closing at the end. Frames add up to ``seconds``·``fps``, rounded.

    A network has an overview of its own before the first act.

    Raises :class:`InputError` for fewer seconds than it takes to tell of every act, or a negative detail.
    """
    syllabuses, overviews, closings = [*_syllabuses(play)], _overviews(play), _closings(play)
    ends = [found for found in (overviews, closings) if found]
    lows = [*map(_least, syllabuses), *(found[-1].least for found in ends)]
    check_pace(detail, seconds, upwards(sum(lows)), f" for {len(syllabuses)} acts" if len(syllabuses) > 1 else "")
    highs = [*(length(_told(syllabus, detail, None)) for syllabus in syllabuses), *(found[0].seconds for found in ends)]
    *rooms, last = highs if seconds is None else _shared(lows, highs, seconds)
    told: list[tuple[Shot, Told, int | None]] = []
    if overviews:
        told.append(_said(overviews, rooms.pop(), play.opening))
    for number, (act, syllabus, start, room) in enumerate(zip(play.acts, syllabuses, play.starts, rooms, strict=True)):
        found = _told(syllabus, detail, None) if seconds is None else filled(_told(syllabus, detail, room), room)
        told += [(_placed(shot, act, start), wording(syllabus, shot, start), number) for shot in found]
    return timed([*told, _said(closings, last, play.closing)], seconds, fps)


def _told(syllabus: Syllabus, detail: int, seconds: float | None) -> list[Shot]:
    """The richest shots of an act. One that is not opened passes in one sweep, below which stands what was said before it."""
    if not syllabus.is_passing:
        return richest(syllabus, detail, seconds)
    found = shots(syllabus, Choice(ends="all" if seconds is None else "title"))
    opening, *others = found if seconds is None else spoken(syllabus, found, seconds)
    return [opening, *(replace(shot, caption=opening.caption, seconds=PASSING, least=LEAST_SWEEP) for shot in others)]


def _least(syllabus: Syllabus) -> float:
    """The fewest seconds of an act."""
    return sum(shot.least for shot in _told(syllabus, 0, 0.0)) if syllabus.is_passing else least(syllabus)


def _said(ends: Sequence[Shot], seconds: float, say: str) -> tuple[Shot, Told, None]:
    """What is said of the whole: as much as there is time to read."""
    shot = next((one for one in ends if one.least <= seconds), ends[-1])
    return replace(shot, seconds=seconds), Told(say, shot.caption), None


def _syllabuses(play: Play) -> Iterator[Syllabus]:
    """Of every act, which ends without a closing. What was shown of a concept in an earlier one is known, and no lesson any more."""
    known: defaultdict[str, set[str]] = defaultdict(set)
    for act in play.acts:
        before = known[act.trace.concept]
        # Where the whole has an overview that is where it is told of.
        opens = play if act is play.acts[0] and not _parts(play) else act.trace
        lessons = () if before else act.trace.lessons
        words = {"title": opens.title, "opening": opens.opening, "closing": ""}
        most = max(MOST_PHASES, len(act.trace.phases))
        passing = act.trace.concept == PASSES
        yield Syllabus.of(act.trace, **words, lessons=lessons, known=frozenset(before), most_phases=most, is_passing=passing)
        before |= {block.stage for block in act.trace.blocks}


def _parts(play: Play) -> int:
    """How many boxes the map of a network has; none of any other play."""
    return len(getattr(play, "network", ()))


def _overviews(play: Play) -> list[Shot]:
    """All that may be said of a network before its first act, the longest first."""
    texts = [*leading(play.opening), f"{play.title}."]
    return [_shown(play, Shot("opening", 0, 0, OVERVIEW, "", ENDS, LEAST_END), text) for text in texts if _parts(play)]


def _closings(play: Play) -> list[Shot]:
    """All that may be said at the end, the longest first."""
    return [_shown(play, Shot("closing", len(play), len(play), CLOSING, "", ENDS, LEAST_END), text) for text in leading(play.closing)]


def _shown(play: Play, shot: Shot, text: str) -> Shot:
    """A shot below which a text stands while all parts of a network are shown, if it is one."""
    found, count = saying(shot, text), _parts(play)
    if not count:
        return found
    seconds = min(MOST_OVERVIEW, ENDS + BOX * count)
    return replace(found, seconds=max(found.seconds, seconds), least=max(found.least, LEAST_OVERVIEW))


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
