"""Takes to an mp4: they are joined as they are, without decoding or encoding anything."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av


@dataclass(frozen=True)
class Clip:
    """What an mp4 says about itself. ``chapters`` are names with first frame and frame after the last; ``synopsis`` may be long."""

    fps: Fraction
    title: str
    comment: str
    chapters: Sequence[tuple[str, int, int]]
    synopsis: str = ""


def join(path: Path, clip: Clip, header: bytes, takes: Sequence[Sequence[bytes]]) -> None:
    """Writes an mp4 that plays while it loads, because its index comes first.

    ``header`` are the stream's parameters; each take is a list of packets, one per frame, of which the first is a key frame.
    """
    tick = 1 / clip.fps
    with (
        av.open(io.BytesIO(header + takes[0][0]), format="h264") as source,
        av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container,
    ):
        stream = container.add_stream_from_template(source.streams.video[0])
        stream.time_base = tick
        container.metadata.update({"title": clip.title, "comment": clip.comment, **({"synopsis": clip.synopsis} if clip.synopsis else {})})
        container.set_chapters(
            [
                {"id": i, "start": first, "end": after, "time_base": tick, "metadata": {"title": name}}
                for i, (name, first, after) in enumerate(clip.chapters)
            ]
        )
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
