from __future__ import annotations

import re
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cli import main
from engine.errors import InputError
from scenes.parts.theme import THEMES, rgb
from studio.forms import gif
from studio.frames import FilmFrame, frames_at
from studio.palette import palette
from studio.rhythm import LEAST, rhythm, ticks
from tests.studio.forms.moving import FPS, opaque


def durations(path: Path) -> list[int]:
    """Of all pictures, in hundredths of a second."""
    with Image.open(path) as image:
        found = []
        for number in range(image.n_frames):
            image.seek(number)
            found.append(image.info["duration"] // 10)
        return found


@pytest.fixture(scope="module", params=["dark", "light"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def path(theme: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("gif") / "clip.v2"
    gif.write(opaque(theme), base)
    assert [file.name for file in base.parent.iterdir()] == ["clip.v2.gif"]
    return base.with_name("clip.v2.gif")


def test_it_goes_on_and_on(path: Path) -> None:
    with Image.open(path) as image:
        assert image.info["loop"] == 0
        assert image.size == (854, 480)  # not larger than the film
    assert path.read_bytes().count(b"NETSCAPE2.0") == 1


def test_times_add_up(path: Path, theme: str) -> None:
    found, said = durations(path), opaque(theme).script
    assert min(found) >= LEAST
    assert sum(found) == round(Fraction(100 * said.frames, FPS))
    assert {round(Fraction(100 * mark.first, FPS)) for mark in said.marks} <= {0, *accumulate(found)}


def test_pictures(path: Path, theme: str) -> None:
    """At the end of every mark the gif shows what the film shows, in colours that are near."""
    said = opaque(theme).script
    ends = [*accumulate(durations(path))]
    with Image.open(path) as image:
        for number, pixels in frames_at(opaque(theme).path, [mark.after - 1 for mark in said.marks]):
            image.seek(next(k for k, end in enumerate(ends) if end > ticks(number, FPS)))
            found = np.asarray(image.convert("RGB")).astype(int)
            assert np.abs(found - pixels).mean() < 2
            assert (np.abs(found - pixels).max(axis=-1) > 40).mean() < 0.002
            assert found[2, 2].tolist() == list(rgb(THEMES[theme].ground))


def test_one_palette_and_only_what_changes(path: Path) -> None:
    """No picture has colours of its own, and the later ones are smaller than the first."""
    data = path.read_bytes()
    assert data[10] & 0x87 == 0x87  # a global palette of 256 colours
    sizes, at_ = [], 13 + 768
    while data[at_] != 0x3B:
        if data[at_] == 0x21:
            at_ += 2
        else:
            left, top, width, height = (int.from_bytes(data[at_ + k : at_ + k + 2], "little") for k in (1, 3, 5, 7))
            assert data[at_ + 9] & 0x80 == 0
            assert left + width <= 854
            assert top + height <= 480
            sizes.append(width * height)
            at_ += 11
        while data[at_]:
            at_ += data[at_] + 1
        at_ += 1
    assert sizes[0] == 854 * 480
    assert np.median(sizes[1:]) < sizes[0] / 2


def test_a_size_that_is_kept(tmp_path: Path) -> None:
    gif.write(opaque(), tmp_path / "large")
    large = (tmp_path / "large.gif").stat().st_size
    gif.write(opaque(), tmp_path / "fits", max_mb=large / 1e6)
    assert (tmp_path / "fits.gif").read_bytes() == (tmp_path / "large.gif").read_bytes()
    limit = round(large * 0.6)
    gif.write(opaque(), tmp_path / "small", max_mb=limit / 1e6)
    assert (tmp_path / "small.gif").stat().st_size <= limit
    with Image.open(tmp_path / "small.gif") as image:
        assert 320 <= image.width < 854
    assert sum(durations(tmp_path / "small.gif")) == sum(durations(tmp_path / "large.gif"))
    with pytest.raises(InputError, match=r"--max-mb is 0\.001, but even 320 px wide with 5 .* has 0\.\d+; .*--to mp4") as refused:
        gif.write(opaque(), tmp_path / "tiny", max_mb=0.001)
    least = float(re.search(r"has ([\d.]+);", str(refused.value))[1])
    gif.write(opaque(), tmp_path / "least", max_mb=least)
    assert not (tmp_path / "tiny.gif").exists()


@pytest.mark.parametrize(("width", "rate"), [(960, 15), (320, 5), (3840, 50), (400, 15), (700, 6)])
def test_the_ladder_goes_down(width: int, rate: int) -> None:
    looks = gif.ladder(width, rate)
    assert looks[0] == (width, rate)
    assert looks[-1] == (320, 5)
    assert all(b[0] <= a[0] and b[1] <= a[1] and b != a for a, b in pairwise(looks))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gif_width": 100}, "--gif-width is 100; give 320 to 3840"),
        ({"gif_fps": 60}, "--gif-fps is 60; give 5 to 50"),
        ({"max_mb": 0.0}, "--max-mb is 0; give a number above 0"),
        ({"max_mb": float("nan")}, "--max-mb is nan"),
    ],
)
def test_refusals(tmp_path: Path, options: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        gif.write(opaque(), tmp_path / "clip", **options)


def test_from_the_command_line(tmp_path: Path) -> None:
    small = ["render", "conv1d", "--input", "[1,2]", "--weight", "[1]", "-q", "480p", "--fps", "5", "--seconds", "8", "--jobs", "1"]
    result = CliRunner().invoke(main, [*small, "-o", str(tmp_path / "a"), "--to", "gif", "--gif-width", "400"])
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "a.gif") as image:
        assert image.size == (400, 225)
    result = CliRunner().invoke(main, [*small, "-o", str(tmp_path / "b.gif"), "--max-mb", "0.0001"])
    assert result.exit_code == 2
    assert "Error: --max-mb is 0.0001" in result.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["a.gif"]


FRAME = av.VideoFrame(2, 2, "rgb24")


@settings(derandomize=True, max_examples=100)
@given(
    st.sampled_from([1, 7, 15, 24, 25, 30, 60, 120]),
    st.sampled_from([5, 10, 12, 15, 20, 30, 50]),
    st.lists(st.lists(st.integers(1, 12), min_size=1, max_size=30).filter(lambda holds: sum(holds) >= 8), min_size=1, max_size=5),
)
def test_when_pictures_come(fps: int, rate: int, marks: list[list[int]]) -> None:
    """Every mark begins on time, time is shared out without a rest, and there are no more pictures than asked for."""
    holds = [hold for mark in marks for hold in mark]
    begins = [0, *accumulate(holds)]
    starts = [0, *accumulate(map(sum, marks))]
    frames = starts.pop()
    shown = [FilmFrame(first, hold, FRAME) for first, hold in zip(begins, holds, strict=False)]
    found = list(rhythm(shown, starts, frames, fps, Fraction(rate)))
    assert found[0][0] == 0
    assert found[-1][1] == ticks(frames, fps)
    assert all(one[1] == other[0] for one, other in pairwise(found))
    assert all(end - begin >= LEAST for begin, end, _ in found)
    assert {ticks(start, fps) for start in starts} <= {begin for begin, *_ in found}
    assert len(found) <= frames / fps * rate + len(marks) + 1


def test_pictures_in_motion_come_as_often_as_asked() -> None:
    for rate, expected in ((10, 20), (15, 30), (20, 40), (30, 60), (50, 60)):
        found = list(rhythm([FilmFrame(k, 1, FRAME) for k in range(60)], [0], 60, 30, Fraction(rate)))
        assert abs(len(found) - expected) <= 1
    slow = list(rhythm([FilmFrame(3 * k, 3, FRAME) for k in range(20)], [0], 60, 30, Fraction(15)))
    assert [begin for begin, *_ in slow] == [10 * k for k in range(20)]


def test_a_palette() -> None:
    fixed = [(1, 2, 3), (200, 100, 50)]
    pixels = np.zeros((64, 64, 3), dtype=np.uint8)
    pixels[:32], pixels[32:, :32], pixels[32:, 32:] = (1, 3, 4), (250, 250, 250), (0, 128, 255)
    table = palette([pixels, pixels], fixed)
    assert table.shape == (256, 4)
    assert [tuple(colour) for colour in table[:2, :3].tolist()] == fixed
    assert table[255].tolist() == [0, 0, 0, 0]
    assert (table[:255, 3] == 255).all()
    for colour in ((250, 250, 250), (0, 128, 255)):
        assert np.abs(table[:255, :3].astype(int) - colour).max(axis=1).min() <= 2
    assert (np.abs(table[:255, :3].astype(int) - (1, 3, 4)).max(axis=1) < 5).sum() >= 1
