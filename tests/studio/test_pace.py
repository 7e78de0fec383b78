from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby, pairwise
from types import MappingProxyType
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import conv2d
from engine.errors import InputError
from engine.trace import Reference, Step, Trace
from scenes.parts.beat import Beat
from scenes.parts.shots import QUICK, SQUEEZE, Choice, Shot, full_seconds, shots, sweep_seconds
from scenes.parts.syllabus import MOST_PHASES, Syllabus
from studio.pace import MOST_QUICK, beats, fitted
from studio.picture import Picture
from studio.script import script
from tests.stand_ins import steps

Phases = list[tuple[str, int]]

thorough = settings(derandomize=True, max_examples=200)


def phases_of(steps: int, phases: int) -> Phases:
    """So many steps in so many phases, as even as can be; fewer phases if there are fewer steps."""
    phases = min(steps, phases)
    return [(f"phase {k}", steps // phases + (k < steps % phases)) for k in range(phases)]


def trace_of(phases: Phases, terms: int = 4, own_terms: Mapping[int, int] = MappingProxyType({}), **words: Any) -> Trace:
    """A trace of which only the words matter; ``own_terms`` are those of single steps, which are its lessons."""
    names = [name for name, steps in phases for _ in range(steps)]

    def cut(k: int) -> Step:
        return Step(
            index=k,
            phase=names[k],
            reads={},
            terms=[(1.0,)] * own_terms.get(k, terms),
            value=1.0,
            writes={},
            formula="",
            say=f"Step {k}.",
            shared="All alike.",
        )

    said: dict[str, Any] = {"opening": "Hello.", "closing": "Goodbye.", **words}
    return Trace(
        concept="none",
        title="None",
        params={},
        inputs={},
        outputs={"output": torch.zeros(1)},
        reference=Reference("none", 0.0),
        **steps(cut, phases),
        formula="",
        lessons=tuple(own_terms),
        **said,
    )


def syllabus(phases: Phases, terms: int = 4, own_terms: Mapping[int, int] = MappingProxyType({}), **words: Any) -> Syllabus:
    return Syllabus.of(trace_of(phases, terms, own_terms, **words))


def fit(phases: Phases, terms: int, detail: int, seconds: float | None, highlight: int | None = None) -> list[Shot]:
    return fitted(syllabus(phases, terms, highlight=highlight), detail, seconds)


def check_cover(found: Sequence[Shot] | Sequence[Beat], steps: int) -> None:
    """An opening, every step once and in order, a closing."""
    assert (found[0].kind, found[0].start, found[0].stop) == ("opening", 0, 0)
    assert (found[-1].kind, found[-1].start, found[-1].stop) == ("closing", steps, steps)
    assert all(one.stop == other.start for one, other in pairwise(found))
    for one in found[1:-1]:
        assert one.kind in ("full", "quick", "sweep")
        assert one.stop > one.start
        assert one.kind == "sweep" or one.stop == one.start + 1


def one_by_one(found: Sequence[Shot]) -> int:
    return sum(shot.kind in ("full", "quick") for shot in found)


steps_and_phases = st.builds(phases_of, st.integers(1, 1000), st.integers(1, 64))


@thorough
@given(steps_and_phases, st.integers(1, 100), st.integers(0, 50), st.integers(0, 30), st.sampled_from(["none", "most", "all"]))
def test_shots_cover_every_step_once(phases: Phases, terms: int, detail: int, quick: int, apart: Any) -> None:
    steps = sum(count for _, count in phases)
    full = range(min(detail, steps))
    found = shots(syllabus(phases, terms), Choice(full, quick, apart=apart))
    check_cover(found, steps)
    assert [shot.start for shot in found if shot.kind == "full"] == [*full]
    if apart == "most":
        assert len({shot.phase for shot in found[1:-1] if shot.kind != "full"}) <= MOST_PHASES


@thorough
@given(steps_and_phases, st.integers(1, 60), st.integers(0, 20), st.floats(4.1, 120), st.integers(5, 60))
def test_beats_fill_the_seconds_exactly(phases: Phases, terms: int, detail: int, seconds: float, fps: int) -> None:
    found = beats(trace_of(phases, terms), detail=detail, seconds=seconds, fps=fps)
    check_cover(found, sum(count for _, count in phases))
    assert sum(beat.frames for beat in found) == round(seconds * fps)
    assert min(beat.frames for beat in found) >= 1


@pytest.mark.parametrize("fps", [1, 2, 3, 24])
@pytest.mark.parametrize("seconds", [4.1, 4.5, 8.5, 20.5, 26.5, 60])
def test_a_few_frames_a_second_are_filled_too(fps: int, seconds: float) -> None:
    for phases in ([("a", 1)], [("a", 4)], phases_of(676, 3), phases_of(64, 64)):
        found = beats(trace_of(phases), seconds=seconds, fps=fps)
        assert sum(beat.frames for beat in found) == round(seconds * fps)
        assert min(beat.frames for beat in found) >= 1


@thorough
@given(steps_and_phases, st.integers(1, 60), st.integers(0, 20), st.integers(5, 60))
def test_natural_beats_last_as_long_as_their_shots(phases: Phases, terms: int, detail: int, fps: int) -> None:
    found = beats(trace_of(phases, terms), detail=detail, fps=fps)
    natural = fit(phases, terms, detail, None)
    check_cover(found, sum(count for _, count in phases))
    assert [(beat.kind, beat.start) for beat in found] == [(shot.kind, shot.start) for shot in natural]
    at, frames = 0.0, 0
    for beat, shot in zip(found, natural, strict=True):
        at, frames = at + shot.seconds, frames + beat.frames
        assert abs(at * fps - frames) <= 0.5 + 1e-6


@thorough
@given(steps_and_phases, st.integers(1, 60), st.integers(0, 20), st.floats(4.1, 120), st.floats(0, 60))
def test_more_seconds_never_show_less(phases: Phases, terms: int, detail: int, seconds: float, more: float) -> None:
    shorter, longer = (fit(phases, terms, detail, s) for s in (seconds, seconds + more))
    assert one_by_one(shorter) <= one_by_one(longer)
    assert len({shot.phase for shot in shorter}) <= len({shot.phase for shot in longer})


@pytest.mark.parametrize("steps", [8, 16, 100, 676])
def test_more_seconds_never_show_less_second_by_second(steps: int) -> None:
    for detail in (0, 2, 5):
        counts = [one_by_one(fit([("all", steps)], 4, detail, s / 4)) for s in range(17, 400)]
        assert counts == sorted(counts)
        assert counts[-1] > counts[0]


@thorough
@given(steps_and_phases, st.integers(1, 60), st.integers(0, 20), st.floats(12, 120))
def test_the_seconds_are_used(phases: Phases, terms: int, detail: int, seconds: float) -> None:
    """Whatever is left out would not have fitted: one quick step more is too long."""
    found = fit(phases, terms, detail, seconds)
    assert sum(shot.seconds for shot in found) == pytest.approx(seconds)
    quick = sum(shot.kind == "quick" for shot in found if shot.phase == phases[0][0])
    if 0 < quick < min(phases[0][1], MOST_QUICK):
        full = range(min(detail, sum(steps for _, steps in phases)))
        longer = shots(syllabus(phases, terms), Choice(full, quick + 1, apart="most", ends="all"))
        assert len(longer) <= len(found) or sum(shot.least for shot in longer) > seconds
    assert all(shot.seconds >= shot.least - 1e-9 for shot in found)


def test_a_long_sweep_stops_at_the_strongest_result() -> None:
    found = fit([("all", 676)], 9, 2, 30, 300)
    kinds = [(shot.kind, shot.start, shot.stop) for shot in found if shot.start > 20 or shot.kind == "sweep"]
    assert kinds == [("sweep", 10, 300), ("full", 300, 301), ("sweep", 301, 676), ("closing", 676, 676)]
    for highlight in (0, 3, 675, None):
        assert [shot.kind for shot in fit([("all", 676)], 9, 2, 30, highlight)].count("sweep") == 1
    assert [shot.kind for shot in fit([("all", 676)], 9, 0, 30, 300)].count("full") == 0


def test_the_strongest_result_is_announced() -> None:
    trace = conv2d(torch.eye(12), torch.ones(2, 2), padding=1)
    assert trace.highlight == int(trace.outputs["output"].abs().argmax())
    said = [beat.say for beat in beats(trace) if beat.kind == "full" and beat.start == trace.highlight]
    assert said == [f"The strongest result. {trace[trace.highlight].say}"]


@thorough
@given(steps_and_phases, st.integers(1, 60), st.integers(0, 20), st.floats(4.1, 120), st.one_of(st.none(), st.integers(0, 999)))
def test_what_is_shown_can_be_followed(phases: Phases, terms: int, detail: int, seconds: float, highlight: int | None) -> None:
    found = fit(phases, terms, detail, seconds, highlight)
    check_cover(found, sum(count for _, count in phases))
    assert sum(shot.seconds for shot in found) == pytest.approx(seconds)
    assert min(shot.seconds for shot in found) > 0
    natural = {"full": full_seconds(terms), "quick": QUICK}
    assert all(shot.seconds >= SQUEEZE * natural[shot.kind] - 1e-9 for shot in found if shot.kind in natural)


@pytest.mark.parametrize("detail", [0, 1, 2, 5, 20, 100])
@pytest.mark.parametrize("phases", [[("all", 100)], phases_of(100, 4), phases_of(100, 64)], ids=len)
def test_detail_is_the_number_of_full_beats(phases: Phases, detail: int) -> None:
    for seconds in (None, 40 + 4 * detail):
        full = [shot.start for shot in fit(phases, 4, detail, seconds) if shot.kind == "full"]
        assert full == list(range(detail))


def test_a_large_clip_has_every_kind_of_beat() -> None:
    found = beats(trace_of([("filter 0", 676)], 9), seconds=20, fps=30)
    assert [kind for kind, _ in groupby(beat.kind for beat in found)] == ["opening", "full", "quick", "sweep", "closing"]
    assert sum(beat.kind == "full" for beat in found) == 2
    assert sum(beat.frames for beat in found) == 600


def test_the_shortest_clip_sweeps_over_all() -> None:
    found = fit(phases_of(676, 3), 9, 5, 4.1)
    assert [(shot.kind, shot.start, shot.stop, shot.phase) for shot in found] == [
        ("opening", 0, 0, "setup"),
        ("sweep", 0, 676, "phase 0 to phase 2"),
        ("closing", 676, 676, "result"),
    ]


def test_few_steps_need_no_sweep() -> None:
    assert [shot.kind for shot in fit([("all", 12)], 4, 2, None)] == ["opening", *["full"] * 2, *["quick"] * 10, "closing"]
    assert "sweep" in [shot.kind for shot in fit([("all", 15)], 4, 2, None)]


def test_steps_between_two_that_are_worked_out_are_not_told_one_by_one_again() -> None:
    found = fitted(syllabus([("all", 25)], 4, {1: 4, 12: 4}), 2, None)
    kinds = [(kind, len([*shots])) for kind, shots in groupby(shot.kind for shot in found)]
    assert kinds == [
        ("opening", 1),
        *[("quick", 1), ("full", 1), ("quick", 4), ("sweep", 1)],
        *[("full", 1), ("quick", 1), ("sweep", 1)],
        ("closing", 1),
    ]


def test_later_phases_begin_quickly_and_many_are_one() -> None:
    found = fit(phases_of(1000, 10), 4, 2, None)
    kinds = [(name, [shot.kind for shot in of_phase]) for name, of_phase in groupby(found, key=lambda shot: shot.phase)]
    assert kinds == [
        ("setup", ["opening"]),
        ("phase 0", ["full"] * 2 + ["quick"] * 4 + ["sweep"]),
        *[(f"phase {k}", ["quick", "sweep"]) for k in range(1, MOST_PHASES - 1)],
        (f"phase {MOST_PHASES - 1} to phase 9", ["quick", "sweep"]),
        ("result", ["closing"]),
    ]


def test_a_million_steps_in_full_are_paced_at_once() -> None:
    found = fit([("all", 10**6)], 9, 10**6, 60)
    check_cover(found, 10**6)
    assert 5 < sum(shot.kind == "full" for shot in found) < 60 / SQUEEZE / full_seconds(9)


def test_natural_seconds() -> None:
    assert full_seconds(1) < full_seconds(9) < full_seconds(16)
    assert full_seconds(1000) == full_seconds(100) == 7
    assert sweep_seconds(20) < sweep_seconds(40) < sweep_seconds(10**6) == 8


@pytest.mark.parametrize("seconds", [4.09, 0, -1, math.nan, math.inf, 86401])
def test_seconds_out_of_range(seconds: float) -> None:
    with pytest.raises(InputError, match=r"^--seconds is .*; give at least 4.1 and at most a day$"):
        fit([("all", 4)], 4, 2, seconds)


@pytest.mark.parametrize("seconds", [None, 20])
def test_negative_detail(seconds: float | None) -> None:
    with pytest.raises(InputError, match=r"^--detail is -1; give .* 0 or more$"):
        fit([("all", 4)], 4, -1, seconds)


def test_beats_say_what_their_steps_say() -> None:
    found = beats(trace_of([("all", 2000)]), detail=1, seconds=20, fps=10)
    said = {beat.kind: beat.say for beat in found}
    assert said["opening"] == "Hello."
    assert said["closing"] == "Goodbye."
    assert said["full"] == "Step 0."
    sweep = next(beat for beat in found if beat.kind == "sweep")
    assert sweep.say == f"Steps {sweep.start + 1} to 2,000 follow in the same way."
    assert [beat.say for beat in found if beat.kind == "quick"] == [f"Step {beat.start}." for beat in found if beat.kind == "quick"]


@thorough
@given(steps_and_phases, st.one_of(st.none(), st.floats(4.1, 120)), st.integers(5, 60))
def test_chapters_follow_each_other_one_for_each_phase(phases: Phases, seconds: float | None, fps: int) -> None:
    found = beats(trace_of(phases), seconds=seconds, fps=fps)
    made = script(trace_of(phases), found, Picture.of("480p", fps, "dark")).chapters
    assert [name for name, _, _ in made] == [name for name, _ in groupby(beat.phase for beat in found)]
    assert len({name for name, _, _ in made}) == len(made)
    assert (made[0][0], made[-1][0]) == ("setup", "result")
    assert made[0][1] == 0
    assert made[-1][2] == sum(beat.frames for beat in found)
    assert all(one[2] == other[1] for one, other in pairwise(made))
    for name, first, after in made:
        assert after - first == sum(beat.frames for beat in found if beat.phase == name)


def test_where_time_is_short_the_last_lessons_are_left_out() -> None:
    lessons = {50: 4, 10: 4, 30: 4}
    full = [
        {shot.start for shot in fitted(syllabus([("all", 60)], 4, lessons), 1, seconds) if shot.kind == "full"} & {*lessons}
        for seconds in (40, 14, 11.5, 8)
    ]
    assert full[0] == {50, 10, 30}
    assert full[-1] < full[0]
    assert all(found in (set(), {50}, {50, 10}, {50, 10, 30}) for found in full)
    assert len({*map(len, full)}) > 1
