"""Pictures to tensors: PNG and JPEG files become [channels, height, width] with values in [0, 1]."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import torch

from engine.errors import InputError
from engine.inputs import jpeg, png
from engine.inputs.files import open_file
from engine.shapes import PictureSize

if TYPE_CHECKING:
    from numpy.typing import NDArray

FILE_LIMIT = 2**29  # bytes
PIXEL_LIMIT = 50_000_000
#: With a size to bring it to, a picture may have so many: they are decoded as bytes, and brought together before they become numbers.
SIZED_LIMIT = 2**27
#: A picture over the first limit is brought down to about so many times its final size by averages, and from there by LANCZOS.
SPARE = 4
#: About so many pixels become numbers at once.
AT_ONCE = 2**20

# ITU-R BT.601, the weights Pillow uses for its own grey conversion.
_LUMA = (0.299, 0.587, 0.114)


def read_picture(path: Path, given: str, *, grey: bool = False, size: PictureSize | None = None) -> torch.Tensor:
    """A PNG or JPEG file as float64 [1, H, W] (grey) or [3, H, W] (RGB): every sample divided by the largest that its bits can hold.

    The EXIF orientation is applied and transparency is laid over white. ``grey`` gives 0.299 R + 0.587 G + 0.114 B.
    ``size`` is (height, width) after a LANCZOS resize, clipped to [0, 1]; one number is the longer side, the proportions are kept. With it
    pictures over 50 megapixels are read, too, of which blocks of pixels are averaged first.
    ``given`` is how the message names the file.
    Raises InputError for over 50 megapixels, with ``size`` over 134 (before decoding), and for a picture that is damaged or cut short.
    """
    with open_file(path, given, FILE_LIMIT) as file:
        planes = torch.from_numpy(_decoded(file, given, size)).permute(2, 0, 1)
    if grey and planes.shape[0] == 3:
        planes = torch.tensordot(torch.tensor(_LUMA, dtype=torch.float64), planes, dims=1).unsqueeze(0)
    target = _target(size, planes.shape[1], planes.shape[2])
    if target != tuple(planes.shape[1:]):
        planes = torch.stack([_resized(plane, target) for plane in planes])
    return planes.clamp(0.0, 1.0).contiguous()


def _target(size: PictureSize | None, height: int, width: int) -> tuple[int, int]:
    if size is None:
        return height, width
    if isinstance(size, int):
        scale = size / max(height, width)
        return max(1, round(height * scale)), max(1, round(width * scale))
    return size


def _decoded(file: IO[bytes], given: str, size: PictureSize | None) -> NDArray[Any]:
    """The pixels as float64 [H, W, 1 or 3]."""
    from PIL import Image

    try:
        begin = file.read(2)
        file.seek(0)
        return (_of_png if begin == png.SIGNATURE[:2] else _of_jpeg)(file, given, size)
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise InputError(f"too many pixels in {given}; use a picture of at most {PIXEL_LIMIT} pixels") from error
    except Exception as error:  # the decoders report damage as OSError, SyntaxError, ValueError, struct.error and more
        raise InputError(f"{given} is damaged, cut short or not a PNG or JPEG picture; save it again as PNG") from error


def _of_png(file: IO[bytes], given: str, size: PictureSize | None) -> NDArray[Any]:
    header = png.read_header(file)
    factor = _factor(header.height, header.width, given, size)
    found = png.read_png(file, header)
    return _turned(_gathered(found.strips, header.height, header.width, factor), jpeg.orientation(found.exif))


def _of_jpeg(file: IO[bytes], given: str, size: PictureSize | None) -> NDArray[Any]:
    found = jpeg.Jpeg(file)
    factor = _factor(found.height, found.width, given, size)
    if factor > 1:
        found.shrink(factor)
        factor = _factor(found.height, found.width, given, size)
    return _turned(_gathered(found.strips, found.height, found.width, factor), found.orientation)


def _factor(height: int, width: int, given: str, size: PictureSize | None) -> int:
    """How many pixels along each side become one before the resize proper: 1 but for what is too large otherwise."""
    pixels = height * width
    if pixels <= PIXEL_LIMIT:
        return 1
    if size is None or pixels > SIZED_LIMIT:
        limit = PIXEL_LIMIT if size is None else SIZED_LIMIT
        how = f"use a picture of at most {limit} pixels" + (f", or give --size to read up to {SIZED_LIMIT}" if size is None else "")
        raise InputError(f"{height}x{width} pixels in {given} are too many; {how}")
    # On its side or not: the smaller of the two factors keeps enough either way.
    wanted = [max(_target(size, *sides)) for sides in ((height, width), (width, height))]
    return max(math.isqrt(pixels // PIXEL_LIMIT) + 1, min(height, width) // (SPARE * max(wanted)))


def _gathered(strips: Callable[[int], Iterator[NDArray[Any]]], height: int, width: int, factor: int) -> NDArray[Any]:
    """All strips of a picture under one another, blocks of ``factor`` x ``factor`` pixels averaged, over white where it is clear."""
    import numpy as np

    rows = factor * max(1, AT_ONCE // (width * factor))
    found: NDArray[Any] | None = None
    top = 0
    for strip in strips(rows):
        part = _averaged(_over_white(strip), factor)
        if found is None:
            found = np.empty((-(-height // factor), *part.shape[1:]))
        found[top : top + len(part)] = part
        top += len(part)
    if found is None or top != len(found):
        raise ValueError("rows are missing")
    return found


def _averaged(pixels: NDArray[Any], factor: int) -> NDArray[Any]:
    """Blocks of ``factor`` x ``factor`` pixels as their averages; at the ends they may be smaller."""
    import numpy as np

    for axis in (0, 1) if factor > 1 else ():
        starts = np.arange(0, pixels.shape[axis], factor)
        counts = np.diff(starts, append=pixels.shape[axis])
        pixels = np.add.reduceat(pixels, starts, axis=axis) / np.expand_dims(counts, [n for n in range(3) if n != axis])
    return pixels


def _over_white(pixels: NDArray[Any]) -> NDArray[Any]:
    """value * alpha + (1 - alpha): dropping alpha instead would show whatever colour hides under clear pixels."""
    if pixels.shape[2] in (1, 3):
        return pixels
    value, alpha = pixels[:, :, :-1], pixels[:, :, -1:]
    result: NDArray[Any] = value * alpha + (1.0 - alpha)
    return result


def _turned(pixels: NDArray[Any], orientation: int) -> NDArray[Any]:
    """As a viewer shows it. Source: CIPA DC-008 (Exif), tag 274."""
    import numpy as np

    mirrored = orientation in (2, 4, 5, 7)
    quarters = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(orientation, 0)  # counter-clockwise, after the mirror
    turned = np.rot90(pixels[:, ::-1] if mirrored else pixels, quarters)
    return np.ascontiguousarray(turned)


def _resized(plane: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    import numpy as np
    from PIL import Image

    height, width = size
    # As 32-bit floats the resize does not round to 256 levels; LANCZOS may then overshoot, hence the clip by the caller.
    floats = Image.fromarray(plane.numpy().astype(np.float32))
    return torch.from_numpy(np.array(floats.resize((width, height), Image.Resampling.LANCZOS), dtype=np.float64))
