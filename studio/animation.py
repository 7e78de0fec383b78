"""A film as the packets of an animated GIF."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import av
import numpy as np

from scenes.parts.theme import THEMES, rgb
from studio.frames import Paint, frames_at, held_frames
from studio.palette import palette
from studio.rhythm import TICKS, rhythm
from studio.script import Script

TICK = Fraction(1, TICKS)
Packet: TypeAlias = "av.Packet[Any]"
#: The palette is made from so many marks' pictures at the most.
SAMPLES = 64


class Animation:
    """Of ``film``, whose script is ``script``, ``width`` pixels wide or less; all sizes of it have the same palette."""

    def __init__(self, film: Path, script: Script, width: int) -> None:
        self.film, self.script, self.width = film, script, width
        self.starts = [mark.first for mark in script.marks]
        self.palette = palette((pixels for _, pixels in frames_at(film, self._samples(), *self._size(width))), _colours(script.theme))

    def _size(self, width: int) -> tuple[int, int]:
        return width, round(self.script.height * width / self.script.width)

    def _samples(self) -> set[int]:
        """What stands at the end of a mark, and something on the way there."""
        marks = self.script.marks[:: -(-len(self.starts) // SAMPLES)]
        return {frame for mark in marks for frame in (mark.after - 1, (mark.first + 3 * mark.after) // 4)}

    def packets(self, width: int, rate: int, limit: int | None = None) -> list[Packet]:
        """Packets in hundredths of a second, at most ``rate`` a second; none if they have more than ``limit`` bytes."""
        context = av.CodecContext.create("gif", "w")
        _shape(context, *self._size(width))
        found, size = [], 0
        for begin, end, frame in self._mapped(context.width, context.height, rate):
            frame.pts, frame.time_base = begin, TICK
            for packet in context.encode(frame):
                packet.duration = end - begin
                found.append(packet)
                size += packet.size
            if limit is not None and size >= limit:
                return []
        return found

    def _mapped(self, width: int, height: int, rate: int) -> Iterator[tuple[int, int, av.VideoFrame]]:
        """Pictures in the palette's colours, with the hundredths of a second at which they begin and end."""
        graph, paint = av.filter.Graph(), Paint()
        source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("rgb24"), time_base=TICK)
        colours = graph.add_buffer(width=16, height=16, format=av.VideoFormat("bgra"), time_base=TICK)
        # No dithering: it would put dots on flat colours, and they would not stand still.
        mapping, sink = graph.add("paletteuse", "dither=none:diff_mode=rectangle"), graph.add("buffersink")
        source.link_to(mapping, 0, 0)
        colours.link_to(mapping, 0, 1)
        mapping.link_to(sink)
        graph.configure()
        table = av.VideoFrame.from_ndarray(np.ascontiguousarray(self.palette.reshape(16, 16, 4)[..., [2, 1, 0, 3]]), format="bgra")
        table.pts = 0
        colours.push(table)
        colours.push(None)
        pictures = held_frames(self.film, set(self.starts))
        for begin, end, frame in rhythm(pictures, self.starts, self.script.frames, self.script.fps, Fraction(rate)):
            picture = paint.frame(frame, width, height)
            picture.pts, picture.time_base = begin, TICK
            source.push(picture)
            yield begin, end, graph.vpull()


def _shape(context: av.VideoCodecContext, width: int, height: int) -> None:
    context.width, context.height, context.pix_fmt, context.time_base = width, height, "pal8", TICK


def save_animation(path: Path, packets: Sequence[Packet]) -> None:
    """Writes a GIF that begins again when it ends."""
    options = {"loop": "0", "final_delay": str(packets[-1].duration)}
    with av.open(str(path), "w", format="gif", options=options) as container:
        stream = container.add_stream("gif", rate=TICKS)
        _shape(stream.codec_context, 16, 16)  # the size of the pictures is in the first packet
        for packet in packets:
            packet.stream, packet.time_base = stream, TICK
            container.mux_one(packet)


def _colours(name: str) -> list[tuple[int, int, int]]:
    """All colours of a theme, and what its shade and its tints make of the ground."""
    theme = THEMES[name]
    words = [word for word in vars(theme).values() if isinstance(word, str) and word.startswith("#")]
    ground = np.array(rgb(theme.ground))
    over = [(theme.reading, theme.shade), *((hue, theme.tint) for hue in theme.hues)]
    blends = [np.rint(ground + (np.array(rgb(word)) - ground) * share).astype(int).tolist() for word, share in over]
    return [*map(rgb, words), *((red, green, blue) for red, green, blue in blends)]
