"""VP9 in a WebM, for browsers; with alpha where the film is transparent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from studio.files import ended
from studio.film import Film

if TYPE_CHECKING:
    import av

SUMMARY = "video for browsers (VP9), which can be transparent"
ENDINGS = (".webm",)
ALPHA = True
OPTIONS: Sequence[click.Option] = ()

#: Constant quality. What is made for screens in real time is as good for drawings as what takes five times as long. Frames that are shown
#: only later, which an encoder may put in, cannot have alpha; without looking ahead it needs half the memory.
VP9 = {
    "deadline": "realtime",
    "cpu-used": "8",
    "tune-content": "screen",
    "row-mt": "1",
    "aq-mode": "0",
    "auto-alt-ref": "0",
    "lag-in-frames": "0",
}
#: An edge of alpha is seen where one of colour is not.
CRF, ALPHA_CRF = "30", "14"
BT709, LIMITED_RANGE = 1, 1
NEVER = 1 << 20


def write(film: Film, base: Path) -> None:
    """The film encoded anew, each mark from a key frame on."""
    import av
    from av.video.frame import PictureType

    from studio.join import describe

    script = film.script
    starts = {mark.first for mark in script.marks}
    with av.open(str(ended(base, ".webm")), "w", format="webm", options={"cues_to_front": "1"}) as container:
        stream = container.add_stream("libvpx-vp9", rate=script.fps, options={**VP9, "crf": ALPHA_CRF if film.alpha else CRF})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = script.width, script.height, "yuva420p" if film.alpha else "yuv420p"
        context = stream.codec_context
        context.time_base, context.bit_rate, context.gop_size, context.thread_type = Fraction(1, script.fps), 0, NEVER, "AUTO"
        context.color_primaries = context.color_trc = context.colorspace = BT709
        context.color_range = LIMITED_RANGE
        describe(container, script)
        for number, frame in _frames(film, starts):
            frame.pts, frame.time_base = number, context.time_base
            frame.pict_type = PictureType.I if number in starts else PictureType.NONE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _frames(film: Film, starts: set[int]) -> Iterator[tuple[int, av.VideoFrame]]:
    """Every frame by its number, those that look the same as one object."""
    from studio.frames import held_frames
    from studio.matte import with_alpha

    for first, count, frame in held_frames(film.alpha or film.path, starts):
        seen = with_alpha(frame, "yuva420p") if film.alpha else frame
        for number in range(first, first + count):
            yield number, seen
