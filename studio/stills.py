"""Single frames of a film."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import Image


def stills(path: Path, frames: Sequence[int]) -> Iterator[tuple[int, Image.Image]]:
    """Frames by their numbers, in ascending order, each once. Decoding begins at the key frame before, and nothing is decoded twice."""
    import av
    from av.video.reformatter import Colorspace
    from PIL import Image

    wanted = sorted(set(frames))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        # A frame's number times this is its time stamp: the rate is constant.
        tick = 1 / (Fraction(stream.average_rate or 1) * Fraction(stream.time_base or 1))
        keys = [entry.timestamp / tick for entry in stream.index_entries if entry.is_keyframe]
        begun = None
        for number in wanted:
            group = bisect_right(keys, number)
            if group != begun:
                begun = group
                container.seek(round(number * tick), stream=stream)
                decoded = container.decode(stream)
            picture = next(frame for frame in decoded if (frame.pts or 0) >= number * tick)
            image: Image.Image = Image.fromarray(picture.reformat(format="rgb24", src_colorspace=Colorspace.ITU709).to_ndarray())
            yield number, image
