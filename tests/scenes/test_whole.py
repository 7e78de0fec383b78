"""What is not opened: its tensors of any shape, what is done to them, and the sweep in which the result appears."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from manim import tempconfig
from torch import Tensor

from engine.trace import Trace
from scenes.network.deed import Deed
from scenes.network.laid import Spread, laid
from scenes.parts.beat import Beat
from scenes.parts.ink import Letters, text_width
from scenes.parts.theme import THEMES
from scenes.whole import Unopened
from tests.models import unopened
from tests.plays import whole
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, opened, pictures


def normal(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).double()


def plain(values: Tensor, made: Tensor | None = None, **others: Tensor) -> Trace:
    """One input or several, and a result of the same shape if no other is given."""
    return unopened("Conv2d", {"input": values, **others}, {"output": values if made is None else made}, ["self.conv1(x)"], 1234)


CASES: Mapping[str, Trace] = {
    "number": unopened("mse_loss", {"input": normal(3), "target": normal(3)}, {"output": normal(1)[0]}, ["F.mse_loss(y, t)"]),
    "small": plain(whole(2, 4)),
    "vector": plain(normal(1, 512), normal(1, 10)),
    "table": plain(normal(5, 384), normal(5, 384), residual=normal(5, 384, seed=2)),
    "heads": plain(normal(1, 12, 5, 5), normal(1, 12, 5, 5).softmax(-1)),
    "picture": plain(torch.rand((1, 3, 32, 32), generator=torch.Generator().manual_seed(1)).double(), normal(1, 8, 16, 16)),
    "grey": plain(torch.rand((1, 1, 8, 8), generator=torch.Generator().manual_seed(1)).double(), normal(1, 6, 8, 8)),
    "many": plain(normal(1, 512, 7, 7), normal(1, 512)),
    "large": plain(normal(1, 64, 112, 112)),
    "several": unopened("lstm", {"input": normal(5, 8)}, {"output": normal(5, 16), "h": normal(16), "c": normal(16)}, ["torch.lstm(x)"]),
    "nothing": unopened("Embedding", {}, {"output": normal(6, 32)}, ["self.positions(torch.arange(6))"], 1024),
    "wordy": unopened("scaled_dot_product_attention", {"q": normal(4, 3)}, {"output": normal(4, 3)}, ["F.f(" + "query, " * 40 + ")"] * 3),
}


def beats_of(trace: Trace) -> list[Beat]:
    last = len(trace)
    return [
        Beat("opening", 0, 0, "setup", trace.opening, 60),
        Beat("sweep", 0, last, "all", "Everything.", 60),
        Beat("closing", last, last, "result", "That is all.", 60),
    ]


@contextmanager
def shown(trace: Trace) -> Iterator[tuple[Any, list[Beat]]]:
    with tempconfig(SETTINGS):
        yield opened(Unopened, trace, beats_of(trace)), beats_of(trace)


def words(scene: Any) -> list[str]:
    marks = (part for group in (scene.still, scene.live) for part in group.get_family())
    return [line.text for mark in marks if isinstance(mark, Letters) for line in mark.lines]


@pytest.mark.parametrize("name", CASES)
def test_layout(name: str) -> None:
    assert findings(Unopened, CASES[name], beats_of(CASES[name]), *THEMES) == []


# --- how a tensor is laid out ------------------------------------------------------------------------------------------------------------


SHAPES = [(), (1,), (7,), (1, 10), (513,), (4, 5), (5, 384), (3, 2, 2), (1, 12, 5, 5), (1, 512, 7, 7), (2, 40, 60, 90)]


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_drawn_are_its_own_cells_in_memory_order_and_fits(shape: tuple[int, ...]) -> None:
    values = np.arange(int(np.prod(shape)), dtype=float).reshape(shape)
    found = laid(values, 4.5, 3.5)
    numbers = found.order[found.order >= 0]
    assert len({*numbers.tolist()}) == len(numbers)
    assert numbers.max() < values.size
    for tile in found.tiles:
        (row, column), (rows, columns) = tile.corner, tile.drawn
        own = found.order[row : row + rows, column : column + columns]
        assert own[0, 0] == tile.first
        assert (np.diff(own.ravel()) > 0).all()
    (rows, columns), (width, height) = found.shape, found.spot.cell
    assert rows * height <= 3.5 + 1e-9
    assert columns * width <= 4.5 + 1e-9


def seen(values: np.ndarray) -> Spread:
    return laid(values, 4.5, 3.5)


def test_digits_stand_where_they_can_be_read_and_nowhere_else() -> None:
    assert seen(np.ones((2, 4))).spot.digits
    assert seen(np.ones((1, 10))).spot.digits
    assert not seen(np.full((1, 512), 0.5)).spot.digits
    assert not seen(np.full((12, 12), 0.123)).spot.digits
    assert not laid(np.ones((2, 4)), 4.5, 3.5, digits=False).spot.digits


def test_a_few_numbers_stand_in_one_row_or_column_and_many_are_folded() -> None:
    assert 1 in seen(np.arange(10.0)).shape
    assert min(seen(np.arange(512.0)).shape) > 8


def test_of_large_planes_some_cells_are_drawn_and_of_many_planes_some_are_seen() -> None:
    large = seen(np.zeros((1, 64, 112, 112)))
    assert len(large.tiles) == 64
    assert large.order.size < 64 * 112 * 112 / 2
    many = seen(np.zeros((1, 512, 7, 7)))
    assert 40 < len(many.tiles) < 512
    with shown(CASES["many"]) as (scene, beats):
        scene.timeline(beats[0]).interpolate(0.0)
        count = len(scene.given["input"].laid.tiles)
        assert any(f"{count} " in text and "1×512×7×7" in text for text in words(scene))


# --- what is seen ------------------------------------------------------------------------------------------------------------------------


def test_results_appear_in_memory_order_one_tensor_after_the_other() -> None:
    with shown(CASES["several"]) as (scene, beats):
        timeline = scene.timeline(beats[1])
        before = dict.fromkeys(scene.made, 0)
        for share in np.linspace(0, 1, 25):
            timeline.interpolate(float(share))
            known = {path: panel.known for path, panel in scene.made.items()}
            assert all(known[path] >= before[path] for path in known)
            sizes = [int((panel.order >= 0).sum()) for panel in scene.made.values()]
            begun = [path for path in known if known[path]]
            assert all(known[path] == size for path, size in zip(begun[:-1], sizes, strict=False))
            before = known
        assert [*known.values()] == [80, 16, 16]
        timeline = scene.timeline(beats[0])
        timeline.interpolate(0.0)
        assert [panel.known for panel in scene.made.values()] == [0, 0, 0]


def test_it_says_what_is_done() -> None:
    with shown(CASES["vector"]) as (scene, beats):
        scene.timeline(beats[1]).interpolate(0.5)
        assert {"Conv2d", "self.conv1(x)", "1,234 parameters", "input", "output", "1×512", "1×10"} <= {*words(scene)}


def test_code_is_broken_where_it_may_be_and_cut_where_it_is_too_long() -> None:
    deed = Deed("Linear", ["F.relu(self.layer_norm(x), inplace=True)"], 0, (-2.0, -1.0, 2.0, 3.0), THEMES["dark"])
    texts = [line.text for line in deed.code.lines]
    assert "".join(text.strip() for text in texts).replace(" ", "") == "F.relu(self.layer_norm(x),inplace=True)"
    assert all(line.width <= 4.0 for line in deed.code.lines)
    long = Deed("Linear", ["x = f(x)"] * 30, 0, (-2.0, -1.0, 2.0, 3.0), THEMES["dark"])
    assert [line.text for line in long.code.lines][-1] == "… 24 more lines"


def test_it_runs_while_it_is_swept_and_rests_before_and_after() -> None:
    with shown(CASES["small"]) as (scene, beats):
        for share, runs in ((0.3, True), (0.6, True), (1.0, False)):
            scene.timeline(beats[1]).interpolate(share)
            assert bool(len(scene.deed.pulse.points)) == runs
        scene.timeline(beats[0]).interpolate(1.0)
        assert not len(scene.deed.pulse.points)


@pytest.mark.parametrize("name", ["small", "heads", "vector"])
def test_another_number_is_another_picture(name: str) -> None:
    trace = CASES[name]
    values = trace.outputs["output"].clone()
    values.view(-1)[-1] += 0.7
    other = replace(trace, outputs={"output": values})
    with tempconfig(SETTINGS):
        one, two = (pictures(opened(Unopened, each, beats_of(trace)), beats_of(trace)[2]) for each in (trace, other))
        again = pictures(opened(Unopened, trace, beats_of(trace)), beats_of(trace)[2])
    assert one == again
    assert one != two


def test_what_stands_there_can_be_taken_over() -> None:
    with shown(CASES["large"]) as (scene, beats):
        scene.timeline(beats[1]).interpolate(1.0)
        standing = scene.stands("output")
        assert standing.role == "output"
        assert [patch.first for patch in standing.patches] == [number * 112 * 112 for number in range(64)]
        assert all(patch.shape == (112, 112) and patch.colours is not None for patch in standing.patches)
        scene.withhold("input", True)
        assert scene.given["input"].known == 0
        scene.withhold("input", False)
        assert scene.given["input"].known > 0
        assert scene.stands("weight") is None
    with shown(CASES["small"]) as (scene, _):
        standing = scene.stands("input")
        assert {cell: line.text for cell, line in standing.lines.items()} == {
            at: f"{int(x)}".replace("-", "−") for at, x in enumerate(whole(2, 4).flatten().tolist())
        }


def test_a_picture_stays_a_picture() -> None:
    with shown(CASES["picture"]) as (scene, beats):
        scene.timeline(beats[0]).interpolate(0.0)
        panel = scene.given["input"]
        tiles = [panel._stood(tile).patches[0].colours for tile in panel.laid.tiles]
        for tone, colours in enumerate(tiles):
            others = [other for other in range(3) if other != tone]
            assert colours[..., tone].max() > 200
            assert not colours[..., others].any()
    with shown(CASES["grey"]) as (scene, beats):
        colours = scene.stands("input").patches[0].colours
        assert (colours[..., 0] == colours[..., 2]).all()


def test_what_is_large_is_cheap() -> None:
    begun = time.perf_counter()
    with shown(CASES["large"]) as (scene, beats):
        for beat in beats:
            for _ in scene.sights(beat):
                pass
    assert time.perf_counter() - begun < 3.0


def test_of_many_inputs_the_first_are_shown_and_it_is_said_how_many_there_are() -> None:
    trace = unopened("cat", {f"part {n}": normal(2, 3, seed=n) for n in range(9)}, {"output": normal(18, 3)}, ["torch.cat(parts)"])
    with shown(trace) as (scene, beats):
        scene.timeline(beats[0]).interpolate(0.0)
        assert len(scene.given) == 3
        assert "… 6 more" in words(scene)
    assert findings(Unopened, trace, beats_of(trace)) == []


def test_words_have_room() -> None:
    with shown(CASES["wordy"]) as (scene, _):
        left, _, right, _ = scene.deed.box
        for line in scene.deed.code.lines:
            assert left < line.x
            assert line.x + text_width(line.text, line.size) < right
