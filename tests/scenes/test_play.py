"""Plays on the stage: the map of the acts, and what travels from one to the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from manim import tempconfig

import engine
from engine.numbers import plain
from engine.play import Play
from scenes.conv2d import Conv2d
from scenes.parts.beat import Beat
from scenes.parts.canvas import Canvas
from scenes.parts.cast import scene_class
from scenes.parts.frame import TITLE
from scenes.parts.general import General
from scenes.parts.ink import Line
from scenes.parts.passage import Passage
from scenes.parts.play import ARRIVES, OWN, SETS_OUT, PlayReel, scene_of, turn
from scenes.parts.theme import THEMES
from studio.crew import Crew
from studio.pace_play import play_beats
from studio.picture import UNITS, Picture
from studio.take import read_take, takes
from tests.plays import PLAYS, whole
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS


@contextmanager
def opened(name: str, **pace: Any) -> Iterator[tuple[Play, list[Beat], PlayReel]]:
    play = PLAYS[name]()
    beats = play_beats(play, **pace)
    with tempconfig(SETTINGS):
        scene = scene_of(play)(play.record(), beats)
        scene.setup()
        yield play, beats, scene


def opening(beats: list[Beat], number: int) -> Beat:
    return next(beat for beat in beats if beat.act == number and beat.kind == "opening")


def passages(scene: PlayReel) -> list[Passage]:
    return [part for part in scene.live.submobjects if isinstance(part, Passage)]


def centres(passage: Passage) -> list[tuple[str, float, float]]:
    return [(line.text, *middle(line)) for line in passage.letters.lines]


def middle(line: Line) -> tuple[float, float]:
    return line.x - line.align * line.width / 2, line.y


# --- the lint ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PLAYS)
def test_layout(name: str) -> None:
    play = PLAYS[name]()
    beats = play_beats(play, fps=10)
    chosen = [beat for beat, after in pairwise([*beats, None]) if beat.kind in ("opening", "closing", "sweep") or after is None]
    chosen += [next(beat for beat in beats if beat.act == number and beat.kind != "opening") for number in range(len(play.acts))]
    assert findings(PlayReel, play, chosen) == []


def test_layout_in_other_themes() -> None:
    play = PLAYS["mlp"]()
    assert findings(PlayReel, play, [beat for beat in play_beats(play, fps=10) if beat.kind == "opening"], *THEMES) == []


# --- the map -----------------------------------------------------------------------------------------------------------------------------


def test_a_play_has_the_scene_of_plays_and_its_acts_have_their_own() -> None:
    with opened("network") as (play, beats, scene):
        assert scene_of(play) is scene_of(scene.trace) is PlayReel
        assert scene_of(play.acts[0].trace) is scene_class("conv2d") is Conv2d
        for number, kind in ((0, Conv2d), (1, General)):
            scene.timeline(opening(beats, number))
            made = scene.scene(number)
            assert isinstance(made, kind)
            assert made.header is scene.header
            assert scene.present is not None
            assert scene.present[1] is made  # the only one that is laid out


def test_the_map_says_where_one_is_and_the_counter_counts_all() -> None:
    with opened("mlp", seconds=40) as (play, beats, scene):
        header = scene.header
        for beat in beats:
            scene.timeline(beat).interpolate(1.0)
            over = beat.kind == "closing"
            number = len(play.acts) - 1 if over else beat.act
            assert len(header.map.past.points) == 16 * (4 if over else number)
            assert len(header.map.now.points) == (0 if over else 16)
            if not over:
                assert header.map.now.points[:, 0].min() == pytest.approx(header.map.places[number][0])
            done = beat.stop
            assert header.counter.line.text == (f"step {done} of 32" if done else "32 steps")
        assert [line.text for line in (*header.map.lit.lines, *header.map.pale.lines)] == ["first", "relu", "second", "add"]
        assert header.phase.line.text == ""


def test_a_skip_is_a_line_around_what_lies_between_and_is_lit_where_it_ends() -> None:
    with opened("mlp") as (_, beats, scene):
        shown = scene.header.map
        assert list(shown.arcs) == [(0, 3)]
        top = shown.places[0][3] + shown.arcs[0, 3]
        assert shown.points[:, 1].max() == pytest.approx(top)
        for number in range(4):
            scene.timeline(opening(beats, number)).interpolate(1.0)
            lit = shown.way.points
            assert (len(lit) > 0) == (number > 0)
            assert bool(len(lit) and lit[:, 1].max() == pytest.approx(top)) == (number == 3)


def test_where_there_is_no_room_for_all_names_the_present_one_is_named() -> None:
    with opened("chain") as (_, beats, scene):
        shown = scene.header.map
        assert not shown.named
        assert (shown.lit.lines, shown.pale.lines) == ([], [])
        assert len(shown.places) == 12
        for number in (0, 5, 11):
            scene.timeline(opening(beats, number)).interpolate(1.0)
            assert scene.header.phase.line.text == f"addition {number}"
        assert all(TITLE[0] < box[0] < box[2] < TITLE[2] for box in shown.places)
        assert all(a[2] < b[0] for a, b in pairwise(shown.places))


def test_chapters_of_an_act_are_named_beside_the_map() -> None:
    with opened("block") as (play, beats, scene):
        beat = next(beat for beat in beats if beat.act == 0 and beat.kind == "full")
        scene.timeline(beat).interpolate(1.0)
        assert scene.header.phase.line.text == play.acts[0].trace.phases[0][0]


# --- what is taken -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "number", "path"),
    [
        ("network", 1, "input"),
        ("network", 2, "input"),
        ("network", 3, "input"),
        ("mlp", 1, "input"),
        ("mlp", 2, "input"),
        ("mlp", 3, "input"),
        ("block", 1, "query"),
        ("block", 1, "value"),
        ("block", 2, "input"),
    ],
)
def test_the_same_numbers_move_from_where_they_stood_to_where_they_stand(name: str, number: int, path: str) -> None:
    """Nothing is drawn anew: at first all numbers stand where the act before had them, at last where the new one has them."""
    with opened(name) as (play, beats, scene):
        act = play.acts[number]
        _, theirs = act.takes[path]
        last = [beat for beat in beats if beat.act == number - 1][-1]
        scene.timeline(last).interpolate(1.0)
        stood = scene.scene(number - 1).stands(theirs)
        beat = opening(beats, number)
        timeline = scene.timeline(beat)
        timeline.interpolate(0.0)
        passage = passages(scene)[[*act.takes].index(path)]
        numbers = act.trace.inputs[path].numel()
        assert stood is not None
        assert len(stood.lines) == len(passage.letters.lines) == numbers
        assert [centre[1:] for centre in centres(passage)] == [pytest.approx(middle(stood.lines[cell])) for cell in range(numbers)]
        timeline.interpolate(arrival([*act.takes].index(path), len(act.takes)) - 1e-9)
        ends = scene.scene(number).stands(path)
        assert ends is not None
        assert centres(passage) == [(line.text, *(pytest.approx(x, abs=1e-3) for x in middle(line))) for line in ends.lines.values()]


def arrival(number: int, count: int) -> float:
    """When one of several is there."""
    own = (1 - OWN) * number / (count - 1) + OWN if count > 1 else 1.0
    return SETS_OUT + (ARRIVES - SETS_OUT) * own


def hidden(scene: PlayReel, number: int, path: str) -> bool:
    """Whether no cell of an input can be seen in the picture of the act."""
    made = scene.scene(number)
    if isinstance(made, General):
        return not made.here[path].digits.lines
    return not made.lenses[0].plane.digits.lines


@pytest.mark.parametrize(("name", "number", "path"), [("network", 1, "input"), ("network", 2, "input"), ("mlp", 3, "other")])
def test_while_they_travel_their_place_is_empty_and_then_they_stand_there(name: str, number: int, path: str) -> None:
    with opened(name) as (_, beats, scene):
        timeline = scene.timeline(opening(beats, number))
        for share in (0.0, SETS_OUT, (SETS_OUT + ARRIVES) / 2, ARRIVES - 0.01):
            timeline.interpolate(share)
            assert hidden(scene, number, path)
            assert passages(scene)
        timeline.interpolate(ARRIVES)
        assert not hidden(scene, number, path)
        assert not any(passage.submobjects for passage in passages(scene))
        # Also where only a part of the opening was drawn before something else.
        scene.timeline(opening(beats, number)).interpolate(0.3)
        beat = next(beat for beat in beats if beat.act == number and beat.kind != "opening")
        scene.timeline(beat).interpolate(0.0)
        assert not hidden(scene, number, path)


@pytest.mark.parametrize("seconds", [None, 17.5])
def test_it_moves_for_six_frames_at_least(seconds: float | None) -> None:
    with opened("mlp", seconds=seconds) as (_, beats, scene):
        for number in (1, 2, 3):
            beat = opening(beats, number)
            timeline = scene.timeline(beat)
            seen = []
            for frame in range(beat.frames):
                timeline.interpolate(frame / (beat.frames - 0.5))
                seen.append([passage.ruled.points.tobytes() if passage.submobjects else b"" for passage in passages(scene)])
            for one in zip(*seen, strict=True):
                assert sum(a != b for a, b in pairwise(one)) >= 6
            assert seen[-1] == [b""] * len(seen[-1])


def test_the_other_parts_appear_on_the_way() -> None:
    with opened("mlp") as (_, beats, scene):
        timeline = scene.timeline(opening(beats, 2))
        counts = []
        for share in np.linspace(0, 1, 21):
            timeline.interpolate(float(share))
            counts.append(sum(1 for part in scene.live.submobjects if not isinstance(part, Passage)))
        assert counts[0] == 3  # the outer zones
        assert counts == sorted(counts)
        assert len({*counts}) >= 4
        assert counts[int(20 * ARRIVES)] == counts[-1]


def test_what_cannot_be_seen_any_more_comes_out_of_its_act_on_the_map() -> None:
    with opened("mlp") as (_, beats, scene):
        timeline = scene.timeline(opening(beats, 3))
        seen = {}
        for share in (0.0, 0.4, 0.45, ARRIVES - 0.01):
            timeline.interpolate(share)
            seen[share] = passages(scene)[1]
            if share == 0.4:
                first = seen[share].ruled.points.copy()
        door, (box, *_) = scene.header.map.places[0], seen[0.4].tables[0]
        assert box == pytest.approx(door)
        assert first[:, 1].mean() > 2.0
        timeline.interpolate(0.0)
        assert not passages(scene)[1].submobjects


def test_what_a_picture_does_not_say_goes_into_its_act_on_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(General, "stands", lambda self, path: None)
    with opened("network") as (_, beats, scene):
        places = scene.header.map.places
        for number, doors in ((1, places[1]), (2, places[1])):
            timeline = scene.timeline(opening(beats, number))
            timeline.interpolate(0.5)
            (passage,) = passages(scene)
            ((a, b, *_),) = passage.tables
            assert (b if number == 1 else a) == pytest.approx(doors)
        timeline = scene.timeline(opening(beats, 3))
        timeline.interpolate(0.5)
    with opened("mlp") as (_, beats, scene):
        timeline = scene.timeline(opening(beats, 1))
        timeline.interpolate(0.5)
        (passage,) = passages(scene)
        assert passage.blocks == [(*scene.header.map.places[:2], None)]
        assert len(passage.veil.points) == 16


def test_coloured_cells_travel_as_they_are() -> None:
    with opened("coloured") as (_, beats, scene):
        timeline = scene.timeline(opening(beats, 3))
        timeline.interpolate(0.0)
        (passage,) = passages(scene)
        stood = scene.scene(3).stands("input")
        assert stood is not None
        assert stood.patches[0].colours is not None
        (cells, *_) = passage.submobjects
        assert cells.pixel_array.shape == stood.patches[0].colours.shape
        timeline.interpolate(ARRIVES - 1e-6)
        assert passage.submobjects[0].box == pytest.approx(stood.patches[0].box, abs=1e-3)


def test_cells_under_a_window_are_told_by_their_place_in_the_tensor() -> None:
    """Padding is none of them; of the output the filters that are done stand there, too, as thumbnails."""
    trace = engine.conv2d(whole(2, 2, 3), whole(3, 2, 2, 2, seed=2), padding=1)
    with tempconfig(SETTINGS):
        scene = Conv2d(trace.record(), [])
        scene.setup()
        given, made = scene.stands("input"), scene.stands("output")
        assert given is not None
        assert made is not None
        assert [(patch.first, patch.shape) for patch in given.patches] == [(0, (2, 3))]  # one channel is there at a time
        for row in range(2):
            for column in range(3):
                line = given.lines[row * 3 + column]
                assert (line.x, line.y) == scene.lenses[0].plane.centre(row + 1, column + 1)
                assert line.text == plain(float(trace.inputs["input"][0, row, column]))
        assert made.patches[0].first == 0
        last = len(trace) - 1
        scene.timeline(Beat("sweep", last, last + 1, "", "", 1)).interpolate(1.0)
        made = scene.stands("output")
        assert made is not None
        assert [(patch.first, patch.shape) for patch in made.patches] == [(2 * 12, (3, 4)), (0, (3, 4)), (12, (3, 4))]
        assert scene.stands("weight") is None


@pytest.mark.parametrize("count", [1, 2, 5])
def test_several_set_out_one_after_the_other(count: int) -> None:
    starts = [min(x for x in np.linspace(0, 1, 201) if turn(x, number, count) > 0) for number in range(count)]
    ends = [min(x for x in np.linspace(0, 1, 201) if turn(x, number, count) >= 1 - 1e-9) for number in range(count)]
    assert starts == sorted({*starts})
    assert ends[-1] == pytest.approx(1.0)
    assert all(b - a >= 0.55 for a, b in zip(starts, ends, strict=True))


# --- what is drawn ---------------------------------------------------------------------------------------------------------------------


def test_short_cuts_change_nothing() -> None:
    """A frame drawn after others is the frame drawn alone, in another process perhaps."""
    with opened("mlp", seconds=18, fps=6) as (play, beats, scene), tempconfig({"frame_rate": 6}):
        canvas = Canvas(320, 180, UNITS, THEMES["dark"].ground)
        for beat in beats:
            alone = PlayReel(play.record(), beats)
            alone.setup()
            for frame, sight in enumerate(frames(scene, beat)):
                (again,) = alone.sights(beat, frame, frame + 1)
                shown = canvas.clear(), canvas.show(sight.still, sight.live), canvas.pixels.copy()
                canvas.clear()
                canvas.show(again.still, again.live)
                assert (shown[-1] == canvas.pixels).all(), f"{beat.name}, frame {frame}"


def frames(scene: PlayReel, beat: Beat) -> Iterator[Any]:
    for sight in scene.sights(beat):
        for _ in range(sight.frames):
            yield sight


def test_one_process_draws_what_four_draw(tmp_path: Path) -> None:
    """Also where an act's opening is drawn by one that did not draw the act before."""
    play = PLAYS["mlp"]()
    beats = play_beats(play, seconds=18, fps=8)
    found = []
    for jobs in (1, 4):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        with Crew(jobs) as crew:
            events = crew.make(play.record(), beats, Picture.of("480p", 8, "dark"), (folder, folder), takes(beats))
            found.append({take: read_take(path) for event, take, path in events if event == "made" and path is not None})
    assert len(found[0]) == len(takes(beats))
    assert found[0] == found[1]
