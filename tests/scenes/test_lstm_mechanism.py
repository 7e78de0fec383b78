"""The mechanism of an LSTM on the stage: valves, streams, curves, what travels, and what is shown of many units."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pytest
from manim import tempconfig

from engine import lstm, lstm_backward
from engine.inputs.arguments import open_example
from engine.trace import Trace
from scenes.lstm import Lstm
from scenes.lstm_backward import LstmBackward
from scenes.parts.desk import WrittenStep
from scenes.parts.ink import Letters
from scenes.parts.lattice import Lattice
from scenes.parts.strip import LARGEST_PX
from scenes.parts.travel import along, way
from scenes.recurrence.chosen import MOST_ROWS, shown, told
from scenes.recurrence.course import LEAST_VALVE, VALVE, Course, UnitFlow
from scenes.recurrence.squash import Squash
from scenes.recurrence.streams import FULL, THINNEST, Lane, Pipe, jaws, stream
from tests.scenes import showing
from tests.scenes.lint import family, is_shown
from tests.scenes.showing import SETTINGS
from tests.scenes.test_layout import numbers

SCENES = {"lstm": Lstm, "lstm_backward": LstmBackward}
#: Pixels of a frame of 320 x 180 that must be others where a gate is another.
CLEARLY = 300


def one_unit(forget: float) -> Trace:
    """A unit whose forget gate has that value, and nothing else depends on it but what it lets through."""
    bias = [0.0, math.log(forget / (1 - forget)), 0.0, 0.0]
    return lstm([[1.0], [1.0]], [[0.0]] * 4, [[0.0]] * 4, bias, c0=[1.0])


def silent(trace: Trace, stage: str) -> np.ndarray:
    """The end of a full beat in pixels, without any text."""
    with tempconfig(SETTINGS):
        scene = showing.opened(Lstm, trace)
        beat = showing.beat("full", trace, trace.blocks.step(stage, (0, 0)))
        scene.timeline(beat).interpolate(1)
        for mark in family([scene.still, scene.live]):
            if isinstance(mark, Letters):
                mark.write_lines([])
        return scene.camera.see([scene.still], [scene.live])[..., :3].astype(int)


@pytest.mark.parametrize("stage", ["f", "c"])
def test_a_gate_is_seen_without_its_digits(stage: str) -> None:
    closed, half_open = silent(one_unit(0.12), stage), silent(one_unit(0.88), stage)
    others = np.abs(closed - half_open).max(axis=2) > 24
    assert others.sum() > CLEARLY
    assert (silent(one_unit(0.12), stage) == closed).all()


@pytest.mark.parametrize("opening", [0.0, 0.12, 0.5, 0.88, 1.0])
def test_a_valve_is_open_as_wide_as_its_gate(opening: float) -> None:
    above, below = jaws((0.0, 0.0, 2.0, 1.0), opening)
    assert above[:, 1].min() - below[:, 1].max() == pytest.approx(opening)


@pytest.mark.parametrize("end", [4.0, -4.0])
@pytest.mark.parametrize("number", [0.8, -0.8])
def test_a_stream_is_as_thick_as_its_number_and_less_behind_a_valve(number: float, end: float) -> None:
    run, tiles = Pipe("c", 0.0, end, ("f",), "made"), {"f": (1.0, 0, 2.0, 1) if end > 0 else (-2.0, 0, -1.0, 1)}
    side = math.copysign(1, end)

    def seen(lane: Lane) -> Any:
        return stream(run, lane, 0.0, 1.0, tiles)

    through = seen(Lane({"c": number, "made": 1.0}, {"f": 0.25}))
    assert through.negative == (number < 0)
    assert [through.thickness(side * x) for x in (0.5, 3.0)] == pytest.approx([0.8, 0.2])
    waiting = seen(Lane({"c": number}, {"f": 0.25}))
    assert waiting.along[-1][0] == pytest.approx(side)
    half = seen(Lane({"c": number}, {"f": 0.25}, {"c": 0.5}))
    assert half.along[-1][0] == pytest.approx(side * 2.5)
    assert seen(Lane({"c": number}, {})).along[-1][0] == pytest.approx(side)
    assert seen(Lane({"c": 0.0})) is None
    assert seen(Lane({})) is None
    assert seen(Lane({"c": 1e-9}, {"f": 1.0})).thickness(side * 0.5) == pytest.approx(THINNEST)


def test_the_state_of_a_cell_is_what_its_two_streams_add_up_to() -> None:
    """Of both lanes, at the end of every full beat of a cell state."""
    trace = open_example("lstm")
    with tempconfig(SETTINGS):
        scene = showing.opened(Lstm, trace)
        scene.timeline(showing.beat("full", trace, trace.blocks.step("c", (1, 1)))).interpolate(1)
        full = FULL * scene.cell.lane / scene.cell.limit
        for unit in (0, 1):
            y = scene.cell.middle(unit, True)
            old, made = sorted((one for one in scene.cell._flows() if one.y == pytest.approx(y)), key=lambda one: one.along[0][0])
            kept = float(trace.outputs["f"][1, unit] * trace.outputs["c"][0, unit])
            assert old.along[-1][1] == pytest.approx(max(THINNEST, abs(kept) * full))
            assert made.along[-1][1] == pytest.approx(abs(float(trace.outputs["c"][1, unit])) * full)


def test_the_dot_goes_below_the_curve_up_to_it_and_over() -> None:
    trace = open_example("lstm")
    with tempconfig(SETTINGS):
        scene = showing.opened(Lstm, trace)
        beat = showing.beat("full", trace, 0, frames=90)
        step, timeline, seen = trace[0], scene.timeline(beat), []
        for frame in range(90):
            timeline.interpolate(frame / 89.5)
            seen.append(middle(scene.squash.dot.points) if is_shown(scene.squash.dot) else None)
        found = [place for place in seen if place is not None]
        curve: Squash = scene.squash
        assert min(math.dist(place, curve.at(step.total, step.value)) for place in found) < 0.1
        assert found[-1] == pytest.approx((curve.plot[0], curve.at(0, step.value)[1]), abs=0.01)
        assert longest(found) >= 6


def middle(points: np.ndarray) -> tuple[float, float]:
    low, high = points.min(axis=0), points.max(axis=0)
    return float(low[0] + high[0]) / 2, float(low[1] + high[1]) / 2


def longest(places: list[Any]) -> int:
    """Of frames in which something moves, the longest run."""
    return max((len([*run]) for moves, run in groupby(a != b for a, b in pairwise(places)) if moves), default=0)


# --- what travels ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCENES)
def test_ways_cross_no_text(name: str) -> None:
    """The middle of a number on its way goes through no other text, but that of its own row, column or lane, which goes with it."""
    trace = open_example(name)
    with tempconfig(SETTINGS):
        scene = showing.opened(SCENES[name], trace)
        for k in trace.lessons:
            if scene.scenery(trace[k]) != "time":
                continue
            scene.timeline(showing.beat("full", trace, k)).interpolate(1)
            work = work_of(trace, k)
            names = [line for mark in family([*scene.cell.fixed, *scene.past.fixed]) if isinstance(mark, Letters) for line in mark.lines]
            for flight in [*scene.landing(work), *sent(scene, work)]:
                for point in way_of(flight):
                    inside = [line.text for line in names if line.box[0] < point[0] < line.box[2] and line.box[1] < point[1] < line.box[3]]
                    assert not inside, f"{flight.lines[0].text} of {trace[k].stage} through {inside}"


def work_of(trace: Trace, k: int) -> Any:
    return WrittenStep.of(trace.record()[k])


def sent(scene: Any, work: Any) -> Iterator[Any]:
    end = scene.strip.last
    for term in range(len(work.step.terms)):
        for source in scene.sources(work, term):
            yield scene.routed(work.step, way("ink", source, end))


def way_of(flight: Any) -> list[tuple[float, float]]:
    (start, end), points = flight.lines, flight.via
    middles = [(line.x - line.align * line.width / 2, line.y) for line in (start, end)]
    return [along([middles[0], *points, middles[1]], share) for share in np.linspace(0.02, 0.98, 97)]


# --- sizes -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCENES)
def test_digits_of_the_step_are_read_from_the_back_row(name: str) -> None:
    with tempconfig(SETTINGS):
        scene = showing.opened(SCENES[name], open_example(name))
        tables = [*scene.cell.tables.values(), *scene.affine.tables, *scene.past.tables.values()]
        assert all(table.has_digits for table in tables)
        assert min(table.digit_px for table in tables) >= 2 / 3 * LARGEST_PX


# --- many units ------------------------------------------------------------------------------------------------------------------------


@functools.cache
def many(name: str) -> Trace:
    x = numbers("normal", 30, 24)
    return lstm(x, hidden_size=40) if name == "lstm" else lstm_backward(numbers("normal", 30, 40), x, hidden_size=40)


@pytest.mark.parametrize("name", SCENES)
def test_of_many_units_some_are_shown_and_one_is_followed(name: str) -> None:
    trace = many(name)
    with tempconfig(SETTINGS):
        scene = showing.opened(SCENES[name], trace)
        assert len(scene.rows) == MOST_ROWS
        assert scene.followed == trace[trace.lessons[0]].unit == trace.choice.ranked[0]
        assert scene.followed in scene.rows
        said = [line.text for mark in scene.past.fixed if isinstance(mark, Letters) for line in mark.lines]
        assert {f"{MOST_ROWS} of 40", f"unit {scene.followed}"} <= {*said}
        assert scene.cell.lanes == 1
        last = next(block.start for block in trace.blocks if block.phase == "gradient of h0") if name == "lstm_backward" else len(trace)
        sweep = showing.beat("sweep", trace, 0, last, frames=60)
        timeline = scene.timeline(sweep)
        state = "c" if name == "lstm" else "grad_c"
        for share in (0.6, 0.8, 0.95):
            timeline.interpolate(share)
            written = showing.strip(scene)[0]
            time, unit = map(int, written[written.index("[") + 1 : -1].split(","))
            assert unit == scene.followed
            assert scene.cell.unit.line.text.startswith(f"unit {unit}, ")
            numbers = scene.cell.known[0].numbers[state]
            assert numbers == pytest.approx(float(trace.outputs[state][time, unit]))
            x0 = scene.past.frame.points[:, 0]
            assert min(abs(x0 - scene.past.tables[state].box(0, time)[0])) < 1e-6
            assert min(abs(scene.past.course.frame.points[:, 0] - min(x0))) < 1e-6
            ends = [x for flow in flowing(scene.past.course) for x in flow[:, 0]]
            assert (min(ends), max(ends))[name == "lstm"] == pytest.approx((min(x0), max(x0))[name == "lstm"], abs=0.02)


@pytest.mark.parametrize("name", SCENES)
def test_the_states_of_some_units_are_known_when_they_are_computed(name: str) -> None:
    """The unit that is followed comes first, and with it the next piece of its stream."""
    trace, state = many(name), "c" if name == "lstm" else "grad_c"
    time = 1 if name == "lstm" else trace.time_steps - 2
    with tempconfig(SETTINGS):
        scene = showing.opened(SCENES[name], trace)
        step = trace.blocks.step(state, (time, scene.followed))
        for k, times, rows in ((step - 1, 1, 0), (step, 2, 1), (step + 39, 2, MOST_ROWS)):
            scene.fill(scene.trace[k], True)
            known = scene.past.tables[state].shown[1]
            assert known[:, time].sum() == rows
            assert not rows or known[scene.rows.index(scene.followed), time]
            ends = [x for flow in flowing(scene.past.course) for x in flow[:, 0]]
            width = (max(ends) - min(ends)) / scene.past.course.each
            assert width == pytest.approx(times, abs=0.01)


def flowing(course: Course) -> list[np.ndarray]:
    marks = (course.streams.positive, course.streams.negative)
    return [mark.points for mark in marks if len(mark.points)]


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("wide", [True, False])
def test_a_course_is_as_thick_as_its_state_and_narrower_behind_a_valve(wide: bool, back: bool) -> None:
    before, valves, after = np.array([0.0, 1.0, 0.5, -1.0]), np.array([1.0, 0.5, 0.5, 0.25]), np.array([1.0, 0.5, -1.0, 0.0])
    width = 4 * LEAST_VALVE if wide else 1.0
    flow, theme = UnitFlow("unit 1", "output", before, valves, after, back), showing.opened(Lstm, many("lstm")).theme
    course = Course(flow, (0.0, 0.0, width, 1.0), theme)
    flows = [*(course._wide if wide else course._narrow)([3, 2, 1, 0] if back else [0, 1, 2, 3])]

    def thickness(time: int, share: float) -> list[float]:
        x = (time + (1 - share if back else share)) * width / 4
        return [flow.thickness(x) / FULL for flow in flows if min(flow.along)[0] < x < max(flow.along)[0]]

    assert [max(thickness(time, 0.5 if not wide else 0.9), default=0) for time in (0, 1, 2)] == pytest.approx([1.0, 0.5, 1.0])
    assert max(thickness(3, 0.9), default=0.0) == pytest.approx(0.0, abs=0.26)
    if wide:
        assert [max(thickness(time, VALVE - 0.05)) for time in (1, 2, 3)] == pytest.approx([0.5, 0.25, 0.25])
    assert {flow.negative for flow in flows} == {True, False}


def test_rows_are_the_first_of_those_that_are_ranked() -> None:
    ranked = [*range(19, -1, -1)]
    assert shown(ranked, range(20)) == [*range(12, 20)]
    assert shown([2, 0, 1], [1, 2, 0]) == [1, 2, 0]
    assert (told([1, 2], 20, "units"), told([1, 2], 20), told([0, 1], 2)) == ("2 of 20 units", "2 of 20", "")


def test_a_gate_that_is_next_to_nothing_is_called_that() -> None:
    trace = lstm([[-60.0], [-60.0]], [[1.0]] * 4, [[0.0]] * 4, [0.0, 0.0, 0.0, 0.0])
    with tempconfig(SETTINGS):
        scene = showing.opened(Lstm, trace)
        beat = showing.beat("quick", trace, 0)
        scene.timeline(beat).interpolate(1)
        assert [line.text for line in scene.cell.tables["i"].digits.lines] == ["≈0"]


# --- the end ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", ["small", "many"])
@pytest.mark.parametrize("name", SCENES)
def test_the_closing_shows_all_that_was_asked_for(name: str, size: str) -> None:
    trace = open_example(name) if size == "small" else many(name)
    with tempconfig(SETTINGS):
        scene = showing.opened(SCENES[name], trace)
        beat = showing.every_kind(trace)[-1]
        scene.timeline(beat).interpolate(1)
        tables = [mark for mark in family([scene.live]) if isinstance(mark, Lattice) and mark.shown is not None and mark.shown[1].all()]
        found = [np.sort(table.shown[0], axis=None) for table in tables]
        for path in ("output", "c") if name == "lstm" else [path for path in trace.outputs if path.startswith("grad_")]:
            values = np.sort(trace.outputs[path].numpy(), axis=None)
            assert any(one.shape == values.shape and np.allclose(one, values) for one in found), path


@pytest.mark.parametrize("name", SCENES)
def test_every_picture_is_the_same_when_it_is_drawn_alone(name: str) -> None:
    trace = open_example(name)
    beats = [showing.beat("full", trace, k) for k in (0, trace.lessons[-1])]
    with tempconfig(SETTINGS):
        scene = showing.opened(SCENES[name], trace)
        for beat in beats:
            after = showing.pictures(scene, beat, 80)
            assert showing.pictures(showing.opened(SCENES[name], trace), beat, 80) == after
