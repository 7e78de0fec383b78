"""The way back through the poolings on the stage."""

from __future__ import annotations

import pytest
import torch
from manim import tempconfig

from engine import avg_pool2d_backward, max_pool2d_backward
from scenes.avg_pool2d_backward import AvgPool2dBackward
from scenes.max_pool2d_backward import MaxPool2dBackward
from scenes.parts.theme import THEMES, Theme, contrast, rgb
from studio.pace import beats
from tests.scenes import showing
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, decimal
from tests.scenes.test_layout import check, numbers

SIZES = [(2, 2), (4, 6), (13, 13), (28, 28), (64, 64)]


def gradients(*shape: int) -> torch.Tensor:
    return numbers("normal", *shape) if max(shape) > 8 else numbers("whole", *shape)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_sizes(size: tuple[int, int]) -> None:
    height, width = size
    check(MaxPool2dBackward, max_pool2d_backward(gradients(2, height // 2, width // 2), numbers("normal", 2, *size), 2), *THEMES)
    check(AvgPool2dBackward, avg_pool2d_backward(gradients(height - 1, width - 1), numbers("whole", *size), 2, 1), *THEMES)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(3, 2, 1), (1, 1, 0), (7, 7, 0), (7, 1, 3), ((1, 9), 2, (0, 4)), ("global", None, 0)]
)
def test_windows(kernel: object, stride: int | None, padding: object) -> None:
    x = numbers("normal", 15, 15)
    for scene, function in ((MaxPool2dBackward, max_pool2d_backward), (AvgPool2dBackward, avg_pool2d_backward)):
        pool = torch.nn.functional.max_pool2d
        size = (15, 15) if kernel == "global" else kernel
        gradient = gradients(*pool(x[None], size, stride, padding)[0].shape)  # type: ignore[arg-type]  # whatever is given
        check(scene, function(gradient, x, kernel, stride, padding))


@pytest.mark.parametrize(("size", "output"), [((5, 7), (2, 3)), ((14, 15), (4, 6)), ((3, 4), (5, 6)), ((28, 30), (3, 4))])
def test_windows_of_several_sizes(size: tuple[int, int], output: tuple[int, int]) -> None:
    x, gradient = numbers("whole", *size), gradients(*output)
    check(MaxPool2dBackward, max_pool2d_backward(gradient, x, output_size=output))
    check(AvgPool2dBackward, avg_pool2d_backward(gradient, x, output_size=output), "print")


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_numbers_can_be_read_on_every_tint(theme: Theme) -> None:
    for hue in theme.hues:
        ground = "#{:02X}{:02X}{:02X}".format(*(round(a + (b - a) * theme.tint) for a, b in zip(rgb(theme.ground), rgb(hue), strict=True)))
        assert min(contrast(theme.gradient, ground), contrast(theme.input, ground)) >= 4.5


def test_what_stands_in_the_cells_is_what_has_been_added_up() -> None:
    x, gradient = numbers("whole", 5, 5), numbers("whole", 4, 4)
    trace = max_pool2d_backward(gradient, x, 2, 1)
    with tempconfig(SETTINGS):
        planned = beats(trace, seconds=60, fps=10)
        scene = showing.opened(MaxPool2dBackward, trace, planned)
        total = torch.zeros(5, 5)
        for beat in planned[1:-1]:
            assert beat.kind != "sweep"
            timeline = scene.timeline(beat)
            timeline.interpolate(1)
            row, column = trace[beat.start].targets[0]
            pieces = sorted((line for mark in scene.strip.marks.values() for line in mark.lines), key=lambda line: line.x)
            left, _, right, _, result = (float(decimal(line.text)) if line.text not in "+=" else 0.0 for line in pieces)
            assert (left, right) == (total[row, column], trace[beat.start].value)
            total[row, column] += trace[beat.start].value
            assert result == total[row, column]
            shown = {
                round((line.x - scene.output.left) / scene.output.cell[0] - 0.5): line.text
                for line in scene.output.digits.lines
                if abs(line.y - scene.output.centre(row, 0)[1]) < 1e-9
            }
            assert decimal(shown[column]) == result
        assert total.tolist() == trace.outputs["grad_input"][0].tolist()


def test_a_window_its_gradient_and_the_winner_have_one_tint() -> None:
    trace = max_pool2d_backward([[1, 2], [3, 4]], numbers("whole", 4, 4), 2)
    with tempconfig(SETTINGS):
        planned = beats(trace, fps=10)
        scene = showing.opened(MaxPool2dBackward, trace, planned)
        for beat in planned[1:-1]:
            timeline = scene.timeline(beat)
            timeline.interpolate(1)
            step = trace[beat.start]
            hue = scene.hue_of(step.index)
            assert hue == step.index
            *_, y, x = step.reads["grad_output"][0]
            for plane, cells in ((scene.lenses[0].plane, step.inside), (scene.grad_output, [(y, x)]), (scene.output, step.targets)):
                points = scene.tints[plane].marks[hue].points
                for cell in cells:
                    left, bottom, *_ = plane.box(*cell)
                    assert any(abs(p[0] - left) < 1e-9 and abs(p[1] - bottom) < 1e-9 for p in points)


def test_large_ones_have_no_findings() -> None:
    trace = avg_pool2d_backward(numbers("normal", 32, 32), numbers("normal", 64, 64), 2)
    assert findings(AvgPool2dBackward, trace, beats(trace, seconds=20, fps=10)) == []


def test_a_cell_to_which_several_windows_gave_has_a_stripe_of_each() -> None:
    trace = avg_pool2d_backward(numbers("whole", 3, 3), numbers("whole", 4, 4), 2, 1)
    with tempconfig(SETTINGS):
        planned = beats(trace, fps=10)
        scene = showing.opened(AvgPool2dBackward, trace, planned)
        scene.timeline(planned[-1]).interpolate(1.0)
        left, bottom, right, top = scene.output.box(1, 1)
        middles = []
        for hue, mark in enumerate(scene.tints[scene.output].marks):
            boxes = mark.points.reshape(-1, 16, 3)[..., :2]
            found = [(box.min(axis=0) + box.max(axis=0)) / 2 for box in boxes]
            middles += [(round(float(x), 6), hue) for x, y in found if left < x < right and bottom < y < top]
        width = (right - left) / 4
        assert sorted(middles) == [(round(left + (n + 0.5) * width, 6), n) for n in range(4)]


def test_a_gradient_stands_as_large_as_what_it_drives() -> None:
    trace = max_pool2d_backward(numbers("whole", 3, 3), numbers("whole", 4, 4), 2, 1)
    with tempconfig(SETTINGS):
        scene = showing.opened(MaxPool2dBackward, trace, beats(trace, fps=10))
        assert scene.grad_output.cell == pytest.approx(scene.output.cell)
        assert scene.grad_output.cell == pytest.approx(scene.lenses[0].plane.cell)
        scene.timeline(beats(trace, fps=10)[-1]).interpolate(1.0)
        assert len(scene.rings.points) // 16 == len({cell for step in trace for cell in step.targets})
