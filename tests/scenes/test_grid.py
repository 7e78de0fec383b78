"""The grid under all that draws a tensor: where cells stand, what is written in them, and what of it is shown."""

from __future__ import annotations

import numpy as np
import pytest

from engine.numbers import fitting
from scenes.parts.digits import Writing, characters, fitted, in_cells, size_within
from scenes.parts.grid import Grid, centred, ruling, same_size
from scenes.parts.heading import Heading
from scenes.parts.ink import LEAST_PX, PX, text_width
from scenes.parts.lattice import Lattice
from scenes.parts.raster import _blocks, ends
from scenes.parts.table import Table
from scenes.parts.theme import THEMES, rgb

THEME = THEMES["dark"]
BOX = (-2.0, -1.0, 4.0, 1.0)  # cells of 1.5 x 1
VALUES = np.array([[1.0, -2.0, 3.25, 0.0], [5.0, 6.0, -7.0, 8.0]])


def grid(writing: Writing | None, box: tuple[float, float, float, float] = BOX) -> Grid:
    made = Grid(VALUES.shape, box, "input", THEME, writing, limit=8.0)
    made.values = VALUES
    return made


def test_cells_stand_in_rows_from_the_top_left_corner() -> None:
    made = grid(Writing(30.0))
    assert made.cell == (1.5, 1.0)
    assert made.box(1, 2) == (1.0, -1.0, 2.5, 0.0)
    assert made.box(0, 1, 2, 3) == (-0.5, -1.0, 4.0, 1.0)
    assert made.centre(1, 2) == (1.75, -0.5)
    assert made.span([(1, 3), (0, 2)]) == made.box(0, 2, 2, 2)
    assert made.row(1) == made.span([(1, 0), (1, 3)])
    assert made.column(3) == made.span([(0, 3), (1, 3)])
    assert made.whole == BOX
    assert centred((2, 4), (1.5, 1.0), (-3.0, -4.0, 5.0, 4.0)) == BOX


def test_lines_are_drawn_between_cells_that_are_large_enough_and_around_all() -> None:
    corners = {tuple(point[:2]) for point in ruling(BOX, 2, 4)}
    assert {(-0.5, 1.0), (-0.5, -1.0), (-2.0, 0.0), (4.0, 0.0)} <= corners
    small = ruling((0.0, 0.0, 40 * 0.1, 0.2), 2, 40)
    assert {tuple(point[:2]) for point in small} >= {(0.0, 0.0), (4.0, 0.2)}
    assert len(small) == len(ruling(BOX, 1, 1))


def test_the_cells_that_are_known_have_their_numbers() -> None:
    made = grid(Writing(30.0))
    made.reveal(3)
    assert [line.text for line in made.digits.lines] == ["1", "−2", "3.25"]
    assert (made.digits.lines[2].x, made.digits.lines[2].y) == made.centre(0, 2)
    assert made.known == 3
    made.reveal(VALUES > 5)
    assert [line.text for line in made.digits.lines] == ["6", "8"]
    made.fill(VALUES + 1, VALUES > 5)
    assert [line.text for line in made.digits.lines] == ["7", "9"]
    made.reveal(0)
    assert not made.digits.lines


def test_what_stays_is_not_drawn_again() -> None:
    for writing in (Writing(30.0), None):
        made = grid(writing)
        made.reveal(3)
        drawn = made.digits.points if writing else made.raster.pixel_array
        made.fill(VALUES.copy(), np.arange(8).reshape(2, 4) < 3)
        assert (made.digits.points if writing else made.raster.pixel_array) is drawn
        made.reveal(4)
        assert (made.digits.points if writing else made.raster.pixel_array) is not drawn


def test_numbers_that_are_changed_in_place_are_seen() -> None:
    made, values = grid(None), VALUES.copy()
    made.fill(values, np.ones(VALUES.shape, dtype=bool))
    before = made.raster.pixel_array
    values[0, 0] = -8.0
    made.fill(values, np.ones(VALUES.shape, dtype=bool))
    assert tuple(made.raster.pixel_array[0, 0, :3]) == rgb(THEME.negative) != tuple(before[0, 0, :3])


def hatched(made: Grid) -> np.ndarray:
    """Which cells have hatching in them."""
    middles = made.hatch.points.reshape(-1, 4, 3).mean(axis=1)
    found = np.zeros((made.rows, made.columns), dtype=bool)
    for x, y, _ in middles:
        found[int((made.top - y) / made.cell[1]), int((x - made.left) / made.cell[0])] = True
    return found


def test_coloured_cells_are_hatched_until_they_are_known() -> None:
    made = grid(None)
    assert made.ground == [made.raster, made.hatch, made.ruled]
    made.reveal(0)
    assert not made.raster.pixel_array.any()
    assert hatched(made).any(axis=1).all()
    made.reveal(8)
    cells = made.raster.pixel_array
    assert not hatched(made).any()
    assert tuple(cells[1, 3]) == (*rgb(THEME.input), 255)
    assert tuple(cells[0, 3]) == (*rgb(THEME.ground), 255)
    made.reveal(7)
    assert hatched(made).tolist() == [[False] * 4, [False] * 3 + [True]]
    assert not made.raster.pixel_array[1, 3].any()
    assert tuple(made.raster.pixel_array[1, 2]) == tuple(cells[1, 2])


@pytest.mark.parametrize(
    ("known", "blocks"),
    [(["111", "100", "000"], 2), (["101", "101"], 1), (["010", "101"], 3), (["11"], 0)],
)
def test_hatching_covers_what_is_not_known_and_nothing_else(known: list[str], blocks: int) -> None:
    unknown = np.array([[letter == "0" for letter in row] for row in known])
    found = [*_blocks((0.0, 0.0, float(unknown.shape[1]), float(unknown.shape[0])), unknown)]
    covered = np.zeros(unknown.shape, dtype=int)
    for x0, y0, x1, y1 in found:
        covered[round(len(unknown) - y1) : round(len(unknown) - y0), round(x0) : round(x1)] += 1
    assert (covered == unknown).all()
    assert len(found) == blocks


@pytest.mark.parametrize(
    ("numbers", "scale"), [([0, 2], (0, 2)), ([-2, 1], (-2, 2)), ([-2, 0], (-2, 0)), ([0, 0], (0, 2)), ([np.nan], (0, 2))]
)
def test_a_scale_has_no_side_without_numbers(numbers: list[float], scale: tuple[float, float]) -> None:
    assert ends(np.array(numbers), 2.0) == scale


def test_hidden_cells_come_back_with_their_lines() -> None:
    for writing in (Writing(30.0), None):
        made = grid(writing)
        made.reveal(8)
        made.hide()
        assert not len(made.ruled.points)
        assert made.known == 0
        assert not (made.digits.lines if writing else made.raster.pixel_array.any())
        made.rule()
        made.reveal(8)
        assert len(made.ruled.points)
        assert len(made.digits.lines) == 8 if writing else made.raster.pixel_array[..., 3].all()


def test_a_number_too_long_for_its_cell_has_fewer_decimals() -> None:
    most = characters(0.9)
    assert text_width("0" * most, LEAST_PX) <= 0.9 - 10 * PX < text_width("0" * (most + 1), LEAST_PX)
    assert fitted("0.25", 0.25, most) == "0.25"
    assert fitted("−0.123456", -0.123456, most) == fitting(-0.123456, most) != "−0.123456"
    assert len(Writing(30.0, 6, most).text(-0.123456)) <= most
    assert Writing(30.0, 6).text(-0.123456) == "−0.123456"


def test_all_numbers_of_a_row_have_the_size_of_the_longest() -> None:
    cells = [grid(None).box(0, column) for column in range(3)]
    lines = in_cells([1.0, 2.5, -1234.5], ["1", "2.5", "−1234.5"], cells, 60.0)
    assert [line.text for line in lines] == ["1", "2.5", "−1234.5"]
    assert {line.size for line in lines} == {size_within(0.8 * 1.5, ["−1234.5"])}
    assert [line.x for line in lines] == [(x0 + x1) / 2 for x0, _, x1, _ in cells]
    assert {line.size for line in in_cells([1.0], ["1"], cells, 60.0)} == {60.0}


def test_where_it_stands_is_what_it_shows_when_all_is_known() -> None:
    written = grid(Writing(30.0))
    written.reveal(8)
    standing = written.stood(10, VALUES)
    assert [standing.lines[10 + n] for n in range(8)] == written.digits.lines
    assert [(patch.first, patch.shape, patch.box) for patch in standing.patches] == [(10, (2, 4), BOX)]
    coloured = grid(None)
    coloured.reveal(8)
    (patch,) = coloured.stood(0, VALUES[:, 1:3], 0, 1).patches
    assert patch.box == coloured.box(0, 1, 2, 2)
    assert (patch.colours == coloured.raster.pixel_array[:, 1:3]).all()


@pytest.mark.parametrize(("width", "fit"), [(3.0, True), (1.2, False)])
def test_tables_and_lattices_have_digits_where_all_fit(width: float, fit: bool) -> None:
    room = (0.0, 0.0, width, 3.0)
    made = [Lattice(2, 4, room, "input", THEME, VALUES), Table(VALUES, room, Heading("x", "input"), THEME)]
    assert [one.has_digits for one in made] == [fit, fit]
    for one in made:
        one.fill(VALUES, VALUES != 0)
        assert one.known == 7
        if one.has_digits:
            for line, (row, column) in zip(one.digits.lines, np.argwhere(VALUES != 0), strict=True):
                assert line.width <= one.cell[0]
                assert (line.x, line.y) == one.centre(row, column)


def test_one_size_for_the_digits_of_several() -> None:
    made = [Lattice(2, 4, (0.0, 0.0, width, 3.0), "input", THEME, VALUES) for width in (2.8, 6.0)]
    assert made[0].digit_px < made[1].digit_px
    same_size(made)
    assert made[0].digit_px == made[1].digit_px
