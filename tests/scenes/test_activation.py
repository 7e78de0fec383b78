"""The pictures of activation functions and of layers that have one: what they show beside numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from manim import tempconfig

from engine import activation, linear
from engine.record import Record
from scenes.activation import Activation
from scenes.linear import Linear
from scenes.parts.axes import ticks
from scenes.parts.factors import FactorLens
from scenes.parts.ink import Mark
from scenes.parts.listing import broken
from scenes.parts.roles import role_of
from scenes.parts.theme import THEMES
from tests.scenes import showing
from tests.scenes.coded import values
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, beat, every_kind, pictures
from tests.scenes.test_general import work_of

CASES: dict[str, Any] = {
    "elu": ([-2, -1, -0.5, 0, 0.5, 1, 2], "elu", {}),
    "relu 2x2": ([[-2, 1], [3, -0.5]], "relu", {}),
    "step": ([-1, 0, 1], "step", {}),
    "far out": ([-700, 0, 700], "softplus", {}),
    "very far out": ([-123456, 1, 123456], "relu", {}),
    "elu in two stages": ([-1, 2], "elu", {"alpha": 0.5}),
    "gelu 4 layers": ([-3, -1, 0, 1, 3], "gelu", {"depth": 4}),
    "sigmoid 10 layers": ([0, 2, 5, 10], "sigmoid", {"depth": 10}),
    "tanh 8x8": (values(8, 8), "tanh", {}),
    "gelu 16x64": (values(16, 64), "gelu", {"depth": 20}),
}


@pytest.fixture(scope="module", params=CASES)
def trace(request: pytest.FixtureRequest) -> Any:
    input, name, options = CASES[request.param]
    return activation(input, name, **options)


def opened(trace: Any) -> Activation:
    return showing.opened(Activation, trace)


def height(mark: Mark) -> float:
    return float(np.ptp(mark.points[:, 1])) if len(mark.points) else 0.0


def test_layout(trace: Any) -> None:
    assert findings(Activation, trace, every_kind(trace), *THEMES) == []


def test_the_dot_is_where_the_numbers_are() -> None:
    trace = activation([-2.0, 0.5, 3.0], "tanh")
    with tempconfig(SETTINGS):
        scene = opened(trace)
        for k, (x, y) in enumerate(zip([-2.0, 0.5, 3.0], np.tanh([-2.0, 0.5, 3.0]), strict=True)):
            scene.timeline(beat("full", trace, k)).interpolate(1.0)
            upper = scene.picture.upper
            assert np.allclose(upper.dot.get_center()[:2], upper.at(x, y), atol=1e-6)
            assert np.allclose(upper.foot.get_center()[:2], (upper.at(x, 0)[0], upper.plot[1]), atol=1e-6)
            assert np.allclose(upper.side.get_center()[:2], (upper.plot[0], upper.at(0, y)[1]), atol=1e-6)


def test_the_bar_is_as_high_as_the_slope() -> None:
    trace = activation([0.0, 1.0, -3.0], "sigmoid")
    with tempconfig(SETTINGS):
        scene = opened(trace)
        found = []
        for k in (3, 4, 5):
            scene.timeline(beat("full", trace, k)).interpolate(1.0)
            found.append(height(scene.picture.lower.bar))
        assert found[0] > found[1] > found[2] > 0
        share = 1 / (1 + np.exp([0.0, -1.0, 3.0]))
        assert np.allclose(np.array(found) / found[0], 4 * share * (1 - share))


def test_tangent_turns_on_the_way() -> None:
    trace = activation([-3.0, 0.0], "sigmoid")
    with tempconfig(SETTINGS):
        scene = opened(trace)
        timeline, steep = scene.timeline(beat("full", trace, 3)), []
        for share in (0.05, 0.3, 0.5, 0.65):
            timeline.interpolate(share)
            (x0, y0), (x1, y1) = scene.picture.upper.tangent.points[[0, -1], :2]
            steep.append((y1 - y0) / (x1 - x0))
        assert steep == sorted(steep)
        assert steep[0] < steep[-1] / 3


@pytest.mark.parametrize(
    ("name", "flat"),
    [("relu", [((-4.0, 0.0), True)]), ("step", [((-4.0, 4.0), True)]), ("leaky_relu", [((-4.0, 0.0), False)]), ("prelu", [])],
)
def test_flat_parts(name: Any, flat: list[Any]) -> None:
    with tempconfig(SETTINGS):
        scene = opened(activation([-1.0, 1.0], name))
        assert [(where, dark) for where, dark, _ in scene.picture._flat()] == flat
        scene.timeline(scene.beats[-1]).interpolate(1.0)
        left, right = (scene.picture.lower.at(x, 0)[0] for x in (-4.0, 0.0))
        for dark, mark in scene.picture.lower.shades.items():
            assert bool(len(mark.points)) == any(dark == kind for _, kind in flat)
        if name == "relu":
            found = scene.picture.lower.shades[True].points[:, 0]
            assert (found.min(), found.max()) == pytest.approx((left, right))
            assert [line.text for line in scene.picture.lower.notes.lines] == ["nothing", "comes back"]


def test_slopes_are_unknown_before_they_are_computed() -> None:
    trace = activation([-1.0, 1.0], "relu")
    with tempconfig(SETTINGS):
        scene = opened(trace)
        scene.timeline(scene.beats[-1]).interpolate(1.0)
        scene.timeline(beat("full", trace, 1)).interpolate(1.0)
        lower = scene.picture.lower
        marks = (lower.curves["gradient"], lower.bars, lower.bar, *lower.shades.values())
        assert not any(len(mark.points) for mark in marks)


def test_layers_multiply_the_bar_by_itself() -> None:
    trace = activation([0.0, 1.0], "sigmoid", depth=3)
    with tempconfig(SETTINGS):
        scene = opened(trace)
        layers, heights = scene.picture.layers, []
        for k in (5, 6, 7):
            timeline = scene.timeline(beat("full", trace, k))
            timeline.interpolate(0.1)
            before = height(layers.bar)
            timeline.interpolate(1.0)
            heights.append(height(layers.bar) / before)
            assert layers in scene.picture.submobjects
            assert scene.picture.lower not in scene.picture.submobjects
        assert heights == pytest.approx([0.25, 0.25, 0.25])


def test_beats_can_be_drawn_in_any_order(trace: Any) -> None:
    with tempconfig(SETTINGS):
        used = opened(trace)
        kept = used.beats
        for shown in reversed(kept):
            pictures(used, shown)
        for shown in kept[:: max(1, len(kept) // 3)]:
            assert pictures(used, shown) == pictures(opened(trace), shown), shown.name


def test_without_finite_numbers_it_is_the_general_picture() -> None:
    trace = activation([float("inf"), 1.0], "relu")
    with tempconfig(SETTINGS):
        scene = opened(trace)
        assert not scene.drawn
        assert isinstance(scene.bench, FactorLens)
        for shown in scene.beats:
            scene.timeline(shown).interpolate(1.0)


def test_slopes_have_the_colour_of_gradients() -> None:
    assert role_of("slope", True) == "gradient"


@pytest.mark.parametrize(
    ("low", "high", "most", "found"),
    [
        (-4, 4, 5, [-4, -2, 0, 2, 4]),
        (0, 1, 3, [0, 0.5, 1]),
        (0, 0.31, 3, [0, 0.2]),
        (-750, 750, 7, [-500, 0, 500]),
        (0.1, 0.35, 3, [0.1, 0.2, 0.3]),
    ],
)
def test_ticks_are_round(low: float, high: float, most: float, found: list[float]) -> None:
    assert ticks(low, high, most) == found


@pytest.mark.parametrize(("shape", "name"), [((2, 3, 2), "relu"), ((4, 8, 8), "tanh"), ((16, 64, 32), "step"), ((3, 2, 4), None)])
def test_layout_of_a_layer(shape: tuple[int, int, int], name: Any) -> None:
    rows, columns, neurons = shape
    trace = linear(values(rows, columns), values(neurons, columns, seed=2), values(neurons, seed=3), activation=name)
    assert findings(Linear, trace, every_kind(trace), *THEMES) == []


def test_numbers_of_the_axis_stay_on_the_stage() -> None:
    trace = linear([[1.0]], [[100000.0]], activation="relu")
    assert findings(Linear, trace, every_kind(trace)) == []


def test_a_sum_is_carried_to_the_curve() -> None:
    trace = linear([[2, 1], [1, -3]], [[2, -1]], [-0.5], activation="tanh")
    with tempconfig(SETTINGS):
        scene: Any = Linear(Record(trace), every_kind(trace))
        scene.setup()
        upper = scene.picture.upper
        scene.timeline(beat("full", trace, 0)).interpolate(0.5)
        assert scene.bench.batches
        assert not len(upper.dot.points)
        for k, z in ((2, 2.5), (3, 4.5)):
            timeline = scene.timeline(beat("full", trace, k))
            (flight,) = scene.flights(work_of(scene, trace[k]))
            assert (flight.lines[1].x, flight.lines[1].y) == pytest.approx((upper.at(z, 0)[0], upper.plot[1]))
            timeline.interpolate(1.0)
            assert not scene.bench.batches
            assert np.allclose(upper.dot.get_center()[:2], upper.at(z, np.tanh(z)), atol=1e-6)


def test_nothing_of_a_beat_before_stays_under_the_lens() -> None:
    trace = linear([[2, 1], [1, -3]], [[2, -1]], [-0.5], activation="tanh")
    with tempconfig(SETTINGS):
        scene: Any = Linear(Record(trace), every_kind(trace))
        scene.setup()
        for kind in ("full", "quick"):
            scene.timeline(beat("full", trace, 0)).interpolate(1.0)
            scene.timeline(beat(kind, trace, 3)).interpolate(0.5)
            assert not scene.bench.batches, kind


def test_a_layer_without_activation_has_no_graph() -> None:
    trace = linear([[2, 1]], [[2, -1]])
    with tempconfig(SETTINGS):
        scene = showing.opened(Linear, trace, every_kind(trace))
        assert not scene.drawn


def test_a_graph_takes_no_digits_from_the_numbers_of_a_layer() -> None:
    small = linear([[2, 1], [1, 3]], [[2, -1], [0, 1]], [1, 0], activation="relu")
    middle = linear(values(4, 8), values(8, 8, seed=2), values(8, seed=3), activation="sigmoid")
    with tempconfig(SETTINGS):
        for trace in (small, middle):
            scene: Any = Linear(Record(trace), every_kind(trace))
            scene.setup()
            assert not scene.aside
            for k, there in ((0, False), (len(trace) - 1, True)):
                scene.timeline(beat("full", trace, k)).interpolate(1.0)
                assert scene.here[trace[k].made].spot.digits
                assert bool(scene.easel.submobjects) == there


def test_a_chain_of_calls_is_broken_between_calls() -> None:
    assert broken("chain = best.expand(depth).cumprod(0)", 5.5) == ["chain = best.expand(depth)", "    .cumprod(0)"]


def test_the_graph_is_broader_where_tensors_are_colours() -> None:
    with tempconfig(SETTINGS):
        few, many = (opened(activation(values(count), "elu")) for count in (7, 48))
        assert few.legible
        assert many.picture.upper.plot[2] - many.picture.upper.plot[0] > few.picture.upper.plot[2] - few.picture.upper.plot[0] + 2
        assert many.fits
