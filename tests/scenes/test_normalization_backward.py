"""The ways back through normalisations on a scatter plot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from manim import tempconfig

from engine.inputs.arguments import open_example
from engine.trace import Trace
from scenes.norms.backward import NormalizationBackward
from scenes.parts.cast import scene_class
from scenes.parts.theme import THEMES
from tests.scenes import showing
from tests.scenes.grown import grown
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, beat, every_kind, pictures

NAMES = ["batch_norm_backward", "group_norm_backward", "layer_norm_backward", "rms_norm_backward"]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with tempconfig(SETTINGS):
        yield


def opened(trace: Trace) -> Any:
    return showing.opened(scene_class(trace.concept), trace)


def dots(scene: Any) -> list[tuple[float, float]]:
    """The numbers at which its dots stand."""
    plot = scene.picture
    (left, bottom), (right, top) = plot.at(0, 0), plot.at(1, 1)
    return [((x - left) / (right - left), (y - bottom) / (top - bottom)) for x, y in plot.middles]


def fit(scene: Any) -> tuple[float, float]:
    """The height at 0 and the slope of its line."""
    plot, points = scene.picture, scene.picture.fit.points
    (left, bottom), (right, top) = plot.at(0, 0), plot.at(1, 1)
    (x0, y0), (x1, y1) = ((p[:2] - (left, bottom)) / (right - left, top - bottom) for p in (points[0], points[-1]))
    slope = (y1 - y0) / (x1 - x0)
    return y0 - slope * x0, slope


def after(trace: Trace, stage: str, share: float, n: int = 0) -> Any:
    scene = opened(trace)
    scene.timeline(beat("full", trace, trace.blocks.start(stage) + n)).interpolate(share)
    return scene


@pytest.mark.parametrize(
    ("name", "size"), [*((name, "small") for name in NAMES), ("batch_norm_backward", "middle"), ("layer_norm_backward", "large")]
)
def test_layout(name: str, size: str) -> None:
    trace = grown(name, size)
    assert issubclass(scene_class(name), NormalizationBackward)  # type: ignore[arg-type]
    assert findings(scene_class(name), trace, every_kind(trace), *(THEMES if (name, size) == (NAMES[0], "small") else ())) == []


def test_dots_fall_to_what_their_mean_and_their_slope_leave_of_them() -> None:
    trace = open_example("batch_norm_backward")
    tensors = trace.inputs["normalized"], trace.outputs["grad_normalized"], trace.outputs["grad_input"]
    x, before, left = (tensor[:, 0].tolist() for tensor in tensors)
    scene = after(trace, "grad_input", 0.0)
    assert np.array(dots(scene)) == pytest.approx(np.array([*zip(x, before, strict=True)]))
    assert fit(scene) == pytest.approx((float(trace.outputs["m1"][0]), float(trace.outputs["m2"][0])))
    scene = after(trace, "grad_input", 1.0)
    assert np.array(dots(scene)) == pytest.approx(np.array([*zip(x, left, strict=True)]))
    assert fit(scene) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_the_line_stands_at_the_mean_before_it_leans() -> None:
    trace = open_example("layer_norm_backward")
    assert fit(after(trace, "m1", 1.0, 1)) == pytest.approx((float(trace.outputs["m1"][1]), 0.0))
    assert len(after(trace, "m1", 0.0, 1).picture.fit.points) == 0
    scene = after(trace, "m2", 0.5, 1)
    assert 0 < fit(scene)[1] / float(trace.outputs["m2"][1]) < 1
    assert fit(after(trace, "m2", 1.0, 1)) == pytest.approx((float(trace.outputs["m1"][1]), float(trace.outputs["m2"][1])))


def test_each_weight_moves_its_own_dot_and_what_is_not_computed_is_hollow() -> None:
    trace = open_example("layer_norm_backward")
    given, made = (t[0].tolist() for t in (trace.inputs["grad_output"], trace.outputs["grad_normalized"]))
    scene = after(trace, "grad_normalized", 1.0, 1)
    assert [y for _, y in dots(scene)] == pytest.approx([*made[:2], given[2]])
    # Four curves of four points make a disc.
    assert (len(scene.picture.solid.points), len(scene.picture.hollow.points)) == (32, 16)


@pytest.mark.parametrize(
    ("name", "stage", "n", "words"),
    [
        ("batch_norm_backward", "m1", 1, ["channel 1"]),
        ("group_norm_backward", "grad_std", 1, ["group 1"]),
        ("layer_norm_backward", "m1", 0, ["sample 0"]),
        ("layer_norm_backward", "grad_bias", 2, ["feature 2"]),
        ("rms_norm_backward", "grad_rms", 1, ["row 1"]),
    ],
)
def test_it_says_whose_numbers_are_seen(name: str, stage: str, n: int, words: list[str]) -> None:
    scene = after(open_example(name), stage, 1.0, n)
    assert [line.text for line in scene.picture.owner.lines] == words


def test_a_group_of_small_cells_is_framed_as_a_whole() -> None:
    trace = grown("layer_norm_backward", "large")
    scene = after(trace, "grad_input", 1.0, 3)
    row = scene.here["grad_input"].span([(0, 0), (0, 47)])
    assert scene.windows[scene.most_read].box == row


def test_numbers_that_are_not_finite_leave_the_general_picture() -> None:
    trace = open_example("layer_norm_backward")
    trace.outputs["grad_input"][0, 0] = float("inf")
    assert not opened(trace).drawn


def test_a_beat_looks_the_same_whatever_was_shown_before() -> None:
    trace = open_example("batch_norm_backward")
    scene, planned = opened(trace), every_kind(trace)
    expected = [pictures(scene, shown, 30, 32) for shown in planned]
    for shown, seen in reversed([*zip(planned, expected, strict=True)]):
        scene.timeline(planned[1]).interpolate(0.5)
        assert pictures(scene, shown, 30, 32) == seen, shown.name
