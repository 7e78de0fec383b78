"""Pictures to H.264 packets. Only what has changed is converted, and a picture that stands still is encoded once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from studio import bitstream

if TYPE_CHECKING:
    from scenes.parts.canvas import Rectangle

#: Constant quality (``qp``) so that a frame depends on nothing but the frames since the last key frame. What a drawing of flat colours
#: does not need is left out: looking ahead, adaptive quantisation, B-frames, deblocking, search for fractions of a pixel.
X264 = (
    "qp=20:aq-mode=0:mbtree=0:rc-lookahead=0:sync-lookahead=0:scenecut=0:weightp=0:bframes=0:ref=1:keyint=infinite:force-cfr=1:"
    "no-deblock=1:subme=0:colorprim=bt709:transfer=bt709:colormatrix=bt709:log-level=error"
)
OPTIONS = {"preset": "superfast", "threads": "1", "x264-params": X264}
GLOBAL_HEADER = 1 << 22


class Encoder:
    """Encodes runs of pictures, each of which begins with a key frame and depends on no other."""

    def __init__(self, width: int, height: int, fps: int) -> None:
        self.size, self.fps = (width, height), fps
        self._open()
        self.reformatter = VideoReformatter()
        self.picture = av.VideoFrame(width, height, "yuv420p")
        self.planes = _planes(self.picture)
        for plane in self.planes:
            plane[:] = 128
        self._encode(key=True)
        self.repeat = self._encode(key=False)
        self.header = bytes(self.context.extradata or b"")
        self.width = bitstream.frame_number_bits(self.header)

    def run(self, pictures: Iterable[tuple[np.ndarray, Sequence[Rectangle], int]]) -> list[bytes]:
        """Packets for pictures, each given as pixels (RGBA), where they differ from those before, and for how many frames they stand."""
        # x264 writes into its packets how many frames, and how many key frames, it has encoded.
        self._open()
        packets: list[bytes] = []
        for pixels, rectangles, frames in pictures:
            for rectangle in rectangles:
                self._convert(pixels, rectangle)
            packet = self._encode(key=not packets)
            packets.append(bitstream.numbered(packet, len(packets), self.width) if packets else bitstream.only_picture(packet))
            packets += [bitstream.numbered(self.repeat, number, self.width) for number in range(len(packets), len(packets) + frames - 1)]
        return packets

    def _open(self) -> None:
        self.context = av.CodecContext.create("libx264", "w")
        (self.context.width, self.context.height), self.context.pix_fmt = self.size, "yuv420p"
        self.context.time_base, self.context.framerate = Fraction(1, self.fps), Fraction(self.fps)
        self.context.flags |= GLOBAL_HEADER
        self.context.options = dict(OPTIONS)
        self.frames = 0

    def _convert(self, pixels: np.ndarray, rectangle: Rectangle) -> None:
        left, top, right, bottom = rectangle
        part = pixels[top:bottom, left:right]
        # Of two rows alone swscale takes the chroma of one; with the same two again below them it takes both.
        rows = np.ascontiguousarray(part) if len(part) > 2 else np.concatenate([part, part])
        source = av.VideoFrame.from_numpy_buffer(rows, format="rgba")
        # By area, so that a rectangle with even corners comes out as it does within the whole.
        yuv = self.reformatter.reformat(source, format="yuv420p", dst_colorspace=Colorspace.ITU709, interpolation=Interpolation.AREA)
        for plane, values, scale in zip(self.planes, _planes(yuv), (1, 2, 2), strict=True):
            plane[top // scale : bottom // scale, left // scale : right // scale] = values[: (bottom - top) // scale]

    def _encode(self, *, key: bool) -> bytes:
        self.picture.pts, self.picture.time_base = self.frames, self.context.time_base
        self.picture.pict_type = PictureType.I if key else PictureType.P
        self.frames += 1
        (packet,) = self.context.encode(self.picture)
        return bytes(packet)


def _planes(picture: av.VideoFrame) -> list[np.ndarray]:
    """Luma and chroma, as views that can be written to."""
    planes: list[Any] = list(picture.planes)
    return [np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width] for plane in planes]
