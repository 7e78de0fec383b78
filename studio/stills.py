"""Single frames of an mp4 as pictures. Of the film only what lies between a key frame and a wanted frame is decoded."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby
from pathlib import Path

import av
from av.video.reformatter import Colorspace
from PIL import Image

from studio.script import Script


def stills(path: Path, frames: Iterable[int]) -> Iterator[tuple[int, Image.Image]]:
    """The frames of these numbers (0 is the first) in ascending order, each once, as RGB pictures.

    One picture is held at a time. Raises ``ValueError`` for a frame that the film does not have.
    """
    with av.open(str(path)) as film:
        stream = film.streams.video[0]
        step = 1 / (Fraction(stream.average_rate or 1) * Fraction(stream.time_base or 1))
        times = {round(frame * step) + (stream.start_time or 0): frame for frame in sorted(set(frames))}
        for _, stretch in groupby(times, key=lambda time: _key_frame(stream, time)):
            wanted = list(stretch)
            film.seek(wanted[0], stream=stream)
            for picture in film.decode(stream):
                if picture.pts == wanted[0]:
                    yield times[wanted.pop(0)], _rgb(picture)
                if not wanted or picture.pts is None or picture.pts > wanted[0]:
                    break
            if wanted:
                raise ValueError(f"there is no frame {times[wanted[0]]}")


def _rgb(picture: av.VideoFrame) -> Image.Image:
    return Image.fromarray(picture.reformat(format="rgb24", src_colorspace=Colorspace.ITU709).to_ndarray())


def _key_frame(stream: av.VideoStream, time: int) -> int:
    """The place in the film's index of the key frame from which a frame at this time is decoded."""
    return stream.index_entries.search_timestamp(time, backward=True)


def still(path: Path, script: Script, frame: int) -> Image.Image:
    """One frame of a film with this script. Raises ``ValueError`` for a frame that the script does not have."""
    if not 0 <= frame < script.frames:
        raise ValueError(f"the film has frames 0 to {script.frames - 1}, not {frame}")
    ((_, picture),) = stills(path, [frame])
    return picture


def png(picture: Image.Image) -> bytes:
    """A picture as a PNG file. Drawings have few colours: it is smaller than a JPEG, and sharp."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
