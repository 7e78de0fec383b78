"""JPEG files to samples. The format has no checksums: what can be seen of damage is that the file is cut short."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORIENTATION = 0x0112
#: Markers without a length behind them: TEM and RST0 to RST7.
BARE = (0x01, *range(0xD0, 0xD8))
START, END = 0xD8, 0xD9


class Jpeg:
    """A whole JPEG file.

    Raises ``ValueError`` and other errors for a file that is damaged or cut short.
    """

    def __init__(self, file: IO[bytes]) -> None:
        from PIL import Image

        content = file.read()
        _check_whole(content)
        self.image: Any = Image.open(io.BytesIO(content), formats=("JPEG",))

    @property
    def width(self) -> int:
        """Of the picture, or of what it was made smaller to."""
        return int(self.image.size[0])

    @property
    def height(self) -> int:
        """Of the picture, or of what it was made smaller to."""
        return int(self.image.size[1])

    @property
    def orientation(self) -> int:
        """How the camera was held."""
        return orientation(self.image.getexif())

    def shrink(self, factor: int) -> None:
        """Has it decoded at a half, a quarter or an eighth of its size, whichever is nearest above ``factor`` times smaller."""
        self.image.draft(None, (self.width // factor, self.height // factor))

    def strips(self, rows: int) -> Iterator[NDArray[Any]]:
        """The picture from top to bottom, ``rows`` rows at a time: float64 [rows, W, 1 or 3], all samples from 0 to 1."""
        import numpy as np

        self.image.load()
        for top in range(0, self.height, rows):
            strip = self.image.crop((0, top, self.width, min(top + rows, self.height)))
            pixels = np.asarray(strip if strip.mode in ("L", "RGB") else strip.convert("RGB"), dtype=np.float64) / 255.0
            yield pixels if pixels.ndim == 3 else pixels[:, :, None]


def orientation(exif: Any) -> int:
    """How the camera was held, as Exif data say; 1 if they do not."""
    found = exif.get(ORIENTATION, 1)
    return found if isinstance(found, int) else 1


def _check_whole(content: bytes) -> None:
    """Goes from marker to marker up to the last one. Source: ITU-T T.81, B.1.1."""
    at = 2
    if content[:2] != bytes((0xFF, START)):
        raise ValueError("no JPEG")
    while True:
        at = content.find(b"\xff", at) + 1
        if not at or at >= len(content):
            raise ValueError("the end is missing")
        marker = content[at]
        if marker == END:
            return
        if marker in (0x00, 0xFF, *BARE):  # 0 in a scan, where it says that the 255 before it is a number; 255 fills
            at += marker != 0xFF
            continue
        length = int.from_bytes(content[at + 1 : at + 3], "big")
        at += 1 + max(2, length)
        if at >= len(content):
            raise ValueError("the end is missing")
