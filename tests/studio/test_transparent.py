from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import engine
from cli import main
from engine.errors import InputError
from scenes.parts.theme import THEMES, rgb
from studio.alpha import AlphaEncoder, straight
from studio.cache import Cache
from studio.forms import need_ground
from studio.frames import frames_at
from studio.matte import bled, with_alpha
from studio.pace import beats
from studio.picture import Picture
from studio.render import render
from tests.studio.forms.moving import Silent, decoded, film
from tests.studio.test_encoder import drawing, whole

MAGENTA = (255, 0, 255)
SMALL = ["render", "conv1d", "--input", "[1,2]", "--weight", "[1]", "-q", "480p", "--fps", "5", "--seconds", "8", "--jobs", "1"]


def over(pixels: np.ndarray, ground: tuple[int, int, int]) -> np.ndarray:
    """Straight colours laid over a ground."""
    share = pixels[..., 3:] / 255
    return pixels[..., :3] * share + np.array(ground) * (1 - share)


@given(st.integers(0, 255), st.integers(0, 255))
@settings(derandomize=True, max_examples=300)
def test_straight_colours(colour: int, alpha: int) -> None:
    """What is premultiplied, taken back and multiplied again is what it was."""
    value = round(colour * alpha / 255)
    (found,) = straight(np.array([[[value, 0, value, alpha]]], dtype=np.uint8))[0]
    assert found[3] == alpha
    assert abs(int(found[0]) * alpha / 255 - value) <= 0.51
    assert found[0] == found[2]
    assert found[1] == 0


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_over_its_own_ground_it_is_the_opaque_film(theme: str) -> None:
    """At soft edges too: no fringes, dark or light."""
    made = film(theme)
    wanted = [mark.after - 1 for mark in made.script.marks]
    ground = rgb(THEMES[theme].ground)
    for (_, clear), (_, opaque) in zip(frames_at(made.alpha, wanted), frames_at(made.path, wanted), strict=True):
        seen = over(clear, ground)
        # What is between them is H.264's, with colours of half the size.
        assert np.abs(seen.mean(axis=-1) - opaque.mean(axis=-1)).mean() < 1.5
        assert np.percentile(np.abs(seen - opaque), 99.5) < 40
        assert clear[3, 3].tolist() == [0, 0, 0, 0]
        assert 0.01 < (clear[..., 3] == 255).mean() < 0.5
        soft = (clear[..., 3] > 0) & (clear[..., 3] < 255)
        assert soft.mean() > 0.005


def test_soft_edges_have_the_colour_of_what_they_belong_to() -> None:
    """Laid over magenta, an edge lies between magenta and its colour: white letters have no grey in their edges."""
    made = film("dark")
    ((_, pixels),) = frames_at(made.alpha, [made.script.marks[0].after - 1])
    title = pixels[:40, :220]  # where nothing but the title in the colour of ink is
    soft = (title[..., 3] > 20) & (title[..., 3] < 255)
    assert soft.sum() > 100
    ink = np.array(rgb(THEMES["dark"].ink))
    assert np.abs(title[soft][:, :3].astype(int) - ink).max() <= 8
    shares = title[soft][:, 3:] / 255
    assert np.abs(over(title, MAGENTA)[soft] - (ink * shares + np.array(MAGENTA) * (1 - shares))).max() <= 3


@pytest.mark.parametrize("form", ["yuva420p", "yuva444p10le"])
def test_codecs_get_alpha_as_it_is_and_colours_beyond_the_edges(form: str) -> None:
    made = film("light")
    with av.open(str(made.alpha)) as container:
        frame = next(container.decode(video=0))
    pixels = frame.to_ndarray(format="rgba")
    found = with_alpha(frame, form)
    deep = form.endswith("10le")
    alpha = np.frombuffer(found.planes[3], np.uint16 if deep else np.uint8).reshape(480, -1)[:, :854]
    assert np.array_equal(alpha >> 2 if deep else alpha, pixels[..., 3])
    around = bled(pixels)
    assert np.array_equal(around[pixels[..., 3] > 0], pixels[pixels[..., 3] > 0])
    edge = np.zeros_like(pixels[..., 3], dtype=bool)
    edge[:, 1:] = (pixels[:, 1:, 3] == 0) & (pixels[:, :-1, 3] == 255)
    assert edge.sum() > 20
    assert (around[edge][:, 3] > 0).all()


def test_takes_stand_by_themselves_and_repeats_cost_nothing() -> None:
    encoder = AlphaEncoder(64, 48, 30)
    runs = [[(drawing(1), 3), (drawing(2), 1)], [(drawing(2), 40)], [(drawing(3), 1)]]
    made = [encoder.run([whole(pixels, frames) for pixels, frames in run]) for run in runs]
    assert made == [AlphaEncoder(64, 48, 30).run([whole(pixels, frames) for pixels, frames in run]) for run in runs]
    assert [len(take) for take in made] == [4, 40, 1]
    assert sum(map(len, made[1][1:])) < 400
    for take, run in zip(made, runs, strict=True):
        context: Any = av.CodecContext.create("qtrle", "r")
        context.width, context.height, context.bits_per_coded_sample = 64, 48, 32
        shown = [frame.to_ndarray(format="rgba") for data in take for frame in context.decode(av.Packet(data))]
        wanted = [pixels for pixels, frames in run for _ in range(frames)]
        assert len(shown) == len(wanted)
        assert all(np.array_equal(one, other) for one, other in zip(shown, wanted, strict=True))


def test_only_what_has_changed_is_converted() -> None:
    encoder, pixels = AlphaEncoder(64, 48, 30), drawing(1)
    later = pixels.copy()
    later[10:20, 30:40] = 77
    later[..., 3] = 255
    found = encoder.run([whole(pixels), (later, [(30, 10, 40, 20)], 1)])
    assert found == AlphaEncoder(64, 48, 30).run([whole(pixels), whole(later)])
    assert len(found[1]) < len(found[0]) / 2


def test_takes_are_kept_apart(tmp_path: Path) -> None:
    """A cache that has the opaque ones serves no transparent film, and the other way round."""
    trace = engine.conv1d([1, 2], [1])
    planned = beats(trace, detail=0, seconds=8, fps=5)
    picture, cache = Picture.of("480p", 5, "dark"), Cache(tmp_path / "cache", 10**9)
    clear = replace(picture, transparent=True)
    made = render(trace, planned, picture, tmp_path / "a", Silent(), to=["mp4"], jobs=1, cache=cache)
    count = cache.usage()[0]
    render(trace, planned, clear, tmp_path / "b", Silent(), to=["png", "vtt"], jobs=1, cache=cache)
    assert cache.usage()[0] == 2 * count
    again = render(trace, planned, clear, tmp_path / "c", Silent(), to=["mp4", "png"], jobs=1, cache=cache)
    assert cache.usage()[0] == 2 * count
    assert [path.name for path in again] == ["c.mp4", "c.png"]
    for one, other in zip(decoded(made[0]), decoded(again[0]), strict=True):
        assert np.array_equal(one.to_ndarray(), other.to_ndarray())
    with Image.open(tmp_path / "b.png") as one, Image.open(tmp_path / "c.png") as other:
        assert one.mode == other.mode == "RGBA"
        assert one.tobytes() == other.tobytes()


def test_which_forms_need_the_ground() -> None:
    assert need_ground(["webm", "mp4"])
    assert need_ground(["gif"])
    assert not need_ground(["webm", "vtt", "mov", "png"])


def test_refusals(tmp_path: Path) -> None:
    trace = engine.conv1d([1, 2], [1])
    planned, picture = beats(trace, detail=0, seconds=8, fps=5), Picture.of("480p", 5, "dark", transparent=True)
    with pytest.raises(InputError, match=r"none of mp4, vtt can be transparent; choose among .*mov, png"):
        render(trace, planned, picture, tmp_path / "a", Silent(), jobs=1)
    result = CliRunner().invoke(main, [*SMALL, "--transparent", "-o", str(tmp_path / "a.gif")])
    assert result.exit_code == 2
    assert "Error: --transparent is given, but none of gif can be transparent; choose among" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_from_the_command_line(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [*SMALL, "--transparent", "-o", str(tmp_path / "a"), "--to", "webm,mov,mp4"])
    assert result.exit_code == 0, result.output
    assert {file.name for file in tmp_path.iterdir()} == {"a.webm", "a.mov", "a.mp4"}
    with av.open(str(tmp_path / "a.mov")) as container:
        assert container.streams.video[0].codec_context.name == "prores"
    with av.open(str(tmp_path / "a.webm")) as container:
        assert container.streams.video[0].metadata["alpha_mode"] == "1"
