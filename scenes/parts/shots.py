"""From a syllabus to shots: which steps are worked out, which are shown quickly, which are swept over, and how long each of them takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal, NamedTuple

from scenes.parts.beat import Kind
from scenes.parts.reading import GLANCE, reading
from scenes.parts.syllabus import Stretch, Syllabus

#: Seconds that a beat takes if nothing else is asked for, and its words do not take longer.
ENDS, QUICK = 3.0, 1.3
FULL_BASE, FULL_TERM, FULL_RANGE = 1.6, 0.25, (2.4, 7.0)
SWEEP_STEP, SWEEP_RANGE = 0.15, (1.6, 8.0)
#: A beat may be this much faster than its natural pace before beats are left out; ends and sweeps give way first.
SQUEEZE = 0.75
LEAST_END, LEAST_SWEEP = 1.2, 1.6

QUICK_STEPS = 4
#: So many steps at the most are left over for a sweep that is not worth having: they are shown one by one. Fewer where other kinds follow.
NO_SWEEP, NO_SWEEP_OF_MANY = 8, 2
#: Of steps whose kinds were shown before, so many runs in a row are told one by one; of more than these nobody would read the words.
MOST_REPEATS = 3
#: So many kinds are told apart that are not worked out.
MOST_KINDS = 12

#: How the steps of a sweep are alike: they are of one kind, of kinds that were all shown before, or of several that were not.
Likeness = Literal["one", "shown", "several"]
#: How much is said at the ends: all of it, as little as says something, or before the first step the title alone.
Ends = Literal["all", "least", "title"]
#: What stands below a step that follows one of its kind.
LONE = "In the same way."


@dataclass(frozen=True)
class Shot:
    """A beat before it has frames: its steps, its natural and its least length in seconds, and what stands below its picture."""

    kind: Kind
    start: int
    stop: int
    phase: str
    caption: str
    seconds: float
    least: float
    likeness: Likeness = "one"
    is_new: bool = False  # nothing of the kind was shown before


class Choice(NamedTuple):
    """Which steps are ``full``; how many ``quick`` ones begin the first chapter, and how many a ``later`` one; how much is said at the
    ``ends``. Sweeps are told ``apart`` by kinds: none of them, or all but those of many runs of known kinds, or all.
    """

    full: Sequence[int] = ()
    quick: int = 0
    later: int = 1
    apart: Literal["none", "most", "all"] = "none"
    ends: Ends = "title"
    highlight: int | None = None


def full_seconds(terms: int) -> float:
    """A sum of that many terms, one by one."""
    low, high = FULL_RANGE
    return min(high, max(low, FULL_BASE + FULL_TERM * terms))


def sweep_seconds(steps: int) -> float:
    """That many steps, faster and faster."""
    low, high = SWEEP_RANGE
    return min(high, max(low, SWEEP_STEP * steps))


def shots(syllabus: Syllabus, choice: Choice) -> list[Shot]:
    """An opening, all steps in their order, a closing if there is one."""
    found = [end("opening", syllabus, choice.ends)]
    shown, at = set(syllabus.known), 0
    for step in [*sorted(choice.full), syllabus.steps]:
        if at < step:
            found += _between(syllabus, choice, at, step, shown)
        if step < syllabus.steps:
            found.append(full(syllabus, step))
            shown.add(syllabus.run(step).kind)
        at = step + 1
    found = found if choice.highlight is None else _shared_out(found, choice.highlight)
    return readable(found) + ([end("closing", syllabus, choice.ends)] if syllabus.closing else [])


def _shared_out(found: list[Shot], highlight: int) -> list[Shot]:
    """The sweeps before and after the strongest result take no longer than the one that stops there."""
    parts = [shot for shot in found if shot.kind == "sweep" and highlight in (shot.stop, shot.start - 1)]
    steps = sum(shot.stop - shot.start for shot in parts)
    whole = sweep_seconds(steps)
    return [replace(s, seconds=max(s.least, whole * (s.stop - s.start) / steps)) if s in parts else s for s in found]


def end(kind: Literal["opening", "closing"], syllabus: Syllabus, ends: Ends) -> Shot:
    """What is said before the first step, or after the last one."""
    opens = kind == "opening"
    texts, at, phase = (syllabus.openings, 0, "setup") if opens else (syllabus.closings, syllabus.steps, "result")
    shorter = [*texts, syllabus.name] if opens and ends == "title" else texts
    return saying(Shot(kind, at, at, phase, "", ENDS, LEAST_END), texts[0] if ends == "all" else min(shorter, key=reading))


def saying(shot: Shot, text: str) -> Shot:
    """The same with other words, and the time that they take."""
    lasting = {"opening": (ENDS, LEAST_END), "closing": (ENDS, LEAST_END)}
    seconds, least = lasting.get(shot.kind, (shot.seconds, shot.least))
    return replace(shot, caption=text, seconds=max(seconds, reading(text)), least=max(least, reading(text)))


def full(syllabus: Syllabus, step: int) -> Shot:
    """A step that is worked out, as long as its terms and its words take."""
    seconds = full_seconds(len(syllabus.step(step).terms))
    return saying(Shot("full", step, step + 1, syllabus.run(step).phase, "", seconds, seconds * SQUEEZE), syllabus.caption(step))


def _between(syllabus: Syllabus, choice: Choice, start: int, stop: int, shown: set[str]) -> Iterator[Shot]:
    """The steps that are not worked out."""
    for group in _groups(syllabus, choice, [*syllabus.pieces(start, stop)], shown):
        follows = bool(start) and group[0].start == start and syllabus.run(start - 1).kind == group[0].kind
        alike = {run.kind for run in group}
        if len(alike) == 1:
            yield from _of_kind(syllabus, choice, group, (follows, group[0].kind not in shown))
            shown |= alike
        else:
            yield _of_kinds(syllabus, group, alike <= shown)


def _groups(syllabus: Syllabus, choice: Choice, pieces: list[Stretch], shown: set[str]) -> Iterator[list[Stretch]]:
    """Pieces that are told together."""
    if choice.apart == "none":
        yield pieces
    elif choice.apart == "all":
        yield from ([piece] for piece in pieces)
    else:
        yield from _most_apart(syllabus, pieces, shown)


def _most_apart(syllabus: Syllabus, pieces: list[Stretch], shown: set[str]) -> Iterator[list[Stretch]]:
    """What goes on with the step before, and new kinds, one by one; what is left is of known kinds, or too much to be told apart."""
    kinds = {*shown}
    is_alone = []
    for piece in pieces:
        goes_on = piece.start and piece is pieces[0] and syllabus.run(piece.start - 1) == syllabus.run(piece.start)
        is_alone.append(bool(goes_on) or (piece.kind not in kinds and len(kinds) < MOST_KINDS))
        kinds.add(piece.kind)
    for alone, found in groupby(zip(pieces, is_alone, strict=True), lambda one: one[1]):
        group = [piece for piece, _ in found]
        yield from ([piece] for piece in group) if alone else _repeats(syllabus, group)


def _repeats(syllabus: Syllabus, pieces: list[Stretch]) -> Iterator[list[Stretch]]:
    """Chapters of one kind are told apart, the last ones together; so are a few runs of several kinds."""
    if len({piece.kind for piece in pieces}) == 1:
        apart = len(pieces) if len(pieces) < syllabus.most_phases else syllabus.most_phases - 2
    else:
        apart = len(pieces) if len(pieces) <= MOST_REPEATS else 0
    yield from ([piece] for piece in pieces[:apart])
    if pieces[apart:]:
        yield pieces[apart:]


def _of_kind(syllabus: Syllabus, choice: Choice, group: Sequence[Stretch], stands: tuple[bool, bool]) -> Iterator[Shot]:
    """Steps of one kind: the first of them quickly, the others swept; all one by one if that leaves few."""
    follows, is_new = stands
    start, stop, kind = group[0].start, group[-1].stop, group[0].kind
    quick = _quick(syllabus, choice, start)
    few = max(1, quick + _left(syllabus, choice, quick, stop))
    # Before a kind was worked out nothing of it is swept over.
    after = stop if stop - start <= few or (is_new and stop == syllabus.firsts[kind]) else start + quick
    # Of a step that follows one of its kind nothing new is to be read.
    goes_on = stop < syllabus.steps and syllabus.run(stop).kind == kind
    text = LONE if stop - start == 1 and follows and not goes_on else syllabus.shared(kind)
    phase = _name(group)
    yield from (Shot("quick", k, k + 1, phase, text, QUICK, QUICK * SQUEEZE) for k in range(start, after))
    if after < stop:
        seconds = sweep_seconds(stop - after)
        yield Shot("sweep", after, stop, phase, text, seconds, LEAST_SWEEP, is_new=is_new and after == start)


def _quick(syllabus: Syllabus, choice: Choice, start: int) -> int:
    """How many of the steps from ``start`` on are shown quickly before a sweep: most after the first ones that are worked out."""
    if choice.highlight is not None and start == choice.highlight + 1:
        return 0
    before = [k for k in choice.full if k < start]
    is_first = syllabus.run(start).start == 0 and (not before or max(before) - min(before) < len(before))
    return choice.quick if is_first else min(choice.later, choice.quick)


def _left(syllabus: Syllabus, choice: Choice, quick: int, stop: int) -> int:
    """So many steps after the quick ones are not worth a sweep: a few, more of them where that is all that is still to come."""
    if quick < QUICK_STEPS:
        return min(1, quick)
    is_last = len(syllabus.firsts) == 1 and not any(k >= stop for k in choice.full)
    return NO_SWEEP if is_last else NO_SWEEP_OF_MANY


def _of_kinds(syllabus: Syllabus, group: Sequence[Stretch], known: bool) -> Shot:
    """Steps of several kinds, swept."""
    start, stop = group[0].start, group[-1].stop
    seconds = sweep_seconds(stop - start)
    texts = {syllabus.shared(run.kind) for run in group}
    text = texts.pop() if len(texts) == 1 else syllabus.named([run.kind for run in group], again=known)
    return Shot("sweep", start, stop, _name(group), text, seconds, LEAST_SWEEP, "shown" if known else "several", is_new=not known)


def _name(group: Sequence[Stretch]) -> str:
    """Of the chapters that are told together."""
    first, last = group[0].phase, group[-1].phase
    return first if first == last else f"{first} to {last}"


def readable(found: Sequence[Shot]) -> list[Shot]:
    """The same, long enough that what stands below neighbours that are not worked out can be read while they are shown."""
    slower: list[Shot] = []
    for key, group in groupby(found, lambda shot: shot.kind in ("quick", "sweep") and shot.caption):
        same = [*group]
        slower += _standing(same, str(key)) if key else same
    return slower


def _standing(same: Sequence[Shot], text: str) -> list[Shot]:
    """Shots below which one text stands all the time."""
    if len(text.split()) <= GLANCE and all(shot.kind == "quick" for shot in same):
        return [*same]
    needed = reading(text)
    slower = max(1.0, needed / sum(shot.seconds for shot in same))
    natural = [replace(shot, seconds=shot.seconds * slower) for shot in same]
    least, whole = (sum(lengths) for lengths in zip(*((shot.least, shot.seconds) for shot in natural), strict=True))
    share = min(1.0, max(0.0, (needed - least) / (whole - least))) if whole > least else 0.0
    return [replace(shot, least=shot.least + (shot.seconds - shot.least) * share) for shot in natural]
