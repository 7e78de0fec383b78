"""Pictures that can be seen through to packets of QuickTime's Animation codec: nothing is lost, and what does not change costs nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np

if TYPE_CHECKING:
    from scenes.parts.canvas import Rectangle

CODEC, FORMAT = "qtrle", "argb"


class AlphaEncoder:
    """Encodes runs of pictures as :class:`studio.encoder.Encoder` does. ``header`` only says what the packets are: they need none."""

    def __init__(self, width: int, height: int, fps: int) -> None:
        self.size, self.fps = (width, height), fps
        self.header = f"{CODEC} {FORMAT} {width}x{height}".encode()
        self.straight = np.zeros((height, width, 4), dtype=np.uint8)
        self._open()
        self._encode()
        self.repeat = self._encode()

    def run(self, pictures: Iterable[tuple[np.ndarray, Sequence[Rectangle], int]]) -> list[bytes]:
        """Packets for pictures, each given as pixels (RGBA, premultiplied), where they differ from those before, for so many frames."""
        self._open()  # the first picture of an encoder stands alone, the others do not
        packets: list[bytes] = []
        for pixels, rectangles, frames in pictures:
            for left, top, right, bottom in rectangles:
                self.straight[top:bottom, left:right] = straight(pixels[top:bottom, left:right])[..., [3, 0, 1, 2]]
            packets += [self._encode(), *[self.repeat] * (frames - 1)]
        return packets

    def _open(self) -> None:
        context: Any = av.CodecContext.create(CODEC, "w")
        self.context = context
        (self.context.width, self.context.height), self.context.pix_fmt = self.size, FORMAT
        self.context.time_base = Fraction(1, self.fps)
        self.context.gop_size = 1 << 30
        self.frames = 0

    def _encode(self) -> bytes:
        # A copy: the encoder looks at the picture before once more.
        frame = av.VideoFrame.from_ndarray(self.straight, format=FORMAT)
        frame.pts, frame.time_base = self.frames, self.context.time_base
        self.frames += 1
        (packet,) = self.context.encode(frame)
        return bytes(packet)


def straight(pixels: np.ndarray) -> np.ndarray:
    """Colours (RGBA) that are not multiplied by their alpha, from those that are; what cannot be seen at all is black."""
    found = pixels.copy()
    rows, columns = np.nonzero((pixels[..., 3] > 0) & (pixels[..., 3] < 255))
    soft = pixels[rows, columns].astype(np.uint16)
    found[rows, columns, :3] = np.minimum(255, (soft[:, :3] * 255 + soft[:, 3:] // 2) // soft[:, 3:])
    return found
