"""The film of a network that goes back: the map is lit from its end to its beginning, and has the norms of gradients."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import torch
from manim import tempconfig

import engine
from engine.network.played import ModelPlay
from scenes.model import NetworkReel
from scenes.network.stations import stations
from scenes.parts.theme import THEMES
from scenes.whole import Unopened
from studio.pace_play import play_beats
from tests.engine.backward import Skipping, X
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, opened
from tests.scenes.test_model import moments, shown
from tests.scenes.test_whole import beats_of


@cache
def film() -> ModelPlay:
    torch.manual_seed(7)
    return engine.model(X, Skipping().double(), target=[0, 2], backward=True)


def test_every_beat_of_the_way_back_fits_the_stage() -> None:
    model = film()
    beats = play_beats(model, fps=10)
    assert findings(NetworkReel, model, [beats[0], beats[-1]], *THEMES) == []
    first = model.starts[len(model.acts) - len(model.back)]
    assert findings(NetworkReel, model, [beat for beat in beats if beat.start >= first and beat.kind == "opening"]) == []


def test_the_map_is_lit_from_its_end_to_its_beginning() -> None:
    model = film()
    with shown(model) as (scene, _):
        lit = []
        for act in range(len(model.acts)):
            scene.map.enter(act)
            lit.append(scene.map.map.now.points[0, 0])
        places = [box[0] for box in scene.map.map.places]
        forward = list(range(len(model.network)))
        assert lit == pytest.approx([places[part] for part in (*forward, *model.back)])
        assert [*model.back][:3] == [5, 4, 3]


def test_bars_on_the_map_are_as_long_as_the_norms_of_what_has_come_back() -> None:
    model = film()
    norms = [model.norms.get(part.name, 0.0) for part in model.network]
    with shown(model) as (scene, _):
        places = scene.map.map.places
        scene.map.enter(len(model.network) - 1)
        assert not len(scene.map.norms.points)
        scene.map.enter(len(model.acts) - 1)
        whole = scene.map.norms.points
        parts = len(places)
        assert len(whole) % parts == 0
        for number, bar in enumerate(np.split(whole, parts)):
            width = places[number][2] - places[number][0]
            assert np.ptp(bar[:, 0]) == pytest.approx(width * norms[number] / max(norms))
        scene.map.enter(len(model.network) + 1)
        assert len(scene.map.norms.points) == len(whole) * 2 // parts


def test_what_waited_on_the_way_there_does_not_wait_on_the_way_back() -> None:
    model = film()
    with shown(model, seconds=120) as (scene, beats):
        first = model.starts[len(model.network)]
        for beat in beats:
            if beat.start >= first and beat.kind != "closing":
                for _ in moments(scene, beat, 4):
                    assert not scene.map.tiles.submobjects


def test_what_goes_back_whole_has_the_colour_of_gradients() -> None:
    model = engine.model(X, Skipping().double(), target=[0, 2], backward=True, opened="nothing")
    act = next(act for act in model.acts if act.name == "fc2, back")
    with tempconfig(SETTINGS):
        scene = opened(Unopened, act.trace, beats_of(act.trace))
        assert {panel.role for panel in (*scene.given.values(), *scene.made.values())} == {"gradient"}
    assert findings(Unopened, act.trace, beats_of(act.trace), *THEMES) == []


def test_the_end_tells_how_large_each_gradient_is() -> None:
    model = film()
    found = {one.name: one for one in stations(model.record())}
    assert ("gradient", "muted") in found["fc1"].ranging
    assert found["fc1"].norm == model.norms["fc1"]
    assert found["x"].norm is None
