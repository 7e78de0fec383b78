"""The way back through a convolution on the stage: legible at every size, every act with its own numbers."""

from __future__ import annotations

import pytest
import torch
from manim import tempconfig

from engine import conv2d, conv2d_backward
from engine.convolution_backward import ConvBackwardTrace
from engine.record import Record
from scenes.conv2d_backward import Conv2dBackward
from scenes.parts.theme import THEMES
from studio.pace import beats
from tests.scenes.lint import findings
from tests.scenes.test_layout import numbers

SETTINGS = {"pixel_width": 320, "pixel_height": 180, "frame_rate": 10, "dry_run": True, "verbosity": "ERROR"}


def back(kind: str, x: tuple[int, ...], w: tuple[int, ...], **options: object) -> ConvBackwardTrace:
    input, weight = numbers(kind, *x), numbers(kind, *w)
    gradient = numbers(kind, *conv2d(input, weight, **options).outputs["output"].shape)  # type: ignore[arg-type]  # as given
    return conv2d_backward(gradient, input, weight, **options)  # type: ignore[arg-type]  # as given


def check(trace: ConvBackwardTrace, theme: str = "dark") -> None:
    assert findings(Conv2dBackward, trace, beats(trace, seconds=30, fps=5), theme) == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("size", [(3, 3), (6, 9), (14, 14), (28, 28), (64, 64)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_sizes(size: tuple[int, int], theme: str) -> None:
    check(back("whole" if size[0] < 10 else "normal", size, (2, 2)), theme)


@pytest.mark.parametrize("channels", [2, 3, 4, 6])
def test_channels_filters_samples_and_groups(channels: int) -> None:
    check(back("whole", (channels, 6, 6), (2, channels, 3, 3), padding=1))
    check(back("normal", (2, 8, 8), (channels, 2, 3, 3)))
    check(back("whole", (channels, 1, 5, 5), (1, 1, 2, 2)))
    check(back("whole", (channels, 5, 5), (channels, 1, 2, 2), groups=channels))


@pytest.mark.parametrize(
    "options",
    [{"stride": 2}, {"stride": (1, 3), "padding": 1}, {"dilation": 2}, {"padding": 3}, {"padding": "same"}, {"stride": 3, "dilation": 2}],
    ids=str,
)
def test_options(options: dict[str, object]) -> None:
    check(back("whole", (7, 8), (2, 2), **options))


def test_zeros_between_the_cells_of_the_gradient_are_pale() -> None:
    trace = back("whole", (6, 6), (2, 2), stride=2)
    with tempconfig(SETTINGS):
        scene = Conv2dBackward(Record(trace), beats(trace, fps=5))
        scene.setup()
        scene.prepare(scene.trace[len(trace) - 1])
        plane = scene.lenses[0].plane
        cells = {(round(line.x, 6), round(line.y, 6)) for line in plane.digits.lines}
        own = {
            (round(x, 6), round(y, 6)) for x, y in (plane.centre(1 + 2 * row, 1 + 2 * column) for row in range(3) for column in range(3))
        }
        assert cells == own
        assert len(plane.pale.lines) == plane.rows * plane.columns - 9
        assert {line.text for line in plane.pale.lines} == {"0"}


def test_every_act_reads_what_its_step_multiplies() -> None:
    trace = back("whole", (5, 5), (2, 2), padding=1)
    with tempconfig(SETTINGS):
        planned = beats(trace, seconds=200, fps=5)
        scene = Conv2dBackward(Record(trace), planned)
        scene.setup()
        for beat in planned[1:-1]:
            assert beat.kind != "sweep"
            scene.timeline(beat).interpolate(1)
            step = trace[beat.start]
            (lens,) = scene.lenses
            values = torch.tensor([float(lens.plane.values[cell]) for cell in scene.window_cells(step)])
            assert values.tolist() == [term[0] for term in step.terms]
            if step.kind != "bias":
                assert lens.tile.weights.flatten().tolist() == [term[1] for term in step.terms]
            assert lens.plane.role == ("input" if step.kind == "weight" else "gradient")
