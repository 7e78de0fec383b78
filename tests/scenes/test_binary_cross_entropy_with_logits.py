"""Binary cross-entropy: the target chooses a curve, a dot goes to its cost there, and the tangent is the gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from manim import tempconfig

from engine import binary_cross_entropy_with_logits as bce
from engine.record import Record
from scenes.binary_cross_entropy_with_logits import BinaryCrossEntropyWithLogits
from scenes.parts.theme import THEMES
from tests.scenes.coded import values
from tests.scenes.lint import findings
from tests.scenes.test_general import SETTINGS, beat, every_kind, pictures

CASES: dict[str, Callable[[], Any]] = {
    "small": lambda: bce([1.5, -0.5, 0], [1, 0, 1]),
    "middle": lambda: bce(2 * values(4, 8), (values(4, 8, seed=2) > 0).double()),
    "large": lambda: bce(2 * values(8, 64), (values(8, 64, seed=2) > 0).double(), reduction="sum"),
    "weighted": lambda: bce([1.5, -0.5], [1, 0], [1, 2], pos_weight=[3, 1]),
    "apart": lambda: bce([100, -100], [0, 1], reduction="none"),
}


def opened(trace: Any) -> Any:
    scene = BinaryCrossEntropyWithLogits(Record(trace), every_kind(trace))
    scene.setup()
    return scene


def ended(scene: Any, stage: str, number: int, share: float = 1.0) -> Any:
    """The lower graph in a step of a stage."""
    scene.timeline(beat("full", scene.trace, scene.trace.blocks.start(stage) + number)).interpolate(share)
    return scene.picture.lower


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("case", CASES)
def test_layout(case: str, theme: str) -> None:
    trace = CASES[case]()
    assert findings(BinaryCrossEntropyWithLogits, trace, every_kind(trace), theme) == []


def test_the_target_chooses_the_curve_and_the_dot_goes_to_the_cost() -> None:
    with tempconfig(SETTINGS):
        scene = opened(CASES["small"]())
        for number, (x, cost) in enumerate([(1.5, np.log1p(np.exp(-1.5))), (-0.5, np.log1p(np.exp(-0.5))), (0.0, np.log(2))]):
            lower = ended(scene, "per_cell", number)
            assert np.allclose(lower.dot.get_center()[:2], lower.at(x, cost), atol=1e-6)
            bright, pale = (lower.curves[role].points[:, 1] for role in ("output", "muted"))
            rises = bright[-1] > bright[0]
            assert (rises, pale[-1] > pale[0]) == ((number == 1), (number != 1))


def test_the_tangent_is_as_steep_as_the_gradient() -> None:
    with tempconfig(SETTINGS):
        scene = opened(CASES["small"]())
        unit = [scene.picture.lower.at(1, 1)[axis] - scene.picture.lower.at(0, 0)[axis] for axis in (0, 1)]
        for number, slope in enumerate([1 / (1 + np.exp(-1.5)) - 1, 1 / (1 + np.exp(0.5)), -0.5]):
            (x0, y0), (x1, y1) = ended(scene, "slope", number).tangent.points[[0, -1], :2]
            assert (y1 - y0) / (x1 - x0) * unit[0] / unit[1] == pytest.approx(slope)


def test_a_target_between_yes_and_no_leaves_both_curves() -> None:
    with tempconfig(SETTINGS):
        scene = opened(bce([1.5, -0.5], [0.25, 1]))
        assert not len(ended(scene, "per_cell", 0).curves["muted"].points)
        assert len(ended(scene, "per_cell", 1).curves["muted"].points)


def test_no_cost_is_marked_before_it_is_computed() -> None:
    with tempconfig(SETTINGS):
        scene = opened(CASES["small"]())
        assert not len(ended(scene, "log_p", 2).dots.points)
        before, after = (len(ended(scene, "per_cell", 1, share).dots.points) for share in (0.0, 1.0))
        assert after == 2 * before > 0


def test_a_beat_looks_the_same_whatever_was_shown_before() -> None:
    with tempconfig(SETTINGS):
        scene = opened(CASES["small"]())
        found = [pictures(scene, shown) for shown in scene.beats]
        for shown, expected in reversed([*zip(scene.beats, found, strict=True)]):
            assert pictures(scene, shown) == expected, shown.name


def test_each_logarithm_is_found_on_its_own_curve() -> None:
    with tempconfig(SETTINGS):
        scene = opened(CASES["small"]())
        for stage in ("log_p", "log_not_p"):
            lower = ended(scene, stage, 0)
            place = lower.at(1.5, -float(scene.trace.outputs[stage][0]))
            assert np.allclose(lower.dot.get_center()[:2], place, atol=0.02)
            assert len(lower.curves["muted"].points)


@pytest.mark.parametrize(("reduction", "there"), [("mean", True), ("sum", False)])
def test_the_mean_of_all_costs_is_a_line_among_them_at_the_end(reduction: Any, there: bool) -> None:
    with tempconfig(SETTINGS):
        scene = opened(bce([1.5, -0.5, 0], [1, 0, 1], reduction=reduction))
        scene.timeline(scene.beats[-1]).interpolate(1.0)
        lower, mean = scene.picture.lower, (np.log1p(np.exp(-1.5)) + np.log1p(np.exp(-0.5)) + np.log(2)) / 3
        assert bool(len(lower.guide.points)) == there
        if there:
            assert np.allclose(lower.guide.points[:, 1], lower.at(0, mean)[1])
            assert scene.picture.mean.lines[0].text == "loss"
