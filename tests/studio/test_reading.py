"""Everything that stands below a picture can be read while it stands, and nothing is swept over that was not shown before."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manim import tempconfig

from engine.catalogue import find, single
from engine.record import Record
from engine.sentences import MOST_SHARED
from engine.trace import Trace
from scenes.parts.beat import Beat
from scenes.parts.cast import scene_class
from scenes.parts.reading import leading
from scenes.parts.reel import Reel, Sight, every_step
from scenes.parts.syllabus import Syllabus
from studio.pace import beats, fitted
from tests.scenes.grown import SIZES, grown, grows
from tests.scenes.showing import SETTINGS
from tests.studio.test_pace import syllabus

FPS = 30
#: Natural pace, and lengths that somebody asks for.
LENGTHS = (None, 12.0, 30.0)
#: A length that many ask for.
OFTEN = 24.0
#: Words of the least that is said at the ends.
MOST_BRIEF = 9
CASES = [(name, size) for name in single() for size in SIZES if size == "small" or grows(find(name))]


@cache
def trace(name: str, size: str) -> Trace:
    return grown(name, size)


@cache
def planned(name: str, size: str, seconds: float | None) -> list[Beat]:
    return beats(trace(name, size), seconds=seconds, fps=FPS)


@cache
def shared(name: str, size: str, kind: str) -> str:
    """The sentence of a kind of steps."""
    opened = trace(name, size)
    return opened[opened.blocks.start(kind)].shared


def kinds(opened: Trace, beat: Beat) -> set[str]:
    """Of the steps of a beat."""
    return {block.stage for block in opened.blocks if block.start < beat.stop and beat.start < block.start + block.steps}


def needed(text: str) -> float:
    """A second to look up, and one for every four words."""
    return 1 + len(text.split()) / 4


def standing(found: Sequence[Beat]) -> Iterator[list[Beat]]:
    """Neighbours that are not worked out, with one sentence below all of them; others alone."""
    for key, group in groupby(found, lambda beat: beat.kind in ("quick", "sweep") and beat.shown):
        beats = [*group]
        yield from [beats] if key else ([beat] for beat in beats)


def too_short(found: Sequence[Beat], fps: float) -> list[str]:
    """What nobody can read in its time; frames are rounded."""
    return [
        f"{group[0].name}: {group[0].shown}"
        for group in standing(found)
        if not (all(beat.kind == "quick" for beat in group) and len(group[0].shown.split()) <= 4)
        and sum(beat.frames for beat in group) < needed(group[0].shown) * fps - 1.01
    ]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_all_that_is_said_can_be_read(name: str, size: str) -> None:
    for seconds in LENGTHS:
        assert too_short(planned(name, size, seconds), FPS) == []


@pytest.mark.parametrize("name", single())
def test_plain_manim_has_time_for_words_too(name: str) -> None:
    opened = trace(name, "small")
    found = every_step(Record(opened), FPS)
    assert too_short(found, FPS) == []
    assert [beat.start for beat in found[1:-1]] == [*range(len(opened))]
    assert all(beat.frames > 0 for beat in found)


@pytest.mark.parametrize(("name", "size"), CASES)
def test_neighbours_of_one_kind_share_one_sentence(name: str, size: str) -> None:
    """It does not change from one quick beat to the next while their kind does not."""
    opened = trace(name, size)
    for seconds in LENGTHS:
        for one, other in pairwise(planned(name, size, seconds)):
            if one.kind == "quick" and other.kind in ("quick", "sweep") and kinds(opened, one) == kinds(opened, other):
                assert one.shown == other.shown


def first_of_each(opened: Trace) -> dict[str, int]:
    """The step of every kind that shows it first: one of the first five, perhaps not the very first."""
    return dict(Syllabus.of(opened).firsts)


def unseen(opened: Trace, found: Sequence[Beat]) -> set[str]:
    """Kinds of steps that are swept over, or shown quickly, before one of them was worked out; but for the few before the first."""
    firsts = first_of_each(opened)
    shown: set[str] = set()
    early: set[str] = set()
    for beat in found[1:-1]:
        if beat.kind == "full":
            shown |= kinds(opened, beat)
        is_before = beat.kind == "quick" and all(beat.start < firsts[kind] < beat.start + 5 for kind in kinds(opened, beat))
        early |= set() if is_before else kinds(opened, beat) - shown
    return early


@pytest.mark.parametrize(("name", "size"), CASES)
def test_the_first_step_of_every_kind_is_worked_out(name: str, size: str) -> None:
    """At the natural pace all of them; else as many as there is time for, before anything else is worked out."""
    opened = trace(name, size)
    firsts = {*first_of_each(opened).values()}
    counts = []
    for seconds in (12.0, 30.0, None):
        found = planned(name, size, seconds)
        full = {beat.start for beat in found if beat.kind == "full"}
        counts.append(len(full & firsts))
        assert unseen(opened, found) == set() or full <= firsts
    assert unseen(opened, found) == set()
    assert counts == sorted(counts)
    assert counts[-1] == len(firsts)


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_sweep_says_what_is_swept(name: str, size: str) -> None:
    """One sentence that holds for all its steps, or the names of what is computed, all of them or the ends, and whether it was shown."""
    opened = trace(name, size)
    for seconds in (*LENGTHS, OFTEN):
        told: set[str] = set()
        for beat in planned(name, size, seconds)[1:-1]:
            own = kinds(opened, beat)
            if beat.kind == "sweep" and {shared(name, size, kind) for kind in own} != {beat.caption}:
                nouns = {opened[opened.blocks.start(kind)].noun for kind in own}
                assert len(own) > 1
                assert beat.caption.startswith("Again " if own <= told else ("Now ", "All from "))
                assert sum(re.search(rf"(?<!\w){re.escape(noun)}[,. ]", beat.caption) is not None for noun in nouns) >= min(2, len(nouns))
                assert opened[beat.start].noun in beat.caption
                assert len(beat.caption.split()) <= MOST_SHARED
            told |= own if len(own) == 1 else set()


@pytest.mark.parametrize(("name", "size"), CASES)
def test_an_opening_says_what_will_be_done_and_a_closing_what_there_is(name: str, size: str) -> None:
    opened = trace(name, size)
    first, *_, last = planned(name, size, OFTEN)
    assert first.caption in leading(opened.opening), "the title is no sentence"
    assert last.caption in leading(opened.closing)
    for text in (opened.opening, opened.closing):
        brief = leading(text)[-1]
        assert 3 <= len(brief.split()) <= MOST_BRIEF, brief
        assert brief[0].isupper() or brief[0].isdigit() or brief.split()[0] in opened.outputs, brief
        assert not re.search(r"[|=]|All is computed", brief), brief


def test_what_is_swept_over_is_named() -> None:
    """All of it where that is little, else the first and the last, even where these come again and again."""
    opened = trace("lstm", "small")
    told = Syllabus.of(opened)
    gates = [*opened.stages]
    assert told.named(["i", "f"], again=False) == "Now the input gate and the forget gate."
    assert told.named(["i", "f", "i"], again=True) == "Again the input gate and the forget gate."
    assert told.named(gates, again=False) == "All from the input gate to the hidden state."
    assert told.named([*gates[2:], *gates], again=True) == "Again from the candidate to the hidden state."
    assert told.named([*gates, gates[0]], again=False) == "All from the input gate to the hidden state."


# --- the end of a full beat -------------------------------------------------------------------------------------------------------------


def late(scene: Reel[Any], beat: Beat, fps: float, rest: float = 0.6) -> list[Sight]:
    """What is seen after the first frame of the last 0.6 seconds, other than what is seen in that."""
    first = math.ceil(beat.frames - rest * fps)
    return [*scene.sights(beat, first)][1:]


@pytest.mark.parametrize(("name", "size", "seconds"), [(name, *how) for name in single() for how in (("small", 12.0), ("middle", None))])
def test_a_full_beat_shows_nothing_new_at_its_end(name: str, size: str, seconds: float | None) -> None:
    if size == "middle" and (name, size) not in CASES:
        size = "small"
    found = [beat for beat in planned(name, size, seconds) if beat.kind == "full"]
    with tempconfig(SETTINGS):
        scene = scene_class(name)(Record(trace(name, size)), found)
        scene.setup()
        assert [beat.name for beat in found if late(scene, beat, FPS)] == []


# --- any words --------------------------------------------------------------------------------------------------------------------------

texts = st.integers(1, 25).map(lambda count: " ".join(["word"] * count) + ".")


@settings(derandomize=True, max_examples=200)
@given(st.integers(1, 60), texts, texts, st.floats(3, 90), st.integers(0, 4))
def test_any_words_have_their_time(steps: int, opening: str, closing: str, more: float, detail: int) -> None:
    asked = syllabus([("all", steps)], opening=opening, closing=closing)
    for seconds in (None, min(needed(opening), 1.25) + needed(closing) + more):
        found = fitted(asked, detail, seconds)
        ends = [found[0], found[-1]]
        assert all(shot.seconds >= needed(shot.caption) - 1e-6 for shot in found if shot in ends or shot.kind == "full")
        assert opening.startswith(found[0].caption.rstrip(".")) or found[0].caption == "None."
    assert found[0].caption in leading(opening) or more < needed(opening) + 3


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("A kernel slides: it adds up; that is all.", ["A kernel slides: it adds up.", "A kernel slides."]),
        ("All 4 cells are computed, and torch agrees.", ["All 4 cells are computed."]),
        ("Queries, keys and values. They meet.", ["Queries, keys and values."]),
        ("The word “one. two” (or: three; four) is kept.", []),
        ("The mean is 0.5 over all.", []),
        ("How much? As much as is wanted.", ["How much?"]),
    ],
)
def test_what_may_stand_alone(text: str, parts: list[str]) -> None:
    assert leading(text) == [text, *parts]
