from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import accumulate

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes.parts.canvas import Rectangle
from studio.encoder import Encoder
from tests.studio.test_bitstream import elements, of

WIDTH, HEIGHT = 64, 48
BT709 = 1
TV_RANGE = 1
STRICT = {"err_detect": "crccheck+bitstream+buffer+explode"}

thorough = settings(derandomize=True, max_examples=50)


# --- pictures, and what a player makes of packets -----------------------------------------------------------------------------------------


def noise(seed: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)


def drawing(seed: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Flat rectangles, thin lines and some noise."""
    random = np.random.default_rng(seed)
    pixels = np.empty((height, width, 4), dtype=np.uint8)
    pixels[:] = random.integers(0, 256, 4)
    for _ in range(6):
        (left, right), (top, bottom) = (np.sort(random.integers(0, side + 1, 2)) for side in (width, height))
        pixels[top:bottom, left:right] = random.integers(0, 256, 4)
    pixels[random.integers(height)] = pixels[:, random.integers(width)] = random.integers(0, 256, 4)
    pixels[8:16, 8:24] = noise(seed, 16, 8)
    pixels[..., 3] = 255
    return pixels


def flat(colour: Sequence[int]) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 4), (*colour, 255), dtype=np.uint8)


def whole(pixels: np.ndarray, frames: int = 1) -> tuple[np.ndarray, list[Rectangle], int]:
    """One item of a run, of which all is converted."""
    return pixels, [(0, 0, pixels.shape[1], pixels.shape[0])], frames


def decoded(header: bytes, packets: Sequence[bytes]) -> list[av.VideoFrame]:
    """The frames; whatever the decoder finds wrong, even if it could go on, is an error."""
    context = av.CodecContext.create("h264", "r")
    context.extradata, context.thread_count, context.options = header, 1, STRICT
    level = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture() as complaints:
            frames = [frame for packet in packets for frame in context.decode(av.Packet(packet))] + context.decode(None)
    finally:
        av.logging.set_level(level)
    assert complaints == []
    return frames


def planes(frames: Sequence[av.VideoFrame]) -> list[np.ndarray]:
    return [frame.to_ndarray() for frame in frames]


def bt709(pixels: np.ndarray) -> np.ndarray:
    """Luma above two halves of chroma, one for two by two pixels, as in the standard."""
    red, green, blue = np.moveaxis(pixels[..., :3].astype(float), -1, 0)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    chroma = [(blue - luma) / (2 - 2 * 0.0722), (red - luma) / (2 - 2 * 0.2126)]
    smaller = [(c[::2, ::2] + c[1::2, ::2] + c[::2, 1::2] + c[1::2, 1::2]) / 4 for c in chroma]
    return np.concatenate([16 + luma * 219 / 255, *(128 + c.reshape(-1, pixels.shape[1]) * 224 / 255 for c in smaller)])


def rgb(frame: np.ndarray) -> np.ndarray:
    """The colours of a frame's planes."""
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    luma = (frame[:height].astype(float) - 16) * 255 / 219
    u, v = ((c.astype(float) - 128) * 255 / 224 for c in frame[height:].reshape(2, height // 2, width // 2))
    u, v = (c.repeat(2, axis=0).repeat(2, axis=1) for c in (u, v))
    red, blue = luma + v * (2 - 2 * 0.2126), luma + u * (2 - 2 * 0.0722)
    return np.stack([red, (luma - 0.2126 * red - 0.0722 * blue) / 0.7152, blue], axis=-1).clip(0, 255)


def check_run(encoder: Encoder, pictures: Sequence[tuple[np.ndarray, int]]) -> list[np.ndarray]:
    """Encodes pictures for so many frames each; returns how each is decoded."""
    packets = encoder.run([whole(pixels, frames) for pixels, frames in pictures])
    assert len(packets) == sum(frames for _, frames in pictures)
    frames = decoded(encoder.header, packets)
    assert [frame.key_frame for frame in frames] == [True] + [False] * (len(packets) - 1)
    shown = planes(frames)
    assert len(shown) == len(packets)
    starts = [0, *accumulate(frames for _, frames in pictures)]
    for (_, count), start in zip(pictures, starts, strict=False):
        assert all(np.array_equal(shown[start], shown[start + i]) for i in range(count))
    return [shown[start] for start in starts[:-1]]


# --- runs ---------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(64, 48), (854, 480)], ids=str)
@pytest.mark.parametrize("fps", [1, 30, 60, 120])
def test_pictures_and_holds(fps: int, size: tuple[int, int]) -> None:
    pictures = [drawing(1, *size), drawing(2, *size), noise(3, *size), drawing(4, *size)]
    encoder = Encoder(*size, fps)
    found = check_run(encoder, list(zip(pictures, [3, 1, 2, 18], strict=True)))
    for pixels, shown in zip(pictures, found, strict=True):
        assert shown.shape == (size[1] * 3 // 2, size[0])
        assert np.abs(shown - bt709(pixels)).mean() < 2.5
    (first, *_) = decoded(encoder.header, encoder.run([whole(pictures[0])]))
    assert (first.width, first.height) == size


@pytest.mark.parametrize("frames", [1, 2, 15, 16, 17, 31, 32, 33, 300])
def test_a_long_hold_changes_nothing_of_what_follows(frames: int) -> None:
    pictures = [drawing(1), noise(2), drawing(3)]
    short = check_run(Encoder(WIDTH, HEIGHT, 30), [(pixels, 1) for pixels in pictures])
    for holds in ((frames, 1, 1), (frames, frames, 2)):
        long = check_run(Encoder(WIDTH, HEIGHT, 30), list(zip(pictures, holds, strict=True)))
        assert all(np.array_equal(one, other) for one, other in zip(short, long, strict=True))


@thorough
@given(st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 40)), min_size=1, max_size=5), min_size=1, max_size=4))
def test_any_pictures_for_any_frames(given_runs: list[list[tuple[int, int]]]) -> None:
    """Also the same picture again, and one run after the other."""
    encoder = Encoder(WIDTH, HEIGHT, 25)
    pictures = [drawing(0), drawing(1), noise(2), flat((0, 0, 0)), flat((255, 255, 255)), drawing(0)[::-1]]
    for run in given_runs:
        found = check_run(encoder, [(pictures[i], frames) for i, frames in run])
        alone = check_run(Encoder(WIDTH, HEIGHT, 25), [(pictures[i], 1) for i, _ in run])
        for (i, _), one, other in zip(run, found, alone, strict=True):
            assert np.array_equal(one, other)
            assert np.abs(one - bt709(pictures[i])).mean() < 2.5


def test_frames_are_numbered_one_by_one() -> None:
    """A decoder may take a gap for a lost frame."""
    encoder = Encoder(WIDTH, HEIGHT, 30)
    for pictures in (
        [whole(drawing(1), 40), whole(noise(2)), whole(drawing(3), 20)],
        [whole(noise(4)), whole(noise(5))],
        [whole(noise(6))],
    ):
        packets = encoder.run(pictures)
        read = elements(encoder.header + b"".join(packets))
        wrap = 2 ** (of("log2_max_frame_num_minus4", read)[0] + 4)
        assert of("frame_num", read) == [number % wrap for number in range(len(packets))]
        assert len(of("idr_pic_id", read)) == 1
        assert of("first_mb_in_slice", read) == [0] * len(packets)


def test_many_pictures_have_one_key_frame() -> None:
    """However long a run is, and even if nothing of a picture is left in the next one."""
    found = check_run(Encoder(WIDTH, HEIGHT, 30), [(noise(seed) if seed % 3 else drawing(seed), 1) for seed in range(300)])
    assert all(np.abs(shown - bt709(noise(seed) if seed % 3 else drawing(seed))).mean() < 2.5 for seed, shown in enumerate(found))


def test_a_hold_costs_next_to_nothing() -> None:
    encoder = Encoder(854, 480, 30)
    _, *held = encoder.run([whole(noise(1, 854, 480), 100)])
    assert max(map(len, held)) < 40


def test_what_was_encoded_before_does_not_matter() -> None:
    runs = [
        [whole(drawing(1), 3), whole(drawing(2)), whole(noise(3), 5)],
        [whole(noise(4)), whole(drawing(1), 20), whole(drawing(5))],
        [whole(drawing(2), 2)],
    ]
    wanted = [planes(decoded((fresh := Encoder(WIDTH, HEIGHT, 30)).header, fresh.run(run))) for run in runs]
    for order in ((0, 1, 2), (2, 1, 0), (1, 1, 0, 2, 2), (2, 0, 1)):
        encoder = Encoder(WIDTH, HEIGHT, 30)
        for number in order:
            found = planes(decoded(encoder.header, encoder.run(runs[number])))
            assert len(found) == len(wanted[number])
            assert all(np.array_equal(one, other) for one, other in zip(found, wanted[number], strict=True))


def test_runs_of_several_encoders_one_after_the_other() -> None:
    one, other = Encoder(WIDTH, HEIGHT, 30), Encoder(WIDTH, HEIGHT, 30)
    assert one.header == other.header
    runs = [
        one.run([whole(drawing(1), 20), whole(drawing(2))]),
        other.run([whole(noise(3))]),
        other.run([whole(drawing(2), 17)]),
        one.run([whole(noise(4))]),
    ]
    alone = [frame for run in runs for frame in planes(decoded(one.header, run))]
    frames = decoded(one.header, [packet for run in runs for packet in run])
    assert [i for i, frame in enumerate(frames) if frame.key_frame] == [0, 21, 22, 39]
    assert len(frames) == len(alone) == 40
    assert all(np.array_equal(frame, wanted) for frame, wanted in zip(planes(frames), alone, strict=True))


# --- only what has changed ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pair() -> tuple[Encoder, Encoder]:
    return Encoder(WIDTH, HEIGHT, 30), Encoder(WIDTH, HEIGHT, 30)


def check_parts(pair: tuple[Encoder, Encoder], before: np.ndarray, after: np.ndarray, rectangles: Sequence[Rectangle]) -> None:
    """Rectangles of a picture over another one: as rectangles of the one, and as a whole picture."""
    mixed = before.copy()
    for left, top, right, bottom in rectangles:
        mixed[top:bottom, left:right] = after[top:bottom, left:right]
    packets = pair[0].run([whole(before), (after, rectangles, 1)])
    pair[1].run([whole(mixed)])
    for one, other in zip(pair[0].planes, pair[1].planes, strict=True):
        assert np.abs(one.astype(int) - other).max() <= 1
    assert np.abs(planes(decoded(pair[0].header, packets))[1] - bt709(mixed)).mean() < 2.5


def spans(side: int, least: int) -> st.SearchStrategy[tuple[int, int]]:
    """From an even number to an even number."""
    ends = st.tuples(st.integers(0, side // 2), st.integers(0, side // 2)).filter(lambda ends: 2 * abs(ends[0] - ends[1]) >= least)
    return ends.map(lambda ends: (2 * min(ends), 2 * max(ends)))


def rectangles(least: int) -> st.SearchStrategy[list[Rectangle]]:
    """Some that are at least so high, also on top of each other."""
    one = st.tuples(spans(WIDTH, 2), spans(HEIGHT, least)).map(lambda both: (both[0][0], both[1][0], both[0][1], both[1][1]))
    return st.lists(one, max_size=4)


@settings(thorough, max_examples=150)
@given(rectangles(4))
def test_converting_only_what_has_changed(pair: tuple[Encoder, Encoder], changed: list[Rectangle]) -> None:
    check_parts(pair, drawing(1), noise(2), changed)


def test_converting_two_rows(pair: tuple[Encoder, Encoder]) -> None:
    check_parts(pair, drawing(1), noise(2), [(0, 0, 2, 2), (10, 20, 40, 22), (0, HEIGHT - 2, WIDTH, HEIGHT)])


def test_converting_parts_of_a_large_picture() -> None:
    pair = Encoder(854, 480, 30), Encoder(854, 480, 30)
    corners = [(0, 0, 2, 4), (852, 0, 854, 4), (0, 476, 2, 480), (852, 476, 854, 480)]
    for changed in (corners, [(0, 100, 854, 104), (426, 0, 428, 480), (2, 6, 700, 98), (300, 200, 418, 378)]):
        check_parts(pair, drawing(1, 854, 480), noise(2, 854, 480), changed)


def test_nothing_else_is_looked_at(pair: tuple[Encoder, Encoder]) -> None:
    before = check_run(pair[0], [(noise(1), 1)])[0]
    packets = pair[0].run([whole(noise(1)), (noise(2), [], 2), (noise(3), [(16, 16, 32, 32)], 1)])
    first, second, third, fourth = planes(decoded(pair[0].header, packets))
    assert np.array_equal(first, before)
    # What stands still is refined at most.
    assert max(np.abs(later.astype(int) - first)[:16].max() for later in (second, third, fourth)) < 24
    assert np.abs(fourth[16:32, 16:32].astype(int) - first[16:32, 16:32]).mean() > 40


def test_one_array_for_all_pictures(pair: tuple[Encoder, Encoder]) -> None:
    """A canvas draws into the same pixels again and again."""
    canvas = np.empty_like(noise(0))

    def drawn() -> Iterator[tuple[np.ndarray, list[Rectangle], int]]:
        for seed in (1, 2, 3):
            canvas[:] = noise(seed)
            yield whole(canvas, seed)

    found = planes(decoded(pair[0].header, pair[0].run(drawn())))
    wanted = planes(decoded(pair[1].header, pair[1].run([whole(noise(seed), seed) for seed in (1, 2, 3)])))
    assert all(np.array_equal(one, other) for one, other in zip(found, wanted, strict=True))


# --- colours ------------------------------------------------------------------------------------------------------------------------------


def test_colours_are_converted_as_in_bt709() -> None:
    encoder = Encoder(854, 480, 30)
    pixels = noise(1, 854, 480)
    encoder.run([whole(pixels)])
    found = np.concatenate([plane.reshape(-1, 854) for plane in encoder.planes])
    assert np.abs(found - bt709(pixels)).max() < 1


def test_transparency_is_no_colour() -> None:
    one, other = noise(1), noise(1)
    other[..., 3] = 7
    assert np.array_equal(check_run(Encoder(WIDTH, HEIGHT, 30), [(one, 1)]), check_run(Encoder(WIDTH, HEIGHT, 30), [(other, 1)]))


STRONG = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 200, 0), (0, 255, 255), (255, 0, 255), (255, 255, 255), (0, 0, 0)]


@pytest.mark.parametrize("colour", STRONG, ids=str)
def test_strong_colours_survive(colour: tuple[int, int, int]) -> None:
    for shown in check_run(Encoder(WIDTH, HEIGHT, 5), [(drawing(1), 1), (flat(colour), 3)])[1:]:
        assert np.abs(rgb(shown) - colour).max() <= 6
    (alone,) = check_run(Encoder(WIDTH, HEIGHT, 5), [(flat(colour), 3)])
    assert np.abs(rgb(alone) - colour).max() <= 6


@pytest.mark.parametrize("fps", [1, 30, 60, 120])
def test_the_stream_says_what_it_is(fps: int) -> None:
    encoder = Encoder(854, 480, fps)
    packets = encoder.run([whole(drawing(1, 854, 480))])
    found = elements(encoder.header + packets[0])
    assert of("first_mb_in_slice", found) == [0]
    read = dict(found)
    assert (read["colour_primaries"], read["transfer_characteristics"], read["matrix_coefficients"]) == (BT709, BT709, BT709)
    assert read["video_full_range_flag"] == 0
    assert read["max_num_reorder_frames"] == 0
    assert Fraction(read["time_scale"], 2 * read["num_units_in_tick"]) == fps
    (frame,) = decoded(encoder.header, packets)
    assert (frame.format.name, frame.width, frame.height) == ("yuv420p", 854, 480)
    assert (frame.colorspace, frame.color_range) == (BT709, TV_RANGE)
