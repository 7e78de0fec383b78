"""Lines never cross text: in every concept at a small, a middle and a large size, and what the lint takes for a line through a text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from engine.catalogue import find, single
from scenes.conv2d import Conv2d
from scenes.parts.cast import scene_class
from scenes.parts.ink import Box, Letters, Line, Mark, boxes, lines
from scenes.parts.passage import MovingLines
from scenes.parts.theme import THEMES
from scenes.parts.travel import Travelling
from scenes.parts.window import Window
from scenes.recurrence.units import arrowhead
from tests.scenes.grown import SIZES, grown, grows
from tests.scenes.lint import family, findings
from tests.scenes.showing import every_kind
from tests.scenes.strokes import Strokes

DARK = THEMES["dark"]
WORD = Line("word", 40.0, 0.0, 0.0)


@pytest.mark.parametrize("size", [size for size, times in SIZES.items() if times > 1])
@pytest.mark.parametrize("name", [name for name in single() if grows(find(name))])
def test_every_concept_grown(name: str, size: str) -> None:
    trace = grown(name, size)
    assert findings(scene_class(name), trace, every_kind(trace, 30)) == []


def test_an_example_grows_along_its_axes() -> None:
    small, middle = grown("linear", "small"), grown("linear", "middle")
    assert {path: tuple(3 * n for n in tensor.shape) for path, tensor in small.inputs.items()} == {
        path: tuple(tensor.shape) for path, tensor in middle.inputs.items()
    }
    assert not grows(find("backprop"))  # its size is that of its expression, not of its numbers


@pytest.mark.parametrize("behind", [True, False])
def test_a_line_through_a_text_of_a_picture_is_found(behind: bool) -> None:
    """Be it in the layer that stays, behind what may change and behind coloured cells, or in front of all."""

    class Struck(Conv2d):
        def place(self, still: Any, live: Any) -> None:
            x0, y0, x1, y1 = self.output.label.line.box
            self.struck = stroke(lines([((x0 - 0.1, (y0 + y1) / 2), (x1 + 0.1, (y0 + y1) / 2))]))
            super().place([*[self.struck] * behind, *still], [*live, *[self.struck] * (not behind)])

    for size in ("small", "large"):
        trace = grown("conv2d", size)
        beats = every_kind(trace, 30)[:2]
        found = findings(Struck, trace, beats)
        assert found
        assert all(": Struck.struck runs through 'output" in one for one in found)
        assert findings(Conv2d, trace, beats) == []


def crossing(*marks: Any, rests: bool = True) -> list[str]:
    return [line.text for _, line in Strokes().crossing(family([*marks]), rests)]


def stroke(points: np.ndarray, kind: type[Mark] = Mark, width: float = 2.0) -> Mark:
    return kind(DARK.line, stroke=width).draw(points)


def text(kind: type[Letters] = Letters, **options: Any) -> Letters:
    return kind(DARK.ink, **options).write_lines([WORD])


def around(by: float) -> Box:
    x0, y0, x1, y1 = WORD.box
    return x0 - by, y0 - by, x1 + by, y1 + by


ACROSS = lines([((-3.0, -1.0), (3.0, 1.0))])
BENT = np.array([[-3.0, 2, 0], [-1, -0.7, 0], [1, -0.7, 0], [3, 2, 0]])


@pytest.mark.parametrize("points", [ACROSS, BENT, arrowhead((0.0, 3.0), (0.0, 0.0)), boxes([(0.0, -1.0, 3.0, 1.0)])], ids=len)
def test_lines_curves_arrows_and_sides_cross(points: np.ndarray) -> None:
    assert crossing(stroke(points), text()) == ["word"]
    assert crossing(text(), stroke(points)) == ["word"]


@pytest.mark.parametrize(("by", "width", "crossed"), [(0.1, 2.0, False), (0.1, 40.0, True), (-0.05, 2.0, True)])
def test_a_frame_around_a_text_does_not_cross_it_unless_it_is_thick(by: float, width: float, crossed: bool) -> None:
    assert crossing(text(), stroke(boxes([around(by)]), width=width)) == ["word"] * crossed


def test_a_thick_line_ends_where_its_curve_does() -> None:
    top = WORD.box[3]
    assert crossing(stroke(lines([((0.0, top + 1), (0.0, top + 0.02))]), width=40.0), text()) == []
    assert crossing(stroke(lines([((-3.0, top + 0.1), (3.0, top + 0.1))]), width=40.0), text()) == ["word"]


def test_a_halo_and_a_plate_keep_off_what_is_behind_them_alone() -> None:
    halo, plate = text(halo=DARK.ground), Mark(DARK.ground, fill=1.0).draw(boxes([around(0.05)]))
    assert crossing(stroke(ACROSS), halo) == []
    assert crossing(halo, stroke(ACROSS)) == ["word"]
    assert crossing(stroke(ACROSS), plate, text()) == []
    assert crossing(plate, stroke(ACROSS), text()) == ["word"]
    assert crossing(stroke(ACROSS), Mark(DARK.ground, fill=0.5).draw(boxes([around(0.05)])), text()) == ["word"]


def test_fillings_cross_but_not_tints() -> None:
    half = boxes([(0.0, -1.0, 3.0, 1.0)])
    assert crossing(Mark(DARK.output, fill=1.0).draw(half), text()) == ["word"]
    assert crossing(Mark(DARK.output, fill=0.3).draw(half), text()) == []


def test_what_is_on_its_way_passes_over_things() -> None:
    assert crossing(text(Travelling), stroke(ACROSS)) == []
    assert crossing(text(), stroke(ACROSS, MovingLines)) == []


def test_a_window_glides_over_digits_and_rests_around_them() -> None:
    window, digits, looked = Window(DARK), text(), Strokes()

    def seen(rests: bool) -> list[str]:
        return [line.text for _, line in looked.crossing(family([digits, window]), rests)]

    window.put((0.0, -1.0, 3.0, 1.0))
    assert seen(rests=False) == []  # it has just come here
    assert seen(rests=False) == ["word", "word"]  # it stays
    window.put((0.1, -1.0, 3.0, 1.0))
    assert seen(rests=False) == []
    assert seen(rests=True) == ["word", "word"]
    window.put(around(0.2))
    assert seen(rests=True) == []
