"""The pace of a play: each act has time for what it has to teach, and every one is told, however little time there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from scenes.parts.beat import Beat
from studio.pace import (
    DETAIL,
    ENDS,
    LEAST_END,
    LEAST_SWEEP,
    QUICK,
    SQUEEZE,
    Shot,
    Told,
    check_pace,
    filled,
    richest,
    terms_of,
    timed,
    wording,
)

if TYPE_CHECKING:
    from engine.play import Act, Play

CLOSING = "result"


def play_beats(play: Play, *, detail: int = DETAIL, seconds: float | None = None, fps: float = 30) -> list[Beat]:
    """The beats of all acts, each of which begins with an opening; one closing at the end. Frames add up to ``seconds``·``fps``, rounded.

    Raises :class:`InputError` for fewer seconds than it takes to tell of every act, or a negative detail.
    """
    least = [_least(act) for act in play.acts]
    needs = f" for {len(play.acts)} acts" if len(play.acts) > 1 else ""
    check_pace(detail, seconds, _up(sum(least) + LEAST_END), needs)
    known: set[str] = set()
    told: list[tuple[Shot, Told, int | None]] = []
    natural = [_shots(act, detail, None, known) for act in play.acts]
    rooms, end = _shared([_length(one) for one in natural], least, seconds)
    known.clear()
    for number, (act, start, room) in enumerate(zip(play.acts, play.starts, rooms, strict=True)):
        found = _shots(act, detail, room if seconds is not None else None, known)
        for shot in found:
            begins = not number and shot.kind == "opening" and play.opening
            said = Told(play.opening, play.opening) if begins else wording(act.trace, shot, start)
            told.append((_placed(shot, act, start), said, number))
    told.append((Shot("closing", len(play), len(play), CLOSING, end), Told(play.closing, play.closing), None))
    return timed(told, seconds, fps)


def _shots(act: Act, detail: int, room: float | None, known: set[str]) -> list[Shot]:
    """The shots of an act without its closing, in the steps of its trace. A concept that is ``known`` has no lessons any more."""
    trace, again = act.trace, act.trace.concept in known
    known.add(trace.concept)
    lessons = {} if again else terms_of(trace)
    whole = None if room is None else room + LEAST_END
    found = richest(
        trace.phases, len(trace[0].terms), 0 if again else detail, whole, trace.highlight, lessons, most_phases=len(trace.phases)
    )[:-1]
    found = [_single(shot) for shot in found]
    return found if room is None else filled(found, room)


def _single(shot: Shot) -> Shot:
    """A step that is alone is not swept over."""
    alone = shot.kind == "sweep" and shot.stop - shot.start == 1
    return replace(shot, kind="quick", seconds=QUICK) if alone else shot


def _placed(shot: Shot, act: Act, start: int) -> Shot:
    """A shot in the steps and chapters of the play."""
    names = [name for name, _ in act.trace.phases]
    phase = act.chapter(names[0]) if shot.kind == "opening" else act.chapter(shot.phase)
    return replace(shot, start=shot.start + start, stop=shot.stop + start, phase=phase)


def _shared(natural: Sequence[float], least: Sequence[float], seconds: float | None) -> tuple[list[float], float]:
    """The seconds of every act, and of the closing: what there is beyond the least is shared out by how much each could do with.

    With more seconds than come naturally, all have more in proportion.
    """
    whole = sum(natural) + ENDS
    if seconds is None:
        return list(natural), ENDS
    if seconds >= whole:
        return [one * seconds / whole for one in natural], ENDS * seconds / whole
    share = (seconds - sum(least) - LEAST_END) / (whole - sum(least) - LEAST_END)
    rooms = [low + (high - low) * share for low, high in zip(least, natural, strict=True)]
    return rooms, seconds - sum(rooms)


def _least(act: Act) -> float:
    """The seconds of an opening and one beat."""
    return LEAST_END + (LEAST_SWEEP if len(act.trace) > 1 else QUICK * SQUEEZE)


def _up(seconds: float) -> float:
    """To tenths, upwards."""
    return -(-round(seconds * 1000) // 100) / 10


def _length(found: Sequence[Shot]) -> float:
    return sum(shot.seconds for shot in found)
