"""Films to one film, one after the other, as they are: nothing is decoded or encoded, and none stands in memory whole."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av

from studio.join import describe
from studio.script import Script


def concatenate(path: Path, films: Sequence[Path], said: Script) -> None:
    """Writes an mp4 with the chapters and the script ``said``; all films must have been encoded alike.

    Raises ``ValueError`` for a film that was not.
    """
    tick = Fraction(1, said.fps)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        describe(container, said)
        stream, header, frame = None, b"", 0
        for film in films:
            with av.open(str(film)) as source:
                own = source.streams.video[0]
                extradata = bytes(own.codec_context.extradata or b"")
                if stream is None:
                    stream, header = container.add_stream_from_template(own), extradata
                    stream.time_base = tick
                if extradata != header:
                    raise ValueError(f"{film.name} is not encoded as the films before it")
                for packet in source.demux(own):
                    if packet.size == 0:
                        continue  # the last one only says that there are no more
                    packet.stream, packet.time_base = stream, tick
                    packet.pts = packet.dts = frame
                    packet.duration = 1
                    container.mux_one(packet)
                    frame += 1
