"""What holds for the picture of every concept that is torch code, however large: one form for a tensor, a full stage, movement."""

from __future__ import annotations

import functools
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from manim import tempconfig

from engine import batch_norm, linear
from engine.catalogue import find, single
from engine.code.step import CodeStep
from engine.code.strongest import KEPT, MOST, Shortened, numbers_of, strongest
from engine.functions import added
from scenes.parts.cast import scene_class
from scenes.parts.frame import STAGE
from scenes.parts.general import General
from scenes.parts.ink import Mark
from scenes.parts.number_line import CLOSE
from scenes.parts.places import END, FEW, GROWN, START
from scenes.parts.sheet import plane_shape
from tests.scenes.grown import SIZES, grown, grows
from tests.scenes.lint import family, is_shown
from tests.scenes.showing import SETTINGS, beat, every_kind

CODE = [name for name in single() if issubclass(scene_class(name), General)]  # type: ignore[arg-type]
CASES = [(name, size) for name in CODE for size in SIZES if size == "small" or grows(find(name))]
FILLED = 0.78  # of the width or the height
#: What is larger in one stage than in another one: it stands in line with what needs the room.
IN_LINE = {
    ("binary_cross_entropy_with_logits", "middle"): {"log_p", "log_not_p"},
    ("binary_cross_entropy_with_logits_backward", "large"): {"grad_per_cell"},
    ("batch_norm_backward", "middle"): {"grad_output"},
}


@functools.cache
def opened(name: str, size: str) -> Any:
    with tempconfig(SETTINGS):
        trace = grown(name, size)
        scene = scene_class(name)(trace.record(), every_kind(trace))
        scene.setup()
    return scene


def on_stage(scene: Any) -> list[Mark]:
    outer = {id(mark) for zone in (scene.header, scene.strip, scene.caption) for mark in zone.get_family()}
    return [mark for mark in family(scene.mobjects) if isinstance(mark, Mark) and id(mark) not in outer and is_shown(mark)]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_a_tensor_has_one_form_and_about_one_size(name: str, size: str) -> None:
    scene, forms, cells = opened(name, size), defaultdict(set), defaultdict(list)
    for stage, sheets in scene.sheets.items():
        for path, sheet in sheets.items():
            forms[path].add(sheet.spot.digits)
            if stage not in (START, END):
                cells[path].append(sheet.spot.cell)
    assert {path for path, found in forms.items() if len(found) > 1} == set()
    for path in {*cells} - IN_LINE.get((name, size), set()):
        found = cells[path]
        wide, high = (max(sides) / min(sides) for sides in zip(*found, strict=True))
        rows, columns = plane_shape(scene.shown.tensors[path].shape)
        assert wide < GROWN + 0.3 or columns <= FEW, path
        assert high < GROWN + 0.3 or rows <= FEW, path


@pytest.mark.parametrize(("name", "size"), CASES)
def test_the_stage_is_filled(name: str, size: str) -> None:
    scene = opened(name, size)
    first, *_, last = every_kind(scene.trace)
    with tempconfig(SETTINGS):
        for shown, share in ((first, 1.0), (beat("full", scene.trace, 0), 0.6), (last, 1.0)):
            scene.timeline(shown).interpolate(share)
            points = np.concatenate([mark.points[:, :2] for mark in on_stage(scene)])
            wide, high = np.ptp(points, axis=0)
            assert max(wide / (STAGE[2] - STAGE[0]), high / (STAGE[3] - STAGE[1])) > FILLED, shown.kind


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=40))
@settings(deadline=None)
def test_the_strongest_terms_and_the_rest_give_the_same(pairs: list[tuple[int, int]]) -> None:
    terms = [(float(a), float(b)) for a, b in pairs]
    places = [(("x", (n,)), ("w", (n,))) for n in range(len(terms))]
    step = CodeStep(
        index=0,
        phase="",
        reads={},
        terms=terms,
        value=0,
        writes={"y": [()]},
        formula="",
        say="",
        places=places,
        ways=[("", "")] * len(terms),
    )
    short = strongest(step)
    if len(terms) <= MOST:
        assert short is step
        return
    assert isinstance(short, Shortened)
    assert added([float(np.prod(term)) for term in short.terms]) == sum(a * b for a, b in pairs)
    sizes = sorted((abs(a * b) for a, b in pairs), reverse=True)
    assert sorted((abs(a * b) for a, b in short.terms[:-1]), reverse=True) == sizes[:KEPT]
    assert short.names[-1] == (f"{len(terms) - KEPT} smaller",)
    assert numbers_of(short, len(short.terms)) == [*range(len(terms))]


def test_a_bias_stays_among_many_terms() -> None:
    generator = torch.Generator().manual_seed(1)
    trace = linear(*(torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((2, 40), (3, 40), (3,))))
    assert strongest(trace[0]).names[-2:] == [("bias",), ("34 smaller",)]  # type: ignore[arg-type]


def test_of_every_dot_of_an_image_a_part_is_seen() -> None:
    images = torch.randint(0, 9, (4, 2, 5, 5), generator=torch.Generator().manual_seed(1)).double()
    trace = batch_norm(images)
    with tempconfig(SETTINGS):
        scene = scene_class("batch_norm")(trace.record(), every_kind(trace))
        scene.setup()
        for stage in ("mean", "deviation", "output"):
            scene.timeline(beat("full", trace, trace.blocks.start(stage))).interpolate(1.0)
            dots, radius = np.array(scene.picture.middles), scene.picture.radius
            apart = np.linalg.norm(dots[:, None] - dots[None], axis=2) + 9 * np.eye(len(dots))
            assert apart.min() > CLOSE * 2 * radius
