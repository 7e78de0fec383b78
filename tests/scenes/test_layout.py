"""Every scene at many sizes, in every theme, under the layout lint."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from manim import tempconfig

import engine
from engine import conv1d, conv2d
from engine.catalogue import single
from engine.inputs.arguments import open_example
from engine.numbers import plain
from engine.trace import Trace
from scenes.conv1d import Conv1d
from scenes.conv2d import Conv2d
from scenes.parts.beat import Beat
from scenes.parts.cast import scene_class
from scenes.parts.theme import THEMES
from scenes.parts.window import CLEARANCE, outside
from studio.pace import beats as paced
from tests.scenes.lint import findings

KERNELS, KINDS = (1, 2, 3, 5, 7), ("whole", "picture", "normal", "large", "tiny")
SIZES = [(3, 3), (5, 8), (8, 5), (14, 14), (28, 28), (64, 64), (65, 40), (100, 100), (224, 224)]


def numbers(kind: str, *shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    if kind == "whole":
        return torch.randint(-9, 10, shape, generator=generator).double()
    if kind == "picture":
        return torch.rand(shape, generator=generator, dtype=torch.float64)
    scale = {"normal": 1.0, "large": 1e5, "tiny": 1e-6}[kind]
    return torch.randn(shape, generator=generator, dtype=torch.float64) * scale


def beats(trace: Trace) -> list[Beat]:
    """One beat of every kind; steps at the begin, in the middle and at the end."""
    last, middle = len(trace) - 1, len(trace) // 2

    def one(kind: str, k: int) -> Beat:
        return Beat(kind, k, k + 1, trace[k].phase, trace[k].say, 30)

    found = [Beat("opening", 0, 0, "setup", trace.opening, 20), one("full", 0), one("quick", min(1, last)), one("full", middle)]
    found += [
        Beat("sweep", middle, last + 1, trace[middle].phase, "Steps follow in the same way.", 30),
        one("quick", last),
    ]
    return [*found, Beat("closing", last + 1, last + 1, "result", trace.closing, 20)]


def check(scene: type, trace: Trace, *themes: str) -> None:
    assert findings(scene, trace, beats(trace), *themes) == []


@pytest.mark.parametrize(
    ("size", "channels"), [(size, n) for k, size in enumerate(SIZES) for n in (1, 2 + k % 3)], ids=lambda one: str(one).replace(", ", "x")
)
def test_conv2d_sizes_and_channels(size: tuple[int, int], channels: int) -> None:
    kind = "picture" if min(size) > 14 else "whole"
    check(Conv2d, conv2d(numbers(kind, channels, *size), numbers("whole", 1, channels, 3, 3), padding=1))


@pytest.mark.parametrize("size", [3, 28, 100])
def test_conv2d_themes(size: int) -> None:
    check(Conv2d, conv2d(numbers("normal", size, size), numbers("normal", 2, 2)), *THEMES)
    check(Conv2d, conv2d(numbers("normal", 2, size, size), numbers("normal", 1, 2, 3, 3), bias=[0.5]), *THEMES)


@pytest.mark.parametrize(("kernel", "kind"), [(kernel, kind) for k, kernel in enumerate(KERNELS) for kind in (KINDS[k], KINDS[k - 2])])
def test_conv2d_kernels_and_numbers(kernel: int, kind: str) -> None:
    check(Conv2d, conv2d(numbers(kind, 9, 9), numbers(kind, kernel, kernel)))
    check(Conv2d, conv2d(numbers(kind, 3, 9, 9), numbers(kind, 2, 3, kernel, kernel), bias=[1.5, -2.0]))


@pytest.mark.parametrize(
    "options",
    [
        {"padding": 2, "padding_mode": "reflect"},
        {"padding": (2, 0), "stride": (2, 1)},
        {"padding": [[1, 0], [2, 1]]},
        {"padding": [[0, 3], [4, 0]], "padding_mode": "reflect"},
        {"dilation": 2, "padding": 1},
        {"padding": "same", "flip": True},
        {"dilation": (1, 3), "padding": (0, 3), "padding_mode": "circular"},
    ],
    ids=str,
)
def test_conv2d_options(options: dict) -> None:
    check(Conv2d, conv2d(numbers("whole", 7, 9), numbers("whole", 3, 2), **options))
    check(Conv2d, conv2d(numbers("whole", 2, 7, 9), numbers("whole", 3, 2, 3, 2), **options))


def test_conv2d_with_more_channels_than_fit() -> None:
    check(Conv2d, conv2d(numbers("normal", 64, 10, 10), numbers("normal", 3, 64, 3, 3), bias=[1.0, 2.0, 3.0]))


def test_conv2d_depthwise_and_batched() -> None:
    check(Conv2d, conv2d(numbers("whole", 4, 6, 6), numbers("whole", 4, 1, 3, 3), groups=4))
    check(Conv2d, conv2d(numbers("whole", 12, 2, 5, 5), numbers("whole", 15, 2, 3, 3)))


def test_conv2d_long_and_thin() -> None:
    check(Conv2d, conv2d(numbers("whole", 1, 40), numbers("whole", 1, 3)))
    check(Conv2d, conv2d(numbers("whole", 40, 1), numbers("whole", 3, 1)))
    check(Conv2d, conv2d(numbers("picture", 10, 300), numbers("whole", 3, 3)))


@pytest.mark.parametrize("length", [3, 9, 20, 64, 500])
def test_conv1d(length: int) -> None:
    check(Conv1d, conv1d(numbers("whole", length), numbers("whole", 3), padding=1), *THEMES)
    check(Conv1d, conv1d(numbers("normal", 3, length), numbers("normal", 2, 3, 2), bias=[0.5, 1.0]), *THEMES)


def test_conv1d_causal() -> None:
    check(Conv1d, conv1d(numbers("whole", 9), numbers("whole", 3), padding="causal", dilation=2))
    check(Conv1d, conv1d(numbers("normal", 3, 40), numbers("normal", 2, 3, 2), padding=[[0, 5]]), "light")


def test_conv1d_wide() -> None:
    check(Conv1d, conv1d(numbers("normal", 16, 30), numbers("normal", 8, 16, 9), stride=3, padding=4))
    check(Conv1d, conv1d(numbers("whole", 4, 12), numbers("whole", 4, 2, 3), groups=2, dilation=2))


def test_the_lint_finds_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each kind of finding, provoked."""
    trace = conv2d(numbers("whole", 4, 4), numbers("whole", 2, 2))

    def found(change) -> str:
        class Spoilt(Conv2d):
            def setup(self) -> None:
                super().setup()
                change(self)

        return "\n".join(findings(Spoilt, trace, beats(trace)[:2]))

    def put_in_the_way(scene: Conv2d) -> None:
        monkeypatch.setattr(scene, "texts", [])
        (_, _, x, y), (other_x, _, _, other_y) = scene.lenses[0].tile.whole, scene.output.box(0, 0)
        scene.output.label.put((x + other_x) / 2, (y + other_y) / 2)

    assert "px high" in found(lambda scene: scene.output.label.resize(20))
    assert "leaves its zone" in found(lambda scene: scene.output.label.put(7, 3))
    assert "overlap" in found(lambda scene: scene.output.label.put(*scene.lenses[0].tile.label.line.points.mean(axis=0)[:2]))
    assert "contrast" in found(lambda scene: scene.output.label.set_fill("#222222"))
    assert "out_beam runs through" in found(put_in_the_way)
    assert found(lambda scene: None) == ""


SMALL = {
    "conv2d": lambda name: [
        name([[1, 2], [3, 4]], [[1, 1], [1, 1]]),
        name(numbers("whole", 3, 3), numbers("whole", 2, 2)),
        name(numbers("whole", 2, 2, 2), numbers("whole", 1, 2, 2, 2)),
        name(numbers("whole", 3, 2, 2), numbers("whole", 2, 3, 1, 1)),
        name(numbers("whole", 2, 9), numbers("whole", 2, 2)),
    ],
    "conv1d": lambda name: [name([1, 2], [1, 1]), name([1], [1])],
    "max_pool2d": lambda name: [name([[1, 2], [3, 4]], 2), name(numbers("whole", 3, 3), 2, stride=1)],
    "avg_pool2d": lambda name: [name([[1, 2], [3, 4]], 2), name(numbers("whole", 3, 3), 2, stride=1)],
    "conv2d_backward": lambda name: [
        name([[1]], [[1, 2], [3, 4]], [[1, 1], [1, 1]]),
        name([[[1]]], numbers("whole", 2, 2, 2), numbers("whole", 1, 2, 2, 2)),
    ],
    "max_pool2d_backward": lambda name: [
        name([[1]], [[1, 2], [3, 4]], 2),
        name(numbers("whole", 2, 2), numbers("whole", 3, 3), 2, stride=1),
    ],
    "avg_pool2d_backward": lambda name: [name([[1]], numbers("whole", 2, 2), 2), name([[1, 2]], numbers("whole", 2, 4), 2)],
}


@pytest.mark.parametrize("name", SMALL)
def test_small_ones_whose_labels_are_wider_than_they_are(name: str) -> None:
    """Lines from part to part stop at the labels."""
    for trace in SMALL[name](getattr(engine, name)):
        assert findings(scene_class(name), trace, beats(trace)[1:3]) == []


def test_lines_stop_at_texts() -> None:
    box = (2.0, -1.0, 4.0, 1.0)
    (one, other) = outside(((0.0, 0.0), (8.0, 0.0)), box)
    assert one == ((0.0, 0.0), (pytest.approx(2 - CLEARANCE), 0.0))
    assert other == ((pytest.approx(4 + CLEARANCE), 0.0), (8.0, 0.0))
    (slanted, _) = outside(((0.0, -3.0), (6.0, 3.0)), box)
    assert slanted[1] == pytest.approx((2 - CLEARANCE, -1 - CLEARANCE))
    for line in (((0.0, 2.0), (8.0, 2.0)), ((0.0, 0.0), (1.0, 0.0)), ((1.0, -5.0), (1.0, 5.0))):
        assert outside(line, box) == [line]
    assert outside(((2.5, 0.0), (3.0, 0.5)), box) == []


def test_cells_that_are_read_are_the_cells_that_are_framed() -> None:
    """The window on the plane covers the cells of the step, the target the cell that it writes."""
    trace = conv2d(numbers("whole", 5, 6), numbers("whole", 2, 3), padding=1, stride=2, dilation=(2, 1))
    with tempconfig({"dry_run": True, "pixel_width": 96, "pixel_height": 54}):
        scene = Conv2d(trace, [])
        scene.setup()
        for step in trace:
            beat = Beat("quick", step.index, step.index + 1, step.phase, step.say, 10)
            scene.timeline(beat).interpolate(1.0)
            lens = scene.lenses[0]
            rows, columns = (sorted({cell[axis] + 1 for cell in step.window}) for axis in (0, 1))
            assert scene.windows[0].box == lens.plane.box(rows[0], columns[0], rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
            assert scene.windows[scene.most_read].box == scene.output.box(*step.writes["output"][0][1:])
            assert scene.output.known == step.index + 1
            assert (scene.output.values == trace.outputs["output"][0].numpy()).all()
            assert [line.text for line in scene.output.digits.lines][-1] == plain(step.value)


def test_what_is_not_a_number_is_no_empty_cell() -> None:
    inf, nan = float("inf"), float("nan")
    check(Conv2d, trace := conv2d([[1, nan, 2], [inf, 1, 3], [1, 2, -inf]], [[1, 2], [3, 4]]))
    check(Conv2d, conv2d(torch.full((30, 30), nan), [[1.0]]))
    with tempconfig({"dry_run": True, "pixel_width": 96, "pixel_height": 54}):
        scene = Conv2d(trace, [])
        scene.setup()
        assert [line.text for line in scene.lenses[0].plane.digits.lines] == ["1", "nan", "2", "∞", "1", "3", "1", "2", "−∞"]


@pytest.mark.parametrize("name", single())
def test_every_concept_at_its_own_pace(name: str) -> None:
    """The example of every concept that there is, with the beats that a clip of it has."""
    trace = open_example(name)
    assert findings(scene_class(name), trace, paced(trace, fps=10), *THEMES) == []


@pytest.mark.parametrize("name", ["conv2d", "lstm_backward", "backprop", "linear_backward", "rms_norm"])
def test_lines_of_torch_beside_the_picture(name: str) -> None:
    trace = open_example(name)
    assert findings(partial(scene_class(name), code=True), trace, beats(trace)) == []
