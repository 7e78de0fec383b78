"""What is drawn with short cuts is what is drawn without: marks that stay are painted once a beat, unchanged frames not at all."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
import torch
from manim import tempconfig
from manim.scene.scene_file_writer import SceneFileWriter

from engine import conv1d, conv2d
from engine.arguments import open_example
from engine.catalogue import concepts
from engine.trace import Trace
from scenes.conv1d import Conv1d
from scenes.conv2d import Conv2d
from scenes.parts.raster import ReelCamera
from scenes.parts.reel import ReelRenderer
from studio.pace import beats
from studio.render import scene_class


class Nowhere(SceneFileWriter):
    """Takes frames and forgets them."""

    def begin_animation(self, *_: Any, **__: Any) -> None: ...

    def end_animation(self, *_: Any, **__: Any) -> None: ...

    def write_frame(self, pixels: np.ndarray, *, repeat: int = 1) -> None: ...

    def finish(self) -> None: ...


class Comparing(ReelRenderer):
    """Draws every frame a second time, whole."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(file_writer_class=Nowhere, camera_class=ReelCamera, **settings)
        self.different: list[float] = []
        self.frames = self.kept = 0

    def render(self, scene: Any, time: float, moving_mobjects: Any = None) -> None:
        super().render(scene, time, moving_mobjects)
        self.kept += not scene.animations[0].changed
        self.frames += 1
        self.camera.reset()
        self.camera.capture_mobjects(scene.mobjects)
        if (self.camera.pixel_array != self.current).any():
            self.different.append(time)


def played(scene_class: type, trace: Trace, seconds: float) -> Comparing:
    settings = {"pixel_width": 320, "pixel_height": 180, "frame_rate": 6, "format": "mp4", "disable_caching": True}
    with tempconfig({**settings, "progress_bar": "none", "verbosity": "ERROR"}):
        renderer = Comparing()
        scene_class(trace, beats(trace, seconds=seconds, fps=6), "dark", renderer).render()
        return renderer


@functools.cache
def numbers(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize(
    ("scene_class", "trace"),
    [
        (Conv2d, conv2d([[1, 3, -2, 4], [0, 8, 6, 5], [2, 1, -9, 0], [4, -1, 3, 7]], [[1, 2], [-2, -1]], padding=1)),
        (Conv2d, conv2d(numbers(20, 20), numbers(3, 3))),
        (Conv2d, conv2d(numbers(4, 9, 9), numbers(12, 1, 3, 3), groups=4)),
        (Conv2d, conv2d(numbers(3, 2, 6, 6), numbers(3, 2, 2, 2))),
        (Conv1d, conv1d(numbers(4, 12), numbers(8, 2, 3), groups=2)),
    ],
    ids=["digits", "heat", "depthwise", "batch", "grouped"],
)
def test_short_cuts_change_nothing(scene_class: type, trace: Trace) -> None:
    renderer = played(scene_class, trace, 12)
    assert renderer.different == []
    assert renderer.frames == 72
    assert renderer.kept > 10


@pytest.mark.parametrize("name", concepts())
def test_short_cuts_change_nothing_in_any_concept(name: str) -> None:
    renderer = played(scene_class(name), open_example(name), 12)
    assert renderer.different == []
    assert renderer.kept > 10
