"""What has been shown stays what it is: a tensor keeps its form, a number its spelling, and a result does not go away."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
import torch
from manim import tempconfig

from engine import avg_pool2d, conv2d, max_pool2d
from engine.catalogue import single
from engine.paths import by_path
from engine.record import as_arrays
from engine.trace import Trace
from scenes.parts.finished import GATHERED
from scenes.parts.raster import MovingCells
from tests.scenes.lint import family, places
from tests.scenes.showing import SETTINGS, decimal
from tests.scenes.walk import grids, opened_with_ends, sizes, trace_of, walked

CASES = [(name, size) for name in single() for size in sizes(name)]
MANY = {
    "many filters": lambda: conv2d(_picture(), torch.eye(9, dtype=torch.float64).reshape(9, 1, 3, 3)[::4]),
    "many channels": lambda: max_pool2d(torch.stack([_picture() * n for n in (1, 2, 3)]), 2),
    "many channels, means": lambda: avg_pool2d(torch.stack([_picture() * n for n in (1, 2, 3)]), 2),
}


def _picture() -> torch.Tensor:
    return torch.arange(36, dtype=torch.float64).reshape(6, 6)


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_tensor_keeps_its_form_through_a_clip(name: str, size: str) -> None:
    changed = {called: found for called, found in walked(name, size).forms.items() if len(found) > 1}
    assert changed == {}


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_number_in_its_cell_is_the_one_on_the_strip_or_that_with_fewer_digits(name: str, size: str) -> None:
    for text, cell in walked(name, size).spelled:
        assert is_short_for(cell, text), f"{cell} in the cell, {text} on the strip"


@pytest.mark.parametrize(("name", "size"), CASES)
def test_every_text_stands_out_from_what_lies_behind_it(name: str, size: str) -> None:
    assert walked(name, size).pale == set()


def is_short_for(short: str, text: str) -> bool:
    """Whether a spelling is another one, or that rounded to fewer digits; which may end in a 0 that was left out."""
    if short == text or text == "":
        return True
    a, b = decimal(short), decimal(text)
    # A number that has been rounded once is no more than half of its last digit off; of ≈0 that is a tenth.
    last = Decimal(1).scaleb(int(a.as_tuple().exponent)) if "≈" not in short else Decimal("0.1")
    before = Decimal(1).scaleb(int(b.as_tuple().exponent))
    return abs(a - b) <= max(last, before) / 2 + before / 2 and len(short) <= len(text)


def test_a_short_spelling_is_told_from_another_number() -> None:
    assert all(is_short_for(short, text) for short, text in [("1.57", "1.5667"), ("−0.9", "−0.8944"), ("0.2", "0.2014"), ("≈0", "−0.03")])
    assert not any(is_short_for(short, text) for short, text in [("1.56", "1.5667"), ("0.9", "−0.8944"), ("2.1", "2"), ("≈0", "−0.3")])


def lost(trace: Trace, shown: np.ndarray) -> set[str]:
    """Results with numbers that are not among those that are shown. A curve is drawn, not written."""
    made = {path: values for path, values in by_path(as_arrays(trace.outputs)) if path != "curve"}
    named = getattr(trace, "results", ()) or [path for path in made if path.startswith(("output", "grad_")) or path in ("h", "c")]
    known = np.unique(np.round(shown, 9))
    return {path for path in named if path in made and not np.isin(np.round(made[path], 9), known).all()}


@pytest.mark.parametrize(("name", "size"), CASES)
def test_every_result_is_there_at_the_end(name: str, size: str) -> None:
    assert lost(trace_of(name, size), walked(name, size).ending) == set()


@pytest.mark.parametrize("name", MANY)
def test_what_is_finished_stays(name: str) -> None:
    trace = MANY[name]()
    with tempconfig(SETTINGS):
        scene = opened_with_ends(trace)
        scene.timeline(scene.beats[-1]).interpolate(1.0)
        assert lost(trace, np.concatenate([mark.shown[0][mark.shown[1]] for mark in grids(scene)])) == set()


@pytest.mark.parametrize("name", MANY)
def test_planes_that_are_done_come_from_their_thumbnails_to_where_they_are_large(name: str) -> None:
    trace = MANY[name]()
    with tempconfig(SETTINGS):
        scene = opened_with_ends(trace)
        closing = scene.timeline(scene.beats[-1])
        closing.interpolate(GATHERED / 2)
        moving = [mark for mark in family(scene.mobjects) if isinstance(mark, MovingCells)]
        assert len(moving) == len(scene.gallery.boxes)
        closing.interpolate(1.0)
        ends = [mark.whole for mark in grids(scene) if mark.role == "output"]
        # All but the last one, which stood large already.
        for box, way, end in [*zip(scene.gallery.boxes, moving, ends, strict=True)][:-1]:
            assert box[2] - box[0] < way.box[2] - way.box[0] < end[2] - end[0]


def test_the_closing_of_the_way_back_leaves_nothing_behind_in_other_beats() -> None:
    with tempconfig(SETTINGS):
        scene = opened_with_ends(trace_of("conv2d_backward", "small"))
        shown, last = scene.beats[-2], scene.beats[-1]
        scene.timeline(shown).interpolate(1.0)
        before = places(scene)
        scene.timeline(last).interpolate(1.0)
        assert places(scene) != before
        scene.timeline(shown).interpolate(1.0)
        assert places(scene) == before
