"""PNG files to samples: every kind exactly, 16 bits included, and whole or not at all.

Pillow undoes the compression and the filters, in which it is quick; it keeps 8 of 16 bits, though, takes files that are cut short, and has
its own way with colours that are clear. Source: W3C, Portable Network Graphics (PNG) Specification, third edition, 4, 5, 11.2 and 11.3.1.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import starmap
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Samples of a pixel, and their bits, by the colour type.
KINDS = {0: (1, (1, 2, 4, 8, 16)), 2: (3, (8, 16)), 3: (1, (1, 2, 4, 8)), 4: (2, (8, 16)), 6: (4, (8, 16))}
GREY, PALETTE, GREY_ALPHA, COLOUR, COLOUR_ALPHA = 0, 3, 4, 2, 6
#: First column and row of the seven passes of an interlaced picture, and the steps between its columns and rows.
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


MOST_CHUNKS = 200_000


@dataclass(frozen=True)
class PngHeader:
    """What a PNG says of itself."""

    width: int
    height: int
    bits: int
    colour: int
    interlaced: bool

    @property
    def unpacked(self) -> int:
        """Bytes of all rows, each with a byte for its filter."""
        passes = PASSES if self.interlaced else ((0, 0, 1, 1),)
        return sum(starmap(self._of_pass, passes))

    def _of_pass(self, left: int, top: int, across: int, down: int) -> int:
        columns, rows = (max(0, -(-(size - first) // step)) for size, first, step in ((self.width, left, across), (self.height, top, down)))
        return rows * (1 + (columns * self.bits * KINDS[self.colour][0] + 7) // 8) if columns else 0


@dataclass(frozen=True)
class Png:
    """A whole PNG file: its ``chunks`` by their names, the data of the picture in one."""

    header: PngHeader
    chunks: dict[bytes, bytes]

    @property
    def exif(self) -> Any:
        """What a camera wrote."""
        from PIL import Image

        found = Image.Exif()
        if b"eXIf" in self.chunks:
            found.load(self.chunks[b"eXIf"])
        return found

    def strips(self, rows: int) -> Iterator[NDArray[Any]]:
        """The picture from top to bottom, ``rows`` rows at a time: float64 [rows, W, 1 to 4], all samples from 0 to 1."""
        import numpy as np

        layers = [self._layer(rawmode) for rawmode in self._rawmodes()]
        for top in range(0, self.header.height, rows):
            box = (0, top, self.header.width, min(top + rows, self.header.height))
            parts = [np.asarray(layer.crop(box)) for layer in layers]
            yield self._clear(self._samples([part if part.ndim == 3 else part[:, :, None] for part in parts]))

    def _rawmodes(self) -> tuple[str | None, ...]:
        """How Pillow is to take the bytes apart, where that is not its usual way; with 16 bits the upper ones first, then the lower ones.

        Of pixels of 6 or 8 bytes it reads the lower ones as if they were the upper ones of numbers whose bytes are the other way round.
        """
        mode = {COLOUR: "RGB", COLOUR_ALPHA: "RGBA"}.get(self.header.colour, "")
        return (f"{mode};16B", f"{mode};16L") if self.header.bits == 16 and mode else (None,)

    def _layer(self, rawmode: str | None) -> Image:
        from PIL import Image

        image = Image.open(io.BytesIO(self._plain()), formats=("PNG",))
        if rawmode is not None:
            image.tile = [(*tile[:3], rawmode) for tile in image.tile]  # type: ignore[misc]  # a tuple is one, too
        image.load()
        return image

    def _plain(self) -> bytes:
        """The picture alone as a PNG; pixels of 2 or 4 bytes that are 16-bit numbers are called two or four 8-bit ones."""
        head = self.header
        bits, colour = head.bits, head.colour
        if bits == 16 and colour in (GREY, GREY_ALPHA):
            bits, colour = 8, GREY_ALPHA if colour == GREY else COLOUR_ALPHA
        first = struct.pack(">IIBBBBB", head.width, head.height, bits, colour, 0, 0, head.interlaced)
        names = [(b"IHDR", first), *((name, self.chunks[name]) for name in (b"PLTE", b"IDAT") if name in self.chunks), (b"IEND", b"")]
        chunks = (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name))) for name, data in names
        )
        return SIGNATURE + b"".join(chunks)

    def _samples(self, layers: list[NDArray[Any]]) -> NDArray[Any]:
        """Whole numbers as the file has them, [rows, W, samples]; those of less than 8 bits in grey as Pillow has them, spread over 8."""
        import numpy as np

        if self.header.bits < 16:
            return layers[0].astype(np.uint16)
        upper, lower = layers if len(layers) == 2 else (layers[0][:, :, 0::2], layers[0][:, :, 1::2])
        found: NDArray[Any] = upper.astype(np.uint16) * 256 + lower
        return found

    def _clear(self, samples: NDArray[Any]) -> NDArray[Any]:
        """From 0 to 1, with the colours of the palette, and with alpha if the file makes a colour clear."""
        import numpy as np

        if self.header.colour == PALETTE:
            table = self._palette()
            if int(samples.max()) >= len(table):
                raise ValueError("a colour that the palette does not have")
            colours: NDArray[Any] = table[samples[:, :, 0]]
            return colours
        largest = {16: 65535.0, 1: 1.0}.get(self.header.bits, 255.0)
        found: NDArray[Any] = samples / largest
        key = self.chunks.get(b"tRNS")
        if key is None or self.header.colour in (GREY_ALPHA, COLOUR_ALPHA):
            return found
        wanted = np.array(struct.unpack(f">{len(key) // 2}H", key), dtype=np.int64)
        if self.header.bits in (2, 4):
            wanted *= 255 // (2**self.header.bits - 1)
        alpha = (samples != wanted).any(axis=2, keepdims=True)
        return np.concatenate([found, alpha], axis=2)

    def _palette(self) -> NDArray[Any]:
        import numpy as np

        colours: NDArray[Any] = np.frombuffer(self.chunks[b"PLTE"], np.uint8).reshape(-1, 3) / 255.0
        alpha = np.frombuffer(self.chunks.get(b"tRNS", b""), np.uint8)[: len(colours), None] / 255.0
        if not len(alpha):
            return colours
        rest = np.ones((len(colours) - len(alpha), 1))
        return np.concatenate([colours, np.concatenate([alpha, rest])], axis=1)


def read_header(file: IO[bytes]) -> PngHeader:
    """The first chunk. Raises ``ValueError`` for what is no PNG."""
    if file.read(len(SIGNATURE)) != SIGNATURE:
        raise ValueError("no signature")
    name, data = _chunk(file)
    width, height, bits, colour, packing, filters, interlaced = struct.unpack(">IIBBBBB", data)
    sound = name == b"IHDR" and colour in KINDS and bits in KINDS[colour][1] and not packing and not filters and interlaced < 2
    if not sound or not 0 < width < 2**31 or not 0 < height < 2**31:
        raise ValueError("no header")
    return PngHeader(width, height, bits, colour, bool(interlaced))


def read_png(file: IO[bytes], header: PngHeader) -> Png:
    """The rest of a PNG whose header was read.

    Raises ``ValueError`` and other errors for a file that is damaged or cut short: every chunk has its checksum, the picture all its rows,
    and the last chunk is there.
    """
    found: dict[bytes, bytes] = {}
    data: list[bytes] = []
    left, packed, unpacker = header.unpacked, 0, zlib.decompressobj()
    for _ in range(MOST_CHUNKS):
        name, content = _chunk(file)
        if name == b"IEND":
            break
        if name == b"IDAT":
            data.append(content)
            packed += len(content)
            if packed > 2 * header.unpacked + 2**16:
                raise ValueError("packed to more than it was")
            left -= _unpacked(unpacker, content, left)
        elif name in (b"PLTE", b"tRNS", b"eXIf"):
            found.setdefault(name, content)
    else:
        raise ValueError("too many chunks")
    if left or not unpacker.eof:
        raise ValueError("rows are missing")
    _check_colours(header, found)
    return Png(header, {**found, b"IDAT": b"".join(data)})


def _unpacked(unpacker: Any, content: bytes, most: int) -> int:
    """How many bytes are in a piece of compressed data; they are not kept."""
    count, waiting = 0, content
    while waiting and not unpacker.eof:
        count += len(unpacker.decompress(waiting, 2**20))
        waiting = unpacker.unconsumed_tail
        if count > most:
            raise ValueError("more rows than there should be")
    return count


def _chunk(file: IO[bytes]) -> tuple[bytes, bytes]:
    length, name = struct.unpack(">I4s", file.read(8))
    data = file.read(length) if length < 2**31 else b""
    if len(data) != length or struct.unpack(">I", file.read(4))[0] != zlib.crc32(data, zlib.crc32(name)):
        raise ValueError("a chunk is damaged")
    return name, data


def _check_colours(header: PngHeader, chunks: dict[bytes, bytes]) -> None:
    palette, key = chunks.get(b"PLTE", b""), chunks.get(b"tRNS")
    if header.colour == PALETTE and (not palette or len(palette) % 3 or len(palette) > 768):
        raise ValueError("no palette")
    if key is not None and len(key) != {GREY: 2, COLOUR: 6}.get(header.colour, len(key)):
        raise ValueError("no clear colour")
