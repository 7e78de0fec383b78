"""Colours can be told apart by every eye, zero is the ground, and what is not known yet is neither."""

from __future__ import annotations

from itertools import combinations

import colorspacious
import numpy as np
import pytest
import torch
from manim import tempconfig

from engine import max_pool2d
from engine.catalogue import single
from scenes.parts.frame import STAGE
from scenes.parts.grid import Grid
from scenes.parts.heading import Heading
from scenes.parts.ink import PX
from scenes.parts.plane import Plane
from scenes.parts.raster import Raster, cell_colours
from scenes.parts.theme import ROLES, THEMES, Theme, contrast, rgb
from scenes.parts.window import Frames, Window
from tests.scenes.lint import family
from tests.scenes.showing import SETTINGS
from tests.scenes.walk import READABLE, grids, opened_with_ends, trace_of
from tests.scenes.wordless import faint

#: What each eye sees, in the words of colorspacious (Machado, Oliveira and Fernandes, 2009).
SIGHTS = {"normal": "", "protan": "protanomaly", "deutan": "deuteranomaly", "tritan": "tritanomaly"}
#: In CAM02-UCS.
LEAST_DISTANCE = 10.0
#: What need not have a colour of its own, for it is told from all others by more.
MARKED = {"reading": "a heavy frame with a line around it"}
#: Of these zero is looked at in every theme; elsewhere the same code colours cells.
IN_ALL_THEMES = ("conv2d", "linear", "attention", "lstm")
THEMED = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)


def seen(colour: str, sight: str) -> np.ndarray:
    """Where a colour is in CAM02-UCS for an eye."""
    light = np.array(rgb(colour)) / 255
    if SIGHTS[sight]:
        eye = {"name": "sRGB1+CVD", "cvd_type": SIGHTS[sight], "severity": 100}
        light = np.clip(colorspacious.cspace_convert(light, eye, "sRGB1"), 0, 1)
    return colorspacious.cspace_convert(light, "sRGB1", "CAM02-UCS")


@pytest.mark.parametrize("sight", SIGHTS)
@THEMED
def test_every_role_is_told_from_every_other_one(theme: Theme, sight: str) -> None:
    """So is the side of a scale below zero."""
    found = {role: seen(getattr(theme, role), sight) for role in (*ROLES, "negative") if role not in MARKED}
    near = {f"{a} and {b}": round(float(np.linalg.norm(found[a] - found[b])), 1) for a, b in combinations(found, 2)}
    assert {pair: distance for pair, distance in near.items() if distance < LEAST_DISTANCE} == {}


def test_distances_are_those_of_the_literature() -> None:
    """Black and white, and two colours that differ for no deuteranope."""
    assert np.linalg.norm(seen("#FFFFFF", "normal") - seen("#000000", "normal")) == pytest.approx(100, abs=0.5)
    red, green = "#A00000", "#4E4E00"
    assert (
        np.linalg.norm(seen(red, "normal") - seen(green, "normal")) > 20 > 8 > np.linalg.norm(seen(red, "deutan") - seen(green, "deutan"))
    )


@THEMED
def test_roles_have_the_hues_of_their_names(theme: Theme) -> None:
    """Blue is blue: hues are those of Okabe and Ito's palette, within a sixth of the circle."""
    named = {"input": "#56B4E9", "weight": "#E69F00", "output": "#009E73", "gradient": "#D55E00", "query": "#F0E442", "key": "#0072B2"}
    for role, colour in {**named, "value": "#CC79A7"}.items():
        (_, a, b), (_, x, y) = seen(getattr(theme, role), "normal"), seen(colour, "normal")
        away = np.degrees(np.angle(complex(a, b) / complex(x, y)))
        assert abs(away) < 45, f"{role} is {away:.0f}° from its hue"


@THEMED
def test_text_stands_out_from_the_ground(theme: Theme) -> None:
    assert min(contrast(getattr(theme, role), theme.ground) for role in (*ROLES, "ink", "muted")) >= 4.5


@pytest.mark.parametrize("name", single())
def test_every_text_stands_out_in_light(name: str) -> None:
    """What is printed has the same colours on a lighter ground."""
    with tempconfig({**SETTINGS, **READABLE}):
        scene = opened_with_ends(trace_of(name, "small"), "light")
        for beat in scene.beats:
            scene.timeline(beat).interpolate(1.0)
            assert faint(scene) == [], beat.name


def test_a_text_on_a_level_as_strong_as_itself_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests above are worth."""
    monkeypatch.setattr("scenes.parts.levels.LEVEL", 0.6)
    with tempconfig({**SETTINGS, **READABLE}):
        scene = opened_with_ends(trace_of("softmax_backward", "small"))
        scene.timeline(scene.beats[-1]).interpolate(1.0)
        assert faint(scene)


@THEMED
def test_what_is_read_is_framed_by_more_than_a_colour(theme: Theme) -> None:
    for framed in (Window(theme), Frames(theme)):
        assert framed.casing.get_stroke_width() >= framed.frame.get_stroke_width() + 4 >= 9
        assert contrast(theme.casing, theme.reading) >= 4.5


@THEMED
@pytest.mark.parametrize("role", ROLES)
def test_zero_is_the_ground_on_every_scale(theme: Theme, role: str) -> None:
    colours = cell_colours(np.array([[-2.0, -1.0, 0.0, 1.0, 2.0]]), theme, role, picture=False, limit=2.0)[0, :, :3].astype(int)
    ends = [np.array(rgb(colour)) for colour in (theme.negative, theme.ground, getattr(theme, role))]
    assert (colours[::2] == ends).all()
    assert (np.abs(2 * colours[1::2] - [ends[0] + ends[1], ends[1] + ends[2]]) <= 1).all()


@pytest.mark.parametrize("name", single())
def test_cells_at_zero_have_the_colour_of_the_ground_on_the_frame(name: str) -> None:
    """What is not known yet is hatched, what is known is not."""
    trace = trace_of(name, "large") if name != "backprop" else trace_of(name, "small")
    for theme in THEMES.values() if name in IN_ALL_THEMES else [THEMES["dark"]]:
        with tempconfig({**SETTINGS, "pixel_width": 960, "pixel_height": 540}):
            scene = opened_with_ends(trace, theme.name)
            for beat in (scene.beats[0], scene.beats[-1]):
                scene.timeline(beat).interpolate(1.0)
                coloured = [mark for mark in family(scene.mobjects) if isinstance(mark, Grid) and not mark.has_digits and mark.shown]
                pixels = scene.camera.see([scene.still], [scene.live]) if coloured else np.zeros(0)
                for mark in coloured:
                    assert bool(len(mark.hatch.points)) == bool(mark.hatched(mark.shown[1]).any())
                    zeros = np.argwhere(mark.shown[1] & (mark.shown[0] == 0)) if not mark.is_picture else np.zeros((0, 2), dtype=int)
                    assert (mark.raster.pixel_array[zeros[:, 0], zeros[:, 1]] == (*rgb(theme.ground), 255)).all()
                    # Smaller ones have no middle of their own on the frame.
                    found = {pixel(pixels, *mark.centre(*cell)) for cell in zeros.tolist() if min(mark.cell) >= 8 * PX}
                    assert found <= {rgb(theme.ground)}


def pixel(pixels: np.ndarray, x: float, y: float) -> tuple[int, ...]:
    """The colour of a point of the stage."""
    height, width, _ = pixels.shape
    across = width / (128 / 9)
    return tuple(pixels[int(height / 2 - y * across), int(width / 2 + x * across), :3].tolist())


def test_a_pooled_picture_is_a_picture_on_the_scale_of_its_input() -> None:
    image = torch.linspace(0, 1, 100 * 100, dtype=torch.float64).reshape(100, 100) ** 2
    trace = max_pool2d(image, 2)
    with tempconfig(SETTINGS):
        scene = opened_with_ends(trace)
        scene.timeline(scene.beats[-1]).interpolate(1.0)
        for mark, values in ((scene.lenses[0].plane, image), (scene.output, trace.outputs["output"])):
            assert mark.is_picture
            assert (mark.raster.pixel_array[..., 0] == np.rint(values.reshape(mark.values.shape).numpy() * 255)).all()
        assert scene.glass.is_picture


def test_what_comes_of_no_picture_is_none() -> None:
    values, room = np.linspace(0, 1, 400).reshape(20, 20), STAGE
    counts = Plane(values * 9, room, Heading("x", "input"), THEMES["dark"])
    assert not Plane(values, room, Heading("y", "output"), THEMES["dark"], made_of=counts).is_picture
    assert not Plane(values * 300, room, Heading("y", "output"), THEMES["dark"]).is_picture


@pytest.mark.parametrize(("low", "texts"), [(0.0, ["0", "9"]), (-1.0, ["−9", "9"])])
def test_a_scale_shows_the_sides_that_there_are(low: float, texts: list[str]) -> None:
    values = np.linspace(low, 9, 70 * 70).reshape(70, 70)
    made = Plane(values, STAGE, Heading("x", "input"), THEMES["light"])
    bar, _, *ends = made.ground[-1].submobjects
    assert [end.line.text for end in ends] == texts
    assert isinstance(bar, Raster)
    assert (tuple(bar.pixel_array[0, 0, :3]) == rgb(THEMES["light"].ground)) == (low == 0.0)


def test_grids_that_are_walked_are_those_with_something_in_them() -> None:
    with tempconfig(SETTINGS):
        scene = opened_with_ends(trace_of("conv2d", "small"))
        scene.timeline(scene.beats[0]).interpolate(1.0)
        assert scene.output not in grids(scene)
        assert scene.lenses[0].plane in grids(scene)
