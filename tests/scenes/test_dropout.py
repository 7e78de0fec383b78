"""Dropout on the stage: coins, units and lines do what the mask says, and bars run together into the mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from manim import tempconfig

from engine.concepts.dropout import dropout
from engine.trace import Trace
from scenes.dropout import Dropout
from scenes.parts.beat import Beat
from scenes.parts.frame import STAGE
from scenes.parts.ink import Letters
from scenes.parts.theme import THEMES
from tests.scenes import showing
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, beat, every_kind, pictures

WEIGHT, BIAS = [[1, -1, 2, 1], [2, 0, 1, -1]], [1, -1]
NETWORK = {"input": [1, 2, 3, 4], "mask": [1, 0, 0, 1], "weight": WEIGHT, "bias": BIAS}


def drawn(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


CASES: dict[str, dict[str, Any]] = {
    "a network": NETWORK,
    "a layer alone": {"input": [0.3342, 0.8208, 0.3765, 0.182], "mask": [1, 1, 0, 0]},
    "negative": {"input": [[-1, 0, 2], [3, -4, 1]], "weight": [[1, 1, 1]], "p": 0.2},
    "eval": {**NETWORK, "mask": None, "training": False},
    "p = 1": {"input": [1, 2, 3], "p": 1.0},
    "8x8": {"input": drawn(8, 8), "weight": drawn(8, 8, seed=2), "bias": drawn(8, seed=3)},
    "64 wide": {"input": drawn(3, 64), "weight": drawn(4, 64, seed=2)},
    "all networks": {**NETWORK, "p": 0.2, "enumerate": True},
    "all masks": {"input": [1, 2, -3], "p": 0.25, "enumerate": True},
    "64 networks": {"input": drawn(6), "weight": drawn(1, 6, seed=2), "enumerate": True},
    "512 networks": {"input": drawn(9), "weight": drawn(1, 9, seed=2), "enumerate": True},
}


def opened(trace: Trace) -> Dropout:
    return showing.opened(Dropout, trace, every_kind(trace, 20))


def at(scene: Dropout, shown: Beat, share: float) -> None:
    scene.timeline(shown).interpolate(share)


def width(points: np.ndarray) -> float:
    return float(np.ptp(points[:, 0])) if len(points) else 0.0


def curves(scene: Dropout, *names: str) -> int:
    return sum(len(scene.coins.marks[name].points) // 4 for name in names)


@pytest.mark.parametrize("case", CASES)
def test_pictures_are_legible(case: str) -> None:
    trace = dropout(**CASES[case])
    themes = THEMES if case in ("a network", "all networks", "8x8", "64 wide") else ()
    assert findings(Dropout, trace, every_kind(trace, 20), *themes) == []


def test_heads_a_unit_grows_and_keeps_its_lines() -> None:
    trace = dropout(**NETWORK)
    with tempconfig(SETTINGS):
        scene, shown = opened(trace), beat("full", trace, 0)
        at(scene, shown, 0.4)
        before = width(scene.coins.marks["pending"].points[:16])
        assert curves(scene, "heads") == 0
        at(scene, shown, 1.0)
        assert curves(scene, "heads") == 4
        after = width(scene.coins.marks["alive"].points[:16])
        assert (after / before) ** 2 == pytest.approx(2)  # 1 / (1 − p), as an area
        assert curves(scene, "+0", "+1", "+2", "-0", "-1", "-2") == np.count_nonzero(WEIGHT)


def test_tails_a_unit_goes_dark_and_its_lines_fall() -> None:
    trace = dropout(**NETWORK)
    wires = ("+0", "+1", "+2", "-0", "-1", "-2")
    with tempconfig(SETTINGS):
        scene, shown = opened(trace), beat("full", trace, 1)
        reach, opacity = [], []
        for share in (0.55, 0.62, 0.7):
            at(scene, shown, share)
            assert curves(scene, "falling") == 2
            mark = scene.coins.marks["falling"]
            reach.append(width(mark.points))
            opacity.append(mark.get_stroke_opacity())
        assert sorted(opacity, reverse=True) == opacity
        assert sorted(reach, reverse=True) == reach
        assert mark.points[3::4, 1].max() < scene.coins.unit(1)[1]
        at(scene, shown, 1.0)
        assert curves(scene, "falling") == 0
        assert curves(scene, "tails") == 4 + 2
        assert curves(scene, *wires) == np.count_nonzero(np.array(WEIGHT)[:, [0, 2, 3]])


def test_without_training_there_are_no_coins_and_nothing_changes() -> None:
    trace = dropout(**CASES["eval"])
    with tempconfig(SETTINGS):
        scene = opened(trace)
        at(scene, scene.beats[0], 0.5)
        before = scene.coins.marks["pending"].points
        at(scene, beat("quick", trace, 3), 1.0)
        assert np.array_equal(scene.coins.marks["alive"].points[: len(before)], before)
        assert curves(scene, "rims", "heads", "ticks", "tails", "former") == 0


def test_each_row_has_its_own_coins() -> None:
    trace = dropout([[1, 2, 3], [1, 2, 3]], mask=[[1, 0, 0], [1, 1, 0]])
    with tempconfig(SETTINGS):
        scene = opened(trace)
        for k, heads, tails in ((2, 1, 2), (3, 1, 0), (5, 2, 1)):
            at(scene, beat("quick", trace, k), 1.0)
            assert (curves(scene, "heads") // 4, curves(scene, "tails") // 6) == (heads, tails)


def test_what_a_unit_of_the_next_layer_gets_comes_from_those_that_stay() -> None:
    trace = dropout(**NETWORK)
    with tempconfig(SETTINGS):
        scene = opened(trace)
        at(scene, beat("full", trace, 4), 0.45)
        assert curves(scene, "pulses") == 2 * 4


def test_bars_are_as_wide_as_chances_and_meet_the_mean() -> None:
    trace = dropout(**CASES["all networks"])
    with tempconfig(SETTINGS):
        scene, shown = opened(trace), beat("full", trace, trace.blocks.start("mean"))
        at(scene, shown, 0.2)
        assert len(scene.thinned.frames.points) == 16 * 16
        at(scene, shown, 0.55)
        piled = scene.thinned.bars.points.reshape(16, 16, 3)
        chances = trace.outputs["probability"].numpy()
        assert np.ptp(piled[..., 0], axis=1) / np.ptp(piled[..., 0]) == pytest.approx(chances)
        values = trace.outputs["thinned"][:, 0].abs().numpy()
        heights = np.ptp(piled[..., 1], axis=1)
        assert heights / heights.max() == pytest.approx(values / values.max())
        assert len(scene.thinned.frames.points) == 0
        at(scene, shown, 1.0)
        tops = scene.thinned.bars.points.reshape(16, 16, 3)[..., 1].max(axis=1)
        assert np.ptp(tops) < 1e-9
        at(scene, beat("full", trace, trace.blocks.start("weight_scaled")), 1.0)
        assert scene.thinned.full.points[:, 1].max() == pytest.approx(tops[0])


def test_a_product_of_many_factors_lies_on_its_side() -> None:
    trace = dropout(**CASES["64 networks"])
    with tempconfig(SETTINGS):
        scene = opened(trace)
        at(scene, beat("full", trace, trace.blocks.start("probability")), 1.0)
        written = sorted(scene.bench.letters["ink"].lines, key=lambda line: line.x)
        assert [line.text for line in written] == ["product(", *["0.5"] * 6, ")"]
        assert len({round(line.y, 6) for line in written}) == 1


def test_in_a_wide_layer_what_is_dropped_is_crossed_out_and_one_unit_of_the_next_layer_has_lines() -> None:
    trace = dropout(**CASES["64 wide"])
    kept = trace.outputs["mask"][0].bool()
    with tempconfig(SETTINGS):
        scene = opened(trace)
        at(scene, beat("full", trace, 20), 0.25)
        assert curves(scene, "rims") == 4
        assert curves(scene, "tails") == 2 * int((~kept[:20]).sum())
        at(scene, beat("full", trace, 20), 1.0)
        assert curves(scene, "tails") == 2 * int((~kept[:21]).sum())
        assert curves(scene, "+0", "+1", "+2", "-0", "-1", "-2") == 0
        at(scene, beat("full", trace, trace.blocks.start("z") + 2), 0.45)
        ends = np.concatenate([scene.coins.marks[name].points[3::4] for name in ("+0", "+1", "+2", "-0", "-1", "-2")])
        assert len(ends) == int(kept.sum()) == curves(scene, "pulses") / 4
        assert ends[:, :2] == pytest.approx(np.tile(scene.coins.following(2), (len(ends), 1)))


def test_a_layer_too_wide_to_be_seen_is_shown_by_the_general_picture() -> None:
    with tempconfig(SETTINGS):
        assert opened(dropout(**CASES["8x8"])).zone[0] > STAGE[0]
        wide = opened(dropout(drawn(200)))
        assert not wide.drawn
        assert wide.zone == STAGE


def test_where_there_is_little_room_names_are_whole_or_signs_and_numbers_can_be_read() -> None:
    trace = dropout(drawn(12), mask=[1, 0] * 6, weight=drawn(6, 12, seed=2), bias=drawn(6, seed=3))
    with tempconfig(SETTINGS):
        scene = opened(trace)
        at(scene, beat("full", trace, trace.blocks.start("z")), 1.0)
        words = {line.text for letters in scene.bench.letters.values() for line in letters.lines if not line.text[-1].isdigit()}
        assert words == {"output", "×", "bias", "rest", "+"}
        assert all(place.digits for place in scene.bench.places)


def test_every_beat_stands_alone() -> None:
    trace = dropout(**CASES["all networks"])
    with tempconfig(SETTINGS):
        scene = opened(trace)
        in_order = [pictures(scene, shown) for shown in scene.beats]
        backwards = [pictures(scene, shown) for shown in reversed(scene.beats)]
        assert in_order == backwards[::-1]


def marks(scene: Dropout) -> Iterator[np.ndarray]:
    """All that can be seen of the mechanism, without digits."""
    assert scene.drawn
    yield from (part.points for part in scene.picture.get_family() if not isinstance(part, Letters))


@pytest.mark.parametrize("changed", [{"mask": [1, 1, 0, 1]}, {"p": 0.2}, {"input": [2, 2, 3, 4]}])
def test_another_value_is_seen_without_digits(changed: dict[str, Any]) -> None:
    with tempconfig(SETTINGS):
        scenes = [opened(dropout(**{**NETWORK, **given})) for given in ({}, changed)]
        for scene in scenes:
            at(scene, scene.beats[-1], 1.0)
        one, other = (np.concatenate([*marks(scene)]) for scene in scenes)
        assert not np.array_equal(one, other)
