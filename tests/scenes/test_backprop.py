"""Graphs on the stage: legible at every size, the shown numbers right, contributions there until they are added up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from manim import tempconfig

from engine import backprop
from scenes.backprop import Backprop
from scenes.graph.picture import GraphPicture
from scenes.parts.beat import Beat
from scenes.parts.desk import WrittenStep
from studio.pace import beats
from tests.scenes import showing
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, decimal, strip

CHAIN = "z1 = w1*X; z2 = relu(z1); z3 = w2*z2; y_hat = z2 + z3; L = (y_hat - y)**2/2"
CHAIN_VALUES = {"X": 1, "y": 0.5, "w1": 1, "w2": 2}


def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def chain(count: int) -> tuple[str, dict[str, Any]]:
    """``count`` functions, one after the other."""
    return "h0 = tanh(x); " + "; ".join(f"h{i} = tanh(h{i - 1})" for i in range(1, count)), {"x": 0.37}


def wide(count: int) -> tuple[str, dict[str, Any]]:
    """``count`` numbers that meet in one node."""
    names = [f"x{i}" for i in range(count)]
    return f"S = {' + '.join(names)}; L = log(S)", {name: 0.1234567 * i + 1 for i, name in enumerate(names)}


def diamonds(count: int) -> tuple[str, dict[str, Any]]:
    """Ways that part and meet again."""
    parts = [f"a{i} = 2*d{i}; b{i} = sin(d{i}); d{i + 1} = a{i}*b{i}" for i in range(count)]
    return "; ".join(parts), {"d0": 1.1}


def recurrent(count: int) -> tuple[str, dict[str, Any]]:
    """A recurrent network in time: the same weights at every step."""
    steps = ["h0 = tanh(w*x0 + b)", *(f"h{i} = tanh(w*x{i} + u*h{i - 1} + b)" for i in range(1, count))]
    values = {f"x{i}": (-1) ** i * 0.3 * i for i in range(count)}
    return "; ".join([*steps, f"L = (h{count - 1} - t)**2/2"]), {**values, "w": 0.7, "b": 0.1, "u": -0.4, "t": 1.0}


NETWORK = (
    "z1 = w11*i1 + w21*i2 + b1; z2 = w12*i1 + w22*i2 + b2; h1 = relu(z1); h2 = relu(z2); z3 = w31*h1 + w41*h2 + b3; "
    "z4 = w32*h1 + w42*h2 + b4; y1 = relu(z3); y2 = relu(z4); MSE = ((y1 - t1)**2 + (y2 - t2)**2)/2"
)
WEIGHTS = [1, 0.5, -0.5, 1, 0.5, -2, -1, 0.5, -0.5, -0.5, 1, 1]
NETWORK_VALUES = dict(zip(["w11", "w12", "w21", "w22", "w31", "w32", "w41", "w42", "b1", "b2", "b3", "b4"], WEIGHTS, strict=True)) | {
    "i1": 1,
    "i2": 2,
    "t1": 2,
    "t2": 4,
}
VECTORS = "z1 = W1@X; z2 = relu(z1); z3 = W2@z2; y_hat = z3 + P@z2; L = sum((y_hat - y)**2)/2"
VECTORS_VALUES = {"X": numbers(2), "y": numbers(2), "W1": numbers(4, 2), "W2": numbers(2, 4), "P": numbers(2, 4)}

NORM = "m = mean(x, 0); d = x - m; v = mean(d**2, 0); s = sqrt(v + 0.1); y = d/s"

#: Expressions, values, and for some the adjoint of the output.
GRAPHS: dict[str, tuple[Any, ...]] = {
    "2 nodes": ("z = exp(x)", {"x": 1}),
    "3 nodes": ("z = x*y", {"x": 3, "y": -4}),
    "the example": (CHAIN, CHAIN_VALUES),
    "long numbers": (CHAIN, {"X": 123.456789, "y": -98765.4321, "w1": 0.00012345, "w2": -271.828}),
    "very long numbers": (CHAIN, {"X": 1.5e9, "y": 1, "w1": 3.3e7, "w2": -2e-9}),
    "the network": (NETWORK, NETWORK_VALUES),
    "9 nodes": chain(8),
    "20 nodes": chain(19),
    "40 nodes": chain(39),
    "7 leaves": wide(7),
    "38 leaves": wide(38),
    "diamonds": diamonds(3),
    "13 diamonds": diamonds(13),
    "recurrent": recurrent(4),
    "recurrent 40": recurrent(11),
    "long names": ("a_long_name_here = exp(another_name) + exp(a_third_nam)", {"another_name": 1.25, "a_third_nam": -0.5}),
    "a small vector": ("z = w*x; L = sum(z)", {"w": [1, -2], "x": [0.5, 3]}),
    "vectors": (VECTORS, VECTORS_VALUES),
    "matrices": ("H = tanh(A@B + c); S = softmax(H, 0); L = mean(S*H)", {"A": numbers(7, 5), "B": numbers(5, 9), "c": numbers(9)}),
    "large": ("H = relu(A@B); L = max(H)", {"A": numbers(70, 3), "B": numbers(3, 80)}),
    "a stack": ("H = A*B; L = sum(H)", {"A": numbers(2, 3, 4), "B": numbers(3, 4)}),
    "a hundred": ("L = sum(exp(x)/n)", {"x": numbers(100), "n": 100}),
    "a norm, its adjoint given": (NORM, {"x": [[1, 2], [3, 4]]}, [[1, 1], [1, 1]]),
    "a vector, its adjoint given": (
        "h = tanh(W@x + b); y = V@h",
        {"W": numbers(5, 6), "x": numbers(6), "b": 1, "V": numbers(4, 5)},
        numbers(4),
    ),
    "a small one, its adjoint given": ("y = w*x", {"w": 2, "x": [1, -1]}, [0.5, 1]),
    "a number, its adjoint given": ("y = exp(w*x)", {"w": 2, "x": 1}, -3),
    "a large one, its adjoint given": ("H = relu(A@B)", {"A": numbers(70, 3), "B": numbers(3, 80)}, numbers(70, 80)),
    "a stack, its adjoint given": ("H = A*B", {"A": numbers(2, 3, 4), "B": numbers(3, 4)}, numbers(2, 3, 4)),
    "a leaf named grad": ("H = relu(grad@B); L = sum(H)", {"grad": numbers(9, 3), "B": numbers(3, 9)}),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_are_legible(name: str) -> None:
    theme = ("dark", "light", "print")[list(GRAPHS).index(name) % 3]
    trace = backprop(*GRAPHS[name])
    assert findings(Backprop, trace, beats(trace, seconds=10, fps=10), theme) == []


# --- what is said is right ---------------------------------------------------------------------------------------------------------------


def opened(expr: str, values: Mapping[str, Any], grad: Any = None) -> tuple[Backprop, list[Beat]]:
    trace = backprop(expr, values, grad)
    planned = beats(trace)
    return showing.opened(Backprop, trace, planned), planned


def texts(letters: Any) -> list[str]:
    return [line.text for line in letters.lines]


def at(scene: Backprop, beat: Beat, share: float) -> None:
    timeline = scene.timeline(beat)
    for i in range(21):
        timeline.interpolate(share * i / 20)


@pytest.mark.parametrize("name", ["the example", "the network", "vectors", "recurrent"])
def test_the_strip_adds_up_at_the_end_of_every_step(name: str) -> None:
    """Whoever takes the numbers that stand between the last two signs gets the number behind them."""
    read = 0
    with tempconfig(SETTINGS):
        scene, planned = opened(*GRAPHS[name])
        for beat in planned:
            if beat.kind not in ("full", "quick"):
                continue
            at(scene, beat, 1.0)
            step, pieces = scene.trace[beat.start], strip(scene)
            signs = [i for i, piece in enumerate(pieces) if piece in ("=", "≈")]
            left, result = pieces[signs[-2] + 1 if len(signs) > 1 else 0 : signs[-1]], decimal(pieces[-1])
            if step.apply or step.kind == "seed" or not set("".join(left)) <= set("0123456789.−()·+÷ "):
                continue
            text = " ".join(left).replace("−", "-").replace("·", "*").replace("÷", "/")
            allowed = 0 if pieces[signs[-1]] == "=" else 0.011 * (1 + len(step.terms))
            assert abs(eval(text) - float(result)) <= allowed + 1e-9, pieces
            read += 1
    assert read > 8


def test_contributions_stand_on_their_edges_until_they_are_added_up() -> None:
    with tempconfig(SETTINGS):
        scene, planned = opened(CHAIN, CHAIN_VALUES)
        picture = scene.picture
        seen = {}
        for beat in planned:
            for share in (0.0, 1.0):
                at(scene, beat, share)
                seen[beat.name, share] = (sorted(texts(picture.notes)), texts(picture.adjoints).count("7.5"))
    assert seen["full 10", 0.0] == ([], 0)
    assert seen["full 10", 1.0] == (["2.5"], 0)
    assert seen["full 13", 0.0] == (["2.5"], 0)
    assert seen["full 13", 1.0] == (["2.5", "5"], 0)
    assert seen["full 14", 0.0] == (["2.5", "5"], 0)
    assert seen["full 14", 1.0] == (["2.5", "5"], 1)
    assert seen["full 15", 0.0] == ([], 1)
    assert seen["closing", 1.0] == ([], 4)


def test_the_derivative_stands_on_the_edge_and_the_disc_goes_from_child_to_parent() -> None:
    with tempconfig(SETTINGS):
        scene, planned = opened(CHAIN, CHAIN_VALUES)
        beat = next(beat for beat in planned if beat.start == 13)
        xs = []
        for share in (0.4, 0.5, 0.6):
            at(scene, beat, share)
            assert texts(scene.picture.slope) == ["×2"]
            xs.append(float(scene.picture.discs["gradient"].points[:, 0].mean()))
        assert xs[0] > xs[1] > xs[2]
        places = scene.picture.places
        assert places["z3"][0] > xs[0] > xs[2] > places["z2"][0]


def test_values_appear_when_they_are_computed() -> None:
    with tempconfig(SETTINGS):
        scene, planned = opened(CHAIN, CHAIN_VALUES)
        shown = []
        for beat in planned[:7]:
            at(scene, beat, 1.0)
            shown.append(texts(scene.picture.values["output"]))
    assert shown == [
        [],
        ["1"],
        ["1", "1"],
        ["1", "1", "2"],
        ["1", "1", "2", "3"],
        ["1", "1", "2", "3", "2.5"],
        ["1", "1", "2", "3", "2.5", "3.125"],
    ]


def step_of(scene: Backprop, kind: str, node: str) -> Any:
    return next(step for step in scene.trace if step.kind == kind and step.node == node)


@pytest.mark.parametrize("name", ["vectors", "matrices", "a small vector", "a norm, its adjoint given"])
def test_what_is_read_stands_at_the_left_of_what_is_made_or_above_it(name: str) -> None:
    with tempconfig(SETTINGS):
        scene, _ = opened(*GRAPHS[name])
        for step in scene.trace:
            scene.begin(step, "")
            (made,) = step.writes
            *read, last = scene.here
            assert {*read, last} >= {*step.reads, made}
            x0, _, _, y1 = scene.here[made].whole
            for path in step.reads:
                left, _, _, top = scene.here[path].whole
                assert left < x0 or top > y1, (path, made)


def test_cells_that_are_read_are_framed_and_the_result_lands_in_its_own() -> None:
    with tempconfig(SETTINGS):
        scene, _ = opened(*GRAPHS["matrices"])
        step = step_of(scene, "edge", "A")
        scene.begin(step, "")
        frames, here = scene.reads(step), scene.here
        assert frames["adjoints.A @ B"].box == pytest.approx(here["adjoints.A @ B"].box(0, 0, 1, 9))
        assert frames["B"].box == pytest.approx(here["B"].box(0, 0, 1, 9))
        scene.result(step, True)
        assert scene.windows[scene.most_read].box == pytest.approx(here["adjoints.A"].box(0, 0))
        assert here["adjoints.A"].known == 1


def test_a_vector_is_a_row_wherever_it_stands() -> None:
    with tempconfig(SETTINGS):
        scene, _ = opened(*GRAPHS["vectors"])
        found = [sheets[path] for sheets in scene.sheets.values() for path in ("values.z2", "adjoints.z2") if path in sheets]
        shapes = {(sheet.rows, sheet.columns) for sheet in found}
        assert shapes == {(1, 4)}
        width, height = scene.picture.plan.cells["z2"]
        assert width > 2 * height


def test_tensors_fill_on_the_map_and_a_bar_grows_with_the_adjoint() -> None:
    with tempconfig(SETTINGS):
        scene, _ = opened(*GRAPHS["vectors"])
        seen, bars = [], []
        for step in scene.trace:
            scene.begin(step, "", done=True)
            if step.kind == "forward" and step.node == "z1":
                pixels = scene.picture.small["z1"][0].pixel_array.reshape(-1, 4)
                seen.append(int((pixels[:, 3] > 0).sum()))
            if step.kind == "edge" and step.node == "X":
                left, low, _, _ = scene.picture.plan.box("X")
                bars += [bar[2] - left for bar in scene.picture.bars_of(scene.counts) if bar[0] == left and 0 < low - bar[3] < 0.1]
        assert seen == [1, 2, 3, 4]
        assert bars[1] == pytest.approx(2 * bars[0])


def test_the_lens_names_factors_and_derivatives() -> None:
    with tempconfig(SETTINGS):
        scene, _ = opened(*GRAPHS["a small vector"])
        assert [batch.labels for batch in laid(scene, step_of(scene, "forward", "z"))] == [["w", "× x"]]
        assert [batch.labels for batch in laid(scene, step_of(scene, "edge", "x"))] == [["∂L/∂z", "× w"]]
        scene, _ = opened("z = sin(x); L = sum(z)", {"x": [0.5, 1.0]})
        assert [batch.labels for batch in laid(scene, step_of(scene, "edge", "x"))] == [["∂L/∂z", "× cos(x)"]]


def laid(scene: Backprop, step: Any) -> Any:
    scene.begin(step, "")
    scene.work(WrittenStep.of(step), 0, False)
    return scene.bench.batches


def test_the_adjoint_that_is_given_is_read() -> None:
    with tempconfig(SETTINGS):
        scene, _ = opened(*GRAPHS["a norm, its adjoint given"])
        scene.begin(step_of(scene, "seed", "y"), "")
        assert [*scene.here] == ["grad", "adjoints.y"]
        assert (scene.here["grad"].called, scene.role["grad"]) == ("given", "gradient")


def test_a_result_comes_after_its_numbers() -> None:
    """With one term too: first what is computed, then the numbers, then what they give."""
    with tempconfig(SETTINGS):
        scene, planned = opened(CHAIN, CHAIN_VALUES)
        beat = next(beat for beat in planned if beat.start == 2 and beat.kind == "full")
        seen = []
        for share in (0.1, 0.6, 1.0):
            at(scene, beat, share)
            seen.append("".join(strip(scene)))
        assert seen == ["z3==", "z3==2·1", "z3==2·1=2"]


@pytest.mark.parametrize("name", GRAPHS)
def test_no_node_stands_on_another_and_no_edge_runs_through_one(name: str) -> None:
    with tempconfig(SETTINGS):
        scene, _ = opened(*GRAPHS[name])
    picture = scene.picture
    is_open = isinstance(picture, GraphPicture)
    places, ways = picture.places, picture.ways
    boxes = {node: picture.faces[node].box(places[node]) if is_open else picture.plan.box(node) for node in places}
    for a, (x0, y0, x1, y1) in boxes.items():
        for b, (u0, v0, u1, v1) in boxes.items():
            assert a == b or x1 <= u0 or u1 <= x0 or y1 <= v0 or v1 <= y0, (a, b)
        for ends, way in ways.items():
            if a not in ends:
                inside = (way.trail > (x0 + 0.01, y0 + 0.01)).all(axis=1) & (way.trail < (x1 - 0.01, y1 - 0.01)).all(axis=1)
                assert not inside.any(), (a, ends)


@pytest.mark.parametrize("name", ["the example", "the network", "diamonds", "7 leaves", "9 nodes"])
def test_small_graphs_hold_their_numbers_and_all_contributions_stand_on_edges(name: str) -> None:
    with tempconfig(SETTINGS):
        scene, _ = opened(*GRAPHS[name])
    assert isinstance(scene.picture, GraphPicture)
    assert len(scene.picture.tags.spots) == len(scene.trace.outputs.get("contributions", {}))
