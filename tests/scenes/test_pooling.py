"""Pooling on the stage: legible at every size, the winner marked, the shown numbers right."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from manim import tempconfig

from engine import avg_pool2d, max_pool2d
from engine.record import Record
from engine.trace import Trace
from scenes.avg_pool2d import AvgPool2d
from scenes.max_pool2d import MaxPool2d
from scenes.parts.beat import Beat
from scenes.parts.frame import STAGE
from scenes.parts.theme import THEMES
from scenes.pooling.forward import PoolReel, best
from studio.pace import beats
from tests.scenes import showing
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, decimal, strip
from tests.scenes.test_layout import check, numbers

SIZES = [(3, 3), (5, 8), (14, 14), (28, 28), (64, 64), (100, 60), (224, 224)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_sizes(size: tuple[int, int]) -> None:
    kind = "picture" if min(size) > 60 else "normal"
    check(MaxPool2d, max_pool2d(numbers(kind, 2, *size), 3, 2, padding=1), *THEMES)
    check(AvgPool2d, avg_pool2d(numbers("whole", *size), 2, ceil_mode=True), *THEMES)


@pytest.mark.parametrize("kernel", [1, 2, 4, 6, 9, 14, (1, 12), (12, 2), "global"])
def test_windows(kernel: object) -> None:
    check(MaxPool2d, max_pool2d(numbers("whole", 14, 14), kernel, 1 if kernel != "global" else None))
    check(AvgPool2d, avg_pool2d(numbers("normal", 14, 14), kernel, 1 if kernel != "global" else None))


@pytest.mark.parametrize(("size", "output"), [((5, 7), (2, 3)), ((14, 14), 4), ((3, 4), (5, 6)), ((28, 30), (3, 4)), ((64, 64), 7)])
def test_windows_of_several_sizes(size: tuple[int, int], output: object) -> None:
    check(MaxPool2d, max_pool2d(numbers("whole", 2, *size), output_size=output))
    check(AvgPool2d, avg_pool2d(numbers("normal", *size), output_size=output), "light")


def test_a_divisor_of_ones_own() -> None:
    check(AvgPool2d, avg_pool2d(numbers("whole", 6, 6), 3, 1, 1, divisor_override=-7))


def test_the_window_has_the_size_that_it_has_on_the_input_whatever_was_shown_before() -> None:
    trace = avg_pool2d(numbers("whole", 5, 5), output_size=(2, 3))
    with tempconfig(SETTINGS):
        scene, planned = opened(AvgPool2d, trace)
        for beat in [*planned, planned[0], planned[-1]]:
            scene.timeline(beat).interpolate(1.0)
            glass, full = scene.lenses[0].tile, beat.kind in ("opening", "closing")
            rows, columns = trace.kernel_size if full else trace[(beat.pictures or [beat.start])[-1]].extent
            assert (glass.rows, glass.columns) == (rows, columns)
            assert glass.label.line.text == f"window {rows}×{columns}"
            assert len(glass.digits.lines) == (0 if full else rows * columns)
        assert {step.extent for step in trace} == {(3, 2), (3, 3)}


def test_numbers_that_are_not_finite() -> None:
    x = torch.tensor([[1.0, float("nan"), 3.0], [float("-inf"), float("inf"), 2.0], [0.5, -1.0, 4.0]], dtype=torch.float64)
    check(MaxPool2d, max_pool2d(x, 2, 1, padding=1))
    check(AvgPool2d, avg_pool2d(x, 2, 1))


def states(scene: PoolReel, beat: Beat) -> list[tuple[list[str], list[str], int | None]]:
    """The pieces of the strip from left to right without grey ones, the numbers in the window, and which of them is marked as largest."""
    timeline = scene.timeline(beat)
    found = []
    for frame in range(beat.frames):
        timeline.interpolate(frame / (beat.frames - 0.5))
        glass = scene.lenses[0].tile
        crowned = [tap for tap in range(glass.rows * glass.columns) if len(glass.crown.points) and on(glass.tap(tap), glass.crown.points)]
        found.append((strip(scene), [line.text for line in glass.digits.lines], crowned[0] if crowned else None))
    return found


def on(box: tuple[float, float, float, float], points: object) -> bool:
    low, high = points.min(axis=0), points.max(axis=0)  # type: ignore[attr-defined]
    return abs(low[0] - box[0]) < 1e-9 and abs(low[1] - box[1]) < 1e-9 and abs(high[0] - box[2]) < 1e-9 and abs(high[1] - box[3]) < 1e-9


def opened(scene_class: type, trace: Trace) -> tuple[PoolReel, list[Beat]]:
    planned = beats(trace, detail=3, fps=10)
    return showing.opened(scene_class, trace, planned), planned


def test_the_largest_so_far_is_marked_and_written() -> None:
    trace = max_pool2d(numbers("whole", 6, 6), 3, 1)
    with tempconfig(SETTINGS):
        scene, planned = opened(MaxPool2d, trace)
        for beat in planned:
            if beat.kind != "full":
                continue
            seen = 0
            values = [x for (x,) in trace[beat.start].terms]
            for pieces, _, crowned in states(scene, beat):
                if "=" not in pieces:
                    continue
                shown = [decimal(text) for text in pieces[1 : pieces.index("=")] if text not in (",", ")")]
                assert shown == values[: len(shown)]
                assert decimal(pieces[-1]) == max(shown)
                assert crowned == shown.index(max(shown))
                seen = max(seen, len(shown))
            assert seen == 9


def test_a_mean_is_added_up_and_then_divided() -> None:
    trace = avg_pool2d(numbers("whole", 6, 6), 2, 1)
    with tempconfig(SETTINGS):
        scene, planned = opened(AvgPool2d, trace)
        full = [beat for beat in planned if beat.kind == "full"]
        for beat in full:
            pieces, window, crowned = states(scene, beat)[-1]
            assert crowned is None
            numbers_shown = [decimal(text) for text in pieces[1 : pieces.index(")")] if text != "+"]
            assert numbers_shown == [x for (x,) in trace[beat.start].terms] == [decimal(text) for text in window]
            assert pieces[pieces.index("÷") + 1] == "4"
            assert sum(numbers_shown) / 4 == decimal(pieces[-1])
        assert len(full) >= 3


def test_the_first_of_equal_numbers_wins() -> None:
    step = max_pool2d([[2, 5], [5, 1]], 2)[0]
    assert [best(step, done) for done in range(5)] == [None, 0, 1, 1, 1]


def test_padding_never_wins_before_a_number_does() -> None:
    step = max_pool2d([[-3.0, -4.0], [-5.0, -6.0]], 2, padding=1, stride=1)[0]
    assert [x for (x,) in step.terms] == [float("-inf")] * 3 + [-3.0]
    assert step.winner == 3


def test_large_pictures_have_no_findings_in_a_minute() -> None:
    trace = max_pool2d(numbers("normal", 64, 64), 2)
    assert findings(MaxPool2d, trace, beats(trace, seconds=20, fps=10)) == []


def test_a_winner_keeps_its_ring_and_a_window_its_tint() -> None:
    trace = max_pool2d(numbers("whole", 4, 6), 2)
    with tempconfig(SETTINGS):
        scene, planned = opened(MaxPool2d, trace)
        plane = scene.lenses[0].plane
        for beat in planned:
            scene.timeline(beat).interpolate(1.0)
            done = {"opening": 0, "closing": len(trace)}.get(beat.kind, beat.start + 1)
            won = [divmod(int(place), 6) for place in trace.outputs["indices"].flatten()[:done]]
            corners = scene.rings.points.reshape(-1, 16, 3)[..., :2]
            assert {tuple(np.round((ring.min(axis=0) + ring.max(axis=0)) / 2, 6)) for ring in corners} == {
                tuple(np.round(plane.centre(*cell), 6)) for cell in won
            }
            assert sum(len(mark.points) for mark in scene.tints[plane].marks) // 16 == 4 * done
            assert sum(len(mark.points) for mark in scene.tints[scene.output].marks) // 16 == done


def test_in_small_cells_what_did_not_win_fades() -> None:
    trace = max_pool2d(numbers("normal", 64, 64), 2)
    with tempconfig(SETTINGS):
        scene = MaxPool2d(Record(trace), [])
        scene.setup()
        assert scene.rings is None
        scene.timeline(Beat("quick", 40, 41, "output", "", 30)).interpolate(1.0)
        faded = scene.faded.pixel_array[..., 3] > 0
        # 41 windows are done, the last nine of them in the second row; three cells of each fade.
        assert faded.sum() == 3 * 41
        assert not faded[4:].any()
        assert not any(faded[divmod(int(place), 64)] for place in trace.outputs["indices"].flatten()[:41])


def test_a_mean_has_no_winner() -> None:
    with tempconfig(SETTINGS):
        scene, planned = opened(AvgPool2d, avg_pool2d(numbers("whole", 4, 4), 2))
        scene.timeline(planned[-1]).interpolate(1.0)
        assert scene.rings is None
        assert scene.faded is None


def test_digits_of_a_small_output_are_as_large_as_those_of_its_input_and_the_stage_is_filled() -> None:
    trace = max_pool2d([[1, 3, -2, 4], [0, 8, 6, 5], [2, 1, -9, 0], [4, -1, 3, 7]], 2)
    with tempconfig(SETTINGS):
        scene, _ = opened(MaxPool2d, trace)
        plane = scene.lenses[0].plane
        assert plane.digit_px == scene.output.digit_px >= 42
        assert plane.cell == pytest.approx(scene.output.cell)
        assert (plane.whole[3] - plane.whole[1]) / (STAGE[3] - STAGE[1]) >= 0.8
