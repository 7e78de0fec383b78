"""The way back through a convolution on the stage: legible at every size, every act with its own numbers."""

from __future__ import annotations

import pytest
from manim import tempconfig

from engine import conv2d, conv2d_backward
from engine.concepts.convolution.backward import ConvBackwardTrace
from engine.numbers import plain
from scenes.conv2d_backward import Conv2dBackward
from scenes.convolution.reel import TURNING
from scenes.parts.beat import Beat
from scenes.parts.ink import Ink
from scenes.parts.theme import THEMES
from studio.pace import beats
from tests.scenes import showing
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS
from tests.scenes.test_layout import numbers


def back(kind: str, x: tuple[int, ...], w: tuple[int, ...], **options: object) -> ConvBackwardTrace:
    input, weight = numbers(kind, *x), numbers(kind, *w)
    gradient = numbers(kind, *conv2d(input, weight, **options).outputs["output"].shape)  # type: ignore[arg-type]  # as given
    return conv2d_backward(gradient, input, weight, **options)  # type: ignore[arg-type]  # as given


def check(trace: ConvBackwardTrace, *themes: str) -> None:
    assert findings(Conv2dBackward, trace, beats(trace, seconds=30, fps=5), *themes) == []


def show(scene: Conv2dBackward, k: int) -> None:
    """The end of a step."""
    scene.timeline(Beat("quick", k, k + 1, "all", "Words.", 10)).interpolate(1)


@pytest.mark.parametrize("size", [(3, 3), (6, 9), (14, 14), (28, 28), (64, 64)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_sizes(size: tuple[int, int]) -> None:
    check(back("whole" if size[0] < 10 else "normal", size, (2, 2)), *THEMES)


@pytest.mark.parametrize("channels", [2, 4, 6])
def test_channels_filters_samples_and_groups(channels: int) -> None:
    check(back("whole", (channels, 6, 6), (2, channels, 3, 3), padding=1))
    check(back("normal", (2, 8, 8), (channels, 2, 3, 3)))
    check(back("whole", (channels, 1, 5, 5), (1, 1, 2, 2)))
    check(back("whole", (channels, 5, 5), (channels, 1, 2, 2), groups=channels))


@pytest.mark.parametrize(
    "options",
    [
        {"stride": 2},
        {"stride": (1, 3), "padding": 1},
        {"dilation": 2},
        {"padding": 3},
        {"padding": "same"},
        {"stride": 3, "dilation": 2},
        {"padding": [[0, 3], [4, 1]]},
    ],
    ids=str,
)
def test_options(options: dict[str, object]) -> None:
    check(back("whole", (7, 8), (2, 2), **options))


def test_zeros_between_the_cells_of_the_gradient_are_pale() -> None:
    trace = back("whole", (6, 6), (2, 2), stride=2)
    with tempconfig(SETTINGS):
        scene = showing.opened(Conv2dBackward, trace, beats(trace, fps=5))
        show(scene, len(trace) - 1)
        plane = scene.lenses[0].plane
        cells = {(round(line.x, 6), round(line.y, 6)) for line in plane.digits.lines}
        own = {
            (round(x, 6), round(y, 6)) for x, y in (plane.centre(1 + 2 * row, 1 + 2 * column) for row in range(3) for column in range(3))
        }
        assert cells == own
        assert len(plane.pale.lines) == plane.rows * plane.columns - 9
        assert {line.text for line in plane.pale.lines} == {"0"}


SEVERAL = {
    "one": back("whole", (5, 5), (2, 2), padding=1),
    "filters": back("whole", (2, 4, 4), (3, 2, 2, 2)),
    "groups": back("whole", (4, 4, 4), (4, 2, 2, 2), groups=2),
    "samples": back("whole", (2, 1, 4, 4), (3, 1, 2, 2)),
    "stride": back("whole", (7, 7), (2, 2), stride=3, padding=2),
    "many filters": back("whole", (1, 4, 4), (6, 1, 2, 2)),
    "many samples": back("whole", (6, 1, 4, 4), (1, 1, 2, 2)),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_every_act_reads_what_its_step_multiplies(name: str) -> None:
    trace = SEVERAL[name]
    with tempconfig(SETTINGS):
        planned = beats(trace, seconds=400, fps=5)
        scene = showing.opened(Conv2dBackward, trace, planned)
        for beat in planned[1:-1]:
            scene.timeline(beat).interpolate(1)
            step = trace[beat.pictures[-1]]
            ((lens,), taps) = scene.lenses, len(step.window)
            terms = step.terms[scene.facing * taps : (scene.facing + 1) * taps]
            assert [float(lens.plane.values[cell]) for cell in scene.window_cells(step)] == [term[0] for term in terms]
            if step.kind != "bias":
                assert lens.tile.weights.flatten().tolist() == [term[1] for term in terms]
            assert lens.plane.role == ("input" if step.kind == "weight" else "gradient")
            assert scene.output.values.reshape(-1, scene.output.columns)[scene.place_of(step)] == step.value
            assert (scene.ledger is not None) == (len(step.channels) > 1)
            if scene.ledger is not None:
                assert scene.ledger.title.line.text == ("by filter" if step.kind == "input" else "by sample")


def test_only_gradients_whose_windows_held_the_cell_are_shaded() -> None:
    trace = back("whole", (4, 4), (2, 2))
    with tempconfig(SETTINGS):
        scene = showing.opened(Conv2dBackward, trace, beats(trace, fps=5))
        for step in trace[5:]:
            show(scene, step.index)
            plane = scene.lenses[0].plane
            shaded = scene.shaded(plane, scene.window_cells(step))
            assert shaded == [plane.box(row + 1, column + 1) for _, row, column in step.reads["grad_output"]]


@pytest.mark.parametrize("size", [4, 64])
def test_the_legend_names_all_roles(size: int) -> None:
    trace = back("normal", (16 if size > 4 else 1, size, size), (16 if size > 4 else 1, 16 if size > 4 else 1, 3, 3), padding=1)
    with tempconfig(SETTINGS):
        scene = showing.opened(Conv2dBackward, trace, beats(trace, seconds=30, fps=5))
        words = [mark.line.text for mark in scene.header.legend.submobjects if isinstance(mark, Ink)]
    assert sorted(words) == ["gradient", "input", "reading", "weight"]


def test_results_have_digits_where_there_is_room() -> None:
    """As large as sums of thousands of gradients are, and the same for all filters."""
    trace = back("normal", (20, 20), (2, 1, 3, 3))
    assert trace.outputs["grad_weight"].abs().max() > 10
    with tempconfig(SETTINGS):
        scene = showing.opened(Conv2dBackward, trace, beats(trace, seconds=30, fps=5))
        for k in (0, 2, 11):
            show(scene, k)
            assert scene.output.mode == "digits"


def test_the_weights_turn_before_they_slide_over_the_gradient_for_the_first_time() -> None:
    trace = back("whole", (1, 5, 5), (2, 1, 3, 3))
    first = next(step.index for step in trace if step.kind == "input")
    with tempconfig(SETTINGS):
        scene = showing.opened(Conv2dBackward, trace, [])
        timeline = scene.timeline(Beat("full", first, first + 1, "all", "Words.", 90, first - 1))
        seen = []
        for share in (0.0, 0.1, 0.2, TURNING - 1e-9, TURNING):
            timeline.interpolate(share)
            tile = scene.lenses[0].tile
            seen.append({(round(line.x, 3), round(line.y, 3)): line.text for line in (tile.turning.lines or tile.lower.lines)})
        assert not tile.turning.lines
        places = sorted(seen[0])
        assert sorted(seen[-1]) == places
        given = trace.inputs["weight"][0, 0].flatten().tolist()
        # From the left, bottom up.
        assert [seen[0][place] for place in places] == [f"×{plain(given[3 * (2 - n % 3) + n // 3])}" for n in range(9)]
        assert [seen[-1][place] for place in places] == [f"×{plain(given[3 * (n % 3) + 2 - n // 3])}" for n in range(9)]
        assert sorted(seen[1]) != places != sorted(seen[2])
        # The next cell of the plane is reached by weights that are turned already.
        timeline = scene.timeline(Beat("full", first + 1, first + 2, "all", "Words.", 90, first))
        timeline.interpolate(0.15)
        assert not scene.lenses[0].tile.turning.lines
