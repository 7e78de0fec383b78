"""A small film, opaque and transparent, made once for all tests of the forms that move."""

from __future__ import annotations

import functools
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import av

import engine
from scenes.parts.beat import Beat
from studio.crew import Crew
from studio.film import Film
from studio.pace import beats
from studio.picture import Picture
from studio.render import filmed
from studio.script import script

FPS = 8
HOSTILE = 'A </script> & "title" ü × $x$ #read("x")\nof two lines'


class Silent:
    def beat(self, number: int, beat: Beat) -> None: ...

    def frame(self, frames: int) -> None: ...

    def trouble(self, text: str) -> None:
        raise AssertionError(text)

    def writes(self, form: str) -> None: ...


@functools.cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory()


@functools.cache
def film(theme: str = "dark") -> Film:
    """With ``alpha``; its title is hostile."""
    trace = engine.conv2d([[1, -2, 3], [4, 5, -6], [7, 8, 9]], [[1, 0], [0, -1]])
    planned = beats(trace, detail=1, seconds=12, fps=FPS)
    picture = Picture.of("480p", FPS, theme)
    said = replace(script(trace, planned, picture, name="small"), title=HOSTILE)
    base = Path(_folder().name, theme)
    with Crew(1) as crew:
        opaque = filmed(trace, planned, picture, base.with_suffix(".mp4"), said, Silent(), crew, None)
        clear = filmed(trace, planned, replace(picture, transparent=True), base.with_suffix(".mov"), said, Silent(), crew, None)
    assert clear.path == clear.alpha
    return replace(opaque, alpha=clear.path)


def opaque(theme: str = "dark") -> Film:
    return replace(film(theme), alpha=None)


def decoded(path: Path, codec: str | None = None) -> list[av.VideoFrame]:
    """All frames, by another decoder than the usual one if one is named."""
    with av.open(str(path)) as container:
        if codec is None:
            return list(container.decode(video=0))
        context = av.CodecContext.create(codec, "r")
        packets = [packet for packet in container.demux(video=0) if packet.size]
        return [frame for packet in [*packets, None] for frame in context.decode(packet)]


def check_times(path: Path, of: Film) -> None:
    """Every frame has its time, every mark a key frame, every phase its chapter."""
    said = of.script
    with av.open(str(path)) as container:
        packets = [(packet.pts * packet.time_base, packet.is_keyframe) for packet in container.demux(video=0) if packet.size]
        assert len(packets) == said.frames
        assert max(abs(time - Fraction(k, FPS)) for k, (time, _) in enumerate(packets)) <= Fraction(1, 2000)
        assert {mark.first for mark in said.marks} <= {k for k, (_, key) in enumerate(packets) if key}
        assert abs(Fraction(container.duration, av.time_base) - Fraction(said.frames, FPS)) < Fraction(1, FPS)
        chapters = container.chapters()
        assert container.metadata["title"] == said.title
    assert [chapter["metadata"]["title"] for chapter in chapters] == [name for name, *_ in said.chapters]
    for chapter, (_, first, _) in zip(chapters, said.chapters, strict=True):
        assert abs(chapter["start"] * chapter["time_base"] - Fraction(first, FPS)) < Fraction(1, 1000)
    for mark in said.marks:  # a jump to a mark shows it
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            container.seek(round(Fraction(mark.first, FPS) / stream.time_base), stream=stream)
            frame = next(container.decode(stream))
            assert round(frame.pts * frame.time_base * FPS) == mark.first
