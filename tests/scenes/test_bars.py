"""Bars around a zero line, and the long bar in which pieces land."""

from __future__ import annotations

from itertools import pairwise

import pytest

from scenes.parts.bars import LIFT, Bars, LongBar, spread
from scenes.parts.ink import Mark
from scenes.parts.theme import DARK

ROOM = (-6.0, 0.0, 6.0, 3.0)


def test_a_bar_is_as_high_as_its_value_on_its_side_of_zero() -> None:
    bars = Bars(ROOM, 3, ["a", "b", "c"], "input", DARK)
    bars.show([2.0, -1.0, 0.5], (-2.0, 3.0))
    zero, unit = bars.height(0.0), bars.height(1.0) - bars.height(0.0)
    heights = [(low, high) for _, low, _, high in (bars.box(n, value) for n, value in enumerate([2.0, -1.0, 0.5]))]
    assert heights == [pytest.approx((zero, zero + 2 * unit)), pytest.approx((zero - unit, zero)), pytest.approx((zero, zero + unit / 2))]
    assert bars.fill.points[:, 1].max() == pytest.approx(zero + 2 * unit)
    assert [line.x for line in bars.letters.lines] == [bars.middle(n) for n in range(3)]
    assert bars.height(100.0) == ROOM[3]  # not beyond its room


def test_of_names_that_would_touch_only_that_of_the_bar_looked_at_is_there() -> None:
    for count, named in ((3, 3), (12, 1)):
        bars = Bars(ROOM, count, ["elephants"] * count, "input", DARK)
        bars.show([1.0] * count, (0.0, 1.0), lit=count - 1)
        assert [line.text for line in bars.letters.lines] == ["elephants"] * named
        assert bars.letters.lines[-1].x <= ROOM[2]


def test_arrows_go_from_the_bars_to_their_goals() -> None:
    bars = Bars(ROOM, 2, [], "output", DARK)
    bars.show([0.75, 0.25], (0.0, 1.0))
    bars.point([0.75, 0.25], [1.0, 0.0], 1.5)
    tips = bars.heads.points.reshape(2, -1, 3)[:, 0, 1]
    assert tips[0] == pytest.approx(bars.height(1.0))
    assert tips[1] == pytest.approx(bars.height(0.125))  # on its way
    bars.point([0.75, 0.25], [1.0, 0.0], 0.0)
    assert len(bars.heads.points) == 0


def test_pieces_are_as_long_as_their_sizes_and_fill_the_rail_when_scaled() -> None:
    bar = LongBar(ROOM, ["a", "b", "c"], DARK)
    sizes = [1.0, 0.25, 0.5]
    for scaled in (0.0, 1.0):
        unit = bar.unit(sum(sizes), scaled, 2.0)
        found = bar.boxes(sizes, unit)
        assert [x1 - x0 for x0, _, x1, _ in found] == pytest.approx([size * unit for size in sizes])
        assert all(a[2] == pytest.approx(b[0]) for a, b in pairwise(found))
        assert (found[-1][2] == pytest.approx(bar.right)) == bool(scaled)


def test_only_what_moves_is_drawn_anew() -> None:
    bar = LongBar(ROOM, ["a", "b"], DARK)
    found = bar.boxes([1.0, 0.5], 4.0)
    bar.show(found, shares=1, scaled=False, counted=2)
    before = [mark.points for mark in bar.get_family() if isinstance(mark, Mark)]
    bar.show(found, shares=1, scaled=False, counted=1)
    after = [mark.points for mark in bar.get_family() if isinstance(mark, Mark)]
    assert [a is b for a, b in zip(before, after, strict=True)].count(False) == 1


def test_the_bracket_is_over_what_is_counted() -> None:
    bar = LongBar(ROOM, ["a", "b", "c"], DARK)
    found = bar.boxes([1.0, 0.5, 0.5], 4.0)
    bar.show(found, shares=0, scaled=False, counted=2)
    assert bar.bracket.points[:, 0].max() == found[1][2]
    bar.show(found, shares=0, scaled=False, counted=0)
    assert len(bar.bracket.points) == 0


def test_a_piece_is_pulled_out_and_its_name_stands_out() -> None:
    bar = LongBar(ROOM, ["a", "b", "c"], DARK)
    found = bar.boxes([1.0, 0.5, 0.5], 4.0)
    bar.show(found, shares=3, scaled=True, counted=0, chosen=1, pulled=1.0)
    assert bar.shares.points[:, 1].max() == pytest.approx(bar.top + LIFT)
    assert (bar.outline.points[:, 0].min(), bar.outline.points[:, 0].max()) == (found[1][0], found[1][2])
    assert bar.outline.points[:, 1].min() == pytest.approx(bar.bottom + LIFT)
    assert [line.text for line in bar.letters.lines] == ["b"]
    assert [line.text for line in bar.pale.lines] == ["1", "a", "c"]


def test_of_many_pieces_the_longest_have_names() -> None:
    names = [f"n{n}" for n in range(40)]
    bar = LongBar(ROOM, names, DARK)
    sizes = [1.0 if n in (7, 30) else 0.01 for n in range(40)]
    bar.show(bar.boxes(sizes, 5.0), shares=0, scaled=False, counted=0)
    assert {"n7", "n30"} <= {line.text for line in bar.letters.lines}
    assert len(bar.letters.lines) == 8


@pytest.mark.parametrize("middles", [[1.0, 1.0, 1.0], [0.0, 0.1, 9.9], [9.9, 9.95, 10.0], [2.0, 5.0, 8.0]])
def test_spread_things_neither_touch_nor_leave_the_room(middles: list[float]) -> None:
    widths = [2.0, 1.0, 3.0]
    found = spread(middles, widths, (0.0, 10.0))
    edges = [(x - w / 2, x + w / 2) for x, w in zip(found, widths, strict=True)]
    assert edges[0][0] >= -1e-9
    assert edges[-1][1] <= 10 + 1e-9
    assert all(a[1] <= b[0] + 1e-9 for a, b in pairwise(edges))
    if middles == [2.0, 5.0, 8.0]:
        assert found == middles
