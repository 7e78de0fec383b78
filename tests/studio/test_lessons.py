"""Steps that do something for the first time are shown term by term, wherever they are."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes.parts.shots import full_seconds
from scenes.parts.syllabus import MOST_PHASES
from studio.pace import beats, fitted
from tests.studio.test_pace import check_cover, phases_of, syllabus, trace_of

plans = st.integers(1, 400).flatmap(
    lambda steps: st.tuples(
        st.integers(1, 40).map(lambda phases: phases_of(steps, phases)),
        st.lists(st.integers(0, steps - 1), max_size=8, unique=True),
    )
)


@settings(derandomize=True, max_examples=200)
@given(plans, st.one_of(st.none(), st.floats(4.1, 400)), st.integers(1, 4))
def test_every_lesson_is_shown_in_full_where_there_is_time(
    plan: tuple[list[tuple[str, int]], list[int]], seconds: float | None, detail: int
) -> None:
    phases, lessons = plan
    found = fitted(syllabus(phases, 4, dict.fromkeys(lessons, 4)), detail, seconds)
    check_cover(found, sum(steps for _, steps in phases))
    full = {shot.start for shot in found if shot.kind == "full"}
    if seconds is None or seconds > 3 * (len(phases) + 2 * len(lessons) + 2) + full_seconds(4) * (len(lessons) + detail):
        assert set(lessons) <= full
    if seconds is not None:
        assert abs(sum(shot.seconds for shot in found) - seconds) < 1e-6


def test_lessons_have_the_time_that_their_own_terms_take() -> None:
    found = fitted(syllabus([("gate", 3), ("sum", 3)], 2, {3: 12}), 1, None)
    by_start = {shot.start: shot for shot in found if shot.kind == "full"}
    assert by_start[0].seconds == full_seconds(2)
    assert by_start[3].seconds == full_seconds(12) > full_seconds(2)


def test_a_lesson_in_a_late_phase_keeps_its_phase() -> None:
    phases = [(f"phase {k}", 5) for k in range(MOST_PHASES + 6)]
    late = 5 * (MOST_PHASES + 1)
    found = fitted(syllabus(phases, 4, {late: 4}), 1, None)
    (shot,) = (shot for shot in found if shot.kind == "full" and shot.start == late)
    assert shot.phase == f"phase {MOST_PHASES + 1}"
    assert found[-2].phase == f"phase {MOST_PHASES + 5}"


def test_without_detail_there_are_no_lessons() -> None:
    trace = replace(trace_of([("a", 20), ("b", 20)]), lessons=(0, 20))
    assert [beat.start for beat in beats(trace) if beat.kind == "full"] == [0, 20]
    assert not [beat for beat in beats(trace, detail=0) if beat.kind == "full"]


@pytest.mark.parametrize("seconds", [5.0, 6.0])
def test_lessons_give_way_where_time_is_short(seconds: float) -> None:
    trace = replace(trace_of([(f"phase {k}", 9) for k in range(6)]), lessons=tuple(range(0, 54, 9)))
    planned = beats(trace, seconds=seconds, fps=10)
    assert sum(beat.frames for beat in planned) == seconds * 10
    assert sum(beat.kind == "full" for beat in planned) < 6


@pytest.mark.parametrize(("detail", "expected"), [(1, [0, 30, 50]), (3, [0, 30, 50]), (5, [0, 1, 2, 30, 50])])
def test_lessons_are_part_of_the_detail(detail: int, expected: list[int]) -> None:
    trace = replace(trace_of([("a", 60)]), lessons=(50, 30))
    assert [beat.start for beat in beats(trace, detail=detail) if beat.kind == "full"] == expected


def test_a_lesson_among_the_first_few_steps_shows_its_kind_first() -> None:
    """The steps before it are shown one by one, and not worked out."""
    found = fitted(syllabus([("a", 60)], 4, {3: 4}), 1, 30)
    assert [(shot.kind, shot.start) for shot in found][1:5] == [("quick", 0), ("quick", 1), ("quick", 2), ("full", 3)]
    found = fitted(syllabus([("a", 60)], 4, {9: 4}), 1, 30)
    assert [(shot.kind, shot.start) for shot in found if shot.kind == "full"] == [("full", 0), ("full", 9)]
