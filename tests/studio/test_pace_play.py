"""The pace of plays."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import engine
from engine.errors import InputError
from engine.paper.lines import result_line
from engine.play import Act, Play
from scenes.parts.beat import Beat
from scenes.parts.shots import QUICK, SQUEEZE, full_seconds
from scenes.parts.syllabus import Syllabus
from studio.captions import cues
from studio.pace_play import play_beats
from studio.picture import Picture
from studio.plan import planned
from studio.script import script
from tests.models import MODELS
from tests.plays import PLAYS, out, rectified, together, whole

NAMES = [name for name in PLAYS if name != "coloured"]


def read(text: str) -> float:
    """A second to look up, a quarter of one for each word."""
    return 1 + len(text.split()) / 4


def least_of(play: Play) -> float:
    """A title, and a sentence for all steps or for the only one, of every act; a closing."""
    taught, seconds = set(), read(play.closing)
    for number, act in enumerate(play.acts):
        title = act.trace.title if number else play.title
        kinds = {step.shared for step in act.trace}
        several = Syllabus.of(act.trace).named((block.stage for block in act.trace.blocks), again=act.trace.concept in taught)
        told = act.trace[0].caption if len(act.trace) == 1 else kinds.pop() if len(kinds) == 1 else several
        seconds += read(title) + read(told)
        taught.add(act.trace.concept)
    return math.ceil(round(seconds * 10, 6)) / 10


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def of_act(beats: list[Beat], number: int) -> list[Beat]:
    return [beat for beat in beats if beat.act == number]


def check(play: Play, beats: list[Beat]) -> None:
    """Every act has an opening and then its steps, all of them, in their order; one closing ends all."""
    assert [beat.act for beat in beats] == [*sorted([beat.act for beat in beats[:-1]], key=int), None]
    assert (beats[-1].kind, beats[-1].start, beats[-1].stop, beats[-1].say) == ("closing", len(play), len(play), play.closing)
    for number, (act, start) in enumerate(zip(play.acts, play.starts, strict=True)):
        opening, *told = of_act(beats, number)
        assert (opening.kind, opening.start, opening.stop) == ("opening", start, start)
        assert opening.say == (act.trace.opening if number else play.opening)
        assert opening.phase.split(":")[0] == act.name
        assert [beat.start for beat in told] == [start, *(beat.stop for beat in told[:-1])]
        assert told[-1].stop == start + len(act.trace)
        assert {beat.kind for beat in told} <= {"full", "quick", "sweep"}
        assert all(beat.phase.split(":")[0] == act.name for beat in told)
    swept = [beat for beat in beats if beat.kind == "sweep"]
    assert all(beat.say.startswith(f"Steps {beat.start + 1:,} to {beat.stop:,}") for beat in swept)
    assert all(beat.before == (shown[-1] if (shown := [*one.pictures]) else one.before) for one, beat in pairwise(beats))


def test_the_natural_pace(name: str) -> None:
    play = PLAYS[name]()
    beats = play_beats(play)
    check(play, beats)
    taught = set()
    for number, act in enumerate(play.acts):
        opening, *told = of_act(beats, number)
        assert abs(opening.frames - 30 * max(3, read(opening.caption))) <= 1
        full = [beat.start - play.starts[number] for beat in told if beat.kind == "full"]
        # The first of each kind has its lessons; what was taught is told quickly.
        expected = set() if act.trace.concept in taught else {*act.trace.lessons}
        assert expected <= {*full}
        assert bool(full) == bool(expected)
        taught.add(act.trace.concept)
    assert abs(beats[1].frames - 30 * max(full_seconds(len(play[0].terms)), read(beats[1].caption))) <= 1


@pytest.mark.parametrize("more", [0.0, 0.05, 1.0, 9.0, 40.0, 300.0])
@pytest.mark.parametrize("fps", [8, 30])
def test_frames_add_up_and_every_act_is_told(name: str, more: float, fps: int) -> None:
    play = PLAYS[name]()
    seconds = least_of(play) + more
    beats = play_beats(play, seconds=seconds, fps=fps)
    check(play, beats)
    assert sum(beat.frames for beat in beats) == round(seconds * fps)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(st.floats(19.5, 400), st.sampled_from([8, 25, 30]), st.integers(0, 5))
def test_any_length(seconds: float, fps: int, detail: int) -> None:
    play = PLAYS["network"]()
    beats = play_beats(play, seconds=seconds, fps=fps, detail=detail)
    check(play, beats)
    assert sum(beat.frames for beat in beats) == round(seconds * fps)
    for beat in beats:
        least = {"quick": QUICK * SQUEEZE, "full": max(2.4 * SQUEEZE, read(beat.caption)), "sweep": 1.6}.get(beat.kind, read(beat.caption))
        assert beat.frames >= least * fps - 1.01


def test_time_goes_where_there_is_something_to_teach() -> None:
    """An act of thirty-six steps with nine terms has more than one of thirty-six with one."""
    play = PLAYS["network"]()
    for seconds in (25.0, 45.0, 75.0):
        conv, relu, pool, dense = (sum(beat.frames for beat in of_act(play_beats(play, seconds=seconds), number)) for number in range(4))
        assert conv > relu > 0
        assert min(pool, dense) > 30 * 4.2
    shortest = play_beats(play, seconds=least_of(play))
    assert [beat.kind for beat in shortest] == ["opening", "sweep"] * 4 + ["closing"]
    assert all(abs(beat.frames - 30 * read(beat.caption)) <= 2 for beat in shortest)


def test_a_step_that_is_alone_is_no_sweep() -> None:
    beats = play_beats(PLAYS["chain"](), seconds=least_of(PLAYS["chain"]()))
    assert [beat.kind for beat in beats] == ["opening", "full", *["opening", "quick"] * 11, "closing"]


def test_with_no_detail_nothing_is_shown_term_by_term(name: str) -> None:
    assert not [beat for beat in play_beats(PLAYS[name](), detail=0) if beat.kind == "full"]


@pytest.mark.parametrize(("acts", "name"), [(4, "mlp"), (3, "block"), (12, "chain")])
def test_too_few_seconds_name_the_least(name: str, acts: int) -> None:
    play = PLAYS[name]()
    least = least_of(play)
    with pytest.raises(InputError, match=re.escape(f"--seconds is 7; give at least {least:g} for {acts} acts and at most a day")):
        play_beats(play, seconds=7)
    check(play, play_beats(play, seconds=least))
    with pytest.raises(InputError, match="--detail is -1; give the number of steps"):
        play_beats(play, detail=-1)
    with pytest.raises(InputError, match="at most a day"):
        play_beats(play, seconds=1e6)


def test_many_chapters_are_told_apart_to_the_end() -> None:
    """Twelve acts are twelve chapters, and of an attention each has its own."""
    assert [*dict.fromkeys(beat.phase for beat in play_beats(PLAYS["chain"]()))] == [*(f"addition {n}" for n in range(12)), "result"]
    conv = engine.conv2d(whole(2, 2), whole(9, 1, 1, 1))
    filters = together("filters", [Act("conv", conv), Act("relu", rectified(out(conv)), {"input": ("conv", "output")})])
    assert [*dict.fromkeys(beat.phase for beat in play_beats(filters))] == [*(f"conv: filter {n}" for n in range(9)), "relu", "result"]
    play = PLAYS["block"]()
    phases = {beat.phase for beat in play_beats(play)}
    assert {phase for phase, _ in play.phases} <= phases


def test_script_and_captions_count_over_the_whole() -> None:
    play, picture = PLAYS["mlp"](), Picture.of("480p", 30, "dark")
    beats = planned(play, detail=2, seconds=60, fps=30, burn=False)
    assert beats == play_beats(play, detail=2, seconds=60, fps=30)
    made = script(play, beats, picture)
    assert [chapter for chapter, *_ in made.chapters] == ["first", "relu", "second", "add", "result"]
    assert made.frames == 1800
    assert (made.parts[0].steps, made.marks[-2].stop) == (32, 32)
    by_name = {mark.name: mark for mark in made.marks}
    assert by_name["step 9"].lines == (result_line(play[8]),)
    assert by_name["step 9"].formula == play[8].formula
    opening = next(mark for mark in made.marks if mark.kind == "opening" and mark.phase == "relu")
    assert opening.formula == play.acts[1].trace.formula
    assert made.marks[-1].formula == play.formula
    spoken = [" ".join(cue.lines) for cue in cues(made)]
    assert spoken[0] == play.opening
    assert spoken[-1] == play.closing


# --- networks ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("seconds", [None, 200.0])
def test_a_network_has_an_overview_before_its_first_act(name: str, seconds: float | None) -> None:
    model = MODELS[name]()
    overview, first, *_ = beats = play_beats(model, seconds=seconds)
    assert (overview.kind, overview.act, overview.start, overview.stop, overview.say) == ("opening", None, 0, 0, model.opening)
    assert (first.kind, first.act, first.say) == ("opening", 0, model.acts[0].trace.opening)
    assert beats[-1].act is None
    assert [beat.act for beat in beats[1:-1]] == sorted(beat.act for beat in beats[1:-1] if beat.act is not None)
    assert all(beat.frames / 30 >= read(beat.shown) - 0.1 for beat in (overview, beats[-1]))
    # There is time to see every part.
    if seconds is None:
        assert all(beat.frames / 30 >= min(12, 0.3 * len(model.network)) for beat in (overview, beats[-1]))


@pytest.mark.parametrize("name", MODELS)
def test_an_act_that_is_not_opened_passes_in_one_sweep(name: str) -> None:
    model = MODELS[name]()
    beats = play_beats(model)
    for number, act in enumerate(model.acts):
        if act.trace.concept == "whole":
            opening, sweep = of_act(beats, number)
            assert (opening.kind, opening.start, sweep.kind) == ("opening", sweep.start, "sweep")
            assert sweep.stop - sweep.start == len(act.trace)
            assert opening.shown == sweep.shown == act.trace.opening


@pytest.mark.parametrize("name", ["mlp", "lenet"])
def test_a_network_in_the_fewest_seconds(name: str) -> None:
    model = MODELS[name]()
    with pytest.raises(InputError, match="give at least") as raised:
        play_beats(model, seconds=1)
    least = float(re.findall(r"at least ([\d.]+)", str(raised.value))[0])
    beats = play_beats(model, seconds=least)
    assert sum(beat.frames for beat in beats) == round(least * 30)
    assert all(beat.frames / 30 >= read(beat.shown) - 0.1 for beat in beats if beat.kind == "opening")
    assert [beat.kind for beat in beats if beat.act == 0] == ["opening", "sweep"]
