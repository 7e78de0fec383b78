"""Takes to a film: they are joined as they are, without decoding or encoding anything."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import OutputContainer

from studio.alpha import CODEC, FORMAT
from studio.script import Script


@dataclass(frozen=True)
class FilmTags:
    """What an mp4 says about itself. ``chapters`` are names with first frame and frame after the last; ``synopsis`` may be long."""

    fps: Fraction
    title: str
    comment: str
    chapters: Sequence[tuple[str, int, int]]
    synopsis: str = ""


def join(path: Path, clip: FilmTags, header: bytes, takes: Sequence[Sequence[bytes]]) -> None:
    """Writes an mp4 that plays while it loads, because its index comes first.

    ``header`` are the stream's parameters; each take is a list of packets, one per frame, of which the first is a key frame.
    """
    with (
        av.open(io.BytesIO(header + takes[0][0]), format="h264") as source,
        av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        _join(container, container.add_stream_from_template(source.streams.video[0]), clip, takes)


def join_alpha(path: Path, clip: FilmTags, size: tuple[int, int], takes: Sequence[Sequence[bytes]]) -> None:
    """The same for takes that one can see through, of this width and height, as a QuickTime movie."""
    with av.open(str(path), "w", format="mov") as container:
        stream = container.add_stream(CODEC, rate=clip.fps)
        assert isinstance(stream, av.VideoStream)
        (stream.width, stream.height), stream.pix_fmt = size, FORMAT
        _join(container, stream, clip, takes)


def _join(container: OutputContainer, stream: av.VideoStream, clip: FilmTags, takes: Sequence[Sequence[bytes]]) -> None:
    tick = 1 / clip.fps
    stream.time_base = tick
    _describe(container, clip)
    frame = 0
    for take in takes:
        for number, data in enumerate(take):
            packet = av.Packet(data)
            packet.stream, packet.time_base = stream, tick
            packet.pts = packet.dts = frame
            packet.duration = 1
            packet.is_keyframe = number == 0
            container.mux_one(packet)
            frame += 1


def _describe(container: OutputContainer, clip: FilmTags) -> None:
    container.metadata.update({"title": clip.title, "comment": clip.comment, **({"synopsis": clip.synopsis} if clip.synopsis else {})})
    container.set_chapters(
        [
            {"id": i, "start": first, "end": after, "time_base": 1 / clip.fps, "metadata": {"title": name}}
            for i, (name, first, after) in enumerate(clip.chapters)
        ]
    )


def describe(container: OutputContainer, script: Script) -> None:
    """Has a film say its title, what it shows, its chapters and its script."""
    _describe(container, FilmTags(Fraction(script.fps), script.title, script.summary, script.chapters, script.to_json()))
