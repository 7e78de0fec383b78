"""The frame as pixels, against Manim's own camera, against arithmetic, and against a canvas that starts afresh."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from manim import Annulus, Arc, Camera, Circle, Dot, ManimColor, Mobject, Square, VGroup

from scenes.parts.canvas import MOST_RECTANGLES, Canvas, Rectangle, merged
from scenes.parts.display import Watch
from scenes.parts.ink import Box, Ink, Letters, Line, Mark, boxes, dashes, lines
from scenes.parts.press import SERIF
from scenes.parts.raster import Raster

#: Of the whole frame, in Manim's units.
FRAME = (8 * 16 / 9, 8.0)
#: A frame of 192 x 108 px that is a corner of a larger one, with 60 px to a unit.
SMALL, CORNER = (192, 108), (3.2, 1.8)
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
#: Cairo takes fifteen samples down a pixel; which of them an edge covers may differ by one with what else is in the row.
SAMPLE = 17


def items(*marks: Mobject) -> Any:
    return Watch().items(marks)


def fresh(
    live: Sequence[Mobject],
    still: Sequence[Mobject] = (),
    *,
    size: tuple[int, int] = SMALL,
    units: tuple[float, float] = CORNER,
    ground: str = "#000000",
) -> np.ndarray:
    """Drawn by a canvas that drew nothing before."""
    canvas = Canvas(*size, units, ground)
    assert canvas.show(items(*still), items(*live)) == [(0, 0, *size)]
    return canvas.pixels


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """By pixel, the largest of its channels."""
    assert a.shape == b.shape
    return np.abs(a.astype(int) - b.astype(int)).max(axis=2)


# --- Manim's own picture -----------------------------------------------------------------------------------------------------------------


def manims(marks: Sequence[Mobject], size: tuple[int, int], units: tuple[float, float], ground: str) -> np.ndarray:
    """What Manim draws."""
    camera = Camera(pixel_width=size[0], pixel_height=size[1], background_color=ManimColor(ground))
    # It would make pixels square.
    camera.frame_width, camera.frame_height = units
    camera.reset()
    camera.capture_mobjects(marks)
    return camera.pixel_array


def texts() -> list[Mobject]:
    return [
        Ink("Quick 4.25 −1e−5 {∞}", 40.0, "#F2F4F8").put(0.2, 0.1),
        Ink("serif, softly", 24.0, "#FF6B3D", font=SERIF, align=-1).put(-1.5, -0.6),
        Ink("sum_(i <= k) x_i / 2 sqrt(3)", 30.0, "#56B4E9", math=True).put(0.4, 0.6),
        Letters("#E69F00").write_lines([Line(str(k), 8.0 + 7 * k, -1.4 + k * 0.6, 0.5) for k in range(5)]),
    ]


def rectangles() -> list[Mobject]:
    return [
        Mark("#E69F00", stroke=3.0).draw(boxes([(-1.203, -0.7, 1.1, 0.651), (-0.3, -0.2, 0.301, 0.2)])),
        Mark("#1FC394", fill=1.0).draw(boxes([(0.5, -0.55, 1.23, 0.05)])),
        Mark("#8E44AD", fill=0.2, stroke=9.0, opacity=0.5).draw(boxes([(-1.5, 0.1, 0.7, 0.8)])),
    ]


def strokes() -> list[Mobject]:
    return [
        Mark("#FFFFFF", stroke=2.0).draw(lines([((-1.5, 0.3), (1.5, 0.3)), ((0.0, -0.9), (0.0, 0.9)), ((-1.0, -0.8), (1.3, 0.7))])),
        Mark("#F0E442", stroke=5.0, opacity=0.5).draw(lines([((-1.0, 0.8), (1.0, -0.8)), ((-1.0, -0.1), (1.0, 0.12))])),
        Mark("#4A5362", stroke=0.5).draw(lines(dashes((-1.5, -0.5), (1.5, 0.4)))),
    ]


def halos() -> list[Mobject]:
    return [
        *strokes(),
        Letters("#56B4E9", halo="#0E1116").write_lines([Line("0571", 50.0, 0.0, 0.0), Line("−1", 24.0, -1.0, 0.5)]),
        Mark("#E69F00", fill=1.0, stroke=2.0).draw(boxes([(0.9, 0.2, 1.4, 0.6)])).set_stroke("#FF0000", 14.0, 0.7, background=True),
    ]


def through_each_other() -> list[Mobject]:
    return [
        Mark("#FF0000", fill=0.5).draw(boxes([(-1.2, -0.7, 0.4, 0.4)])),
        Mark("#00FF00", fill=0.3).draw(boxes([(-0.5, -0.3, 1.2, 0.7)])),
        Letters("#0000FF").write_lines([Line("000", 70.0, 0.0, 0.0)]).set_fill(opacity=0.4),
        Mark("#FFFFFF", fill=0.7).draw(boxes([(-0.2, -0.8, 0.2, 0.8), (0.0, -0.1, 1.0, 0.3)])),
    ]


def manims_own() -> list[Mobject]:
    return [
        Annulus(0.3, 0.6, color="#56B4E9", fill_opacity=0.8).shift([0.6, 0.0, 0.0]),
        Circle(0.5, color="#E69F00", stroke_width=6.0).shift([-0.5, 0.2, 0.0]),
        VGroup(
            Square(0.8, color="#F0E442", fill_opacity=0.5).rotate(0.3), VGroup(Dot([0.3, 0.3, 0.0]), Arc(0.7, 0.2, 2.0, color="#FFFFFF"))
        ),
    ]


def beyond_the_frame() -> list[Mobject]:
    return [
        Mark("#E69F00", fill=0.5, stroke=5.0).draw(boxes([(-20.0, -20.0, 0.3, 0.2), (0.8, -0.2, 30.0, 0.2), (40.0, 40.0, 50.0, 50.0)])),
        Ink("0123456789" * 4, 90.0, "#FFFFFF"),
        Ink("low", 90.0, "#FF0000").put(0.0, -0.9),
    ]


STAGES = [texts, rectangles, strokes, halos, through_each_other, manims_own, beyond_the_frame]


@pytest.mark.parametrize("ground", ["#0E1116", "#FBFBF8"])
@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_the_picture_is_the_one_that_manim_draws(stage: Any, ground: str) -> None:
    shown = [((192, 108), CORNER), ((160, 90), FRAME), ((384, 216), CORNER), ((192, 108), (3.0, 1.8)), ((854, 480), FRAME)]
    for size, units in shown:
        expected = manims(stage(), size, units, ground)
        assert difference(fresh(stage(), size=size, units=units, ground=ground), expected).max() <= 1
        assert difference(expected, manims([], size, units, ground)).max() > 60


def test_all_that_lies_one_above_the_other() -> None:
    marks = [mark for stage in STAGES for mark in stage()]
    half = len(marks) // 2
    expected = manims(marks, SMALL, CORNER, "#0E1116")
    assert difference(fresh(marks, ground="#0E1116"), expected).max() <= 1
    assert difference(fresh(marks[half:], marks[:half], ground="#0E1116"), expected).max() <= 1
    assert difference(fresh(marks[::-1], ground="#0E1116"), expected).max() > 60


def test_a_pixel_is_red_green_blue_and_opaque() -> None:
    marks = [*texts(), *halos(), *through_each_other(), Mark("#123456", fill=1.0).draw(boxes([(-1.6, -0.9, -1.5, -0.8)]))]
    pixels = fresh(marks, ground="#FEDCBA")
    assert pixels.shape == (108, 192, 4)
    assert pixels.dtype == np.uint8
    assert pixels[0, 0].tolist() == [0xFE, 0xDC, 0xBA, 255]
    assert pixels[-1, 0].tolist() == [0x12, 0x34, 0x56, 255]
    assert (pixels[..., 3] == 255).all()


def test_half_of_a_colour() -> None:
    """Worked out by hand: 0.25 of (240, 80, 40) over (40, 160, 200)."""
    pixels = fresh([Mark("#F05028", fill=0.25).draw(boxes([(-1, -0.5, 1, 0.5)]))], ground="#28A0C8")
    assert difference(pixels[54:55, 96:97, :3], np.array([[[90, 140, 160]]])).max() <= 1


# --- pixels that are not quite square ----------------------------------------------------------------------------------------------------


def placed(left: float, top: float, right: float, bottom: float, size: tuple[int, int], units: tuple[float, float]) -> Box:
    """A box in Manim's units, by its sides in px from the frame's left upper corner."""
    (width, height), (across, down) = size, units
    return (left / width - 0.5) * across, (0.5 - bottom / height) * down, (right / width - 0.5) * across, (0.5 - top / height) * down


@pytest.mark.parametrize(
    ("size", "units"), [((854, 480), FRAME), ((1280, 720), FRAME), ((320, 180), FRAME), ((320, 180), (8.0, 9.0))], ids=str
)
@pytest.mark.parametrize("ends", [(0, 0, 10, 6), (101, 57, 222, 133), (300, 170, 320, 180)])
def test_every_pixel_is_where_it_belongs(size: tuple[int, int], units: tuple[float, float], ends: Rectangle) -> None:
    left, top, right, bottom = ends
    expected = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    expected[top:bottom, left:right] = GREEN
    box = placed(*ends, size, units)
    cells = np.full((3, 4, 4), (*GREEN, 255), dtype=np.uint8)
    for mark in (Mark("#00FF00", fill=1.0).draw(boxes([box])), Raster(cells, box)):
        assert difference(fresh([mark], size=size, units=units)[..., :3], expected).max() <= 1
        canvas = Canvas(*size, units, "#000000")
        canvas.show([], [])
        (found,) = canvas.show([], items(mark))
        assert held(ends, [found])
        assert held(found, [(left - 4, top - 4, right + 4, bottom + 4)])
        assert difference(canvas.pixels[..., :3], expected).max() <= 1


# --- coloured cells ----------------------------------------------------------------------------------------------------------------------

TEN = (19.2, 10.8)  # units of a small frame with 10 px to a unit


def marked(rows: int, columns: int) -> np.ndarray:
    """Cells that tell by their colour which they are."""
    pixels = np.full((rows, columns, 4), 255, dtype=np.uint8)
    pixels[..., 0], pixels[..., 1] = (np.arange(rows) + 1)[:, None], np.arange(columns) + 1
    return pixels


def test_cells_have_hard_edges() -> None:
    pixels = marked(3, 4)
    expected = np.zeros((108, 192, 4), dtype=np.uint8)
    expected[..., 3] = 255
    expected[10:40, 20:60] = np.repeat(np.repeat(pixels, 10, axis=0), 10, axis=1)
    box = placed(20, 10, 60, 40, SMALL, TEN)
    assert np.array_equal(fresh([Raster(pixels, box)], units=TEN), expected)
    assert np.array_equal(fresh([], [Raster(pixels, box)], units=TEN), expected)


def places(at: int, low: float, high: float, cells: int) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last of ``cells`` between ``low`` and ``high`` that lie within a pixel of each of ``at`` pixels' middles."""
    middles = np.arange(at) + 0.5
    first, last = (np.floor((middles + off - low) / (high - low) * cells) for off in (-1.001, 1.001))
    return np.clip(first, -1, cells), np.clip(last, -1, cells)


near = st.floats(-40, 180)
extent = st.floats(0.6, 150)


@settings(max_examples=150, derandomize=True)
@given(st.integers(1, 9), st.integers(1, 9), near, st.floats(-40, 100), extent, extent)
@example(9, 9, 20.5, 10.5, 3.0, 2.0)
@example(2, 2, -39.0, -30.0, 300.0, 200.0)
def test_every_cell_is_where_it_belongs(rows: int, columns: int, left: float, top: float, width: float, height: float) -> None:
    """To the next pixel; and no pixel is a mixture."""
    box = placed(left, top, left + width, top + height, SMALL, TEN)
    pixels = fresh([Raster(marked(rows, columns), box)], units=TEN).astype(int)
    row, column, seen = pixels[..., 0] - 1, pixels[..., 1] - 1, pixels[..., 2] == 255
    assert (seen | (pixels[..., :3] == 0).all(axis=2)).all()
    (upper, lower), (first, last) = places(108, top, top + height, rows), places(192, left, left + width, columns)
    upper, lower = upper[:, None], lower[:, None]
    inside = (upper <= row) & (row <= lower) & (first <= column) & (column <= last)
    free = (upper < 0) | (lower >= rows) | (first < 0) | (last >= columns)
    assert np.where(seen, inside, free).all()


def test_cells_that_cannot_be_seen_leave_what_is_behind() -> None:
    pixels = marked(2, 4)
    pixels[0, 1] = pixels[1, 2] = pixels[1, 3] = 0
    behind = Mark("#0000FF", fill=1.0).draw(boxes([placed(40, 30, 100, 90, SMALL, TEN)]))
    raster = Raster(pixels, placed(20, 20, 100, 60, SMALL, TEN))
    found = fresh([behind, raster], units=TEN)
    without = fresh([behind], units=TEN)
    clear = np.kron(pixels[..., 3] == 0, np.ones((20, 20), dtype=bool))
    assert np.array_equal(found[20:60, 20:100][clear], without[20:60, 20:100][clear])
    assert found[25, 50, :3].tolist() == [0, 0, 0]
    assert found[35, 50, :3].tolist() == [*BLUE]
    assert np.array_equal(found[20:60, 20:100][~clear], np.repeat(np.repeat(pixels, 20, axis=0), 20, axis=1)[~clear])


def test_a_cell_that_vanishes_leaves_what_is_behind() -> None:
    pixels = marked(2, 4)
    still = Mark("#0000FF", fill=1.0).draw(boxes([placed(40, 30, 100, 90, SMALL, TEN)]))
    raster, watch, canvas = Raster(pixels, placed(21.3, 20, 101.3, 60, SMALL, TEN)), Watch(), Canvas(*SMALL, TEN, "#FFFFFF")
    behind = items(still)
    canvas.show(behind, watch.items([raster]))
    for cell in ((0, 1), (1, 3), (0, 0)):
        pixels = pixels.copy()
        pixels[cell] = 0
        assert canvas.show(behind, watch.items([raster.colour(pixels)])) != []
        assert np.array_equal(canvas.pixels, fresh([raster], [still], units=TEN, ground="#FFFFFF"))


whole_boxes = st.tuples(st.integers(-5, 190), st.integers(-5, 100), st.integers(1, 60), st.integers(1, 60))


@settings(max_examples=60, derandomize=True)
@given(st.tuples(near, st.floats(-40, 100), extent, extent), st.lists(whole_boxes, min_size=2, max_size=5), st.integers(0, 2**16))
def test_rectangles_that_cut_through_cells_leave_no_trace(where: Any, moves: list[Any], seed: int) -> None:
    """A box, whose sides are whole pixels, moves in front of cells of which some change."""
    left, top, width, height = where
    numbers = random.Random(seed)
    raster = Raster(marked(5, 7), placed(left, top, left + width, top + height, SMALL, TEN))
    mark, watch, canvas = Mark("#FFFFFF", fill=1.0), Watch(), Canvas(*SMALL, TEN, "#000000")
    canvas.show([], watch.items([raster, mark]))
    for x, y, w, h in moves:
        mark.draw(boxes([placed(x, y, x + w, y + h, SMALL, TEN)]))
        pixels = raster.pixel_array.copy()
        pixels[numbers.randrange(5), numbers.randrange(7)] = numbers.choice([(0, 0, 0, 0), (200, 100, 50, 255)])
        raster.colour(pixels)
        canvas.show([], watch.items([raster, mark]))
        assert np.array_equal(canvas.pixels, fresh([raster, mark], units=TEN))


# --- one picture after the other ---------------------------------------------------------------------------------------------------------


class Play:
    """A stage on which anything may happen. Its strokes have no sharp corners, and are not much thinner than a pixel."""

    def __init__(self, seed: int) -> None:
        self.numbers = random.Random(seed)
        at = self.numbers.uniform
        self.ground = self.numbers.choice(["#000000", "#FFFFFF"])
        self.still: list[Any] = [Mark("#4A5362", stroke=2.0).draw(lines([((-1.6, at(-1, 1)), (1.6, at(-1, 1))) for _ in range(4)]))]
        self.letters = [Letters(colour, halo=halo) for colour, halo in (("#FFFFFF", None), ("#000000", "#FF00FF"))]
        self.marks = [Mark("#E69F00", fill=0.3, stroke=5.0), Mark("#56B4E9", fill=1.0), Mark("#FF0000", stroke=2.0, opacity=0.5)]
        self.rays = [Mark("#1FC394", stroke=2.2), Mark("#000000", stroke=5.0)]
        self.rasters = [Raster(np.zeros((3, 4, 4), dtype=np.uint8), self.box()) for _ in range(2)]
        self.inks = [Ink("12", 40.0, "#F0E442"), Ink("0", 60.0, "#FF6B3D")]
        self.live: list[Any] = [*self.letters, *self.marks, *self.rays, *self.rasters, *self.inks]
        self.numbers.shuffle(self.live)

    def point(self) -> tuple[float, float]:
        return self.numbers.uniform(-1.8, 1.8), self.numbers.uniform(-1.1, 1.1)

    def box(self) -> Box:
        x, y = self.point()
        return x, y, x + self.numbers.uniform(0.05, 1.5), y + self.numbers.uniform(0.05, 1.2)

    def change(self) -> None:
        """Of one mark."""
        choice = self.numbers.choice
        mark = choice(self.live)
        if mark in self.inks:
            choice(
                [lambda: mark.put(*self.point()), lambda: mark.write(choice(["3", "−28", ""])), lambda: mark.resize(choice([30.0, 60.0]))]
            )()
        elif mark in self.letters:
            kept = [line for line in mark.lines if self.numbers.random() < 0.8]
            mark.write_lines([*kept, Line(choice(["0", "−3", "86", "∞"]), choice([16.0, 40.0, 80.0]), *self.point())])
        elif mark in self.rasters:
            pixels = mark.pixel_array.copy()
            pixels[self.numbers.randrange(3), self.numbers.randrange(4)] = choice([(0, 0, 0, 0), (*RED, 255), (0, 200, 200, 255)])
            mark.colour(pixels)
        elif mark in self.rays:
            mark.draw(lines([(self.point(), self.point()) for _ in range(self.numbers.randrange(4))]))
        else:
            choice(
                [
                    lambda: mark.draw(boxes([self.box() for _ in range(self.numbers.randrange(3))])),
                    lambda: mark.fade(choice([0.0, 0.5, 1.0])),
                ]
            )()

    def fresh(self) -> np.ndarray:
        return fresh(self.live, self.still, ground=self.ground)


@pytest.mark.parametrize("seed", range(4))
def test_part_by_part_is_as_good_as_the_whole(seed: int) -> None:
    play = Play(seed)
    still, live, canvas = Watch(), Watch(), Canvas(*SMALL, CORNER, play.ground)
    parts = 0
    for number in range(60):
        for _ in range(play.numbers.choice([1, 1, 2, 4])):
            play.change()
        if number % 20 == 19:
            play.still[0].draw(lines([(play.point(), play.point()) for _ in range(3)]))
        elif number % 20 == 9:
            # What is in front of the others changes.
            play.live.append(play.live.pop(0))
        found = canvas.show(still.items(play.still), live.items(play.live))
        parts += found != [(0, 0, *SMALL)]
        off = difference(canvas.pixels, play.fresh())
        assert off.max() <= SAMPLE
        assert np.count_nonzero(off) < 0.02 * off.size
    assert parts > 40
    canvas.clear()
    assert canvas.show(still.items(play.still), live.items(play.live)) == [(0, 0, *SMALL)]
    assert np.array_equal(canvas.pixels, play.fresh())
    assert canvas.show(still.items(play.still), live.items(play.live)) == []


def test_after_clear_nothing_depends_on_what_was_drawn_before() -> None:
    """Not even if someone drew over it."""
    play, watch, canvas = Play(9), Watch(), Canvas(*SMALL, CORNER, "#000000")
    for _ in range(20):
        play.change()
    still = items(*play.still)
    canvas.show(still, watch.items(play.live))
    expected = canvas.pixels.copy()
    canvas.pixels[:] = 99
    canvas.clear()
    canvas.show(still, watch.items(play.live))
    assert np.array_equal(canvas.pixels, expected)


def test_nothing_changed() -> None:
    play, still, live = Play(5), Watch(), Watch()
    canvas = Canvas(*SMALL, CORNER, play.ground)
    for _ in range(30):
        play.change()
    assert canvas.show(still.items(play.still), live.items(play.live)) == [(0, 0, *SMALL)]
    before = canvas.pixels.copy()
    for _ in range(3):
        assert canvas.show(still.items(play.still), live.items(play.live)) == []
        assert np.array_equal(canvas.pixels, before)
    canvas = Canvas(*SMALL, CORNER, play.ground)
    assert canvas.show([], []) == [(0, 0, *SMALL)]
    assert canvas.show([], []) == []


def test_what_is_still_lies_behind_and_is_drawn_whole() -> None:
    box = boxes([(-1.0, -0.5, 1.0, 0.5)])
    behind, front, watch = Mark("#00FF00", fill=1.0).draw(box), Mark("#FF0000", fill=1.0).draw(box.copy()), Watch()
    canvas = Canvas(*SMALL, CORNER, "#000000")
    still = items(behind)
    canvas.show(still, watch.items([front]))
    assert canvas.pixels[54, 96, :3].tolist() == [*RED]
    assert len(canvas.show(still, watch.items([front.fade(0.0)]))) == 1
    assert canvas.pixels[54, 96, :3].tolist() == [*GREEN]
    assert canvas.show(items(behind), watch.items([front])) == [(0, 0, *SMALL)]
    assert canvas.show([], watch.items([front])) == [(0, 0, *SMALL)]
    assert canvas.pixels[54, 96, :3].tolist() == [0, 0, 0]


def test_the_one_in_front_changes() -> None:
    box = boxes([(-1.0, -0.5, 1.0, 0.5)])
    red, green, watch = Mark("#FF0000", fill=1.0).draw(box), Mark("#00FF00", fill=1.0).draw(box.copy()), Watch()
    canvas = Canvas(*SMALL, CORNER, "#000000")
    for order, colour in (([red, green], GREEN), ([green, red], RED), ([red, green], GREEN)):
        canvas.show([], watch.items(order))
        assert canvas.pixels[54, 96, :3].tolist() == [*colour]


# --- rectangles --------------------------------------------------------------------------------------------------------------------------


def held(one: Rectangle, found: Sequence[Rectangle]) -> bool:
    """Whether one of the found rectangles holds it."""
    return any(r[0] <= one[0] and r[1] <= one[1] and one[2] <= r[2] and one[3] <= r[3] for r in found)


def in_frame(found: Sequence[Rectangle], width: int, height: int) -> bool:
    """Whether the rectangles lie in the frame, start and end at even pixels, and none is empty."""
    return all(
        0 <= left < right <= width and 0 <= top < bottom <= height and not any(at % 2 for at in (left, top, right, bottom))
        for left, top, right, bottom in found
    )


@settings(max_examples=200, derandomize=True)
@given(
    st.lists(st.tuples(st.floats(-150, 300), st.floats(-100, 180), st.floats(0.1, 400), st.floats(0.1, 250)), min_size=1, max_size=4),
    st.sampled_from([0.0, 4.0]),
)
@example([(-50.0, -50.0, 300.0, 300.0)], 0.0)
@example([(-50.0, 20.0, 40.0, 20.0)], 0.0)
@example([(191.5, 107.5, 40.0, 20.0)], 4.0)
def test_rectangles_start_and_end_at_even_pixels_in_the_frame(places: list[tuple[float, float, float, float]], stroke: float) -> None:
    ends = [(x, y, x + w, y + h) for x, y, w, h in places]
    marks = [Mark("#FFFFFF", fill=1.0, stroke=stroke).draw(boxes([placed(*one, SMALL, TEN)])) for one in ends]
    canvas = Canvas(*SMALL, TEN, "#000000")
    canvas.show([], [])
    found = canvas.show([], items(*marks))
    assert in_frame(found, *SMALL)
    changed = canvas.pixels[..., :3].any(axis=2)
    for left, top, right, bottom in found:
        changed[top:bottom, left:right] = False
    assert not changed.any()
    for left, top, right, bottom in ends:
        inside = (max(left, 0.0), max(top, 0.0), min(right, 192.0), min(bottom, 108.0))
        if inside[0] < inside[2] and inside[1] < inside[3]:
            assert held(inside, found)
    reach = 4.5 + stroke * 0.5
    if len(ends) == 1:
        # It is no larger than it must be.
        (left, top, right, bottom) = ends[0]
        assert all(held(one, [(left - reach, top - reach, right + reach, bottom + reach)]) for one in found)
        if left - reach > 192 or top - reach > 108 or right + reach < 0 or bottom + reach < 0:
            assert found == []


def test_a_mark_that_leaves_the_frame() -> None:
    mark, watch, canvas = Ink("12", 40.0, "#FFFFFF"), Watch(), Canvas(*SMALL, CORNER, "#000000")
    canvas.show([], watch.items([mark]))
    (found,) = canvas.show([], watch.items([mark.put(9.0, 0.0)]))
    assert in_frame([found], *SMALL)
    assert held((90, 50, 100, 60), [found])
    assert not canvas.pixels[..., :3].any()
    assert canvas.show([], watch.items([mark.put(0.0, -7.0)])) == []
    assert canvas.show([], watch.items([mark.put(-9.0, 7.0)])) == []
    (found,) = canvas.show([], watch.items([mark.put(1.6, 0.0)]))
    assert found[2] == 192
    assert difference(canvas.pixels, fresh([mark])).max() <= SAMPLE


def test_many_changes_make_few_rectangles() -> None:
    numbers = random.Random(2)
    marks = [Mark("#FFFFFF", fill=1.0) for _ in range(40)]
    watch, canvas = Watch(), Canvas(*SMALL, TEN, "#000000")
    canvas.show([], watch.items(marks))
    for mark in marks:
        x, y = numbers.randrange(185), numbers.randrange(100)
        mark.draw(boxes([placed(x, y, x + 3, y + 3, SMALL, TEN)]))
    found = canvas.show([], watch.items(marks))
    assert 1 < len(found) <= MOST_RECTANGLES
    assert in_frame(found, *SMALL)
    assert np.array_equal(canvas.pixels, fresh(marks, units=TEN))


def spots(x: st.SearchStrategy[int], size: st.SearchStrategy[int]) -> Any:
    return st.builds(lambda left, top, w, h: (left, top, left + w, top + h), x, x, size, size)


@settings(max_examples=300, derandomize=True)
@given(st.lists(spots(st.integers(0, 300), st.integers(1, 40)) | spots(st.integers(0, 2000), st.integers(1, 9)), max_size=40))
@example([])
@example([(10 * k, 20 * k, 10 * k + 5, 20 * k + 5) for k in range(9)])
@example([(0, 0, 10, 10), (10, 0, 20, 10)])
@example([(0, 0, 2, 100), (0, 0, 100, 2), (50, 50, 60, 60), (98, 0, 100, 100)])
def test_merged(given: list[Rectangle]) -> None:
    found = merged(given)
    assert len(found) <= MOST_RECTANGLES
    assert all(held(one, found) for one in given)
    assert all(a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1] for a, b in combinations(found, 2))
    # Nothing is made up: every side is one of those that were given, and every rectangle holds one.
    assert all({r[side] for r in found} <= {r[side] for r in given} for side in range(4))
    assert all(any(held(one, [r]) for one in given) for r in found)
    assert len(found) <= len(given)


def test_rectangles_far_from_each_other_stay_as_they_are() -> None:
    apart = [(20 * k, 100 - 10 * k, 20 * k + 10, 100 - 10 * k + 6) for k in range(MOST_RECTANGLES)]
    assert sorted(merged(apart)) == apart
    assert sorted(merged(apart[::-1])) == apart


def test_the_nearest_are_joined() -> None:
    apart = [(100 * k, 0, 100 * k + 10, 10) for k in range(MOST_RECTANGLES)]
    assert sorted(merged([*apart, (700, 12, 710, 20)])) == [*apart[:-1], (700, 0, 710, 20)]
    assert merged([(0, 0, 10, 10), (5, 5, 20, 8), (19, 7, 30, 30)]) == [(0, 0, 30, 30)]
