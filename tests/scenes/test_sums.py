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


def check_tile(scene: SlidingReel) -> int:
    """The products of the tile add up to what the ledger says that the channel adds."""
    (lens,), ledger = scene.lenses, getattr(scene, "ledger", None)
    upper, lower = lens.tile.upper.lines, lens.tile.lower.lines
    if ledger is None or not upper or not lower or not lens.tile.exact:
        return 0
    names = [line.text for line in ledger.names.lines]
    at = names.index(str(scene.facing)) if str(scene.facing) in names else len(names)
    if at >= len(ledger.numbers.lines) - 1:
        return 0
    total = sum(decimal(a.text) * decimal(b.text.removeprefix("×")) for a, b in zip(upper, lower, strict=True))
    assert abs(total - decimal(ledger.numbers.lines[at].text)) <= unit(ledger.numbers.lines[at].text)
    return 1


def check_ledger(scene: SlidingReel) -> int:
    """What stands in the rows adds up to what stands below them."""
    ledger = getattr(scene, "ledger", None)
    if ledger is None or len(ledger.numbers.lines) < 2:
        return 0
    *rows, total = [decimal(line.text) for line in ledger.numbers.lines]
    assert abs(sum(rows) - total) <= unit(ledger.numbers.lines[-1].text), [line.text for line in ledger.numbers.lines]
    names = [line.text for line in ledger.names.lines]
    assert names[-1] == ("sum" if len(rows) == len(names) - 1 else "so far")
    return 1


def walked(scene_class: type, trace: Trace, steps: list[int]) -> tuple[int, int, int]:
    """How many strips, tiles and ledgers were read in full and quick beats of these steps."""
    strips = tiles = ledgers = 0
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
                        tiles += check_tile(scene)
                        ledgers += check_ledger(scene)
    return strips, tiles, ledgers


def numbers(kind: str, *shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(7)
    if kind == "whole":
        return torch.randint(-9, 10, shape, generator=generator).double()
    if kind == "bytes":
        return torch.randint(0, 256, shape, generator=generator).double() / 255
    if kind == "eighths":
        return torch.randint(-16, 17, shape, generator=generator).double() / 8
    return torch.randn(shape, generator=generator, dtype=torch.float64)


#: Long numbers of larger windows are coloured, and added up row by row.
READ = [
    (kind, kernel) for kind in ("whole", "eighths", "bytes", "normal") for kernel in (2, 3, 5) if kernel < 5 or kind in ("whole", "bytes")
]


@pytest.mark.parametrize(("kind", "kernel"), READ)
def test_one_channel(kind: str, kernel: int) -> None:
    trace = conv2d(numbers(kind, 9, 9), numbers(kind, kernel, kernel), padding=1)
    strips, *_ = walked(Conv2d, trace, [0, 9, 20, len(trace) - 1])
    assert strips >= 4 * kernel**2


@pytest.mark.parametrize(("kind", "channels"), [("whole", 2), ("normal", 3), ("eighths", 3), ("bytes", 6), ("normal", 8), ("normal", 64)])
def test_channels_and_bias(kind: str, channels: int) -> None:
    trace = conv2d(numbers(kind, channels, 6, 6), numbers(kind, 2, channels, 3, 3), bias=[0.5, -1.25])
    strips, tiles, ledgers = walked(Conv2d, trace, [0, 20])
    assert strips >= 2 * 9
    assert tiles > 0
    assert ledgers > 2 * min(channels, 5)


@pytest.mark.parametrize("kind", ["whole", "normal"])
def test_sequences(kind: str) -> None:
    trace = conv1d(numbers(kind, 3, 12), numbers(kind, 2, 3, 4), bias=[1.0, 0.25], padding=2)
    strips, *_ = walked(Conv1d, trace, [0, 5, 20])
    assert strips >= 3 * 12
