"""The pictures of a film, decoded one after the other; a picture that stands still comes once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import av


class FilmFrame(NamedTuple):
    """Frames ``first`` to ``first + frames`` (exclusive) show the same: ``frame`` as it was decoded."""

    first: int
    frames: int
    frame: av.VideoFrame


class FilmPicture(NamedTuple):
    """Frames ``first`` to ``first + frames`` (exclusive) show ``pixels``: height x width x 3 or 4 (straight alpha), uint8."""

    first: int
    frames: int
    pixels: np.ndarray


def held_frames(path: Path, cuts: Collection[int] = ()) -> Iterator[FilmFrame]:
    """What a film shows, in order; of all frames two are in memory. At each of ``cuts`` something begins, even if it looks the same."""
    held: tuple[int, av.VideoFrame] | None = None
    number = 0
    for number, frame in enumerate(_decoded(path)):
        if held is None or number in cuts or not same(held[1], frame):
            if held is not None:
                yield FilmFrame(held[0], number - held[0], held[1])
            held = number, frame
    if held is not None:
        yield FilmFrame(held[0], number + 1 - held[0], held[1])


def pictures(path: Path, cuts: Collection[int] = ()) -> Iterator[FilmPicture]:
    """What :func:`held_frames` yields, as RGB, or RGBA if the film can be seen through."""
    paint = Paint()
    for first, frames, frame in held_frames(path, cuts):
        yield FilmPicture(first, frames, paint.pixels(frame))


def frames_at(path: Path, wanted: Iterable[int], width: int = 0, height: int = 0) -> Iterator[tuple[int, np.ndarray]]:
    """Single frames by their numbers, in their order, as RGB or RGBA, of another size if one is given; jumps where it can."""
    import av

    paint = Paint()
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"  # after a jump, threads for several frames would decode what is not wanted

        def number_of(one: av.VideoFrame | av.Packet[av.VideoStream]) -> int:
            return round((one.pts or 0) * Fraction(one.time_base or 0) * Fraction(stream.average_rate or 0))

        keys = [number_of(packet) for packet in container.demux(stream) if packet.size and packet.is_keyframe]
        frames: Iterator[av.VideoFrame] = iter(())
        here = -1
        for number in sorted(set(wanted)):
            key = keys[bisect_right(keys, number) - 1]
            if here < 0 or key > here:
                container.seek(round(key / Fraction(stream.average_rate or 1) / Fraction(stream.time_base or 1)), stream=stream)
                frames = container.decode(stream)
            for frame in frames:
                here = number_of(frame)
                if here >= number:
                    yield number, paint.pixels(frame, width, height)
                    break


class Paint:
    """Turns decoded frames into colours; it keeps what it needs for that from one frame to the next."""

    def __init__(self) -> None:
        from av.video.reformatter import VideoReformatter

        self.reformatter = VideoReformatter()

    def frame(self, frame: av.VideoFrame, width: int = 0, height: int = 0) -> av.VideoFrame:
        """As RGB, or as RGBA if it can be seen through, of another size if one is given."""
        from av.video.reformatter import Colorspace, Interpolation

        return self.reformatter.reformat(
            frame,
            width or frame.width,
            height or frame.height,
            "rgba" if clear(frame) else "rgb24",
            src_colorspace=Colorspace.ITU709,
            interpolation=Interpolation.AREA if width else Interpolation.BICUBIC,
        )

    def pixels(self, frame: av.VideoFrame, width: int = 0, height: int = 0) -> np.ndarray:
        """As an array."""
        return self.frame(frame, width, height).to_ndarray()


def clear(frame: av.VideoFrame) -> bool:
    """Whether it can be seen through."""
    return any(component.is_alpha for component in frame.format.components)


def same(one: av.VideoFrame, other: av.VideoFrame) -> bool:
    """Whether two frames of a film look the same to the last bit."""
    return all(np.array_equal(a, b) for a, b in zip(_rows(one), _rows(other), strict=True))


def _rows(frame: av.VideoFrame) -> list[np.ndarray]:
    """The planes without what lies between the end of one row and the next."""
    depth = 4 if len(frame.planes) == 1 else 1
    planes: list[Any] = list(frame.planes)
    return [np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width * depth] for plane in planes]


def _decoded(path: Path) -> Iterator[av.VideoFrame]:
    import av

    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        yield from container.decode(video=0)
