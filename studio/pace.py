"""Pace: from a number of steps to beats that fill the seconds asked for. Pure arithmetic, nothing is drawn.

Every beat has the time that its words and its changes need. Where seconds are few there are fewer beats, never faster ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from engine.errors import InputError
from scenes.parts.beat import Beat
from scenes.parts.shots import FULL_RANGE, QUICK, QUICK_STEPS, SQUEEZE, Choice, Shot, saying, shots
from scenes.parts.syllabus import WORTH_STOPPING, Syllabus

if TYPE_CHECKING:
    from engine.trace import Trace

DETAIL = 2
#: With time to spare, so many steps at the most are shown quickly before a sweep, unless there is time for all of them.
MOST_QUICK = 8
#: A sweep does not stop at the strongest result where that would leave time for fewer quick steps than these.
QUICK_BEFORE_STOP = 2


class Told(NamedTuple):
    """What is said of a shot, numbers and all, and what stands below its picture, which shows the numbers itself."""

    say: str
    caption: str


def fitted(syllabus: Syllabus, detail: int, seconds: float | None) -> list[Shot]:
    """The richest shots that fit into ``seconds``, stretched or squeezed to fill them exactly; without ``seconds`` the natural ones.

    Raises :class:`InputError` for fewer seconds than the clip needs, or a negative detail.
    """
    check_pace(detail, seconds, upwards(least(syllabus)))
    found = richest(syllabus, detail, seconds)
    return found if seconds is None else filled(found, seconds)


def check_pace(detail: int, seconds: float | None, least: float, needs: str = "") -> None:
    """Raises :class:`InputError` for a negative detail, and for fewer seconds than the ``least`` or more than anybody watches."""
    if detail < 0:
        raise InputError(f"--detail is {detail}; give the number of steps to show term by term, 0 or more")
    if seconds is not None and not least <= seconds <= 24 * 3600:
        raise InputError(f"--seconds is {seconds:g}; give at least {least:g}{needs} and at most a day")


def upwards(seconds: float) -> float:
    """To tenths."""
    return -(-round(seconds * 1000) // 100) / 10


def least(syllabus: Syllabus) -> float:
    """The fewest seconds: its opening, all steps in one sweep, its closing."""
    return _least(shots(syllabus, Choice()))


def richest(syllabus: Syllabus, detail: int, seconds: float | None) -> list[Shot]:
    """The richest shots that can be followed in ``seconds``, not yet stretched; without ``seconds`` the natural ones."""
    first, more = _worked_out(syllabus, detail, seconds)
    if seconds is None:
        choice = Choice([*first, *more], QUICK_STEPS, apart="most", ends="all")
        return shots(syllabus, _stopping(syllabus, choice) if detail else choice)
    for choice in _choices(syllabus, first, more, seconds, stops=bool(detail)):
        found = shots(syllabus, choice)
        if _least(found) <= seconds:
            return spoken(syllabus, found, seconds)
    return spoken(syllabus, shots(syllabus, Choice()), seconds)


def _worked_out(syllabus: Syllabus, detail: int, seconds: float | None) -> tuple[list[int], list[int]]:
    """The first step of every kind, those that teach most before the others; then other lessons, and what the ``detail`` has more.

    Of more than would fill the ``seconds`` by themselves nothing is to be known.
    """
    if not detail:
        return [], []
    telling = dict.fromkeys([*(syllabus.run(k).kind for k in syllabus.lessons), *sorted(syllabus.firsts, key=syllabus.firsts.__getitem__)])
    first = [syllabus.firsts[kind] for kind in telling if kind not in syllabus.known]
    most = syllabus.steps if seconds is None else int(seconds / SQUEEZE / FULL_RANGE[0]) + 1
    lessons = [k for k in syllabus.lessons if k not in first]
    begin, missing = min([*first, *lessons], default=0), max(0, min(detail, most) - len(first) - len(lessons))
    others = (k for k in range(begin, syllabus.steps) if k not in first and k not in lessons)
    more = [] if syllabus.known else [*lessons, *islice(others, missing)]
    return first[:most], more[:most]


def _choices(syllabus: Syllabus, first: Sequence[int], more: Sequence[int], seconds: float, *, stops: bool) -> Iterator[Choice]:
    """From the richest to the poorest: each shows at least as many steps one by one as those after it."""
    full, steps = [*first, *more], syllabus.steps
    if steps * QUICK * SQUEEZE <= seconds:
        yield Choice(full, steps, steps, "all", ends="all")
    for quick in range(MOST_QUICK, 0, -1):
        choice = Choice(full, quick, apart="most", ends="all")
        if stops and quick >= QUICK_BEFORE_STOP:
            yield _stopping(syllabus, choice)
        yield choice
    yield from (Choice(full[:count], apart="most", ends="all") for count in range(len(full), len(first) - 1, -1))
    yield Choice(first, apart="most", ends="least")
    yield from (Choice(first[:count], ends="least") for count in range(len(first), 0, -1))
    yield Choice(first[:1])


def _stopping(syllabus: Syllabus, choice: Choice) -> Choice:
    """The same with the strongest result worked out, if it is on the way of a long sweep."""
    strongest = syllabus.highlight
    if strongest is None or strongest in choice.full:
        return choice
    long = any(
        shot.kind == "sweep" and shot.stop - shot.start >= WORTH_STOPPING and shot.start < strongest < shot.stop - 1
        for shot in shots(syllabus, choice)
    )
    return choice._replace(full=[*choice.full, strongest], highlight=strongest) if long else choice


def spoken(syllabus: Syllabus, found: list[Shot], seconds: float) -> list[Shot]:
    """Of what is said at the ends as much as there is time to read, the opening first."""
    for at, texts in ((0, syllabus.openings), (-1, syllabus.closings if syllabus.closing else [])):
        ways = [[saying(shot, text) if shot is found[at] else shot for shot in found] for text in texts]
        found = next((way for way in ways if _least(way) <= seconds), found)
    return found


def filled(found: Sequence[Shot], seconds: float) -> list[Shot]:
    """The shots with lengths that add up to ``seconds``: each between its least and its natural one, or all in proportion."""
    natural, least = length(found), _least(found)
    if not least <= seconds <= natural or natural == least:
        return [replace(shot, seconds=shot.seconds * seconds / natural) for shot in found]
    share = (seconds - least) / (natural - least)
    return [replace(shot, seconds=shot.least + (shot.seconds - shot.least) * share) for shot in found]


def length(found: Sequence[Shot]) -> float:
    """All of their seconds."""
    return sum(shot.seconds for shot in found)


def _least(found: Sequence[Shot]) -> float:
    return sum(shot.least for shot in found)


def beats(trace: Trace, *, detail: int = DETAIL, seconds: float | None = None, fps: float = 30) -> list[Beat]:
    """The beats of a clip. Their frames add up to ``seconds``·``fps``, rounded."""
    syllabus = Syllabus.of(trace)
    found = fitted(syllabus, detail, seconds)
    return timed([(shot, wording(syllabus, shot), None) for shot in found], seconds, fps)


def timed(told: Sequence[tuple[Shot, Told, int | None]], seconds: float | None, fps: float) -> list[Beat]:
    """Shots with what is said, and the number of their act if they have one, as beats."""
    frames = _frames([shot.seconds for shot, _, _ in told], seconds, fps)
    planned: list[Beat] = []
    before = None
    for (s, said, act), n in zip(told, frames, strict=True):
        planned.append(Beat(s.kind, s.start, s.stop, s.phase, said.say, n, before, act=act, caption=said.caption))
        before = planned[-1].pictures[-1] if planned[-1].pictures else before
    return planned


def _frames(lengths: Sequence[float], seconds: float | None, fps: float) -> list[int]:
    """The lengths in whole frames, at least one each."""
    total = round((sum(lengths) if seconds is None else seconds) * fps)
    ends, at = [0], 0.0
    for after, length in zip(range(len(lengths) - 1, -1, -1), lengths, strict=True):
        at += length
        # The last beat ends with the clip, whatever the rounding of the sum; one frame is left for each beat to come.
        end = min(round(at * fps), total - after) if after else total
        ends.append(max(ends[-1] + 1, end))
    return [b - a for a, b in pairwise(ends)]


def wording(syllabus: Syllabus, shot: Shot, first: int = 0) -> Told:
    """Those of a shot; steps are counted from ``first``, the number of the first step that the syllabus has."""
    if shot.kind in ("opening", "closing"):
        return Told(syllabus.opening if shot.kind == "opening" else syllabus.closing, shot.caption)
    if shot.kind == "sweep":
        return Told(_swept(shot, first), shot.caption)
    return Told((syllabus.begins(shot.start) if shot.kind == "full" else "") + syllabus.step(shot.start).say, shot.caption)


def _swept(shot: Shot, first: int) -> str:
    """What is said of steps that are swept over."""
    steps = f"Steps {first + shot.start + 1:,} to {first + shot.stop:,}"
    if shot.likeness == "shown":
        return f"{steps} are of the kinds that were shown."
    if shot.likeness == "several":
        return f"{steps}, of several kinds, go by in one sweep."
    return f"{steps} go by in one sweep." if shot.is_new else f"{steps} follow in the same way."
