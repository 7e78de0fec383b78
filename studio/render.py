"""A trace to a clip and its captions."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from engine.errors import InputError
from engine.trace import Trace
from scenes.parts.beat import Beat
from studio.captions import webvtt
from studio.files import tidy_when_killed, whole
from studio.pace import chapters

QUALITIES = {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080), "2160p": (3840, 2160)}
FPS = (1, 120)


class Progress(Protocol):
    """Who is told how far a rendering is."""

    def beat(self, number: int, beat: Beat) -> None:
        """Beat ``number`` begins."""

    def frame(self, frames: int) -> None:
        """So many frames are encoded."""


@dataclass(frozen=True)
class Picture:
    """How large, how many frames a second, which colours."""

    width: int
    height: int
    fps: int
    theme: str

    @classmethod
    def of(cls, quality: str, fps: int, theme: str) -> Picture:
        """Raises :class:`InputError` for a quality, rate or theme that there is not."""
        if quality not in QUALITIES:
            raise InputError(f"-q is {quality!r}; give one of {', '.join(QUALITIES)}")
        if not FPS[0] <= fps <= FPS[1]:
            raise InputError(f"--fps is {fps}; give {FPS[0]} to {FPS[1]}")
        return cls(*QUALITIES[quality], fps, theme)


def scene_class(concept: str) -> Callable[..., Any]:
    """The scene of a concept: the class in ``scenes/<concept>.py`` that says ``concept = "<concept>"``."""
    module = import_module(f"scenes.{concept}")
    return next(
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__ and hasattr(value, "concept")
    )


def render(trace: Trace, beats: Sequence[Beat], picture: Picture, path: Path, progress: Progress) -> None:
    """Renders an mp4 at ``path`` and WebVTT captions beside it. Both appear whole, at the end, or not at all."""
    fps = Fraction(picture.fps)
    with tidy_when_killed(), whole(path) as movie, whole(path.with_suffix(".vtt")) as captions:
        _film(trace, beats, picture, movie, progress)
        captions.write_text(webvtt(beats, fps), encoding="utf-8")


def _film(trace: Trace, beats: Sequence[Beat], picture: Picture, movie: Path, progress: Progress) -> None:
    from manim import tempconfig

    from studio.writer import Clip, ClipWriter

    starts = [0]
    for beat in beats:
        starts.append(starts[-1] + beat.frames)
    clip = Clip(
        path=movie,
        width=picture.width,
        height=picture.height,
        fps=Fraction(picture.fps),
        title=trace.title,
        comment=trace.closing,
        chapters=chapters(beats),
        keys=frozenset(starts[:-1]),
        on_frame=progress.frame,
    )
    with tempfile.TemporaryDirectory(prefix="tensorreel-") as scratch, tempconfig(_settings(picture, scratch)):
        reel = import_module("scenes.parts.reel")
        raster = import_module("scenes.parts.raster")
        renderer = reel.ReelRenderer(file_writer_class=functools.partial(ClipWriter, clip=clip), camera_class=raster.ReelCamera)
        scene = scene_class(trace.concept)(trace, beats, picture.theme, renderer, progress.beat)
        try:
            scene.render()
        finally:
            renderer.file_writer.stop()


def _settings(picture: Picture, scratch: str) -> dict[str, Any]:
    return {
        "pixel_width": picture.width,
        "pixel_height": picture.height,
        "frame_width": 8 * 16 / 9,
        "frame_height": 8,
        "frame_rate": picture.fps,
        "media_dir": scratch,
        "format": "mp4",
        "disable_caching": True,
        "progress_bar": "none",
        "verbosity": "ERROR",
    }
