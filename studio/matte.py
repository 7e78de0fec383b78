"""What lies around the edges of a picture that one sees through."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from av.video.reformatter import Colorspace, Interpolation
from PIL import Image, ImageFilter

#: So far are the colours of edges carried outwards, in px.
REACH = 2


def bled(pixels: np.ndarray) -> np.ndarray:
    """The picture (RGBA, straight) with the colours at its edges carried on into what cannot be seen.

    Codecs that store colours at half the size would else mix the black of what cannot be seen into the edges.
    """
    around = np.asarray(Image.fromarray(pixels).convert("RGBa").filter(ImageFilter.BoxBlur(REACH)).convert("RGBA"))
    return np.where(pixels[..., 3:] == 0, around, pixels)


def with_alpha(frame: av.VideoFrame, form: str) -> av.VideoFrame:
    """A decoded frame that one sees through, in a format with luma, chroma and alpha of 8 or 10 bits, for codecs."""
    pixels = frame.to_ndarray(format="rgba")
    # Only where chroma is stored at half the size do neighbours share it.
    shared = "420" in form
    source = av.VideoFrame.from_ndarray(bled(pixels) if shared else pixels, format="rgba")
    found = source.reformat(format=form, dst_colorspace=Colorspace.ITU709, interpolation=Interpolation.AREA)
    deep = found.format.components[0].bits > 8
    plane: Any = found.planes[3]
    rows = np.frombuffer(plane, np.uint16 if deep else np.uint8).reshape(plane.height, -1)[:, : plane.width]
    alpha = pixels[..., 3].astype(rows.dtype)
    rows[:] = alpha << 2 | alpha >> 6 if deep else alpha
    return found
