from __future__ import annotations

import io
import re
from collections.abc import Sequence
from fractions import Fraction

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio.bitstream import HEAD, SLICE, Bits, frame_number_bits, kind, numbered, units
from studio.encoder import GLOBAL_HEADER, Encoder

START = b"\x00\x00\x00\x01"
REFERENCE_SLICE = 0x60 | SLICE
ELEMENT = re.compile(r"\d+ +(\w+(?:\[\d+\])*) +[01]+ = (-?\d+)\n")

thorough = settings(derandomize=True, max_examples=200)


# --- the same, written down in another way ------------------------------------------------------------------------------------------------


def ue(number: int) -> str:
    """Bits of an Exp-Golomb number: the number plus one, and before it a zero for each of its digits but the first."""
    digits = bin(number + 1)[2:]
    return "0" * (len(digits) - 1) + digits


def packed(bits: str) -> bytes:
    """Bits, then a one and zeros up to a whole byte, as at the end of every unit."""
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))


def escaped(plain: bytes) -> bytes:
    """Byte by byte: after two zeros, a 3 before whatever is less than 4."""
    out, zeros = bytearray(), 0
    for byte in plain:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = 0 if byte else zeros + 1
    return bytes(out)


def unescaped(unit: bytes) -> bytes:
    """Byte by byte: a 3 after two zeros is left out."""
    out, zeros = bytearray(), 0
    for byte in unit:
        if zeros >= 2 and byte == 3:
            zeros = 0
            continue
        out.append(byte)
        zeros = 0 if byte else zeros + 1
    return bytes(out)


def elements(stream: bytes) -> list[tuple[str, int]]:
    """All that FFmpeg reads in the headers of a stream, names with values."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)
    try:
        with av.open(io.BytesIO(stream), format="h264") as container:
            trace = BitStreamFilterContext("trace_headers", container.streams.video[0])
            with av.logging.Capture() as lines:
                for packet in container.demux(video=0):
                    trace.filter(packet)
    finally:
        av.logging.set_level(level)
    found = (ELEMENT.fullmatch(text) for _, name, text in lines if name == "trace_headers")
    return [(match[1], int(match[2])) for match in found if match]


zeros_mostly = st.lists(st.sampled_from([0, 0, 0, 0, 1, 2, 3, 4, 128, 255]), max_size=120).map(bytes)
payloads = st.one_of(zeros_mostly, st.binary(max_size=120))


# --- numbers ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bits", "number"),
    [("1", 0), ("010", 1), ("011", 2), ("00100", 3), ("00101", 4), ("00111", 6), ("0001000", 7), ("0001111", 14), ("000010000", 15)],
)
def test_exponential_numbers_from_the_standard(bits: str, number: int) -> None:
    read = Bits(packed(bits))
    assert read.exponential() == number
    assert read.at == len(bits)


def test_numbers_worked_out_by_hand() -> None:
    # 1010 0110 | 0100 1000 | 1111 1111: 5 in three bits, then 00110, 010, 010, 00 in two bits, then ones.
    read = Bits(bytes([0b10100110, 0b01001000, 0b11111111]))
    assert [read.fixed(3), read.exponential(), read.exponential(), read.exponential(), read.fixed(2), read.fixed(8)] == [5, 5, 1, 1, 0, 255]
    assert read.at == 24


@thorough
@given(st.lists(st.one_of(st.integers(0, 2**32), st.tuples(st.integers(1, 32), st.integers(0)))))
def test_numbers_one_after_the_other(numbers: list[int | tuple[int, int]]) -> None:
    """Exp-Golomb numbers, and numbers of so many bits, mixed."""
    wanted = [n if isinstance(n, int) else (n[0], n[1] % 2 ** n[0]) for n in numbers]
    read = Bits(packed("".join(ue(n) if isinstance(n, int) else f"{n[1]:0{n[0]}b}" for n in wanted)))
    assert [read.exponential() if isinstance(n, int) else (n[0], read.fixed(n[0])) for n in wanted] == wanted


# --- units --------------------------------------------------------------------------------------------------------------------------------


@thorough
@given(st.lists(st.tuples(st.sampled_from([START, START[1:]]), payloads)))
def test_units_between_start_codes_of_both_lengths(parts: list[tuple[bytes, bytes]]) -> None:
    made = [(start, bytes([0x67]) + escaped(payload + b"\x80")) for start, payload in parts]
    assert list(units(b"".join(start + unit for start, unit in made))) == [unit for _, unit in made]


def test_units_by_hand() -> None:
    stream = b"\x00\x00\x01\x67\x00\x02\x00\x00\x00\x01\x68\xff\x00\x00\x01\x65\x00\x00\x03\x01"
    assert list(units(stream)) == [b"\x67\x00\x02", b"\x68\xff", b"\x65\x00\x00\x03\x01"]
    assert [kind(unit) for unit in units(stream)] == [7, 8, 5]
    assert list(units(b"no start")) == list(units(b"")) == []


# --- the number of a frame ----------------------------------------------------------------------------------------------------------------


def slice_bits(number: int, width: int, first: int = 0, slice_type: int = 5) -> tuple[str, str]:
    """The bits of a slice header before the frame's number, and the number."""
    return ue(first) + ue(slice_type) + ue(0), f"{number:0{width}b}"


def slice_of(number: int, width: int, payload: bytes, first: int = 0, slice_type: int = 5) -> bytes:
    """A frame of one slice. Its payload begins with a whole byte, so that its zeros come to stand where escapes are needed."""
    header = "".join(slice_bits(number, width, first, slice_type))
    header += "1" * (-len(header) % 8)
    return START + escaped(bytes([REFERENCE_SLICE]) + packed(header + "".join(f"{byte:08b}" for byte in payload)))


@thorough
@given(payloads, st.integers(4, 16), st.integers(0, 2**16), st.integers(0, 2**16), st.integers(0, 8159), st.sampled_from([0, 5]))
@example(b"\x00" * 100, 16, 0, 0, 0, 5)
@example(b"\x00" * 100, 4, 15, 0, 8159, 0)
@example(b"\x00\x00\x03" * 30, 5, 1, 2, 0, 5)
@example(b"", 4, 3, 9, 0, 5)
def test_a_number_is_set_and_nothing_else(payload: bytes, width: int, before: int, after: int, first: int, slice_type: int) -> None:
    frame, wanted = (slice_of(number % 2**width, width, payload, first, slice_type) for number in (before, after))
    made = numbered(frame, after, width)
    assert made == wanted
    assert not re.search(rb"\x00\x00[\x00-\x02]", made[len(START) :])
    assert numbered(made, before, width) == frame


def test_zeros_at_the_end_of_what_is_rewritten() -> None:
    """Two zeros on one side of the cut and a third on the other need their 3 as any others."""
    for length in range(HEAD + 6):
        for zeros in (b"\x00\x00\x00\x00\x01", b"\x00\x00\x03\x00\x00\x00\x03\x04", b"\x00\x00\x02\x00\x00\x01"):
            payload = b"\xaa" * length + zeros + b"\xaa"
            made = numbered(slice_of(1, 4, payload), 9, 4)
            assert made == slice_of(9, 4, payload)
            assert unescaped(made[5:])[2:-1] == payload


def test_numbers_begin_again() -> None:
    start, digits = slice_bits(3, 4)
    frame = START + bytes([REFERENCE_SLICE]) + packed(start + digits)
    for number in (3, 19, 3 + 16 * 1000):
        assert numbered(frame, number, 4) == frame
    # 1, 00110 and 1 stand before the number, a 1 after it.
    assert frame[5:] == bytes([0b1_00110_1_0, 0b011_1_0000])
    assert numbered(frame, 12, 4)[5:] == bytes([0b1_00110_1_1, 0b100_1_0000])


def test_other_units_stay_as_they_are() -> None:
    start, digits = slice_bits(0, 4)
    frame = bytes([REFERENCE_SLICE]) + packed(start + digits)
    others = [b"\x09\xf0", b"\x06\x05\x01\x00\x00\x03\x01\x80", b"\x68\xee\x3c\x80", b"\x65\x88\x80\x40"]
    stream = START.join([b"", others[0], others[1], frame, *others[2:]])
    found = list(units(numbered(stream, 7, 4)))
    assert found[:2] + found[3:] == others
    assert found[2] == bytes([REFERENCE_SLICE]) + packed(start + "0111")
    # Start codes are all of four bytes then.
    assert numbered(stream.replace(START, START[1:]), 7, 4) == numbered(stream, 7, 4)


# --- streams that an encoder made ---------------------------------------------------------------------------------------------------------


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (48, 64, 4), dtype=np.uint8)


def of(name: str, found: Sequence[tuple[str, int]]) -> list[int]:
    """The values of one element."""
    return [value for element, value in found if element == name]


@pytest.mark.parametrize("size", [(64, 48), (854, 480), (3840, 2160)])
def test_the_header_of_the_encoder(size: tuple[int, int]) -> None:
    encoder = Encoder(*size, 30)
    read = elements(encoder.header + encoder.repeat)
    assert frame_number_bits(encoder.header) == of("log2_max_frame_num_minus4", read)[0] + 4 == encoder.width
    assert of("pic_order_cnt_type", read) == [2]


def test_a_decoder_reads_the_number_that_was_set_and_else_the_same() -> None:
    encoder = Encoder(64, 48, 30)
    key, frame = encoder.run([(noise(0), [(0, 0, 64, 48)], 1), (noise(1), [(0, 0, 64, 48)], 1)])
    before = elements(encoder.header + key + frame)
    assert of("frame_num", before) == [0, 1]
    for number in (0, 1, 2, 9, 15):
        after = elements(encoder.header + key + numbered(frame, number, encoder.width))
        assert of("frame_num", after) == [0, number]
        assert [pair for pair in after if pair[0] != "frame_num"] == [pair for pair in before if pair[0] != "frame_num"]
        assert numbered(numbered(frame, number, encoder.width), 1, encoder.width) == frame


def stream_of(**options: str) -> tuple[bytes, bytes]:
    """Header and first frame of a stream of x264's."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt, context.framerate, context.time_base = 64, 48, "yuv420p", 30, Fraction(1, 30)
    context.flags |= GLOBAL_HEADER
    context.options = {"threads": "1", **options}
    packets = [*context.encode(av.VideoFrame(64, 48, "yuv420p")), *context.encode(None)]
    return bytes(context.extradata or b""), bytes(packets[0])


@pytest.mark.parametrize("options", [{"profile": "baseline"}, {"profile": "main"}, {"g": "600"}, {"refs": "16"}], ids=str)
def test_streams_without_b_frames(options: dict[str, str]) -> None:
    header, frame = stream_of(bf="0", **options)
    assert frame_number_bits(header) == of("log2_max_frame_num_minus4", elements(header + frame))[0] + 4


@pytest.mark.parametrize("profile", ["main", "high"])
def test_frames_in_another_order_are_refused(profile: str) -> None:
    header, frame = stream_of(bf="2", profile=profile)
    assert of("pic_order_cnt_type", elements(header + frame)) == [0]
    with pytest.raises(ValueError, match=r"^the order of the frames is not that of their numbers$"):
        frame_number_bits(header)


def parameters(profile: int, chroma: int, width: int, order: int, *, matrices: bool = False, rest: bytes = b"") -> bytes:
    """A header, bit by bit; only high profiles say what their colours are."""
    bits = f"{profile:08b}" + "00000000" + "00101001" + ue(3)
    if profile >= 100:
        bits += ue(chroma) + ("0" if chroma == 3 else "") + ue(0) + ue(2) + "1" + str(int(matrices))
    bits += ue(width - 4) + ue(order) + "".join(f"{byte:08b}" for byte in rest)
    return START + b"\x68\xee" + START[1:] + b"\x67" + escaped(packed(bits)) + START + b"\x68\xee"


@thorough
@given(st.sampled_from([66, 77, 100, 110, 244]), st.integers(0, 3), st.integers(4, 16), payloads)
def test_headers_put_together_bit_by_bit(profile: int, chroma: int, width: int, rest: bytes) -> None:
    assert frame_number_bits(parameters(profile, chroma, width, 2, rest=rest)) == width
    for order in (0, 1):
        with pytest.raises(ValueError, match="order of the frames"):
            frame_number_bits(parameters(profile, chroma, width, order, rest=rest))


def test_matrices_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^the stream has scaling matrices$"):
        frame_number_bits(parameters(100, 1, 4, 2, matrices=True))
