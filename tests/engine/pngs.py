"""PNG files made byte by byte, from the specification and not from the code that reads them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np

#: Samples of a pixel by the colour type.
SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def row_bytes(row: np.ndarray, bits: int) -> bytes:
    """Samples of a row, packed."""
    values = [int(value) for value in row.flatten()]
    if bits == 16:
        return b"".join(struct.pack(">H", value) for value in values)
    text = "".join(format(value, f"0{bits}b") for value in values)
    text += "0" * (-len(text) % 8)
    return bytes(int(text[at : at + 8], 2) for at in range(0, len(text), 8))


def filtered(row: bytes, above: bytes, kind: int, step: int) -> bytes:
    """As the encoder of the specification, 9.2."""
    found = bytearray([kind])
    for at, value in enumerate(row):
        left = row[at - step] if at >= step else 0
        up = above[at] if above else 0
        corner = above[at - step] if above and at >= step else 0
        near = left + up - corner
        paeth = min((abs(near - left), 0, left), (abs(near - up), 1, up), (abs(near - corner), 2, corner))[2]
        found.append((value - (0, left, up, (left + up) // 2, paeth)[kind]) % 256)
    return bytes(found)


def rows(samples: np.ndarray, bits: int) -> bytes:
    """All rows of one pass, with every kind of filter in turn."""
    step = max(1, samples.shape[2] * bits // 8)
    found, above = b"", b""
    for number, row in enumerate(samples):
        packed = row_bytes(row, bits)
        found += filtered(packed, above, number % 5, step)
        above = packed
    return found


def made(
    samples: np.ndarray,
    bits: int,
    colour: int,
    *,
    interlaced: bool = False,
    palette: Sequence[int] = (),
    clear: bytes = b"",
    more: Sequence[tuple[bytes, bytes]] = (),
) -> bytes:
    """The PNG of whole samples [H, W, samples]."""
    height, width, _ = samples.shape
    parts = [samples[top::down, left::across] for left, top, across, down in PASSES] if interlaced else [samples]
    data = zlib.compress(b"".join(rows(part, bits) for part in parts if part.size))
    half = len(data) // 2
    chunks = [
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced)),
        *(chunk(name, content) for name, content in more),
        *([chunk(b"PLTE", bytes(palette))] if palette else []),
        *([chunk(b"tRNS", clear)] if clear else []),
        chunk(b"IDAT", data[:half]),
        chunk(b"IDAT", data[half:]),
        chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
