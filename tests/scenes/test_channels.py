"""Channels come one at a time, large; the others and what is done of the output stand beside them, small."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from manim import tempconfig

from engine import conv2d
from engine.concepts.convolution.step import STRONGEST
from engine.record import Record
from engine.trace import Trace
from scenes.conv2d import Conv2d
from scenes.convolution.account import MOST_CHANNELS, Account
from scenes.parts.beat import Beat
from scenes.parts.ink import LEAST_PX
from scenes.parts.raster import is_coloured
from tests.scenes.showing import SETTINGS, beat
from tests.scenes.test_layout import numbers

PICTURE = conv2d(numbers("picture", 3, 12, 12), numbers("whole", 4, 3, 3, 3))
MANY = conv2d(numbers("normal", 64, 9, 9), numbers("normal", 2, 64, 3, 3), bias=[1.0, 2.0])
FEW = conv2d(numbers("whole", 2, 5, 5), numbers("whole", 1, 2, 2, 2))


@contextmanager
def opened(trace: Trace) -> Iterator[Conv2d]:
    with tempconfig(SETTINGS):
        scene = Conv2d(Record(trace), [])
        scene.setup()
        yield scene


def at(scene: Conv2d, shown: Beat, share: float) -> Conv2d:
    scene.timeline(shown).interpolate(share)
    return scene


@pytest.mark.parametrize("trace", [FEW, PICTURE, MANY], ids=["few", "picture", "many"])
def test_channels_are_looked_at_in_their_order_and_each_has_its_row(trace: Trace) -> None:
    account = Account.of(trace[0])
    with opened(trace) as scene:
        timeline, facing, rows = scene.timeline(beat("full", trace, 0)), [], []
        for share in np.linspace(0, 1, 201):
            timeline.interpolate(share)
            assert len(scene.lenses) == 1
            facing += [scene.facing] * (facing[-1:] != [scene.facing])
            known = len(scene.ledger.numbers.lines)
            rows += [known] * (rows[-1:] != [known])
        assert facing == [group[0] for group in account.groups if len(group) == 1]
        # Nothing, then the first sum and what it comes to; one more with each row.
        assert rows == [0, *range(2, len(account.texts) + 2)]
        assert [line.text for line in scene.ledger.numbers.lines][:-1] == account.texts


def test_of_many_channels_the_strongest_are_chosen_and_the_others_add_together() -> None:
    step = MANY[0]
    groups = step.groups(MOST_CHANNELS)
    (first,), *strongest, rest = groups
    assert (first, len(strongest), len(rest)) == (0, STRONGEST, 63 - STRONGEST)
    sums = torch.tensor(step.partial_sums).abs()
    assert min(float(sums[group[0]]) for group in strongest) >= max(float(sums[number]) for number in rest)
    assert sorted(number for group in groups for number in group) == [*range(64)]
    assert sum(step.summands(groups)) == pytest.approx(step.value)
    with opened(MANY) as scene:
        at(scene, beat("quick", MANY, 0), 1.0)
        names = [line.text for line in scene.ledger.names.lines]
        assert names == ["0", *(str(group[0]) for group in strongest), f"{len(rest)} more", "bias", "sum"]
        bars = sum(len(mark.points) for mark in scene.ledger.bars.values()) // 16
        assert bars == 64  # of four straight sides each
        assert len(scene.ledger.bars[True].points) // 16 == 1 + STRONGEST


@pytest.mark.parametrize("trace", [FEW, PICTURE, MANY], ids=["few", "picture", "many"])
def test_every_number_of_a_channel_can_be_read(trace: Trace) -> None:
    with opened(trace) as scene:
        timeline = scene.timeline(beat("full", trace, 0))
        for share in np.linspace(0, 1, 60):
            timeline.interpolate(share)
            tile, ledger = scene.lenses[0].tile, scene.ledger
            lines = [*tile.upper.lines, *tile.lower.lines, *ledger.numbers.lines, *ledger.names.lines]
            assert all(line.size >= LEAST_PX for line in lines)


def test_channels_of_a_picture_are_red_green_and_blue() -> None:
    with opened(PICTURE) as scene:
        names = []
        for number in range(3):
            scene.face(PICTURE[0], number)
            plane = scene.lenses[0].plane
            names.append(plane.label.line.text)
            pixels = plane.raster.pixel_array[..., :3]
            assert (pixels[..., number] == np.rint(PICTURE.inputs["input"][number].numpy() * 255)).all()
            assert not np.delete(pixels, number, axis=2).any()
        assert names == ["red 12×12", "green 12×12", "blue 12×12"]
        at(scene, beat("quick", PICTURE, 0), 1.0)
        assert [line.text for line in scene.ledger.names.lines] == ["red", "green", "blue", "sum"]


@pytest.mark.parametrize(
    ("planes", "coloured"),
    [
        (np.linspace(0, 1, 300).reshape(3, 10, 10), True),
        (np.arange(300).reshape(3, 10, 10) % 256, True),
        (np.linspace(0, 200, 300).reshape(3, 10, 10), False),
        (np.linspace(-1, 1, 300).reshape(3, 10, 10), False),
        (np.linspace(0, 1, 48).reshape(3, 4, 4), False),
        (np.linspace(0, 1, 200).reshape(2, 10, 10), False),
        (np.ones((3, 10, 10)), False),
    ],
)
def test_what_is_a_coloured_picture(planes: np.ndarray, coloured: bool) -> None:
    assert is_coloured(planes) == coloured


def test_filters_that_are_done_stay_and_the_end_shows_all() -> None:
    cells = len(PICTURE) // 4
    with opened(PICTURE) as scene:
        for filter_ in range(4):
            at(scene, beat("quick", PICTURE, filter_ * cells), 1.0)
            assert [*scene.gallery.known] == [*range(filter_)]
            assert scene.gallery.spot.box == scene.gallery.boxes[filter_]
        at(scene, Beat("closing", len(PICTURE), len(PICTURE), "result", "", 30), 1.0)
        assert [*scene.gallery.known] == [*range(4)]
    with opened(FEW) as scene:
        assert scene.gallery is None


def test_all_channels_are_seen_before_the_first_grows_out_of_them() -> None:
    with opened(PICTURE) as scene:
        at(scene, Beat("opening", 0, 0, "setup", "", 30), 1.0)
        assert [*scene.overview.known] == [0, 1, 2]
        assert scene.deck.submobjects == []
        boxes = []
        timeline = scene.timeline(beat("full", PICTURE, 0))
        for share in (0.01, 0.03, 0.05, 0.1):
            timeline.interpolate(share)
            assert not scene.overview.cells.submobjects
            boxes += [part.box[2] - part.box[0] for part in scene.grown.submobjects]
        assert len(boxes) == 3
        assert boxes == sorted(boxes)
