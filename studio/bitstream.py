"""Just enough of H.264 to put a frame that repeats the one before it between frames that an encoder made.

Every frame of a stream carries a number, modulo a power of two, that counts frames since the last one that stands alone. A frame in which
every macroblock is "skipped" shows the frame before it once more. Such a frame, made once, serves wherever a picture stands still, if its
number and those of the frames after it are set right. Source: ITU-T H.264, 7.3.1 (NAL units), 7.3.2.1.1 (sequence parameter set),
7.3.3 (slice header) and 7.4.3 (frame_num).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

SLICE, IDR_SLICE, PARAMETERS = 1, 5, 7
HIGH_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128}
#: A slice header up to frame_num, and a parameter set up to what is read of it, fit into so many bytes.
HEAD = 32

_START = re.compile(rb"\x00\x00\x00?\x01")
_ESCAPE = re.compile(rb"\x00\x00(?=[\x00-\x03])")


class Bits:
    """Reads bits from the front."""

    def __init__(self, data: bytes) -> None:
        self.text = "".join(f"{byte:08b}" for byte in data)
        self.at = 0

    def fixed(self, count: int) -> int:
        """An unsigned number of ``count`` bits, u(n)."""
        self.at += count
        return int(self.text[self.at - count : self.at], 2)

    def exponential(self) -> int:
        """An unsigned Exp-Golomb number, ue(v), 9.1."""
        zeros = self.text.index("1", self.at) - self.at
        self.at += zeros
        return self.fixed(zeros + 1) - 1


def units(stream: bytes) -> Iterator[bytes]:
    """The NAL units of a stream in which start codes stand between them (annex B)."""
    starts = list(_START.finditer(stream))
    for number, start in enumerate(starts):
        yield stream[start.end() : starts[number + 1].start() if number + 1 < len(starts) else len(stream)]


def kind(unit: bytes) -> int:
    """The type of a NAL unit."""
    return unit[0] & 0x1F


def _plain(unit: bytes) -> bytes:
    """Without the bytes that keep start codes out of the data."""
    return unit.replace(b"\x00\x00\x03", b"\x00\x00")


def frame_number_bits(header: bytes) -> int:
    """How many bits a frame's number has, from the stream's parameters.

    Raises ``ValueError`` for streams whose frames carry more than their number to say when they are shown.
    """
    unit = next((unit for unit in units(header) if kind(unit) == PARAMETERS), None)
    if unit is None:
        raise ValueError("the stream has no parameters")
    bits = Bits(_plain(unit)[1:HEAD])
    profile = bits.fixed(8)
    bits.fixed(16)
    bits.exponential()
    if profile in HIGH_PROFILES:
        if bits.exponential() == 3:
            bits.fixed(1)
        bits.exponential()
        bits.exponential()
        bits.fixed(1)
        if bits.fixed(1):
            raise ValueError("the stream has scaling matrices")
    width = bits.exponential() + 4
    if bits.exponential() != 2:
        raise ValueError("the order of the frames is not that of their numbers")
    return width


def numbered(frame: bytes, number: int, width: int) -> bytes:
    """The frame, of one slice that is no IDR slice, with its number set; ``width`` is the number's width in bits."""
    rewritten = []
    for unit in units(frame):
        if kind(unit) != SLICE:
            rewritten.append(unit)
            continue
        plain = _plain(unit)
        bits = Bits(plain[1:HEAD])
        for _ in ("first_mb_in_slice", "slice_type", "pic_parameter_set_id"):
            bits.exponential()
        text = f"{bits.text[: bits.at]}{number % (1 << width):0{width}b}{bits.text[bits.at + width :]}"
        head = int(text, 2).to_bytes(len(text) // 8, "big")
        rewritten.append(_ESCAPE.sub(b"\x00\x00\x03", plain[:1] + head + plain[HEAD:]))
    return _joined(rewritten)


def only_picture(frame: bytes) -> bytes:
    """The frame without what is not picture, such as the name of the encoder, which is in the first frame of a stream."""
    return _joined([unit for unit in units(frame) if kind(unit) in (SLICE, IDR_SLICE)])


def _joined(found: Iterable[bytes]) -> bytes:
    return b"".join(b"\x00\x00\x00\x01" + unit for unit in found)
