"""A QuickTime movie, for Keynote and Final Cut: the H.264 of the film as it is, or ProRes 4444 where it is transparent.

ProRes 4444 keeps alpha without loss, and Final Cut finds it. Source: Apple, "Final Cut Pro: Professional Formats and Workflows",
Apple ProRes Tips, "Apple ProRes 4444 Files with Alpha Channel".
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import click

from studio.files import ended
from studio.film import Film

SUMMARY = "a QuickTime movie (H.264; ProRes 4444 if transparent)"
ENDINGS = (".mov",)
ALPHA = True
OPTIONS: Sequence[click.Option] = ()

#: ``ap4h``, with alpha of 8 bits, which is what was drawn; Apple's programs look for the vendor. A fixed quantiser (2, in units of lambda)
#: is six times as fast as the search for one, and drawings look as drawn.
PRORES = {"profile": "4444", "vendor": "apl0", "alpha_bits": "8", "flags": "+qscale", "global_quality": str(2 * 118)}
FAST_START = {"movflags": "+faststart"}
BT709, LIMITED_RANGE = 1, 1


def write(film: Film, base: Path) -> None:
    """The film as a movie."""
    path = ended(base, ".mov")
    if film.alpha:
        _prores(film, film.alpha, path)
    else:
        _as_it_is(film, path)


def _as_it_is(film: Film, path: Path) -> None:
    import av

    from studio.join import describe

    with av.open(str(film.path)) as source, av.open(str(path), "w", format="mov", options=FAST_START) as container:
        video = source.streams.video[0]
        stream = container.add_stream_from_template(video)
        describe(container, film.script)
        for packet in source.demux(video):
            if packet.size:
                packet.stream = stream
                container.mux_one(packet)


def _prores(film: Film, alpha: Path, path: Path) -> None:
    """Every picture stands by itself: one that stands still is encoded once."""
    import av

    from studio.frames import held_frames
    from studio.join import describe
    from studio.matte import with_alpha

    tick = Fraction(1, film.script.fps)
    with av.open(str(path), "w", format="mov", options=FAST_START) as container:
        stream = container.add_stream("prores_ks", rate=film.script.fps, options=PRORES)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = film.script.width, film.script.height, "yuva444p10le"
        stream.time_base = tick
        context = stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range, context.thread_type = LIMITED_RANGE, "SLICE"
        describe(container, film.script)
        for first, count, frame in held_frames(alpha):
            picture = with_alpha(frame, "yuva444p10le")
            picture.pts, picture.time_base = first, tick
            (encoded,) = stream.encode(picture)
            data = bytes(encoded)
            for number in range(first, first + count):
                packet = av.Packet(data)
                packet.stream, packet.time_base = stream, tick
                packet.pts = packet.dts = number
                packet.duration, packet.is_keyframe = 1, True
                container.mux_one(packet)
