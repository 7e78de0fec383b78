"""Normalisations on a number line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from manim import tempconfig

from engine.inputs.arguments import open_example
from engine.trace import Trace
from scenes.norms.picture import Normalization
from scenes.norms.stands import names_of
from scenes.parts.beat import Beat
from scenes.parts.cast import scene_class
from scenes.parts.mechanism import ROOMY, THIN
from scenes.parts.number_line import HIGH
from scenes.parts.theme import THEMES
from tests.scenes import showing
from tests.scenes.lint import findings
from tests.scenes.norms import NORMS
from tests.scenes.showing import SETTINGS, beat


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with tempconfig(SETTINGS):
        yield


def every_kind(trace: Trace) -> list[Beat]:
    """The second step of every stage, too, which is shown quickly."""
    *before, closing = showing.every_kind(trace)
    seconds = [k for one in trace.stages if (k := trace.blocks.start(one) + 1) < len(trace)]
    return [*before, *(beat("quick", trace, k) for k in seconds), closing]


def opened(trace: Trace) -> Any:
    return showing.opened(scene_class(trace.concept), trace, every_kind(trace))


SIZES = ("layer 2x3", "layer 8x8", "layer 4x64")


@pytest.mark.parametrize("name", NORMS)
def test_layout(name: str) -> None:
    trace = NORMS[name]()
    assert issubclass(scene_class(trace.concept), Normalization)  # type: ignore[arg-type]
    assert findings(scene_class(trace.concept), trace, every_kind(trace), *(THEMES if name in SIZES else ())) == []


def spots(scene: Any) -> list[float]:
    """Where on the line its dots are, as numbers."""
    axis = scene.picture
    left, right = axis.x(0), axis.x(1)
    return [(x - left) / (right - left) for x, _ in axis.middles]


def after(scene: Any, trace: Trace, k: int, share: float, kind: str = "full") -> list[float]:
    scene.timeline(beat(kind, trace, k)).interpolate(share)
    return spots(scene)


@pytest.mark.parametrize("kind", ["full", "quick"])
def test_the_line_shifts_by_the_mean_and_shrinks_by_the_spread(kind: str) -> None:
    """1, −2, 4 with mean 1 and variance 6."""
    trace = NORMS["layer 2x3"]()
    scene = opened(trace)
    acts = scene.acts if kind == "full" else scene.quick_acts
    shift, shrink = trace.blocks.start("deviation"), trace.blocks.start("normalized")
    assert after(scene, trace, shift, acts.arrived, kind) == pytest.approx([1, -2, 4])
    assert after(scene, trace, shift, (acts.arrived + acts.read) / 2, kind) == pytest.approx([0.5, -2.5, 3.5])
    assert pin(scene) == pytest.approx(0.5)
    assert after(scene, trace, shift, 1.0, kind) == pytest.approx([0, -3, 3])
    assert pin(scene) == pytest.approx(0.0)
    assert after(scene, trace, shrink, acts.arrived, kind) == pytest.approx([0, -3, 3])
    assert band(scene) == pytest.approx(6**0.5, rel=1e-5)
    assert after(scene, trace, shrink, 1.0, kind) == pytest.approx([0, -(1.5**0.5), 1.5**0.5], rel=1e-5)
    assert band(scene) == pytest.approx(1.0)


def pin(scene: Any, role: str = "output") -> float:
    """Where the pin is, as a number."""
    return width(scene, scene.picture.pins[role].points[0, 0] - scene.picture.x(0))


def band(scene: Any) -> float:
    """How far the band reaches, as a number."""
    points = scene.picture.bands["output"].points
    return width(scene, (points[:, 0].max() - points[:, 0].min()) / 2)


def width(scene: Any, units: float) -> float:
    return float(units / (scene.picture.x(1) - scene.picture.x(0)))


def test_a_column_shares_a_mean_in_a_batch() -> None:
    trace = NORMS["batch 4x2"]()
    scene = opened(trace)
    assert after(scene, trace, 1, 1.0) == pytest.approx([-2, 0, 4, 2])
    assert pin(scene) == pytest.approx(1.0)
    start = trace.blocks.start("output")
    assert after(scene, trace, start, 1.0) == pytest.approx([2 * x / 5**0.5 + 1 for x in (-3, -1, 1, 3)], rel=1e-5)


def test_a_group_shares_a_mean() -> None:
    trace = NORMS["group 1x4x2"]()
    assert after(opened(trace), trace, 1, 1.0) == pytest.approx([5, -1, 4, 0])


def test_the_pin_of_an_evaluation_is_a_stored_number() -> None:
    trace = NORMS["batch evaluation"]()
    scene = opened(trace)
    after(scene, trace, 0, scene.acts.arrived)
    assert pin(scene, "weight") == pytest.approx(1.0)
    assert after(scene, trace, 0, 1.0) == pytest.approx([0, 2, 4, 6])


def test_each_weight_moves_its_own_dot_in_layer_norm() -> None:
    trace = NORMS["layer 2x3"]()
    scene, normalized, output = opened(trace), trace.outputs["normalized"][0].tolist(), trace.outputs["output"][0].tolist()
    start = trace.blocks.start("output")
    assert after(scene, trace, start + 1, 0.0) == pytest.approx([output[0], *normalized[1:]])
    assert after(scene, trace, start + 1, 1.0) == pytest.approx([*output[:2], normalized[2]])


def test_squares_stand_over_the_deviations() -> None:
    """Their areas are in the proportion of the squares, and that at 0 is their mean."""
    trace = NORMS["layer 2x3"]()
    scene = opened(trace)
    after(scene, trace, trace.blocks.start("var") + 1, 1.0)
    areas = [area(scene.picture.squares["output"].points[n : n + 16]) for n in (0, 16, 32)]
    assert areas == pytest.approx([areas[0] * (x / 7) ** 2 for x in (7, -2, -5)], rel=1e-6)
    assert area(scene.picture.means["output"].points) == pytest.approx(sum(areas) / 3)


def area(points: np.ndarray) -> float:
    low, high = points.min(axis=0), points.max(axis=0)
    return float((high - low)[0] * (high - low)[1])


def test_numbers_are_shown_when_they_are_known() -> None:
    """In its cell and over its dot; the others are hollow."""
    trace = NORMS["layer 2x3"]()
    scene, start = opened(trace), trace.blocks.start("deviation")
    scene.timeline(beat("full", trace, start + 1)).interpolate(0.0)
    assert [line.text for line in scene.picture.texts["output"].lines] == ["0"]
    scene.timeline(beat("full", trace, start + 1)).interpolate(1.0)
    assert {line.text for line in scene.picture.texts["output"].lines} == {"0", "−3"}
    assert len(scene.picture.hollow["input"].points)
    scene.timeline(beat("full", trace, start + 2)).interpolate(1.0)
    assert not len(scene.picture.hollow["input"].points)


def test_a_number_goes_home_from_its_dot() -> None:
    trace = NORMS["layer 2x3"]()
    scene, start = opened(trace), trace.blocks.start("normalized") + 1
    timeline = scene.timeline(beat("full", trace, start))
    timeline.interpolate((scene.acts.added + scene.acts.written) / 2)
    (flying,) = scene.travellers.letters["output"].lines
    (x0, _, x1, y1), (x, y) = scene.here["normalized"].span([(0, 1)]), scene.picture.middles[1]
    assert flying.text == "−1.22"
    assert min(x, (x0 + x1) / 2) < flying.x < max(x, (x0 + x1) / 2)
    assert y < flying.y < y1


def test_too_many_numbers_are_shown_as_in_the_general_picture() -> None:
    trace = NORMS["layer 2x1100"]()
    scene = opened(trace)
    scene.timeline(beat("full", trace, 0)).interpolate(1.0)
    assert not scene.easel.submobjects
    assert scene.bench.places


@pytest.mark.parametrize("name", ["layer 2x3", "layer 2x1100", "rms 2x3", "batch 4x2", "batch image"])
def test_a_beat_looks_the_same_whatever_was_shown_before(name: str) -> None:
    trace = NORMS[name]()
    planned, scene = every_kind(trace), opened(trace)
    in_order = [pictures(scene, shown) for shown in planned]
    for shown, expected in reversed([*zip(planned, in_order, strict=True)]):
        scene.timeline(planned[1]).interpolate(0.3)  # left while numbers are on their way
        assert pictures(scene, shown) == expected, shown.name


def pictures(scene: Any, shown: Beat) -> list[list[bytes]]:
    """What is seen at some moments."""
    timeline = scene.timeline(shown)
    seen = []
    for share in (0.0, 0.08, 0.3, 0.5, 0.75, 1.0):
        timeline.interpolate(share)
        still, live = scene.watches
        seen.append([item.digest for item in (*still.items([scene.still]), *live.items([scene.live]))])
    return seen


def test_numbers_that_move_together_are_framed_together() -> None:
    """A column of a batch when the line shifts, then one number after the other."""
    trace = NORMS["batch 4x2"]()
    scene, start = opened(trace), trace.blocks.start("deviation")
    for step, rows in ((start + 1, 4), (start + 3, 1)):
        scene.timeline(beat("full", trace, step)).interpolate(0.3)
        assert scene.here["input"].span([(row + (rows == 1), 1) for row in range(rows)]) in [window.box for window in scene.windows]


def test_a_number_comes_from_the_cell_in_which_it_stands() -> None:
    """In a batch the columns take turns: −3 is in the cell of its deviation already, the others are in those of the input."""
    trace = NORMS["batch 4x2"]()
    scene, start = opened(trace), trace.blocks.start("deviation")
    scene.timeline(beat("full", trace, start + 3)).interpolate(0.004)
    (flying,) = scene.travellers.letters["output"].lines
    x0, _, x1, _ = scene.here["deviation"].span([(0, 1)])
    assert flying.text == "−3"
    assert x0 < flying.x < x1
    assert not scene.travellers.letters["input"].lines
    x0, _, x1, _ = scene.here["input"].span([(1, 1)])
    xs = scene.travellers.veils["input"].points[:, 0]
    assert x0 - 0.05 < xs.min() < xs.max() < x1 + 0.05


def test_the_dot_of_a_term_has_a_ring_while_it_is_added() -> None:
    """No dot has one while the root is taken, nor when the mean goes to its place."""
    trace = NORMS["layer 2x3"]()
    scene = opened(trace)
    for stage, share, ringed in (("mean", 0.5, True), ("mean", 0.75, False), ("std", 0.5, False)):
        scene.timeline(beat("full", trace, trace.blocks.start(stage))).interpolate(share)
        assert bool(len(scene.picture.ring.points)) == ringed, (stage, share)


def test_a_sweep_tells_of_one_channel_after_the_other() -> None:
    trace = NORMS["batch 4x2"]()
    with tempconfig(SETTINGS):
        scene = opened(trace)
        start = trace.blocks.start("normalized")
        found = scene.swept(range(start, start + 8))
        channels = [scene.numbers.group(trace[k]) for k in found]
        assert channels == [0, 0, 0, 0, 1, 1, 1, 1]
        assert [k - start for k in found] == [0, 0, 2, 2, 3, 5, 5, 7]
        rows = NORMS["layer 2x3"]()
        start = rows.blocks.start("output")
        assert [*opened(rows).swept(range(start, start + 6))] == [*range(start, start + 6)]


def test_a_line_is_as_high_as_numbers_that_can_be_read_allow() -> None:
    low, high = (opened(NORMS[name]()).picture.room for name in ("layer 8x8", "layer 2x3"))
    assert high[3] - high[1] > low[3] - low[1] == pytest.approx(HIGH)


@pytest.mark.parametrize("name", ["rms_norm", "batch_norm"])
def test_rows_are_so_high_that_frames_hide_no_digit(name: str) -> None:
    """The line is lower where that makes room: a row of the least height has digits within the frame around it."""
    with tempconfig(SETTINGS):
        scene = opened(open_example(name))
        assert scene.drawn
        rows = [sheet.cell[1] for stage in ("", *scene.seen) for sheet in scene.sheets.get(stage, {}).values() if sheet.has_digits]
        assert min(rows) >= ROOMY


def test_a_large_one_has_a_high_line_below_tensors_that_are_seen() -> None:
    scene = opened(NORMS["layer 4x64"]())
    line = scene.picture.room
    assert line[3] - line[1] == pytest.approx(scene.heights[0])
    rows = [sheet for sheets in scene.sheets.values() for sheet in sheets.values() if sheet.rows > 3]
    assert rows
    assert min(sheet.whole[3] - sheet.whole[1] for sheet in rows) >= THIN


def test_many_dots_have_bars_as_high_as_their_squares_are_large() -> None:
    trace = NORMS["layer 4x64"]()
    scene, deviation = opened(trace), trace.outputs["deviation"][0].numpy()
    after(scene, trace, trace.blocks.start("var"), 1.0)
    points = scene.picture.squares["output"].points[:, 1]
    highs = [points[n : n + 16].max() - scene.picture.base for n in range(0, len(points), 16)]
    assert np.array(highs) / highs[0] == pytest.approx((deviation / deviation[0]) ** 2, abs=1e-6)
    level = scene.picture.means["output"].points[:, 1].max() - scene.picture.base
    assert level == pytest.approx(np.mean(highs))


def test_it_says_whose_dots_are_seen() -> None:
    for name, stage, words in (
        ("layer 2x3", "mean", ["sample 1"]),
        ("batch 4x2", "mean", ["channel 1"]),
        ("group 1x4x2", "mean", ["group 1"]),
    ):
        trace = NORMS[name]()
        scene = opened(trace)
        after(scene, trace, trace.blocks.start(stage) + 1, 1.0)
        assert [line.text for line in scene.picture.owner.lines] == words
    assert names_of(5, (2, 3, 1), ("sample",)) == ["sample 1, 2"]
    assert names_of(0, (1, 1), ("sample",)) == []


def test_a_group_of_small_cells_is_framed_as_a_whole() -> None:
    trace = NORMS["batch 16x64"]()
    scene = opened(trace)
    after(scene, trace, trace.blocks.start("deviation") + 65, 1.0)
    boxes = [window.box for window in scene.windows]
    assert all(scene.here[path].span([(0, 1), (15, 1)]) in boxes for path in ("input", "deviation"))
