from __future__ import annotations

from fractions import Fraction
from itertools import groupby
from pathlib import Path

import av
import numpy as np
import pytest

from studio.alpha import AlphaEncoder
from studio.encoder import Encoder
from studio.frames import frames_at, held_frames, pictures
from studio.join import FilmTags, join, join_alpha
from tests.studio.test_encoder import drawing, whole

SIZE = (64, 48)
#: Which drawing each frame shows, in takes of their own.
TAKES = [[1, 1, 1, 2], [2, 2, 3], [4], [4, 4, 5, 5, 5, 1]]
NUMBERS = [number for take in TAKES for number in take]


@pytest.fixture(scope="module", params=["opaque", "clear"])
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    encoder = (Encoder if request.param == "opaque" else AlphaEncoder)(*SIZE, 10)
    made = [encoder.run([whole(drawing(number, *SIZE), len([*frames])) for number, frames in groupby(take)]) for take in TAKES]
    folder = tmp_path_factory.mktemp("films")
    clip = FilmTags(Fraction(10), "title", "", [("all", 0, len(NUMBERS))])
    if request.param == "opaque":
        join(folder / "film.mp4", clip, encoder.header, made)
        return folder / "film.mp4"
    join_alpha(folder / "film.mov", clip, SIZE, made)
    return folder / "film.mov"


def test_what_stands_still_comes_once(film: Path) -> None:
    """Across a key frame too, as far as the encoder made the same of it."""
    found = [(first, first + frames) for first, frames, _ in held_frames(film)]
    assert [a for a, _ in found] == [0, *[b for _, b in found[:-1]]]
    assert found[-1][1] == len(NUMBERS)
    changes = {k for k in range(len(NUMBERS)) if k == 0 or NUMBERS[k] != NUMBERS[k - 1]}
    keys = {0, 4, 7, 8}
    assert changes <= {first for first, _ in found} <= changes | keys
    if film.suffix == ".mov":  # without loss
        assert {first for first, _ in found} == changes


def test_cuts(film: Path) -> None:
    assert {2, 9} <= {first for first, _, _ in held_frames(film, {2, 9})}
    assert [frames for _, frames, _ in held_frames(film, set(range(14)))] == [1] * 14


def test_pictures_are_those_that_were_drawn(film: Path) -> None:
    channels = 4 if film.suffix == ".mov" else 3
    for first, frames, pixels in pictures(film):
        assert pixels.shape == (48, 64, channels)
        assert pixels.dtype == np.uint8
        wanted = drawing(NUMBERS[first], *SIZE)[..., :channels]
        if channels == 4:
            assert np.array_equal(pixels, wanted)
        else:
            assert np.abs(pixels[28:, 32:].astype(int) - wanted[28:, 32:]).mean() < 30
        assert frames >= 1


@pytest.mark.parametrize("wanted", [[0], [13], [3, 2, 9], [4, 4, 5], range(14), []])
def test_single_frames(film: Path, wanted: list[int]) -> None:
    frames = {first + k: pixels for first, count, pixels in pictures(film) for k in range(count)}
    found = list(frames_at(film, wanted))
    assert [number for number, _ in found] == sorted(set(wanted))
    assert all(np.array_equal(pixels, frames[number]) for number, pixels in found)


def test_another_size(film: Path) -> None:
    ((_, pixels),) = frames_at(film, [6], 32, 24)
    assert pixels.shape[:2] == (24, 32)


def test_every_take_stands_by_itself(film: Path) -> None:
    with av.open(str(film)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert {0, 4, 7, 8} == {k for k, packet in enumerate(packets) if packet.is_keyframe}
