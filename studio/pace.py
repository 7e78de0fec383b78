"""Pace: from a number of steps to beats that fill the seconds asked for. Pure arithmetic, nothing is drawn."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from engine.errors import InputError
from scenes.parts.beat import Beat, Kind

if TYPE_CHECKING:
    from engine.trace import Trace

#: Seconds that a beat takes if nothing else is asked for.
ENDS, QUICK = 3.0, 1.3
FULL_BASE, FULL_TERM, FULL_RANGE = 1.6, 0.25, (2.4, 7.0)
SWEEP_STEP, SWEEP_RANGE = 0.15, (1.6, 8.0)

DETAIL = 2
QUICK_STEPS = 4
#: So many steps at the most are left over for a sweep that is not worth having: they are shown one by one.
NO_SWEEP = 8
#: With time to spare, so many steps at the most are shown quickly before a sweep, unless there is time for all of them.
MOST_QUICK = 8
#: A sweep over this many steps stops at the strongest result on its way.
WORTH_STOPPING = 40
#: It does not stop where that would leave time for fewer quick steps than these.
QUICK_BEFORE_STOP = 2
#: Phases after these are swept through together.
MOST_PHASES = 6
#: A beat may be this much faster than its natural pace before beats are left out; ends and sweeps give way first.
SQUEEZE = 0.75
LEAST_END, LEAST_SWEEP = 1.2, 1.6
LEAST_SECONDS = 4.0


class Told(NamedTuple):
    """What is said of a shot, numbers and all, and what stands below its picture, which shows the numbers itself."""

    say: str
    caption: str


@dataclass(frozen=True)
class Shot:
    """A beat before it has words: its steps and its natural length in seconds."""

    kind: Kind
    start: int
    stop: int
    phase: str
    seconds: float

    @property
    def least(self) -> float:
        """The fewest seconds in which it can be followed."""
        return {"opening": LEAST_END, "closing": LEAST_END, "sweep": min(LEAST_SWEEP, self.seconds)}.get(self.kind, self.seconds * SQUEEZE)


def full_seconds(terms: int) -> float:
    """A sum of that many terms, one by one."""
    low, high = FULL_RANGE
    return min(high, max(low, FULL_BASE + FULL_TERM * terms))


def sweep_seconds(steps: int) -> float:
    """That many steps, faster and faster."""
    low, high = SWEEP_RANGE
    return min(high, max(low, SWEEP_STEP * steps))


def shots(
    phases: Sequence[tuple[str, int]],
    terms: int,
    detail: int,
    quick: int,
    most_phases: int = MOST_PHASES,
    highlight: int | None = None,
    lessons: Mapping[int, int] = MappingProxyType({}),
    later: int = 1,
) -> list[Shot]:
    """The first ``detail`` steps in full, ``quick`` quick ones, the rest of the phase swept; later phases begin with ``later`` quick ones.

    ``phases`` are names and numbers of steps, ``terms`` the terms of a step. A long sweep stops at step ``highlight`` to show it in full.
    ``lessons`` are steps, with their terms, that are shown in full wherever they are.
    """
    full = {**dict.fromkeys(range(detail), terms), **lessons}
    found: list[Shot] = [Shot("opening", 0, 0, "setup", ENDS)]
    start = 0
    for name, steps in _merged(phases, most_phases):
        found += _phase(name, range(start, start + steps), full, quick if start == 0 else min(later, quick))
        start += steps
    if highlight is not None:
        found = [part for shot in found for part in _stopping(shot, highlight, terms)]
    return [*found, Shot("closing", start, start, "result", ENDS)]


def _stopping(shot: Shot, highlight: int, terms: int) -> list[Shot]:
    if shot.kind != "sweep" or shot.stop - shot.start < WORTH_STOPPING or not shot.start < highlight < shot.stop - 1:
        return [shot]
    share = (highlight - shot.start) / (shot.stop - shot.start)
    return [
        replace(shot, stop=highlight, seconds=shot.seconds * share),
        Shot("full", highlight, highlight + 1, shot.phase, full_seconds(terms)),
        replace(shot, start=highlight + 1, seconds=shot.seconds * (1 - share)),
    ]


def _merged(phases: Sequence[tuple[str, int]], most: int) -> list[tuple[str, int]]:
    if len(phases) <= most:
        return list(phases)
    rest = phases[most - 1 :]
    return [*phases[: most - 1], (f"{rest[0][0]} to {rest[-1][0]}", sum(steps for _, steps in rest))]


def _phase(name: str, steps: range, full: Mapping[int, int], quick: int) -> Iterator[Shot]:
    """The steps ``full``, with their terms, in full; after each run of them ``quick`` quick ones; the others swept."""
    k = steps.start
    while k < steps.stop:
        if k in full:
            yield Shot("full", k, k + 1, name, full_seconds(full[k]))
            k += 1
            continue
        stop = min((lesson for lesson in full if k < lesson < steps.stop), default=steps.stop)
        left = stop - k
        one_by_one = stop if left <= quick + (NO_SWEEP if quick >= QUICK_STEPS else min(1, quick)) else k + quick
        yield from (Shot("quick", j, j + 1, name, QUICK) for j in range(k, one_by_one))
        if one_by_one < stop:
            yield Shot("sweep", one_by_one, stop, name, sweep_seconds(stop - one_by_one))
        k = stop


def fitted(
    phases: Sequence[tuple[str, int]],
    terms: int,
    detail: int,
    seconds: float | None,
    highlight: int | None = None,
    lessons: Mapping[int, int] = MappingProxyType({}),
) -> list[Shot]:
    """The richest shots that fit into ``seconds``, stretched or squeezed to fill them exactly; without ``seconds`` the natural ones.

    Raises :class:`InputError` for fewer seconds than a clip needs, or a negative detail.
    """
    check_pace(detail, seconds, LEAST_SECONDS)
    found = richest(phases, terms, detail, seconds, highlight, lessons)
    return found if seconds is None else filled(found, seconds)


def check_pace(detail: int, seconds: float | None, least: float, needs: str = "") -> None:
    """Raises :class:`InputError` for a negative detail, and for fewer seconds than the ``least`` or more than anybody watches."""
    if detail < 0:
        raise InputError(f"--detail is {detail}; give the number of steps to show term by term, 0 or more")
    if seconds is not None and not least <= seconds <= 24 * 3600:
        raise InputError(f"--seconds is {seconds:g}; give at least {least:g}{needs} and at most a day")


def richest(
    phases: Sequence[tuple[str, int]],
    terms: int,
    detail: int,
    seconds: float | None,
    highlight: int | None = None,
    lessons: Mapping[int, int] = MappingProxyType({}),
    most_phases: int = MOST_PHASES,
) -> list[Shot]:
    """The richest shots that can be followed in ``seconds``, not yet stretched; without ``seconds`` the natural ones."""
    detail = min(detail, sum(steps for _, steps in phases))
    lessons = lessons if detail else {}
    most = max(most_phases, _phases_until(phases, max(lessons, default=0)))
    if seconds is None:
        return shots(phases, terms, detail, QUICK_STEPS, most, highlight if detail else None, lessons)
    # Where there is no time for all lessons, the last of them are left out.
    fewer = (dict([*lessons.items()][:count]) for count in range(len(lessons), 0, -1))
    taught = next((found for some in fewer if (found := _taught(phases, terms, detail, seconds, most, some))), None)
    return taught or _richest(phases, terms, detail, seconds, highlight if detail else None)


def _phases_until(phases: Sequence[tuple[str, int]], step: int) -> int:
    """How many phases must be told apart so that ``step`` is not in the one that stands for all later ones."""
    return bisect_right(list(accumulate(steps for _, steps in phases)), step) + 2


def _taught(
    phases: Sequence[tuple[str, int]], terms: int, detail: int, room: float, most: int, lessons: Mapping[int, int]
) -> list[Shot] | None:
    """Shots with all lessons, and as many quick steps as fit; none if there is no time for all lessons."""
    steps = sum(count for _, count in phases)
    if steps * QUICK * SQUEEZE <= room:
        everything = shots(phases, terms, detail, steps, len(phases), lessons=lessons, later=steps)
        if _least(everything) <= room:
            return everything
    # The first steps are lessons too, as a rule; where time is short, no others are taken for such.
    for first in (detail, min(detail, 1), 0):
        found = _fullest(MOST_QUICK, room, lambda quick, first=first: shots(phases, terms, first, quick, most, lessons=lessons))  # type: ignore[misc]
        if found:
            return found
    return None


def filled(found: Sequence[Shot], seconds: float) -> list[Shot]:
    """The shots with lengths that add up to ``seconds``: each between its least and its natural one, or all in proportion."""
    natural, least = _length(found), _least(found)
    if not least <= seconds <= natural or natural == least:
        return [replace(shot, seconds=shot.seconds * seconds / natural) for shot in found]
    share = (seconds - least) / (natural - least)
    return [replace(shot, seconds=shot.least + (shot.seconds - shot.least) * share) for shot in found]


def _length(found: Sequence[Shot]) -> float:
    return sum(shot.seconds for shot in found)


def _least(found: Sequence[Shot]) -> float:
    return sum(shot.least for shot in found)


def _richest(phases: Sequence[tuple[str, int]], terms: int, detail: int, room: float, highlight: int | None) -> list[Shot]:
    """Shots that can be followed in ``room`` seconds.

    With time for all steps one by one, all; else as many quick ones as fit before a sweep; else fewer phases, or fewer steps in full.
    """
    first = phases[0][1] if phases else 0
    # Of more full steps than would fill the room by themselves nothing is to be known.
    detail = min(detail, int(room / full_seconds(terms) / SQUEEZE) + 1)
    everything = shots(phases, terms, detail, min(first, int(room / QUICK)))
    if _least(everything) <= room and all(shot.kind != "sweep" for shot in everything[: first + 1]):
        return everything
    ways: list[Callable[[int], list[Shot]]] = [
        lambda quick: shots(phases, terms, detail, quick, highlight=highlight),
        lambda quick: shots(phases, terms, detail, quick),
    ]
    found, plain = (_fullest(min(first, MOST_QUICK), room, way) for way in ways)
    if found is None or sum(shot.kind == "quick" for shot in found) < QUICK_BEFORE_STOP:
        found = plain
    for most_phases in range(min(MOST_PHASES, len(phases)), 0, -1):
        if found is None and _least(swept := shots(phases, terms, detail, 0, most_phases)) <= room:
            found = swept
    if found is None:
        found = _fullest(min(detail, first), room, lambda fewer: shots(phases, terms, fewer, 0, 1))
    return found if found is not None else shots(phases, terms, 0, 0, 1)


def _fullest(most: int, room: float, make: Callable[[int], list[Shot]]) -> list[Shot] | None:
    """``make(n)`` with the largest n up to ``most`` that fits into ``room`` seconds, if there is one."""
    fitting = bisect_right(range(most + 1), room, key=lambda n: _least(make(n)))
    return make(fitting - 1) if fitting else None


def beats(trace: Trace, *, detail: int = DETAIL, seconds: float | None = None, fps: float = 30) -> list[Beat]:
    """The beats of a clip. Their frames add up to ``seconds``·``fps``, rounded."""
    found = fitted(trace.phases, len(trace[0].terms), detail, seconds, trace.highlight, terms_of(trace))
    return timed([(shot, wording(trace, shot), None) for shot in found], seconds, fps)


def terms_of(trace: Trace) -> dict[int, int]:
    """The numbers of terms of its lessons."""
    return {k: len(trace[k].terms) for k in trace.lessons}


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


def wording(trace: Trace, shot: Shot, first: int = 0) -> Told:
    """Those of a shot; steps are counted from ``first``, the number of the trace's own first one."""
    if shot.kind in ("opening", "closing"):
        said = trace.opening if shot.kind == "opening" else trace.closing
        return Told(said, said)
    step = trace[shot.start]
    if shot.kind == "sweep" and shot.stop - shot.start > 1:
        return Told(f"Steps {first + shot.start + 1:,} to {first + shot.stop:,} follow in the same way.", step.shared)
    if shot.kind != "full":
        return Told(step.say, step.shared)
    begins = "The strongest result. " if shot.start == trace.highlight and len(trace) >= WORTH_STOPPING else ""
    return Told(begins + step.say, begins + step.caption)
