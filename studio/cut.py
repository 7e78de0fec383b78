"""An mp4 cut into mp4s as it is, without decoding or encoding anything: a piece may begin only where a frame stands alone."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av


def cut(film: Path, pieces: Iterable[tuple[range, Path]]) -> None:
    """Writes frames of a film, by their numbers (0 is the first), to an mp4 for each piece, which plays while it loads.

    Raises ``ValueError`` if the first frame of a piece is no key frame, or if the film does not have them all.
    """
    with av.open(str(film)) as source:
        stream = source.streams.video[0]
        for frames, path in pieces:
            _write(source, stream, frames, path)


def _write(source: av.container.InputContainer, stream: av.VideoStream, frames: range, path: Path) -> None:
    rate = Fraction(stream.average_rate or 1)
    step = 1 / (rate * Fraction(stream.time_base or 1))
    first = round(frames.start * step) + (stream.start_time or 0)
    source.seek(first, stream=stream)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        copy = container.add_stream_from_template(stream)
        copy.time_base = 1 / rate
        number = 0
        for packet in source.demux(stream):
            if packet.pts is None or number == len(frames):
                break
            if number == 0 and (packet.pts != first or not packet.is_keyframe):
                raise ValueError(f"no key frame stands at frame {frames.start}")
            packet.stream, packet.time_base = copy, 1 / rate
            packet.pts = packet.dts = number
            packet.duration = 1
            container.mux_one(packet)
            number += 1
    if number < len(frames):
        raise ValueError(f"there is no frame {frames.start + number}")
