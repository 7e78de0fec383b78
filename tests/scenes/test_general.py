"""The general picture over traces as torch code gives them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Any

import numpy as np
import pytest
from manim import tempconfig

from scenes.parts.beat import Beat
from scenes.parts.cast import scene_class
from scenes.parts.frame import STAGE
from scenes.parts.general import General
from scenes.parts.ink import Letters
from scenes.parts.listing import broken, code_room
from scenes.parts.places import END, START, WHOLE
from scenes.parts.roles import role_of
from scenes.parts.rooms import around
from scenes.parts.theme import THEMES
from tests.scenes import showing
from tests.scenes.coded import LONG, STAND_INS, CodeTrace
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, beat, every_kind, pictures


@pytest.fixture(scope="module", params=STAND_INS)
def trace(request: pytest.FixtureRequest) -> CodeTrace:
    return STAND_INS[request.param]()


def general(trace: CodeTrace) -> type[General]:
    """The general picture, whether or not the concept has one of its own."""
    return type("General", (General,), {"concept": trace.concept})


def opened(trace: CodeTrace) -> General:
    return showing.opened(general(trace), trace, code=True)


def test_layout(trace: CodeTrace) -> None:
    assert findings(general(trace), trace, every_kind(trace), *THEMES) == []


def test_a_concept_without_a_file_has_the_general_picture() -> None:
    made = scene_class("rms_norm_backward")
    assert issubclass(made, General)  # type: ignore[arg-type]
    assert made.concept == "rms_norm_backward"  # type: ignore[attr-defined]
    assert scene_class("conv2d").__module__ == "scenes.conv2d"


def test_the_stage_is_filled(trace: CodeTrace) -> None:
    """Over 80 % of its width, or of the height that the lens and the code leave."""
    with tempconfig(SETTINGS):
        scene = opened(trace)
        for sheets in scene.sheets.values():
            left, bottom, right, top = around([box for sheet in sheets.values() for box in (sheet.whole, sheet.label.line.box)])
            bottom = STAGE[1] if sheets is scene.sheets.get(START) else bottom  # where the code stands
            assert max((right - left) / (STAGE[2] - STAGE[0]), (top - bottom) / (scene.room[3] - scene.room[1])) >= 0.8


def test_results_land_in_the_cells_that_are_written(trace: CodeTrace) -> None:
    with tempconfig(SETTINGS):
        scene = opened(trace)
        for shown in every_kind(trace)[1:-2]:
            step = trace[shown.start]
            ((path, (cell,)),) = step.writes.items()
            timeline = scene.timeline(shown)
            timeline.interpolate(0.0)
            sheet = scene.here[path]
            box = sheet.span([cell])
            before = seen(sheet)
            (flight,) = scene.landing(work_of(scene, step))
            assert box is not None
            assert flight.lines is not None
            assert box[0] < flight.lines[1].x < box[2]
            assert box[1] < flight.lines[1].y < box[3]
            timeline.interpolate(0.55)
            assert seen(sheet) == before  # not before it is there
            timeline.interpolate(1.0)
            assert seen(sheet) == before + 1
            assert scene.windows[-1].box == box


def work_of(scene: General, step: Any) -> Any:
    from scenes.parts.desk import WrittenStep

    work = WrittenStep.of(step)
    scene.strip.write(scene.line(work))
    return work


def seen(sheet: Any) -> int:
    """How many cells of a tensor can be seen."""
    if sheet.spot.digits:
        return len(sheet.digits.lines)
    return int((sheet.raster.pixel_array[..., 3] > 0).sum())


def moving(scene: General, shown: Beat) -> Iterator[bool]:
    """Frame by frame whether something has moved: a frame, or what is on its way."""
    timeline, before = scene.timeline(shown), None
    for frame in range(shown.frames):
        timeline.interpolate(frame / (shown.frames - 0.5))
        now = (
            [window.box for window in scene.windows],
            [(line.x, line.y) for mark in scene.travellers.letters.values() for line in mark.lines],
            [mark.points.tobytes() for mark in scene.travellers.veils.values()],
        )
        yield before is not None and now != before
        before = now


def test_values_travel(trace: CodeTrace) -> None:
    """The frames glide, the numbers go to the lens, the result goes to its cell: three runs of six frames or more."""
    with tempconfig(SETTINGS):
        scene = opened(trace)
        shown = every_kind(trace)[1]
        moved = list(moving(scene, shown))
        acts = [round(share * (shown.frames - 0.5)) for share in (0, scene.acts.arrived, scene.acts.read, scene.acts.added, 1)]
        runs = [longest(moved[a:b]) for a, b in pairwise(acts)]
        assert min(runs[0], runs[1], runs[3]) >= 6, runs
        assert not any(moved[-18:])  # nothing new in the last 0.6 s


def longest(flags: list[bool]) -> int:
    return max((len(list(run)) for flag, run in groupby(flags) if flag), default=0)


def test_numbers_come_from_their_places(trace: CodeTrace) -> None:
    """In the last step of every stage each factor leaves from its own cell, or the block of its row from around all of them."""
    with tempconfig(SETTINGS):
        scene = opened(trace)
        for stage in trace.stages:
            step = trace[trace.blocks.start(stage) + trace.outputs[stage].numel() - 1]
            scene.begin(step, "")
            flights = scene.flights(work_of(scene, step))
            places = [place for term in (*step.places, (step.over,)) for place in term if place]
            cells = [middle(scene.here[path].span([cell])) for path, cell in places]
            around_all = [middle(scene.here[path].span(step.reads[path])) for path in step.reads]
            starts = [middle(flight.boxes[0]) if flight.boxes else (flight.lines[0].x, flight.lines[0].y) for flight in flights]
            together = len(flights) < len(cells)
            assert together == any(not place.digits for place in scene_places(scene, work_of(scene, step)))
            for n, start in enumerate(starts):
                assert any(start == pytest.approx(at) for at in (around_all + cells if together else [cells[n]]))


def scene_places(scene: General, work: Any) -> list[Any]:
    scene.work(work, 0, False)
    return scene.bench.places


def middle(box: tuple[float, float, float, float]) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def test_a_beat_looks_the_same_whatever_was_shown_before(trace: CodeTrace) -> None:
    with tempconfig(SETTINGS):
        planned = every_kind(trace)
        scene = opened(trace)
        in_order = [pictures(scene, shown) for shown in planned]
        for shown, expected in reversed([*zip(planned, in_order, strict=True)]):
            assert pictures(scene, shown) == expected, shown.name
        alone = opened(trace)
        assert pictures(alone, planned[1], first=20) == in_order[1][20:]
        for shown, expected in zip(planned, in_order, strict=True):
            alone.timeline(planned[1]).interpolate(0.2)  # left while numbers are on their way
            assert pictures(alone, shown) == expected, shown.name


def test_what_belongs_together_stands_together() -> None:
    with tempconfig(SETTINGS):
        scene = opened(STAND_INS["rms_norm 2x3"]())
        (sheets,) = scene.sheets.values()
        tops = {sheets[path].whole[3] for path in ("input", "mean_square", "rms", "output")}
        assert len(tops) == len({sheets[path].spot.cell[1] for path in ("input", "mean_square", "rms", "output")}) == 1
        (x0, floor, x1, _), (a0, _, a1, ceiling) = sheets["weight"].whole, sheets["input"].whole
        assert (x0, x1) == (a0, a1)
        assert floor > ceiling
        lefts = [sheets[path].whole[0] for path in ("input", "mean_square", "rms", "output")]
        assert lefts == sorted(lefts)


def test_the_line_of_code_stands_there() -> None:
    trace = STAND_INS["rms_norm 2x3"]()
    with tempconfig(SETTINGS):
        scene = opened(trace)
        for stage, line in trace.code.items():
            scene.timeline(beat("full", trace, trace.blocks.start(stage))).interpolate(0.5)
            assert "".join(line.text for role in ("output", "ink") for line in scene.listing.letters[role].lines) == line
        scene.timeline(Beat("opening", 0, 0, "setup", "", 60)).interpolate(0.5)
        assert [line.text for line in scene.listing.letters["ink"].lines] == [*trace.code.values()]


def test_a_long_line_of_code_is_broken() -> None:
    line = f"output = torch.nn.functional.relu({'input.transpose(0, 1).' * 2}contiguous(), inplace=False)"
    first, second = broken(line, STAGE[2] - STAGE[0])
    assert " ".join([first, second.strip()]) == line
    assert code_room({"a": "a = b"}, 13.9) < code_room({"a": line}, 13.9)
    assert code_room({}, 9.0) == 0


def test_the_winner_has_a_ring() -> None:
    trace = STAND_INS["softmax 2x3"]()
    with tempconfig(SETTINGS):
        scene = opened(trace)
        scene.timeline(beat("full", trace, 0)).interpolate(1.0)
        largest = int(np.argmax([term[0] for term in trace[0].terms]))
        low, high = scene.bench.crown.points.min(axis=0), scene.bench.crown.points.max(axis=0)
        assert (low[0], low[1], high[0], high[1]) == pytest.approx(scene.bench.cell(largest, 0))


def test_one_plane_of_many_axes_is_shown_with_its_index() -> None:
    trace = STAND_INS["relu 2x3x4x4"]()
    with tempconfig(SETTINGS):
        scene = opened(trace)
        scene.timeline(beat("quick", trace, 5 * 16 + 3)).interpolate(1.0)
        sheets = scene.sheets[WHOLE]
        assert [sheet.label.line.text for sheet in sheets.values()] == ["input[1, 2]", "output[1, 2]"]
        assert seen(sheets["output"]) == 4


def test_few_planes_stand_side_by_side() -> None:
    trace = STAND_INS["relu 2x2x3"]()
    with tempconfig(SETTINGS):
        scene = opened(trace)
        scene.timeline(beat("quick", trace, 8)).interpolate(1.0)
        given, made = scene.here.values()
        assert len(given.digits.lines) == 12
        assert seen(made) == 9
        assert [sheet.label.line.text for sheet in (given, made)] == ["input", "output"]
        first, second = made.span([(0, 0, 0)]), made.span([(1, 0, 0)])
        assert first is not None
        assert second is not None
        assert second[0] > first[0] + 3 * (first[2] - first[0])  # with a gap
        assert second[3] == first[3]


def test_the_end_shows_all_that_was_computed() -> None:
    trace = STAND_INS["rms_norm 4x8"]()
    with tempconfig(SETTINGS):
        scene = opened(trace)
        assert {*scene.sheets} == {START, *trace.stages, END}
        scene.timeline(scene.beats[-1]).interpolate(1.0)
        assert {path: seen(sheet) for path, sheet in scene.here.items()} == {"mean_square": 4, "rms": 4, "output": 32}


def test_long_names_are_whole() -> None:
    with tempconfig(SETTINGS):
        scene = opened(STAND_INS["rms_norm long names"]())
        texts = [line.text for mark in scene.mobjects for part in mark.get_family() if isinstance(part, Letters) for line in part.lines]
        scene.timeline(scene.beats[1]).interpolate(0.5)
        texts += [line.text for mark in scene.bench.letters.values() for line in mark.lines]
        assert LONG in texts
        assert f"× {LONG}" in texts


@pytest.mark.parametrize(
    ("path", "computed", "role"),
    [
        ("input", False, "input"),
        ("query", False, "input"),
        ("weight", False, "weight"),
        ("in_proj_bias", False, "weight"),
        ("running_mean", False, "weight"),
        ("gamma", False, "weight"),
        ("biased", False, "input"),
        ("grad_output", False, "gradient"),
        ("grad_weight", True, "gradient"),
        ("adjoints.grad_z", True, "gradient"),
        ("output", True, "output"),
        ("weights", True, "output"),
    ],
)
def test_roles(path: str, computed: bool, role: str) -> None:
    assert role_of(path, computed) == role
