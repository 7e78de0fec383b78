"""Windows that slide: what is read travels to the lens, and the result to its cell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import numpy as np
import pytest
from manim import tempconfig

from engine import avg_pool2d, avg_pool2d_backward, conv1d, conv2d, conv2d_backward, max_pool2d, max_pool2d_backward
from engine.record import Record
from engine.trace import Trace
from scenes.convolution.visits import WRITTEN
from scenes.parts.beat import Beat
from scenes.parts.cast import scene_class
from scenes.parts.glass import tells
from scenes.parts.ink import LEAST_PX, Line
from scenes.parts.sliding import LEAST_RING, SlidingReel
from tests.scenes.test_layout import numbers
from tests.scenes.walk import trace_of

FRAMES = 90
TRACES = {
    "conv1d": conv1d(numbers("whole", 2, 9), numbers("whole", 2, 2, 3), padding=1),
    "conv2d": conv2d(numbers("whole", 6, 6), numbers("whole", 2, 2), padding=1, dilation=2),
    "conv2d of channels": conv2d(numbers("whole", 3, 8, 8), numbers("whole", 1, 3, 3, 3), bias=[1.0]),
    "conv2d of a picture": conv2d(numbers("picture", 30, 30), numbers("whole", 3, 3)),
    "conv2d_backward": conv2d_backward(numbers("whole", 3, 3), numbers("whole", 4, 4), numbers("whole", 2, 2)),
    "max_pool2d": max_pool2d(numbers("whole", 5, 5), 2, ceil_mode=True),
    "avg_pool2d": avg_pool2d(numbers("whole", 5, 7), output_size=(2, 3)),
    "max_pool2d_backward": max_pool2d_backward(numbers("whole", 3, 3), numbers("whole", 4, 4), 2, 2, 1),
    "avg_pool2d_backward": avg_pool2d_backward(numbers("whole", 3, 3), numbers("whole", 4, 4), 2, 2, 1),
    "avg_pool2d_backward of many": avg_pool2d_backward(numbers("normal", 14, 14), numbers("normal", 28, 28), 2),
}


@contextmanager
def opened(trace: Trace) -> Iterator[SlidingReel]:
    with tempconfig({"pixel_width": 320, "pixel_height": 180, "frame_rate": 30, "dry_run": True, "verbosity": "ERROR"}):
        scene = scene_class(trace.concept)(Record(trace), [])
        scene.setup()
        yield scene


def beat(trace: Trace, kind: str, start: int, stop: int | None = None) -> Beat:
    before = start - 1 if start else None
    return Beat(kind, start, start + 1 if stop is None else stop, trace[start].phase, trace[start].say, FRAMES, before)


def on_the_way(scene: SlidingReel) -> tuple[bytes, ...]:
    """Where everything is that travels; nothing if nothing does."""
    return tuple(part.points.tobytes() for part in scene.travellers.get_family() if len(part.points))


def states(scene: SlidingReel, shown: Beat, start: float, stop: float) -> list[tuple[bytes, ...]]:
    """What travels in those frames of a beat that lie between two shares of it."""
    timeline, found = scene.timeline(shown), []
    for frame in range(FRAMES):
        share = frame / (FRAMES - 0.5)
        timeline.interpolate(share)
        if start < share < stop:
            found.append(on_the_way(scene))
    return found


@pytest.mark.parametrize("name", [name for name in TRACES if name != "conv2d of channels"])
def test_in_a_full_beat_something_moves_while_numbers_are_read_and_while_the_result_lands(name: str) -> None:
    trace = TRACES[name]
    with opened(trace) as scene:
        for k in (0, len(trace) // 2, len(trace) - 1):
            acts, full = scene.acts, beat(trace, "full", k)
            for start, stop in ((acts.arrived, acts.read), (acts.added, acts.written)):
                seen = states(scene, full, start, stop)
                assert all(seen)
                assert sum(one != other for one, other in pairwise(seen)) >= 6
            assert not any(states(scene, full, -1.0, acts.arrived))
            assert not any(states(scene, full, acts.written, 2.0))


def place(line: Line) -> tuple[float, float]:
    return round(line.x - line.align * line.width / 2, 6), round(line.y, 6)


def lines(scene: SlidingReel, shown: Beat, share: float) -> dict[tuple[float, float], str]:
    """The numbers on their way, by where they are."""
    scene.timeline(shown).interpolate(share)
    return {place(line): line.text for letters in scene.travellers.letters.values() for line in letters.lines}


@pytest.mark.parametrize("name", ["conv1d", "conv2d", "conv2d_backward", "max_pool2d", "avg_pool2d", "max_pool2d_backward"])
def test_numbers_come_out_of_the_cells_that_are_read_and_go_where_they_stand_in_the_lens(name: str) -> None:
    trace = TRACES[name]
    with opened(trace) as scene:
        k = len(trace) // 2
        full, step, acts = beat(trace, "full", k), trace[k], scene.acts
        first, last = (lines(scene, full, share) for share in (acts.arrived + 1e-9, acts.read - 1e-9))
        (lens,) = scene.lenses
        assert {*first} == {tuple(round(x, 6) for x in lens.plane.centre(*cell)) for cell in scene.window_cells(step)}
        scene.timeline(full).interpolate(acts.read)
        assert last == {place(line): line.text for line in lens.tile.read}
        read = [x for x in step.numbers if x is not None] if hasattr(step, "numbers") else [term[0] for term in step.terms]
        assert sorted(float(text.strip("()").replace("−", "-").replace("∞", "inf")) for text in first.values()) == sorted(read)


@pytest.mark.parametrize(("size", "flying"), [(8, 64), (9, 0)])
def test_many_numbers_travel_as_one_block(size: int, flying: int) -> None:
    trace = avg_pool2d(numbers("whole", size, size), "global")
    with opened(trace) as scene:
        assert scene.lenses[0].tile.has_digits
        assert scene.lenses[0].plane.mode == "digits"
        assert len(lines(scene, beat(trace, "full", 0), (scene.acts.arrived + scene.acts.read) / 2)) == flying
        assert any(len(mark.points) for mark in scene.travellers.veils.values()) == (not flying)


@pytest.mark.parametrize("name", TRACES)
def test_the_result_goes_to_the_cells_that_are_written(name: str) -> None:
    trace = TRACES[name]
    with opened(trace) as scene:
        for kind, acts in (("full", scene.acts), ("quick", scene.quick_acts)):
            step = trace[len(trace) // 2]
            # A beat that goes from channel to channel has acts of its own.
            end = WRITTEN if kind == "full" and len(getattr(step, "channels", ())) > 1 and name != "conv1d" else acts.written
            found = lines(scene, beat(trace, kind, step.index), end - 1e-9)
            written = [(0, *cell)[-2:] for cell in step.writes[next(iter(step.writes))]]
            if found:
                assert {*found} == {tuple(round(x, 6) for x in scene.output.centre(*cell)) for cell in written}
            else:
                (block,) = [mark for mark in scene.travellers.veils.values() if len(mark.points)]
                box = scene.output.span(written)
                assert (*block.points.min(axis=0)[:2], *block.points.max(axis=0)[:2]) == pytest.approx(box, abs=1e-6)


@pytest.mark.parametrize("name", TRACES)
def test_nothing_is_left_on_its_way_when_a_beat_breaks_off(name: str) -> None:
    trace = TRACES[name]
    with opened(trace) as scene:
        last = len(trace) - 1
        for kind in ("opening", "full", "quick", "sweep", "closing"):
            scene.timeline(beat(trace, "full", 0)).interpolate((scene.acts.arrived + scene.acts.read) / 2)
            assert on_the_way(scene)
            after = Beat(kind, 0, 0, "", "", FRAMES) if kind == "opening" else Beat(kind, last, last + 1, "", "", FRAMES)
            scene.timeline(after).interpolate(0)
            assert not on_the_way(scene)


def test_planes_rest_behind_a_beat_unless_it_goes_on_to_others() -> None:
    trace = conv2d(numbers("whole", 5, 5), numbers("whole", 2, 1, 2, 2))
    filter_ = len(trace) // 2
    with opened(trace) as scene:
        for shown, rests in (
            (beat(trace, "full", filter_), True),
            (beat(trace, "sweep", 1, len(trace)), False),
            (beat(trace, "sweep", 1, filter_), True),
        ):
            scene.timeline(shown).interpolate(1)
            ground = scene.lenses[0].plane.ground
            here, there = scene.still.submobjects, scene.live.submobjects
            assert all((mark in here) == rests and (mark in there) != rests for mark in ground)


def test_a_frame_on_the_plane_goes_on_with_the_terms_on_the_strip() -> None:
    trace = conv2d(numbers("whole", 5, 5), numbers("whole", 2, 2), padding=1)
    with opened(trace) as scene:
        step, (lens,) = trace[8], scene.lenses
        timeline, seen = scene.timeline(beat(trace, "full", 8)), []
        for frame in range(FRAMES):
            timeline.interpolate(frame / (FRAMES - 0.5))
            if lens.spot.box is not None and lens.spot.box not in seen:
                seen.append(lens.spot.box)
                assert lens.tile.spots[0].box == lens.tile.tap(len(seen) - 1)
        assert seen == [lens.plane.box(row + 1, column + 1) for row, column in step.window]
        assert lens.spot.box is None


@pytest.mark.parametrize(("cells", "ringed"), [(5, False), (60, True)])
def test_a_result_falls_into_a_coloured_cell_with_a_ring(cells: int, ringed: bool) -> None:
    trace = conv2d(numbers("whole", cells, cells), numbers("whole", 3, 3))
    with opened(trace) as scene:
        side = cells - 2
        k = side * (side // 2) + side // 2
        scene.timeline(beat(trace, "full", k)).interpolate(scene.acts.written - 1e-9)
        points = scene.travellers.rings.points
        assert bool(len(points)) == ringed
        if ringed:
            x, y = scene.output.centre(side // 2, side // 2)
            assert points[:, 0].max() - points[:, 0].min() == pytest.approx(LEAST_RING, abs=1e-3)
            assert (points[:, :2].min(axis=0) + points[:, :2].max(axis=0)) / 2 == pytest.approx((x, y), abs=1e-3)


@pytest.mark.parametrize("name", TRACES)
def test_lines_to_and_from_windows_stay_outside_of_planes(name: str) -> None:
    trace = TRACES[name]
    with opened(trace) as scene:
        for k in (0, len(trace) // 2):
            scene.timeline(beat(trace, "full", k)).interpolate(1.0)
            beams = [scene.out_beam, *(lens.beam for lens in scene.lenses)]
            assert all(len(mark.points) for mark in beams)
            for line in np.concatenate([mark.points for mark in beams]).reshape(-1, 4, 3)[:, ::3, :2]:
                middle = line.mean(axis=0)
                for left, bottom, right, top in (plane.whole for plane in (*scene.planes, scene.output)):
                    assert not (left < middle[0] < right and bottom < middle[1] < top)


@pytest.mark.parametrize("size", [2, 16])
def test_weights_are_in_the_middle_until_there_is_something_to_multiply(size: int) -> None:
    trace = conv2d(numbers("whole", 2 * size, 2 * size), numbers("whole", size, size))
    with opened(trace) as scene:
        tile = scene.lenses[0].tile

        def away() -> float:
            """How far the weights are from the middle of the tile."""
            left, bottom, right, top = tile.whole
            if tile.has_digits:
                return abs(sum(line.y for line in tile.lower.lines) / len(tile.lower.lines) - (bottom + top) / 2)
            (grid,) = tile.beside
            return abs((grid.whole[0] + grid.whole[2]) / 2 - (left + right) / 2)

        scene.timeline(Beat("opening", 0, 0, "setup", "", FRAMES)).interpolate(1.0)
        assert away() == pytest.approx(0.0, abs=1e-6)
        scene.timeline(beat(trace, "full", 0)).interpolate(scene.acts.arrived)
        assert away() > 0.1


def test_a_block_travels_as_the_cells_that_are_read() -> None:
    trace = conv2d(numbers("normal", 16, 16), numbers("normal", 3, 3))
    with opened(trace) as scene:
        plane, shown = scene.lenses[0].plane, beat(trace, "full", 18)
        scene.timeline(shown).interpolate((scene.acts.arrived + scene.acts.read) / 2)
        (block,) = scene.travellers.cells.submobjects
        assert (block.pixel_array == plane.raster.pixel_array[1:4, 4:7]).all()
        # It grows on its way to the lens, within a frame.
        here, there = (box[2] - box[0] for box in (plane.box(1, 4, 3, 3), scene.lenses[0].tile.area))
        assert here < block.box[2] - block.box[0] < there
        assert len(scene.travellers.frames.points) == 16
        scene.timeline(shown).interpolate(1.0)
        assert not scene.travellers.cells.submobjects
        assert not len(scene.travellers.frames.points)


def test_weights_of_a_long_row_stand_below_what_they_are_multiplied_by() -> None:
    trace = conv1d(numbers("normal", 144), numbers("normal", 48))
    with opened(trace) as scene:
        scene.timeline(beat(trace, "full", 0)).interpolate(1.0)
        tile = scene.lenses[0].tile
        (weights,) = tile.beside
        assert (weights.left, weights.cell) == (tile.left, tile.cell)
        assert weights.top < tile.top - tile.cell[1]
        assert tile.cell[1] > tile.cell[0]
        scene.timeline(Beat("opening", 0, 0, "setup", "", FRAMES)).interpolate(1.0)
        _, bottom, _, top = tile.whole
        assert weights.top - weights.cell[1] / 2 == pytest.approx((bottom + top) / 2)


def test_numbers_under_the_lens_have_no_more_decimals_than_leave_them_large() -> None:
    trace = trace_of("conv1d", "middle")
    with opened(trace) as scene:
        scene.timeline(beat(trace, "full", 0)).interpolate(1.0)
        tile = scene.lenses[0].tile
        assert min(line.size for line in (*tile.upper.lines, *tile.lower.lines)) > 1.15 * LEAST_PX
        assert all(tells(x, line.text, len(line.text)) for (x, _), line in zip(trace[0].terms, tile.upper.lines, strict=True))
