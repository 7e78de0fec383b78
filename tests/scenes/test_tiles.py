"""All planes of a tensor side by side."""

from __future__ import annotations

import numpy as np
import pytest
from manim import tempconfig

from scenes.parts.arrange import Spot
from scenes.parts.general import General
from scenes.parts.places import END, START
from scenes.parts.theme import THEMES
from scenes.parts.tiles import Tiles, tiled_shape, tiles_across
from tests.scenes.coded import STAND_INS
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, every_kind, opened
from tests.scenes.walk import opened_with_ends, trace_of

VALUES = np.arange(1.0, 61).reshape(5, 3, 4)


def tiles(*, digits: bool) -> Tiles:
    return Tiles("output", VALUES, Spot(0.0, 0.0, (0.5, 0.5), digits, 3.0), "output", THEMES["dark"])


def test_planes_stand_side_by_side_as_large_as_they_can() -> None:
    assert tiles_across(VALUES.shape) == 3
    assert tiled_shape(VALUES.shape) == (2 * 3 + 1, 3 * 4 + 2)
    assert tiled_shape((16, 48, 24)) == (2 * 48 + 5, 8 * 24 + 7 * 5)


def test_every_number_is_in_its_own_place() -> None:
    sheet = tiles(digits=True)
    sheet.show(60)
    for cell, value in np.ndenumerate(VALUES):
        line = sheet.line(cell, "")
        (found,) = [one for one in sheet.digits.lines if (one.x, one.y) == (line.x, line.y)]
        assert found.text == f"{value:g}"
    boxes = [sheet.span([(plane, 0, 0), (plane, 2, 3)]) for plane in range(5)]
    assert len({*boxes}) == 5
    assert {round(box[2] - box[0], 6) for box in boxes} == {2.0}
    assert sheet.label.line.text == "output[0 … 4]"


def test_what_is_not_known_is_hatched_and_nothing_is_between_tiles() -> None:
    sheet = tiles(digits=False)
    sheet.show(13)
    assert int((sheet.raster.pixel_array[..., 3] > 0).sum()) == 13
    assert sheet.hatched(sheet.shown[1]).sum() == 47
    patches = sheet.standing.patches
    assert [patch.first for patch in patches] == [0, 12, 24, 36, 48]
    assert all((patch.colours == sheet.tints(VALUES[plane])).all() for plane, patch in enumerate(patches))


def test_a_clip_of_many_planes_ends_with_all_of_them() -> None:
    trace = STAND_INS["relu 2x3x4x4"]()
    with tempconfig(SETTINGS):
        assert findings(General, trace, every_kind(trace)[-1:]) == []
        scene = opened(General, trace, every_kind(trace))
        scene.timeline(scene.beats[-1]).interpolate(1.0)
        (values, known), output = scene.here["output"].shown, trace.outputs["output"].numpy()
    assert scene.standing == END
    assert sorted(values[known]) == sorted(output.ravel())


@pytest.mark.parametrize("size", ["middle", "large"])
def test_names_are_whole_where_more_shelves_make_room_for_them(size: str) -> None:
    with tempconfig(SETTINGS):
        scene = opened_with_ends(trace_of("group_norm_backward", size))
        scene.timeline(scene.beats[0]).interpolate(1.0)
    assert scene.standing == START
    assert {sheet.label.line.text for sheet in scene.here.values()} >= {"grad_output[0]", "deviation[0, 0]", "normalized[0, 0]"}
