from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.cut import cut
from studio.join import FilmTags, join
from studio.script import BeatMark, Part, Script
from studio.stills import png, still, stills
from tests.studio.test_encoder import BT709, TV_RANGE
from tests.studio.test_join import boxes, made

FPS = 12


@dataclass
class Film:
    path: Path
    starts: list[int]
    planes: list[np.ndarray]
    pictures: list[np.ndarray]

    @property
    def pieces(self) -> list[range]:
        return [range(*ends) for ends in pairwise(self.starts)]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    header, takes = made(FPS)
    join(path, FilmTags(Fraction(FPS), "A film", "with a comment", [("all", 0, 70)], "and more"), header, takes)
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return Film(
        path,
        [0, *accumulate(map(len, takes))],
        [frame.to_ndarray() for frame in frames],
        [frame.to_ndarray(format="rgb24") for frame in frames],
    )


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray() for frame in container.decode(video=0)]


def test_the_pieces_are_the_film(film: Film, tmp_path: Path) -> None:
    paths = [tmp_path / f"{k}.mp4" for k in range(len(film.pieces))]
    cut(film.path, zip(film.pieces, paths, strict=True))
    together = [frame for path in paths for frame in frames_of(path)]
    assert len(together) == 70
    assert all(np.array_equal(one, other) for one, other in zip(together, film.planes, strict=True))


def test_what_a_piece_says(film: Film, tmp_path: Path) -> None:
    for number, frames in enumerate(film.pieces):
        path = tmp_path / f"{number}.mp4"
        cut(film.path, [(frames, path)])
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert [one.type for one in container.streams] == ["video"]
            assert stream.frames == len(frames)
            assert stream.average_rate == FPS
            assert stream.start_time == 0
            assert stream.duration * stream.time_base == Fraction(len(frames), FPS)
            context = stream.codec_context
            assert (context.color_primaries, context.color_trc, context.colorspace) == (BT709, BT709, BT709)
            assert context.color_range == TV_RANGE
            assert not container.chapters()
            assert not {"title", "comment", "synopsis"} & set(container.metadata)
            packets = [packet for packet in container.demux(stream) if packet.size]
        assert packets[0].is_keyframe
        assert [packet.pts * packet.time_base for packet in packets] == [Fraction(k, FPS) for k in range(len(frames))]


def test_a_piece_plays_while_it_loads(film: Film, tmp_path: Path) -> None:
    cut(film.path, [(film.pieces[2], tmp_path / "piece.mp4")])
    found = boxes((tmp_path / "piece.mp4").read_bytes())
    assert list(found).index(b"moov") < list(found).index(b"mdat")
    # The sound a piece might have, or an edit list that hides frames, would be here.
    assert found[b"moov"].count(b"trak") == 1
    edits = found[b"moov"].split(b"elst")[1:]
    assert all(struct.unpack(">IIIi", edit[:16])[3] == 0 for edit in edits)


@settings(max_examples=25, derandomize=True)
@given(data=st.data())
def test_pieces_in_any_order(film: Film, tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    folder = tmp_path_factory.mktemp("any")
    starts = data.draw(st.lists(st.sampled_from(film.starts[:-1]), min_size=1, max_size=4))
    pieces = [range(start, data.draw(st.integers(start + 1, 70))) for start in starts]
    cut(film.path, [(frames, folder / f"{k}.mp4") for k, frames in enumerate(pieces)])
    for k, frames in enumerate(pieces):
        found = frames_of(folder / f"{k}.mp4")
        assert all(np.array_equal(one, film.planes[j]) for j, one in zip(frames, found, strict=True))


def test_the_same_bytes_twice(film: Film, tmp_path: Path) -> None:
    cut(film.path, [(film.pieces[2], tmp_path / "one.mp4"), (film.pieces[2], tmp_path / "other.mp4")])
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "other.mp4").read_bytes()


def test_a_film_that_begins_late(film: Film, tmp_path: Path) -> None:
    """As films from elsewhere may: frame 0 is the first one that there is."""
    late = tmp_path / "late.mp4"
    with av.open(str(film.path)) as source, av.open(str(late), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                packet.pts += round(2 / packet.time_base)
                packet.dts = packet.pts
                target.mux(packet)
    with av.open(str(late)) as container:
        assert container.streams.video[0].start_time > 0
    cut(late, [(film.pieces[2], tmp_path / "piece.mp4")])
    assert all(np.array_equal(film.planes[k], one) for k, one in zip(film.pieces[2], frames_of(tmp_path / "piece.mp4"), strict=True))
    assert all(np.array_equal(film.pictures[k], np.asarray(picture)) for k, picture in stills(late, [0, 7, 69]))


@pytest.mark.parametrize(
    ("frames", "message"),
    [(range(3, 6), "frame 3$"), (range(69, 71), "frame 70$"), (range(70, 71), "frame 70$"), (range(500, 501), "frame 500$")],
)
def test_pieces_that_there_are_not(film: Film, tmp_path: Path, frames: range, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cut(film.path, [(frames, tmp_path / "piece.mp4")])


# --- single frames ----------------------------------------------------------------------------------------------------------------------


@settings(max_examples=25, derandomize=True)
@given(wanted=st.lists(st.integers(0, 69), max_size=12))
def test_stills_are_the_frames(film: Film, wanted: list[int]) -> None:
    found = list(stills(film.path, wanted))
    assert [number for number, _ in found] == sorted(set(wanted))
    for number, picture in found:
        assert picture.mode == "RGB"
        assert np.array_equal(np.asarray(picture), film.pictures[number])


def test_of_a_stretch_only_what_comes_before_the_frame_is_decoded(film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []
    monkeypatch.setattr("studio.stills.av", SpyingAv(decoded))
    list(stills(film.path, [film.starts[4] + 5, film.starts[4] + 3, film.starts[1]]))
    assert decoded == [film.starts[1], *range(film.starts[4], film.starts[4] + 6)]


class SpyingAv:
    """PyAV, that writes down which frames are decoded."""

    def __init__(self, decoded: list[int]) -> None:
        self.decoded = decoded

    def open(self, path: str) -> SpyingAv:
        self.container = av.open(path)
        return self

    def __enter__(self) -> SpyingAv:
        self.streams, self.seek = self.container.streams, self.container.seek
        return self

    def __exit__(self, *_: object) -> None:
        self.container.close()

    def decode(self, stream: av.VideoStream) -> Any:
        for frame in self.container.decode(stream):
            self.decoded.append(round(frame.pts * frame.time_base * FPS))
            yield frame


@pytest.mark.parametrize("wrong", [-1, 70, 1000])
def test_frames_that_there_are_not(film: Film, wrong: int) -> None:
    with pytest.raises(ValueError, match=f"frame {wrong}$"):
        list(stills(film.path, [0, wrong]))


def test_a_still_of_a_script(film: Film) -> None:
    mark = BeatMark("opening", "all", "Hello.", 0, 70, 0, 1)
    script = Script("", "", FPS, 64, 48, "dark", (Part("", "film", "conv2d", 1, (mark,)),))
    assert np.array_equal(np.asarray(still(film.path, script, 42)), film.pictures[42])
    with pytest.raises(ValueError, match="frames 0 to 69, not 70"):
        still(film.path, script, 70)


def test_a_still_as_a_file(film: Film) -> None:
    ((_, picture),) = stills(film.path, [7])
    assert png(picture).startswith(b"\x89PNG\r\n")
