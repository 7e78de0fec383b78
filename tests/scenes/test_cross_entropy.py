"""Cross-entropy: the share of the true class is pulled out, and arrows say where the shares ought to go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from manim import tempconfig

from engine import cross_entropy
from scenes.cross_entropy import CrossEntropy
from scenes.parts.bars import LIFT
from tests.scenes.lint import findings
from tests.scenes.shares import at, check_order, numbers, opened, themes
from tests.scenes.showing import SETTINGS, beat, every_kind

CASES: dict[str, Callable[[], Any]] = {
    "small": lambda: cross_entropy([2, 0.5, -1], 0, labels=["cat", "dog", "bird"]),
    "middle": lambda: cross_entropy(numbers(8, 8), [0, 1, 2, 3, 4, 5, 6, 7], labels=[f"class{n}" for n in range(8)]),
    "large": lambda: cross_entropy(numbers(3, 64), [5, 60, 31]),
    "places": lambda: cross_entropy(numbers(2, 3, 2), [[0, 1], [2, 0]]),
    "ignored": lambda: cross_entropy(numbers(3, 4), [1, -100, 3]),
    "smoothed": lambda: cross_entropy(numbers(2, 3), [0, 2], label_smoothing=0.1),
    "soft": lambda: cross_entropy([2.0, 0.5], [0.25, 0.75]),
    "weighted": lambda: cross_entropy(numbers(2, 3), [0, 2], weight=[1, 2, 3]),
    "probabilities": lambda: cross_entropy([[0.25, 0.75]], [1], probabilities=True),
}


@pytest.mark.parametrize("case", CASES)
def test_layout(case: str) -> None:
    trace = CASES[case]()
    assert findings(CrossEntropy, trace, every_kind(trace), *themes(case)) == []


def test_the_true_share_is_pulled_out_and_measured_on_the_curve_of_what_it_costs() -> None:
    trace = cross_entropy([2, 0.5, -1], 1)
    p = float(trace.outputs["p"][1])
    with tempconfig(SETTINGS):
        scene = opened(CrossEntropy, trace)
        shown = beat("full", trace, trace.blocks.start("losses"))
        lifted, started = [], []
        for share in (0.0, 0.18, 1.0):
            long = at(scene, shown, share).long
            lifted.append(long.shares.points[:, 1].max() - long.top)
            started.append(long.outline.points[:, 0].min() - long.left if len(long.outline.points) else 1.0)
        assert lifted[0] == pytest.approx(0)
        assert 0 < lifted[1] <= lifted[2] == pytest.approx(LIFT)
        assert started[0] > started[2] == pytest.approx(0)
        assert np.ptp(long.outline.points[:, 0]) / (long.right - long.left) == pytest.approx(p)
        curve = scene.picture.curve
        assert np.allclose(curve.dot.get_center()[:2], curve.at(p, -np.log(p)), atol=1e-6)
        assert curve.at(p, 0)[0] == pytest.approx(long.outline.points[:, 0].max())
        assert curve.at(1, 0)[0] == pytest.approx(long.right)


def test_the_dot_rises_when_the_share_has_come_and_not_again() -> None:
    trace = cross_entropy([2, 0.5, -1], 1)
    with tempconfig(SETTINGS):
        scene = opened(CrossEntropy, trace)
        for stage, share, there in (("losses", 0.2, False), ("losses", 0.5, True), ("loss", 0.2, True)):
            curve = at(scene, beat("full", trace, trace.blocks.start(stage)), share).curve
            assert bool(len(curve.dot.points)) == there, (stage, share)


def test_where_classes_count_differently_the_share_is_only_pulled_out() -> None:
    trace = CASES["weighted"]()
    with tempconfig(SETTINGS):
        scene = opened(CrossEntropy, trace)
        shown = at(scene, beat("full", trace, trace.blocks.start("losses")), 1.0)
        assert shown.curve is None
        assert shown.long.shares.points[:, 1].max() - shown.long.top == pytest.approx(LIFT)
        assert shown.long.outline.points[:, 0].min() >= shown.long.left


def test_arrows_are_as_long_as_the_gradient_and_point_against_it() -> None:
    trace = cross_entropy([2, 0.5, -1], 0)
    with tempconfig(SETTINGS):
        scene = opened(CrossEntropy, trace)
        start = trace.blocks.start("grad")
        for count in (1, 2, 3):
            goals = at(scene, beat("full", trace, start + count - 1), 1.0).goals
            unit = goals.height(1.0) - goals.height(0.0)
            tips = goals.heads.points.reshape(count, -1, 3)[:, 0, 1]
            values = trace.outputs["p"][:count].tolist()
            pushed = [(tip - goals.height(value)) / unit for tip, value in zip(tips, values, strict=True)]
            assert pushed == pytest.approx([-x for x in trace.outputs["grad"][:count].tolist()])


def test_no_arrow_is_there_before_its_number() -> None:
    trace = CASES["small"]()
    with tempconfig(SETTINGS):
        scene = opened(CrossEntropy, trace)
        first = beat("full", trace, trace.blocks.start("grad"))
        assert len(at(scene, first, 0.6).goals.heads.points) == 0
        assert len(at(scene, first, 0.74).goals.heads.points) > 0


def test_no_row_is_pulled_that_counts_nothing() -> None:
    trace = CASES["ignored"]()
    with tempconfig(SETTINGS):
        scene = opened(CrossEntropy, trace)
        start = trace.blocks.start("losses")
        found = [len(at(scene, beat("quick", trace, start + row), 1.0).long.outline.points) for row in range(3)]
        assert [count > 0 for count in found] == [True, False, True]


def test_steps_about_more_than_shares_have_the_lens() -> None:
    trace = CASES["weighted"]()
    with tempconfig(SETTINGS):
        scene = opened(CrossEntropy, trace)
        for stage, act in (("p", "share"), ("grad", ""), ("loss", ""), ("weighted", "")):
            assert scene.act(trace[trace.blocks.start(stage)]) == act
        scene.timeline(beat("full", trace, trace.blocks.start("grad"))).interpolate(0.6)
        assert scene.bench.batches
        assert len(scene.picture.goals.fill.points) == 0


def test_shares_that_are_given_have_the_general_picture() -> None:
    with tempconfig(SETTINGS):
        assert opened(CrossEntropy, CASES["probabilities"]()).picture is None


@pytest.mark.parametrize("case", ["small", "middle"])
def test_a_beat_looks_the_same_whatever_was_shown_before(case: str) -> None:
    with tempconfig(SETTINGS):
        check_order(CrossEntropy, CASES[case](), -3)


def test_of_many_classes_the_scale_is_that_of_their_shares_and_what_is_wanted_lies_beyond_it() -> None:
    trace = cross_entropy(numbers(48), 7, labels=[f"class{n}" for n in range(48)])
    shares = trace.outputs["p"].tolist()
    with tempconfig(SETTINGS):
        scene = opened(CrossEntropy, trace)
        assert [line.text for line in at(scene, beat("full", trace, 3), 1.0).bars.letters.lines] == ["class3"]
        at(scene, scene.beats[-1], 1.0)
        assert scene.picture in scene.easel.submobjects
        goals = scene.picture.goals
        assert (goals.height(max(shares)) - goals.bottom) / (goals.top - goals.bottom) > 0.5
        assert [line.text for line in goals.letters.lines] == ["class7"]
        tips = goals.heads.points.reshape(-1, 12, 3)[:, 0, 1]
        assert max(tips) == pytest.approx(goals.top)
        broken, whole = (sum(abs(x - goals.middle(n)) < 1e-6 for x in goals.shafts.points[::4, 0]) for n in (7, shares.index(max(shares))))
        assert broken > 1 == whole


def test_of_several_rows_none_stays_at_the_end() -> None:
    with tempconfig(SETTINGS):
        scene = opened(CrossEntropy, CASES["places"]())
        at(scene, scene.beats[-1], 1.0)
        assert scene.easel.submobjects == []
