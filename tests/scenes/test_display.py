"""The stage as values: what has changed is noticed, what has not is the same, and boxes say where."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manim import BLUE, RED, RIGHT, Camera, Dot, Group, ImageMobject, Mobject, PMobject, Square, VGroup, VMobject

from scenes.parts.canvas import Canvas
from scenes.parts.display import STROKE_UNIT, Drawn, Pixels, Watch, changed
from scenes.parts.ink import HALO, Box, Ink, Letters, Line, Mark, boxes, lines
from scenes.parts.press import MONO, SERIF
from scenes.parts.raster import Raster

ROOT = Path(__file__).parents[2]
CLEAR, WHITE, BLACK = (0, 0, 0, 0), (255, 255, 255, 255), (0, 0, 0, 255)
#: Cairo takes fifteen samples down a pixel; how it takes them depends on what else is in the row. This is two of them, of 255 levels.
SOFT = 34


def frame() -> Mark:
    return Mark("#E69F00", fill=0.25, stroke=3.0).draw(boxes([(-1.0, -0.5, 1.0, 0.5)]))


def ink() -> Ink:
    return Ink("text", 40.0, "#FFFFFF").put(0.5, -0.25)


def letters() -> Letters:
    return Letters("#56B4E9", halo="#000000").write_lines([Line("1", 30.0, 0.0, 0.0), Line("−2.5", 30.0, 1.0, 0.0)])


def raster() -> Raster:
    return Raster(np.arange(24, dtype=np.uint8).reshape(2, 3, 4) + 1, (0.0, 0.0, 1.5, 1.0))


def square() -> Square:
    return Square(side_length=2.0, color="#F0E442", fill_opacity=0.5)


MADE: dict[str, Callable[[], Any]] = {"frame": frame, "ink": ink, "letters": letters, "raster": raster, "square": square}


def item_of(mark: Mobject) -> Any:
    """What a fresh look sees of one mark."""
    (item,) = Watch().items([mark])
    return item


# --- watching ----------------------------------------------------------------------------------------------------------------------------

CHANGES: list[tuple[str, Callable[[Any], Any]]] = [
    ("frame", lambda mark: mark.draw(boxes([(-1.0, -0.5, 1.0, 0.6)]))),
    ("frame", lambda mark: mark.draw(lines([((-1.0, 0.0), (1.0, 0.0))]))),
    ("frame", lambda mark: mark.draw(np.concatenate([mark.points, mark.points + 0.1]))),
    ("frame", lambda mark: mark.fade(0.5)),
    ("frame", lambda mark: mark.set_fill(opacity=0.3)),
    ("frame", lambda mark: mark.set_fill("#FF0000")),
    ("frame", lambda mark: mark.set_stroke("#FF0000")),
    ("frame", lambda mark: mark.set_stroke(width=2.0)),
    ("frame", lambda mark: mark.set_stroke(opacity=0.9)),
    ("frame", lambda mark: mark.set_stroke("#000000", 5.0, 1.0, background=True)),
    ("frame", lambda mark: mark.set_color("#123456")),
    ("ink", lambda mark: mark.write("test")),
    ("ink", lambda mark: mark.put(0.5, -0.24)),
    ("ink", lambda mark: mark.resize(41.0)),
    ("letters", lambda mark: mark.write_lines(mark.lines[:1])),
    ("letters", lambda mark: mark.write_lines([*mark.lines, Line("3", 30.0, -1.0, 0.0)])),
    ("letters", lambda mark: mark.set_stroke("#FF0000", background=True)),
    ("letters", lambda mark: mark.set_stroke(width=3.0, background=True)),
    ("raster", lambda mark: mark.colour(mark.pixel_array[::-1])),
    ("raster", lambda mark: mark.colour(mark.pixel_array[:, :2])),
    ("square", lambda mark: mark.shift(RIGHT)),
    ("square", lambda mark: mark.scale(2)),
    ("square", lambda mark: mark.rotate(0.1)),
    ("square", lambda mark: mark.set_points(mark.points[:8])),
    ("square", lambda mark: mark.points.__setitem__((0, 0), 3.0)),
    ("square", lambda mark: mark.set_color("#FF0000")),
    ("square", lambda mark: mark.set_opacity(0.4)),
]


@pytest.mark.parametrize(("name", "change"), CHANGES, ids=[f"{name} {n}" for n, (name, _) in enumerate(CHANGES)])
def test_every_change_is_noticed_and_no_other(name: str, change: Callable[[Any], Any]) -> None:
    marks = {other: made() for other, made in MADE.items()}
    watch = Watch()
    first = dict(zip(marks, watch.items(marks.values()), strict=True))
    again = dict(zip(marks, watch.items(marks.values()), strict=True))
    assert all(again[other] is first[other] for other in marks)
    seen, before = first[name].digest, first[name].box
    change(marks[name])
    later = dict(zip(marks, watch.items(marks.values()), strict=True))
    assert [other for other in marks if later[other] is not first[other]] == [name]
    assert later[name].digest != seen
    assert (first[name].digest, first[name].box) == (seen, before)
    assert item_of(marks[name]).digest == later[name].digest
    assert watch.items([marks[name]])[0] is later[name]


def test_what_was_seen_stays_as_it_was() -> None:
    """An item is a value: it does not follow its mark."""
    mark = square()
    before = item_of(mark)
    points, digest = before.points.tolist(), before.digest
    mark.shift(RIGHT).set_color("#FF0000")
    assert before.points.tolist() == points
    assert (before.digest, before.fill) == (digest, item_of(square()).fill)
    assert item_of(mark).fill[:3] == (1.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "no_change",
    [
        lambda mark: mark.put(0.5, -0.25),
        lambda mark: mark.write("text"),
        lambda mark: mark.resize(40.0),
        lambda mark: mark.write_lines([mark.line]),
        lambda mark: mark.fade(1.0),
        lambda mark: mark.set_fill("#FFFFFF"),
    ],
)
def test_saying_the_same_again_is_no_change(no_change: Callable[[Ink], Any]) -> None:
    mark, watch = ink(), Watch()
    (before,) = watch.items([mark])
    no_change(mark)
    assert watch.items([mark])[0] is before


def test_drawing_the_same_shape_again_looks_the_same() -> None:
    mark = frame()
    before = item_of(mark)
    mark.draw(boxes([(-1.0, -0.5, 1.0, 0.5)]))
    assert item_of(mark).digest == before.digest


def test_points_that_were_drawn_cannot_be_changed_in_place() -> None:
    mark = frame()
    with pytest.raises(ValueError, match="read-only"):
        mark.points[0, 0] = 5.0


def test_a_mark_that_comes_back() -> None:
    mark, other, watch = ink(), frame(), Watch()
    before, _ = watch.items([mark, other])
    assert [item.mark for item in watch.items([other])] == [other]
    assert watch.items([mark, other])[0].digest == before.digest


def hidden(mark: Mark) -> list[Any]:
    return Watch().items([mark])


def test_what_cannot_be_seen_is_left_out() -> None:
    nothing = np.zeros((0, 3))
    assert hidden(frame().draw(nothing)) == []
    assert hidden(frame().fade(0.0)) == []
    assert hidden(ink().write("")) == []
    assert hidden(letters().write_lines([])) == []
    assert hidden(Mark("#FFFFFF").draw(boxes([(0, 0, 1, 1)]))) == []
    assert hidden(frame().set_fill(opacity=0).set_stroke(width=0)) == []
    assert hidden(frame().set_fill(opacity=0).set_stroke(opacity=0)) == []
    assert Watch().items([VMobject(), Mobject(), Group(), VGroup(VMobject())]) == []


def test_what_is_seen_by_one_thing_alone_is_there() -> None:
    assert len(hidden(frame().set_fill(opacity=0))) == 1
    assert len(hidden(frame().set_stroke(opacity=0))) == 1
    assert len(hidden(frame().fade(0.01))) == 1
    assert len(hidden(frame().fade(0.0).set_stroke("#FFFFFF", 5.0, 1.0, background=True))) == 1


def test_what_comes_into_sight_is_there_again() -> None:
    mark, watch = frame(), Watch()
    seen = [len(watch.items([mark.fade(amount)])) for amount in (1.0, 0.0, 0.5, 0.0, 1.0)]
    assert seen == [1, 0, 1, 0, 1]


def coloured(colours: list[Any], **where: Any) -> Square:
    return Square(fill_opacity=1.0).set_stroke(colours, 2.0, **where)


@pytest.mark.parametrize(
    "mark",
    [
        Square(fill_opacity=1.0).set_fill([RED, BLUE]),
        Square().set_color([RED, BLUE]),
        coloured([RED, BLUE]),
        coloured([RED, RED, BLUE]),
        coloured([RED, BLUE], background=True),
        Square(fill_opacity=1.0).set_fill([RED, RED], opacity=[0.2, 0.8]),
    ],
)
def test_gradients_are_refused(mark: VMobject) -> None:
    with pytest.raises(TypeError, match="a mark has a gradient; the canvas draws each in one colour"):
        Watch().items([mark])


def test_a_gradient_of_one_colour_is_none() -> None:
    assert item_of(coloured([RED, RED])).stroke == item_of(coloured([RED])).stroke


@pytest.mark.parametrize(
    "stranger", [ImageMobject(np.zeros((2, 2, 4), dtype=np.uint8)), PMobject().add_points([[0.0, 0.0, 0.0]])], ids=["image", "points"]
)
@pytest.mark.parametrize("place", [lambda one: one, Group, lambda one: Group(square(), Group(one))], ids=["alone", "in a group", "deep"])
def test_what_the_canvas_cannot_draw_is_refused(stranger: Mobject, place: Callable[[Mobject], Mobject]) -> None:
    with pytest.raises(TypeError, match=f"{type(stranger).__name__} is on the stage; the canvas draws VMobjects and Rasters"):
        Watch().items([place(stranger)])


def test_from_back_to_front() -> None:
    a, b, c, d, e, f = frame(), ink(), raster(), square(), letters(), Dot()
    d.add(f, VGroup(e))
    stage = Group(Group(c, a), d, Mark("#FFFFFF"), b)
    assert [item.mark for item in Watch().items([stage])] == [c, a, d, f, e, b]
    assert [item.mark for item in Watch().items([b, stage.submobjects[0]])] == [b, c, a]
    stage.submobjects.reverse()
    family = [mark for mark in stage.get_family() if isinstance(mark, Raster) or len(mark.points)]
    assert [item.mark for item in Watch().items([stage])] == family == [b, d, f, e, c, a]


def test_kinds_of_items() -> None:
    assert {name: type(item_of(made())) for name, made in MADE.items()} == {name: Pixels if name == "raster" else Drawn for name in MADE}


# --- digests -----------------------------------------------------------------------------------------------------------------------------


def digests() -> list[str]:
    """Of one mark of every kind."""
    return [item_of(made()).digest.hex() for made in MADE.values()]


def test_what_looks_equal_has_the_same_digest_in_every_process() -> None:
    here = digests()
    assert here == digests()
    assert len({*here}) == len(MADE)
    code = "from tests.scenes.test_display import digests; print(*digests())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == here


def box_of(width: float) -> Mark:
    return Mark("#E69F00", fill=1.0).draw(boxes([(0.0, 0.0, width, 1.0)]))


def line_of(**options: Any) -> Letters:
    return Letters("#FFFFFF").write_lines([Line(**{"text": "12", "size": 40.0, "x": 0.0, "y": 0.0, **options})])


def test_whatever_looks_different_has_another_digest() -> None:
    pixels = np.arange(32, dtype=np.uint8).reshape(2, 4, 4)
    other = pixels.copy()
    other[1, 3, 3] += 1
    unit = (0.0, 0.0, 1.0, 1.0)
    marks = [
        *(box_of(width) for width in (1.0, np.nextafter(1.0, 2.0), 2.0)),
        *(box_of(1.0).set_fill(colour, opacity) for colour, opacity in (("#E69F01", 1.0), ("#FF0000", 1.0), ("#E69F00", 0.5))),
        *(box_of(1.0).set_stroke(colour, 2.0, 1.0) for colour in ("#000000", "#FF0000")),
        *(box_of(1.0).set_stroke("#000000", width, 1.0) for width in (2.5, 20.0)),
        box_of(1.0).set_stroke("#000000", 2.0, 0.5),
        *(box_of(1.0).set_stroke(colour, 2.0, 1.0, background=True) for colour in ("#000000", "#FF0000")),
        box_of(1.0).set_stroke("#000000", 2.5, 1.0, background=True),
        box_of(1.0).set_stroke("#000000", 2.0, 0.5, background=True),
        line_of(),
        *(line_of(text=text) for text in ("21", "1", "12 1", "−12")),
        *(
            line_of(**{name: value})
            for name, value in (("size", 41.0), ("x", 0.1), ("y", 0.1), ("align", 1), ("font", SERIF), ("math", True))
        ),
        *(Raster(colours, unit) for colours in (pixels, other, pixels[::-1], pixels.reshape(4, 2, 4), pixels[:, :2])),
        *(Raster(pixels, box) for box in ((0.0, 0.0, 1.0, 1.5), (0.1, 0.0, 1.0, 1.0), (0.0, 0.1, 1.0, 1.0), (0.0, 0.0, 2.0, 1.0))),
    ]
    assert MONO != SERIF
    found = [item_of(mark).digest for mark in marks]
    assert len({*found}) == len(marks)


def test_a_digest_is_of_looks_alone() -> None:
    """Not of how a text came about, nor of the kind of its mark."""
    text = Letters("#FFFFFF").write_lines([Line("9", 40.0, 1.0, 1.0)])
    text.write_lines([Line("text", 40.0, 0.5, -0.25)])
    drawn = Mark("#FFFFFF", fill=1.0).draw(ink().points.copy())
    assert item_of(text).digest == item_of(ink()).digest == item_of(drawn).digest


# --- where pictures differ ---------------------------------------------------------------------------------------------------------------


def covers(found: list[Box] | None, point: tuple[float, float]) -> bool:
    return any(x0 <= point[0] <= x1 and y0 <= point[1] <= y1 for x0, y0, x1, y1 in found or [])


def test_nothing_has_changed() -> None:
    watch, marks = Watch(), [made() for made in MADE.values()]
    assert changed(watch.items(marks), watch.items(marks)) == []
    assert changed([], []) == []


@pytest.mark.parametrize("name", MADE)
def test_what_comes_or_goes(name: str) -> None:
    watch, mark, other = Watch(), MADE[name](), Dot()
    without, both = watch.items([other]), watch.items([mark, other])
    box = item_of(mark).box
    assert changed(without, both) == changed(both, without) == [box]
    assert changed([], both) == [box, item_of(other).box]


def test_a_mark_that_moves_was_there_and_is_here() -> None:
    mark, watch = ink(), Watch()
    before = watch.items([mark])
    after = watch.items([mark.put(-2.0, 1.0)])
    found = changed(before, after)
    assert covers(found, (0.5, -0.25))
    assert covers(found, (-2.0, 1.0))
    assert not covers(found, (-0.75, 0.375))


def test_of_a_text_only_the_lines_that_changed() -> None:
    places = [(x, y) for x in (-2.0, 0.0, 2.0) for y in (-1.0, 1.0)]
    text = [Line("12", 30.0, x, y) for x, y in places]
    mark, watch = Letters("#FFFFFF", halo="#000000").write_lines(text), Watch()
    before = watch.items([mark])
    text[2] = Line("7", 30.0, *places[2])
    after = watch.items([mark.write_lines([*text[:5], Line("new", 30.0, 3.0, 0.0)])])
    found = changed(before, after)
    assert [covers(found, place) for place in places] == [False, False, True, False, False, True]
    assert covers(found, (3.0, 0.0))
    assert not covers(found, (1.0, 0.5))


@pytest.mark.parametrize("change", [lambda mark: mark.set_fill("#FF0000"), lambda mark: mark.fade(0.5)])
def test_of_a_text_in_another_colour_every_line(change: Callable[[Letters], Any]) -> None:
    mark, watch = letters(), Watch()
    before = watch.items([mark])
    change(mark)
    found = changed(before, watch.items([mark]))
    assert all(covers(found, (line.x, line.y)) for line in mark.lines)


def test_halos_are_part_of_a_line() -> None:
    mark, watch = letters(), Watch()
    before = watch.items([mark])
    line = Line("0", 40.0, -2.0, 0.0)
    found = changed(before, watch.items([mark.write_lines([*mark.lines, line])]))
    reach = HALO / 2 * 0.01
    left, bottom, right, top = line.box
    for place in ((left - reach, 0.0), (right + reach, 0.0), (-2.0, bottom - reach), (-2.0, top + reach)):
        assert covers(found, place)
    assert not covers(found, (0.0, 0.0))


@pytest.mark.parametrize(
    ("cells", "box"),
    [
        ([], None),
        ([(0, 0)], (0.0, 1.0, 1.0, 2.0)),
        ([(1, 3)], (3.0, 0.0, 4.0, 1.0)),
        ([(0, 1), (0, 2)], (1.0, 1.0, 3.0, 2.0)),
        ([(0, 0), (1, 3)], (0.0, 0.0, 4.0, 2.0)),
    ],
)
def test_of_coloured_cells_the_block_that_changed(cells: list[tuple[int, int]], box: Box | None) -> None:
    watch, mark = Watch(), Raster(np.zeros((2, 4, 4), dtype=np.uint8), (0.0, 0.0, 4.0, 2.0))
    before = watch.items([mark])
    pixels = mark.pixel_array.copy()
    for cell in cells:
        pixels[cell] = WHITE
    found = changed(before, watch.items([mark.colour(pixels)]))
    assert found == ([] if box is None else [pytest.approx(box)])


def test_a_raster_with_other_cells_changes_as_a_whole() -> None:
    watch, mark = Watch(), raster()
    before = watch.items([mark])
    assert {*(changed(before, watch.items([mark.colour(mark.pixel_array[:, :2])])) or [])} == {mark.box}


def test_of_marks_that_change_places_no_box_is_said() -> None:
    a, b, c, watch = frame(), ink(), raster(), Watch()
    before = watch.items([a, b, c])
    assert changed(before, watch.items([b, a, c])) is None
    assert changed(before, watch.items([c, a, b])) is None
    # One that is gone, or has come, leaves the others in their places.
    assert changed(before, watch.items([a, c])) == [item_of(b).box]
    assert changed(watch.items([a, c]), before) == [item_of(b).box]
    assert changed(before, watch.items([c, a])) is None


#: Pixels, and the frame in Manim's units: 60 px for one, as at 854x480, but only a corner of it.
SIZE, UNITS = (192, 108), (3.2, 1.8)
#: Shapes without sharp corners, whose strokes reach no further than half of their width; the others have a test of their own.
TEXTS = ("0", "−3", "68", "∞", "i", ".", "12")
coordinate = st.floats(-1.7, 1.7)
text_lines = st.builds(Line, st.sampled_from(TEXTS), st.sampled_from([16.0, 40.0, 90.0]), coordinate, st.floats(-1.0, 1.0))
rectangles = st.tuples(coordinate, coordinate, st.floats(0.01, 1.5), st.floats(0.01, 1.5)).map(
    lambda r: (r[0], r[1], r[0] + r[2], r[1] + r[3])
)
colours = st.sampled_from([CLEAR, WHITE, BLACK, (255, 0, 0, 255)])


class Stage:
    """Some marks of every kind, and their changes."""

    def __init__(self) -> None:
        self.text: dict[bool, list[Line]] = {False: [], True: []}
        self.rectangles: list[Box] = []
        self.letters = {False: Letters("#FFFFFF"), True: Letters("#FFFFFF", halo="#FF0000")}
        self.mark = Mark("#00FF00", fill=0.5, stroke=4.0)
        self.rasters = [Raster(np.zeros((3, 5, 4), dtype=np.uint8), box) for box in ((-1.3, -0.7, 0.2, 0.31), (0.25, -1.1, 1.9, 0.9))]
        self.marks = [self.rasters[0], self.mark, self.letters[True], self.rasters[1], self.letters[False]]

    def change(self, what: str, which: int, value: Any) -> None:
        if what == "text":
            halo, line = value
            self.text[halo] = replaced(self.text[halo], which, line)
            self.letters[halo].write_lines(self.text[halo])
        elif what == "boxes":
            self.rectangles = replaced(self.rectangles, which, value)
            self.mark.draw(boxes(self.rectangles))
        elif what == "fade":
            self.mark.fade(value)
        else:
            pixels = self.rasters[which % 2].pixel_array.copy()
            pixels[which % 3, which % 5] = value
            self.rasters[which % 2].colour(pixels)

    def picture(self) -> np.ndarray:
        """Drawn by one who never saw it before."""
        canvas = Canvas(*SIZE, UNITS, "#000000")
        canvas.show([], Watch().items(self.marks))
        return canvas.pixels.astype(int)


def replaced(values: list[Any], which: int, value: Any) -> list[Any]:
    """With ``value`` at one place, or, where it is none, without what stands there."""
    at = which % (len(values) + 1)
    return [*values[:at], *([] if value is None else [value]), *values[at + 1 :]]


changes = st.one_of(
    st.tuples(st.just("text"), st.integers(0, 3), st.tuples(st.booleans(), st.none() | text_lines)),
    st.tuples(st.just("boxes"), st.integers(0, 3), st.none() | rectangles),
    st.tuples(st.just("fade"), st.just(0), st.sampled_from([0.0, 0.5, 1.0])),
    st.tuples(st.just("cells"), st.integers(0, 29), colours),
)


def outside(rectangles: list[tuple[int, int, int, int]], before: np.ndarray, after: np.ndarray) -> int:
    """The largest difference of two pictures where none of the rectangles is."""
    difference = np.abs(after - before).max(axis=2)
    for left, top, right, bottom in rectangles:
        difference[top:bottom, left:right] = 0
    return int(difference.max())


@settings(max_examples=150, derandomize=True)
@given(st.lists(changes, max_size=8), st.lists(st.lists(changes, min_size=1, max_size=3), min_size=1, max_size=4))
def test_boxes_hold_all_that_differs(first: list[Any], later: list[list[Any]]) -> None:
    stage, watch, canvas = Stage(), Watch(), Canvas(*SIZE, UNITS, "#000000")
    for change in first:
        stage.change(*change)
    canvas.show([], watch.items(stage.marks))
    before = stage.picture()
    for group in later:
        for change in group:
            stage.change(*change)
        found = canvas.show([], watch.items(stage.marks))
        after = stage.picture()
        assert outside(found, before, after) <= SOFT
        before = after


LARGE = (384, 216)


def sharp(*corners: tuple[float, float]) -> Mark:
    """A line with a corner."""
    return Mark("#FFFFFF", stroke=9.0).draw(lines(pairwise(corners)))


@pytest.mark.parametrize(
    "mark",
    [
        sharp((-1.0, -0.5), (0.0, 0.5), (-0.6, -0.5)),
        sharp((-1.0, 0.0), (0.0, 0.1), (-1.0, 0.25)),
        sharp((-1.0, 0.0), (0.0, 0.1), (-1.0, 0.2)),
        sharp((-1.0, -0.77), (0.0, 0.0), (-1.0, 0.77)),
        Mark("#FFFFFF", stroke=5.0).draw(boxes([(-0.5, -0.5, 0.5, 0.5)])),
    ],
    ids=["sharp", "sharper", "cut off", "wide", "box"],
)
def test_boxes_hold_the_tips_of_corners(mark: Mark) -> None:
    """The sharper a corner, the further a stroke may reach."""
    canvas, whole = (Canvas(*LARGE, UNITS, "#000000") for _ in range(2))
    canvas.show([], [])
    ground = canvas.pixels.astype(int)
    whole.show([], Watch().items([mark]))
    picture = whole.pixels.astype(int)
    assert picture.max() == 255
    assert outside(canvas.show([], Watch().items([mark])), ground, picture) <= SOFT


@pytest.mark.parametrize("text", ["4", "A", "M", "W", "B", "{", "0"])
def test_boxes_hold_the_tips_of_halos(text: str) -> None:
    corner = Line("0", 16.0, -1.4, -0.7)
    mark, watch = Letters("#FFFFFF", halo="#FF0000").write_lines([corner]), Watch()
    canvas, whole = (Canvas(*LARGE, UNITS, "#000000") for _ in range(2))
    canvas.show([], watch.items([mark]))
    before = canvas.pixels.astype(int)
    items = watch.items([mark.write_lines([corner, Line(text, 40.0, 0.0, 0.0)])])
    whole.show([], items)
    assert outside([(130, 40, 254, 180)], before, whole.pixels.astype(int)) <= SOFT
    assert outside(canvas.show([], items), before, whole.pixels.astype(int)) <= SOFT


def test_many_changes_at_once() -> None:
    """Everything is redrawn where it must be, however much of it changes."""
    numbers = random.Random(3)
    stage, watch, canvas = Stage(), Watch(), Canvas(*SIZE, UNITS, "#000000")
    canvas.show([], watch.items(stage.marks))
    before = stage.picture()
    for _ in range(10):
        for _ in range(12):
            x, y = numbers.uniform(-1.5, 1.5), numbers.uniform(-0.8, 0.8)
            stage.change("boxes", numbers.randrange(9), (x, y, x + 0.1, y + 0.1))
            stage.change("cells", numbers.randrange(30), numbers.choice([CLEAR, WHITE]))
        found, after = canvas.show([], watch.items(stage.marks)), stage.picture()
        assert outside(found, before, after) <= SOFT
        before = after


def test_strokes_are_as_wide_as_manim_draws_them() -> None:
    assert Camera().cairo_line_width_multiple == STROKE_UNIT
