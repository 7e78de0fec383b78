"""Softmax: bars that sink together, pieces of one bar, and that bar scaled to 1."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from manim import tempconfig

from engine import softmax
from scenes.distribution.shares import MOST_BARS
from scenes.parts.beat import Beat
from scenes.softmax import Softmax
from scenes.softmax_backward import SoftmaxBackward
from tests.scenes import showing
from tests.scenes.lint import findings
from tests.scenes.shares import at, check_order, numbers, opened, themes
from tests.scenes.showing import SETTINGS, beat, every_kind
from tests.scenes.test_general import longest, moving

CASES: dict[str, Callable[[], Any]] = {
    "small": lambda: softmax([3, 1.5, -2], labels=["books", "laptops", "elephants"]),
    "middle": lambda: softmax(numbers(8, 8), labels=[f"word{n}" for n in range(8)]),
    "large": lambda: softmax(numbers(4, 64)),
    "columns": lambda: softmax(numbers(3, 5), dim=0, temperature=2.0),
    "axes": lambda: softmax(numbers(2, 2, 3), dim=1),
    "thousand": lambda: softmax([1002.0, 1000.5, 999.0]),
    "left out": lambda: softmax([1.0, -math.inf, 0.0], labels=["a", "b", "c"]),
    "alike": lambda: softmax([0.0, 0.0]),
    "one": lambda: softmax([-2.0]),
}


def tops(scene: Softmax, shown: Beat, share: float) -> list[float]:
    """Where bars end: the rectangles of the mark, corner by corner."""
    found = at(scene, shown, share).bars.fill.points.reshape(-1, 16, 3)[:, :, 1]
    low, high = found.min(axis=1), found.max(axis=1)
    return [float(b if b > scene.picture.bars.height(0.0) + 1e-9 else a) for a, b in zip(low, high, strict=True)]


@pytest.mark.parametrize("case", CASES)
def test_layout(case: str) -> None:
    trace = CASES[case]()
    assert findings(Softmax, trace, every_kind(trace), *themes(case)) == []


def test_what_bars_are_named_after_is_written_once_and_whole() -> None:
    words = ["books", "laptops", "elephants"]
    trace = softmax([3, 1.5, -2], labels=words)
    with tempconfig(SETTINGS):
        scene = opened(Softmax, trace)
        assert [line.text for line in at(scene, beat("full", trace, 0), 1.0).bars.letters.lines] == words
        assert not any(sheet.words.lines for sheet in scene.here.values())
        scene.timeline(scene.beats[-1]).interpolate(1.0)
        assert scene.picture in scene.easel.submobjects
        assert [line.text for line in scene.picture.bars.letters.lines] == words
        assert not any(sheet.words.lines for sheet in scene.here.values())


def test_all_bars_sink_by_the_same() -> None:
    trace = CASES["small"]()
    with tempconfig(SETTINGS):
        scene = opened(Softmax, trace)
        first = beat("full", trace, 1)
        before, midway, after = (tops(scene, first, share) for share in (0.0, 0.17, 0.5))
        unit = scene.picture.bars.height(1.0) - scene.picture.bars.height(0.0)
        assert np.subtract(before, after) == pytest.approx([3 * unit] * 3)
        fallen = np.subtract(before, midway)
        assert fallen == pytest.approx([fallen[0]] * 3)
        assert 0 < fallen[0] < 3 * unit


def test_the_line_of_the_largest_rises_to_it() -> None:
    trace = softmax([1.0, 3.0, 2.0])
    with tempconfig(SETTINGS):
        scene = opened(Softmax, trace)
        first, (start, stop) = beat("full", trace, 0), (scene.acts.read, scene.acts.added)
        heights = []
        for tick in (1, 2, 3):
            bars = at(scene, first, start + (stop - start) * (tick + 0.5) / 4).bars
            heights.append((bars.level.points[:, 1].max() - bars.height(0.0)) / (bars.height(1.0) - bars.height(0.0)))
        assert heights == pytest.approx([1, 3, 3])


def test_pieces_land_one_by_one_and_become_shares() -> None:
    trace = CASES["small"]()
    with tempconfig(SETTINGS):
        scene = opened(Softmax, trace)
        for landed in range(3):
            long = at(scene, beat("quick", trace, 1 + landed), 0.5).long
            assert len(long.pieces.points) == 16 * landed
            long = at(scene, beat("quick", trace, 1 + landed), 1.0).long
            assert len(long.pieces.points) == 16 * (landed + 1)
        lengths = np.ptp(long.pieces.points.reshape(-1, 16, 3)[:, :, 0], axis=1)
        assert lengths / lengths[0] == pytest.approx([1, math.exp(-1.5), math.exp(-5)], abs=1e-3)
        assert long.pieces.points[:, 0].max() < long.right - 1
        long = at(scene, beat("quick", trace, len(trace) - 1), 1.0).long
        assert long.shares.points[:, 0].max() == pytest.approx(long.right)
        shares = np.ptp(long.shares.points.reshape(-1, 16, 3)[:, :, 0], axis=1) / (long.right - long.left)
        assert shares == pytest.approx(trace.outputs["output"].tolist(), abs=2e-3)


def test_the_value_is_seen_without_digits() -> None:
    seen = []
    for logit in (0.0, 2.0):
        trace = softmax([3.0, logit])
        with tempconfig(SETTINGS):
            scene = opened(Softmax, trace)
            long = at(scene, beat("quick", trace, len(trace) - 1), 1.0).long
            seen.append(np.ptp(long.shares.points[16:, 0]))
    assert seen[1] > 4 * seen[0]


def test_a_thousand_can_be_seen_to_sink() -> None:
    trace = CASES["thousand"]()
    with tempconfig(SETTINGS):
        scene = opened(Softmax, trace)
        bars = at(scene, beat("full", trace, 1), 0.6).bars
        assert np.ptp(bars.fill.points[:, 1]) > 0.5 * (bars.top - bars.bottom)


@pytest.mark.parametrize("case", ["small", "columns"])
def test_a_beat_looks_the_same_whatever_was_shown_before(case: str) -> None:
    with tempconfig(SETTINGS):
        check_order(Softmax, CASES[case](), 2)


def test_values_travel() -> None:
    trace = CASES["small"]()
    with tempconfig(SETTINGS):
        scene = opened(Softmax, trace)
        for shown in every_kind(trace)[1:5]:
            moved = list(moving(scene, shown))
            assert longest(moved[: round(0.26 * 90)]) >= 6
            assert longest(moved[round(0.66 * 90) :]) >= 6
            assert not any(moved[-18:])


def test_the_present_row_is_shown() -> None:
    trace = softmax([[0.0, 3.0], [5.0, 0.0]])
    with tempconfig(SETTINGS):
        scene = opened(Softmax, trace)
        rows = [at(scene, beat("quick", trace, k), 1.0).bars.fill.points.reshape(-1, 16, 3) for k in (0, 1)]
        assert [int(np.ptp(row[:, :, 1], axis=1).argmax()) for row in rows] == [1, 0]


@pytest.mark.parametrize("trace", [softmax([[1.0, 2.0]], jacobian=True), softmax(numbers(MOST_BARS + 1))], ids=["jacobian", "many"])
def test_what_does_not_fit_has_the_general_picture(trace: Any) -> None:
    with tempconfig(SETTINGS):
        assert opened(Softmax, trace).picture is None
    assert findings(Softmax, trace, every_kind(trace)) == []


def test_shares_are_shares_on_the_way_back() -> None:
    trace = softmax.back([1, 0, 0], [3, 1.5, -2])
    with tempconfig(SETTINGS):
        scene = showing.opened(SoftmaxBackward, trace)
        assert scene.role["output"] == "share" != scene.role["exp"]
        assert "share" in scene.legend()
