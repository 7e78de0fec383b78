"""The ledger of a network: nothing is in the way of anything, counts are heights, and a picture depends on its beat alone."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from manim import tempconfig

from engine import summary
from engine.trace import Trace
from scenes.parts.theme import THEMES
from scenes.summary import Summary
from studio.pace import beats as paced
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, beat, every_kind, pictures

CNN = "max_pool2d(2) conv2d(12,17) max_pool2d(3) flatten linear(128) relu linear(10) softmax"
CASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "small": ("conv2d(4,3,stride=2,bias=False) relu flatten", "1x8x11", {"dense": True}),
    "middle": (CNN, "3x128x128", {}),
    "large": ("repeat(9, conv2d(64,3,padding=1) batch_norm relu) max_pool2d(3) flatten linear(10)", "3x224x224", {}),
    "recurrent": ("rnn(20,num_layers=2) lstm(8,bidirectional=True) linear(3)", "5x10", {}),
    "transformer": ("embedding(9,8) positional_encoding(learned=True) transformer_encoder_layer(2,16) linear(9)", "6", {}),
    "ceil": ("conv_transpose2d(3,3,stride=2) avg_pool2d(3,2,1,ceil_mode=True) skip(conv2d(3,3,padding=1))", "64x2x9x7", {}),
    "varied": ("attention(heads=8)", "10xd", {"vary": {"d": [64, 128, 512]}}),
    "without parameters": ("max_pool1d(3) relu", "4x10", {}),
    "one number": ("linear(1)", "1", {}),
}


@cache
def trace_of(case: str) -> Trace:
    layers, size, options = CASES[case]
    return summary(layers, size, **options)


def opened(trace: Trace, theme: str = "dark") -> Any:
    scene = Summary(trace.record(), [], theme)
    scene.setup()
    return scene


def step_of(trace: Trace, kind: str, number: int = 0) -> int:
    return [step.index for step in trace if step.kind == kind][number]  # type: ignore[attr-defined]


@pytest.mark.parametrize("case", CASES)
def test_pictures_are_legible(case: str) -> None:
    trace = trace_of(case)
    themes = THEMES if case in ("small", "middle", "large") else ("dark",)
    assert findings(Summary, trace, paced(trace, fps=10), *themes) == []


@pytest.mark.parametrize("case", ["small", "recurrent"])
def test_every_kind_of_beat_is_legible(case: str) -> None:
    trace = trace_of(case)
    firsts = [beat("full", trace, trace.blocks.start(stage)) for stage in trace.stages]
    assert findings(Summary, trace, [*every_kind(trace), *firsts]) == []


def at_end(scene: Any, trace: Trace, k: int, share: float = 1.0) -> Any:
    timeline = scene.timeline(beat("full", trace, k))
    for moment in (0.0, share / 2, share):
        timeline.interpolate(moment)
    return scene


def test_the_tower_grows_by_each_count_and_is_cut_into_shares() -> None:
    trace = trace_of("middle")
    counts = [count for count in trace.outputs["parameters"].tolist() if count]
    with tempconfig(SETTINGS):
        scene = opened(trace)
        for number in range(3):
            at_end(scene, trace, step_of(trace, "parameters", number))
            heights = [high - low for _, low, _, high in scene.tower.boxes(scene.counts, scene.all_of_it)]
            assert scene.counts == counts[: number + 1]
            assert heights == pytest.approx([(scene.tower.top - scene.tower.bottom) * count / sum(counts) for count in scene.counts])
        at_end(scene, trace, step_of(trace, "share"))
        assert [line.text for line in scene.tower.letters.lines] == ["2.57"]
        at_end(scene, trace, step_of(trace, "share", 2))
        assert [line.text for line in scene.tower.letters.lines] == ["2.57", "97.11", "0.32"]


def extent(points: np.ndarray) -> list[float]:
    """Width and height of what is drawn."""
    return (points.max(axis=0) - points.min(axis=0))[:2].tolist()  # type: ignore[no-any-return]


def test_blocks_are_drawn_to_one_scale() -> None:
    trace = trace_of("middle")
    with tempconfig(SETTINGS):
        scene = at_end(opened(trace), trace, step_of(trace, "size", 1))
        given, made = (extent(scene.bench.faces[role].points) for role in ("input", "output"))
        assert [a / b for a, b in zip(given, made, strict=True)] == pytest.approx([2, 2])


def test_a_window_moves_on_as_often_as_is_said() -> None:
    """2.5 strides of 2 cells on 8 rows: it ends where the last row does, which no whole stride reaches."""
    trace = trace_of("small")
    with tempconfig(SETTINGS):
        scene = opened(trace)
        heights = [at_end(scene, trace, step_of(trace, "strides"), share).bench.window.points[:, 1].min() for share in (0.3, 0.5, 1.0)]
        assert heights == sorted(heights, reverse=True)
        assert heights[-1] == pytest.approx(scene.bench.faces["input"].points[:, 1].min())
        assert len(scene.bench.hatch.points)
        at_end(scene, trace, step_of(trace, "features"))
        assert not len(scene.bench.hatch.points)


def test_there_is_a_tile_for_each_filter() -> None:
    trace = trace_of("small")
    with tempconfig(SETTINGS):
        scene = at_end(opened(trace), trace, step_of(trace, "parameters"))
        assert len(scene.bench.faces["weight"].points) == 4 * 16


def test_squares_are_as_large_as_fields() -> None:
    trace = trace_of("middle")
    with tempconfig(SETTINGS):
        scene = at_end(opened(trace), trace, step_of(trace, "receptive_field", 2))
        (wide, _), (whole, _) = (extent(mark.points) for mark in (scene.bench.window, scene.bench.edges["input"]))
        assert wide / whole == pytest.approx(38 / 128)


def test_a_dense_layer_is_an_area_at_the_scale_of_the_kernels() -> None:
    trace = trace_of("small")
    with tempconfig(SETTINGS):
        scene = at_end(opened(trace), trace, step_of(trace, "dense_weights"))
        (small, _), (large, _) = (extent(scene.bench.edges[role].points) for role in ("weight", "muted"))
        assert (large / small) ** 2 == pytest.approx(88 * 60 / 36)


def test_powers_are_straight_lines() -> None:
    """Scores are d times n²: as many times as d grows they do; projections grow with its square."""
    trace = trace_of("varied")
    with tempconfig(SETTINGS):
        scene = opened(trace)
        closing = [one for one in paced(trace, fps=10) if one.kind == "closing"]
        scene.timeline(closing[0]).interpolate(1.0)
        at = [scene.growth.at(n, n * n)[1] for n in (64.0, 128.0, 512.0)]
        assert (at[2] - at[0]) / (at[1] - at[0]) == pytest.approx(3)
        written = [line.text for mark in scene.growth.letters.values() for line in mark.lines]
        assert {"16640", "66048", "1.1e6", "64", "128", "512", "d", "parameters", "multiply-adds"} <= {*written}


@pytest.mark.parametrize("case", ["small", "varied"])
def test_every_beat_stands_alone(case: str) -> None:
    trace = trace_of(case)
    found = paced(trace, fps=10)
    with tempconfig(SETTINGS):
        scene = opened(trace)
        forwards = [pictures(scene, one) for one in found]
        backwards = [pictures(opened(trace), one) for one in reversed(found)]
    assert forwards == [*reversed(backwards)]
