"""How much a clip's frames are like the pictures that went into its encoder: structural similarity (SSIM).

Source: Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural similarity", IEEE TIP 13 (2004),
with the constants given there and an 8 x 8 window as in section III.C.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

import av
import numpy as np
from av.video.reformatter import Colorspace
from manim import tempconfig
from manim.renderer.cairo_renderer import CairoRenderer
from scipy.ndimage import uniform_filter

from engine.record import Record
from engine.trace import Trace
from scenes.parts.beat import Beat
from scenes.parts.canvas import Canvas
from scenes.parts.cast import scene_class
from scenes.parts.theme import THEMES
from studio.picture import UNITS, Picture

#: Every so many frames one is looked at.
EVERY = 15
WINDOW = 8
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
LUMA = np.array([0.2126, 0.7152, 0.0722])


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Of two grey pictures with values from 0 to 255; 1 if they are the same."""
    mean_a, mean_b = uniform_filter(a, WINDOW), uniform_filter(b, WINDOW)
    var_a = uniform_filter(a * a, WINDOW) - mean_a**2
    var_b = uniform_filter(b * b, WINDOW) - mean_b**2
    both = uniform_filter(a * b, WINDOW) - mean_a * mean_b
    share = (2 * mean_a * mean_b + C1) * (2 * both + C2) / ((mean_a**2 + mean_b**2 + C1) * (var_a + var_b + C2))
    return float(share.mean())


def likeness(movie: Path, pictures: Iterator[np.ndarray], colours: Colorspace) -> float:
    """The mean over every :data:`EVERY`-th frame; ``pictures`` are those frames before they were encoded, RGBA."""
    values = []
    with av.open(str(movie)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number % EVERY == 0:
                shown = frame.reformat(format="rgb24", src_colorspace=colours).to_ndarray()
                values.append(ssim(shown @ LUMA, next(pictures)[..., :3] @ LUMA))
    return fmean(values)


def ours(trace: Trace, beats: Sequence[Beat], picture: Picture) -> Iterator[np.ndarray]:
    """Every :data:`EVERY`-th frame of a clip."""
    settings = {"pixel_width": picture.width, "pixel_height": picture.height, "frame_rate": picture.fps, "dry_run": True}
    with tempconfig(settings):
        scene = scene_class(trace.concept)(Record(trace), beats, picture.theme)
        scene.setup()
        canvas, frame = Canvas(picture.width, picture.height, UNITS, THEMES[picture.theme].ground), 0
        for beat in beats:
            canvas.clear()
            for sight in scene.sights(beat):
                canvas.show(sight.still, sight.live)
                for _ in range(sight.frames):
                    if frame % EVERY == 0:
                        yield canvas.pixels
                    frame += 1


def plain(file: Path, width: int, height: int, fps: int) -> list[np.ndarray]:
    """Every :data:`EVERY`-th frame of plain Manim's clip."""
    kept: list[np.ndarray] = []

    class Keeping(CairoRenderer):
        frames = 0

        def add_frame(self, frame: np.ndarray, num_frames: int = 1) -> None:
            for _ in range(num_frames):
                if self.frames % EVERY == 0:
                    kept.append(frame)
                self.frames += 1
            self.time += num_frames / fps

    spec = importlib.util.spec_from_file_location("plain_manim", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.TemporaryDirectory() as folder:
        settings = {"pixel_width": width, "pixel_height": height, "frame_rate": fps, "media_dir": folder, "write_to_movie": False}
        with tempconfig({**settings, "progress_bar": "none", "verbosity": "ERROR", "dry_run": True}):
            module.Convolution(renderer=Keeping()).render()
    return kept
