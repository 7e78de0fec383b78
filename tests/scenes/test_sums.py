"""Whoever adds up what is on screen gets what is on screen: the strip and the tiles are read back from the frame."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import torch
from manim import tempconfig

from engine import conv1d, conv2d
from engine.trace import Trace
from scenes.conv1d import Conv1d
from scenes.conv2d import Conv2d
from scenes.parts.beat import Beat
from scenes.parts.sliding import SlidingReel
from tests.scenes.showing import decimal, strip

NUMBER = re.compile(r"\(?(−?[\d.]+(?:e−?\d+)?)\)?")


def unit(text: str) -> Decimal:
    """One in the last decimal that a rounded number may have."""
    return Decimal(1).scaleb(-min(max(len(text.partition(".")[2]), 2), 4))


def added(pieces: list[str]) -> tuple[Decimal, int]:
    """The sum of products on the left of the relation, and how many there are."""
    total, products = Decimal(0), " ".join(pieces).split(" + ")
    for product in products:
        value = Decimal(1)
        for factor in product.split(" · "):
            assert NUMBER.fullmatch(factor), product
            value *= decimal(factor)
        total += value
    return total, len(products)


def check_strip(scene: SlidingReel) -> bool:
    pieces = strip(scene)
    relation = next((piece for piece in pieces if piece in "=≈"), None)
    if relation is None or "⋯" in pieces or pieces[0].startswith("output"):
        return False
    at = pieces.index(relation)
    (shown,) = pieces[at + 1 :]
    total, count = added(pieces[:at])
    if relation == "=":
        assert total == decimal(shown), pieces
    else:
        assert abs(total - decimal(shown)) <= unit(shown) * (1 + count), pieces
    return True


def check_tiles(scene: SlidingReel) -> int:
    """Sums below tiles: the products of the tile, where it shows them in full."""
    found = 0
    for lens in scene.lenses:
        upper, lower = lens.tile.upper.lines, lens.tile.lower.lines
        if lens.sum.line.text.startswith("=") and upper:
            products = [decimal(a.text) * decimal(b.text.removeprefix("×")) for a, b in zip(upper, lower, strict=True)]
            assert sum(products) == decimal(lens.sum.line.text.removeprefix("= "))
            found += 1
    return found


def walked(scene_class: type, trace: Trace, steps: list[int]) -> tuple[int, int]:
    """How many strips and tile sums were read in full and quick beats of these steps."""
    strips = tiles = 0
    with tempconfig({"dry_run": True, "pixel_width": 96, "pixel_height": 54, "verbosity": "ERROR"}):
        scene = scene_class(trace, [])
        scene.setup()
        for k in steps:
            for kind in ("full", "quick"):
                timeline = scene.timeline(Beat(kind, k, k + 1, trace[k].phase, trace[k].say, 60))
                for share in range(101):
                    timeline.interpolate(share / 100)
                    if timeline.changed:
                        strips += check_strip(scene)
                        tiles += check_tiles(scene)
    return strips, tiles


def numbers(kind: str, *shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(7)
    if kind == "whole":
        return torch.randint(-9, 10, shape, generator=generator).double()
    if kind == "bytes":
        return torch.randint(0, 256, shape, generator=generator).double() / 255
    if kind == "eighths":
        return torch.randint(-16, 17, shape, generator=generator).double() / 8
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("kind", ["whole", "eighths", "bytes", "normal"])
@pytest.mark.parametrize("kernel", [2, 3, 5])
def test_one_channel(kind: str, kernel: int) -> None:
    trace = conv2d(numbers(kind, 9, 9), numbers(kind, kernel, kernel), padding=1)
    strips, _ = walked(Conv2d, trace, [0, 9, 20, len(trace) - 1])
    assert strips >= 4 * kernel**2


@pytest.mark.parametrize("kind", ["whole", "eighths", "bytes", "normal"])
@pytest.mark.parametrize("channels", [2, 3, 6])
def test_channels_and_bias(kind: str, channels: int) -> None:
    trace = conv2d(numbers(kind, channels, 6, 6), numbers(kind, 2, channels, 3, 3), bias=[0.5, -1.25])
    strips, tiles = walked(Conv2d, trace, [0, 7, 20])
    assert strips >= 3 * 9 * min(channels, 3)
    assert tiles > 0 or kind != "whole"


@pytest.mark.parametrize("kind", ["whole", "normal"])
def test_sequences(kind: str) -> None:
    trace = conv1d(numbers(kind, 3, 12), numbers(kind, 2, 3, 4), bias=[1.0, 0.25], padding=2)
    strips, _ = walked(Conv1d, trace, [0, 5, 20])
    assert strips >= 3 * 12
