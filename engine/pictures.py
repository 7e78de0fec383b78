"""Pictures to tensors: PNG and JPEG files become [channels, height, width] with values in [0, 1]."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from engine.errors import InputError
from engine.shapes import PictureSize

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

PIXEL_LIMIT = 50_000_000

# ITU-R BT.601, the weights Pillow uses for its own grey conversion.
_LUMA = (0.299, 0.587, 0.114)
_ALPHA_MODES = ("LA", "La", "PA", "RGBA", "RGBa")
_GREY_MODES = ("1", "L", "LA", "La")


def read_picture(path: Path, given: str, *, grey: bool = False, size: PictureSize | None = None) -> torch.Tensor:
    """A PNG or JPEG file as float64 [1, H, W] (grey) or [3, H, W] (RGB), values in [0, 1].

    The EXIF orientation is applied and transparency is laid over white. ``grey`` gives 0.299 R + 0.587 G + 0.114 B.
    ``size`` is (height, width) after a LANCZOS resize, clipped to [0, 1]; one number is the longer side, the proportions are kept.
    ``given`` is how the message names the file.
    Raises InputError for over 50 megapixels (before decoding) and for a picture that cannot be decoded.
    """
    planes = torch.from_numpy(_decoded(path, given)).permute(2, 0, 1)
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


def _decoded(path: Path, given: str) -> NDArray[Any]:
    """The pixels as float64 [H, W, 1 or 3]."""
    from PIL import Image, ImageOps

    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            _check_pixels(image.size, given)
            image.load()
            return _pixels(ImageOps.exif_transpose(image))
    except InputError:
        raise
    except Image.DecompressionBombError as error:
        raise InputError(f"too many pixels in {given}; use a picture of at most {PIXEL_LIMIT} pixels") from error
    except Exception as error:  # the decoders report damage as OSError, SyntaxError, ValueError, struct.error and more
        raise InputError(f"{given} is damaged, cut short or not a PNG or JPEG picture; save it again as PNG") from error


def _check_pixels(size: tuple[int, int], given: str) -> None:
    width, height = size
    if width * height > PIXEL_LIMIT:
        raise InputError(f"{height}x{width} pixels in {given} are too many; use a picture of at most {PIXEL_LIMIT} pixels")


def _pixels(image: Image) -> NDArray[Any]:
    import numpy as np

    if image.mode.startswith("I"):  # how Pillow holds 16-bit grey: "I;16", "I;16B", or "I" in older versions
        return np.asarray(image, dtype=np.float64)[:, :, None] / 65535.0
    base = "L" if image.mode in _GREY_MODES else "RGB"
    if image.mode in _ALPHA_MODES or "transparency" in image.info:
        return _over_white(_bytes(image, "LA" if base == "L" else "RGBA"))
    return _bytes(image, base)


def _bytes(image: Image, mode: str) -> NDArray[Any]:
    import numpy as np

    pixels = np.asarray(image.convert(mode), dtype=np.float64) / 255.0
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _over_white(pixels: NDArray[Any]) -> NDArray[Any]:
    """value * alpha + (1 - alpha): dropping alpha instead would show whatever colour hides under clear pixels."""
    value, alpha = pixels[:, :, :-1], pixels[:, :, -1:]
    result: NDArray[Any] = value * alpha + (1.0 - alpha)
    return result


def _resized(plane: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    import numpy as np
    from PIL import Image

    height, width = size
    # As 32-bit floats the resize does not round to 256 levels; LANCZOS may then overshoot, hence the clip by the caller.
    floats = Image.fromarray(plane.numpy().astype(np.float32))
    return torch.from_numpy(np.array(floats.resize((width, height), Image.Resampling.LANCZOS), dtype=np.float64))
