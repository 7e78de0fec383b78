"""What is read now can be read from the back row, in attention and on its way back; where one is on that way; which way gradients go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from manim import tempconfig

from engine import attention_backward
from engine.trace import Trace
from scenes.attention_backward import AttentionBackward
from scenes.heads.returning import most_together
from scenes.heads.roster import READ_PX
from scenes.heads.way_back import LEADS
from scenes.parts.cast import scene_class
from scenes.parts.ink import Letters
from tests.engine.test_attention import randn
from tests.scenes.showing import SETTINGS, beat, opened
from tests.scenes.walk import grids, trace_of


def small_digits(trace: Trace) -> set[tuple[str, float]]:
    """Of the first step of every kind what stands smaller than it should: in cells and on the bench."""
    found: set[tuple[str, float]] = set()
    with tempconfig(SETTINGS):
        scene = opened(scene_class(trace.concept), trace)
        for kind in dict.fromkeys(block.stage for block in trace.blocks):
            scene.timeline(beat("full", trace, trace.blocks.start(kind))).interpolate(1.0)
            sizes = [grid.digit_px for grid in grids(scene) if grid.has_digits] + [line.size for line in bench_lines(scene)]
            found |= {(kind, size) for size in sizes if size < READ_PX - 0.01}
    return found


def bench_lines(scene: Any) -> list[Any]:
    """Numbers that lie on the bench."""
    letters = [part for part in scene.bench.letters.values() if isinstance(part, Letters)]
    return [line for part in letters for line in part.lines if not any(c.isalpha() for c in line.text)]


@pytest.mark.parametrize("size", ["small", "middle"])
@pytest.mark.parametrize("name", ["attention", "attention_backward"])
def test_what_is_read_is_large(name: str, size: str) -> None:
    assert small_digits(trace_of(name, size)) == set()


def test_the_map_of_the_way_back_fills_with_what_is_known() -> None:
    trace = trace_of("attention_backward", "small")
    with tempconfig(SETTINGS):
        scene = opened(AttentionBackward, trace)
        made = {"value": "dV", "weight": "dW", "row sum": "dS", "score": "dS", "query": "dQ", "key": "dK"}
        for kind, letter in made.items():
            scene.timeline(beat("quick", trace, trace.blocks.start(kind))).interpolate(0.0)
            route = scene.pictures[kind].route
            assert np.allclose(route.here.points.min(axis=0)[:2], route.boxes[letter][:2])
            # dO is there from the beginning, every other box fills once its steps have begun.
            begun = {one for at, one in made.items() if at != "row sum" and trace.blocks.start(at) < trace.blocks.start(kind)}
            assert len(route.known.points) == 16 * (1 + len(begun))
            assert len(route.gone.points) == 12 * sum(end in {*begun, letter} for _, end in LEADS)


def test_gradients_run_back_along_arcs_in_the_colours_of_their_signs() -> None:
    trace = attention_backward(*(randn(3, 2, seed=n) for n in range(4)))
    with tempconfig(SETTINGS):
        scene = opened(AttentionBackward, trace)
        place = scene.pictures["query"]
        timeline, reach = scene.timeline(beat("full", trace, trace.blocks.start("query"))), []
        for share in (0.0, 0.3, 0.5, 1.0):
            timeline.interpolate(share)
            reach.append(max((mark.points[:, 0].max() for mark in place.arcs.marks if len(mark.points)), default=-9.0))
        assert reach == sorted({*reach})
        row = trace.outputs["grad_scores"][0].numpy()
        assert np.argsort(place.arcs.widths).tolist() == np.argsort(np.abs(row)).tolist()
        colours = {mark.get_fill_color().to_hex() for mark in place.arcs.marks if len(mark.points)}
        assert colours == {scene.theme.gradient, scene.theme.negative}


def test_arcs_that_come_together_are_no_wider_than_one_band() -> None:
    flows = np.array([[3.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    assert most_together(flows, 3) == 4
    assert most_together(flows, 1) == 3
    assert most_together(np.zeros((2, 2)), 2) == 1
