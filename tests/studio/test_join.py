from __future__ import annotations

import struct
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace

from studio.bitstream import units
from studio.encoder import Encoder
from studio.join import FilmTags, join
from tests.studio.test_encoder import decoded, drawing, noise, planes, whole

TITLE, COMMENT = "Convolution – 2 × 2", "All 9 values agree with torch; “largest difference” is 0.\nÜber alles."
CHAPTERS = [("setup", 0, 1), ("filter 0", 1, 8), ("größter Wert ≥ 3", 8, 9), ("result", 9, 0)]


def boxes(data: bytes) -> dict[bytes, bytes]:
    """What an mp4 is made of, in its order, each kind once."""
    at, found = 0, {}
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        assert size >= 8
        assert kind not in found
        found[kind] = data[at + 8 : at + size]
        at += size
    assert at == len(data)
    return found


@dataclass
class Joined:
    path: Path
    fps: Fraction
    header: bytes = field(repr=False)
    takes: list[list[bytes]] = field(repr=False)

    @property
    def frames(self) -> int:
        return sum(map(len, self.takes))

    @property
    def chapters(self) -> list[tuple[str, int, int]]:
        """The last one goes on until the end."""
        return [(name, first, after or self.frames) for name, first, after in CHAPTERS]


def made(fps: int, size: tuple[int, int] = (64, 48)) -> tuple[bytes, list[list[bytes]]]:
    """Takes of one frame and of many, encoded by two encoders."""
    one, other = Encoder(*size, fps), Encoder(*size, fps)
    assert one.header == other.header
    return one.header, [
        one.run([whole(drawing(1, *size))]),
        other.run([whole(noise(2, *size))]),
        one.run([whole(drawing(3, *size), 3), whole(noise(4, *size)), whole(drawing(5, *size), 2)]),
        one.run([whole(noise(6, *size))]),
        other.run([whole(drawing(7, *size), 40), whole(drawing(8, *size), 20)]),
        other.run([whole(drawing(9, *size))]),
    ]


CASES = [(1, (64, 48)), (7, (64, 48)), (24, (64, 48)), (30, (854, 480)), (60, (64, 48)), (120, (64, 48)), (Fraction(30000, 1001), (64, 48))]


@pytest.fixture(scope="module", params=CASES, ids=str)
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Joined:
    fps, size = Fraction(request.param[0]), request.param[1]
    path = tmp_path_factory.mktemp("joined") / "clip.mp4"
    joined = Joined(path, fps, *made(round(fps), size))
    join(path, FilmTags(fps, TITLE, COMMENT, joined.chapters), joined.header, joined.takes)
    return joined


def test_the_frames_are_those_of_the_takes(clip: Joined) -> None:
    with av.open(str(clip.path)) as container:
        frames = list(container.decode(video=0))
    wanted = [frame for take in clip.takes for frame in planes(decoded(clip.header, take))]
    assert len(frames) == len(wanted) == clip.frames == 70
    assert all(np.array_equal(one, other) for one, other in zip(planes(frames), wanted, strict=True))


def test_a_decoder_finds_nothing_wrong(clip: Joined) -> None:
    packets = [packet for take in clip.takes for packet in take]
    wanted = planes(decoded(clip.header, packets))
    with av.open(str(clip.path)) as container:
        header = bytes(container.streams.video[0].codec_context.extradata)
        found = planes(decoded(header, [bytes(packet) for packet in container.demux(video=0) if packet.size]))
    assert all(np.array_equal(one, other) for one, other in zip(found, wanted, strict=True))


def test_nothing_is_encoded_anew(clip: Joined) -> None:
    """Only what stands between units differs: their length instead of a start code."""
    with av.open(str(clip.path)) as container:
        found = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    packets = [packet for take in clip.takes for packet in take]
    assert found == [b"".join(struct.pack(">I", len(unit)) + unit for unit in units(packet)) for packet in packets]


def test_times_are_exact(clip: Joined) -> None:
    with av.open(str(clip.path)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(video=0) if packet.size]
        assert stream.frames == clip.frames
        assert stream.start_time == 0
        assert stream.duration * stream.time_base == clip.frames / clip.fps
        assert stream.average_rate == clip.fps
        assert abs(Fraction(container.duration, av.time_base) - clip.frames / clip.fps) <= Fraction(1, 1000)
        assert [packet.dts * packet.time_base for packet in packets] == [k / clip.fps for k in range(clip.frames)]
        assert {packet.duration * packet.time_base for packet in packets} == {1 / clip.fps}
        container.seek(0)
        frames = [(frame.pts * frame.time_base, frame.key_frame) for frame in container.decode(video=0)]
    assert [time for time, _ in frames] == [k / clip.fps for k in range(clip.frames)]


def test_takes_begin_with_key_frames(clip: Joined) -> None:
    starts = list(accumulate(map(len, clip.takes), initial=0))[:-1]
    assert starts == [0, 1, 2, 8, 9, 69]
    with av.open(str(clip.path)) as container:
        assert [k for k, packet in enumerate(container.demux(video=0)) if packet.is_keyframe] == starts
        container.seek(0)
        assert [k for k, frame in enumerate(container.decode(video=0)) if frame.key_frame] == starts
    # What the index says: a box of so many numbers, the first frame's is 1.
    moov = boxes(clip.path.read_bytes())[b"moov"]
    assert moov.count(b"stss") == 1
    table = moov[moov.index(b"stss") + 8 :]
    (count,) = struct.unpack(">I", table[:4])
    assert list(struct.unpack(f">{count}I", table[4 : 4 + 4 * count])) == [start + 1 for start in starts]


def test_one_can_jump_to_any_take(clip: Joined) -> None:
    """Also into the middle of it, from where one gets to its beginning."""
    wanted = [planes(decoded(clip.header, take))[0] for take in clip.takes]
    starts = list(accumulate(map(len, clip.takes), initial=0))
    with av.open(str(clip.path)) as container:
        stream = container.streams.video[0]
        for start, after, picture in reversed(list(zip(starts, starts[1:], wanted, strict=False))):
            for target in {start, (start + after) // 2, after - 1}:
                container.seek(int(target / clip.fps / stream.time_base), stream=stream)
                frame = next(container.decode(stream))
                assert frame.pts * frame.time_base == start / clip.fps
                assert np.array_equal(frame.to_ndarray(), picture)


def test_what_it_says_about_itself(clip: Joined) -> None:
    with av.open(str(clip.path)) as container:
        # Chapters have a track of text.
        assert [stream.type for stream in container.streams] == ["video", "data"]
        assert (container.metadata["title"], container.metadata["comment"]) == (TITLE, COMMENT)
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
        assert next(container.decode(video=0)).colorspace == Colorspace.ITU709


def test_chapters(clip: Joined) -> None:
    with av.open(str(clip.path)) as container:
        found = container.chapters()
    assert [chapter["metadata"]["title"] for chapter in found] == [name for name, _, _ in clip.chapters]
    for chapter, (_, first, after) in zip(found, clip.chapters, strict=True):
        assert abs(chapter["start"] * chapter["time_base"] - first / clip.fps) <= Fraction(1, 1000)
        assert abs(chapter["end"] * chapter["time_base"] - after / clip.fps) <= Fraction(1, 1000)


def test_the_index_comes_first(clip: Joined) -> None:
    order = list(boxes(clip.path.read_bytes()))
    assert order[0] == b"ftyp"
    assert order.index(b"moov") < order.index(b"mdat")
    assert list(clip.path.parent.iterdir()) == [clip.path]


@pytest.mark.parametrize("fps", [1, 30, 120])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_takes_of_one_frame(tmp_path: Path, fps: int, count: int) -> None:
    """From as many encoders, without chapters."""
    encoders = [Encoder(64, 48, fps) for _ in range(count)]
    takes = [encoder.run([whole(noise(seed))]) for seed, encoder in enumerate(encoders)]
    join(tmp_path / "clip.mp4", FilmTags(Fraction(fps), "", "", []), encoders[0].header, takes)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.frames, stream.average_rate) == (count, fps)
        assert stream.duration * stream.time_base == Fraction(count, fps)
        assert container.chapters() == []
        frames = list(container.decode(video=0))
    assert [(frame.pts * frame.time_base, frame.key_frame) for frame in frames] == [(Fraction(k, fps), True) for k in range(count)]
    wanted = [planes(decoded(encoders[0].header, take))[0] for take in takes]
    assert all(np.array_equal(one, other) for one, other in zip(planes(frames), wanted, strict=True))


def test_a_long_clip(tmp_path: Path) -> None:
    """More than an hour; what stands still is cheap."""
    encoder = Encoder(64, 48, 30)
    take = encoder.run([whole(drawing(1), 500), whole(drawing(2), 500)])
    join(tmp_path / "clip.mp4", FilmTags(Fraction(30), "", "", [("all", 0, 120_000)]), encoder.header, [take] * 120)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.frames, stream.average_rate, stream.duration * stream.time_base) == (120_000, 30, 4000)
        (chapter,) = container.chapters()
        assert (chapter["end"] - chapter["start"]) * chapter["time_base"] == 4000
        container.seek(int(Fraction(119_000, 30) / stream.time_base), stream=stream)
        frames = list(container.decode(stream))
    assert [frame.pts * frame.time_base * 30 for frame in frames] == list(range(119_000, 120_000))


def test_a_file_that_is_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"x" * 100_000)
    header, takes = made(30)
    join(path, FilmTags(Fraction(30), "a", "b", []), header, takes)
    assert path.stat().st_size < 100_000
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == sum(map(len, takes))
